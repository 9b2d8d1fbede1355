package photo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// requested is how many links are sent in one transaction.
const requested = 100

// SendPhotoLink implements the contract.
func (s *Service) SendPhotoLink(ctx context.Context, req *placardv1.SendPhotoLinkRequest) (*placardv1.Photo, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Photo, error) {
		m, err := opened(ctx, tx, req.GetName())
		if err != nil {
			return nil, err
		}
		if err := lockDelegations(ctx, tx, req.GetName()); err != nil {
			return nil, err
		}
		stands, err := standings(ctx, tx.Client, req.GetName())
		if err != nil {
			return nil, err
		}
		if err := stands[req.GetName()].mayHaveLink(req.GetName()); err != nil {
			return nil, err
		}
		all, err := recipients(ctx, tx.Client, m.ID, name.EntityOf(req.GetName()))
		if err != nil {
			return nil, err
		}
		who, ok := all[name.ParticipantOf(req.GetName())]
		if !ok || !who.own {
			return nil, fault.Precondition("NO_OWN_ADDRESS",
				"the participant has no e-mail address that nobody else of the delegation has", "photo", req.GetName())
		}
		row, err := one(ctx, tx.Client.Photo.Query(), req.GetName())
		if err != nil {
			return nil, err
		}
		before, after := photoOf(row, req.GetName()), photoOf(row, req.GetName())
		if err := showLinks(ctx, tx.Client, tx.Now, before); err != nil {
			return nil, err
		}
		sent, err := s.send(ctx, tx, m, placardv1.Delivery_PHOTO_LINK, who)
		if err != nil {
			return nil, err
		}
		if len(sent) == 0 {
			return nil, fault.Precondition("MEETING_OVER", name.Meeting(m.ID)+" is over: a link would not work any more",
				"meeting", name.Meeting(m.ID))
		}
		showLink(after, sent[who.id].ExpireTime)
		tx.Record(linkChange(ctx, "sendLink", row, before, after))
		return after, nil
	}, s.again)
}

// RequestPhotos is the job that sends the participants of a delegation the links
// for their photographs. Who has one that works gets no second one, so that it may
// run twice; a link that went to an address which the participant has no more ends.
func (s *Service) RequestPhotos(ctx context.Context, args job.RequestPhotos) error {
	for {
		n, err := s.requestSome(ctx, args.Delegation)
		if f, ok := fault.As(err); ok && (f.Reason == "NOT_FOUND" || f.Reason == "MEETING_CONCLUDED") {
			return nil // deleted or concluded meanwhile
		}
		if err != nil {
			return fmt.Errorf("request photographs of %s: %w", args.Delegation, err)
		}
		if n < requested {
			return nil
		}
	}
}

// requestSome sends links to some participants of a delegation, and answers to how
// many.
func (s *Service) requestSome(ctx context.Context, delegation string) (n int, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		m, err := opened(ctx, tx, delegation)
		if err != nil {
			return err
		}
		if err := lockDelegations(ctx, tx, delegation); err != nil {
			return err
		}
		entity := name.EntityOf(delegation)
		all, err := recipients(ctx, tx.Client, m.ID, entity)
		if err != nil {
			return err
		}
		photos, err := tx.Client.Photo.Query().Where(photo.MeetingID(m.ID), photo.EntityID(entity)).All(ctx)
		if err != nil {
			return fmt.Errorf("read photographs: %w", err)
		}
		links, err := tx.Client.PhotoLink.Query().Where(photolink.MeetingID(m.ID), photolink.EntityID(entity)).All(ctx)
		if err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		rows, held := byParticipant(photos), map[string]*db.PhotoLink{}
		for _, l := range links {
			held[l.ID] = l
		}
		var due []recipient
		var ended []string
		for _, id := range slices.Sorted(maps.Keys(everybody(all, held))) {
			var to *recipient
			if r, ok := all[id]; ok {
				to = &r
			}
			switch linkStep(to, rows[id], held[id], tx.Now) {
			case sendLink:
				due = append(due, *to)
			case endLink:
				ended = append(ended, id)
			case leaveLink:
			}
		}
		due = due[:min(len(due), requested)]
		sent, err := s.send(ctx, tx, m, placardv1.Delivery_PHOTO_LINK, due...)
		if n = len(sent); err != nil {
			return err
		}
		if err := endLinks(ctx, tx, ended); err != nil {
			return err
		}
		// told records what became of a link, nil for none.
		told := func(verb, id string, now *db.PhotoLink) {
			photo := name.Photo(m.ID, entity, id)
			before, after := photoOf(rows[id], photo), photoOf(rows[id], photo)
			if l := held[id]; holds(l, tx.Now) {
				showLink(before, l.ExpireTime)
			}
			if now != nil {
				showLink(after, now.ExpireTime)
			}
			tx.Record(linkChange(ctx, verb, rows[id], before, after))
		}
		for _, id := range slices.Sorted(maps.Keys(sent)) {
			told("sendLink", id, sent[id])
		}
		for _, id := range ended {
			told("endLink", id, nil)
		}
		return nil
	})
	return n, err
}

