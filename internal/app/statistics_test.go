package app_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// TestStatistics: the figures follow what missions and the Secretariat do.
func TestStatistics(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "figures", nil, "AUT", "MEX", "FRA", "EGY")
		secretariat := c.As(t, c.Key(t, "secretariat", "", meeting))
		get := func() *placardv1.MeetingStatistics {
			t.Helper()
			return must(c.statistics.GetMeetingStatistics(secretariat, &placardv1.GetMeetingStatisticsRequest{Name: meeting + "/statistics"}))(t)
		}
		type progress = placardv1.MeetingStatistics_Progress
		equal(t, "before anything", get().GetTotal(), &progress{Invited: 4})

		c.submitAccepted(admin, t, meeting+"/delegations/AUT",
			person("1", "Erika", "MUSTERMANN", placardv1.Participant_HEAD), person("2", "Max", "BEISPIEL", placardv1.Participant_SECURITY))
		must(c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
			Parent: meeting + "/delegations/AUT", Participant: person("3", "Neu", "DAZU", placardv1.Participant_EXPERT),
		}))(t)
		must(c.delegations.SubmitDelegation(c.As(t, c.Key(t, "mission", "MEX")), &placardv1.SubmitDelegationRequest{
			Name: meeting + "/delegations/MEX", Participants: []*placardv1.Participant{person("", "Ana", "EJEMPLO", placardv1.Participant_HEAD)},
		}))(t)
		must(c.invitations.DeclineInvitation(admin, &placardv1.DeclineInvitationRequest{Name: meeting + "/invitations/FRA"}))(t)
		got := get()
		equal(t, "total", got.GetTotal(), &progress{
			Invited: 4, Answered: 3, Attending: 2, Declined: 1, Submitted: 2, AwaitingReview: 2, Accepted: 1,
			Participants: 4, AcceptedParticipants: 2,
		})
		equal(t, "roles", got.GetByRole(), []*placardv1.MeetingStatistics_ByRole{
			{Role: placardv1.Participant_HEAD, Participants: 2, AcceptedParticipants: 1},
			{Role: placardv1.Participant_EXPERT, Participants: 1},
			{Role: placardv1.Participant_SECURITY, Participants: 1, AcceptedParticipants: 1},
		})
		last := got.GetDays()[len(got.GetDays())-1]
		if last.GetTotal() != 4 || last.GetRegistrations() == 0 {
			t.Errorf("days %v", got.GetDays())
		}

		// Who was withdrawn had registered.
		must(c.delegations.WithdrawDelegation(admin, &placardv1.WithdrawDelegationRequest{Name: meeting + "/delegations/AUT"}))(t)
		must(c.meetings.CloseMeeting(admin, &placardv1.CloseMeetingRequest{Name: meeting}))(t)
		got = get()
		equal(t, "total after a withdrawal", got.GetTotal(), &progress{
			Invited: 4, Answered: 3, Attending: 1, Declined: 1, Submitted: 1, AwaitingReview: 1, Withdrawn: 1, Participants: 1,
		})
		if last := got.GetDays()[len(got.GetDays())-1]; last.GetTotal() != 4 {
			t.Errorf("days after a withdrawal %v", got.GetDays())
		}
	})
}

// TestStatisticsOfOthers: figures are for the Secretariat, and for that of the
// meeting.
func TestStatisticsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "mine", nil, "AUT")
		other := c.newMeeting(t, "other", nil, "AUT")
		for _, test := range []struct {
			who, key string
			code     codes.Code
			reason   string
		}{
			{"another secretariat", c.Key(t, "secretariat", "", other), codes.NotFound, "NOT_FOUND"},
			{"a mission", c.Key(t, "mission", "AUT"), codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"a mission that is not invited", c.Key(t, "mission", "MEX"), codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"the pass office", c.Key(t, "pass_office", ""), codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"a reader", c.Key(t, "reader", ""), codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		} {
			t.Run(test.who, func(t *testing.T) {
				_, err := c.statistics.GetMeetingStatistics(c.As(t, test.key), &placardv1.GetMeetingStatisticsRequest{Name: meeting + "/statistics"})
				wantFault(t, err, test.code, test.reason)
				_, err = c.statistics.DrawMeetingStatistics(c.As(t, test.key), &placardv1.DrawMeetingStatisticsRequest{
					Name: meeting + "/statistics", Chart: placardv1.DrawMeetingStatisticsRequest_ROLES,
				})
				wantFault(t, err, test.code, test.reason)
			})
		}
	})
}

