package delegation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entmeeting "github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/request"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// The bounds of an answer, in problems: of one delegation, and of all.
const (
	maxPartProblems = 100
	maxAllProblems  = 5000
)

// Imported is what became of one delegation.
type Imported = placardv1.ImportDelegationsResponse_Result

// Outcome says what was done with one.
type Outcome = placardv1.ImportDelegationsResponse_Result_Outcome

// ImportDelegations starts the import of a file of many delegations. Its size is
// limited by the contract (max_bytes).
func (s *Service) ImportDelegations(ctx context.Context, req *placardv1.ImportDelegationsRequest) (*longrunningpb.Operation, error) {
	if err := s.takesImport(ctx, req.GetParent(), req.GetReceiptDate()); err != nil {
		return nil, err
	}
	return s.runner.Start(ctx, req.GetParent(), placardv1.DelegationService_ImportDelegations_FullMethodName,
		&placardv1.ImportDelegationsRequest{
			Parent: req.GetParent(), Channel: req.GetChannel(), ReceiptDate: req.GetReceiptDate(),
			MaxWithdrawals: req.MaxWithdrawals, //nolint:protogetter // unset differs from 0
			ValidateOnly:   req.GetValidateOnly(),
		}, req.GetContent().GetData())
}

// importMany is the work of ImportDelegations.
func (s *Service) importMany(ctx context.Context, t *longrunning.Task) (_ proto.Message, err error) {
	req := &placardv1.ImportDelegationsRequest{}
	if err := t.Request(req); err != nil {
		return nil, err
	}
	file, err := t.Content(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	found, err := s.Survey(ctx, file)
	if err != nil {
		return nil, err
	}
	if err := found.Fault(); err != nil {
		return nil, err
	}
	done, total := int64(0), int64(len(found.Parts))
	t.Progress(done, total)
	return s.ImportSurveyed(ctx, file, found, req, func(*Imported) {
		done++
		t.Progress(done, total)
	})
}

// Survey reads a file of many delegations, and finds whose each of them is in the
// register.
func (s *Service) Survey(ctx context.Context, file io.ReadSeeker) (*Survey, error) {
	rows, err := s.store.Client().Entity.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read register of entities: %w", err)
	}
	register := make([]*placardv1.Entity, len(rows))
	for i, row := range rows {
		if register[i], err = entity.Names(row.Names); err != nil {
			return nil, fmt.Errorf("%s: %w", row.ID, err)
		}
		register[i].Code, register[i].Alpha2Code = row.ID, row.Alpha2Code
	}
	return survey(ctx, file, entity.NewFinder(register).Code)
}

