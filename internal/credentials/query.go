package credentials

import (
	"context"
	"fmt"
	"slices"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/credentials"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over credentials.
func filters() filter.Fields {
	return filter.Fields{
		"entity": {Column: credentials.FieldEntityID, Resource: "entities"},
		"state":  {Column: credentials.FieldState, Enum: placardv1.Credentials_State(0).Descriptor()},
		"form":   {Column: credentials.FieldForm, Enum: placardv1.Credentials_Form(0).Descriptor()},
		"late":   {Column: credentials.FieldLate, Bool: true},
		"signatory_capacity": {
			Column: credentials.FieldSignatoryCapacity, Enum: placardv1.SignatoryCapacity(0).Descriptor(),
		},
	}
}

var byName = page.Keyset[*db.Credentials]{
	Columns: []string{credentials.FieldMeetingID, credentials.FieldEntityID},
	Key:     func(c *db.Credentials) []any { return []any{c.MeetingID, c.EntityID} },
}

var orders = page.Orders[*db.Credentials]{Unset: byName, Named: map[string]page.Keyset[*db.Credentials]{
	"name": byName,
	"update_time": {
		Columns: []string{credentials.FieldUpdateTime, credentials.FieldMeetingID, credentials.FieldEntityID},
		Key:     func(c *db.Credentials) []any { return []any{c.UpdateTime, c.MeetingID, c.EntityID} },
	},
}}

// ListCredentials implements the contract: ordered by meeting and entity, unless
// another order is asked for.
func (s *Service) ListCredentials(
	ctx context.Context, req *placardv1.ListCredentialsRequest,
) (*placardv1.ListCredentialsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Credentials)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Credentials.Query().Where(where)
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		q.Where(credentials.MeetingID(id))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListCredentials", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Credentials, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	asked, err := s.termsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListCredentialsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Credentials = append(out.Credentials, credentialsFromRow(row, asked[row.MeetingID]))
	}
	return out, nil
}

// termsOf reads what the meetings of some credentials ask for, by their ids.
func (s *Service) termsOf(ctx context.Context, rows []*db.Credentials) (map[string]terms, error) {
	out := map[string]terms{}
	var ids []string
	for _, row := range rows {
		if !slices.Contains(ids, row.MeetingID) {
			ids = append(ids, row.MeetingID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	meetings, err := s.store.Client().Meeting.Query().Where(meeting.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the meetings of credentials: %w", err)
	}
	for _, row := range meetings {
		if out[row.ID], _, err = meetingFromRow(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}
