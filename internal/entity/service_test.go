package entity_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

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
				`short_name : "d'ivoire"`:               1,
				`short_name : "burma"`:                  0,
				`short_name : "боливи"`:                 1,
				`consultative_status = GENERAL`:         0,
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

// secretariat is a context of the Secretariat, with a request id of a write
// that is to be done once.
func secretariat(t *testing.T, request string) context.Context {
	t.Helper()
	ctx := access.With(t.Context(), access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat"})
	if request == "" {
		return ctx
	}
	return store.WithRequest(ctx, store.Request{ID: request, Method: "UpdateEntity", Hash: []byte(request)})
}

// each runs a test with a service and the register.
func each(t *testing.T, fn func(t *testing.T, s *store.Store, service *entity.Service)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := entity.Seed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		contract, err := access.ReadContract()
		if err != nil {
			t.Fatal(err)
		}
		validator, err := access.NewValidator(contract)
		if err != nil {
			t.Fatal(err)
		}
		fn(t, s, entity.New(entity.Config{Store: s, Validator: validator}))
	})
}

// wrong shows the violations of an error as lines, or its reason.
func wrong(t *testing.T, err error) []string {
	t.Helper()
	f, ok := fault.As(err)
	if !ok {
		t.Fatalf("answered %v, want a fault", err)
	}
	if len(f.Violations) == 0 {
		return []string{f.Reason}
	}
	var out []string
	for _, v := range f.Violations {
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}

func TestCreateEntity(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, service *entity.Service) {
		req := &placardv1.CreateEntityRequest{EntityId: "CARITAS", Entity: &placardv1.Entity{
			Name: "entities/OTHER", Kind: placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS, ConsultativeStatus: placardv1.Entity_GENERAL,
			ShortName: &placardv1.LocalizedText{En: "Example Aid"}, FormalName: &placardv1.LocalizedText{}, Language: "fr", Etag: "7",
		}}
		got, err := service.CreateEntity(secretariat(t, ""), req)
		if err != nil {
			t.Fatal(err)
		}
		if got.GetCreateTime() == nil || got.GetEtag() != "1" {
			t.Errorf("created without a time or an etag: %v", got)
		}
		want := &placardv1.Entity{
			Name: "entities/CARITAS", Code: "CARITAS", Kind: placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS, ConsultativeStatus: placardv1.Entity_GENERAL,
			ShortName: &placardv1.LocalizedText{En: "Example Aid"}, Language: "fr",
		}
		if diff := cmp.Diff(want, got, protocmp.Transform(),
			protocmp.IgnoreFields(want, "create_time", "update_time", "etag")); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		read, err := service.GetEntity(secretariat(t, ""), &placardv1.GetEntityRequest{Name: want.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, read, protocmp.Transform()); diff != "" {
			t.Errorf("read again (-want +got):\n%s", diff)
		}
		_, err = service.CreateEntity(secretariat(t, ""), req)
		if diff := cmp.Diff([]string{"ALREADY_EXISTS"}, wrong(t, err)); diff != "" {
			t.Errorf("again (-want +got):\n%s", diff)
		}
		_, err = service.CreateEntity(secretariat(t, ""), &placardv1.CreateEntityRequest{EntityId: "AB", Entity: &placardv1.Entity{
			Kind: placardv1.Entity_STATE, ShortName: &placardv1.LocalizedText{En: "Atlantis"}, Alpha2Code: "AT", M49Code: "040",
			ConsultativeStatus: placardv1.Entity_SPECIAL,
		}})
		if diff := cmp.Diff([]string{
			"entity_id STATE_CODE", "entity.alpha2_code CODE_TAKEN", "entity.m49_code CODE_TAKEN",
			"entity.consultative_status CONSULTATIVE_STATUS_MISMATCH",
		}, wrong(t, err)); diff != "" {
			t.Errorf("everything wrong (-want +got):\n%s", diff)
		}
		if f, _ := fault.As(err); f.Violations[1].Message != "AT is that of entities/AUT" {
			t.Errorf("who has the code: %s", f.Violations[1].Message)
		}

		// Of two States with one code that come at once, one is there.
		var at sync.WaitGroup
		var made atomic.Int32
		for _, code := range []string{"QAA", "QAB", "QAC", "QAD"} {
			at.Go(func() {
				_, err := service.CreateEntity(secretariat(t, ""), &placardv1.CreateEntityRequest{EntityId: code, Entity: &placardv1.Entity{
					Kind: placardv1.Entity_STATE, ShortName: &placardv1.LocalizedText{En: code}, Alpha2Code: "QA", M49Code: "998",
				}})
				if err == nil {
					made.Add(1)
				}
			})
		}
		at.Wait()
		if made.Load() != 0 { // QA is Qatar's
			t.Errorf("%d States took the code of another", made.Load())
		}
		for _, code := range []string{"QXA", "QXB", "QXC", "QXD"} {
			at.Go(func() {
				_, err := service.CreateEntity(secretariat(t, ""), &placardv1.CreateEntityRequest{EntityId: code, Entity: &placardv1.Entity{
					Kind: placardv1.Entity_STATE, ShortName: &placardv1.LocalizedText{En: code}, Alpha2Code: "QX",
				}})
				if err == nil {
					made.Add(1)
				}
			})
		}
		at.Wait()
		if made.Load() != 1 {
			t.Errorf("%d States have one code", made.Load())
		}
	})
}

