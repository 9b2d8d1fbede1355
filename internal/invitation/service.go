// Package invitation holds invitations: which entities a meeting invites, in
// what capacity, and what they answered.
package invitation

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/instrument"
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
}

// Service answers the InvitationService of the contract.
type Service struct {
	placardv1.UnimplementedInvitationServiceServer
	store     *store.Store
	pages     *page.Codec
	validator *access.Validator
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, pages: cfg.Pages, validator: cfg.Validator}
}

// GetInvitation implements the contract.
func (s *Service) GetInvitation(
	ctx context.Context, req *placardv1.GetInvitationRequest,
) (*placardv1.Invitation, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Invitation, error) {
	row, err := one(ctx, s.store.Client().Invitation.Query(), resource)
	if err != nil {
		return nil, err
	}
	return invitationFromRow(row), nil
}

// again answers a repeated write: the invitation as it is now.
func (s *Service) again(resource string) func(context.Context, store.Done) (*placardv1.Invitation, error) {
	return func(ctx context.Context, _ store.Done) (*placardv1.Invitation, error) { return s.get(ctx, resource) }
}

// one reads the invitation of a name.
func one(ctx context.Context, q *db.InvitationQuery, resource string) (*db.Invitation, error) {
	row, err := q.Where(
		invitation.MeetingID(name.MeetingOf(resource)), invitation.EntityID(name.EntityOf(resource)),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// parent reads the meeting of a name. The lock keeps it from being concluded
// before the transaction ends.
func parent(
	ctx context.Context, tx *store.Tx, resource string, lock func(context.Context, string) error,
) (*db.Meeting, error) {
	id := name.MeetingOf(resource)
	if err := lock(ctx, id); err != nil {
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

func stateOf(m *db.Meeting) placardv1.Meeting_State {
	return placardv1.Meeting_State(placardv1.Meeting_State_value[m.State])
}

// basisOf reads what the statuses of a meeting are taken from.
func basisOf(ctx context.Context, tx *store.Tx, m *db.Meeting) (basis, error) {
	if m.InstrumentID == "" {
		return basis{}, nil
	}
	row, err := tx.Client.Instrument.Get(ctx, m.InstrumentID)
	if err != nil {
		return basis{}, fmt.Errorf("read %s: %w", name.Instrument(m.InstrumentID), err)
	}
	table, err := instrument.FromRow(row)
	return basis{table: table, day: m.StartDate}, err
}

// named is a request that changes one invitation.
type named interface {
	GetName() string
	GetEtag() string
}

// locked reads the invitation that a request changes and its meeting, and keeps
// others from changing them until the transaction ends.
func locked(ctx context.Context, tx *store.Tx, req named) (*db.Invitation, *db.Meeting, error) {
	m, err := parent(ctx, tx, req.GetName(), tx.HoldMeeting)
	if err != nil {
		return nil, nil, err
	}
	q := tx.Client.Invitation.Query()
	q.Modify(tx.ForUpdate)
	row, err := one(ctx, q, req.GetName())
	if err != nil {
		return nil, nil, err
	}
	if etag := req.GetEtag(); etag != "" && etag != store.Etag(row.Revision) {
		return nil, nil, fault.Stale(req.GetName())
	}
	return row, m, writable(name.Meeting(row.MeetingID), stateOf(m))
}

// registered answers what the register says of entities, by code: of those of
// some codes, or of all where none are given.
func registered(ctx context.Context, tx *store.Tx, codes ...string) (map[string]invitee, error) {
	q := tx.Client.Entity.Query()
	if len(codes) > 0 {
		q.Where(entity.IDIn(codes...))
	}
	rows, err := q.Select(entity.FieldID, entity.FieldKind, entity.FieldLanguage).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	out := make(map[string]invitee, len(rows))
	for _, row := range rows {
		out[row.ID] = invitee{placardv1.Entity_Kind(placardv1.Entity_Kind_value[row.Kind]), row.Language}
	}
	return out, nil
}

// invitedTo answers which entities a meeting invites, by code.
func invitedTo(ctx context.Context, tx *store.Tx, meeting string) (map[string]bool, error) {
	var codes []string
	err := tx.Client.Invitation.Query().Where(invitation.MeetingID(meeting)).
		Select(invitation.FieldEntityID).Scan(ctx, &codes)
	if err != nil {
		return nil, fmt.Errorf("read invitations of %s: %w", name.Meeting(meeting), err)
	}
	out := make(map[string]bool, len(codes))
	for _, code := range codes {
		out[code] = true
	}
	return out, nil
}

// CreateInvitation implements the contract.
func (s *Service) CreateInvitation(
	ctx context.Context, req *placardv1.CreateInvitationRequest,
) (*placardv1.Invitation, error) {
	if req.GetParent() == "" { // the contract lets it be empty in a batch
		return nil, fault.Invalid(fault.Violation{
			Field: "parent", Reason: "REQUIRED", Message: "must name the meeting",
		})
	}
	wanted := wish{items: []item{{"invitation", req.GetInvitation()}}}
	resource := name.Invitation(name.MeetingOf(req.GetParent()), name.EntityOf(req.GetInvitation().GetEntity()))
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Invitation, error) {
		out, err := create(ctx, tx, req.GetParent(), wanted)
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}, s.again(resource))
}

// BatchCreateInvitations implements the contract.
func (s *Service) BatchCreateInvitations(
	ctx context.Context, req *placardv1.BatchCreateInvitationsRequest,
) (*placardv1.BatchCreateInvitationsResponse, error) {
	if err := fault.Invalid(batchItems(req)...); err != nil {
		return nil, err
	}
	wanted := wishOf(req)
	out, err := store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) ([]*placardv1.Invitation, error) {
		return create(ctx, tx, req.GetParent(), wanted)
	}, func(ctx context.Context, done store.Done) ([]*placardv1.Invitation, error) {
		return s.created(ctx, req.GetParent(), codesOf(wanted.items), done)
	})
	if err != nil {
		return nil, err
	}
	return &placardv1.BatchCreateInvitationsResponse{Invitations: out}, nil
}

