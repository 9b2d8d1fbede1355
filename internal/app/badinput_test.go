package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// violationsOf shows the field violations of an error: "participants[1].role TOO_MANY_HEADS".
func violationsOf(err error) []string {
	var out []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				out = append(out, v.GetField()+" "+v.GetReason())
			}
		}
	}
	return out
}

// TestBadSubmission: everything that is wrong is answered at once, and nothing
// of it is written.
func TestBadSubmission(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		const head, expert = placardv1.Participant_HEAD, placardv1.Participant_EXPERT
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "bad", nil, "AUT", "MEX")
		announced := must(c.meetings.CreateMeeting(admin, &placardv1.CreateMeetingRequest{MeetingId: c.id + "-announced", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "Later"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
		}}))(t).GetName()
		must(c.meetings.AnnounceMeeting(admin, &placardv1.AnnounceMeetingRequest{Name: announced}))(t)
		must(c.invitations.CreateInvitation(admin, &placardv1.CreateInvitationRequest{Parent: announced, Invitation: &placardv1.Invitation{
			Entity: "entities/AUT", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
		}}))(t)
		must(c.invitations.IssueInvitation(admin, &placardv1.IssueInvitationRequest{Name: announced + "/invitations/AUT"}))(t)
		refuses := c.newMeeting(t, "refuses", func(m *placardv1.Meeting) {
			m.LatePolicy = placardv1.Meeting_REFUSE
			m.CompositionDeadline = time.Now().AddDate(0, 0, -3).Format(time.DateOnly)
		}, "AUT")

		many := make([]*placardv1.Participant, 501)
		for i := range many {
			many[i] = person("", "", fmt.Sprint("P", i), expert)
		}
		c.submitAccepted(admin, t, meeting+"/delegations/MEX",
			person("M1", "Ana", "Muestra", head), person("", "José", "Prueba", expert), person("", "Jose", "Prueba", expert), person("M4", "Luz", "Otra", expert))
		mex := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: meeting + "/delegations/MEX"}))(t)

		json := c.id == "rest"
		field := func(grpcPath, restPath string) string {
			if json {
				return restPath
			}
			return grpcPath
		}
		with := func(p *placardv1.Participant, change func(*placardv1.Participant)) *placardv1.Participant {
			change(p)
			return p
		}
		for name, x := range map[string]struct {
			delegation, etag string
			participants     []*placardv1.Participant
			code             codes.Code
			reason           string
			violations       []string
		}{
			"everything at once": {
				delegation: meeting + "/delegations/AUT",
				participants: []*placardv1.Participant{
					person("1", "A", "A", head),
					person("1", "B", "B", head),
					with(person("", "C", "C", expert), func(p *placardv1.Participant) { p.Email = proto.String("no-domain@localhost") }),
					person("", "D", "D\u202e", expert),
					person("", "E\nE", "E", expert),
					person("", "", "", expert),
					with(person("", "G", "G", expert), func(p *placardv1.Participant) { p.Role = 99 }),
					with(person("", "H", "H", expert), func(p *placardv1.Participant) { p.Language = "de" }),
				},
				code: codes.InvalidArgument, reason: "INVALID_REQUEST",
				violations: []string{
					field("participants[2].email STRING_MAILBOX", "participants[2].email STRING_MAILBOX"),
					field("participants[3].family_name STRING_LINE", "participants[3].familyName STRING_LINE"),
					field("participants[4].given_name STRING_LINE", "participants[4].givenName STRING_LINE"),
					field("participants[5] PARTICIPANT_NAME", "participants[5] PARTICIPANT_NAME"),
					field("participants[6].role ENUM_DEFINED_ONLY", "participants[6].role ENUM_DEFINED_ONLY"),
					field("participants[7].language STRING_IN", "participants[7].language STRING_IN"),
					field("participants[1].role TOO_MANY_HEADS", "participants[1].role TOO_MANY_HEADS"),
					field("participants[1].external_id DUPLICATE_EXTERNAL_ID", "participants[1].externalId DUPLICATE_EXTERNAL_ID"),
				},
			},
			"no role": {delegation: meeting + "/delegations/AUT", participants: []*placardv1.Participant{person("", "A", "A", 0)},
				code: codes.InvalidArgument, reason: "REQUIRED", violations: []string{"participants[0].role REQUIRED"}},
			"nobody": {delegation: meeting + "/delegations/AUT", code: codes.InvalidArgument, reason: "REPEATED_MIN_ITEMS", violations: []string{"participants REPEATED_MIN_ITEMS"}},
			"501 participants": {delegation: meeting + "/delegations/AUT", participants: many,
				code: codes.InvalidArgument, reason: "REPEATED_MAX_ITEMS", violations: []string{"participants REPEATED_MAX_ITEMS"}},
			"an ambiguous match": {delegation: mex.GetName(), etag: mex.GetEtag(),
				participants: []*placardv1.Participant{person("M1", "Ana", "Muestra", head), person("", "JOSÉ", "PRUEBA", expert)},
				code:         codes.InvalidArgument, reason: "AMBIGUOUS_MATCH", violations: []string{"participants[1].name AMBIGUOUS_MATCH"}},
			"more withdrawals than allowed": {delegation: mex.GetName(), etag: mex.GetEtag(),
				participants: []*placardv1.Participant{person("M1", "Ana", "Muestra", head)},
				code:         codes.FailedPrecondition, reason: "TOO_MANY_WITHDRAWALS"},
			"a wrong etag": {delegation: mex.GetName(), etag: "99", participants: []*placardv1.Participant{person("M1", "Ana", "Muestra", head)},
				code: codes.Aborted, reason: "ETAG_MISMATCH"},
			"an entity that is not invited": {delegation: meeting + "/delegations/ZAF", participants: []*placardv1.Participant{person("", "A", "A", head)},
				code: codes.FailedPrecondition, reason: "NOT_INVITED"},
			"an entity that is none": {delegation: meeting + "/delegations/XYZ", participants: []*placardv1.Participant{person("", "A", "A", head)},
				code: codes.FailedPrecondition, reason: "NOT_INVITED"},
			"a meeting not yet open": {delegation: announced + "/delegations/AUT", participants: []*placardv1.Participant{person("", "A", "A", head)},
				code: codes.FailedPrecondition, reason: "MEETING_NOT_OPEN"},
			"after a deadline that refuses": {delegation: refuses + "/delegations/AUT", participants: []*placardv1.Participant{person("", "A", "A", head)},
				code: codes.FailedPrecondition, reason: "DEADLINE_PASSED"},
			"a meeting that is none": {delegation: "meetings/no-such-meeting/delegations/AUT", participants: []*placardv1.Participant{person("", "A", "A", head)},
				code: codes.NotFound, reason: "NOT_FOUND"},
		} {
			t.Run(name, func(t *testing.T) {
				before := c.lastChange(t)
				_, err := c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: x.delegation, Etag: x.etag, Participants: x.participants})
				wantFault(t, err, x.code, x.reason)
				equal(t, "violations", violationsOf(err), x.violations)
				if after := c.lastChange(t); after != before {
					t.Errorf("a refused submission wrote changes %d to %d", before+1, after)
				}
				_, err = c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: meeting + "/delegations/AUT"})
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			})
		}
		t.Run("what looks wrong and is right", func(t *testing.T) {
			got := must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{
				Name: meeting + "/delegations/AUT", ValidateOnly: true,
				Participants: []*placardv1.Participant{
					with(person("", "", "علی\u200cرضا", head), func(p *placardv1.Participant) { p.Email = proto.String("用户@例子.公司") }),
					with(person("", "", "O'Exemple-de l'Épreuve", expert), func(p *placardv1.Participant) { p.Email = proto.String("x+y@münchen.example") }),
				},
			}))(t)
			if len(got.GetDifference().GetItems()) != 2 {
				t.Errorf("got %v", got)
			}
		})
	})
}

