package change

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
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

// filters are the fields of a filter over changes.
func filters() filter.Fields {
	return filter.Fields{
		"verb":          {Column: change.FieldVerb},
		"resource_type": {Column: change.FieldResourceType},
	}
}

// window is how many changes a call with a filter looks at, so that it takes no
// longer where few of them are wanted.
const window = 10_000

// question is what a follower asks for.
type question struct {
	// from is where it goes on, nil for the beginning.
	from *position
	// meeting is the id of the one whose changes are wanted, "" for all.
	meeting string
	// where is the condition of a filter, nil for none.
	where func(*sql.Selector)
	// size is how many changes are answered at the most.
	size int
}

// read answers the changes that follow a position, within the window. The
// counter is read in the same snapshot as the rows. So whoever has caught up
// goes on from the counter, past all the changes that it may not see, instead
// of searching those again with every call.
func (s *Service) read(ctx context.Context, ask question) (part, error) {
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
		start, err := resume(ask.from, end)
		if err != nil {
			return err
		}
		if ask.meeting != "" {
			if err := store.SeesMeeting(ctx, client, name.Meeting(ask.meeting)); err != nil {
				return err
			}
		}
		until := end
		if ask.where != nil {
			until.Sequence = min(end.Sequence, start.Sequence+window)
		}
		q := client.Change.Query().Where(change.IDGT(start.Sequence), change.IDLTE(until.Sequence))
		if ask.meeting != "" {
			q.Where(change.MeetingID(ask.meeting))
		}
		if ask.where != nil {
			q.Where(ask.where)
		}
		rows, err := q.Order(change.ByID()).Limit(ask.size + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		if len(rows) <= ask.size {
			out = part{rows: rows, next: until, caughtUp: until == end}
			return nil
		}
		rows = rows[:ask.size]
		out = part{rows: rows, next: position{Sequence: rows[ask.size-1].ID, Epoch: end.Epoch}}
		return nil
	})
	return out, err
}
