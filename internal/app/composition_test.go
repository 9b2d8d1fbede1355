package app_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

const (
	head    = placardv1.Participant_HEAD
	expert  = placardv1.Participant_EXPERT
	adviser = placardv1.Participant_ADVISER
)

// composed shows persons in their order: "HEAD Erika MUSTERMANN".
func composed(persons []*placardv1.Participant) []string {
	var out []string
	for _, p := range persons {
		out = append(out, p.GetRole().String()+" "+p.GetDisplayName())
	}
	return out
}

// TestReplace: the head is replaced. The old one is gone at once, the new one
// has the place and the role, waits for review, and both are linked.
func TestReplace(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "replace", nil, "AUT")
		name := meeting + "/delegations/AUT"
		compositionIn := func(view placardv1.CompositionView) []string {
			return composed(must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: name, View: view}))(t).GetParticipants())
		}
		c.submitAccepted(c.As(t, c.Admin), t, name, person("1", "Ana", "First", expert), person("2", "Old", "Head", head), person("3", "Bo", "Last", expert))
		old := c.find(mission, t, name, "Head")
		req := &placardv1.ReplaceParticipantRequest{
			Name: old.GetName(), Etag: old.GetEtag(), RequestId: c.id + "-replace",
			Participant: &placardv1.Participant{GivenName: "New", FamilyName: "Minister", Role: adviser, Order: 1, ExternalId: proto.String("2")},
		}
		made := must(c.participants.ReplaceParticipant(mission, req))(t)
		if made.GetReplaces() != old.GetName() || made.GetRole() != head || made.GetOrder() != 2 ||
			made.GetState() != placardv1.Participant_PENDING || made.GetName() == old.GetName() {
			t.Errorf("the new one: %v", made)
		}
		equal(t, "the repeated answer", must(c.participants.ReplaceParticipant(mission, req))(t), made)
		equal(t, "latest", compositionIn(placardv1.CompositionView_LATEST), []string{"EXPERT Ana First", "HEAD New Minister", "EXPERT Bo Last"})
		equal(t, "in force", compositionIn(placardv1.CompositionView_ACCEPTED), []string{"EXPERT Ana First", "EXPERT Bo Last"})
		gone := must(c.participants.GetParticipant(mission, &placardv1.GetParticipantRequest{Name: old.GetName()}))(t)
		if gone.GetState() != placardv1.Participant_WITHDRAWN || gone.GetReplacedBy() != made.GetName() {
			t.Errorf("the old one: %v", gone)
		}
		both := must(c.participants.BatchGetParticipants(mission, &placardv1.BatchGetParticipantsRequest{
			Parent: name, Names: []string{made.GetName(), old.GetName()}}))(t)
		equal(t, "both at once", both.GetParticipants(), []*placardv1.Participant{made, gone})

		// The link stays with the person.
		d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: name, Revision: d.GetLatestRevision()}))(t)
		must(c.participants.UpdateParticipant(mission, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: made.GetName(), Phone: proto.String("+43 1")}}))(t)
		must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{
			Name: name, Etag: must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t).GetEtag(),
			Participants: []*placardv1.Participant{person("2", "New", "Minister", adviser), person("1", "Ana", "First", head), person("3", "Bo", "Last", expert)},
		}))(t)
		later := must(c.participants.GetParticipant(mission, &placardv1.GetParticipantRequest{Name: made.GetName()}))(t)
		if later.GetReplaces() != old.GetName() || later.GetRole() != adviser {
			t.Errorf("later: %v", later)
		}
		// Who came in another's place may be replaced too.
		third := must(c.participants.ReplaceParticipant(mission, &placardv1.ReplaceParticipantRequest{
			Name: made.GetName(), Participant: &placardv1.Participant{FamilyName: "Third"}}))(t)
		if third.GetReplaces() != made.GetName() || third.GetRole() != adviser {
			t.Errorf("the third: %v", third)
		}

		var verbs []string
		changes, _ := c.feed(mission, t, "")
		for _, change := range changes {
			if r := change.GetResource(); (r == old.GetName() || r == made.GetName()) && change.GetVerb() != "accept" {
				verbs = append(verbs, change.GetVerb()+" "+map[bool]string{true: "old", false: "new"}[r == old.GetName()])
			}
		}
		equal(t, "changes", verbs, []string{"create old", "replace new", "withdraw old", "update new", "update new", "withdraw new"})
	})
}

