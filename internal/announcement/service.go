// Package announcement is what the Secretariat tells participants, and the reminders
// that go out by themselves.
package announcement

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/announcement"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/prose"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store     *store.Store
	Pages     *page.Codec
	Validator *access.Validator
	Queue     *job.Queue
	Outbox    *outbox.Outbox
	// Compose writes the message of a delivery as its recipient gets it, for a
	// preview: the delivery itself is not kept.
	Compose func(ctx context.Context, d *db.Delivery) (prose.Text, error)
}

// Service implements the contract's AnnouncementService.
type Service struct {
	placardv1.UnimplementedAnnouncementServiceServer

	cfg Config
}

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// GetAnnouncement implements the contract.
func (s *Service) GetAnnouncement(ctx context.Context, req *placardv1.GetAnnouncementRequest) (*placardv1.Announcement, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Announcement, error) {
	row, err := one(ctx, s.cfg.Store.Client().Announcement.Query(), resource)
	if err != nil {
		return nil, err
	}
	return shown(ctx, s.cfg.Store.Client(), row)
}

// shown is an announcement with its progress.
func shown(ctx context.Context, client *db.Client, row *db.Announcement) (*placardv1.Announcement, error) {
	a, err := announcementFromRow(row)
	if err != nil {
		return nil, err
	}
	progress, err := progressOf(ctx, client, row)
	if err != nil {
		return nil, err
	}
	a.Progress = progress[a.GetName()]
	return a, nil
}

// again answers a repeated write: the announcement as it is now.
func (s *Service) again(ctx context.Context, done store.Done) (*placardv1.Announcement, error) {
	return s.get(ctx, done.Resource)
}

// one reads the announcement of a name.
func one(ctx context.Context, q *db.AnnouncementQuery, resource string) (*db.Announcement, error) {
	row, err := q.Where(
		announcement.MeetingID(name.MeetingOf(resource)), announcement.AnnouncementID(name.Last(resource)),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// held is the meeting of a resource that is written, which does not change until the
// transaction ends.
func held(ctx context.Context, tx *store.Tx, resource string) (*db.Meeting, error) {
	id := name.MeetingOf(resource)
	if err := tx.HoldMeeting(ctx, id); err != nil {
		return nil, err
	}
	row, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name.Meeting(id), err)
	}
	return row, nil
}

// locked reads the announcement that is written and its meeting. Others who write it,
// the job that makes its deliveries among them, wait until the transaction ends.
func locked(ctx context.Context, tx *store.Tx, resource, etag string) (*db.Meeting, *db.Announcement, error) {
	m, err := held(ctx, tx, resource)
	if err != nil {
		return nil, nil, err
	}
	q := tx.Client.Announcement.Query()
	q.Modify(tx.ForUpdate)
	row, err := one(ctx, q, resource)
	if err != nil {
		return nil, nil, err
	}
	if etag != "" && etag != store.Etag(row.Revision) {
		return nil, nil, fault.Stale(resource)
	}
	return m, row, nil
}

// CreateAnnouncement implements the contract.
func (s *Service) CreateAnnouncement(
	ctx context.Context, req *placardv1.CreateAnnouncementRequest,
) (*placardv1.Announcement, error) {
	a := proto.CloneOf(req.GetAnnouncement())
	a.Name = name.Announcement(name.MeetingOf(req.GetParent()), req.GetAnnouncementId())
	return store.Write(ctx, s.cfg.Store, func(ctx context.Context, tx *store.Tx) (*placardv1.Announcement, error) {
		m, err := held(ctx, tx, req.GetParent())
		if err != nil {
			return nil, err
		}
		if err := writable(m); err != nil {
			return nil, err
		}
		if err := valid(ctx, a, check(a)); err != nil {
			return nil, err
		}
		if err := free(ctx, tx, m.ID, req.GetAnnouncementId()); err != nil {
			return nil, err
		}
		content, err := contentOf(a)
		if err != nil {
			return nil, err
		}
		row, err := tx.Client.Announcement.Create().SetMeetingID(m.ID).SetAnnouncementID(req.GetAnnouncementId()).
			SetState(stateDraft).SetContent(content).SetAuthor(access.From(ctx).Name()).
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
		if db.IsConstraintError(err) {
			return nil, fault.AlreadyExists(a.GetName())
		}
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", a.GetName(), err)
		}
		tx.Record(change("create", row, nil))
		return announcementFromRow(row)
	}, s.again)
}

