package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/request"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func (c *Core) delegations() *delegation.Service {
	return delegation.New(delegation.Config{Store: c.Store, Pages: c.pages, Validator: c.validator})
}

// FindEntities reads the register.
func (c *Core) FindEntities(ctx context.Context) (*entity.Finder, error) {
	all, err := c.AllEntities(ctx)
	if err != nil {
		return nil, err
	}
	return entity.NewFinder(all), nil
}

// FindMeeting tells whether there is a meeting, by its id: an error says that
// there is none.
func (c *Core) FindMeeting(ctx context.Context, id string) error {
	return store.SeesMeeting(access.AsSystem(ctx), c.Store.Client(), name.Meeting(id))
}

// ImportPlan is what an import of files by the operator has in common for all
// delegations.
type ImportPlan struct {
	// Meeting is the id.
	Meeting string
	// Channel is by which way the file came, and ReceiptDate on which day; it may
	// be empty.
	Channel     placardv1.Channel
	ReceiptDate string
	// MaxWithdrawals is how many persons may be withdrawn of each delegation; nil
	// for half of them.
	MaxWithdrawals *int32
	// DryRun only checks.
	DryRun bool
}

// Imported is what became of one delegation.
type Imported struct {
	delegation.Part
	// Before says that an earlier run of the same import did it.
	Before bool
	// Created says that the delegation was not there.
	Created bool
	// Result has everything that is wrong with the persons; nothing was written
	// then. It is nil with Before and with Err.
	Result *placardv1.ImportDelegationResponse
	// Err is why the delegation was refused whatever its persons are.
	Err error
}

// Refused tells whether nothing was written because something is wrong.
func (i Imported) Refused() bool {
	if i.Err != nil || len(i.Result.GetProblems()) > 0 {
		return true
	}
	for _, row := range i.Result.GetRows() {
		if len(row.GetProblems()) > 0 {
			return true
		}
	}
	return false
}

// ImportDelegation imports the file of one delegation, as the server itself on
// behalf of the entity.
func (c *Core) ImportDelegation(ctx context.Context, file io.ReadSeeker, entity string, plan ImportPlan) (Imported, error) {
	list, err := delegation.OpenList(file, false)
	if err != nil {
		return Imported{}, err
	}
	defer func() { _ = list.Close() }() // it was only read
	rows, err := list.All()
	if err != nil {
		return Imported{}, err
	}
	return c.importPart(access.AsSystem(ctx), c.delegations(), list, delegation.Part{Entity: entity, Persons: len(rows)}, rows, plan)
}

// SurveyDelegations finds the delegations in a file of many: see
// delegation.Survey.
func (c *Core) SurveyDelegations(ctx context.Context, file io.ReadSeeker) ([]delegation.Part, []delegation.LineProblem, error) {
	entities, err := c.FindEntities(ctx)
	if err != nil {
		return nil, nil, err
	}
	return delegation.Survey(file, entities.Code)
}

// ImportDelegations imports the delegations of a file that was surveyed, each in
// a transaction of its own, and visits what became of each. Within a day after
// an import of the same file one that was done is left alone, also where it has
// changed since: so it can be run again after it was broken off. When the context
// ends, the delegation in progress is finished.
func (c *Core) ImportDelegations(
	ctx context.Context, file io.ReadSeeker, parts []delegation.Part, plan ImportPlan, visit func(Imported),
) error {
	hash, err := hashOf(file)
	if err != nil {
		return err
	}
	service := c.delegations()
	inside := access.AsSystem(context.WithoutCancel(ctx))
	return delegation.EachPart(file, parts, func(part delegation.Part, list *delegation.List, rows []*placardv1.ImportDelegationResponse_Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		once := onceOf(hash, name.Delegation(plan.Meeting, part.Entity))
		if !plan.DryRun {
			done, err := c.Store.Client().Request.Query().Where(
				request.Principal(access.System().Name()), request.Method(once.Method), request.RequestID(once.ID),
				request.CreateTimeGT(c.Store.Now().Add(-store.RequestLife)),
			).Exist(inside)
			if err != nil {
				return fmt.Errorf("look for an earlier run: %w", err)
			}
			if done {
				visit(Imported{Part: part, Before: true})
				return nil
			}
		}
		result, err := c.importPart(store.WithRequest(inside, once), service, list, part, rows, plan)
		if err == nil {
			visit(result)
		}
		return err
	})
}

// importPart imports one delegation. The error is one that concerns them all.
func (c *Core) importPart(
	ctx context.Context, service *delegation.Service, list *delegation.List,
	part delegation.Part, rows []*placardv1.ImportDelegationResponse_Row, plan ImportPlan,
) (Imported, error) {
	out := Imported{Part: part}
	of := name.Delegation(plan.Meeting, part.Entity)
	req := &placardv1.SubmitDelegationRequest{
		Name: of, Channel: plan.Channel, ReceiptDate: plan.ReceiptDate, MaxWithdrawals: plan.MaxWithdrawals, ValidateOnly: plan.DryRun,
	}
	get := &placardv1.GetDelegationRequest{Name: of}
	if err := c.validator.Validate(get, ""); err != nil {
		return out, err
	}
	present, err := service.GetDelegation(ctx, get)
	f, isFault := fault.As(err)
	switch {
	case err == nil:
		req.Etag = present.GetEtag()
	case isFault && f.Reason == "NOT_FOUND":
		out.Created = true
	default:
		return out, err
	}
	// What is wrong is wanted as an answer, by line and column.
	out.Result, err = service.ImportRows(ctx, list, rows, req)
	if f, ok := fault.As(err); ok {
		out.Err = f
		return out, nil
	}
	return out, err
}

// hashOf is the SHA-256 of a file.
func hashOf(file io.ReadSeeker) ([]byte, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return h.Sum(nil), nil
}

// onceOf makes the request of a delegation in a file: the same in every run.
func onceOf(file []byte, of string) store.Request {
	h := sha256.Sum256(append(file[:len(file):len(file)], of...))
	return store.Request{
		ID: "import-" + hex.EncodeToString(h[:16]), Method: placardv1.DelegationService_ImportDelegation_FullMethodName, Hash: h[:],
	}
}
