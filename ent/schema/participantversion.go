package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// ParticipantVersion is what was said of a person from one revision of the
// delegation on. What it says never changes: another word about the person is
// another version. Its two orders tell where it stands in the latest and in
// the accepted composition, from 1, or 0 where it does not.
type ParticipantVersion struct{ ent.Schema }

// Mixin of ParticipantVersion.
func (ParticipantVersion) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Scoped{Narrow: narrowParticipantVersion}}
}

// Fields of ParticipantVersion.
func (ParticipantVersion) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("participant_id").Immutable().Comment("the last part of the participant's name"),
		field.Int64("delegation_id").Immutable(),
		field.Int32("revision").Immutable().Comment("the number of the revision that brought it"),
		field.Int32("latest_order"),
		field.Int32("accepted_order"),
		field.Bool("newest").Comment("whether it is the last one of the person"),
		field.String("honorific").Immutable().Default(""),
		field.String("given_name").Immutable().Default(""),
		field.String("family_name").Immutable().Default(""),
		field.String("latin_given_name").Immutable().Default(""),
		field.String("latin_family_name").Immutable().Default(""),
		field.String("functional_title").Immutable().Default(""),
		field.String("organization").Immutable().Default(""),
		field.String("role").Immutable(),
		field.String("email").Immutable().Default(""),
		field.String("phone").Immutable().Default(""),
		field.String("language").Immutable().Default(""),
		field.String("modality").Immutable(),
		field.String("external_id").Immutable().Default(""),
		field.String("search_key").Immutable().Comment("the full name, folded"),
		field.String("latin_key").Immutable().Default("").Comment("the full name in Latin script, folded; empty where there is none"),
		field.String("replaces").Immutable().Default("").Comment("the participant in whose place this one was put"),
		field.Time("person_create_time").Immutable().Comment("when the person was first submitted"),
		field.Time("create_time").Immutable(),
	}
}

// Edges of ParticipantVersion.
func (ParticipantVersion) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("delegation", Delegation.Type).Field("delegation_id").Unique().Required().Immutable(),
	}
}

// present are the versions that stand in a composition. Its two halves stand in
// the queries as they stand here, so that one index serves either composition.
const present = "latest_order > 0 OR accepted_order > 0"

// Indexes of ParticipantVersion. Each order of the list has one for all meetings
// and one for a meeting, so that a page reads its own rows only. The unique ones
// hold, whatever the code does, that a delegation has one head and no external
// id twice; those of the heads are by meeting and entity, so that PostgreSQL finds
// the heads of a meeting by them.
func (ParticipantVersion) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "entity_id", "participant_id").StorageKey("participant_versions_of_meeting").
			Annotations(entsql.IndexWhere(present)),
		index.Fields("entity_id", "meeting_id", "participant_id").StorageKey("participant_versions_of_entity").
			Annotations(entsql.IndexWhere(present)),
		index.Fields("participant_id").Unique().StorageKey("participant_versions_newest").
			Annotations(entsql.IndexWhere("newest")),
		index.Fields("delegation_id", "participant_id", "revision").StorageKey("participant_versions_of_delegation"),
		index.Fields("meeting_id", "search_key", "participant_id").StorageKey("participant_versions_name_in_meeting").
			Annotations(entsql.IndexWhere(present)),
		index.Fields("search_key", "participant_id").StorageKey("participant_versions_name").
			Annotations(entsql.IndexWhere(present)),
		index.Fields("meeting_id", "person_create_time", "participant_id").StorageKey("participant_versions_time_in_meeting").
			Annotations(entsql.IndexWhere(present)),
		index.Fields("person_create_time", "participant_id").StorageKey("participant_versions_time").
			Annotations(entsql.IndexWhere(present)),
		index.Fields("email").StorageKey("participant_versions_email").
			Annotations(entsql.IndexWhere("email <> ''")),
		index.Fields("external_id").StorageKey("participant_versions_of_external_id").
			Annotations(entsql.IndexWhere("external_id <> ''")),
		index.Fields("replaces").StorageKey("participant_versions_replaces").
			Annotations(entsql.IndexWhere("replaces <> ''")),
		index.Fields("delegation_id", "external_id").Unique().StorageKey("participant_versions_external_id").
			Annotations(entsql.IndexWhere("latest_order > 0 AND external_id <> ''")),
		index.Fields("meeting_id", "entity_id").Unique().StorageKey("participant_versions_latest_head").
			Annotations(entsql.IndexWhere("latest_order > 0 AND role = 'HEAD'")),
		index.Fields("meeting_id", "entity_id").Unique().StorageKey("participant_versions_accepted_head").
			Annotations(entsql.IndexWhere("accepted_order > 0 AND role = 'HEAD'")),
	}
}

func narrowParticipantVersion(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.OfParticipant(s, sel, "participant_id")
	if s.InForce {
		sel.Where(sql.ExprP(sel.C("accepted_order") + " > 0")) // a literal, for the partial index
	}
}
