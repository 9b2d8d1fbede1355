// Package examples_test runs the clients against a server, so that whoever
// copies from them copies what works.
package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/store/storetest"
)

// needs fails the test where a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s is needed to run this example: scripts/setup installs it (%v)", p, err)
		}
	}
}

// result is what a program left.
type result struct {
	code           int
	stdout, stderr string
}

// run runs an example in its folder's parent, with variables of its own and no
// proxy, and answers what it left.
func run(t *testing.T, environ []string, program string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); !strings.HasSuffix(strings.ToLower(name), "_proxy") && !strings.HasPrefix(name, "PLACARD_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, environ...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", program, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// want checks what a program left: its exit code, and parts of what it wrote.
func (r result) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	var wrong []string
	if r.code != code {
		wrong = append(wrong, fmt.Sprintf("exit code %d, want %d", r.code, code))
	}
	for _, p := range parts {
		if !strings.Contains(r.stdout+r.stderr, p) {
			wrong = append(wrong, fmt.Sprintf("it does not write %q", p))
		}
	}
	if len(wrong) > 0 {
		t.Fatalf("%s\nstdout:\n%s\nstderr:\n%s", strings.Join(wrong, "\n"), r.stdout, r.stderr)
	}
}

// env is a server with an open meeting that invites Austria and Mexico.
type env struct {
	*apptest.Env
	secretariat, mission string
}

const (
	meeting    = "meetings/examples"
	delegation = meeting + "/delegations/AUT"
)

func start(t *testing.T) *env {
	t.Helper()
	e := &env{Env: apptest.Start(t, storetest.SQLite)}
	e.secretariat = e.Key(t, placardv1.Access_SECRETARIAT, "")
	e.mission = e.Key(t, placardv1.Access_MISSION, "AUT")
	first := time.Now().AddDate(0, 1, 0)
	e.post(t, "meetings?meetingId=examples", map[string]any{
		"title":     map[string]string{"en": "Meeting of examples", "es": "Reunión de ejemplos"},
		"startDate": first.Format(time.DateOnly), "endDate": first.AddDate(0, 0, 2).Format(time.DateOnly),
		"timeZone": "Europe/Vienna",
	})
	e.post(t, meeting+":announce", nil)
	e.post(t, meeting+":open", nil)
	for _, code := range []string{"AUT", "MEX"} {
		e.post(t, meeting+"/invitations", map[string]string{"entity": "entities/" + code, "participationStatus": "STATE_PARTY"})
		e.post(t, meeting+"/invitations/"+code+":issue", nil)
	}
	return e
}

// post does something as the Secretariat.
func (e *env) post(t *testing.T, path string, body any) map[string]any {
	t.Helper()
	status, answer := e.REST(t, e.secretariat, http.MethodPost, "/v1/"+path, body)
	if status != http.StatusOK {
		t.Fatalf("POST %s: %d %v", path, status, answer)
	}
	return answer
}

func (e *env) settings(key string) []string {
	return []string{"PLACARD_URL=" + e.HTTP, "PLACARD_KEY=" + key}
}

