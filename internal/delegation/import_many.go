package delegation

import (
	"errors"
	"fmt"
	"io"
	"slices"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// Part is where the persons of one delegation stand in a file of many.
type Part struct {
	// Entity is the code.
	Entity string
	// Line is that of the first person.
	Line int32
	// Persons is how many there are.
	Persons int
}

// LineProblem is a problem of a file and its line, 0 for the file as a whole.
type LineProblem struct {
	Line int32
	*Problem
}

// Survey reads a file of many delegations and answers where each stands, or
// everything that keeps them from being told apart: then nothing of it is to be
// imported. The persons of a delegation stand together, in protocol order, so
// that a long file need not be held; `entityOf` answers the code of what the
// column of entities says.
func Survey(file io.ReadSeeker, entityOf func(cell string) (code string, err error)) (parts []Part, problems []LineProblem, err error) {
	list, err := OpenList(file, true)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	known := map[string]string{} // the codes of what the column says
	seen := map[string]int32{}   // the last line of each delegation
	wrong := func(line int32, message string) {
		problems = append(problems, LineProblem{line, &Problem{Column: list.header.heading(EntityColumn), Field: EntityColumn, Message: message}})
	}
	for {
		row, err := list.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if row.GetParticipant() == nil { // it could not be read
			for _, p := range row.GetProblems() {
				problems = append(problems, LineProblem{row.GetLine(), p})
			}
			continue
		}
		code, found := known[row.Entity]
		if !found {
			var unknown error
			if code, unknown = entityOf(row.Entity); unknown != nil {
				wrong(row.GetLine(), unknown.Error())
			}
			known[row.Entity] = code
		}
		last := len(parts) - 1
		switch before, again := seen[code]; {
		case code == "":
			if found {
				continue // told at its first line
			}
		case last >= 0 && parts[last].Entity == code:
			if parts[last].Persons++; parts[last].Persons == MaxParticipants+1 {
				wrong(row.GetLine(), fmt.Sprintf("%s has more than %d persons", code, MaxParticipants))
			}
		case again:
			wrong(row.GetLine(), fmt.Sprintf("%s stands up to line %d already: put all persons of a delegation together", code, before))
			parts = append(parts, Part{Entity: code, Line: row.GetLine(), Persons: 1})
		default:
			parts = append(parts, Part{Entity: code, Line: row.GetLine(), Persons: 1})
		}
		seen[code] = row.GetLine()
	}
	for _, p := range list.Problems() {
		problems = append(problems, LineProblem{0, p})
	}
	if len(parts) == 0 && len(problems) == 0 {
		problems = append(problems, LineProblem{0, &Problem{Message: "there is no person below the header"}})
	}
	return parts, problems, nil
}

// EachPart reads a file that Survey has found in order once more, and visits its
// delegations one by one.
func EachPart(file io.ReadSeeker, parts []Part, visit func(Part, *List, []*placardv1.ImportDelegationResponse_Row) error) (err error) {
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
			rows = append(rows, row.ImportDelegationResponse_Row)
		}
		if err := visit(part, list, slices.Clip(rows)); err != nil {
			return err
		}
	}
	return nil
}
