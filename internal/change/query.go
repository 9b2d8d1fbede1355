package change

import (
	"context"
	"fmt"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	entmeeting "github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// position is a place in the change log: a follower has read everything up to
// the sequence number, in that life of the database.
type position struct {
	Sequence int64  `json:"s"`
	Epoch    string `json:"e"`
}

// part is a page of the change log.
type part struct {
	rows     []*db.Change
	next     position
	caughtUp bool
}

// read answers the changes that follow a position, nil for the beginning. The
// counter is read in the same snapshot as the rows. So whoever has caught up
// goes on from the counter, past all the changes that it may not see, instead
// of searching those again with every call.
func (s *Service) read(ctx context.Context, from *position, meeting string, size int) (part, error) {
	var out part
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		instance, err := client.Instance.Query().Only(ctx)
		if err != nil {
			return fmt.Errorf("read epoch: %w", err)
		}
		counter, err := client.ChangeCounter.Query().Only(ctx)
		if err != nil {
			return fmt.Errorf("read counter of changes: %w", err)
		}
		end := position{Sequence: counter.Value, Epoch: instance.Epoch}
		start, err := resume(from, end)
		if err != nil {
			return err
		}
		if meeting != "" {
			seen, err := client.Meeting.Query().Where(entmeeting.ID(meeting)).Exist(ctx)
			if err != nil {
				return fmt.Errorf("read meeting: %w", err)
			}
			if !seen {
				return fault.NotFound(name.Meeting(meeting))
			}
		}
		q := client.Change.Query().Where(change.IDGT(start.Sequence), change.IDLTE(end.Sequence))
		if meeting != "" {
			q.Where(change.MeetingID(meeting))
		}
		rows, err := q.Order(change.ByID()).Limit(size + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		if len(rows) <= size {
			out = part{rows: rows, next: end, caughtUp: true}
			return nil
		}
		rows = rows[:size]
		out = part{rows: rows, next: position{Sequence: rows[size-1].ID, Epoch: end.Epoch}}
		return nil
	})
	return out, err
}
