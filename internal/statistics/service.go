// Package statistics counts who was invited to a meeting, who has answered and
// who comes, and draws it. It writes nothing.
package statistics

import (
	"context"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	// Store holds meetings, invitations and delegations.
	Store *store.Store
}

// Service implements StatisticsService.
type Service struct {
	placardv1.UnimplementedStatisticsServiceServer
	store *store.Store
}

// New makes the service.
func New(cfg Config) *Service { return &Service{store: cfg.Store} }

// GetMeetingStatistics implements StatisticsService.
func (s *Service) GetMeetingStatistics(
	ctx context.Context, req *placardv1.GetMeetingStatisticsRequest,
) (*placardv1.MeetingStatistics, error) {
	statistics, _, err := s.read(ctx, name.MeetingOf(req.GetName()))
	return statistics, err
}

// DrawMeetingStatistics implements StatisticsService.
func (s *Service) DrawMeetingStatistics(
	ctx context.Context, req *placardv1.DrawMeetingStatisticsRequest,
) (*httpbody.HttpBody, error) {
	language := req.GetLanguage()
	if language == "" {
		language = locale.Best(locale.FromContext(ctx))
	}
	meeting := name.MeetingOf(req.GetName())
	statistics, venue, err := s.read(ctx, meeting)
	if err != nil {
		return nil, err
	}
	image, err := draw(statistics, req.GetChart(), language, venue)
	if err != nil {
		return nil, err
	}
	file := meeting + "-" + kebab(req.GetChart()) + "-" + language + ".svg"
	if err := download.SetName(ctx, download.Inline, file); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: "image/svg+xml", Data: image}, nil
}

// read answers the statistics of a meeting, all of one moment, and where it is.
func (s *Service) read(ctx context.Context, id string) (*placardv1.MeetingStatistics, venue, error) {
	statistics := &placardv1.MeetingStatistics{Name: name.Statistics(id)}
	var at venue
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		m, err := readMeeting(ctx, client, id)
		if err != nil {
			return err
		}
		at = m.venue
		// After the first query: the snapshot begins with it.
		now := s.store.Now()
		statistics.ReadTime = timestamppb.New(now)
		return count(ctx, client, m, now, statistics)
	})
	if err != nil {
		return nil, venue{}, err
	}
	return statistics, at, nil
}
