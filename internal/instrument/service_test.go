package instrument_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/instrument"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// bundle is a service with the register of entities.
type bundle struct {
	*instrument.Service
	store *store.Store
	// secretariat and system are contexts of callers.
	secretariat, system context.Context
}

func each(t *testing.T, fn func(t *testing.T, b bundle)) {
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
		pages, err := page.NewCodec(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		fn(t, bundle{
			Service: instrument.New(instrument.Config{Store: s, Pages: pages, Validator: validator}),
			store:   s,
			secretariat: access.With(t.Context(), access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat",
			}),
			system: storetest.System(t),
		})
	})
}

func protocol() *placardv1.Instrument {
	return &placardv1.Instrument{
		Title: &placardv1.LocalizedText{En: "Protocol"}, AdoptionDate: "2000-11-15", InForceDate: "2003-12-25",
		Parties: []*placardv1.Instrument_Party{
			{Entity: "entities/MEX", SignatureDate: "2000-12-13", PartyDate: "2003-03-04"},
			{Entity: "entities/AUT", SignatureDate: "2000-12-12", PartyDate: "2005-09-15"},
		},
	}
}

func (b bundle) create(t *testing.T, id string) *placardv1.Instrument {
	t.Helper()
	got, err := b.CreateInstrument(b.secretariat, &placardv1.CreateInstrumentRequest{InstrumentId: id, Instrument: protocol()})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bundle) changes(t *testing.T) int {
	t.Helper()
	n, err := b.store.Client().Change.Query().Where(change.ResourceType("placard.un.org/Instrument")).Count(b.system)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func reason(err error) string {
	f, ok := fault.As(err)
	if !ok {
		return ""
	}
	return f.Reason
}

func TestCreateInstrument(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		got := b.create(t, "protocol")
		want := protocol()
		want.Name = "instruments/protocol"
		want.Parties[0], want.Parties[1] = want.Parties[1], want.Parties[0]
		ignore := protocmp.IgnoreFields(want, "create_time", "update_time", "etag")
		if diff := cmp.Diff(want, got, protocmp.Transform(), ignore); diff != "" {
			t.Errorf("created, by code (-want +got):\n%s", diff)
		}
		read, err := b.GetInstrument(b.secretariat, &placardv1.GetInstrumentRequest{Name: "instruments/protocol"})
		if diff := cmp.Diff(got, read, protocmp.Transform()); err != nil || diff != "" {
			t.Errorf("read again (-want +got):\n%s%v", diff, err)
		}
		_, err = b.CreateInstrument(b.secretariat, &placardv1.CreateInstrumentRequest{InstrumentId: "protocol", Instrument: protocol()})
		if reason(err) != "ALREADY_EXISTS" {
			t.Errorf("again: %v", err)
		}
		b.create(t, "convention")
		list, err := b.ListInstruments(b.secretariat, &placardv1.ListInstrumentsRequest{PageSize: 1, Filter: `adoption_date >= "2000-11-15"`})
		if err != nil || len(list.GetInstruments()) != 1 || list.GetInstruments()[0].GetName() != "instruments/convention" {
			t.Fatalf("first page: %v, %v", list, err)
		}
		list, err = b.ListInstruments(b.secretariat, &placardv1.ListInstrumentsRequest{
			PageSize: 1, Filter: `adoption_date >= "2000-11-15"`, PageToken: list.GetNextPageToken(),
		})
		if err != nil || len(list.GetInstruments()) != 1 || list.GetNextPageToken() != "" {
			t.Fatalf("last page: %v, %v", list, err)
		}
		if diff := cmp.Diff(got, list.GetInstruments()[0], protocmp.Transform()); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}
	})
}

