package app_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

var propertySeed = flag.Uint64("seed", 0, "what TestCompositionProperties draws its operations from; 0: another each time")

// The extent of TestCompositionProperties on each engine; see propertyRounds too.
const (
	propertyWriters = 3  // for each delegation
	propertySteps   = 16 // of each writer in a round
)

// TestCompositionProperties: whatever several writers do with several
// delegations at once, in whatever order: places have no holes, there is one
// head at the most, no quota is exceeded, external ids are unique, nobody is in
// force who was not reviewed, and the history replays to the present state. Of one
// delegation everything is late and waits for review: of that, in force is what was
// reviewed last, and nothing else.
//
// What the writers draw is reproduced with the seed that is printed; how they
// interleave is not.
func TestCompositionProperties(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		seed := *propertySeed
		if seed == 0 {
			seed = uint64(time.Now().UnixNano())
		}
		t.Logf("go test ./internal/app -run TestCompositionProperties -seed %d", seed)
		c := newClients(t, env, env.GRPC, "property")
		meeting := c.newMeeting(t, "all", func(m *placardv1.Meeting) { m.Quotas = propertyQuotas() }, "AUT", "MEX", "FRA")
		late := c.newMeeting(t, "late", func(m *placardv1.Meeting) {
			m.Quotas, m.LatePolicy = propertyQuotas(), placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW
			m.CompositionDeadline = time.Now().AddDate(0, 0, -2).Format(time.DateOnly)
		}, "EGY")
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		counts := &outcomes{done: map[string]int{}, refused: map[string]int{}}
		var histories []*history
		var writers []*writer
		for i, entity := range []string{"AUT", "MEX", "FRA", "EGY"} {
			mission := c.As(t, c.Key(t, "mission", entity))
			h := &history{t: t, clients: c, ctx: secretariat, name: meeting + "/delegations/" + entity, reviewed: map[int32]bool{}}
			if entity == "EGY" {
				h.name, h.withheld = late+"/delegations/"+entity, true
			}
			histories = append(histories, h)
			for j := range propertyWriters {
				writers = append(writers, &writer{
					clients: c, mission: mission, secretariat: secretariat, history: h, outcomes: counts,
					random: rand.New(rand.NewPCG(seed, uint64(i*propertyWriters+j))),
				})
			}
		}
		for range propertyRounds {
			var writing, reading sync.WaitGroup
			done := make(chan struct{})
			for _, h := range histories {
				reading.Go(func() {
					for {
						select {
						case <-done:
							return
						case <-time.After(20 * time.Millisecond):
							h.look()
						}
					}
				})
			}
			for _, w := range writers {
				writing.Go(func() {
					for range propertySteps {
						w.step()
					}
				})
			}
			writing.Wait()
			close(done)
			reading.Wait()
			for _, h := range histories {
				h.check()
			}
			if t.Failed() {
				return
			}
		}
		for _, h := range histories {
			h.replay()
		}
		t.Logf("done: %v", counts.done)
		t.Logf("refused: %v", counts.refused)
		for _, verb := range steps {
			if counts.done[verb] == 0 {
				t.Errorf("%s was never done", verb)
			}
		}
	})
}

func propertyQuotas() []*placardv1.Meeting_Quota {
	return []*placardv1.Meeting_Quota{
		{Limit: 5, Modality: placardv1.Participant_IN_PERSON},
		{Limit: 7, Modality: placardv1.Participant_IN_PERSON, Entities: []string{"entities/AUT"}},
		{Limit: 2, Roles: []placardv1.Participant_Role{adviser}},
	}
}

// outcomes counts what was done and why it was refused.
type outcomes struct {
	sync.Mutex
	done, refused map[string]int
}

// steps are what a writer does; those that stand there more often are done more
// often.
var steps = []string{
	"submit", "submit", "submit", "create", "create", "update", "update", "update", "replace", "replace",
	"withdraw", "accept", "accept", "return", "withdraw all",
}

// writer draws what it does, and does it whatever others do meanwhile.
type writer struct {
	*clients
	mission, secretariat context.Context
	history              *history
	random               *rand.Rand
	outcomes             *outcomes
}