// TestReplaceRefuses: everything that is wrong is said at once.
func TestReplaceRefuses(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		name := c.newMeeting(t, "badreplace", nil, "AUT") + "/delegations/AUT"
		must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{Name: name, Participants: []*placardv1.Participant{
			person("1", "A", "A", head), person("2", "B", "B", expert), person("3", "C", "C", expert)}}))(t)
		a, b := c.find(mission, t, name, "A"), c.find(mission, t, name, "B")
		replace := func(of *placardv1.Participant, etag string, p *placardv1.Participant) error {
			_, err := c.participants.ReplaceParticipant(mission, &placardv1.ReplaceParticipantRequest{Name: of.GetName(), Etag: etag, Participant: p})
			return err
		}
		err := replace(a, "", &placardv1.Participant{FamilyName: "...", Email: proto.String("nowhere"), ExternalId: proto.String("2")})
		want := []string{"participant.email STRING_MAILBOX", "participant.family_name NAME_EMPTY", "participant.external_id DUPLICATE_EXTERNAL_ID"}
		if c.id == "rest" {
			want[1], want[2] = "participant.familyName NAME_EMPTY", "participant.externalId DUPLICATE_EXTERNAL_ID"
		}
		equal(t, "violations", violationsOf(err), want)
		err = replace(a, "", nil)
		wantFault(t, err, codes.InvalidArgument, "REQUIRED")
		wantFault(t, replace(a, b.GetEtag(), &placardv1.Participant{FamilyName: "N"}), codes.Aborted, "ETAG_MISMATCH")
		must(c.participants.WithdrawParticipant(mission, &placardv1.WithdrawParticipantRequest{Name: b.GetName()}))(t)
		wantFault(t, replace(b, "", &placardv1.Participant{FamilyName: "N"}), codes.FailedPrecondition, "PARTICIPANT_WITHDRAWN")
		wantFault(t, replace(&placardv1.Participant{Name: name + "/participants/none"}, "", &placardv1.Participant{FamilyName: "N"}), codes.NotFound, "NOT_FOUND")
	})
}

// TestHeadMissing: a delegation without a head is taken, and says so.
func TestHeadMissing(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		name := c.newMeeting(t, "headless", nil, "AUT") + "/delegations/AUT"
		get := func() *placardv1.Delegation {
			return must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t)
		}
		missing := []placardv1.Delegation_Warning{placardv1.Delegation_HEAD_MISSING}
		req := &placardv1.SubmitDelegationRequest{Name: name, ValidateOnly: true, Participants: []*placardv1.Participant{person("", "A", "A", expert)}}
		equal(t, "warnings of a check", must(c.delegations.SubmitDelegation(mission, req))(t).GetDelegation().GetWarnings(), missing)
		c.submitAccepted(c.As(t, c.Admin), t, name, person("", "A", "A", head), person("", "B", "B", expert))
		if w := get().GetWarnings(); len(w) > 0 {
			t.Errorf("warnings %v", w)
		}
		must(c.participants.WithdrawParticipant(mission, &placardv1.WithdrawParticipantRequest{Name: c.find(mission, t, name, "A").GetName()}))(t)
		if d := get(); !slices.Equal(d.GetWarnings(), missing) || d.GetState() != placardv1.Delegation_ACCEPTED {
			t.Errorf("after the head was withdrawn: %v", d)
		}
		must(c.participants.UpdateParticipant(mission, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: c.find(mission, t, name, "B").GetName(), Role: head}}))(t)
		if w := get().GetWarnings(); len(w) > 0 {
			t.Errorf("warnings %v", w)
		}
		if d := must(c.delegations.WithdrawDelegation(mission, &placardv1.WithdrawDelegationRequest{Name: name}))(t); len(d.GetWarnings()) > 0 {
			t.Errorf("withdrawn: %v", d)
		}
	})
}

