package delegation

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	entmeeting "github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
)

// GetDelegation answers one delegation.
func (s *Service) GetDelegation(ctx context.Context, req *placardv1.GetDelegationRequest) (*placardv1.Delegation, error) {
	row, err := s.row(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return delegationFromRow(row), nil
}

var delegationFilter = filter.Fields{
	"entity":  {Column: entdelegation.FieldEntityID, Resource: "entities"},
	"state":   {Column: entdelegation.FieldState, Enum: placardv1.Delegation_State(0).Descriptor()},
	"late":    {Column: entdelegation.FieldLate, Bool: true},
	"channel": {Column: entdelegation.FieldChannel, Enum: placardv1.Channel(0).Descriptor()},
}

// ListDelegations answers a page, ordered by meeting and entity code.
func (s *Service) ListDelegations(ctx context.Context, req *placardv1.ListDelegationsRequest) (*placardv1.ListDelegationsResponse, error) {
	order := []string{entdelegation.FieldMeetingID, entdelegation.FieldEntityID}
	q := s.store.Client().Delegation.Query()
	if m := name.MeetingOf(req.GetParent()); m != name.Wildcard {
		q.Where(entdelegation.MeetingID(m))
	}
	where, err := filter.Predicate(ctx, (*placardv1.Delegation)(nil), delegationFilter, req.GetFilter())
	if err != nil {
		return nil, err
	}
	if where != nil {
		q.Where(where)
	}
	binding := []string{"ListDelegations", req.GetParent(), req.GetFilter()}
	var last struct{ Meeting, Entity string }
	next, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	if next {
		q.Where(page.After(order, last.Meeting, last.Entity))
	}
	size := page.Size(req.GetPageSize())
	rows, err := q.Order(page.Order(order...)).Limit(size + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list delegations: %w", err)
	}
	if len(rows) == 0 {
		if err := s.seesMeeting(ctx, req.GetParent()); err != nil {
			return nil, err
		}
	}
	rows, more := page.Cut(rows, size)
	out := &placardv1.ListDelegationsResponse{}
	for _, row := range rows {
		out.Delegations = append(out.Delegations, delegationFromRow(row))
	}
	if more {
		end := rows[len(rows)-1]
		last.Meeting, last.Entity = end.MeetingID, end.EntityID
		if out.NextPageToken, err = s.pages.Encode(ctx, last, binding...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ListDelegationRevisions answers a page, the newest first.
func (s *Service) ListDelegationRevisions(ctx context.Context, req *placardv1.ListDelegationRevisionsRequest) (*placardv1.ListDelegationRevisionsResponse, error) {
	row, err := s.row(ctx, req.GetParent())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Revision.Query().Where(revision.DelegationID(row.ID))
	binding := []string{"ListDelegationRevisions", req.GetParent()}
	var last struct{ Number int32 }
	next, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	if next {
		q.Where(revision.NumberLT(last.Number))
	}
	size := page.Size(req.GetPageSize())
	rows, err := q.Order(revision.ByNumber(sql.OrderDesc())).Limit(size + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	rows, more := page.Cut(rows, size)
	out := &placardv1.ListDelegationRevisionsResponse{}
	for _, r := range rows {
		out.Revisions = append(out.Revisions, revisionFromRow(r))
	}
	if more {
		last.Number = rows[len(rows)-1].Number
		if out.NextPageToken, err = s.pages.Encode(ctx, last, binding...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// seesMeeting answers NOT_FOUND where the meeting that a list is of is not the
// caller's to see, so that it is not taken for an empty one.
func (s *Service) seesMeeting(ctx context.Context, parent string) error {
	meeting := name.MeetingOf(parent)
	if meeting == name.Wildcard {
		return nil
	}
	found, err := s.store.Client().Meeting.Query().Where(entmeeting.ID(meeting)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("read meeting: %w", err)
	}
	if !found {
		return fault.NotFound(parent)
	}
	return nil
}

var participantFilter = filter.Fields{
	"entity":      {Column: participantversion.FieldEntityID, Resource: "entities"},
	"role":        {Column: participantversion.FieldRole, Enum: placardv1.Participant_Role(0).Descriptor()},
	"modality":    {Column: participantversion.FieldModality, Enum: placardv1.Participant_Modality(0).Descriptor()},
	"language":    {Column: participantversion.FieldLanguage},
	"email":       {Column: participantversion.FieldEmail},
	"external_id": {Column: participantversion.FieldExternalID},
}

// ListParticipants answers a page, ordered by meeting, entity code and
// protocol order. A delegation that is named and not there is NOT_FOUND.
func (s *Service) ListParticipants(ctx context.Context, req *placardv1.ListParticipantsRequest) (*placardv1.ListParticipantsResponse, error) {
	view, err := viewOf(access.From(ctx), req.GetView())
	if err != nil {
		return nil, err
	}
	placed := participantversion.FieldLatestOrder
	if view == placardv1.CompositionView_ACCEPTED {
		placed = participantversion.FieldAcceptedOrder
	}
	order := []string{participantversion.FieldMeetingID, participantversion.FieldEntityID, placed, participantversion.FieldID}
	meeting, entity := name.MeetingOf(req.GetParent()), name.EntityOf(req.GetParent())
	q := s.store.Client().ParticipantVersion.Query().Where(sql.FieldGT(placed, 0))
	if meeting != name.Wildcard {
		q.Where(participantversion.MeetingID(meeting))
	}
	if entity != name.Wildcard {
		q.Where(participantversion.EntityID(entity))
	}
	where, err := filter.Predicate(ctx, (*placardv1.Participant)(nil), participantFilter, req.GetFilter())
	if err != nil {
		return nil, err
	}
	if where != nil {
		q.Where(where)
	}
	binding := []string{"ListParticipants", req.GetParent(), req.GetFilter(), view.String()}
	var last struct {
		Meeting, Entity string
		Order           int32
		ID              int64
	}
	next, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	if next {
		q.Where(page.After(order, last.Meeting, last.Entity, last.Order, last.ID))
	}
	size := page.Size(req.GetPageSize())
	rows, err := q.Order(page.Order(order...)).Limit(size + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list participants: %w", err)
	}
	if len(rows) == 0 && entity != name.Wildcard && meeting != name.Wildcard {
		if _, err := s.row(ctx, req.GetParent()); err != nil {
			return nil, err
		}
	} else if len(rows) == 0 {
		if err := s.seesMeeting(ctx, req.GetParent()); err != nil {
			return nil, err
		}
	}
	rows, more := page.Cut(rows, size)
	out := &placardv1.ListParticipantsResponse{}
	for _, v := range rows {
		out.Participants = append(out.Participants, participantFromVersion(v, view))
	}
	if more {
		end := rows[len(rows)-1]
		last.Meeting, last.Entity, last.Order, last.ID = end.MeetingID, end.EntityID, end.LatestOrder, end.ID
		if view == placardv1.CompositionView_ACCEPTED {
			last.Order = end.AcceptedOrder
		}
		if out.NextPageToken, err = s.pages.Encode(ctx, last, binding...); err != nil {
			return nil, err
		}
	}
	return out, nil
}
