package entity_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func TestSeed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		// Several servers start at once.
		var servers sync.WaitGroup
		for range 4 {
			servers.Go(func() {
				if err := entity.Seed(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
		servers.Wait()
		count := func() int {
			n, err := s.Client().Change.Query().Count(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		entities, err := s.Client().Entity.Query().Count(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := count(); got != entities || entities == 0 {
			t.Errorf("%d changes for %d entities", got, entities)
		}

		// One name and one kind are older than the program.
		err = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Entity.UpdateOneID("AUT").SetKind("OTHER_NGO").SetNames("{}").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := entity.Seed(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		last, err := s.Client().Change.Query().Order(db.Desc(change.FieldID)).First(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := count(); got != entities+1 {
			t.Errorf("%d changes, want %d", got, entities+1)
		}
		if last.Resource != "entities/AUT" || last.Verb != "update" || last.Revision != 2 || last.Principal != "system" {
			t.Errorf("the last change is %v", last)
		}
		if diff := cmp.Diff([]string{"kind", "shortName", "formalName"}, last.Paths); diff != "" {
			t.Errorf("paths (-want +got):\n%s", diff)
		}
	})
}

func TestEntities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := entity.Seed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		pages, err := page.NewCodec(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		service := entity.New(entity.Config{Store: s, Pages: pages})
		ctx := access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"})

		t.Run("one by name", func(t *testing.T) {
			got, err := service.GetEntity(ctx, &placardv1.GetEntityRequest{Name: "entities/MEX"})
			if err != nil {
				t.Fatal(err)
			}
			if got.GetName() != "entities/MEX" || got.GetCode() != "MEX" || got.GetKind() != placardv1.Entity_STATE ||
				got.GetShortName().GetEs() != "México" || got.GetFormalName().GetEn() != "United Mexican States" {
				t.Errorf("answered %v", got)
			}
		})
		t.Run("unknown code", func(t *testing.T) {
			_, err := service.GetEntity(ctx, &placardv1.GetEntityRequest{Name: "entities/ATL"})
			if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
				t.Errorf("answered %v, want NOT_FOUND", err)
			}
		})
		t.Run("pages in the order of codes", func(t *testing.T) {
			all, err := service.ListEntities(ctx, &placardv1.ListEntitiesRequest{PageSize: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for i := range all.GetEntities()[1:] {
				if a, b := all.Entities[i].GetCode(), all.Entities[i+1].GetCode(); a >= b {
					t.Errorf("%s stands before %s", a, b)
				}
			}
			var paged []*placardv1.Entity
			req := &placardv1.ListEntitiesRequest{PageSize: 7}
			for {
				res, err := service.ListEntities(ctx, req)
				if err != nil {
					t.Fatal(err)
				}
				paged = append(paged, res.GetEntities()...)
				if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
					break
				}
			}
			if diff := cmp.Diff(all.GetEntities(), paged, protocmp.Transform()); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
		})
		t.Run("filtered", func(t *testing.T) {
			for filter, want := range map[string]int{
				`kind = STATE`:                          197,
				`kind = STATE AND region = AFRICAN`:     54,
				`alpha2_code = "AT"`:                    1,
				`m49_code = "040" AND NOT kind = STATE`: 0,
			} {
				res, err := service.ListEntities(ctx, &placardv1.ListEntitiesRequest{PageSize: 1000, Filter: filter})
				if err != nil {
					t.Fatal(err)
				}
				if got := len(res.GetEntities()); got != want {
					t.Errorf("%s: %d, want %d", filter, got, want)
				}
			}
		})
		t.Run("a token of nobody's", func(t *testing.T) {
			_, err := service.ListEntities(ctx, &placardv1.ListEntitiesRequest{PageToken: "AAAA"})
			if f, ok := fault.As(err); !ok || f.Reason != "PAGE_TOKEN_INVALID" {
				t.Errorf("answered %v, want PAGE_TOKEN_INVALID", err)
			}
		})
	})
}
