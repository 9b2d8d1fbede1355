package instrument

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

func TestStatusOn(t *testing.T) {
	i := &placardv1.Instrument{Parties: []*placardv1.Instrument_Party{
		{Entity: "entities/AUT", SignatureDate: "2000-12-12", PartyDate: "2005-09-15"},
		{Entity: "entities/CHN", PartyDate: "2010-02-08"},
		{Entity: "entities/PHL", SignatureDate: "2000-12-28", PartyDate: "2011-08-30", WithdrawalDate: "2019-03-17"},
		{Entity: "entities/THA", SignatureDate: "2001-12-18"},
		{Entity: "entities/XXX"},
	}}
	for _, tc := range []struct{ entity, day, want string }{
		{"AUT", "2000-12-11", "NON_SIGNATORY"},
		{"AUT", "2000-12-12", "SIGNATORY"},
		{"AUT", "2005-09-14", "SIGNATORY"},
		{"AUT", "2005-09-15", "STATE_PARTY"},
		{"AUT", "2026-01-01", "STATE_PARTY"},
		{"CHN", "2010-01-27", "NON_SIGNATORY"}, // it acceded without a signature
		{"CHN", "2010-02-08", "STATE_PARTY"},
		{"PHL", "2019-03-16", "STATE_PARTY"},
		{"PHL", "2019-03-17", "NON_SIGNATORY"}, // it has signed, and withdrawn
		{"THA", "2026-01-01", "SIGNATORY"},
		{"XXX", "2026-01-01", "NON_SIGNATORY"},
		{"IRN", "2026-01-01", "NON_SIGNATORY"}, // not in the table
	} {
		if got := StatusOn(i, "entities/"+tc.entity, tc.day).String(); got != tc.want {
			t.Errorf("%s on %s: %s, want %s", tc.entity, tc.day, got, tc.want)
		}
	}
	if got := StatusOn(nil, "entities/AUT", "2026-01-01"); got != placardv1.ParticipationStatus_NON_SIGNATORY {
		t.Errorf("without an instrument: %s", got)
	}
}

func TestCheck(t *testing.T) {
	kinds := map[string]placardv1.Entity_Kind{
		"AUT": placardv1.Entity_STATE, "MEX": placardv1.Entity_STATE, "ILO": placardv1.Entity_SPECIALIZED_AGENCY,
		"EUE": placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION,
	}
	party := func(code, signed, became, withdrew string) *placardv1.Instrument_Party {
		return &placardv1.Instrument_Party{Entity: "entities/" + code, SignatureDate: signed, PartyDate: became, WithdrawalDate: withdrew}
	}
	for _, tc := range []struct {
		name string
		of   *placardv1.Instrument
		want []string
	}{
		{"nothing", &placardv1.Instrument{}, nil},
		{"in order", &placardv1.Instrument{
			AdoptionDate: "2000-11-15", InForceDate: "2003-12-25",
			Parties: []*placardv1.Instrument_Party{
				party("AUT", "2000-12-12", "2005-09-15", ""), party("EUE", "", "2006-09-06", "2020-01-01"), party("MEX", "2000-11-15", "2000-11-15", "2000-11-15"),
			},
		}, nil},
		{"days before others", &placardv1.Instrument{
			AdoptionDate: "2000-11-15", InForceDate: "2000-11-14",
			Parties: []*placardv1.Instrument_Party{
				party("AUT", "2000-11-14", "2000-11-13", "2000-11-12"), party("MEX", "", "2000-11-14", ""),
			},
		}, []string{
			"instrument.in_force_date DATE_BEFORE",
			"instrument.parties[0].signature_date DATE_BEFORE", "instrument.parties[0].party_date DATE_BEFORE",
			"instrument.parties[0].withdrawal_date DATE_BEFORE", "instrument.parties[1].party_date DATE_BEFORE",
		}},
		{"withdrawn without having been a Party", &placardv1.Instrument{
			Parties: []*placardv1.Instrument_Party{party("AUT", "2000-12-12", "", "2001-01-01")},
		}, []string{"instrument.parties[0].party_date REQUIRED"}},
		{"entities", &placardv1.Instrument{
			Parties: []*placardv1.Instrument_Party{
				party("AUT", "", "", ""), party("ATL", "", "", ""), party("ILO", "", "", ""), party("AUT", "", "", ""), party("ATL", "", "", ""),
			},
		}, []string{
			"instrument.parties[1].entity UNKNOWN_ENTITY", "instrument.parties[2].entity KIND_MISMATCH",
			"instrument.parties[3].entity DUPLICATE_ENTITY", "instrument.parties[4].entity DUPLICATE_ENTITY",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, v := range check(tc.of, kinds) {
				got = append(got, v.Field+" "+v.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	given := &placardv1.Instrument{Parties: []*placardv1.Instrument_Party{{Entity: "entities/MEX"}, {Entity: "entities/AUT"}}}
	want := &placardv1.Instrument{Parties: []*placardv1.Instrument_Party{{Entity: "entities/AUT"}, {Entity: "entities/MEX"}}}
	if diff := cmp.Diff(want, complete(given), protocmp.Transform()); diff != "" {
		t.Errorf("in order (-want +got):\n%s", diff)
	}
	if given.Parties[0].Entity != "entities/MEX" {
		t.Error("what was given changed")
	}
}
