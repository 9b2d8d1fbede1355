package announcement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/store"
)

// meetingsAtOnce is how many meetings are read at a time.
const meetingsAtOnce = 200

// Remind makes the deliveries of all reminders that are due and were not made before.
// What fails at one meeting keeps no other from its reminders.
func (s *Service) Remind(ctx context.Context, _ job.Remind) error {
	now := s.cfg.Store.Now()
	var failed []error
	// The last day of a meeting has ended everywhere two days later.
	running := now.AddDate(0, 0, -2).Format(time.DateOnly)
	last := ""
	for {
		rows, err := s.cfg.Store.Client().Meeting.Query().Where(
			meeting.StateIn(placardv1.Meeting_ANNOUNCED.String(), placardv1.Meeting_OPEN.String(), placardv1.Meeting_CLOSED.String()),
			meeting.EndDateGTE(running), meeting.ContentContains(`"reminderRule"`), meeting.IDGT(last),
		).Order(db.Asc(meeting.FieldID)).Limit(meetingsAtOnce).All(ctx)
		if err != nil {
			return errors.Join(append(failed, fmt.Errorf("read meetings with reminders: %w", err))...)
		}
		for _, row := range rows {
			if err := s.remind(ctx, row, now); err != nil {
				failed = append(failed, fmt.Errorf("remind of %s: %w", name.Meeting(row.ID), err))
			}
		}
		if len(rows) < meetingsAtOnce {
			return errors.Join(failed...)
		}
		last = rows[len(rows)-1].ID
	}
}

// remind makes the reminders of one meeting that are due.
func (s *Service) remind(ctx context.Context, row *db.Meeting, now time.Time) error {
	m := &placardv1.Meeting{}
	if err := lenient.Unmarshal([]byte(row.Content), m); err != nil {
		return fmt.Errorf("read content: %w", err)
	}
	zone, err := time.LoadLocation(row.TimeZone)
	if err != nil {
		return err
	}
	if r, is := due(m.GetReminderRule().GetCompositionDays(), row.CompositionDeadline, zone, now); is && row.State == placardv1.Meeting_OPEN.String() {
		if err := s.remindMissions(ctx, row.ID, r); err != nil {
			return err
		}
	}
	if r, is := due(m.GetReminderRule().GetPhotoDays(), m.GetPhotoDeadline(), zone, now); is {
		return s.remindPersons(ctx, row.ID, r, now)
	}
	return nil
}

// remindMissions reminds those who were invited before the reminder was due and whose
// composition was not received.
func (s *Service) remindMissions(ctx context.Context, meetingID string, r reminder) error {
	last := ""
	for {
		rows, err := s.cfg.Store.Client().Invitation.Query().Where(
			invitation.MeetingID(meetingID), invitation.EntityIDGT(last), invitation.IssueTimeLTE(r.since),
			invitation.StateIn(placardv1.Invitation_ISSUED.String(), placardv1.Invitation_ACKNOWLEDGED.String(), placardv1.Invitation_ACCEPTED.String()),
			func(sel *sql.Selector) {
				t := sql.Table("delegations").As("submitted")
				sel.Where(sql.NotExists(sql.Select(t.C("id")).From(t).Where(sql.And(
					sql.ColumnsEQ(t.C("meeting_id"), sel.C(invitation.FieldMeetingID)),
					sql.ColumnsEQ(t.C("entity_id"), sel.C(invitation.FieldEntityID)),
				))))
			},
		).Order(db.Asc(invitation.FieldEntityID)).Limit(atOnce).
			Select(invitation.FieldEntityID, invitation.FieldLanguage, invitation.FieldEmails).All(ctx)
		if err != nil {
			return fmt.Errorf("read invitations: %w", err)
		}
		var messages []outbox.Message
		for _, row := range rows {
			for _, address := range row.Emails {
				messages = append(messages, outbox.Message{
					Kind: placardv1.Delivery_COMPOSITION_REMINDER, Meeting: meetingID, Entity: row.EntityID,
					Source: r.source(), Language: row.Language, Address: address,
				})
			}
		}
		if err := s.put(ctx, meetingID, messages); err != nil {
			return err
		}
		if len(rows) < atOnce {
			return nil
		}
		last = rows[len(rows)-1].EntityID
	}
}

