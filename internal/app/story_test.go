package app_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// doors are the two ways in. The tests behind them are the same.
var doors = map[string]func(*apptest.Env) grpc.ClientConnInterface{
	"grpc": func(env *apptest.Env) grpc.ClientConnInterface { return env.GRPC },
	"rest": func(env *apptest.Env) grpc.ClientConnInterface { return apptest.REST{Base: env.HTTP} },
}

// each runs a test on every engine and through every door.
func each(t *testing.T, test func(t *testing.T, c *clients)) {
	t.Helper()
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		for name, door := range doors {
			t.Run(name, func(t *testing.T) { test(t, newClients(t, env, door(env), name)) })
		}
	})
}

// clients are the services through one door.
type clients struct {
	*apptest.Env
	// Admin is the secret of an admin's key.
	Admin        string
	conn         grpc.ClientConnInterface
	meetings     placardv1.MeetingServiceClient
	invitations  placardv1.InvitationServiceClient
	delegations  placardv1.DelegationServiceClient
	participants placardv1.ParticipantServiceClient
	lists        placardv1.ParticipantListServiceClient
	changes      placardv1.ChangeServiceClient
	keys         placardv1.KeyServiceClient
	caller       placardv1.CallerServiceClient
	entities     placardv1.EntityServiceClient
	instruments  placardv1.InstrumentServiceClient
	statistics   placardv1.StatisticsServiceClient
	operations   placardv1.OperationServiceClient
	signingKeys  placardv1.SigningKeyServiceClient
	// id makes names that no other test uses.
	id string
}

func newClients(t *testing.T, env *apptest.Env, conn grpc.ClientConnInterface, id string) *clients {
	t.Helper()
	return &clients{
		Env: env, conn: conn, id: id,
		Admin:        env.Key(t, placardv1.Access_ADMIN, ""),
		meetings:     placardv1.NewMeetingServiceClient(conn),
		invitations:  placardv1.NewInvitationServiceClient(conn),
		delegations:  placardv1.NewDelegationServiceClient(conn),
		participants: placardv1.NewParticipantServiceClient(conn),
		lists:        placardv1.NewParticipantListServiceClient(conn),
		changes:      placardv1.NewChangeServiceClient(conn),
		keys:         placardv1.NewKeyServiceClient(conn),
		caller:       placardv1.NewCallerServiceClient(conn),
		entities:     placardv1.NewEntityServiceClient(conn),
		instruments:  placardv1.NewInstrumentServiceClient(conn),
		statistics:   placardv1.NewStatisticsServiceClient(conn),
		operations:   placardv1.NewOperationServiceClient(conn),
		signingKeys:  placardv1.NewSigningKeyServiceClient(conn),
	}
}

// Key makes a key for a role as ACCESS.md names it, bound to meetings by name.
func (c *clients) Key(t *testing.T, role, entity string, meetings ...string) string {
	t.Helper()
	for i, m := range meetings {
		meetings[i] = strings.TrimPrefix(m, "meetings/")
	}
	return c.Env.Key(t, placardv1.Access_Role(placardv1.Access_Role_value[strings.ToUpper(role)]), entity, meetings...)
}

// As is the context of a call with a key.
func (c *clients) As(t *testing.T, key string) context.Context {
	t.Helper()
	return apptest.As(t.Context(), key)
}

// must is for calls of a test that are to work.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// faultOf answers the code and the reason of an error.
func faultOf(err error) (codes.Code, string) {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return status.Code(err), info.GetReason()
		}
	}
	return status.Code(err), ""
}

func wantFault(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	gotCode, gotReason := faultOf(err)
	if gotCode != code || gotReason != reason {
		t.Errorf("got %s %s (%v), want %s %s", gotCode, gotReason, err, code, reason)
	}
}

