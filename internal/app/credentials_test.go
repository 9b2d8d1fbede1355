package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/store/storetest"
)

// rule18 is what the Conference of the Parties to the Organized Crime Convention
// asks for where amendments are considered, and its quorums.
func rule18(m *placardv1.Meeting) {
	m.CredentialsRule = &placardv1.CredentialsRule{
		Signatories: []placardv1.SignatoryCapacity{
			placardv1.SignatoryCapacity_HEAD_OF_STATE,
			placardv1.SignatoryCapacity_HEAD_OF_GOVERNMENT,
			placardv1.SignatoryCapacity_MINISTER_FOR_FOREIGN_AFFAIRS,
		},
		DueOffset:       durationpb.New(-24 * time.Hour),
		OriginalsNeeded: true,
	}
	m.QuorumRules = []*placardv1.QuorumRule{
		{
			Purpose:   &placardv1.LocalizedText{En: "Opening of the session", Es: "Apertura del período de sesiones"},
			Numerator: 1, Denominator: 3, Base: placardv1.QuorumRule_PARTICIPATING_PARTIES,
		},
		{
			Purpose:   &placardv1.LocalizedText{En: "Decisions"},
			Numerator: 1, Denominator: 2, MoreThan: true, Base: placardv1.QuorumRule_PARTICIPATING_PARTIES,
		},
	}
}

// listedIn are the codes on a list of the report, in its order.
func listedIn(items []*placardv1.CredentialsReport_Item) string {
	var out []string
	for _, i := range items {
		out = append(out, strings.TrimPrefix(i.GetEntity(), "entities/"))
	}
	return strings.Join(out, " ")
}

