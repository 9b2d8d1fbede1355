package app_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store/storetest"
)

const jwksPath = "/.well-known/jwks.json"

// published is the set of keys as everybody reads it.
func (c *clients) published(t *testing.T) []byte {
	t.Helper()
	status, set := apptest.Do(t, c.Request(t, "", http.MethodGet, jwksPath, nil))
	if status != http.StatusOK {
		t.Fatalf("%s answers %d: %s", jwksPath, status, set)
	}
	return set
}

func (c *clients) rotate(t *testing.T) *placardv1.SigningKey {
	t.Helper()
	return must(c.signingKeys.RotateSigningKey(c.As(t, c.Admin), &placardv1.RotateSigningKeyRequest{}))(t)
}

func TestSigningKeys(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "keys", nil, "AUT", "MEX")
		first, second := c.rotate(t), c.rotate(t)
		want := must(c.signingKeys.ListSigningKeys(admin, &placardv1.ListSigningKeysRequest{}))(t)
		if got := want.GetSigningKeys(); len(got) < 2 || got[0].GetName() != second.GetName() || got[1].GetName() != first.GetName() ||
			got[0].GetState() != placardv1.SigningKey_ACTIVE || got[1].GetState() != placardv1.SigningKey_RETIRED {
			t.Fatalf("list: %v", want)
		}
		for who, key := range map[string]string{
			"secretariat": c.Key(t, "secretariat", ""), "secretariat of another meeting": c.Key(t, "secretariat", "", meeting),
			"mission": c.Key(t, "mission", "AUT"), "pass office": c.Key(t, "pass_office", ""),
			"gate": c.Key(t, "gate", ""), "reader": c.Key(t, "reader", ""),
		} {
			ctx := c.As(t, key)
			got := must(c.signingKeys.ListSigningKeys(ctx, &placardv1.ListSigningKeysRequest{}))(t)
			equal(t, "list of "+who, got, want)
			one := must(c.signingKeys.GetSigningKey(ctx, &placardv1.GetSigningKeyRequest{Name: first.GetName()}))(t)
			equal(t, "key of "+who, one, want.GetSigningKeys()[1])
			_, err := c.signingKeys.RotateSigningKey(ctx, &placardv1.RotateSigningKeyRequest{})
			wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
			_, err = c.signingKeys.RevokeSigningKey(ctx, &placardv1.RevokeSigningKeyRequest{Name: first.GetName()})
			wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		}

		// A page token is bound to its caller, also where all see the same.
		austria, mexico := c.As(t, c.Key(t, "mission", "AUT")), c.As(t, c.Key(t, "mission", "MEX"))
		page := must(c.signingKeys.ListSigningKeys(austria, &placardv1.ListSigningKeysRequest{PageSize: 1, Filter: "state = RETIRED OR state = ACTIVE"}))(t)
		next := &placardv1.ListSigningKeysRequest{PageSize: 1, Filter: "state = RETIRED OR state = ACTIVE", PageToken: page.GetNextPageToken()}
		equal(t, "next page", must(c.signingKeys.ListSigningKeys(austria, next))(t).GetSigningKeys()[0].GetName(), first.GetName())
		_, err := c.signingKeys.ListSigningKeys(mexico, next)
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")

		// Keys of other installations, and names that are none.
		foreign := "signingKeys/" + strings.Repeat("A", 43)
		_, err = c.signingKeys.GetSigningKey(austria, &placardv1.GetSigningKeyRequest{Name: foreign})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = c.signingKeys.RevokeSigningKey(admin, &placardv1.RevokeSigningKeyRequest{Name: foreign})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = c.signingKeys.GetSigningKey(austria, &placardv1.GetSigningKeyRequest{Name: "signingKeys/-"})
		wantFault(t, err, codes.InvalidArgument, "STRING_PATTERN")

		// Revoked with the etag from before, as it is, and again.
		_, err = c.signingKeys.RevokeSigningKey(admin, &placardv1.RevokeSigningKeyRequest{Name: first.GetName(), Etag: first.GetEtag()})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		once := &placardv1.RevokeSigningKeyRequest{Name: first.GetName(), Etag: want.GetSigningKeys()[1].GetEtag(), RequestId: c.id + "-revoke"}
		revoked := must(c.signingKeys.RevokeSigningKey(admin, once))(t)
		equal(t, "revoked once more with the same request id", must(c.signingKeys.RevokeSigningKey(admin, once))(t), revoked)
		_, err = c.signingKeys.RevokeSigningKey(admin, &placardv1.RevokeSigningKeyRequest{Name: first.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "SIGNING_KEY_REVOKED")

		// The set has what the list has, without what was revoked.
		var set struct {
			Keys []map[string]string `json:"keys"`
		}
		if err := json.Unmarshal(c.published(t), &set); err != nil {
			t.Fatal(err)
		}
		var trusted []map[string]string
		for _, k := range must(c.signingKeys.ListSigningKeys(admin, &placardv1.ListSigningKeysRequest{Filter: "state != REVOKED"}))(t).GetSigningKeys() {
			trusted = append(trusted, map[string]string{
				"kid": strings.TrimPrefix(k.GetName(), "signingKeys/"), "x": base64.RawURLEncoding.EncodeToString(k.GetPublicKey()),
				"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "use": "sig",
			})
		}
		equal(t, "published keys", set.Keys, trusted)

		// The change log says who did what; only who sees everything reads it.
		verbs := func(key string) []string {
			var out []string
			for _, change := range must(c.changes.ListChanges(c.As(t, key), &placardv1.ListChangesRequest{
				Filter: `resource_type = "placard.un.org/SigningKey"`,
			}))(t).GetChanges() {
				if slices.Contains([]string{first.GetName(), second.GetName()}, change.GetResource()) {
					out = append(out, change.GetVerb()+" "+change.GetResource()+" by "+change.GetPrincipal())
				}
			}
			return out
		}
		equal(t, "changes", verbs(c.Admin), []string{
			"create " + first.GetName() + " by accounts/admin", "create " + second.GetName() + " by accounts/admin",
			"rotate " + first.GetName() + " by accounts/admin", "revoke " + first.GetName() + " by accounts/admin",
		})
		for who, key := range map[string]string{
			"mission": c.Key(t, "mission", "AUT"), "pass office": c.Key(t, "pass_office", ""), "secretariat of one meeting": c.Key(t, "secretariat", "", meeting),
		} {
			equal(t, "changes for "+who, verbs(key), []string(nil))
		}
	})
}