func (w *writer) step() {
	verb := steps[w.random.IntN(len(steps))]
	if verb == "withdraw all" && w.random.IntN(4) > 0 {
		verb = "create"
	}
	err := w.do(verb)
	w.outcomes.Lock()
	defer w.outcomes.Unlock()
	if err == nil {
		w.outcomes.done[verb]++
		return
	}
	code, reason := faultOf(err)
	w.outcomes.refused[reason]++
	switch code {
	case codes.NotFound, codes.Aborted, codes.FailedPrecondition, codes.InvalidArgument:
	default:
		w.history.t.Errorf("%s %s: %v", verb, w.history.name, err)
	}
}

func (w *writer) do(verb string) error {
	name := w.history.name
	d, err := w.delegations.GetDelegation(w.mission, &placardv1.GetDelegationRequest{Name: name})
	if code, _ := faultOf(err); err != nil && code != codes.NotFound {
		return err
	}
	list, err := w.participants.ListParticipants(w.mission, &placardv1.ListParticipantsRequest{Parent: name, PageSize: 1000})
	if code, _ := faultOf(err); err != nil && code != codes.NotFound {
		return err
	}
	persons := list.GetParticipants()
	if len(persons) == 0 {
		verb = "submit"
	}
	var one *placardv1.Participant
	if len(persons) > 0 {
		one = persons[w.random.IntN(len(persons))]
	}
	switch verb {
	case "submit":
		_, err = w.delegations.SubmitDelegation(w.mission, &placardv1.SubmitDelegationRequest{
			Name: name, Etag: d.GetEtag(), MaxWithdrawals: proto.Int32(500), Participants: w.next(persons)})
	case "create":
		added := w.person()
		added.Order = int32(w.random.IntN(len(persons) + 2))
		_, err = w.participants.CreateParticipant(w.mission, &placardv1.CreateParticipantRequest{Parent: name, Participant: added})
	case "update":
		one.Etag = ""
		w.change(one)
		_, err = w.participants.UpdateParticipant(w.mission, &placardv1.UpdateParticipantRequest{Participant: one})
	case "replace":
		_, err = w.participants.ReplaceParticipant(w.mission, &placardv1.ReplaceParticipantRequest{Name: one.GetName(), Participant: w.person()})
	case "withdraw":
		_, err = w.participants.WithdrawParticipant(w.mission, &placardv1.WithdrawParticipantRequest{Name: one.GetName(), Etag: one.GetEtag()})
	case "withdraw all":
		_, err = w.delegations.WithdrawDelegation(w.mission, &placardv1.WithdrawDelegationRequest{Name: name, Etag: d.GetEtag()})
	case "accept":
		_, err = w.delegations.AcceptDelegation(w.secretariat, &placardv1.AcceptDelegationRequest{Name: name, Revision: max(1, d.GetLatestRevision())})
		if err == nil {
			w.history.accepted(d.GetLatestRevision())
		}
	case "return":
		_, err = w.delegations.ReturnDelegation(w.secretariat, &placardv1.ReturnDelegationRequest{
			Name: name, Revision: max(1, d.GetLatestRevision()), Reasons: []string{"Please look again."}})
	}
	return err
}

// person draws somebody.
func (w *writer) person() *placardv1.Participant {
	p := person("", "Ana Éva", fmt.Sprintf("Person %d", w.random.IntN(100_000)), w.role())
	if w.random.IntN(2) == 0 {
		p.ExternalId = proto.String(fmt.Sprint("X", w.random.IntN(12)))
	}
	if w.random.IntN(3) == 0 {
		p.Modality = placardv1.Participant_ONLINE
	}
	return p
}

func (w *writer) role() placardv1.Participant_Role {
	return []placardv1.Participant_Role{head, expert, expert, adviser}[w.random.IntN(4)]
}