// TestRequestID: a write with a request id is done once, and another one with
// the same id is an error.
func TestRequestID(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		meeting := c.newMeeting(t, "requests", nil, "AUT", "MEX")
		req := &placardv1.SubmitDelegationRequest{
			Name: meeting + "/delegations/AUT", RequestId: c.id + "-1",
			Participants: []*placardv1.Participant{person("", "A", "A", placardv1.Participant_HEAD)},
		}
		first := must(c.delegations.SubmitDelegation(mission, req))(t)
		equal(t, "the second answer", must(c.delegations.SubmitDelegation(mission, req))(t), first)
		// The same entity with another key is the same principal.
		equal(t, "the answer to another key", must(c.delegations.SubmitDelegation(c.As(t, c.Key(t, "mission", "AUT")), req))(t), first)
		other := proto.CloneOf(req)
		other.Participants[0].FamilyName = "B"
		_, err := c.delegations.SubmitDelegation(mission, other)
		wantFault(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED")
		// Another State's id is its own.
		theirs := proto.CloneOf(req)
		theirs.Name = meeting + "/delegations/MEX"
		must(c.delegations.SubmitDelegation(c.As(t, c.Key(t, "mission", "MEX")), theirs))(t)

		key := &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/AUT"}, RequestId: c.id + "-key"}
		made := must(c.keys.CreateKey(mission, key))(t)
		repeated := must(c.keys.CreateKey(mission, key))(t)
		if made.GetSecret() == "" || repeated.GetSecret() != "" || repeated.GetName() != made.GetName() {
			t.Errorf("made %s with a secret of %d characters, repeated %s with one of %d",
				made.GetName(), len(made.GetSecret()), repeated.GetName(), len(repeated.GetSecret()))
		}

		// On REST the header does the same.
		ctx := metadata.AppendToOutgoingContext(mission, "idempotency-key", c.id+"-header")
		person := &placardv1.CreateParticipantRequest{Parent: meeting + "/delegations/AUT", Participant: person("", "C", "C", placardv1.Participant_EXPERT)}
		one := must(c.participants.CreateParticipant(ctx, person))(t)
		two := must(c.participants.CreateParticipant(ctx, person))(t)
		equal(t, "the participant of the repeated request", two, one)
	})
}

