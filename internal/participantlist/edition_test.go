package participantlist_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func issue(t *testing.T, svc *participantlist.Service, provisional bool) *placardv1.ParticipantListEdition {
	t.Helper()
	edition, err := svc.IssueParticipantList(access.With(t.Context(), secretariat), &placardv1.IssueParticipantListRequest{
		Name: "meetings/m1/participantList", Provisional: provisional,
	})
	if err != nil {
		t.Fatal(err)
	}
	return edition
}

func TestIssueParticipantList(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, s *store.Store) {
		last, err := s.Client().ChangeCounter.Query().Only(storetest.System(t))
		if err != nil {
			t.Fatal(err)
		}
		got := issue(t, svc, true)
		want := &placardv1.ParticipantListEdition{
			Name: name.Edition("m1", last.Value), Sequence: last.Value, Provisional: true,
			DelegationCount: 6, PersonCount: 8, SigningKey: got.GetSigningKey(), Author: &secretariat.Account,
			CreateTime: timestamppb.New(now),
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		final := issue(t, svc, false)
		changes, err := s.Client().Change.Query().Where(change.ResourceType(name.TypeParticipantListEdition)).
			Order(change.ByID()).All(storetest.System(t))
		if err != nil || len(changes) != 2 {
			t.Fatalf("%d changes, %v", len(changes), err)
		}
		for i, c := range changes {
			// The final one is for those who see only what is in force.
			if c.Verb != "issue" || c.MeetingID != "m1" || c.EntityID != "" || c.InForce != (i == 1) ||
				c.Resource != []string{got.GetName(), final.GetName()}[i] {
				t.Errorf("change %v", c)
			}
		}
		_, err = svc.IssueParticipantList(access.With(t.Context(), secretariat), &placardv1.IssueParticipantListRequest{
			Name: "meetings/m2/participantList",
		})
		if f, ok := fault.As(err); !ok || f.Reason != "LIST_EMPTY" {
			t.Errorf("empty: %v", err)
		}
	})
}

// TestEditionContent reads an edition once its persons are not in force any more,
// and one of them was erased.
func TestEditionContent(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, s *store.Store) {
		final := issue(t, svc, false)
		ask := func(p access.Principal, accept ...string) *stream {
			t.Helper()
			req := of(json, "fr")
			req.Sequence = final.GetSequence()
			out := &stream{ctx: locale.With(access.With(t.Context(), p), accept)}
			if err := svc.ExportParticipantList(req, out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		before := ask(reader)
		err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.ParticipantVersion.Update().SetAcceptedOrder(0).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.Revision.Update().Where(revision.EntityID("ESP")).SetState("SUPERSEDED").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		// The title is in English and Spanish only.
		for _, accept := range [][]string{nil, {"es"}} {
			if got := ask(reader, accept...); !bytes.Equal(got.content(), before.content()) {
				t.Errorf("accepting %v: %s\nbefore: %s", accept, got.content(), before.content())
			}
		}
		if got := opened(t, s, before.content()); got.GetPersonCount() != 7 || got.GetSequence() != final.GetSequence() {
			t.Errorf("the edition is %v", got)
		}

		_, err = s.Writer().ExecContext(t.Context(), "DELETE FROM participant_names")
		if err == nil {
			err = s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Client.ParticipantVersion.Delete().Where(participantversion.EntityID("ESP")).Exec(ctx)
				return err
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		got := opened(t, s, ask(reader).content())
		if got.GetDelegationCount() != 6 || got.GetPersonCount() != 6 {
			t.Errorf("after an erasure it has %d persons of %d delegations", got.GetPersonCount(), got.GetDelegationCount())
		}
	})
}

// A document says of which edition it is.
func TestEditionDocument(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		req := of(docx, "es")
		req.Sequence = issue(t, svc, true).GetSequence()
		got := strings.Join(paragraphs(t, export(t, svc, secretariat, req).content()), "\n")
		for _, want := range []string{
			"MastheadNote: Distr. limitada", "MastheadNote: Edición " + name.Last(name.Edition("m1", req.GetSequence())),
			"Title: Lista provisional de participantes",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
	})
}
