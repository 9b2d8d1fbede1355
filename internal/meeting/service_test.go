package meeting_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/meeting"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// now is the time of every write.
var now = time.Date(2009, 12, 1, 9, 0, 0, 0, time.UTC)

// bundle is a service with a store of its own.
type bundle struct {
	*meeting.Service
	store *store.Store
	// secretariat, admin and system are contexts of callers.
	secretariat, admin, system context.Context
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
		queue, err := job.New(s, slog.New(slog.DiscardHandler), job.On(func(context.Context, job.MarkDelegationsLate) error { return nil }),
			job.On(func(context.Context, job.MarkCredentialsLate) error { return nil }),
			job.On(func(context.Context, job.MarkPhotosLate) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		fn(t, bundle{
			Service: meeting.New(meeting.Config{Store: s, Pages: pages, Validator: validator, Queue: queue}),
			store:   s,
			secretariat: access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat",
			}),
			admin:  access.With(t.Context(), access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}),
			system: storetest.System(t),
		})
	}, storetest.At(now))
}

func workingGroup() *placardv1.Meeting {
	return &placardv1.Meeting{
		Title:               &placardv1.LocalizedText{En: "Working Group on Trafficking in Persons"},
		StartDate:           "2010-01-27",
		EndDate:             "2010-01-29",
		TimeZone:            "Europe/Vienna",
		CompositionDeadline: "2010-01-15",
	}
}

