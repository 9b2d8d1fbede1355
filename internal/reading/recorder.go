package reading

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Recorder writes readings.
type Recorder struct{ store *store.Store }

// NewRecorder makes a recorder.
func NewRecorder(s *store.Store) *Recorder { return &Recorder{s} }

// Record writes that the caller of the context reads something, in a transaction
// of its own. It is no change, so the change log is not told.
func (r *Recorder) Record(ctx context.Context, read access.Reading) error {
	who := access.From(ctx)
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a reading: %w", err)
	}
	// Whose row it is, the caller has no say in: one bound to meetings may read over
	// several, and does not see the row.
	ctx = access.AsSystem(store.WithoutRequest(ctx))
	err = r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Reading.Create().SetID(id.String()).SetMeetingID(read.Meeting).SetEntityID(read.Entity).
			SetKind(read.Kind.String()).SetResource(read.Resource).SetMethod(read.Method).
			SetPrincipal(who.Name()).SetRole(who.Role.String()).SetKey(who.Key).SetCreateTime(tx.Now).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("record that %s was read by %s: %w", name.Meeting(read.Meeting), read.Method, err)
	}
	return nil
}
