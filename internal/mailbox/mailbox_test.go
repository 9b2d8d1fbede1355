package mailbox_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/mailbox"
	"github.com/un-placard/placard/internal/prose"
)

func show(t *testing.T, folder, method string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mailbox.Handler(folder, slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, mailbox.Path, nil))
	return w
}

func TestOutbox(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "outbox")
	if w := show(t, folder, http.MethodGet); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "No message") {
		t.Errorf("an empty one: %d %s", w.Code, w.Body)
	}
	room, err := mail.Open(mail.Config{From: "Placard <placard@localhost>", Outbox: folder})
	if err != nil {
		t.Fatal(err)
	}
	for i, lang := range []string{"es", "ar"} {
		err := room.Send(t.Context(), mail.Message{
			ID: fmt.Sprint("000", i), To: "ana@x.example", Name: "Ana <b>", Language: lang, Date: time.Unix(0, 0),
			Text: prose.Text{Subject: "Título " + lang, Blocks: []prose.Block{
				{Text: "<script>alert(1)</script> ñ صورة"}, {Text: "http://127.0.0.1/photo/pll_x"}, {Text: "javascript:alert(1)"}}},
			Calendar: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "0005.eml"), []byte("no message"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := show(t, folder, http.MethodGet)
	body := w.Body.String()
	for _, want := range []string{
		`<h2 lang="ar" dir="rtl">Título ar</h2>`, "&lt;script&gt;alert(1)&lt;/script&gt; ñ صورة", "meeting.ics",
		`<a href="http://127.0.0.1/photo/pll_x">`, "ana@x.example",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s:\n%s", want, body)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, `href="javascript`) ||
		strings.Index(body, "Título ar") > strings.Index(body, "Título es") {
		t.Errorf("the page is\n%s", body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy %q", policy)
	}
	if w := show(t, folder, http.MethodPost); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
