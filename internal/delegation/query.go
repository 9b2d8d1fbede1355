package delegation

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
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

var delegationKeys = page.Keyset[*db.Delegation]{
	Columns: []string{entdelegation.FieldMeetingID, entdelegation.FieldEntityID},
	Key:     func(d *db.Delegation) []any { return []any{d.MeetingID, d.EntityID} },
}

// ListDelegations answers a page, ordered by meeting and entity code.
func (s *Service) ListDelegations(ctx context.Context, req *placardv1.ListDelegationsRequest) (*placardv1.ListDelegationsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Delegation)(nil), delegationFilter, req.GetFilter())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Delegation.Query().Where(where)
	if m := name.MeetingOf(req.GetParent()); m != name.Wildcard {
		q.Where(entdelegation.MeetingID(m))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, delegationKeys, []string{"ListDelegations", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Delegation, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if err := s.seesMeeting(ctx, req.GetParent()); err != nil {
			return nil, err
		}
	}
	out := &placardv1.ListDelegationsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Delegations = append(out.Delegations, delegationFromRow(row))
	}
	return out, nil
}

var revisionKeys = page.Keyset[*db.Revision]{
	Columns:    []string{revision.FieldNumber},
	Descending: true,
	Key:        func(r *db.Revision) []any { return []any{r.Number} },
}

// ListDelegationRevisions answers a page, the newest first.
func (s *Service) ListDelegationRevisions(ctx context.Context, req *placardv1.ListDelegationRevisionsRequest) (*placardv1.ListDelegationRevisionsResponse, error) {
	row, err := s.row(ctx, req.GetParent())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Revision.Query().Where(revision.DelegationID(row.ID))
	rows, next, err := page.Fetch(ctx, s.pages, req, revisionKeys, []string{"ListDelegationRevisions", req.GetParent()},
		func(after, order page.Narrow, limit int) ([]*db.Revision, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListDelegationRevisionsResponse{NextPageToken: next}
	for _, r := range rows {
		out.Revisions = append(out.Revisions, revisionFromRow(r))
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

// personKeys sort by what never changes of a participant, so that whoever is
// there throughout is on one page, whatever is written meanwhile.
var personKeys = page.Keyset[*db.ParticipantVersion]{
	Columns: []string{participantversion.FieldMeetingID, participantversion.FieldEntityID, participantversion.FieldParticipantID},
	Key:     func(v *db.ParticipantVersion) []any { return []any{v.MeetingID, v.EntityID, v.ParticipantID} },
}

// protocolKeys sort the participants of one delegation by the place that the
// Government gave them. One page can take a delegation whole.
func protocolKeys(column string) page.Keyset[*db.ParticipantVersion] {
	return page.Keyset[*db.ParticipantVersion]{
		Columns: []string{column},
		Key: func(v *db.ParticipantVersion) []any {
			if column == participantversion.FieldAcceptedOrder {
				return []any{v.AcceptedOrder}
			}
			return []any{v.LatestOrder}
		},
	}
}

// ListParticipants answers a page. A delegation or a meeting that is named and
// not there is NOT_FOUND.
func (s *Service) ListParticipants(ctx context.Context, req *placardv1.ListParticipantsRequest) (*placardv1.ListParticipantsResponse, error) {
	view, err := viewOf(access.From(ctx), req.GetView())
	if err != nil {
		return nil, err
	}
	where, err := filter.Predicate(ctx, (*placardv1.Participant)(nil), participantFilter, req.GetFilter())
	if err != nil {
		return nil, err
	}
	placed := participantversion.FieldLatestOrder
	if view == placardv1.CompositionView_ACCEPTED {
		placed = participantversion.FieldAcceptedOrder
	}
	q := s.store.Client().ParticipantVersion.Query().Where(where, placedIn(placed))
	meeting, entity := name.MeetingOf(req.GetParent()), name.EntityOf(req.GetParent())
	if meeting != name.Wildcard {
		q.Where(participantversion.MeetingID(meeting))
	}
	if entity != name.Wildcard {
		q.Where(participantversion.EntityID(entity))
	}
	keys := personKeys
	if meeting != name.Wildcard && entity != name.Wildcard {
		keys = protocolKeys(placed)
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListParticipants", req.GetParent(), req.GetFilter(), view.String()},
		func(after, order page.Narrow, limit int) ([]*db.ParticipantVersion, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if err := s.seesDelegation(ctx, req.GetParent()); err != nil {
			return nil, err
		}
	}
	out := &placardv1.ListParticipantsResponse{NextPageToken: next}
	for _, v := range rows {
		out.Participants = append(out.Participants, participantFromVersion(v, view))
	}
	return out, nil
}

// seesDelegation is seesMeeting for a delegation.
func (s *Service) seesDelegation(ctx context.Context, parent string) error {
	if name.EntityOf(parent) == name.Wildcard || name.MeetingOf(parent) == name.Wildcard {
		return s.seesMeeting(ctx, parent)
	}
	_, err := s.row(ctx, parent)
	return err
}
