package delegation

import (
	"context"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// GetDelegation answers one delegation.
func (s *Service) GetDelegation(ctx context.Context, req *placardv1.GetDelegationRequest) (*placardv1.Delegation, error) {
	row, err := s.row(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return delegationFromRow(row), nil
}

// delegationFilters are the fields of a filter over delegations.
func delegationFilters() filter.Fields {
	return filter.Fields{
		"entity":  {Column: entdelegation.FieldEntityID, Resource: "entities"},
		"state":   {Column: entdelegation.FieldState, Enum: placardv1.Delegation_State(0).Descriptor()},
		"late":    {Column: entdelegation.FieldLate, Bool: true},
		"channel": {Column: entdelegation.FieldChannel, Enum: placardv1.Channel(0).Descriptor()},
	}
}

var delegationsByName = page.Keyset[*db.Delegation]{
	Columns: []string{entdelegation.FieldMeetingID, entdelegation.FieldEntityID},
	Key:     func(d *db.Delegation) []any { return []any{d.MeetingID, d.EntityID} },
}

var delegationOrders = page.Orders[*db.Delegation]{Unset: delegationsByName, Named: map[string]page.Keyset[*db.Delegation]{
	"name": delegationsByName,
	"submit_time": {
		Columns: []string{entdelegation.FieldSubmitTime, entdelegation.FieldMeetingID, entdelegation.FieldEntityID},
		Key:     func(d *db.Delegation) []any { return []any{d.SubmitTime, d.MeetingID, d.EntityID} },
	},
	"update_time": {
		Columns: []string{entdelegation.FieldUpdateTime, entdelegation.FieldMeetingID, entdelegation.FieldEntityID},
		Key:     func(d *db.Delegation) []any { return []any{d.UpdateTime, d.MeetingID, d.EntityID} },
	},
}}

// ListDelegations answers a page, ordered by meeting and entity code unless
// another order is asked for.
func (s *Service) ListDelegations(ctx context.Context, req *placardv1.ListDelegationsRequest) (*placardv1.ListDelegationsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Delegation)(nil), delegationFilters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := delegationOrders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Delegation.Query().Where(where)
	if m := name.MeetingOf(req.GetParent()); m != name.Wildcard {
		q.Where(entdelegation.MeetingID(m))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListDelegations", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Delegation, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
			return nil, err
		}
	}
	out := &placardv1.ListDelegationsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Delegations = append(out.Delegations, delegationFromRow(row))
	}
	return out, nil
}

// revisionFilters are the fields of a filter over revisions.
func revisionFilters() filter.Fields {
	return filter.Fields{
		"state":         {Column: revision.FieldState, Enum: placardv1.DelegationRevision_State(0).Descriptor()},
		"late":          {Column: revision.FieldLate, Bool: true},
		"self_accepted": {Column: revision.FieldSelfAccepted, Bool: true},
		"channel":       {Column: revision.FieldChannel, Enum: placardv1.Channel(0).Descriptor()},
	}
}

func revisionsByNumber(descending bool) page.Keyset[*db.Revision] {
	return page.Keyset[*db.Revision]{
		Columns:    []string{revision.FieldNumber},
		Descending: descending,
		Key:        func(r *db.Revision) []any { return []any{r.Number} },
	}
}

var revisionOrders = page.Orders[*db.Revision]{
	Unset: revisionsByNumber(true),
	Named: map[string]page.Keyset[*db.Revision]{"number": revisionsByNumber(false)},
}

// ListDelegationRevisions answers a page, the newest first unless the oldest is
// asked for first.
func (s *Service) ListDelegationRevisions(ctx context.Context, req *placardv1.ListDelegationRevisionsRequest) (*placardv1.ListDelegationRevisionsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.DelegationRevision)(nil), revisionFilters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := revisionOrders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	row, err := s.row(ctx, req.GetParent())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Revision.Query().Where(revision.DelegationID(row.ID), where)
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListDelegationRevisions", req.GetParent(), req.GetFilter()},
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

// participantFilters are the fields of a filter over participants, who are
// searched by name among those of an area.
func participantFilters(in area) filter.Fields {
	return filter.Fields{
		"entity":       {Column: participantversion.FieldEntityID, Resource: "entities", Narrow: true},
		"role":         {Column: participantversion.FieldRole, Enum: placardv1.Participant_Role(0).Descriptor()},
		"modality":     {Column: participantversion.FieldModality, Enum: placardv1.Participant_Modality(0).Descriptor()},
		"language":     {Column: participantversion.FieldLanguage},
		"email":        {Column: participantversion.FieldEmail, Narrow: true, Sparse: true},
		"external_id":  {Column: participantversion.FieldExternalID, Narrow: true, Sparse: true},
		"display_name": {Words: in.search, Apart: in.entity == ""},
	}
}

