package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/name"
)

// press is the clients and the one of announcements.
type press struct {
	*clients
	announcements placardv1.AnnouncementServiceClient
}

func newPress(c *clients) press { return press{c, placardv1.NewAnnouncementServiceClient(c.conn)} }

// draft is a request for an announcement in English and Arabic.
func draft(meeting, id, audience string) *placardv1.CreateAnnouncementRequest {
	return &placardv1.CreateAnnouncementRequest{Parent: meeting, AnnouncementId: id, Announcement: &placardv1.Announcement{
		Subject:  &placardv1.LocalizedText{En: "Meeting rooms <b>", Ar: "قاعات الاجتماع"},
		Body:     &placardv1.LocalizedText{En: "The meeting is on the fourth floor.\n\n- Room <script>A</script>", Ar: "يُعقد الاجتماع في الطابق الرابع."},
		Audience: audience,
	}}
}

// ended waits until an announcement has ended.
func (p press) ended(ctx context.Context, t *testing.T, resource string) *placardv1.Announcement {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		a := must(p.announcements.GetAnnouncement(ctx, &placardv1.GetAnnouncementRequest{Name: resource}))(t)
		if a.GetState() != placardv1.Announcement_SENDING {
			return a
		}
		if time.Now().After(end) {
			t.Fatalf("still under way: %v", a)
		}
	}
}

// wrongIn shows the violations of an error as gRPC names the fields: on REST the body
// is the announcement itself.
func wrongIn(err error) []string {
	out := violationsOf(err)
	for i, v := range out {
		if v = strings.Replace(v, "sendTime", "send_time", 1); !strings.HasPrefix(v, "announcement.") && !strings.HasPrefix(v, "send_time") {
			v = "announcement." + v
		}
		out[i] = v
	}
	return out
}

// guest is a participant with an address and a language.
func guest(family, email, language string, role placardv1.Participant_Role) *placardv1.Participant {
	p := person(family, "Ana", family, role)
	p.Email, p.Language = proto.String(email), language
	return p
}

