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
	out, refusal, err := s.importRows(ctx, list, rows, &placardv1.SubmitDelegationRequest{
		Name: req.GetName(), NoteVerbale: req.GetNoteVerbale(), Channel: req.GetChannel(), Etag: req.GetEtag(),
		MaxWithdrawals: req.MaxWithdrawals, //nolint:protogetter // unset differs from 0
		ValidateOnly:   req.GetValidateOnly(),
	})
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

// List is a file with persons, read row by row.
type List struct {
	reader  *sheet.Reader
	lexicon lexicon
	header  header
	// problems are those of the file as a whole. With any of them there are no
	// rows, or no more.
	problems []*Problem
	ended    bool
}

// ListRow is one row of a list.
type ListRow struct {
	*placardv1.ImportDelegationResponse_Row
	// Entity is what the column of that name says, in a list of many delegations.
	Entity string
}

// OpenList reads the header of a file with the persons of one delegation or of
// many. What is wrong with the file stands in Problems; the error tells only
// that it could not be read. The file is used until Close.
func OpenList(file io.ReadSeeker, many bool) (*List, error) {
	l := &List{lexicon: newLexicon(many), ended: true}
	var wrong *sheet.Problem
	var err error
	if l.reader, err = sheet.Open(file); errors.As(err, &wrong) {
		l.reader = nil
		l.problems = append(l.problems, fromSheet(wrong, header{}))
		return l, nil
	} else if err != nil {
		return nil, err
	}
	l.header, l.problems = l.lexicon.headerOf(l.reader.Header, many)
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
func (l *List) Next() (ListRow, error) {
	if l.ended {
		return ListRow{}, io.EOF
	}
	row, err := l.reader.Next()
	var wrong *sheet.Problem
	switch {
	case errors.As(err, &wrong) && wrong.Line == 0:
		l.ended, l.problems = true, append(l.problems, fromSheet(wrong, l.header))
		return ListRow{}, io.EOF
	case errors.As(err, &wrong):
		l.ended = wrong.Reason != "SHEET_TOO_WIDE" // what follows cannot be read
		return ListRow{ImportDelegationResponse_Row: &placardv1.ImportDelegationResponse_Row{
			Line: int32(wrong.Line), Problems: []*Problem{fromSheet(wrong, l.header)},
		}}, nil
	case errors.Is(err, io.EOF):
		l.ended = true
		return ListRow{}, io.EOF
	case err != nil:
		return ListRow{}, fmt.Errorf("read row: %w", err)
	}
	out := ListRow{ImportDelegationResponse_Row: l.lexicon.personOf(l.header, row)}
	if i := slices.Index(l.header.fields, EntityColumn); i >= 0 {
		out.Entity = row.Cells[i]
	}
	return out, nil
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
		rows = append(rows, row.ImportDelegationResponse_Row)
	}
	return rows, nil
}

// ImportRows submits the rows of a list as a composition; `req` says whose, and
// all else. Where anything is wrong with them, the answer has all of it, and
// nothing is written.
func (s *Service) ImportRows(
	ctx context.Context, list *List, rows []*placardv1.ImportDelegationResponse_Row, req *placardv1.SubmitDelegationRequest,
) (*placardv1.ImportDelegationResponse, error) {
	out, _, err := s.importRows(ctx, list, rows, req)
	return out, err
}

// importRows is ImportRows. Where the rows are refused by a quota, the deadline
// or the number of withdrawals, it answers that too.
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
		out.Problems = append(out.Problems, &Problem{Reason: "SHEET_EMPTY", Message: "there is no person below the header"})
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
