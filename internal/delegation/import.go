package delegation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/sheet"
)

// ImportDelegation submits the composition in a file. Its size is limited by the
// contract (max_bytes).
func (s *Service) ImportDelegation(ctx context.Context, req *placardv1.ImportDelegationRequest) (*placardv1.ImportDelegationResponse, error) {
	list, err := OpenList(bytes.NewReader(req.GetContent().GetData()), false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = list.Close() }() // it was only read
	rows, err := list.All()
	if err != nil {
		return nil, err
	}
	out, refusal, err := s.importRows(ctx, list, rows, submissionOf(req))
	switch {
	case err != nil:
		return nil, err
	case req.GetValidateOnly():
		return out, nil
	case refusal != nil:
		return nil, refusal
	}
	if err := fault.Invalid(violationsIn(out)...); err != nil {
		return nil, err
	}
	return out, nil
}

// ImportFile imports the file of one delegation as ImportSurveyed does one of
// many: without an etag, the file replaces what is there. The content of the
// request is not read.
func (s *Service) ImportFile(
	ctx context.Context, file io.ReadSeeker, req *placardv1.ImportDelegationRequest,
) (_ *placardv1.ImportDelegationsResponse, err error) {
	if err := s.takesImport(ctx, req.GetName(), req.GetReceiptDate()); err != nil {
		return nil, err
	}
	if req.GetFocalPoint() != nil {
		if err := s.validator.Validate(req.GetFocalPoint(), "focal_point"); err != nil {
			return nil, err
		}
	}
	if req.GetNoteVerbale() != nil {
		if err := s.validator.Validate(req.GetNoteVerbale(), "note_verbale"); err != nil {
			return nil, err
		}
	}
	list, err := OpenList(file, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = list.Close() }() // it was only read
	rows, err := list.All()
	if err != nil {
		return nil, err
	}
	submit := submissionOf(req)
	done, err := s.importPart(ctx, list, Part{Entity: name.EntityOf(req.GetName()), Persons: len(rows)}, rows, submit)
	if err != nil {
		return nil, err
	}
	out := list.response()
	out.Results = append(out.Results, done)
	return out, nil
}

// submissionOf is an import as a submission of nobody yet.
func submissionOf(req *placardv1.ImportDelegationRequest) *placardv1.SubmitDelegationRequest {
	return &placardv1.SubmitDelegationRequest{
		Name: req.GetName(), NoteVerbale: req.GetNoteVerbale(), FocalPoint: req.GetFocalPoint(),
		Channel: req.GetChannel(), ReceiptDate: req.GetReceiptDate(), Etag: req.GetEtag(),
		MaxWithdrawals: req.MaxWithdrawals, //nolint:protogetter // unset differs from 0
		ValidateOnly:   req.GetValidateOnly(),
	}
}

// List is a file with persons, read row by row.
type List struct {
	reader  *sheet.Reader
	lexicon *lexicon
	header  header
	// entity is the index of the column of entities, in a list of many delegations.
	entity int
	// problems are those of the file as a whole. With any of them there are no
	// rows, or no more.
	problems []*Problem
	ended    bool
}

// OpenList reads a file with the persons of one delegation or of many from its
// beginning, up to its header. What is wrong with the file stands in Problems; the
// error tells only that it could not be read. The file is used until Close.
func OpenList(file io.ReadSeeker, many bool) (*List, error) {
	l := &List{lexicon: newLexicon(many), ended: true}
	var wrong *sheet.Problem
	_, err := file.Seek(0, io.SeekStart)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if l.reader, err = sheet.Open(file); errors.As(err, &wrong) {
		l.reader = nil
		l.problems = append(l.problems, fromSheet(wrong, header{}))
		return l, nil
	} else if err != nil {
		return nil, err
	}
	l.header, l.problems = l.lexicon.headerOf(l.reader.Header, many)
	l.entity = slices.Index(l.header.fields, EntityColumn)
	l.ended = len(l.problems) > 0
	return l, nil
}

// Close gives back what reading took.
func (l *List) Close() error {
	if l.reader == nil {
		return nil
	}
	return l.reader.Close()
}

// Problems are what is wrong with the file as a whole.
func (l *List) Problems() []*Problem { return l.problems }

// Next answers the next row with what is wrong with its values, and io.EOF after
// the last one that can be read.
func (l *List) Next() (*placardv1.ImportDelegationResponse_Row, error) {
	line, cells, wrong, err := l.next()
	switch {
	case err != nil:
		return nil, err
	case wrong != nil:
		return &placardv1.ImportDelegationResponse_Row{Line: line, Problems: []*Problem{wrong}}, nil
	default:
		return l.lexicon.personOf(l.header, line, cells), nil
	}
}

