package demo

import (
	"testing"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	rules "github.com/un-placard/placard/internal/instrument"
)

func TestSoon(t *testing.T) {
	t.Parallel()
	past, err := meeting()
	if err != nil {
		t.Fatal(err)
	}
	if past.GetStartDate() != "2010-01-27" || past.GetEndDate() != "2010-01-29" || past.GetCompositionDeadline() != "2010-01-15" {
		t.Errorf("the dates of the note verbale are %s to %s, deadline %s",
			past.GetStartDate(), past.GetEndDate(), past.GetCompositionDeadline())
	}
	if n, m := len(past.GetMandateFunctions()), len(past.GetAgendaTopics()); n != 4 || m != 4 {
		t.Errorf("%d functions and %d topics, want 4 and 4", n, m)
	}
	tests := []struct{ now, start, end, deadline string }{
		{"2026-11-23T13:00:00Z", "2026-12-23", "2026-12-25", "2026-12-11"},
		{"2026-11-24T00:00:00Z", "2026-12-30", "2027-01-01", "2026-12-18"},
		// Already the next day in Vienna.
		{"2026-11-23T23:30:00Z", "2026-12-30", "2027-01-01", "2026-12-18"},
	}
	for _, tt := range tests {
		t.Run(tt.now, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			m, err := soon(past, now)
			if err != nil {
				t.Fatal(err)
			}
			if m.GetStartDate() != tt.start || m.GetEndDate() != tt.end || m.GetCompositionDeadline() != tt.deadline {
				t.Errorf("%s to %s, deadline %s; want %s to %s, deadline %s",
					m.GetStartDate(), m.GetEndDate(), m.GetCompositionDeadline(), tt.start, tt.end, tt.deadline)
			}
		})
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	for in2010, want := range map[bool]map[string]placardv1.ParticipationStatus{
		true: {
			"entities/AUT": placardv1.ParticipationStatus_STATE_PARTY,
			"entities/THA": placardv1.ParticipationStatus_SIGNATORY,
			"entities/IOM": placardv1.ParticipationStatus_IGO,
		},
		false: {
			"entities/AUT": placardv1.ParticipationStatus_STATE_PARTY,
			"entities/THA": placardv1.ParticipationStatus_STATE_PARTY,
			"entities/IOM": placardv1.ParticipationStatus_UNITED_NATIONS,
		},
	} {
		requests, err := invitations("CU 2009/180(A)", in2010)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			inv := r.GetInvitation()
			if w, ok := want[inv.GetEntity()]; ok && inv.GetParticipationStatus() != w {
				t.Errorf("in 2010 %v: %s is %s, want %s", in2010, inv.GetEntity(), inv.GetParticipationStatus(), w)
			}
			if inv.GetParticipationStatus() == placardv1.ParticipationStatus_PARTICIPATION_STATUS_UNSPECIFIED ||
				inv.GetReference() != "CU 2009/180(A)" {
				t.Errorf("in 2010 %v: invitation %v", in2010, inv)
			}
		}
	}
}

// TestTable: the table of the instrument says of the States what their
// invitations say, in 2010 and today.
func TestTable(t *testing.T) {
	t.Parallel()
	protocol, err := instrument()
	if err != nil {
		t.Fatal(err)
	}
	m, err := meeting()
	if err != nil {
		t.Fatal(err)
	}
	if m.GetInstrument().GetName() != "instruments/"+Protocol {
		t.Errorf("the meeting names %q", m.GetInstrument().GetName())
	}
	for day, in2010 := range map[string]bool{m.GetStartDate(): true, "2026-01-01": false} {
		requests, err := invitations("", in2010)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			inv := r.GetInvitation()
			switch inv.GetParticipationStatus() {
			case placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_SIGNATORY, placardv1.ParticipationStatus_NON_SIGNATORY:
				if got := rules.StatusOn(protocol, inv.GetEntity(), day); got != inv.GetParticipationStatus() {
					t.Errorf("on %s %s is %s by the table, %s by its invitation", day, inv.GetEntity(), got, inv.GetParticipationStatus())
				}
			}
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for listens, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080",
		"[::]:8080":      "127.0.0.1:8080",
		"0.0.0.0:8080":   "127.0.0.1:8080",
		"[::1]:8080":     "[::1]:8080",
	} {
		if got := reachable(listens); got != want {
			t.Errorf("reachable(%s) = %s, want %s", listens, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	if got, want := quote(`it's "so"`), `'it'\''s "so"'`; got != want {
		t.Errorf("quote: %s, want %s", got, want)
	}
}
