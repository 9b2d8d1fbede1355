// Package invitation holds invitations: which entities a meeting invites, in
// what capacity, and what they answered.
package invitation

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
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

// parent reads the state of the meeting of a name. The lock keeps the meeting
// from being concluded before the transaction ends.
func parent(
	ctx context.Context, tx *store.Tx, resource string, lock func(context.Context, string) error,
) (placardv1.Meeting_State, error) {
	id := name.MeetingOf(resource)
	if err := lock(ctx, id); err != nil {
		return 0, err
	}
	row, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Only(ctx)
	if db.IsNotFound(err) {
		return 0, fault.NotFound(resource)
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name.Meeting(id), err)
	}
	return placardv1.Meeting_State(placardv1.Meeting_State_value[row.State]), nil
}

// named is a request that changes one invitation.
type named interface {
	GetName() string
	GetEtag() string
}

// locked reads the invitation that a request changes and the state of its
// meeting, and keeps others from changing them until the transaction ends.
func locked(
	ctx context.Context, tx *store.Tx, req named,
) (*db.Invitation, placardv1.Meeting_State, error) {
	state, err := parent(ctx, tx, req.GetName(), tx.HoldMeeting)
	if err != nil {
		return nil, 0, err
	}
	q := tx.Client.Invitation.Query()
	q.Modify(tx.ForUpdate)
	row, err := one(ctx, q, req.GetName())
	if err != nil {
		return nil, 0, err
	}
	if etag := req.GetEtag(); etag != "" && etag != store.Etag(row.Revision) {
		return nil, 0, fault.Stale(req.GetName())
	}
	return row, state, writable(name.Meeting(row.MeetingID), state)
}

// kindsOf answers the kinds of the entities with some codes, by code. Codes that
// the register does not have are left out.
func kindsOf(ctx context.Context, tx *store.Tx, codes ...string) (map[string]placardv1.Entity_Kind, error) {
	rows, err := tx.Client.Entity.Query().Where(entity.IDIn(codes...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	out := make(map[string]placardv1.Entity_Kind, len(rows))
	for _, row := range rows {
		out[row.ID] = placardv1.Entity_Kind(placardv1.Entity_Kind_value[row.Kind])
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
	items := []item{{"invitation", req.GetInvitation()}}
	resource := name.Invitation(name.MeetingOf(req.GetParent()), name.EntityOf(req.GetInvitation().GetEntity()))
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Invitation, error) {
		out, err := create(ctx, tx, req.GetParent(), items)
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
	items := make([]item, len(req.GetRequests()))
	for i, r := range req.GetRequests() {
		items[i] = item{fmt.Sprintf("requests[%d].invitation", i), r.GetInvitation()}
	}
	out, err := store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) ([]*placardv1.Invitation, error) {
		return create(ctx, tx, req.GetParent(), items)
	}, func(ctx context.Context, _ store.Done) ([]*placardv1.Invitation, error) {
		return s.created(ctx, req.GetParent(), items)
	})
	if err != nil {
		return nil, err
	}
	return &placardv1.BatchCreateInvitationsResponse{Invitations: out}, nil
}

// create writes new invitations, all or none.
func create(ctx context.Context, tx *store.Tx, parentName string, items []item) ([]*placardv1.Invitation, error) {
	// Locked: of two that invite the same entity at once, the second finds
	// the invitation of the first.
	state, err := parent(ctx, tx, parentName, tx.LockMeeting)
	if err != nil {
		return nil, err
	}
	if err := writable(parentName, state); err != nil {
		return nil, err
	}
	id := name.MeetingOf(parentName)
	codes := codesOf(items)
	kinds, err := kindsOf(ctx, tx, codes...)
	if err != nil {
		return nil, err
	}
	present, err := tx.Client.Invitation.Query().
		Where(invitation.MeetingID(id), invitation.EntityIDIn(codes...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations of %s: %w", parentName, err)
	}
	invited := make(map[string]bool, len(present))
	for _, row := range present {
		invited[row.EntityID] = true
	}
	planned, err := plan(id, items, kinds, invited)
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

// created reads the invitations of a repeated batch again, in its order.
// Those that were deleted since are left out.
func (s *Service) created(ctx context.Context, parentName string, items []item) ([]*placardv1.Invitation, error) {
	codes := codesOf(items)
	rows, err := s.store.Client().Invitation.Query().
		Where(invitation.MeetingID(name.MeetingOf(parentName)), invitation.EntityIDIn(codes...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations of %s: %w", parentName, err)
	}
	byCode := make(map[string]*db.Invitation, len(rows))
	for _, row := range rows {
		byCode[row.EntityID] = row
	}
	var out []*placardv1.Invitation
	for _, code := range codes {
		if row, ok := byCode[code]; ok {
			out = append(out, invitationFromRow(row))
		}
	}
	return out, nil
}

// UpdateInvitation implements the contract.
func (s *Service) UpdateInvitation(
	ctx context.Context, req *placardv1.UpdateInvitationRequest,
) (*placardv1.Invitation, error) {
	wish := req.GetInvitation()
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Invitation, error) {
		row, _, err := locked(ctx, tx, wish)
		if err != nil {
			return nil, err
		}
		before := invitationFromRow(row)
		after, err := patch.Apply("invitation", before, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		kinds, err := kindsOf(ctx, tx, row.EntityID)
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
		kind := kinds[row.EntityID]
		if err := fault.Invalid(append(wrong, check("invitation", after, kind)...)...); err != nil {
			return nil, err
		}
		return save(ctx, tx, "update", row, complete(after, kind))
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
		row, state, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		after, err := issue(invitationFromRow(row), name.Meeting(row.MeetingID), state, tx.Now)
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
