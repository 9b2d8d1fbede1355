package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// importMeeting makes an open meeting that invites entities.
func importMeeting(t *testing.T, env *apptest.Env, entities ...string) {
	t.Helper()
	ctx := apptest.As(t.Context(), env.Key(t, placardv1.Access_ADMIN, ""))
	meetings, invitations := placardv1.NewMeetingServiceClient(env.GRPC), placardv1.NewInvitationServiceClient(env.GRPC)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := meetings.CreateMeeting(ctx, &placardv1.CreateMeetingRequest{MeetingId: "m1", Meeting: &placardv1.Meeting{
		Title: &placardv1.LocalizedText{En: "Meeting"}, TimeZone: "Europe/Vienna",
		StartDate: time.Now().AddDate(0, 1, 0).Format(time.DateOnly), EndDate: time.Now().AddDate(0, 1, 2).Format(time.DateOnly),
	}})
	check(err)
	_, err = meetings.AnnounceMeeting(ctx, &placardv1.AnnounceMeetingRequest{Name: "meetings/m1"})
	check(err)
	_, err = meetings.OpenMeeting(ctx, &placardv1.OpenMeetingRequest{Name: "meetings/m1"})
	check(err)
	for _, e := range entities {
		_, err = invitations.CreateInvitation(ctx, &placardv1.CreateInvitationRequest{Parent: "meetings/m1", Invitation: &placardv1.Invitation{
			Entity: "entities/" + e, ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
		}})
		check(err)
		_, err = invitations.IssueInvitation(ctx, &placardv1.IssueInvitationRequest{Name: "meetings/m1/invitations/" + e})
		check(err)
	}
}

