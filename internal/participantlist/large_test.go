package participantlist_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// crowd adds organizations to m1, each of so many persons.
func crowd(t *testing.T, s *store.Store, organizations, persons int) {
	t.Helper()
	for i := range organizations {
		err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			return world{ctx, tx}.organization(fmt.Sprintf("N%03d", i), persons)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (w world) organization(code string, persons int) error {
	if err := w.entity(code, &placardv1.LocalizedText{En: "Organization " + code}); err != nil {
		return err
	}
	if err := w.invitation("m1", code, "IGO"); err != nil {
		return err
	}
	return w.delegation("m1", code, "ACCEPTED", false, func(id int64) []*db.ParticipantVersionCreate {
		out := make([]*db.ParticipantVersionCreate, persons)
		for n := range out {
			place := int32(n + 1)
			out[n] = w.person(id, "m1", code, fmt.Sprintf("%s-%d", code, place), place, place, "ADVISER").
				SetHonorific("Ms.").SetGivenName("Maria del Pilar").SetFamilyName("Fernández de la Vega").
				SetFunctionalTitle("Counsellor, Deputy Permanent Representative").SetOrganization("Ministry for Foreign Affairs")
		}
		return out
	})
}

// watchedStream collects what a method streams, and calls before each chunk.
type watchedStream struct {
	stream
	before func()
}

func (s *watchedStream) Send(c *httpbody.HttpBody) error {
	s.before()
	return s.stream.Send(c)
}

// TestExportOfOneMoment has everybody withdraw while the list is sent.
func TestExportOfOneMoment(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, s *store.Store) {
		crowd(t, s, 10, 300)
		withdraw := func() {
			err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Client.Delegation.Update().SetState("WITHDRAWN").SetAcceptedRevision(2).
					Where(delegation.MeetingID("m1")).Exec(ctx); err != nil {
					return err
				}
				return tx.Client.ParticipantVersion.Update().SetAcceptedOrder(0).SetLatestOrder(0).
					Where(participantversion.MeetingID("m1")).Exec(ctx)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		req := of(placardv1.ExportParticipantListRequest_CSV, "en")
		undisturbed := export(t, svc, reader, req)
		sent := 0
		out := &watchedStream{stream{ctx: access.With(t.Context(), reader)}, func() {
			if sent++; sent == 1 {
				withdraw()
			}
		}}
		if err := svc.ExportParticipantList(req, out); err != nil {
			t.Fatal(err)
		}
		if sent < 3 || !bytes.Equal(out.content(), undisturbed.content()) {
			t.Errorf("%d bytes in %d chunks, before %d", len(out.content()), sent, len(undisturbed.content()))
		}
		if list := get(t, svc, reader, &placardv1.GetParticipantListRequest{}); list.GetPersonCount() > 0 {
			t.Errorf("%d persons have not withdrawn", list.GetPersonCount())
		}
	})
}

// TestExportMemory looks at the memory while a list of 20,000 persons is sent.
func TestExportMemory(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite, storetest.At(now))
	write(t, s)
	crowd(t, s, 100, 200)
	svc := newService(t, s, document.NewOffice("no-such-office"))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for _, format := range []placardv1.ExportParticipantListRequest_Format{placardv1.ExportParticipantListRequest_CSV, json} {
		begin, most, size := heap(), uint64(0), 0
		out := &watchedStream{stream{ctx: access.With(t.Context(), secretariat)}, nil}
		out.before = func() {
			for _, c := range out.chunks {
				size += len(c.GetData())
			}
			out.chunks = nil
			most = max(most, heap())
		}
		if err := svc.ExportParticipantList(of(format, "en"), out); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes sent, %d at the most in memory", format, size, most-begin)
		if size < 3<<20 || most > begin+3<<20 {
			t.Errorf("%s: %d bytes were sent, and %d at the most were in memory", format, size, most-begin)
		}
	}
}
