package main

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store/storetest"
)

// sealed makes a list that is sealed by the keys of a server.
func sealed(t *testing.T, env *apptest.Env) []byte {
	t.Helper()
	sec, err := secret.Open(filepath.Join(env.Config.Dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.New(seal.Config{Store: env.Store, Secret: sec})
	if err != nil {
		t.Fatal(err)
	}
	list := &placardv1.ParticipantList{
		Name: "meetings/m1/participantList", Title: &placardv1.ShownText{Text: "Reunión"}, Language: "es",
		PersonCount: 312, DelegationCount: 56, Sequence: proto.Int64(4711),
	}
	text, err := seal.Canonical(list)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(text)
	key, err := signer.Active(storetest.System(t))
	if err != nil {
		t.Fatal(err)
	}
	if list.Seal, err = signer.Sign(storetest.System(t), key, hash[:]); err != nil {
		t.Fatal(err)
	}
	if text, err = seal.Canonical(list); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestVerify(t *testing.T) {
	env := apptest.Start(t, storetest.SQLite)
	list := sealed(t, env)
	_, keys := apptest.Do(t, env.Request(t, "", http.MethodGet, "/.well-known/jwks.json", nil))
	good, changed := file(t, string(list)), file(t, strings.Replace(string(list), "312", "313", 1))
	page := httptest.NewServer(http.RedirectHandler(env.HTTP, http.StatusFound))
	t.Cleanup(page.Close)
	silent := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(silent.Close)

	for name, c := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"by the server":        {[]string{good, "--server", env.HTTP}, 0, []string{"4711", "meetings/m1/participantList", "Reunión", "es", "312 in 56", "signingKeys/", env.HTTP}},
		"by a file":            {[]string{good, "--keys", file(t, string(keys))}, 0, []string{"312 in 56"}},
		"changed":              {[]string{changed, "--server", env.HTTP + "/"}, 1, []string{changed, "changed after it was sealed"}},
		"by other keys":        {[]string{good, "--keys", file(t, `{"keys":[]}`)}, 1, []string{"not published"}},
		"by no keys":           {[]string{good, "--keys", good}, 1, []string{"not a JSON Web Key Set"}},
		"no list":              {[]string{file(t, "a,b\n"), "--server", env.HTTP}, 1, []string{"not a sealed list"}},
		"no file":              {[]string{"nowhere.json", "--server", env.HTTP}, 1, []string{"nowhere.json"}},
		"no file of keys":      {[]string{good, "--keys", "nowhere.json"}, 1, []string{"nowhere.json"}},
		"no server":            {[]string{good, "--server", "http://" + apptest.FreeAddress(t)}, 1, []string{"refused"}},
		"another page":         {[]string{good, "--server", page.URL}, 1, []string{"302"}},
		"an unknown authority": {[]string{good, "--server", silent.URL}, 1, []string{"certificate"}},
		"without TLS":          {[]string{good, "--server", "http://placard.example.org"}, 2, []string{"https://"}},
		"a host by itself":     {[]string{good, "--server", "placard.example.org"}, 2, []string{"want the URL"}},
		"neither":              {[]string{good}, 2, []string{"either --server or --keys"}},
		"both":                 {[]string{good, "--server", env.HTTP, "--keys", good}, 2, []string{"either"}},
		"two files":            {[]string{good, good, "--server", env.HTTP}, 2, []string{"accepts 1 arg"}},
	} {
		code, out, errs := placard(t, append([]string{"verify"}, c.args...)...)
		for _, want := range c.want {
			if text := map[bool]string{true: out, false: errs}[c.code == 0]; code != c.code || !strings.Contains(text, want) {
				t.Errorf("%s: exit code %d, want %d and %q:\n%s%s", name, code, c.code, want, out, errs)
			}
		}
		if c.code != 0 && strings.Contains(out+errs, "Reunión") {
			t.Errorf("%s: it says what is not proven:\n%s", name, out+errs)
		}
	}

	root := newRoot(nil)
	var out bytes.Buffer
	root.SetArgs([]string{"verify", "-", "--server", env.HTTP})
	root.SetIn(bytes.NewReader(list))
	root.SetOut(&out)
	if err := root.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "312 in 56") {
		t.Errorf("from standard input: %v\n%s", err, &out)
	}
}
