package credentials_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/credentials"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// now is the time of every write, 10:00 in Vienna, a day before the meeting.
var now = time.Date(2010, 1, 26, 9, 0, 0, 0, time.UTC)

// due is when credentials are due, by rule 18.
var due = timestamppb.New(now)

const (
	formCopy     = placardv1.Credentials_FORM_COPY
	formOriginal = placardv1.Credentials_FORM_ORIGINAL
	minister     = placardv1.SignatoryCapacity_MINISTER_FOR_FOREIGN_AFFAIRS
	ambassador   = placardv1.SignatoryCapacity_PERMANENT_REPRESENTATIVE
	authority    = placardv1.SignatoryCapacity_COMPETENT_AUTHORITY
)

// bundle is a service with a store of its own: the register, the open
// meetings/m1 and meetings/m2, which need originals 24 hours before the opening,
// meetings/free, which needs no credentials, and meetings/over, which is
// concluded. All invite AUT and MEX as States Parties, DEU as a signatory, EU as
// an organization, ILO, and in a draft COL.
type bundle struct {
	*credentials.Service
	store *store.Store
	// secretariat, bound, austria, mexico and system are contexts of callers;
	// bound is a secretariat of meetings/m2.
	secretariat, bound, austria, mexico, system context.Context
}

func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pages, err := page.NewCodec(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		mission := func(code string) context.Context {
			return access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: code})
		}
		b := bundle{
			Service: credentials.New(credentials.Config{Store: s, Pages: pages}),
			store:   s,
			secretariat: access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat",
			}),
			bound: access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/m2", Meetings: []string{"m2"},
			}),
			austria: mission("AUT"), mexico: mission("MEX"),
			system: storetest.System(t),
		}
		if err := entity.Seed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		asked := &placardv1.Meeting{
			CredentialsRule: &placardv1.CredentialsRule{
				OriginalsNeeded: true, Signatories: []placardv1.SignatoryCapacity{minister, ambassador},
			},
			CredentialsDueTime: due,
			QuorumRules: []*placardv1.QuorumRule{
				{
					Purpose: &placardv1.LocalizedText{En: "Opening", Es: "Apertura"}, Numerator: 1, Denominator: 3,
					Base: placardv1.QuorumRule_PARTICIPATING_PARTIES,
				},
				{
					Purpose: &placardv1.LocalizedText{En: "Decisions"}, Numerator: 1, Denominator: 2, MoreThan: true,
					Base: placardv1.QuorumRule_INVITED_PARTIES,
				},
			},
		}
		free := &placardv1.Meeting{QuorumRules: asked.GetQuorumRules()}
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			for id, m := range map[string]*placardv1.Meeting{"m1": asked, "m2": asked, "free": free, "over": asked} {
				state := "OPEN"
				if id == "over" {
					state = "CONCLUDED"
				}
				content, err := protojson.Marshal(m)
				if err != nil {
					return err
				}
				err = tx.Client.Meeting.Create().SetID(id).SetState(state).SetStartDate("2010-01-27").
					SetEndDate("2010-01-29").SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").
					SetModality("IN_PERSON").SetContent(string(content)).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				if err != nil {
					return err
				}
				for code, status := range map[string]string{
					"AUT": "STATE_PARTY", "MEX": "STATE_PARTY", "DEU": "SIGNATORY", "COL": "STATE_PARTY",
					"EUE": "REIO", "ILO": "SPECIALIZED_AGENCY",
				} {
					state := "ISSUED"
					if code == "COL" {
						state = "DRAFT"
					}
					err := tx.Client.Invitation.Create().SetMeetingID(id).SetEntityID(code).SetState(state).
						SetParticipationStatus(status).SetLanguage("en").SetChannel("PERMANENT_MISSION").
						SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
					if err != nil {
						return fmt.Errorf("%s: %w", code, err)
					}
				}
			}
			return nil
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

// change changes the content of a meeting.
func (b bundle) change(t *testing.T, id string, fn func(*placardv1.Meeting)) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Only(ctx)
		if err != nil {
			return err
		}
		m := &placardv1.Meeting{}
		if err := protojson.Unmarshal([]byte(row.Content), m); err != nil {
			return err
		}
		fn(m)
		content, err := protojson.Marshal(m)
		if err != nil {
			return err
		}
		return tx.Client.Meeting.Update().Where(meeting.ID(id)).SetContent(string(content)).Exec(ctx)
	})
}

