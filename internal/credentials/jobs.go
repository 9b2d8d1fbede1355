package credentials

import (
	"context"
	"fmt"

	"github.com/un-placard/placard/ent/db/credentials"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// MarkLate is the job that computes anew which credentials for a meeting are
// late, after the instant by which they are due was moved. Run again, it finds
// nothing more to do.
func (s *Service) MarkLate(ctx context.Context, args job.MarkCredentialsLate) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		id := name.MeetingOf(args.Meeting)
		if err := tx.HoldMeeting(ctx, id); err != nil {
			return err
		}
		t, _, err := readMeeting(ctx, tx.Client, args.Meeting)
		if err != nil {
			return err
		}
		q := tx.Client.Credentials.Query().Where(credentials.MeetingID(id), wronglyMarked(t.lastDay()))
		q.Modify(tx.ForUpdate)
		rows, err := q.All(ctx)
		if err != nil {
			return fmt.Errorf("read credentials: %w", err)
		}
		for _, row := range rows {
			row.Late, row.Revision = !row.Late, row.Revision+1
			if err := tx.Client.Credentials.Update().Where(credentials.ID(row.ID)).
				SetLate(row.Late).SetUpdateTime(tx.Now).AddRevision(1).Exec(ctx); err != nil {
				return fmt.Errorf("mark credentials: %w", err)
			}
			tx.Record(change("update", row, []string{"dueTime", "late"}))
		}
		return nil
	})
	if f, ok := fault.As(err); ok && f.Reason == "NOT_FOUND" {
		return nil // the meeting was deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("mark late credentials of %s: %w", args.Meeting, err)
	}
	return nil
}

// wronglyMarked are credentials whose mark does not fit the last day on which
// they are in time, "" where there is none.
func wronglyMarked(lastDay string) predicate.Credentials {
	if lastDay == "" {
		return credentials.Late(true)
	}
	return credentials.Or(
		credentials.And(credentials.Late(true), credentials.ReceiptDateLTE(lastDay)),
		credentials.And(credentials.Late(false), credentials.ReceiptDateGT(lastDay)),
	)
}
