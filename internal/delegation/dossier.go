package delegation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	entinvitation "github.com/un-placard/placard/ent/db/invitation"
	entmeeting "github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// dossier is all that a write of one delegation decides on, read and locked
// together.
type dossier struct {
	name       string
	meeting    *db.Meeting
	invitation *db.Invitation
	// row is nil before the first submission; shown is what it showed when it
	// was read.
	row   *db.Delegation
	shown *placardv1.Delegation
	// latest and accepted are the two compositions.
	latest, accepted Composition
	// acceptedReceived is when the composition in force was received.
	acceptedReceived time.Time
	intake           Intake
	zone             *time.Location
}

// open reads the dossier of a delegation for a write. Two writes of the same
// delegation follow one another, the first submission included, and the
// meeting is not concluded in between.
func open(ctx context.Context, tx *store.Tx, delegation string) (*dossier, error) {
	return read(ctx, tx.Client, delegation, tx)
}

// read reads the dossier of a delegation, and locks it where there is a
// transaction to do so.
func read(ctx context.Context, client *db.Client, delegation string, tx *store.Tx) (*dossier, error) {
	meetingID, entityID := name.MeetingOf(delegation), name.EntityOf(delegation)
	d := &dossier{name: delegation}
	mq := client.Meeting.Query().Where(entmeeting.ID(meetingID))
	iq := client.Invitation.Query().Where(entinvitation.MeetingID(meetingID), entinvitation.EntityID(entityID))
	dq := client.Delegation.Query().Where(entdelegation.MeetingID(meetingID), entdelegation.EntityID(entityID))
	if tx != nil {
		if err := tx.HoldMeeting(ctx, meetingID); err != nil {
			return nil, err
		}
		iq.Modify(tx.ForUpdate)
		dq.Modify(tx.ForUpdate)
	}
	var err error
	if d.meeting, err = mq.Only(ctx); err != nil {
		if db.IsNotFound(err) {
			return nil, fault.NotFound(delegation)
		}
		return nil, fmt.Errorf("read meeting: %w", err)
	}
	if d.invitation, err = iq.Only(ctx); err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("read invitation: %w", err)
	}
	if d.row, err = dq.Only(ctx); err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("read delegation: %w", err)
	}
	d.intake = Intake{
		State:      placardv1.Meeting_State(placardv1.Meeting_State_value[d.meeting.State]),
		LatePolicy: placardv1.Meeting_LatePolicy(placardv1.Meeting_LatePolicy_value[d.meeting.LatePolicy]),
		Deadline:   d.meeting.DeadlineTime,
		Closed:     d.meeting.CloseTime,
	}
	if d.zone, err = time.LoadLocation(d.meeting.TimeZone); err != nil {
		return nil, fmt.Errorf("zone of meeting %s: %w", d.meeting.ID, err)
	}
	if d.row == nil {
		return d, nil
	}
	d.shown = delegationFromRow(d.row)
	if n := d.row.AcceptedRevision; n > 0 {
		r, err := client.Revision.Query().Where(revision.DelegationID(d.row.ID), revision.Number(n)).Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read accepted revision: %w", err)
		}
		d.acceptedReceived = r.ReceiveTime
	}
	versions, err := client.ParticipantVersion.Query().Where(
		participantversion.DelegationID(d.row.ID),
		participantversion.Or(participantversion.LatestOrderGT(0), participantversion.AcceptedOrderGT(0)),
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read composition: %w", err)
	}
	d.latest = compositionFromVersions(versions, func(v *db.ParticipantVersion) int32 { return v.LatestOrder })
	d.accepted = compositionFromVersions(versions, func(v *db.ParticipantVersion) int32 { return v.AcceptedOrder })
	return d, nil
}

// quotas are those of the meeting, as they are while it is held.
func (d *dossier) quotas() ([]*placardv1.Meeting_Quota, error) {
	content := &placardv1.Meeting{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(d.meeting.Content), content); err != nil {
		return nil, fmt.Errorf("read content of meeting %s: %w", d.meeting.ID, err)
	}
	return content.GetQuotas(), nil
}

// leaving are those who are in force and no longer in the latest composition:
// their withdrawal came late and waits for review.
func (d *dossier) leaving() Composition {
	stays := d.latest.index()
	return slices.DeleteFunc(slices.Clone(d.accepted), func(p Person) bool { _, ok := stays[p.ID]; return ok })
}

