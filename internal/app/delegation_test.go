package app_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// TestNameWaits: a changed name is on no final list before it was accepted, and
// the accepted name stays on it meanwhile; the e-mail address that came with it
// is in force at once.
func TestNameWaits(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		reader := c.As(t, c.Key(t, "reader", ""))
		meeting := c.newMeeting(t, "name", nil, "AUT")
		name := meeting + "/delegations/AUT"
		c.submitAccepted(admin, t, name, person("1", "Erika", "MUSTERMANN", placardv1.Participant_HEAD))
		p := c.find(admin, t, name, "MUSTERMANN")
		changed := must(c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: p.GetName(), FamilyName: "BEISPIEL", Role: placardv1.Participant_EXPERT, Email: proto.String("e@example.org")},
		}))(t)
		if changed.GetState() != placardv1.Participant_PENDING || changed.GetFamilyName() != "BEISPIEL" {
			t.Errorf("changed: %v", changed)
		}
		inForce := must(c.participants.GetParticipant(admin, &placardv1.GetParticipantRequest{Name: p.GetName(), View: placardv1.CompositionView_ACCEPTED}))(t)
		if inForce.GetFamilyName() != "MUSTERMANN" || inForce.GetRole() != placardv1.Participant_HEAD || inForce.GetEmail() != "e@example.org" ||
			inForce.GetState() != placardv1.Participant_SUPERSEDED {
			t.Errorf("in force: %v", inForce)
		}
		equal(t, "final list", c.listed(reader, t, meeting, "en", false), []string{"AUT: Erika MUSTERMANN"})
		equal(t, "provisional list", c.listed(admin, t, meeting, "en", true), []string{"AUT: Erika BEISPIEL"})
		d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: name, Revision: d.GetLatestRevision()}))(t)
		equal(t, "final list after acceptance", c.listed(reader, t, meeting, "en", false), []string{"AUT: Erika BEISPIEL"})
	})
}

// TestReturned: what is and what is not an answer to a return.
func TestReturned(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "returned", nil, "AUT")
		name := meeting + "/delegations/AUT"
		must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Participants: []*placardv1.Participant{
			person("", "A", "A", placardv1.Participant_HEAD), person("", "B", "B", placardv1.Participant_EXPERT),
		}}))(t)
		must(c.delegations.ReturnDelegation(admin, &placardv1.ReturnDelegationRequest{Name: name, Revision: 1, Reasons: []string{"Who is B?"}}))(t)
		b := c.find(admin, t, name, "B")
		must(c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: b.GetName(), Phone: proto.String("1")},
		}))(t)
		d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		if d.GetState() != placardv1.Delegation_RETURNED || len(d.GetReturnReasons()) != 1 || d.GetLatestRevision() != 2 {
			t.Errorf("a telephone number answered the return: %v", d)
		}
		must(c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: b.GetName()}))(t)
		d = must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		if d.GetState() != placardv1.Delegation_SUBMITTED || len(d.GetReturnReasons()) != 0 {
			t.Errorf("a withdrawal did not answer the return: %v", d)
		}
	})
}

// TestLateMarkFollowsItsCause: who came late and went again leaves no mark.
func TestLateMarkFollowsItsCause(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "cause", nil, "AUT")
		name := meeting + "/delegations/AUT"
		c.submitAccepted(admin, t, name, person("", "A", "A", placardv1.Participant_HEAD))
		must(c.meetings.CloseMeeting(admin, &placardv1.CloseMeetingRequest{Name: meeting}))(t)
		b := must(c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("", "B", "B", placardv1.Participant_EXPERT)}))(t)
		get := func() *placardv1.Delegation {
			return must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		}
		if !get().GetLate() {
			t.Error("an addition after the closing is not late")
		}
		must(c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: b.GetName()}))(t)
		if d := get(); d.GetLate() || d.GetState() != placardv1.Delegation_ACCEPTED {
			t.Errorf("the mark stays: %v", d)
		}
	})
}

// TestRepeatedNote: a submission that brought another note verbale for the same
// composition is answered alike when it is repeated.
func TestRepeatedNote(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		name := c.newMeeting(t, "note", nil, "AUT") + "/delegations/AUT"
		req := &placardv1.SubmitDelegationRequest{Name: name, Participants: []*placardv1.Participant{person("1", "A", "A", placardv1.Participant_HEAD)}}
		d := must(c.delegations.SubmitDelegation(mission, req))(t).GetDelegation()
		req.Etag, req.RequestId, req.NoteVerbale = d.GetEtag(), c.id+"-note", &placardv1.NoteVerbale{Reference: "2"}
		first := must(c.delegations.SubmitDelegation(mission, req))(t)
		if len(first.GetDifference().GetItems()) != 0 || first.GetDelegation().GetNoteVerbale().GetReference() != "2" {
			t.Errorf("answered %v", first)
		}
		equal(t, "the repeated answer", must(c.delegations.SubmitDelegation(mission, req))(t), first)
	})
}

