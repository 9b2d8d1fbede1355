// Package meeting holds meetings: what is convened, when and where, and until
// when the composition of delegations is communicated.
package meeting

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/announcement"
	"github.com/un-placard/placard/ent/db/document"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/instrument"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/keymeeting"
	"github.com/un-placard/placard/ent/db/lettertemplate"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store     *store.Store
	Pages     *page.Codec
	Validator *access.Validator
	Queue     *job.Queue
	// Host answers that of the pages, by which calendars know a meeting again.
	Host func() string
}

// Service answers the MeetingService of the contract.
type Service struct {
	placardv1.UnimplementedMeetingServiceServer
	store     *store.Store
	pages     *page.Codec
	validator *access.Validator
	queue     *job.Queue
	host      func() string
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, pages: cfg.Pages, validator: cfg.Validator, queue: cfg.Queue, host: cfg.Host}
}

// GetMeeting implements the contract.
func (s *Service) GetMeeting(ctx context.Context, req *placardv1.GetMeetingRequest) (*placardv1.Meeting, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Meeting, error) {
	row, err := one(ctx, s.store.Client().Meeting.Query(), resource)
	if err != nil {
		return nil, err
	}
	return shown(access.From(ctx), row)
}

// one reads the meeting of a name.
func one(ctx context.Context, q *db.MeetingQuery, resource string) (*db.Meeting, error) {
	row, err := q.Where(meeting.ID(name.MeetingOf(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// named is a request that changes one meeting.
type named interface {
	GetName() string
	GetEtag() string
}

// locked reads the meeting that a request changes, and keeps others from
// changing it until the transaction ends.
func locked(ctx context.Context, tx *store.Tx, req named) (*db.Meeting, error) {
	if err := tx.LockMeeting(ctx, name.MeetingOf(req.GetName())); err != nil {
		return nil, err
	}
	row, err := one(ctx, tx.Client.Meeting.Query(), req.GetName())
	if err != nil {
		return nil, err
	}
	return row, fresh(row, req)
}

// fresh refuses a request that was made for another state of the meeting.
func fresh(row *db.Meeting, req named) error {
	if etag := req.GetEtag(); etag != "" && etag != store.Etag(row.Revision) {
		return fault.Stale(req.GetName())
	}
	return nil
}

// again answers a repeated write: the meeting as it is now.
func (s *Service) again(resource string) func(context.Context, store.Done) (*placardv1.Meeting, error) {
	return func(ctx context.Context, _ store.Done) (*placardv1.Meeting, error) { return s.get(ctx, resource) }
}

// CreateMeeting implements the contract.
func (s *Service) CreateMeeting(
	ctx context.Context, req *placardv1.CreateMeetingRequest,
) (*placardv1.Meeting, error) {
	if p := access.From(ctx); p.Role == placardv1.Access_SECRETARIAT && !p.Unbound() {
		return nil, fault.Denied("MEETING_BOUND", "a key that is bound to meetings cannot create others")
	}
	m := proto.CloneOf(req.GetMeeting())
	m.Name = name.Meeting(req.GetMeetingId())
	m.State = placardv1.Meeting_DRAFT
	m.CloseTime = nil
	wrong := check(m)
	if req.GetValidateOnly() {
		row, err := newRow(ctx, m, wrong, s.store.Client())
		if err != nil {
			return nil, err
		}
		if err := s.free(ctx, m.GetName()); err != nil {
			return nil, err
		}
		row.Revision, row.CreateTime, row.UpdateTime = 1, s.store.Now(), s.store.Now()
		return meetingFromRow(row)
	}
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Meeting, error) {
		row, err := newRow(ctx, m, wrong, tx.Client, tx.ForUpdate)
		if err != nil {
			return nil, err
		}
		written, err := tx.Client.Meeting.Create().SetID(row.ID).SetState(row.State).
			SetStartDate(row.StartDate).SetEndDate(row.EndDate).SetTimeZone(row.TimeZone).
			SetLatePolicy(row.LatePolicy).SetModality(row.Modality).
			SetCompositionDeadline(row.CompositionDeadline).SetNillableDeadlineTime(row.DeadlineTime).
			SetInstrumentID(row.InstrumentID).SetContent(row.Content).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
		if db.IsConstraintError(err) {
			return nil, fault.AlreadyExists(m.GetName())
		}
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", m.GetName(), err)
		}
		tx.Record(change("create", written, nil))
		return meetingFromRow(written)
	}, s.again(m.GetName()))
}

// newRow makes the row of a new meeting, or answers everything that is wrong with
// it: what was found already, and names of what is not there.
func newRow(
	ctx context.Context, m *placardv1.Meeting, wrong []fault.Violation, client *db.Client, lock ...func(*sql.Selector),
) (*db.Meeting, error) {
	unknown, err := unknownNames(ctx, m, client, lock...)
	if err != nil {
		return nil, err
	}
	if err := fault.Invalid(append(wrong, unknown...)...); err != nil {
		return nil, err
	}
	if m, err = complete(m); err != nil {
		return nil, err
	}
	return rowFromMeeting(m)
}

// unknownNames answers the names in a meeting of what is not there. A lock keeps
// its instrument there until the transaction ends.
func unknownNames(
	ctx context.Context, m *placardv1.Meeting, client *db.Client, lock ...func(*sql.Selector),
) ([]fault.Violation, error) {
	present := false
	if resource := m.GetInstrument().GetName(); resource != "" {
		q := client.Instrument.Query().Where(instrument.ID(name.Last(resource)))
		q.Modify(lock...)
		found, err := q.IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", resource, err)
		}
		present = len(found) > 0
	}
	known := map[string]bool{}
	for codes := range slices.Chunk(namedEntities(m.GetQuotas()), codesAtOnce) {
		found, err := client.Entity.Query().Where(entity.IDIn(codes...)).IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for entities: %w", err)
		}
		for _, code := range found {
			known[code] = true
		}
	}
	return checkNamed(m, present, known), nil
}