// create writes new invitations, all or none. Where there is nobody to invite,
// nothing is written.
func create(ctx context.Context, tx *store.Tx, parentName string, wanted wish) ([]*placardv1.Invitation, error) {
	// Locked: of two that invite the same entity at once, the second finds
	// the invitation of the first.
	m, err := parent(ctx, tx, parentName, tx.LockMeeting)
	if err != nil {
		return nil, err
	}
	if err := writable(parentName, stateOf(m)); err != nil {
		return nil, err
	}
	var from sources
	if from.register, err = registered(ctx, tx, codesOf(wanted.items)...); err != nil {
		return nil, err
	}
	if from.invited, err = invitedTo(ctx, tx, m.ID); err != nil {
		return nil, err
	}
	if from.basis, err = basisOf(ctx, tx, m); err != nil {
		return nil, err
	}
	items, err := wanted.resolve(from)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	planned, err := plan(m.ID, items, from)
	if err != nil {
		return nil, err
	}
	builders := make([]*db.InvitationCreate, len(planned))
	for i, inv := range planned {
		row := rowFromInvitation(inv)
		builders[i] = tx.Client.Invitation.Create().SetMeetingID(row.MeetingID).SetEntityID(row.EntityID).
			SetParticipationStatus(row.ParticipationStatus).SetLanguage(row.Language).
			SetReference(row.Reference).SetChannel(row.Channel).SetAddressee(row.Addressee).
			SetEmails(row.Emails).SetState(row.State).SetCreateTime(tx.Now).SetUpdateTime(tx.Now)
	}
	rows, err := tx.Client.Invitation.CreateBulk(builders...).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("create invitations of %s: %w", parentName, err)
	}
	out := make([]*placardv1.Invitation, len(rows))
	for i, row := range rows {
		tx.Record(change(ctx, "create", row, nil))
		out[i] = invitationFromRow(row)
	}
	return out, nil
}

// created reads the invitations of a repeated batch again, in its order: those
// of the entities that it named or, of a batch by statuses, those that were
// created in that write. Those that were deleted since are left out.
func (s *Service) created(
	ctx context.Context, parentName string, codes []string, done store.Done,
) ([]*placardv1.Invitation, error) {
	q := s.store.Client().Invitation.Query().Where(invitation.MeetingID(name.MeetingOf(parentName)))
	if len(codes) > 0 {
		q.Where(invitation.EntityIDIn(codes...))
	} else {
		q.Where(invitation.CreateTime(done.Time)).Order(invitation.ByEntityID())
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations of %s: %w", parentName, err)
	}
	slices.SortStableFunc(rows, func(a, b *db.Invitation) int {
		return cmp.Compare(slices.Index(codes, a.EntityID), slices.Index(codes, b.EntityID))
	})
	out := make([]*placardv1.Invitation, len(rows))
	for i, row := range rows {
		out[i] = invitationFromRow(row)
	}
	return out, nil
}

// UpdateInvitation implements the contract.
func (s *Service) UpdateInvitation(
	ctx context.Context, req *placardv1.UpdateInvitationRequest,
) (*placardv1.Invitation, error) {
	wish := req.GetInvitation()
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Invitation, error) {
		row, m, err := locked(ctx, tx, wish)
		if err != nil {
			return nil, err
		}
		before := invitationFromRow(row)
		after, err := patch.Apply("invitation", before, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		register, err := registered(ctx, tx, row.EntityID)
		if err != nil {
			return nil, err
		}
		from, err := basisOf(ctx, tx, m)
		if err != nil {
			return nil, err
		}
		var wrong []fault.Violation
		if err := s.validator.Validate(after, "invitation"); err != nil {
			f, ok := fault.As(err)
			if !ok {
				return nil, err
			}
			wrong = f.Violations
		}
		of := register[row.EntityID]
		after = complete(after, of, from)
		if err := fault.Invalid(append(wrong, check("invitation", after, of.kind)...)...); err != nil {
			return nil, err
		}
		return save(ctx, tx, "update", row, after)
	}, s.again(wish.GetName()))
}

