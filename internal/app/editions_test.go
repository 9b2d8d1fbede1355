package app_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/seal"
)

const (
	inCSV  = placardv1.ExportParticipantListRequest_CSV
	inJSON = placardv1.ExportParticipantListRequest_JSON
)

// files are an edition as files, 0 for the list as it is now, with the seal of the
// JSON verified.
func (c *clients) files(ctx context.Context, t *testing.T, meeting string, number int64) (table, list []byte) {
	t.Helper()
	req := &placardv1.ExportParticipantListRequest{
		Name: meeting + "/participantList", Language: "en", Format: inCSV, Sequence: number,
	}
	table = must(c.download(ctx, req))(t)
	req.Format = inJSON
	list = must(c.download(ctx, req))(t)
	keys := must(seal.ReadKeys(bytes.NewReader(c.published(t))))(t)
	head := must(seal.Verify(bytes.NewReader(list), keys))(t)
	if number > 0 && head.GetSequence() != number {
		t.Errorf("the file is of number %d, want %d", head.GetSequence(), number)
	}
	if err := protojson.Unmarshal(list, &placardv1.ParticipantList{}); err != nil {
		t.Errorf("the file is no list: %v", err)
	}
	return table, list
}

// editions are the numbers of the editions that a caller sees, page by page.
func (c *clients) editions(ctx context.Context, t *testing.T, req *placardv1.ListParticipantListEditionsRequest) []int64 {
	t.Helper()
	var out []int64
	req.PageSize = 1
	for {
		page := must(c.lists.ListParticipantListEditions(ctx, req))(t)
		for _, e := range page.GetEditions() {
			out = append(out, e.GetSequence())
		}
		if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
			return out
		}
	}
}