// TestKeys: a key that is wrong, expired or revoked opens nothing.
func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		get := func(ctx context.Context) error {
			_, err := c.caller.GetCaller(ctx, &placardv1.GetCallerRequest{})
			return err
		}
		wantFault(t, get(t.Context()), codes.Unauthenticated, "UNAUTHENTICATED")
		wantFault(t, get(c.As(t, "plc_abcdefghijkl_nonsense")), codes.Unauthenticated, "UNAUTHENTICATED")
		wantFault(t, get(c.As(t, c.Admin+"x")), codes.Unauthenticated, "UNAUTHENTICATED")
		wantFault(t, get(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Basic YTpi")), codes.Unauthenticated, "UNAUTHENTICATED")

		key := must(c.keys.CreateKey(admin, &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_READER, Account: "accounts/short-" + c.id, ExpireTime: timestamppb.New(time.Now().Add(time.Second))}}))(t)
		if err := get(c.As(t, key.GetSecret())); err != nil {
			t.Error(err)
		}
		eventually(t, "the key to expire", func() bool {
			_, reason := faultOf(get(c.As(t, key.GetSecret())))
			return reason == "KEY_EXPIRED"
		})
		key = must(c.keys.CreateKey(admin, &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_READER, Account: "accounts/gone-" + c.id}}))(t)
		if err := get(c.As(t, key.GetSecret())); err != nil {
			t.Error(err)
		}
		must(c.keys.RevokeKey(admin, &placardv1.RevokeKeyRequest{Name: key.GetName()}))(t)
		wantFault(t, get(c.As(t, key.GetSecret())), codes.Unauthenticated, "KEY_REVOKED")
		_, err := c.keys.CreateKey(admin, &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_READER, ExpireTime: timestamppb.New(time.Now().Add(-time.Second))}})
		if code, _ := faultOf(err); code != codes.InvalidArgument {
			t.Errorf("a key that has expired already: %v", err)
		}
	})
}

