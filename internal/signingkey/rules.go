package signingkey

import (
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
)

// retired is what becomes of the active key when another takes its place.
func retired(row *db.SigningKey, now time.Time) *db.SigningKey {
	return become(row, placardv1.SigningKey_RETIRED, now)
}

// revoked is what becomes of a key whose private part others know. A key that
// was active signs no more from then on either.
func revoked(row *db.SigningKey, now time.Time) (*db.SigningKey, error) {
	if stateOf(row) == placardv1.SigningKey_REVOKED {
		return nil, fault.Precondition("SIGNING_KEY_REVOKED", "the signing key is revoked already")
	}
	next := become(row, placardv1.SigningKey_REVOKED, now)
	next.RevokeTime = &now
	return next, nil
}

// become is a key in another state, which is not ACTIVE.
func become(row *db.SigningKey, state placardv1.SigningKey_State, now time.Time) *db.SigningKey {
	next := *row
	next.State = state.String()
	if next.RetireTime == nil {
		next.RetireTime = &now
	}
	next.UpdateTime = now
	next.Revision++
	return &next
}
