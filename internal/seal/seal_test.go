package seal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/ent/db/signingkey"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// TestFirstKey has several servers need the first key at once.
func TestFirstKey(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			url := storetest.URL(t, engine)
			s := storetest.OpenURL(t, url)
			sec := secret.New()
			// A request that is done once has another result than the key.
			ctx := store.WithRequest(access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat",
			}), store.Request{ID: "r1", Method: "Issue", Hash: []byte("h")})
			var wg sync.WaitGroup
			keys := make([]string, 8)
			for i := range keys {
				server := signer(t, storetest.OpenURL(t, url), sec)
				wg.Go(func() {
					var err error
					if keys[i], err = server.Active(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			system := storetest.System(t)
			ids, err := s.Client().SigningKey.Query().IDs(system)
			if err != nil || len(ids) != 1 {
				t.Fatalf("keys %v, %v", ids, err)
			}
			for _, k := range keys {
				if k != ids[0] {
					t.Errorf("a server signs with %q instead of %q", k, ids[0])
				}
			}
			made, err := s.Client().Change.Query().Where(change.ResourceType("placard.un.org/SigningKey")).Only(system)
			if err != nil || made.Principal != "system" || made.Verb != "create" || made.Resource != "signingKeys/"+ids[0] {
				t.Errorf("in the change log: %v, %v", made, err)
			}
			if n, err := s.Client().Request.Query().Count(system); err != nil || n != 0 {
				t.Errorf("%d requests are remembered, %v", n, err)
			}
		})
	}
}

func TestSign(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		sec := secret.New()
		one := signer(t, s, sec)
		first := active(ctx, t, one)
		hash := sha256.Sum256(nil)
		sign := func(by *seal.Signer, key string) *placardv1.ParticipantList_Seal {
			t.Helper()
			got, err := by.Sign(ctx, key, hash[:])
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		before := sign(one, first)
		same := func(what string, by *seal.Signer, key string) {
			t.Helper()
			if diff := cmp.Diff(before, sign(by, key), protocmp.Transform()); diff != "" {
				t.Errorf("%s the seal is another:\n%s", what, diff)
			}
		}
		// become changes the state of a key, as another server does.
		become := func(key string, state placardv1.SigningKey_State) {
			t.Helper()
			write(ctx, t, s, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.SigningKey.UpdateOneID(key).SetState(state.String()).Exec(ctx)
			})
		}
		same("again", one, first)
		same("after a new start", signer(t, s, sec), first)

		become(first, placardv1.SigningKey_RETIRED)
		second := active(ctx, t, one)
		same("by a retired key", one, first)
		become(second, placardv1.SigningKey_RETIRED)
		third := active(ctx, t, one)
		become(first, placardv1.SigningKey_REVOKED)
		for _, by := range []*seal.Signer{one, signer(t, s, sec)} {
			if got := sign(by, first).GetSigningKey(); got != "signingKeys/"+second {
				t.Errorf("after its key was revoked a list is sealed by %s, not by the next", got)
			}
		}
		become(second, placardv1.SigningKey_REVOKED)
		if got := sign(one, first).GetSigningKey(); got != "signingKeys/"+third {
			t.Errorf("after two keys were revoked a list is sealed by %s", got)
		}
		if keys := published(ctx, t, s); len(keys) != 1 || keys[third] == nil {
			t.Errorf("published: %v", keys)
		}
		if _, err := one.Sign(ctx, "unknown", hash[:]); err == nil {
			t.Error("a key that is not there signs")
		}
	})
}

// TestPrivateKey looks how the private part of a key is kept.
func TestPrivateKey(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	ctx := storetest.System(t)
	sec := secret.New()
	by := signer(t, s, sec)
	key := active(ctx, t, by)
	row, err := s.Client().SigningKey.Query().Where(signingkey.ID(key)).Only(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(row.String(), string(row.PrivateKey)) || bytes.Contains(row.PrivateKey, row.PublicKey) {
		t.Error("the private part is told")
	}
	hash := sha256.Sum256(nil)
	if _, err := signer(t, s, secret.New()).Sign(ctx, key, hash[:]); err == nil || !strings.Contains(err.Error(), "another secret") {
		t.Errorf("with another secret: %v", err)
	}
	if _, err := seal.New(seal.Config{Store: s}); err == nil {
		t.Error("without a secret there is a signer")
	}
	// The private part of one key in the row of another.
	other := storetest.Open(t, storetest.SQLite)
	another := active(ctx, t, signer(t, other, sec))
	stolen, err := other.Client().SigningKey.Get(ctx, another)
	if err != nil {
		t.Fatal(err)
	}
	write(ctx, t, other, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.SigningKey.Create().SetID(key).SetPublicKey(row.PublicKey).SetState("RETIRED").
			SetPrivateKey(stolen.PrivateKey).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	})
	if _, err := signer(t, other, sec).Sign(ctx, key, hash[:]); err == nil {
		t.Error("a private part fits another key")
	}
}

func write(ctx context.Context, t *testing.T, s *store.Store, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := s.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}
