// Package credentials holds the credentials of delegations: what was received, what
// was decided, and the quorum.
package credentials

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/credentials"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	Pages *page.Codec
}

// Service answers the CredentialsService of the contract.
type Service struct {
	placardv1.UnimplementedCredentialsServiceServer
	store *store.Store
	pages *page.Codec
}

// New makes the service.
func New(cfg Config) *Service { return &Service{store: cfg.Store, pages: cfg.Pages} }

// GetCredentials implements the contract.
func (s *Service) GetCredentials(
	ctx context.Context, req *placardv1.GetCredentialsRequest,
) (*placardv1.Credentials, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Credentials, error) {
	client := s.store.Client()
	t, _, err := readMeeting(ctx, client, resource)
	if err != nil {
		return nil, err
	}
	row, err := one(ctx, client.Credentials.Query(), resource)
	if err != nil {
		return nil, err
	}
	if row != nil {
		return credentialsFromRow(row, t), nil
	}
	code := name.EntityOf(resource)
	invited, err := client.Invitation.Query().Where(
		invitation.MeetingID(name.MeetingOf(resource)), invitation.EntityID(code),
		invitation.StateNEQ(placardv1.Invitation_DRAFT.String()),
	).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for the invitation of %s: %w", code, err)
	}
	if !invited {
		return nil, fault.NotFound(resource)
	}
	return t.none(code), nil
}

// again answers a repeated write: the credentials as they are now.
func (s *Service) again(resource string) func(context.Context, store.Done) (*placardv1.Credentials, error) {
	return func(ctx context.Context, _ store.Done) (*placardv1.Credentials, error) { return s.get(ctx, resource) }
}

