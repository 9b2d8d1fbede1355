package web

import (
	"context"
	"sync"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/locale"
)

const (
	// registerLife is how old the names of entities may be. The register is
	// public to all who have a key, and seldom changes.
	registerLife = time.Minute
	// maxRegister is how many thousands of entities are read.
	maxRegister = 20
)

// register keeps the names of entities for a while.
type register struct {
	mu     sync.Mutex
	read   time.Time
	byName map[string]*placardv1.Entity
}

// names are the entities by name, `entities/AUT`.
func (s *Site) names(ctx context.Context) (map[string]*placardv1.Entity, error) {
	r := &s.register
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName != nil && s.cfg.Now().Sub(r.read) < registerLife {
		return r.byName, nil
	}
	all, _, err := collect(maxRegister, func(token string) ([]*placardv1.Entity, string, error) {
		part, err := s.entities.ListEntities(ctx, &placardv1.ListEntitiesRequest{PageSize: largest, PageToken: token})
		return part.GetEntities(), part.GetNextPageToken(), err
	})
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*placardv1.Entity, len(all))
	for _, e := range all {
		byName[e.GetName()] = e
	}
	r.byName, r.read = byName, s.cfg.Now()
	return byName, nil
}

// nameOn is the short name that an entity had on a day, in a language or one
// that there is; its code where it is not in the register.
func nameOn(names map[string]*placardv1.Entity, resource, day, lang string) *placardv1.ShownText {
	if e := names[resource]; e != nil {
		if shown := locale.Show(entity.NamesOn(e, day).GetShortName(), lang, nil); shown != nil {
			return shown
		}
	}
	return &placardv1.ShownText{Text: code(resource), Language: lang}
}