// TestSpellingIsAtOnce: a corrected spelling is on the final list at once;
// another name waits, also one that is reached by small steps.
func TestSpellingIsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		admin := c.As(t, c.Admin)
		reader := c.As(t, c.Key(t, "reader", ""))
		meeting := c.newMeeting(t, "spelling", nil, "AUT")
		name := meeting + "/delegations/AUT"
		first := person("1", "Marin", "Ana", head)
		first.FunctionalTitle, first.Organization = "Director", "Ministry"
		c.submitAccepted(c.As(t, c.Admin), t, name, first)
		p := c.find(mission, t, name, "Ana").GetName()
		update := func(p *placardv1.Participant) placardv1.Delegation_State {
			must(c.participants.UpdateParticipant(mission, &placardv1.UpdateParticipantRequest{Participant: p}))(t)
			return must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t).GetState()
		}
		const accepted, submitted = placardv1.Delegation_ACCEPTED, placardv1.Delegation_SUBMITTED
		for _, step := range []struct {
			given, family, title string
			state                placardv1.Delegation_State
			listed               string
		}{
			{"Marín", "ANA", "", accepted, "AUT: Marín ANA"},
			{"Ana", "Marin", "", accepted, "AUT: Ana Marin"},
			{"Ma-rin", "Ana", "DIRECTOR", accepted, "AUT: Ma-rin Ana"},
			{"Ma", "rin Ana", "", accepted, "AUT: Ma rin Ana"},
			{"rinAna", "Ma", "", submitted, "AUT: Ma rin Ana"}, // one name with the one before, not with the reviewed one
			{"Marin", "Ana", "", accepted, "AUT: Marin Ana"},
			{"Marina", "Ana", "", submitted, "AUT: Marin Ana"},
			{"Marín", "Ana", "", accepted, "AUT: Marín Ana"},
			{"", "", "Director-General", submitted, "AUT: Marín Ana"},
		} {
			state := update(&placardv1.Participant{Name: p, GivenName: step.given, FamilyName: step.family, FunctionalTitle: step.title})
			if state != step.state {
				t.Errorf("%+v: %s", step, state)
			}
			equal(t, fmt.Sprintf("list after %+v", step), c.listed(reader, t, meeting, "en", false), []string{step.listed})
		}
		// What differs is said in the answer, and the same when it is checked.
		d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		next := person("1", "Ana", "MARIN", placardv1.Participant_HEAD)
		next.FunctionalTitle, next.Organization = "director", "Min-istry"
		req := &placardv1.SubmitDelegationRequest{Name: name, Etag: d.GetEtag(), Participants: []*placardv1.Participant{next, person("2", "B", "B", expert)}, ValidateOnly: true}
		want := []string{"CHANGED Ana MARIN givenName,familyName,functionalTitle,organization (review)", "ADDED B B (review)"}
		equal(t, "checked", changesOf(must(c.delegations.SubmitDelegation(mission, req))(t).GetDifference()), want)
		req.ValidateOnly = false
		equal(t, "submitted", changesOf(must(c.delegations.SubmitDelegation(mission, req))(t).GetDifference()), want)
		equal(t, "list", c.listed(reader, t, meeting, "en", false), []string{"AUT: Ana MARIN"})

		// Who follows what is in force hears of a corrected name, also where the
		// role that came with it waits.
		pass := c.As(t, c.Key(t, "pass_office", "", meeting))
		_, heard := c.feed(pass, t, "")
		update(&placardv1.Participant{Name: p, FamilyName: "Marín", Role: expert})
		changes, heard := c.feed(pass, t, heard)
		if !slices.ContainsFunc(changes, func(change *placardv1.Change) bool { return change.GetResource() == p }) {
			t.Errorf("a corrected name is not in the feed: %v", changes)
		}
		update(&placardv1.Participant{Name: p, Role: head})
		if changes, _ = c.feed(pass, t, heard); len(changes) > 0 {
			t.Errorf("what was in force all the time is in the feed: %v", changes)
		}
	})
}

// TestSpellingAnswersReturn: a corrected spelling may be what a composition was
// returned for, so it waits for review again.
func TestSpellingAnswersReturn(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		name := c.newMeeting(t, "respelled", nil, "AUT") + "/delegations/AUT"
		must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Participants: []*placardv1.Participant{person("1", "Jose", "A", head)}}))(t)
		must(c.delegations.ReturnDelegation(admin, &placardv1.ReturnDelegationRequest{Name: name, Revision: 1, Reasons: []string{"Accents are missing."}}))(t)
		must(c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: c.find(admin, t, name, "A").GetName(), GivenName: "José"}}))(t)
		if d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t); d.GetState() != placardv1.Delegation_SUBMITTED {
			t.Errorf("got %v", d)
		}
	})
}