// TestAnnouncementStory: written, corrected, looked at, sent, and gone to each address
// once.
func TestAnnouncementStory(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		p := newPress(c)
		ctx := c.As(t, c.Key(t, "secretariat", ""))
		meeting := c.newMeeting(t, "press", nil, "AUT", "EGY")
		other := c.newMeeting(t, "press-other", nil, "AUT")
		c.submitAccepted(ctx, t, meeting+"/delegations/AUT",
			guest("One", "one@example.org", "", placardv1.Participant_HEAD), guest("Two", "office@example.org", "", placardv1.Participant_EXPERT),
			guest("Three", "Office@example.org", "", placardv1.Participant_EXPERT), person("", "No", "Address", placardv1.Participant_ADVISER))
		c.submitAccepted(ctx, t, meeting+"/delegations/EGY", guest("Four", "four@example.org", "ar", placardv1.Participant_HEAD))
		c.submitAccepted(ctx, t, other+"/delegations/AUT", guest("Five", "five@example.org", "", placardv1.Participant_HEAD))

		wrong := draft(meeting, "rooms", "role = BOSS")
		wrong.Announcement.Body.Fr = "Quatrième étage."
		_, err := p.announcements.CreateAnnouncement(ctx, wrong)
		if c, _ := faultOf(err); c != codes.InvalidArgument {
			t.Errorf("answered %v", err)
		}
		equal(t, "violations", wrongIn(err), []string{"announcement.subject.fr LANGUAGES_DIFFER", "announcement.audience FILTER_INVALID"})
		_, err = p.announcements.CreateAnnouncement(ctx, &placardv1.CreateAnnouncementRequest{
			Parent: meeting, AnnouncementId: "rooms", Announcement: &placardv1.Announcement{Subject: &placardv1.LocalizedText{}, Body: &placardv1.LocalizedText{}}})
		equal(t, "violations of an empty one", wrongIn(err), []string{"announcement.body ANNOUNCEMENT_BODY"})

		create := draft(meeting, "rooms", "")
		create.RequestId = "once-" + c.id
		a := must(p.announcements.CreateAnnouncement(ctx, create))(t)
		again := must(p.announcements.CreateAnnouncement(ctx, create))(t)
		equal(t, "created again with the same request id", again, a)
		if a.GetState() != placardv1.Announcement_DRAFT || a.GetAuthor() == "" || a.GetProgress() != nil || a.GetSendTime() != nil {
			t.Errorf("created %v", a)
		}
		_, err = p.announcements.CreateAnnouncement(ctx, draft(meeting, "rooms", ""))
		wantFault(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
		a = must(p.announcements.UpdateAnnouncement(ctx, &placardv1.UpdateAnnouncementRequest{
			Announcement: &placardv1.Announcement{Name: a.GetName(), Etag: a.GetEtag(), Audience: `entity = "entities/AUT"`},
			UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"audience"}},
		}))(t)
		_, err = p.announcements.UpdateAnnouncement(ctx, &placardv1.UpdateAnnouncementRequest{
			Announcement: &placardv1.Announcement{Name: a.GetName(), Etag: "1", Audience: ""}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"audience"}},
		})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		_, err = p.announcements.UpdateAnnouncement(ctx, &placardv1.UpdateAnnouncementRequest{
			Announcement: &placardv1.Announcement{Name: a.GetName(), Subject: &placardv1.LocalizedText{En: "Only English"}},
			UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"subject"}}})
		equal(t, "violations of an update", wrongIn(err), []string{"announcement.subject.ar LANGUAGES_DIFFER"})

		preview := func(want string) *placardv1.PreviewAnnouncementResponse {
			t.Helper()
			got := must(p.announcements.PreviewAnnouncement(ctx, &placardv1.PreviewAnnouncementRequest{Name: a.GetName()}))(t)
			said := fmt.Sprint(got.GetParticipantCount(), " ", got.GetRecipientCount())
			for _, s := range got.GetSamples() {
				said += fmt.Sprint(" ", s.GetLanguage(), s.GetRecipientCount())
			}
			if said != want {
				t.Errorf("previewed %s, want %s", said, want)
			}
			return got
		}
		preview("4 2 en2")
		a = must(p.announcements.UpdateAnnouncement(ctx, &placardv1.UpdateAnnouncementRequest{
			Announcement: &placardv1.Announcement{Name: a.GetName(), AttachCalendar: true}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"audience", "attach_calendar"}},
		}))(t)
		for _, s := range preview("5 3 ar1 en2").GetSamples() {
			want, direction := "fourth floor", `dir="ltr"`
			if s.GetLanguage() == "ar" {
				want, direction = "الطابق الرابع", `dir="rtl"`
			}
			if !strings.Contains(s.GetText(), want) || !strings.Contains(s.GetHtml(), want) || !strings.Contains(s.GetHtml(), direction) ||
				strings.Contains(s.GetHtml(), "<script>") || strings.Contains(s.GetText(), "{{") {
				t.Errorf("a sample is %v", s)
			}
		}

		_, err = p.announcements.CancelAnnouncement(ctx, &placardv1.CancelAnnouncementRequest{Name: a.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "ANNOUNCEMENT_STATE")
		_, err = p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{
			Name: a.GetName(), SendTime: timestamppb.New(time.Now().AddDate(2, 0, 0))})
		equal(t, "violations of a send time", wrongIn(err), []string{"send_time SEND_TIME_TOO_FAR"})
		_, err = p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{Name: a.GetName(), Etag: "1"})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		if a = must(p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{Name: a.GetName(), Etag: a.GetEtag()}))(t); a.GetState() != placardv1.Announcement_SENDING {
			t.Errorf("sent %v", a)
		}
		a = p.ended(ctx, t, a.GetName())
		equal(t, "progress", a.GetProgress(), &placardv1.Announcement_Progress{Total: 3, Sent: 3})
		if a.GetState() != placardv1.Announcement_SENT {
			t.Errorf("ended as %v", a)
		}
		for verb, do := range map[string]func() error{
			"send": func() error {
				_, err := p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{Name: a.GetName()})
				return err
			},
			"update": func() error {
				_, err := p.announcements.UpdateAnnouncement(ctx, &placardv1.UpdateAnnouncementRequest{
					Announcement: &placardv1.Announcement{Name: a.GetName(), Audience: "role = HEAD"}})
				return err
			},
			"delete": func() error {
				_, err := p.announcements.DeleteAnnouncement(ctx, &placardv1.DeleteAnnouncementRequest{Name: a.GetName()})
				return err
			},
			"cancel": func() error {
				_, err := p.announcements.CancelAnnouncement(ctx, &placardv1.CancelAnnouncementRequest{Name: a.GetName()})
				return err
			},
		} {
			t.Run(verb+" what was sent", func(t *testing.T) { wantFault(t, do(), codes.FailedPrecondition, "ANNOUNCEMENT_STATE") })
		}

		// One that waits, is cancelled and deleted; its id is free again, as nothing went out.
		later := must(p.announcements.CreateAnnouncement(ctx, draft(meeting, "later", "")))(t).GetName()
		scheduled := must(p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{
			Name: later, SendTime: timestamppb.New(time.Now().Add(time.Hour))}))(t)
		if scheduled.GetState() != placardv1.Announcement_SCHEDULED {
			t.Errorf("scheduled %v", scheduled)
		}
		_, err = p.announcements.DeleteAnnouncement(ctx, &placardv1.DeleteAnnouncementRequest{Name: later})
		wantFault(t, err, codes.FailedPrecondition, "ANNOUNCEMENT_STATE")
		must(p.announcements.CancelAnnouncement(ctx, &placardv1.CancelAnnouncementRequest{Name: later}))(t)
		must(p.announcements.DeleteAnnouncement(ctx, &placardv1.DeleteAnnouncementRequest{Name: later}))(t)
		must(p.announcements.CreateAnnouncement(ctx, draft(meeting, "later", "")))(t)

		// Lists, and what they leave out.
		must(p.announcements.CreateAnnouncement(ctx, draft(other, "elsewhere", "")))(t)
		list := func(ctx context.Context, req *placardv1.ListAnnouncementsRequest) (ids []string) {
			t.Helper()
			for {
				page := must(p.announcements.ListAnnouncements(ctx, req))(t)
				for _, a := range page.GetAnnouncements() {
					if strings.HasPrefix(a.GetName(), "meetings/"+c.id+"-press") {
						ids = append(ids, name.Last(a.GetName())+" "+a.GetState().String())
					}
				}
				if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
					return ids
				}
			}
		}
		equal(t, "of the meeting", list(ctx, &placardv1.ListAnnouncementsRequest{Parent: meeting, PageSize: 1}), []string{"later DRAFT", "rooms SENT"})
		equal(t, "those sent", list(ctx, &placardv1.ListAnnouncementsRequest{Parent: "meetings/-", Filter: "state = SENT"}), []string{"rooms SENT"})
		equal(t, "the newest first", list(ctx, &placardv1.ListAnnouncementsRequest{Parent: "meetings/-", OrderBy: "create_time desc"}),
			[]string{"elsewhere DRAFT", "later DRAFT", "rooms SENT"})
		bound := c.As(t, c.Key(t, "secretariat", "", other))
		equal(t, "of who is bound to another meeting", list(bound, &placardv1.ListAnnouncementsRequest{Parent: "meetings/-", Filter: "state = SENT OR NOT state = SENT"}), []string{"elsewhere DRAFT"})
		first := must(p.announcements.ListAnnouncements(ctx, &placardv1.ListAnnouncementsRequest{Parent: "meetings/-", PageSize: 1}))(t)
		_, err = p.announcements.ListAnnouncements(bound, &placardv1.ListAnnouncementsRequest{Parent: "meetings/-", PageSize: 1, PageToken: first.GetNextPageToken()})
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		_, err = p.announcements.ListAnnouncements(bound, &placardv1.ListAnnouncementsRequest{Parent: meeting})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		// Its own announcement reaches nobody of another meeting, whatever the filter says.
		everybody := must(p.announcements.CreateAnnouncement(bound, draft(other, "everybody", "entity = EGY OR NOT entity = EGY OR participation_status = STATE_PARTY")))(t)
		reached := must(p.announcements.PreviewAnnouncement(bound, &placardv1.PreviewAnnouncementRequest{Name: everybody.GetName()}))(t)
		if reached.GetParticipantCount() != 1 || reached.GetRecipientCount() != 1 {
			t.Errorf("reached %v", reached)
		}

		mission := c.As(t, c.Key(t, "mission", "AUT"))
		_, err = p.announcements.GetAnnouncement(mission, &placardv1.GetAnnouncementRequest{Name: a.GetName()})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		changes, _ := c.feed(mission, t, "")
		for _, change := range changes {
			if strings.Contains(change.GetResource(), "/announcements/") {
				t.Errorf("a mission follows %v", change)
			}
		}

		// A draft of a meeting that has announcements stays; a concluded meeting takes none.
		d := must(c.meetings.CreateMeeting(ctx, &placardv1.CreateMeetingRequest{MeetingId: c.id + "-press-draft", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "Draft"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
		}}))(t).GetName()
		early := must(p.announcements.CreateAnnouncement(ctx, draft(d, "early", "")))(t).GetName()
		_, err = p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{Name: early})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_NOT_ANNOUNCED")
		_, err = c.meetings.DeleteMeeting(ctx, &placardv1.DeleteMeetingRequest{Name: d})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_HAS_ANNOUNCEMENTS")
		must(p.announcements.DeleteAnnouncement(ctx, &placardv1.DeleteAnnouncementRequest{Name: early}))(t)
		must(c.meetings.DeleteMeeting(ctx, &placardv1.DeleteMeetingRequest{Name: d}))(t)
		must(c.meetings.ConcludeMeeting(ctx, &placardv1.ConcludeMeetingRequest{Name: other}))(t)
		_, err = p.announcements.CreateAnnouncement(ctx, draft(other, "too-late", ""))
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
		_, err = p.announcements.SendAnnouncement(ctx, &placardv1.SendAnnouncementRequest{Name: everybody.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
	})
}

