package invitation

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over invitations.
func filters() filter.Fields {
	return filter.Fields{
		"entity": {Column: invitation.FieldEntityID, Resource: "entities"},
		"state":  {Column: invitation.FieldState, Enum: placardv1.Invitation_State(0).Descriptor()},
		"participation_status": {
			Column: invitation.FieldParticipationStatus, Enum: placardv1.ParticipationStatus(0).Descriptor(),
		},
		"language": {Column: invitation.FieldLanguage},
	}
}

var byName = page.Keyset[*db.Invitation]{
	Columns: []string{invitation.FieldMeetingID, invitation.FieldEntityID},
	Key:     func(i *db.Invitation) []any { return []any{i.MeetingID, i.EntityID} },
}

var orders = page.Orders[*db.Invitation]{Unset: byName, Named: map[string]page.Keyset[*db.Invitation]{
	"name": byName,
	"update_time": {
		Columns: []string{invitation.FieldUpdateTime, invitation.FieldMeetingID, invitation.FieldEntityID},
		Key:     func(i *db.Invitation) []any { return []any{i.UpdateTime, i.MeetingID, i.EntityID} },
	},
}}

// ListInvitations implements the contract: ordered by meeting and entity, unless
// another order is asked for.
func (s *Service) ListInvitations(
	ctx context.Context, req *placardv1.ListInvitationsRequest,
) (*placardv1.ListInvitationsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Invitation)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Invitation.Query().Where(where)
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		q.Where(invitation.MeetingID(id))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListInvitations", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Invitation, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListInvitationsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Invitations = append(out.Invitations, invitationFromRow(row))
	}
	return out, nil
}