// admits answers why a change of who attends is refused by the meeting. What
// is in force already is never refused.
func (d *dossier) admits(wanted Composition, plan plan, by communication) error {
	if !plan.attendance {
		return nil
	}
	if err := d.intake.TakesAttendance(by.received, d.zone); err != nil {
		return err
	}
	quotas, err := d.quotas()
	if err != nil {
		return err
	}
	of := Represented{
		Entity: d.invitation.EntityID,
		Status: placardv1.ParticipationStatus(placardv1.ParticipationStatus_value[d.invitation.ParticipationStatus]),
	}
	return CheckQuotas(quotas, of, d.latest, wanted)
}

// recall reads how those whose name is spelled otherwise were called when they
// were last accepted by review. It is immutable: any client reads the same.
func (d *dossier) recall(ctx context.Context, client *db.Client, wanted Composition) error {
	accepted := map[string]*Person{}
	for i := range d.accepted {
		accepted[d.accepted[i].ID] = &d.accepted[i]
	}
	var respelled []string
	for _, w := range wanted {
		if p := accepted[w.ID]; p != nil && p.respelled(w.Said) {
			respelled = append(respelled, w.ID)
		}
	}
	if len(respelled) == 0 {
		return nil
	}
	reviewed, err := client.Revision.Query().Where(
		revision.DelegationID(d.row.ID), revision.NumberLTE(d.row.AcceptedRevision),
		revision.State(placardv1.DelegationRevision_ACCEPTED.String()), revision.SelfAccepted(false),
	).Order(revision.ByNumber(sql.OrderDesc())).First(ctx)
	if err != nil {
		return fmt.Errorf("read reviewed revision: %w", err)
	}
	versions, err := client.ParticipantVersion.Query().Where(
		participantversion.DelegationID(d.row.ID),
		participantversion.ParticipantIDIn(respelled...), participantversion.IDIn(reviewed.Members...),
	).All(ctx)
	if err != nil {
		return fmt.Errorf("read reviewed composition: %w", err)
	}
	for _, v := range versions {
		said := saidFromVersion(v)
		accepted[v.ParticipantID].Reviewed = &said
	}
	return nil
}

// takes answers why the meeting or the invitation do not allow a change.
func (d *dossier) takes() error {
	if err := d.intake.Takes(); err != nil {
		return err
	}
	switch {
	case d.invitation == nil:
		return fault.Precondition("NOT_INVITED", "the meeting does not invite this entity", "delegation", d.name)
	case d.invitation.State == placardv1.Invitation_DRAFT.String():
		return fault.Precondition("INVITATION_NOT_ISSUED", "the invitation has not been issued yet", "delegation", d.name)
	case d.invitation.State == placardv1.Invitation_DECLINED.String():
		return fault.Precondition("INVITATION_DECLINED", "the entity has declined the invitation: accept it first", "delegation", d.name)
	}
	return nil
}

// changeOf begins an entry of the change log about the delegation or a
// participant of it.
func (d *dossier) changeOf(ctx context.Context, verb string) store.Change {
	c := store.Change{
		Verb: verb, Type: name.TypeDelegation, Resource: d.name,
		Meeting: d.meeting.ID, Entity: name.EntityOf(d.name),
	}
	if access.From(ctx).Secretariat() {
		c.OnBehalfOf = c.Entity
	}
	return c
}

// communication is by which way a composition came.
type communication struct {
	// verb is what the change log calls it, of the delegation.
	verb        string
	channel     placardv1.Channel
	receiptDate string
	received    time.Time
	note        *placardv1.NoteVerbale
	focal       *placardv1.FocalPoint
	// participant is who a single correction is about; its change is the result,
	// with a verb of its own where there is one.
	participant     string
	participantVerb string
}