// TestEditions issues the list, changes everything that stands on it, and reads
// what was issued.
func TestEditions(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		const head, expert = placardv1.Participant_HEAD, placardv1.Participant_EXPERT
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		meeting := c.newMeeting(t, "editions", nil, "AUT", "EGY", "MEX")
		list := meeting + "/participantList"
		organization := must(c.entities.CreateEntity(secretariat, &placardv1.CreateEntityRequest{
			EntityId: "ED" + strings.ToUpper(c.id), Entity: &placardv1.Entity{
				Kind: placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION, ShortName: &placardv1.LocalizedText{En: "Old Organization"}, Language: "en",
			},
		}))(t)
		invitation := must(c.invitations.CreateInvitation(secretariat, &placardv1.CreateInvitationRequest{
			Parent: meeting, Invitation: &placardv1.Invitation{Entity: organization.GetName()},
		}))(t)
		must(c.invitations.IssueInvitation(secretariat, &placardv1.IssueInvitationRequest{Name: invitation.GetName()}))(t)

		_, err := c.lists.IssueParticipantList(secretariat, &placardv1.IssueParticipantListRequest{Name: list})
		wantFault(t, err, codes.FailedPrecondition, "LIST_EMPTY")

		aut, egy := meeting+"/delegations/AUT", meeting+"/delegations/EGY"
		c.submitAccepted(secretariat, t, aut,
			person("1", "Erika", "MUSTERMANN", head), person("2", "Max", "BEISPIEL", expert),
			person("3", "Ida", "DOLMETSCH", placardv1.Participant_INTERPRETER))
		c.submitAccepted(secretariat, t, egy, person("1", "Karim", "EXAMPLE", head))
		c.submitAccepted(secretariat, t, meeting+"/delegations/"+organization.GetCode(), person("1", "Olga", "OTHER", head))
		must(c.participants.CreateParticipant(secretariat, &placardv1.CreateParticipantRequest{
			Parent: egy, Participant: person("", "Waleed", "WAITING", expert),
		}))(t)

		once := &placardv1.IssueParticipantListRequest{Name: list, RequestId: "once-" + c.id}
		final := must(c.lists.IssueParticipantList(secretariat, once))(t)
		if final.GetName() != fmt.Sprint(list, "/editions/", final.GetSequence()) || final.GetProvisional() ||
			final.GetDelegationCount() != 3 || final.GetPersonCount() != 4 || final.GetAuthor() != "accounts/secretariat" || final.GetSigningKey() == "" {
			t.Errorf("issued %v", final)
		}
		equal(t, "issued once more by the same request", must(c.lists.IssueParticipantList(secretariat, once))(t), final)
		equal(t, "issued once more without a change",
			must(c.lists.IssueParticipantList(secretariat, &placardv1.IssueParticipantListRequest{Name: list}))(t), final)
		provisional := must(c.lists.IssueParticipantList(secretariat, &placardv1.IssueParticipantListRequest{Name: list, Provisional: true}))(t)
		if provisional.GetSequence() <= final.GetSequence() || !provisional.GetProvisional() || provisional.GetPersonCount() != 5 {
			t.Errorf("issued %v", provisional)
		}

		callers := map[string]context.Context{
			"secretariat": secretariat,
			"reader":      c.As(t, c.Key(t, "reader", "")),
			"pass office": c.As(t, c.Key(t, "pass_office", "")),
			"mission":     c.As(t, c.Key(t, "mission", "AUT")),
		}
		type files struct{ table, list []byte }
		before := map[string]files{}
		for name, ctx := range callers {
			table, list := c.files(ctx, t, meeting, final.GetSequence())
			before[name] = files{table, list}
		}
		provisionalTable, provisionalList := c.files(secretariat, t, meeting, provisional.GetSequence())

		// Everything changes.
		must(c.participants.UpdateParticipant(secretariat, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{
				Name: c.find(secretariat, t, aut, "MUSTERMANN").GetName(), FunctionalTitle: "Ambassador",
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"functional_title"}},
		}))(t)
		must(c.participants.ReplaceParticipant(secretariat, &placardv1.ReplaceParticipantRequest{
			Name: c.find(secretariat, t, aut, "BEISPIEL").GetName(), Participant: person("", "Moritz", "ERSATZ", expert),
		}))(t)
		latest := must(c.delegations.GetDelegation(secretariat, &placardv1.GetDelegationRequest{Name: aut}))(t).GetLatestRevision()
		must(c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: aut, Revision: latest}))(t)
		must(c.delegations.WithdrawDelegation(secretariat, &placardv1.WithdrawDelegationRequest{Name: egy}))(t)
		must(c.entities.UpdateEntity(secretariat, &placardv1.UpdateEntityRequest{
			Entity:     &placardv1.Entity{Name: organization.GetName(), ShortName: &placardv1.LocalizedText{En: "New Organization"}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"short_name"}},
		}))(t)
		must(c.meetings.UpdateMeeting(secretariat, &placardv1.UpdateMeetingRequest{
			Meeting:    &placardv1.Meeting{Name: meeting, Title: &placardv1.LocalizedText{En: "Another title"}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
		}))(t)
		must(c.invitations.UpdateInvitation(secretariat, &placardv1.UpdateInvitationRequest{
			Invitation: &placardv1.Invitation{
				Name: meeting + "/invitations/AUT", ParticipationStatus: placardv1.ParticipationStatus_SIGNATORY,
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"participation_status"}},
		}))(t)
		c.submitAccepted(secretariat, t, meeting+"/delegations/MEX", person("1", "María", "EJEMPLO", head))

		t.Run("an edition stays the same bytes", func(t *testing.T) {
			for name, ctx := range callers {
				table, list := c.files(ctx, t, meeting, final.GetSequence())
				if !bytes.Equal(table, before[name].table) || !bytes.Equal(list, before[name].list) {
					t.Errorf("%s: the edition changed:\n%s\n%s", name, table, before[name].table)
				}
				table, list = c.files(ctx, t, meeting, 0)
				if bytes.Equal(table, before[name].table) || bytes.Equal(list, before[name].list) {
					t.Errorf("%s: the list of now did not change", name)
				}
				if name != "mission" {
					for _, want := range []string{"BEISPIEL", "EXAMPLE", "Old Organization", "States parties,AUT"} {
						if !strings.Contains(string(before[name].table), want) || strings.Contains(string(table), want) {
							t.Errorf("%s: %q is not in the edition only", name, want)
						}
					}
				}
			}
			table, list := c.files(secretariat, t, meeting, provisional.GetSequence())
			if !bytes.Equal(table, provisionalTable) || !bytes.Equal(list, provisionalList) || !strings.Contains(string(table), "WAITING") {
				t.Errorf("the provisional edition changed:\n%s", table)
			}
		})

		bound := c.As(t, c.Key(t, "secretariat", "", meeting))
		second := must(c.lists.IssueParticipantList(bound, &placardv1.IssueParticipantListRequest{Name: list}))(t)
		t.Run("they are listed", func(t *testing.T) {
			all := []int64{second.GetSequence(), provisional.GetSequence(), final.GetSequence()}
			req := func() *placardv1.ListParticipantListEditionsRequest {
				return &placardv1.ListParticipantListEditionsRequest{Parent: list}
			}
			equal(t, "editions", c.editions(secretariat, t, req()), all)
			ascending := req()
			ascending.OrderBy = "sequence"
			equal(t, "editions, the oldest first", c.editions(secretariat, t, ascending), []int64{all[2], all[1], all[0]})
			only := req()
			only.Filter = "provisional = true"
			equal(t, "provisional editions", c.editions(secretariat, t, only), all[1:2])
			equal(t, "what a reader sees", c.editions(callers["reader"], t, req()), []int64{all[0], all[2]})
			equal(t, "what a reader sees of the provisional ones", c.editions(callers["reader"], t, only), []int64(nil))
			equal(t, "what a mission sees", c.editions(callers["mission"], t, req()), all)
			masked := req()
			masked.ReadMask = &fieldmaskpb.FieldMask{Paths: []string{"name", "person_count"}}
			page := must(c.lists.ListParticipantListEditions(callers["mission"], masked))(t)
			equal(t, "masked", page.GetEditions()[0], &placardv1.ParticipantListEdition{Name: second.GetName(), PersonCount: 2})
			equal(t, "get", must(c.lists.GetParticipantListEdition(secretariat, &placardv1.GetParticipantListEditionRequest{Name: final.GetName()}))(t), final)
		})
		t.Run("as a message", func(t *testing.T) {
			got := must(c.lists.GetParticipantList(secretariat, &placardv1.GetParticipantListRequest{Name: list, Language: "en", Sequence: final.GetSequence()}))(t)
			want := &placardv1.ParticipantList{}
			if err := protojson.Unmarshal(before["secretariat"].list, want); err != nil {
				t.Fatal(err)
			}
			want.Seal = nil
			equal(t, "edition", got, want)
			now := must(c.lists.GetParticipantList(secretariat, &placardv1.GetParticipantListRequest{Name: list}))(t)
			if now.GetSequence() < second.GetSequence() || now.GetTitle().GetText() != "Another title" {
				t.Errorf("the list of now is %v", now)
			}
			if now := must(c.lists.GetParticipantList(callers["mission"], &placardv1.GetParticipantListRequest{Name: list}))(t); now.Sequence != nil {
				t.Errorf("a mission reads the number of the last change, %d", now.GetSequence())
			}
		})
		t.Run("an edition is provisional by itself", func(t *testing.T) {
			_, err := c.lists.GetParticipantList(secretariat, &placardv1.GetParticipantListRequest{
				Name: list, Sequence: final.GetSequence(), Provisional: true,
			})
			equal(t, "violations", violationsOf(err), []string{"provisional SEQUENCE_AND_PROVISIONAL"})
		})
		t.Run("as an operation", func(t *testing.T) {
			op := c.awaited(secretariat, t, must(c.lists.GenerateParticipantList(secretariat, &placardv1.GenerateParticipantListRequest{
				Name: list, Language: "en", Format: inJSON, Sequence: final.GetSequence(),
			}))(t))
			made := &placardv1.OperationFile{}
			if err := op.GetResponse().UnmarshalTo(made); err != nil {
				t.Fatal(op, err)
			}
			meta := metadataOf(t, op)
			if made.GetMediaType() != "application/json" || meta.GetDoneCount() != 4 || meta.GetTotalCount() != 4 {
				t.Errorf("made %v, %v", made, meta)
			}
			file := must(received(c.operations.DownloadOperationFile(secretariat, &placardv1.DownloadOperationFileRequest{Name: op.GetName()})))(t)
			if !bytes.Equal(file, before["secretariat"].list) {
				t.Errorf("another file: %s", file)
			}
		})
		t.Run("of others", func(t *testing.T) { c.editionsOfOthers(t, meeting, final, second) })
		t.Run("after the meeting", func(t *testing.T) {
			must(c.meetings.CloseMeeting(secretariat, &placardv1.CloseMeetingRequest{Name: meeting}))(t)
			must(c.meetings.ConcludeMeeting(secretariat, &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
			equal(t, "issued once more",
				must(c.lists.IssueParticipantList(secretariat, &placardv1.IssueParticipantListRequest{Name: list}))(t), second)
			if table, _ := c.files(secretariat, t, meeting, final.GetSequence()); !bytes.Equal(table, before["secretariat"].table) {
				t.Errorf("the edition changed: %s", table)
			}
		})
	})
}

