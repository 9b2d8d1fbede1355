package meeting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/genproto/googleapis/api/httpbody"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/calendar"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// ExportMeetingCalendar implements the contract. The same state of the meeting has the
// same bytes, so that who has them is answered that they still hold.
func (s *Service) ExportMeetingCalendar(
	ctx context.Context, req *placardv1.ExportMeetingCalendarRequest,
) (*httpbody.HttpBody, error) {
	m, err := s.get(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	lang := req.GetLanguage()
	if lang == "" {
		lang = locale.Best(locale.FromContext(ctx))
	}
	content, err := calendar.Event(m, calendar.Options{Language: lang, Host: s.host()})
	if err != nil {
		return nil, err
	}
	if err := download.SetName(ctx, download.Attachment, name.Last(m.GetName())+".ics"); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	if err := download.SetKept(ctx, hex.EncodeToString(sum[:])); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: calendar.ContentType, Data: content}, nil
}

// Feed answers the calendars of participants, which fetch the meeting again and
// again by an address of their own.
type Feed struct {
	store *store.Store
	links *link.Signer
	host  func() string
}

// NewFeed makes a feed. `host` answers that of the pages.
func NewFeed(s *store.Store, links *link.Signer, host func() string) *Feed {
	return &Feed{s, links, host}
}

// Calendar is the meeting for the participant whom a token stands for, in the
// participant's language; cancelled, once the person does not attend any more. A
// token that does not stand for anybody is NOT_FOUND, and the answer does not repeat
// it.
func (f *Feed) Calendar(ctx context.Context, token string) ([]byte, error) {
	unknown := fault.NotFound("calendar")
	id, generation, ok := f.links.Read(link.Calendar, token)
	if !ok || generation != link.Lasting {
		return nil, unknown
	}
	ctx = access.AsSystem(ctx)
	client := f.store.Client()
	l, err := client.PhotoLink.Get(ctx, id)
	if db.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("read the link of a calendar: %w", err)
	}
	versions, err := client.ParticipantVersion.Query().Where(
		participantversion.MeetingID(l.MeetingID), participantversion.EntityID(l.EntityID), participantversion.ParticipantID(id),
	).Order(db.Desc(participantversion.FieldRevision)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read whom a calendar is for: %w", err)
	}
	said, attends := inForce(versions)
	if said == nil {
		return nil, unknown
	}
	lang := said.Language
	if lang == "" {
		invited, err := client.Invitation.Query().Where(invitation.MeetingID(l.MeetingID), invitation.EntityID(l.EntityID)).
			Select(invitation.FieldLanguage).Strings(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the language of a calendar: %w", err)
		}
		lang = locale.Best(invited)
	}
	row, err := client.Meeting.Query().Where(meeting.ID(l.MeetingID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the meeting of a calendar: %w", err)
	}
	m, err := meetingFromRow(row)
	if err != nil {
		return nil, err
	}
	return calendar.Event(m, calendar.Options{Language: lang, Host: f.host(), Cancelled: !attends, Feed: true})
}

// inForce is what is said of a person, by the versions of it, the newest first: what is
// in force, else the last word; and whether the person attends.
func inForce(versions []*db.ParticipantVersion) (said *db.ParticipantVersion, attends bool) {
	for _, v := range versions {
		if v.AcceptedOrder > 0 {
			return v, true
		}
		if said == nil {
			said = v
		}
	}
	return said, false
}
