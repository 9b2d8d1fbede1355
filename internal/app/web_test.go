package app_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/name"
)

// browser is somebody at the pages.
type browser struct {
	*http.Client
	env *apptest.Env
	// header is sent with every request.
	header http.Header
}

// newBrowser makes a browser that follows no redirects by itself.
func newBrowser(t *testing.T, env *apptest.Env) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{Client: &http.Client{Jar: jar, CheckRedirect: stay}, env: env, header: http.Header{}}
}

// answer is what a page answered.
type answer struct {
	*http.Response
	body string
}

func (b *browser) do(t *testing.T, method, path string, form url.Values) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.env.HTTP+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range b.header {
		req.Header[name] = values
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(body)}
}

func (b *browser) get(t *testing.T, path string) answer {
	t.Helper()
	return b.do(t, http.MethodGet, path, nil)
}

func (b *browser) post(t *testing.T, path string, pairs ...string) answer {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.do(t, http.MethodPost, path, form)
}

// want checks the status of an answer, and parts of its page.
func (a answer) want(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: %d, want %d\n%s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Errorf("%s %s does not say %q:\n%s", a.Request.Method, a.Request.URL, part, a.body)
		}
	}
}

// leads checks where an answer leads to.
func (a answer) leads(t *testing.T, to string) {
	t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != to {
		t.Errorf("%s %s: %d to %q, want to %q", a.Request.Method, a.Request.URL, a.StatusCode, got, to)
	}
}

// signIn signs in with a key.
func (b *browser) signIn(t *testing.T, key string) *browser {
	t.Helper()
	b.post(t, "/sign-in", "key", key).leads(t, "/meetings")
	return b
}