// TestMeetingCalendar: the meeting as a file, for whoever may read it, and answered
// once while it stays as it is.
func TestMeetingCalendar(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "calendar", func(m *placardv1.Meeting) { m.Opening = "10:30" }, "AUT")
		mission, stranger := c.As(t, c.Key(t, "mission", "AUT")), c.As(t, c.Key(t, "mission", "MEX"))
		export := func(ctx context.Context, lang string) (string, error) {
			out, err := c.meetings.ExportMeetingCalendar(ctx, &placardv1.ExportMeetingCalendarRequest{Name: meeting, Language: lang})
			return string(out.GetData()), err
		}
		text := must(export(mission, "es"))(t)
		for _, line := range []string{"METHOD:PUBLISH\r\n", "SUMMARY;LANGUAGE=es:Reunión\r\n", "SEQUENCE:3\r\n", "STATUS:CONFIRMED\r\n", "UID:" + name.Last(meeting) + "@127.0.0.1\r\n", "T103000\r\n"} {
			if !strings.Contains(text, line) {
				t.Errorf("no %q in\n%s", line, text)
			}
		}
		_, err := export(stranger, "")
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		// On REST the file has a name, and is not sent twice.
		ask := func(have string) *http.Response {
			req := c.Request(t, c.Key(t, "mission", "AUT"), http.MethodGet, "/v1/"+meeting+":exportCalendar", nil)
			req.Header.Set("Accept-Language", "es")
			if have != "" {
				req.Header.Set("If-None-Match", have)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = res.Body.Close() }) // it is not read
			return res
		}
		res := ask("")
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/calendar; charset=utf-8" ||
			res.Header.Get("Content-Disposition") != `attachment; filename="`+name.Last(meeting)+`.ics"` {
			t.Errorf("answered %d with %v", res.StatusCode, res.Header)
		}
		tag := res.Header.Get("Etag")
		if res := ask(tag); tag == "" || res.StatusCode != http.StatusNotModified {
			t.Errorf("asked again with %q: %d", tag, res.StatusCode)
		}
		m := must(c.meetings.UpdateMeeting(c.As(t, c.Admin), &placardv1.UpdateMeetingRequest{
			Meeting: &placardv1.Meeting{Name: meeting, Opening: "11:00"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"opening"}}}))(t)
		if res := ask(tag); res.StatusCode != http.StatusOK {
			t.Errorf("after a change: %d", res.StatusCode)
		}
		if text := must(export(mission, "es"))(t); !strings.Contains(text, "SEQUENCE:"+m.GetEtag()+"\r\n") || !strings.Contains(text, "T110000\r\n") {
			t.Errorf("after a change:\n%s", text)
		}
	})
}

