package delegation

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// BatchGetDelegations answers several delegations, or none if one is missing.
func (s *Service) BatchGetDelegations(ctx context.Context, req *placardv1.BatchGetDelegationsRequest) (*placardv1.BatchGetDelegationsResponse, error) {
	if err := lieIn(req.GetParent(), req.GetNames()); err != nil {
		return nil, err
	}
	var each []predicate.Delegation
	for _, n := range req.GetNames() {
		each = append(each, entdelegation.And(rowOf(n)...))
	}
	rows, err := s.store.Client().Delegation.Query().Where(entdelegation.Or(each...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	found := make(map[string]*db.Delegation, len(rows))
	for _, row := range rows {
		found[name.Delegation(row.MeetingID, row.EntityID)] = row
	}
	out := &placardv1.BatchGetDelegationsResponse{}
	for _, n := range req.GetNames() {
		row, ok := found[n]
		if !ok {
			return nil, fault.NotFound(n)
		}
		out.Delegations = append(out.Delegations, delegationFromRow(row))
	}
	return out, nil
}

// BatchGetParticipants answers several participants, or none if one is missing.
func (s *Service) BatchGetParticipants(ctx context.Context, req *placardv1.BatchGetParticipantsRequest) (*placardv1.BatchGetParticipantsResponse, error) {
	if err := lieIn(req.GetParent(), req.GetNames()); err != nil {
		return nil, err
	}
	view, err := viewOf(access.From(ctx), req.GetView())
	if err != nil {
		return nil, err
	}
	var ids, meetings, entities []string
	for _, n := range req.GetNames() {
		ids, meetings, entities = append(ids, name.Last(n)), append(meetings, name.MeetingOf(n)), append(entities, name.EntityOf(n))
	}
	// Meetings and entities are in the names anyway: by them the index is found.
	versions, err := s.store.Client().ParticipantVersion.Query().Where(
		participantversion.MeetingIDIn(meetings...), participantversion.EntityIDIn(entities...),
		participantversion.ParticipantIDIn(ids...), seenIn(view),
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	found := make(map[string]*db.ParticipantVersion, len(versions))
	for _, v := range versions {
		found[name.Participant(v.MeetingID, v.EntityID, v.ParticipantID)] = v
	}
	out := &placardv1.BatchGetParticipantsResponse{}
	for _, n := range req.GetNames() {
		v, ok := found[n]
		if !ok {
			return nil, fault.NotFound(n)
		}
		out.Participants = append(out.Participants, participantFor(access.From(ctx), v, view))
	}
	return out, s.showReplaced(ctx, out.GetParticipants())
}

// seenIn is the version of a participant that a view shows: the one in force,
// or the newest, withdrawn or not.
func seenIn(view placardv1.CompositionView) predicate.ParticipantVersion {
	if view == placardv1.CompositionView_ACCEPTED {
		return placedIn(participantversion.FieldAcceptedOrder)
	}
	return participantversion.Newest(true)
}

// placedIn keeps the versions that stand in one of the two compositions. The 0
// is part of the statement, not an argument: so both engines see that the
// partial index of that composition holds all of them.
func placedIn(order string) predicate.ParticipantVersion {
	return func(s *sql.Selector) { s.Where(sql.ExprP(s.C(order) + " > 0")) }
}

// lieIn refuses names of a batch that do not lie in its parent (AIP-231).
func lieIn(parent string, names []string) error {
	var violations []fault.Violation
	for i, n := range names {
		for _, collection := range []string{"meetings", "delegations"} {
			want := name.Part(parent, collection)
			if want != "" && want != name.Wildcard && want != name.Part(n, collection) {
				violations = append(violations, fault.Violation{
					Field: fmt.Sprintf("names[%d]", i), Reason: "PARENT_MISMATCH",
					Message: "does not lie in " + strings.TrimSuffix(parent, "/delegations/-"),
				})
				break
			}
		}
	}
	return fault.Invalid(violations...)
}