// save writes what became of an invitation. What is no different is answered
// as it is.
func save(
	ctx context.Context, tx *store.Tx, verb string, row *db.Invitation, after *placardv1.Invitation,
) (*placardv1.Invitation, error) {
	before := invitationFromRow(row)
	paths := patch.Changed(before, after)
	if len(paths) == 0 {
		return before, nil
	}
	next := rowFromInvitation(after)
	next.Revision, next.CreateTime, next.UpdateTime = row.Revision+1, row.CreateTime, tx.Now
	u := tx.Client.Invitation.Update().Where(invitation.ID(row.ID), invitation.Revision(row.Revision)).
		SetParticipationStatus(next.ParticipationStatus).SetLanguage(next.Language).
		SetReference(next.Reference).SetChannel(next.Channel).SetAddressee(next.Addressee).
		SetEmails(next.Emails).SetState(next.State).
		SetNillableIssueTime(next.IssueTime).SetNillableResponseTime(next.ResponseTime).
		SetUpdateTime(next.UpdateTime).AddRevision(1)
	n, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(after.GetName())
	}
	tx.Record(change(ctx, verb, next, paths))
	return invitationFromRow(next), nil
}

// DeleteInvitation implements the contract.
func (s *Service) DeleteInvitation(
	ctx context.Context, req *placardv1.DeleteInvitationRequest,
) (*emptypb.Empty, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		row, _, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := deletable(invitationFromRow(row)); err != nil {
			return nil, err
		}
		if _, err := tx.Client.Invitation.Delete().Where(invitation.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete %s: %w", req.GetName(), err)
		}
		tx.Record(change(ctx, "delete", row, nil))
		return &emptypb.Empty{}, nil
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// IssueInvitation implements the contract.
func (s *Service) IssueInvitation(
	ctx context.Context, req *placardv1.IssueInvitationRequest,
) (*placardv1.Invitation, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Invitation, error) {
		row, m, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		after, err := issue(invitationFromRow(row), name.Meeting(row.MeetingID), stateOf(m), tx.Now)
		if err != nil {
			return nil, err
		}
		return save(ctx, tx, "issue", row, after)
	}, s.again(req.GetName()))
}

// AcknowledgeInvitation implements the contract.
func (s *Service) AcknowledgeInvitation(
	ctx context.Context, req *placardv1.AcknowledgeInvitationRequest,
) (*placardv1.Invitation, error) {
	return s.answer(ctx, req, "acknowledge", placardv1.Invitation_ACKNOWLEDGED)
}

// AcceptInvitation implements the contract.
func (s *Service) AcceptInvitation(
	ctx context.Context, req *placardv1.AcceptInvitationRequest,
) (*placardv1.Invitation, error) {
	return s.answer(ctx, req, "accept", placardv1.Invitation_ACCEPTED)
}

// DeclineInvitation implements the contract.
func (s *Service) DeclineInvitation(
	ctx context.Context, req *placardv1.DeclineInvitationRequest,
) (*placardv1.Invitation, error) {
	return s.answer(ctx, req, "decline", placardv1.Invitation_DECLINED)
}

// answer records what the entity says to its invitation.
func (s *Service) answer(
	ctx context.Context, req named, verb string, to placardv1.Invitation_State,
) (*placardv1.Invitation, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Invitation, error) {
		row, _, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		attending := false
		if to == placardv1.Invitation_DECLINED {
			if attending, err = hasDelegation(ctx, tx, row); err != nil {
				return nil, err
			}
		}
		after, err := answer(invitationFromRow(row), to, attending, tx.Now)
		if err != nil {
			return nil, err
		}
		return save(ctx, tx, verb, row, after)
	}, s.again(req.GetName()))
}

// hasDelegation tells whether the invited entity has a delegation that is not
// withdrawn. The lock of the invitation keeps that from changing.
func hasDelegation(ctx context.Context, tx *store.Tx, row *db.Invitation) (bool, error) {
	found, err := tx.Client.Delegation.Query().Where(
		delegation.MeetingID(row.MeetingID), delegation.EntityID(row.EntityID),
		delegation.StateNEQ(placardv1.Delegation_WITHDRAWN.String()),
	).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("look for the delegation of %s: %w", row.EntityID, err)
	}
	return found, nil
}

// change is the entry in the change log for a written row. The mission sees
// what was issued.
func change(ctx context.Context, verb string, row *db.Invitation, paths []string) store.Change {
	c := store.Change{
		Verb: verb, Type: name.TypeInvitation, Resource: name.Invitation(row.MeetingID, row.EntityID),
		Revision: row.Revision, Paths: paths, Meeting: row.MeetingID,
	}
	if row.State != placardv1.Invitation_DRAFT.String() {
		c.Entity = row.EntityID
	}
	switch verb {
	case "acknowledge", "accept", "decline":
		if access.From(ctx).Secretariat() {
			c.OnBehalfOf = row.EntityID
		}
	}
	return c
}
