package key

import (
	"context"
	"fmt"
	"slices"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/key"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// create writes a key that the caller may make.
func create(ctx context.Context, tx *store.Tx, wanted *placardv1.Key) (*db.Key, token, error) {
	caller := access.From(ctx)
	if err := fault.Invalid(check(wanted, tx.Now)...); err != nil {
		return nil, token{}, err
	}
	b := bindingOf(wanted)
	if !caller.Grants(b.role, b.entity, b.meetings) {
		return nil, token{}, errExceeds()
	}
	if err := exists(ctx, tx, b); err != nil {
		return nil, token{}, err
	}
	if err := claim(ctx, tx, caller, b); err != nil {
		return nil, token{}, err
	}
	t := newToken()
	add := tx.Client.Key.Create().SetID(t.id).SetDisplayName(wanted.GetDisplayName()).
		SetRole(b.role.String()).SetEntityID(b.entity).SetAccount(b.account).SetHash(t.hash()).
		SetCreateTime(tx.Now).SetUpdateTime(tx.Now)
	if wanted.GetExpireTime() != nil {
		add.SetExpireTime(wanted.GetExpireTime().AsTime().Truncate(time.Microsecond))
	}
	row, err := add.Save(ctx)
	if err != nil {
		return nil, token{}, fmt.Errorf("write key: %w", err)
	}
	bind := make([]*db.KeyMeetingCreate, len(b.meetings))
	for i, m := range b.meetings {
		bind[i] = tx.Client.KeyMeeting.Create().SetKeyID(row.ID).SetMeetingID(m)
	}
	if row.Edges.Meetings, err = tx.Client.KeyMeeting.CreateBulk(bind...).Save(ctx); err != nil {
		return nil, token{}, fmt.Errorf("bind key: %w", err)
	}
	record(tx, "create", row)
	return row, t, nil
}

// exists answers NOT_FOUND for an entity or meeting that the caller does not see.
func exists(ctx context.Context, tx *store.Tx, b binding) error {
	if b.entity != "" {
		ok, err := tx.Client.Entity.Query().Where(entity.ID(b.entity)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("read entity of key: %w", err)
		}
		if !ok {
			return fault.NotFound(name.Entity(b.entity))
		}
	}
	if len(b.meetings) == 0 {
		return nil
	}
	there, err := tx.Client.Meeting.Query().Where(meeting.IDIn(b.meetings...)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("read meetings of key: %w", err)
	}
	for _, m := range b.meetings {
		if !slices.Contains(there, m) {
			return fault.NotFound(name.Meeting(m))
		}
	}
	return nil
}

// claim answers whether the key may have its account. Keys that are made at
// the same time wait for each other, because a new account has no row to lock.
func claim(ctx context.Context, tx *store.Tx, caller access.Principal, b binding) error {
	if b.account == "" {
		return nil
	}
	lock := tx.Client.Instance.Query()
	lock.Modify(tx.ForUpdate)
	if _, err := lock.Only(ctx); err != nil {
		return fmt.Errorf("lock accounts: %w", err)
	}
	rows, err := tx.Client.Key.Query().Where(key.Account(b.account)).WithMeetings().All(access.AsSystem(ctx))
	if err != nil {
		return fmt.Errorf("read keys of account: %w", err)
	}
	others := make([]binding, len(rows))
	for i, row := range rows {
		others[i] = bindingFromRow(row)
	}
	return fault.Invalid(checkAccount(caller, b, others)...)
}

// revoke ends the life of a key that the caller sees.
func revoke(ctx context.Context, tx *store.Tx, req *placardv1.RevokeKeyRequest) (*db.Key, error) {
	q := tx.Client.Key.Query().Where(key.ID(name.Last(req.GetName()))).WithMeetings()
	q.Modify(tx.ForUpdate)
	row, err := q.Only(ctx)
	if err != nil {
		return nil, readError(err, req.GetName())
	}
	if row.RevokeTime != nil {
		return row, nil
	}
	if req.GetEtag() != "" && req.GetEtag() != store.Etag(row.Revision) {
		return nil, fault.Stale(req.GetName())
	}
	n, err := tx.Client.Key.Update().Where(key.ID(row.ID), key.Revision(row.Revision)).
		SetRevokeTime(tx.Now).SetUpdateTime(tx.Now).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("revoke key: %w", err)
	}
	if n == 0 {
		return nil, fault.Stale(req.GetName())
	}
	row.RevokeTime, row.UpdateTime = &tx.Now, tx.Now
	row.Revision++
	record(tx, "revoke", row, "revokeTime")
	return row, nil
}

// record leaves the change of a key, which the mission sees whose key it is.
func record(tx *store.Tx, verb string, row *db.Key, paths ...string) {
	tx.Record(store.Change{
		Verb: verb, Type: name.TypeKey, Resource: name.Key(row.ID), Revision: row.Revision,
		Paths: paths, Entity: row.EntityID,
	})
}