// TestCredentials is the way of credentials, from the copy to the decision.
func TestCredentials(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		letters := placardv1.NewCredentialsServiceClient(c.conn)
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		meeting := c.newMeeting(t, "credentials", rule18, "AUT", "DEU", "MEX", "FRA")
		m := must(c.meetings.GetMeeting(mission, &placardv1.GetMeetingRequest{Name: meeting}))(t)
		if m.GetOpeningTime().AsTime().Sub(m.GetCredentialsDueTime().AsTime()) != 24*time.Hour {
			t.Errorf("opened at %v, credentials due at %v", m.GetOpeningTime().AsTime(), m.GetCredentialsDueTime().AsTime())
		}
		for _, code := range []string{"AUT", "DEU", "MEX"} {
			c.submitAccepted(secretariat, t, meeting+"/delegations/"+code, person("", "A", code, placardv1.Participant_HEAD))
		}
		name := meeting + "/credentials/AUT"
		state := func(ctx context.Context, want placardv1.Credentials_State) *placardv1.Credentials {
			t.Helper()
			got := must(letters.GetCredentials(ctx, &placardv1.GetCredentialsRequest{Name: name}))(t)
			if got.GetState() != want {
				t.Errorf("answered %v, want %s", got, want)
			}
			return got
		}
		report := func(language string) *placardv1.CredentialsReport {
			t.Helper()
			return must(letters.GetCredentialsReport(secretariat, &placardv1.GetCredentialsReportRequest{
				Name: meeting + "/credentialsReport", Language: language,
			}))(t)
		}
		equal(t, "missing, in English", listedIn(report("en").GetMissing()), "AUT DEU MEX")
		equal(t, "missing, in French", listedIn(report("fr").GetMissing()), "DEU AUT MEX") // Allemagne, Autriche, Mexique

		state(mission, placardv1.Credentials_NOT_RECEIVED)
		// Everything that is wrong is said at once.
		_, err := letters.ReceiveCredentials(secretariat, &placardv1.ReceiveCredentialsRequest{
			Name: name, Form: placardv1.Credentials_FORM_COPY, ReceiptDate: time.Now().AddDate(0, 0, 3).Format(time.DateOnly),
			SignatoryCapacity: placardv1.SignatoryCapacity_PERMANENT_REPRESENTATIVE,
		})
		equal(t, "violations", slices.Sorted(slices.Values(violationsOf(err))), slices.Sorted(slices.Values([]string{
			violationPath(c, "receipt_date") + " RECEIPT_IN_FUTURE", violationPath(c, "signatory_capacity") + " SIGNATORY_NOT_ALLOWED",
		})))
		_, err = letters.ReceiveCredentials(secretariat, &placardv1.ReceiveCredentialsRequest{Name: name})
		wantFault(t, err, codes.InvalidArgument, "INVALID_REQUEST")

		// A copy comes, recorded once however often it is sent.
		receipt := &placardv1.ReceiveCredentialsRequest{
			Name: name, Form: placardv1.Credentials_FORM_COPY, SignatoryName: "Erika MUSTERMANN", SignatoryTitle: "Federal Minister",
			SignatoryCapacity: placardv1.SignatoryCapacity_MINISTER_FOR_FOREIGN_AFFAIRS, RequestId: c.id + "-credentials",
		}
		first := must(letters.ReceiveCredentials(secretariat, receipt))(t)
		equal(t, "the repetition", must(letters.ReceiveCredentials(secretariat, receipt))(t), first)
		other := proto.CloneOf(receipt)
		other.SignatoryName = "Max MUSTERMANN"
		_, err = letters.ReceiveCredentials(secretariat, other)
		wantFault(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED")
		equal(t, "as the mission sees it", state(mission, placardv1.Credentials_COPY), first)
		if first.GetLate() || first.GetReceiptDate() == "" || first.GetSignatoryName() != "Erika MUSTERMANN" {
			t.Errorf("received: %v", first)
		}
		equal(t, "a copy only", listedIn(report("en").GetCopyOnly()), "AUT")

		// It is examined, and accepted until the original is there.
		_, err = letters.ExamineCredentials(secretariat, &placardv1.ExamineCredentialsRequest{Name: name, Etag: "0"})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		must(letters.ExamineCredentials(secretariat, &placardv1.ExamineCredentialsRequest{Name: name, Etag: first.GetEtag()}))(t)
		decide := &placardv1.DecideCredentialsRequest{Name: name, Decision: placardv1.Credentials_ACCEPTED}
		_, err = letters.DecideCredentials(secretariat, decide)
		wantFault(t, err, codes.FailedPrecondition, "ORIGINAL_NEEDED")
		decide.Decision, decide.Remarks = placardv1.Credentials_PROVISIONAL, "The original is on its way."
		must(letters.DecideCredentials(secretariat, decide))(t)
		if got := state(mission, placardv1.Credentials_PROVISIONAL); got.GetRemarks() == "" || got.GetDecideTime() == nil {
			t.Errorf("decided: %v", got)
		}
		quorum := func() []*placardv1.Quorum_Item {
			t.Helper()
			return must(letters.GetQuorum(secretariat, &placardv1.GetQuorumRequest{Name: meeting + "/quorum", Language: "es"}))(t).GetItems()
		}
		equal(t, "quorum", quorum(), []*placardv1.Quorum_Item{
			{
				Purpose:   &placardv1.ShownText{Text: "Apertura del período de sesiones", Language: "es"},
				BaseCount: 3, NeededCount: 1, ParticipatingCount: 3, Met: true,
			},
			{
				Purpose:   &placardv1.ShownText{Text: "Decisions", Language: "en", Fallback: true},
				BaseCount: 3, NeededCount: 2, ParticipatingCount: 3, Met: true,
			},
		})

		// The original comes, and they are accepted.
		receipt.Form, receipt.RequestId = placardv1.Credentials_FORM_ORIGINAL, ""
		must(letters.ReceiveCredentials(secretariat, receipt))(t)
		decide.Decision, decide.Remarks = placardv1.Credentials_ACCEPTED, ""
		_, err = letters.DecideCredentials(secretariat, decide)
		wantFault(t, err, codes.FailedPrecondition, "CREDENTIALS_STATE")
		must(letters.ReopenCredentials(secretariat, &placardv1.ReopenCredentialsRequest{Name: name}))(t)
		must(letters.DecideCredentials(secretariat, decide))(t)
		state(mission, placardv1.Credentials_ACCEPTED)
		_, err = letters.ReceiveCredentials(secretariat, receipt)
		wantFault(t, err, codes.FailedPrecondition, "CREDENTIALS_DECIDED")
		final := report("en")
		equal(t, "in order", listedIn(final.GetInOrder()), "AUT")
		equal(t, "missing", listedIn(final.GetMissing()), "DEU MEX")
		if got := quorum()[0]; got.GetCredentialsCount() != 1 || !got.GetMetWithCredentials() || quorum()[1].GetMetWithCredentials() {
			t.Errorf("quorum: %v", got)
		}

		// The rule moves, and what was in time is late.
		must(c.meetings.UpdateMeeting(secretariat, &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{
			Name: meeting, CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(-300 * 24 * time.Hour)},
		}}))(t)
		eventually(t, "late credentials", func() bool {
			late := must(letters.ListCredentials(secretariat, &placardv1.ListCredentialsRequest{Parent: meeting, Filter: "late = true"}))(t)
			return len(late.GetCredentials()) == 1
		})
		state(mission, placardv1.Credentials_ACCEPTED)

		var verbs []string
		own, _ := c.feed(mission, t, "")
		for _, change := range own {
			if change.GetResource() == name {
				verbs = append(verbs, change.GetVerb())
			}
		}
		equal(t, "the mission's feed", verbs, []string{"receive", "examine", "decide", "receive", "reopen", "decide", "update"})

		must(c.meetings.ConcludeMeeting(secretariat, &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
		_, err = letters.ReopenCredentials(secretariat, &placardv1.ReopenCredentialsRequest{Name: name})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")

		// A meeting that asks for none.
		free := c.newMeeting(t, "no-credentials", nil, "AUT")
		receipt.Name = free + "/credentials/AUT"
		_, err = letters.ReceiveCredentials(secretariat, receipt)
		wantFault(t, err, codes.FailedPrecondition, "CREDENTIALS_NOT_NEEDED")
		none := must(letters.GetCredentialsReport(secretariat, &placardv1.GetCredentialsReportRequest{Name: free + "/credentialsReport"}))(t)
		if none.GetNeeded() || len(none.GetMissing()) > 0 {
			t.Errorf("report: %v", none)
		}
	})
}

