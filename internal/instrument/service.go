// Package instrument holds the conventions and the protocols to them, each with
// the table of who has signed it and who is a Party to it.
package instrument

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/instrument"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store     *store.Store
	Pages     *page.Codec
	Validator *access.Validator
}

// Service answers the InstrumentService of the contract.
type Service struct {
	placardv1.UnimplementedInstrumentServiceServer
	store     *store.Store
	pages     *page.Codec
	validator *access.Validator
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, pages: cfg.Pages, validator: cfg.Validator}
}

// GetInstrument implements the contract.
func (s *Service) GetInstrument(
	ctx context.Context, req *placardv1.GetInstrumentRequest,
) (*placardv1.Instrument, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Instrument, error) {
	row, err := one(ctx, s.store.Client().Instrument.Query(), resource)
	if err != nil {
		return nil, err
	}
	return FromRow(row)
}

// one reads the instrument of a name.
func one(ctx context.Context, q *db.InstrumentQuery, resource string) (*db.Instrument, error) {
	row, err := q.Where(instrument.ID(name.Last(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// locked reads an instrument and keeps others from changing it, and meetings
// from naming it, until the transaction ends.
func locked(ctx context.Context, tx *store.Tx, resource, etag string) (*db.Instrument, error) {
	q := tx.Client.Instrument.Query()
	q.Modify(tx.ForUpdate)
	row, err := one(ctx, q, resource)
	if err != nil {
		return nil, err
	}
	return row, fresh(row, resource, etag)
}

// fresh refuses a request that was made for another state of the instrument.
func fresh(row *db.Instrument, resource, etag string) error {
	if etag != "" && etag != store.Etag(row.Revision) {
		return fault.Stale(resource)
	}
	return nil
}

// again answers a repeated write: the instrument as it is now.
func (s *Service) again(resource string) func(context.Context, store.Done) (*placardv1.Instrument, error) {
	return func(ctx context.Context, _ store.Done) (*placardv1.Instrument, error) { return s.get(ctx, resource) }
}

// CreateInstrument implements the contract.
func (s *Service) CreateInstrument(
	ctx context.Context, req *placardv1.CreateInstrumentRequest,
) (*placardv1.Instrument, error) {
	if err := unbound(ctx); err != nil {
		return nil, err
	}
	i := proto.CloneOf(req.GetInstrument())
	i.Name = name.Instrument(req.GetInstrumentId())
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Instrument, error) {
		if err := wrongWith(ctx, tx.Client, i, nil); err != nil {
			return nil, err
		}
		return create(ctx, tx, complete(i))
	}, s.again(i.GetName()))
}

// create writes a new instrument.
func create(ctx context.Context, tx *store.Tx, i *placardv1.Instrument) (*placardv1.Instrument, error) {
	row, err := rowFromInstrument(i)
	if err != nil {
		return nil, err
	}
	written, err := tx.Client.Instrument.Create().SetID(row.ID).SetAdoptionDate(row.AdoptionDate).
		SetInForceDate(row.InForceDate).SetContent(row.Content).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
	if db.IsConstraintError(err) {
		return nil, fault.AlreadyExists(i.GetName())
	}
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", i.GetName(), err)
	}
	tx.Record(change("create", written, nil))
	return FromRow(written)
}

// UpdateInstrument implements the contract.
func (s *Service) UpdateInstrument(
	ctx context.Context, req *placardv1.UpdateInstrumentRequest,
) (*placardv1.Instrument, error) {
	if err := unbound(ctx); err != nil {
		return nil, err
	}
	wish := req.GetInstrument()
	if req.GetValidateOnly() {
		row, err := one(ctx, s.store.Client().Instrument.Query(), wish.GetName())
		if err != nil {
			return nil, err
		}
		if err := fresh(row, wish.GetName(), wish.GetEtag()); err != nil {
			return nil, err
		}
		_, after, err := s.updated(ctx, s.store.Client(), row, wish, req.GetUpdateMask())
		return after, err
	}
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Instrument, error) {
		row, err := locked(ctx, tx, wish.GetName(), wish.GetEtag())
		if err != nil {
			return nil, err
		}
		before, after, err := s.updated(ctx, tx.Client, row, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		return save(ctx, tx, row, before, after)
	}, s.again(wish.GetName()))
}

// updated answers an instrument before and after an update, or everything that
// is wrong with that.
func (s *Service) updated(
	ctx context.Context, client *db.Client, row *db.Instrument, wish *placardv1.Instrument, mask *fieldmaskpb.FieldMask,
) (before, after *placardv1.Instrument, err error) {
	if before, err = FromRow(row); err != nil {
		return nil, nil, err
	}
	if after, err = patch.Apply("instrument", before, wish, mask); err != nil {
		return nil, nil, err
	}
	if err := wrongWith(ctx, client, after, s.validator.Validate(after, "instrument")); err != nil {
		return nil, nil, err
	}
	return before, complete(after), nil
}

// maxParties is how many entities a table holds at the most, as the contract says.
const maxParties = 500

