package photo

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
)

// marked is how many photographs are marked in one transaction.
const marked = 500

// MarkLate is the job that computes anew which photographs of a meeting are late,
// after the deadline was moved. Run again, it finds nothing more to do.
func MarkLate(s *store.Store) func(ctx context.Context, args job.MarkPhotosLate) error {
	return func(ctx context.Context, args job.MarkPhotosLate) error {
		for {
			n, err := markSome(ctx, s, args.Meeting)
			if f, ok := fault.As(err); ok && (f.Reason == "NOT_FOUND" || f.Reason == "MEETING_CONCLUDED") {
				return nil // deleted or concluded meanwhile
			}
			if err != nil {
				return fmt.Errorf("mark late photographs of %s: %w", args.Meeting, err)
			}
			if n < marked {
				return nil
			}
		}
	}
}

// markSome turns the mark of some photographs that it does not fit, and answers
// of how many.
func markSome(ctx context.Context, s *store.Store, meeting string) (n int, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		m, err := opened(ctx, tx, meeting)
		if err != nil {
			return err
		}
		deadline, err := deadlineOf(m)
		if err != nil {
			return err
		}
		q := tx.Client.Photo.Query().Where(photo.MeetingID(m.ID), wronglyMarked(deadline)).Order(db.Asc(photo.FieldID)).Limit(marked)
		q.Modify(tx.ForUpdate)
		rows, err := q.All(ctx)
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		var names []string
		for _, row := range rows {
			names = append(names, nameOf(row))
		}
		stands, err := standings(ctx, tx.Client, names...)
		if err != nil {
			return err
		}
		turned := map[bool][]string{}
		for _, row := range rows {
			next := *row
			next.Late, next.Revision = !row.Late, row.Revision+1
			turned[next.Late] = append(turned[next.Late], row.ID)
			tx.Record(change(ctx, "update", photoFromRow(row), &next, stands[nameOf(row)]))
		}
		for late, ids := range turned {
			err := tx.Client.Photo.Update().Where(photo.IDIn(ids...)).SetLate(late).SetUpdateTime(tx.Now).AddRevision(1).Exec(ctx)
			if err != nil {
				return fmt.Errorf("mark photographs: %w", err)
			}
		}
		return nil
	})
	return n, err
}

// wronglyMarked are photographs whose mark does not fit a deadline, nil for none.
func wronglyMarked(deadline *timestamppb.Timestamp) predicate.Photo {
	if deadline == nil {
		return photo.Late(true)
	}
	due := deadline.AsTime()
	return photo.Or(
		photo.And(photo.Late(true), photo.UploadTimeLT(due)),
		photo.And(photo.Late(false), photo.UploadTimeGTE(due)),
	)
}