// TestPublishedKeys is about the path of the set by itself.
func TestPublishedKeys(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "grpc")
		if set := c.published(t); string(set) != `{"keys":[]}` {
			t.Errorf("before the first key: %s", set)
		}
		c.rotate(t)
		ask := func(method, tag string) (*http.Response, string) {
			t.Helper()
			req := env.Request(t, "", method, jwksPath, nil)
			if tag != "" {
				req.Header.Set("If-None-Match", tag)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var body bytes.Buffer
			if _, err := body.ReadFrom(res.Body); err != nil {
				t.Fatal(err)
			}
			return res, body.String()
		}
		res, set := ask(http.MethodGet, "")
		tag := res.Header.Get("ETag")
		if res.Header.Get("Content-Type") != "application/jwk-set+json" || res.Header.Get("Cache-Control") != "public, max-age=300" || tag == "" {
			t.Errorf("headers: %v", res.Header)
		}
		if res, body := ask(http.MethodGet, tag); res.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("unchanged: %d %s", res.StatusCode, body)
		}
		if res, body := ask(http.MethodHead, ""); res.StatusCode != http.StatusOK || body != "" || res.Header.Get("ETag") != tag {
			t.Errorf("HEAD: %d %s %v", res.StatusCode, body, res.Header)
		}
		if res, body := ask(http.MethodPost, ""); res.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(body, "METHOD_NOT_ALLOWED") {
			t.Errorf("POST: %d %s", res.StatusCode, body)
		}
		c.rotate(t)
		if res, body := ask(http.MethodGet, tag); res.StatusCode != http.StatusOK || body == set {
			t.Errorf("changed: %d %s", res.StatusCode, body)
		}
	})
	env := apptest.Start(t, storetest.SQLite, func(cfg *config.Config) { cfg.AddressRate, cfg.AddressBurst = 0.001, 2 })
	var codes []int
	for range 3 {
		status, _ := apptest.Do(t, env.Request(t, "", http.MethodGet, jwksPath, nil))
		codes = append(codes, status)
	}
	equal(t, "asked too often", codes, []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests})
}

// TestPrivatePart looks for the private part of a signing key in whatever the
// server answers.
func TestPrivatePart(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		key := c.rotate(t)
		row, err := c.Store.Client().SigningKey.Get(storetest.System(t), strings.TrimPrefix(key.GetName(), "signingKeys/"))
		if err != nil {
			t.Fatal(err)
		}
		sec, err := secret.Open(filepath.Join(c.Config.Dir, "secret.key"))
		if err != nil {
			t.Fatal(err)
		}
		seed := must(gcm(t, must(sec.Key("signing-keys"))(t)).Open(nil, nil, row.PrivateKey, []byte(row.ID)))(t)
		if len(seed) != 32 {
			t.Fatalf("a private part of %d bytes", len(seed))
		}
		admin := c.As(t, c.Admin)
		listed := must(c.signingKeys.ListSigningKeys(admin, &placardv1.ListSigningKeysRequest{}))(t)
		changes := must(c.changes.ListChanges(admin, &placardv1.ListChangesRequest{}))(t)
		said := slices.Concat(c.published(t), must(protojson.Marshal(listed))(t), must(protojson.Marshal(changes))(t),
			must(protojson.Marshal(key))(t), []byte(row.String()))
		for what, part := range map[string][]byte{"private part": seed, "encrypted private part": row.PrivateKey} {
			for _, text := range []string{
				string(part), hex.EncodeToString(part), base64.RawURLEncoding.EncodeToString(part), base64.RawStdEncoding.EncodeToString(part),
			} {
				if bytes.Contains(said, []byte(text)) {
					t.Errorf("the %s is told", what)
				}
			}
		}
	})
}

