package key

import (
	"testing"
	"time"
)

func TestRing(t *testing.T) {
	now := time.Date(2026, 1, 10, 12, 0, 30, 0, time.UTC)
	t.Run("a key is held for its life", func(t *testing.T) {
		r := newRing()
		_, _, turn := r.find("k", now)
		r.keep("k", held{read: now}, turn)
		for after, want := range map[time.Duration]bool{0: true, ringLife - 1: true, ringLife: false, -time.Second: false} {
			if _, ok, _ := r.find("k", now.Add(after)); ok != want {
				t.Errorf("after %v: %t", after, ok)
			}
		}
	})
	t.Run("what was read before a revocation is not kept after it", func(t *testing.T) {
		r := newRing()
		_, _, turn := r.find("k", now)
		r.forget("k")
		r.keep("k", held{read: now}, turn)
		if _, ok, _ := r.find("k", now); ok {
			t.Error("it is")
		}
	})
	t.Run("a use is noted once a minute", func(t *testing.T) {
		r := newRing()
		r.keep("k", held{read: now}, 0)
		r.use("k", now)
		uses := r.takeUses()
		r.use("k", now.Add(time.Second))
		if len(uses) != 1 || len(r.takeUses()) != 0 {
			t.Errorf("first %v, then more", uses)
		}
		r.use("k", now.Add(time.Minute))
		r.returnUses(uses)
		if got, want := r.takeUses()["k"], now.Add(time.Minute).Truncate(time.Minute); !got.Equal(want) {
			t.Errorf("an older use went over a newer one: %v, want %v", got, want)
		}
	})
	t.Run("its size is limited", func(t *testing.T) {
		r := newRing()
		for i := range ringSize + 1 {
			r.keep(string(rune(i)), held{read: now}, 0)
		}
		if len(r.keys) > ringSize {
			t.Errorf("%d keys", len(r.keys))
		}
	})
}
