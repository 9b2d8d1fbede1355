// Package fault holds the errors that services answer. Each has a reason that
// never changes, by which programs tell it from others; Status turns it into
// what gRPC carries. Any other error is a defect and leaves as INTERNAL.
package fault

import (
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Domain is the domain of every reason (google.rpc.ErrorInfo).
const Domain = "placard.un.org"

// Violation is one thing wrong with one field of a request.
type Violation struct {
	// Field is the path in the request, as in the contract:
	// `participants[3].email`.
	Field string
	// Reason never changes: `DUPLICATE_EXTERNAL_ID`.
	Reason string
	// Message says in English what is wrong.
	Message string
}

// Error is an error that a caller is to see.
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Reason never changes.
	Reason string
	// Message says in English what is wrong and what to do.
	Message string
	// Meta are the values in the message, for programs and for other languages.
	Meta map[string]string
	// Violations are all that is wrong with the fields of the request.
	Violations []Violation
}

// Error implements error.
func (e *Error) Error() string { return e.Reason + ": " + e.Message }

// New makes a fault. The pairs are the keys and values of Meta.
func New(code codes.Code, reason, message string, pairs ...string) *Error {
	e := &Error{Code: code, Reason: reason, Message: message}
	if len(pairs) > 1 {
		e.Meta = make(map[string]string, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			e.Meta[pairs[i]] = pairs[i+1]
		}
	}
	return e
}

// NotFound answers that a resource is not there, or not the caller's to see.
func NotFound(resource string) *Error {
	return New(codes.NotFound, "NOT_FOUND", fmt.Sprintf("%s was not found", resource), "resource", resource)
}

// AlreadyExists answers that a name is taken.
func AlreadyExists(resource string) *Error {
	return New(codes.AlreadyExists, "ALREADY_EXISTS", fmt.Sprintf("%s exists already", resource), "resource", resource)
}

// MaxViolations is how many violations an error holds at the most: what comes
// back from a small request is not to be large, and gRPC carries errors in
// trailers, which clients bound.
const MaxViolations = 100

// Invalid answers everything that is wrong with a request, the first
// MaxViolations of it and how many there are. It answers nil for no violation.
func Invalid(violations ...Violation) error {
	if len(violations) == 0 {
		return nil
	}
	reason := "INVALID_REQUEST"
	if len(violations) == 1 && violations[0].Reason != "" {
		reason = violations[0].Reason
	}
	e := New(codes.InvalidArgument, reason, fmt.Sprintf("%s: %s", violations[0].Field, violations[0].Message))
	if n := len(violations); n > MaxViolations {
		e.Meta = map[string]string{"violations": strconv.Itoa(n)}
		e.Message += fmt.Sprintf(" (and %d more; the first %d are listed)", n-1, MaxViolations)
		violations = violations[:MaxViolations]
	}
	e.Violations = violations
	return e
}

// Precondition answers that the state of a resource does not allow a write.
func Precondition(reason, message string, pairs ...string) *Error {
	return New(codes.FailedPrecondition, reason, message, pairs...)
}

// Concluded answers that a meeting (`meetings/m1`) is over, and takes no write.
func Concluded(meeting string) *Error {
	return Precondition("MEETING_CONCLUDED",
		meeting+" is concluded: nothing of it changes any more", "meeting", meeting)
}

// Denied answers that the caller may not do what it asks for.
func Denied(reason, message string, pairs ...string) *Error {
	return New(codes.PermissionDenied, reason, message, pairs...)
}

// Stale answers that a resource has changed since the caller read it.
func Stale(resource string) *Error {
	return New(codes.Aborted, "ETAG_MISMATCH",
		fmt.Sprintf("%s has changed since it was read: read it again and repeat", resource), "resource", resource)
}

// Status makes what gRPC carries: the reason, the violations and, where one is
// given, the message in the language of the caller.
func (e *Error) Status(localized *errdetails.LocalizedMessage) *status.Status {
	st := status.New(e.Code, e.Message)
	info := &errdetails.ErrorInfo{Reason: e.Reason, Domain: Domain, Metadata: e.Meta}
	out, err := st.WithDetails(info)
	if err != nil {
		return st
	}
	if len(e.Violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range e.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: v.Field, Reason: v.Reason, Description: v.Message,
			})
		}
		if next, err := out.WithDetails(bad); err == nil {
			out = next
		}
	}
	if localized != nil {
		if next, err := out.WithDetails(localized); err == nil {
			out = next
		}
	}
	return out
}

// As finds the fault in an error.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