// TestCalendarFeed: a calendar that a participant's program fetches, until the person
// is withdrawn.
func TestCalendarFeed(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		ctx := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "feed", nil, "AUT", "MEX")
		delegation := meeting + "/delegations/AUT"
		c.submitAccepted(ctx, t, delegation, guest("Head", "feed@example.org", "es", placardv1.Participant_HEAD), guest("Second", "second@example.org", "", placardv1.Participant_EXPERT))
		head := c.find(ctx, t, delegation, "Head")
		photos := placardv1.NewPhotoServiceClient(c.conn)
		must(photos.SendPhotoLink(ctx, &placardv1.SendPhotoLinkRequest{Name: head.GetName() + "/photo"}))(t)
		signer := must(link.New(must(c.Config.OpenSecret())(t)))(t)
		ask := func(token, have string) (int, string, string) {
			t.Helper()
			req := c.Request(t, "", http.MethodGet, "/calendar/"+token, nil)
			if have != "" {
				req.Header.Set("If-None-Match", have)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }() // it was read
			return res.StatusCode, res.Header.Get("Etag"), string(must(io.ReadAll(res.Body))(t))
		}
		first := signer.Token(link.Calendar, name.Last(head.GetName()), link.Lasting)
		code, tag, text := ask(first, "")
		if code != http.StatusOK || !strings.Contains(text, "SUMMARY;LANGUAGE=es:Reunión\r\n") || !strings.Contains(text, "STATUS:CONFIRMED") || !strings.Contains(text, "REFRESH-INTERVAL") {
			t.Fatalf("answered %d %s", code, text)
		}
		if code, _, text := ask(first+".ics", tag); code != http.StatusNotModified || text != "" {
			t.Errorf("asked again: %d %s", code, text)
		}
		row := must(c.Store.Client().PhotoLink.Query().Where(photolink.ID(name.Last(head.GetName()))).Only(access.AsSystem(t.Context())))(t)
		for what, bad := range map[string]string{
			"that of the photograph":  signer.Token(link.Photo, row.ID, row.Generation),
			"another generation":      signer.Token(link.Calendar, row.ID, link.Lasting+1),
			"nobody's":                signer.Token(link.Calendar, "p-nobody", link.Lasting),
			"one that was forged":     first[:len(first)-4] + "AAAA",
			"none":                    "x",
			"one with another prefix": "plc_" + strings.TrimPrefix(first, link.Prefix),
		} {
			if code, _, text := ask(bad, ""); code != http.StatusNotFound || strings.Contains(text, "Reuni") || strings.Contains(text, bad) && len(bad) > 1 {
				t.Errorf("%s: %d %s", what, code, text)
			}
		}
		if status, _ := apptest.Do(t, c.Request(t, "", http.MethodPost, "/calendar/"+first, "{}")); status != http.StatusMethodNotAllowed && status != http.StatusNotImplemented {
			t.Errorf("POST: %d", status)
		}
		// A new link for the photograph leaves the calendar as it is.
		must(photos.SendPhotoLink(ctx, &placardv1.SendPhotoLinkRequest{Name: head.GetName() + "/photo"}))(t)
		if code, _, _ := ask(first, tag); code != http.StatusNotModified {
			t.Errorf("after a new link: %d", code)
		}
		must(c.participants.WithdrawParticipant(ctx, &placardv1.WithdrawParticipantRequest{Name: head.GetName()}))(t)
		code, _, text = ask(first, tag)
		if code != http.StatusOK || !strings.Contains(text, "STATUS:CANCELLED") {
			t.Errorf("after the withdrawal: %d %s", code, text)
		}
		time.Sleep(2 * time.Second) // the job that ends the link has run
		if code, _, text := ask(first, ""); code != http.StatusOK || !strings.Contains(text, "STATUS:CANCELLED") {
			t.Errorf("after the link has ended: %d %s", code, text)
		}
	})
}