// delegation makes a delegation.
func (b bundle) delegation(t *testing.T, id, code, state string, accepted int32) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Delegation.Create().SetMeetingID(id).SetEntityID(code).SetState(state).
			SetLatestRevision(1).SetAcceptedRevision(accepted).SetParticipantCount(1).SetLate(false).
			SetSubmitTime(tx.Now).SetChannel("ELECTRONIC").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	})
}

func received(resource string, form placardv1.Credentials_Form, by placardv1.SignatoryCapacity) *placardv1.ReceiveCredentialsRequest {
	return &placardv1.ReceiveCredentialsRequest{Name: resource, Form: form, SignatoryCapacity: by}
}

// receive records a receipt that is to work.
func (b bundle) receive(t *testing.T, resource string, form placardv1.Credentials_Form, by placardv1.SignatoryCapacity) *placardv1.Credentials {
	t.Helper()
	got, err := b.ReceiveCredentials(b.secretariat, received(resource, form, by))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bundle) decide(t *testing.T, resource string, decision placardv1.Credentials_State) {
	t.Helper()
	if _, err := b.DecideCredentials(b.secretariat, &placardv1.DecideCredentialsRequest{Name: resource, Decision: decision}); err != nil {
		t.Fatal(err)
	}
}

// changes are the changes of credentials, as `verb revision entity principal paths`.
func (b bundle) changes(t *testing.T, resource string) []string {
	t.Helper()
	rows, err := b.store.Client().Change.Query().
		Where(change.Resource(resource)).Order(db.Asc(change.FieldID)).All(b.system)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range rows {
		if c.MeetingID != name.MeetingOf(resource) || c.InForce || c.ResourceType != name.TypeCredentials || c.OnBehalfOf != "" {
			t.Errorf("change %d is filed wrongly: %v", c.ID, c)
		}
		out = append(out, fmt.Sprintf("%s %d %s %s %v", c.Verb, c.Revision, c.EntityID, c.Principal, c.Paths))
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

func TestReceiveCredentials(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m1/credentials/AUT"
		get := func(ctx context.Context) *placardv1.Credentials {
			t.Helper()
			got, err := b.GetCredentials(ctx, &placardv1.GetCredentialsRequest{Name: resource})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		want := &placardv1.Credentials{
			Name: resource, Entity: "entities/AUT", State: placardv1.Credentials_NOT_RECEIVED, DueTime: due, Etag: "0",
		}
		wantSame(t, want, get(b.austria))

		req := received(resource, formCopy, ambassador)
		req.SignatoryName, req.SignatoryTitle, req.ReceiptDate, req.Etag = "Erika MUSTERMANN", "Ambassador", "2010-01-25", "0"
		want = &placardv1.Credentials{
			Name: resource, Entity: "entities/AUT", State: placardv1.Credentials_COPY, Form: formCopy,
			ReceiptDate: "2010-01-25", SignatoryName: "Erika MUSTERMANN", SignatoryTitle: "Ambassador",
			SignatoryCapacity: ambassador, DueTime: due,
			CreateTime: timestamppb.New(now), UpdateTime: timestamppb.New(now), Etag: "1",
		}
		once := store.WithRequest(b.secretariat, store.Request{ID: "r1", Method: "ReceiveCredentials", Hash: []byte("h")})
		for range 2 { // the second answers what the first did
			got, err := b.ReceiveCredentials(once, req)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, want, got)
		}
		wantSame(t, want, get(b.secretariat))
		wantSame(t, want, get(b.austria))
		for _, etag := range []string{"0", "2"} {
			req.Etag = etag
			_, err := b.ReceiveCredentials(b.secretariat, req)
			wantReason(t, err, "ETAG_MISMATCH")
		}
		// The same again changes nothing.
		req.Etag = "1"
		got, err := b.ReceiveCredentials(b.secretariat, req)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, want, got)

		got = b.receive(t, resource, formOriginal, minister)
		want = &placardv1.Credentials{
			Name: resource, Entity: "entities/AUT", State: placardv1.Credentials_ORIGINAL, Form: formOriginal,
			ReceiptDate: "2010-01-26", SignatoryCapacity: minister, DueTime: due,
			CreateTime: timestamppb.New(now), UpdateTime: timestamppb.New(now), Etag: "2",
		}
		wantSame(t, want, got)
		wantSame(t, want, get(b.austria))
		if diff := cmp.Diff([]string{
			"receive 1 AUT accounts/secretariat [state form receiptDate signatoryName signatoryTitle signatoryCapacity]",
			"receive 2 AUT accounts/secretariat [state form receiptDate signatoryName signatoryTitle signatoryCapacity]",
		}, b.changes(t, resource)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestReceiveRefused(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		for _, tc := range []struct{ name, resource, reason string }{
			{"a meeting that asks for none", "meetings/free/credentials/AUT", "CREDENTIALS_NOT_NEEDED"},
			{"an agency", "meetings/m1/credentials/ILO", "CREDENTIALS_NOT_NEEDED"},
			{"a State that is not invited", "meetings/m1/credentials/BRA", "NOT_INVITED"},
			{"an entity that is not in the register", "meetings/m1/credentials/ATL", "NOT_INVITED"},
			{"an invitation that is a draft", "meetings/m1/credentials/COL", "INVITATION_NOT_ISSUED"},
			{"a meeting that is over", "meetings/over/credentials/AUT", "MEETING_CONCLUDED"},
			{"another meeting", "meetings/m9/credentials/AUT", "NOT_FOUND"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				_, err := b.ReceiveCredentials(b.secretariat, received(tc.resource, formCopy, minister))
				wantReason(t, err, tc.reason)
				_, err = b.ExamineCredentials(b.secretariat, &placardv1.ExamineCredentialsRequest{Name: tc.resource})
				wantReason(t, err, tc.reason)
				_, err = b.DecideCredentials(b.secretariat, &placardv1.DecideCredentialsRequest{
					Name: tc.resource, Decision: placardv1.Credentials_REJECTED,
				})
				wantReason(t, err, tc.reason)
				_, err = b.ReopenCredentials(b.secretariat, &placardv1.ReopenCredentialsRequest{Name: tc.resource})
				wantReason(t, err, tc.reason)
				if got := b.changes(t, tc.resource); got != nil {
					t.Errorf("changes: %v", got)
				}
			})
		}
		_, err := b.ReceiveCredentials(b.bound, received("meetings/m1/credentials/AUT", formCopy, minister))
		wantReason(t, err, "NOT_FOUND")
		_, err = b.ReceiveCredentials(b.secretariat, received("meetings/m1/credentials/AUT", formCopy, authority))
		wantReason(t, err, "SIGNATORY_NOT_ALLOWED")
		_, err = b.ReceiveCredentials(b.secretariat, received("meetings/m1/credentials/EUE", formCopy, authority))
		if err != nil {
			t.Errorf("the competent authority of the European Union: %v", err)
		}
		_, err = b.GetCredentials(b.secretariat, &placardv1.GetCredentialsRequest{Name: "meetings/m1/credentials/COL"})
		wantReason(t, err, "NOT_FOUND")
	})
}

