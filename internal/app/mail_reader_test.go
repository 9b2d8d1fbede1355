package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/store/storetest"
)

// python answers a Python that has the mail server aiosmtpd. Where there is none the
// test is left out, unless PLACARD_TEST_MAIL=required.
func python(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), p, "-c", "import aiosmtpd").Run() == nil {
			return p
		}
	}
	if os.Getenv("PLACARD_TEST_MAIL") == "required" {
		t.Fatal("there is no python3 with aiosmtpd (Debian: python3-aiosmtpd)")
	}
	t.Skip("there is no python3 with aiosmtpd (Debian: python3-aiosmtpd)")
	return ""
}

// readMail is a message as Python's email package reads it.
type readMail struct {
	RcptTo      []string `json:"rcpt_to"`
	To          string   `json:"to"`
	ToName      string   `json:"to_name"`
	From        string   `json:"from"`
	FromName    string   `json:"from_name"`
	ReplyTo     string   `json:"reply_to"`
	Subject     string   `json:"subject"`
	MessageID   string   `json:"message_id"`
	Date        string   `json:"date"`
	Language    string   `json:"language"`
	Auto        string   `json:"auto"`
	Unsubscribe string   `json:"unsubscribe"`
	Plain       string   `json:"plain"`
	HTML        string   `json:"html"`
	Calendar    string   `json:"calendar"`
	Defects     []string `json:"defects"`
	Longest     int      `json:"longest"`
}

// TestMailIsReadByOthers: an independent mail server takes the messages, and an
// independent reader finds in each what is to be there, in all six languages.
func TestMailIsReadByOthers(t *testing.T) {
	interpreter := python(t)
	address := apptest.FreeAddress(t)
	peer := exec.CommandContext(t.Context(), interpreter, filepath.Join("testdata", "mailserver.py"), address)
	var wrong bytes.Buffer
	peer.Stderr = &wrong
	stdout, err := peer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = peer.Process.Kill()
		_ = peer.Wait() // killed
	})
	eventually(t, "the mail server to listen", func() bool { return apptest.Listens(address) })

	env := apptest.Start(t, storetest.SQLite, withMail(address), func(cfg *config.Config) {
		cfg.PublicURL, cfg.MailFrom = "https://placard.example", "Секретариат <placard@placard.example>"
	})
	c := newClients(t, env, env.GRPC, "reader")
	titles := &placardv1.LocalizedText{
		Ar: "اجتماع الفريق العامل", Zh: "工作组会议", En: "Meeting of the working group",
		Fr: "Réunion du groupe de travail", Ru: "Совещание рабочей группы", Es: "Reunión del grupo de trabajo",
	}
	meeting := c.newMeeting(t, "m", func(m *placardv1.Meeting) {
		m.Title = titles
		m.SecretariatContact = &placardv1.Meeting_SecretariatContact{Email: "office@un.example"}
	}, "MEX")
	names := map[string][2]string{
		"ar": {"ليلى", "مثال"}, "zh": {"样", "例"}, "en": {"Ann", "O'Example"}, "fr": {"Zoé", "d’Essai"}, "ru": {"Анна", "Примерова"}, "es": {"José", "Ñandú Ejemplo"},
	}
	var persons []*placardv1.Participant
	for _, lang := range locale.Languages() {
		persons = append(persons, withEmail(person("", names[lang][0], names[lang][1], placardv1.Participant_ADVISER), lang+"@x.example", lang))
	}
	c.submitAccepted(c.As(t, c.Admin), t, meeting+"/delegations/MEX", persons...)

	lines := bufio.NewReader(stdout)
	for range persons {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatalf("the reader ended: %v\n%s", err, &wrong)
		}
		var m readMail
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		lang := m.Language
		if !slices.Contains(locale.Languages(), lang) {
			t.Fatalf("a message in %q", lang)
		}
		name := locale.DisplayName(names[lang][0], names[lang][1])
		for what, tt := range map[string][2]string{
			"recipient": {strings.Join(m.RcptTo, " "), lang + "@x.example"}, "To": {m.To, lang + "@x.example"}, "name": {m.ToName, name},
			"From": {m.From, "placard@placard.example"}, "name of the sender": {m.FromName, "Секретариат"}, "Reply-To": {m.ReplyTo, "office@un.example"},
			"Auto-Submitted": {m.Auto, "auto-generated"}, "List-Unsubscribe": {m.Unsubscribe, ""}, "defects": {strings.Join(m.Defects, " "), ""},
		} {
			if tt[0] != tt[1] {
				t.Errorf("%s: %s is %q, want %q", lang, what, tt[0], tt[1])
			}
		}
		direction := "ltr"
		if lang == "ar" {
			direction = "rtl"
		}
		title := locale.In(titles, lang)
		const link = "https://placard.example/photo/pll_"
		if !strings.Contains(m.Subject, title) || !strings.Contains(m.Plain, title) || !strings.Contains(m.HTML, title) ||
			!strings.Contains(m.Plain, name) || !strings.Contains(m.Plain, "\n"+link) || !strings.Contains(m.HTML, `<a href="`+link) ||
			!strings.Contains(m.HTML, `<html lang="`+lang+`" dir="`+direction+`">`) {
			t.Errorf("%s: %s\n%s\n%s", lang, m.Subject, m.Plain, m.HTML)
		}
		if m.Date == "" || !strings.HasSuffix(m.MessageID, "@placard.example>") || m.Longest > 998 ||
			!strings.HasPrefix(m.Calendar, "BEGIN:VCALENDAR") || !strings.Contains(m.Calendar, "METHOD:PUBLISH") {
			t.Errorf("%s: date %q, id %q, longest line %d, calendar %q", lang, m.Date, m.MessageID, m.Longest, m.Calendar)
		}
	}
}
