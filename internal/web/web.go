// Package web is the pages for people: rendered on the server, in six
// languages, usable with a keyboard and without scripts. They read and write
// through the services of the contract, with the key of whoever signed in, as
// everybody does.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/secret"
)

//go:embed templates/*.html
var templates embed.FS

// policy lets a page load its own parts and nothing else: what somebody wrote
// into a name cannot run.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// maxForm is how large a form may be, in bytes: 20 reasons of 1,000 letters.
const maxForm = 256 << 10

// Config is what the pages need.
type Config struct {
	// Calls reaches the services.
	Calls grpc.ClientConnInterface
	// CountRequest and CountSignIn count what the address of a request does.
	// They answer the status of one too many.
	CountRequest, CountSignIn func(context.Context) error
	// MakeRoom waits until there is room for a file of a principal, and gives it
	// time to arrive. Whoever has entered leaves.
	MakeRoom func(w http.ResponseWriter, r *http.Request, principal string, size int) (leave func(), err error)
	// Stopping is closed when the server stops.
	Stopping <-chan struct{}
	// Secret seals sessions.
	Secret secret.Secret
	// Log takes what failed in the pages themselves; calls are logged where
	// they are answered.
	Log *slog.Logger
	// Now is the clock of sessions.
	Now func() time.Time
}

// Site is the pages.
type Site struct {
	cfg       Config
	sealer    *sealer
	words     map[string]*words
	templates *template.Template
	assets    *assets
	register  register
	positions positions
	streams   streams

	callers      placardv1.CallerServiceClient
	changes      placardv1.ChangeServiceClient
	delegations  placardv1.DelegationServiceClient
	entities     placardv1.EntityServiceClient
	invitations  placardv1.InvitationServiceClient
	meetings     placardv1.MeetingServiceClient
	participants placardv1.ParticipantServiceClient
	photos       placardv1.PhotoServiceClient
	statistics   placardv1.StatisticsServiceClient
}

// New makes the pages.
func New(cfg Config) (http.Handler, error) {
	s := &Site{
		cfg:          cfg,
		callers:      placardv1.NewCallerServiceClient(cfg.Calls),
		changes:      placardv1.NewChangeServiceClient(cfg.Calls),
		delegations:  placardv1.NewDelegationServiceClient(cfg.Calls),
		entities:     placardv1.NewEntityServiceClient(cfg.Calls),
		invitations:  placardv1.NewInvitationServiceClient(cfg.Calls),
		meetings:     placardv1.NewMeetingServiceClient(cfg.Calls),
		participants: placardv1.NewParticipantServiceClient(cfg.Calls),
		photos:       placardv1.NewPhotoServiceClient(cfg.Calls),
		statistics:   placardv1.NewStatisticsServiceClient(cfg.Calls),
	}
	var err error
	if s.sealer, err = newSealer(cfg.Secret); err != nil {
		return nil, err
	}
	if s.words, err = readWords(); err != nil {
		return nil, err
	}
	if s.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if s.templates, err = template.ParseFS(templates, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	return s.routes(), nil
}

func (s *Site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/{name}", s.assets)
	mux.Handle("GET /sign-in", s.page(s.showSignIn))
	mux.Handle("POST /sign-in", s.page(s.signIn))
	mux.Handle("POST /sign-out", s.page(s.signOut))
	mux.Handle("GET /meetings", s.signedIn(s.listMeetings))
	mux.Handle("GET /meetings/{meeting}", s.signedIn(s.showMeeting))
	mux.Handle("GET /meetings/{meeting}/registrations.svg", s.signedIn(s.drawRegistrations))
	mux.Handle("GET /meetings/{meeting}/events", s.signedIn(s.follow))
	mux.Handle("POST /meetings/{meeting}/delegations/{entity}/accept", s.signedIn(s.accept))
	mux.Handle("POST /meetings/{meeting}/delegations/{entity}/return", s.signedIn(s.giveBack))
	// Whoever reloads the answer to a form that was refused.
	mux.Handle("GET /meetings/{meeting}/delegations/{entity}/{verb}", s.signedIn(s.backToMeeting))
	mux.Handle("GET /photo/{token}", s.photoPage(s.comeByLink))
	mux.Handle("GET /photo", s.photoPage(s.showPhoto))
	mux.Handle("POST /photo", s.photoPage(s.sendPhoto))
	mux.Handle("GET /photo/picture", s.photoPage(s.showPicture))
	mux.Handle("POST /photo/withdraw", s.photoPage(s.withdrawPhoto))
	mux.Handle("POST /photo/leave", s.photoPage(s.leavePhoto))
	for _, form := range []string{"withdraw", "leave"} { // whoever reloads the answer to a form
		mux.Handle("GET /photo/"+form, s.photoPage(func(v *visit) error { return redirect(v, photoPath) }))
	}
	mux.Handle("/", s.page(func(*visit) error { return errNotFound }))

	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(s.page(func(*visit) error { return errCrossSite }))
	return sameOrigin.Handler(mux)
}

// visit is one request of somebody.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	words *words
	// chosen tells that the reader has chosen the language.
	chosen bool
	// session is the zero value where nobody is signed in.
	session session
	// home is the page from which the reader goes on.
	home string
}

