package job

import (
	"context"
	"log/slog"
)

// calm leaves out what River tells of its own work, and what it tells as an
// error and is none: that a statement ended because the queue was being stopped.
type calm struct{ slog.Handler }

func (h calm) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h calm) Handle(ctx context.Context, r slog.Record) error {
	stopped := false
	r.Attrs(func(a slog.Attr) bool {
		stopped = stopped || a.Value.String() == context.Canceled.Error()
		return !stopped
	})
	if stopped {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h calm) WithAttrs(attrs []slog.Attr) slog.Handler { return calm{h.Handler.WithAttrs(attrs)} }

func (h calm) WithGroup(name string) slog.Handler { return calm{h.Handler.WithGroup(name)} }
