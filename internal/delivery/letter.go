package delivery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/announcement"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/calendar"
	entityrules "github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/prose"
)

// draft is a message while it is written. Everything is read anew: what was true when
// the message was queued need not be true any more.
type draft struct {
	s       *Service
	client  *db.Client
	row     *db.Delivery
	kind    placardv1.Delivery_Kind
	now     time.Time
	meeting *placardv1.Meeting
	zone    *time.Location
	// invitation and delegation are nil where there is none.
	invitation *db.Invitation
	delegation *db.Delegation
	values     prose.Values
	// person is the name of the participant it goes to, text that of an announcement.
	person, text string
	calendar     bool
}

// prepare writes a message, or answers why it is not sent.
func (s *Service) prepare(ctx context.Context, row *db.Delivery) (*mail.Message, string, error) {
	d := &draft{s: s, client: s.store.Client(), row: row, kind: kindOf(row), now: s.store.Now()}
	if err := d.read(ctx); err != nil {
		return nil, "", err
	}
	if over(d.meeting, d.zone, d.now) {
		return nil, meetingOver, nil
	}
	bounced, err := d.client.Delivery.Query().Where(
		delivery.MeetingID(row.MeetingID), delivery.AddressKey(row.AddressKey), delivery.State(stateBounced), delivery.IDNEQ(row.ID),
	).Exist(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("look for messages that came back: %w", err)
	}
	if bounced {
		return nil, addressBounced, nil
	}
	reason, err := d.fill(ctx)
	if err != nil || reason != "" {
		return nil, reason, err
	}
	contact := d.meeting.GetSecretariatContact()
	m := &mail.Message{
		ID: row.ID, To: row.Address, Name: d.person, ReplyTo: contact.GetEmail(), Language: row.Language, Text: d.compose(),
	}
	if d.kind == placardv1.Delivery_ANNOUNCEMENT {
		m.Unsubscribe = contact.GetEmail()
	}
	if d.calendar {
		m.Calendar, err = calendar.Event(d.meeting, calendar.Options{Language: row.Language, Host: s.host(), Now: d.now})
		if err != nil {
			return nil, "", err
		}
	}
	return m, "", nil
}

// compose writes the text.
func (d *draft) compose() prose.Text {
	return fill(d.s.template(d.kind, d.row.Language), d.values, d.text)
}

// Compose writes the text of an announcement as a recipient would get it, who is told
// by a delivery that is none yet.
func (s *Service) Compose(ctx context.Context, row *db.Delivery) (prose.Text, error) {
	d := &draft{s: s, client: s.store.Client(), row: row, kind: kindOf(row), now: s.store.Now()}
	if err := d.read(ctx); err != nil {
		return prose.Text{}, err
	}
	if _, err := d.fillAnnouncement(ctx); err != nil {
		return prose.Text{}, err
	}
	return d.compose(), nil
}

// read reads what every message tells.
func (d *draft) read(ctx context.Context) error {
	row, err := d.client.Meeting.Get(ctx, d.row.MeetingID)
	if err != nil {
		return fmt.Errorf("read the meeting of %s: %w", nameOf(d.row), err)
	}
	if d.meeting, err = meetingFromRow(row); err != nil {
		return err
	}
	if d.zone, err = time.LoadLocation(d.meeting.GetTimeZone()); err != nil {
		return fmt.Errorf("%s: %w", d.meeting.GetName(), err)
	}
	d.invitation, err = d.client.Invitation.Query().Where(invitation.MeetingID(d.row.MeetingID), invitation.EntityID(d.row.EntityID)).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("read the invitation of %s: %w", nameOf(d.row), err)
	}
	d.delegation, err = d.client.Delegation.Query().Where(delegation.MeetingID(d.row.MeetingID), delegation.EntityID(d.row.EntityID)).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("read the delegation of %s: %w", nameOf(d.row), err)
	}
	entity, err := d.client.Entity.Get(ctx, d.row.EntityID)
	if err != nil {
		return fmt.Errorf("read the entity of %s: %w", nameOf(d.row), err)
	}
	kept := ""
	if d.invitation != nil {
		kept = d.invitation.EntityNames
	}
	names, err := entityrules.Names(cmp.Or(kept, entity.Names))
	if err != nil {
		return err
	}
	lang := d.row.Language
	shown := locale.Show(entityrules.NamesOn(names, d.meeting.GetStartDate()).GetShortName(), lang, nil).GetText()
	d.values = common(lang, d.meeting)
	d.values["entity_name"] = cmp.Or(shown, d.row.EntityID)
	return nil
}