func TestNightly(t *testing.T) {
	needs(t, "python3")
	e := start(t)
	nightly := func(args ...string) result {
		return run(t, e.settings(e.mission), "python3", append([]string{"python/nightly.py", delegation}, args...)...)
	}
	const book = "python/delegation.csv"

	nightly(book, "--dry-run").want(t, 0, "+ Erika MUSTERMANN (waits for review)", "nothing was sent")
	if status, _ := e.REST(t, e.mission, http.MethodGet, "/v1/"+delegation, nil); status != http.StatusNotFound {
		t.Fatalf("--dry-run wrote: %d", status)
	}
	nightly(book, "--note", "45/2026", "--note-date", "2026-11-20").want(t, 0, "4 changes", "SUBMITTED, revision 1")
	e.post(t, delegation+":accept", map[string]int{"revision": 1})
	nightly(book).want(t, 0, "no changes", "ACCEPTED, revision 1")

	lines := readLines(t, book)
	// A telephone number is corrected, somebody is new, somebody is gone.
	changed := write(t, append(strings.Split(strings.Replace(strings.Join(lines[:4], "\n"), "0000 02", "0000 22", 1), "\n"),
		`4715,,Nadie,Ejemplar,Expert,,EXPERT,,,en`)...)
	r := nightly(changed)
	r.want(t, 0, "~ Max von Beispiel: phone\n", "+ Nadie Ejemplar (waits for review)", "- Fulana Muestra\n", "SUBMITTED, revision 3")

	e.post(t, delegation+":return", map[string]any{"revision": 3, "reasons": []string{"The title of the expert is missing."}})
	nightly(changed).want(t, 1, "RETURNED", "returned: The title of the expert is missing.")

	// Everything that is wrong, with the line of the file; one cell has two lines.
	wrong := write(t, lines[0],
		`4711,,Erika,MUSTERMANN,"Permanent`, `Representative",,HEAD,erika.example.org,,en`,
		`4711,,Max,von Beispiel,,,HEAD,,,en`, `4713,,Ana,PRUEBA,,,KING,,,es`)
	nightly(wrong).want(t, 1, wrong+", line 5: role: must be one of HEAD")
	wrong = write(t, lines[0],
		`4711,,Erika,MUSTERMANN,"Permanent`, `Representative",,HEAD,erika.example.org,,en`,
		`4711,,Max,von Beispiel,,,HEAD,,,xx`)
	nightly(wrong).want(t, 1,
		wrong+", line 2: functionalTitle: ", "(STRING_LINE)", wrong+", line 2: email: ", "(STRING_MAILBOX)",
		wrong+", line 4: externalId: ", "(DUPLICATE_EXTERNAL_ID)", wrong+", line 4: role: ", "(TOO_MANY_HEADS)",
		wrong+", line 4: language: ", "(STRING_IN)")

	// An export that was cut short.
	short := write(t, lines[0], lines[1])
	nightly(short).want(t, 1, "TOO_MANY_WITHDRAWALS")
	nightly(short, "--max-withdrawals", "3").want(t, 0, "- Max von Beispiel")

	// What is never sent.
	nightly(write(t, lines[0])).want(t, 2, "has nobody in it")
	nightly(write(t, "externalId,shoeSize", "1,44")).want(t, 2, "shoeSize")
	nightly("nowhere.csv").want(t, 2, "nowhere.csv")
	run(t, nil, "python3", "python/nightly.py", delegation, book).want(t, 2, "PLACARD_KEY")
	run(t, e.settings("plc_wrong"), "python3", "python/nightly.py", delegation, book).want(t, 1, "UNAUTHENTICATED")

	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	nightly(book).want(t, 3, "not now")
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// write makes a file of lines, as a spreadsheet does: with a byte order mark.
func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.csv")
	if err := os.WriteFile(path, []byte("\ufeff"+strings.Join(lines, "\r\n")+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// submit sends a delegation and has it accepted.
func (e *env) submit(t *testing.T, code string, participants ...map[string]string) {
	t.Helper()
	e.post(t, meeting+"/delegations/"+code+":submit", map[string]any{"participants": participants})
	e.post(t, meeting+"/delegations/"+code+":accept", map[string]int{"revision": 1})
}

func TestList(t *testing.T) {
	needs(t, "node")
	e := start(t)
	e.submit(t, "MEX", map[string]string{"familyName": "EJEMPLO", "givenName": "Juana", "role": "HEAD", "functionalTitle": "Directora"})
	e.submit(t, "AUT", map[string]string{"familyName": "MUSTERMANN", "givenName": "Erika", "honorific": "Mag.", "role": "HEAD"},
		map[string]string{"familyName": "DOLMETSCH", "role": "INTERPRETER"})
	reader := e.settings(e.Key(t, placardv1.Access_READER, ""))

	r := run(t, reader, "node", "node/list.mjs", "examples", "es")
	r.want(t, 0, "Reunión de ejemplos\n", "\n  Austria\n    Mag. Erika MUSTERMANN\n\n  México\n    Juana EJEMPLO, Directora\n", "\n2 / 2\n")
	run(t, reader, "node", "node/list.mjs", "examples", "fr").want(t, 0, "Meeting of examples [en]\n", "\n  Autriche\n")

	run(t, reader, "node", "node/list.mjs", "examples", "es", "--provisional").want(t, 1, "HTTP 403", "FIELD_NOT_WRITABLE")
	run(t, e.settings(e.secretariat), "node", "node/list.mjs", "examples", "es", "--provisional").want(t, 0, "Reunión de ejemplos *")
	run(t, reader, "node", "node/list.mjs", "nowhere", "es").want(t, 1, "HTTP 404", "NOT_FOUND")
	run(t, reader, "node", "node/list.mjs", "examples", "tlh").want(t, 2, "usage")
	run(t, nil, "node", "node/list.mjs", "examples", "es").want(t, 2, "PLACARD_KEY")
}

func TestVerify(t *testing.T) {
	needs(t, "python3", "openssl")
	e := start(t)
	e.submit(t, "AUT", map[string]string{"familyName": "MÜSTERMANN \"\\\U0001F600", "givenName": "Erika", "role": "HEAD"})
	e.post(t, meeting+"/participantList:issue", nil)
	_, list := apptest.Do(t, e.Request(t, e.secretariat, http.MethodGet, "/v1/"+meeting+"/participantList:export?format=JSON&language=es", nil))
	verify := func(list []byte) result {
		path := filepath.Join(t.TempDir(), "list.json")
		if err := os.WriteFile(path, list, 0o600); err != nil {
			t.Fatal(err)
		}
		return run(t, e.settings(""), "python3", "python/verify.py", path)
	}
	verify(list).want(t, 0, meeting+"/participantList, es: 1 persons")
	verify(bytes.Replace(list, []byte("Erika"), []byte("Erike"), 1)).want(t, 1, "changed after it was sealed")
	verify(bytes.Replace(list, []byte(`"signature":"`), []byte(`"signature":"AAAA`), 1)).want(t, 1, "signature of the seal is wrong")
	verify(bytes.Replace(list, []byte(`"language":"es"`), []byte(`"language":"es","language":"en"`), 1)).want(t, 1, "not a sealed list")
	verify([]byte("[]")).want(t, 1, "not a sealed list")
	var sealed struct{ Seal struct{ SigningKey string } }
	if err := json.Unmarshal(list, &sealed); err != nil {
		t.Fatal(err)
	}
	admin := e.Key(t, placardv1.Access_ADMIN, "")
	if status, answer := e.REST(t, admin, http.MethodPost, "/v1/"+sealed.Seal.SigningKey+":revoke", nil); status != http.StatusOK {
		t.Fatalf("revoke: %d %v", status, answer)
	}
	verify(list).want(t, 1, "not published")
	run(t, e.settings(""), "python3", "python/verify.py", "nowhere.json").want(t, 2, "nowhere.json")
	run(t, nil, "python3", "python/verify.py", "list.json").want(t, 2, "usage")
}

func TestFollow(t *testing.T) {
	e := start(t)
	program := filepath.Join(t.TempDir(), "follow")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./go/follow").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cursor := filepath.Join(t.TempDir(), "changes.cursor")
	follow := func(key string, more ...string) result {
		return run(t, e.settings(key), program,
			append([]string{"-grpc", e.GRPC.Target(), "-plaintext", "-once", "-cursor", cursor}, more...)...)
	}

	r := follow(e.mission)
	r.want(t, 0)
	if got, want := resources(t, r.stdout), []string{"issue " + meeting + "/invitations/AUT"}; !contains(got, want) || contains(got, []string{"MEX"}) {
		t.Errorf("the mission sees %q, want %q among them and nothing of Mexico", got, want)
	}
	follow(e.mission).want(t, 0)
	e.submit(t, "AUT", map[string]string{"familyName": "MUSTERMANN", "role": "HEAD"})
	e.submit(t, "MEX", map[string]string{"familyName": "EJEMPLO", "role": "HEAD"})
	r = follow(e.mission)
	r.want(t, 0)
	got := resources(t, r.stdout)
	if !contains(got, []string{"submit " + delegation, "create " + delegation + "/participants/", "accept " + delegation}) ||
		contains(got, []string{"MEX"}) || contains(got, []string{"issue"}) {
		t.Errorf("the mission sees %q: want only what is new, and nothing of Mexico", got)
	}
	if r = follow(e.mission); r.code != 0 || r.stdout != "" {
		t.Errorf("with nothing new: %+v", r)
	}

	follow(e.secretariat).want(t, 1, "PAGE_TOKEN_INVALID") // the cursor is the mission's
	run(t, nil, program).want(t, 2, "PLACARD_KEY")
	run(t, e.settings(e.mission), program, "-plaintext", "-grpc", "placard.example.org:9090").want(t, 2, "TLS")

	if _, err := e.Store.RenewEpoch(access.AsSystem(t.Context())); err != nil {
		t.Fatal(err)
	}
	follow(e.mission).want(t, 3, "FEED_RESTARTED")
	if _, err := os.Stat(cursor); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cursor of before is still there: %v", err)
	}
	if r = follow(e.mission); r.code != 0 || !contains(resources(t, r.stdout), []string{"issue", "accept"}) {
		t.Errorf("from the beginning: %+v", r)
	}
}

// resources shows changes as "verb resource".
func resources(t *testing.T, lines string) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(lines) {
		var c placardv1.Change
		if err := protojson.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if strings.HasSuffix(c.GetResource(), "/") {
			t.Errorf("change %d names nothing that could be read: %s", c.GetSequence(), c.GetResource())
		}
		out = append(out, c.GetVerb()+" "+c.GetResource())
	}
	return out
}

// contains tells whether all parts occur in lines.
func contains(lines, parts []string) bool {
	all := strings.Join(lines, "\n")
	for _, p := range parts {
		if !strings.Contains(all, p) {
			return false
		}
	}
	return true
}

func TestStory(t *testing.T) {
	needs(t, "bash", "curl", "jq")
	e := start(t)
	run(t, e.settings(e.secretariat), "bash", "curl/story.sh", "story").want(t, 0,
		"meetings/story: DRAFT, deadline ", "meetings/story/invitations/AUT: DRAFT", "entities/AUT, MISSION",
		"HTTP 400", "participants[0].email: ", "(STRING_MAILBOX)", "participants[1].role: ", "(TOO_MANY_HEADS)",
		"ADDED Max von Beispiel (waits for review)", "SUBMITTED, revision 1", "meetings/story/delegations/AUT: revision 1, 2 participants",
		"CHANGED Max von Beispiel phone", "ACCEPTED, revision 2", "Reunión de ejemplos", "    Erika MUSTERMANN",
		"entities/AUT submit meetings/story/delegations/AUT\n", "secretariat accept meetings/story/delegations/AUT\n")
	run(t, e.settings(e.secretariat), "bash", "curl/story.sh", "story").want(t, 1, "HTTP 409", "ALREADY_EXISTS")
	run(t, nil, "bash", "curl/story.sh").want(t, 1, "PLACARD_URL")

	// The keys that it makes have an end.
	status, keys := e.REST(t, e.secretariat, http.MethodGet, "/v1/keys", nil)
	text, err := json.Marshal(keys)
	if status != http.StatusOK || err != nil || !strings.Contains(string(text), `"expireTime"`) {
		t.Errorf("keys: %d %s %v", status, text, err)
	}
}