// newMeeting makes an open meeting that invites entities, all as States
// Parties, and answers its name.
func (c *clients) newMeeting(t *testing.T, id string, change func(*placardv1.Meeting), entities ...string) string {
	t.Helper()
	ctx := c.As(t, c.Admin)
	m := &placardv1.Meeting{
		Title:     &placardv1.LocalizedText{En: "Meeting", Es: "Reunión"},
		StartDate: time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
		EndDate:   time.Now().AddDate(0, 1, 2).Format(time.DateOnly),
		TimeZone:  "Europe/Vienna",
	}
	if change != nil {
		change(m)
	}
	m = must(c.meetings.CreateMeeting(ctx, &placardv1.CreateMeetingRequest{Meeting: m, MeetingId: c.id + "-" + id}))(t)
	must(c.meetings.AnnounceMeeting(ctx, &placardv1.AnnounceMeetingRequest{Name: m.GetName()}))(t)
	must(c.meetings.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: m.GetName()}))(t)
	for _, e := range entities {
		i := must(c.invitations.CreateInvitation(ctx, &placardv1.CreateInvitationRequest{
			Parent:     m.GetName(),
			Invitation: &placardv1.Invitation{Entity: "entities/" + e, ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY},
		}))(t)
		must(c.invitations.IssueInvitation(ctx, &placardv1.IssueInvitationRequest{Name: i.GetName()}))(t)
	}
	return m.GetName()
}

func person(external, given, family string, role placardv1.Participant_Role) *placardv1.Participant {
	return &placardv1.Participant{ExternalId: proto.String(external), GivenName: given, FamilyName: family, Role: role}
}

// changesOf shows a difference as lines: "ADDED Erika MUSTERMANN [] true".
func changesOf(d *placardv1.CompositionDifference) []string {
	var out []string
	for _, i := range d.GetItems() {
		line := i.GetKind().String() + " " + i.GetDisplayName()
		if len(i.GetChangedFields()) > 0 {
			line += " " + strings.Join(i.GetChangedFields(), ",")
		}
		if i.GetNeedsReview() {
			line += " (review)"
		}
		out = append(out, line)
	}
	return out
}