func (b bundle) create(t *testing.T, id string, m *placardv1.Meeting) *placardv1.Meeting {
	t.Helper()
	got, err := b.CreateMeeting(b.secretariat, &placardv1.CreateMeetingRequest{MeetingId: id, Meeting: m})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// announce creates a meeting and announces it.
func (b bundle) announce(t *testing.T, id string) {
	t.Helper()
	m := b.create(t, id, workingGroup())
	if _, err := b.AnnounceMeeting(b.secretariat, &placardv1.AnnounceMeetingRequest{Name: m.GetName()}); err != nil {
		t.Fatal(err)
	}
}

// invite writes invitations of entities in a state.
func (b bundle) invite(t *testing.T, id, state string, codes ...string) {
	t.Helper()
	if err := entity.Seed(b.system, b.store); err != nil {
		t.Fatal(err)
	}
	err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
		for _, code := range codes {
			err := tx.Client.Invitation.Create().SetMeetingID(id).SetEntityID(code).SetState(state).
				SetParticipationStatus("STATE_PARTY").SetLanguage("en").SetChannel("PERMANENT_MISSION").
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
}

// changes are the changes of a meeting, as `verb revision in_force paths`.
func (b bundle) changes(t *testing.T, id string) []string {
	t.Helper()
	rows, err := b.store.Client().Change.Query().
		Where(change.Resource(name.Meeting(id))).Order(db.Asc(change.FieldID)).All(b.system)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range rows {
		if c.MeetingID != id || c.EntityID != "" || c.OnBehalfOf != "" || c.ResourceType != name.TypeMeeting {
			t.Errorf("change %d is filed wrongly: %v", c.ID, c)
		}
		out = append(out, fmt.Sprintf("%s %d %v %v", c.Verb, c.Revision, c.InForce, c.Paths))
	}
	return out
}

// jobs are the arguments of the jobs of a kind that are enqueued, oldest first.
func (b bundle) jobs(t *testing.T, kind string) []string {
	t.Helper()
	rows, err := b.store.Writer().QueryContext(t.Context(), "SELECT args FROM river_job WHERE kind = '"+kind+"' ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var args []byte
		if err := rows.Scan(&args); err != nil {
			t.Fatal(err)
		}
		out = append(out, string(args))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
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

func TestCreateMeeting(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		want := workingGroup()
		want.Name = "meetings/wgtip-2010"
		want.State = placardv1.Meeting_DRAFT
		want.LatePolicy = placardv1.Meeting_ACCEPT_AS_LATE
		want.Modality = placardv1.Meeting_IN_PERSON
		want.CompositionDeadlineTime = timestamppb.New(time.Date(2010, 1, 15, 23, 0, 0, 0, time.UTC))
		want.OpeningTime = timestamppb.New(time.Date(2010, 1, 27, 9, 0, 0, 0, time.UTC))
		want.PhotoDeadline = "2010-01-20"
		want.PhotoDeadlineTime = timestamppb.New(time.Date(2010, 1, 20, 23, 0, 0, 0, time.UTC))
		want.Deadlines = []*placardv1.Meeting_Deadline{
			{Kind: placardv1.Meeting_Deadline_COMPOSITION, Time: want.GetCompositionDeadlineTime(), VenueTime: "2010-01-16T00:00:00+01:00"},
			{Kind: placardv1.Meeting_Deadline_PHOTO, Time: want.GetPhotoDeadlineTime(), VenueTime: "2010-01-21T00:00:00+01:00"},
			{Kind: placardv1.Meeting_Deadline_OPENING, Time: want.GetOpeningTime(), VenueTime: "2010-01-27T10:00:00+01:00"},
		}
		want.CreateTime, want.UpdateTime, want.Etag = timestamppb.New(now), timestamppb.New(now), "1"

		asked := workingGroup()
		asked.PhotoDeadline = "2010-01-20"
		// What follows from the rest is not the caller's to write.
		asked.PhotoDeadlineTime, asked.Deadlines = timestamppb.Now(), []*placardv1.Meeting_Deadline{{Kind: placardv1.Meeting_Deadline_CREDENTIALS}}
		req := &placardv1.CreateMeetingRequest{MeetingId: "wgtip-2010", Meeting: asked, ValidateOnly: true}
		got, err := b.CreateMeeting(b.secretariat, req)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, want, got)
		_, err = b.GetMeeting(b.secretariat, &placardv1.GetMeetingRequest{Name: want.GetName()})
		wantReason(t, err, "NOT_FOUND")

		req.ValidateOnly = false
		once := store.WithRequest(b.secretariat, store.Request{ID: "r1", Method: "CreateMeeting", Hash: []byte("h")})
		for range 2 { // the second answers what the first did
			if got, err = b.CreateMeeting(once, req); err != nil {
				t.Fatal(err)
			}
			wantSame(t, want, got)
		}
		if got, err = b.GetMeeting(b.secretariat, &placardv1.GetMeetingRequest{Name: want.GetName()}); err != nil {
			t.Fatal(err)
		}
		wantSame(t, want, got)
		if diff := cmp.Diff([]string{"create 1 false []"}, b.changes(t, "wgtip-2010")); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}

		for _, validateOnly := range []bool{false, true} {
			req.ValidateOnly = validateOnly
			_, err = b.CreateMeeting(b.admin, req)
			wantReason(t, err, "ALREADY_EXISTS")
		}
		bound := access.With(t.Context(), access.Principal{
			Role: placardv1.Access_SECRETARIAT, Account: "accounts/wg", Meetings: []string{"wgtip-2010"},
		})
		_, err = b.CreateMeeting(bound, &placardv1.CreateMeetingRequest{MeetingId: "m2", Meeting: workingGroup()})
		wantReason(t, err, "MEETING_BOUND")

		bad := workingGroup()
		bad.TimeZone, bad.EndDate, bad.CompositionDeadline = "Vienna", "2010-01-26", "2010-02-01"
		_, err = b.CreateMeeting(b.secretariat, &placardv1.CreateMeetingRequest{MeetingId: "m2", Meeting: bad})
		if f, ok := fault.As(err); !ok || len(f.Violations) != 3 {
			t.Errorf("answered %v, want 3 violations", err)
		}
	})
}

func TestCreateMeetingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		var created atomic.Int32
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				_, err := b.CreateMeeting(b.secretariat, &placardv1.CreateMeetingRequest{MeetingId: "m1", Meeting: workingGroup()})
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

