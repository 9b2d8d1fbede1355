package change_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/change"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

var (
	admin       = access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}
	secretariat = access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat"}
	bound       = access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/bound", Meetings: []string{"m2"}}
	austria     = access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}
	mexico      = access.Principal{Role: placardv1.Access_MISSION, Entity: "MEX"}
	passOffice  = access.Principal{Role: placardv1.Access_PASS_OFFICE, Account: "accounts/pass-office"}
)

func newService(t *testing.T, s *store.Store) *change.Service {
	t.Helper()
	pages, err := page.NewCodec(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	return change.New(change.Config{Store: s, Pages: pages})
}

func record(t *testing.T, s *store.Store, p access.Principal, changes ...store.Change) {
	t.Helper()
	err := s.InTx(access.With(t.Context(), p), func(_ context.Context, tx *store.Tx) error {
		for _, c := range changes {
			tx.Record(c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write leaves seven changes: 1 an unannounced meeting m1, 2 its announcement,
// 3 a draft of an invitation, 4 a submission of Austria, 5 its acceptance,
// 6 one of Mexico to m2 that the Secretariat entered, 7 a key of no entity.
func write(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := storetest.System(t)
	err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, code := range []string{"AUT", "MEX"} {
			err := tx.Client.Entity.Create().SetID(code).SetKind("STATE").SetNames("{}").
				SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		for id, code := range map[string]string{"m1": "AUT", "m2": "MEX"} {
			err := tx.Client.Meeting.Create().SetID(id).SetState("OPEN").SetStartDate("2026-02-01").
				SetEndDate("2026-02-03").SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").
				SetModality("IN_PERSON").SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
			err = tx.Client.Invitation.Create().SetMeetingID(id).SetEntityID(code).SetState("ISSUED").
				SetParticipationStatus("STATE_PARTY").SetLanguage("en").SetChannel("NOTE_VERBALE").
				SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	delegation := func(verb, meeting, entity string) store.Change {
		return store.Change{
			Verb: verb, Type: name.TypeDelegation, Resource: name.Delegation(meeting, entity), Revision: 1,
			Meeting: meeting, Entity: entity,
		}
	}
	record(t, s, secretariat,
		store.Change{Verb: "create", Type: name.TypeMeeting, Resource: "meetings/m1", Revision: 1, Meeting: "m1"},
		store.Change{
			Verb: "announce", Type: name.TypeMeeting, Resource: "meetings/m1", Revision: 2, Meeting: "m1",
			InForce: true, Paths: []string{"state"},
		},
		store.Change{Verb: "create", Type: name.TypeInvitation, Resource: "meetings/m1/invitations/AUT", Revision: 1, Meeting: "m1"})
	record(t, s, austria, delegation("submit", "m1", "AUT"))
	accepted := delegation("accept", "m1", "AUT")
	accepted.InForce = true
	record(t, s, secretariat, accepted)
	entered := delegation("submit", "m2", "MEX")
	entered.OnBehalfOf = "MEX"
	record(t, s, bound, entered)
	record(t, s, admin, store.Change{Verb: "create", Type: name.TypeKey, Resource: "keys/k", Revision: 1})
}

// follow reads page by page until there is nothing more, and answers the
// numbers and where to go on.
func follow(t *testing.T, svc *change.Service, p access.Principal, req *placardv1.ListChangesRequest) ([]int64, string) {
	t.Helper()
	var numbers []int64
	for range 100 {
		resp, err := svc.ListChanges(access.With(t.Context(), p), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range resp.GetChanges() {
			numbers = append(numbers, c.GetSequence())
		}
		req.PageToken = resp.GetNextPageToken()
		if resp.GetCaughtUp() {
			return numbers, req.GetPageToken()
		}
	}
	t.Fatal("never catches up")
	return nil, ""
}

func TestListChangesOfAnotherMeeting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc := newService(t, s)
		write(t, s)
		for name, p := range map[string]access.Principal{"a bound Secretariat": bound, "a mission": mexico} {
			_, err := svc.ListChanges(access.With(t.Context(), p), &placardv1.ListChangesRequest{Meeting: "meetings/m1"})
			if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestListChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc := newService(t, s)
		write(t, s)
		for _, test := range []struct {
			name    string
			p       access.Principal
			meeting string
			want    []int64
		}{
			{"the administrator sees all", admin, "", []int64{1, 2, 3, 4, 5, 6, 7}},
			{"the unbound Secretariat sees no key that it could not have made", secretariat, "", []int64{1, 2, 3, 4, 5, 6}},
			{"of one meeting", secretariat, "meetings/m1", []int64{1, 2, 3, 4, 5}},
			{"a bound Secretariat sees its meetings", bound, "", []int64{6}},
			{"a mission sees its own, and the meetings that invite it", austria, "", []int64{2, 4, 5}},
			{"another mission sees another", mexico, "", []int64{6}},
			{"the Pass Office sees what is in force", passOffice, "", []int64{2, 5}},
		} {
			for _, size := range []int32{0, 1, 2} {
				t.Run(fmt.Sprintf("%s, %d a page", test.name, size), func(t *testing.T) {
					got, token := follow(t, svc, test.p, &placardv1.ListChangesRequest{Meeting: test.meeting, PageSize: size})
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Error(diff)
					}
					more, _ := follow(t, svc, test.p, &placardv1.ListChangesRequest{Meeting: test.meeting, PageToken: token})
					if len(more) > 0 {
						t.Errorf("%v again", more)
					}
				})
			}
		}
	})
}

func TestListChangesContent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc := newService(t, s)
		write(t, s)
		get := func(p access.Principal) []*placardv1.Change {
			t.Helper()
			resp, err := svc.ListChanges(access.With(t.Context(), p), &placardv1.ListChangesRequest{})
			if err != nil {
				t.Fatal(err)
			}
			return resp.GetChanges()
		}
		ignoreTime := protocmp.IgnoreFields(&placardv1.Change{}, "create_time")
		announced := &placardv1.Change{
			Name: "changes/2", Sequence: 2, Principal: "secretariat", Verb: "announce", ResourceType: name.TypeMeeting,
			Resource: "meetings/m1", Revision: 2, Paths: []string{"state"},
		}
		if diff := cmp.Diff(announced, get(austria)[0], protocmp.Transform(), ignoreTime); diff != "" {
			t.Error(diff)
		}
		entered := &placardv1.Change{
			Name: "changes/6", Sequence: 6, Principal: "accounts/bound", OnBehalfOf: "entities/MEX", Verb: "submit",
			ResourceType: name.TypeDelegation, Resource: "meetings/m2/delegations/MEX", Revision: 1,
		}
		if diff := cmp.Diff(entered, get(bound)[0], protocmp.Transform(), ignoreTime); diff != "" {
			t.Error(diff)
		}
	})
}

func TestListChangesToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc := newService(t, s)
		write(t, s)
		_, token := follow(t, svc, austria, &placardv1.ListChangesRequest{})
		refused := func(p access.Principal, req *placardv1.ListChangesRequest) string {
			t.Helper()
			_, err := svc.ListChanges(access.With(t.Context(), p), req)
			f, ok := fault.As(err)
			if !ok {
				t.Fatalf("not a fault: %v", err)
			}
			return f.Code.String() + " " + f.Reason
		}
		for label, got := range map[string]string{
			"another caller":    refused(mexico, &placardv1.ListChangesRequest{PageToken: token}),
			"other arguments":   refused(austria, &placardv1.ListChangesRequest{PageToken: token, Meeting: "meetings/m1"}),
			"not a token":       refused(austria, &placardv1.ListChangesRequest{PageToken: "x"}),
			"a shortened token": refused(austria, &placardv1.ListChangesRequest{PageToken: token[1:]}),
		} {
			if got != "InvalidArgument PAGE_TOKEN_INVALID" {
				t.Errorf("%s: %s", label, got)
			}
		}
		record(t, s, austria, store.Change{
			Verb: "withdraw", Type: name.TypeDelegation, Resource: "meetings/m1/delegations/AUT", Revision: 2,
			Meeting: "m1", Entity: "AUT",
		})
		if got, _ := follow(t, svc, austria, &placardv1.ListChangesRequest{PageToken: token}); !cmp.Equal(got, []int64{8}) {
			t.Errorf("goes on with %v, want 8", got)
		}
		if _, err := s.RenewEpoch(storetest.System(t)); err != nil {
			t.Fatal(err)
		}
		if got := refused(austria, &placardv1.ListChangesRequest{PageToken: token}); got != "OutOfRange FEED_RESTARTED" {
			t.Errorf("after a restore: %s", got)
		}
	})
}

// A follower sees every change once, in order, while others write.
func TestFollow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc := newService(t, s)
		const writers, each = 8, 25
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := s.InTx(access.With(t.Context(), admin), func(_ context.Context, tx *store.Tx) error {
						for range 1 + i%3 {
							tx.Record(store.Change{Verb: "update", Type: name.TypeMeeting, Resource: fmt.Sprintf("meetings/m%d", w)})
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { wg.Wait(); close(written) }()
		req := &placardv1.ListChangesRequest{PageSize: 7}
		var numbers []int64
		for done := false; !done; {
			select {
			case <-written:
				done = true // and read once more
			default:
			}
			more, token := follow(t, svc, admin, req)
			numbers = append(numbers, more...)
			req.PageToken = token
		}
		for i, n := range numbers {
			if n != int64(i+1) {
				t.Fatalf("change %d comes as number %d", n, i+1)
			}
		}
		// Of 25 transactions 9 leave one change, 8 two and 8 three.
		if want := writers * (9 + 8*2 + 8*3); len(numbers) != want {
			t.Errorf("%d changes, want %d", len(numbers), want)
		}
	})
}
