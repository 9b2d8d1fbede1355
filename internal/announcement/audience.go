package announcement

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/outbox"
)

// atOnce is how many participants are read, and written to, at a time.
const atOnce = 500

// audienceFields are the fields of the filter of an audience.
func audienceFields() filter.Fields {
	return filter.Fields{
		"entity":   {Column: participantversion.FieldEntityID, Resource: "entities"},
		"role":     {Column: participantversion.FieldRole, Enum: placardv1.Participant_Role(0).Descriptor()},
		"modality": {Column: participantversion.FieldModality, Enum: placardv1.Participant_Modality(0).Descriptor()},
		"participation_status": {
			Enum: placardv1.ParticipationStatus(0).Descriptor(),
			Is: func(s *sql.Selector, status any) *sql.Predicate {
				t := sql.Table("invitations").As("of_status")
				return sql.Exists(sql.Select(t.C("id")).From(t).Where(sql.And(
					sql.ColumnsEQ(t.C("meeting_id"), s.C(participantversion.FieldMeetingID)),
					sql.ColumnsEQ(t.C("entity_id"), s.C(participantversion.FieldEntityID)),
					sql.EQ(t.C("participation_status"), status),
				)))
			},
		},
		"photo_missing": {
			Bool: true,
			Is: func(s *sql.Selector, missing any) *sql.Predicate {
				if missing == true {
					return sql.Not(hasPhoto(s))
				}
				return hasPhoto(s)
			},
		},
	}
}

// hasPhoto is whether a participant has sent a photograph that was not rejected.
func hasPhoto(s *sql.Selector) *sql.Predicate {
	t := sql.Table("photos").As("of_person")
	return sql.Exists(sql.Select(t.C("id")).From(t).Where(sql.And(
		sql.ColumnsEQ(t.C("id"), s.C(participantversion.FieldParticipantID)),
		sql.In(t.C("state"), placardv1.Photo_UPLOADED.String(), placardv1.Photo_ACCEPTED.String()),
	)))
}

// readAudience reads the filter of an audience, as a field of the announcement.
func readAudience(ctx context.Context, text string) (filter.Filter, error) {
	f, err := filter.Read(ctx, (*placardv1.Participant)(nil), audienceFields(), text)
	if wrong, ok := fault.As(err); ok && len(wrong.Violations) > 0 {
		violations := slices.Clone(wrong.Violations)
		for i := range violations {
			violations[i].Field = "announcement.audience"
		}
		return f, fault.Invalid(violations...)
	}
	return f, err
}

// place is where a walk through the participants of a meeting stands: behind one of
// them, in the order of entities and ids.
type place struct{ entity, participant string }

// person is a participant in force, as far as a message needs to know.
type person struct {
	place
	// address is empty where there is none; language is the person's own, and
	// invited that of the invitation.
	address, language, invited string
}

// persons reads some of those in force at a meeting, behind a place. They are the
// last ones where there are fewer than the limit.
func persons(
	ctx context.Context, client *db.Client, meeting string, after place, limit int, where ...func(*sql.Selector),
) ([]person, error) {
	q := client.ParticipantVersion.Query().Where(participantversion.MeetingID(meeting), func(s *sql.Selector) {
		s.Where(sql.ExprP(s.C(participantversion.FieldAcceptedOrder) + " > 0")) // a literal, for the partial index
		s.Where(sql.CompositeGT([]string{s.C(participantversion.FieldEntityID), s.C(participantversion.FieldParticipantID)},
			after.entity, after.participant))
	})
	for _, w := range where {
		q.Where(w)
	}
	rows, err := q.Order(db.Asc(participantversion.FieldEntityID, participantversion.FieldParticipantID)).Limit(limit).
		Select(participantversion.FieldEntityID, participantversion.FieldParticipantID, participantversion.FieldEmail, participantversion.FieldLanguage).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read participants of meetings/%s: %w", meeting, err)
	}
	var entities []string
	for _, row := range rows {
		if len(entities) == 0 || entities[len(entities)-1] != row.EntityID {
			entities = append(entities, row.EntityID)
		}
	}
	invitations, err := client.Invitation.Query().Where(invitation.MeetingID(meeting), invitation.EntityIDIn(entities...)).
		Select(invitation.FieldEntityID, invitation.FieldLanguage).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations to meetings/%s: %w", meeting, err)
	}
	invited := make(map[string]string, len(invitations))
	for _, i := range invitations {
		invited[i.EntityID] = i.Language
	}
	out := make([]person, len(rows))
	for i, row := range rows {
		out[i] = person{
			place:   place{row.EntityID, row.ParticipantID},
			address: row.Email, language: row.Language, invited: invited[row.EntityID],
		}
	}
	return out, nil
}

// withAddress are participants who have an e-mail address.
func withAddress(s *sql.Selector) { s.Where(sql.NEQ(s.C(participantversion.FieldEmail), "")) }

// sample is whose message a preview shows, and how many get one in that language.
type sample struct {
	person
	recipients int32
}

// survey is what an audience comes to.
type survey struct {
	persons, recipients int32
	samples             map[string]*sample
}

// surveyed walks through the audience of an announcement as its messages would be
// made: of those who share an address the first one gets it.
func surveyed(ctx context.Context, client *db.Client, meeting string, a *placardv1.Announcement, audience filter.Filter) (survey, error) {
	out := survey{samples: map[string]*sample{}}
	known := map[string]bool{}
	var after place
	for {
		some, err := persons(ctx, client, meeting, after, atOnce, audience.Where)
		if err != nil {
			return survey{}, err
		}
		for _, p := range some {
			out.persons++
			key := outbox.AddressKey(p.address)
			if p.address == "" || known[key] {
				continue
			}
			known[key] = true
			out.recipients++
			lang := languageOf(a.GetBody(), p.language, p.invited)
			if out.samples[lang] == nil {
				out.samples[lang] = &sample{person: p}
			}
			out.samples[lang].recipients++
		}
		if len(some) < atOnce {
			return out, nil
		}
		after = some[len(some)-1].place
	}
}
