package meetingdocument

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/document"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over documents.
func filters() filter.Fields { return filter.Fields{"symbol": {Column: document.FieldSymbol}} }

var bySymbol = page.Keyset[*db.Document]{
	Columns: []string{document.FieldSymbolKey},
	Key:     func(d *db.Document) []any { return []any{d.SymbolKey} },
}

var orders = page.Orders[*db.Document]{Unset: bySymbol, Named: map[string]page.Keyset[*db.Document]{
	"symbol": bySymbol,
	"update_time": {
		Columns: []string{document.FieldUpdateTime, document.FieldDocumentID},
		Key:     func(d *db.Document) []any { return []any{d.UpdateTime, d.DocumentID} },
	},
}}

// ListDocuments implements the contract: ordered by symbol, unless another order is
// asked for.
func (s *Service) ListDocuments(
	ctx context.Context, req *placardv1.ListDocumentsRequest,
) (*placardv1.ListDocumentsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Document)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	q := s.store.Client().Document.Query().Where(document.MeetingID(name.MeetingOf(req.GetParent())), where).WithVersions()
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListDocuments", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Document, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListDocumentsResponse{NextPageToken: next}
	for _, row := range rows {
		d, err := documentFromRow(row)
		if err != nil {
			return nil, err
		}
		out.Documents = append(out.Documents, d)
	}
	return out, nil
}