// remindPersons reminds those who got a link before the reminder was due and have
// sent no photograph.
func (s *Service) remindPersons(ctx context.Context, meetingID string, r reminder, now time.Time) error {
	asked := func(sel *sql.Selector) {
		t := sql.Table("photo_links").As("asked")
		sel.Where(sql.Exists(sql.Select(t.C("id")).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C("id"), sel.C(participantversion.FieldParticipantID)),
			sql.GT(t.C("expire_time"), now),
			sql.LTE(t.C("update_time"), r.since),
		))))
		sel.Where(sql.Not(hasPhoto(sel)))
	}
	client := s.cfg.Store.Client()
	var after place
	for {
		some, err := persons(ctx, client, meetingID, after, atOnce, withAddress, asked)
		if err != nil {
			return err
		}
		linked, err := linkedAddresses(ctx, client, some)
		if err != nil {
			return err
		}
		var messages []outbox.Message
		for _, p := range some {
			if linked[p.participant] != outbox.AddressKey(p.address) {
				continue // the link went to an address that is not the person's any more
			}
			messages = append(messages, outbox.Message{
				Kind: placardv1.Delivery_PHOTO_REMINDER, Meeting: meetingID, Entity: p.entity, Participant: p.participant,
				Source: r.source(), Language: cmp.Or(p.language, p.invited, locale.English), Address: p.address,
			})
		}
		if err := s.put(ctx, meetingID, messages); err != nil {
			return err
		}
		if len(some) < atOnce {
			return nil
		}
		after = some[len(some)-1].place
	}
}

// linkedAddresses are the addresses, folded, to which the links of some participants
// went.
func linkedAddresses(ctx context.Context, client *db.Client, some []person) (map[string]string, error) {
	ids := make([]string, len(some))
	for i, p := range some {
		ids[i] = p.participant
	}
	links, err := client.PhotoLink.Query().Where(photolink.IDIn(ids...)).Select(photolink.FieldID, photolink.FieldAddressKey).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	out := make(map[string]string, len(links))
	for _, l := range links {
		out[l.ID] = l.AddressKey
	}
	return out, nil
}

// put makes the deliveries of reminders of one kind and source, those that were not
// made before. It finds out first whether there are any: most of the time there are
// none, and the meeting is not locked for nothing.
func (s *Service) put(ctx context.Context, meetingID string, messages []outbox.Message) error {
	messages, err := s.unmade(ctx, meetingID, messages)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(messages, atOnce) {
		err := s.cfg.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockMeeting(ctx, meetingID); err != nil {
				return err
			}
			_, err := s.cfg.Outbox.Put(ctx, tx, meetingID, some...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unmade are the messages that have no delivery yet.
func (s *Service) unmade(ctx context.Context, meetingID string, messages []outbox.Message) ([]outbox.Message, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	var entities []string
	for _, m := range messages {
		entities = append(entities, m.Entity)
	}
	slices.Sort(entities)
	rows, err := s.cfg.Store.Client().Delivery.Query().Where(
		delivery.MeetingID(meetingID), delivery.Source(messages[0].Source), delivery.Kind(messages[0].Kind.String()),
		delivery.EntityIDIn(slices.Compact(entities)...),
	).Select(delivery.FieldEntityID, delivery.FieldParticipantID, delivery.FieldAddressKey).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	type to struct{ entity, participant, address string }
	there := make(map[to]bool, len(rows))
	for _, d := range rows {
		there[to{d.EntityID, d.ParticipantID, d.AddressKey}] = true
	}
	return slices.DeleteFunc(messages, func(m outbox.Message) bool {
		return there[to{m.Entity, m.Participant, outbox.AddressKey(m.Address)}]
	}), nil
}
