package job

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/un-placard/placard/ent/db/request"
	"github.com/un-placard/placard/internal/store"
)

// forgetRequests deletes the rows of requests that no write looks at any more.
func forgetRequests(s *store.Store, log *slog.Logger) func(context.Context, ForgetRequests) error {
	return func(ctx context.Context, _ ForgetRequests) error {
		var n int
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			var err error
			n, err = tx.Client.Request.Delete().
				Where(request.CreateTimeLT(tx.Now.Add(-store.RequestLife))).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget requests: %w", err)
		}
		if n > 0 {
			log.InfoContext(ctx, "requests forgotten", "count", n)
		}
		return nil
	}
}