// ImportSurveyed imports the delegations of a file that was surveyed and has no
// problems, each in a transaction of its own, and visits what became of each. The
// content of the request is not read.
//
// Within a day after an import of the same file, whoever made it, a delegation
// that was written is left alone, also where it has changed since: so an import
// that was broken off is simply run again. When the context ends, the delegation
// in progress is finished, if that takes no longer than a minute; none may.
func (s *Service) ImportSurveyed(
	ctx context.Context, file io.ReadSeeker, found *Survey, req *placardv1.ImportDelegationsRequest, visit func(*Imported),
) (*placardv1.ImportDelegationsResponse, error) {
	if err := s.takesImport(ctx, req.GetParent(), req.GetReceiptDate()); err != nil {
		return nil, err
	}
	out, problems := proto.CloneOf(found.Answer), 0
	err := eachPart(file, found.Parts, func(part Part, list *List, rows []*placardv1.ImportDelegationResponse_Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		inside, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.partLimit)
		defer cancel()
		done, err := s.importOnce(inside, found.sha256, list, part, rows, &placardv1.SubmitDelegationRequest{
			Name:    name.Delegation(name.MeetingOf(req.GetParent()), part.Entity),
			Channel: req.GetChannel(), ReceiptDate: req.GetReceiptDate(),
			MaxWithdrawals: req.MaxWithdrawals, //nolint:protogetter // unset differs from 0
			ValidateOnly:   req.GetValidateOnly(),
		})
		if err != nil {
			return err
		}
		limit := max(1, min(maxPartProblems, maxAllProblems-problems))
		done.Problems = done.Problems[:min(limit, len(done.GetProblems()))]
		problems += len(done.GetProblems())
		if done.GetOutcome() != placardv1.ImportDelegationsResponse_Result_REFUSED {
			out.PersonCount += done.GetPersons()
		}
		out.Results = append(out.Results, done)
		visit(done)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// takesImport answers why a meeting takes no import.
func (s *Service) takesImport(ctx context.Context, resource, receiptDate string) error {
	meeting, err := s.store.Client().Meeting.Query().Where(entmeeting.ID(name.MeetingOf(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return fault.NotFound(name.Meeting(name.MeetingOf(resource)))
	}
	if err != nil {
		return fmt.Errorf("read meeting: %w", err)
	}
	intake := Intake{State: placardv1.Meeting_State(placardv1.Meeting_State_value[meeting.State])}
	if err := intake.Takes(); err != nil {
		return err
	}
	zone, err := time.LoadLocation(meeting.TimeZone)
	if err != nil {
		return fmt.Errorf("zone of meeting %s: %w", meeting.ID, err)
	}
	_, err = Received(receiptDate, zone, s.store.Now())
	return err
}

// importOnce imports one delegation of a file, unless that was done.
func (s *Service) importOnce(
	ctx context.Context, file []byte, list *List, part Part, rows []*placardv1.ImportDelegationResponse_Row, req *placardv1.SubmitDelegationRequest,
) (*Imported, error) {
	if req.GetValidateOnly() {
		return s.importPart(ctx, list, part, rows, req)
	}
	once := onceOf(file, req.GetName())
	// The requests of an import are nobody's own: see onceOf.
	before, err := s.store.Client().Request.Query().Where(
		request.Principal(once.Principal), request.Method(once.Method), request.RequestID(once.ID),
		request.CreateTimeGT(s.store.Now().Add(-store.RequestLife)),
	).Exist(access.AsSystem(ctx))
	if err != nil {
		return nil, fmt.Errorf("look for an earlier import: %w", err)
	}
	if before {
		return resultOf(req.GetName(), part, placardv1.ImportDelegationsResponse_Result_DONE_BEFORE), nil
	}
	return s.importPart(store.WithRequest(ctx, once), list, part, rows, req)
}

// onceOf is the request of a delegation in a file. It is the same in every run
// and for whoever runs it, on the command line or by the API: who has the file
// and may import it into the meeting learns only that somebody did.
func onceOf(file []byte, delegation string) store.Request {
	h := sha256.Sum256(append(file[:len(file):len(file)], delegation...))
	return store.Request{
		Principal: access.System().Name(), Method: placardv1.DelegationService_ImportDelegations_FullMethodName,
		ID: "import-" + hex.EncodeToString(h[:16]), Hash: h[:],
	}
}

// importPart imports one delegation, whatever is there. The error is one that
// concerns the whole import.
func (s *Service) importPart(
	ctx context.Context, list *List, part Part, rows []*placardv1.ImportDelegationResponse_Row, req *placardv1.SubmitDelegationRequest,
) (*Imported, error) {
	out := resultOf(req.GetName(), part, placardv1.ImportDelegationsResponse_Result_UPDATED)
	present, err := s.row(ctx, req.GetName())
	_, isFault := fault.As(err)
	switch {
	case err == nil:
		req.Etag = store.Etag(present.Revision)
	case isFault: // it is not there yet
		out.Outcome = placardv1.ImportDelegationsResponse_Result_CREATED
	default:
		return nil, err
	}
	answer, refusal, err := s.importRows(ctx, list, rows, req)
	if f, ok := fault.As(err); ok {
		refusal, answer = f, nil
	} else if err != nil {
		return nil, err
	}
	out.Problems = problemsIn(answer, refusal)
	diff := answer.GetDifference()
	switch {
	case len(out.GetProblems()) > 0:
		out.Outcome = placardv1.ImportDelegationsResponse_Result_REFUSED
		return out, nil
	case len(diff.GetItems()) == 0:
		out.Outcome = placardv1.ImportDelegationsResponse_Result_UNCHANGED
	}
	for _, item := range diff.GetItems() {
		switch item.GetKind() {
		case placardv1.CompositionDifference_Item_ADDED:
			out.Added++
		case placardv1.CompositionDifference_Item_WITHDRAWN:
			out.Withdrawn++
		default:
			out.Changed++
		}
	}
	out.NeedsReview = diff.GetNeedsReview()
	return out, nil
}

func resultOf(delegation string, part Part, outcome Outcome) *Imported {
	return &Imported{Delegation: delegation, Line: part.Line, Persons: int32(part.Persons), Outcome: outcome}
}

// response begins the answer to an import of the list.
func (l *List) response() *placardv1.ImportDelegationsResponse {
	out := &placardv1.ImportDelegationsResponse{UnknownColumns: l.header.unknown}
	if l.reader != nil {
		out.Format, out.Encoding, out.Separator = l.reader.Format, l.reader.Encoding, l.reader.Separator
	}
	return out
}

// problemsIn are all problems of a delegation: those in its rows, or, without an
// answer, why it was refused whatever its rows are.
func problemsIn(answer *placardv1.ImportDelegationResponse, refusal *fault.Error) []*LineProblem {
	var all []*LineProblem
	switch {
	case answer != nil:
		for _, p := range answer.GetProblems() {
			all = append(all, &LineProblem{Problem: p})
		}
		for _, row := range answer.GetRows() {
			for _, p := range row.GetProblems() {
				all = append(all, &LineProblem{Line: row.GetLine(), Problem: p})
			}
		}
	case refusal != nil && len(refusal.Violations) > 0:
		for _, v := range refusal.Violations {
			all = append(all, &LineProblem{Problem: &Problem{Field: v.Field, Reason: v.Reason, Message: v.Message}})
		}
	case refusal != nil:
		all = append(all, &LineProblem{Problem: &Problem{Reason: refusal.Reason, Message: refusal.Message}})
	}
	return all
}