// wrongWith answers everything that is wrong with an instrument, with what the
// rules of the contract found. Into a table that is too long it does not look.
func wrongWith(ctx context.Context, client *db.Client, i *placardv1.Instrument, found error) error {
	var wrong []fault.Violation
	if f, ok := fault.As(found); ok {
		wrong = f.Violations
	} else if found != nil {
		return found
	}
	if len(i.GetParties()) <= maxParties {
		kinds, err := kindsOf(ctx, client, i)
		if err != nil {
			return err
		}
		wrong = append(wrong, check(i, kinds)...)
	}
	return fault.Invalid(wrong...)
}

// save writes what became of an instrument. What is no different is answered as
// it is.
func save(
	ctx context.Context, tx *store.Tx, row *db.Instrument, before, after *placardv1.Instrument,
) (*placardv1.Instrument, error) {
	paths := patch.Changed(before, after)
	if len(paths) == 0 {
		return before, nil
	}
	next, err := rowFromInstrument(after)
	if err != nil {
		return nil, err
	}
	next.Revision, next.CreateTime, next.UpdateTime = row.Revision+1, row.CreateTime, tx.Now
	n, err := tx.Client.Instrument.Update().Where(instrument.ID(row.ID), instrument.Revision(row.Revision)).
		SetAdoptionDate(next.AdoptionDate).SetInForceDate(next.InForceDate).SetContent(next.Content).
		SetUpdateTime(next.UpdateTime).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("update %s: %w", after.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(after.GetName())
	}
	tx.Record(change("update", next, paths))
	return FromRow(next)
}

// kindsOf answers the kinds of the entities in a table, by code. Those that the
// register does not have are left out.
func kindsOf(
	ctx context.Context, client *db.Client, i *placardv1.Instrument,
) (map[string]placardv1.Entity_Kind, error) {
	codes := make([]string, len(i.GetParties()))
	for n, p := range i.GetParties() {
		codes[n] = name.EntityOf(p.GetEntity())
	}
	rows, err := client.Entity.Query().Where(entity.IDIn(codes...)).Select(entity.FieldID, entity.FieldKind).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	out := make(map[string]placardv1.Entity_Kind, len(rows))
	for _, row := range rows {
		out[row.ID] = placardv1.Entity_Kind(placardv1.Entity_Kind_value[row.Kind])
	}
	return out, nil
}

// DeleteInstrument implements the contract.
func (s *Service) DeleteInstrument(
	ctx context.Context, req *placardv1.DeleteInstrumentRequest,
) (*emptypb.Empty, error) {
	if err := unbound(ctx); err != nil {
		return nil, err
	}
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		row, err := locked(ctx, tx, req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		named, err := tx.Client.Meeting.Query().Where(meeting.InstrumentID(row.ID)).
			Order(meeting.ByID()).Limit(1).IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for meetings that name %s: %w", req.GetName(), err)
		}
		if err := deletable(req.GetName(), named); err != nil {
			return nil, err
		}
		if _, err := tx.Client.Instrument.Delete().Where(instrument.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete %s: %w", req.GetName(), err)
		}
		tx.Record(change("delete", row, nil))
		return &emptypb.Empty{}, nil
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// Import writes an instrument: one that is not there is created, of another one
// the fields of the mask change. It goes by the rules of CreateInstrument and
// UpdateInstrument. A dry run writes nothing and answers the same. `before` is
// nil where the instrument is new.
func (s *Service) Import(
	ctx context.Context, wish *placardv1.Instrument, mask *fieldmaskpb.FieldMask, dryRun bool,
) (before, after *placardv1.Instrument, err error) {
	if err := unbound(ctx); err != nil {
		return nil, nil, err
	}
	if dryRun {
		_, before, after, err = s.planned(ctx, s.store.Client(), s.store.Client().Instrument.Query(), wish, mask)
		return before, after, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		q := tx.Client.Instrument.Query()
		q.Modify(tx.ForUpdate)
		var row *db.Instrument
		if row, before, after, err = s.planned(ctx, tx.Client, q, wish, mask); err != nil {
			return err
		}
		if row == nil {
			after, err = create(ctx, tx, after)
		} else {
			after, err = save(ctx, tx, row, before, after)
		}
		return err
	})
	return before, after, err
}

// planned answers what an import makes of an instrument, or everything that is
// wrong with it. One that is new has no row, and nothing before.
func (s *Service) planned(
	ctx context.Context, client *db.Client, q *db.InstrumentQuery, wish *placardv1.Instrument, mask *fieldmaskpb.FieldMask,
) (row *db.Instrument, before, after *placardv1.Instrument, err error) {
	row, err = one(ctx, q, wish.GetName())
	if err == nil {
		before, after, err = s.updated(ctx, client, row, wish, mask)
		return row, before, after, err
	}
	if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
		return nil, nil, nil, err
	}
	return nil, nil, complete(wish), wrongWith(ctx, client, wish, s.validator.Validate(&placardv1.CreateInstrumentRequest{
		Instrument: wish, InstrumentId: name.Last(wish.GetName()),
	}, ""))
}

// change is the entry in the change log for a written row.
func change(verb string, row *db.Instrument, paths []string) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeInstrument, Resource: name.Instrument(row.ID), Revision: row.Revision, Paths: paths,
	}
}
