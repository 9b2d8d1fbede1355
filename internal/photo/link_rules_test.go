package photo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
)

// TestLinkExpiry: a link ends with the last day at the venue, and after 60 days.
func TestLinkExpiry(t *testing.T) {
	sent := time.Date(2010, 1, 10, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ last, zone, want string }{
		{"2010-01-29", "Europe/Vienna", "2010-01-29T23:00:00Z"},
		{"2010-01-29", "America/New_York", "2010-01-30T05:00:00Z"},
		{"2010-01-29", "Asia/Tokyo", "2010-01-29T15:00:00Z"},
		{"2010-02-28", "UTC", "2010-03-01T00:00:00Z"},
		{"2010-12-31", "Europe/Vienna", "2010-03-11T09:00:00Z"},
		{"2010-01-09", "Europe/Vienna", "2010-01-09T23:00:00Z"}, // over: nobody gets one
	} {
		got, err := linkExpiry(tt.last, tt.zone, sent)
		if err != nil || got.Format(time.RFC3339) != tt.want {
			t.Errorf("%s in %s: %v, %v, want %s", tt.last, tt.zone, got, err, tt.want)
		}
	}
	for _, bad := range [][2]string{{"2010-02-30", "UTC"}, {"", "UTC"}, {"2010-01-29", "Nowhere/Else"}} {
		if _, err := linkExpiry(bad[0], bad[1], sent); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestAdmit: what a link is told that does not work.
func TestAdmit(t *testing.T) {
	row := &db.PhotoLink{ID: "p1", Generation: 2, ExpireTime: now}
	second := time.Second
	for _, tt := range []struct {
		name       string
		generation int
		state      string
		at         time.Time
		want       string
	}{
		{"it works", 2, "OPEN", now.Add(-second), ""},
		{"intake is closed", 2, "CLOSED", now.Add(-second), ""},
		{"its end", 2, "OPEN", now, "LINK_EXPIRED"},
		{"past its end", 2, "OPEN", now.Add(second), "LINK_EXPIRED"},
		{"the meeting is concluded", 2, "CONCLUDED", now.Add(-second), "LINK_EXPIRED"},
		{"the person does not attend", 2, "", now.Add(-second), "LINK_REVOKED"},
		{"an earlier one", 1, "OPEN", now.Add(-second), "LINK_REVOKED"},
		{"an earlier one, past its end", 1, "OPEN", now, "LINK_REVOKED"},
		{"one that was not given yet", 3, "OPEN", now.Add(-second), "LINK_REVOKED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err, got := admit(row, tt.generation, tt.state, tt.at), ""
			if f, ok := fault.As(err); ok {
				got = f.Reason
			}
			if got != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestOwn: an address is one's own where nobody else of the delegation has it,
// however it is written.
func TestOwn(t *testing.T) {
	got := map[string]bool{}
	for id, r := range withOwn([]recipient{
		{id: "a", entity: "AUT", address: "mission@example.org"}, {id: "b", entity: "AUT", address: "Mission@Example.org"},
		{id: "c", entity: "AUT", address: "c@example.org"}, {id: "d", entity: "MEX", address: "mission@example.org"},
		{id: "e", entity: "MEX", address: "ÜNAL@example.org"}, {id: "f", entity: "MEX", address: "ünal@example.org"},
	}) {
		got[id] = r.own
	}
	want := map[string]bool{"a": false, "b": false, "c": true, "d": true, "e": false, "f": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestLinkStep: who is sent a link when a composition is accepted, and whose ends.
func TestLinkStep(t *testing.T) {
	ana := &recipient{id: "p1", address: "Ana@example.org", own: true}
	with := func(change func(*recipient)) *recipient { r := *ana; change(&r); return &r }
	shared, online := with(func(r *recipient) { r.own = false }), with(func(r *recipient) { r.online = true })
	moved, movedShared := with(func(r *recipient) { r.address = "new@example.org" }), with(func(r *recipient) { r.address, r.own = "new@example.org", false })
	held := &db.PhotoLink{ID: "p1", Generation: 1, ExpireTime: now.Add(time.Hour), AddressKey: "ana@example.org"}
	over := &db.PhotoLink{ID: "p1", Generation: 1, ExpireTime: now, AddressKey: "ana@example.org"}
	ended := &db.PhotoLink{ID: "p1", Generation: 2, ExpireTime: now}
	endedMeanwhile := &db.PhotoLink{ID: "p1", Generation: 2, ExpireTime: now.Add(time.Second)}
	for _, tt := range []struct {
		name string
		to   *recipient
		row  *db.Photo
		link *db.PhotoLink
		want step
	}{
		{"for the first time", ana, nil, nil, sendLink},
		{"again", ana, nil, held, leaveLink},
		{"the link is past its end", ana, nil, over, sendLink},
		{"the address is another one", moved, nil, held, sendLink},
		{"the address is another one, which is shared", movedShared, nil, held, endLink},
		{"the address is shared", shared, nil, nil, leaveLink},
		{"the address is shared by now", shared, nil, held, leaveLink},
		{"there is no address", nil, nil, nil, leaveLink},
		{"there is no address any more, or the person is gone", nil, nil, held, endLink},
		{"and its link has ended", nil, nil, ended, leaveLink},
		{"and its link was ended while this waited", nil, nil, endedMeanwhile, leaveLink},
		{"an address again", ana, nil, ended, sendLink},
		{"online", online, nil, nil, leaveLink},
		{"online, at another address", with(func(r *recipient) { r.address, r.online = "new@example.org", true }), nil, held, endLink},
		{"the photograph is there", ana, in("UPLOADED"), nil, leaveLink},
		{"the photograph is accepted", ana, in("ACCEPTED"), nil, leaveLink},
		{"the photograph is there, and the address another one", moved, in("UPLOADED"), held, endLink},
		{"the photograph was rejected", ana, in("REJECTED"), nil, sendLink},
		{"the photograph was rejected, with a link", ana, in("REJECTED"), held, leaveLink},
		{"the photograph was taken back", ana, in("WITHDRAWN"), over, sendLink},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := linkStep(tt.to, tt.row, tt.link, now); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// TestMayHaveLink: who may be sent a link.
func TestMayHaveLink(t *testing.T) {
	for stands, want := range map[standing]string{
		unknown: "NOT_FOUND", gone: "PARTICIPANT_WITHDRAWN", waiting: "NOT_IN_FORCE", attending: "",
	} {
		err, got := stands.mayHaveLink(resource), ""
		if f, ok := fault.As(err); ok {
			got = f.Reason
		}
		if got != want {
			t.Errorf("%v: %v, want %q", stands, err, want)
		}
	}
}
