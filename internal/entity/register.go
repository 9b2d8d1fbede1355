package entity

import (
	"context"
	_ "embed" // the register
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

//go:embed register.json
var registerJSON []byte

// register reads the register that the program brings along.
func register(text []byte) ([]*placardv1.Entity, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, fmt.Errorf("read register of entities: %w", err)
	}
	out := make([]*placardv1.Entity, len(items))
	for i, item := range items {
		e := &placardv1.Entity{}
		if err := protojson.Unmarshal(item, e); err != nil {
			return nil, fmt.Errorf("read register of entities: item %d: %w", i, err)
		}
		e.Name = name.Entity(e.GetCode())
		out[i] = e
	}
	return out, nil
}

// Seed writes the register that the program brings along: what is missing is
// inserted and what differs is updated, so that a second time writes nothing.
// Entities that the register does not have stay: meetings refer to them.
func Seed(ctx context.Context, s *store.Store) error {
	entities, err := register(registerJSON)
	if err != nil {
		return err
	}
	ctx = access.AsSystem(ctx)
	present, _, err := read(ctx, s.Client())
	if err != nil || len(outdated(entities, present)) == 0 {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Of several servers that start at once, one writes and the others find
		// it written: they wait for the counter, which the commit takes anyway.
		counter := tx.Client.ChangeCounter.Query()
		counter.Modify(tx.ForUpdate)
		if _, err := counter.All(ctx); err != nil {
			return fmt.Errorf("lock register of entities: %w", err)
		}
		present, rows, err := read(ctx, tx.Client)
		if err != nil {
			return err
		}
		for _, e := range outdated(entities, present) {
			if err := write(ctx, tx, e, present[e.GetCode()], rows[e.GetCode()]); err != nil {
				return fmt.Errorf("write %s: %w", e.GetName(), err)
			}
		}
		return nil
	})
}

// read answers all entities by their codes, and their rows.
func read(ctx context.Context, client *db.Client) (map[string]*placardv1.Entity, map[string]*db.Entity, error) {
	rows, err := client.Entity.Query().All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read register of entities: %w", err)
	}
	entities, byCode := map[string]*placardv1.Entity{}, map[string]*db.Entity{}
	for _, row := range rows {
		e, err := entityFromRow(row)
		if err != nil {
			return nil, nil, err
		}
		entities[row.ID], byCode[row.ID] = e, row
	}
	return entities, byCode, nil
}

// write inserts an entity, or updates it where there is a row.
func write(ctx context.Context, tx *store.Tx, e, before *placardv1.Entity, row *db.Entity) error {
	names, err := namesFromEntity(e)
	if err != nil {
		return err
	}
	change := store.Change{Verb: "create", Type: name.TypeEntity, Resource: e.GetName(), Revision: 1}
	if row == nil {
		err = tx.Client.Entity.Create().SetID(e.GetCode()).SetKind(e.GetKind().String()).SetNames(names).
			SetAlpha2Code(e.GetAlpha2Code()).SetM49Code(e.GetM49Code()).SetRegion(e.GetRegion().String()).
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	} else {
		change.Verb, change.Revision, change.Paths = "update", row.Revision+1, patch.Changed(before, e)
		err = tx.Client.Entity.UpdateOneID(e.GetCode()).SetKind(e.GetKind().String()).SetNames(names).
			SetAlpha2Code(e.GetAlpha2Code()).SetM49Code(e.GetM49Code()).SetRegion(e.GetRegion().String()).
			AddRevision(1).SetUpdateTime(tx.Now).Exec(ctx)
	}
	if err != nil {
		return err
	}
	tx.Record(change)
	return nil
}
