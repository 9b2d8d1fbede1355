package key_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/key"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// clock is a clock that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var start = time.Date(2026, 1, 10, 12, 0, 30, 0, time.UTC)

type bundle struct {
	svc   *key.Service
	store *store.Store
	clock *clock
}

// each runs a test on each engine, with the entities AUT and MEX and the
// meetings m1 and m2.
func each(t *testing.T, fn func(t *testing.T, b *bundle)) {
	t.Helper()
	c := &clock{}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c.now = start
		err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			for _, code := range []string{"AUT", "MEX"} {
				err := tx.Client.Entity.Create().SetID(code).SetKind("STATE").SetNames("{}").
					SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				if err != nil {
					return err
				}
			}
			for _, id := range []string{"m1", "m2"} {
				err := tx.Client.Meeting.Create().SetID(id).SetState("OPEN").SetStartDate("2026-02-01").
					SetEndDate("2026-02-03").SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").
					SetModality("IN_PERSON").SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, &bundle{svc: newService(t, s), store: s, clock: c})
	}, storetest.Clock(c.Now))
}

func newService(t *testing.T, s *store.Store) *key.Service {
	t.Helper()
	pages, err := page.NewCodec(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	return key.New(key.Config{Store: s, Pages: pages, Log: slog.New(slog.DiscardHandler)})
}

func secretariat(meetings ...string) access.Principal {
	account := "accounts/secretariat"
	if len(meetings) > 0 {
		account = "accounts/bound"
	}
	return access.Principal{Role: placardv1.Access_SECRETARIAT, Account: account, Meetings: meetings}
}

func mission(code string) access.Principal {
	return access.Principal{Role: placardv1.Access_MISSION, Entity: code}
}

func (b *bundle) create(t *testing.T, p access.Principal, k *placardv1.Key) *placardv1.Key {
	t.Helper()
	made, err := b.svc.CreateKey(access.With(t.Context(), p), &placardv1.CreateKeyRequest{Key: k})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (b *bundle) revoke(t *testing.T, p access.Principal, name, etag string) (*placardv1.Key, error) {
	t.Helper()
	return b.svc.RevokeKey(access.With(t.Context(), p), &placardv1.RevokeKeyRequest{Name: name, Etag: etag})
}

// reason is that of a fault, "" for no error.
func reason(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	f, ok := fault.As(err)
	if !ok {
		t.Fatalf("not a fault: %v", err)
	}
	return f.Reason
}

func TestCreateKey(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		t.Run("a mission's key acts as its entity", func(t *testing.T) {
			k := b.create(t, mission("AUT"), &placardv1.Key{
				DisplayName: "address book", Role: placardv1.Access_MISSION, Entity: "entities/AUT",
			})
			if k.GetAccount() != "" || k.GetEntity() != "entities/AUT" || k.GetSecret() == "" {
				t.Errorf("unexpected key: account %q, entity %q", k.GetAccount(), k.GetEntity())
			}
			p, err := b.svc.Authenticate(t.Context(), k.GetSecret())
			if err != nil {
				t.Fatal(err)
			}
			if p.Name() != "entities/AUT" || p.Role != placardv1.Access_MISSION || "keys/"+p.Key != k.GetName() {
				t.Errorf("unexpected principal: %+v", p)
			}
		})
		t.Run("a bound key acts as its account, at its meetings, until it expires", func(t *testing.T) {
			expire := start.Add(time.Hour)
			k := b.create(t, secretariat("m1", "m2"), &placardv1.Key{
				Role: placardv1.Access_PASS_OFFICE, Meetings: []string{"meetings/m2", "meetings/m1"},
				ExpireTime: timestamppb.New(expire),
			})
			if k.GetAccount() != "accounts/pass-office" {
				t.Errorf("account %q", k.GetAccount())
			}
			p, err := b.svc.Authenticate(t.Context(), k.GetSecret())
			if err != nil {
				t.Fatal(err)
			}
			want := access.Principal{
				Role: placardv1.Access_PASS_OFFICE, Meetings: []string{"m1", "m2"}, Account: "accounts/pass-office",
				Key: strings.TrimPrefix(k.GetName(), "keys/"), Expire: expire,
			}
			p.Expire = p.Expire.UTC()
			if diff := cmp.Diff(want, p, cmp.AllowUnexported(access.Principal{})); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("the change log has no secret", func(t *testing.T) {
			k := b.create(t, mission("MEX"), &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/MEX"})
			rows, err := b.store.Client().Change.Query().All(access.With(t.Context(), mission("MEX")))
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 1 || rows[0].Resource != k.GetName() || rows[0].Verb != "create" || rows[0].Principal != "entities/MEX" {
				t.Errorf("unexpected changes: %v", rows)
			}
		})
	})
}

func TestCreateKeyRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		admin := access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}
		b.create(t, admin, &placardv1.Key{Role: placardv1.Access_GATE, Account: "accounts/door"})
		for _, test := range []struct {
			name string
			p    access.Principal
			key  *placardv1.Key
			want string
		}{
			{"a mission makes another's", mission("AUT"), &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/MEX"}, "KEY_EXCEEDS_CALLER"},
			{"a mission makes a reader's", mission("AUT"), &placardv1.Key{Role: placardv1.Access_READER}, "KEY_EXCEEDS_CALLER"},
			{"the Secretariat makes an administrator's", secretariat(), &placardv1.Key{Role: placardv1.Access_ADMIN}, "KEY_EXCEEDS_CALLER"},
			{"a bound Secretariat makes a mission's", secretariat("m1"), &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/AUT"}, "KEY_EXCEEDS_CALLER"},
			{"a bound Secretariat makes an unbound one", secretariat("m1"), &placardv1.Key{Role: placardv1.Access_READER}, "KEY_EXCEEDS_CALLER"},
			{"a bound Secretariat makes one of another meeting", secretariat("m1"), &placardv1.Key{Role: placardv1.Access_READER, Meetings: []string{"meetings/m1", "meetings/m2"}}, "KEY_EXCEEDS_CALLER"},
			{"a bound Secretariat takes an unbound account", secretariat("m1"), &placardv1.Key{Role: placardv1.Access_GATE, Account: "accounts/door", Meetings: []string{"meetings/m1"}}, "ACCOUNT_TAKEN"},
			{"an account of another role", admin, &placardv1.Key{Role: placardv1.Access_READER, Account: "accounts/door"}, "ACCOUNT_ROLE"},
			{"an entity that is not in the register", admin, &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/XXX"}, "NOT_FOUND"},
			{"a meeting that is not there", admin, &placardv1.Key{Role: placardv1.Access_GATE, Meetings: []string{"meetings/m3"}}, "NOT_FOUND"},
			{"an expiry in the past", admin, &placardv1.Key{Role: placardv1.Access_GATE, ExpireTime: timestamppb.New(start)}, "EXPIRE_TIME_PAST"},
		} {
			t.Run(test.name, func(t *testing.T) {
				_, err := b.svc.CreateKey(access.With(t.Context(), test.p), &placardv1.CreateKeyRequest{Key: test.key})
				if got := reason(t, err); got != test.want {
					t.Errorf("got %v, want %s", err, test.want)
				}
			})
		}
		if n := b.store.Client().Key.Query().CountX(storetest.System(t)); n != 1 {
			t.Errorf("%d keys, want 1", n)
		}
	})
}

func TestCreateKeyOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		ctx := store.WithRequest(access.With(t.Context(), mission("AUT")),
			store.Request{ID: "r1", Method: placardv1.KeyService_CreateKey_FullMethodName, Hash: []byte("h")})
		req := &placardv1.CreateKeyRequest{
			Key: &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/AUT"}, RequestId: "r1",
		}
		first, err := b.svc.CreateKey(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.svc.CreateKey(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if second.GetName() != first.GetName() {
			t.Errorf("made %s, then %s", first.GetName(), second.GetName())
		}
		if first.GetSecret() == "" || second.GetSecret() != "" {
			t.Error("the secret is not answered just once")
		}
	})
}

// Of two roles that want one new account at the same time, one gets it.
func TestCreateKeyConcurrently(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		roles := []access.Role{placardv1.Access_GATE, placardv1.Access_READER, placardv1.Access_PASS_OFFICE}
		var wg sync.WaitGroup
		errs := make([]error, 12)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = b.svc.CreateKey(access.With(t.Context(), secretariat()), &placardv1.CreateKeyRequest{
					Key: &placardv1.Key{Role: roles[i%len(roles)], Account: "accounts/new"},
				})
			})
		}
		wg.Wait()
		made := 0
		for _, err := range errs {
			switch reason(t, err) {
			case "":
				made++
			case "ACCOUNT_ROLE":
			default:
				t.Error(err)
			}
		}
		if want := len(errs) / len(roles); made != want {
			t.Errorf("%d keys of one account, want %d of one role", made, want)
		}
	})
}

