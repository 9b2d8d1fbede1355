package meeting

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/meeting"
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

// position is where a page of the list ends.
type position struct{ StartDate, ID string }

// ListMeetings implements the contract: the earliest first.
func (s *Service) ListMeetings(
	ctx context.Context, req *placardv1.ListMeetingsRequest,
) (*placardv1.ListMeetingsResponse, error) {
	binding := []string{"ListMeetings", req.GetFilter()}
	var last position
	more, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	where, err := filter.Predicate(ctx, (*placardv1.Meeting)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	q := s.store.Client().Meeting.Query().
		Order(db.Asc(meeting.FieldStartDate, meeting.FieldID)).Limit(size + 1)
	if where != nil {
		q.Where(where)
	}
	if more {
		q.Where(func(sel *sql.Selector) {
			key := []string{sel.C(meeting.FieldStartDate), sel.C(meeting.FieldID)}
			sel.Where(sql.CompositeGT(key, last.StartDate, last.ID))
		})
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list meetings: %w", err)
	}
	out := &placardv1.ListMeetingsResponse{}
	if len(rows) > size {
		rows = rows[:size]
		end := rows[size-1]
		if out.NextPageToken, err = s.pages.Encode(ctx, position{end.StartDate, end.ID}, binding...); err != nil {
			return nil, err
		}
	}
	for _, row := range rows {
		m, err := meetingFromRow(row)
		if err != nil {
			return nil, err
		}
		out.Meetings = append(out.Meetings, m)
	}
	return out, nil
}
