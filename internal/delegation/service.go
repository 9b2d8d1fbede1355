// Package delegation is the delegation with its revisions and participants:
// what an entity communicates, what the Secretariat decides on it, and what is
// in force. Nothing else writes these tables.
package delegation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"

	"entgo.io/ent/dialect/sql"
)

// Config is what the services need.
type Config struct {
	Store     *store.Store
	Pages     *page.Codec
	Validator *access.Validator
	// Runner does the imports of many delegations; nil where nothing starts one.
	Runner *longrunning.Runner
	// Queue takes the jobs that tell missions and participants; nil: nobody is told.
	Queue *job.Queue
}

// Service is the contract's DelegationService and ParticipantService.
type Service struct {
	placardv1.UnimplementedDelegationServiceServer
	placardv1.UnimplementedParticipantServiceServer
	store     *store.Store
	pages     *page.Codec
	validator *access.Validator
	runner    *longrunning.Runner
	queue     *job.Queue
	// partLimit is how long the import of one delegation of many may take.
	partLimit time.Duration
}

// New makes the services.
func New(cfg Config) *Service {
	s := &Service{store: cfg.Store, pages: cfg.Pages, validator: cfg.Validator, runner: cfg.Runner, queue: cfg.Queue, partLimit: time.Minute}
	s.runner.Do(placardv1.DelegationService_ImportDelegations_FullMethodName, s.importMany)
	return s
}

// SubmitDelegation takes the composition whole.
func (s *Service) SubmitDelegation(ctx context.Context, req *placardv1.SubmitDelegationRequest) (*placardv1.SubmitDelegationResponse, error) {
	if err := checkChannel(access.From(ctx), req.GetChannel()); err != nil {
		return nil, err
	}
	violations, err := s.validate(req)
	if err != nil {
		return nil, err
	}
	out, err := s.submit(ctx, req, violations)
	if wrong := refused(nil); errors.As(err, &wrong) {
		return nil, fault.Invalid(wrong...)
	}
	return out, err
}

// refused is everything that is wrong with a composition, however much.
type refused []fault.Violation

// Error implements error.
func (r refused) Error() string { return fmt.Sprintf("refused, with %d violations", len(r)) }

// submit is SubmitDelegation, with what is known already to be wrong. A
// composition with anything wrong is refused.
func (s *Service) submit(
	ctx context.Context, req *placardv1.SubmitDelegationRequest, violations []fault.Violation,
) (*placardv1.SubmitDelegationResponse, error) {
	if req.GetValidateOnly() {
		var d *dossier
		err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) (err error) {
			d, err = read(ctx, client, req.GetName(), nil)
			return err
		})
		if err != nil {
			return nil, err
		}
		wanted, by, err := s.prepare(d, req, violations, s.store.Now())
		if err != nil {
			return nil, err
		}
		if err := d.recall(ctx, s.store.Client(), wanted); err != nil {
			return nil, err
		}
		return d.preview(wanted, by)
	}
	return store.Write(ctx, s.store,
		func(ctx context.Context, tx *store.Tx) (*placardv1.SubmitDelegationResponse, error) {
			d, err := open(ctx, tx, req.GetName())
			if err != nil {
				return nil, err
			}
			wanted, by, err := s.prepare(d, req, violations, tx.Now)
			if err != nil {
				return nil, err
			}
			before := d.standing()
			diff, err := d.revise(ctx, tx, wanted, by)
			if err != nil {
				return nil, err
			}
			if len(diff) > 0 {
				if err := s.received(ctx, tx, d); err != nil {
					return nil, err
				}
			}
			if err := s.request(ctx, tx, d, before); err != nil {
				return nil, err
			}
			return &placardv1.SubmitDelegationResponse{
				Delegation: delegationFromRow(d.row),
				Difference: differenceFromCompare(d.name, diff, d.row.State == placardv1.Delegation_SUBMITTED.String()),
			}, nil
		},
		func(ctx context.Context, done store.Done) (*placardv1.SubmitDelegationResponse, error) {
			return s.submitted(ctx, req.GetName(), done)
		})
}