// listed shows who is on the list of participants: "AUT: Erika MUSTERMANN".
func (c *clients) listed(ctx context.Context, t *testing.T, meeting, language string, provisional bool) []string {
	t.Helper()
	list := must(c.lists.GetParticipantList(ctx, &placardv1.GetParticipantListRequest{
		Name: meeting + "/participantList", Language: language, Provisional: provisional,
	}))(t)
	var out []string
	for _, part := range list.GetParts() {
		for _, d := range part.GetDelegations() {
			var names []string
			for _, p := range d.GetPersons() {
				names = append(names, p.GetDisplayName())
			}
			out = append(out, strings.TrimPrefix(d.GetEntity(), "entities/")+": "+strings.Join(names, ", "))
		}
	}
	return out
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestStory is the main job, from the invitation to the list of participants.
func TestStory(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		const head, expert, interpreter = placardv1.Participant_HEAD, placardv1.Participant_EXPERT, placardv1.Participant_INTERPRETER
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		reader := c.As(t, c.Key(t, "reader", ""))

		// The Secretariat creates the meeting, invites and opens.
		m := must(c.meetings.CreateMeeting(secretariat, &placardv1.CreateMeetingRequest{
			MeetingId: c.id + "-story",
			Meeting: &placardv1.Meeting{
				Title:               &placardv1.LocalizedText{En: "Working Group on Trafficking in Persons", Es: "Grupo de trabajo sobre la trata de personas"},
				StartDate:           time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
				EndDate:             time.Now().AddDate(0, 1, 2).Format(time.DateOnly),
				CompositionDeadline: time.Now().AddDate(0, 0, 10).Format(time.DateOnly),
				TimeZone:            "Europe/Vienna",
			},
		}))(t)
		meeting := m.GetName()
		if _, err := c.meetings.GetMeeting(mission, &placardv1.GetMeetingRequest{Name: meeting}); err == nil {
			t.Error("a mission sees a draft")
		}
		must(c.meetings.AnnounceMeeting(secretariat, &placardv1.AnnounceMeetingRequest{Name: meeting}))(t)
		batch := must(c.invitations.BatchCreateInvitations(secretariat, &placardv1.BatchCreateInvitationsRequest{
			Parent: meeting,
			Requests: []*placardv1.CreateInvitationRequest{
				{Invitation: &placardv1.Invitation{Entity: "entities/AUT", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Language: "en", Reference: "CU 2009/180(A)"}},
				{Invitation: &placardv1.Invitation{Entity: "entities/DEU", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY}},
				{Invitation: &placardv1.Invitation{Entity: "entities/EGY", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Language: "ar"}},
			},
		}))(t)
		for _, i := range batch.GetInvitations() {
			must(c.invitations.IssueInvitation(secretariat, &placardv1.IssueInvitationRequest{Name: i.GetName()}))(t)
		}
		must(c.meetings.GetMeeting(mission, &placardv1.GetMeetingRequest{Name: meeting}))(t)
		must(c.invitations.AcknowledgeInvitation(mission, &placardv1.AcknowledgeInvitationRequest{Name: meeting + "/invitations/AUT"}))(t)

		delegation := meeting + "/delegations/AUT"
		submit := &placardv1.SubmitDelegationRequest{
			Name:        delegation,
			NoteVerbale: &placardv1.NoteVerbale{Reference: "45/2026", Date: "2026-01-10"},
			Participants: []*placardv1.Participant{
				person("1", "Erika", "MUSTERMANN", head),
				person("2", "Max", "von Beispiel", expert),
				person("3", "Ina", "Dolmetsch", interpreter),
			},
		}
		_, err := c.delegations.SubmitDelegation(mission, submit)
		wantFault(t, err, codes.FailedPrecondition, "MEETING_NOT_OPEN")
		must(c.meetings.OpenMeeting(secretariat, &placardv1.OpenMeetingRequest{Name: meeting}))(t)

		// What would change? Nothing is written.
		dry := proto.CloneOf(submit)
		dry.ValidateOnly = true
		preview := must(c.delegations.SubmitDelegation(mission, dry))(t)
		added := []string{"ADDED Erika MUSTERMANN (review)", "ADDED Max von Beispiel (review)", "ADDED Ina Dolmetsch (review)"}
		equal(t, "previewed difference", changesOf(preview.GetDifference()), added)
		_, err = c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: delegation})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		first := must(c.delegations.SubmitDelegation(mission, submit))(t)
		equal(t, "difference", changesOf(first.GetDifference()), added)
		d := first.GetDelegation()
		if d.GetState() != placardv1.Delegation_SUBMITTED || d.GetLatestRevision() != 1 || d.GetAcceptedRevision() != 0 || d.GetLate() {
			t.Errorf("submitted: %v", d)
		}
		equal(t, "final list", c.listed(reader, t, meeting, "en", false), []string(nil))
		equal(t, "provisional list", c.listed(secretariat, t, meeting, "en", true), []string{"AUT: Erika MUSTERMANN, Max von Beispiel"})

		// Returned, with a reason, and submitted again with a correction.
		_, err = c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 7})
		wantFault(t, err, codes.Aborted, "REVISION_MISMATCH")
		d = must(c.delegations.ReturnDelegation(secretariat, &placardv1.ReturnDelegationRequest{
			Name: delegation, Revision: 1, Reasons: []string{"The functional title of the expert is missing."},
		}))(t)
		equal(t, "reasons", d.GetReturnReasons(), []string{"The functional title of the expert is missing."})
		again := proto.CloneOf(submit)
		again.Participants[1].FunctionalTitle = "Expert on victim protection"
		again.Participants[1].FamilyName = "van Beispiel"
		again.Participants = append(again.Participants, person("4", "Uwe", "Muster", expert))
		_, err = c.delegations.SubmitDelegation(mission, again)
		wantFault(t, err, codes.InvalidArgument, "ETAG_REQUIRED")
		again.Etag = "0"
		_, err = c.delegations.SubmitDelegation(mission, again)
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		again.Etag = d.GetEtag()
		second := must(c.delegations.SubmitDelegation(mission, again))(t)
		equal(t, "difference after the return", changesOf(second.GetDifference()), []string{
			"CHANGED Max van Beispiel familyName,functionalTitle (review)", "ADDED Uwe Muster (review)",
		})
		d = must(c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 2}))(t)
		if d.GetState() != placardv1.Delegation_ACCEPTED || d.GetAcceptedRevision() != 2 {
			t.Errorf("accepted: %v", d)
		}
		accepted := []string{"AUT: Erika MUSTERMANN, Max van Beispiel, Uwe Muster"}
		equal(t, "final list", c.listed(reader, t, meeting, "en", false), accepted)

		// The nightly job sends the same again: nothing is written.
		before := c.lastChange(t)
		same := proto.CloneOf(again)
		same.Etag = d.GetEtag()
		nothing := must(c.delegations.SubmitDelegation(mission, same))(t)
		equal(t, "difference of the same", changesOf(nothing.GetDifference()), []string(nil))
		if after := c.lastChange(t); after != before {
			t.Errorf("the same composition wrote changes %d to %d", before+1, after)
		}

		// Amended after acceptance: one goes, one comes. Who goes is gone at
		// once, who comes waits, and nobody else disappears meanwhile.
		amended := proto.CloneOf(same)
		amended.Participants = append(amended.Participants[:3:3], person("5", "Neu", "Dazu", expert))
		third := must(c.delegations.SubmitDelegation(mission, amended))(t)
		equal(t, "difference after acceptance", changesOf(third.GetDifference()), []string{"ADDED Neu Dazu (review)", "WITHDRAWN Uwe Muster"})
		d = third.GetDelegation()
		if d.GetLatestRevision() != 4 || d.GetAcceptedRevision() != 3 || d.GetState() != placardv1.Delegation_SUBMITTED {
			t.Errorf("amended: %v", d)
		}
		equal(t, "final list while one waits", c.listed(reader, t, meeting, "en", false), []string{"AUT: Erika MUSTERMANN, Max van Beispiel"})
		equal(t, "provisional list", c.listed(secretariat, t, meeting, "en", true), []string{"AUT: Erika MUSTERMANN, Max van Beispiel, Neu Dazu"})

		// A telephone number needs no review: it is in force, and who waits still waits.
		erika := c.find(mission, t, delegation, "MUSTERMANN")
		must(c.participants.UpdateParticipant(mission, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: erika.GetName(), Phone: proto.String("+43 1 000 000"), FamilyName: "not named in the mask"},
			UpdateMask:  &fieldmaskpb.FieldMask{Paths: []string{"phone"}},
		}))(t)
		inForce := must(c.participants.GetParticipant(secretariat, &placardv1.GetParticipantRequest{Name: erika.GetName(), View: placardv1.CompositionView_ACCEPTED}))(t)
		if inForce.GetPhone() != "+43 1 000 000" || inForce.GetState() != placardv1.Participant_ACCEPTED {
			t.Errorf("corrected in force: %v", inForce)
		}
		_, err = c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 4})
		wantFault(t, err, codes.Aborted, "REVISION_MISMATCH")
		must(c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 6}))(t)
		equal(t, "final list", c.listed(reader, t, meeting, "en", false), []string{"AUT: Erika MUSTERMANN, Max van Beispiel, Neu Dazu"})
		again2 := c.find(mission, t, delegation, "van Beispiel")
		must(c.participants.WithdrawParticipant(mission, &placardv1.WithdrawParticipantRequest{Name: again2.GetName()}))(t)
		equal(t, "final list after a withdrawal", c.listed(reader, t, meeting, "en", false), []string{"AUT: Erika MUSTERMANN, Neu Dazu"})
		gone := must(c.participants.GetParticipant(mission, &placardv1.GetParticipantRequest{Name: again2.GetName()}))(t)
		if gone.GetState() != placardv1.Participant_WITHDRAWN || gone.GetOrder() != 0 {
			t.Errorf("withdrawn: %v", gone)
		}

		// Two more, one of them after intake was closed: kept, and marked late.
		c.submitAccepted(secretariat, t, meeting+"/delegations/EGY", person("", "", "مثال", head))
		must(c.meetings.CloseMeeting(secretariat, &placardv1.CloseMeetingRequest{Name: meeting}))(t)
		late := must(c.delegations.SubmitDelegation(c.As(t, c.Key(t, "mission", "DEU")), &placardv1.SubmitDelegationRequest{
			Name: meeting + "/delegations/DEU", Participants: []*placardv1.Participant{person("", "Spät", "Gekommen", head)},
		}))(t)
		if !late.GetDelegation().GetLate() {
			t.Errorf("not marked late: %v", late.GetDelegation())
		}
		must(c.delegations.AcceptDelegation(secretariat, &placardv1.AcceptDelegationRequest{Name: meeting + "/delegations/DEU", Revision: 1}))(t)

		// Each language has its own order.
		equal(t, "English", c.listed(reader, t, meeting, "en", false), []string{"AUT: Erika MUSTERMANN, Neu Dazu", "EGY: مثال", "DEU: Spät Gekommen"})
		equal(t, "Spanish", c.listed(reader, t, meeting, "es", false), []string{"DEU: Spät Gekommen", "AUT: Erika MUSTERMANN, Neu Dazu", "EGY: مثال"})
		rows := c.export(reader, t, meeting, "es")
		if len(rows) != 5 || !strings.HasPrefix(strings.Join(rows[1], "|"), "Estados") {
			t.Errorf("exported: %q", rows)
		}

		// Reopened, the deadline still ahead: what was late is on time.
		must(c.meetings.OpenMeeting(secretariat, &placardv1.OpenMeetingRequest{Name: meeting}))(t)
		eventually(t, "the late mark to go", func() bool {
			return !must(c.delegations.GetDelegation(secretariat, &placardv1.GetDelegationRequest{Name: meeting + "/delegations/DEU"}))(t).GetLate()
		})

		must(c.meetings.ConcludeMeeting(secretariat, &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
		_, err = c.participants.WithdrawParticipant(mission, &placardv1.WithdrawParticipantRequest{Name: erika.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")

		revisions := must(c.delegations.ListDelegationRevisions(mission, &placardv1.ListDelegationRevisionsRequest{Parent: delegation}))(t)
		var history []string
		for _, r := range revisions.GetRevisions() {
			history = append(history, r.GetState().String())
		}
		equal(t, "revisions, the newest first", history, []string{
			"ACCEPTED", "ACCEPTED", "ACCEPTED", "SUPERSEDED", "ACCEPTED", "ACCEPTED", "RETURNED",
		})

		c.checkLog(mission, t, meeting)
	})
}

// find answers a participant of a delegation by a part of the name.
func (c *clients) find(ctx context.Context, t *testing.T, delegation, name string) *placardv1.Participant {
	t.Helper()
	all := must(c.participants.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: delegation}))(t)
	for _, p := range all.GetParticipants() {
		if strings.Contains(p.GetDisplayName(), name) {
			return p
		}
	}
	t.Fatalf("%s is not in %s", name, delegation)
	return nil
}

