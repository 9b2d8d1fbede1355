package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// TestLateForReview: where what is late waits for review, corrections, withdrawals
// and replacements do so too, and the list stays as it is until they are accepted.
func TestLateForReview(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		secretariat, mission := c.As(t, c.Key(t, "secretariat", "")), c.As(t, c.Key(t, "mission", "AUT"))
		office, other := c.As(t, c.Key(t, "pass_office", "")), c.As(t, c.Key(t, "mission", "MEX"))
		meeting := c.newMeeting(t, "late-review", func(m *placardv1.Meeting) {
			m.LatePolicy = placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW
		}, "AUT", "MEX")
		name := meeting + "/delegations/AUT"
		c.submitAccepted(secretariat, t, name, person("1", "Ana", "First", head), person("2", "Bo", "Second", expert), person("3", "Cy", "Third", expert))
		get := func() *placardv1.Delegation {
			return must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t)
		}
		read := func() []*placardv1.Participant {
			list := must(c.participants.ListParticipants(office, &placardv1.ListParticipantsRequest{Parent: name}))(t).GetParticipants()
			for _, p := range list {
				alone := must(c.participants.GetParticipant(office, &placardv1.GetParticipantRequest{Name: p.GetName()}))(t)
				batch := must(c.participants.BatchGetParticipants(office, &placardv1.BatchGetParticipantsRequest{
					Parent: name, Names: []string{p.GetName()}}))(t)
				equal(t, "alone", alone, p)
				equal(t, "in a batch", batch.GetParticipants(), []*placardv1.Participant{p})
			}
			return list
		}
		inForce := func() []string { return composed(read()) }
		accept := func() *placardv1.Delegation {
			return must(c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: name, Revision: get().GetLatestRevision()}))(t)
		}
		withdraw := func(family string) *placardv1.Participant {
			return must(c.participants.WithdrawParticipant(mission, &placardv1.WithdrawParticipantRequest{Name: c.find(mission, t, name, family).GetName()}))(t)
		}
		before := []string{"HEAD Ana First", "EXPERT Bo Second", "EXPERT Cy Third"}

		// On time a withdrawal would be in force at once.
		onTime := must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{Name: name, Etag: get().GetEtag(), ValidateOnly: true,
			Participants: []*placardv1.Participant{person("1", "Ana", "First", head), person("2", "Bo", "Second", expert)}}))(t)
		equal(t, "on time", changesOf(onTime.GetDifference()), []string{"WITHDRAWN Cy Third"})

		must(c.meetings.CloseMeeting(secretariat, &placardv1.CloseMeetingRequest{Name: meeting}))(t)
		_, cursor := c.feed(office, t, "")
		onList := read()
		ana := c.find(mission, t, name, "First")
		ana = must(c.participants.UpdateParticipant(mission, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: ana.GetName(), Phone: proto.String("+43 1")}}))(t)
		if ana.GetState() != placardv1.Participant_PENDING {
			t.Errorf("a late telephone number is %s", ana.GetState())
		}
		bo, cy := c.find(mission, t, name, "Second"), c.find(mission, t, name, "Third")
		if gone := withdraw("Second"); gone.GetState() != placardv1.Participant_SUPERSEDED || gone.GetOrder() != 0 {
			t.Errorf("who is withdrawn late: %v", gone)
		}
		di := must(c.participants.ReplaceParticipant(mission, &placardv1.ReplaceParticipantRequest{Name: cy.GetName(),
			Participant: &placardv1.Participant{GivenName: "Di", FamilyName: "Fourth", ExternalId: proto.String("4")}}))(t)
		d := get()
		if d.GetState() != placardv1.Delegation_SUBMITTED || !d.GetLate() || d.GetAcceptedRevision() != 1 || d.GetLatestRevision() != 4 ||
			!slices.Equal(d.GetWarnings(), []placardv1.Delegation_Warning{placardv1.Delegation_LATE_WAITS_FOR_REVIEW}) {
			t.Errorf("it waits as %v", d)
		}
		equal(t, "in force", inForce(), before)
		equal(t, "what the Pass Office reads of them", read(), onList) // not that something waits
		if phone := must(c.participants.GetParticipant(secretariat, &placardv1.GetParticipantRequest{
			Name: ana.GetName(), View: placardv1.CompositionView_ACCEPTED}))(t); phone.GetPhone() != "" || phone.GetState() != placardv1.Participant_SUPERSEDED {
			t.Errorf("in force: %v", phone)
		}
		if told, _ := c.feed(office, t, cursor); len(told) > 0 {
			t.Errorf("the Pass Office is told of %v", told)
		}

		// A whole composition: all of it waits, and says so, before, at first and again.
		submission := &placardv1.SubmitDelegationRequest{Name: name, Etag: d.GetEtag(), ValidateOnly: true, Participants: []*placardv1.Participant{
			with(person("1", "Ana", "FIRST", head), func(p *placardv1.Participant) { p.Phone = proto.String("+43 1") }), person("4", "Di", "Fourth", expert)}}
		want := []string{"CHANGED Ana FIRST familyName (review)"}
		equal(t, "would wait", changesOf(must(c.delegations.SubmitDelegation(mission, submission))(t).GetDifference()), want)
		submission.ValidateOnly, submission.RequestId = false, c.id+"-late"
		first := must(c.delegations.SubmitDelegation(mission, submission))(t)
		equal(t, "waits", changesOf(first.GetDifference()), want)
		equal(t, "the repeated answer", must(c.delegations.SubmitDelegation(mission, submission))(t), first)
		diff := must(c.delegations.DiffDelegationRevision(secretariat, &placardv1.DiffDelegationRevisionRequest{Name: name + "/revisions/5", Base: 1}))(t)
		equal(t, "for the reviewer", changesOf(diff), []string{"CHANGED Ana FIRST familyName,phone (review)", "ADDED Di Fourth (review)",
			"WITHDRAWN Bo Second (review)", "WITHDRAWN Cy Third (review)"})

		// Once it is accepted it is in force, and the Pass Office is told.
		if d = accept(); d.GetState() != placardv1.Delegation_ACCEPTED || !d.GetLate() || len(d.GetWarnings()) > 0 {
			t.Errorf("accepted: %v", d)
		}
		equal(t, "in force", inForce(), []string{"HEAD Ana FIRST", "EXPERT Di Fourth"})
		told, _ := c.feed(office, t, cursor)
		var verbs []string
		for _, change := range told {
			verbs = append(verbs, change.GetVerb()+" "+strings.TrimPrefix(change.GetResource(), name))
		}
		part := func(p *placardv1.Participant) string { return strings.TrimPrefix(p.GetName(), name) }
		equal(t, "told", verbs, []string{"accept ", "accept " + part(ana), "accept " + part(di), "withdraw " + part(bo), "withdraw " + part(cy)})

		// Who is withdrawn late and comes again is the same person, and nothing is
		// left to review.
		withdraw("Fourth")
		again := must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{Name: name, Etag: get().GetEtag(), Participants: []*placardv1.Participant{
			with(person("1", "Ana", "FIRST", head), func(p *placardv1.Participant) { p.Phone = proto.String("+43 1") }), person("4", "Di", "Fourth", expert)}}))(t)
		if again.GetDelegation().GetState() != placardv1.Delegation_ACCEPTED || again.GetDifference().GetNeedsReview() {
			t.Errorf("taken back: %v", again)
		}
		if back := c.find(mission, t, name, "Fourth"); back.GetName() != di.GetName() {
			t.Errorf("came back as %v", back)
		}

		// All are withdrawn: they stay until that is accepted, also when it is returned.
		gone := must(c.delegations.WithdrawDelegation(mission, &placardv1.WithdrawDelegationRequest{Name: name}))(t)
		if gone.GetState() != placardv1.Delegation_SUBMITTED || gone.GetParticipantCount() != 0 || !gone.GetLate() || len(gone.GetWarnings()) != 1 {
			t.Errorf("withdrawn late: %v", gone)
		}
		_, err := c.invitations.DeclineInvitation(mission, &placardv1.DeclineInvitationRequest{Name: meeting + "/invitations/AUT"})
		wantFault(t, err, codes.FailedPrecondition, "DELEGATION_PRESENT")
		must(c.delegations.ReturnDelegation(secretariat, &placardv1.ReturnDelegationRequest{Name: name, Revision: gone.GetLatestRevision(), Reasons: []string{"Badges were issued."}}))(t)
		equal(t, "in force", inForce(), []string{"HEAD Ana FIRST", "EXPERT Di Fourth"})
		equal(t, "on the list", c.listed(secretariat, t, meeting, "en", false), []string{"AUT: Ana FIRST, Di Fourth"})
		must(c.participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("5", "Ed", "Fifth", expert)}))(t)
		must(c.delegations.WithdrawDelegation(mission, &placardv1.WithdrawDelegationRequest{Name: name}))(t)
		if d = accept(); d.GetState() != placardv1.Delegation_WITHDRAWN || d.GetAcceptedRevision() != d.GetLatestRevision() || len(d.GetWarnings()) > 0 {
			t.Errorf("the withdrawal is accepted: %v", d)
		}
		equal(t, "in force", inForce(), []string(nil))
		if gone := must(c.participants.GetParticipant(mission, &placardv1.GetParticipantRequest{Name: di.GetName()}))(t); gone.GetState() != placardv1.Participant_WITHDRAWN {
			t.Errorf("who is gone: %v", gone)
		}
		must(c.invitations.DeclineInvitation(mission, &placardv1.DeclineInvitationRequest{Name: meeting + "/invitations/AUT"}))(t)

		// Another State's mission sees nothing of it.
		_, err = c.delegations.GetDelegation(other, &placardv1.GetDelegationRequest{Name: name})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = c.delegations.DiffDelegationRevision(other, &placardv1.DiffDelegationRevisionRequest{Name: name + "/revisions/5"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		if all := must(c.delegations.ListDelegations(other, &placardv1.ListDelegationsRequest{Parent: "meetings/-", Filter: "late = true"}))(t); len(all.GetDelegations()) > 0 {
			t.Errorf("sees %v", all)
		}
	})
}