// checkChannel keeps the ways by which only the Secretariat receives to it.
func checkChannel(p access.Principal, c placardv1.Channel) error {
	switch c {
	case placardv1.Channel_EMAIL, placardv1.Channel_FAX, placardv1.Channel_POST:
		if !p.Secretariat() {
			return fault.Denied("FIELD_NOT_WRITABLE", "channel: EMAIL, FAX and POST are for the Secretariat", "field", "channel")
		}
	}
	return nil
}

// validate answers what is wrong with a submission by the rules of the contract.
// With its name, or a list without an end, nothing else can be looked at.
func (s *Service) validate(req *placardv1.SubmitDelegationRequest) ([]fault.Violation, error) {
	err := s.validator.Validate(req, "")
	violations := violationsOf(err)
	if err != nil && len(violations) == 0 || hasField(violations, "name") || len(req.GetParticipants()) > MaxParticipants {
		return nil, err
	}
	return violations, nil
}

// prepare decides what a submission asks for, and answers everything that is
// wrong with it at once, with the violations that are known already.
func (s *Service) prepare(d *dossier, req *placardv1.SubmitDelegationRequest, violations []fault.Violation, now time.Time) (Composition, communication, error) {
	by := communication{
		verb:        "submit",
		channel:     channelOr(req.GetChannel(), placardv1.Channel_API),
		receiptDate: req.GetReceiptDate(),
		note:        req.GetNoteVerbale(),
		focal:       req.GetFocalPoint(),
	}
	if err := d.takes(); err != nil {
		return nil, by, err
	}
	if req.GetEtag() != "" && (d.row == nil || req.GetEtag() != store.Etag(d.row.Revision)) {
		return nil, by, fault.Stale(d.name)
	}
	if d.row != nil && req.GetEtag() == "" {
		violations = append(violations, fault.Violation{Field: "etag", Reason: "ETAG_REQUIRED",
			Message: "is needed from the second submission on: read the delegation and send its etag"})
	}
	var err error
	if by.received, err = Received(req.GetReceiptDate(), d.zone, now); !hasField(violations, "receipt_date") {
		violations = append(violations, violationsOf(err)...)
	}
	submitted := make([]Submitted, len(req.GetParticipants()))
	for i, p := range req.GetParticipants() {
		submitted[i] = Submitted{Said: saidFromParticipant(p, d.modality())}
		if p.GetName() == "" {
			continue
		}
		// The name of a participant of another delegation names nobody here.
		submitted[i].ID = name.Last(p.GetName())
		if !strings.HasPrefix(p.GetName(), d.name+"/participants/") {
			submitted[i].ID = p.GetName()
		}
	}
	wanted, ambiguous := Match(submitted, d.latest, d.leaving())
	violations = append(violations, ambiguous...)
	for _, v := range Check(wanted) {
		if !hasField(violations, v.Field) {
			violations = append(violations, v)
		}
	}
	if len(violations) > 0 {
		return nil, by, refused(violations)
	}
	if err := CheckWithdrawals(len(d.latest), Withdrawn(d.latest, wanted), req.MaxWithdrawals); err != nil { //nolint:protogetter // unset differs from 0
		return nil, by, err
	}
	return wanted, by, nil
}

func hasField(violations []fault.Violation, field string) bool {
	for _, v := range violations {
		if v.Field == field {
			return true
		}
	}
	return false
}

func violationsOf(err error) []fault.Violation {
	if f, ok := fault.As(err); ok {
		return f.Violations
	}
	return nil
}

func channelOr(c, otherwise placardv1.Channel) placardv1.Channel {
	if c == placardv1.Channel_CHANNEL_UNSPECIFIED {
		return otherwise
	}
	return c
}

// modality is how one attends where that is not said.
func (d *dossier) modality() placardv1.Participant_Modality {
	if d.meeting.Modality == placardv1.Meeting_ONLINE.String() {
		return placardv1.Participant_ONLINE
	}
	return placardv1.Participant_IN_PERSON
}