func TestUpdateMeeting(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		m := b.create(t, "m1", workingGroup())
		update := func(wish *placardv1.Meeting, paths ...string) (*placardv1.Meeting, error) {
			wish.Name = "meetings/m1"
			return b.UpdateMeeting(b.secretariat, &placardv1.UpdateMeetingRequest{
				Meeting: wish, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
			})
		}

		t.Run("only checked", func(t *testing.T) {
			got, err := b.UpdateMeeting(b.secretariat, &placardv1.UpdateMeetingRequest{
				Meeting: &placardv1.Meeting{Name: m.GetName(), CompositionDeadline: "2010-01-20"}, ValidateOnly: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.GetCompositionDeadlineTime().AsTime() != time.Date(2010, 1, 20, 23, 0, 0, 0, time.UTC) {
				t.Errorf("answered the deadline %v", got.GetCompositionDeadlineTime().AsTime())
			}
			if got, _ = b.GetMeeting(b.secretariat, &placardv1.GetMeetingRequest{Name: m.GetName()}); got.GetEtag() != "1" {
				t.Error("and wrote it")
			}
		})
		t.Run("named fields", func(t *testing.T) {
			got, err := update(&placardv1.Meeting{
				Title: &placardv1.LocalizedText{Es: "Grupo de trabajo"}, EndDate: "2011-01-01",
			}, "title.es", "venue.address")
			if err != nil {
				t.Fatal(err)
			}
			if got.GetTitle().GetEs() == "" || got.GetTitle().GetEn() == "" || got.GetEndDate() != "2010-01-29" {
				t.Errorf("answered %v", got)
			}
		})
		t.Run("another etag", func(t *testing.T) {
			_, err := update(&placardv1.Meeting{Etag: "1", EndDate: "2010-01-30"})
			wantReason(t, err, "ETAG_MISMATCH")
		})
		t.Run("everything wrong is said", func(t *testing.T) {
			_, err := update(&placardv1.Meeting{EndDate: "2010-01-01", TimeZone: "Vienna", DocumentsUri: "here"}, "end_date", "time_zone", "documents_uri", "title")
			f, ok := fault.As(err)
			if !ok {
				t.Fatalf("answered %v", err)
			}
			var got []string
			for _, v := range f.Violations {
				got = append(got, v.Field)
			}
			slices.Sort(got)
			want := []string{"meeting.composition_deadline", "meeting.documents_uri", "meeting.end_date", "meeting.time_zone", "meeting.title"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
		t.Run("nothing changes", func(t *testing.T) {
			got, err := update(&placardv1.Meeting{EndDate: "2010-01-29"})
			if err != nil || got.GetEtag() != "2" {
				t.Errorf("answered %v, %v", got, err)
			}
		})
		t.Run("the deadline moves", func(t *testing.T) {
			if _, err := update(&placardv1.Meeting{CompositionDeadline: "2010-01-18"}); err != nil {
				t.Fatal(err)
			}
			if _, err := update(&placardv1.Meeting{TimeZone: "Africa/Nairobi"}); err != nil {
				t.Fatal(err)
			}
			if _, err := update(&placardv1.Meeting{}, "composition_deadline"); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("photographs", func(t *testing.T) {
			got, err := update(&placardv1.Meeting{PhotoDeadline: "2010-01-20"})
			if err != nil || !got.GetPhotoDeadlineTime().AsTime().Equal(time.Date(2010, 1, 20, 21, 0, 0, 0, time.UTC)) || len(got.GetDeadlines()) != 2 {
				t.Errorf("answered %v, %v", got, err)
			}
			_, err = update(&placardv1.Meeting{PhotoDeadline: "2010-01-30"})
			wantReason(t, err, "DEADLINE_AFTER_END")
			_, err = update(&placardv1.Meeting{PhotoDeadline: "20 January"})
			wantReason(t, err, "STRING_DAY")
			if got, err = update(&placardv1.Meeting{TimeZone: "Europe/Vienna"}); err != nil || got.GetDeadlines()[0].GetVenueTime() != "2010-01-21T00:00:00+01:00" {
				t.Errorf("in another zone: %v, %v", got, err)
			}
			// What follows from the rest is not the caller's to write.
			theirs := &placardv1.Meeting{
				PhotoDeadlineTime: timestamppb.Now(),
				Deadlines:         []*placardv1.Meeting_Deadline{{Kind: placardv1.Meeting_Deadline_PHOTO, Time: timestamppb.Now()}},
			}
			for _, paths := range [][]string{nil, {"photo_deadline_time", "deadlines"}} {
				is, err := update(proto.CloneOf(theirs), paths...)
				if diff := cmp.Diff(got, is, protocmp.Transform()); err != nil || diff != "" {
					t.Errorf("mask %v: %v, (-want +got):\n%s", paths, err, diff)
				}
			}
			if got, err = update(&placardv1.Meeting{}, "photo_deadline"); err != nil || got.GetPhotoDeadlineTime() != nil || len(got.GetDeadlines()) != 1 {
				t.Errorf("answered %v, %v", got, err)
			}
		})
		t.Run("not there", func(t *testing.T) {
			_, err := b.UpdateMeeting(b.secretariat, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: "meetings/m9"}})
			wantReason(t, err, "NOT_FOUND")
		})
		want := []string{
			"create 1 false []",
			"update 2 false [title venue]",
			"update 3 false [compositionDeadline compositionDeadlineTime deadlines]",
			"update 4 false [timeZone compositionDeadlineTime openingTime deadlines]",
			"update 5 false [compositionDeadline compositionDeadlineTime deadlines]",
			"update 6 false [photoDeadline photoDeadlineTime deadlines]",
			"update 7 false [timeZone openingTime photoDeadlineTime deadlines]",
			"update 8 false [photoDeadline photoDeadlineTime deadlines]",
		}
		if diff := cmp.Diff(want, b.changes(t, "m1")); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if got := b.jobs(t, "mark_photos_late"); len(got) != 3 {
			t.Errorf("jobs: %v", got)
		}
		if got := b.jobs(t, "mark_late"); len(got) != 3 {
			t.Errorf("jobs: %v", got)
		}
	})
}

func TestUpdateRulesOfProcedure(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "m1", workingGroup())
		update := func(wish *placardv1.Meeting, paths ...string) *placardv1.Meeting {
			t.Helper()
			wish.Name = "meetings/m1"
			got, err := b.UpdateMeeting(b.secretariat, &placardv1.UpdateMeetingRequest{
				Meeting: wish, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
			})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		due := func(m *placardv1.Meeting) string {
			if m.GetCredentialsDueTime() == nil {
				return ""
			}
			return m.GetCredentialsDueTime().AsTime().Format(time.RFC3339)
		}
		quorum := &placardv1.QuorumRule{
			Purpose: &placardv1.LocalizedText{En: "Decisions"}, Numerator: 1, Denominator: 2, MoreThan: true,
			Base: placardv1.QuorumRule_PARTICIPATING_PARTIES,
		}
		rule := &placardv1.CredentialsRule{
			Signatories:     []placardv1.SignatoryCapacity{placardv1.SignatoryCapacity_HEAD_OF_STATE},
			DueOffset:       durationpb.New(-24 * time.Hour),
			OriginalsNeeded: true,
		}
		got := update(&placardv1.Meeting{CredentialsRule: rule, QuorumRules: []*placardv1.QuorumRule{quorum}})
		wantSame(t, rule, got.GetCredentialsRule())
		wantSame(t, quorum, got.GetQuorumRules()[0])
		if due(got) != "2010-01-26T09:00:00Z" {
			t.Errorf("due %s", due(got))
		}
		if got = update(&placardv1.Meeting{Opening: "09:30"}); due(got) != "2010-01-26T08:30:00Z" {
			t.Errorf("due %s after another opening", due(got))
		}
		if got = update(&placardv1.Meeting{StartDate: "2010-01-26"}); due(got) != "2010-01-25T08:30:00Z" {
			t.Errorf("due %s after another first day", due(got))
		}
		if got = update(&placardv1.Meeting{TimeZone: "Africa/Nairobi"}); due(got) != "2010-01-25T06:30:00Z" {
			t.Errorf("due %s in another zone", due(got))
		}
		got = update(&placardv1.Meeting{CredentialsRule: &placardv1.CredentialsRule{}}, "credentials_rule")
		if got.GetCredentialsRule() == nil || due(got) != "" {
			t.Errorf("needed at no particular time: %v, due %s", got.GetCredentialsRule(), due(got))
		}
		if got = update(&placardv1.Meeting{}, "credentials_rule"); got.GetCredentialsRule() != nil {
			t.Errorf("none needed: %v", got.GetCredentialsRule())
		}
		want := []string{
			"create 1 false []",
			"update 2 false [credentialsRule credentialsDueTime quorumRules deadlines]",
			"update 3 false [opening openingTime credentialsDueTime deadlines]",
			"update 4 false [startDate openingTime credentialsDueTime deadlines]",
			"update 5 false [timeZone compositionDeadlineTime openingTime credentialsDueTime deadlines]",
			"update 6 false [credentialsRule credentialsDueTime deadlines]",
			"update 7 false [credentialsRule]",
		}
		if diff := cmp.Diff(want, b.changes(t, "m1")); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if got := b.jobs(t, "mark_credentials_late"); len(got) != 5 {
			t.Errorf("jobs: %v", got)
		}

		_, err := b.UpdateMeeting(b.secretariat, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{
			Name: "meetings/m1", Opening: "25:00", EndDate: "2010-01-01",
			CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(400 * 24 * time.Hour)},
			QuorumRules:     []*placardv1.QuorumRule{{Numerator: 3, Denominator: 2}},
		}})
		f, ok := fault.As(err)
		if !ok {
			t.Fatalf("answered %v", err)
		}
		var wrong []string
		for _, v := range f.Violations {
			wrong = append(wrong, v.Field+" "+v.Reason)
		}
		slices.Sort(wrong)
		if diff := cmp.Diff([]string{
			"meeting.composition_deadline DEADLINE_AFTER_END",
			"meeting.credentials_rule.due_offset DURATION_GTE_LTE",
			"meeting.end_date END_BEFORE_START",
			"meeting.opening STRING_PATTERN",
			"meeting.quorum_rules[0].base REQUIRED",
			"meeting.quorum_rules[0].numerator QUORUM_FRACTION",
			"meeting.quorum_rules[0].purpose REQUIRED",
		}, wrong); diff != "" {
			t.Errorf("violations (-want +got):\n%s", diff)
		}
	})
}