// fill reads what its kind of message tells, or answers why it is not sent.
func (d *draft) fill(ctx context.Context) (reason string, err error) {
	switch {
	case d.kind == placardv1.Delivery_BOUNCE_NOTICE:
		return d.fillNotice(ctx)
	case d.row.ParticipantID == "":
		return d.fillMission(ctx)
	}
	if reason, err = d.fillPerson(ctx); err != nil || reason != "" {
		return reason, err
	}
	if aboutPhoto(d.kind) {
		return d.fillPhoto(ctx)
	}
	return d.fillAnnouncement(ctx)
}

// fillPerson reads who the participant is.
func (d *draft) fillPerson(ctx context.Context) (reason string, err error) {
	versions, err := d.client.ParticipantVersion.Query().Where(
		participantversion.MeetingID(d.row.MeetingID), participantversion.EntityID(d.row.EntityID),
		participantversion.ParticipantID(d.row.ParticipantID),
		func(s *sql.Selector) { // as the partial index has it
			s.Where(sql.ExprP(fmt.Sprintf("(%s > 0 OR %s > 0)",
				s.C(participantversion.FieldLatestOrder), s.C(participantversion.FieldAcceptedOrder))))
		},
	).All(ctx)
	if err != nil {
		return "", fmt.Errorf("read the participant of %s: %w", nameOf(d.row), err)
	}
	if len(versions) == 0 {
		return withdrawn, nil
	}
	// What is in force comes first: what waits for review is said of nobody.
	slices.SortFunc(versions, func(a, b *db.ParticipantVersion) int { return cmp.Compare(b.AcceptedOrder, a.AcceptedOrder) })
	same := func(v *db.ParticipantVersion) bool { return outbox.AddressKey(v.Email) == d.row.AddressKey }
	if !slices.ContainsFunc(versions, same) {
		return addressChanged, nil
	}
	v := versions[0]
	d.person = locale.DisplayName(v.GivenName, v.FamilyName)
	d.values["recipient"] = titled(v)
	return "", nil
}

// fillPhoto reads the link.
func (d *draft) fillPhoto(ctx context.Context) (reason string, err error) {
	p, err := d.client.Photo.Query().Where(photo.ID(d.row.ParticipantID), photo.MeetingID(d.row.MeetingID)).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return "", fmt.Errorf("read the photograph of %s: %w", nameOf(d.row), err)
	}
	state := ""
	if p != nil {
		state = p.State
	}
	if !photoNeeded(d.kind, state) {
		return notNeeded, nil
	}
	l, err := d.client.PhotoLink.Query().Where(photolink.ID(d.row.ParticipantID), photolink.MeetingID(d.row.MeetingID)).Only(ctx)
	if db.IsNotFound(err) {
		return withdrawn, nil
	}
	if err != nil {
		return "", fmt.Errorf("read the link of %s: %w", nameOf(d.row), err)
	}
	// A reminder has the link as it is now, which may have gone to another address.
	if l.AddressKey != d.row.AddressKey {
		return addressChanged, nil
	}
	// A link that was renewed meanwhile has a message of its own.
	if !l.ExpireTime.After(d.now) || d.kind != placardv1.Delivery_PHOTO_REMINDER && d.row.Source != strconv.Itoa(l.Generation) {
		return notNeeded, nil
	}
	lang := d.row.Language
	d.values["link"] = d.s.publicURL() + "/photo/" + d.s.links.Token(link.Photo, l.ID, l.Generation)
	d.values["calendar"] = d.s.publicURL() + "/calendar/" + d.s.links.Token(link.Calendar, l.ID, link.Lasting) + ".ics"
	d.values["link_expires"] = locale.Day(lang, l.ExpireTime.Add(-1).In(d.zone))
	if day, err := time.Parse(time.DateOnly, d.meeting.GetPhotoDeadline()); err == nil && d.now.Before(d.meeting.GetPhotoDeadlineTime().AsTime()) {
		d.values["photo_deadline"] = locale.Day(lang, day)
	}
	if d.kind == placardv1.Delivery_PHOTO_REJECTED && p != nil {
		d.values["reason"] = rejections[lang][placardv1.Photo_Rejection(placardv1.Photo_Rejection_value[p.Rejection])]
		d.values["note_text"] = p.RejectionNote
	}
	d.calendar = d.kind == placardv1.Delivery_PHOTO_LINK
	return "", nil
}