// preview answers what a submission would do, without doing it.
func (d *dossier) preview(wanted Composition, by communication) (*placardv1.SubmitDelegationResponse, error) {
	diff := Compare(d.latest, wanted)
	row := db.Delegation{MeetingID: d.meeting.ID, EntityID: name.EntityOf(d.name), CreateTime: by.received, UpdateTime: by.received}
	if d.row != nil {
		row = *d.row
	}
	if len(diff) > 0 {
		plan := d.plan(wanted, diff, by)
		if err := d.admits(wanted, plan, by); err != nil {
			return nil, err
		}
		row.State, row.Late, row.SubmitTime = plan.state.String(), plan.late, plan.received
		row.ReturnReasons = plan.reasons
		row.Channel, row.ReceiptDate = by.channel.String(), by.receiptDate
		row.ParticipantCount, row.Warnings = int32(len(wanted)), rowWarnings(wanted, plan.withheld)
		if plan.inForceNew {
			row.LatestRevision++
			row.AcceptedRevision = row.LatestRevision
		}
		if plan.pending {
			row.LatestRevision++
		}
	}
	if by.note != nil {
		row.NoteReference, row.NoteDate = by.note.GetReference(), by.note.GetDate()
	}
	if by.focal != nil {
		row.FocalName, row.FocalEmail, row.FocalPhone = by.focal.GetName(), by.focal.GetEmail(), by.focal.GetPhone()
	}
	out := delegationFromRow(&row)
	if d.row == nil {
		out.CreateTime, out.UpdateTime, out.Etag = nil, nil, ""
	}
	return &placardv1.SubmitDelegationResponse{
		Delegation: out,
		Difference: differenceFromCompare(d.name, diff, out.GetState() == placardv1.Delegation_SUBMITTED),
	}, nil
}

