package reading

import (
	"context"
	"fmt"
	"time"

	"github.com/un-placard/placard/ent/db/reading"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
)

const (
	// years is how long a reading is kept.
	years = 1
	// forgetInterval is the time between two deletions of old readings.
	forgetInterval = time.Hour
	// batch is how many readings one transaction deletes: on SQLite nobody writes
	// meanwhile.
	batch = 1000
)

// Forget deletes readings that are older than a year.
func Forget(s *store.Store) job.Worker {
	return job.Every(forgetInterval, func(ctx context.Context, _ job.ForgetReadings) error {
		for n := batch; n == batch; {
			err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				ids, err := tx.Client.Reading.Query().Where(reading.CreateTimeLT(tx.Now.AddDate(-years, 0, 0))).
					Order(reading.ByCreateTime(), reading.ByID()).Limit(batch).IDs(ctx)
				if n = len(ids); err != nil || n == 0 {
					return err
				}
				_, err = tx.Client.Reading.Delete().Where(reading.IDIn(ids...)).Exec(ctx)
				return err
			})
			if err != nil {
				return fmt.Errorf("forget readings: %w", err)
			}
		}
		return nil
	})
}
