package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/name"
)

// studio is a meeting at which three persons of Mexico are to send photographs by
// their links: Uno (es), Dos (ar) and Tres (no language).
type studio struct {
	*webHouse
	album  album
	people map[string]*placardv1.Participant
	links  *link.Signer
}

func newStudio(t *testing.T, env *apptest.Env) *studio {
	t.Helper()
	h := newWebHouse(t, env, "studio")
	s := &studio{webHouse: h, album: newAlbum(h.clients), people: map[string]*placardv1.Participant{}}
	admin := apptest.As(t.Context(), h.Admin)
	must(h.meetings.UpdateMeeting(admin, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{
		Name: name.Meeting(h.meeting), PhotoDeadline: "2031-02-25",
		Venue: &placardv1.Meeting_Venue{City: &placardv1.LocalizedText{En: "Vienna", Es: "Viena"}},
	}}))(t)
	var persons []*placardv1.Participant
	for i, p := range []struct{ family, lang string }{{"UNO", "es"}, {"DOS", "ar"}, {"TRES", ""}} {
		role := placardv1.Participant_EXPERT
		if i == 0 {
			role = placardv1.Participant_HEAD
		}
		persons = append(persons, &placardv1.Participant{
			Honorific: "Sr.", GivenName: "<b>Ana</b>", FamilyName: p.family, Role: role, Language: p.lang,
			Email: proto.String(strings.ToLower(p.family) + "@example.org"), Phone: proto.String("+43 1 555 " + p.family),
		})
	}
	delegation := name.Delegation(h.meeting, "MEX")
	h.submitAccepted(admin, t, delegation, persons...)
	list := must(h.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: delegation}))(t)
	for _, p := range list.GetParticipants() {
		s.people[p.GetFamilyName()] = p
	}
	secret, err := env.Config.OpenSecret()
	if err != nil {
		t.Fatal(err)
	}
	if s.links, err = link.New(secret); err != nil {
		t.Fatal(err)
	}
	for who := range s.people {
		eventually(t, "a link for "+who, func() bool {
			return s.photo(t, who).GetState() == placardv1.Photo_REQUESTED
		})
	}
	return s
}

func (s *studio) photo(t *testing.T, who string) *placardv1.Photo {
	t.Helper()
	return must(s.album.photos.GetPhoto(apptest.As(t.Context(), s.Admin), &placardv1.GetPhotoRequest{Name: s.people[who].GetName() + "/photo"}))(t)
}

func (s *studio) id(who string) string { return name.ParticipantOf(s.people[who].GetName() + "/photo") }

// token is that of the link that somebody was sent: the first one has the
// generation 1.
func (s *studio) token(who string, generation int) string {
	return s.links.Token(link.Photo, s.id(who), generation)
}

// come opens somebody's link.
func (s *studio) come(t *testing.T, who string) *browser {
	t.Helper()
	b := newBrowser(t, s.Env)
	b.get(t, "/photo/"+s.token(who, 1)).leads(t, "/photo")
	return b
}

// send sends the form of the page, as a browser without scripts does: two fields
// for a file, one of which is empty.
func (b *browser) send(t *testing.T, participant string, content []byte) answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("for", participant)
	for i, file := range [][]byte{content, nil} {
		header := textproto.MIMEHeader{"Content-Type": {"application/octet-stream"}}
		header.Set("Content-Disposition", `form-data; name="photo"; filename="`+[]string{"a.jpg", ""}[i]+`"`)
		part, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(file)
	}
	_ = w.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.env.HTTP+"/photo", &body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range b.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(text)}
}

func TestPhotoPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		s := newStudio(t, env)

		t.Run("a link leaves the token in a cookie", func(t *testing.T) {
			token := s.token("UNO", 1)
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				b := newBrowser(t, env)
				// As a mail client leads to it.
				b.header.Set("Sec-Fetch-Site", "cross-site")
				a := b.do(t, method, "/photo/"+token, nil)
				a.leads(t, "/photo")
				c := a.cookie("placard_photo")
				if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/photo" || c.Domain != "" || c.Secure ||
					c.MaxAge != int((8*time.Hour).Seconds()) || strings.Contains(c.Value, token) {
					t.Errorf("%s: cookie %+v", method, c)
				}
				if a.Header.Get("Referrer-Policy") != "no-referrer" || a.Header.Get("Cache-Control") != "no-store" || strings.Contains(a.body, token) {
					t.Errorf("%s: %v %s", method, a.Header, a.body)
				}
			}
			proxied := newBrowser(t, env)
			proxied.header.Set("X-Forwarded-Proto", "https")
			if c := proxied.get(t, "/photo/"+token).cookie("placard_photo"); c == nil || !c.Secure {
				t.Errorf("behind a proxy with TLS: %+v", c)
			}
			if p := s.photo(t, "UNO"); p.GetState() != placardv1.Photo_REQUESTED {
				t.Errorf("opening a link has changed %v", p)
			}
		})

		t.Run("links that do not work", func(t *testing.T) {
			for what, token := range map[string]string{
				"nonsense": "pll_x", "a key": s.Admin, "of another generation": s.token("UNO", 7), "cut short": s.token("UNO", 1)[:60],
				"of another purpose": s.links.Token(link.Calendar, s.id("UNO"), 1), "very long": "pll_" + strings.Repeat("a", 500),
				"not ASCII": "pll_%C3%A4", "of nobody": s.links.Token(link.Photo, "nobody", 1),
			} {
				b := s.come(t, "UNO")
				b.header.Set("Accept-Language", "es")
				a := b.get(t, "/photo/"+token)
				a.want(t, http.StatusNotFound, "Este enlace no funciona", `lang="es"`)
				if c := a.cookie("placard_photo"); c == nil || c.MaxAge >= 0 || strings.Contains(a.body, token) {
					t.Errorf("%s: cookie %+v, or the token on the page", what, c)
				}
				b.get(t, "/photo").want(t, http.StatusNotFound, "Abra el enlace de su mensaje")
			}
		})

		t.Run("no page at the address of a link tells it to others", func(t *testing.T) {
			for _, address := range []string{"/", "/more", "/?lang=fr"} {
				a := newBrowser(t, env).get(t, "/photo/"+s.token("UNO", 1)+address)
				if a.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(a.body, "pll_") {
					t.Errorf("%s: %d %v %s", address, a.StatusCode, a.Header, a.body)
				}
			}
		})

		t.Run("what somebody sees, and of whom", func(t *testing.T) {
			b := s.come(t, "UNO")
			page := b.get(t, "/photo")
			page.want(t, http.StatusOK, `lang="es" dir="ltr"`, "Sr. &lt;b&gt;Ana&lt;/b&gt; UNO", "México", "Reunión studio", "Viena",
				"5 a 7 de marzo de 2031", `datetime="2031-02-26T00:00:00+01:00"`, "23:00 UTC", `enctype="multipart/form-data"`, `capture="user"`)
			for _, other := range []string{"DOS", "TRES", "example.org", "+43", s.id("DOS"), s.token("UNO", 1), "pll_", "<b>Ana"} {
				if strings.Contains(page.body, other) {
					t.Errorf("the page says %q", other)
				}
			}
			if page.Header.Get("Permissions-Policy") != "camera=(self), microphone=(), geolocation=()" ||
				!strings.Contains(page.Header.Get("Content-Security-Policy"), "img-src 'self' blob:") ||
				strings.Contains(page.Header.Get("Content-Security-Policy"), "unsafe") ||
				page.Header.Get("Referrer-Policy") != "same-origin" {
				t.Errorf("headers %v", page.Header)
			}
			if regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script>|https?://`).MatchString(page.body) {
				t.Error("the page has something inline, or of another host")
			}
			b.get(t, "/photo?lang=ru").want(t, http.StatusOK, `lang="ru"`)
			b.get(t, "/photo").want(t, http.StatusOK, `lang="ru"`) // as it was chosen
			s.come(t, "DOS").get(t, "/photo").want(t, http.StatusOK, `lang="ar" dir="rtl"`)
			french := s.come(t, "TRES")
			french.header.Set("Accept-Language", "fr-CH, en;q=0.5")
			french.get(t, "/photo").want(t, http.StatusOK, `lang="fr"`)
			// The pages of the Secretariat are not open by it.
			b.get(t, "/meetings").leads(t, "/sign-in?next=%2Fmeetings")
		})

		t.Run("a photograph is sent, seen, taken back", func(t *testing.T) {
			b := s.come(t, "TRES")
			b.get(t, "/photo/picture").want(t, http.StatusNotFound)
			b.send(t, s.id("TRES"), portrait(t, 400, 400)).leads(t, "/photo?done=sent")
			page := b.get(t, "/photo?done=sent")
			page.want(t, http.StatusOK, "Thank you", "Received, awaiting review", "few pixels", "cut off")
			p := s.photo(t, "TRES")
			if p.GetState() != placardv1.Photo_UPLOADED || p.GetAuthor() != s.people["TRES"].GetName() {
				t.Errorf("sent %v", p)
			}
			picture := b.get(t, regexp.MustCompile(`/photo/picture\?[^"]+`).FindString(page.body))
			picture.want(t, http.StatusOK)
			if picture.Header.Get("Content-Type") != "image/jpeg" || picture.Header.Get("Cache-Control") != "no-store" || int64(len(picture.body)) != p.GetSizeBytes() {
				t.Errorf("the picture: %v", picture.Header)
			}
			s.come(t, "DOS").get(t, "/photo/picture").want(t, http.StatusNotFound)
			newBrowser(t, env).get(t, "/photo/picture").want(t, http.StatusNotFound)

			b.post(t, "/photo/withdraw", "for", s.id("TRES"), "etag", "0").want(t, http.StatusConflict)
			b.post(t, "/photo/withdraw", "for", s.id("DOS"), "etag", p.GetEtag()).want(t, http.StatusConflict, "Another link")
			b.post(t, "/photo/withdraw", "for", s.id("TRES"), "etag", p.GetEtag()).leads(t, "/photo?done=withdrawn")
			b.get(t, "/photo?done=withdrawn").want(t, http.StatusOK, "taken back and deleted")
			b.post(t, "/photo/withdraw", "for", s.id("TRES")).want(t, http.StatusConflict)
			if p := s.photo(t, "TRES"); p.GetState() != placardv1.Photo_WITHDRAWN {
				t.Errorf("taken back: %v", p)
			}
			b.get(t, "/photo/withdraw").leads(t, "/photo")
			b.post(t, "/photo/leave").leads(t, "/photo?done=left")
			b.get(t, "/photo?done=left").want(t, http.StatusOK, "You have left")
			b.get(t, "/photo").want(t, http.StatusNotFound)
		})

		t.Run("what is no photograph", func(t *testing.T) {
			b := s.come(t, "UNO")
			for what, tt := range map[string]struct {
				content []byte
				status  int
				says    string
			}{
				"nothing":   {nil, http.StatusUnprocessableEntity, "Elija primero una fotografía"},
				"a text":    {[]byte("hello"), http.StatusUnprocessableEntity, "no es una fotografía JPEG o PNG"},
				"HEIC":      {[]byte("\x00\x00\x00\x18ftypheic" + strings.Repeat("x", 100)), http.StatusUnprocessableEntity, "HEIC"},
				"broken":    {portrait(t, 600, 800)[:2000], http.StatusUnprocessableEntity, "incompleto"},
				"too small": {portrait(t, 150, 200), http.StatusUnprocessableEntity, "demasiado pequeña"},
				"too large": {bytes.Repeat([]byte("x"), 11<<20), http.StatusRequestEntityTooLarge, "10 MB"},
				"much":      {bytes.Repeat([]byte("x"), 33<<20), http.StatusRequestEntityTooLarge, "10 MB"},
			} {
				a := b.send(t, s.id("UNO"), tt.content)
				a.want(t, tt.status, tt.says, `aria-invalid="true"`, `href="#file"`)
				if strings.Contains(a.body, "pll_") {
					t.Errorf("%s: the token is on the page", what)
				}
			}
			b.post(t, "/photo", "for", s.id("UNO")).want(t, http.StatusConflict) // no file, and no part that names somebody
			b.send(t, s.id("DOS"), portrait(t, 600, 800)).want(t, http.StatusConflict, "otro enlace")
			if p := s.photo(t, "UNO"); p.GetState() != placardv1.Photo_REQUESTED {
				t.Errorf("something was kept: %v", p)
			}
			newBrowser(t, env).send(t, s.id("UNO"), portrait(t, 600, 800)).want(t, http.StatusNotFound)
		})

		t.Run("from another site", func(t *testing.T) {
			b := s.come(t, "UNO")
			b.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
			b.send(t, s.id("UNO"), portrait(t, 600, 800)).want(t, http.StatusForbidden)
			for _, form := range []string{"withdraw", "leave"} {
				b.post(t, "/photo/"+form, "for", s.id("UNO")).want(t, http.StatusForbidden)
			}
			if p := s.photo(t, "UNO"); p.GetState() != placardv1.Photo_REQUESTED {
				t.Errorf("something was done: %v", p)
			}
		})

		t.Run("rejected, with the reason", func(t *testing.T) {
			b := s.come(t, "UNO")
			b.send(t, s.id("UNO"), portrait(t, 600, 800)).leads(t, "/photo?done=sent")
			p := s.photo(t, "UNO")
			must(s.album.decide(apptest.As(t.Context(), s.Admin), name.Meeting(s.meeting), &placardv1.BatchDecidePhotosRequest_Decision{
				Name: p.GetName(), Etag: p.GetEtag(), Rejection: placardv1.Photo_BACKGROUND, Note: "Pared blanca <i>",
			}))(t)
			// A new link was sent: the old one has ended, with its cookie.
			b.get(t, "/photo").want(t, http.StatusNotFound, "newer one")
			b.get(t, "/photo/"+s.token("UNO", 2)).leads(t, "/photo")
			b.get(t, "/photo?done=sent").want(t, http.StatusOK, "No aceptada", "El fondo no es liso y claro", "Pared blanca &lt;i&gt;")
		})

		t.Run("whoever is withdrawn", func(t *testing.T) {
			b := s.come(t, "DOS")
			must(s.participants.WithdrawParticipant(apptest.As(t.Context(), s.mexico), &placardv1.WithdrawParticipantRequest{Name: s.people["DOS"].GetName()}))(t)
			b.header.Set("Accept-Language", "ar")
			a := b.get(t, "/photo")
			a.want(t, http.StatusNotFound, "هذا الرابط لا يعمل")
			if strings.Contains(a.body, "DOS") {
				t.Error("the page tells of who was withdrawn")
			}
			b.get(t, "/photo/"+s.token("DOS", 1)).want(t, http.StatusNotFound, "هذا الرابط لا يعمل")
			b.send(t, s.id("DOS"), portrait(t, 600, 800)).want(t, http.StatusNotFound)
		})
	})
}

// TestPhotoTokenStaysOutOfLogs: a link is opened, used and refused, and no line of
// the log has its token.
func TestPhotoTokenStaysOutOfLogs(t *testing.T) {
	var out logged
	cfg := config.Default()
	cfg.Dir, cfg.HTTP, cfg.GRPC = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	a, err := app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	http, grpc := a.Addrs()
	s := newStudio(t, &apptest.Env{HTTP: "http://" + http, GRPC: apptest.Dial(t, grpc), Store: a.Store, App: a, Config: cfg})
	b := s.come(t, "UNO")
	b.get(t, "/photo")
	b.send(t, s.id("UNO"), portrait(t, 600, 800)).leads(t, "/photo?done=sent")
	b.get(t, "/photo/"+s.token("UNO", 9))
	b.get(t, "/photo/"+s.token("UNO", 1)+"/more")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := out.String(); !strings.Contains(text, "UploadPhoto") || strings.Contains(text, link.Prefix) || strings.Contains(text, "/photo/") {
		t.Errorf("the log has a token, or not what was done:\n%s", text)
	}
}

// logged keeps what several goroutines log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
