package correspondence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/ent/db/revision"
	entityrules "github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/prose"
)

// about is what all letters of a meeting have in common.
type about struct {
	meeting      *placardv1.Meeting
	id           string
	zone         *time.Location
	first, last  time.Time
	deadlineTime *time.Time
	// now is when the letters are made: it decides only whether a deadline has passed.
	now time.Time
}

// letter is a letter that is still to be written.
type letter struct {
	*about
	kind     placardv1.Letter_Kind
	inv      *db.Invitation
	language string
	// names are the short names that the entity has at the meeting.
	names *placardv1.LocalizedText
	composition
	// photo is the photograph that was rejected, and person whose it is.
	photo    *db.Photo
	person   *db.ParticipantVersion
	template *prose.Template
}

// composition is what a delegation has communicated.
type composition struct {
	// latest is the last one that was received, accepted the one in force; nil for none.
	latest, accepted *db.Revision
	// persons are those of the accepted one, in protocol order.
	persons []*db.ParticipantVersion
}

// readAbout reads a meeting that the caller sees. `resource` is what it is asked about.
func readAbout(ctx context.Context, client *db.Client, resource string, now time.Time) (*about, error) {
	row, err := client.Meeting.Query().Where(meeting.ID(name.MeetingOf(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read meeting of %s: %w", resource, err)
	}
	m := &placardv1.Meeting{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Content), m); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Meeting(row.ID), err)
	}
	m.State = placardv1.Meeting_State(placardv1.Meeting_State_value[row.State])
	m.Modality = placardv1.Meeting_Modality(placardv1.Meeting_Modality_value[row.Modality])
	m.StartDate, m.EndDate, m.CompositionDeadline = row.StartDate, row.EndDate, row.CompositionDeadline
	a := &about{meeting: m, id: row.ID, deadlineTime: row.DeadlineTime, now: now}
	if a.zone, err = time.LoadLocation(row.TimeZone); err != nil {
		return nil, fmt.Errorf("time zone of %s: %w", name.Meeting(row.ID), err)
	}
	if a.first, err = time.Parse(time.DateOnly, row.StartDate); err != nil {
		return nil, fmt.Errorf("first day of %s: %w", name.Meeting(row.ID), err)
	}
	if a.last, err = time.Parse(time.DateOnly, row.EndDate); err != nil {
		return nil, fmt.Errorf("last day of %s: %w", name.Meeting(row.ID), err)
	}
	return a, nil
}

// readLetter reads what a letter consists of, in the scope of the caller.
func readLetter(
	ctx context.Context, client *db.Client, req *placardv1.ExportLetterRequest, now time.Time,
) (*letter, error) {
	a, err := readAbout(ctx, client, req.GetName(), now)
	if err != nil {
		return nil, err
	}
	inv, err := client.Invitation.Query().
		Where(invitation.MeetingID(a.id), invitation.EntityID(name.EntityOf(req.GetName()))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", req.GetName(), err)
	}
	ls, err := a.letters(ctx, client, req.GetKind(), []*db.Invitation{inv})
	if err != nil {
		return nil, err
	}
	l := ls[0]
	l.language = cmp.Or(req.GetLanguage(), inv.Language)
	if req.GetKind() == placardv1.Letter_PHOTO_REJECTION {
		if err := l.readPhoto(ctx, client, req.GetParticipant()); err != nil {
			return nil, err
		}
	}
	if err := l.possible(ctx, client); err != nil {
		return nil, err
	}
	kind := templateOf(l.kind, note(inv))
	templates, err := readParsed(ctx, client, a.id, kind)
	if err != nil {
		return nil, err
	}
	l.template, err = templates.in(kind, l.language)
	return l, err
}

// possible refuses a letter about what there is not.
func (l *letter) possible(ctx context.Context, client *db.Client) error {
	switch {
	case l.kind == placardv1.Letter_ACKNOWLEDGEMENT && l.latest == nil:
		return noComposition("no composition was received")
	case l.kind == placardv1.Letter_CONFIRMATION && l.accepted == nil:
		return noComposition("no composition was accepted")
	case l.kind == placardv1.Letter_REMINDER:
		there, err := client.Delegation.Query().Where(
			entdelegation.MeetingID(l.id), entdelegation.EntityID(l.inv.EntityID), present(),
		).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for a delegation: %w", err)
		}
		if there {
			return fault.Precondition("COMPOSITION_RECEIVED", "the composition was received: there is nothing to remind of")
		}
	}
	return nil
}

func noComposition(message string) error {
	return fault.Precondition("NO_COMPOSITION", message)
}

// present are the delegations that are not withdrawn.
func present() predicate.Delegation {
	return entdelegation.StateNEQ(placardv1.Delegation_WITHDRAWN.String())
}

