package photo

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/store"
)

// Doorkeeper finds out for which participant a link stands.
type Doorkeeper struct {
	store *store.Store
	links *link.Signer
}

// NewDoorkeeper makes a doorkeeper.
func NewDoorkeeper(s *store.Store, links *link.Signer) *Doorkeeper { return &Doorkeeper{s, links} }

// Authenticate answers for which participant a token stands. It answers
// UNAUTHENTICATED for what is no link, and LINK_REVOKED or LINK_EXPIRED to whoever
// holds one that no longer works. Nothing of it is kept: whatever ends a link ends
// it at once, on every server.
func (d *Doorkeeper) Authenticate(ctx context.Context, token string) (access.Principal, error) {
	id, generation, ok := d.links.Read(link.Photo, token)
	if !ok {
		return access.Principal{}, unknownLink()
	}
	row, err := d.store.Client().PhotoLink.Query().Where(photolink.ID(id)).Only(access.AsSystem(ctx))
	if db.IsNotFound(err) {
		return access.Principal{}, unknownLink()
	}
	if err != nil {
		return access.Principal{}, fmt.Errorf("read the link of a participant: %w", err)
	}
	p := principalOf(row)
	// As who comes by it: the meeting as it is seen, if the person attends it.
	state, err := d.store.Client().Meeting.Query().Where(meeting.ID(row.MeetingID), attendedBy(row)).
		Select(meeting.FieldState).String(access.With(ctx, p))
	if err != nil && !db.IsNotFound(err) {
		return access.Principal{}, fmt.Errorf("read the meeting of a link: %w", err)
	}
	return p, admit(row, generation, state, d.store.Now())
}

// unknownLink answers that a token stands for nobody.
func unknownLink() error {
	return fault.New(codes.Unauthenticated, "UNAUTHENTICATED", "the link is not one of this server: is it whole?")
}

// principalOf is who comes by a link.
func principalOf(row *db.PhotoLink) access.Principal {
	return access.Principal{
		Role: placardv1.Access_LINK, Meetings: []string{row.MeetingID}, Entity: row.EntityID, Participant: row.ID, Expire: row.ExpireTime,
	}
}

// attendedBy is whether the participant of a link is in force at a meeting.
func attendedBy(row *db.PhotoLink) func(*sql.Selector) {
	return func(sel *sql.Selector) {
		t := sql.Table(participantversion.Table).As("attending")
		sel.Where(sql.Exists(sql.Select(t.C(participantversion.FieldID)).From(t).Where(sql.And(
			sql.EQ(t.C(participantversion.FieldMeetingID), row.MeetingID),
			sql.EQ(t.C(participantversion.FieldEntityID), row.EntityID),
			sql.EQ(t.C(participantversion.FieldParticipantID), row.ID),
			inForce(t),
		))))
	}
}

// inForce is whether a version stands in an accepted composition: a literal, for
// the partial index.
func inForce(versions *sql.SelectTable) *sql.Predicate {
	return sql.P(func(b *sql.Builder) { b.Ident(versions.C(participantversion.FieldAcceptedOrder)).WriteString(" > 0") })
}
