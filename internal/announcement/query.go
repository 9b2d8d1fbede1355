package announcement

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/announcement"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over announcements.
func filters() filter.Fields {
	return filter.Fields{"state": {Column: announcement.FieldState, Enum: placardv1.Announcement_State(0).Descriptor()}}
}

var byName = page.Keyset[*db.Announcement]{
	Columns: []string{announcement.FieldMeetingID, announcement.FieldAnnouncementID},
	Key:     func(a *db.Announcement) []any { return []any{a.MeetingID, a.AnnouncementID} },
}

var orders = page.Orders[*db.Announcement]{Unset: byName, Named: map[string]page.Keyset[*db.Announcement]{
	"name": byName,
	"create_time": {
		Columns: []string{announcement.FieldCreateTime, announcement.FieldID},
		Key:     func(a *db.Announcement) []any { return []any{a.CreateTime, a.ID} },
	},
}}

// ListAnnouncements implements the contract: ordered by name, unless another order is
// asked for.
func (s *Service) ListAnnouncements(
	ctx context.Context, req *placardv1.ListAnnouncementsRequest,
) (*placardv1.ListAnnouncementsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Announcement)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	if err := store.SeesMeeting(ctx, s.cfg.Store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	q := s.cfg.Store.Client().Announcement.Query().Where(where)
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		q.Where(announcement.MeetingID(id))
	}
	rows, next, err := page.Fetch(ctx, s.cfg.Pages, req, keys, []string{"ListAnnouncements", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Announcement, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	progress, err := progressOf(ctx, s.cfg.Store.Client(), rows...)
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListAnnouncementsResponse{NextPageToken: next}
	for _, row := range rows {
		a, err := announcementFromRow(row)
		if err != nil {
			return nil, err
		}
		a.Progress = progress[a.GetName()]
		out.Announcements = append(out.Announcements, a)
	}
	return out, nil
}

// progressOf counts the deliveries of announcements, by the names of these. What was
// never sent has none, and is not in the answer.
func progressOf(ctx context.Context, client *db.Client, rows ...*db.Announcement) (map[string]*placardv1.Announcement_Progress, error) {
	var meetings, sources []string
	for _, row := range rows {
		if row.SendTime != nil {
			meetings, sources = append(meetings, row.MeetingID), append(sources, row.AnnouncementID)
		}
	}
	if len(sources) == 0 {
		return nil, nil
	}
	var counts []struct {
		MeetingID string `json:"meeting_id"`
		Source    string `json:"source"`
		State     string `json:"state"`
		Count     int32  `json:"count"`
	}
	// Announcements have ids that begin with a letter, so no other kind of message has
	// such a source.
	err := client.Delivery.Query().Where(delivery.MeetingIDIn(meetings...), delivery.SourceIn(sources...)).
		GroupBy(delivery.FieldMeetingID, delivery.FieldSource, delivery.FieldState).Aggregate(db.Count()).Scan(ctx, &counts)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	out := make(map[string]*placardv1.Announcement_Progress, len(sources))
	for i := range sources {
		out[name.Announcement(meetings[i], sources[i])] = &placardv1.Announcement_Progress{}
	}
	for _, c := range counts {
		p := out[name.Announcement(c.MeetingID, c.Source)]
		if p == nil {
			continue // of another announcement of that id, at a meeting that is among these for the sake of another
		}
		p.Total += c.Count
		switch placardv1.Delivery_State(placardv1.Delivery_State_value[c.State]) {
		case placardv1.Delivery_QUEUED:
			p.Queued = c.Count
		case placardv1.Delivery_SENT:
			p.Sent = c.Count
		case placardv1.Delivery_DEFERRED:
			p.Deferred = c.Count
		case placardv1.Delivery_BOUNCED:
			p.Bounced = c.Count
		case placardv1.Delivery_SUPPRESSED:
			p.Suppressed = c.Count
		case placardv1.Delivery_STATE_UNSPECIFIED:
		}
	}
	return out, nil
}