func TestMeetingStates(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "m1", workingGroup())
		const resource = "meetings/m1"
		ctx := b.secretariat
		steps := []struct {
			name   string
			do     func() (*placardv1.Meeting, error)
			want   placardv1.Meeting_State
			reason string
		}{
			{"open a draft", func() (*placardv1.Meeting, error) {
				return b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: resource})
			}, 0, "MEETING_STATE"},
			{"announce", func() (*placardv1.Meeting, error) {
				return b.AnnounceMeeting(ctx, &placardv1.AnnounceMeetingRequest{Name: resource, Etag: "1"})
			}, placardv1.Meeting_ANNOUNCED, ""},
			{"open with an old etag", func() (*placardv1.Meeting, error) {
				return b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: resource, Etag: "1"})
			}, 0, "ETAG_MISMATCH"},
			{"open", func() (*placardv1.Meeting, error) {
				return b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: resource})
			}, placardv1.Meeting_OPEN, ""},
			{"close", func() (*placardv1.Meeting, error) {
				return b.CloseMeeting(ctx, &placardv1.CloseMeetingRequest{Name: resource})
			}, placardv1.Meeting_CLOSED, ""},
			{"open again", func() (*placardv1.Meeting, error) {
				return b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: resource})
			}, placardv1.Meeting_OPEN, ""},
			{"conclude", func() (*placardv1.Meeting, error) {
				return b.ConcludeMeeting(ctx, &placardv1.ConcludeMeetingRequest{Name: resource})
			}, placardv1.Meeting_CONCLUDED, ""},
			{"open what is concluded", func() (*placardv1.Meeting, error) {
				return b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: resource})
			}, 0, "MEETING_CONCLUDED"},
			{"change what is concluded", func() (*placardv1.Meeting, error) {
				return b.UpdateMeeting(ctx, &placardv1.UpdateMeetingRequest{
					Meeting: &placardv1.Meeting{Name: resource, EndDate: "2010-01-30"},
				})
			}, 0, "MEETING_CONCLUDED"},
			{"delete what is concluded", func() (*placardv1.Meeting, error) {
				_, err := b.DeleteMeeting(ctx, &placardv1.DeleteMeetingRequest{Name: resource})
				return nil, err
			}, 0, "MEETING_CONCLUDED"},
		}
		for _, step := range steps {
			t.Run(step.name, func(t *testing.T) {
				got, err := step.do()
				if step.reason != "" {
					wantReason(t, err, step.reason)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if closed := got.GetCloseTime() != nil; got.GetState() != step.want || closed != (step.want == placardv1.Meeting_CLOSED) {
					t.Errorf("answered %s, closed %v", got.GetState(), got.GetCloseTime())
				}
				read, err := b.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: resource})
				if err != nil {
					t.Fatal(err)
				}
				wantSame(t, got, read)
			})
		}
		want := []string{
			"create 1 false []",
			"announce 2 true [state]",
			"open 3 true [state]",
			"close 4 true [state closeTime]",
			"open 5 true [state closeTime]",
			"conclude 6 true [state]",
		}
		if diff := cmp.Diff(want, b.changes(t, "m1")); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if got := b.jobs(t, "mark_late"); len(got) != 2 {
			t.Errorf("jobs: %v", got)
		}
	})
}