func TestCreateKeyAsTheServer(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		system := storetest.System(t)
		made, err := b.svc.CreateKey(system, &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_ADMIN}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.svc.Authenticate(t.Context(), made.GetSecret())
		if err != nil {
			t.Fatal(err)
		}
		if p.Role != placardv1.Access_ADMIN || p.Name() != "accounts/admin" {
			t.Errorf("unexpected principal: %+v", p)
		}
		row := b.store.Client().Change.Query().OnlyX(system)
		if row.Principal != "system" || row.Resource != "keys/"+p.Key {
			t.Errorf("unexpected change: %v", row)
		}
	})
}

func TestKeysOfOthers(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		admin := access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}
		keys := map[string]*placardv1.Key{}
		for label, k := range map[string]*placardv1.Key{
			"admin":       {Role: placardv1.Access_ADMIN},
			"secretariat": {Role: placardv1.Access_SECRETARIAT},
			"bound":       {Role: placardv1.Access_SECRETARIAT, Meetings: []string{"meetings/m1"}},
			"gate m1":     {Role: placardv1.Access_GATE, Meetings: []string{"meetings/m1"}},
			"gate m1 m2":  {Role: placardv1.Access_GATE, Meetings: []string{"meetings/m1", "meetings/m2"}},
			"reader":      {Role: placardv1.Access_READER},
			"AUT":         {Role: placardv1.Access_MISSION, Entity: "entities/AUT"},
			"MEX":         {Role: placardv1.Access_MISSION, Entity: "entities/MEX"},
		} {
			keys[label] = b.create(t, admin, k)
		}
		for _, test := range []struct {
			name string
			p    access.Principal
			sees []string
		}{
			{"the administrator", admin, []string{"admin", "secretariat", "bound", "gate m1", "gate m1 m2", "reader", "AUT", "MEX"}},
			{"the Secretariat", secretariat(), []string{"secretariat", "bound", "gate m1", "gate m1 m2", "reader", "AUT", "MEX"}},
			{"a Secretariat bound to m1", secretariat("m1"), []string{"bound", "gate m1"}},
			{"a Secretariat bound to m2", secretariat("m2"), nil},
			{"a Secretariat bound to both", secretariat("m1", "m2"), []string{"bound", "gate m1", "gate m1 m2"}},
			{"a mission", mission("AUT"), []string{"AUT"}},
			{"another mission", mission("MEX"), []string{"MEX"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				ctx := access.With(t.Context(), test.p)
				var want []string
				for _, label := range test.sees {
					want = append(want, keys[label].GetName())
				}
				slices.Sort(want)
				var got []string
				req := &placardv1.ListKeysRequest{PageSize: 3}
				for {
					resp, err := b.svc.ListKeys(ctx, req)
					if err != nil {
						t.Fatal(err)
					}
					for _, k := range resp.GetKeys() {
						if k.GetSecret() != "" {
							t.Error("a list answers a secret")
						}
						got = append(got, k.GetName())
					}
					if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
						break
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				for label, k := range keys {
					_, err := b.svc.GetKey(ctx, &placardv1.GetKeyRequest{Name: k.GetName()})
					wanted := "NOT_FOUND"
					if slices.Contains(test.sees, label) {
						wanted = ""
					} else if _, err := b.revoke(t, test.p, k.GetName(), ""); reason(t, err) != "NOT_FOUND" {
						t.Errorf("revoke %s: %v", label, err)
					}
					if got := reason(t, err); got != wanted {
						t.Errorf("get %s: %q, want %q", label, got, wanted)
					}
				}
			})
		}
	})
}

