package delegation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/store"
)

// put writes a revision with the versions of its persons that are not there yet.
func (d *dossier) put(ctx context.Context, tx *store.Tx, number int32, c Composition, self bool, plan plan, by communication, places *placement) error {
	if err := d.putVersions(ctx, tx, number, c, places); err != nil {
		return err
	}
	members := make([]int64, len(c))
	for i, p := range c {
		members[i] = p.Version
	}
	note := by.note
	if note == nil {
		note = &placardv1.NoteVerbale{Reference: d.row.NoteReference, Date: d.row.NoteDate}
	}
	create := tx.Client.Revision.Create().
		SetDelegationID(d.row.ID).SetMeetingID(d.row.MeetingID).SetEntityID(d.row.EntityID).
		SetNumber(number).SetSelfAccepted(self).SetMembers(members).
		SetState(placardv1.DelegationRevision_SUBMITTED.String()).
		SetLate(plan.late).SetReceiveTime(plan.received).
		SetAuthor(access.From(ctx).Name()).SetChannel(by.channel.String()).SetReceiptDate(by.receiptDate).
		SetNoteReference(note.GetReference()).SetNoteDate(note.GetDate()).
		SetCreateTime(tx.Now)
	switch {
	case self:
		received := plan.received
		if !d.acceptedReceived.IsZero() {
			received = d.acceptedReceived // what it takes from is as old as it was
		}
		create.SetState(placardv1.DelegationRevision_ACCEPTED.String()).SetReviewTime(tx.Now).
			SetReceiveTime(received).SetLate(d.intake.Late(received))
	case plan.state == placardv1.Delegation_RETURNED:
		create.SetState(placardv1.DelegationRevision_RETURNED.String()).SetReviewTime(tx.Now).SetReturnReasons(plan.reasons)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("write revision: %w", err)
	}
	return nil
}

// placement is where the versions of a delegation stand while it is rewritten.
type placement struct {
	// stands are the versions present before, by id, and said finds them by what
	// they say of whom.
	stands map[int64]place
	said   map[saidOf]int64
	// goal is where what is said of whom is to stand.
	goal map[saidOf]place
}

// place is where a version stands in the two compositions, or 0, and whether it
// is the newest of its person.
type place struct {
	latest, accepted int32
	newest           bool
}

type saidOf struct {
	id string
	Said
}

func (p Person) key() saidOf { return saidOf{p.ID, p.Said} }

// vacate takes the versions that no longer stand where they do out of their
// places first, so that no index ever sees two heads or one external id twice.
func (d *dossier) vacate(ctx context.Context, tx *store.Tx, plan plan, wanted Composition) (*placement, error) {
	p := &placement{stands: map[int64]place{}, said: map[saidOf]int64{}, goal: map[saidOf]place{}}
	present := d.latest.index()
	for i, person := range d.accepted {
		_, other := present[person.ID]
		p.said[person.key()] = person.Version
		p.stands[person.Version] = place{accepted: int32(i + 1), newest: !other}
	}
	for i, person := range d.latest {
		p.said[person.key()] = person.Version
		p.stands[person.Version] = place{latest: int32(i + 1), accepted: p.stands[person.Version].accepted, newest: true}
	}
	for i, person := range wanted {
		p.goal[person.key()] = place{latest: int32(i + 1), newest: true}
	}
	stays, inForce := wanted.index(), plan.inForce.index()
	for i := range plan.inForce {
		person := &plan.inForce[i]
		person.Version = p.said[person.key()]
		at := p.goal[person.key()]
		at.accepted = int32(i + 1)
		if _, other := stays[person.ID]; !other {
			at.newest = true // what stays in force while the withdrawal waits
		}
		p.goal[person.key()] = at
	}
	leaving := map[int64]place{}
	for said, id := range p.said {
		at, goal := p.stands[id], p.goal[said]
		if goal.latest == 0 && at.newest {
			at.latest = 0
			// The last word about a person who is withdrawn remains the newest, unless
			// an earlier one stays in force.
			_, other := stays[said.id]
			_, held := inForce[said.id]
			at.newest = !other && (goal.accepted > 0 || !held)
		}
		if goal.accepted == 0 {
			at.accepted = 0
		}
		if at != p.stands[id] {
			leaving[id] = at
		}
	}
	return p, p.put(ctx, tx, leaving)
}

// putVersions writes the versions that a composition needs and that are not
// there yet, in their places, and fills in their ids.
func (d *dossier) putVersions(ctx context.Context, tx *store.Tx, number int32, c Composition, places *placement) error {
	latest, accepted := d.latest.index(), d.accepted.index()
	versions := store.Rows{Table: participantversion.Table, Columns: versionColumns()}
	var of []*Person
	var names []nameWord
	for i := range c {
		p := &c[i]
		if v, ok := places.said[p.key()]; ok {
			p.Version = v
			continue
		}
		search, latin := SearchKey(p.Said), LatinKey(p.Said)
		versions.Values = append(versions.Values, versionFromPerson(d.row, *p, search, latin, number, places.goal[p.key()], tx.Now))
		of = append(of, p)
		if !p.namedAs(latest[p.ID]) && !p.namedAs(accepted[p.ID]) {
			names = append(names, nameWords(p.ID, search, latin)...)
		}
	}
	ids, err := tx.Insert(ctx, versions)
	if err != nil {
		return fmt.Errorf("write participants: %w", err)
	}
	for i, id := range ids {
		of[i].Version = id
		places.said[of[i].key()] = id
	}
	return d.putNames(ctx, tx, names)
}

// apply puts the versions that stay in their places. The new ones have theirs.
func (p *placement) apply(ctx context.Context, tx *store.Tx, wanted Composition) error {
	moving := map[int64]place{}
	for said, goal := range p.goal {
		if at, ok := p.stands[p.said[said]]; ok && at != goal {
			moving[p.said[said]] = goal
		}
	}
	for i := range wanted {
		wanted[i].Version = p.said[wanted[i].key()]
	}
	return p.put(ctx, tx, moving)
}

// put puts versions in places, with one statement however many there are.
func (p *placement) put(ctx context.Context, tx *store.Tx, places map[int64]place) error {
	if len(places) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(places))
	var latest, accepted, newest strings.Builder
	for _, id := range ids {
		at := places[id]
		p.stands[id] = at
		fmt.Fprintf(&latest, " WHEN %d THEN %d", id, at.latest)
		fmt.Fprintf(&accepted, " WHEN %d THEN %d", id, at.accepted)
		fmt.Fprintf(&newest, " WHEN %d THEN %t", id, at.newest)
	}
	err := tx.Client.ParticipantVersion.Update().Where(participantversion.IDIn(ids...)).
		Modify(func(u *sql.UpdateBuilder) {
			u.Set(participantversion.FieldLatestOrder, sql.Expr("CASE id"+latest.String()+" END"))
			u.Set(participantversion.FieldAcceptedOrder, sql.Expr("CASE id"+accepted.String()+" END"))
			u.Set(participantversion.FieldNewest, sql.Expr("CASE id"+newest.String()+" END"))
		}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("place versions: %w", err)
	}
	return nil
}