// context is that of calls to the services: with the key of whoever is signed
// in, and the language of the page.
func (v *visit) context() context.Context { return v.with(v.session.Key) }

func (v *visit) with(key string) context.Context {
	return metadata.AppendToOutgoingContext(v.r.Context(),
		"authorization", "Bearer "+key, "accept-language", v.words.Lang)
}

// visit is what is known of a request. It sets the headers of every answer.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) *visit {
	lang, chosen := chooseLanguage(w, r)
	r = r.WithContext(locale.With(r.Context(), []string{lang}))
	limit := int64(maxForm)
	if r.URL.Path == photoPath {
		limit = maxPhotoRead
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	// Without the origin in its requests a form of this site looks as if it
	// were another's.
	h.Set("Referrer-Policy", "same-origin")
	if r.Method != http.MethodPost && strings.HasPrefix(r.URL.Path, photoPath+"/") {
		h.Set("Referrer-Policy", "no-referrer") // the address may have the token of a link
	}
	h.Add("Vary", "Accept-Language, Cookie")
	v := &visit{w: w, r: r, words: s.words[lang], chosen: chosen, home: "/meetings"}
	cookie := sessionCookie
	if ofPhoto(r) {
		cookie, v.home = photoCookie, photoPath
	}
	v.session, _ = s.sealer.session(r, cookie, s.cfg.Now()) // none where it cannot be read
	return v
}

// page makes a handler of a page, which anybody may open. An error that it
// answers becomes a page of its own.
func (s *Site) page(show func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		err := s.cfg.CountRequest(v.r.Context()) //nolint:contextcheck // that of the request, with its language
		if err == nil {
			err = show(v)
		}
		if err != nil {
			s.fail(v, err) //nolint:contextcheck // as above
		}
	})
}

// form are the values of the form that was sent.
func (v *visit) form() (url.Values, error) {
	var large *http.MaxBytesError
	if err := v.r.ParseForm(); errors.As(err, &large) {
		return nil, errTooLarge
	}
	return v.r.PostForm, nil // what cannot be read in it is missing
}

// signedIn makes a handler of a page for whoever is signed in. Others sign in
// first, and then come back.
func (s *Site) signedIn(show func(*visit) error) http.Handler {
	return s.page(func(v *visit) error {
		if v.session.Key == "" {
			return errSignedOut
		}
		return show(v)
	})
}

// frame is what all pages show.
type frame struct {
	*words
	Assets *assets
	// Title is that of the page, without the name of the site.
	Title string
	// Wrong tells whether the page says that something has to be put right.
	Wrong bool
	// Account is as whom somebody is signed in, "" for nobody.
	Account string
	// Home is the page from which the reader goes on.
	Home string
	// address is where the page is read, without its language.
	address *url.URL
}

// frame makes what all pages show. `address` is where the page is read again,
// in another language for example.
func (s *Site) frame(v *visit, title string, address *url.URL) frame {
	return frame{words: v.words, Assets: s.assets, Title: title, Account: v.session.Account, Home: v.home, address: address}
}

// Address is where the page is read again.
func (f frame) Address() string {
	if f.address == nil {
		return f.Home
	}
	return f.address.String()
}

// LanguageLink is a link to the page in a language.
type LanguageLink struct {
	// Lang is the language, Name its name in itself.
	Lang, Name string
	URL        string
	Current    bool
}

// Languages are links to the page in each language.
func (f frame) Languages() []LanguageLink {
	var links []LanguageLink
	address, err := url.Parse(f.Address())
	if err != nil {
		return nil
	}
	query := address.Query()
	for _, l := range languages {
		query.Set("lang", l.code)
		address.RawQuery = query.Encode()
		links = append(links, LanguageLink{Lang: l.code, Name: l.name, URL: address.String(), Current: l.code == f.Lang})
	}
	return links
}

// show writes a page, whole or not at all.
func (s *Site) show(v *visit, code int, name string, data any) error {
	var out bytes.Buffer
	if err := s.templates.ExecuteTemplate(&out, name, data); err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.words.Lang)
	v.w.WriteHeader(code)
	_, _ = v.w.Write(out.Bytes()) // if it fails the reader is gone
	return nil
}

// redirect sends the reader to another page of this site, to read it.
func redirect(v *visit, to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther) //nolint:gosec // an address of this site: see local
	return nil
}
