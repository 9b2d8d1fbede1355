package app_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/document"
)

// corrigendum reads a corrigendum to its end.
func (c *clients) corrigendum(ctx context.Context, req *placardv1.ExportCorrigendumRequest) ([]byte, error) {
	return received(c.lists.ExportCorrigendum(ctx, req))
}

func (c *clients) issue(ctx context.Context, t *testing.T, meeting string, provisional bool) int64 {
	t.Helper()
	return must(c.lists.IssueParticipantList(ctx, &placardv1.IssueParticipantListRequest{
		Name: meeting + "/participantList", Provisional: provisional,
	}))(t).GetSequence()
}

// compared shows what differs as lines: "EGY: -Karim EXAMPLE".
func (c *clients) compared(ctx context.Context, t *testing.T, meeting string, base, sequence int64) (*placardv1.ParticipantListDifference, []string) {
	t.Helper()
	d := must(c.lists.CompareParticipantLists(ctx, &placardv1.CompareParticipantListsRequest{
		Name: meeting + "/participantList", BaseSequence: base, Sequence: sequence, Language: "en",
	}))(t)
	var out []string
	for _, d := range d.GetDelegations() {
		line := strings.TrimPrefix(d.GetEntity(), "entities/") + ":"
		if d.GetParticipationStatusBefore() != 0 {
			line += " was " + d.GetParticipationStatusBefore().String()
		}
		for _, p := range d.GetAdded() {
			line += " +" + p.GetDisplayName()
		}
		for _, p := range d.GetCorrected() {
			line += " ~" + p.GetAfter().GetDisplayName() + " " + strings.Join(p.GetFields(), ",")
		}
		for _, p := range d.GetRemoved() {
			line += " -" + p.GetDisplayName()
		}
		out = append(out, line)
	}
	return d, out
}

