package entity

import (
	"context"
	_ "embed" // the register
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
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
// Entities that the register does not have stay, because meetings refer to them,
// and those that the Secretariat has changed stay as they are. What all of them
// are found by is brought up to date.
func Seed(ctx context.Context, s *store.Store) error {
	brought, err := register(registerJSON)
	if err != nil {
		return err
	}
	ctx = access.AsSystem(ctx)
	there, err := read(ctx, s.Client())
	if err != nil || len(outdated(brought, there.said, there.edited)) == 0 && len(there.keys) == 0 {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Of several servers that start at once, one writes and the others find
		// it written.
		if err := lock(ctx, tx); err != nil {
			return err
		}
		there, err := read(ctx, tx.Client)
		if err != nil {
			return err
		}
		for code, key := range there.keys {
			if err := tx.Client.Entity.Update().Where(entity.ID(code)).SetSearchKey(key).Exec(ctx); err != nil {
				return fmt.Errorf("write search key of %s: %w", code, err)
			}
		}
		var missing []*placardv1.Entity
		for _, e := range outdated(brought, there.said, there.edited) {
			row := there.rows[e.GetCode()]
			if row == nil {
				missing = append(missing, e)
				continue
			}
			if _, err := replace(ctx, tx, row, there.said[row.ID], e, false); err != nil {
				return err
			}
		}
		_, err = insert(ctx, tx, missing, false)
		return err
	})
}

// kept is the register as the database has it, by code.
type kept struct {
	rows map[string]*db.Entity
	// said is what was given of each entity.
	said map[string]*placardv1.Entity
	// edited are those that the Secretariat has changed.
	edited map[string]bool
	// keys are the search keys of those whose row has another one.
	keys map[string]string
}

func read(ctx context.Context, client *db.Client) (kept, error) {
	rows, err := client.Entity.Query().All(ctx)
	if err != nil {
		return kept{}, fmt.Errorf("read register of entities: %w", err)
	}
	k := kept{map[string]*db.Entity{}, map[string]*placardv1.Entity{}, map[string]bool{}, map[string]string{}}
	for _, row := range rows {
		e, err := entityFromRow(row)
		if err != nil {
			return kept{}, err
		}
		k.rows[row.ID], k.said[row.ID], k.edited[row.ID] = row, said(e), row.Edited
		if key := searchKey(e); key != row.SearchKey {
			k.keys[row.ID] = key
		}
	}
	return k, nil
}

// lock keeps others from writing the register until the transaction ends. It
// takes the counter of the changes, which every commit takes anyway.
func lock(ctx context.Context, tx *store.Tx) error {
	counter := tx.Client.ChangeCounter.Query()
	counter.Modify(tx.ForUpdate)
	if _, err := counter.All(ctx); err != nil {
		return fmt.Errorf("lock register of entities: %w", err)
	}
	return nil
}

// insertAtOnce is how many rows a statement inserts: each has 13 columns.
const insertAtOnce = 500

// insert adds entities to the register. `edited` keeps newer versions of the
// program's own register away from them.
func insert(ctx context.Context, tx *store.Tx, entities []*placardv1.Entity, edited bool) ([]*db.Entity, error) {
	var out []*db.Entity
	for from := 0; from < len(entities); from += insertAtOnce {
		var rows []*db.EntityCreate
		batch := entities[from:min(from+insertAtOnce, len(entities))]
		for _, e := range batch {
			row, err := rowFromEntity(e)
			if err != nil {
				return nil, err
			}
			rows = append(rows, tx.Client.Entity.Create().SetID(row.ID).SetKind(row.Kind).SetNames(row.Names).
				SetAlpha2Code(row.Alpha2Code).SetM49Code(row.M49Code).SetRegion(row.Region).
				SetConsultativeStatus(row.ConsultativeStatus).SetLanguage(row.Language).
				SetSearchKey(row.SearchKey).SetEdited(edited).SetCreateTime(tx.Now).SetUpdateTime(tx.Now))
			tx.Record(change("create", row.ID, 1, nil))
		}
		written, err := tx.Client.Entity.CreateBulk(rows...).Save(ctx)
		if db.IsConstraintError(err) {
			return nil, fault.AlreadyExists(batch[0].GetName())
		}
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", batch[0].GetName(), err)
		}
		out = append(out, written...)
	}
	return out, nil
}

// replace writes what became of an entity.
func replace(
	ctx context.Context, tx *store.Tx, row *db.Entity, before, after *placardv1.Entity, edited bool,
) (*db.Entity, error) {
	next, err := rowFromEntity(after)
	if err != nil {
		return nil, err
	}
	next.Edited, next.Revision, next.CreateTime, next.UpdateTime = edited, row.Revision+1, row.CreateTime, tx.Now
	n, err := tx.Client.Entity.Update().Where(entity.ID(row.ID), entity.Revision(row.Revision)).
		SetKind(next.Kind).SetNames(next.Names).SetAlpha2Code(next.Alpha2Code).SetM49Code(next.M49Code).
		SetRegion(next.Region).SetConsultativeStatus(next.ConsultativeStatus).SetLanguage(next.Language).
		SetSearchKey(next.SearchKey).SetEdited(next.Edited).SetUpdateTime(tx.Now).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("update %s: %w", after.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(after.GetName())
	}
	tx.Record(change("update", row.ID, next.Revision, patch.Changed(before, after)))
	return next, nil
}

// change is the entry in the change log for a written row.
func change(verb, code string, revision int64, paths []string) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeEntity, Resource: name.Entity(code), Revision: revision, Paths: paths,
	}
}