// TestRevisions: each composition is read and compared as it was.
func TestRevisions(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		name := c.newMeeting(t, "revisions", nil, "AUT") + "/delegations/AUT"
		c.submitAccepted(c.As(t, c.Admin), t, name, person("1", "A", "A", head), person("2", "B", "B", expert), person("3", "C", "C", expert))
		d := must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t)
		a := person("1", "A", "A", head)
		a.Phone = proto.String("1")
		answer := must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{Name: name, Etag: d.GetEtag(), Participants: []*placardv1.Participant{
			person("4", "D", "D", expert), a, person("2", "B", "B", adviser)}}))(t)
		get := func(n int32) *placardv1.DelegationRevision {
			return must(c.delegations.GetDelegationRevision(mission, &placardv1.GetDelegationRevisionRequest{Name: fmt.Sprintf("%s/revisions/%d", name, n)}))(t)
		}
		diff := func(n, base int32) []string {
			return changesOf(must(c.delegations.DiffDelegationRevision(mission, &placardv1.DiffDelegationRevisionRequest{
				Name: fmt.Sprintf("%s/revisions/%d", name, n), Base: base}))(t))
		}
		for n, want := range map[int32][]string{
			1: {"HEAD A A", "EXPERT B B", "EXPERT C C"},
			2: {"HEAD A A", "EXPERT B B"},
			3: {"EXPERT D D", "HEAD A A", "ADVISER B B"},
		} {
			r := get(n)
			equal(t, r.GetName(), composed(r.GetParticipants()), want)
			if r.GetNumber() != n || int(r.GetParticipantCount()) != len(want) {
				t.Errorf("revision %v", r)
			}
			for i, p := range r.GetParticipants() {
				if int(p.GetOrder()) != i+1 {
					t.Errorf("revision %d: %v", n, p)
				}
			}
		}
		equal(t, "telephone number before", get(1).GetParticipants()[0].GetPhone(), "")
		equal(t, "telephone number after", get(2).GetParticipants()[0].GetPhone(), "1")
		var states []string
		for _, p := range get(1).GetParticipants() {
			states = append(states, p.GetState().String())
		}
		equal(t, "where they stand today", states, []string{"ACCEPTED", "PENDING", "WITHDRAWN"})

		equal(t, "the first", diff(1, 0), []string{"ADDED A A (review)", "ADDED B B (review)", "ADDED C C (review)"})
		equal(t, "the second", diff(2, 0), []string{"CHANGED A A phone", "WITHDRAWN C C"})
		equal(t, "the third", diff(3, 0), []string{"ADDED D D (review)", "CHANGED B B role (review)"})
		equal(t, "the third with the first", diff(3, 1), changesOf(answer.GetDifference()))
		equal(t, "backwards", diff(1, 3), []string{"CHANGED A A phone", "CHANGED B B role (review)", "ADDED C C (review)", "WITHDRAWN D D"})
		equal(t, "with itself", diff(2, 2), []string(nil))

		for _, wrong := range []*placardv1.DiffDelegationRevisionRequest{{Name: name + "/revisions/4"}, {Name: name + "/revisions/3", Base: 9}, {Name: name + "/revisions/9", Base: 1}} {
			_, err := c.delegations.DiffDelegationRevision(mission, wrong)
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
		}
		_, err := c.delegations.GetDelegationRevision(mission, &placardv1.GetDelegationRevisionRequest{Name: name + "/revisions/999999999"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = c.delegations.DiffDelegationRevision(mission, &placardv1.DiffDelegationRevisionRequest{Name: name + "/revisions/1", Base: -1})
		wantFault(t, err, codes.InvalidArgument, "INT32_GTE")
	})
}

