package credentials

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // zones, whatever the machine has

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

const (
	state  = placardv1.Entity_STATE
	reio   = placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION
	agency = placardv1.Entity_SPECIALIZED_AGENCY

	formCopy     = placardv1.Credentials_FORM_COPY
	formOriginal = placardv1.Credentials_FORM_ORIGINAL

	headOfState = placardv1.SignatoryCapacity_HEAD_OF_STATE
	minister    = placardv1.SignatoryCapacity_MINISTER_FOR_FOREIGN_AFFAIRS
	ambassador  = placardv1.SignatoryCapacity_PERMANENT_REPRESENTATIVE
	other       = placardv1.SignatoryCapacity_OTHER_CAPACITY
)

// The practices of domain.
var (
	// rule 18 of the Conference of the Parties to the Organized Crime Convention.
	rule18 = &placardv1.CredentialsRule{Signatories: []placardv1.SignatoryCapacity{
		headOfState, placardv1.SignatoryCapacity_HEAD_OF_GOVERNMENT, minister, ambassador,
	}}
	// rule 18, paragraph 4: amendments are considered.
	amendments = &placardv1.CredentialsRule{OriginalsNeeded: true, Signatories: []placardv1.SignatoryCapacity{
		headOfState, placardv1.SignatoryCapacity_HEAD_OF_GOVERNMENT, minister,
	}}
	// anybody is what a meeting asks for that only wants to know who was sent.
	anybody = &placardv1.CredentialsRule{}
)

func vienna(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func reasonOf(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestNeeds(t *testing.T) {
	for _, tc := range []struct {
		name  string
		rule  *placardv1.CredentialsRule
		state placardv1.Meeting_State
		kind  placardv1.Entity_Kind
		want  string
	}{
		{"a State", rule18, placardv1.Meeting_OPEN, state, ""},
		{"an organization that may be a Party", rule18, placardv1.Meeting_OPEN, reio, ""},
		{"after the intake of delegations", rule18, placardv1.Meeting_CLOSED, state, ""},
		{"another organization", rule18, placardv1.Meeting_OPEN, agency, "CREDENTIALS_NOT_NEEDED"},
		{"CND 64, UNCAC 2020: a meeting that needs none", nil, placardv1.Meeting_OPEN, state, "CREDENTIALS_NOT_NEEDED"},
		{"a meeting that is over", rule18, placardv1.Meeting_CONCLUDED, state, "MEETING_CONCLUDED"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := terms{meeting: "meetings/m1", rule: tc.rule, state: tc.state}.needs(tc.kind)
			if got := reasonOf(err); got != tc.want {
				t.Errorf("answered %v, want %q", err, tc.want)
			}
		})
	}
}

func TestSigns(t *testing.T) {
	for _, tc := range []struct {
		name     string
		rule     *placardv1.CredentialsRule
		kind     placardv1.Entity_Kind
		capacity placardv1.SignatoryCapacity
		want     bool
	}{
		{"UNTOC rule 18: a minister", rule18, state, minister, true},
		{"UNTOC rule 18: the Permanent Representative", rule18, state, ambassador, true},
		{"UNTOC rule 18: somebody else", rule18, state, other, false},
		{"UNTOC rule 18: the competent authority of a REIO", rule18, reio, competentAuthority, true},
		{"UNTOC rule 18: that of a State", rule18, state, competentAuthority, false},
		{"UNTOC rule 18, paragraph 4: the Permanent Representative", amendments, state, ambassador, false},
		{"UNTOC rule 18, paragraph 4: the Head of State", amendments, state, headOfState, true},
		{"UNTOC rule 18, paragraph 4: the competent authority of a REIO", amendments, reio, competentAuthority, true},
		{"UNTOC rule 18, paragraph 4: the ambassador of a REIO", amendments, reio, ambassador, false},
		{"anybody", anybody, state, other, true},
		{"anybody, but not what only a REIO has", anybody, state, competentAuthority, false},
		{"anybody of a REIO", anybody, reio, ambassador, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := (terms{rule: tc.rule}).signs(tc.capacity, tc.kind); got != tc.want {
				t.Errorf("answered %v", got)
			}
		})
	}
}

