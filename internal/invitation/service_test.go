package invitation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/invitation"
	"github.com/un-placard/placard/internal/meeting"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// now is the time of every write.
var now = time.Date(2009, 12, 1, 9, 0, 0, 0, time.UTC)

// bundle is a service with a store of its own: the register, the draft
// meetings/draft, the open meetings/m1 and meetings/m2, and the concluded
// meetings/over, which invites Mexico.
type bundle struct {
	*invitation.Service
	store *store.Store
	// secretariat, austria and system are contexts of callers.
	secretariat, austria, system context.Context
}

func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		contract, err := access.ReadContract()
		if err != nil {
			t.Fatal(err)
		}
		validator, err := access.NewValidator(contract)
		if err != nil {
			t.Fatal(err)
		}
		pages, err := page.NewCodec(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		b := bundle{
			Service: invitation.New(invitation.Config{Store: s, Pages: pages, Validator: validator}),
			store:   s,
			secretariat: access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat",
			}),
			austria: access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}),
			system:  storetest.System(t),
		}
		if err := entity.Seed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			for id, state := range map[string]string{
				"draft": "DRAFT", "m1": "OPEN", "m2": "OPEN", "over": "CONCLUDED",
			} {
				err := tx.Client.Meeting.Create().SetID(id).SetState(state).SetStartDate("2010-01-27").
					SetEndDate("2010-01-29").SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").
					SetModality("IN_PERSON").SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return tx.Client.Invitation.Create().SetMeetingID("over").SetEntityID("MEX").SetState("ISSUED").
				SetParticipationStatus("STATE_PARTY").SetLanguage("es").SetChannel("PERMANENT_MISSION").
				SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		})
		fn(t, b)
	}, storetest.At(now))
}

func (b bundle) write(t *testing.T, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := b.store.InTx(b.system, fn); err != nil {
		t.Fatal(err)
	}
}

// party is the invitation of a State Party.
func party(code string) *placardv1.Invitation {
	return &placardv1.Invitation{
		Entity: name.Entity(code), ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
	}
}

