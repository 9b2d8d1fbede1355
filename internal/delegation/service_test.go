package delegation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// setup makes an open meeting m1 that invites AUT.
func setup(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := storetest.System(t)
	err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Client.Entity.Create().SetID("AUT").SetKind("STATE").SetNames("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx); err != nil {
			return err
		}
		if _, err := tx.Client.Meeting.Create().SetID("m1").SetState("OPEN").SetStartDate("2030-01-01").SetEndDate("2030-01-02").
			SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").SetContent("{}").
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx); err != nil {
			return err
		}
		return tx.Client.Invitation.Create().SetMeetingID("m1").SetEntityID("AUT").SetParticipationStatus("STATE_PARTY").
			SetLanguage("en").SetChannel("PERMANENT_MISSION").SetState("ISSUED").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func serviceOf(t *testing.T, s *store.Store) *Service {
	t.Helper()
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	validator, err := access.NewValidator(contract)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := page.NewCodec(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Store: s, Pages: pages, Validator: validator})
}

// TestRandomSequences: whatever a mission and the Secretariat do in whatever
// order, the orders have no holes, there is one head at the most, nobody is in
// force who was not accepted, whoever is withdrawn is nowhere, and the history
// of revisions replays to the present state. Where what is late waits for review,
// also while the deadline comes and goes, only a review changes what is in force.
func TestRandomSequences(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		setup(t, s)
		service := serviceOf(t, s)
		for seed := range uint64(6) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				w := &walk{t: t, store: s, service: service, random: rand.New(rand.NewPCG(seed, 1)), name: name.Delegation("m1", "AUT")}
				for i := range 60 {
					if seed >= 3 && i%6 == 0 {
						w.moveDeadline()
					}
					before := w.inForce()
					reviewed := w.step()
					w.check()
					if after := w.inForce(); w.late && !reviewed && !slices.Equal(before, after) {
						t.Fatalf("in force were %v, and are %v without a review", before, after)
					}
				}
			})
		}
	})
}

type walk struct {
	t       *testing.T
	store   *store.Store
	service *Service
	random  *rand.Rand
	name    string
	next    int
	// late says that what comes now is late and waits for review; wasLate, that
	// some of it may.
	late, wasLate bool
}