// cookie is a cookie that an answer sets, nil for none.
func (a answer) cookie(name string) *http.Cookie {
	for _, c := range a.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// webHouse is an open meeting with Austria and Mexico, and what is needed to
// work on it.
type webHouse struct {
	*clients
	meeting             string
	secretariat, mexico string
}

func newWebHouse(t *testing.T, env *apptest.Env, meeting string) *webHouse {
	t.Helper()
	h := &webHouse{clients: newClients(t, env, env.GRPC, "web"), meeting: meeting}
	h.secretariat = env.Key(t, placardv1.Access_SECRETARIAT, "")
	h.mexico = env.Key(t, placardv1.Access_MISSION, "MEX")
	ctx := apptest.As(t.Context(), h.Admin)
	_, err := h.meetings.CreateMeeting(ctx, &placardv1.CreateMeetingRequest{MeetingId: meeting, Meeting: &placardv1.Meeting{
		Title:     &placardv1.LocalizedText{En: "Meeting " + meeting, Es: "Reunión " + meeting},
		StartDate: "2031-03-05", EndDate: "2031-03-07", TimeZone: "Europe/Vienna", CompositionDeadline: "2031-02-20",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.meetings.AnnounceMeeting(ctx, &placardv1.AnnounceMeetingRequest{Name: name.Meeting(meeting)}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.meetings.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: name.Meeting(meeting)}); err != nil {
		t.Fatal(err)
	}
	for _, e := range []string{"AUT", "MEX"} {
		_, err := h.invitations.CreateInvitation(ctx, &placardv1.CreateInvitationRequest{Parent: name.Meeting(meeting), Invitation: &placardv1.Invitation{
			Entity: name.Entity(e), ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.invitations.IssueInvitation(ctx, &placardv1.IssueInvitationRequest{Name: name.Invitation(meeting, e)}); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// submit sends the composition of Mexico: a person for each name.
func (h *webHouse) submit(t *testing.T, names ...string) *placardv1.Delegation {
	t.Helper()
	ctx := apptest.As(t.Context(), h.mexico)
	req := &placardv1.SubmitDelegationRequest{Name: name.Delegation(h.meeting, "MEX")}
	if d, err := h.delegations.GetDelegation(ctx, &placardv1.GetDelegationRequest{Name: req.GetName()}); err == nil {
		req.Etag = d.GetEtag()
	}
	for i, n := range names {
		role := placardv1.Participant_EXPERT
		if i == 0 {
			role = placardv1.Participant_HEAD
		}
		req.Participants = append(req.Participants, &placardv1.Participant{FamilyName: n, Role: role})
	}
	res, err := h.delegations.SubmitDelegation(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	return res.GetDelegation()
}

func (h *webHouse) delegation(t *testing.T) *placardv1.Delegation {
	t.Helper()
	d, err := h.delegations.GetDelegation(apptest.As(t.Context(), h.Admin), &placardv1.GetDelegationRequest{Name: name.Delegation(h.meeting, "MEX")})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWebSignIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")

		t.Run("who is not signed in signs in, and goes on", func(t *testing.T) {
			b := newBrowser(t, env)
			for _, path := range []string{"/meetings", "/meetings/web?late=1", "/meetings/none"} {
				b.get(t, path).leads(t, "/sign-in?next="+url.QueryEscape(path))
			}
			page := b.get(t, "/sign-in?next=%2Fmeetings%2Fweb%3Flate%3D1")
			page.want(t, http.StatusOK, `name="next" value="/meetings/web?late=1"`, `type="password" autocomplete="off"`)
			b.post(t, "/sign-in", "key", "  "+h.secretariat+"\n", "next", "/meetings/web?late=1").leads(t, "/meetings/web?late=1")
			b.get(t, "/meetings/web").want(t, http.StatusOK, "Meeting web", "Mexico")
		})

		t.Run("nothing leads away", func(t *testing.T) {
			b := newBrowser(t, env)
			for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "/sign-out", "/v1/meetings"} {
				b.post(t, "/sign-in", "key", h.secretariat, "next", next).leads(t, "/meetings")
			}
		})

		t.Run("keys that do not sign in", func(t *testing.T) {
			revoked, err := h.keys.CreateKey(apptest.As(t.Context(), h.Admin), &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_SECRETARIAT}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.keys.RevokeKey(apptest.As(t.Context(), h.Admin), &placardv1.RevokeKeyRequest{Name: revoked.GetName()}); err != nil {
				t.Fatal(err)
			}
			for what, tt := range map[string]struct {
				key    string
				status int
				says   string
			}{
				"none":        {"", http.StatusUnprocessableEntity, "Enter your key."},
				"nonsense":    {"plc_ç", http.StatusUnprocessableEntity, "This key is not valid"},
				"unknown":     {"plc_aaaaaaaaaaaa_" + strings.Repeat("b", 52), http.StatusUnprocessableEntity, "This key is not valid"},
				"revoked":     {revoked.GetSecret(), http.StatusUnprocessableEntity, "has been revoked"},
				"a mission":   {h.mexico, http.StatusForbidden, "for the Secretariat"},
				"a reader":    {env.Key(t, placardv1.Access_READER, ""), http.StatusForbidden, "for the Secretariat"},
				"Pass Office": {env.Key(t, placardv1.Access_PASS_OFFICE, ""), http.StatusForbidden, "for the Secretariat"},
			} {
				b := newBrowser(t, env)
				a := b.post(t, "/sign-in", "key", tt.key)
				a.want(t, tt.status, tt.says, `aria-invalid="true"`, `href="#key"`)
				if a.cookie("placard_session") != nil || tt.key != "" && strings.Contains(a.body, tt.key) {
					t.Errorf("%s: a session, or the key on the page", what)
				}
			}
		})

		t.Run("the cookie", func(t *testing.T) {
			b := newBrowser(t, env)
			c := b.post(t, "/sign-in", "key", h.secretariat).cookie("placard_session")
			if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure ||
				c.MaxAge != int((8*time.Hour).Seconds()) || strings.Contains(c.Value, "plc_") {
				t.Errorf("cookie %+v", c)
			}
			proxied := newBrowser(t, env)
			proxied.header.Set("X-Forwarded-Proto", "https")
			if c := proxied.post(t, "/sign-in", "key", h.secretariat).cookie("placard_session"); c == nil || !c.Secure {
				t.Errorf("behind a proxy with TLS: %+v", c)
			}
		})

		t.Run("a session that was changed is none", func(t *testing.T) {
			b := newBrowser(t, env)
			c := b.post(t, "/sign-in", "key", h.secretariat).cookie("placard_session")
			value := []byte(c.Value)
			value[len(value)/2] ^= 1
			other := newBrowser(t, env)
			other.header.Set("Cookie", "placard_session="+string(value))
			other.get(t, "/meetings").leads(t, "/sign-in?next=%2Fmeetings")
		})

		t.Run("a key that is revoked ends the session at once", func(t *testing.T) {
			made, err := h.keys.CreateKey(apptest.As(t.Context(), h.Admin), &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_SECRETARIAT}})
			if err != nil {
				t.Fatal(err)
			}
			b := newBrowser(t, env).signIn(t, made.GetSecret())
			b.get(t, "/meetings/web").want(t, http.StatusOK)
			if _, err := h.keys.RevokeKey(apptest.As(t.Context(), h.Admin), &placardv1.RevokeKeyRequest{Name: made.GetName()}); err != nil {
				t.Fatal(err)
			}
			a := b.get(t, "/meetings/web")
			a.leads(t, "/sign-in?after=end&next=%2Fmeetings%2Fweb")
			if c := a.cookie("placard_session"); c == nil || c.MaxAge >= 0 {
				t.Errorf("the cookie stays: %+v", c)
			}
			b.get(t, "/sign-in?after=end").want(t, http.StatusOK, "Your session has ended")
		})

		t.Run("sign-out", func(t *testing.T) {
			b := newBrowser(t, env).signIn(t, h.secretariat)
			b.get(t, "/sign-out").want(t, http.StatusNotFound)
			b.post(t, "/sign-out").leads(t, "/sign-in?after=sign-out")
			b.get(t, "/meetings").leads(t, "/sign-in?next=%2Fmeetings")
		})
	})
}

func TestWebSignInIsLimited(t *testing.T) {
	env := apptest.Start(t, "sqlite", func(cfg *config.Config) { cfg.AddressRate, cfg.AddressBurst = 1000, 1000 })
	b := newBrowser(t, env)
	for range 20 {
		b.post(t, "/sign-in", "key", "plc_x_y").want(t, http.StatusUnprocessableEntity)
	}
	b.header.Set("Accept-Language", "es")
	b.post(t, "/sign-in", "key", env.Key(t, placardv1.Access_ADMIN, "")).want(t, http.StatusTooManyRequests, "demasiadas")
}

func TestWebHeaders(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		b := newBrowser(t, env).signIn(t, h.secretariat)
		for _, path := range []string{"/sign-in", "/meetings", "/meetings/web", "/meetings/none"} {
			a := b.get(t, path)
			policy := a.Header.Get("Content-Security-Policy")
			if a.Header.Get("Cache-Control") != "no-store" || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") ||
				a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Referrer-Policy") != "same-origin" {
				t.Errorf("%s: headers %v", path, a.Header)
			}
			if regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script>`).MatchString(a.body) {
				t.Errorf("%s has something inline", path)
			}
			total := len(a.body)
			for _, asset := range regexp.MustCompile(`/assets/[a-z0-9.]+`).FindAllString(a.body, -1) {
				got := b.get(t, asset)
				got.want(t, http.StatusOK)
				if cache := got.Header.Get("Cache-Control"); !strings.Contains(cache, "immutable") {
					t.Errorf("%s: %q", asset, cache)
				}
				total += len(got.body)
			}
			if total > 100<<10 {
				t.Errorf("%s has %d bytes with all its parts", path, total)
			}
		}
		b.get(t, "/assets/placard.css").want(t, http.StatusNotFound)

		// Nobody asks for a page and gets JSON, or the other way round.
		root := newBrowser(t, env)
		root.get(t, "/").want(t, http.StatusNotFound, "PATH_NOT_FOUND")
		root.header.Set("Accept", "text/html,*/*;q=0.8")
		root.get(t, "/").leads(t, "/meetings")
	})
}

func TestWebCrossSite(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		h.submit(t, "UNO")
		b := newBrowser(t, env).signIn(t, h.secretariat)
		for name, header := range map[string][2]string{
			"another site, by Sec-Fetch-Site": {"Sec-Fetch-Site", "cross-site"},
			"another host of this site":       {"Sec-Fetch-Site", "same-site"},
			"another site, by Origin":         {"Origin", "https://evil.example"},
			"an origin that is not told":      {"Origin", "null"},
		} {
			t.Run(name, func(t *testing.T) {
				b.header = http.Header{header[0]: {header[1]}}
				for _, path := range []string{"/sign-in", "/sign-out", "/meetings/web/delegations/MEX/accept", "/meetings/web/delegations/MEX/return"} {
					b.post(t, path, "revision", "1", "reasons", "x", "key", h.secretariat).want(t, http.StatusForbidden, "another site")
				}
				b.get(t, "/meetings/web").want(t, http.StatusOK)
			})
		}
		if d := h.delegation(t); d.GetState() != placardv1.Delegation_SUBMITTED {
			t.Errorf("the delegation is %s", d.GetState())
		}
		b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
		b.post(t, "/meetings/web/delegations/MEX/accept", "revision", "1").leads(t, "/meetings/web")
	})
}

func TestWebScope(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		own := newWebHouse(t, env, "web-own")
		other := newWebHouse(t, env, "web-other")
		other.submit(t, "UNO")
		bound := newBrowser(t, env).signIn(t, env.Key(t, placardv1.Access_SECRETARIAT, "", own.meeting))

		bound.get(t, "/meetings/web-own").want(t, http.StatusOK)
		list := bound.get(t, "/meetings")
		list.want(t, http.StatusOK, "Meeting web-own")
		found := bound.get(t, "/meetings?search=web-other")
		if strings.Contains(list.body+found.body, "Meeting web-other") {
			t.Error("the list shows another meeting")
		}
		for _, path := range []string{
			"/meetings/web-other", "/meetings/web-other/registrations.svg", "/meetings/web-other/events", "/meetings/none", "/meetings/NONE!",
		} {
			a := bound.get(t, path)
			a.want(t, http.StatusNotFound)
			if strings.Contains(a.body, "Mexico") {
				t.Errorf("%s tells of another meeting", path)
			}
		}
		bound.post(t, "/meetings/web-other/delegations/MEX/accept", "revision", "1").want(t, http.StatusNotFound)
		bound.post(t, "/meetings/web-other/delegations/MEX/return", "revision", "1", "reasons", "x").want(t, http.StatusNotFound)
		if d := other.delegation(t); d.GetState() != placardv1.Delegation_SUBMITTED {
			t.Errorf("the delegation is %s", d.GetState())
		}
	})
}

func TestWebReview(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		account := env.Key(t, placardv1.Access_SECRETARIAT, "", "web")
		b := newBrowser(t, env).signIn(t, account)
		h.submit(t, "<script>alert(1)</script>", "DOS")

		page := b.get(t, "/meetings/web")
		page.want(t, http.StatusOK, "&lt;script&gt;alert(1)&lt;/script&gt;", "Accept revision 1", "First composition", "2 persons",
			"<dt>Invited</dt><dd>2</dd>", "<dt>Participants</dt><dd>2</dd>", `src="/meetings/web/registrations.svg`)
		if strings.Contains(page.body, "<script>alert") {
			t.Error("a name runs as a script")
		}

		t.Run("a return needs a reason", func(t *testing.T) {
			b.post(t, "/meetings/web/delegations/MEX/return", "revision", "1", "reasons", " \r\n").
				want(t, http.StatusUnprocessableEntity, "at least one reason", `href="#reasons-MEX"`, `aria-invalid="true"`)
		})
		t.Run("another revision is not decided on, and what was typed stays", func(t *testing.T) {
			h.submit(t, "<script>alert(1)</script>", "DOS", "TRES")
			b.post(t, "/meetings/web/delegations/MEX/accept", "revision", "1").want(t, http.StatusConflict, "changed in the meantime", "Accept revision 2")
			refused := b.post(t, "/meetings/web/delegations/MEX/return", "revision", "1", "reasons", "<b>typed</b> & kept")
			refused.want(t, http.StatusConflict, "&lt;b&gt;typed&lt;/b&gt; &amp; kept</textarea>", "changed in the meantime")
			b.get(t, "/meetings/web/delegations/MEX/return?late=1").leads(t, "/meetings/web?late=1")
		})
		t.Run("return, twice", func(t *testing.T) {
			for range 2 {
				b.post(t, "/meetings/web/delegations/MEX/return?late=1", "revision", "2", "reasons", "<i>One</i>\r\nTwo").leads(t, "/meetings/web?late=1")
			}
			b.get(t, "/meetings/web").want(t, http.StatusOK, "Returned: <bdi>Mexico</bdi>, revision 2.")
			if again := b.get(t, "/meetings/web"); strings.Contains(again.body, "Returned: ") {
				t.Error("what was done is said twice")
			}
			if d := h.delegation(t); d.GetState() != placardv1.Delegation_RETURNED || strings.Join(d.GetReturnReasons(), "|") != "<i>One</i>|Two" {
				t.Errorf("%s, %q", d.GetState(), d.GetReturnReasons())
			}
		})
		t.Run("accept, and what changes afterwards", func(t *testing.T) {
			h.submit(t, "UNO", "DOS", "TRES")
			b.post(t, "/meetings/web/delegations/MEX/accept", "revision", "3").leads(t, "/meetings/web")
			if d := h.delegation(t); d.GetAcceptedRevision() != 3 {
				t.Errorf("revision %d is in force", d.GetAcceptedRevision())
			}
			// The withdrawal is in force at once, as revision 4.
			if d := h.submit(t, "UNO", "TRES", "CUATRO"); d.GetAcceptedRevision() != 4 || d.GetLatestRevision() != 5 {
				t.Fatalf("revision %d is in force, %d is the latest", d.GetAcceptedRevision(), d.GetLatestRevision())
			}
			b.get(t, "/meetings/web").want(t, http.StatusOK, "Compared with revision 4", "1 person added", "Accept revision 5")
		})
		t.Run("nothing to review", func(t *testing.T) {
			b.post(t, "/meetings/web/delegations/AUT/accept", "revision", "1").want(t, http.StatusNotFound)
			b.post(t, "/meetings/web/delegations/MEX/accept", "revision", "x").want(t, http.StatusNotFound)
			b.post(t, "/meetings/web/delegations/MEX/accept", "revision", "5").leads(t, "/meetings/web")
			b.post(t, "/meetings/web/delegations/MEX/return", "revision", "5", "reasons", "x").want(t, http.StatusBadRequest, "not awaiting review")
		})

		t.Run("forms of any size and content", func(t *testing.T) {
			large := strings.Repeat("x", 300<<10)
			b.post(t, "/meetings/web/delegations/MEX/return", "revision", "5", "reasons", large).want(t, http.StatusRequestEntityTooLarge, "too large")
			newBrowser(t, env).post(t, "/sign-in", "key", large).want(t, http.StatusRequestEntityTooLarge, "too large")
			h.submit(t, "UNO", "TRES", "CUATRO", "SEIS")
			b.post(t, "/meetings/web/delegations/MEX/return", "revision", "6", "reasons", "\xff\x00 س\u200f\r\u202eb").leads(t, "/meetings/web")
			if d := h.delegation(t); strings.Join(d.GetReturnReasons(), "|") != "\ufffd س|b" {
				t.Errorf("%s, %q", d.GetState(), d.GetReturnReasons())
			}
		})
		t.Run("what was done is said where it was done, to who looks at it", func(t *testing.T) {
			newWebHouse(t, env, "web-next")
			admin := newBrowser(t, env).signIn(t, h.secretariat)
			h.submit(t, "UNO", "TRES", "CUATRO", "SIETE")
			admin.post(t, "/meetings/web/delegations/MEX/accept", "revision", "7").leads(t, "/meetings/web")
			admin.header.Set("Sec-Fetch-Dest", "empty") // the script
			if page := admin.get(t, "/meetings/web"); strings.Contains(page.body, "Accepted: ") {
				t.Error("a script is told")
			}
			admin.header.Set("Sec-Fetch-Dest", "document")
			admin.get(t, "/meetings/web").want(t, http.StatusOK, "Accepted: <bdi>Mexico</bdi>, revision 7.")
			h.submit(t, "UNO", "TRES", "CUATRO", "SIETE", "OCHO")
			admin.post(t, "/meetings/web/delegations/MEX/accept", "revision", "8").leads(t, "/meetings/web")
			if page := admin.get(t, "/meetings/web-next"); strings.Contains(page.body, "Accepted: ") {
				t.Error("it is said of another meeting")
			}
		})

		// The change log says who did it: the account, as through any door.
		changes, err := h.changes.ListChanges(apptest.As(t.Context(), h.Admin), &placardv1.ListChangesRequest{Meeting: "meetings/web", PageSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var done []string
		for _, c := range changes.GetChanges() {
			if c.GetResource() == name.Delegation("web", "MEX") && c.GetPrincipal() == "accounts/secretariat-web" {
				done = append(done, c.GetVerb())
			}
		}
		if strings.Join(done, " ") != "return accept accept return" {
			t.Errorf("the account did %v", done)
		}

		t.Run("a concluded meeting", func(t *testing.T) {
			h.submit(t, "UNO", "TRES", "CUATRO", "NUEVE")
			if _, err := h.meetings.ConcludeMeeting(apptest.As(t.Context(), h.Admin), &placardv1.ConcludeMeetingRequest{Name: "meetings/web"}); err != nil {
				t.Fatal(err)
			}
			page := b.get(t, "/meetings/web")
			page.want(t, http.StatusOK, "The meeting is concluded")
			if strings.Contains(page.body, "/accept") {
				t.Error("the page offers to accept")
			}
			b.post(t, "/meetings/web/delegations/MEX/accept", "revision", "9").want(t, http.StatusBadRequest, "concluded")
		})
	})
}

func TestWebLanguages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		b := newBrowser(t, env).signIn(t, h.secretariat)
		for lang, says := range map[string]string{
			"ar": "الكيانات المدعوّة", "zh": "受邀实体", "en": "Invited entities", "fr": "Entités invitées", "ru": "Приглашенные субъекты", "es": "Entidades invitadas",
		} {
			dir := "ltr"
			if lang == "ar" {
				dir = "rtl"
			}
			head := `<html lang="` + lang + `" dir="` + dir + `">`
			b.get(t, "/meetings/web?lang="+lang).want(t, http.StatusOK, head, says)
			// It is remembered.
			b.get(t, "/meetings/web").want(t, http.StatusOK, head, says)
			// The script fills in the time of an update.
			if text := strings.Replace(b.get(t, "/meetings/web?search=zz").body, "{time}", "", 1); strings.Contains(text, "{") {
				t.Errorf("a value is missing in %s:\n%s", lang, text)
			}
		}
		other := newBrowser(t, env)
		other.header.Set("Accept-Language", "de, fr;q=0.5")
		other.get(t, "/sign-in").want(t, http.StatusOK, `<html lang="fr"`, "Connexion")
		other.get(t, "/sign-in?lang=de").want(t, http.StatusOK, `<html lang="fr"`)
		// The title has no Arabic: it says which language it is in.
		b.get(t, "/meetings/web?lang=ar").want(t, http.StatusOK, `<bdi lang="en">Meeting web</bdi>`)
	})
}

func TestWebLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		h.submit(t, "UNO")
		b := newBrowser(t, env).signIn(t, h.secretariat)
		for query, want := range map[string][2]bool{ // Austria, Mexico
			"":                      {true, true},
			"?search=mex":           {false, true},
			"?delegation=NONE":      {true, false},
			"?delegation=SUBMITTED": {false, true},
			"?invitation=DRAFT":     {false, false},
			"?late=1":               {false, false},
		} {
			_, table, _ := strings.Cut(b.get(t, "/meetings/web"+query).body, `id="rows"`)
			if strings.Contains(table, "Austria") != want[0] || strings.Contains(table, "Mexico") != want[1] {
				t.Errorf("%q: %s", query, table)
			}
		}
		b.get(t, "/meetings?search=WEB&state=OPEN").want(t, http.StatusOK, "Meeting web")
		b.get(t, "/meetings?search=web&state=CONCLUDED").want(t, http.StatusOK, "no such meetings")
		b.get(t, "/meetings?state=nonsense").want(t, http.StatusOK, "Meeting web")
		b.get(t, "/meetings?after=nonsense").want(t, http.StatusBadRequest, "page token")
		b.get(t, "/meetings/web/registrations.svg").want(t, http.StatusOK, "<svg")
	})
}