// TestCredentialsOfOthers: a mission sees the credentials of its own entity only,
// whether or not something was received of another, and writes none; the
// secretariat of one meeting has nothing of another.
func TestCredentialsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		letters := placardv1.NewCredentialsServiceClient(c.conn)
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "their-credentials", rule18, "AUT", "MEX", "FRA")
		receipt := &placardv1.ReceiveCredentialsRequest{
			Form: placardv1.Credentials_FORM_ORIGINAL, SignatoryName: foreign,
			SignatoryCapacity: placardv1.SignatoryCapacity_HEAD_OF_STATE,
		}
		for _, code := range []string{"AUT", "MEX"} {
			receipt.Name = meeting + "/credentials/" + code
			must(letters.ReceiveCredentials(admin, receipt))(t)
		}
		own := c.As(t, c.Key(t, "mission", "AUT"))
		elsewhere := c.newMeeting(t, "elsewhere", rule18, "AUT")
		bound := c.As(t, c.Key(t, "secretariat", "", elsewhere))

		for _, name := range []string{meeting + "/credentials/MEX", meeting + "/credentials/FRA", meeting + "/credentials/BRA"} {
			for who, ctx := range map[string]context.Context{"mission": own, "secretariat of another meeting": bound} {
				_, err := letters.GetCredentials(ctx, &placardv1.GetCredentialsRequest{Name: name})
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
				if err != nil && strings.Contains(err.Error(), foreign) {
					t.Errorf("%s: the error tells: %v", who, err)
				}
			}
		}
		for _, req := range []*placardv1.ListCredentialsRequest{
			{Parent: meeting},
			{Parent: "meetings/-"},
			{Parent: "meetings/-", Filter: `entity = "MEX" OR state = ORIGINAL`},
			{Parent: meeting, Filter: `NOT entity = "AUT" OR late = false`},
			{Parent: "meetings/-", Filter: `form = FORM_ORIGINAL AND signatory_capacity = HEAD_OF_STATE`},
		} {
			for _, x := range must(letters.ListCredentials(own, req))(t).GetCredentials() {
				if x.GetEntity() != "entities/AUT" {
					t.Errorf("%v answers %s", req, x.GetName())
				}
			}
			list, err := letters.ListCredentials(bound, req)
			if req.GetParent() == meeting {
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			} else if len(must(list, err)(t).GetCredentials()) > 0 {
				t.Errorf("%v answers the secretariat of another meeting %v", req, list)
			}
		}
		page := must(letters.ListCredentials(admin, &placardv1.ListCredentialsRequest{Parent: meeting, PageSize: 1}))(t)
		_, err := letters.ListCredentials(own, &placardv1.ListCredentialsRequest{
			Parent: meeting, PageSize: 1, PageToken: page.GetNextPageToken(),
		})
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")

		for _, name := range []string{meeting + "/credentials/AUT", meeting + "/credentials/MEX"} {
			receipt.Name = name
			for who, ctx := range map[string]context.Context{"mission": own, "secretariat of another meeting": bound} {
				_, receive := letters.ReceiveCredentials(ctx, receipt)
				_, examine := letters.ExamineCredentials(ctx, &placardv1.ExamineCredentialsRequest{Name: name})
				_, decide := letters.DecideCredentials(ctx, &placardv1.DecideCredentialsRequest{
					Name: name, Decision: placardv1.Credentials_REJECTED,
				})
				_, reopen := letters.ReopenCredentials(ctx, &placardv1.ReopenCredentialsRequest{Name: name})
				_, report := letters.GetCredentialsReport(ctx, &placardv1.GetCredentialsReportRequest{Name: meeting + "/credentialsReport"})
				_, quorum := letters.GetQuorum(ctx, &placardv1.GetQuorumRequest{Name: meeting + "/quorum"})
				for _, err := range []error{receive, examine, decide, reopen, report, quorum} {
					if who == "mission" {
						wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
					} else {
						wantFault(t, err, codes.NotFound, "NOT_FOUND")
					}
				}
			}
		}
		feed, _ := c.feed(own, t, "")
		for _, change := range feed {
			if strings.Contains(change.GetResource(), "/credentials/MEX") {
				t.Errorf("the feed of AUT has %s", change.GetResource())
			}
		}
		after := must(letters.GetCredentials(admin, &placardv1.GetCredentialsRequest{Name: meeting + "/credentials/MEX"}))(t)
		if after.GetEtag() != "1" {
			t.Errorf("somebody wrote: %v", after)
		}
	})
}