// TestCorrectionHasItsOwnChannel: what a mission corrects did not come by the
// fax that the Secretariat entered before.
func TestCorrectionHasItsOwnChannel(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		name := c.newMeeting(t, "channel", nil, "AUT") + "/delegations/AUT"
		must(c.delegations.SubmitDelegation(c.As(t, c.Admin), &placardv1.SubmitDelegationRequest{
			Name: name, Channel: placardv1.Channel_FAX, ReceiptDate: time.Now().AddDate(0, 0, -2).Format(time.DateOnly),
			Participants: []*placardv1.Participant{person("", "A", "A", placardv1.Participant_HEAD)},
		}))(t)
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		must(c.participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("", "B", "B", placardv1.Participant_EXPERT)}))(t)
		r := must(c.delegations.ListDelegationRevisions(mission, &placardv1.ListDelegationRevisionsRequest{Parent: name, PageSize: 1}))(t).GetRevisions()[0]
		if r.GetChannel() != placardv1.Channel_API || r.GetReceiptDate() != "" || r.GetAuthor() != "entities/AUT" {
			t.Errorf("revision %v", r)
		}
		_, err := c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{
			Name: name, Channel: placardv1.Channel_FAX, Participants: []*placardv1.Participant{person("", "A", "A", placardv1.Participant_HEAD)},
		})
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
	})
}

// TestFeedsHoldNoMore: who was never in force is in no feed of those who
// see what is in force, nor is a key of an admin in that of a Secretariat.
func TestFeedsHoldNoMore(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "feeds", nil, "AUT", "MEX")
		name := meeting + "/delegations/AUT"
		c.submitAccepted(admin, t, name, person("", "A", "A", placardv1.Participant_HEAD))
		waiting := must(c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{Parent: name, Participant: person("", "C", "C", placardv1.Participant_EXPERT)}))(t)
		must(c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: waiting.GetName()}))(t)
		must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{
			Name: meeting + "/delegations/MEX", Participants: []*placardv1.Participant{person("", "M", "M", placardv1.Participant_HEAD)}}))(t)
		must(c.delegations.WithdrawDelegation(admin, &placardv1.WithdrawDelegationRequest{Name: meeting + "/delegations/MEX"}))(t)
		pass, _ := c.feed(c.As(t, c.Key(t, "pass_office", "")), t, "")
		for _, change := range pass {
			if change.GetResource() == waiting.GetName() || strings.Contains(change.GetResource(), "/MEX/participants/") {
				t.Errorf("the Pass Office sees %s %s", change.GetVerb(), change.GetResource())
			}
		}
		mine := c.Key(t, "secretariat", "")
		seen, _ := c.feed(c.As(t, mine), t, "")
		keys := must(c.keys.ListKeys(c.As(t, mine), &placardv1.ListKeysRequest{PageSize: 1000}))(t)
		for _, change := range seen {
			if change.GetResourceType() == "placard.un.org/Key" && !slices.ContainsFunc(keys.GetKeys(), func(k *placardv1.Key) bool { return k.GetName() == change.GetResource() }) {
				t.Errorf("the Secretariat sees a change of %s, and not the key", change.GetResource())
			}
		}
		_, err := c.changes.ListChanges(c.As(t, c.Key(t, "mission", "FRA")), &placardv1.ListChangesRequest{Meeting: meeting})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
	})
}