func TestRevokeKey(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		other := newService(t, b.store) // another instance
		k := b.create(t, secretariat(), &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/AUT"})
		for _, svc := range []*key.Service{b.svc, other} {
			if _, err := svc.Authenticate(t.Context(), k.GetSecret()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.revoke(t, mission("AUT"), k.GetName(), "7"); reason(t, err) != "ETAG_MISMATCH" {
			t.Errorf("another etag: %v", err)
		}
		revoked, err := b.revoke(t, mission("AUT"), k.GetName(), k.GetEtag())
		if err != nil {
			t.Fatal(err)
		}
		if !revoked.GetRevokeTime().AsTime().Equal(start) || revoked.GetEtag() == k.GetEtag() {
			t.Errorf("unexpected key: %v", revoked)
		}
		again, err := b.revoke(t, mission("AUT"), k.GetName(), k.GetEtag())
		if err != nil {
			t.Fatal(err)
		}
		if again.GetEtag() != revoked.GetEtag() {
			t.Error("revoking it again changed something")
		}
		if _, err := b.svc.Authenticate(t.Context(), k.GetSecret()); reason(t, err) != "KEY_REVOKED" {
			t.Errorf("in the same instance: %v", err)
		}
		b.clock.move(5 * time.Second)
		if _, err := other.Authenticate(t.Context(), k.GetSecret()); reason(t, err) != "KEY_REVOKED" {
			t.Errorf("in another instance after five seconds: %v", err)
		}
		changes := b.store.Client().Change.Query().AllX(access.With(t.Context(), mission("AUT")))
		if len(changes) != 2 || changes[1].Verb != "revoke" || changes[1].Revision != 2 {
			t.Errorf("unexpected changes: %v", changes)
		}
	})
}

func TestAuthenticate(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		k := b.create(t, secretariat(), &placardv1.Key{
			Role: placardv1.Access_READER, ExpireTime: timestamppb.New(start.Add(time.Minute)),
		})
		flipped := []byte(k.GetSecret())
		if flipped[len(flipped)-2]++; flipped[len(flipped)-2] == 'z'+1 || flipped[len(flipped)-2] == '8' {
			flipped[len(flipped)-2] = 'a'
		}
		unknown := "plc_" + strings.Repeat("a", 12) + k.GetSecret()[16:]
		for _, text := range []string{"", "nonsense", k.GetSecret() + "a", string(flipped), unknown} {
			_, err := b.svc.Authenticate(t.Context(), text)
			var f *fault.Error
			if !errors.As(err, &f) || f.Reason != "UNAUTHENTICATED" || f.Code != codes.Unauthenticated {
				t.Errorf("%q: %v", text, err)
			}
		}
		if _, err := b.svc.Authenticate(t.Context(), k.GetSecret()); err != nil {
			t.Error(err)
		}
		b.clock.move(time.Minute)
		if _, err := b.svc.Authenticate(t.Context(), k.GetSecret()); reason(t, err) != "KEY_EXPIRED" {
			t.Errorf("after its end: %v", err)
		}
	})
}