func TestUpdateInstrument(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "protocol")
		table := &fieldmaskpb.FieldMask{Paths: []string{"parties"}}
		req := &placardv1.UpdateInstrumentRequest{UpdateMask: table, ValidateOnly: true, Instrument: &placardv1.Instrument{
			Name: "instruments/protocol", Etag: "1",
			Parties: []*placardv1.Instrument_Party{{Entity: "entities/THA", SignatureDate: "2001-12-18"}},
		}}
		dry, err := b.UpdateInstrument(b.secretariat, req)
		if err != nil || len(dry.GetParties()) != 1 || dry.GetTitle().GetEn() != "Protocol" {
			t.Fatalf("only checked: %v, %v", dry, err)
		}
		if n := b.changes(t); n != 1 {
			t.Errorf("a check left %d changes", n)
		}
		req.ValidateOnly = false
		got, err := b.UpdateInstrument(b.secretariat, req)
		if err != nil || got.GetEtag() != "2" || len(got.GetParties()) != 1 {
			t.Fatalf("replaced: %v, %v", got, err)
		}
		for _, only := range []bool{true, false} {
			req.ValidateOnly = only
			if _, err := b.UpdateInstrument(b.secretariat, req); reason(err) != "ETAG_MISMATCH" {
				t.Errorf("with the etag before: %v", err)
			}
		}
		req.Instrument.Etag = ""
		if same, err := b.UpdateInstrument(b.secretariat, req); err != nil || same.GetEtag() != "2" || b.changes(t) != 2 {
			t.Errorf("the same again: %v, %v, %d changes", same, err, b.changes(t))
		}
		_, err = b.UpdateInstrument(b.secretariat, &placardv1.UpdateInstrumentRequest{Instrument: &placardv1.Instrument{
			Name: "instruments/protocol", InForceDate: "soon",
			Parties: []*placardv1.Instrument_Party{
				{Entity: "entities/ATL"}, {Entity: "entities/AUT", PartyDate: "1999-01-01"}, {Entity: "entities/AUT"},
			},
		}})
		var wrong []string
		if f, ok := fault.As(err); ok {
			for _, v := range f.Violations {
				wrong = append(wrong, v.Field+" "+v.Reason)
			}
		}
		if diff := cmp.Diff([]string{
			"instrument.in_force_date STRING_DAY", "instrument.parties[0].entity UNKNOWN_ENTITY",
			"instrument.parties[1].party_date DATE_BEFORE", "instrument.parties[2].entity DUPLICATE_ENTITY",
		}, wrong); diff != "" {
			t.Errorf("everything wrong (-want +got):\n%s", diff)
		}
		if _, err := b.UpdateInstrument(b.secretariat, &placardv1.UpdateInstrumentRequest{
			Instrument: &placardv1.Instrument{Name: "instruments/none"},
		}); reason(err) != "NOT_FOUND" {
			t.Errorf("of one that is not there: %v", err)
		}
	})
}

// TestHugeTable: what is too long is refused before any of it is looked at.
func TestHugeTable(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "protocol")
		wish := &placardv1.Instrument{Name: "instruments/protocol", Title: &placardv1.LocalizedText{En: "Protocol"}}
		for range 70_000 {
			wish.Parties = append(wish.Parties, &placardv1.Instrument_Party{Entity: "entities/AUT"})
		}
		table := &fieldmaskpb.FieldMask{Paths: []string{"parties"}}
		_, err := b.UpdateInstrument(b.secretariat, &placardv1.UpdateInstrumentRequest{Instrument: wish, UpdateMask: table})
		_, _, another := b.Import(b.secretariat, wish, table, true)
		wish.Name = "instruments/convention"
		_, _, created := b.Import(b.secretariat, wish, table, true)
		for what, err := range map[string]error{"updated": err, "imported": another, "created": created} {
			if reason(err) != "REPEATED_MAX_ITEMS" {
				t.Errorf("%s: %.300v", what, err)
			}
		}
	})
}

func TestDeleteInstrument(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.create(t, "protocol")
		err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Meeting.Create().SetID("m1").SetState("DRAFT").SetStartDate("2010-01-27").
				SetEndDate("2010-01-29").SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").
				SetInstrumentID("protocol").SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		remove := func(etag string) error {
			_, err := b.DeleteInstrument(b.secretariat, &placardv1.DeleteInstrumentRequest{Name: "instruments/protocol", Etag: etag})
			return err
		}
		if err := remove("1"); reason(err) != "INSTRUMENT_IN_USE" {
			t.Errorf("while a draft names it: %v", err)
		}
		err = b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Meeting.UpdateOneID("m1").SetInstrumentID("").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := remove("7"); reason(err) != "ETAG_MISMATCH" {
			t.Errorf("with another etag: %v", err)
		}
		if err := remove("1"); err != nil {
			t.Error(err)
		}
		if err := remove(""); reason(err) != "NOT_FOUND" {
			t.Errorf("again: %v", err)
		}
	})
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		table := &fieldmaskpb.FieldMask{Paths: []string{"parties"}}
		wish := protocol()
		wish.Name = "instruments/protocol"
		for _, dry := range []bool{true, false} {
			before, after, err := b.Import(b.secretariat, wish, table, dry)
			if err != nil || before != nil || len(after.GetParties()) != 2 || after.GetParties()[0].GetEntity() != "entities/AUT" {
				t.Errorf("new, dry run %v: %v, %v, %v", dry, before, after, err)
			}
		}
		other := &placardv1.Instrument{Name: wish.GetName(), Parties: wish.GetParties()[:1]}
		for _, dry := range []bool{true, false} {
			before, after, err := b.Import(b.secretariat, other, table, dry)
			if err != nil || len(before.GetParties()) != 2 || len(after.GetParties()) != 1 || after.GetTitle().GetEn() != "Protocol" {
				t.Errorf("replaced, dry run %v: %v, %v, %v", dry, before, after, err)
			}
		}
		if n := b.changes(t); n != 2 {
			t.Errorf("%d changes, want 2", n)
		}
		if _, _, err := b.Import(b.secretariat, &placardv1.Instrument{Name: "instruments/new"}, table, false); reason(err) != "REQUIRED" {
			t.Errorf("new without a title: %v", err)
		}
	})
}