func gcm(t *testing.T, key []byte) cipher.AEAD {
	t.Helper()
	return must(cipher.NewGCMWithRandomNonce(must(aes.NewCipher(key))(t)))(t)
}

// TestSealedList: who has the file and the published keys can tell whether the
// server published it.
func TestSealedList(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		meeting := c.newMeeting(t, "sealed", nil, "AUT", "MEX")
		admin := c.As(t, c.Admin)
		for _, e := range []string{"AUT", "MEX"} {
			c.submitAccepted(admin, t, meeting+"/delegations/"+e, person("1", "Erika", "MUSTER "+e, placardv1.Participant_HEAD))
		}
		edition := must(c.lists.IssueParticipantList(admin, &placardv1.IssueParticipantListRequest{Name: meeting + "/participantList"}))(t)
		export := func(key string, sequence int64) []byte {
			t.Helper()
			return must(c.download(c.As(t, key), &placardv1.ExportParticipantListRequest{
				Name: meeting + "/participantList", Format: placardv1.ExportParticipantListRequest_JSON, Language: "es", Sequence: sequence,
			}))(t)
		}
		verify := func(file []byte) (*placardv1.ParticipantList, error) {
			t.Helper()
			return seal.Verify(bytes.NewReader(file), must(seal.ReadKeys(bytes.NewReader(c.published(t))))(t))
		}
		proven := func(what string, file []byte) *placardv1.ParticipantList {
			t.Helper()
			list, err := verify(file)
			if err != nil {
				t.Fatalf("%s: %v\n%s", what, err, file)
			}
			return list
		}
		file := export(c.Admin, edition.GetSequence())
		list := proven("the edition", file)
		if list.GetName() != meeting+"/participantList" || list.GetPersonCount() != 2 || list.GetSequence() != edition.GetSequence() ||
			list.GetLanguage() != "es" || list.GetTitle().GetText() != "Reunión" || list.GetSeal().GetSigningKey() != edition.GetSigningKey() {
			t.Errorf("verified: %v", list)
		}
		// Whatever a role reads of it is sealed, the list as it is now too.
		for who, key := range map[string]string{
			"reader": c.Key(t, "reader", ""), "mission": c.Key(t, "mission", "AUT"), "secretariat": c.Key(t, "secretariat", ""),
		} {
			for _, sequence := range []int64{0, edition.GetSequence()} {
				persons := proven(who, export(key, sequence)).GetPersonCount()
				if want := map[bool]int32{true: 1, false: 2}[who == "mission"]; persons != want {
					t.Errorf("the list of %s has %d persons", who, persons)
				}
			}
		}
		refused := func(what string, file []byte, want error) {
			t.Helper()
			if _, err := verify(file); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		refused("another name", bytes.Replace(file, []byte("Erika"), []byte("Erike"), 1), seal.ErrChanged)
		refused("another seal", bytes.Replace(file, []byte(list.GetSeal().GetSha256()), []byte(strings.Repeat("0", 64)), 1), seal.ErrChanged)

		// Rotated: the edition is the same, to the byte.
		c.rotate(t)
		if again := export(c.Admin, edition.GetSequence()); !bytes.Equal(again, file) {
			t.Errorf("after the key was replaced the edition is another:\n%s\n%s", file, again)
		}
		proven("the edition, by a retired key", file)
		// Revoked: the file that is there is refused; fetched anew the same list
		// has another seal.
		must(c.signingKeys.RevokeSigningKey(admin, &placardv1.RevokeSigningKeyRequest{Name: edition.GetSigningKey()}))(t)
		refused("by a revoked key", file, seal.ErrUnknownKey)
		anew := export(c.Admin, edition.GetSequence())
		resealed := proven("fetched anew", anew)
		if resealed.GetSeal().GetSha256() != list.GetSeal().GetSha256() || resealed.GetSeal().GetSigningKey() == edition.GetSigningKey() {
			t.Errorf("sealed anew: %v, before: %v", resealed.GetSeal(), list.GetSeal())
		}
		c.rotate(t)
		if again := export(c.Admin, edition.GetSequence()); !bytes.Equal(again, anew) {
			t.Error("after another rotation the edition is another")
		}
		got := must(c.lists.GetParticipantListEdition(admin, &placardv1.GetParticipantListEditionRequest{Name: edition.GetName()}))(t)
		equal(t, "signing key of the edition", got.GetSigningKey(), edition.GetSigningKey())
	})
}