// TestReceiveAtOnce: of several that record the first receipt at once, with the
// etag of nothing, one does.
func TestReceiveAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m1/credentials/AUT"
		var callers sync.WaitGroup
		done := make(chan string, 8)
		for i := range 8 {
			callers.Go(func() {
				req := received(resource, formCopy, minister)
				req.Etag, req.SignatoryName = "0", fmt.Sprint("Minister ", i)
				_, err := b.ReceiveCredentials(b.secretariat, req)
				if err == nil {
					done <- req.SignatoryName
					return
				}
				wantReason(t, err, "ETAG_MISMATCH")
			})
		}
		callers.Wait()
		close(done)
		if len(done) != 1 || len(b.changes(t, resource)) != 1 {
			t.Errorf("received %d times: %v", len(done), b.changes(t, resource))
		}
	})
}

func TestDecideCredentials(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m1/credentials/MEX"
		decide := func(decision placardv1.Credentials_State, remarks, etag string) (*placardv1.Credentials, error) {
			return b.DecideCredentials(b.secretariat, &placardv1.DecideCredentialsRequest{
				Name: resource, Decision: decision, Remarks: remarks, Etag: etag,
			})
		}
		_, err := decide(placardv1.Credentials_REJECTED, "", "")
		wantReason(t, err, "CREDENTIALS_STATE") // nothing was received
		b.receive(t, resource, formCopy, minister)
		_, err = decide(placardv1.Credentials_ACCEPTED, "", "")
		wantReason(t, err, "ORIGINAL_NEEDED")

		if got, err := b.ExamineCredentials(b.secretariat, &placardv1.ExamineCredentialsRequest{Name: resource}); err != nil ||
			got.GetState() != placardv1.Credentials_UNDER_EXAMINATION {
			t.Fatalf("examined: %v, %v", got, err)
		}
		_, err = b.ExamineCredentials(b.secretariat, &placardv1.ExamineCredentialsRequest{Name: resource})
		wantReason(t, err, "CREDENTIALS_STATE")
		_, err = decide(placardv1.Credentials_PROVISIONAL, "", "1")
		wantReason(t, err, "ETAG_MISMATCH")

		got, err := decide(placardv1.Credentials_PROVISIONAL, "The original is on its way.", "2")
		if err != nil {
			t.Fatal(err)
		}
		want := &placardv1.Credentials{
			Name: resource, Entity: "entities/MEX", State: placardv1.Credentials_PROVISIONAL, Form: formCopy,
			ReceiptDate: "2010-01-26", SignatoryCapacity: minister, DueTime: due,
			Remarks: "The original is on its way.", DecideTime: timestamppb.New(now),
			CreateTime: timestamppb.New(now), UpdateTime: timestamppb.New(now), Etag: "3",
		}
		wantSame(t, want, got)

		// The original comes: the provisional decision stands until it is reopened.
		want.Form, want.Etag = formOriginal, "4"
		wantSame(t, want, b.receive(t, resource, formOriginal, minister))
		_, err = decide(placardv1.Credentials_ACCEPTED, "", "")
		wantReason(t, err, "CREDENTIALS_STATE")
		got, err = b.ReopenCredentials(b.secretariat, &placardv1.ReopenCredentialsRequest{Name: resource})
		if err != nil {
			t.Fatal(err)
		}
		want.State, want.DecideTime, want.Etag = placardv1.Credentials_UNDER_EXAMINATION, nil, "5"
		wantSame(t, want, got)
		if got, err = decide(placardv1.Credentials_ACCEPTED, "", ""); err != nil {
			t.Fatal(err)
		}
		want.State, want.DecideTime, want.Remarks, want.Etag = placardv1.Credentials_ACCEPTED, timestamppb.New(now), "", "6"
		wantSame(t, want, got)
		_, err = b.ReceiveCredentials(b.secretariat, received(resource, formCopy, minister))
		wantReason(t, err, "CREDENTIALS_DECIDED")

		if diff := cmp.Diff([]string{
			"receive 1 MEX accounts/secretariat [state form receiptDate signatoryCapacity]",
			"examine 2 MEX accounts/secretariat [state]",
			"decide 3 MEX accounts/secretariat [state remarks decideTime]",
			"receive 4 MEX accounts/secretariat [form]",
			"reopen 5 MEX accounts/secretariat [state decideTime]",
			"decide 6 MEX accounts/secretariat [state remarks decideTime]",
		}, b.changes(t, resource)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestListCredentials(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		list := func(ctx context.Context, req *placardv1.ListCredentialsRequest) ([]string, error) {
			var out []string
			for {
				res, err := b.ListCredentials(ctx, req)
				if err != nil {
					return nil, err
				}
				for _, c := range res.GetCredentials() {
					if !proto.Equal(c.GetDueTime(), due) {
						t.Errorf("%s is due %v", c.GetName(), c.GetDueTime())
					}
					out = append(out, strings.TrimPrefix(c.GetName(), "meetings/"))
				}
				if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
					return out, nil
				}
			}
		}
		b.receive(t, "meetings/m2/credentials/AUT", formCopy, minister)
		b.receive(t, "meetings/m1/credentials/MEX", formOriginal, minister)
		b.receive(t, "meetings/m1/credentials/AUT", formCopy, ambassador)
		b.decide(t, "meetings/m1/credentials/MEX", placardv1.Credentials_ACCEPTED)
		b.change(t, "m1", func(m *placardv1.Meeting) { m.CredentialsDueTime = timestamppb.New(now.AddDate(0, 0, -1)) })
		if err := b.MarkLate(b.system, job.MarkCredentialsLate{Meeting: "meetings/m1"}); err != nil {
			t.Fatal(err)
		}
		b.change(t, "m1", func(m *placardv1.Meeting) { m.CredentialsDueTime = due })

		for _, tc := range []struct {
			name           string
			ctx            context.Context
			parent, filter string
			want           []string
		}{
			{"all", b.secretariat, "meetings/-", "", []string{"m1/credentials/AUT", "m1/credentials/MEX", "m2/credentials/AUT"}},
			{"of a meeting", b.secretariat, "meetings/m1", "", []string{"m1/credentials/AUT", "m1/credentials/MEX"}},
			{"by entity", b.secretariat, "meetings/-", `entity = "entities/AUT"`, []string{"m1/credentials/AUT", "m2/credentials/AUT"}},
			{"by state", b.secretariat, "meetings/-", "state = ACCEPTED", []string{"m1/credentials/MEX"}},
			{"by form", b.secretariat, "meetings/-", "form = FORM_COPY", []string{"m1/credentials/AUT", "m2/credentials/AUT"}},
			{"late", b.secretariat, "meetings/-", "late = true", []string{"m1/credentials/AUT", "m1/credentials/MEX"}},
			{"in time", b.secretariat, "meetings/-", "late = false", []string{"m2/credentials/AUT"}},
			{"by capacity", b.secretariat, "meetings/-", "signatory_capacity = PERMANENT_REPRESENTATIVE", []string{"m1/credentials/AUT"}},
			{"none", b.secretariat, "meetings/free", "", nil},
			{"of a secretariat of one meeting", b.bound, "meetings/-", "", []string{"m2/credentials/AUT"}},
			{"of a mission", b.austria, "meetings/-", "", []string{"m1/credentials/AUT", "m2/credentials/AUT"}},
			{"of a mission, by the entity of another", b.austria, "meetings/-", `entity = "MEX" OR state = ACCEPTED`, nil},
			{"of a mission, of a meeting", b.mexico, "meetings/m1", `NOT entity = "BRA"`, []string{"m1/credentials/MEX"}},
		} {
			t.Run(tc.name, func(t *testing.T) {
				for _, size := range []int32{1, 0} {
					got, err := list(tc.ctx, &placardv1.ListCredentialsRequest{Parent: tc.parent, Filter: tc.filter, PageSize: size})
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(tc.want, got); diff != "" {
						t.Errorf("pages of %d (-want +got):\n%s", size, diff)
					}
				}
			})
		}
		_, err := list(b.bound, &placardv1.ListCredentialsRequest{Parent: "meetings/m1"})
		wantReason(t, err, "NOT_FOUND")
		_, err = list(b.secretariat, &placardv1.ListCredentialsRequest{Parent: "meetings/-", Filter: "remarks = x"})
		wantReason(t, err, "FILTER_INVALID")
	})
}

func TestGetCredentialsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.receive(t, "meetings/m1/credentials/AUT", formCopy, minister)
		for _, resource := range []string{"meetings/m1/credentials/AUT", "meetings/m2/credentials/AUT"} { // received, not received
			_, err := b.GetCredentials(b.mexico, &placardv1.GetCredentialsRequest{Name: resource})
			wantReason(t, err, "NOT_FOUND")
		}
		_, err := b.GetCredentials(b.bound, &placardv1.GetCredentialsRequest{Name: "meetings/m1/credentials/AUT"})
		wantReason(t, err, "NOT_FOUND")
		_, err = b.GetCredentialsReport(b.bound, &placardv1.GetCredentialsReportRequest{Name: "meetings/m1/credentialsReport"})
		wantReason(t, err, "NOT_FOUND")
		_, err = b.GetQuorum(b.bound, &placardv1.GetQuorumRequest{Name: "meetings/m1/quorum"})
		wantReason(t, err, "NOT_FOUND")
	})
}

// TestBoundSecretariat: a secretariat of one meeting does there what any does.
func TestBoundSecretariat(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const resource = "meetings/m2/credentials/AUT"
		if _, err := b.ReceiveCredentials(b.bound, received(resource, formOriginal, minister)); err != nil {
			t.Fatal(err)
		}
		got, err := b.DecideCredentials(b.bound, &placardv1.DecideCredentialsRequest{
			Name: resource, Decision: placardv1.Credentials_ACCEPTED,
		})
		if err != nil || got.GetState() != placardv1.Credentials_ACCEPTED {
			t.Errorf("decided: %v, %v", got, err)
		}
	})
}

