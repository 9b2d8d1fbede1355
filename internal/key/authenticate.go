package key

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/key"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/store"
)

// Authenticate tells from a token who calls. It answers UNAUTHENTICATED for
// what is no key, and KEY_REVOKED or KEY_EXPIRED to whoever holds one that no
// longer works. A revocation works at once in the instance that did it, and
// within five seconds (ringLife) in all others.
func (s *Service) Authenticate(ctx context.Context, text string) (access.Principal, error) {
	if text == "" {
		return access.Principal{}, errUnauthenticated("a key is needed: Authorization: Bearer plc_…")
	}
	t, ok := parseToken(text)
	if !ok {
		return access.Principal{}, errUnauthenticated("the key is not of the form plc_<id>_<secret>")
	}
	now := s.store.Now()
	k, err := s.find(ctx, t.id, now)
	if err != nil {
		if db.IsNotFound(err) {
			return access.Principal{}, errUnauthenticated("the key is unknown")
		}
		return access.Principal{}, fmt.Errorf("read key: %w", err)
	}
	if !t.matches(k.hash) {
		return access.Principal{}, errUnauthenticated("the key is unknown")
	}
	if err := admit(k.revoked, k.principal.Expire, now); err != nil {
		return access.Principal{}, err
	}
	s.ring.use(t.id, now)
	return k.principal, nil
}

// find answers a key as it is in the database, or was not long ago.
func (s *Service) find(ctx context.Context, id string, now time.Time) (held, error) {
	k, ok, turn := s.ring.find(id, now)
	if ok {
		return k, nil
	}
	row, err := s.store.Client().Key.Query().Where(key.ID(id)).WithMeetings().Only(access.AsSystem(ctx))
	if err != nil {
		return held{}, err
	}
	k = held{hash: row.Hash, principal: principalFromRow(row), revoked: row.RevokeTime != nil, read: now}
	if row.LastUseTime != nil {
		k.lastUse = *row.LastUseTime
	}
	s.ring.keep(id, k, turn)
	return k, nil
}

// useInterval is how often the last uses are written.
const useInterval = 5 * time.Second

// Run writes when the keys were last used, until the context ends. No request
// waits for it, and an instance that is killed loses seconds of it.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(useInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), useInterval)
			defer cancel()
			s.flush(last)
			return nil
		case <-tick.C:
			s.flush(ctx)
		}
	}
}

func (s *Service) flush(ctx context.Context) {
	uses := s.ring.takeUses()
	if len(uses) == 0 {
		return
	}
	if err := s.writeUses(ctx, uses); err != nil {
		s.ring.returnUses(uses)
		s.log.LogAttrs(ctx, slog.LevelWarn, "the last use of keys was not written", slog.Any("error", err))
	}
}

// writeUses is no change of the keys: it leaves neither a change nor another
// etag, and never goes back behind what another instance wrote.
func (s *Service) writeUses(ctx context.Context, uses map[string]time.Time) error {
	byMinute := make(map[time.Time][]string)
	for _, id := range slices.Sorted(maps.Keys(uses)) {
		byMinute[uses[id]] = append(byMinute[uses[id]], id)
	}
	return s.store.InTx(access.AsSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		for minute, ids := range byMinute {
			for batch := range slices.Chunk(ids, 1000) {
				err := tx.Client.Key.Update().
					Where(key.IDIn(batch...), key.Or(key.LastUseTimeIsNil(), key.LastUseTimeLT(minute))).
					SetLastUseTime(minute).Exec(ctx)
				if err != nil {
					return fmt.Errorf("write last uses: %w", err)
				}
			}
		}
		return nil
	})
}
