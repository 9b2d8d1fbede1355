package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	errNotFound  = errors.New("there is no such page")
	errCrossSite = errors.New("the request came from another site")
	errTooLarge  = errors.New("the form is too large")
)

// problemPage says that something did not work.
type problemPage struct {
	frame
	Says template.HTML
	// RequestID is what the operator is told, where the fault is ours.
	RequestID string
}

// fail answers an error.
func (s *Site) fail(v *visit, err error) {
	code := status.Code(err) // Unknown for what is no status
	var title string
	var says template.HTML
	answer := http.StatusInternalServerError
	switch {
	case errors.Is(v.r.Context().Err(), context.Canceled):
		return // nobody reads it
	case errors.Is(err, errSignedOut), code == codes.Unauthenticated:
		if err := s.askToSignIn(v, code == codes.Unauthenticated); err != nil {
			http.Error(v.w, http.StatusText(answer), answer)
		}
		return
	case errors.Is(err, errNotFound), code == codes.NotFound:
		answer, title, says = http.StatusNotFound, "problem.not_found", v.words.T("problem.not_found.says")
	case errors.Is(err, errCrossSite):
		answer, title, says = http.StatusForbidden, "problem.refused", v.words.T("problem.cross_site")
	case errors.Is(err, errTooLarge):
		answer, title, says = http.StatusRequestEntityTooLarge, "problem.refused", v.words.T("problem.too_large")
	case code == codes.Unknown:
		s.cfg.Log.ErrorContext(v.r.Context(), "page failed",
			"path", v.r.Pattern, "request_id", v.w.Header().Get("X-Request-Id"), "error", err.Error())
		title, says = "problem.failed", v.words.T("problem.failed.says")
	default:
		answer, title, says = runtime.HTTPStatusFromCode(code), "problem.failed", localized(v.words, err)
	}
	p := problemPage{frame: s.frame(v, v.words.P(title), nil), Says: says}
	if answer >= http.StatusInternalServerError {
		p.RequestID = v.w.Header().Get("X-Request-Id")
	}
	if err := s.show(v, answer, "problem", p); err != nil {
		s.cfg.Log.ErrorContext(v.r.Context(), "page failed", "error", err.Error())
		http.Error(v.w, http.StatusText(answer), answer)
	}
}

// reasonOf is the reason of an error of a call, or "".
func reasonOf(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// localized is what an error of a call says to people.
func localized(w *words, err error) template.HTML {
	for _, d := range status.Convert(err).Details() {
		if m, ok := d.(*errdetails.LocalizedMessage); ok {
			return escaped(m.GetMessage())
		}
	}
	return w.T("problem.failed.says")
}
