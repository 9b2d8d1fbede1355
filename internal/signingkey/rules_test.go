package signingkey

import (
	"testing"
	"time"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
)

func TestStates(t *testing.T) {
	earlier := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := earlier.Add(time.Hour)
	for name, c := range map[string]struct {
		row                    *db.SigningKey
		revoke                 bool
		state                  string
		retireTime, revokeTime *time.Time
	}{
		"active, retired":  {&db.SigningKey{State: "ACTIVE"}, false, "RETIRED", &now, nil},
		"active, revoked":  {&db.SigningKey{State: "ACTIVE"}, true, "REVOKED", &now, &now},
		"retired, revoked": {&db.SigningKey{State: "RETIRED", RetireTime: &earlier}, true, "REVOKED", &earlier, &now},
	} {
		before := *c.row
		got, err := retired(c.row, now), error(nil)
		if c.revoke {
			got, err = revoked(c.row, now)
		}
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }
		if got.State != c.state || !same(got.RetireTime, c.retireTime) || !same(got.RevokeTime, c.revokeTime) ||
			got.Revision != before.Revision+1 || !got.UpdateTime.Equal(now) {
			t.Errorf("%s: %v", name, got)
		}
		if c.row.State != before.State || c.row.RetireTime != before.RetireTime {
			t.Errorf("%s: the row was changed too", name)
		}
	}
	_, err := revoked(&db.SigningKey{State: "REVOKED"}, now)
	if f, ok := fault.As(err); !ok || f.Reason != "SIGNING_KEY_REVOKED" {
		t.Errorf("revoked again: %v", err)
	}
}