// TestChartsNameNobody: every chart is an image in the language of the caller,
// and nothing that anybody wrote stands in it.
func TestChartsNameNobody(t *testing.T) {
	const foreign = `<script>alert("x")</script>`
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "charts", func(m *placardv1.Meeting) { m.Title = &placardv1.LocalizedText{En: foreign} }, "AUT")
		p := person("1", foreign, "MUSTERMANN", placardv1.Participant_HEAD)
		p.FunctionalTitle, p.Organization, p.Email = foreign, foreign, proto.String("erika@example.org")
		c.submitAccepted(c.As(t, c.Admin), t, meeting+"/delegations/AUT", p)

		arabic := metadata.AppendToOutgoingContext(c.As(t, c.Admin), "accept-language", "ar")
		for value, name := range placardv1.DrawMeetingStatisticsRequest_Chart_name {
			if value == 0 {
				continue
			}
			file := must(c.statistics.DrawMeetingStatistics(arabic, &placardv1.DrawMeetingStatisticsRequest{
				Name: meeting + "/statistics", Chart: placardv1.DrawMeetingStatisticsRequest_Chart(value),
			}))(t)
			text := string(file.GetData())
			if !strings.Contains(text, `lang="ar"`) || !strings.Contains(text, `direction="rtl"`) {
				t.Errorf("%s is not in Arabic:\n%s", name, text)
			}
			for _, word := range []string{"script", "alert", "MUSTERMANN", "erika"} {
				if strings.Contains(text, word) {
					t.Errorf("%s has %q", name, word)
				}
			}
			for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
				if _, err := decoder.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		_, err := c.statistics.DrawMeetingStatistics(arabic, &placardv1.DrawMeetingStatisticsRequest{Name: meeting + "/statistics"})
		wantFault(t, err, codes.InvalidArgument, "REQUIRED")
	})
}

// TestChartHeaders: a browser shows a chart, and knows what to call it.
func TestChartHeaders(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "grpc")
		meeting := c.newMeeting(t, "headers", nil, "AUT")
		req := c.Request(t, c.Admin, http.MethodGet, "/v1/"+meeting+"/statistics:draw?chart=REGISTRATIONS&language=es", nil)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }() // only its header counts
		for header, want := range map[string]string{
			"Content-Type":           "image/svg+xml",
			"Content-Disposition":    `inline; filename="grpc-headers-registrations-es.svg"`,
			"X-Content-Type-Options": "nosniff",
		} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		}
	})
}

// TestStatisticsAfterDeadline: whoever has not answered is overdue.
func TestStatisticsAfterDeadline(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "overdue", func(m *placardv1.Meeting) {
			m.CompositionDeadline = time.Now().AddDate(0, 0, -3).Format(time.DateOnly)
		}, "AUT", "MEX")
		c.submitAccepted(c.As(t, c.Admin), t, meeting+"/delegations/AUT", person("1", "A", "A", placardv1.Participant_HEAD))
		got := must(c.statistics.GetMeetingStatistics(c.As(t, c.Admin), &placardv1.GetMeetingStatisticsRequest{Name: meeting + "/statistics"}))(t)
		if p := got.GetTotal(); p.GetOverdue() != 1 || p.GetLate() != 1 {
			t.Errorf("total %v", p)
		}
	})
}
