package delegation

import (
	"context"
	"fmt"
	"strconv"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// GetDelegationRevision answers one revision with its composition.
func (s *Service) GetDelegationRevision(ctx context.Context, req *placardv1.GetDelegationRevisionRequest) (*placardv1.DelegationRevision, error) {
	number, err := numberOf(req.GetName())
	if err != nil {
		return nil, err
	}
	revisions, err := s.revisions(ctx, req.GetName(), number)
	if err != nil {
		return nil, err
	}
	versions, err := s.members(ctx, revisions[number])
	if err != nil {
		return nil, err
	}
	newest, err := s.newest(ctx, versions)
	if err != nil {
		return nil, err
	}
	out := revisionFromRow(revisions[number])
	for i, v := range versions {
		p := participantFromVersion(v, placardv1.CompositionView_LATEST)
		p.Order = int32(i + 1)
		if n, ok := newest[v.ParticipantID]; ok {
			p.State = stateOf(n)
		}
		out.Participants = append(out.Participants, p)
	}
	return out, s.showReplaced(ctx, out.GetParticipants())
}

// DiffDelegationRevision compares a revision with another one, or with the one
// before it; the first one with nobody.
func (s *Service) DiffDelegationRevision(ctx context.Context, req *placardv1.DiffDelegationRevisionRequest) (*placardv1.CompositionDifference, error) {
	number, err := numberOf(req.GetName())
	if err != nil {
		return nil, err
	}
	numbers, base := []int32{number}, req.GetBase()
	if base == 0 {
		base = number - 1
	}
	if base > 0 {
		numbers = append(numbers, base)
	}
	revisions, err := s.revisions(ctx, req.GetName(), numbers...)
	if err != nil {
		return nil, err
	}
	var before Composition
	if base > 0 {
		if before, err = s.composition(ctx, revisions[base]); err != nil {
			return nil, err
		}
	}
	after, err := s.composition(ctx, revisions[number])
	if err != nil {
		return nil, err
	}
	delegation, diff := parentOfRevision(req.GetName()), Compare(before, after)
	waits := revisions[number].State == placardv1.DelegationRevision_SUBMITTED.String()
	if waits {
		row, err := s.row(ctx, delegation)
		if err != nil {
			return nil, err
		}
		markWithheld(diff, row, revisions[number])
	}
	return differenceFromCompare(delegation, diff, waits), nil
}

// revisions reads revisions of the delegation that a revision's name names, by
// number. All of them are there.
func (s *Service) revisions(ctx context.Context, of string, numbers ...int32) (map[int32]*db.Revision, error) {
	meeting, entity := name.MeetingOf(of), name.EntityOf(of)
	rows, err := s.store.Client().Revision.Query().Where(
		revision.MeetingID(meeting), revision.EntityID(entity), revision.NumberIn(numbers...),
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	found := make(map[int32]*db.Revision, len(rows))
	for _, r := range rows {
		found[r.Number] = r
	}
	for _, n := range numbers {
		if found[n] == nil {
			return nil, fault.NotFound(name.Revision(meeting, entity, n))
		}
	}
	return found, nil
}

// members reads the versions in a revision, in protocol order.
func (s *Service) members(ctx context.Context, r *db.Revision) ([]*db.ParticipantVersion, error) {
	rows, err := s.store.Client().ParticipantVersion.Query().Where(participantversion.IDIn(r.Members...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read composition: %w", err)
	}
	found := make(map[int64]*db.ParticipantVersion, len(rows))
	for _, v := range rows {
		found[v.ID] = v
	}
	out := make([]*db.ParticipantVersion, 0, len(rows))
	for _, id := range r.Members {
		if v, ok := found[id]; ok {
			out = append(out, v)
		}
	}
	return out, nil
}

// newest reads the newest versions of those of whom a version is older, by
// participant.
func (s *Service) newest(ctx context.Context, versions []*db.ParticipantVersion) (map[string]*db.ParticipantVersion, error) {
	var ids []string
	for _, v := range versions {
		if !v.Newest {
			ids = append(ids, v.ParticipantID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.store.Client().ParticipantVersion.Query().Where(
		participantversion.DelegationID(versions[0].DelegationID),
		participantversion.ParticipantIDIn(ids...), participantversion.Newest(true),
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	out := make(map[string]*db.ParticipantVersion, len(rows))
	for _, v := range rows {
		out[v.ParticipantID] = v
	}
	return out, nil
}

// CopyDelegation answers the composition of an earlier meeting as a draft. It
// writes nothing.
func (s *Service) CopyDelegation(ctx context.Context, req *placardv1.CopyDelegationRequest) (*placardv1.CopyDelegationResponse, error) {
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetName()); err != nil {
		return nil, err
	}
	if name.EntityOf(req.GetName()) != name.EntityOf(req.GetSource()) {
		return nil, fault.Invalid(fault.Violation{
			Field: "source", Reason: "OTHER_ENTITY", Message: "is the delegation of another entity",
		})
	}
	source, err := s.row(ctx, req.GetSource())
	if err != nil {
		return nil, err
	}
	versions, err := s.store.Client().ParticipantVersion.Query().Where(
		participantversion.DelegationID(source.ID), placedIn(participantversion.FieldLatestOrder),
	).Order(participantversion.ByLatestOrder()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read composition: %w", err)
	}
	out := &placardv1.CopyDelegationResponse{}
	for _, v := range versions {
		out.Participants = append(out.Participants, draftFromVersion(v))
	}
	return out, nil
}

func numberOf(revision string) (int32, error) {
	n, err := strconv.ParseInt(name.Last(revision), 10, 32)
	if err != nil {
		return 0, fault.NotFound(revision)
	}
	return int32(n), nil
}

func parentOfRevision(revision string) string {
	return name.Delegation(name.MeetingOf(revision), name.EntityOf(revision))
}
