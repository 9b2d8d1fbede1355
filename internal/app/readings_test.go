package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// ledger is the clients and the one of readings.
type ledger struct {
	*clients
	readings placardv1.ReadingServiceClient
}

func newLedger(c *clients) ledger { return ledger{c, placardv1.NewReadingServiceClient(c.conn)} }

// all are the readings that a caller sees of a meeting, the first ones first.
func (l ledger) all(ctx context.Context, t *testing.T, parent, filter string) []*placardv1.Reading {
	t.Helper()
	return must(l.readings.ListReadings(ctx, &placardv1.ListReadingsRequest{Parent: parent, Filter: filter, PageSize: 1000}))(t).GetReadings()
}

// line is a reading as a line: "CONTACTS GetParticipant meetings/…".
func line(r *placardv1.Reading) string {
	return r.GetKind().String() + " " + r.GetMethod()[strings.LastIndexByte(r.GetMethod(), '.')+1:] + " " + r.GetResource()
}

// TestReadings: who reads contacts, photographs and files of persons leaves a row
// for each time, and nobody else does.
func TestReadings(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		l := newLedger(c)
		f := newFixture(t, c, "readings")
		admin := l.As(t, l.Admin)
		all, own := f.meeting+"/delegations/-", f.meeting+"/delegations/AUT"
		expert := c.find(admin, t, own, "Expert")
		must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: own, Revision: 2}))(t) // not as the edition has it
		keys := map[string]string{
			"secretariat": c.Key(t, "secretariat", "", f.meeting), "pass office": c.Key(t, "pass_office", "", f.meeting),
			"reader": c.Key(t, "reader", "", f.meeting), "mission": c.Key(t, "mission", "AUT"),
			"another mission": c.Key(t, "mission", "MEX"), "elsewhere": c.Key(t, "secretariat", "", f.draft),
		}
		next := must(c.participants.ListParticipants(l.As(t, keys["secretariat"]), &placardv1.ListParticipantsRequest{Parent: all, PageSize: 1}))(t).GetNextPageToken()
		get, list := "ParticipantService.GetParticipant", "ParticipantService.ListParticipants"
		head := &placardv1.GetParticipantRequest{Name: f.participant.GetName()}
		steps := []struct {
			who, method string
			req         proto.Message
			// want is the resource of the reading, empty for none.
			want string
		}{
			{"secretariat", get, head, head.GetName()},
			{"secretariat", get, &placardv1.GetParticipantRequest{Name: expert.GetName()}, ""},
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: all}, all},
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: all, PageSize: 1, PageToken: next}, ""}, // the expert of Austria
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: own, OrderBy: "name", Filter: "role = HEAD"}, own},
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: all, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "email"}}}, all},
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: all, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"name"}}}, ""},
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: all, Filter: `email = "nobody@example.org"`}, ""},
			{"secretariat", list, &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"}, "meetings/-/delegations/-"},
			{"secretariat", "ParticipantService.BatchGetParticipants", &placardv1.BatchGetParticipantsRequest{
				Parent: "meetings/-/delegations/-", Names: []string{head.GetName(), expert.GetName()}}, "meetings/-/delegations/-"},
			{"secretariat", "ParticipantService.UpdateParticipant", &placardv1.UpdateParticipantRequest{Participant: &placardv1.Participant{
				Name: head.GetName(), Phone: proto.String("+43 1 2")}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"phone"}}}, head.GetName()},
			{"secretariat", "DelegationService.GetDelegationRevision", &placardv1.GetDelegationRevisionRequest{Name: own + "/revisions/1"}, own + "/revisions/1"},
			{"secretariat", "DelegationService.GetDelegationRevision", &placardv1.GetDelegationRevisionRequest{
				Name: own + "/revisions/1", ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"number", "participants.phone"}}}, own + "/revisions/1"},
			{"secretariat", "DelegationService.GetDelegationRevision", &placardv1.GetDelegationRevisionRequest{
				Name: own + "/revisions/1", ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"number", "participants.display_name"}}}, ""},
			{"secretariat", "DelegationService.ListDelegationRevisions", &placardv1.ListDelegationRevisionsRequest{Parent: own}, ""},
			{"secretariat", "DelegationService.DiffDelegationRevision", &placardv1.DiffDelegationRevisionRequest{Name: own + "/revisions/2"}, ""},
			{"secretariat", "DelegationService.GetDelegation", &placardv1.GetDelegationRequest{Name: own}, ""},
			{"secretariat", "InvitationService.ListInvitations", &placardv1.ListInvitationsRequest{Parent: f.meeting}, ""},
			{"secretariat", "ParticipantListService.GetParticipantList", &placardv1.GetParticipantListRequest{Name: f.meeting + "/participantList"}, ""},
			{"secretariat", "ParticipantListService.ExportParticipantList", &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList"}, f.meeting + "/participantList"},
			{"secretariat", "ParticipantListService.ExportCorrigendum", &placardv1.ExportCorrigendumRequest{
				Name: f.meeting + "/participantList", BaseSequence: f.edition.GetSequence()}, f.meeting + "/participantList"},
			{"secretariat", "DelegationService.DownloadDelegationTemplate", &placardv1.DownloadDelegationTemplateRequest{Name: own}, own},
			{"secretariat", "FileService.DownloadFile", &placardv1.DownloadFileRequest{Name: f.file}, f.file},
			{"secretariat", "OperationService.DownloadOperationFile", &placardv1.DownloadOperationFileRequest{Name: f.operation}, f.operation},
			{"secretariat", "DocumentService.ExportDocuments", &placardv1.ExportDocumentsRequest{Parent: f.meeting, Language: "en"}, ""},
			{"secretariat", "PhotoService.GetPhoto", &placardv1.GetPhotoRequest{Name: f.photo.GetName()}, ""},
			{"secretariat", "PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{Name: f.photo.GetName()}, f.photo.GetName()},

			{"pass office", get, head, ""}, // no contacts are in it
			{"pass office", list, &placardv1.ListParticipantsRequest{Parent: all}, ""},
			{"pass office", "PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{Name: f.photo.GetName()}, f.photo.GetName()},
			{"reader", "ParticipantListService.ExportParticipantList", &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList"}, f.meeting + "/participantList"},

			{"mission", get, head, ""},
			{"mission", list, &placardv1.ListParticipantsRequest{Parent: own}, ""},
			{"mission", list, &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"}, ""},
			{"mission", "PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{Name: f.photo.GetName()}, ""},
			{"mission", "DelegationService.DownloadDelegationTemplate", &placardv1.DownloadDelegationTemplateRequest{Name: own}, ""},
			{"mission", "ParticipantListService.ExportParticipantList", &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList"}, ""},
			{"mission", "FileService.DownloadFile", &placardv1.DownloadFileRequest{Name: f.file}, ""},
		}
		before := len(l.all(admin, t, f.meeting, ""))
		var want []string
		for _, s := range steps {
			if _, err := call(l.As(t, keys[s.who]), t, c.conn, "/placard.v1."+strings.Replace(s.method, ".", "/", 1), s.req); err != nil {
				t.Fatalf("%s: %s: %v", s.who, s.method, err)
			}
			if s.want == "" {
				continue
			}
			kind := "CONTACTS"
			switch {
			case strings.HasSuffix(s.method, ".DownloadPhoto"):
				kind = "PHOTOGRAPH"
			case strings.Contains(s.method, ".Export") || strings.Contains(s.method, ".Download"):
				kind = "EXPORT"
			}
			want = append(want, kind+" "+s.method[strings.IndexByte(s.method, '.')+1:]+" "+s.want)
		}
		kept := l.all(admin, t, f.meeting, "")[before:]
		var got []string
		for _, r := range kept {
			got = append(got, line(r))
		}
		equal(t, "readings", got, want)

		// Who, with what, when; and by what they are found.
		first := kept[0]
		account := "accounts/secretariat-" + strings.TrimPrefix(f.meeting, "meetings/")
		if first.GetPrincipal() != account || first.GetRole() != placardv1.Access_SECRETARIAT || !strings.HasPrefix(first.GetKey(), "keys/") ||
			first.GetMethod() != "placard.v1.ParticipantService.GetParticipant" || time.Since(first.GetCreateTime().AsTime()) > time.Minute ||
			!strings.HasPrefix(first.GetName(), f.meeting+"/readings/") {
			t.Errorf("the first is %v", first)
		}
		if again := must(l.readings.GetReading(admin, &placardv1.GetReadingRequest{Name: first.GetName()}))(t); !proto.Equal(again, first) {
			t.Errorf("gets %v, listed %v", again, first)
		}
		for filter, n := range map[string]int{
			"kind = PHOTOGRAPH":                                                               2,
			"kind = EXPORT AND entity = AUT":                                                  2,
			`principal = "` + account + `" AND kind = EXPORT`:                                 5,
			`entity = "-" AND kind = CONTACTS AND principal = "` + account + `"`:              4,
			`create_time < "` + first.GetCreateTime().AsTime().Format(time.RFC3339Nano) + `"`: before,
			`createTime >= "` + first.GetCreateTime().AsTime().In(time.FixedZone("", 3600)).Format(time.RFC3339Nano) + `"`: len(kept),
			`principal = "entities/AUT"`: 0,
		} {
			if found := l.all(admin, t, f.meeting, filter); len(found) != n {
				t.Errorf("%s finds %d, want %d: %v", filter, len(found), n, found)
			}
		}
		for _, wrong := range []*placardv1.ListReadingsRequest{
			{Parent: f.meeting, Filter: `create_time > "yesterday"`}, {Parent: f.meeting, Filter: `resource = "x"`}, {Parent: f.meeting, OrderBy: "kind"},
		} {
			_, err := l.readings.ListReadings(admin, wrong)
			if code, _ := faultOf(err); code != codes.InvalidArgument {
				t.Errorf("%v: %v", wrong, err)
			}
		}
		l.pages(t, keys["secretariat"], f.meeting)
		l.refused(t, f, keys)
		l.ofOthers(t, f, keys, first.GetName())
	})
}

// pages: the readings of a meeting come page by page, both ways.
func (l ledger) pages(t *testing.T, key, meeting string) {
	t.Helper()
	ctx := l.As(t, key)
	var want []string
	for _, r := range l.all(ctx, t, meeting, "") {
		want = append(want, r.GetName())
	}
	req := &placardv1.ListReadingsRequest{Parent: meeting, PageSize: 7, OrderBy: "name desc"}
	var got []string
	for {
		part := must(l.readings.ListReadings(ctx, req))(t)
		for _, r := range part.GetReadings() {
			got = append(got, r.GetName())
		}
		if req.PageToken = part.GetNextPageToken(); req.PageToken == "" {
			break
		}
		other := proto.CloneOf(req)
		other.Filter = "kind = EXPORT"
		_, err := l.readings.ListReadings(ctx, other)
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		_, err = l.readings.ListReadings(l.As(t, l.Admin), req)
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
	}
	slices.Reverse(got)
	equal(t, "readings by pages", got, want)
	if !slices.IsSorted(want) {
		t.Error("names are not in the order of time")
	}
}

// refused: what is not answered is not read, and reading changes nothing.
func (l ledger) refused(t *testing.T, f *fixture, keys map[string]string) {
	t.Helper()
	admin := l.As(t, l.Admin)
	before, changes := len(l.all(admin, t, "meetings/-", "")), l.lastChange(t)
	for _, x := range []struct {
		who, method string
		req         proto.Message
	}{
		{"another mission", "ParticipantService.GetParticipant", &placardv1.GetParticipantRequest{Name: f.participant.GetName()}},
		{"elsewhere", "ParticipantService.GetParticipant", &placardv1.GetParticipantRequest{Name: f.participant.GetName()}},
		{"elsewhere", "ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/-"}},
		{"elsewhere", "PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{Name: f.photo.GetName()}},
		{"elsewhere", "ParticipantListService.ExportParticipantList", &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList"}},
		{"elsewhere", "ParticipantService.BatchGetParticipants", &placardv1.BatchGetParticipantsRequest{
			Parent: "meetings/-/delegations/-", Names: []string{f.participant.GetName()}}},
		{"reader", "ParticipantService.GetParticipant", &placardv1.GetParticipantRequest{Name: f.participant.GetName()}},
		{"secretariat", "ParticipantService.GetParticipant", &placardv1.GetParticipantRequest{Name: f.participant.GetName() + "0"}},
		{"secretariat", "ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/-", Filter: "x"}},
		{"secretariat", "PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{Name: f.participant.GetName() + "0/photo"}},
		{"secretariat", "OperationService.DownloadOperationFile", &placardv1.DownloadOperationFileRequest{Name: f.operation + "0"}},
	} {
		if _, err := call(l.As(t, keys[x.who]), t, l.conn, "/placard.v1."+strings.Replace(x.method, ".", "/", 1), x.req); err == nil {
			t.Errorf("%s: %s is not refused", x.who, x.method)
		}
	}
	must(l.participants.ListParticipants(l.As(t, keys["elsewhere"]), &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"}))(t)
	if n := len(l.all(admin, t, "meetings/-", "")); n != before {
		t.Errorf("%d readings of what was not answered", n-before)
	}
	must(l.participants.GetParticipant(l.As(t, keys["secretariat"]), &placardv1.GetParticipantRequest{Name: f.participant.GetName()}))(t)
	if l.lastChange(t) != changes {
		t.Error("a reading stands in the change log")
	}
}

// ofOthers: nobody sees readings outside of the own scope.
func (l ledger) ofOthers(t *testing.T, f *fixture, keys map[string]string, reading string) {
	t.Helper()
	unbound, bound, elsewhere := l.As(t, l.Key(t, "secretariat", "")), l.As(t, keys["secretariat"]), l.As(t, keys["elsewhere"])
	must(l.participants.ListParticipants(unbound, &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/AUT"}))(t)
	over := l.all(unbound, t, "meetings/-", `principal = "accounts/secretariat" AND entity = AUT`)
	if len(over) == 0 {
		t.Fatal("a reading over all meetings is not kept")
	}
	wide := over[len(over)-1]
	if !strings.HasPrefix(wide.GetName(), "meetings/-/readings/") || wide.GetResource() != "meetings/-/delegations/AUT" {
		t.Errorf("over all meetings: %v", wide)
	}
	if got := must(l.readings.GetReading(unbound, &placardv1.GetReadingRequest{Name: wide.GetName()}))(t); !proto.Equal(got, wide) {
		t.Errorf("gets %v", got)
	}
	for who, ctx := range map[string]context.Context{"of the meeting": bound, "of another": elsewhere} {
		_, err := l.readings.GetReading(ctx, &placardv1.GetReadingRequest{Name: wide.GetName()})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		for _, filter := range []string{"", "kind = CONTACTS", "entity = AUT", `entity = AUT OR NOT entity = AUT`, `create_time > "2000-01-01T00:00:00Z"`} {
			for _, r := range l.all(ctx, t, "meetings/-", filter) {
				if who == "of another" || !strings.HasPrefix(r.GetName(), f.meeting+"/") {
					t.Errorf("the Secretariat %s sees by %q: %v", who, filter, r)
				}
			}
		}
	}
	if n := len(l.all(bound, t, "meetings/-", "")); n != len(l.all(unbound, t, f.meeting, "")) {
		t.Errorf("the Secretariat of the meeting sees %d of its readings", n)
	}
	for _, n := range []string{reading, strings.Replace(reading, f.meeting, "meetings/-", 1), strings.Replace(reading, f.meeting, f.draft, 1)} {
		_, err := l.readings.GetReading(elsewhere, &placardv1.GetReadingRequest{Name: n})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
	}
	_, err := l.readings.GetReading(unbound, &placardv1.GetReadingRequest{Name: strings.Replace(reading, f.meeting, "meetings/-", 1)})
	wantFault(t, err, codes.NotFound, "NOT_FOUND")
	_, err = l.readings.ListReadings(elsewhere, &placardv1.ListReadingsRequest{Parent: f.meeting})
	wantFault(t, err, codes.NotFound, "NOT_FOUND")
	_, err = l.readings.ListReadings(unbound, &placardv1.ListReadingsRequest{Parent: f.meeting + "-none"})
	wantFault(t, err, codes.NotFound, "NOT_FOUND")
	for _, who := range []string{"mission", "pass office", "reader"} {
		_, err := l.readings.ListReadings(l.As(t, keys[who]), &placardv1.ListReadingsRequest{Parent: "meetings/-"})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	}
}

// TestUnrecordedIsNotShown: where a reading cannot be written, nothing of it leaves,
// through either door; who leaves no readings notices nothing.
func TestUnrecordedIsNotShown(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		doorOf := map[string]*clients{}
		fixtures := map[string]*fixture{}
		for name, door := range doors {
			doorOf[name] = newClients(t, env, door(env), name)
			fixtures[name] = newFixture(t, doorOf[name], "unrecorded")
		}
		rename := func(from, to string) {
			t.Helper()
			if _, err := env.Store.Writer().ExecContext(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
				t.Fatal(err)
			}
		}
		rename("readings", "readings_away")
		for name, c := range doorOf {
			f := fixtures[name]
			secretariat, mission := c.As(t, c.Key(t, "secretariat", "")), c.As(t, c.Key(t, "mission", "AUT"))
			tries := map[string]proto.Message{
				"ParticipantService.GetParticipant":            &placardv1.GetParticipantRequest{Name: f.participant.GetName()},
				"ParticipantService.ListParticipants":          &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/AUT"},
				"PhotoService.DownloadPhoto":                   &placardv1.DownloadPhotoRequest{Name: f.photo.GetName()},
				"FileService.DownloadFile":                     &placardv1.DownloadFileRequest{Name: f.file},
				"ParticipantListService.ExportParticipantList": &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList"},
			}
			for method, req := range tries {
				full := "/placard.v1." + strings.Replace(method, ".", "/", 1)
				answer, err := call(secretariat, t, c.conn, full, req)
				if code, _ := faultOf(err); code != codes.Internal || answer != "" || strings.Contains(fmt.Sprint(err), "example.org") {
					t.Errorf("%s: %s: %d bytes, %v", name, method, len(answer), err)
				}
				if _, err := call(mission, t, c.conn, full, req); err != nil {
					t.Errorf("%s: the mission: %s: %v", name, method, err)
				}
			}
			must(c.meetings.GetMeeting(secretariat, &placardv1.GetMeetingRequest{Name: f.meeting}))(t)
		}
		key, f := doorOf["rest"].Key(t, "secretariat", ""), fixtures["rest"]
		status, body := apptest.Do(t, env.Request(t, key, http.MethodGet, "/v1/"+f.meeting+"/participantList:export?format=CSV", nil))
		if status != http.StatusInternalServerError || strings.Contains(string(body), "Own") {
			t.Errorf("a file is sent: %d %s", status, body)
		}
		rename("readings_away", "readings")
		for name, c := range doorOf {
			must(c.participants.GetParticipant(c.As(t, c.Key(t, "secretariat", "")), &placardv1.GetParticipantRequest{
				Name: fixtures[name].participant.GetName()}))(t)
		}
	})
}

// TestReadingsAtPages: the dashboard shows who is in a composition and asks for
// nothing by which they are reached, so that looking at it is no reading. A
// photograph that a browser has kept is read again where it is shown again.
func TestReadingsAtPages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		h := newWebHouse(t, env, "web")
		l, admin := newLedger(h.clients), h.As(t, h.Admin)
		head := person("", "Erika", "Beispiel", placardv1.Participant_HEAD)
		head.Email, head.LatinFamilyName, head.FunctionalTitle = proto.String("erika@example.org"), "Exemplo", "Directora"
		must(h.delegations.SubmitDelegation(h.As(t, h.mexico), &placardv1.SubmitDelegationRequest{
			Name: "meetings/web/delegations/MEX", Participants: []*placardv1.Participant{head}}))(t)
		b := newBrowser(t, env).signIn(t, h.secretariat)
		page := b.get(t, "/meetings/web")
		page.want(t, http.StatusOK, "Beispiel", "Exemplo", "Directora", "Head of delegation", "Accept revision 1")
		if read := l.all(admin, t, "meetings/web", ""); len(read) != 0 || strings.Contains(page.body, "erika@example.org") {
			t.Errorf("read by the page: %v", read)
		}

		p := h.find(h.As(t, h.mexico), t, "meetings/web/delegations/MEX", "Beispiel").GetName()
		must(placardv1.NewPhotoServiceClient(h.conn).UploadPhoto(h.As(t, h.mexico), photograph(p, portrait(t, 300, 400))))(t)
		for i, want := range []int{http.StatusOK, http.StatusNotModified} {
			req := env.Request(t, h.secretariat, http.MethodGet, "/v1/"+p+"/photo:download", nil)
			if i > 0 {
				req.Header.Set("If-None-Match", "*")
			}
			if status, _ := apptest.Do(t, req); status != want {
				t.Errorf("the photograph: %d, want %d", status, want)
			}
			if n := len(l.all(admin, t, "meetings/web", "kind = PHOTOGRAPH")); n != i+1 {
				t.Errorf("%d readings of a photograph that was asked for %d times", n, i+1)
			}
		}
	})
}