// area is how far a list of participants reaches.
type area struct {
	// meeting and entity are those that the list is of, "" for all.
	meeting, entity string
	// bound says that the caller is bound to some meetings.
	bound bool
	// placed is the column that tells who stands in the composition that is read.
	placed string
}

// areaOf is how far a list reaches for a caller.
func areaOf(p access.Principal, parent string) area {
	a := area{meeting: name.MeetingOf(parent), entity: name.EntityOf(parent), bound: !p.Unbound()}
	if a.meeting == name.Wildcard {
		a.meeting = ""
	}
	if a.entity == name.Wildcard {
		a.entity = p.Scope().Entity
	}
	return a
}

// takes refuses a filter that would have the server look for a few rows among
// those of all meetings and entities.
func (a area) takes(f filter.Filter, text string) error {
	if a.meeting != "" || a.entity != "" || a.bound || strings.TrimSpace(text) == "" || f.Narrow() {
		return nil
	}
	return fault.Invalid(fault.Violation{
		Field: "filter", Reason: "FILTER_TOO_WIDE",
		Message: "asks this of all meetings and entities: name one in the parent, or add with AND one of entity =, email =," +
			" external_id =, or display_name : with a word of three letters",
	})
}

// personKeys sort by what never changes of a participant, so that whoever is
// there throughout is on one page, whatever is written meanwhile.
var personKeys = page.Keyset[*db.ParticipantVersion]{
	Columns: []string{participantversion.FieldMeetingID, participantversion.FieldEntityID, participantversion.FieldParticipantID},
	Key:     func(v *db.ParticipantVersion) []any { return []any{v.MeetingID, v.EntityID, v.ParticipantID} },
}

// orders are the orders of a list, protocol order where it is of one delegation
// and none is asked for. The persons of one entity, and those of a narrow filter,
// are sorted.
func (a area) orders(unset page.Keyset[*db.ParticipantVersion], narrow bool) page.Orders[*db.ParticipantVersion] {
	few := a.entity != "" || narrow
	return page.Orders[*db.ParticipantVersion]{Unset: unset, Named: map[string]page.Keyset[*db.ParticipantVersion]{
		"name": personKeys,
		"display_name": {
			Sorted:  few,
			Columns: []string{participantversion.FieldSearchKey, participantversion.FieldParticipantID},
			Key:     func(v *db.ParticipantVersion) []any { return []any{v.SearchKey, v.ParticipantID} },
		},
		"create_time": {
			Sorted:  few,
			Columns: []string{participantversion.FieldPersonCreateTime, participantversion.FieldParticipantID},
			Key:     func(v *db.ParticipantVersion) []any { return []any{v.PersonCreateTime, v.ParticipantID} },
		},
	}}
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
	in := areaOf(access.From(ctx), req.GetParent())
	in.placed = participantversion.FieldLatestOrder
	if view == placardv1.CompositionView_ACCEPTED {
		in.placed = participantversion.FieldAcceptedOrder
	}
	where, err := filter.Read(ctx, (*placardv1.Participant)(nil), participantFilters(in), req.GetFilter())
	if err != nil {
		return nil, err
	}
	if err := in.takes(where, req.GetFilter()); err != nil {
		return nil, err
	}
	q := s.store.Client().ParticipantVersion.Query().Where(where.Where, placedIn(in.placed))
	meeting, entity := name.MeetingOf(req.GetParent()), name.EntityOf(req.GetParent())
	if meeting != name.Wildcard {
		q.Where(participantversion.MeetingID(meeting))
	}
	if entity != name.Wildcard {
		q.Where(participantversion.EntityID(entity))
	}
	unset := personKeys
	if meeting != name.Wildcard && entity != name.Wildcard {
		unset = protocolKeys(in.placed)
	}
	keys, err := in.orders(unset, where.Narrow()).By(req.GetOrderBy())
	if err != nil {
		return nil, err
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
		out.Participants = append(out.Participants, participantFor(access.From(ctx), v, view))
	}
	return out, nil
}

// seesDelegation is store.SeesMeeting for a delegation.
func (s *Service) seesDelegation(ctx context.Context, parent string) error {
	if name.EntityOf(parent) == name.Wildcard || name.MeetingOf(parent) == name.Wildcard {
		return store.SeesMeeting(ctx, s.store.Client(), parent)
	}
	_, err := s.row(ctx, parent)
	return err
}