// revise writes a composition: it makes the revisions that it takes, places
// the versions, and records the changes. What needs no review is in force at
// once, in a revision of its own where something else waits.
// The difference to the latest composition is answered.
func (d *dossier) revise(ctx context.Context, tx *store.Tx, wanted Composition, by communication) ([]Difference, error) {
	// Whoever is new has an id from here on, by which the change log names it.
	for i := range wanted {
		if wanted[i].ID == "" {
			id, err := newParticipantID()
			if err != nil {
				return nil, err
			}
			wanted[i].ID, wanted[i].Created = id, tx.Now
		}
	}
	diff := Compare(d.latest, wanted)
	if len(diff) == 0 {
		return nil, d.note(ctx, tx, by)
	}
	if err := d.recall(ctx, tx.Client, wanted); err != nil {
		return nil, err
	}
	plan := d.plan(wanted, diff, by)
	if err := d.admits(wanted, plan, by); err != nil {
		return nil, err
	}
	if err := d.begin(ctx, tx, by); err != nil {
		return nil, err
	}
	if err := d.supersede(ctx, tx); err != nil {
		return nil, err
	}
	places, err := d.vacate(ctx, tx, plan, wanted)
	if err != nil {
		return nil, err
	}
	row := d.row.Update().SetUpdateTime(tx.Now).AddRevision(1).SetReturnReasons(plan.reasons).
		SetState(plan.state.String()).SetSubmitTime(plan.received).SetLate(plan.late).
		SetChannel(by.channel.String()).SetReceiptDate(by.receiptDate).
		SetParticipantCount(int32(len(wanted))).SetWarnings(rowWarnings(wanted, plan.withheld))
	number := d.row.LatestRevision
	if plan.inForceNew {
		number++
		if err := d.put(ctx, tx, number, plan.inForce, true, plan, by, places); err != nil {
			return nil, err
		}
		row.SetAcceptedRevision(number).SetAcceptTime(tx.Now)
	}
	if plan.pending {
		number++
		if err := d.put(ctx, tx, number, wanted, false, plan, by, places); err != nil {
			return nil, err
		}
	}
	if err := places.apply(ctx, tx, wanted); err != nil {
		return nil, err
	}
	setNote(row, by)
	saved, err := row.SetLatestRevision(number).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write delegation: %w", err)
	}
	d.record(ctx, tx, diff, saved, plan, by)
	d.row, d.latest = saved, wanted
	if plan.hasInForce {
		d.accepted = plan.inForce
	}
	return diff, nil
}

// newParticipantID makes an id that sorts by the time at which it was made (UUID
// version 7, RFC 9562), so that lists and indexes grow at their end.
func newParticipantID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make participant id: %w", err)
	}
	return id.String(), nil
}

// plan is what a composition that differs from the latest one leads to.
type plan struct {
	// attendance says that it changes who attends.
	attendance bool
	// hasInForce says that a composition is in force, or that this one is at once.
	hasInForce bool
	// inForce is what is in force afterwards, where there is; inForceNew says
	// that this takes a revision of its own.
	inForce    Composition
	inForceNew bool
	// pending says that the wanted composition waits for review; withheld, that
	// it does so whole: it came late, and nothing of it is in force before.
	pending  bool
	withheld bool
	// received and late are those of the last change of who attends, or of
	// anything that is withheld.
	received time.Time
	late     bool
	state    placardv1.Delegation_State
	// reasons are those of a return that the composition leaves standing.
	reasons []string
}

// plan decides what a composition leads to. It marks in the difference what waits:
// also the spellings that have moved away from what was reviewed, and all of what
// is withheld.
func (d *dossier) plan(wanted Composition, diff []Difference, by communication) plan {
	p := plan{pending: true, received: by.received, state: placardv1.Delegation_SUBMITTED}
	p.withheld = d.intake.Withholds(by.received)
	switch {
	case len(wanted) == 0 && !p.withheld:
		p.hasInForce, p.pending = true, false
	case d.row != nil && d.row.AcceptedRevision > 0:
		p.hasInForce = true
		if p.withheld {
			p.inForce = slices.Clone(d.accepted)
		} else {
			p.inForce = InForce(d.accepted, wanted)
		}
		p.pending = !p.inForce.Equal(wanted)
	}
	switch {
	case p.pending:
	case len(wanted) == 0:
		p.state = placardv1.Delegation_WITHDRAWN
	default:
		p.state = placardv1.Delegation_ACCEPTED
	}
	p.withheld = p.withheld && p.pending
	p.inForceNew = p.hasInForce && (!p.pending || !p.inForce.Equal(d.accepted))
	inForce := d.accepted.index()
	corrects := true
	for i := range diff {
		item := &diff[i]
		if item.Kind == placardv1.CompositionDifference_Item_CHANGED && !item.onlyContact {
			before, accepted := inForce[item.Person.ID]
			item.Review = item.Review || accepted && before.drifts(item.Person.Said)
		}
		p.attendance = p.attendance || item.Review && p.pending
		corrects = corrects && item.onlyContact
		item.Review = p.withheld || item.Review && p.pending
	}
	switch {
	case p.attendance, p.withheld:
	case p.pending && d.row != nil:
		p.received = d.row.SubmitTime
	case !d.acceptedReceived.IsZero():
		p.received = d.acceptedReceived
	}
	if p.pending && corrects && d.row != nil && d.row.State == placardv1.Delegation_RETURNED.String() {
		// A telephone number is no answer to the reasons of a return.
		p.state, p.reasons = placardv1.Delegation_RETURNED, d.row.ReturnReasons
	}
	p.late = d.intake.Late(p.received)
	return p
}