func TestLate(t *testing.T) {
	at := func(s string) *timestamppb.Timestamp {
		due, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return timestamppb.New(due)
	}
	for _, tc := range []struct {
		name, day string
		due       *timestamppb.Timestamp
		want      bool
	}{
		// Opened on 27 January 2010 at 10:00 in Vienna.
		{"UNTOC rule 18: the day before the opening", "2010-01-26", at("2010-01-26T09:00:00Z"), false},
		{"UNTOC rule 18: the day of the opening", "2010-01-27", at("2010-01-26T09:00:00Z"), true},
		{"CBD: the day after the opening", "2010-01-28", at("2010-01-28T09:00:00Z"), false},
		{"CBD: two days after it", "2010-01-29", at("2010-01-28T09:00:00Z"), true},
		{"ILO: 21 days before", "2010-01-06", at("2010-01-06T09:00:00Z"), false},
		{"ILO: 20 days before", "2010-01-07", at("2010-01-06T09:00:00Z"), true},
		{"due at midnight: the day that ends then", "2010-01-26", at("2010-01-26T23:00:00Z"), false},
		{"due at midnight: the day that begins then", "2010-01-27", at("2010-01-26T23:00:00Z"), true},
		{"the day is that of the venue", "2010-01-27", at("2010-01-26T23:30:00Z"), false},
		{"due at no time", "2010-01-29", nil, false},
		{"not received", "", at("2010-01-26T09:00:00Z"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := (terms{due: tc.due, zone: vienna(t)}).late(tc.day); got != tc.want {
				t.Errorf("answered %v", got)
			}
		})
	}
}

// each of the states that credentials can be in.
var states = []placardv1.Credentials_State{notReceived, copied, original, examination, accepted, provisional, rejected}

