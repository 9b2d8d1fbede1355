package change

import (
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
)

func TestResume(t *testing.T) {
	end := position{Sequence: 10, Epoch: "now"}
	for _, test := range []struct {
		name      string
		from      *position
		want      int64
		restarted bool
	}{
		{name: "the beginning"},
		{name: "in the middle", from: &position{Sequence: 4, Epoch: "now"}, want: 4},
		{name: "at the end", from: &position{Sequence: 10, Epoch: "now"}, want: 10},
		{name: "past the end", from: &position{Sequence: 11, Epoch: "now"}, restarted: true},
		{name: "another life", from: &position{Sequence: 4, Epoch: "before"}, restarted: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := resume(test.from, end)
			f, _ := fault.As(err)
			if restarted := f != nil && f.Reason == "FEED_RESTARTED"; restarted != test.restarted {
				t.Fatal(err)
			}
			if got.Sequence != test.want {
				t.Errorf("goes on from %d, want %d", got.Sequence, test.want)
			}
		})
	}
}

func TestShownPrincipal(t *testing.T) {
	admin := access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}
	mission := access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}
	office := access.Principal{Role: placardv1.Access_PASS_OFFICE, Account: "accounts/pass-office"}
	for _, test := range []struct {
		caller          access.Principal
		principal, want string
	}{
		{admin, "accounts/mailing", "accounts/mailing"},
		{admin, "entities/AUT", "entities/AUT"},
		{mission, "entities/AUT", "entities/AUT"},
		{mission, "accounts/mailing", "secretariat"},
		{mission, "system", "system"},
		{office, "accounts/pass-office", "accounts/pass-office"},
		{office, "accounts/mailing", "secretariat"},
		{office, "entities/AUT", "entities/AUT"},
	} {
		if got := shownPrincipal(test.principal, test.caller); got != test.want {
			t.Errorf("%s sees %s as %s, want %s", test.caller.Name(), test.principal, got, test.want)
		}
	}
}
