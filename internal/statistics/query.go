package statistics

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	entmeeting "github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// venue is where a meeting takes place: its days begin there.
type venue struct {
	name string
	zone *time.Location
}

// meeting is what the figures of a meeting depend on.
type meeting struct {
	id       string
	venue    venue
	deadline *time.Time
}

func readMeeting(ctx context.Context, client *db.Client, id string) (meeting, error) {
	row, err := client.Meeting.Query().Where(entmeeting.ID(id)).Only(ctx)
	if db.IsNotFound(err) {
		return meeting{}, fault.NotFound(name.Statistics(id))
	}
	if err != nil {
		return meeting{}, fmt.Errorf("read meeting: %w", err)
	}
	zone, err := time.LoadLocation(row.TimeZone)
	if err != nil {
		return meeting{}, fmt.Errorf("read zone of meeting: %w", err)
	}
	return meeting{id, venue{row.TimeZone, zone}, row.DeadlineTime}, nil
}

// count fills in the figures. Its queries are a fixed number, and what they
// answer grows with the entities and the days, not with the persons.
func count(ctx context.Context, client *db.Client, m meeting, now time.Time, to *placardv1.MeetingStatistics) error {
	invited, err := readInvited(ctx, client, m.id)
	if err != nil {
		return err
	}
	groups, err := countPersons(ctx, client, m.id)
	if err != nil {
		return err
	}
	quarters, err := countQuarters(ctx, client, m.id)
	if err != nil {
		return err
	}
	overdue := m.deadline != nil && now.After(*m.deadline)
	to.Total, to.ByStatus, to.ByRegion = progressOf(invited, groups, overdue)
	to.ByRole, to.ByModality, to.ByLanguage = kindsOf(groups)
	to.Days = daysOf(quarters, m.venue.zone)
	return nil
}

// invitee is an invited entity and how far it is.
type invitee struct {
	Entity     string `json:"entity_id"`
	Status     string `json:"participation_status"`
	Invitation string `json:"invitation"`
	Kind       string `json:"kind"`
	Region     string `json:"region"`
	// Delegation is its state, empty where there is none.
	Delegation string `json:"delegation"`
	// Accepted is the revision in force, 0 where there is none.
	Accepted int32 `json:"accepted_revision"`
	// Late is 1 for a latest composition that came late.
	Late int `json:"late"`
}

// readInvited reads the entities that have an invitation, drafts included.
func readInvited(ctx context.Context, client *db.Client, meeting string) ([]invitee, error) {
	var rows []invitee
	err := client.Invitation.Query().Where(invitation.MeetingID(meeting)).Modify(func(i *sql.Selector) {
		e, d := sql.Table(entity.Table), sql.Table(delegation.Table)
		i.Join(e).On(i.C(invitation.FieldEntityID), e.C(entity.FieldID))
		i.LeftJoin(d).OnP(sql.And(
			sql.ColumnsEQ(i.C(invitation.FieldMeetingID), d.C(delegation.FieldMeetingID)),
			sql.ColumnsEQ(i.C(invitation.FieldEntityID), d.C(delegation.FieldEntityID)),
		))
		i.Select(
			i.C(invitation.FieldEntityID),
			i.C(invitation.FieldParticipationStatus),
			sql.As(i.C(invitation.FieldState), "invitation"),
			e.C(entity.FieldKind),
			e.C(entity.FieldRegion),
			sql.As("COALESCE("+d.C(delegation.FieldState)+", '')", "delegation"),
			sql.As("COALESCE("+d.C(delegation.FieldAcceptedRevision)+", 0)", "accepted_revision"),
			sql.As("CASE WHEN "+d.C(delegation.FieldLate)+" THEN 1 ELSE 0 END", "late"),
		)
	}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read invited entities: %w", err)
	}
	return rows, nil
}

// group are the persons of one entity who have one role, attend in one way and
// read one language: how many of them are in the latest composition and in the
// one in force. Somebody whose role waits for review is in two groups.
type group struct {
	Entity   string `json:"entity_id"`
	Role     string `json:"role"`
	Modality string `json:"modality"`
	Language string `json:"language"`
	Latest   int32  `json:"latest"`
	Accepted int32  `json:"accepted"`
}

// countPersons counts the persons of both compositions in one pass, which is
// what takes the time at a large meeting.
func countPersons(ctx context.Context, client *db.Client, meeting string) ([]group, error) {
	var rows []group
	err := client.ParticipantVersion.Query().Where(participantversion.MeetingID(meeting)).
		Modify(func(v *sql.Selector) {
			latest := v.C(participantversion.FieldLatestOrder) + " > 0"
			accepted := v.C(participantversion.FieldAcceptedOrder) + " > 0"
			// As the partial index has it.
			v.Where(sql.ExprP("(" + latest + " OR " + accepted + ")"))
			kind := v.Columns(participantversion.FieldEntityID, participantversion.FieldRole,
				participantversion.FieldModality, participantversion.FieldLanguage)
			v.Select(append(kind,
				sql.As("SUM(CASE WHEN "+latest+" THEN 1 ELSE 0 END)", "latest"),
				sql.As("SUM(CASE WHEN "+accepted+" THEN 1 ELSE 0 END)", "accepted"),
			)...).GroupBy(kind...)
		}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count persons: %w", err)
	}
	return rows, nil
}

// quarter is how many persons were first submitted in a quarter of an hour.
type quarter struct {
	// Number is that of the quarter, counted from 1970 in UTC.
	Number int64 `json:"quarter"`
	Count  int32 `json:"count"`
}

// countQuarters counts first submissions. Both engines count quarters of an
// hour of UTC alike, and a day begins with one in every zone that is in use,
// so that only Go has to know about zones. A person has one newest version.
func countQuarters(ctx context.Context, client *db.Client, meeting string) ([]quarter, error) {
	var rows []quarter
	err := client.ParticipantVersion.Query().Where(participantversion.Newest(true)).
		Modify(func(v *sql.Selector) {
			// By the delegations: withdrawn persons are in no index of the meeting.
			d := sql.Table(delegation.Table)
			v.Where(sql.In(v.C(participantversion.FieldDelegationID),
				sql.Select(d.C(delegation.FieldID)).From(d).Where(sql.EQ(d.C(delegation.FieldMeetingID), meeting))))
			created := v.C(participantversion.FieldPersonCreateTime)
			number := "unixepoch(" + created + ") / 900"
			if v.Dialect() == dialect.Postgres {
				number = "CAST(floor(extract(epoch FROM " + created + ") / 900) AS bigint)"
			}
			v.Select(sql.As(number, "quarter"), sql.As(sql.Count("*"), "count")).GroupBy("quarter").OrderBy("quarter")
		}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count first submissions: %w", err)
	}
	return rows, nil
}