// submitted answers again what an earlier submission did: the delegation as it
// is now, and the difference that the revisions of that submission made.
func (s *Service) submitted(ctx context.Context, delegation string, done store.Done) (*placardv1.SubmitDelegationResponse, error) {
	row, err := s.row(ctx, delegation)
	if err != nil {
		return nil, err
	}
	out := &placardv1.SubmitDelegationResponse{Delegation: delegationFromRow(row), Difference: &placardv1.CompositionDifference{}}
	if done.Resource == "" {
		return out, nil // it made no difference
	}
	revisions, err := s.store.Client().Revision.Query().Where(
		revision.DelegationID(row.ID),
		revision.NumberLTE(int32(done.Revision)),
		revision.NumberGTE(int32(done.Revision)-2),
	).Order(revision.ByNumber(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	// One or two of them are of that submission, or none, where it brought a
	// note verbale for a composition that was there.
	n := slices.IndexFunc(revisions, func(r *db.Revision) bool { return !r.CreateTime.Equal(done.Time) })
	if n < 0 {
		n = len(revisions)
	}
	if n == 0 {
		return out, nil
	}
	made, rest := revisions[0], revisions[n:]
	var before Composition
	if len(rest) > 0 {
		if before, err = s.composition(ctx, rest[0]); err != nil {
			return nil, err
		}
	}
	after, err := s.composition(ctx, made)
	if err != nil {
		return nil, err
	}
	diff := Compare(before, after)
	markWithheld(diff, row, made)
	out.Difference = differenceFromCompare(delegation, diff, !made.SelfAccepted)
	return out, nil
}

// markWithheld marks that all of a difference waits, where it is that of a revision
// of which nothing is in force before it is accepted.
func markWithheld(diff []Difference, row *db.Delegation, made *db.Revision) {
	if made.State != placardv1.DelegationRevision_SUBMITTED.String() ||
		!slices.Contains(row.Warnings, placardv1.Delegation_LATE_WAITS_FOR_REVIEW.String()) {
		return
	}
	for i := range diff {
		diff[i].Review = true
	}
}

// composition reads the composition of a revision.
func (s *Service) composition(ctx context.Context, r *db.Revision) (Composition, error) {
	versions, err := s.members(ctx, r)
	if err != nil {
		return nil, err
	}
	c := make(Composition, len(versions))
	for i, v := range versions {
		c[i] = personFromVersion(v)
	}
	return c, nil
}

func (s *Service) row(ctx context.Context, delegation string) (*db.Delegation, error) {
	row, err := s.store.Client().Delegation.Query().Where(rowOf(delegation)...).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(delegation)
	}
	if err != nil {
		return nil, fmt.Errorf("read delegation: %w", err)
	}
	return row, nil
}

func rowOf(delegation string) []predicate.Delegation {
	return []predicate.Delegation{
		entdelegation.MeetingID(name.MeetingOf(delegation)),
		entdelegation.EntityID(name.EntityOf(delegation)),
	}
}

// AcceptDelegation puts the latest revision in force.
func (s *Service) AcceptDelegation(ctx context.Context, req *placardv1.AcceptDelegationRequest) (*placardv1.Delegation, error) {
	return s.review(ctx, req, "accept", func(ctx context.Context, tx *store.Tx, d *dossier) error {
		diff := Compare(d.accepted, d.latest)
		of := participantversion.DelegationID(d.row.ID)
		if err := tx.Client.ParticipantVersion.Update().
			Where(of, participantversion.LatestOrder(0), participantversion.AcceptedOrderGT(0)).
			SetAcceptedOrder(0).Exec(ctx); err != nil {
			return fmt.Errorf("take versions out: %w", err)
		}
		if err := tx.Client.ParticipantVersion.Update().
			Where(of, participantversion.LatestOrderGT(0)).
			Modify(func(u *sql.UpdateBuilder) {
				u.Set(participantversion.FieldAcceptedOrder, sql.Expr(participantversion.FieldLatestOrder))
			}).Exec(ctx); err != nil {
			return fmt.Errorf("put versions in force: %w", err)
		}
		if err := d.decide(ctx, tx, placardv1.DelegationRevision_ACCEPTED, nil); err != nil {
			return err
		}
		state := placardv1.Delegation_ACCEPTED
		if len(d.latest) == 0 { // a late withdrawal
			state = placardv1.Delegation_WITHDRAWN
		}
		row, err := d.row.Update().SetState(state.String()).SetWarnings(rowWarnings(d.latest, false)).
			SetAcceptedRevision(d.row.LatestRevision).SetAcceptTime(tx.Now).
			SetUpdateTime(tx.Now).AddRevision(1).Save(ctx)
		if err != nil {
			return fmt.Errorf("write delegation: %w", err)
		}
		c := d.changeOf(ctx, "accept")
		c.Revision, c.Paths, c.InForce = int64(row.LatestRevision), d.paths(row), true
		tx.Record(c)
		for _, item := range diff {
			verb := "accept"
			if item.Kind == placardv1.CompositionDifference_Item_WITHDRAWN {
				verb = changeVerb(item.Kind)
			}
			c := d.changeOf(ctx, verb)
			c.Type, c.Resource = name.TypeParticipant, d.name+"/participants/"+item.Person.ID
			c.Revision, c.Paths, c.InForce = int64(row.LatestRevision), item.Fields, true
			tx.Record(c)
		}
		d.row = row
		if len(d.latest) == 0 {
			return nil
		}
		return s.notify(ctx, tx, d, placardv1.Delivery_COMPOSITION_ACCEPTED)
	})
}

// ReturnDelegation sends the latest revision back to the mission.
func (s *Service) ReturnDelegation(ctx context.Context, req *placardv1.ReturnDelegationRequest) (*placardv1.Delegation, error) {
	return s.review(ctx, req, "return", func(ctx context.Context, tx *store.Tx, d *dossier) error {
		if err := d.decide(ctx, tx, placardv1.DelegationRevision_RETURNED, req.GetReasons()); err != nil {
			return err
		}
		row, err := d.row.Update().SetState(placardv1.Delegation_RETURNED.String()).SetReturnReasons(req.GetReasons()).
			SetUpdateTime(tx.Now).AddRevision(1).Save(ctx)
		if err != nil {
			return fmt.Errorf("write delegation: %w", err)
		}
		c := d.changeOf(ctx, "return")
		c.Revision, c.Paths = int64(row.LatestRevision), d.paths(row)
		tx.Record(c)
		d.row = row
		return s.notify(ctx, tx, d, placardv1.Delivery_COMPOSITION_RETURNED)
	})
}

// decision is a request that decides on a revision.
type decision interface {
	GetName() string
	GetEtag() string
	GetRevision() int32
}

func (s *Service) review(ctx context.Context, req decision, verb string, decide func(context.Context, *store.Tx, *dossier) error) (*placardv1.Delegation, error) {
	return s.write(ctx, req.GetName(), func(ctx context.Context, tx *store.Tx, d *dossier) error {
		if req.GetRevision() != d.row.LatestRevision {
			return fault.New(codes.Aborted, "REVISION_MISMATCH",
				fmt.Sprintf("revision %d is not the latest one, which is %d: look at that and repeat", req.GetRevision(), d.row.LatestRevision),
				"revision", fmt.Sprint(req.GetRevision()), "latest", fmt.Sprint(d.row.LatestRevision))
		}
		if err := checkEtag(req.GetEtag(), d); err != nil {
			return err
		}
		if d.row.State != placardv1.Delegation_SUBMITTED.String() {
			return fault.Precondition("NOTHING_TO_REVIEW",
				fmt.Sprintf("cannot %s: the delegation is %s and does not wait for review", verb, d.row.State), "state", d.row.State)
		}
		return decide(ctx, tx, d)
	})
}

// decide writes what became of the latest revision.
func (d *dossier) decide(ctx context.Context, tx *store.Tx, state placardv1.DelegationRevision_State, reasons []string) error {
	n, err := tx.Client.Revision.Update().
		Where(revision.DelegationID(d.row.ID), revision.Number(d.row.LatestRevision)).
		SetState(state.String()).SetReturnReasons(reasons).SetReviewTime(tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("write revision: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("delegation %s has no revision %d", d.name, d.row.LatestRevision)
	}
	return nil
}

// WithdrawDelegation withdraws everybody.
func (s *Service) WithdrawDelegation(ctx context.Context, req *placardv1.WithdrawDelegationRequest) (*placardv1.Delegation, error) {
	return s.write(ctx, req.GetName(), func(ctx context.Context, tx *store.Tx, d *dossier) error {
		if err := checkEtag(req.GetEtag(), d); err != nil {
			return err
		}
		_, err := d.revise(ctx, tx, Composition{}, correction(tx, "withdraw"))
		return err
	})
}

// correction is the communication of a single change, without a note verbale
// of its own.
func correction(tx *store.Tx, verb string) communication {
	return communication{
		verb:     verb,
		channel:  placardv1.Channel_API,
		received: tx.Now,
	}
}

// write runs one write of a delegation that exists, and answers it.
func (s *Service) write(ctx context.Context, delegation string, do func(context.Context, *store.Tx, *dossier) error) (*placardv1.Delegation, error) {
	return store.Write(ctx, s.store,
		func(ctx context.Context, tx *store.Tx) (*placardv1.Delegation, error) {
			d, err := open(ctx, tx, delegation)
			if err != nil {
				return nil, err
			}
			if d.row == nil {
				return nil, fault.NotFound(delegation)
			}
			if err := d.intake.Takes(); err != nil {
				return nil, err
			}
			before := d.standing()
			if err := do(ctx, tx, d); err != nil {
				return nil, err
			}
			if err := s.request(ctx, tx, d, before); err != nil {
				return nil, err
			}
			return delegationFromRow(d.row), nil
		},
		func(ctx context.Context, _ store.Done) (*placardv1.Delegation, error) {
			row, err := s.row(ctx, delegation)
			if err != nil {
				return nil, err
			}
			return delegationFromRow(row), nil
		})
}

func checkEtag(etag string, d *dossier) error {
	if etag != "" && etag != store.Etag(d.row.Revision) {
		return fault.Stale(d.name)
	}
	return nil
}