func (c *clients) submitAccepted(ctx context.Context, t *testing.T, delegation string, persons ...*placardv1.Participant) {
	t.Helper()
	must(c.delegations.SubmitDelegation(ctx, &placardv1.SubmitDelegationRequest{Name: delegation, Participants: persons}))(t)
	must(c.delegations.AcceptDelegation(ctx, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 1}))(t)
}

func (c *clients) export(ctx context.Context, t *testing.T, meeting, language string) [][]string {
	t.Helper()
	stream := must(c.lists.ExportParticipantList(ctx, &placardv1.ExportParticipantListRequest{Name: meeting + "/participantList", Language: language}))(t)
	var file bytes.Buffer
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Write(chunk.GetData())
	}
	text, ok := strings.CutPrefix(file.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	return must(csv.NewReader(strings.NewReader(text)).ReadAll())(t)
}

// feed reads the change log from a cursor to its end.
func (c *clients) feed(ctx context.Context, t *testing.T, cursor string) ([]*placardv1.Change, string) {
	t.Helper()
	var all []*placardv1.Change
	for {
		page := must(c.changes.ListChanges(ctx, &placardv1.ListChangesRequest{PageToken: cursor, PageSize: 1000}))(t)
		all = append(all, page.GetChanges()...)
		cursor = page.GetNextPageToken()
		if page.GetCaughtUp() {
			return all, cursor
		}
	}
}