// TestIssueAtOnce: of many who issue the same list at once all get one edition of
// each kind.
func TestIssueAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		meeting := c.newMeeting(t, "at-once", nil, "AUT")
		c.submitAccepted(secretariat, t, meeting+"/delegations/AUT", person("", "Erika", "MUSTERMANN", placardv1.Participant_HEAD))
		issued := make([]*placardv1.ParticipantListEdition, 16)
		var g errgroup.Group
		for i := range issued {
			g.Go(func() (err error) {
				issued[i], err = c.lists.IssueParticipantList(secretariat, &placardv1.IssueParticipantListRequest{
					Name: meeting + "/participantList", Provisional: i%2 == 1,
				})
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for i, e := range issued {
			equal(t, fmt.Sprint("edition ", i), e, issued[i%2])
		}
		if issued[0].GetProvisional() || !issued[1].GetProvisional() || issued[0].GetSequence() == issued[1].GetSequence() {
			t.Errorf("issued %v", issued[:2])
		}
	})
}

// editionsOfOthers asks for editions with valid keys of others. Mexico is on the
// second final one only.
func (c *clients) editionsOfOthers(t *testing.T, meeting string, final, second *placardv1.ParticipantListEdition) {
	list := meeting + "/participantList"
	secretariat := c.As(t, c.Key(t, "secretariat", ""))
	others := c.newMeeting(t, "editions-other", nil, "FRA")
	mexico := c.As(t, c.Key(t, "mission", "MEX"))
	for name, caller := range map[string]struct {
		ctx context.Context
		// sees are the editions that it sees.
		sees []*placardv1.ParticipantListEdition
		// meets tells whether it sees the meeting.
		meets bool
	}{
		"reader":        {c.As(t, c.Key(t, "reader", "")), []*placardv1.ParticipantListEdition{second, final}, true},
		"Mexico":        {mexico, []*placardv1.ParticipantListEdition{second}, true},
		"France":        {c.As(t, c.Key(t, "mission", "FRA")), nil, false},
		"other meeting": {c.As(t, c.Key(t, "secretariat", "", others)), nil, false},
	} {
		var sees []int64
		for _, e := range caller.sees {
			sees = append(sees, e.GetSequence())
		}
		for number := max(final.GetSequence()-3, 1); number <= second.GetSequence()+3; number++ {
			_, gotList := c.lists.GetParticipantList(caller.ctx, &placardv1.GetParticipantListRequest{Name: list, Sequence: number})
			_, gotEdition := c.lists.GetParticipantListEdition(caller.ctx, &placardv1.GetParticipantListEditionRequest{
				Name: fmt.Sprint(list, "/editions/", number),
			})
			_, gotFile := c.download(caller.ctx, &placardv1.ExportParticipantListRequest{Name: list, Sequence: number, Format: inJSON})
			for _, err := range []error{gotList, gotEdition, gotFile} {
				if slices.Contains(sees, number) {
					if err != nil {
						t.Errorf("%s, %d: %v", name, number, err)
					}
					continue
				}
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			}
		}
		req := &placardv1.ListParticipantListEditionsRequest{Parent: list}
		if caller.meets {
			equal(t, "editions for "+name, c.editions(caller.ctx, t, req), sees)
		} else {
			_, err := c.lists.ListParticipantListEditions(caller.ctx, req)
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
		}
		_, err := c.lists.ListParticipantListEditions(caller.ctx, &placardv1.ListParticipantListEditionsRequest{
			Parent: "meetings/-/participantList",
		})
		if err == nil {
			t.Errorf("%s lists the editions of all meetings", name)
		}
	}

	edition := must(c.lists.GetParticipantListEdition(mexico, &placardv1.GetParticipantListEditionRequest{Name: second.GetName()}))(t)
	if edition.GetDelegationCount() != 1 || edition.GetPersonCount() != 1 || edition.Author != nil {
		t.Errorf("Mexico sees %v", edition)
	}
	table, text := c.files(mexico, t, meeting, second.GetSequence())
	for _, file := range [][]byte{table, text} {
		if strings.Contains(string(file), "MUSTERMANN") || !strings.Contains(string(file), "EJEMPLO") {
			t.Errorf("Mexico reads %s", file)
		}
	}
	page := must(c.lists.ListParticipantListEditions(secretariat, &placardv1.ListParticipantListEditionsRequest{Parent: list, PageSize: 1}))(t)
	_, err := c.lists.ListParticipantListEditions(mexico, &placardv1.ListParticipantListEditionsRequest{
		Parent: list, PageSize: 1, PageToken: page.GetNextPageToken(),
	})
	wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")

	bound := c.As(t, c.Key(t, "secretariat", "", others))
	_, err = c.lists.IssueParticipantList(bound, &placardv1.IssueParticipantListRequest{Name: list})
	wantFault(t, err, codes.NotFound, "NOT_FOUND")
	_, err = c.lists.GenerateParticipantList(bound, &placardv1.GenerateParticipantListRequest{Name: list, Sequence: final.GetSequence()})
	wantFault(t, err, codes.NotFound, "NOT_FOUND")
	for _, ctx := range []context.Context{mexico, c.As(t, c.Key(t, "reader", ""))} {
		_, err = c.lists.IssueParticipantList(ctx, &placardv1.IssueParticipantListRequest{Name: list})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		_, err = c.lists.GenerateParticipantList(ctx, &placardv1.GenerateParticipantListRequest{Name: list})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	}

	// Nobody follows what is not there for them.
	changes, _ := c.feed(mexico, t, "")
	for _, change := range changes {
		if change.GetResourceType() == "placard.un.org/ParticipantListEdition" {
			t.Errorf("Mexico follows %v", change)
		}
	}
	changes, _ = c.feed(c.As(t, c.Key(t, "pass_office", "")), t, "")
	var followed []string
	for _, change := range changes {
		if strings.HasPrefix(change.GetResource(), list) {
			followed = append(followed, change.GetResource())
		}
	}
	equal(t, "what the Pass Office follows", followed, []string{final.GetName(), second.GetName()})
}
