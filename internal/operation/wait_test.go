package operation

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

func TestWaitFor(t *testing.T) {
	for name, x := range map[string]struct {
		timeout  *durationpb.Duration
		deadline time.Duration
		want     time.Duration
	}{
		"unset":                     {nil, 0, 20 * time.Second},
		"as asked for":              {durationpb.New(5 * time.Second), time.Minute, 5 * time.Second},
		"not at all":                {durationpb.New(0), time.Minute, 0},
		"until before the deadline": {durationpb.New(5 * time.Minute), 30 * time.Second, 29500 * time.Millisecond},
		"a short deadline":          {nil, 400 * time.Millisecond, 300 * time.Millisecond},
		"a deadline that is over":   {nil, -time.Second, 0},
	} {
		ctx := t.Context()
		if x.deadline != 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, x.deadline)
			defer cancel()
		}
		got := waitFor(ctx, &placardv1.WaitOperationRequest{Timeout: x.timeout})
		if got > x.want || got < x.want-100*time.Millisecond {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}