// fillAnnouncement reads what is announced.
func (d *draft) fillAnnouncement(ctx context.Context) (reason string, err error) {
	row, err := d.client.Announcement.Query().Where(announcement.MeetingID(d.row.MeetingID), announcement.AnnouncementID(d.row.Source)).Only(ctx)
	if db.IsNotFound(err) {
		return cancelled, nil
	}
	if err != nil {
		return "", fmt.Errorf("read the announcement of %s: %w", nameOf(d.row), err)
	}
	if row.State == placardv1.Announcement_CANCELLED.String() {
		reason = cancelled
	}
	a := &placardv1.Announcement{}
	if err := lenient.Unmarshal([]byte(row.Content), a); err != nil {
		return "", fmt.Errorf("read content of %s: %w", name.Announcement(row.MeetingID, row.AnnouncementID), err)
	}
	d.values["subject"] = locale.Show(a.GetSubject(), d.row.Language, nil).GetText()
	d.text = locale.Show(a.GetBody(), d.row.Language, nil).GetText()
	d.calendar = a.GetAttachCalendar()
	return reason, nil
}

// fillMission reads what a mission is told of its composition.
func (d *draft) fillMission(ctx context.Context) (reason string, err error) {
	number, _ := strconv.ParseInt(d.row.Source, 10, 32) // of a reminder it is no number
	declined := d.invitation == nil || d.invitation.State == placardv1.Invitation_DECLINED.String()
	if declined && d.kind == placardv1.Delivery_COMPOSITION_REMINDER || !stillTrue(d.kind, int32(number), d.delegation) {
		return notNeeded, nil
	}
	if !d.addressee() {
		return addressChanged, nil
	}
	lang := d.row.Language
	if d.kind == placardv1.Delivery_COMPOSITION_REMINDER {
		day, err := time.Parse(time.DateOnly, d.meeting.GetCompositionDeadline())
		deadline := d.meeting.GetCompositionDeadlineTime().AsTime()
		if err != nil || !d.now.Before(deadline) {
			return notNeeded, nil
		}
		d.values["composition_deadline"] = locale.Day(lang, day)
		d.values["days_left"] = strconv.Itoa(int(deadline.Sub(d.now).Hours()) / 24)
		return "", nil
	}
	rev, err := d.client.Revision.Query().Where(revision.DelegationID(d.delegation.ID), revision.Number(int32(number))).Only(ctx)
	if err != nil {
		return "", fmt.Errorf("read the revision of %s: %w", nameOf(d.row), err)
	}
	d.values["receipt_time"] = locale.Day(lang, rev.ReceiveTime.In(d.zone))
	d.values["late"] = rev.Late
	d.values["reasons"] = rev.ReturnReasons
	if n := len(rev.Members); n > 0 {
		d.values["participant_count"] = strconv.Itoa(n)
	}
	decided := rev.CreateTime
	if rev.ReviewTime != nil {
		decided = *rev.ReviewTime
	}
	d.values["decision_time"] = locale.Day(lang, decided.In(d.zone))
	if d.kind == placardv1.Delivery_COMPOSITION_ACCEPTED {
		versions, err := d.client.ParticipantVersion.Query().
			Where(participantversion.DelegationID(d.delegation.ID), participantversion.IDIn(rev.Members...)).All(ctx)
		if err != nil {
			return "", fmt.Errorf("read the composition of %s: %w", nameOf(d.row), err)
		}
		place := make(map[int64]int, len(rev.Members))
		for i, id := range rev.Members {
			place[id] = i
		}
		slices.SortFunc(versions, func(a, b *db.ParticipantVersion) int { return cmp.Compare(place[a.ID], place[b.ID]) })
		d.values["participants"] = members(lang, versions)
	}
	return "", nil
}