// TestPageTokens: a token belongs to one list, its arguments and its caller.
func TestPageTokens(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "tokens", nil, "AUT", "MEX", "FRA")
		list := func(change func(*placardv1.ListInvitationsRequest)) (*placardv1.ListInvitationsResponse, error) {
			req := &placardv1.ListInvitationsRequest{Parent: meeting, PageSize: 1}
			change(req)
			return c.invitations.ListInvitations(admin, req)
		}
		var names []string
		for token := ""; ; {
			page := must(list(func(r *placardv1.ListInvitationsRequest) { r.PageToken = token }))(t)
			for _, i := range page.GetInvitations() {
				names = append(names, strings.TrimPrefix(i.GetName(), meeting+"/invitations/"))
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		equal(t, "all pages", names, []string{"AUT", "FRA", "MEX"})
		token := must(list(func(*placardv1.ListInvitationsRequest) {}))(t).GetNextPageToken()
		for name, change := range map[string]func(*placardv1.ListInvitationsRequest){
			"nonsense":       func(r *placardv1.ListInvitationsRequest) { r.PageToken = "nonsense" },
			"another filter": func(r *placardv1.ListInvitationsRequest) { r.PageToken, r.Filter = token, "state = ISSUED" },
			"another parent": func(r *placardv1.ListInvitationsRequest) { r.PageToken, r.Parent = token, "meetings/-" },
			"cut":            func(r *placardv1.ListInvitationsRequest) { r.PageToken = token[:len(token)-1] },
		} {
			_, err := list(change)
			if code, reason := faultOf(err); code != codes.InvalidArgument || reason != "PAGE_TOKEN_INVALID" {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := c.delegations.ListDelegations(admin, &placardv1.ListDelegationsRequest{Parent: meeting, PageToken: token})
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		_, err = c.changes.ListChanges(admin, &placardv1.ListChangesRequest{PageToken: token})
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		_, err = list(func(r *placardv1.ListInvitationsRequest) { r.PageSize = -1 })
		if code, _ := faultOf(err); code != codes.InvalidArgument {
			t.Errorf("a negative page size: %v", err)
		}
		must(list(func(r *placardv1.ListInvitationsRequest) { r.PageSize = 1_000_000 }))(t)
		_, err = list(func(r *placardv1.ListInvitationsRequest) { r.Filter = `nonsense = "1"` })
		wantFault(t, err, codes.InvalidArgument, "FILTER_INVALID")
	})
}

// TestBadHTTP: what can only be wrong on REST.
func TestBadHTTP(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "http")
		meeting := c.newMeeting(t, "http", nil, "AUT")
		submit := "/v1/" + meeting + "/delegations/AUT:submit"
		for name, x := range map[string]struct {
			method, path, contentType, body string
			status                          int
			reason, says                    string
		}{
			"an unknown field":                    {"POST", submit, "application/json", `{"participants":[{"familyName":"A","role":"HEAD","shoeSize":42}]}`, 400, "UNKNOWN_FIELD", "shoeSize"},
			"an unknown query parameter":          {"GET", "/v1/meetings?pagesize=1", "", "", 400, "UNKNOWN_PARAMETER", "pagesize"},
			"a query parameter of another method": {"GET", "/v1/" + meeting + "?filter=x", "", "", 400, "UNKNOWN_PARAMETER", "filter"},
			"an unknown role":                     {"POST", submit, "application/json", `{"participants":[{"familyName":"A","role":"CHIEF"}]}`, 400, "UNKNOWN_VALUE", "ALTERNATE_HEAD"},
			"an unknown path":                     {"GET", "/v1/nothing", "", "", 404, "PATH_NOT_FOUND", ""},
			"outside the API":                     {"GET", "/nothing", "", "", 404, "PATH_NOT_FOUND", ""},
			"an unknown method":                   {"PUT", "/v1/meetings", "application/json", "{}", 405, "METHOD_NOT_ALLOWED", ""},
			"another content type":                {"POST", submit, "text/xml", "<a/>", 415, "UNSUPPORTED_MEDIA_TYPE", "application/json"},
			"a form":                              {"POST", submit, "application/x-www-form-urlencoded", "a=b", 415, "UNSUPPORTED_MEDIA_TYPE", "application/json"},
			"no JSON":                             {"POST", submit, "application/json", `{"participants":`, 400, "MALFORMED_REQUEST", ""},
			"invalid UTF-8":                       {"POST", submit, "application/json", "{\"participants\":[{\"familyName\":\"\xff\",\"role\":\"HEAD\"}]}", 400, "MALFORMED_REQUEST", ""},
			"a body of 10 MB":                     {"POST", submit, "application/json", `{"participants":[{"familyName":"` + strings.Repeat("A", 10<<20) + `"}]}`, 413, "MESSAGE_TOO_LARGE", ""},
			"a name of another kind":              {"GET", "/v1/meetings/UPPER", "", "", 400, "STRING_PATTERN", ""},
		} {
			t.Run(name, func(t *testing.T) {
				req, err := http.NewRequestWithContext(t.Context(), x.method, env.HTTP+x.path, strings.NewReader(x.body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+c.Admin)
				if x.contentType != "" {
					req.Header.Set("Content-Type", x.contentType)
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				st := &spb.Status{}
				if err := protojson.Unmarshal(body, st); err != nil {
					t.Fatalf("HTTP %d with %q", resp.StatusCode, body)
				}
				_, reason := faultOf(status.ErrorProto(st))
				if resp.StatusCode != x.status || reason != x.reason || !strings.Contains(string(body), x.says) {
					t.Errorf("HTTP %d %s, want %d %s saying %q: %s", resp.StatusCode, reason, x.status, x.reason, x.says, body)
				}
			})
		}
		t.Run("a gRPC message of 10 MB", func(t *testing.T) {
			_, err := c.delegations.SubmitDelegation(c.As(t, c.Admin), &placardv1.SubmitDelegationRequest{
				Name: meeting + "/delegations/AUT", Participants: []*placardv1.Participant{person("", "", strings.Repeat("A", 10<<20), placardv1.Participant_HEAD)},
			}, grpc.MaxCallSendMsgSize(20<<20))
			if status.Code(err) != codes.ResourceExhausted {
				t.Error(err)
			}
		})
		t.Run("a violation in the language of the caller", func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(c.As(t, c.Admin), "accept-language", "fr")
			_, err := c.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: "meetings/no-such-meeting"})
			for _, d := range status.Convert(err).Details() {
				if m, ok := d.(*errdetails.LocalizedMessage); ok && m.GetLocale() == "fr" && m.GetMessage() != "" {
					return
				}
			}
			t.Errorf("no message in French: %v", status.Convert(err).Details())
		})
	})
}