// events reads the events of a stream until it ends.
func (b *browser) events(t *testing.T, path string) (events <-chan string, ended <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.env.HTTP+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %d %v", path, res.StatusCode, res.Header)
	}
	found, done := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = res.Body.Close() }()
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				found <- event
			}
		}
	}()
	return found, done
}

func within[T any](t *testing.T, what string, c <-chan T) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(15 * time.Second):
		t.Fatalf("%s: nothing after 15 s", what)
	}
}

func TestWebEvents(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		other := newWebHouse(t, env, "web-other")
		made, err := h.keys.CreateKey(apptest.As(t.Context(), h.Admin), &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_SECRETARIAT}})
		if err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, env).signIn(t, made.GetSecret())
		page := b.get(t, "/meetings/web")
		path := regexp.MustCompile(`data-events="([^"]+)"`).FindStringSubmatch(page.body)[1]

		// What happens between the page and the stream is not lost.
		h.submit(t, "UNO")
		events, ended := b.events(t, path)
		within(t, "a change before the stream", events)
		h.submit(t, "UNO", "DOS")
		within(t, "a change", events)
		other.submit(t, "UNO")
		select {
		case e := <-events:
			t.Errorf("%s of another meeting", e)
		case <-time.After(5 * time.Second):
		}

		newBrowser(t, env).get(t, path).leads(t, "/sign-in?next="+url.QueryEscape(path))

		if _, err := h.keys.RevokeKey(apptest.As(t.Context(), h.Admin), &placardv1.RevokeKeyRequest{Name: made.GetName()}); err != nil {
			t.Fatal(err)
		}
		within(t, "the key is revoked", ended)

		b = newBrowser(t, env).signIn(t, h.secretariat)
		_, ended = b.events(t, "/meetings/web/events")
		b.post(t, "/sign-out").leads(t, "/sign-in?after=sign-out")
		within(t, "signed out", ended)

		b.signIn(t, h.secretariat)
		head := b.do(t, http.MethodHead, "/meetings/web/events", nil)
		head.want(t, http.StatusOK)
		_, ended = b.events(t, "/meetings/web/events")
		if err := env.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		within(t, "the server stops", ended)
	})
}