func TestImportDelegation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		importMeeting(t, env, "AUT")
		run := func(content string, args ...string) (int, string, string) {
			t.Helper()
			return database(t, env, append([]string{"import", "delegation", file(t, content), "--meeting", "m1", "--entity", "Autriche"}, args...)...)
		}
		content := "Nachname;Vorname;Role;Family name;E-mail\nx;x;Head of delegation;MUSTERMANN;erika@example.org\nx;x;Expert;Muster;\n"
		before := lastChange(t, env)
		code, out, errs := run(content, "--dry-run")
		if code != 0 || !strings.Contains(out, "columns that are not read: Nachname, Vorname\ncreated    AUT: 2 added, 0 changed, 0 withdrawn; waits for review") || lastChange(t, env) != before {
			t.Errorf("dry run: exit code %d\n%s%s", code, out, errs)
		}
		if code, out, errs = run(content); code != 0 || !strings.Contains(out, "created    AUT: 2 added") {
			t.Errorf("import: exit code %d\n%s%s", code, out, errs)
		}
		before = lastChange(t, env)
		if code, out, errs = run(content); code != 0 || !strings.Contains(out, "unchanged  AUT") || lastChange(t, env) != before {
			t.Errorf("again: exit code %d\n%s%s", code, out, errs)
		}
		d, err := placardv1.NewDelegationServiceClient(env.GRPC).GetDelegation(
			apptest.As(t.Context(), env.Key(t, placardv1.Access_MISSION, "AUT")), &placardv1.GetDelegationRequest{Name: "meetings/m1/delegations/AUT"})
		if err != nil || d.GetChannel() != placardv1.Channel_EMAIL || d.GetParticipantCount() != 2 {
			t.Errorf("delegation %v, %v", d, err)
		}
		before = lastChange(t, env)
		code, out, errs = run("family_name,role,email\nA,HEAD,x\nB,HEAD,\n")
		for _, want := range []string{"REFUSED    AUT:", "  line 2, email: must be an e-mail address", "  line 3, role: a delegation has at most one head, and line 2 is it"} {
			if code != exitFailed || !strings.Contains(out, want) {
				t.Errorf("with mistakes: exit code %d, without %q\n%s%s", code, want, out, errs)
			}
		}
		if code, out, errs = run("family_name,role\nA,HEAD\n"); code != exitFailed || !strings.Contains(out, "would withdraw 2 of 2 participants") {
			t.Errorf("others: exit code %d\n%s%s", code, out, errs)
		}
		if after := lastChange(t, env); after != before {
			t.Errorf("%d changes", after-before)
		}
		if code, out, errs = run("family_name,role\nA,HEAD\n", "--max-withdrawals", "2", "--channel", "fax", "--receipt-date", "2020-01-02",
			"--note", "45/2026", "--note-date", "2020-01-01", "--focal-point", "Max Muster", "--focal-email", "mission@example.org"); code != 0 || !strings.Contains(out, "updated    AUT: 1 added, 0 changed, 2 withdrawn") {
			t.Errorf("others, allowed: exit code %d\n%s%s", code, out, errs)
		}
		d, err = placardv1.NewDelegationServiceClient(env.GRPC).GetDelegation(
			apptest.As(t.Context(), env.Key(t, placardv1.Access_ADMIN, "")), &placardv1.GetDelegationRequest{Name: "meetings/m1/delegations/AUT"})
		if err != nil || d.GetNoteVerbale().GetReference() != "45/2026" || d.GetNoteVerbale().GetDate() != "2020-01-01" ||
			d.GetFocalPoint().GetName() != "Max Muster" || d.GetFocalPoint().GetEmail() != "mission@example.org" || d.GetReceiptDate() != "2020-01-02" {
			t.Errorf("what came with the composition: %v, %v", d, err)
		}
		for _, x := range []struct {
			args []string
			code int
			says string
		}{
			{[]string{"--entity", "AUT", "--meeting", "m1", "--focal-email", "nobody"}, exitFailed, "focal_point.email: must be an e-mail address"},
			{[]string{"--entity", "AUT", "--meeting", "m1", "--receipt-date", "yesterday"}, exitFailed, "receipt_date: must be a day"},
			{[]string{"--meeting", "m1"}, exitUsage, "--entity: is needed"},
			{[]string{"--entity", "AUT"}, exitUsage, "--meeting: is needed"},
			{[]string{"--entity", "AUT", "--meeting", "m1", "--channel", "api"}, exitUsage, "--channel: want"},
			{[]string{"--entity", "Ruritania", "--meeting", "m1"}, exitFailed, `--entity: "Ruritania" is no entity`},
			{[]string{"--entity", "AUT", "--meeting", "m2"}, exitFailed, "meetings/m2 was not found"},
			{[]string{"--entity", "FR", "--meeting", "m1"}, exitFailed, "nothing was written"},
		} {
			code, _, errs := database(t, env, append([]string{"import", "delegation", file(t, content)}, x.args...)...)
			if code != x.code || !strings.Contains(errs, x.says) {
				t.Errorf("%v: exit code %d, %s", x.args, code, errs)
			}
		}
	})
}

// cancelAfter ends a context once so many lines were written.
type cancelAfter struct {
	io.Writer
	lines  int
	cancel context.CancelFunc
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.lines -= bytes.Count(p, []byte{'\n'}); c.lines <= 0 {
		c.cancel()
	}
	return c.Writer.Write(p)
}

