// Package scope says which rows a caller may reach. The schema adds it to
// every query, update and delete of a table that belongs to a mission or a
// meeting, so that no service can forget it.
package scope

import (
	"context"
	"errors"
	"slices"
)

// Scope is what a caller may reach. The zero value reaches nothing.
type Scope struct {
	// All reaches every row: the administrator and the system itself.
	All bool
	// AnyMeeting reaches the rows of every meeting, where Meetings is empty.
	AnyMeeting bool
	// Meetings are the ids of the meetings that the caller is bound to.
	Meetings []string
	// Entity is the code of the entity that the caller is bound to, if any.
	Entity string
	// Participant is the id of the participant that the caller is, if it is one: of
	// the delegation of Entity it reaches nobody else.
	Participant string
	// Drafts reaches meetings and invitations that are still being prepared.
	Drafts bool
	// InForce reaches of the delegations only what was accepted.
	InForce bool
	// KeyRoles are the roles whose keys the caller may see and make.
	KeyRoles []string
}

// System is the scope of work that the server does by itself.
func System() Scope { return Scope{All: true} }

// ErrNone is answered by every query whose context has no scope: a mistake in
// the program, never a caller's.
var ErrNone = errors.New("query without a scope")

// ErrOutside is answered by a write of a row outside the scope.
var ErrOutside = errors.New("write outside the caller's scope")

type key struct{}

// With puts a scope into the context.
func With(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, key{}, s)
}

// From takes the scope out of the context, or answers ErrNone.
func From(ctx context.Context) (Scope, error) {
	s, ok := ctx.Value(key{}).(Scope)
	if !ok {
		return Scope{}, ErrNone
	}
	return s, nil
}

// Meeting tells whether a meeting is among those that the caller is bound to.
func (s Scope) Meeting(id string) bool {
	return s.All || (s.AnyMeeting && len(s.Meetings) == 0) || slices.Contains(s.Meetings, id)
}

// Is tells whether what belongs to a participant is within the binding to one.
func (s Scope) Is(participant string) bool {
	return s.All || s.Participant == "" || s.Participant == participant
}

// Of tells whether rows of an entity are within the binding to one.
func (s Scope) Of(entity string) bool {
	return s.All || s.Entity == "" || s.Entity == entity
}
