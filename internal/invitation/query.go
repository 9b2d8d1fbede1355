package invitation

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
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

// position is where a page of the list ends.
type position struct{ Meeting, Entity string }

// ListInvitations implements the contract: ordered by meeting and entity.
func (s *Service) ListInvitations(
	ctx context.Context, req *placardv1.ListInvitationsRequest,
) (*placardv1.ListInvitationsResponse, error) {
	binding := []string{"ListInvitations", req.GetParent(), req.GetFilter()}
	var last position
	more, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	where, err := filter.Predicate(ctx, (*placardv1.Invitation)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	q := s.store.Client().Invitation.Query().
		Order(db.Asc(invitation.FieldMeetingID, invitation.FieldEntityID)).Limit(size + 1)
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		seen, err := s.store.Client().Meeting.Query().Where(meeting.ID(id)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", req.GetParent(), err)
		}
		if !seen {
			return nil, fault.NotFound(req.GetParent())
		}
		q.Where(invitation.MeetingID(id))
	}
	if where != nil {
		q.Where(where)
	}
	if more {
		q.Where(func(sel *sql.Selector) {
			key := []string{sel.C(invitation.FieldMeetingID), sel.C(invitation.FieldEntityID)}
			sel.Where(sql.CompositeGT(key, last.Meeting, last.Entity))
		})
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	out := &placardv1.ListInvitationsResponse{}
	if len(rows) > size {
		rows = rows[:size]
		end := rows[size-1]
		if out.NextPageToken, err = s.pages.Encode(ctx, position{end.MeetingID, end.EntityID}, binding...); err != nil {
			return nil, err
		}
	}
	for _, row := range rows {
		out.Invitations = append(out.Invitations, invitationFromRow(row))
	}
	return out, nil
}
