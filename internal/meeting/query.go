package meeting

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/page"
)

// filters are the fields of a filter over meetings.
func filters() filter.Fields {
	return filter.Fields{
		"state":      {Column: meeting.FieldState, Enum: placardv1.Meeting_State(0).Descriptor()},
		"start_date": {Column: meeting.FieldStartDate},
		"end_date":   {Column: meeting.FieldEndDate},
	}
}

var byStart = page.Keyset[*db.Meeting]{
	Columns: []string{meeting.FieldStartDate, meeting.FieldID},
	Key:     func(m *db.Meeting) []any { return []any{m.StartDate, m.ID} },
}

var orders = page.Orders[*db.Meeting]{Unset: byStart, Named: map[string]page.Keyset[*db.Meeting]{
	"start_date": byStart,
	"name": {
		Columns: []string{meeting.FieldID},
		Key:     func(m *db.Meeting) []any { return []any{m.ID} },
	},
}}

// ListMeetings implements the contract: the earliest first, unless another
// order is asked for.
func (s *Service) ListMeetings(
	ctx context.Context, req *placardv1.ListMeetingsRequest,
) (*placardv1.ListMeetingsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Meeting)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListMeetings", req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Meeting, error) {
			return s.store.Client().Meeting.Query().Where(where, after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListMeetingsResponse{NextPageToken: next}
	for _, row := range rows {
		m, err := shown(access.From(ctx), row)
		if err != nil {
			return nil, err
		}
		out.Meetings = append(out.Meetings, m)
	}
	return out, nil
}