func TestUpdateEntity(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, service *entity.Service) {
		update := func(request string, req *placardv1.UpdateEntityRequest) (*placardv1.Entity, error) {
			return service.UpdateEntity(secretariat(t, request), req)
		}
		renamed := &placardv1.UpdateEntityRequest{
			Entity:     &placardv1.Entity{Name: "entities/MEX", ShortName: &placardv1.LocalizedText{En: "Anahuac"}, Etag: "1"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"short_name.en"}}, NamesValidFrom: "2026-06-01",
		}
		got, err := update("r1", renamed)
		if err != nil {
			t.Fatal(err)
		}
		if got.GetShortName().GetEn() != "Anahuac" || got.GetShortName().GetEs() != "México" || got.GetEtag() != "2" ||
			len(got.GetFormerNames()) != 1 || got.GetFormerNames()[0].GetShortName().GetEn() != "Mexico" ||
			got.GetFormerNames()[0].GetFormalName().GetEn() != "United Mexican States" || got.GetFormerNames()[0].GetValidUntil() != "2026-06-01" {
			t.Errorf("renamed: %v", got)
		}
		if again, err := update("r1", renamed); err != nil || again.GetEtag() != "2" {
			t.Errorf("repeated: %v, %v", again, err)
		}
		for _, tc := range []struct {
			name string
			req  *placardv1.UpdateEntityRequest
			want []string
		}{
			{"another state", renamed, []string{"ETAG_MISMATCH"}},
			{"not there", &placardv1.UpdateEntityRequest{Entity: &placardv1.Entity{Name: "entities/ATL"}}, []string{"NOT_FOUND"}},
			{
				"all that is wrong", &placardv1.UpdateEntityRequest{
					Entity:         &placardv1.Entity{Name: "entities/MEX", Alpha2Code: "AT", Kind: placardv1.Entity_OTHER_NGO, Language: "de"},
					NamesValidFrom: "2020-01-01",
				},
				[]string{
					"names_valid_from NAMES_UNCHANGED", "entity.language STRING_IN",
					"entity.alpha2_code STATES_ONLY", "entity.m49_code STATES_ONLY", "entity.region STATES_ONLY",
				},
			},
			{
				"names from a day on which others held", &placardv1.UpdateEntityRequest{
					Entity: &placardv1.Entity{Name: "entities/MEX", ShortName: &placardv1.LocalizedText{En: "X"}}, NamesValidFrom: "2026-06-01",
				}, []string{"names_valid_from NAMES_OVERLAP"},
			},
			{
				"a name in no language", &placardv1.UpdateEntityRequest{
					Entity: &placardv1.Entity{Name: "entities/MEX"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"short_name"}},
				}, []string{"entity.short_name REQUIRED"},
			},
		} {
			if _, err := update("", tc.req); err == nil {
				t.Errorf("%s: was done", tc.name)
			} else if diff := cmp.Diff(tc.want, wrong(t, err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.name, diff)
			}
		}
		before, err := s.Client().Change.Query().Count(storetest.System(t))
		if err != nil {
			t.Fatal(err)
		}
		if same, err := update("", &placardv1.UpdateEntityRequest{Entity: got}); err != nil || same.GetEtag() != "2" {
			t.Errorf("the same again: %v, %v", same, err)
		}
		// What the Secretariat has changed, the program's own register leaves
		// alone; what it is found by is kept up.
		err = s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Entity.Update().SetSearchKey("old").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := entity.Seed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		row, err := s.Client().Entity.Get(storetest.System(t), "MEX")
		if err != nil {
			t.Fatal(err)
		}
		if row.Revision != 2 || !row.Edited || !strings.Contains(row.SearchKey, "anahuac") || !strings.Contains(row.SearchKey, "mexico") {
			t.Errorf("after a start: %v", row)
		}
		if after, err := s.Client().Change.Query().Count(storetest.System(t)); err != nil || after != before {
			t.Errorf("%d changes, want %d (%v)", after, before, err)
		}
	})
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, service *entity.Service) {
		mask := &fieldmaskpb.FieldMask{Paths: []string{"kind", "alpha2_code", "short_name.en", "language"}}
		list := []*placardv1.Entity{
			{Code: "AUT", Kind: placardv1.Entity_STATE, Alpha2Code: "AT", ShortName: &placardv1.LocalizedText{En: "Austria"}},
			{Code: "DEU", Kind: placardv1.Entity_STATE, Alpha2Code: "FR", ShortName: &placardv1.LocalizedText{En: "Germany"}},
			{Code: "FRA", Kind: placardv1.Entity_STATE, Alpha2Code: "DE", ShortName: &placardv1.LocalizedText{En: "France"}, Language: "fr"},
			{Code: "NEWORG", Kind: placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION, ShortName: &placardv1.LocalizedText{En: "New"}},
		}
		want := []entity.Outcome{
			{Name: "entities/AUT"},
			{Name: "entities/DEU", Paths: []string{"alpha2Code"}},
			{Name: "entities/FRA", Paths: []string{"alpha2Code", "language"}},
			{Name: "entities/NEWORG", Created: true},
		}
		for _, dry := range []bool{true, false} {
			got, err := service.Import(secretariat(t, ""), list, mask, dry)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("import, dry run %v (-want +got):\n%s", dry, diff)
			}
		}
		fra, err := service.GetEntity(secretariat(t, ""), &placardv1.GetEntityRequest{Name: "entities/FRA"})
		if err != nil || fra.GetAlpha2Code() != "DE" || fra.GetShortName().GetEs() != "Francia" || fra.GetM49Code() != "250" {
			t.Errorf("imported: %v, %v", fra, err)
		}
		_, err = service.Import(secretariat(t, ""), []*placardv1.Entity{
			{Code: "AUT", Kind: placardv1.Entity_STATE, Alpha2Code: "at", ShortName: &placardv1.LocalizedText{En: "Changed"}},
			{Code: "neworg", Kind: placardv1.Entity_OTHER_NGO},
			{Code: "AUT"},
			{Code: "ABC", Kind: placardv1.Entity_STATE, Alpha2Code: "MX", ShortName: &placardv1.LocalizedText{En: "ABC"}},
		}, mask, false)
		if diff := cmp.Diff([]string{
			"entities[0].alpha2_code STRING_PATTERN", "entities[1].short_name REQUIRED", "entities[1].code STRING_PATTERN",
			"entities[2].code DUPLICATE_ENTITY", "entities[3].alpha2_code CODE_TAKEN",
		}, wrong(t, err)); diff != "" {
			t.Errorf("everything wrong (-want +got):\n%s", diff)
		}
		_, err = service.Import(secretariat(t, ""), []*placardv1.Entity{
			{Code: "DEU"}, {Code: "AUT", FormerNames: make([]*placardv1.Entity_FormerNames, 51)},
		}, &fieldmaskpb.FieldMask{Paths: []string{"former_names"}}, true)
		if got := wrong(t, err); got[0] != "entities[1].former_names REPEATED_MAX_ITEMS" {
			t.Errorf("too many former names: %q", got)
		}
		aut, err := service.GetEntity(secretariat(t, ""), &placardv1.GetEntityRequest{Name: "entities/AUT"})
		if err != nil || aut.GetShortName().GetEn() != "Austria" {
			t.Errorf("something was written: %v, %v", aut, err)
		}
	})
}