// TestOddInput: what is refused, on both engines alike.
func TestOddInput(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "odd", nil, "AUT")
		submit := func(change func(*placardv1.SubmitDelegationRequest)) error {
			req := &placardv1.SubmitDelegationRequest{Name: meeting + "/delegations/AUT", ValidateOnly: true, Participants: []*placardv1.Participant{person("", "A", "A", placardv1.Participant_HEAD)}}
			change(req)
			_, err := c.delegations.SubmitDelegation(admin, req)
			return err
		}
		first := func(change func(*placardv1.Participant)) func(*placardv1.SubmitDelegationRequest) {
			return func(r *placardv1.SubmitDelegationRequest) { change(r.GetParticipants()[0]) }
		}
		many := func(n int) func(*placardv1.SubmitDelegationRequest) {
			return func(r *placardv1.SubmitDelegationRequest) {
				r.Participants = make([]*placardv1.Participant, n)
				for i := range r.Participants {
					r.Participants[i] = &placardv1.Participant{}
				}
			}
		}
		for name, x := range map[string]struct {
			change func(*placardv1.SubmitDelegationRequest)
			code   codes.Code
		}{
			"a day before the calendar":   {func(r *placardv1.SubmitDelegationRequest) { r.ReceiptDate = "0001-01-01" }, codes.InvalidArgument},
			"a name of a soft hyphen":     {first(func(p *placardv1.Participant) { p.GivenName, p.FamilyName = "", "\u00ad" }), codes.InvalidArgument},
			"a name of a filler":          {first(func(p *placardv1.Participant) { p.GivenName, p.FamilyName = "", "\u3164" }), codes.InvalidArgument},
			"a name of joiners":           {first(func(p *placardv1.Participant) { p.GivenName, p.FamilyName = "\u200d", "\u200c" }), codes.InvalidArgument},
			"a name of an accent":         {first(func(p *placardv1.Participant) { p.GivenName, p.FamilyName = "", "\u0301" }), codes.InvalidArgument},
			"NUL in a name":               {first(func(p *placardv1.Participant) { p.FamilyName = "A\x00" }), codes.InvalidArgument},
			"a wildcard for the name":     {func(r *placardv1.SubmitDelegationRequest) { r.Name = meeting + "/delegations/-" }, codes.InvalidArgument},
			"an etag of nothing":          {func(r *placardv1.SubmitDelegationRequest) { r.Etag = "77" }, codes.Aborted},
			"many persons without a name": {many(100_000), codes.InvalidArgument},
		} {
			t.Run(name, func(t *testing.T) {
				err := submit(x.change)
				if code, reason := faultOf(err); code != x.code {
					t.Errorf("%s %s: %v", code, reason, err)
				}
				if n := len(violationsOf(err)); n > 100 {
					t.Errorf("%d violations", n)
				}
			})
		}
		_, err := c.meetings.ListMeetings(admin, &placardv1.ListMeetingsRequest{Filter: "start_date = \"a\x00\""})
		wantFault(t, err, codes.InvalidArgument, "FILTER_INVALID")
		_, err = c.meetings.UpdateMeeting(admin, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: meeting, EndDate: "9999-12-31", CompositionDeadline: "9999-12-31"}})
		wantFault(t, err, codes.InvalidArgument, "INVALID_REQUEST")
		_, err = c.meetings.UpdateMeeting(admin, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: meeting, DocumentsUri: "javascript:alert(1)"}})
		wantFault(t, err, codes.InvalidArgument, "STRING_PATTERN")
		_, err = c.invitations.BatchCreateInvitations(admin, &placardv1.BatchCreateInvitationsRequest{Parent: meeting, Requests: []*placardv1.CreateInvitationRequest{{
			RequestId: "x", Invitation: &placardv1.Invitation{Entity: "entities/MEX", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY},
		}}})
		wantFault(t, err, codes.InvalidArgument, "REQUEST_ID_IN_BATCH")
		twice := metadata.AppendToOutgoingContext(admin, "idempotency-key", "a", "idempotency-key", "a")
		_, err = c.participants.CreateParticipant(twice, &placardv1.CreateParticipantRequest{Parent: meeting + "/delegations/AUT", Participant: person("", "B", "B", placardv1.Participant_EXPERT)})
		wantFault(t, err, codes.InvalidArgument, "STRING_PATTERN")
	})
}

// TestAmbiguousIsBounded: what comes back from a small request is not large.
func TestAmbiguousIsBounded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "bounded")
		admin := c.As(t, c.Admin)
		name := c.newMeeting(t, "bounded", nil, "AUT") + "/delegations/AUT"
		same := make([]*placardv1.Participant, 500)
		for i := range same {
			same[i] = person("", "", "Same", placardv1.Participant_EXPERT)
		}
		d := must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Participants: same}))(t).GetDelegation()
		_, err := c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Etag: d.GetEtag(), Participants: same})
		wantFault(t, err, codes.InvalidArgument, "INVALID_REQUEST")
		if n := len(violationsOf(err)); n != 100 {
			t.Errorf("%d violations", n)
		}
		status, body := env.REST(t, "", http.MethodPost, "/v1/"+name+":submit", `{"participants":[`+strings.Repeat(`{"role":"X"},`, 100_000)+`{}]}`)
		if status != http.StatusUnauthorized {
			t.Errorf("without a key: %d %v", status, body)
		}
	})
}

// TestClosingIsNotKeptWaiting: missions that write all the time do not keep the
// Secretariat from closing the meeting.
func TestClosingIsNotKeptWaiting(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "closing")
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "closing", nil, "AUT", "MEX")
		var names []string
		for _, e := range []string{"AUT", "MEX"} {
			c.submitAccepted(admin, t, meeting+"/delegations/"+e, person("", "A", "A", placardv1.Participant_HEAD))
			names = append(names, c.find(admin, t, meeting+"/delegations/"+e, "A").GetName())
		}
		var written atomic.Int64
		done, stopped := make(chan struct{}), make(chan struct{}, 12)
		for i := range 12 {
			go func() {
				for n := 0; ; n++ {
					select {
					case <-done:
						stopped <- struct{}{}
						return
					default:
						_, err := c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
							Participant: &placardv1.Participant{Name: names[i%2], Phone: proto.String(strings.Repeat("1", n%40))},
						})
						if err == nil {
							written.Add(1)
						}
					}
				}
			}()
		}
		eventually(t, "the missions to write", func() bool { return written.Load() > 20 })
		_, err := c.meetings.CloseMeeting(admin, &placardv1.CloseMeetingRequest{Name: meeting})
		close(done)
		for range 12 {
			<-stopped
		}
		if err != nil {
			t.Error(err)
		}
	})
}
