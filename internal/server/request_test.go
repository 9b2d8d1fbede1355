package server

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

func TestRequest(t *testing.T) {
	s := &Server{requestKey: []byte("key")}
	const method = placardv1.DelegationService_SubmitDelegation_FullMethodName
	submission := func(id string) *placardv1.SubmitDelegationRequest {
		return &placardv1.SubmitDelegationRequest{
			Name: "meetings/m1/delegations/AUT", RequestId: id, Participants: []*placardv1.Participant{{FamilyName: "Haddad"}},
		}
	}
	under := func(key string) context.Context {
		return metadata.NewIncomingContext(t.Context(), metadata.Pairs("idempotency-key", key))
	}
	for _, tt := range []struct {
		name string
		ctx  context.Context
		req  proto.Message
		id   string
		bad  string
	}{
		{"in the request", t.Context(), submission("r1"), "r1", ""},
		{"in the header", under("r1"), submission(""), "r1", ""},
		{"in both, the same", under("r1"), submission("r1"), "r1", ""},
		{"in both, not the same", under("r1"), submission("r2"), "", "REQUEST_ID_MISMATCH"},
		{"in neither", t.Context(), submission(""), "", ""},
		{"a header that is too long", under(strings.Repeat("a", 129)), submission(""), "", "STRING_PATTERN"},
		{"a header with a space", under("a b"), submission(""), "", "STRING_PATTERN"},
		{"only checked", t.Context(), &placardv1.SubmitDelegationRequest{RequestId: "r1", ValidateOnly: true}, "", ""},
		{"a reading", under("r1"), &placardv1.GetEntityRequest{Name: "entities/AUT"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := s.request(tt.ctx, method, tt.req.ProtoReflect())
			if tt.bad != "" {
				if f, ok := fault.As(err); !ok || f.Reason != tt.bad || f.Violations[0].Field != "request_id" {
					t.Fatalf("request() = %v, %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if (got != nil) != (tt.id != "") || got != nil && (got.ID != tt.id || got.Method != method || len(got.Hash) != 32) {
				t.Errorf("request() = %+v", got)
			}
		})
	}
	hash := func(s *Server, req *placardv1.SubmitDelegationRequest) []byte {
		r, err := s.request(t.Context(), method, req.ProtoReflect())
		if err != nil {
			t.Fatal(err)
		}
		return r.Hash
	}
	t.Run("the hash is of all but the id", func(t *testing.T) {
		if !bytes.Equal(hash(s, submission("r1")), hash(s, submission("r2"))) {
			t.Error("the id is hashed")
		}
		other := submission("r1")
		other.Participants[0].GivenName = "Mona"
		if bytes.Equal(hash(s, submission("r1")), hash(s, other)) {
			t.Error("the participants are not hashed")
		}
		if req := submission("r1"); hash(s, req) == nil || req.GetRequestId() != "r1" {
			t.Error("the request is changed")
		}
	})
	t.Run("the hash is keyed", func(t *testing.T) {
		if bytes.Equal(hash(s, submission("r1")), hash(&Server{requestKey: []byte("another")}, submission("r1"))) {
			t.Error("whoever knows the request knows the hash")
		}
	})
}

func TestLimiter(t *testing.T) {
	now := time.Date(2010, 1, 27, 10, 0, 0, 0, time.UTC)
	l := newLimiter(1, 2, func() time.Time { return now })
	take := func(caller string) bool { return l.take(caller) == nil }
	for i, want := range []bool{true, true, false} {
		if take("a") != want {
			t.Errorf("call %d at once: %v", i+1, !want)
		}
	}
	if !take("b") {
		t.Error("one caller stands in the way of another")
	}
	now = now.Add(time.Second)
	for i, want := range []bool{true, false} {
		if take("a") != want {
			t.Errorf("call %d after a second: %v", i+1, !want)
		}
	}
	for i := range maxBuckets + 10 {
		take(fmt.Sprint(i))
	}
	if n := len(l.buckets); n > maxBuckets {
		t.Errorf("remembers %d callers", n)
	}
	if err := newLimiter(-1, 0, time.Now).take("a"); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9%eth0": "2001:db8:1:2::/64", "pipe": "pipe",
	} {
		if got := network(address); got != want {
			t.Errorf("network(%s) = %s, want %s", address, got, want)
		}
	}
}
