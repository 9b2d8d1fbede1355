package store

import (
	"context"
	"fmt"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// SeesMeeting answers NOT_FOUND where the meeting that a resource lies in is not
// the caller's to see, so that a list of it is not taken for an empty one. The
// wildcard is for all to see.
func SeesMeeting(ctx context.Context, client *db.Client, resource string) error {
	id := name.MeetingOf(resource)
	if id == name.Wildcard {
		return nil
	}
	seen, err := client.Meeting.Query().Where(meeting.ID(id)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for %s: %w", name.Meeting(id), err)
	}
	if !seen {
		return fault.NotFound(resource)
	}
	return nil
}