// moveDeadline puts the deadline before or behind the present moment.
func (w *walk) moveDeadline() {
	w.t.Helper()
	w.late = !w.late
	w.wasLate = true
	deadline := w.store.Now().Add(map[bool]time.Duration{true: -time.Hour, false: time.Hour}[w.late])
	err := w.store.InTx(storetest.System(w.t), func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Meeting.UpdateOneID("m1").SetDeadlineTime(deadline).
			SetLatePolicy(placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW.String()).Exec(ctx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.service.MarkLate(storetest.System(w.t), job.MarkDelegationsLate{Meeting: "meetings/m1"}); err != nil {
		w.t.Fatal(err)
	}
}

// inForce are the versions in force, in their order.
func (w *walk) inForce() []int64 {
	w.t.Helper()
	ids, err := w.store.Client().ParticipantVersion.Query().
		Where(participantversion.AcceptedOrderGT(0)).Order(participantversion.ByAcceptedOrder()).IDs(storetest.System(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// step does something that the state may or may not allow: a refusal is a
// fault, and never a defect. It tells whether it accepted a revision.
func (w *walk) step() (reviewed bool) {
	w.t.Helper()
	ctx := storetest.System(w.t)
	d := w.row(ctx)
	persons := w.latest(ctx)
	var err error
	switch w.random.IntN(8) {
	case 0, 1, 2:
		req := &placardv1.SubmitDelegationRequest{Name: w.name, MaxWithdrawals: new(int32)}
		*req.MaxWithdrawals = 500
		if d != nil {
			req.Etag = store.Etag(d.Revision)
		}
		req.Participants = w.mutate(append(persons, w.leaving(ctx, persons)...))
		_, err = w.service.SubmitDelegation(ctx, req)
	case 3, 4:
		if d != nil {
			_, err = w.service.AcceptDelegation(ctx, &placardv1.AcceptDelegationRequest{Name: w.name, Revision: d.LatestRevision})
			reviewed = err == nil
		}
	case 5:
		if d != nil {
			_, err = w.service.ReturnDelegation(ctx, &placardv1.ReturnDelegationRequest{Name: w.name, Revision: d.LatestRevision, Reasons: []string{"no"}})
		}
	case 6:
		if len(persons) > 0 {
			p := persons[w.random.IntN(len(persons))]
			p.Phone = proto.String(fmt.Sprint(w.random.IntN(100)))
			p.Order = int32(w.random.IntN(len(persons)) + 1)
			p.Etag = ""
			_, err = w.service.UpdateParticipant(ctx, &placardv1.UpdateParticipantRequest{Participant: p})
		}
	case 7:
		switch {
		case w.random.IntN(6) == 0 && d != nil:
			_, err = w.service.WithdrawDelegation(ctx, &placardv1.WithdrawDelegationRequest{Name: w.name})
		case len(persons) > 0:
			_, err = w.service.WithdrawParticipant(ctx, &placardv1.WithdrawParticipantRequest{Name: persons[0].GetName()})
		}
	}
	if err != nil {
		if _, ok := fault.As(err); !ok {
			w.t.Fatal(err)
		}
	}
	return reviewed
}

// mutate makes the next composition: some go, some come, some change, some
// move, and one is the head.
func (w *walk) mutate(persons []*placardv1.Participant) []*placardv1.Participant {
	var out []*placardv1.Participant
	for _, p := range persons {
		if w.random.IntN(5) == 0 {
			continue
		}
		p.Role = placardv1.Participant_EXPERT
		switch w.random.IntN(6) {
		case 0:
			p.Email = proto.String(fmt.Sprintf("p%d@example.org", w.random.IntN(1000)))
		case 1:
			p.FamilyName = fmt.Sprint("Renamed ", w.random.IntN(1000))
		case 2:
			p.ExternalId = proto.String(fmt.Sprint("X", w.random.IntN(5)))
		}
		if w.random.IntN(2) == 0 {
			p.Name = "" // matched by what it says
		}
		out = append(out, p)
	}
	for range w.random.IntN(3) + 1 {
		w.next++
		out = append(out, &placardv1.Participant{FamilyName: fmt.Sprint("Person ", w.next), Role: placardv1.Participant_ADVISER})
	}
	w.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	out[w.random.IntN(len(out))].Role = placardv1.Participant_HEAD
	return out
}

// leaving are some of those whose withdrawal waits for review.
func (w *walk) leaving(ctx context.Context, persons []*placardv1.Participant) []*placardv1.Participant {
	w.t.Helper()
	list, err := w.service.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: w.name, View: placardv1.CompositionView_ACCEPTED})
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(list.GetParticipants(), func(p *placardv1.Participant) bool {
		stays := slices.ContainsFunc(persons, func(q *placardv1.Participant) bool { return q.GetName() == p.GetName() })
		if !stays && p.GetState() != placardv1.Participant_SUPERSEDED {
			w.t.Errorf("%s is leaving, and %s", p.GetName(), p.GetState())
		}
		return stays || w.random.IntN(2) == 0
	})
}

func (w *walk) row(ctx context.Context) *db.Delegation {
	d, err := w.service.row(ctx, w.name)
	if err != nil {
		return nil
	}
	return d
}

func (w *walk) latest(ctx context.Context) []*placardv1.Participant {
	w.t.Helper()
	list, err := w.service.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: w.name})
	if err != nil {
		return nil
	}
	return list.GetParticipants()
}

func (w *walk) check() {
	w.t.Helper()
	ctx := storetest.System(w.t)
	d := w.row(ctx)
	if d == nil {
		return
	}
	versions, err := w.store.Client().ParticipantVersion.Query().Where(participantversion.DelegationID(d.ID)).All(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	revisions, err := w.store.Client().Revision.Query().Where(revision.DelegationID(d.ID)).Order(revision.ByNumber()).All(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, r := range revisions {
		if int(r.Number) != i+1 {
			w.t.Fatalf("revision %d has the number %d", i+1, r.Number)
		}
	}
	if int(d.LatestRevision) != len(revisions) {
		w.t.Fatalf("latest revision %d of %d", d.LatestRevision, len(revisions))
	}
	w.checkComposition("latest", versions, revisions[d.LatestRevision-1], func(v *db.ParticipantVersion) int32 { return v.LatestOrder })
	if d.AcceptedRevision > 0 {
		w.checkComposition("accepted", versions, revisions[d.AcceptedRevision-1], func(v *db.ParticipantVersion) int32 { return v.AcceptedOrder })
	}
	newest := map[string]int{}
	latest := map[string]bool{}
	for _, v := range versions {
		if v.Newest {
			newest[v.ParticipantID]++
		}
		if v.LatestOrder > 0 {
			latest[v.ParticipantID] = true
			if !v.Newest {
				w.t.Fatalf("participant %s: the latest version is not the newest", v.ParticipantID)
			}
		}
	}
	for _, v := range versions {
		if newest[v.ParticipantID] != 1 {
			w.t.Fatalf("participant %s has %d newest versions", v.ParticipantID, newest[v.ParticipantID])
		}
		if v.AcceptedOrder > 0 && !latest[v.ParticipantID] && !w.wasLate {
			w.t.Fatalf("participant %s is withdrawn and still in force", v.ParticipantID)
		}
	}
	waiting := d.State == "SUBMITTED" || d.State == "RETURNED"
	if waiting == (d.LatestRevision == d.AcceptedRevision) {
		w.t.Fatalf("%s with latest revision %d and accepted %d", d.State, d.LatestRevision, d.AcceptedRevision)
	}
}

// checkComposition: the present places are what the revision says.
func (w *walk) checkComposition(which string, versions []*db.ParticipantVersion, r *db.Revision, order func(*db.ParticipantVersion) int32) {
	w.t.Helper()
	placed := map[int64]int32{}
	heads := 0
	for _, v := range versions {
		if order(v) == 0 {
			continue
		}
		placed[v.ID] = order(v)
		if v.Role == "HEAD" {
			heads++
		}
	}
	if heads > 1 {
		w.t.Fatalf("%s: %d heads", which, heads)
	}
	got := make([]int64, len(placed))
	for id, at := range placed {
		if int(at) > len(got) || got[at-1] != 0 {
			w.t.Fatalf("%s: the order has a hole or a place twice: %v", which, placed)
		}
		got[at-1] = id
	}
	if !slices.Equal(got, r.Members) && len(got)+len(r.Members) > 0 {
		w.t.Fatalf("%s: stands as %v, revision %d says %v", which, got, r.Number, r.Members)
	}
}
