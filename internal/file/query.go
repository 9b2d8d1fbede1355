package file

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/file"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
)

// filters are the fields of a filter over files.
func filters() filter.Fields {
	return filter.Fields{
		"entity":  {Column: file.FieldEntityID, Resource: "entities"},
		"purpose": {Column: file.FieldPurpose, Enum: placardv1.File_Purpose(0).Descriptor()},
	}
}

var byName = page.Keyset[*db.File]{
	Columns: []string{file.FieldMeetingID, file.FieldEntityID, file.FieldID},
	Key:     func(f *db.File) []any { return []any{f.MeetingID, f.EntityID, f.ID} },
}

var orders = page.Orders[*db.File]{Unset: byName, Named: map[string]page.Keyset[*db.File]{
	"name": byName,
	"create_time": {
		Columns: []string{file.FieldCreateTime, file.FieldID},
		Key:     func(f *db.File) []any { return []any{f.CreateTime, f.ID} },
	},
}}

// ListFiles implements the contract: ordered by name, unless another order is asked
// for. A meeting that is named
// and not the caller's to see is NOT_FOUND.
func (s *Service) ListFiles(ctx context.Context, req *placardv1.ListFilesRequest) (*placardv1.ListFilesResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.File)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().File.Query().Where(where)
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		if _, err := stateOf(ctx, s.store.Client(), req.GetParent()); err != nil {
			return nil, err
		}
		q.Where(file.MeetingID(id))
	}
	if code := name.EntityOf(req.GetParent()); code != name.Wildcard {
		q.Where(file.EntityID(code))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListFiles", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.File, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListFilesResponse{NextPageToken: next}
	for _, row := range rows {
		out.Files = append(out.Files, fileFromRow(row))
	}
	return out, nil
}