func TestDeleteMeeting(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "m1", workingGroup())
		b.create(t, "m2", workingGroup())
		b.announce(t, "m3")
		b.create(t, "m4", workingGroup())
		b.invite(t, "m2", "DRAFT", "AUT")
		err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			err := tx.Client.Key.Create().SetID("k1").SetRole("GATE").SetAccount("accounts/gate").SetHash([]byte("h")).
				SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
			return tx.Client.KeyMeeting.Create().SetKeyID("k1").SetMeetingID("m4").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		for id, reason := range map[string]string{
			"m2": "MEETING_HAS_INVITATIONS", "m3": "MEETING_NOT_DRAFT", "m4": "MEETING_HAS_KEYS", "m9": "NOT_FOUND",
		} {
			_, err := b.DeleteMeeting(b.secretariat, &placardv1.DeleteMeetingRequest{Name: name.Meeting(id)})
			wantReason(t, err, reason)
		}
		_, err = b.DeleteMeeting(b.secretariat, &placardv1.DeleteMeetingRequest{Name: "meetings/m1", Etag: "2"})
		wantReason(t, err, "ETAG_MISMATCH")
		once := store.WithRequest(b.secretariat, store.Request{ID: "r1", Method: "DeleteMeeting", Hash: []byte("h")})
		for range 2 {
			if _, err := b.DeleteMeeting(once, &placardv1.DeleteMeetingRequest{Name: "meetings/m1", Etag: "1"}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = b.GetMeeting(b.secretariat, &placardv1.GetMeetingRequest{Name: "meetings/m1"})
		wantReason(t, err, "NOT_FOUND")
		if diff := cmp.Diff([]string{"create 1 false []", "delete 1 false []"}, b.changes(t, "m1")); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestMeetingsInScope(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "draft", workingGroup())
		b.announce(t, "invited")
		b.announce(t, "other")
		b.invite(t, "draft", "ISSUED", "AUT")
		b.invite(t, "invited", "ISSUED", "AUT")
		b.invite(t, "other", "DRAFT", "AUT")
		b.invite(t, "other", "ISSUED", "MEX")
		for _, tc := range []struct {
			name string
			p    access.Principal
			want []string
		}{
			{"secretariat", access.Principal{Role: placardv1.Access_SECRETARIAT}, []string{"draft", "invited", "other"}},
			{"secretariat of one", access.Principal{Role: placardv1.Access_SECRETARIAT, Meetings: []string{"draft"}}, []string{"draft"}},
			{"mission", access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}, []string{"invited"}},
			{"uninvited mission", access.Principal{Role: placardv1.Access_MISSION, Entity: "COL"}, nil},
			{"pass office", access.Principal{Role: placardv1.Access_PASS_OFFICE}, []string{"invited", "other"}},
			{"reader of one", access.Principal{Role: placardv1.Access_READER, Meetings: []string{"draft", "other"}}, []string{"other"}},
			{"nobody", access.Principal{}, nil},
		} {
			t.Run(tc.name, func(t *testing.T) {
				ctx := access.With(t.Context(), tc.p)
				list, err := b.ListMeetings(ctx, &placardv1.ListMeetingsRequest{})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, m := range list.GetMeetings() {
					got = append(got, name.Last(m.GetName()))
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("listed (-want +got):\n%s", diff)
				}
				for _, id := range []string{"draft", "invited", "other"} {
					_, err := b.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: name.Meeting(id)})
					if slices.Contains(tc.want, id) {
						if err != nil {
							t.Error(err)
						}
					} else {
						wantReason(t, err, "NOT_FOUND")
					}
				}
			})
		}
		t.Run("a secretariat bound to meetings writes these only", func(t *testing.T) {
			ctx := access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/wg", Meetings: []string{"invited"},
			})
			if _, err := b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: "meetings/invited"}); err != nil {
				t.Error(err)
			}
			_, err := b.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: "meetings/other"})
			wantReason(t, err, "NOT_FOUND")
		})
	})
}

