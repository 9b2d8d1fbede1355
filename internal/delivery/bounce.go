package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/store"
)

// ReportBounce implements the contract.
func (s *Service) ReportBounce(ctx context.Context, req *placardv1.ReportBounceRequest) (*placardv1.ReportBounceResponse, error) {
	report, err := s.room.ReadReport(req.GetReport().GetData())
	if err != nil {
		return nil, fault.Invalid(fault.Violation{Field: "report", Reason: "REPORT_UNREADABLE", Message: err.Error()})
	}
	return store.Write(ctx, s.store,
		func(ctx context.Context, tx *store.Tx) (*placardv1.ReportBounceResponse, error) {
			if err := s.bounce(ctx, tx, report); err != nil {
				return nil, err
			}
			return s.bounced(ctx, tx.Client, report)
		},
		func(ctx context.Context, _ store.Done) (*placardv1.ReportBounceResponse, error) {
			return s.bounced(ctx, s.store.Client(), report)
		})
}

// bounce marks the deliveries that a report is about.
func (s *Service) bounce(ctx context.Context, tx *store.Tx, report mail.Report) error {
	if !report.Failed || len(report.Deliveries) == 0 {
		return nil
	}
	// Also one that is still to be sent: the server may have vanished before it wrote
	// that the message was taken.
	q := tx.Client.Delivery.Query().Where(delivery.IDIn(report.Deliveries...)).Order(delivery.ByID())
	q.Modify(tx.ForUpdate)
	rows, err := q.All(ctx)
	if err != nil {
		return fmt.Errorf("read what a report is about: %w", err)
	}
	for _, row := range rows {
		_, err := s.settleIn(ctx, tx, row, outcome{state: stateBounced, reason: report.Reason}, stateSent, stateQueued, stateDeferred)
		if err != nil {
			return fmt.Errorf("mark %s: %w", nameOf(row), err)
		}
	}
	return nil
}

// bounced answers the deliveries that a report says did not arrive.
func (s *Service) bounced(ctx context.Context, client *db.Client, report mail.Report) (*placardv1.ReportBounceResponse, error) {
	out := &placardv1.ReportBounceResponse{}
	if !report.Failed || len(report.Deliveries) == 0 {
		return out, nil
	}
	rows, err := client.Delivery.Query().Where(delivery.IDIn(report.Deliveries...), delivery.State(stateBounced)).Order(delivery.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what a report is about: %w", err)
	}
	for _, row := range rows {
		out.Deliveries = append(out.Deliveries, s.deliveryFromRow(row))
	}
	return out, nil
}

const (
	// bouncesInterval is the time between two looks into the folder of reports.
	bouncesInterval = time.Minute
	// maxFiles is how many reports one look reads.
	maxFiles = 500
	// unread is the folder beside the reports of what is none.
	unread = "unread"
)

// readBounces reads the reports that arrived in the folder, and removes them. It is a
// Maildir, or the folder of the files themselves. What is no report, and what is too
// large for one, goes into the folder `unread`, for people.
func (s *Service) readBounces(ctx context.Context, _ job.ReadBounces) error {
	folder := filepath.Join(s.bounces, "new")
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		folder = s.bounces
	}
	dir, err := os.Open(folder) //nolint:gosec // the folder is the operator's own
	if err != nil {
		return fmt.Errorf("read the folder of reports: %w", err)
	}
	entries, err := dir.ReadDir(maxFiles)
	if err = errors.Join(ignoreEOF(err), dir.Close()); err != nil {
		return fmt.Errorf("read the folder of reports: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := s.readBounce(ctx, filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// readBounce reads one file of the folder, and takes it out of there.
func (s *Service) readBounce(ctx context.Context, path string) error {
	f, err := os.Open(path) //nolint:gosec // a file in the operator's own folder
	if errors.Is(err, os.ErrNotExist) {
		return nil // another server was faster
	}
	if err != nil {
		return fmt.Errorf("read a report: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(f, mail.MaxReport+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read a report: %w", err)
	}
	report, err := s.room.ReadReport(content)
	if err != nil {
		s.log.WarnContext(ctx, "no report about a message", "file", filepath.Base(path))
		aside := filepath.Join(s.bounces, unread)
		if err := os.MkdirAll(aside, 0o700); err != nil {
			return fmt.Errorf("put a file aside: %w", err)
		}
		return os.Rename(path, filepath.Join(aside, filepath.Base(path)))
	}
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.bounce(ctx, tx, report) }); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a report: %w", err)
	}
	return nil
}