// TestCopy: the delegation of an earlier meeting is a draft for the next one.
func TestCopy(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		admin := c.As(t, c.Admin)
		earlier := c.newMeeting(t, "earlier", nil, "AUT", "MEX")
		next := c.newMeeting(t, "next", nil, "AUT") + "/delegations/AUT"
		source := earlier + "/delegations/AUT"
		a := person("1", "Ana", "A", head)
		a.Email, a.Language, a.FunctionalTitle = proto.String("a@example.org"), "es", "Director"
		c.submitAccepted(c.As(t, c.Admin), t, source, a, person("2", "Gone", "B", expert), person("", "C", "C", expert))
		must(c.participants.ReplaceParticipant(mission, &placardv1.ReplaceParticipantRequest{
			Name: c.find(mission, t, source, "B").GetName(), Participant: &placardv1.Participant{FamilyName: "Instead"}}))(t)
		before := c.lastChange(t)
		draft := must(c.delegations.CopyDelegation(mission, &placardv1.CopyDelegationRequest{Name: next, Source: source}))(t).GetParticipants()
		a.Modality, a.DisplayName, a.Order, a.Phone = placardv1.Participant_IN_PERSON, "Ana A", 1, proto.String("")
		equal(t, "the first", draft[0], a)
		equal(t, "the draft", composed(draft), []string{"HEAD Ana A", "EXPERT Instead", "EXPERT C C"})
		for _, p := range draft {
			if p.GetName()+p.GetEtag()+p.GetReplaces() != "" || p.GetState() != 0 || p.GetCreateTime() != nil {
				t.Errorf("not a draft: %v", p)
			}
		}
		if after := c.lastChange(t); after != before {
			t.Errorf("changes %d to %d", before, after)
		}
		_, err := c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: next})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{Name: next, Participants: draft}))(t)
		copied := c.find(mission, t, next, "A")
		if copied.GetExternalId() != "1" || copied.GetName() == c.find(mission, t, source, "A").GetName() {
			t.Errorf("copied: %v", copied)
		}

		_, err = c.delegations.CopyDelegation(admin, &placardv1.CopyDelegationRequest{Name: next, Source: earlier + "/delegations/MEX"})
		wantFault(t, err, codes.InvalidArgument, "OTHER_ENTITY")
		for _, req := range []*placardv1.CopyDelegationRequest{
			{Name: next, Source: "meetings/none-at-all/delegations/AUT"},
			{Name: "meetings/none-at-all/delegations/AUT", Source: source},
			{Name: earlier + "/delegations/EGY", Source: earlier + "/delegations/EGY"},
		} {
			_, err = c.delegations.CopyDelegation(admin, req)
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
		}
		must(c.delegations.WithdrawDelegation(mission, &placardv1.WithdrawDelegationRequest{Name: source}))(t)
		if left := must(c.delegations.CopyDelegation(mission, &placardv1.CopyDelegationRequest{Name: next, Source: source}))(t).GetParticipants(); len(left) != 0 {
			t.Errorf("of a withdrawn delegation: %v", left)
		}
	})
}

// TestPossibleDuplicates: who may be registered twice at a meeting, page by page.
func TestPossibleDuplicates(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "twice", nil, "AUT", "MEX", "FRA")
		with := func(given, family, latinGiven, latinFamily, email string) *placardv1.Participant {
			p := person("", given, family, expert)
			p.LatinGivenName, p.LatinFamilyName, p.Email = latinGiven, latinFamily, proto.String(email)
			return p
		}
		for entity, persons := range map[string][]*placardv1.Participant{
			"AUT": {with("Ana", "Ejemplo", "", "", "ana@example.org"), with("Common", "Name", "", "", ""), with("Twice", "Here", "", "", "t@example.org"), with("TWICE", "Here", "", "", "T@example.org"),
				with("Other", "Address", "", "", "1@example.org"), with("Withdrawn", "Person", "", "", "w@example.org")},
			"MEX": {with("ANA", "EJEMPLO", "", "", "Ana@Example.org"), with("Common", "Name", "", "", ""), with("Иван", "Петров", "Ivan", "Petrov", ""), with("Other", "Address", "", "", "2@example.org"),
				with("Withdrawn", "Person", "", "", "w@example.org"), with("أحمد", "مثال", "Ahmad", "Mithal", "")},
			"FRA": {with("Иван", "Петров", "IVAN", "PETROV", ""), with("Ivan", "Petrov", "", "", ""), with("Ána", "Ejemplo", "", "", "ana@example.org"), with("Same", "Place", "", "", "t@example.org"),
				with("احمد", "مثال", "Ahmad", "Mithal", "")},
		} {
			req := &placardv1.SubmitDelegationRequest{Name: meeting + "/delegations/" + entity, Participants: persons}
			// Two of one name are told apart by their ids.
			for i, p := range persons {
				p.ExternalId = proto.String(fmt.Sprint(i))
			}
			must(c.delegations.SubmitDelegation(admin, req))(t)
		}
		must(c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: c.find(admin, t, meeting+"/delegations/MEX", "Person").GetName()}))(t)
		show := func(size int32) []string {
			var out []string
			req := &placardv1.ListPossibleDuplicatesRequest{Parent: meeting, PageSize: size}
			for {
				answer := must(c.participants.ListPossibleDuplicates(admin, req))(t)
				if size > 0 && len(answer.GetGroups()) > int(size) {
					t.Errorf("%d groups on a page of %d", len(answer.GetGroups()), size)
				}
				for _, g := range answer.GetGroups() {
					var persons, names []string
					for _, p := range g.GetParticipants() {
						persons = append(persons, strings.Split(p.GetName(), "/")[3]+" "+p.GetDisplayName())
						names = append(names, p.GetName())
					}
					if !slices.IsSorted(names) {
						t.Errorf("not ordered by name: %q", names)
					}
					// Two of one delegation stand in the order of their ids.
					slices.Sort(persons)
					out = append(out, strings.Join(persons, ", "))
				}
				if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
					return out
				}
			}
		}
		want := []string{
			"AUT Ana Ejemplo, FRA Ána Ejemplo, MEX ANA EJEMPLO",
			"FRA Ivan Petrov, FRA Иван Петров, MEX Иван Петров",
			"AUT TWICE Here, AUT Twice Here",
			"FRA Иван Петров, MEX Иван Петров",
			"FRA احمد مثال, MEX أحمد مثال",
		}
		for _, size := range []int32{0, 1, 2, 3, 4, 5} {
			equal(t, fmt.Sprint("groups by pages of ", size), show(size), want)
		}
		_, err := c.participants.ListPossibleDuplicates(c.As(t, c.Key(t, "mission", "AUT")), &placardv1.ListPossibleDuplicatesRequest{Parent: meeting})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		other := c.newMeeting(t, "once-only", nil)
		bound := c.As(t, c.Key(t, "secretariat", "", other))
		_, err = c.participants.ListPossibleDuplicates(bound, &placardv1.ListPossibleDuplicatesRequest{Parent: meeting})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		if n := len(must(c.participants.ListPossibleDuplicates(bound, &placardv1.ListPossibleDuplicatesRequest{Parent: other}))(t).GetGroups()); n != 0 {
			t.Errorf("%d groups of nobody", n)
		}
	})
}