// letters reads what letters to some invited entities consist of, in a few queries
// whatever their number. Their templates are not read.
func (a *about) letters(
	ctx context.Context, client *db.Client, kind placardv1.Letter_Kind, invs []*db.Invitation,
) ([]*letter, error) {
	codes := make([]string, len(invs))
	for i, inv := range invs {
		codes[i] = inv.EntityID
	}
	rows, err := client.Entity.Query().Where(entity.IDIn(codes...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	registered := make(map[string]string, len(rows))
	for _, row := range rows {
		registered[row.ID] = row.Names
	}
	compositions := map[string]composition{}
	if kind == placardv1.Letter_ACKNOWLEDGEMENT || kind == placardv1.Letter_CONFIRMATION {
		if compositions, err = a.compositions(ctx, client, kind, codes); err != nil {
			return nil, err
		}
	}
	out := make([]*letter, len(invs))
	for i, inv := range invs {
		said, err := entityrules.Names(cmp.Or(inv.EntityNames, registered[inv.EntityID]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", inv.EntityID, err)
		}
		out[i] = &letter{
			about: a, kind: kind, inv: inv, language: inv.Language, composition: compositions[inv.EntityID],
			names: entityrules.NamesOn(said, a.meeting.GetStartDate()).GetShortName(),
		}
	}
	return out, nil
}

// compositions reads what some entities have communicated, by entity. Who has withdrawn
// its delegation has communicated nothing.
func (a *about) compositions(
	ctx context.Context, client *db.Client, kind placardv1.Letter_Kind, codes []string,
) (map[string]composition, error) {
	of := func(column string) predicate.Revision {
		return func(sel *sql.Selector) {
			d := sql.Table(entdelegation.Table)
			sel.Where(sql.Exists(sql.Select(d.C(entdelegation.FieldID)).From(d).Where(sql.And(
				sql.ColumnsEQ(d.C(entdelegation.FieldID), sel.C(revision.FieldDelegationID)),
				sql.ColumnsEQ(d.C(column), sel.C(revision.FieldNumber)),
				sql.NEQ(d.C(entdelegation.FieldState), placardv1.Delegation_WITHDRAWN.String()),
			))))
		}
	}
	out := map[string]composition{}
	latest, err := client.Revision.Query().
		Where(revision.MeetingID(a.id), revision.EntityIDIn(codes...), of(entdelegation.FieldLatestRevision)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read compositions: %w", err)
	}
	for _, r := range latest {
		out[r.EntityID] = composition{latest: r}
	}
	if kind != placardv1.Letter_CONFIRMATION {
		return out, nil
	}
	accepted, err := client.Revision.Query().
		Where(revision.MeetingID(a.id), revision.EntityIDIn(codes...), of(entdelegation.FieldAcceptedRevision)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read accepted compositions: %w", err)
	}
	for _, r := range accepted {
		c := out[r.EntityID]
		c.accepted = r
		out[r.EntityID] = c
	}
	persons, err := client.ParticipantVersion.Query().Where(
		participantversion.MeetingID(a.id), participantversion.EntityIDIn(codes...),
		// A literal, for the partial index.
		func(sel *sql.Selector) {
			sel.Where(sql.ExprP(sel.C(participantversion.FieldAcceptedOrder) + " > 0"))
		},
	).Select(
		participantversion.FieldEntityID, participantversion.FieldAcceptedOrder, participantversion.FieldHonorific,
		participantversion.FieldGivenName, participantversion.FieldFamilyName, participantversion.FieldFunctionalTitle,
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read persons: %w", err)
	}
	slices.SortFunc(persons, func(a, b *db.ParticipantVersion) int { return int(a.AcceptedOrder) - int(b.AcceptedOrder) })
	for _, p := range persons {
		if c, ok := out[p.EntityID]; ok && c.accepted != nil {
			c.persons = append(c.persons, p)
			out[p.EntityID] = c
		}
	}
	return out, nil
}

// readPhoto reads the photograph that was rejected, and whose it is.
func (l *letter) readPhoto(ctx context.Context, client *db.Client, participant string) error {
	var err error
	l.person, err = client.ParticipantVersion.Query().Where(
		participantversion.MeetingID(l.id), participantversion.EntityID(l.inv.EntityID),
		participantversion.ParticipantID(name.ParticipantOf(participant)), participantversion.Newest(true),
	).Only(ctx)
	if db.IsNotFound(err) {
		return fault.NotFound(participant)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", participant, err)
	}
	l.photo, err = client.Photo.Query().Where(
		photo.ID(name.ParticipantOf(participant)), photo.MeetingID(l.id), photo.EntityID(l.inv.EntityID),
	).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("read photograph of %s: %w", participant, err)
	}
	state := placardv1.Photo_MISSING.String()
	if l.photo != nil {
		state = l.photo.State
	}
	if state != placardv1.Photo_REJECTED.String() {
		return fault.Precondition("PHOTO_STATE", "the photograph was not rejected", "state", state)
	}
	return nil
}
