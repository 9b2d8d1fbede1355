package correspondence

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/lettertemplate"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// builtInColumn is what a filter asks about: a template that is built in has no row.
const builtInColumn = "built_in"

// filters are the fields of a filter over templates.
func filters() filter.Fields {
	return filter.Fields{builtInColumn: {Column: builtInColumn, Bool: true}}
}

// byName has no columns: the kinds are few and always the same.
var byName = page.Keyset[string]{Columns: []string{"name"}}

var orders = page.Orders[string]{Unset: byName, Named: map[string]page.Keyset[string]{"name": byName}}

// ListLetterTemplates implements the contract: ordered by name.
func (s *Service) ListLetterTemplates(
	ctx context.Context, req *placardv1.ListLetterTemplatesRequest,
) (*placardv1.ListLetterTemplatesResponse, error) {
	f, err := filter.Read(ctx, (*placardv1.LetterTemplate)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	binding := []string{"ListLetterTemplates", req.GetParent(), req.GetFilter(), fmt.Sprint(keys.Descending)}
	var last string
	resumed, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	asked, err := s.asked(ctx, req.GetFilter(), f)
	if err != nil {
		return nil, err
	}
	all, err := s.templates(ctx, name.MeetingOf(req.GetParent()))
	if err != nil {
		return nil, err
	}
	if keys.Descending {
		slices.Reverse(all)
	}
	out, size := &placardv1.ListLetterTemplatesResponse{}, page.Size(req.GetPageSize())
	for _, t := range all {
		switch {
		case resumed && t.GetName() == last:
			resumed = false
		case resumed || !asked[t.GetBuiltIn()]:
		case len(out.GetLetterTemplates()) == size:
			out.NextPageToken, err = s.pages.Encode(ctx, out.GetLetterTemplates()[size-1].GetName(), binding...)
			return out, err
		default:
			out.LetterTemplates = append(out.LetterTemplates, t)
		}
	}
	return out, nil
}

// templates are those of all kinds.
func (s *Service) templates(ctx context.Context, meeting string) ([]*placardv1.LetterTemplate, error) {
	rows, err := s.store.Client().LetterTemplate.Query().Where(lettertemplate.MeetingID(meeting)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read templates of %s: %w", name.Meeting(meeting), err)
	}
	of := map[string]*db.LetterTemplate{}
	for _, row := range rows {
		of[row.Kind] = row
	}
	out := make([]*placardv1.LetterTemplate, len(kinds))
	for i, kind := range kinds {
		if out[i], err = templateFromRow(meeting, kind, of[kind]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// asked tells which values of built_in a filter lets through. The database reads the
// filter, as it reads all others, so that it means the same.
func (s *Service) asked(ctx context.Context, text string, f filter.Filter) (map[bool]bool, error) {
	if text == "" {
		return map[bool]bool{true: true, false: true}, nil
	}
	d := dialect.SQLite
	if s.store.Postgres() {
		d = dialect.Postgres
	}
	sel := sql.Dialect(d).Select(builtInColumn).From(sql.Table("templates"))
	f.Where(sel)
	query, args := sel.Query()
	query = "WITH templates (" + builtInColumn + ") AS (SELECT 1 = 1 UNION ALL SELECT 1 = 0) " + query
	out := map[bool]bool{}
	err := s.store.Visit(ctx, query, args, func(scan func(...any) error) error {
		var value bool
		if err := scan(&value); err != nil {
			return err
		}
		out[value] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("filter templates: %w", err)
	}
	return out, nil
}