// codesAtOnce is how many codes a query asks for: the engines bound parameters.
const codesAtOnce = 1000

// free refuses a name that is taken.
func (s *Service) free(ctx context.Context, resource string) error {
	taken, err := s.store.Client().Meeting.Query().Where(meeting.ID(name.MeetingOf(resource))).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for %s: %w", resource, err)
	}
	if taken {
		return fault.AlreadyExists(resource)
	}
	return nil
}

// UpdateMeeting implements the contract.
func (s *Service) UpdateMeeting(
	ctx context.Context, req *placardv1.UpdateMeetingRequest,
) (*placardv1.Meeting, error) {
	wish := req.GetMeeting()
	if req.GetValidateOnly() {
		row, err := one(ctx, s.store.Client().Meeting.Query(), wish.GetName())
		if err != nil {
			return nil, err
		}
		if err := fresh(row, wish); err != nil {
			return nil, err
		}
		_, after, err := s.updated(ctx, row, req, s.store.Client())
		return after, err
	}
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Meeting, error) {
		row, err := locked(ctx, tx, wish)
		if err != nil {
			return nil, err
		}
		before, after, err := s.updated(ctx, row, req, tx.Client, tx.ForUpdate)
		if err != nil {
			return nil, err
		}
		if len(patch.Changed(before, after)) == 0 {
			return before, nil
		}
		return s.save(ctx, tx, "update", row, before, after)
	}, s.again(wish.GetName()))
}

// updated answers a meeting before and after an update, or everything that is
// wrong with that.
func (s *Service) updated(
	ctx context.Context, row *db.Meeting, req *placardv1.UpdateMeetingRequest, client *db.Client, lock ...func(*sql.Selector),
) (before, after *placardv1.Meeting, err error) {
	if before, err = meetingFromRow(row); err != nil {
		return nil, nil, err
	}
	if err := writable(before); err != nil {
		return nil, nil, err
	}
	after, err = patch.Apply("meeting", before, req.GetMeeting(), req.GetUpdateMask())
	if err != nil {
		return nil, nil, err
	}
	var wrong []fault.Violation
	if err := s.validator.Validate(after, "meeting"); err != nil {
		f, ok := fault.As(err)
		if !ok {
			return nil, nil, err
		}
		wrong = f.Violations
	}
	unknown, err := unknownNames(ctx, after, client, lock...)
	if err != nil {
		return nil, nil, err
	}
	if err := fault.Invalid(slices.Concat(wrong, check(after), unknown)...); err != nil {
		return nil, nil, err
	}
	after, err = complete(after)
	return before, after, err
}

// save writes what became of a meeting.
func (s *Service) save(
	ctx context.Context, tx *store.Tx, verb string, row *db.Meeting, before, after *placardv1.Meeting,
) (*placardv1.Meeting, error) {
	next, err := rowFromMeeting(after)
	if err != nil {
		return nil, err
	}
	next.Revision, next.CreateTime, next.UpdateTime = row.Revision+1, row.CreateTime, tx.Now
	u := tx.Client.Meeting.Update().Where(meeting.ID(row.ID), meeting.Revision(row.Revision)).
		SetState(next.State).SetStartDate(next.StartDate).SetEndDate(next.EndDate).SetTimeZone(next.TimeZone).
		SetLatePolicy(next.LatePolicy).SetModality(next.Modality).SetCompositionDeadline(next.CompositionDeadline).
		SetInstrumentID(next.InstrumentID).SetContent(next.Content).SetUpdateTime(next.UpdateTime).AddRevision(1)
	if next.DeadlineTime != nil {
		u.SetDeadlineTime(*next.DeadlineTime)
	} else {
		u.ClearDeadlineTime()
	}
	if next.CloseTime != nil {
		u.SetCloseTime(*next.CloseTime)
	} else {
		u.ClearCloseTime()
	}
	n, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(after.GetName())
	}
	tx.Record(change(verb, next, patch.Changed(before, after)))
	if moved(before, after) {
		late := job.MarkDelegationsLate{Meeting: after.GetName(), MeetingRevision: next.Revision}
		if err := s.queue.Enqueue(ctx, tx, late); err != nil {
			return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
		}
	}
	if dueMoved(before, after) {
		late := job.MarkCredentialsLate{Meeting: after.GetName(), MeetingRevision: next.Revision}
		if err := s.queue.Enqueue(ctx, tx, late); err != nil {
			return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
		}
	}
	if photosMoved(before, after) {
		late := job.MarkPhotosLate{Meeting: after.GetName(), MeetingRevision: next.Revision}
		if err := s.queue.Enqueue(ctx, tx, late); err != nil {
			return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
		}
	}
	return meetingFromRow(next)
}