func (c *clients) lastChange(t *testing.T) int64 {
	t.Helper()
	all, _ := c.feed(c.As(t, c.Admin), t, "")
	return all[len(all)-1].GetSequence()
}

// checkLog: the log has every write of the story, in order and without gaps;
// the mission's part of it has nothing of another State.
func (c *clients) checkLog(mission context.Context, t *testing.T, meeting string) {
	t.Helper()
	all, _ := c.feed(c.As(t, c.Admin), t, "")
	for i, change := range all {
		if change.GetSequence() != int64(i+1) {
			t.Fatalf("change %d has the number %d", i+1, change.GetSequence())
		}
	}
	var verbs []string
	for _, change := range all {
		if change.GetResourceType() == "placard.un.org/Participant" {
			must(c.participants.GetParticipant(c.As(t, c.Admin), &placardv1.GetParticipantRequest{Name: change.GetResource()}))(t)
		}
		if change.GetResource() == meeting+"/delegations/AUT" {
			verbs = append(verbs, change.GetVerb())
		}
	}
	equal(t, "changes of the delegation", verbs, []string{
		"submit", "return", "submit", "accept", "submit", "submit", "accept", "submit",
	})
	own, _ := c.feed(mission, t, "")
	if len(own) == 0 {
		t.Error("the mission's feed is empty")
	}
	for _, change := range own {
		r := change.GetResource()
		if strings.Contains(r, "/DEU") || strings.Contains(r, "/EGY") {
			t.Errorf("the feed of AUT has %s", r)
		}
	}
}

// eventually waits for what a job does.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 200 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("waited in vain for %s", what)
}