// readMeeting reads the meeting of a name.
func readMeeting(ctx context.Context, client *db.Client, resource string) (terms, *placardv1.Meeting, error) {
	row, err := client.Meeting.Query().Where(meeting.ID(name.MeetingOf(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return terms{}, nil, fault.NotFound(resource)
	}
	if err != nil {
		return terms{}, nil, fmt.Errorf("read the meeting of %s: %w", resource, err)
	}
	return meetingFromRow(row)
}

// one reads the credentials of a name, nil where nothing was received.
func one(ctx context.Context, q *db.CredentialsQuery, resource string) (*db.Credentials, error) {
	row, err := q.Where(
		credentials.MeetingID(name.MeetingOf(resource)), credentials.EntityID(name.EntityOf(resource)),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// named is a request that changes the credentials of one entity.
type named interface {
	GetName() string
	GetEtag() string
}

// dossier is what decides on a change of the credentials of one entity.
type dossier struct {
	terms
	kind placardv1.Entity_Kind
	// row is nil where nothing was received.
	row *db.Credentials
	// current are the credentials as they are.
	current *placardv1.Credentials
}

// locked reads what a request changes, and keeps others from changing it, and
// the meeting from changing what it asks for, until the transaction ends.
func locked(ctx context.Context, tx *store.Tx, req named) (*dossier, error) {
	id, code := name.MeetingOf(req.GetName()), name.EntityOf(req.GetName())
	if err := tx.HoldMeeting(ctx, id); err != nil {
		return nil, err
	}
	t, _, err := readMeeting(ctx, tx.Client, req.GetName())
	if err != nil {
		return nil, err
	}
	// The invitation is locked because there may be no row of credentials yet.
	invitations := tx.Client.Invitation.Query().Where(invitation.MeetingID(id), invitation.EntityID(code))
	invitations.Modify(tx.ForUpdate)
	invited, err := invitations.Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("read the invitation of %s: %w", code, err)
	}
	if invited == nil {
		return nil, fault.Precondition("NOT_INVITED", "the meeting does not invite this entity", "credentials", req.GetName())
	}
	if invited.State == placardv1.Invitation_DRAFT.String() {
		return nil, fault.Precondition("INVITATION_NOT_ISSUED",
			"the invitation has not been issued yet", "credentials", req.GetName())
	}
	who, err := tx.Client.Entity.Query().Where(entity.ID(code)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name.Entity(code), err)
	}
	d := &dossier{terms: t, kind: kindOf(who), current: t.none(code)}
	if err := d.needs(d.kind); err != nil {
		return nil, err
	}
	if d.row, err = one(ctx, tx.Client.Credentials.Query(), req.GetName()); err != nil {
		return nil, err
	}
	if d.row != nil {
		d.current = credentialsFromRow(d.row, t)
	}
	if etag := req.GetEtag(); etag != "" && etag != d.current.GetEtag() {
		return nil, fault.Stale(req.GetName())
	}
	return d, nil
}

func kindOf(row *db.Entity) placardv1.Entity_Kind {
	return placardv1.Entity_Kind(placardv1.Entity_Kind_value[row.Kind])
}

// ReceiveCredentials implements the contract.
func (s *Service) ReceiveCredentials(
	ctx context.Context, req *placardv1.ReceiveCredentialsRequest,
) (*placardv1.Credentials, error) {
	return s.write(ctx, "receive", req, func(d *dossier, tx *store.Tx) (*placardv1.Credentials, error) {
		return d.receive(d.current, req, d.kind, tx.Now)
	})
}

// ExamineCredentials implements the contract.
func (s *Service) ExamineCredentials(
	ctx context.Context, req *placardv1.ExamineCredentialsRequest,
) (*placardv1.Credentials, error) {
	return s.write(ctx, "examine", req, func(d *dossier, _ *store.Tx) (*placardv1.Credentials, error) {
		return examine(d.current)
	})
}

// DecideCredentials implements the contract.
func (s *Service) DecideCredentials(
	ctx context.Context, req *placardv1.DecideCredentialsRequest,
) (*placardv1.Credentials, error) {
	return s.write(ctx, "decide", req, func(d *dossier, tx *store.Tx) (*placardv1.Credentials, error) {
		return d.decide(d.current, req, tx.Now)
	})
}

// ReopenCredentials implements the contract.
func (s *Service) ReopenCredentials(
	ctx context.Context, req *placardv1.ReopenCredentialsRequest,
) (*placardv1.Credentials, error) {
	return s.write(ctx, "reopen", req, func(d *dossier, _ *store.Tx) (*placardv1.Credentials, error) {
		return reopen(d.current)
	})
}

// write changes the credentials of one entity by a rule.
func (s *Service) write(
	ctx context.Context, verb string, req named,
	rule func(d *dossier, tx *store.Tx) (*placardv1.Credentials, error),
) (*placardv1.Credentials, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Credentials, error) {
		d, err := locked(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		after, err := rule(d, tx)
		if err != nil {
			return nil, err
		}
		return save(ctx, tx, verb, d, after)
	}, s.again(req.GetName()))
}

// save writes what became of credentials. What is no different is answered as
// it is.
func save(
	ctx context.Context, tx *store.Tx, verb string, d *dossier, after *placardv1.Credentials,
) (*placardv1.Credentials, error) {
	paths := patch.Changed(d.current, after)
	if len(paths) == 0 {
		return d.current, nil
	}
	next := rowFromCredentials(after)
	next.Revision, next.CreateTime, next.UpdateTime = 1, tx.Now, tx.Now
	if d.row == nil {
		err := tx.Client.Credentials.Create().SetMeetingID(next.MeetingID).SetEntityID(next.EntityID).
			SetState(next.State).SetForm(next.Form).SetReceiptDate(next.ReceiptDate).SetLate(next.Late).
			SetSignatoryName(next.SignatoryName).SetSignatoryTitle(next.SignatoryTitle).
			SetSignatoryCapacity(next.SignatoryCapacity).
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
		}
		tx.Record(change(verb, next, paths))
		return credentialsFromRow(next, d.terms), nil
	}
	next.Revision, next.CreateTime = d.row.Revision+1, d.row.CreateTime
	u := tx.Client.Credentials.Update().Where(credentials.ID(d.row.ID), credentials.Revision(d.row.Revision)).
		SetState(next.State).SetForm(next.Form).SetReceiptDate(next.ReceiptDate).SetLate(next.Late).
		SetSignatoryName(next.SignatoryName).SetSignatoryTitle(next.SignatoryTitle).
		SetSignatoryCapacity(next.SignatoryCapacity).SetRemarks(next.Remarks).
		SetUpdateTime(tx.Now).AddRevision(1)
	if next.DecideTime != nil {
		u.SetDecideTime(*next.DecideTime)
	} else {
		u.ClearDecideTime()
	}
	n, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, after.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(after.GetName())
	}
	tx.Record(change(verb, next, paths))
	return credentialsFromRow(next, d.terms), nil
}

// change is the entry in the change log for a written row. The mission of the
// entity sees it.
func change(verb string, row *db.Credentials, paths []string) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeCredentials, Resource: name.Credentials(row.MeetingID, row.EntityID),
		Revision: row.Revision, Paths: paths, Meeting: row.MeetingID, Entity: row.EntityID,
	}
}
