package operation

import (
	"context"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

const (
	// firstLook and lastLook are the times between two looks at an operation that
	// is waited for: they grow from the first to the last.
	firstLook, lastLook = 200 * time.Millisecond, time.Second
	// defaultWait is how long is waited where nothing else is asked for.
	defaultWait = 20 * time.Second
	// toAnswer is how long before the deadline of a call it is answered.
	toAnswer = 500 * time.Millisecond
)

// WaitOperation implements the contract.
func (s *Service) WaitOperation(ctx context.Context, req *placardv1.WaitOperationRequest) (*longrunningpb.Operation, error) {
	if err := s.await(ctx, req); err != nil {
		return nil, err
	}
	return s.runner.Get(ctx, req.GetName())
}

// await looks again and again whether an operation has ended, whichever server
// does the work, until it has or the wait is over.
func (s *Service) await(ctx context.Context, req *placardv1.WaitOperationRequest) error {
	end := time.NewTimer(waitFor(ctx, req))
	defer end.Stop()
	for next := firstLook; ; next = min(next*3/2, lastLook) {
		if done, err := s.runner.Done(ctx, req.GetName()); err != nil || done {
			return err
		}
		select {
		case <-time.After(next):
		case <-end.C:
			return nil
		case <-s.runner.Stopping():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// waitFor is for how long a call waits at the most: it is answered before its
// deadline.
func waitFor(ctx context.Context, req *placardv1.WaitOperationRequest) time.Duration {
	wait := defaultWait
	if req.GetTimeout() != nil {
		wait = req.GetTimeout().AsDuration()
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return wait
	}
	left := time.Until(deadline)
	return max(0, min(wait, left-min(toAnswer, left/4)))
}