// TestDocumentedRules: the rules that docs/credentials.md has to be pasted are
// taken as they stand.
func TestDocumentedRules(t *testing.T) {
	text, err := os.ReadFile("../../docs/credentials.md")
	if err != nil {
		t.Fatal(err)
	}
	env := apptest.Start(t, storetest.SQLite)
	c := newClients(t, env, apptest.REST{Base: env.HTTP}, "rest")
	meeting := c.newMeeting(t, "documented", rule18)
	opening := must(c.meetings.GetMeeting(c.As(t, c.Admin), &placardv1.GetMeetingRequest{Name: meeting}))(t).GetOpeningTime().AsTime()
	var got []string
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		status, answer := c.REST(t, c.Admin, http.MethodPatch, "/v1/"+meeting+"?updateMask=credentialsRule,quorumRules", block[1])
		due := "-"
		if at, ok := answer["credentialsDueTime"].(string); ok {
			instant, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			due = instant.Sub(opening).String()
		}
		_, needed := answer["credentialsRule"]
		quorums, _ := answer["quorumRules"].([]any)
		got = append(got, fmt.Sprint(status, " ", needed, " ", due, " ", len(quorums)))
	}
	equal(t, "the meeting after each", got, []string{
		"200 true -24h0m0s 0", "200 true 24h0m0s 0", "200 true -504h0m0s 0", "200 false - 0", "200 false - 2",
	})
}

// violationPath is the path of a field of a request as the door names it.
func violationPath(c *clients, field string) string {
	if c.id == "rest" {
		head, tail, _ := strings.Cut(field, "_")
		return head + strings.ToUpper(tail[:1]) + tail[1:]
	}
	return field
}
