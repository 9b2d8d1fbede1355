package key

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// binding is what a key may do, and as whom.
type binding struct {
	role     access.Role
	entity   string
	meetings []string
	account  string
}

// bindingOf reads the binding of a wanted key, with the account that it gets
// where it names none.
func bindingOf(k *placardv1.Key) binding {
	b := binding{role: k.GetRole(), account: k.GetAccount()}
	if k.GetEntity() != "" {
		b.entity = name.EntityOf(k.GetEntity())
	}
	for _, m := range k.GetMeetings() {
		b.meetings = append(b.meetings, name.MeetingOf(m))
	}
	if b.account == "" && b.role != placardv1.Access_MISSION {
		b.account = defaultAccount(b.role)
	}
	return b
}

// defaultAccount is the account named for a role: `accounts/pass-office`.
func defaultAccount(r access.Role) string {
	return "accounts/" + strings.ReplaceAll(strings.ToLower(r.String()), "_", "-")
}

// check answers what is wrong with a wanted key, beyond what the contract's
// own rules say of single fields.
func check(k *placardv1.Key, now time.Time) []fault.Violation {
	var out []fault.Violation
	add := func(field, reason, message string) {
		out = append(out, fault.Violation{Field: "key." + field, Reason: reason, Message: message})
	}
	role := k.GetRole()
	mission := role == placardv1.Access_MISSION
	switch {
	case mission && k.GetEntity() == "":
		add("entity", "ENTITY_REQUIRED", "is needed for a key of the role MISSION")
	case !mission && k.GetEntity() != "":
		add("entity", "ENTITY_NOT_FOR_ROLE", "is only for a key of the role MISSION")
	}
	if len(k.GetMeetings()) > 0 && (mission || role == placardv1.Access_ADMIN) {
		add("meetings", "MEETINGS_NOT_FOR_ROLE", "is not for a key of the role ADMIN or MISSION")
	}
	if mission && k.GetAccount() != "" {
		add("account", "ACCOUNT_NOT_FOR_ROLE", "is not for a key of the role MISSION, which acts as its entity")
	}
	if t := k.GetExpireTime(); t != nil {
		switch {
		case t.CheckValid() != nil:
			add("expire_time", "EXPIRE_TIME_INVALID", "is not a time between the years 1 and 9999")
		case !t.AsTime().After(now):
			add("expire_time", "EXPIRE_TIME_PAST", "must be in the future")
		}
	}
	return out
}

// checkAccount answers what is wrong with the account of a wanted key. The
// account is the principal of the change log and of request ids, so it stands
// for one role for ever, also after its keys were revoked, and only who could
// have made all its keys adds one.
func checkAccount(caller access.Principal, wanted binding, others []binding) []fault.Violation {
	for role := range placardv1.Access_Role_name {
		r := access.Role(role)
		if r != wanted.role && wanted.account == defaultAccount(r) {
			return []fault.Violation{otherRole()}
		}
	}
	for _, o := range others {
		if o.role != wanted.role {
			return []fault.Violation{otherRole()}
		}
		if !caller.Grants(o.role, o.entity, o.meetings) {
			return []fault.Violation{{
				Field: "key.account", Reason: "ACCOUNT_TAKEN",
				Message: "has keys that may do more than the caller: name another account",
			}}
		}
	}
	return nil
}

func otherRole() fault.Violation {
	return fault.Violation{
		Field: "key.account", Reason: "ACCOUNT_ROLE",
		Message: "is the account of another role: name another account",
	}
}

// errExceeds answers a wish for a key that may do more than the caller.
func errExceeds() error {
	return fault.Denied("KEY_EXCEEDS_CALLER", "the key may do more than the caller")
}

// admit tells whether a key that the caller holds still works.
func admit(revoked bool, expire, now time.Time) error {
	switch {
	case revoked:
		return fault.New(codes.Unauthenticated, "KEY_REVOKED", "the key was revoked")
	case !expire.IsZero() && !now.Before(expire):
		return fault.New(codes.Unauthenticated, "KEY_EXPIRED", "the key has expired")
	}
	return nil
}

func errUnauthenticated(message string) error {
	return fault.New(codes.Unauthenticated, "UNAUTHENTICATED", message)
}