// TestLateForReviewMoves: the Secretariat enters what it received on time, and the
// deadline moves. Only the mark follows; what is in force stays, and what waits
// waits.
func TestLateForReviewMoves(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
		meeting := c.newMeeting(t, "late-moves", func(m *placardv1.Meeting) {
			m.LatePolicy, m.CompositionDeadline = placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW, day(-2)
		}, "AUT")
		name := meeting + "/delegations/AUT"
		submit := func(received string, persons ...*placardv1.Participant) *placardv1.Delegation {
			d, err := c.delegations.GetDelegation(secretariat, &placardv1.GetDelegationRequest{Name: name})
			if code, _ := faultOf(err); err != nil && code != codes.NotFound {
				t.Fatal(err)
			}
			return must(c.delegations.SubmitDelegation(secretariat, &placardv1.SubmitDelegationRequest{
				Name: name, Etag: d.GetEtag(), ReceiptDate: received, Channel: placardv1.Channel_FAX, Participants: persons}))(t).GetDelegation()
		}
		inForce := func() []string {
			return composed(must(c.participants.ListParticipants(secretariat, &placardv1.ListParticipantsRequest{
				Parent: name, View: placardv1.CompositionView_ACCEPTED}))(t).GetParticipants())
		}
		late := func(deadline string, want bool) *placardv1.Delegation {
			must(c.meetings.UpdateMeeting(secretariat, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: meeting, CompositionDeadline: deadline}}))(t)
			var d *placardv1.Delegation
			eventually(t, "the mark", func() bool {
				d = must(c.delegations.GetDelegation(secretariat, &placardv1.GetDelegationRequest{Name: name}))(t)
				return d.GetLate() == want
			})
			return d
		}
		a, b := person("1", "Ana", "First", head), person("2", "Bo", "Second", expert)
		if d := submit(day(-4), a, b); d.GetLate() || len(d.GetWarnings()) > 0 {
			t.Errorf("received on time: %v", d)
		}
		must(c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: name, Revision: 1}))(t)
		// Received on time, a correction is in force at once; received late, it is not.
		if d := submit(day(-3), with(a, func(p *placardv1.Participant) { p.FamilyName = "FIRST" }), b); d.GetState() != placardv1.Delegation_ACCEPTED || d.GetLate() {
			t.Errorf("received on time: %v", d)
		}
		equal(t, "in force", inForce(), []string{"HEAD Ana FIRST", "EXPERT Bo Second"})
		if d := submit(day(-1), a); d.GetState() != placardv1.Delegation_SUBMITTED || !d.GetLate() {
			t.Errorf("received late: %v", d)
		}
		equal(t, "in force", inForce(), []string{"HEAD Ana FIRST", "EXPERT Bo Second"})

		// The deadline is put off: it is not late, and waits as before.
		if d := late(day(1), false); d.GetState() != placardv1.Delegation_SUBMITTED || len(d.GetWarnings()) != 1 {
			t.Errorf("the deadline is put off: %v", d)
		}
		equal(t, "in force", inForce(), []string{"HEAD Ana FIRST", "EXPERT Bo Second"})
		// What comes now is on time: the withdrawal in it is in force at once.
		if d := submit("", with(a, func(p *placardv1.Participant) { p.Phone = proto.String("+43 1") })); d.GetState() != placardv1.Delegation_ACCEPTED || len(d.GetWarnings()) > 0 {
			t.Errorf("sent again on time: %v", d)
		}
		equal(t, "in force", inForce(), []string{"HEAD Ana First"})
		// The deadline is put back before all of it: that is late, and stays in force.
		if d := late(day(-5), true); d.GetState() != placardv1.Delegation_ACCEPTED || len(d.GetWarnings()) > 0 {
			t.Errorf("the deadline is put back: %v", d)
		}
		equal(t, "in force", inForce(), []string{"HEAD Ana First"})
	})
}