// DeleteMeeting implements the contract.
func (s *Service) DeleteMeeting(
	ctx context.Context, req *placardv1.DeleteMeetingRequest,
) (*emptypb.Empty, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		row, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		m, err := meetingFromRow(row)
		if err != nil {
			return nil, err
		}
		invitations, err := tx.Client.Invitation.Query().Where(invitation.MeetingID(row.ID)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for invitations of %s: %w", m.GetName(), err)
		}
		documents, err := tx.Client.Document.Query().Where(document.MeetingID(row.ID)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for documents of %s: %w", m.GetName(), err)
		}
		announcements, err := tx.Client.Announcement.Query().Where(announcement.MeetingID(row.ID)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for announcements of %s: %w", m.GetName(), err)
		}
		keys, err := tx.Client.KeyMeeting.Query().Where(keymeeting.MeetingID(row.ID)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for keys of %s: %w", m.GetName(), err)
		}
		if err := deletable(m, invitations, documents, announcements, keys); err != nil {
			return nil, err
		}
		if err := longrunning.Clear(ctx, tx, s.queue, row.ID); err != nil {
			return nil, err
		}
		if _, err := tx.Client.LetterTemplate.Delete().Where(lettertemplate.MeetingID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete the templates of %s: %w", m.GetName(), err)
		}
		if _, err := tx.Client.Meeting.Delete().Where(meeting.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete %s: %w", m.GetName(), err)
		}
		tx.Record(change("delete", row, nil))
		return &emptypb.Empty{}, nil
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// AnnounceMeeting implements the contract.
func (s *Service) AnnounceMeeting(
	ctx context.Context, req *placardv1.AnnounceMeetingRequest,
) (*placardv1.Meeting, error) {
	return s.step(ctx, req, "announce")
}

// OpenMeeting implements the contract.
func (s *Service) OpenMeeting(ctx context.Context, req *placardv1.OpenMeetingRequest) (*placardv1.Meeting, error) {
	return s.step(ctx, req, "open")
}

// CloseMeeting implements the contract.
func (s *Service) CloseMeeting(ctx context.Context, req *placardv1.CloseMeetingRequest) (*placardv1.Meeting, error) {
	return s.step(ctx, req, "close")
}

// ConcludeMeeting implements the contract.
func (s *Service) ConcludeMeeting(
	ctx context.Context, req *placardv1.ConcludeMeetingRequest,
) (*placardv1.Meeting, error) {
	return s.step(ctx, req, "conclude")
}

// freezeNames keeps with the invitations of a meeting the names that their
// entities have, so that its lists stay as they are whatever the register says
// later.
func freezeNames(ctx context.Context, tx *store.Tx, row *db.Meeting) error {
	u := tx.Client.Invitation.Update().Where(invitation.MeetingID(row.ID))
	u.Modify(func(set *sql.UpdateBuilder) {
		set.Set(invitation.FieldEntityNames,
			sql.Raw("(SELECT entities.names FROM entities WHERE entities.id = invitations.entity_id)"))
	})
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("keep the names of %s: %w", name.Meeting(row.ID), err)
	}
	return nil
}

// step leads a meeting to its next state.
func (s *Service) step(ctx context.Context, req named, verb string) (*placardv1.Meeting, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Meeting, error) {
		row, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		before, err := meetingFromRow(row)
		if err != nil {
			return nil, err
		}
		after, err := advance(before, verb, tx.Now)
		if err != nil {
			return nil, err
		}
		if after.GetState() == placardv1.Meeting_CONCLUDED {
			if err := freezeNames(ctx, tx, row); err != nil {
				return nil, err
			}
		}
		return s.save(ctx, tx, verb, row, before, after)
	}, s.again(req.GetName()))
}

// change is the entry in the change log for a written row.
func change(verb string, row *db.Meeting, paths []string) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeMeeting, Resource: name.Meeting(row.ID), Revision: row.Revision,
		Paths: paths, Meeting: row.ID, InForce: row.State != placardv1.Meeting_DRAFT.String(),
	}
}
