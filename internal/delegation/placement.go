package delegation

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
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
	// stands are the versions present before, by id.
	stands map[int64]place
	// said finds a version by what it says of whom.
	said map[saidOf]int64
}

type place struct{ latest, accepted int32 }

type saidOf struct {
	id string
	Said
}

// vacate takes the versions that no longer stand anywhere out of their places
// first, so that no index ever sees two heads or one external id twice.
func (d *dossier) vacate(ctx context.Context, tx *store.Tx, plan plan, wanted Composition) (*placement, error) {
	p := &placement{stands: map[int64]place{}, said: map[saidOf]int64{}}
	for i, person := range d.accepted {
		p.stands[person.Version] = place{accepted: int32(i + 1)}
		p.said[saidOf{person.ID, person.Said}] = person.Version
	}
	for i, person := range d.latest {
		at := p.stands[person.Version]
		at.latest = int32(i + 1)
		p.stands[person.Version] = at
		p.said[saidOf{person.ID, person.Said}] = person.Version
	}
	resolve := func(c Composition) map[int64]bool {
		stays := make(map[int64]bool, len(c))
		for i := range c {
			c[i].Version = p.said[saidOf{c[i].ID, c[i].Said}]
			stays[c[i].Version] = true
		}
		return stays
	}
	staysLatest := resolve(wanted)
	staysAccepted := resolve(plan.inForce)
	var outLatest, outAccepted, superseded []int64
	present := wanted.index()
	for _, person := range d.latest {
		if !staysLatest[person.Version] {
			outLatest = append(outLatest, person.Version)
			if _, ok := present[person.ID]; ok {
				superseded = append(superseded, person.Version)
			}
		}
	}
	if plan.hasInForce {
		for _, person := range d.accepted {
			if !staysAccepted[person.Version] {
				outAccepted = append(outAccepted, person.Version)
			}
		}
	}
	update := func(ids []int64, set func(*db.ParticipantVersionUpdate)) error {
		if len(ids) == 0 {
			return nil
		}
		u := tx.Client.ParticipantVersion.Update().Where(participantversion.IDIn(ids...))
		set(u)
		if err := u.Exec(ctx); err != nil {
			return fmt.Errorf("take versions out: %w", err)
		}
		return nil
	}
	if err := update(outLatest, func(u *db.ParticipantVersionUpdate) { u.SetLatestOrder(0) }); err != nil {
		return nil, err
	}
	if err := update(outAccepted, func(u *db.ParticipantVersionUpdate) { u.SetAcceptedOrder(0) }); err != nil {
		return nil, err
	}
	return p, update(superseded, func(u *db.ParticipantVersionUpdate) { u.SetNewest(false) })
}

// putVersions writes the versions that a composition needs and that are not
// there yet, and fills in their ids. They get their places in apply.
func (d *dossier) putVersions(ctx context.Context, tx *store.Tx, number int32, c Composition, places *placement) error {
	var creates []*db.ParticipantVersionCreate
	var of []int
	for i := range c {
		if v, ok := places.said[saidOf{c[i].ID, c[i].Said}]; ok {
			c[i].Version = v
			continue
		}
		creates = append(creates, versionFromPerson(tx.Client, d.row, c[i], number, tx.Now))
		of = append(of, i)
	}
	const rows = 500 // 23 columns each: under the engines' limits of parameters
	for from := 0; from < len(creates); from += rows {
		saved, err := tx.Client.ParticipantVersion.CreateBulk(creates[from:min(from+rows, len(creates))]...).Save(ctx)
		if err != nil {
			return fmt.Errorf("write participants: %w", err)
		}
		for j, v := range saved {
			person := &c[of[from+j]]
			person.Version = v.ID
			places.said[saidOf{person.ID, person.Said}] = v.ID
		}
	}
	return nil
}

// apply puts every version in its place in the two compositions, with one
// statement however many there are.
func (p *placement) apply(ctx context.Context, tx *store.Tx, plan plan, wanted Composition) error {
	target := make(map[int64]place, len(wanted))
	newest := make([]int64, 0, len(wanted))
	for i := range wanted {
		version := p.said[saidOf{wanted[i].ID, wanted[i].Said}]
		wanted[i].Version = version
		target[version] = place{latest: int32(i + 1)}
		if p.stands[version].latest == 0 {
			newest = append(newest, version)
		}
	}
	for i, person := range plan.inForce {
		at := target[person.Version]
		at.accepted = int32(i + 1)
		target[person.Version] = at
	}
	for id, at := range target {
		if p.stands[id] == at {
			delete(target, id)
		}
	}
	if len(newest) > 0 {
		if err := tx.Client.ParticipantVersion.Update().Where(participantversion.IDIn(newest...)).SetNewest(true).Exec(ctx); err != nil {
			return fmt.Errorf("mark newest versions: %w", err)
		}
	}
	if len(target) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(target))
	var latest, accepted strings.Builder
	for id, at := range target {
		ids = append(ids, id)
		fmt.Fprintf(&latest, " WHEN %d THEN %d", id, at.latest)
		fmt.Fprintf(&accepted, " WHEN %d THEN %d", id, at.accepted)
	}
	err := tx.Client.ParticipantVersion.Update().Where(participantversion.IDIn(ids...)).
		Modify(func(u *sql.UpdateBuilder) {
			u.Set(participantversion.FieldLatestOrder, sql.Expr("CASE id"+latest.String()+" END"))
			u.Set(participantversion.FieldAcceptedOrder, sql.Expr("CASE id"+accepted.String()+" END"))
		}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("place versions: %w", err)
	}
	return nil
}
