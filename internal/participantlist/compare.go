package participantlist

import (
	"context"
	"fmt"
	"strconv"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

// CompareParticipantLists implements ParticipantListService.
func (s *Service) CompareParticipantLists(
	ctx context.Context, req *placardv1.CompareParticipantListsRequest,
) (*placardv1.ParticipantListDifference, error) {
	base, later, err := s.both(ctx, req)
	if err != nil {
		return nil, err
	}
	differences, err := s.differences(ctx, base, later, asTheyAre, maxPersons)
	if err != nil {
		return nil, err
	}
	out := &placardv1.ParticipantListDifference{
		Name: req.GetName(), BaseSequence: base.sequence, Sequence: later.sequence, Language: later.language,
	}
	for _, d := range differences {
		out.Delegations = append(out.Delegations, delegationFromDifference(d))
	}
	return out, nil
}

// compared is a request that names two lists: an edition, and another one or the
// list as it is now.
type compared interface {
	GetName() string
	GetLanguage() string
	GetBaseSequence() int64
	GetSequence() int64
}

// both begins two lists. The list as it is now is of the kind of the base. The
// other languages that the caller accepts do not count, so that no entity seems
// to have another name.
func (s *Service) both(ctx context.Context, req compared) (base, later listing, err error) {
	a := askedBy(ctx, req)
	a.accept = nil
	a.number = req.GetBaseSequence()
	if base, err = s.list(ctx, a); err != nil {
		return base, later, err
	}
	a.number, a.provisional = req.GetSequence(), base.outline.provisional
	later, err = s.list(ctx, a)
	return base, later, err
}

// differences compares two lists, as a view shows their persons, and refuses more
// persons that differ than the limit. Delegations that show the same revision are
// not read; the others are, in batches.
func (s *Service) differences(ctx context.Context, base, later listing, view view, limit int) ([]difference, error) {
	var out []difference
	count := 0
	for batch := range batches(pairs(base.parts, later.parts, later.language), batchSize) {
		before, err := s.read(ctx, base.meeting, batch, func(p pair) *delegation { return p.before })
		if err != nil {
			return nil, err
		}
		after, err := s.read(ctx, later.meeting, batch, func(p pair) *delegation { return p.after })
		if err != nil {
			return nil, err
		}
		for _, p := range batch {
			entity := p.shown().entity
			d := difference{pair: p, changes: compare(view(before[entity]), view(after[entity]))}
			if d.nothing() {
				continue
			}
			if count += d.persons(); count > limit {
				return nil, fault.Precondition("DIFFERENCE_TOO_LARGE",
					fmt.Sprintf("more than %d persons differ: compare with an edition in between", limit),
					"limit", strconv.Itoa(limit))
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// read reads the persons of the delegations of pairs on one of the two lists, by
// entity.
func (s *Service) read(
	ctx context.Context, meeting string, batch []pair, side func(pair) *delegation,
) (map[string][]*placardv1.ParticipantList_Person, error) {
	var delegations []delegation
	for _, p := range batch {
		if d := side(p); d != nil {
			delegations = append(delegations, *d)
		}
	}
	persons, err := readPersons(ctx, s.store, meeting, delegations)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]*placardv1.ParticipantList_Person, len(delegations))
	for i, d := range delegations {
		out[d.entity] = persons[i]
	}
	return out, nil
}