// TestDeadlineInWords: an error that names a deadline says when that is at the venue
// and in UTC, in the language of the caller.
func TestDeadlineInWords(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "words", func(m *placardv1.Meeting) {
			m.StartDate, m.EndDate, m.CompositionDeadline = "2010-01-27", "2010-01-29", "2010-01-15"
			m.LatePolicy = placardv1.Meeting_REFUSE
		}, "AUT")
		for language, want := range map[string]string{
			"en": "15 January 2010, 24:00 (Europe/Vienna, UTC+1) = 23:00 UTC",
			"fr": "15 janvier 2010 à 24 heures (Europe/Vienna, UTC+1) = 23:00 UTC",
			"es": "15 de enero de 2010, 24.00 horas (Europe/Vienna, UTC+1) = 23:00 UTC",
			"ru": "15 января 2010 года, 24 ч 00 мин (Europe/Vienna, UTC+1) = 23:00 UTC",
			"zh": "2010年1月15日24时（Europe/Vienna, UTC+1）= 23:00 UTC",
			"ar": "15 كانون الثاني/يناير 2010، الساعة \u206624:00\u2069 (\u2066Europe/Vienna, UTC+1\u2069) = \u206623:00 UTC\u2069",
		} {
			ctx := metadata.AppendToOutgoingContext(c.As(t, c.Key(t, "mission", "AUT")), "accept-language", language)
			_, err := c.delegations.SubmitDelegation(ctx, &placardv1.SubmitDelegationRequest{
				Name: meeting + "/delegations/AUT", Participants: []*placardv1.Participant{person("1", "Ana", "First", head)}})
			wantFault(t, err, codes.FailedPrecondition, "DEADLINE_PASSED")
			said, values := "", map[string]string(nil)
			for _, detail := range status.Convert(err).Details() {
				switch detail := detail.(type) {
				case *errdetails.LocalizedMessage:
					said = detail.GetMessage()
				case *errdetails.ErrorInfo:
					values = detail.GetMetadata()
				}
			}
			if !strings.Contains(said, want) {
				t.Errorf("in %s: %q", language, said)
			}
			equal(t, "values", values, map[string]string{"deadline": "2010-01-15T23:00:00Z", "venueTime": "2010-01-16T00:00:00+01:00", "timeZone": "Europe/Vienna"})
		}
	})
}

// with is a person of whom something else is said.
func with(p *placardv1.Participant, change func(*placardv1.Participant)) *placardv1.Participant {
	p = proto.CloneOf(p)
	change(p)
	return p
}
