package seal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func signer(t *testing.T, s *store.Store, sec secret.Secret) *seal.Signer {
	t.Helper()
	made, err := seal.New(seal.Config{Store: s, Secret: sec})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// published are the keys of a store as everybody reads them.
func published(ctx context.Context, t *testing.T, s *store.Store) seal.Keys {
	t.Helper()
	set, err := seal.Published(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ReadKeys(bytes.NewReader(set))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func list() *placardv1.ParticipantList {
	return &placardv1.ParticipantList{
		Name: "meetings/m1/participantList", Title: &placardv1.ShownText{Text: "Réunion <1> & \"2\"\u2028", Language: "fr"}, Language: "fr",
		Parts: []*placardv1.ParticipantList_Part{{
			ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Heading: "États parties",
			Delegations: []*placardv1.ParticipantList_Delegation{
				{
					Entity: "entities/AUT", EntityName: &placardv1.ShownText{Text: "Autriche"}, Late: proto.Bool(false),
					Persons: []*placardv1.ParticipantList_Person{{DisplayName: "A/B \\ 😀", LatinName: "é"}},
				},
				{Entity: "entities/BEL", Persons: []*placardv1.ParticipantList_Person{{DisplayName: "C"}}},
			},
		}},
		DelegationCount: 2, PersonCount: 2, Sequence: proto.Int64(12345678901234567),
	}
}

// sealed is a list with its seal, in canonical form.
func sealed(ctx context.Context, t *testing.T, s *seal.Signer, key string, l *placardv1.ParticipantList) []byte {
	t.Helper()
	text, err := seal.Canonical(l)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(text)
	if l.Seal, err = s.Sign(ctx, key, hash[:]); err != nil {
		t.Fatal(err)
	}
	if text, err = seal.Canonical(l); err != nil {
		t.Fatal(err)
	}
	return text
}

func active(ctx context.Context, t *testing.T, s *seal.Signer) string {
	t.Helper()
	key, err := s.Active(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestVerify(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	ctx := storetest.System(t)
	by := signer(t, s, secret.New())
	key := active(ctx, t, by)
	l := list()
	file := sealed(ctx, t, by, key, l)
	keys := published(ctx, t, s)

	indented := &bytes.Buffer{}
	if err := json.Indent(indented, file, "", "  "); err != nil {
		t.Fatal(err)
	}
	want := proto.CloneOf(l)
	want.Parts = nil
	for name, good := range map[string]string{
		"as it is":                  string(file),
		"indented":                  indented.String() + "\n",
		"escaped":                   strings.ReplaceAll(string(file), "é", `\u00e9`),
		"another order of a person": strings.Replace(string(file), `"displayName":"C","functionalTitle":""`, `"functionalTitle":"","displayName":"C"`, 1),
	} {
		got, err := seal.Verify(iotest.OneByteReader(strings.NewReader(good)), keys)
		if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}

	other := storetest.Open(t, storetest.SQLite)
	others := signer(t, other, secret.New())
	foreign := sealed(ctx, t, others, active(ctx, t, others), list())
	lied := strings.Replace(string(foreign), active(ctx, t, others), key, 1)
	for name, bad := range map[string]struct {
		file string
		want error
	}{
		"a letter":                      {strings.Replace(string(file), "Autriche", "Autrichf", 1), seal.ErrChanged},
		"a person less":                 {strings.Replace(string(file), `"personCount":2`, `"personCount":1`, 1), seal.ErrChanged},
		"a member more":                 {strings.Replace(string(file), `"language"`, `"just":1,"language"`, 1), seal.ErrChanged},
		"a member twice":                {strings.Replace(string(file), `"language":"fr","name"`, `"language":"fr","language":"en","name"`, 1), seal.ErrNotSealed},
		"a member in another place":     {strings.Replace(strings.Replace(string(file), `"personCount":2,`, "", 1), `"seal"`, `"personCount":2,"seal"`, 1), seal.ErrChanged},
		"another hash in the seal":      {strings.Replace(string(file), l.GetSeal().GetSha256(), strings.Repeat("0", 64), 1), seal.ErrChanged},
		"a byte that is not UTF-8":      {strings.Replace(string(file), "Autriche", "Autrich\xff", 1), seal.ErrNotSealed},
		"another server":                {string(foreign), seal.ErrUnknownKey},
		"another server, our key":       {lied, seal.ErrSignature},
		"no seal":                       {strings.Replace(string(file), `"seal"`, `"sead"`, 1), seal.ErrNotSealed},
		"half a file":                   {string(file[:len(file)/2]), seal.ErrNotSealed},
		"something behind":              {string(file) + "{}", seal.ErrNotSealed},
		"nothing":                       {"", seal.ErrNotSealed},
		"an array":                      {"[]", seal.ErrNotSealed},
		"a word":                        {"true", seal.ErrNotSealed},
		"CSV":                           {"Entity;Name\n", seal.ErrNotSealed},
		"the error of a server":         {`{"code":5,"message":"not found","details":[]}`, seal.ErrNotSealed},
		"a seal that is a text":         {`{"seal":"x"}`, seal.ErrNotSealed},
		"a seal that has nothing in it": {`{"seal":{}}`, seal.ErrNotSealed},
		"a word more in the seal":       {strings.Replace(string(file), `"seal":{`, `"seal":{"note":"of the final list",`, 1), seal.ErrNotSealed},
		"a seal in other words":         {strings.Replace(string(file), `"signingKey"`, `"signing_key"`, 1), seal.ErrNotSealed},
		"another spelling of its bytes": {strings.Replace(string(file), `==","signingKey"`, `","signingKey"`, 1), seal.ErrNotSealed},
	} {
		if got, err := seal.Verify(strings.NewReader(bad.file), keys); !errors.Is(err, bad.want) || got != nil {
			t.Errorf("%s: %v, want %v", name, err, bad.want)
		}
	}
	broken := errors.New("broken")
	if _, err := seal.Verify(io.MultiReader(bytes.NewReader(file[:100]), iotest.ErrReader(broken)), keys); !errors.Is(err, broken) || errors.Is(err, seal.ErrNotSealed) {
		t.Errorf("of a file that cannot be read: %v", err)
	}
}

// TestVerifyEveryByte changes each byte of a list in turn.
func TestVerifyEveryByte(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	ctx := storetest.System(t)
	by := signer(t, s, secret.New())
	file := sealed(ctx, t, by, active(ctx, t, by), list())
	keys := published(ctx, t, s)
	for i := range file {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if got, err := seal.Verify(bytes.NewReader(changed), keys); err == nil {
			t.Errorf("%s is taken for sealed: %v", changed, got)
		}
	}
}

// TestVerifyLong looks that the memory that is taken does not grow with the list.
func TestVerifyLong(t *testing.T) {
	person := `{"displayName":"` + strings.Repeat("x", 200) + `"}`
	one := `{"entity":"entities/AUT","persons":[` + strings.Repeat(person+",", 19) + person + `]}`
	const delegations = 10_000
	file := []io.Reader{strings.NewReader(`{"parts":[{"delegations":[` + one)}
	for range delegations - 1 {
		file = append(file, strings.NewReader(","), strings.NewReader(one))
	}
	file = append(file, strings.NewReader(`]}]}`))
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	before, peak, reads := now.HeapInuse, uint64(0), 0
	rest := io.MultiReader(file...)
	watched := readerFunc(func(p []byte) (int, error) {
		if reads++; reads%100 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse)
		}
		return rest.Read(p)
	})
	if _, err := seal.Verify(watched, nil); !errors.Is(err, seal.ErrNotSealed) || !strings.HasSuffix(err.Error(), "it has no seal") {
		t.Errorf("without a seal: %v", err)
	}
	if grown := int64(peak) - int64(before); grown > 8<<20 {
		t.Errorf("a list of %d MB takes %d MB of memory", delegations*len(one)>>20, grown>>20)
	}
	letters := readerFunc(func(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte("x"), len(p))), nil })
	_, err := seal.Verify(io.MultiReader(strings.NewReader(`{"name":"`), letters), nil)
	if !errors.Is(err, seal.ErrNotSealed) {
		t.Errorf("of a text without end: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestCanonical(t *testing.T) {
	got, err := seal.Canonical(&placardv1.ParticipantList{
		Name: "meetings/m1/participantList", Title: &placardv1.ShownText{Text: "é <&> \"\\/\t\x1f\u2028\U0001F600"},
		Sequence: proto.Int64(12345678901234567), PersonCount: 1,
	})
	want := `{"delegationCount":0,"language":"","name":"meetings/m1/participantList","parts":[],` +
		`"personCount":1,"provisional":false,"sequence":"12345678901234567",` +
		`"title":{"fallback":false,"language":"","text":"é <&> \"\\/\t\u001f` + "\u2028\U0001F600" + `"}}`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestReadKeys(t *testing.T) {
	// The public key of RFC 8037, A.2, whose thumbprint A.3 tells.
	keys, err := seal.ReadKeys(strings.NewReader(`{"keys":[
		{"kty":"EC","crv":"P-256","kid":"other","x":"","y":""},
		{"kty":"OKP","crv":"Ed25519","kid":"mine","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty":"OKP","crv":"Ed25519","x":"short"}]}`))
	if _, ok := keys["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]; err != nil || !ok || len(keys) != 1 {
		t.Errorf("%v, %v", keys, err)
	}
	for _, bad := range []string{"", "[]", "{}", "<html>", `{"keys":1}`, strings.Repeat(" ", 2<<20)} {
		if keys, err := seal.ReadKeys(strings.NewReader(bad)); err == nil {
			t.Errorf("%.20q is taken for %v", bad, keys)
		}
	}
}