// free refuses an id that is taken. One under which messages went out stays taken
// after the announcement was deleted: who got the old one would not get a new one.
func free(ctx context.Context, tx *store.Tx, meetingID, id string) error {
	taken, err := tx.Client.Announcement.Query().Where(announcement.MeetingID(meetingID), announcement.AnnouncementID(id)).Exist(ctx)
	if err == nil && !taken {
		taken, err = tx.Client.Delivery.Query().Where(delivery.MeetingID(meetingID), delivery.Source(id)).Exist(ctx)
	}
	if err != nil {
		return fmt.Errorf("look for %s: %w", name.Announcement(meetingID, id), err)
	}
	if taken {
		return fault.AlreadyExists(name.Announcement(meetingID, id))
	}
	return nil
}

// valid answers everything that is wrong with an announcement: what was found
// already, and its audience.
func valid(ctx context.Context, a *placardv1.Announcement, wrong []fault.Violation) error {
	if _, err := readAudience(ctx, a.GetAudience()); err != nil {
		f, ok := fault.As(err)
		if !ok || len(f.Violations) == 0 {
			return err
		}
		wrong = append(wrong, f.Violations...)
	}
	return fault.Invalid(wrong...)
}

// UpdateAnnouncement implements the contract.
func (s *Service) UpdateAnnouncement(
	ctx context.Context, req *placardv1.UpdateAnnouncementRequest,
) (*placardv1.Announcement, error) {
	wish := req.GetAnnouncement()
	return store.Write(ctx, s.cfg.Store, func(ctx context.Context, tx *store.Tx) (*placardv1.Announcement, error) {
		m, row, err := locked(ctx, tx, wish.GetName(), wish.GetEtag())
		if err != nil {
			return nil, err
		}
		if err := writable(m); err != nil {
			return nil, err
		}
		if err := inState(row, stateDraft); err != nil {
			return nil, err
		}
		before, err := announcementFromRow(row)
		if err != nil {
			return nil, err
		}
		after, err := patch.Apply("announcement", before, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		var wrong []fault.Violation
		if err := s.cfg.Validator.Validate(after, "announcement"); err != nil {
			f, ok := fault.As(err)
			if !ok {
				return nil, err
			}
			wrong = f.Violations
		}
		if err := valid(ctx, after, append(wrong, check(after)...)); err != nil {
			return nil, err
		}
		paths := patch.Changed(before, after)
		if len(paths) == 0 {
			return before, nil
		}
		next := *row
		if next.Content, err = contentOf(after); err != nil {
			return nil, err
		}
		return s.save(ctx, tx, "update", row, &next, paths)
	}, s.again)
}

// save writes what became of an announcement.
func (s *Service) save(
	ctx context.Context, tx *store.Tx, verb string, row, next *db.Announcement, paths []string,
) (*placardv1.Announcement, error) {
	resource := name.Announcement(row.MeetingID, row.AnnouncementID)
	next.Revision, next.UpdateTime = row.Revision+1, tx.Now
	u := tx.Client.Announcement.Update().Where(announcement.ID(row.ID), announcement.Revision(row.Revision)).
		SetState(next.State).SetContent(next.Content).SetCursor(next.Cursor).SetUpdateTime(next.UpdateTime).AddRevision(1)
	if next.SendTime != nil {
		u.SetSendTime(*next.SendTime)
	}
	n, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, resource, err)
	}
	if n == 0 {
		return nil, fault.Stale(resource)
	}
	tx.Record(change(verb, next, paths))
	return shown(ctx, tx.Client, next)
}