func TestListMeetings(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		want := []string{"a2", "b", "ab", "ba", "c"}
		for i, m := range []struct{ id, start string }{
			{"c", "2010-03-01"}, {"ba", "2010-02-01"}, {"ab", "2010-02-01"}, {"b", "2010-01-02"}, {"a2", "2010-01-01"},
		} {
			wish := workingGroup()
			wish.StartDate, wish.EndDate, wish.CompositionDeadline = m.start, "2010-03-0"+fmt.Sprint(i+1), ""
			b.create(t, m.id, wish)
		}
		if _, err := b.AnnounceMeeting(b.admin, &placardv1.AnnounceMeetingRequest{Name: "meetings/ab"}); err != nil {
			t.Fatal(err)
		}
		list := func(req *placardv1.ListMeetingsRequest) (ids []string) {
			for {
				res, err := b.ListMeetings(b.secretariat, req)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range res.GetMeetings() {
					ids = append(ids, name.Last(m.GetName()))
				}
				if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
					return ids
				}
			}
		}
		for size := range int32(7) {
			if diff := cmp.Diff(want, list(&placardv1.ListMeetingsRequest{PageSize: size})); diff != "" {
				t.Errorf("pages of %d (-want +got):\n%s", size, diff)
			}
		}
		for filter, want := range map[string][]string{
			`state = ANNOUNCED`: {"ab"},
			`state = DRAFT AND start_date >= "2010-01-02" AND start_date < "2010-03-01"`: {"b", "ba"},
			`end_date = "2010-03-02" OR state = ANNOUNCED`:                               {"ab", "ba"},
		} {
			if diff := cmp.Diff(want, list(&placardv1.ListMeetingsRequest{Filter: filter, PageSize: 1})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", filter, diff)
			}
		}
		_, err := b.ListMeetings(b.secretariat, &placardv1.ListMeetingsRequest{Filter: "title = 1"})
		if f, ok := fault.As(err); !ok || f.Violations[0].Field != "filter" {
			t.Errorf("answered %v, want a violation of filter", err)
		}
		first, err := b.ListMeetings(b.secretariat, &placardv1.ListMeetingsRequest{PageSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.ListMeetings(b.secretariat, &placardv1.ListMeetingsRequest{
			PageToken: first.GetNextPageToken(), Filter: "state = DRAFT",
		})
		wantReason(t, err, "PAGE_TOKEN_INVALID")
	})
}

