package web

import (
	"crypto/rand"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// signInPage asks for a key.
type signInPage struct {
	frame
	// Next is where to go on.
	Next string
	// Says is what has happened, Problem what is wrong; "" for nothing.
	Says, Problem template.HTML
}

func (s *Site) showSignIn(v *visit) error {
	p := s.signInPage(v, v.r.URL.Query().Get("next"))
	switch v.r.URL.Query().Get("after") {
	case "end":
		p.Says = v.words.T("sign_in.ended")
	case "sign-out":
		p.Says = v.words.T("sign_in.out")
	}
	return s.show(v, http.StatusOK, "sign_in", p)
}

func (s *Site) signInPage(v *visit, next string) signInPage {
	next = local(next)
	address := &url.URL{Path: "/sign-in", RawQuery: url.Values{"next": {next}}.Encode()}
	return signInPage{frame: s.frame(v, v.words.P("sign_in.title"), address), Next: next}
}

func (s *Site) signIn(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p := s.signInPage(v, form.Get("next"))
	key := strings.TrimSpace(form.Get("key"))
	refuse := func(code int, problem template.HTML) error {
		p.Problem, p.Wrong = problem, true
		return s.show(v, code, "sign_in", p)
	}
	if err := s.cfg.CountSignIn(v.r.Context()); err != nil {
		return refuse(http.StatusTooManyRequests, localized(v.words, err))
	}
	if key == "" {
		return refuse(http.StatusUnprocessableEntity, v.words.T("sign_in.empty"))
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return refuse(http.StatusUnprocessableEntity, v.words.T("sign_in.invalid"))
	}
	caller, err := s.callers.GetCaller(v.with(key), &placardv1.GetCallerRequest{})
	switch {
	case status.Code(err) == codes.Unauthenticated && reasonOf(err) == "UNAUTHENTICATED":
		return refuse(http.StatusUnprocessableEntity, v.words.T("sign_in.invalid"))
	case status.Code(err) == codes.Unauthenticated:
		return refuse(http.StatusUnprocessableEntity, localized(v.words, err))
	case err != nil:
		return err
	case caller.GetRole() != placardv1.Access_ADMIN && caller.GetRole() != placardv1.Access_SECRETARIAT:
		return refuse(http.StatusForbidden, v.words.T("sign_in.not_allowed", "path", "/docs/"))
	}
	sealed, err := s.sealer.seal(sessionCookie, session{
		ID: rand.Text(), Key: key, Account: caller.GetPrincipal(), Expires: s.cfg.Now().Add(sessionLife).Unix(),
	})
	if err != nil {
		return err
	}
	setCookie(v.w, v.r, sessionCookie, sealed, sessionLife)
	return redirect(v, p.Next)
}

func (s *Site) signOut(v *visit) error {
	s.streams.end(v.session.ID)
	setCookie(v.w, v.r, sessionCookie, "", removed)
	return redirect(v, "/sign-in?after=sign-out")
}

// errSignedOut is answered where a page needs somebody who is signed in.
var errSignedOut = errors.New("nobody is signed in")

// askToSignIn ends what is left of a session and asks for a key. What was only
// read is read again afterwards.
func (s *Site) askToSignIn(v *visit, ended bool) error {
	query := url.Values{}
	if v.r.Method == http.MethodGet {
		query.Set("next", v.r.URL.RequestURI())
	} else if meeting := v.r.PathValue("meeting"); meeting != "" {
		query.Set("next", "/meetings/"+meeting)
	}
	if ended {
		query.Set("after", "end")
		s.streams.end(v.session.ID)
		setCookie(v.w, v.r, sessionCookie, "", removed)
	}
	return redirect(v, "/sign-in?"+query.Encode())
}

// local is an address of these pages to go on to, whatever was asked for. One
// that leads elsewhere through `..` or an empty part is none.
func local(address string) string {
	const start = "/meetings"
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(address, "\\\r\n\t") ||
		u.Path != start && !strings.HasPrefix(u.Path, start+"/") || path.Clean(u.Path) != u.Path {
		return start
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
