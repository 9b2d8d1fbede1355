package entity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// Outcome is what an import does with one entity.
type Outcome struct {
	// Name of the entity.
	Name string
	// Created says that it is new.
	Created bool
	// Paths are the fields that change, in lowerCamelCase; none of one that
	// stays as it is.
	Paths []string
}

// Import writes many entities, known by their codes: those that are not in the
// register are added, of the others the fields of the mask change. It is all or
// nothing, by the rules of CreateEntity and UpdateEntity; what is wrong is
// answered at once, with fields such as `entities[3].alpha2_code`. A dry run
// writes nothing and answers the same.
func (s *Service) Import(
	ctx context.Context, entities []*placardv1.Entity, mask *fieldmaskpb.FieldMask, dryRun bool,
) ([]Outcome, error) {
	if err := unbound(ctx); err != nil {
		return nil, err
	}
	if dryRun {
		_, out, err := s.planned(ctx, s.store.Client(), entities, mask)
		return out, err
	}
	var out []Outcome
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		var steps []step
		var err error
		if steps, out, err = s.planned(ctx, tx.Client, entities, mask); err != nil {
			return err
		}
		var missing []*placardv1.Entity
		for _, st := range steps {
			if st.row == nil {
				missing = append(missing, st.after)
				continue
			}
			if _, err := replace(ctx, tx, st.row, st.before, st.after, true); err != nil {
				return err
			}
		}
		_, err = insert(ctx, tx, missing, true)
		return err
	})
	return out, err
}

// step is one write of an import. A new entity has no row.
type step struct {
	row           *db.Entity
	before, after *placardv1.Entity
}

// planned answers what an import writes and says, or everything that is wrong.
func (s *Service) planned(
	ctx context.Context, client *db.Client, entities []*placardv1.Entity, mask *fieldmaskpb.FieldMask,
) ([]step, []Outcome, error) {
	there, err := read(ctx, client)
	if err != nil {
		return nil, nil, err
	}
	// Codes are compared in the register as it becomes: two may change theirs
	// for one another.
	became := maps.Clone(there.said)
	var steps []step
	var out []Outcome
	var wrong []fault.Violation
	after := make([]*placardv1.Entity, len(entities))
	first := map[string]int{}
	for i, e := range entities {
		if j, twice := first[e.GetCode()]; twice {
			wrong = append(wrong, fault.Violation{
				Field: field(i) + ".code", Reason: "DUPLICATE_ENTITY", Message: "is the same as " + field(j),
			})
			continue
		}
		first[e.GetCode()] = i
		row, before := there.rows[e.GetCode()], there.said[e.GetCode()]
		found, next, err := s.imported(i, before, e, mask)
		if err != nil {
			return nil, nil, err
		}
		wrong = append(wrong, found...)
		if next == nil {
			continue
		}
		after[i], became[e.GetCode()] = next, next
		o := Outcome{Name: next.GetName(), Created: row == nil}
		if row != nil {
			o.Paths = patch.Changed(before, next)
		}
		if o.Created || len(o.Paths) > 0 {
			steps = append(steps, step{row, before, next})
		}
		out = append(out, o)
	}
	taken := newCodes()
	for _, code := range slices.Sorted(maps.Keys(became)) {
		taken.add(code, became[code].GetAlpha2Code(), became[code].GetM49Code())
	}
	for i, e := range after {
		if e != nil {
			wrong = append(wrong, check(field(i), field(i)+".code", e, taken)...)
		}
	}
	if err := fault.Invalid(wrong...); err != nil {
		return nil, nil, err
	}
	return steps, out, nil
}

func field(i int) string { return fmt.Sprintf("entities[%d]", i) }

// imported answers what becomes of an entity by an import, or what the rules of
// the contract find wrong with that. `before` is nil for a new one.
func (s *Service) imported(
	i int, before, wish *placardv1.Entity, mask *fieldmaskpb.FieldMask,
) ([]fault.Violation, *placardv1.Entity, error) {
	if before == nil {
		e := proto.CloneOf(wish)
		e.Name = name.Entity(e.GetCode())
		e = complete(e)
		wrong, err := violationsOf(s.validator.Validate(&placardv1.CreateEntityRequest{Entity: e, EntityId: e.GetCode()}, ""))
		wrong = slices.DeleteFunc(wrong, func(v fault.Violation) bool { return v.Field == "entity.name" }) // made from the code
		for j, v := range wrong {
			if rest, ok := strings.CutPrefix(v.Field, "entity."); ok {
				wrong[j].Field = field(i) + "." + rest
			} else {
				wrong[j].Field = field(i) + ".code"
			}
		}
		return wrong, e, err
	}
	e, err := patch.Apply(field(i), before, wish, mask)
	if err != nil {
		wrong, err := violationsOf(err)
		return wrong, nil, err
	}
	e = complete(e)
	wrong, err := violationsOf(s.validator.Validate(e, field(i)))
	return wrong, e, err
}
