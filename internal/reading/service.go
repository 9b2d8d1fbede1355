// Package reading keeps and shows who read personal data.
package reading

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/reading"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	Pages *page.Codec
}

// Service answers the ReadingService of the contract.
type Service struct {
	placardv1.UnimplementedReadingServiceServer
	store *store.Store
	pages *page.Codec
}

// New makes the service.
func New(cfg Config) *Service { return &Service{store: cfg.Store, pages: cfg.Pages} }

// GetReading implements the contract. `-` for the meeting is no wildcard here: it is
// in the names of those that went over several.
func (s *Service) GetReading(ctx context.Context, req *placardv1.GetReadingRequest) (*placardv1.Reading, error) {
	row, err := s.store.Client().Reading.Query().Where(
		reading.ID(name.Last(req.GetName())), reading.MeetingID(name.MeetingOf(req.GetName())),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", req.GetName(), err)
	}
	return readingFromRow(row), nil
}
