package mixin

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	entmixin "entgo.io/ent/schema/mixin"

	"github.com/un-placard/placard/ent/db/intercept"
	"github.com/un-placard/placard/ent/scope"
)

// Scoped narrows every query, update and delete of a table to the scope of the
// caller, and refuses rows outside of it. A context without a scope fails.
type Scoped struct {
	entmixin.Schema
	// Narrow adds the conditions of a scope that does not reach everything.
	Narrow func(scope.Scope, *sql.Selector)
}

// Interceptors of the mixin.
func (m Scoped) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{
		intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
			s, err := scope.From(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", q.Type(), err)
			}
			if !s.All {
				q.WhereP(func(sel *sql.Selector) { m.Narrow(s, sel) })
			}
			return nil
		}),
	}
}

// Hooks of the mixin.
func (m Scoped) Hooks() []ent.Hook {
	return []ent.Hook{
		func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, mut ent.Mutation) (ent.Value, error) {
				s, err := scope.From(ctx)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", mut.Type(), err)
				}
				if s.All {
					return next.Mutate(ctx, mut)
				}
				if mut.Op().Is(ent.OpCreate) {
					if v, ok := mut.Field("meeting_id"); ok && !s.Meeting(v.(string)) && v != "" {
						return nil, fmt.Errorf("%s: %w", mut.Type(), scope.ErrOutside)
					}
					if v, ok := mut.Field("entity_id"); ok && !s.Of(v.(string)) && v != "" {
						return nil, fmt.Errorf("%s: %w", mut.Type(), scope.ErrOutside)
					}
					if !s.Is(participantOf(mut)) {
						return nil, fmt.Errorf("%s: %w", mut.Type(), scope.ErrOutside)
					}
					return next.Mutate(ctx, mut)
				}
				w, ok := mut.(interface {
					WhereP(...func(*sql.Selector))
				})
				if !ok {
					return nil, fmt.Errorf("%s: cannot narrow %s: %w", mut.Type(), mut.Op(), scope.ErrOutside)
				}
				w.WhereP(func(sel *sql.Selector) {
					m.Narrow(s, sel)
					// ent takes a condition of UpdateOne for granted here.
					if sel.P() == nil {
						sel.Where(sql.ExprP("1 = 1"))
					}
				})
				return next.Mutate(ctx, mut)
			})
		},
	}
}

// participantOf is the participant to whom a new row belongs, by its own column or
// because it has the participant's id; "" for none.
func participantOf(mut ent.Mutation) string {
	if v, ok := mut.Field("participant_id"); ok {
		id, _ := v.(string)
		return id
	}
	if row, ok := mut.(interface{ ID() (string, bool) }); ok {
		id, _ := row.ID()
		return id
	}
	return ""
}

// InMeetings narrows to the meetings that the caller is bound to, by the
// column that holds the meeting's id.
func InMeetings(s scope.Scope, sel *sql.Selector, column string) {
	switch {
	case len(s.Meetings) > 0:
		ids := make([]any, len(s.Meetings))
		for i, id := range s.Meetings {
			ids[i] = id
		}
		sel.Where(sql.In(sel.C(column), ids...))
	case !s.AnyMeeting:
		sel.Where(sql.False())
	}
}

// OfEntity narrows to the entity that the caller is bound to.
func OfEntity(s scope.Scope, sel *sql.Selector) {
	if s.Entity != "" {
		sel.Where(sql.EQ(sel.C("entity_id"), s.Entity))
	}
}

// OfParticipant narrows to the participant that the caller is, by the column that
// holds the participant's id.
func OfParticipant(s scope.Scope, sel *sql.Selector, column string) {
	if s.Participant != "" {
		sel.Where(sql.EQ(sel.C(column), s.Participant))
	}
}

// NotAlone narrows to nothing where the caller is one participant: the rows are of
// a whole delegation or of a whole meeting.
func NotAlone(s scope.Scope, sel *sql.Selector) {
	if s.Participant != "" {
		sel.Where(sql.False())
	}
}