// note writes what came with a composition that is the same as before.
func (d *dossier) note(ctx context.Context, tx *store.Tx, by communication) error {
	if !d.noteDiffers(by) {
		return nil
	}
	row := d.row.Update().SetUpdateTime(tx.Now).AddRevision(1)
	setNote(row, by)
	saved, err := row.Save(ctx)
	if err != nil {
		return fmt.Errorf("write delegation: %w", err)
	}
	c := d.changeOf(ctx, by.verb)
	c.Revision, c.Paths = int64(saved.LatestRevision), d.paths(saved)
	d.row = saved
	tx.Record(c)
	return nil
}

// paths are the fields in which the delegation differs from what it was when
// it was read; none for a new one.
func (d *dossier) paths(saved *db.Delegation) []string {
	if d.shown == nil {
		return nil
	}
	return patch.Changed(d.shown, delegationFromRow(saved))
}

func (d *dossier) noteDiffers(by communication) bool {
	return (by.note != nil && (by.note.GetReference() != d.row.NoteReference || by.note.GetDate() != d.row.NoteDate)) ||
		(by.focal != nil && (by.focal.GetName() != d.row.FocalName || by.focal.GetEmail() != d.row.FocalEmail || by.focal.GetPhone() != d.row.FocalPhone))
}

func setNote(row *db.DelegationUpdateOne, by communication) {
	if by.note != nil {
		row.SetNoteReference(by.note.GetReference()).SetNoteDate(by.note.GetDate())
	}
	if by.focal != nil {
		row.SetFocalName(by.focal.GetName()).SetFocalEmail(by.focal.GetEmail()).SetFocalPhone(by.focal.GetPhone())
	}
}

// begin makes the row of a delegation that is submitted for the first time.
func (d *dossier) begin(ctx context.Context, tx *store.Tx, by communication) error {
	if d.row != nil {
		return nil
	}
	var err error
	d.row, err = tx.Client.Delegation.Create().
		SetMeetingID(d.meeting.ID).SetEntityID(name.EntityOf(d.name)).
		SetState(placardv1.Delegation_SUBMITTED.String()).SetLatestRevision(0).SetParticipantCount(0).
		SetLate(false).SetSubmitTime(by.received).SetChannel(by.channel.String()).
		SetRevision(0). // the update that follows makes it 1
		SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("make delegation: %w", err)
	}
	return nil
}

// supersede marks the revision that waits, where one does.
func (d *dossier) supersede(ctx context.Context, tx *store.Tx) error {
	if d.row.LatestRevision == 0 || d.row.State != placardv1.Delegation_SUBMITTED.String() {
		return nil
	}
	if err := tx.Client.Revision.Update().
		Where(revision.DelegationID(d.row.ID), revision.State(placardv1.DelegationRevision_SUBMITTED.String())).
		SetState(placardv1.DelegationRevision_SUPERSEDED.String()).Exec(ctx); err != nil {
		return fmt.Errorf("supersede revision: %w", err)
	}
	return nil
}

// record tells the change log what happened. The delegation comes first, or
// the participant that a single correction is about.
func (d *dossier) record(ctx context.Context, tx *store.Tx, diff []Difference, saved *db.Delegation, plan plan, by communication) {
	change := d.changeOf(ctx, by.verb)
	change.Revision, change.Paths, change.InForce = int64(saved.LatestRevision), d.paths(saved), plan.inForceNew
	changes := []store.Change{change}
	// Of whom something else is in force now, also where more of it waits.
	inForce := map[string]bool{}
	if plan.inForceNew {
		for _, item := range Compare(d.accepted, plan.inForce) {
			inForce[item.Person.ID] = true
		}
	}
	for _, item := range diff {
		c := d.changeOf(ctx, changeVerb(item.Kind))
		c.Type = name.TypeParticipant
		c.Resource = d.name + "/participants/" + item.Person.ID
		c.Revision, c.Paths = int64(saved.LatestRevision), item.Fields
		c.InForce = inForce[item.Person.ID]
		if item.Person.ID == by.participant {
			if by.participantVerb != "" {
				c.Verb = by.participantVerb
			}
			changes = append([]store.Change{c}, changes...)
			continue
		}
		changes = append(changes, c)
	}
	for _, c := range changes {
		tx.Record(c)
	}
}

func changeVerb(k Kind) string {
	switch k {
	case placardv1.CompositionDifference_Item_ADDED:
		return "create"
	case placardv1.CompositionDifference_Item_WITHDRAWN:
		return "withdraw"
	default:
		return "update"
	}
}