// TestMarkLate: what is late follows the rule of the meeting.
func TestMarkLate(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		const early, today = "meetings/m1/credentials/AUT", "meetings/m1/credentials/MEX"
		req := received(early, formCopy, minister)
		req.ReceiptDate = "2010-01-20"
		if _, err := b.ReceiveCredentials(b.secretariat, req); err != nil {
			t.Fatal(err)
		}
		b.receive(t, today, formCopy, minister)
		b.receive(t, "meetings/m2/credentials/AUT", formCopy, minister)
		for _, tc := range []struct {
			name               string
			due                *timestamppb.Timestamp
			earlyLate, nowLate bool
		}{
			{"as it was", due, false, false},
			{"due the day before", timestamppb.New(now.AddDate(0, 0, -1)), false, true},
			{"due long before", timestamppb.New(now.AddDate(0, 0, -21)), true, true},
			{"due at no time", nil, false, false},
		} {
			b.change(t, "m1", func(m *placardv1.Meeting) { m.CredentialsDueTime = tc.due })
			for range 2 { // run again it does nothing more
				if err := b.MarkLate(b.system, job.MarkCredentialsLate{Meeting: "meetings/m1"}); err != nil {
					t.Fatal(err)
				}
			}
			for resource, want := range map[string]bool{early: tc.earlyLate, today: tc.nowLate} {
				got, err := b.GetCredentials(b.secretariat, &placardv1.GetCredentialsRequest{Name: resource})
				if err != nil || got.GetLate() != want || !proto.Equal(got.GetDueTime(), tc.due) {
					t.Errorf("%s: %v, %v", tc.name, got, err)
				}
			}
		}
		if diff := cmp.Diff([]string{
			"receive 1 MEX accounts/secretariat [state form receiptDate signatoryCapacity]",
			"update 2 MEX system [dueTime late]",
			"update 3 MEX system [dueTime late]",
		}, b.changes(t, today)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if err := b.MarkLate(b.system, job.MarkCredentialsLate{Meeting: "meetings/m9"}); err != nil {
			t.Errorf("a meeting that was deleted: %v", err)
		}
	})
}