// everybody are the ids of those who have an address or a link.
func everybody(all map[string]recipient, held map[string]*db.PhotoLink) map[string]bool {
	ids := make(map[string]bool, len(all)+len(held))
	for id := range all {
		ids[id] = true
	}
	for id := range held {
		ids[id] = true
	}
	return ids
}

// send gives each recipient a link, in the place of any earlier one, and puts the
// message with it. It answers the links by their participants; none where the
// meeting is over.
func (s *Service) send(
	ctx context.Context, tx *store.Tx, m *db.Meeting, kind placardv1.Delivery_Kind, to ...recipient,
) (map[string]*db.PhotoLink, error) {
	expire, err := linkExpiry(m.EndDate, m.TimeZone, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name.Meeting(m.ID), err)
	}
	if len(to) == 0 || !expire.After(tx.Now) {
		return nil, nil
	}
	slices.SortFunc(to, func(a, b recipient) int { return strings.Compare(a.id, b.id) }) // locked in one order
	// A row for each of them first, so that of two writes at once one waits for
	// the other, and none of them gives what the other gave.
	fresh := store.Rows{Table: photolink.Table, Once: true, Columns: []string{
		photolink.FieldID, photolink.FieldMeetingID, photolink.FieldEntityID, photolink.FieldGeneration,
		photolink.FieldExpireTime, photolink.FieldAddressKey, photolink.FieldCreateTime, photolink.FieldUpdateTime,
	}}
	ids, keys := make([]string, len(to)), map[string]string{}
	for i, r := range to {
		ids[i], keys[r.id] = r.id, outbox.AddressKey(r.address)
		fresh.Values = append(fresh.Values, []any{r.id, m.ID, r.entity, int64(0), tx.Now, "", tx.Now, tx.Now})
	}
	if _, err := tx.Insert(ctx, fresh); err != nil {
		return nil, fmt.Errorf("make links: %w", err)
	}
	n, err := tx.Client.PhotoLink.Update().Where(photolink.MeetingID(m.ID), photolink.IDIn(ids...)).
		AddGeneration(1).SetExpireTime(expire).SetUpdateTime(tx.Now).
		Modify(func(u *sql.UpdateBuilder) {
			u.Set(photolink.FieldAddressKey, sql.ExprFunc(func(b *sql.Builder) {
				b.WriteString("CASE ").Ident(photolink.FieldID)
				for _, id := range ids {
					b.WriteString(" WHEN ").Arg(id).WriteString(" THEN ").Arg(keys[id])
				}
				b.WriteString(" END")
			}))
		}).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("renew links: %w", err)
	}
	rows, err := tx.Client.PhotoLink.Query().Where(photolink.MeetingID(m.ID), photolink.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	if n != len(to) || len(rows) != len(to) {
		return nil, fmt.Errorf("renew links: %d of %d rows were written", n, len(to))
	}
	sent := make(map[string]*db.PhotoLink, len(rows))
	for _, l := range rows {
		sent[l.ID] = l
	}
	messages := make([]outbox.Message, len(to))
	for i, r := range to {
		messages[i] = outbox.Message{
			Kind: kind, Meeting: m.ID, Entity: r.entity, Participant: r.id,
			Source: strconv.Itoa(sent[r.id].Generation), Language: r.language, Address: r.address,
		}
	}
	_, err = s.outbox.Put(ctx, tx, m.ID, messages...)
	return sent, err
}

// endLinks ends the links of some participants.
func endLinks(ctx context.Context, tx *store.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	err := tx.Client.PhotoLink.Update().Where(photolink.IDIn(ids...)).
		AddGeneration(1).SetExpireTime(tx.Now).SetAddressKey("").SetUpdateTime(tx.Now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	return nil
}

// renewRejected sends new links to those whose photographs were rejected, and
// answers the links by their participants. Who has no address of the own gets none.
func (s *Service) renewRejected(ctx context.Context, tx *store.Tx, m *db.Meeting, rejected []*db.Photo) (map[string]*db.PhotoLink, error) {
	if len(rejected) == 0 {
		return nil, nil
	}
	var entities []string
	for _, row := range rejected {
		entities = append(entities, row.EntityID)
	}
	slices.Sort(entities)
	all, err := recipients(ctx, tx.Client, m.ID, slices.Compact(entities)...)
	if err != nil {
		return nil, err
	}
	var to []recipient
	for _, row := range rejected {
		if r, ok := all[row.ID]; ok && r.own {
			to = append(to, r)
		}
	}
	return s.send(ctx, tx, m, placardv1.Delivery_PHOTO_REJECTED, to...)
}

// recipients are the participants in force of some delegations of a meeting who
// have an address, by their ids.
func recipients(ctx context.Context, client *db.Client, meeting string, entities ...string) (map[string]recipient, error) {
	versions, err := client.ParticipantVersion.Query().Where(
		participantversion.MeetingID(meeting), participantversion.EntityIDIn(entities...), participantversion.EmailNEQ(""),
		func(s *sql.Selector) { s.Where(sql.ExprP(s.C(participantversion.FieldAcceptedOrder) + " > 0")) }, // a literal, for the partial index
	).Select(participantversion.FieldParticipantID, participantversion.FieldEntityID, participantversion.FieldEmail,
		participantversion.FieldLanguage, participantversion.FieldModality).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	invitations, err := client.Invitation.Query().Where(invitation.MeetingID(meeting), invitation.EntityIDIn(entities...)).
		Select(invitation.FieldEntityID, invitation.FieldLanguage).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read languages: %w", err)
	}
	languages := map[string]string{}
	for _, i := range invitations {
		languages[i.EntityID] = i.Language
	}
	all := make([]recipient, 0, len(versions))
	for _, v := range versions {
		all = append(all, recipientFromVersion(v, languages[v.EntityID]))
	}
	return withOwn(all), nil
}