// TestManyNamesakes: the two who are alike are found among many who are not.
func TestManyNamesakes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "namesakes")
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "many", nil, "AUT", "MEX", "FRA", "DEU")
		for i, entity := range []string{"AUT", "MEX", "FRA", "DEU"} {
			persons := composition(500)
			for _, p := range persons {
				p.FamilyName += fmt.Sprint(" ", i/2)
			}
			persons[499].Email = proto.String("one@example.org")
			must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: meeting + "/delegations/" + entity, Participants: persons}))(t)
		}
		req := &placardv1.ListPossibleDuplicatesRequest{Parent: meeting, PageSize: 1}
		var found []string
		for {
			answer := must(c.participants.ListPossibleDuplicates(admin, req))(t)
			for _, g := range answer.GetGroups() {
				found = append(found, g.GetParticipants()[0].GetDisplayName())
			}
			if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
				break
			}
		}
		equal(t, "first of the groups", found, []string{"Expert No. 499 0", "Expert No. 499 1"})
	})
}

// TestQuotas: every way to be more than the quotas allow is refused, and a
// lowered quota withdraws nobody.
func TestQuotas(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		admin := c.As(t, c.Admin)
		quotas := []*placardv1.Meeting_Quota{
			{Limit: 2, Modality: placardv1.Participant_IN_PERSON},
			{Limit: 3, Modality: placardv1.Participant_IN_PERSON, Entities: []string{"entities/AUT"}},
			{Limit: 2, Roles: []placardv1.Participant_Role{adviser}},
		}
		meeting := c.newMeeting(t, "quota", func(m *placardv1.Meeting) { m.Quotas = quotas }, "AUT")
		name := meeting + "/delegations/AUT"
		online := func(p *placardv1.Participant) *placardv1.Participant {
			p.Modality = placardv1.Participant_ONLINE
			return p
		}
		refused := func(err error, want ...string) {
			t.Helper()
			wantFault(t, err, codes.FailedPrecondition, "QUOTA_EXCEEDED")
			var got []string
			for _, detail := range status.Convert(err).Details() {
				if bad, ok := detail.(*errdetails.BadRequest); ok {
					for _, v := range bad.GetFieldViolations() {
						got = append(got, v.GetField()+" "+v.GetDescription())
					}
				}
			}
			equal(t, "violations", got, want)
		}
		req := &placardv1.SubmitDelegationRequest{Name: name, Participants: []*placardv1.Participant{
			person("1", "A", "A", head), person("2", "B", "B", adviser), person("3", "C", "C", adviser), person("4", "D", "D", adviser)}}
		for _, req.ValidateOnly = range []bool{true, false} {
			_, err := c.delegations.SubmitDelegation(mission, req)
			refused(err, "participants participants attending IN_PERSON: 4, and the quota is 3", "participants ADVISER: 3, and the quota is 2")
		}
		c.submitAccepted(c.As(t, c.Admin), t, name, person("1", "A", "A", head), person("2", "B", "B", adviser), person("3", "C", "C", expert), online(person("4", "D", "D", adviser)))
		_, err := c.participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("", "E", "E", expert)})
		refused(err, "participants participants attending IN_PERSON: 4, and the quota is 3")
		update := func(family string, p *placardv1.Participant) error {
			p.Name = c.find(mission, t, name, family).GetName()
			_, err := c.participants.UpdateParticipant(mission, &placardv1.UpdateParticipantRequest{Participant: p})
			return err
		}
		refused(update("C", &placardv1.Participant{Role: adviser}), "participants ADVISER: 3, and the quota is 2")
		refused(update("D", &placardv1.Participant{Modality: placardv1.Participant_IN_PERSON}), "participants participants attending IN_PERSON: 4, and the quota is 3")
		replace := func(family string, p *placardv1.Participant) error {
			_, err := c.participants.ReplaceParticipant(mission, &placardv1.ReplaceParticipantRequest{Name: c.find(mission, t, name, family).GetName(), Participant: p})
			return err
		}
		refused(replace("D", &placardv1.Participant{FamilyName: "F"}), "participants participants attending IN_PERSON: 4, and the quota is 3")
		must(0, replace("B", &placardv1.Participant{FamilyName: "F"}))(t)
		must(0, replace("D", online(&placardv1.Participant{FamilyName: "G"})))(t)

		m := must(c.meetings.GetMeeting(admin, &placardv1.GetMeetingRequest{Name: meeting}))(t)
		m.Quotas[1].Limit = 1
		must(c.meetings.UpdateMeeting(admin, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: meeting, Quotas: m.GetQuotas()}}))(t)
		must(0, update("A", &placardv1.Participant{Phone: proto.String("1")}))(t)
		must(0, replace("F", &placardv1.Participant{FamilyName: "H"}))(t)
		must(c.participants.WithdrawParticipant(mission, &placardv1.WithdrawParticipantRequest{Name: c.find(mission, t, name, "H").GetName()}))(t)
		_, err = c.participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("", "I", "I", adviser)})
		refused(err, "participants participants attending IN_PERSON: 3, and the quota is 1")
		must(c.participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{Parent: name, Participant: online(person("", "I", "I", adviser))}))(t)
	})
}