// change draws another word about somebody.
func (w *writer) change(p *placardv1.Participant) {
	switch w.random.IntN(9) {
	case 0, 1:
		p.Phone = proto.String(fmt.Sprint("+43 ", w.random.IntN(1000)))
	case 2:
		p.GivenName, p.FamilyName = strings.ToUpper(p.GetGivenName()), strings.ReplaceAll(p.GetFamilyName(), " ", "-")
	case 3:
		p.GivenName, p.FamilyName = p.GetFamilyName(), p.GetGivenName()
	case 4:
		p.FamilyName = fmt.Sprintf("Renamed %d", w.random.IntN(100_000))
	case 5:
		p.Role = w.role()
	case 6:
		p.Modality = []placardv1.Participant_Modality{placardv1.Participant_IN_PERSON, placardv1.Participant_ONLINE}[w.random.IntN(2)]
	case 7:
		p.Order = int32(w.random.IntN(10) + 1)
	case 8:
		p.ExternalId = proto.String(fmt.Sprint("X", w.random.IntN(12)))
	}
}

// next draws the next composition: some go, some come, some change, some move.
func (w *writer) next(persons []*placardv1.Participant) []*placardv1.Participant {
	var out []*placardv1.Participant
	for _, p := range persons {
		if w.random.IntN(6) == 0 {
			continue
		}
		if w.random.IntN(2) == 0 {
			w.change(p)
		}
		if w.random.IntN(2) == 0 {
			p.Name = "" // matched by what it says
		}
		out = append(out, p)
	}
	for range w.random.IntN(3) {
		out = append(out, w.person())
	}
	if len(out) == 0 {
		out = append(out, w.person())
	}
	if w.random.IntN(2) == 0 {
		w.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	// Mostly something that is taken.
	if w.random.IntN(5) > 0 {
		for i, p := range out {
			if p.GetRole() == head && slices.ContainsFunc(out[:i], func(o *placardv1.Participant) bool { return o.GetRole() == head }) {
				p.Role = expert
			}
			if id := p.GetExternalId(); id != "" && slices.ContainsFunc(out[:i], func(o *placardv1.Participant) bool { return o.GetExternalId() == id }) {
				p.ExternalId = proto.String("")
			}
		}
	}
	return out
}

// history is what was seen of one delegation.
type history struct {
	t       *testing.T
	clients *clients
	ctx     context.Context
	name    string
	// withheld says that nothing of it is in force before it is reviewed.
	withheld bool

	mu sync.Mutex
	// reviewed are the revisions that the Secretariat accepted.
	reviewed map[int32]bool
	// revisions are those that were checked, the first one first.
	revisions []*placardv1.DelegationRevision
}

func (h *history) accepted(revision int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reviewed[revision] = true
}

// list reads a composition as it is at one moment.
func (h *history) list(view placardv1.CompositionView) []*placardv1.Participant {
	list, err := h.clients.participants.ListParticipants(h.ctx, &placardv1.ListParticipantsRequest{Parent: h.name, PageSize: 1000, View: view})
	if code, _ := faultOf(err); err != nil && code != codes.NotFound {
		h.t.Errorf("list: %v", err)
	}
	return list.GetParticipants()
}

// look checks what holds at every moment.
func (h *history) look() {
	for _, view := range []placardv1.CompositionView{placardv1.CompositionView_LATEST, placardv1.CompositionView_ACCEPTED} {
		h.sound(view.String(), h.list(view))
	}
}

// sound checks one composition by itself.
func (h *history) sound(what string, persons []*placardv1.Participant) {
	external := map[string]bool{}
	heads, present, advisers := 0, 0, 0
	for i, p := range persons {
		if int(p.GetOrder()) != i+1 {
			h.t.Errorf("%s of %s: place %d is %d", what, h.name, i+1, p.GetOrder())
		}
		if id := p.GetExternalId(); id != "" && what == "LATEST" {
			if external[id] {
				h.t.Errorf("%s of %s: external id %s twice", what, h.name, id)
			}
			external[id] = true
		}
		switch p.GetRole() {
		case head:
			heads++
		case adviser:
			advisers++
		}
		if p.GetModality() == placardv1.Participant_IN_PERSON {
			present++
		}
	}
	quota := 5
	if strings.HasSuffix(h.name, "/AUT") {
		quota = 7
	}
	if heads > 1 || advisers > 2 || present > quota {
		h.t.Errorf("%s of %s: %d heads, %d advisers, %d in person", what, h.name, heads, advisers, present)
	}
}

// check compares, while nobody writes, what is read in different ways.
func (h *history) check() {
	t := h.t
	t.Helper()
	d, err := h.clients.delegations.GetDelegation(h.ctx, &placardv1.GetDelegationRequest{Name: h.name})
	if err != nil {
		t.Errorf("%s: %v", h.name, err)
		return
	}
	for n := int32(len(h.revisions)) + 1; n <= d.GetLatestRevision(); n++ {
		h.follow(n)
	}
	latest, inForce := h.list(placardv1.CompositionView_LATEST), h.list(placardv1.CompositionView_ACCEPTED)
	h.sound("LATEST", latest)
	h.sound("ACCEPTED", inForce)
	if t.Failed() {
		return
	}
	equal(t, h.name+": the latest revision", said(h.revisions[d.GetLatestRevision()-1].GetParticipants()), said(latest))
	if int(d.GetParticipantCount()) != len(latest) {
		t.Errorf("%s: counts %d of %d participants", h.name, d.GetParticipantCount(), len(latest))
	}
	headless := len(latest) > 0 && !slices.ContainsFunc(latest, func(p *placardv1.Participant) bool { return p.GetRole() == head })
	if headless != slices.Contains(d.GetWarnings(), placardv1.Delegation_HEAD_MISSING) {
		t.Errorf("%s: warnings %v", h.name, d.GetWarnings())
	}
	if d.GetAcceptedRevision() == 0 {
		if len(inForce) > 0 {
			t.Errorf("%s: in force without acceptance: %v", h.name, composed(inForce))
		}
		return
	}
	equal(t, h.name+": the accepted revision", said(h.revisions[d.GetAcceptedRevision()-1].GetParticipants()), said(inForce))

	// In force is what was reviewed last, without those who were withdrawn
	// since, and with what needs no review as it is now.
	var reviewed []*placardv1.Participant
	for _, r := range h.revisions[:d.GetAcceptedRevision()] {
		if h.reviewed[r.GetNumber()] {
			reviewed = r.GetParticipants()
		}
	}
	if h.withheld {
		equal(t, h.name+": in force", said(inForce), said(reviewed))
		return
	}
	now, was := byName(latest), byName(reviewed)
	for _, p := range inForce {
		before, after := was[p.GetName()], now[p.GetName()]
		switch {
		case before == nil:
			t.Errorf("%s: %s is in force and was not reviewed", h.name, p.GetDisplayName())
		case after == nil:
			t.Errorf("%s: %s is in force and withdrawn", h.name, p.GetDisplayName())
		case p.GetRole() != before.GetRole(), p.GetModality() != before.GetModality(), canonical(p) != canonical(before):
			t.Errorf("%s: in force %v, reviewed %v", h.name, p, before)
		case p.GetPhone() != after.GetPhone(), p.GetExternalId() != after.GetExternalId():
			t.Errorf("%s: in force %v, latest %v", h.name, p, after)
		case canonical(after) == canonical(p) && after.GetDisplayName() != p.GetDisplayName():
			t.Errorf("%s: the spelling %s waits, %s is in force", h.name, after.GetDisplayName(), p.GetDisplayName())
		}
	}
	is := byName(inForce)
	for _, p := range reviewed {
		if now[p.GetName()] != nil && is[p.GetName()] == nil {
			t.Errorf("%s: %s was reviewed and not withdrawn, and is not in force", h.name, p.GetDisplayName())
		}
	}
}

// follow reads a revision, and checks that the difference leads to it.
func (h *history) follow(n int32) {
	t := h.t
	t.Helper()
	name := fmt.Sprintf("%s/revisions/%d", h.name, n)
	r, err := h.clients.delegations.GetDelegationRevision(h.ctx, &placardv1.GetDelegationRevisionRequest{Name: name})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if reviewed := r.GetState() == placardv1.DelegationRevision_ACCEPTED && !r.GetSelfAccepted(); reviewed != h.reviewed[n] {
		t.Errorf("%s: reviewed %v, and stands as %v", name, h.reviewed[n], r)
	}
	diff, err := h.clients.delegations.DiffDelegationRevision(h.ctx, &placardv1.DiffDelegationRevisionRequest{Name: name})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var before []*placardv1.Participant
	if n > 1 {
		before = h.revisions[n-2].GetParticipants()
	}
	state, next := byName(before), byName(r.GetParticipants())
	moved := map[string]bool{}
	for _, item := range diff.GetItems() {
		p := item.GetParticipant()
		switch old := state[p]; item.GetKind() {
		case placardv1.CompositionDifference_Item_ADDED:
			if old != nil {
				t.Errorf("%s: %s was added twice", name, p)
			}
			state[p] = next[p]
		case placardv1.CompositionDifference_Item_CHANGED:
			fields := slices.DeleteFunc(slices.Clone(item.GetChangedFields()), func(f string) bool { return f == "order" })
			moved[p] = len(fields) < len(item.GetChangedFields())
			equal(t, name+": changed fields", fields, differing(old, next[p]))
			state[p] = next[p]
		case placardv1.CompositionDifference_Item_WITHDRAWN:
			delete(state, p)
		}
	}
	equal(t, name+": who is in it", slices.Sorted(maps.Keys(state)), slices.Sorted(maps.Keys(next)))
	// Who is said not to have moved, nor to have changed, has not.
	were, are := stayed(before, next), stayed(r.GetParticipants(), byName(before))
	for i := range are {
		if !moved[are[i].GetName()] && were[i].GetName() != are[i].GetName() {
			t.Errorf("%s: %s has moved", name, are[i].GetDisplayName())
		}
		if fields := differing(state[are[i].GetName()], are[i]); len(fields) > 0 {
			t.Errorf("%s: %s has changed in %s", name, are[i].GetDisplayName(), fields)
		}
	}
	h.revisions = append(h.revisions, r)
}

// stayed are the persons who are in another composition too, in their order.
func stayed(persons []*placardv1.Participant, other map[string]*placardv1.Participant) []*placardv1.Participant {
	return slices.DeleteFunc(slices.Clone(persons), func(p *placardv1.Participant) bool { return other[p.GetName()] == nil })
}

// replay reads the whole history again: it is what it was.
func (h *history) replay() {
	for _, was := range h.revisions {
		is, err := h.clients.delegations.GetDelegationRevision(h.ctx, &placardv1.GetDelegationRevisionRequest{Name: was.GetName()})
		if err != nil {
			h.t.Errorf("%s: %v", was.GetName(), err)
			continue
		}
		equal(h.t, was.GetName(), said(is.GetParticipants()), said(was.GetParticipants()))
	}
}

// said are the words about persons, in their order.
func said(persons []*placardv1.Participant) []string {
	var out []string
	for _, p := range persons {
		out = append(out, strings.Join([]string{p.GetName(), fmt.Sprint(p.GetOrder()), p.GetGivenName(), p.GetFamilyName(),
			p.GetRole().String(), p.GetModality().String(), p.GetPhone(), p.GetExternalId(), p.GetReplaces()}, "|"))
	}
	return out
}

// differing are the fields in which a person is another than before, of those
// that the writers change.
func differing(before, after *placardv1.Participant) []string {
	out := []string{}
	for _, f := range []struct {
		name   string
		differ bool
	}{
		{"givenName", before.GetGivenName() != after.GetGivenName()},
		{"familyName", before.GetFamilyName() != after.GetFamilyName()},
		{"role", before.GetRole() != after.GetRole()},
		{"modality", before.GetModality() != after.GetModality()},
		{"phone", before.GetPhone() != after.GetPhone()},
		{"externalId", before.GetExternalId() != after.GetExternalId()},
	} {
		if f.differ {
			out = append(out, f.name)
		}
	}
	return out
}

// canonical is a name whatever its spelling, as the writers spell it.
func canonical(p *placardv1.Participant) string {
	plain := strings.NewReplacer("-", " ", "é", "e").Replace(strings.ToLower(p.GetGivenName() + " " + p.GetFamilyName()))
	return strings.Join(slices.Sorted(slices.Values(strings.Fields(plain))), " ")
}

func byName(persons []*placardv1.Participant) map[string]*placardv1.Participant {
	out := make(map[string]*placardv1.Participant, len(persons))
	for _, p := range persons {
		out[p.GetName()] = p
	}
	return out
}