func TestNamedInMeeting(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		if err := entity.Seed(b.system, b.store); err != nil {
			t.Fatal(err)
		}
		err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Instrument.Create().SetID("protocol").SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		m := workingGroup()
		m.Instrument = &placardv1.Meeting_Instrument{Name: "instruments/none", Title: &placardv1.LocalizedText{En: "Convention"}}
		m.Quotas = []*placardv1.Meeting_Quota{{Limit: 3}, {Limit: 5, Entities: []string{"entities/AUT", "entities/ATL"}}}
		want := []string{"meeting.instrument.name UNKNOWN_INSTRUMENT", "meeting.quotas[1].entities[1] UNKNOWN_ENTITY"}
		wrong := func(err error) []string {
			f, ok := fault.As(err)
			if !ok {
				t.Fatalf("answered %v", err)
			}
			var out []string
			for _, v := range f.Violations {
				out = append(out, v.Field+" "+v.Reason)
			}
			return out
		}
		for _, only := range []bool{true, false} {
			_, err := b.CreateMeeting(b.secretariat, &placardv1.CreateMeetingRequest{MeetingId: "m1", Meeting: m, ValidateOnly: only})
			if diff := cmp.Diff(want, wrong(err)); diff != "" {
				t.Errorf("create (-want +got):\n%s", diff)
			}
		}
		m.Instrument.Name, m.Quotas[1].Entities = "instruments/protocol", []string{"entities/AUT"}
		got := b.create(t, "m1", m)
		if diff := cmp.Diff(m.GetQuotas(), got.GetQuotas(), protocmp.Transform()); diff != "" {
			t.Errorf("quotas (-want +got):\n%s", diff)
		}
		stored := func() string {
			row, err := b.store.Client().Meeting.Get(b.system, "m1")
			if err != nil {
				t.Fatal(err)
			}
			return row.InstrumentID
		}
		if got.GetInstrument().GetName() != "instruments/protocol" || stored() != "protocol" {
			t.Errorf("instrument %v, stored %q", got.GetInstrument(), stored())
		}
		update := &placardv1.UpdateMeetingRequest{
			Meeting: &placardv1.Meeting{
				Name: "meetings/m1", Instrument: &placardv1.Meeting_Instrument{Name: "instruments/none"},
				Quotas: []*placardv1.Meeting_Quota{{Limit: 1, Entities: []string{"entities/ATL"}}, {Limit: -1}},
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"instrument.name", "quotas"}},
		}
		want = []string{
			"meeting.quotas[1].limit INT32_GTE_LTE", "meeting.instrument.name UNKNOWN_INSTRUMENT", "meeting.quotas[0].entities[0] UNKNOWN_ENTITY",
		}
		for _, only := range []bool{true, false} {
			update.ValidateOnly = only
			_, err := b.UpdateMeeting(b.secretariat, update)
			if diff := cmp.Diff(want, wrong(err)); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
		}
		update.Meeting.Instrument, update.Meeting.Quotas = nil, nil
		got, err = b.UpdateMeeting(b.secretariat, update)
		if err != nil || got.GetInstrument().GetName() != "" || got.GetInstrument().GetTitle().GetEn() != "Convention" || stored() != "" || len(got.GetQuotas()) != 0 {
			t.Errorf("cleared: %v, stored %q, %v", got, stored(), err)
		}
	})
}
