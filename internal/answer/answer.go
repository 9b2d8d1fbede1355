// Package answer says what callers are told of an error: of a call, or of work
// that ended later.
package answer

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/store"
)

// RetryAfter is the key under which a fault says after how many seconds the call
// may be repeated.
const RetryAfter = "retry_after_seconds"

// Internal is what is told of a fault of ours.
func Internal() *fault.Error {
	return fault.New(codes.Internal, "INTERNAL", "the server failed; tell its operator the request id")
}

// Fault is what is told of an error that came up while a context lived.
func Fault(ctx context.Context, err error) *fault.Error {
	if f, ok := fault.As(err); ok {
		return f
	}
	var network *net.OpError
	st, plain := status.FromError(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded),
		plain && st.Code() == codes.DeadlineExceeded:
		return fault.New(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "the call took too long")
	case errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled),
		plain && st.Code() == codes.Canceled:
		return fault.New(codes.Canceled, "CANCELED", "the caller went away")
	case errors.As(err, &network), errors.Is(err, store.ErrBusy):
		return fault.New(codes.Unavailable, "UNAVAILABLE", "a part of the server cannot be reached: try again", RetryAfter, "1")
	default:
		return Internal()
	}
}

// Status makes what is sent of a fault, in the language of the context. The id is
// that by which the operator finds the call in the log.
func Status(ctx context.Context, messages *locale.Messages, f *fault.Error, id string) *status.Status {
	lang := locale.Best(locale.FromContext(ctx))
	text := messages.Text(lang, f.Reason, f.Meta)
	if text == "" && len(f.Violations) > 0 {
		text = messages.Text(lang, "INVALID_REQUEST", nil)
	}
	var localized *errdetails.LocalizedMessage
	if text != "" {
		localized = &errdetails.LocalizedMessage{Locale: lang, Message: text}
	}
	st := f.Status(localized)
	if with, err := st.WithDetails(&errdetails.RequestInfo{RequestId: id}); err == nil {
		st = with
	}
	if seconds, err := strconv.Atoi(f.Meta[RetryAfter]); err == nil && seconds > 0 {
		retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Duration(seconds) * time.Second)}
		if with, err := st.WithDetails(retry); err == nil {
			st = with
		}
	}
	return st
}