// DeleteAnnouncement implements the contract.
func (s *Service) DeleteAnnouncement(ctx context.Context, req *placardv1.DeleteAnnouncementRequest) (*emptypb.Empty, error) {
	return store.Write(ctx, s.cfg.Store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		m, row, err := locked(ctx, tx, req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		if err := writable(m); err != nil {
			return nil, err
		}
		if err := inState(row, stateDraft, stateCancelled); err != nil {
			return nil, err
		}
		if _, err := tx.Client.Announcement.Delete().Where(announcement.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete %s: %w", req.GetName(), err)
		}
		tx.Record(change("delete", row, nil))
		return &emptypb.Empty{}, nil
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// SendAnnouncement implements the contract.
func (s *Service) SendAnnouncement(
	ctx context.Context, req *placardv1.SendAnnouncementRequest,
) (*placardv1.Announcement, error) {
	return store.Write(ctx, s.cfg.Store, func(ctx context.Context, tx *store.Tx) (*placardv1.Announcement, error) {
		m, row, err := locked(ctx, tx, req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		if err := sendable(m); err != nil {
			return nil, err
		}
		if err := inState(row, stateDraft); err != nil {
			return nil, err
		}
		var wanted *time.Time
		if req.GetSendTime() != nil {
			t := req.GetSendTime().AsTime()
			wanted = &t
		}
		at, later, err := schedule(wanted, tx.Now)
		if err != nil {
			return nil, err
		}
		next := *row
		next.State, next.SendTime = stateSending, &at
		if later {
			next.State = stateScheduled
		}
		if err := s.cfg.Queue.EnqueueAt(ctx, tx, at, job.SendAnnouncement{Announcement: req.GetName()}); err != nil {
			return nil, err
		}
		return s.save(ctx, tx, "send", row, &next, []string{"state", "sendTime"})
	}, s.again)
}

// CancelAnnouncement implements the contract. Messages that wait are suppressed when
// their turn comes.
func (s *Service) CancelAnnouncement(
	ctx context.Context, req *placardv1.CancelAnnouncementRequest,
) (*placardv1.Announcement, error) {
	return store.Write(ctx, s.cfg.Store, func(ctx context.Context, tx *store.Tx) (*placardv1.Announcement, error) {
		_, row, err := locked(ctx, tx, req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		if err := inState(row, stateScheduled, stateSending); err != nil {
			return nil, err
		}
		next := *row
		next.State = stateCancelled
		return s.save(ctx, tx, "cancel", row, &next, []string{"state"})
	}, s.again)
}

// PreviewAnnouncement implements the contract. The samples are the messages that the
// first recipient in each language would get.
func (s *Service) PreviewAnnouncement(
	ctx context.Context, req *placardv1.PreviewAnnouncementRequest,
) (*placardv1.PreviewAnnouncementResponse, error) {
	client := s.cfg.Store.Client()
	row, err := one(ctx, client.Announcement.Query(), req.GetName())
	if err != nil {
		return nil, err
	}
	a, err := announcementFromRow(row)
	if err != nil {
		return nil, err
	}
	audience, err := readAudience(ctx, a.GetAudience())
	if err != nil {
		return nil, err
	}
	found, err := surveyed(ctx, client, row.MeetingID, a, audience)
	if err != nil {
		return nil, err
	}
	out := &placardv1.PreviewAnnouncementResponse{RecipientCount: found.recipients, ParticipantCount: found.persons}
	for _, lang := range slices.Sorted(maps.Keys(found.samples)) {
		one := found.samples[lang]
		text, err := s.cfg.Compose(ctx, &db.Delivery{
			ID: "preview", MeetingID: row.MeetingID, EntityID: one.entity, ParticipantID: one.participant,
			Kind: placardv1.Delivery_ANNOUNCEMENT.String(), Source: row.AnnouncementID, Language: lang,
			Address: one.address, AddressKey: outbox.AddressKey(one.address),
			State: placardv1.Delivery_QUEUED.String(), CreateTime: s.cfg.Store.Now(),
		})
		if err != nil {
			return nil, err
		}
		out.Samples = append(out.Samples, &placardv1.PreviewAnnouncementResponse_Sample{
			Language: lang, RecipientCount: one.recipients,
			Subject: text.Subject, Text: text.Plain(), Html: mail.Frame(lang, text.Subject, text.HTML()),
		})
	}
	return out, nil
}

// change is the entry in the change log for a written row.
func change(verb string, row *db.Announcement, paths []string) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeAnnouncement, Resource: name.Announcement(row.MeetingID, row.AnnouncementID),
		Revision: row.Revision, Paths: paths, Meeting: row.MeetingID,
	}
}