// TestReminderRule: a meeting keeps its rule, and refuses one that is none.
func TestReminderRule(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		ctx := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "rule", func(m *placardv1.Meeting) {
			m.ReminderRule = &placardv1.Meeting_ReminderRule{CompositionDays: []int32{14, 7, 2}, PhotoDays: []int32{3}}
		})
		m := must(c.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: meeting}))(t)
		equal(t, "rule", m.GetReminderRule(), &placardv1.Meeting_ReminderRule{CompositionDays: []int32{14, 7, 2}, PhotoDays: []int32{3}})
		update := func(rule *placardv1.Meeting_ReminderRule) error {
			_, err := c.meetings.UpdateMeeting(ctx, &placardv1.UpdateMeetingRequest{
				Meeting: &placardv1.Meeting{Name: meeting, ReminderRule: rule}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"reminder_rule"}}})
			return err
		}
		for _, wrong := range []*placardv1.Meeting_ReminderRule{
			{CompositionDays: []int32{7, 7}}, {CompositionDays: []int32{0}}, {PhotoDays: []int32{91}}, {PhotoDays: []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		} {
			if code, _ := faultOf(update(wrong)); code != codes.InvalidArgument {
				t.Errorf("%v: %v", wrong, code)
			}
		}
		if err := update(nil); err != nil {
			t.Error(err)
		}
		if m := must(c.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: meeting}))(t); m.GetReminderRule() != nil {
			t.Errorf("the rule stays: %v", m.GetReminderRule())
		}
	})
}