// invite creates invitations of States Parties.
func (b bundle) invite(t *testing.T, parent string, states ...string) {
	t.Helper()
	for _, code := range states {
		_, err := b.CreateInvitation(b.secretariat, &placardv1.CreateInvitationRequest{
			Parent: parent, Invitation: party(code),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (b bundle) issue(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := b.IssueInvitation(b.secretariat, &placardv1.IssueInvitationRequest{Name: n}); err != nil {
			t.Fatal(err)
		}
	}
}

// changes are the changes of an invitation, as
// `verb revision entity on_behalf_of principal paths`.
func (b bundle) changes(t *testing.T, resource string) []string {
	t.Helper()
	rows, err := b.store.Client().Change.Query().
		Where(change.Resource(resource)).Order(db.Asc(change.FieldID)).All(b.system)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range rows {
		if c.MeetingID != name.MeetingOf(resource) || c.InForce || c.ResourceType != name.TypeInvitation {
			t.Errorf("change %d is filed wrongly: %v", c.ID, c)
		}
		out = append(out, fmt.Sprintf("%s %d %q %q %s %v", c.Verb, c.Revision, c.EntityID, c.OnBehalfOf, c.Principal, c.Paths))
	}
	return out
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Reason != reason {
		t.Errorf("answered %v, want %s", err, reason)
	}
}

func wantSame(t *testing.T, want, got proto.Message) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
}

func violations(err error) []string {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	var out []string
	for _, v := range f.Violations {
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}

func TestCreateInvitation(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		req := &placardv1.CreateInvitationRequest{Parent: "meetings/m1", Invitation: party("AUT")}
		req.Invitation.Emails = []string{"mission@example.org"}
		req.Invitation.State = placardv1.Invitation_ACCEPTED // not the caller's to say
		want := party("AUT")
		want.Name = "meetings/m1/invitations/AUT"
		want.Language = "en"
		want.Channel = placardv1.Invitation_PERMANENT_MISSION
		want.Emails = req.Invitation.Emails
		want.State = placardv1.Invitation_DRAFT
		want.CreateTime, want.UpdateTime, want.Etag = timestamppb.New(now), timestamppb.New(now), "1"
		once := store.WithRequest(b.secretariat, store.Request{ID: "r1", Method: "CreateInvitation", Hash: []byte("h")})
		for range 2 { // the second answers what the first did
			got, err := b.CreateInvitation(once, req)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, want, got)
		}
		got, err := b.GetInvitation(b.secretariat, &placardv1.GetInvitationRequest{Name: want.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, want, got)
		if diff := cmp.Diff([]string{`create 1 "" "" accounts/secretariat []`}, b.changes(t, want.GetName())); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		for _, tc := range []struct {
			name, parent string
			invitation   *placardv1.Invitation
			reason       string
		}{
			{"twice", "meetings/m1", party("AUT"), "ALREADY_EXISTS"},
			{"an entity that is not in the register", "meetings/m1", party("ATL"), "UNKNOWN_ENTITY"},
			{"a State as an organization", "meetings/m1", &placardv1.Invitation{
				Entity: "entities/MEX", ParticipationStatus: placardv1.ParticipationStatus_IGO,
			}, "STATUS_MISMATCH"},
			{"no meeting", "", party("MEX"), "REQUIRED"},
			{"another meeting", "meetings/m9", party("MEX"), "NOT_FOUND"},
			{"a concluded meeting", "meetings/over", party("AUT"), "MEETING_CONCLUDED"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				_, err := b.CreateInvitation(b.secretariat, &placardv1.CreateInvitationRequest{
					Parent: tc.parent, Invitation: tc.invitation,
				})
				wantReason(t, err, tc.reason)
			})
		}
		t.Run("a meeting outside the scope", func(t *testing.T) {
			bound := access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/wg", Meetings: []string{"m2"},
			})
			_, err := b.CreateInvitation(bound, &placardv1.CreateInvitationRequest{Parent: "meetings/m1", Invitation: party("MEX")})
			wantReason(t, err, "NOT_FOUND")
			if _, err := b.CreateInvitation(bound, &placardv1.CreateInvitationRequest{Parent: "meetings/m2", Invitation: party("MEX")}); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestCreateInvitationAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		var created atomic.Int32
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				_, err := b.CreateInvitation(b.secretariat, &placardv1.CreateInvitationRequest{
					Parent: "meetings/m1", Invitation: party("AUT"),
				})
				if err == nil {
					created.Add(1)
					return
				}
				wantReason(t, err, "ALREADY_EXISTS")
			})
		}
		callers.Wait()
		if created.Load() != 1 {
			t.Errorf("created %d times", created.Load())
		}
	})
}

