package signingkey_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/signingkey"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// bundle is a service with the signer beside it.
type bundle struct {
	*signingkey.Service
	store  *store.Store
	signer *seal.Signer
	// admin and system are contexts of callers.
	admin, system context.Context
}

func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		sec := secret.New()
		pages, err := page.NewCodec(sec)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := seal.New(seal.Config{Store: s, Secret: sec})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, bundle{
			Service: signingkey.New(signingkey.Config{Store: s, Pages: pages, Signer: signer}),
			store:   s, signer: signer, system: storetest.System(t),
			admin: access.With(t.Context(), access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}),
		})
	})
}

func (b bundle) rotate(t *testing.T) *placardv1.SigningKey {
	t.Helper()
	got, err := b.RotateSigningKey(b.admin, &placardv1.RotateSigningKeyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bundle) get(t *testing.T, resource string) *placardv1.SigningKey {
	t.Helper()
	got, err := b.GetSigningKey(b.admin, &placardv1.GetSigningKeyRequest{Name: resource})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bundle) list(t *testing.T, req *placardv1.ListSigningKeysRequest) []*placardv1.SigningKey {
	t.Helper()
	got, err := b.ListSigningKeys(b.admin, req)
	if err != nil {
		t.Fatal(err)
	}
	return got.GetSigningKeys()
}

// changes are the entries of the change log, from the first, without principal.
func (b bundle) changes(t *testing.T) []string {
	t.Helper()
	rows, err := b.store.Client().Change.Query().
		Where(change.ResourceType(name.TypeSigningKey)).Order(change.ByID()).All(b.system)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows {
		out = append(out, strings.TrimSpace(row.Verb+" "+row.Resource+" "+strings.Join(row.Paths, ",")))
	}
	return out
}

func reason(err error) string {
	f, ok := fault.As(err)
	if !ok {
		return ""
	}
	return f.Reason
}

func TestRotate(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		first := b.rotate(t)
		if first.GetState() != placardv1.SigningKey_ACTIVE || len(first.GetPublicKey()) != 32 || first.GetRetireTime() != nil {
			t.Errorf("the first key: %v", first)
		}
		if id, err := b.signer.Active(b.system); err != nil || name.SigningKey(id) != first.GetName() {
			t.Errorf("active is %s, %v", id, err)
		}
		second := b.rotate(t)
		retired := b.get(t, first.GetName())
		if retired.GetState() != placardv1.SigningKey_RETIRED || !retired.GetRetireTime().AsTime().Equal(second.GetCreateTime().AsTime()) ||
			retired.GetRevokeTime() != nil || retired.GetEtag() == first.GetEtag() {
			t.Errorf("the key before: %v", retired)
		}
		if diff := cmp.Diff([]*placardv1.SigningKey{second, retired}, b.list(t, &placardv1.ListSigningKeysRequest{}), protocmp.Transform()); diff != "" {
			t.Errorf("list, the newest first (-want +got):\n%s", diff)
		}
		want := []string{
			"create " + first.GetName(), "create " + second.GetName(), "rotate " + first.GetName() + " state,retireTime",
		}
		if diff := cmp.Diff(want, b.changes(t)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestRotateOnce(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.rotate(t)
		once := store.WithRequest(b.admin, store.Request{ID: "r1", Method: "RotateSigningKey", Hash: []byte("h")})
		var names []string
		for range 2 {
			got, err := b.RotateSigningKey(once, &placardv1.RotateSigningKeyRequest{})
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, got.GetName())
		}
		if keys := b.list(t, &placardv1.ListSigningKeysRequest{}); names[0] != names[1] || len(keys) != 2 {
			t.Errorf("sent twice it made %v, of %d keys", names, len(keys))
		}
	})
}

// TestRotateAtOnce has many rotate at once: each gets a key, and one is active.
func TestRotateAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const n = 6
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				if _, err := b.RotateSigningKey(b.admin, &placardv1.RotateSigningKeyRequest{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all := b.list(t, &placardv1.ListSigningKeysRequest{})
		active := b.list(t, &placardv1.ListSigningKeysRequest{Filter: "state = ACTIVE"})
		if len(all) != n || len(active) != 1 {
			t.Errorf("%d keys, of which %d are active", len(all), len(active))
		}
	})
}

func TestRevoke(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		first, second := b.rotate(t), b.rotate(t)
		revoke := func(resource, etag string) (*placardv1.SigningKey, error) {
			return b.RevokeSigningKey(b.admin, &placardv1.RevokeSigningKeyRequest{Name: resource, Etag: etag})
		}
		if _, err := revoke(first.GetName(), first.GetEtag()); reason(err) != "ETAG_MISMATCH" {
			t.Errorf("with the etag from before: %v", err)
		}
		retired := b.get(t, first.GetName())
		got, err := revoke(first.GetName(), retired.GetEtag())
		if err != nil || got.GetState() != placardv1.SigningKey_REVOKED || got.GetRevokeTime() == nil ||
			!got.GetRetireTime().AsTime().Equal(retired.GetRetireTime().AsTime()) {
			t.Errorf("revoked: %v, %v", got, err)
		}
		if diff := cmp.Diff(got, b.get(t, first.GetName()), protocmp.Transform()); diff != "" {
			t.Errorf("read again (-want +got):\n%s", diff)
		}
		if active := b.list(t, &placardv1.ListSigningKeysRequest{Filter: "state = ACTIVE"}); len(active) != 1 || active[0].GetName() != second.GetName() {
			t.Errorf("the active key was replaced: %v", active)
		}
		if _, err := revoke(first.GetName(), ""); reason(err) != "SIGNING_KEY_REVOKED" {
			t.Errorf("again: %v", err)
		}
		if _, err := revoke("signingKeys/"+strings.Repeat("A", 43), ""); reason(err) != "NOT_FOUND" {
			t.Errorf("unknown: %v", err)
		}

		if _, err := revoke(second.GetName(), ""); err != nil {
			t.Fatal(err)
		}
		all := b.list(t, &placardv1.ListSigningKeysRequest{OrderBy: "create_time"})
		if len(all) != 3 || all[1].GetState() != placardv1.SigningKey_REVOKED || all[1].GetRetireTime() == nil ||
			all[2].GetState() != placardv1.SigningKey_ACTIVE {
			t.Errorf("after the active key was revoked: %v", all)
		}
		want := []string{
			"revoke " + first.GetName() + " state,revokeTime",
			"revoke " + second.GetName() + " state,retireTime,revokeTime",
			"create " + all[2].GetName(),
		}
		if diff := cmp.Diff(want, b.changes(t)[3:]); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestList(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		var want, got []string
		for range 5 {
			want = append(want, b.rotate(t).GetName())
		}
		slices.Reverse(want)
		req := &placardv1.ListSigningKeysRequest{PageSize: 2}
		for {
			page, err := b.ListSigningKeys(b.admin, req)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range page.GetSigningKeys() {
				got = append(got, k.GetName())
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pages (-want +got):\n%s", diff)
		}
		for want, bad := range map[string]*placardv1.ListSigningKeysRequest{
			"FILTER_INVALID": {Filter: `private_key = "x"`}, "ORDER_BY_INVALID": {OrderBy: "state"}, "PAGE_TOKEN_INVALID": {PageToken: "x"},
		} {
			_, err := b.ListSigningKeys(b.admin, bad)
			if f, ok := fault.As(err); !ok || len(f.Violations) != 1 || f.Violations[0].Reason != want {
				t.Errorf("%v: %v, want %s", bad, err, want)
			}
		}
	})
}