// TestQuotasOfOthers: which other entities a quota names is not told.
func TestQuotasOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "exception", func(m *placardv1.Meeting) {
			m.Quotas = []*placardv1.Meeting_Quota{
				{Limit: 2}, {Limit: 3, Entities: []string{"entities/DEU"}}, {Limit: 4, Entities: []string{"entities/MEX", "entities/AUT"}},
			}
		}, "AUT", "DEU")
		for who, want := range map[string]string{
			"secretariat": "2 [], 3 [entities/DEU], 4 [entities/MEX entities/AUT]",
			"mission AUT": "2 [], 4 [entities/AUT]",
			"mission DEU": "2 [], 3 [entities/DEU]",
			"pass_office": "2 []",
			"gate":        "2 []",
			"reader":      "2 []",
		} {
			role, entity, _ := strings.Cut(who, " ")
			ctx := c.As(t, c.Key(t, role, entity))
			list := must(c.meetings.ListMeetings(ctx, &placardv1.ListMeetingsRequest{}))(t).GetMeetings()
			listed := list[slices.IndexFunc(list, func(m *placardv1.Meeting) bool { return m.GetName() == meeting })]
			for _, m := range []*placardv1.Meeting{listed, must(c.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: meeting}))(t)} {
				var got []string
				for _, q := range m.GetQuotas() {
					got = append(got, fmt.Sprintf("%d %v", q.GetLimit(), q.GetEntities()))
				}
				equal(t, who, strings.Join(got, ", "), want)
			}
		}
	})
}