// TestImportDelegations: an import of many that is broken off goes on where it
// was, and does not undo what was changed meanwhile.
func TestImportDelegations(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		codes := strings.Fields("AUT BEL BGR BRA CAN CHE CHN CUB CYP CZE DEU EGY ESP FIN FRA GRC HUN IND ITA MEX")
		importMeeting(t, env, codes...)
		content := "Entity;family_name;given_name;role\n"
		for _, c := range codes {
			content += fmt.Sprintf("%s;%s-1;A;HEAD\n%s;%s-2;B;EXPERT\n", c, c, strings.ToLower(c), c)
		}
		path := file(t, content)
		args := []string{"import", "delegations", path, "--meeting", "m1"}
		if code, out, errs := database(t, env, append(args, "--dry-run")...); code != 0 || !strings.Contains(out, "20 created, 0 updated, 0 unchanged, 0 refused, 0 done before (dry run") {
			t.Errorf("dry run: exit code %d\n%s%s", code, out, errs)
		}

		ctx, cancel := context.WithCancel(t.Context())
		var out, errs bytes.Buffer
		code := run(ctx, append(args, "--dir", env.Config.Dir, "--db", env.Config.DB), nil, &cancelAfter{&out, 7, cancel}, &errs)
		if code != exitFailed || !strings.Contains(errs.String(), "stopped after 7 of 20 delegations") || !strings.Contains(out.String(), "7 created") {
			t.Fatalf("broken off: exit code %d\n%s%s", code, out.String(), errs.String())
		}
		// Meanwhile a mission corrects what was imported.
		mission := apptest.As(t.Context(), env.Key(t, placardv1.Access_MISSION, "AUT"))
		participants := placardv1.NewParticipantServiceClient(env.GRPC)
		added, err := participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{
			Parent: "meetings/m1/delegations/AUT", Participant: &placardv1.Participant{FamilyName: "New", Role: placardv1.Participant_EXPERT},
		})
		if err != nil {
			t.Fatal(err)
		}
		code, said, failed := database(t, env, args...)
		if code != 0 || !strings.Contains(said, "13 created, 0 updated, 0 unchanged, 0 refused, 7 done before") {
			t.Errorf("resumed: exit code %d\n%s%s", code, said, failed)
		}
		if p, err := participants.GetParticipant(mission, &placardv1.GetParticipantRequest{Name: added.GetName()}); err != nil || p.GetState() == placardv1.Participant_WITHDRAWN {
			t.Errorf("what the mission added: %v, %v", p, err)
		}
		before := lastChange(t, env)
		if code, said, failed = database(t, env, args...); code != 0 || !strings.Contains(said, "20 done before") || lastChange(t, env) != before {
			t.Errorf("once more: exit code %d\n%s%s", code, said, failed)
		}

		// Another file, with a mistake in one delegation: the others are written.
		changed := strings.Replace(strings.Replace(content, "MEX-1;A;HEAD", "MEX-1;A;King", 1), "ITA-2;B;EXPERT", "ITA-2;B;ADVISER", 1)
		code, said, failed = database(t, env, "import", "delegations", file(t, changed), "--meeting", "m1")
		for _, want := range []string{
			"updated    ITA: 0 added, 1 changed, 0 withdrawn; waits for review", `line 40, role: "King" is no role`,
			"0 created, 2 updated, 17 unchanged, 1 refused, 0 done before", "1 of 20 delegations were refused",
		} {
			if code != exitFailed || !strings.Contains(said+failed, want) {
				t.Errorf("a mistake: exit code %d, without %q\n%s%s", code, want, said, failed)
			}
		}

		// What keeps delegations from being told apart refuses the file.
		before = lastChange(t, env)
		code, _, failed = database(t, env, "import", "delegations", "--meeting", "m1", file(t,
			"entity,family_name,role\nAUT,A,HEAD\nMexico,B,HEAD\nAutriche,C,EXPERT\nRuritania,D,HEAD\n,E,HEAD\nMEX,F,EXPERT,x\n"))
		for _, want := range []string{
			"line 4, entity: AUT stands up to line 2 already", `line 5, entity: "Ruritania" is no entity of the register`, "line 6, entity: the entity is missing\n", "line 7",
		} {
			if code != exitFailed || !strings.Contains(failed, want) {
				t.Errorf("mixed up: exit code %d, without %q\n%s", code, want, failed)
			}
		}
		if after := lastChange(t, env); after != before {
			t.Errorf("a file that is mixed up wrote %d changes", after-before)
		}
	})
}