// next is Next without a look at the values: it answers the cells of a row, or
// why it cannot be read.
func (l *List) next() (line int32, cells []string, wrong *Problem, err error) {
	if l.ended {
		return 0, nil, nil, io.EOF
	}
	row, err := l.reader.Next()
	var of *sheet.Problem
	switch {
	case errors.As(err, &of) && of.Line == 0:
		l.ended, l.problems = true, append(l.problems, fromSheet(of, l.header))
		return 0, nil, nil, io.EOF
	case errors.As(err, &of):
		l.ended = of.Reason != "SHEET_TOO_WIDE" // what follows cannot be read
		return int32(of.Line), nil, fromSheet(of, l.header), nil
	case errors.Is(err, io.EOF):
		l.ended = true
		return 0, nil, nil, io.EOF
	case err != nil:
		return 0, nil, nil, fmt.Errorf("read row: %w", err)
	}
	return int32(row.Line), row.Cells, nil, nil
}

// fromSheet is a problem of a table. Where the header could not be read, the
// message says where it stands.
func fromSheet(p *sheet.Problem, h header) *Problem {
	out := &Problem{Reason: p.Reason, Message: p.Message}
	switch {
	case p.Column > 0 && p.Column <= len(h.headings):
		out.Column, out.Field = h.headings[p.Column-1], h.fields[p.Column-1]
	case h.headings == nil:
		out.Message = p.Error()
	}
	return out
}

// All reads the rows of one delegation: at most one more than there may be, so
// that it is noticed.
func (l *List) All() ([]*placardv1.ImportDelegationResponse_Row, error) {
	var rows []*placardv1.ImportDelegationResponse_Row
	for len(rows) <= MaxParticipants {
		row, err := l.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// nobody is the problem of a file without persons.
func nobody() *Problem {
	return &Problem{Reason: "SHEET_EMPTY", Message: "there is no person below the header"}
}

// importRows submits the rows of a list as a composition; `req` says whose, and
// all else. Where anything is wrong with them, the answer has all of it, and
// nothing is written. Where they are refused by a quota, the deadline or the
// number of withdrawals, it answers that too.
func (s *Service) importRows(
	ctx context.Context, list *List, rows []*placardv1.ImportDelegationResponse_Row, req *placardv1.SubmitDelegationRequest,
) (*placardv1.ImportDelegationResponse, *fault.Error, error) {
	out := &placardv1.ImportDelegationResponse{Problems: slices.Clone(list.Problems()), UnknownColumns: list.header.unknown}
	if list.reader != nil {
		out.Format, out.Encoding, out.Separator = list.reader.Format, list.reader.Encoding, list.reader.Separator
	}
	switch {
	case len(rows) > MaxParticipants:
		out.Problems = append(out.Problems, &Problem{Reason: "IMPORT_TOO_LARGE",
			Message: fmt.Sprintf("line %d is that of person %d, and a delegation has at most %d", rows[MaxParticipants].GetLine(), MaxParticipants+1, MaxParticipants)})
		rows = rows[:MaxParticipants]
	case len(rows) == 0 && len(out.GetProblems()) == 0:
		out.Problems = append(out.Problems, nobody())
	}
	out.Rows = rows
	refusal, err := s.submitRows(ctx, list.header, out, req)
	if err != nil {
		return nil, nil, err
	}
	return out, refusal, nil
}

// submitRows submits the rows as SubmitDelegation does, and notes in the answer
// what is wrong with them. Where that is a refusal of its own, by a quota or the
// deadline, it is answered too.
func (s *Service) submitRows(
	ctx context.Context, h header, out *placardv1.ImportDelegationResponse, req *placardv1.SubmitDelegationRequest,
) (*fault.Error, error) {
	if err := checkChannel(access.From(ctx), req.GetChannel()); err != nil {
		return nil, err
	}
	req = proto.CloneOf(req)
	var persons []*placardv1.ImportDelegationResponse_Row
	for _, row := range out.GetRows() {
		if row.GetParticipant() == nil {
			continue
		}
		persons = append(persons, row)
		req.Participants = append(req.Participants, row.GetParticipant())
		err := s.validator.Validate(row.GetParticipant(), "")
		if err != nil && len(violationsOf(err)) == 0 {
			return nil, err
		}
		for _, v := range violationsOf(err) {
			addProblem(row, h, &Problem{Field: v.Field, Reason: v.Reason, Message: v.Message})
		}
	}
	known := len(violationsIn(out))
	if known > 0 {
		// Only to find what else is wrong.
		req.ValidateOnly = true
	}
	answer, err := s.submit(ctx, req, nil)
	var wrong refused
	f, isFault := fault.As(err)
	switch {
	case errors.As(err, &wrong):
		for _, v := range wrong {
			noteViolation(out, h, persons, v)
		}
		return nil, nil
	case isFault && contentFault(f) && known > 0:
		// Who cannot be read yet is neither withdrawn nor counted.
		return nil, nil
	case isFault && contentFault(f):
		violations := f.Violations
		if len(violations) == 0 {
			violations = []fault.Violation{{Reason: f.Reason, Message: f.Message}}
		}
		for _, v := range violations {
			noteViolation(out, h, persons, v)
		}
		refusal := *f
		refusal.Violations = slices.Clone(f.Violations)
		for i := range refusal.Violations {
			refusal.Violations[i].Field = "rows"
		}
		return &refusal, nil
	case err != nil:
		return nil, err
	}
	if known == 0 {
		out.Difference = answer.GetDifference()
		if !req.GetValidateOnly() {
			out.Delegation = answer.GetDelegation()
		}
	}
	return nil, nil
}