// TestCorrigendum issues the list, has delegations change, come and go, and
// corrects the list.
func TestCorrigendum(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		meeting := c.newMeeting(t, "corrigendum", nil, "AUT", "EGY", "MEX", "URY")
		list := meeting + "/participantList"
		other := c.newMeeting(t, "corrigendum-other", nil, "AUT")
		// The delegation of Uruguay changes first, so that the editions of the two
		// meetings are of different numbers.
		c.submitAccepted(secretariat, t, meeting+"/delegations/URY", person("", "Juana", "QUIETA", placardv1.Participant_HEAD))
		c.submitAccepted(secretariat, t, other+"/delegations/AUT", person("", "Olga", "OTHER", placardv1.Participant_HEAD))
		elsewhere := c.issue(secretariat, t, other, false)

		erika := person("", "Erika", "MUSTERMANN", placardv1.Participant_HEAD)
		erika.Email, erika.Phone = proto.String("erika.mustermann@example.org"), proto.String("+43 1 5550123")
		erika.FunctionalTitle = "Attache"
		c.submitAccepted(secretariat, t, meeting+"/delegations/AUT", erika,
			person("", "Max", "BEISPIEL", placardv1.Participant_EXPERT))
		c.submitAccepted(secretariat, t, meeting+"/delegations/EGY", person("", "Karim", "EXAMPLE", placardv1.Participant_HEAD))
		first := c.issue(secretariat, t, meeting, false)
		provisional := c.issue(secretariat, t, meeting, true)

		// The spelling of a title is corrected, Egypt leaves, Mexico comes, and somebody waits for
		// review.
		head := c.find(secretariat, t, meeting+"/delegations/AUT", "MUSTERMANN")
		must(c.participants.UpdateParticipant(secretariat, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: head.GetName(), FunctionalTitle: "Attaché"},
			UpdateMask:  &fieldmaskpb.FieldMask{Paths: []string{"functional_title"}},
		}))(t)
		must(c.delegations.WithdrawDelegation(secretariat, &placardv1.WithdrawDelegationRequest{Name: meeting + "/delegations/EGY"}))(t)
		c.submitAccepted(secretariat, t, meeting+"/delegations/MEX", person("", "María", "EJEMPLO", placardv1.Participant_HEAD))
		must(c.participants.CreateParticipant(secretariat, &placardv1.CreateParticipantRequest{
			Parent: meeting + "/delegations/AUT", Participant: person("", "Waltraud", "WARTEND", placardv1.Participant_ADVISER),
		}))(t)

		want := []string{"AUT: ~Erika MUSTERMANN functionalTitle", "EGY: -Karim EXAMPLE", "MEX: +María EJEMPLO"}
		t.Run("to the list as it is now", func(t *testing.T) {
			d, got := c.compared(secretariat, t, meeting, first, 0)
			equal(t, "difference", got, want)
			if d.GetBaseSequence() != first || d.GetSequence() <= first || d.GetName() != list || d.GetLanguage() != "en" {
				t.Errorf("%s from %d to %d, in %s", d.GetName(), d.GetBaseSequence(), d.GetSequence(), d.GetLanguage())
			}
		})
		t.Run("of the kind of the base", func(t *testing.T) {
			_, got := c.compared(secretariat, t, meeting, provisional, 0)
			equal(t, "difference", got, []string{
				"AUT: +Waltraud WARTEND ~Erika MUSTERMANN functionalTitle", "EGY: -Karim EXAMPLE", "MEX: +María EJEMPLO",
			})
		})
		second := c.issue(secretariat, t, meeting, false)
		t.Run("to an edition", func(t *testing.T) {
			d, got := c.compared(secretariat, t, meeting, first, second)
			equal(t, "difference", got, want)
			equal(t, "sequence", d.GetSequence(), second)
		})
		t.Run("the other way round", func(t *testing.T) {
			_, got := c.compared(secretariat, t, meeting, second, first)
			equal(t, "difference", got, []string{
				"AUT: ~Erika MUSTERMANN functionalTitle", "EGY: +Karim EXAMPLE", "MEX: -María EJEMPLO",
			})
		})

		t.Run("document", func(t *testing.T) {
			file := must(c.corrigendum(secretariat, &placardv1.ExportCorrigendumRequest{
				Name: list, BaseSequence: first, Sequence: second, Language: "es", Symbol: "A/INF/1/Corr.1", Date: "2026-01-15",
			}))(t)
			text := contentOf(t, file)
			for _, want := range []string{
				"Corrección", "A/INF/1/Corr.1", "15 de enero de 2026", "Donde dice", ">Attache<", "debe decir", ">Attaché<",
				"EGIPTO", "Suprímase la entrada completa", "Karim EXAMPLE", "MÉXICO", "Añádase la entrada completa", "María EJEMPLO",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing", want)
				}
			}
			for _, not := range []string{"WARTEND", "BEISPIEL", "QUIETA", "URUGUAY", "5550123", "erika.mustermann"} {
				if strings.Contains(text, not) {
					t.Errorf("%s is in it", not)
				}
			}
			again := must(c.corrigendum(secretariat, &placardv1.ExportCorrigendumRequest{
				Name: list, BaseSequence: first, Sequence: second, Language: "es", Symbol: "A/INF/1/Corr.1", Date: "2026-01-15",
			}))(t)
			if !bytes.Equal(file, again) {
				t.Error("the same corrigendum is other bytes")
			}
		})
		t.Run("PDF", func(t *testing.T) {
			file, err := c.corrigendum(secretariat, &placardv1.ExportCorrigendumRequest{
				Name: list, BaseSequence: first, Format: placardv1.ExportCorrigendumRequest_PDF,
			})
			if _, missing := exec.LookPath(document.DefaultProgram); missing != nil {
				wantFault(t, err, codes.FailedPrecondition, "PDF_UNAVAILABLE")
			} else if err != nil || !bytes.HasPrefix(file, []byte("%PDF-")) {
				t.Errorf("%.20q, %v", file, err)
			}
		})
		t.Run("nothing to correct", func(t *testing.T) {
			if _, got := c.compared(secretariat, t, meeting, second, 0); len(got) > 0 {
				t.Errorf("got %v", got)
			}
			_, err := c.corrigendum(secretariat, &placardv1.ExportCorrigendumRequest{Name: list, BaseSequence: second})
			wantFault(t, err, codes.FailedPrecondition, "LISTS_EQUAL")
		})

		both := func(ctx context.Context, list string, base, sequence int64) [2]error {
			_, compared := c.lists.CompareParticipantLists(ctx, &placardv1.CompareParticipantListsRequest{
				Name: list, BaseSequence: base, Sequence: sequence,
			})
			_, corrected := c.corrigendum(ctx, &placardv1.ExportCorrigendumRequest{Name: list, BaseSequence: base, Sequence: sequence})
			return [2]error{compared, corrected}
		}
		t.Run("a number that is no edition of the meeting", func(t *testing.T) {
			for _, numbers := range [][2]int64{{elsewhere, 0}, {elsewhere, second}, {first, elsewhere}, {1 << 40, 0}, {first, 1 << 40}} {
				for _, err := range both(secretariat, list, numbers[0], numbers[1]) {
					wantFault(t, err, codes.NotFound, "NOT_FOUND")
				}
			}
			for _, err := range both(secretariat, list, 0, second) {
				wantFault(t, err, codes.InvalidArgument, "REQUIRED")
			}
			for _, err := range both(secretariat, "meetings/-/participantList", first, second) {
				wantFault(t, err, codes.InvalidArgument, "STRING_PATTERN")
			}
		})
		t.Run("what is not the caller's", func(t *testing.T) {
			bound := c.As(t, c.Key(t, "secretariat", "", other))
			for _, err := range both(bound, list, first, second) {
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			}
			for _, err := range both(bound, other+"/participantList", first, second) {
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			}
			for _, key := range []string{
				c.Key(t, "mission", "AUT"), c.Key(t, "mission", "JPN"), c.Key(t, "pass_office", ""), c.Key(t, "gate", "", meeting), c.Key(t, "reader", ""),
			} {
				for _, err := range both(c.As(t, key), list, first, second) {
					wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
				}
			}
			mine := c.As(t, c.Key(t, "secretariat", "", meeting))
			for _, err := range both(mine, list, first, second) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	})
}