// shown shows the items of a list of the report: "AUT Austria STATE_PARTY COPY FORM_COPY false".
func shown(items []*placardv1.CredentialsReport_Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, fmt.Sprint(name.EntityOf(i.GetEntity()), " ", i.GetEntityName().GetText(), " ",
			i.GetParticipationStatus(), " ", i.GetState(), " ", i.GetForm(), " ", i.GetLate()))
	}
	return out
}

func TestReport(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		for _, code := range []string{"AUT", "DEU", "EUE", "ILO"} {
			b.delegation(t, "m1", code, "SUBMITTED", 0)
		}
		b.delegation(t, "m1", "MEX", "WITHDRAWN", 1)
		report := func(language string) *placardv1.CredentialsReport {
			t.Helper()
			got, err := b.GetCredentialsReport(b.secretariat, &placardv1.GetCredentialsReportRequest{
				Name: "meetings/m1/credentialsReport", Language: language,
			})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		got := report("es")
		// Alemania, Austria, Unión Europea: as Spanish has them.
		want := []string{
			"DEU Alemania SIGNATORY NOT_RECEIVED FORM_UNSPECIFIED false",
			"AUT Austria STATE_PARTY NOT_RECEIVED FORM_UNSPECIFIED false",
			"EUE Unión Europea REIO NOT_RECEIVED FORM_UNSPECIFIED false",
		}
		if diff := cmp.Diff(want, shown(got.GetMissing())); diff != "" {
			t.Errorf("missing (-want +got):\n%s", diff)
		}
		if !got.GetNeeded() || got.GetLanguage() != "es" || !proto.Equal(got.GetDueTime(), due) || got.GetInOrder() != nil {
			t.Errorf("answered %v", got)
		}

		b.receive(t, "meetings/m1/credentials/AUT", formOriginal, minister)
		b.receive(t, "meetings/m1/credentials/DEU", formCopy, minister)
		b.receive(t, "meetings/m1/credentials/EUE", formOriginal, authority)
		b.decide(t, "meetings/m1/credentials/EUE", placardv1.Credentials_REJECTED)
		b.receive(t, "meetings/m1/credentials/MEX", formOriginal, minister) // has no delegation any more
		got = report("")
		for list, want := range map[*[]*placardv1.CredentialsReport_Item][]string{
			&got.InOrder:  {"AUT Austria STATE_PARTY ORIGINAL FORM_ORIGINAL false"},
			&got.CopyOnly: {"DEU Germany SIGNATORY COPY FORM_COPY false"},
			&got.Rejected: {"EUE European Union REIO REJECTED FORM_ORIGINAL false"},
			&got.Missing:  nil,
		} {
			if diff := cmp.Diff(want, shown(*list)); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		}

		free, err := b.GetCredentialsReport(b.secretariat, &placardv1.GetCredentialsReportRequest{Name: "meetings/free/credentialsReport"})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, &placardv1.CredentialsReport{
			Name: "meetings/free/credentialsReport", Language: "en", CreateTime: timestamppb.New(now),
		}, free)
	})
}