func TestBatchCreateInvitations(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.invite(t, "meetings/m1", "COL")
		batch := func(items ...*placardv1.CreateInvitationRequest) *placardv1.BatchCreateInvitationsRequest {
			return &placardv1.BatchCreateInvitationsRequest{Parent: "meetings/m1", Requests: items}
		}
		item := func(inv *placardv1.Invitation) *placardv1.CreateInvitationRequest {
			return &placardv1.CreateInvitationRequest{Invitation: inv}
		}
		ctx := b.secretariat

		t.Run("all or none, and everything wrong is said", func(t *testing.T) {
			_, err := b.BatchCreateInvitations(ctx, batch(
				item(party("AUT")), item(party("ATL")), item(party("AUT")), item(party("COL")),
				item(&placardv1.Invitation{Entity: "entities/MEX", ParticipationStatus: placardv1.ParticipationStatus_REIO}),
			))
			want := []string{
				"requests[1].invitation.entity UNKNOWN_ENTITY",
				"requests[2].invitation.entity DUPLICATE_ENTITY",
				"requests[4].invitation.participation_status STATUS_MISMATCH",
				"requests[3].invitation.entity ALREADY_EXISTS",
			}
			if diff := cmp.Diff(want, violations(err)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
		t.Run("only one that is invited already", func(t *testing.T) {
			_, err := b.BatchCreateInvitations(ctx, batch(item(party("AUT")), item(party("COL"))))
			if f, ok := fault.As(err); !ok || f.Code != codes.AlreadyExists {
				t.Errorf("answered %v, want ALREADY_EXISTS", err)
			}
			if diff := cmp.Diff([]string{"requests[1].invitation.entity ALREADY_EXISTS"}, violations(err)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
		t.Run("another parent", func(t *testing.T) {
			_, err := b.BatchCreateInvitations(ctx, batch(
				&placardv1.CreateInvitationRequest{Parent: "meetings/m2", Invitation: party("AUT")},
			))
			if diff := cmp.Diff([]string{"requests[0].parent PARENT_MISMATCH"}, violations(err)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
		t.Run("nothing of these was written", func(t *testing.T) {
			res, err := b.ListInvitations(ctx, &placardv1.ListInvitationsRequest{Parent: "meetings/m1"})
			if err != nil || len(res.GetInvitations()) != 1 {
				t.Errorf("answered %v, %v", res, err)
			}
		})
		t.Run("in the order of the requests, once", func(t *testing.T) {
			once := store.WithRequest(ctx, store.Request{ID: "r1", Method: "BatchCreateInvitations", Hash: []byte("h")})
			req := batch(item(party("MEX")), &placardv1.CreateInvitationRequest{Parent: "meetings/m1", Invitation: party("AUT")})
			first, err := b.BatchCreateInvitations(once, req)
			if err != nil {
				t.Fatal(err)
			}
			if len(first.GetInvitations()) != 2 || first.Invitations[0].GetEntity() != "entities/MEX" {
				t.Errorf("answered %v", first)
			}
			again, err := b.BatchCreateInvitations(once, req)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, first, again)
		})
		t.Run("500", func(t *testing.T) {
			var items []*placardv1.CreateInvitationRequest
			b.write(t, func(ctx context.Context, tx *store.Tx) error {
				var rows []*db.EntityCreate
				for i := range 500 {
					code := fmt.Sprintf("X%03d", i)
					items = append(items, item(party(code)))
					rows = append(rows, tx.Client.Entity.Create().SetID(code).SetKind("STATE").SetNames("{}").
						SetCreateTime(tx.Now).SetUpdateTime(tx.Now))
				}
				return tx.Client.Entity.CreateBulk(rows...).Exec(ctx)
			})
			res, err := b.BatchCreateInvitations(ctx, batch(items...))
			if err != nil {
				t.Fatal(err)
			}
			for i, inv := range res.GetInvitations() {
				if inv.GetEntity() != items[i].GetInvitation().GetEntity() {
					t.Fatalf("invitation %d is of %s", i, inv.GetEntity())
				}
			}
		})
	})
}

func TestUpdateInvitation(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m1/invitations/AUT"
		b.invite(t, "meetings/m1", "AUT")
		update := func(wish *placardv1.Invitation, paths ...string) (*placardv1.Invitation, error) {
			if wish.Name == "" {
				wish.Name = resource
			}
			return b.UpdateInvitation(b.secretariat, &placardv1.UpdateInvitationRequest{
				Invitation: wish, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
			})
		}
		t.Run("named fields", func(t *testing.T) {
			got, err := update(&placardv1.Invitation{Reference: "CU 2009/180(A)", Language: "es", Etag: "1"}, "reference")
			if err != nil {
				t.Fatal(err)
			}
			if got.GetReference() != "CU 2009/180(A)" || got.GetLanguage() != "en" || got.GetEtag() != "2" {
				t.Errorf("answered %v", got)
			}
		})
		t.Run("cleared to the default", func(t *testing.T) {
			got, err := update(&placardv1.Invitation{}, "language", "channel")
			if err != nil || got.GetEtag() != "2" || got.GetLanguage() != "en" || got.GetChannel() != placardv1.Invitation_PERMANENT_MISSION {
				t.Errorf("answered %v, %v", got, err)
			}
		})
		t.Run("another etag", func(t *testing.T) {
			_, err := update(&placardv1.Invitation{Reference: "CU 2010/1", Etag: "1"})
			wantReason(t, err, "ETAG_MISMATCH")
		})
		t.Run("another entity", func(t *testing.T) {
			_, err := update(&placardv1.Invitation{Entity: "entities/MEX"})
			wantReason(t, err, "IMMUTABLE")
		})
		t.Run("everything wrong is said", func(t *testing.T) {
			_, err := update(&placardv1.Invitation{
				ParticipationStatus: placardv1.ParticipationStatus_NGO, Language: "de", Emails: []string{"nobody"},
			})
			var got []string
			f, _ := fault.As(err)
			for _, v := range f.Violations {
				got = append(got, v.Field)
			}
			slices.Sort(got)
			want := []string{"invitation.emails[0]", "invitation.language", "invitation.participation_status"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
		t.Run("after it was issued", func(t *testing.T) {
			b.issue(t, resource)
			if _, err := update(&placardv1.Invitation{ParticipationStatus: placardv1.ParticipationStatus_SIGNATORY}); err != nil {
				t.Error(err)
			}
		})
		t.Run("of a concluded meeting", func(t *testing.T) {
			_, err := update(&placardv1.Invitation{Name: "meetings/over/invitations/MEX", Reference: "CU 2010/1"})
			wantReason(t, err, "MEETING_CONCLUDED")
		})
		want := []string{
			`create 1 "" "" accounts/secretariat []`,
			`update 2 "" "" accounts/secretariat [reference]`,
			`issue 3 "AUT" "" accounts/secretariat [state issueTime]`,
			`update 4 "AUT" "" accounts/secretariat [participationStatus]`,
		}
		if diff := cmp.Diff(want, b.changes(t, resource)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestInvitationStates(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m1/invitations/AUT"
		b.invite(t, "meetings/m1", "AUT", "MEX")
		b.invite(t, "meetings/draft", "AUT")
		delegation := func(state string) {
			b.write(t, func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Client.Delegation.Delete().Exec(ctx); err != nil {
					return err
				}
				return tx.Client.Delegation.Create().SetMeetingID("m1").SetEntityID("AUT").SetState(state).
					SetLatestRevision(1).SetParticipantCount(1).SetLate(false).SetSubmitTime(tx.Now).
					SetChannel("API").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			})
		}
		issue := func(ctx context.Context, n string) (*placardv1.Invitation, error) {
			return b.IssueInvitation(ctx, &placardv1.IssueInvitationRequest{Name: n})
		}
		acknowledge := func(ctx context.Context, n string) (*placardv1.Invitation, error) {
			return b.AcknowledgeInvitation(ctx, &placardv1.AcknowledgeInvitationRequest{Name: n})
		}
		accept := func(ctx context.Context, n string) (*placardv1.Invitation, error) {
			return b.AcceptInvitation(ctx, &placardv1.AcceptInvitationRequest{Name: n})
		}
		decline := func(ctx context.Context, n string) (*placardv1.Invitation, error) {
			return b.DeclineInvitation(ctx, &placardv1.DeclineInvitationRequest{Name: n})
		}
		for _, step := range []struct {
			name     string
			before   func()
			do       func(context.Context, string) (*placardv1.Invitation, error)
			as       context.Context
			resource string
			want     placardv1.Invitation_State
			reason   string
		}{
			{"issue for a draft", nil, issue, b.secretariat, "meetings/draft/invitations/AUT", 0, "MEETING_NOT_ANNOUNCED"},
			{"accept a draft", nil, accept, b.secretariat, resource, 0, "INVITATION_NOT_ISSUED"},
			{"mission accepts a draft", nil, accept, b.austria, resource, 0, "NOT_FOUND"},
			{"issue", nil, issue, b.secretariat, resource, placardv1.Invitation_ISSUED, ""},
			{"issue again", nil, issue, b.secretariat, resource, placardv1.Invitation_ISSUED, ""},
			{"mission acknowledges", nil, acknowledge, b.austria, resource, placardv1.Invitation_ACKNOWLEDGED, ""},
			{"mission accepts", nil, accept, b.austria, resource, placardv1.Invitation_ACCEPTED, ""},
			{"acknowledged late", nil, acknowledge, b.secretariat, resource, placardv1.Invitation_ACCEPTED, ""},
			{
				"decline with a delegation", func() { delegation("SUBMITTED") },
				decline, b.austria, resource, 0, "DELEGATION_PRESENT",
			},
			{
				"decline for it after it was withdrawn", func() { delegation("WITHDRAWN") },
				decline, b.secretariat, resource, placardv1.Invitation_DECLINED, "",
			},
			{"mission accepts after all", nil, accept, b.austria, resource, placardv1.Invitation_ACCEPTED, ""},
			{"mission accepts again", nil, accept, b.austria, resource, placardv1.Invitation_ACCEPTED, ""},
			{"mission answers for another", nil, accept, b.austria, "meetings/m1/invitations/MEX", 0, "NOT_FOUND"},
			{"answer after the meeting", nil, accept, b.secretariat, "meetings/over/invitations/MEX", 0, "MEETING_CONCLUDED"},
			{"mission answers for another after the meeting", nil, accept, b.austria, "meetings/over/invitations/MEX", 0, "NOT_FOUND"},
		} {
			t.Run(step.name, func(t *testing.T) {
				if step.before != nil {
					step.before()
				}
				got, err := step.do(step.as, step.resource)
				if step.reason != "" {
					wantReason(t, err, step.reason)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got.GetState() != step.want {
					t.Errorf("answered %s, want %s", got.GetState(), step.want)
				}
				read, err := b.GetInvitation(step.as, &placardv1.GetInvitationRequest{Name: step.resource})
				if err != nil {
					t.Fatal(err)
				}
				wantSame(t, got, read)
			})
		}
		_, err := b.AcceptInvitation(b.austria, &placardv1.AcceptInvitationRequest{Name: resource, Etag: "1"})
		wantReason(t, err, "ETAG_MISMATCH")
		want := []string{
			`create 1 "" "" accounts/secretariat []`,
			`issue 2 "AUT" "" accounts/secretariat [state issueTime]`,
			`acknowledge 3 "AUT" "" entities/AUT [state]`,
			`accept 4 "AUT" "" entities/AUT [state responseTime]`,
			`decline 5 "AUT" "AUT" accounts/secretariat [state]`,
			`accept 6 "AUT" "" entities/AUT [state]`,
		}
		if diff := cmp.Diff(want, b.changes(t, resource)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

// Whatever comes first, no invitation goes out after the meeting is concluded.
func TestIssueWhileConcluding(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		states := []string{"AUT", "MEX", "COL", "BRA", "FRA", "USA"}
		b.invite(t, "meetings/m1", states...)
		meetings := meeting.New(meeting.Config{Store: b.store})
		var callers sync.WaitGroup
		for i, code := range states {
			callers.Go(func() {
				_, err := b.IssueInvitation(b.secretariat, &placardv1.IssueInvitationRequest{Name: "meetings/m1/invitations/" + code})
				if err != nil {
					wantReason(t, err, "MEETING_CONCLUDED")
				}
			})
			if i != len(states)/2 {
				continue
			}
			callers.Go(func() {
				_, err := meetings.ConcludeMeeting(b.secretariat, &placardv1.ConcludeMeetingRequest{Name: "meetings/m1"})
				if err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		last, err := b.store.Client().Change.Query().Order(db.Desc(change.FieldID)).First(b.system)
		if err != nil {
			t.Fatal(err)
		}
		if last.Verb != "conclude" {
			t.Errorf("the last change is %v", last)
		}
	})
}

func TestDeleteInvitation(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m1/invitations/AUT"
		b.invite(t, "meetings/m1", "AUT", "MEX")
		b.issue(t, "meetings/m1/invitations/MEX")
		for n, reason := range map[string]string{
			"meetings/m1/invitations/MEX":   "INVITATION_NOT_DRAFT",
			"meetings/m1/invitations/COL":   "NOT_FOUND",
			"meetings/over/invitations/MEX": "MEETING_CONCLUDED",
		} {
			_, err := b.DeleteInvitation(b.secretariat, &placardv1.DeleteInvitationRequest{Name: n})
			wantReason(t, err, reason)
		}
		_, err := b.DeleteInvitation(b.secretariat, &placardv1.DeleteInvitationRequest{Name: resource, Etag: "2"})
		wantReason(t, err, "ETAG_MISMATCH")
		if _, err := b.DeleteInvitation(b.secretariat, &placardv1.DeleteInvitationRequest{Name: resource}); err != nil {
			t.Fatal(err)
		}
		_, err = b.GetInvitation(b.secretariat, &placardv1.GetInvitationRequest{Name: resource})
		wantReason(t, err, "NOT_FOUND")
		b.invite(t, "meetings/m1", "AUT")
	})
}

func TestListInvitations(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.invite(t, "meetings/m2", "MEX", "AUT")
		b.invite(t, "meetings/m1", "MEX", "COL", "AUT")
		b.issue(t, "meetings/m1/invitations/AUT", "meetings/m1/invitations/MEX")
		const m1, m2, over = "meetings/m1/invitations/", "meetings/m2/invitations/", "meetings/over/invitations/"
		list := func(ctx context.Context, req *placardv1.ListInvitationsRequest) (names []string) {
			t.Helper()
			for {
				res, err := b.ListInvitations(ctx, req)
				if err != nil {
					t.Fatal(err)
				}
				for _, inv := range res.GetInvitations() {
					names = append(names, inv.GetName())
				}
				if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
					return names
				}
			}
		}
		for _, tc := range []struct {
			name           string
			ctx            context.Context
			parent, filter string
			want           []string
		}{
			{"of a meeting", b.secretariat, "meetings/m1", "", []string{m1 + "AUT", m1 + "COL", m1 + "MEX"}},
			{"of all meetings", b.secretariat, "meetings/-", "", []string{m1 + "AUT", m1 + "COL", m1 + "MEX", m2 + "AUT", m2 + "MEX", over + "MEX"}},
			{"by state", b.secretariat, "meetings/-", "state = ISSUED", []string{m1 + "AUT", m1 + "MEX", over + "MEX"}},
			{"by entity", b.secretariat, "meetings/-", `entity = "entities/AUT"`, []string{m1 + "AUT", m2 + "AUT"}},
			{
				"by status and language", b.secretariat, "meetings/-",
				`participation_status = STATE_PARTY AND language = "es"`, []string{over + "MEX"},
			},
			{"a mission's own, once issued", b.austria, "meetings/-", "", []string{m1 + "AUT"}},
			{"a mission's own of a meeting", b.austria, "meetings/m1", "", []string{m1 + "AUT"}},
			{"a mission asks for drafts", b.austria, "meetings/-", "state = DRAFT OR state = ISSUED", []string{m1 + "AUT"}},
			{"a mission asks for another", b.austria, "meetings/-", `entity = "MEX"`, nil},
		} {
			t.Run(tc.name, func(t *testing.T) {
				for size := range int32(4) {
					got := list(tc.ctx, &placardv1.ListInvitationsRequest{Parent: tc.parent, Filter: tc.filter, PageSize: size})
					if diff := cmp.Diff(tc.want, got); diff != "" {
						t.Errorf("pages of %d (-want +got):\n%s", size, diff)
					}
				}
			})
		}
		for _, parent := range []string{"meetings/m2", "meetings/over", "meetings/m9"} {
			_, err := b.ListInvitations(b.austria, &placardv1.ListInvitationsRequest{Parent: parent})
			wantReason(t, err, "NOT_FOUND")
		}
		first, err := b.ListInvitations(b.secretariat, &placardv1.ListInvitationsRequest{Parent: "meetings/m1", PageSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.ListInvitations(b.secretariat, &placardv1.ListInvitationsRequest{
			Parent: "meetings/-", PageToken: first.GetNextPageToken(),
		})
		wantReason(t, err, "PAGE_TOKEN_INVALID")
	})
}

// tabled gives meetings/m1 an instrument.
func (b bundle) tabled(t *testing.T) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Client.Instrument.Create().SetID("protocol").SetContent(`{"parties": [
			{"entity": "entities/AUT", "signatureDate": "2000-12-12", "partyDate": "2005-09-15"},
			{"entity": "entities/CHN", "partyDate": "2010-02-08"},
			{"entity": "entities/EUE", "signatureDate": "2000-12-12", "partyDate": "2006-09-06"},
			{"entity": "entities/MEX", "signatureDate": "2000-12-13", "partyDate": "2003-03-04"},
			{"entity": "entities/THA", "signatureDate": "2001-12-18", "partyDate": "2013-10-17"}
		]}`).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		if err != nil {
			return err
		}
		if err := tx.Client.Entity.UpdateOneID("THA").SetLanguage("fr").Exec(ctx); err != nil {
			return err
		}
		return tx.Client.Meeting.UpdateOneID("m1").SetInstrumentID("protocol").Exec(ctx)
	})
}

func TestStatusFromTable(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.tabled(t)
		create := func(parent, code string) (*placardv1.Invitation, error) {
			return b.CreateInvitation(b.secretariat, &placardv1.CreateInvitationRequest{
				Parent: parent, Invitation: &placardv1.Invitation{Entity: name.Entity(code)},
			})
		}
		for code, want := range map[string]string{
			"AUT": "STATE_PARTY en", "THA": "SIGNATORY fr", "CHN": "NON_SIGNATORY en", "EUE": "REIO en", "ILO": "SPECIALIZED_AGENCY en",
		} {
			got, err := create("meetings/m1", code)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.GetParticipationStatus().String() + " " + got.GetLanguage(); s != want {
				t.Errorf("%s: %s, want %s", code, s, want)
			}
		}
		_, err := create("meetings/m2", "AUT")
		if f, ok := fault.As(err); !ok || f.Reason != "STATUS_NEEDED" {
			t.Errorf("at a meeting without a table: %v", err)
		}
		if got, err := create("meetings/m2", "ILO"); err != nil || got.GetParticipationStatus() != placardv1.ParticipationStatus_SPECIALIZED_AGENCY {
			t.Errorf("who is no State: %v, %v", got, err)
		}
		// The table changes afterwards; the invitation keeps what it has, until
		// it is cleared.
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Instrument.UpdateOneID("protocol").SetContent("{}").Exec(ctx)
		})
		kept, err := b.GetInvitation(b.secretariat, &placardv1.GetInvitationRequest{Name: "meetings/m1/invitations/AUT"})
		if err != nil || kept.GetParticipationStatus() != placardv1.ParticipationStatus_STATE_PARTY {
			t.Errorf("after the table changed: %v, %v", kept, err)
		}
		cleared, err := b.UpdateInvitation(b.secretariat, &placardv1.UpdateInvitationRequest{
			Invitation: &placardv1.Invitation{Name: kept.GetName()},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"participation_status"}},
		})
		if err != nil || cleared.GetParticipationStatus() != placardv1.ParticipationStatus_NON_SIGNATORY {
			t.Errorf("cleared: %v, %v", cleared, err)
		}
	})
}

func TestBatchByStatus(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.tabled(t)
		if _, err := b.CreateInvitation(b.secretariat, &placardv1.CreateInvitationRequest{
			Parent: "meetings/m1", Invitation: &placardv1.Invitation{Entity: "entities/MEX", Reference: "first"},
		}); err != nil {
			t.Fatal(err)
		}
		req := &placardv1.BatchCreateInvitationsRequest{
			Parent: "meetings/m1", Reference: "CU 2009/180(A)",
			ParticipationStatuses: []placardv1.ParticipationStatus{
				placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_SIGNATORY, placardv1.ParticipationStatus_REIO,
			},
		}
		res, err := b.BatchCreateInvitations(b.secretariat, req)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, inv := range res.GetInvitations() {
			got = append(got, inv.GetEntity()+" "+inv.GetParticipationStatus().String()+" "+inv.GetReference())
		}
		if diff := cmp.Diff([]string{
			"entities/AUT STATE_PARTY CU 2009/180(A)", "entities/EUE REIO CU 2009/180(A)", "entities/THA SIGNATORY CU 2009/180(A)",
		}, got); diff != "" {
			t.Errorf("invited (-want +got):\n%s", diff)
		}
		before, err := b.store.Client().Change.Query().Count(b.system)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := b.BatchCreateInvitations(b.secretariat, req); err != nil || len(again.GetInvitations()) != 0 {
			t.Errorf("again: %v, %v", again, err)
		}
		if after, err := b.store.Client().Change.Query().Count(b.system); err != nil || after != before {
			t.Errorf("nobody to invite left %d changes (%v)", after-before, err)
		}
		req.Parent = "meetings/m2"
		_, err = b.BatchCreateInvitations(b.secretariat, req)
		if f, ok := fault.As(err); !ok || f.Reason != "STATUS_NEEDED" {
			t.Errorf("at a meeting without a table: %v", err)
		}
	})
}
