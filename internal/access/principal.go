// Package access says who calls and what the contract lets them do. The
// contract's own options are the rules; the interceptors here are the one
// place that applies them.
package access

import (
	"context"
	"slices"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/scope"
	"github.com/un-placard/placard/internal/name"
)

// Role is the role of a caller.
type Role = placardv1.Access_Role

// Principal is whoever calls.
type Principal struct {
	// Role of the caller.
	Role Role
	// Entity is the code of a mission's entity.
	Entity string
	// Meetings are the ids of the meetings that the caller is bound to; none
	// means all.
	Meetings []string
	// Participant is the id of the participant whom a link stands for, a member of
	// the delegation of Entity to the one meeting in Meetings.
	Participant string
	// Account is the service account: `accounts/mailing`. Empty for a mission.
	Account string
	// Key is the id of the key, empty for the system.
	Key string
	// Expire is when the key stops working; zero: never.
	Expire time.Time
	// system marks the server itself.
	system bool
}

// System is the server itself, for jobs, commands and start-up.
func System() Principal { return Principal{Role: placardv1.Access_ADMIN, system: true} }

// Name is as whom the caller acts: `entities/AUT`, `accounts/mailing`, the name of
// a participant, `system`. It survives a change of key.
func (p Principal) Name() string {
	switch {
	case p.system:
		return "system"
	case p.Role == placardv1.Access_MISSION:
		return name.Entity(p.Entity)
	case p.Role == placardv1.Access_LINK && len(p.Meetings) == 1:
		return name.Participant(p.Meetings[0], p.Entity, p.Participant)
	default:
		return p.Account
	}
}

// Secretariat tells whether the caller decides for the Secretariat.
func (p Principal) Secretariat() bool {
	return p.Role == placardv1.Access_ADMIN || p.Role == placardv1.Access_SECRETARIAT
}

// Unbound tells whether the caller may reach every meeting.
func (p Principal) Unbound() bool { return len(p.Meetings) == 0 }

// SeesLatest tells whether the caller sees compositions that are not accepted.
func (p Principal) SeesLatest() bool {
	return p.Secretariat() || p.Role == placardv1.Access_MISSION
}

// Scope is which rows the caller may reach (see ACCESS.md).
func (p Principal) Scope() scope.Scope {
	s := scope.Scope{AnyMeeting: true, Meetings: p.Meetings}
	switch p.Role {
	case placardv1.Access_ADMIN:
		if p.Unbound() {
			return scope.Scope{All: true}
		}
		s.Drafts = true // long work for one meeting; no key of an administrator is bound
	case placardv1.Access_SECRETARIAT:
		s.Drafts = true
		s.KeyRoles = []string{"SECRETARIAT", "PASS_OFFICE", "GATE", "READER"}
		if p.Unbound() {
			s.KeyRoles = append(s.KeyRoles, "MISSION")
		}
	case placardv1.Access_MISSION:
		s.Entity = p.Entity
		s.KeyRoles = []string{"MISSION"}
	case placardv1.Access_PASS_OFFICE, placardv1.Access_GATE, placardv1.Access_READER:
		s.InForce = true
	case placardv1.Access_LINK:
		if len(p.Meetings) != 1 || p.Entity == "" || p.Participant == "" {
			return scope.Scope{}
		}
		s.Entity, s.Participant, s.InForce = p.Entity, p.Participant, true
	default:
		return scope.Scope{}
	}
	return s
}

// Grants tells whether the caller may make, see and revoke a key that is bound
// as given: nobody grants more than it has.
func (p Principal) Grants(role Role, entity string, meetings []string) bool {
	if p.Role == placardv1.Access_ADMIN {
		return true
	}
	s := p.Scope()
	if !slices.Contains(s.KeyRoles, role.String()) {
		return false
	}
	if p.Role == placardv1.Access_MISSION {
		return entity == p.Entity
	}
	if p.Unbound() {
		return true
	}
	for _, m := range meetings {
		if !slices.Contains(p.Meetings, m) {
			return false
		}
	}
	return len(meetings) > 0
}

type principalKey struct{}

// With puts the caller and its scope into the context.
func With(ctx context.Context, p Principal) context.Context {
	return scope.With(context.WithValue(ctx, principalKey{}, p), p.Scope())
}

// From takes the caller out of the context. Where there is none, the answer
// is the zero Principal, which may do nothing.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// AsSystem makes the context one of the server itself. It is for what a caller
// causes without reaching it: a count behind a rule, the use of a key.
func AsSystem(ctx context.Context) context.Context { return With(ctx, System()) }
