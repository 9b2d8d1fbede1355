package participantlist

import (
	"cmp"
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/ent/db/revision"
	entityrules "github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

// outline is a list without its persons.
type outline struct {
	// about is the meeting: its texts, days and time zone.
	about *placardv1.Meeting
	title *placardv1.ShownText
	parts []part
}

// persons is how many persons are on the list.
func (o outline) persons() int {
	n := 0
	for _, p := range o.parts {
		for _, d := range p.delegations {
			n += d.persons
		}
	}
	return n
}

// readOutline reads what a list consists of, in a few queries whatever its
// size. A delegation is on it if somebody of it is.
func readOutline(ctx context.Context, client *db.Client, e edition) (outline, error) {
	about, err := readMeeting(ctx, client, e)
	if err != nil {
		return outline{}, err
	}
	counts, err := countPersons(ctx, client, e)
	if err != nil {
		return outline{}, err
	}
	late, err := readLate(ctx, client, e)
	if err != nil {
		return outline{}, err
	}
	statuses, kept, err := readInvitations(ctx, client, e)
	if err != nil {
		return outline{}, err
	}
	names, err := readNames(ctx, client, e, about.GetStartDate(), kept)
	if err != nil {
		return outline{}, err
	}
	var delegations []delegation
	for code, count := range counts {
		isLate, present := late[code]
		status, invited := statuses[code]
		if !present || !invited {
			continue
		}
		delegations = append(delegations, delegation{
			entity: code, status: status, name: names[code], late: isLate, persons: count,
		})
	}
	return outline{
		about: about,
		title: locale.Show(about.GetTitle(), e.language, e.accept),
		parts: divide(delegations, e.language),
	}, nil
}

// readMeeting answers the texts, the days and the time zone of a meeting.
func readMeeting(ctx context.Context, client *db.Client, e edition) (*placardv1.Meeting, error) {
	row, err := client.Meeting.Query().Where(meeting.ID(e.meeting)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(e.resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read meeting: %w", err)
	}
	m := &placardv1.Meeting{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Content), m); err != nil {
		return nil, fmt.Errorf("read content of meeting: %w", err)
	}
	m.StartDate, m.EndDate, m.TimeZone = row.StartDate, row.EndDate, row.TimeZone
	m.Modality = placardv1.Meeting_Modality(placardv1.Meeting_Modality_value[row.Modality])
	return m, nil
}

// listed are the versions of the persons on the list.
func listed(e edition) predicate.ParticipantVersion {
	return participantversion.And(
		participantversion.MeetingID(e.meeting),
		participantversion.RoleNotIn(unlisted...),
		// The 0 is part of the statement, so that the partial index is found.
		func(sel *sql.Selector) { sel.Where(sql.ExprP(sel.C(orderColumn(e)) + " > 0")) },
	)
}

// orderColumn holds the protocol order in the composition that is shown.
func orderColumn(e edition) string {
	if e.provisional {
		return participantversion.FieldLatestOrder
	}
	return participantversion.FieldAcceptedOrder
}

// countPersons counts the persons on the list, by entity.
func countPersons(ctx context.Context, client *db.Client, e edition) (map[string]int, error) {
	var rows []struct {
		EntityID string `json:"entity_id"`
		Count    int    `json:"count"`
	}
	err := client.ParticipantVersion.Query().Where(listed(e)).
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

// readLate answers for each entity with a delegation, withdrawn ones apart,
// whether the composition shown was late.
func readLate(ctx context.Context, client *db.Client, e edition) (map[string]bool, error) {
	rows, err := client.Delegation.Query().
		Where(entdelegation.MeetingID(e.meeting), entdelegation.StateNEQ(placardv1.Delegation_WITHDRAWN.String())).
		Select(entdelegation.FieldEntityID, entdelegation.FieldLate).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	late := make(map[string]bool, len(rows))
	for _, row := range rows {
		late[row.EntityID] = row.Late
	}
	if e.provisional {
		return late, nil
	}
	inForce, err := client.Revision.Query().
		Where(revision.MeetingID(e.meeting), func(sel *sql.Selector) {
			d := sql.Table(entdelegation.Table)
			sel.Where(sql.Exists(sql.Select(d.C(entdelegation.FieldID)).From(d).Where(sql.And(
				sql.ColumnsEQ(d.C(entdelegation.FieldID), sel.C(revision.FieldDelegationID)),
				sql.ColumnsEQ(d.C(entdelegation.FieldAcceptedRevision), sel.C(revision.FieldNumber)),
			))))
		}).
		Select(revision.FieldEntityID, revision.FieldLate).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read accepted revisions: %w", err)
	}
	for _, row := range inForce {
		if _, present := late[row.EntityID]; present {
			late[row.EntityID] = row.Late
		}
	}
	return late, nil
}

// readInvitations answers the participation statuses of the invited entities, and
// the names that were kept of them when the meeting was concluded.
func readInvitations(
	ctx context.Context, client *db.Client, e edition,
) (statuses map[string]placardv1.ParticipationStatus, kept map[string]string, err error) {
	rows, err := client.Invitation.Query().Where(invitation.MeetingID(e.meeting)).
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
	ctx context.Context, client *db.Client, e edition, day string, kept map[string]string,
) (map[string]*placardv1.ShownText, error) {
	rows, err := client.Entity.Query().Where(func(sel *sql.Selector) {
		d := sql.Table(entdelegation.Table)
		sel.Where(sql.In(sel.C(entity.FieldID),
			sql.Select(d.C(entdelegation.FieldEntityID)).From(d).Where(sql.EQ(d.C(entdelegation.FieldMeetingID), e.meeting))))
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	names := make(map[string]*placardv1.ShownText, len(rows))
	for _, row := range rows {
		said, err := entityrules.Names(cmp.Or(kept[row.ID], row.Names))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.ID, err)
		}
		names[row.ID] = locale.Show(entityrules.NamesOn(said, day).GetShortName(), e.language, e.accept)
	}
	return names, nil
}

// readPersons answers the persons on the list by entity, in protocol order: of
// the entities given, or of all where none are. What is not on the list, as
// contact details, is not read.
func readPersons(
	ctx context.Context, client *db.Client, e edition, entities []string,
) (map[string][]*db.ParticipantVersion, error) {
	q := client.ParticipantVersion.Query().Where(listed(e))
	if len(entities) > 0 {
		q.Where(participantversion.EntityIDIn(entities...))
	}
	rows, err := q.
		Order(participantversion.ByEntityID(), sql.OrderByField(orderColumn(e)).ToFunc(), participantversion.ByID()).
		Select(
			participantversion.FieldMeetingID, participantversion.FieldEntityID, participantversion.FieldParticipantID,
			participantversion.FieldHonorific, participantversion.FieldGivenName, participantversion.FieldFamilyName,
			participantversion.FieldLatinGivenName, participantversion.FieldLatinFamilyName,
			participantversion.FieldFunctionalTitle, participantversion.FieldOrganization,
			participantversion.FieldRole, participantversion.FieldModality,
		).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read persons: %w", err)
	}
	persons := make(map[string][]*db.ParticipantVersion)
	for _, row := range rows {
		persons[row.EntityID] = append(persons[row.EntityID], row)
	}
	return persons, nil
}
