package delegation

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

// maxSurveyed is after how many problems a survey ends: the file is refused
// anyhow.
const maxSurveyed = 1000

// LineProblem is a problem of a file and its line, 0 for the file as a whole.
type LineProblem = placardv1.ImportDelegationsResponse_LineProblem

// Part is where the persons of one delegation stand in a file of many.
type Part struct {
	// Entity is the code.
	Entity string
	// Line is that of the first person.
	Line int32
	// Persons is how many there are.
	Persons int
}

// Survey is what a file of many delegations holds.
type Survey struct {
	// Parts are the delegations, in the order of the file.
	Parts []Part
	// Persons is how many there are in all.
	Persons int
	// Problems are what keeps the delegations from being told apart, or the file
	// from being read. With any of them nothing of it is to be imported.
	Problems []*LineProblem
	// Answer is that of an import, before anything was done: what was found out of
	// the file.
	Answer *placardv1.ImportDelegationsResponse

	sha256 []byte
}

// Fault answers the problems as violations of the request: `rows[7].entity`, by
// the number of the line, and `rows` of the file as a whole. It is nil where
// there are none.
func (s *Survey) Fault() error {
	var all []fault.Violation
	for _, p := range s.Problems {
		all = append(all, violationAt(p.GetLine(), p.GetProblem()))
	}
	return fault.Invalid(all...)
}

// surveyor goes through a file of many delegations.
type surveyor struct {
	*Survey
	list *List
	// entityOf answers the code of what the column of entities says.
	entityOf func(cell string) (code string, err error)
	// codes are those of what was found in the column so far, "" for what is none.
	codes map[string]string
	// last is the last line of each delegation.
	last map[string]int32
}

// survey reads a file of many delegations once, without looking at its persons.
// The persons of a delegation stand together, in protocol order, so that a long
// file need not be held.
func survey(ctx context.Context, file io.ReadSeeker, entityOf func(cell string) (code string, err error)) (_ *Survey, err error) {
	hash, err := hashOf(file)
	if err != nil {
		return nil, err
	}
	list, err := OpenList(file, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	s := surveyor{
		Survey: &Survey{sha256: hash, Answer: list.response()},
		list:   list, entityOf: entityOf, codes: map[string]string{}, last: map[string]int32{},
	}
	for len(s.Problems) < maxSurveyed {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, cells, wrong, err := list.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if wrong != nil {
			s.Problems = append(s.Problems, &LineProblem{Line: line, Problem: wrong})
			continue
		}
		s.see(line, cells[list.entity])
	}
	for _, p := range list.Problems() {
		s.Problems = append(s.Problems, &LineProblem{Problem: p})
	}
	if len(s.Parts) == 0 && len(s.Problems) == 0 {
		s.Problems = append(s.Problems, &LineProblem{Problem: nobody()})
	}
	return s.Survey, nil
}

// see notes whose the person in a line is.
func (s *surveyor) see(line int32, cell string) {
	code, known := s.codes[cell]
	if !known {
		var unknown error
		if code, unknown = s.entityOf(cell); unknown != nil {
			s.wrong(line, &Problem{Reason: "IMPORT_ENTITY", Message: unknown.Error()})
		}
		s.codes[cell] = code
	}
	if code == "" {
		return // told at its first line
	}
	s.Persons++
	before, again := s.last[code]
	s.last[code] = line
	if n := len(s.Parts); n > 0 && s.Parts[n-1].Entity == code {
		if s.Parts[n-1].Persons++; s.Parts[n-1].Persons == MaxParticipants+1 {
			s.wrong(line, &Problem{Reason: "IMPORT_TOO_LARGE", Message: fmt.Sprintf("%s has more than %d persons", code, MaxParticipants)})
		}
		return
	}
	if again {
		s.wrong(line, &Problem{Reason: "IMPORT_NOT_TOGETHER",
			Message: fmt.Sprintf("%s stands up to line %d already: put all persons of a delegation together", code, before)})
	}
	s.Parts = append(s.Parts, Part{Entity: code, Line: line, Persons: 1})
}

// wrong notes a problem in the column of entities.
func (s *surveyor) wrong(line int32, p *Problem) {
	p.Column, p.Field = s.list.header.heading(EntityColumn), EntityColumn
	s.Problems = append(s.Problems, &LineProblem{Line: line, Problem: p})
}

// eachPart reads a file that was surveyed once more, and visits its delegations
// one by one.
func eachPart(file io.ReadSeeker, parts []Part, visit func(Part, *List, []*placardv1.ImportDelegationResponse_Row) error) (err error) {
	list, err := OpenList(file, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	for _, part := range parts {
		rows := make([]*placardv1.ImportDelegationResponse_Row, 0, part.Persons)
		for range part.Persons {
			row, err := list.Next()
			if err != nil {
				return fmt.Errorf("the file was changed meanwhile: %w", err)
			}
			rows = append(rows, row)
		}
		if err := visit(part, list, slices.Clip(rows)); err != nil {
			return err
		}
	}
	return nil
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
	return h.Sum(nil), nil
}
