package announcement

import (
	"context"
	"fmt"
	"strings"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/announcement"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/store"
)

// remindInterval is the time between two looks for reminders that are due, and
// resumeInterval that between two for announcements that do not go on.
const (
	remindInterval = 10 * time.Minute
	resumeInterval = time.Minute
)

// Workers are the workers of the jobs that make the deliveries of announcements and
// of reminders.
func (s *Service) Workers() []job.Worker {
	return []job.Worker{job.On(s.Send), job.Every(resumeInterval, s.Resume), job.Every(remindInterval, s.Remind)}
}

// made is the cursor of an announcement whose deliveries are all made: behind every
// participant.
const made = "~"

// cursorOf is how a row keeps a place.
func cursorOf(p place) string { return p.entity + "/" + p.participant }

// placeOf reads what cursorOf wrote; "" is the beginning.
func placeOf(cursor string) place {
	entity, participant, _ := strings.Cut(cursor, "/")
	return place{entity, participant}
}

// Send makes the deliveries of an announcement, once its time has come, and marks it
// as sent once they have all ended. Broken off anywhere it goes on where it was:
// deliveries and the place where they end commit together.
func (s *Service) Send(ctx context.Context, args job.SendAnnouncement) error {
	wait, err := s.send(ctx, args.Announcement)
	if err != nil || wait == 0 {
		return err
	}
	return job.Later(wait)
}

// send goes on with an announcement as far as it can now, and answers after how long
// to look again, 0 for never.
func (s *Service) send(ctx context.Context, resource string) (time.Duration, error) {
	for {
		more, wait, err := s.advance(ctx, resource)
		if f, ok := fault.As(err); ok && f.Reason == "NOT_FOUND" {
			return 0, nil // deleted meanwhile
		}
		if err != nil {
			return 0, fmt.Errorf("send %s: %w", resource, err)
		}
		if !more {
			return wait, nil
		}
	}
}

// advance takes one step with an announcement: it begins, makes some deliveries or
// ends. It answers whether the next step can follow at once, else after how long, 0
// for none.
func (s *Service) advance(ctx context.Context, resource string) (more bool, wait time.Duration, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		more, wait = false, 0
		m, row, err := locked(ctx, tx, resource, "")
		if err != nil {
			return err
		}
		next := *row
		switch {
		case row.State == stateScheduled && tx.Now.Before(*row.SendTime):
			wait = row.SendTime.Sub(tx.Now)
			return nil
		case row.State == stateScheduled && m.State == placardv1.Meeting_CONCLUDED.String():
			next.State = stateCancelled
		case row.State == stateScheduled:
			next.State, more = stateSending, true
		case row.State == stateSending && row.Cursor != made:
			more = true
			return s.deliver(ctx, tx, row)
		case row.State == stateSending:
			waiting, err := tx.Client.Delivery.Query().Where(
				delivery.MeetingID(row.MeetingID), delivery.Source(row.AnnouncementID),
				delivery.StateIn(placardv1.Delivery_QUEUED.String(), placardv1.Delivery_DEFERRED.String()),
			).Exist(ctx)
			if err != nil {
				return err
			}
			if waiting {
				wait = settleAfter(tx.Now.Sub(*row.SendTime))
				return nil
			}
			next.State = stateSent
		default:
			return nil
		}
		verb := map[string]string{stateCancelled: "cancel", stateSending: "send", stateSent: "end"}[next.State]
		_, err = s.save(ctx, tx, verb, row, &next, []string{"state"})
		return err
	})
	return more, wait, err
}

// deliver makes the deliveries to the next participants of the audience.
func (s *Service) deliver(ctx context.Context, tx *store.Tx, row *db.Announcement) error {
	a, err := announcementFromRow(row)
	if err != nil {
		return err
	}
	audience, err := readAudience(ctx, a.GetAudience())
	if err != nil {
		return err
	}
	some, err := persons(ctx, tx.Client, row.MeetingID, placeOf(row.Cursor), atOnce, audience.Where, withAddress)
	if err != nil {
		return err
	}
	messages := make([]outbox.Message, len(some))
	for i, p := range some {
		messages[i] = outbox.Message{
			Kind: placardv1.Delivery_ANNOUNCEMENT, Meeting: row.MeetingID, Entity: p.entity, Participant: p.participant,
			Source: row.AnnouncementID, Language: languageOf(a.GetBody(), p.language, p.invited), Address: p.address,
		}
	}
	if _, err := s.cfg.Outbox.Put(ctx, tx, row.MeetingID, messages...); err != nil {
		return err
	}
	cursor := made
	if len(some) == atOnce {
		cursor = cursorOf(some[len(some)-1].place)
	}
	// The revision stays: what was asked for is the same.
	return tx.Client.Announcement.Update().Where(announcement.ID(row.ID)).SetCursor(cursor).SetUpdateTime(tx.Now).Exec(ctx)
}

// atATime is how many announcements are taken up in one go.
const atATime = 1000

// Resume goes on with announcements that are to go on now, as their own job does: the
// server that had it may have been killed. Where it is alive the two take turns.
func (s *Service) Resume(ctx context.Context, _ job.ResumeAnnouncements) error {
	rows, err := s.cfg.Store.Client().Announcement.Query().Where(announcement.Or(
		announcement.And(announcement.State(stateScheduled), announcement.SendTimeLTE(s.cfg.Store.Now())),
		announcement.State(stateSending),
	)).Order(db.Asc(announcement.FieldSendTime, announcement.FieldID)).Limit(atATime).
		Select(announcement.FieldMeetingID, announcement.FieldAnnouncementID).All(ctx)
	if err != nil {
		return fmt.Errorf("look for announcements that do not go on: %w", err)
	}
	for _, row := range rows {
		if _, err := s.send(ctx, name.Announcement(row.MeetingID, row.AnnouncementID)); err != nil {
			return err
		}
	}
	return nil
}