// addressee finds out whom at the mission it goes to, and whether it is still to.
func (d *draft) addressee() bool {
	if d.delegation != nil && d.delegation.FocalEmail != "" && outbox.AddressKey(d.delegation.FocalEmail) == d.row.AddressKey {
		d.person = d.delegation.FocalName
		d.values["recipient"] = cmp.Or(d.person, d.mission())
		return true
	}
	d.values["recipient"] = d.mission()
	return d.invitation != nil && slices.ContainsFunc(d.invitation.Emails, func(a string) bool { return outbox.AddressKey(a) == d.row.AddressKey })
}

// mission is how the mission is addressed.
func (d *draft) mission() string {
	entity, _ := d.values["entity_name"].(string)
	if d.invitation == nil {
		return entity
	}
	return cmp.Or(d.invitation.Addressee, missionOf(d.row.Language, d.row.EntityID), entity)
}

// maxNotice is how many addresses one notice names.
const maxNotice = 100

// fillNotice reads which messages of a delegation came back.
func (d *draft) fillNotice(ctx context.Context) (reason string, err error) {
	if !d.addressee() {
		return addressChanged, nil
	}
	begin, end, err := windowOf(d.row.Source)
	if err != nil {
		return "", fmt.Errorf("the source of %s: %w", nameOf(d.row), err)
	}
	rows, err := d.client.Delivery.Query().Where(
		delivery.MeetingID(d.row.MeetingID), delivery.EntityID(d.row.EntityID), delivery.State(stateBounced),
		delivery.ParticipantIDNEQ(""), delivery.UpdateTimeGTE(begin), delivery.UpdateTimeLT(end),
	).Limit(maxNotice).All(ctx)
	if err != nil {
		return "", fmt.Errorf("read the messages that came back: %w", err)
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ParticipantID)
	}
	versions, err := d.client.ParticipantVersion.Query().Where(
		participantversion.MeetingID(d.row.MeetingID), participantversion.EntityID(d.row.EntityID),
		participantversion.ParticipantIDIn(ids...), func(s *sql.Selector) {
			s.Where(sql.ExprP(fmt.Sprintf("(%s > 0 OR %s > 0)",
				s.C(participantversion.FieldLatestOrder), s.C(participantversion.FieldAcceptedOrder))))
		},
	).All(ctx)
	if err != nil {
		return "", fmt.Errorf("read whose messages came back: %w", err)
	}
	entries := bouncedEntries(d.row.Language, rows, versions)
	if len(entries) == 0 {
		return notNeeded, nil // corrected meanwhile
	}
	d.values["participants"] = entries
	return "", nil
}

var lenient = protojson.UnmarshalOptions{DiscardUnknown: true}

// meetingFromRow is a meeting as messages and calendars tell of it.
func meetingFromRow(row *db.Meeting) (*placardv1.Meeting, error) {
	m := &placardv1.Meeting{}
	if err := lenient.Unmarshal([]byte(row.Content), m); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Meeting(row.ID), err)
	}
	m.Name = name.Meeting(row.ID)
	m.State = placardv1.Meeting_State(placardv1.Meeting_State_value[row.State])
	m.StartDate, m.EndDate, m.TimeZone = row.StartDate, row.EndDate, row.TimeZone
	m.CompositionDeadline = row.CompositionDeadline
	if row.DeadlineTime != nil {
		m.CompositionDeadlineTime = timestamppb.New(*row.DeadlineTime)
	}
	m.UpdateTime = timestamppb.New(row.UpdateTime)
	m.Etag = strconv.FormatInt(row.Revision, 10)
	return m, nil
}

// languageOf is the language of the correspondence with an entity.
func languageOf(ctx context.Context, client *db.Client, meeting, entity string) (string, error) {
	row, err := client.Invitation.Query().Where(invitation.MeetingID(meeting), invitation.EntityID(entity)).Only(ctx)
	if db.IsNotFound(err) {
		return locale.English, nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name.Invitation(meeting, entity), err)
	}
	return cmp.Or(row.Language, locale.English), nil
}