// lockDelegations keeps the delegations of some photographs of one meeting from being
// changed until the transaction ends: nobody is withdrawn or gets another address
// meanwhile. It is done as the server: a link does not see its delegation.
func lockDelegations(ctx context.Context, tx *store.Tx, resources ...string) error {
	entities := make([]string, len(resources))
	for i, r := range resources {
		entities[i] = name.EntityOf(r)
	}
	slices.Sort(entities)
	q := tx.Client.Delegation.Query().
		Where(entdelegation.MeetingID(name.MeetingOf(resources[0])), entdelegation.EntityIDIn(slices.Compact(entities)...)).
		Order(db.Asc(entdelegation.FieldEntityID)) // locked in one order
	q.Modify(tx.ForUpdate)
	if _, err := q.All(access.AsSystem(ctx)); err != nil {
		return fmt.Errorf("lock the delegation of %s: %w", resources[0], err)
	}
	return nil
}

// byParticipant are photographs by whose they are.
func byParticipant(photos []*db.Photo) map[string]*db.Photo {
	rows := make(map[string]*db.Photo, len(photos))
	for _, p := range photos {
		rows[p.ID] = p
	}
	return rows
}

// showLinks tells of photographs until when the links work by which their
// participants send them, with one query.
func showLinks(ctx context.Context, client *db.Client, now time.Time, photos ...*placardv1.Photo) error {
	if len(photos) == 0 {
		return nil
	}
	ids := make([]string, len(photos))
	for i, p := range photos {
		ids[i] = name.ParticipantOf(p.GetName())
	}
	rows, err := client.PhotoLink.Query().Where(photolink.IDIn(ids...), photolink.ExpireTimeGT(now), photolink.AddressKeyNEQ(""), works).All(ctx)
	if err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	held := make(map[string]*db.PhotoLink, len(rows))
	for _, l := range rows {
		held[name.Photo(l.MeetingID, l.EntityID, l.ID)] = l
	}
	for _, p := range photos {
		if l := held[p.GetName()]; l != nil {
			showLink(p, l.ExpireTime)
		}
	}
	return nil
}

// works is whether a link works that is not past its time: its participant is in
// force, and the meeting is not concluded.
func works(sel *sql.Selector) {
	v, m := sql.Table(participantversion.Table).As("present"), sql.Table(meeting.Table).As("held")
	sel.Where(sql.And(
		sql.Exists(sql.Select(v.C(participantversion.FieldID)).From(v).Where(sql.And(
			sql.ColumnsEQ(v.C(participantversion.FieldMeetingID), sel.C(photolink.FieldMeetingID)),
			sql.ColumnsEQ(v.C(participantversion.FieldEntityID), sel.C(photolink.FieldEntityID)),
			sql.ColumnsEQ(v.C(participantversion.FieldParticipantID), sel.C(photolink.FieldID)),
			inForce(v),
		)).Limit(1).Offset(0)), // the offset, as with photographs: see their scope
		sql.Exists(sql.Select(m.C(meeting.FieldID)).From(m).Where(sql.And(
			sql.ColumnsEQ(m.C(meeting.FieldID), sel.C(photolink.FieldMeetingID)),
			sql.NEQ(m.C(meeting.FieldState), placardv1.Meeting_CONCLUDED.String()),
		))),
	))
}

// linkChange is the entry in the change log for what became of a link, which has no
// name of its own: it is told of the photograph. `row` is nil where none was sent.
func linkChange(ctx context.Context, verb string, row *db.Photo, before, after *placardv1.Photo) store.Change {
	c := store.Change{
		Verb: verb, Type: name.TypePhoto, Resource: after.GetName(), Paths: patch.Changed(before, after),
		Meeting: name.MeetingOf(after.GetName()), Entity: name.EntityOf(after.GetName()), InForce: true,
	}
	if row != nil {
		c.Revision = row.Revision
	}
	if access.From(ctx).Secretariat() {
		c.OnBehalfOf = c.Entity
	}
	return c
}