func TestQuorum(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		quorum := func(id, language string) []*placardv1.Quorum_Item {
			t.Helper()
			got, err := b.GetQuorum(b.secretariat, &placardv1.GetQuorumRequest{Name: "meetings/" + id + "/quorum", Language: language})
			if err != nil {
				t.Fatal(err)
			}
			return got.GetItems()
		}
		same := func(what string, got []*placardv1.Quorum_Item, want ...*placardv1.Quorum_Item) {
			t.Helper()
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		opening := &placardv1.ShownText{Text: "Opening", Language: "en"}
		decisions := &placardv1.ShownText{Text: "Decisions", Language: "en"}
		for _, id := range []string{"m1", "free"} {
			same("nobody is there", quorum(id, ""),
				&placardv1.Quorum_Item{Purpose: opening, NeededCount: 1},
				&placardv1.Quorum_Item{Purpose: decisions, BaseCount: 2, NeededCount: 2},
			)
			b.delegation(t, id, "AUT", "ACCEPTED", 1)
			b.delegation(t, id, "MEX", "SUBMITTED", 1) // something waits, and something is accepted
			b.delegation(t, id, "DEU", "ACCEPTED", 1)  // a signatory
			b.delegation(t, id, "EUE", "SUBMITTED", 0)
		}
		same("without credentials, where none are needed", quorum("free", "es"),
			&placardv1.Quorum_Item{
				Purpose: &placardv1.ShownText{Text: "Apertura", Language: "es"}, BaseCount: 2, NeededCount: 1,
				ParticipatingCount: 2, Met: true, CredentialsCount: 2, MetWithCredentials: true,
			},
			&placardv1.Quorum_Item{
				Purpose: &placardv1.ShownText{Text: "Decisions", Language: "en", Fallback: true}, BaseCount: 2, NeededCount: 2,
				ParticipatingCount: 2, Met: true, CredentialsCount: 2, MetWithCredentials: true,
			},
		)
		b.receive(t, "meetings/m1/credentials/AUT", formOriginal, minister)
		b.receive(t, "meetings/m1/credentials/MEX", formCopy, minister)
		same("one in order, of one a copy", quorum("m1", ""),
			&placardv1.Quorum_Item{
				Purpose: opening, BaseCount: 2, NeededCount: 1, ParticipatingCount: 2, Met: true, CredentialsCount: 1, MetWithCredentials: true,
			},
			&placardv1.Quorum_Item{
				Purpose: decisions, BaseCount: 2, NeededCount: 2, ParticipatingCount: 2, Met: true, CredentialsCount: 1,
			},
		)

		// The table of the instrument says that the European Union is a Party.
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			content, err := protojson.Marshal(&placardv1.Instrument{Parties: []*placardv1.Instrument_Party{
				{Entity: "entities/EUE", PartyDate: "2004-05-21"}, {Entity: "entities/DEU", PartyDate: "2006-06-14"},
			}})
			if err != nil {
				return err
			}
			return tx.Client.Instrument.Create().SetID("untoc").SetContent(string(content)).
				SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		})
		b.change(t, "m1", func(m *placardv1.Meeting) { m.Instrument = &placardv1.Meeting_Instrument{Name: "instruments/untoc"} })
		same("with an organization that is a Party", quorum("m1", "")[1:],
			&placardv1.Quorum_Item{
				Purpose: decisions, BaseCount: 3, NeededCount: 2, ParticipatingCount: 2, Met: true, CredentialsCount: 1,
			},
		)
	})
}