func TestReceive(t *testing.T) {
	// It is 27 January in Vienna already.
	now := time.Date(2010, 1, 26, 23, 30, 0, 0, time.UTC)
	due := timestamppb.New(time.Date(2010, 1, 26, 9, 0, 0, 0, time.UTC))
	asked := terms{meeting: "meetings/m1", rule: rule18, due: due, zone: vienna(t)}

	t.Run("states", func(t *testing.T) {
		want := map[placardv1.Credentials_State][2]placardv1.Credentials_State{ // after a copy, after the original
			notReceived: {copied, original},
			copied:      {copied, original},
			original:    {copied, original}, // a mistake is corrected
			examination: {examination, examination},
			provisional: {provisional, provisional},
		}
		for _, from := range states {
			for i, form := range []placardv1.Credentials_Form{formCopy, formOriginal} {
				before := asked.none("AUT")
				before.State = from
				got, err := asked.receive(before, &placardv1.ReceiveCredentialsRequest{
					Form: form, SignatoryCapacity: minister,
				}, state, now)
				to, possible := want[from]
				if !possible {
					if reasonOf(err) != "CREDENTIALS_DECIDED" {
						t.Errorf("%s in %s: %v, %v", form, from, got, err)
					}
					continue
				}
				if err != nil || got.GetState() != to[i] || got.GetForm() != form {
					t.Errorf("%s in %s: %v, %v", form, from, got, err)
				}
			}
		}
	})
	t.Run("what is written", func(t *testing.T) {
		before := asked.none("AUT")
		got, err := asked.receive(before, &placardv1.ReceiveCredentialsRequest{
			Form: formCopy, ReceiptDate: "2010-01-26", SignatoryCapacity: ambassador,
			SignatoryName: "Erika MUSTERMANN", SignatoryTitle: "Ambassador",
		}, state, now)
		if err != nil {
			t.Fatal(err)
		}
		want := &placardv1.Credentials{
			Name: "meetings/m1/credentials/AUT", Entity: "entities/AUT", State: copied, Form: formCopy,
			ReceiptDate: "2010-01-26", SignatoryName: "Erika MUSTERMANN", SignatoryTitle: "Ambassador",
			SignatoryCapacity: ambassador, DueTime: due, Etag: "0",
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("credentials (-want +got):\n%s", diff)
		}
		// The original comes today, with less said: that takes the place of it all.
		got, err = asked.receive(got, &placardv1.ReceiveCredentialsRequest{Form: formOriginal, SignatoryCapacity: minister}, state, now)
		if err != nil {
			t.Fatal(err)
		}
		want = &placardv1.Credentials{
			Name: "meetings/m1/credentials/AUT", Entity: "entities/AUT", State: original, Form: formOriginal,
			ReceiptDate: "2010-01-27", SignatoryCapacity: minister, DueTime: due, Late: true, Etag: "0",
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("credentials (-want +got):\n%s", diff)
		}
		if before.GetState() != notReceived {
			t.Error("changed what was given")
		}
	})
	for _, tc := range []struct {
		name string
		req  *placardv1.ReceiveCredentialsRequest
		want []string
	}{
		{"tomorrow", &placardv1.ReceiveCredentialsRequest{ReceiptDate: "2010-01-28", SignatoryCapacity: minister},
			[]string{"receipt_date RECEIPT_IN_FUTURE"}},
		{"everything wrong", &placardv1.ReceiveCredentialsRequest{ReceiptDate: "2010-02-01", SignatoryCapacity: other},
			[]string{"receipt_date RECEIPT_IN_FUTURE", "signatory_capacity SIGNATORY_NOT_ALLOWED", "signatory_title REQUIRED"}},
		{"today at the venue", &placardv1.ReceiveCredentialsRequest{ReceiptDate: "2010-01-27", SignatoryCapacity: minister}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := asked.receive(asked.none("AUT"), tc.req, state, now)
			var got []string
			if f, ok := fault.As(err); ok {
				for _, v := range f.Violations {
					got = append(got, v.Field+" "+v.Reason)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
	if got := asked.signatories(reio); got != "HEAD_OF_STATE, HEAD_OF_GOVERNMENT, MINISTER_FOR_FOREIGN_AFFAIRS, PERMANENT_REPRESENTATIVE, COMPETENT_AUTHORITY" {
		t.Errorf("signatories of a REIO: %s", got)
	}
}

func TestDecisions(t *testing.T) {
	now := time.Date(2010, 1, 27, 12, 0, 0, 0, time.UTC)
	decided := timestamppb.New(now.Add(-time.Hour))
	asked := terms{rule: amendments}
	decide := func(to placardv1.Credentials_State) func(*placardv1.Credentials) (*placardv1.Credentials, error) {
		return func(c *placardv1.Credentials) (*placardv1.Credentials, error) {
			return asked.decide(c, &placardv1.DecideCredentialsRequest{Decision: to, Remarks: "said"}, now)
		}
	}
	open := []placardv1.Credentials_State{copied, original, examination}
	for _, tc := range []struct {
		verb string
		do   func(*placardv1.Credentials) (*placardv1.Credentials, error)
		from []placardv1.Credentials_State
		to   placardv1.Credentials_State
	}{
		{"examine", examine, []placardv1.Credentials_State{copied, original}, examination},
		{"accept", decide(accepted), open, accepted},
		{"accept provisionally", decide(provisional), open, provisional},
		{"reject", decide(rejected), open, rejected},
		{"reopen", reopen, []placardv1.Credentials_State{accepted, provisional, rejected}, examination},
	} {
		for _, from := range states {
			t.Run(tc.verb+" "+from.String(), func(t *testing.T) {
				before := &placardv1.Credentials{Name: "meetings/m1/credentials/AUT", State: from, Form: formOriginal}
				if from == accepted || from == provisional || from == rejected {
					before.Remarks, before.DecideTime = "before", decided
				}
				got, err := tc.do(before)
				if !slices.Contains(tc.from, from) {
					if reasonOf(err) != "CREDENTIALS_STATE" {
						t.Errorf("answered %v, %v", got, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				want := proto.CloneOf(before)
				want.State, want.DecideTime = tc.to, nil
				if tc.to != examination {
					want.Remarks, want.DecideTime = "said", timestamppb.New(now)
				}
				if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
					t.Errorf("credentials (-want +got):\n%s", diff)
				}
			})
		}
	}
	t.Run("a copy", func(t *testing.T) {
		for _, from := range []placardv1.Credentials_State{copied, examination} {
			c := &placardv1.Credentials{State: from, Form: formCopy}
			if _, err := decide(accepted)(c); reasonOf(err) != "ORIGINAL_NEEDED" {
				t.Errorf("%s: %v", from, err)
			}
			for _, to := range []placardv1.Credentials_State{provisional, rejected} {
				if _, err := decide(to)(c); err != nil {
					t.Errorf("%s as %s: %v", from, to, err)
				}
			}
			if _, err := (terms{rule: rule18}).decide(c, &placardv1.DecideCredentialsRequest{Decision: accepted}, now); err != nil {
				t.Errorf("where none is needed: %v", err)
			}
		}
	})
}

func TestStanding(t *testing.T) {
	for _, tc := range []struct {
		name     string
		rule     *placardv1.CredentialsRule
		state    placardv1.Credentials_State
		form     placardv1.Credentials_Form
		capacity placardv1.SignatoryCapacity
		want     standing
	}{
		{"nothing", rule18, notReceived, 0, 0, missing},
		{"a copy is enough", rule18, copied, formCopy, ambassador, inOrder},
		{"a copy is not enough", amendments, copied, formCopy, minister, onlyCopy},
		{"the original", amendments, original, formOriginal, minister, inOrder},
		{"a copy under examination", amendments, examination, formCopy, minister, onlyCopy},
		{"the original under examination", amendments, examination, formOriginal, minister, inOrder},
		{"accepted", amendments, accepted, formOriginal, minister, inOrder},
		{"accepted before originals were needed", amendments, accepted, formCopy, ambassador, inOrder},
		{"provisional", amendments, provisional, formCopy, minister, onlyCopy},
		{"provisional, though the original came", amendments, provisional, formOriginal, minister, onlyCopy},
		{"provisional where a copy is enough", rule18, provisional, formCopy, minister, onlyCopy},
		{"rejected", rule18, rejected, formOriginal, minister, turnedDown},
		{"signed by whom the rule does not name any more", amendments, original, formOriginal, ambassador, missing},
		{"a copy signed so", amendments, copied, formCopy, ambassador, missing},
		{"signed by anybody", anybody, copied, formCopy, other, inOrder},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &placardv1.Credentials{State: tc.state, Form: tc.form, SignatoryCapacity: tc.capacity}
			if got := (terms{rule: tc.rule}).standing(c, state); got != tc.want {
				t.Errorf("answered %v, want %v", got, tc.want)
			}
		})
	}
	c := &placardv1.Credentials{State: copied, Form: formCopy, SignatoryCapacity: competentAuthority}
	if got := (terms{rule: rule18}).standing(c, reio); got != inOrder {
		t.Errorf("of a REIO: %v", got)
	}
}

func TestIsParty(t *testing.T) {
	const day = "2010-01-27"
	joined := &placardv1.Instrument_Party{PartyDate: "2004-05-21"}
	for _, tc := range []struct {
		name   string
		status placardv1.ParticipationStatus
		party  *placardv1.Instrument_Party
		want   bool
	}{
		{"a State Party", placardv1.ParticipationStatus_STATE_PARTY, nil, true},
		{"a signatory, whatever the table has become", placardv1.ParticipationStatus_SIGNATORY, joined, false},
		{"an observer State", placardv1.ParticipationStatus_NON_SIGNATORY, nil, false},
		{"a REIO that is a Party", placardv1.ParticipationStatus_REIO, joined, true},
		{"a REIO on the first day as one", placardv1.ParticipationStatus_REIO, &placardv1.Instrument_Party{PartyDate: day}, true},
		{"a REIO that became one later", placardv1.ParticipationStatus_REIO, &placardv1.Instrument_Party{PartyDate: "2010-01-28"}, false},
		{"a REIO that has only signed", placardv1.ParticipationStatus_REIO, &placardv1.Instrument_Party{SignatureDate: "2000-12-12"}, false},
		{"a REIO that left", placardv1.ParticipationStatus_REIO,
			&placardv1.Instrument_Party{PartyDate: "2004-05-21", WithdrawalDate: day}, false},
		{"a REIO without a table", placardv1.ParticipationStatus_REIO, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var table *placardv1.Instrument
			if tc.party != nil {
				tc.party.Entity = "entities/EUE"
				table = &placardv1.Instrument{Parties: []*placardv1.Instrument_Party{tc.party}}
			}
			if got := isParty(tc.status, table, "entities/EUE", day); got != tc.want {
				t.Errorf("answered %v", got)
			}
		})
	}
}

func TestNeeded(t *testing.T) {
	for _, tc := range []struct {
		name                   string
		numerator, denominator int32
		moreThan               bool
		base, want             int32
	}{
		{"a third, even", 1, 3, false, 93, 31},
		{"a third, rounded up", 1, 3, false, 94, 32},
		{"a third, rounded up from less", 1, 3, false, 95, 32},
		{"more than a half, even", 1, 2, true, 94, 48},
		{"more than a half, odd", 1, 2, true, 95, 48},
		{"at least a half, even", 1, 2, false, 94, 47},
		{"two thirds", 2, 3, false, 100, 67},
		{"more than two thirds of a multiple", 2, 3, true, 99, 67},
		{"all", 1, 1, false, 53, 53},
		{"one of one", 1, 3, false, 1, 1},
		{"nobody is no quorum", 1, 3, false, 0, 1},
		{"nobody is no majority", 1, 2, true, 0, 1},
		{"a large one", 1000, 1000, false, 5000, 5000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rule := &placardv1.QuorumRule{Numerator: tc.numerator, Denominator: tc.denominator, MoreThan: tc.moreThan}
			if got := needed(rule, tc.base); got != tc.want {
				t.Errorf("answered %d, want %d", got, tc.want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	// 5 States Parties: of 4 the delegation is accepted, of 2 of these the
	// credentials are in order. A REIO that is a Party, there and in order. 2
	// other States, one of them there.
	members := []member{
		{state, true, true, true}, {state, true, true, true}, {state, true, true, false}, {state, true, true, false},
		{state, true, false, true}, {reio, true, true, true}, {reio, false, true, true},
		{state, false, true, true}, {state, false, false, false},
	}
	for _, tc := range []struct {
		name    string
		rule    *placardv1.QuorumRule
		members []member
		want    *placardv1.Quorum_Item
	}{
		{
			"rule 41: a third of those that participate opens",
			&placardv1.QuorumRule{Numerator: 1, Denominator: 3, Base: placardv1.QuorumRule_PARTICIPATING_PARTIES}, members,
			&placardv1.Quorum_Item{
				BaseCount: 5, NeededCount: 2, ParticipatingCount: 5, Met: true, CredentialsCount: 3, MetWithCredentials: true,
			},
		},
		{
			"rule 41: their majority decides",
			&placardv1.QuorumRule{Numerator: 1, Denominator: 2, MoreThan: true, Base: placardv1.QuorumRule_PARTICIPATING_PARTIES}, members,
			&placardv1.Quorum_Item{
				BaseCount: 5, NeededCount: 3, ParticipatingCount: 5, Met: true, CredentialsCount: 3, MetWithCredentials: true,
			},
		},
		{
			"a majority of all Parties",
			&placardv1.QuorumRule{Numerator: 1, Denominator: 2, MoreThan: true, Base: placardv1.QuorumRule_INVITED_PARTIES}, members,
			&placardv1.Quorum_Item{
				BaseCount: 6, NeededCount: 4, ParticipatingCount: 5, Met: true, CredentialsCount: 3,
			},
		},
		{
			"a majority of the invited States, without organizations",
			&placardv1.QuorumRule{Numerator: 1, Denominator: 2, MoreThan: true, Base: placardv1.QuorumRule_INVITED_STATES}, members,
			&placardv1.Quorum_Item{
				BaseCount: 7, NeededCount: 4, ParticipatingCount: 5, Met: true, CredentialsCount: 3,
			},
		},
		{
			"all of them",
			&placardv1.QuorumRule{Numerator: 1, Denominator: 1, Base: placardv1.QuorumRule_INVITED_PARTIES}, members,
			&placardv1.Quorum_Item{BaseCount: 6, NeededCount: 6, ParticipatingCount: 5, CredentialsCount: 3},
		},
		{
			"nobody participates",
			&placardv1.QuorumRule{Numerator: 1, Denominator: 3, Base: placardv1.QuorumRule_PARTICIPATING_PARTIES},
			[]member{{state, true, false, true}},
			&placardv1.Quorum_Item{NeededCount: 1},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, count(tc.rule, tc.members), protocmp.Transform()); diff != "" {
				t.Errorf("count (-want +got):\n%s", diff)
			}
		})
	}
}
