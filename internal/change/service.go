// Package change answers the change log, which every write appends to in its
// own transaction (see store.Tx.Record).
package change

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	// Store holds the change log.
	Store *store.Store
	// Pages makes the tokens by which a follower goes on.
	Pages *page.Codec
}

// Service implements ChangeService.
type Service struct {
	placardv1.UnimplementedChangeServiceServer
	store *store.Store
	pages *page.Codec
}

// New makes the service.
func New(cfg Config) *Service { return &Service{store: cfg.Store, pages: cfg.Pages} }

// ListChanges implements ChangeService.
func (s *Service) ListChanges(ctx context.Context, req *placardv1.ListChangesRequest) (*placardv1.ListChangesResponse, error) {
	ask := question{meeting: name.MeetingOf(req.GetMeeting()), size: page.Size(req.GetPageSize())}
	if req.GetFilter() != "" {
		var err error
		if ask.where, err = filter.Predicate(ctx, (*placardv1.Change)(nil), filters(), req.GetFilter()); err != nil {
			return nil, err
		}
	}
	binding := []string{placardv1.ChangeService_ListChanges_FullMethodName, req.GetMeeting(), req.GetFilter()}
	if _, err := s.pages.Decode(ctx, req.GetPageToken(), &ask.from, binding...); err != nil {
		return nil, err
	}
	part, err := s.read(ctx, ask)
	if err != nil {
		return nil, err
	}
	token, err := s.pages.Encode(ctx, part.next, binding...)
	if err != nil {
		return nil, fmt.Errorf("token of the changes: %w", err)
	}
	caller := access.From(ctx)
	resp := &placardv1.ListChangesResponse{NextPageToken: token, CaughtUp: part.caughtUp}
	for _, row := range part.rows {
		resp.Changes = append(resp.Changes, changeFromRow(row, caller))
	}
	return resp, nil
}
