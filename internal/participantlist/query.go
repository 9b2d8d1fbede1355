package participantlist

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"time"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/listeddelegation"
	"github.com/un-placard/placard/ent/db/listedition"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	entityrules "github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// outline is a list without its persons, as it is at one moment.
type outline struct {
	// about is the meeting as the list shows it: its texts, days and time zone.
	about *placardv1.Meeting
	title *placardv1.ShownText
	parts []part
	// provisional says that it shows the latest revisions, not the accepted ones.
	provisional bool
	// sequence is the number of the last change that the list takes account of,
	// and changed is when that was made.
	sequence int64
	changed  time.Time
	// signingKey seals an edition; empty of the list as it is now.
	signingKey string
}

// issued tells whether the list is an edition.
func (o outline) issued() bool { return o.signingKey != "" }

// persons is how many persons are on the list.
func (o outline) persons() int {
	n := 0
	for d := range o.delegations() {
		n += d.persons
	}
	return n
}

// count is how many delegations are on the list.
func (o outline) count() int {
	n := 0
	for _, p := range o.parts {
		n += len(p.delegations)
	}
	return n
}

// delegations are those of all parts, in order.
func (o outline) delegations() iter.Seq[delegation] {
	return func(yield func(delegation) bool) {
		for _, p := range o.parts {
			for _, d := range p.delegations {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// readOutline reads what a list consists of, in a few queries whatever its
// size: of an edition, or of the list as it is now.
func readOutline(ctx context.Context, client *db.Client, a asked) (outline, error) {
	// Whoever does not see the meeting learns nothing of its editions.
	about, err := readMeeting(ctx, client, a)
	if err != nil {
		return outline{}, err
	}
	var o outline
	var delegations []delegation
	if a.number > 0 {
		o, delegations, err = readEdition(ctx, client, a)
	} else {
		o, delegations, err = readPresent(ctx, client, a, about)
	}
	if err != nil {
		return outline{}, err
	}
	return o.in(a, delegations), nil
}

// in completes an outline, in the language that is asked for.
func (o outline) in(a asked, delegations []delegation) outline {
	for i, d := range delegations {
		delegations[i].name = locale.Show(d.names, a.language, a.accept)
	}
	o.title = locale.Show(o.about.GetTitle(), a.language, a.accept)
	o.parts = divide(delegations, a.language)
	return o
}

// readPresent reads the list as it is now. A delegation is on it if somebody of
// it is.
func readPresent(
	ctx context.Context, client *db.Client, a asked, about *placardv1.Meeting,
) (outline, []delegation, error) {
	o := outline{about: about, provisional: a.provisional}
	var err error
	if o.sequence, o.changed, err = readLastChange(ctx, client); err != nil {
		return o, nil, err
	}
	counts, err := countPersons(ctx, client, a)
	if err != nil {
		return o, nil, err
	}
	revisions, err := readRevisions(ctx, client, a)
	if err != nil {
		return o, nil, err
	}
	statuses, kept, err := readInvitations(ctx, client, a)
	if err != nil {
		return o, nil, err
	}
	names, err := readNames(ctx, client, a, about.GetStartDate(), kept)
	if err != nil {
		return o, nil, err
	}
	var delegations []delegation
	for code, count := range counts {
		shown, present := revisions[code]
		status, invited := statuses[code]
		if !present || !invited {
			continue
		}
		delegations = append(delegations, delegation{
			entity: code, status: status, names: names[code], late: shown.Late, revision: shown.ID, persons: count,
		})
	}
	return o, delegations, nil
}

// readLastChange answers the number of the last change and when it was made.
func readLastChange(ctx context.Context, client *db.Client) (int64, time.Time, error) {
	counter, err := client.ChangeCounter.Query().Only(ctx)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("read counter of changes: %w", err)
	}
	// Only when it was made is said to who may not see the change itself.
	last, err := client.Change.Query().Where(change.ID(counter.Value)).
		Select(change.FieldCreateTime).Only(access.AsSystem(ctx))
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("read last change: %w", err)
	}
	return counter.Value, last.CreateTime, nil
}

// readMeeting answers of a meeting what its lists show.
func readMeeting(ctx context.Context, client *db.Client, a asked) (*placardv1.Meeting, error) {
	row, err := client.Meeting.Query().Where(meeting.ID(a.meeting)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(a.resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read meeting: %w", err)
	}
	m := &placardv1.Meeting{}
	if err := fromText(row.Content, m); err != nil {
		return nil, fmt.Errorf("read content of meeting: %w", err)
	}
	return &placardv1.Meeting{
		Title: m.GetTitle(), Session: m.GetSession(), ConveningBody: m.GetConveningBody(),
		Venue:     &placardv1.Meeting_Venue{City: m.GetVenue().GetCity()},
		StartDate: row.StartDate, EndDate: row.EndDate, TimeZone: row.TimeZone,
		Modality: placardv1.Meeting_Modality(placardv1.Meeting_Modality_value[row.Modality]),
	}, nil
}

// listed are the versions of the persons on the list.
func listed(a asked) predicate.ParticipantVersion {
	return participantversion.And(
		participantversion.MeetingID(a.meeting),
		participantversion.RoleNotIn(unlisted...),
		// The 0 is part of the statement, so that the partial index is found.
		func(sel *sql.Selector) { sel.Where(sql.ExprP(sel.C(orderColumn(a)) + " > 0")) },
	)
}

// orderColumn holds the protocol order in the composition that is shown.
func orderColumn(a asked) string {
	if a.provisional {
		return participantversion.FieldLatestOrder
	}
	return participantversion.FieldAcceptedOrder
}

// countPersons counts the persons on the list, by entity.
func countPersons(ctx context.Context, client *db.Client, a asked) (map[string]int, error) {
	var rows []struct {
		EntityID string `json:"entity_id"`
		Count    int    `json:"count"`
	}
	err := client.ParticipantVersion.Query().Where(listed(a)).
		GroupBy(participantversion.FieldEntityID).Aggregate(db.Count()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count persons: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, row := range rows {
		counts[row.EntityID] = row.Count
	}
	return counts, nil
}

// readRevisions answers for each entity with a delegation, withdrawn ones apart,
// the revision that is shown.
func readRevisions(ctx context.Context, client *db.Client, a asked) (map[string]*db.Revision, error) {
	shown := entdelegation.FieldAcceptedRevision
	if a.provisional {
		shown = entdelegation.FieldLatestRevision
	}
	rows, err := client.Revision.Query().
		Where(revision.MeetingID(a.meeting), func(sel *sql.Selector) {
			d := sql.Table(entdelegation.Table)
			sel.Where(sql.Exists(sql.Select(d.C(entdelegation.FieldID)).From(d).Where(sql.And(
				sql.ColumnsEQ(d.C(entdelegation.FieldID), sel.C(revision.FieldDelegationID)),
				sql.ColumnsEQ(d.C(shown), sel.C(revision.FieldNumber)),
				sql.NEQ(d.C(entdelegation.FieldState), placardv1.Delegation_WITHDRAWN.String()),
			))))
		}).
		Select(revision.FieldEntityID, revision.FieldLate).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	revisions := make(map[string]*db.Revision, len(rows))
	for _, row := range rows {
		revisions[row.EntityID] = row
	}
	return revisions, nil
}

// readInvitations answers the participation statuses of the invited entities, and
// the names that were kept of them when the meeting was concluded.
func readInvitations(
	ctx context.Context, client *db.Client, a asked,
) (statuses map[string]placardv1.ParticipationStatus, kept map[string]string, err error) {
	rows, err := client.Invitation.Query().Where(invitation.MeetingID(a.meeting)).
		Select(invitation.FieldEntityID, invitation.FieldParticipationStatus, invitation.FieldEntityNames).All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read invitations: %w", err)
	}
	statuses, kept = make(map[string]placardv1.ParticipationStatus, len(rows)), make(map[string]string, len(rows))
	for _, row := range rows {
		statuses[row.EntityID] = placardv1.ParticipationStatus(
			placardv1.ParticipationStatus_value[row.ParticipationStatus])
		kept[row.EntityID] = row.EntityNames
	}
	return statuses, kept, nil
}

// readNames answers the short names of the entities with a delegation: those that
// were kept, else those of the register.
func readNames(
	ctx context.Context, client *db.Client, a asked, day string, kept map[string]string,
) (map[string]*placardv1.LocalizedText, error) {
	rows, err := client.Entity.Query().Where(func(sel *sql.Selector) {
		d := sql.Table(entdelegation.Table)
		sel.Where(sql.In(sel.C(entity.FieldID),
			sql.Select(d.C(entdelegation.FieldEntityID)).From(d).Where(sql.EQ(d.C(entdelegation.FieldMeetingID), a.meeting))))
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	names := make(map[string]*placardv1.LocalizedText, len(rows))
	for _, row := range rows {
		said, err := entityrules.Names(cmp.Or(kept[row.ID], row.Names))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.ID, err)
		}
		names[row.ID] = entityrules.NamesOn(said, day).GetShortName()
	}
	return names, nil
}

// readEdition reads a list as it was issued, in the scope of the caller.
func readEdition(ctx context.Context, client *db.Client, a asked) (outline, []delegation, error) {
	row, err := client.ListEdition.Query().
		Where(listedition.MeetingID(a.meeting), listedition.Sequence(a.number)).Only(ctx)
	if db.IsNotFound(err) {
		return outline{}, nil, fault.NotFound(name.Edition(a.meeting, a.number))
	}
	if err != nil {
		return outline{}, nil, fmt.Errorf("read edition: %w", err)
	}
	return outlineFromEdition(ctx, client, row)
}

// outlineFromEdition reads what an edition consists of.
func outlineFromEdition(ctx context.Context, client *db.Client, row *db.ListEdition) (outline, []delegation, error) {
	o := outline{
		about: &placardv1.Meeting{}, provisional: row.Provisional,
		sequence: row.Sequence, changed: row.ChangeTime, signingKey: row.SigningKey,
	}
	if err := fromText(row.Content, o.about); err != nil {
		return o, nil, fmt.Errorf("read content of edition: %w", err)
	}
	rows, err := client.ListedDelegation.Query().Where(listeddelegation.EditionID(row.ID)).All(ctx)
	if err != nil {
		return o, nil, fmt.Errorf("read delegations of edition: %w", err)
	}
	delegations := make([]delegation, len(rows))
	for i, row := range rows {
		d := delegation{
			entity: row.EntityID, names: &placardv1.LocalizedText{}, late: row.Late,
			status:   placardv1.ParticipationStatus(placardv1.ParticipationStatus_value[row.ParticipationStatus]),
			revision: row.RevisionID, persons: int(row.Persons),
		}
		if err := fromText(row.ShortName, d.names); err != nil {
			return o, nil, fmt.Errorf("read name of %s: %w", row.EntityID, err)
		}
		delegations[i] = d
	}
	return o, delegations, nil
}
