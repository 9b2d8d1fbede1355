package statistics_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/statistics"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

var (
	now         = time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC)
	deadline    = time.Date(2026, 1, 15, 18, 15, 0, 0, time.UTC) // midnight in Kathmandu
	secretariat = access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat"}
)

func each(t *testing.T, test func(t *testing.T, svc *statistics.Service, s *store.Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s)
		test(t, statistics.New(statistics.Config{Store: s}), s)
	}, storetest.At(now))
}

// guest is an invited entity.
type guest struct {
	code, kind, region, status, invitation string
	// delegation is its state; empty: none.
	delegation string
	accepted   int32
	late       bool
	persons    []person
}

// person is a version of a person.
type person struct {
	id                       string
	latest, accepted         int32
	newest                   bool
	role, modality, language string
	submitted                string
}

// write makes the meetings m1, at Kathmandu, and m2, a draft without anything.
//
// Of m1, AUT was amended after its acceptance: the head is an expert in the
// latest composition, a second expert is new, a third was withdrawn; the
// interpreter is in both.
func write(t *testing.T, s *store.Store) {
	t.Helper()
	guests := []guest{
		{
			"AUT", "STATE", "WESTERN_EUROPEAN_AND_OTHERS", "STATE_PARTY", "ACCEPTED", "SUBMITTED", 1, false,
			[]person{
				{"a1", 0, 1, false, "HEAD", "IN_PERSON", "en", "2026-01-10T18:14:59.999999Z"},
				{"a1", 1, 0, true, "EXPERT", "ONLINE", "en", "2026-01-10T18:14:59.999999Z"},
				{"a2", 2, 0, true, "EXPERT", "IN_PERSON", "", "2026-01-12T10:00:00Z"},
				{"a3", 3, 2, true, "INTERPRETER", "IN_PERSON", "fr", "2026-01-10T18:15:00Z"},
				{"a4", 0, 0, true, "EXPERT", "IN_PERSON", "en", "2026-01-10T18:15:00.000001Z"},
			},
		},
		{"DEU", "STATE", "WESTERN_EUROPEAN_AND_OTHERS", "STATE_PARTY", "ISSUED", "", 0, false, nil},
		{"FRA", "STATE", "WESTERN_EUROPEAN_AND_OTHERS", "SIGNATORY", "DECLINED", "", 0, false, nil},
		{
			"EGY", "STATE", "AFRICAN", "STATE_PARTY", "ISSUED", "ACCEPTED", 1, true,
			[]person{{"e1", 1, 1, true, "HEAD", "IN_PERSON", "ar", "2026-01-16T00:00:00Z"}},
		},
		{"MEX", "STATE", "LATIN_AMERICAN_AND_CARIBBEAN", "STATE_PARTY", "DRAFT", "", 0, false, nil},
		{
			"VAT", "STATE", "REGION_UNSPECIFIED", "NON_SIGNATORY", "ACKNOWLEDGED", "RETURNED", 0, false,
			[]person{{"v1", 1, 0, true, "HEAD", "IN_PERSON", "", "2026-01-10T20:00:00Z"}},
		},
		{
			"COL", "STATE", "LATIN_AMERICAN_AND_CARIBBEAN", "STATE_PARTY", "ISSUED", "WITHDRAWN", 2, false,
			[]person{{"c1", 0, 0, true, "HEAD", "IN_PERSON", "es", "2026-01-12T09:00:00Z"}},
		},
		{
			"WHO", "SPECIALIZED_AGENCY", "REGION_UNSPECIFIED", "SPECIALIZED_AGENCY", "ACCEPTED", "ACCEPTED", 1, false,
			[]person{{"w1", 1, 1, true, "OBSERVER", "ONLINE", "fr", "2026-01-12T09:14:00Z"}},
		},
	}
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		for id, state := range map[string]string{"m1": "OPEN", "m2": "DRAFT"} {
			err := tx.Client.Meeting.Create().SetID(id).SetState(state).SetStartDate("2026-02-01").SetEndDate("2026-02-03").
				SetTimeZone("Asia/Kathmandu").SetLatePolicy("ACCEPT_AS_LATE").SetModality("HYBRID").SetContent("{}").
				SetDeadlineTime(deadline).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		for _, g := range guests {
			if err := g.write(ctx, tx); err != nil {
				return fmt.Errorf("%s: %w", g.code, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (g guest) write(ctx context.Context, tx *store.Tx) error {
	err := tx.Client.Entity.Create().SetID(g.code).SetKind(g.kind).SetRegion(g.region).SetNames("{}").
		SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	if err != nil {
		return err
	}
	err = tx.Client.Invitation.Create().SetMeetingID("m1").SetEntityID(g.code).SetState(g.invitation).
		SetParticipationStatus(g.status).SetLanguage("en").SetChannel("PERMANENT_MISSION").
		SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	if err != nil || g.delegation == "" {
		return err
	}
	d, err := tx.Client.Delegation.Create().SetMeetingID("m1").SetEntityID(g.code).SetState(g.delegation).
		SetLatestRevision(2).SetAcceptedRevision(g.accepted).SetParticipantCount(1).SetLate(g.late).SetSubmitTime(tx.Now).
		SetChannel("API").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
	if err != nil {
		return err
	}
	var versions []*db.ParticipantVersionCreate
	for i, p := range g.persons {
		submitted, err := time.Parse(time.RFC3339, p.submitted)
		if err != nil {
			return err
		}
		versions = append(versions, tx.Client.ParticipantVersion.Create().SetMeetingID("m1").SetEntityID(g.code).
			SetDelegationID(d.ID).SetParticipantID(p.id).SetRevision(int32(i+1)).SetLatestOrder(p.latest).
			SetAcceptedOrder(p.accepted).SetNewest(p.newest).SetRole(p.role).SetModality(p.modality).
			SetLanguage(p.language).SetFamilyName("NAME-"+p.id).SetSearchKey(p.id).
			SetPersonCreateTime(submitted).SetCreateTime(submitted.Add(48*time.Hour)))
	}
	return tx.Client.ParticipantVersion.CreateBulk(versions...).Exec(ctx)
}

func TestGetMeetingStatistics(t *testing.T) {
	type (
		progress = placardv1.MeetingStatistics_Progress
		status   = placardv1.MeetingStatistics_ByStatus
		region   = placardv1.MeetingStatistics_ByRegion
		role     = placardv1.MeetingStatistics_ByRole
		language = placardv1.MeetingStatistics_ByLanguage
	)
	want := &placardv1.MeetingStatistics{
		Name: "meetings/m1/statistics", ReadTime: timestamppb.New(now),
		Total: &progress{
			Drafts: 1, Invited: 7, Answered: 6, Attending: 4, Declined: 1, Submitted: 4, AwaitingReview: 1, Accepted: 3,
			Returned: 1, Withdrawn: 1, Late: 1, Overdue: 1, Participants: 6, AcceptedParticipants: 4,
		},
		ByStatus: []*status{
			{ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Progress: &progress{
				Drafts: 1, Invited: 4, Answered: 3, Attending: 2, Submitted: 2, AwaitingReview: 1, Accepted: 2,
				Withdrawn: 1, Late: 1, Overdue: 1, Participants: 4, AcceptedParticipants: 3,
			}},
			{ParticipationStatus: placardv1.ParticipationStatus_SIGNATORY, Progress: &progress{Invited: 1, Answered: 1, Declined: 1}},
			{ParticipationStatus: placardv1.ParticipationStatus_NON_SIGNATORY, Progress: &progress{
				Invited: 1, Answered: 1, Attending: 1, Submitted: 1, Returned: 1, Participants: 1,
			}},
			{ParticipationStatus: placardv1.ParticipationStatus_SPECIALIZED_AGENCY, Progress: &progress{
				Invited: 1, Answered: 1, Attending: 1, Submitted: 1, Accepted: 1, Participants: 1, AcceptedParticipants: 1,
			}},
		},
		ByRegion: []*region{
			{Region: placardv1.Entity_REGION_UNSPECIFIED, Progress: &progress{
				Invited: 1, Answered: 1, Attending: 1, Submitted: 1, Returned: 1, Participants: 1,
			}},
			{Region: placardv1.Entity_AFRICAN, Progress: &progress{
				Invited: 1, Answered: 1, Attending: 1, Submitted: 1, Accepted: 1, Late: 1, Participants: 1, AcceptedParticipants: 1,
			}},
			{Region: placardv1.Entity_ASIA_PACIFIC, Progress: &progress{}},
			{Region: placardv1.Entity_EASTERN_EUROPEAN, Progress: &progress{}},
			{Region: placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN, Progress: &progress{Drafts: 1, Invited: 1, Answered: 1, Withdrawn: 1}},
			{Region: placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS, Progress: &progress{
				Invited: 3, Answered: 2, Attending: 1, Declined: 1, Submitted: 1, AwaitingReview: 1, Accepted: 1, Overdue: 1,
				Participants: 3, AcceptedParticipants: 2,
			}},
		},
		ByRole: []*role{
			{Role: placardv1.Participant_HEAD, Participants: 2, AcceptedParticipants: 2},
			{Role: placardv1.Participant_EXPERT, Participants: 2},
			{Role: placardv1.Participant_OBSERVER, Participants: 1, AcceptedParticipants: 1},
			{Role: placardv1.Participant_INTERPRETER, Participants: 1, AcceptedParticipants: 1},
		},
		ByModality: []*placardv1.MeetingStatistics_ByModality{
			{Modality: placardv1.Participant_IN_PERSON, Participants: 4, AcceptedParticipants: 3},
			{Modality: placardv1.Participant_ONLINE, Participants: 2, AcceptedParticipants: 1},
		},
		ByLanguage: []*language{
			{Language: "ar", Participants: 1, AcceptedParticipants: 1},
			{Language: "zh"},
			{Language: "en", Participants: 1, AcceptedParticipants: 1},
			{Language: "fr", Participants: 2, AcceptedParticipants: 2},
			{Language: "ru"},
			{Language: "es"},
			{Participants: 2},
		},
		Days: []*placardv1.MeetingStatistics_Day{
			{Date: "2026-01-10", Registrations: 1, Total: 1},
			{Date: "2026-01-11", Registrations: 3, Total: 4},
			{Date: "2026-01-12", Registrations: 3, Total: 7},
			{Date: "2026-01-13", Total: 7},
			{Date: "2026-01-14", Total: 7},
			{Date: "2026-01-15", Total: 7},
			{Date: "2026-01-16", Registrations: 1, Total: 8},
		},
	}
	each(t, func(t *testing.T, svc *statistics.Service, _ *store.Store) {
		bound := secretariat
		bound.Meetings = []string{"m1"}
		for _, p := range []access.Principal{secretariat, bound, access.System()} {
			got, err := svc.GetMeetingStatistics(access.With(t.Context(), p), &placardv1.GetMeetingStatisticsRequest{
				Name: "meetings/m1/statistics",
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", p.Name(), diff)
			}
		}
	})
}

func TestEmptyMeeting(t *testing.T) {
	each(t, func(t *testing.T, svc *statistics.Service, _ *store.Store) {
		got, err := svc.GetMeetingStatistics(access.With(t.Context(), secretariat), &placardv1.GetMeetingStatisticsRequest{
			Name: "meetings/m2/statistics",
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&placardv1.MeetingStatistics_Progress{}, got.GetTotal(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		if len(got.GetByStatus()) > 0 || len(got.GetByRole()) > 0 || len(got.GetDays()) > 0 || len(got.GetByRegion()) != 6 {
			t.Errorf("answered %v", got)
		}
	})
}

// Nobody is overdue at the deadline itself.
func TestOverdue(t *testing.T) {
	for _, test := range []struct {
		at   time.Time
		want int32
	}{{deadline, 0}, {deadline.Add(time.Microsecond), 1}} {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			write(t, s)
			svc := statistics.New(statistics.Config{Store: s})
			got, err := svc.GetMeetingStatistics(access.With(t.Context(), secretariat), &placardv1.GetMeetingStatisticsRequest{
				Name: "meetings/m1/statistics",
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := got.GetTotal().GetOverdue(); n != test.want {
				t.Errorf("%d overdue at %v", n, test.at)
			}
		}, storetest.At(test.at))
	}
}

func TestNotFound(t *testing.T) {
	other := secretariat
	other.Meetings = []string{"m2"}
	each(t, func(t *testing.T, svc *statistics.Service, _ *store.Store) {
		for _, test := range []struct {
			name string
			p    access.Principal
			of   string
		}{
			{"no such meeting", secretariat, "meetings/m3/statistics"},
			{"another meeting than the bound one", other, "meetings/m1/statistics"},
		} {
			ctx := access.With(t.Context(), test.p)
			_, err := svc.GetMeetingStatistics(ctx, &placardv1.GetMeetingStatisticsRequest{Name: test.of})
			if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
				t.Errorf("%s: get: %v", test.name, err)
			}
			_, err = svc.DrawMeetingStatistics(ctx, &placardv1.DrawMeetingStatisticsRequest{
				Name: test.of, Chart: placardv1.DrawMeetingStatisticsRequest_ROLES,
			})
			if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
				t.Errorf("%s: draw: %v", test.name, err)
			}
		}
	})
}

func TestDrawMeetingStatistics(t *testing.T) {
	each(t, func(t *testing.T, svc *statistics.Service, _ *store.Store) {
		for _, test := range []struct {
			accept          []string
			language, title string
			file            string
		}{
			{nil, "", "Participants by role", "m1-roles-en.svg"},
			{[]string{"fr", "es"}, "", "Participants par rôle", "m1-roles-fr.svg"},
			{[]string{"fr"}, "es", "Participantes por función", "m1-roles-es.svg"},
		} {
			header := &headers{}
			ctx := grpc.NewContextWithServerTransportStream(locale.With(access.With(t.Context(), secretariat), test.accept), header)
			got, err := svc.DrawMeetingStatistics(ctx, &placardv1.DrawMeetingStatisticsRequest{
				Name: "meetings/m1/statistics", Chart: placardv1.DrawMeetingStatisticsRequest_ROLES, Language: test.language,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.GetContentType() != "image/svg+xml" || !strings.Contains(string(got.GetData()), test.title+"</title>") {
				t.Errorf("answered %s", got.GetData())
			}
			if diff := cmp.Diff([]string{`inline; filename="` + test.file + `"`}, header.md.Get("content-disposition")); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(string(got.GetData()), "NAME-") {
				t.Error("a person is named")
			}
		}
	})
}

// headers collects what a method puts into the header of its answer.
type headers struct {
	grpc.ServerTransportStream
	md metadata.MD
}

func (h *headers) SetHeader(md metadata.MD) error { h.md = metadata.Join(h.md, md); return nil }