// TestQuotaAtOnce: of many added at once no more than the quota are taken.
func TestQuotaAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "quota")
		admin := c.As(t, c.Admin)
		name := c.newMeeting(t, "at-once", func(m *placardv1.Meeting) { m.Quotas = []*placardv1.Meeting_Quota{{Limit: 7}} }, "AUT") + "/delegations/AUT"
		c.submitAccepted(admin, t, name, person("", "A", "A", head))
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				_, err := c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("", "P", fmt.Sprint(i), expert)})
				if err != nil {
					if code, reason := faultOf(err); code != codes.FailedPrecondition || reason != "QUOTA_EXCEEDED" {
						t.Errorf("%v", err)
					}
				}
			})
		}
		wg.Wait()
		if d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t); d.GetParticipantCount() != 7 {
			t.Errorf("%d participants, the quota is 7", d.GetParticipantCount())
		}
	})
}

// TestCompositionIsNotForeign: another State, and roles that see what is in
// force, learn nothing by what a mission does with its own delegation.
func TestCompositionIsNotForeign(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		f := newFixture(t, c, "hidden")
		admin := c.As(t, c.Admin)
		mexican := f.meeting + "/delegations/MEX"
		own := f.meeting + "/delegations/AUT"
		theirs := c.find(admin, t, mexican, "Head").GetName()
		requests := map[string]struct {
			method string
			req    proto.Message
		}{
			"replace":                {"ParticipantService/ReplaceParticipant", &placardv1.ReplaceParticipantRequest{Name: theirs, Participant: person("", "X", "X", head)}},
			"replace under our own":  {"ParticipantService/ReplaceParticipant", &placardv1.ReplaceParticipantRequest{Name: strings.Replace(theirs, "/MEX/", "/AUT/", 1), Participant: person("", "X", "X", head)}},
			"replace by theirs":      {"ParticipantService/ReplaceParticipant", &placardv1.ReplaceParticipantRequest{Name: f.participant.GetName(), Participant: &placardv1.Participant{Name: theirs, FamilyName: "X"}}},
			"revision":               {"DelegationService/GetDelegationRevision", &placardv1.GetDelegationRevisionRequest{Name: mexican + "/revisions/1"}},
			"difference":             {"DelegationService/DiffDelegationRevision", &placardv1.DiffDelegationRevisionRequest{Name: mexican + "/revisions/2", Base: 1}},
			"copy of theirs":         {"DelegationService/CopyDelegation", &placardv1.CopyDelegationRequest{Name: own, Source: mexican}},
			"copy for them":          {"DelegationService/CopyDelegation", &placardv1.CopyDelegationRequest{Name: mexican, Source: own}},
			"copy of theirs, theirs": {"DelegationService/CopyDelegation", &placardv1.CopyDelegationRequest{Name: mexican, Source: mexican}},
			"copy for a draft":       {"DelegationService/CopyDelegation", &placardv1.CopyDelegationRequest{Name: f.draft + "/delegations/AUT", Source: own}},
			"copy of a draft":        {"DelegationService/CopyDelegation", &placardv1.CopyDelegationRequest{Name: own, Source: f.draft + "/delegations/AUT"}},
		}
		before := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: mexican}))(t)
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		for what, r := range requests {
			answer, err := call(mission, t, c.conn, "/placard.v1."+r.method, r.req)
			if code, reason := faultOf(err); code != codes.NotFound || reason != "NOT_FOUND" {
				t.Errorf("%s: %s %s %v: %s", what, code, reason, err, answer)
			}
			if err != nil && strings.Contains(err.Error(), foreign) {
				t.Errorf("%s tells: %v", what, err)
			}
		}
		for _, role := range []string{"pass_office", "reader", "gate"} {
			ctx := c.As(t, c.Key(t, role, ""))
			for what, r := range requests {
				if _, err := call(ctx, t, c.conn, "/placard.v1."+r.method, r.req); status.Code(err) != codes.PermissionDenied {
					t.Errorf("%s by %s: %v", what, role, err)
				}
			}
			_, err := c.participants.ListPossibleDuplicates(ctx, &placardv1.ListPossibleDuplicatesRequest{Parent: f.meeting})
			wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		}
		// A Secretariat that is bound to another meeting sees nothing of this one.
		bound := c.As(t, c.Key(t, "secretariat", "", c.newMeeting(t, "hidden-other", nil, "AUT")))
		for what, r := range requests {
			if _, err := call(bound, t, c.conn, "/placard.v1."+r.method, r.req); status.Code(err) != codes.NotFound {
				t.Errorf("%s by a bound Secretariat: %v", what, err)
			}
		}
		equal(t, "what is Mexico's", must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: mexican}))(t), before)
	})
}