func TestLastUse(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		k := b.create(t, secretariat(), &placardv1.Key{Role: placardv1.Access_READER})
		use := func() *placardv1.Key {
			t.Helper()
			if _, err := b.svc.Authenticate(t.Context(), k.GetSecret()); err != nil {
				t.Fatal(err)
			}
			// An ended context makes Run write what there is, and return.
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := b.svc.Run(ctx); err != nil {
				t.Fatal(err)
			}
			got, err := b.svc.GetKey(access.With(t.Context(), secretariat()), &placardv1.GetKeyRequest{Name: k.GetName()})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		first := use()
		if got, want := first.GetLastUseTime().AsTime(), start.Truncate(time.Minute); !got.Equal(want) {
			t.Errorf("last used at %v, want %v", got, want)
		}
		if first.GetEtag() != k.GetEtag() {
			t.Error("the use changed the etag")
		}
		b.clock.move(2 * time.Minute)
		if got, want := use().GetLastUseTime().AsTime(), start.Add(2*time.Minute).Truncate(time.Minute); !got.Equal(want) {
			t.Errorf("last used at %v, want %v", got, want)
		}
		if n := b.store.Client().Change.Query().CountX(storetest.System(t)); n != 1 {
			t.Errorf("%d changes, want that of the creation only", n)
		}
	})
}

func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := key.New(key.Config{Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := svc.Run(ctx); err != nil {
			t.Error(err)
		}
	})
}
