package key

import (
	"sync"
	"time"

	"github.com/un-placard/placard/internal/access"
)

const (
	// ringLife is how long a key is taken as it was read. Another instance
	// notices a revocation after that at the latest; this one at once.
	ringLife = 5 * time.Second
	// ringSize limits the keys in memory. Only keys that exist get there.
	ringSize = 10_000
)

// held is a key as it was read.
type held struct {
	hash      []byte
	principal access.Principal
	revoked   bool
	lastUse   time.Time
	read      time.Time
}

// ring remembers for a moment the keys in use, so that not every request reads
// its key, and collects their uses until they are written.
type ring struct {
	mu   sync.Mutex
	keys map[string]held
	uses map[string]time.Time
	// turns counts the revocations, so that a key that was read before one
	// is not kept after it.
	turns uint64
}

func newRing() *ring {
	return &ring{keys: make(map[string]held), uses: make(map[string]time.Time)}
}

// find answers a key that was read not long ago, and the turn to keep it with
// where it has to be read.
func (r *ring) find(id string, now time.Time) (k held, ok bool, turn uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok = r.keys[id]
	age := now.Sub(k.read)
	return k, ok && age >= 0 && age < ringLife, r.turns
}

// keep remembers a key, unless one was revoked since the turn.
func (r *ring) keep(id string, k held, turn uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if turn != r.turns {
		return
	}
	if len(r.keys) >= ringSize {
		clear(r.keys) // they live for seconds only
	}
	r.keys[id] = k
}

// forget makes the next use of a key read it anew.
func (r *ring) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turns++
	delete(r.keys, id)
}

// use notes that a key is used, once a minute.
func (r *ring) use(id string, now time.Time) {
	minute := now.Truncate(time.Minute)
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.keys[id]
	if ok && !minute.After(k.lastUse) {
		return
	}
	if ok {
		k.lastUse = minute
		r.keys[id] = k
	}
	r.uses[id] = minute
}

// takeUses hands over the uses that are not written yet.
func (r *ring) takeUses() map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	uses := r.uses
	r.uses = make(map[string]time.Time)
	return uses
}

// returnUses takes back uses that could not be written.
func (r *ring) returnUses(uses map[string]time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, minute := range uses {
		if minute.After(r.uses[id]) {
			r.uses[id] = minute
		}
	}
}
