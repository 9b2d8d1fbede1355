package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// shown are the display names on all pages of a list of participants.
func (c *clients) shown(ctx context.Context, t *testing.T, req *placardv1.ListParticipantsRequest) []string {
	t.Helper()
	var names []string
	req = proto.CloneOf(req)
	for {
		page := must(c.participants.ListParticipants(ctx, req))(t)
		for _, p := range page.GetParticipants() {
			names = append(names, p.GetDisplayName())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return names
		}
	}
}

// found are the display names that a search finds, in alphabetical order.
func (c *clients) found(ctx context.Context, t *testing.T, parent, words string, view placardv1.CompositionView) []string {
	t.Helper()
	names := c.shown(ctx, t, &placardv1.ListParticipantsRequest{
		Parent: parent, Filter: fmt.Sprintf("display_name : %q", words), View: view,
	})
	slices.Sort(names)
	return names
}

const anyView = placardv1.CompositionView_COMPOSITION_VIEW_UNSPECIFIED

// TestOrders: every order goes both ways, over pages that end among equal keys,
// also while others come and go; a token goes on in its own order only.
func TestOrders(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "orders", nil, "AUT", "MEX", "FRA")
		for _, e := range []string{"MEX", "AUT", "FRA"} {
			var persons []*placardv1.Participant
			for i, family := range []string{"Ölmez", "olmez", "Álvarez", "OLMEZ", "Zoë", "Ölmez"} {
				persons = append(persons, person(fmt.Sprint(i), "A", family, placardv1.Participant_EXPERT))
			}
			c.submitAccepted(admin, t, meeting+"/delegations/"+e, persons...)
		}
		all := meeting + "/delegations/-"
		list := func(ctx context.Context, order string, each func()) []string {
			var names []string
			req := &placardv1.ListParticipantsRequest{Parent: all, OrderBy: order, PageSize: 2}
			for {
				page := must(c.participants.ListParticipants(ctx, req))(t)
				for _, p := range page.GetParticipants() {
					names = append(names, p.GetName())
				}
				if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
					return names
				}
				each()
			}
		}
		for _, order := range []string{"name", "display_name", "create_time"} {
			up := list(admin, order, func() {})
			down := list(admin, order+" desc", func() {})
			slices.Reverse(down)
			if len(up) != 18 || len(slices.Compact(slices.Sorted(slices.Values(up)))) != 18 {
				t.Errorf("%s: %d names", order, len(up))
			}
			equal(t, order+" turned around", down, up)
		}
		equal(t, "by name without accents and case", c.shown(admin, t, &placardv1.ListParticipantsRequest{
			Parent: meeting + "/delegations/AUT", OrderBy: "displayName", PageSize: 4})[:1], []string{"A Álvarez"})
		equal(t, "in protocol order", c.shown(admin, t, &placardv1.ListParticipantsRequest{Parent: meeting + "/delegations/AUT", PageSize: 4}),
			[]string{"A Ölmez", "A olmez", "A Álvarez", "A OLMEZ", "A Zoë", "A Ölmez"})
		if got := list(admin, "create_time desc", func() {}); !strings.Contains(got[0], "/delegations/FRA/") || !strings.Contains(got[17], "/delegations/MEX/") {
			t.Errorf("the newest first: %v", got)
		}

		// Whoever is there throughout is seen once, whatever comes between two pages.
		before := list(admin, "display_name", func() {})
		n := 0
		during := list(admin, "display_name", func() {
			n++
			must(c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
				Parent: meeting + "/delegations/AUT", Participant: person("", "A", fmt.Sprintf("O%d", n), placardv1.Participant_EXPERT)}))(t)
		})
		for _, name := range before {
			seen := 0
			for _, other := range during {
				if other == name {
					seen++
				}
			}
			if seen != 1 {
				t.Errorf("%s was seen %d times", name, seen)
			}
		}

		token := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: all, OrderBy: "display_name", PageSize: 1}))(t).GetNextPageToken()
		for _, order := range []string{"", "name", "create_time", "display_name desc"} {
			_, err := c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: all, OrderBy: order, PageToken: token})
			wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		}
		for _, order := range []string{"role", "name, create_time", "name;", "name down"} {
			_, err := c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: all, OrderBy: order})
			wantFault(t, err, codes.InvalidArgument, "ORDER_BY_INVALID")
		}
	})
}

// TestOrdersOfOthers: the orders of the other lists.
func TestOrdersOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "others", nil, "AUT", "MEX", "FRA")
		last := func(names []string) []string {
			for i, n := range names {
				names[i] = n[strings.LastIndexByte(n, '/')+1:]
			}
			return names
		}
		for _, e := range []string{"MEX", "AUT", "FRA"} {
			c.submitAccepted(admin, t, meeting+"/delegations/"+e, person("", "A", "A", placardv1.Participant_HEAD))
		}
		corrected := c.find(admin, t, meeting+"/delegations/MEX", "A")
		must(c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: corrected.GetName(), Phone: proto.String("+52 55 0000 0000")}}))(t)
		delegations := func(order string) []string {
			var names []string
			req := &placardv1.ListDelegationsRequest{Parent: meeting, OrderBy: order, PageSize: 1}
			for {
				page := must(c.delegations.ListDelegations(admin, req))(t)
				for _, d := range page.GetDelegations() {
					names = append(names, d.GetName())
				}
				if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
					return last(names)
				}
			}
		}
		equal(t, "delegations", delegations(""), []string{"AUT", "FRA", "MEX"})
		equal(t, "by name", delegations("name desc"), []string{"MEX", "FRA", "AUT"})
		equal(t, "by submission", delegations("submit_time"), []string{"MEX", "AUT", "FRA"})
		equal(t, "by update", delegations("updateTime desc"), []string{"MEX", "FRA", "AUT"})

		must(c.invitations.AcknowledgeInvitation(admin, &placardv1.AcknowledgeInvitationRequest{Name: meeting + "/invitations/AUT"}))(t)
		var names []string
		for _, i := range must(c.invitations.ListInvitations(admin, &placardv1.ListInvitationsRequest{Parent: meeting, OrderBy: "update_time desc"}))(t).GetInvitations() {
			names = append(names, i.GetName())
		}
		equal(t, "invitations by update", last(names), []string{"AUT", "FRA", "MEX"})

		names = nil
		for _, e := range must(c.entities.ListEntities(admin, &placardv1.ListEntitiesRequest{OrderBy: "name desc", PageSize: 1}))(t).GetEntities() {
			names = append(names, e.GetName())
		}
		if len(names) != 1 || names[0] < "entities/ZWA" {
			t.Errorf("the last entity: %v", names)
		}
		revisions := func(order, filter string) []int32 {
			var numbers []int32
			for _, r := range must(c.delegations.ListDelegationRevisions(admin, &placardv1.ListDelegationRevisionsRequest{
				Parent: meeting + "/delegations/AUT", OrderBy: order, Filter: filter}))(t).GetRevisions() {
				numbers = append(numbers, r.GetNumber())
			}
			return numbers
		}
		must(c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
			Parent: meeting + "/delegations/AUT", Participant: person("", "B", "B", placardv1.Participant_EXPERT)}))(t)
		equal(t, "revisions", revisions("", ""), []int32{2, 1})
		equal(t, "the oldest first", revisions("number", ""), []int32{1, 2})
		equal(t, "revisions accepted", revisions("", "state = ACCEPTED AND late = false AND self_accepted = false"), []int32{1})
		if _, err := c.meetings.ListMeetings(admin, &placardv1.ListMeetingsRequest{OrderBy: "name desc", PageSize: 1}); err != nil {
			t.Error(err)
		}
		keys := must(c.keys.ListKeys(admin, &placardv1.ListKeysRequest{OrderBy: "create_time desc", Filter: "role = ADMIN", PageSize: 1}))(t)
		if len(keys.GetKeys()) != 1 || keys.GetKeys()[0].GetRole() != placardv1.Access_ADMIN {
			t.Errorf("keys: %v", keys)
		}
		if none := must(c.keys.ListKeys(admin, &placardv1.ListKeysRequest{Filter: `entity = "entities/AUT" AND account = "accounts/x"`}))(t); len(none.GetKeys()) > 0 {
			t.Errorf("keys: %v", none)
		}
	})
}

// TestReadMask: a list answers what is asked for, and never more than the role
// may read.
func TestReadMask(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "mask", nil, "AUT")
		head := person("1", "Erika", "MUSTERMANN", placardv1.Participant_HEAD)
		head.Email = proto.String("erika@example.org")
		c.submitAccepted(admin, t, meeting+"/delegations/AUT", head)
		participants := func(ctx context.Context, paths ...string) *placardv1.Participant {
			t.Helper()
			list := must(c.participants.ListParticipants(ctx, &placardv1.ListParticipantsRequest{
				Parent: meeting + "/delegations/AUT", ReadMask: &fieldmaskpb.FieldMask{Paths: paths}}))(t)
			return list.GetParticipants()[0]
		}
		p := participants(admin)
		for _, tt := range []struct {
			ctx   context.Context
			paths []string
			want  *placardv1.Participant
		}{
			{admin, []string{"display_name", "email"}, &placardv1.Participant{DisplayName: "Erika MUSTERMANN", Email: proto.String("erika@example.org")}},
			{admin, []string{"name", "create_time.seconds"}, &placardv1.Participant{Name: p.GetName(), CreateTime: p.GetCreateTime()}},
			{c.As(t, c.Key(t, "pass_office", "")), []string{"display_name", "email", "external_id"}, &placardv1.Participant{DisplayName: "Erika MUSTERMANN"}},
		} {
			got := participants(tt.ctx, tt.paths...)
			if got.GetCreateTime() != nil {
				got.CreateTime.Nanos = p.GetCreateTime().GetNanos() // REST writes a time whole
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%v (-want +got):\n%s", tt.paths, diff)
			}
		}
		m := must(c.meetings.ListMeetings(admin, &placardv1.ListMeetingsRequest{ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"title.es", "state"}}}))(t)
		if diff := cmp.Diff(&placardv1.Meeting{Title: &placardv1.LocalizedText{Es: "Reunión"}, State: placardv1.Meeting_OPEN}, m.GetMeetings()[0], protocmp.Transform()); diff != "" {
			t.Errorf("meeting (-want +got):\n%s", diff)
		}
		changes := must(c.changes.ListChanges(admin, &placardv1.ListChangesRequest{PageSize: 1, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"sequence"}}}))(t)
		if diff := cmp.Diff([]*placardv1.Change{{Sequence: 1}}, changes.GetChanges(), protocmp.Transform()); diff != "" || changes.GetNextPageToken() == "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		for _, path := range []string{"colour", "display_name.x", "title.planet", "participants.name"} {
			_, err := c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{
				Parent: meeting + "/delegations/AUT", ReadMask: &fieldmaskpb.FieldMask{Paths: []string{path}}})
			wantFault(t, err, codes.InvalidArgument, "READ_MASK_INVALID")
		}
	})
}

// TestReadMaskOnREST: names as in JSON, and nothing else in the answer.
func TestReadMaskOnREST(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		admin := env.Key(t, placardv1.Access_ADMIN, "")
		const entities = `/v1/entities?filter=` + `m49_code%3D%22040%22` // Austria
		for query, want := range map[string]map[string]any{
			"&readMask=alpha2Code,name":          {"alpha2Code": "AT", "name": "entities/AUT"},
			"&readMask=alpha2_code":              {"alpha2Code": "AT"},
			"&readMask=shortName.es,formerNames": {"shortName": map[string]any{"es": "Austria"}, "formerNames": []any{}},
			"&read_mask=consultativeStatus":      {"consultativeStatus": "CONSULTATIVE_STATUS_UNSPECIFIED"},
		} {
			status, got := env.REST(t, admin, http.MethodGet, entities+query, nil)
			if diff := cmp.Diff(map[string]any{"entities": []any{want}, "nextPageToken": ""}, got); status != http.StatusOK || diff != "" {
				t.Errorf("%s: %d (-want +got):\n%s", query, status, diff)
			}
		}
		_, all := env.REST(t, admin, http.MethodGet, entities, nil)
		for _, query := range []string{"&readMask=*", "&readMask="} {
			if _, got := env.REST(t, admin, http.MethodGet, entities+query, nil); !cmp.Equal(all, got) {
				t.Errorf("%s: %v", query, cmp.Diff(all, got))
			}
		}
		// A revision is one resource.
		h := newWebHouse(t, env, "masked")
		h.submit(t, "Uno", "Dos")
		const revision = "/v1/meetings/masked/delegations/MEX/revisions/1?readMask="
		for mask, want := range map[string]map[string]any{
			"number,selfAccepted":     {"number": 1.0, "selfAccepted": false},
			"participants.familyName": {"participants": []any{map[string]any{"familyName": "Uno"}, map[string]any{"familyName": "Dos"}}},
		} {
			status, got := env.REST(t, admin, http.MethodGet, revision+mask, nil)
			if diff := cmp.Diff(want, got); status != http.StatusOK || diff != "" {
				t.Errorf("%s: %d (-want +got):\n%s", mask, status, diff)
			}
		}
		if status, got := env.REST(t, admin, http.MethodGet, revision+"familyName", nil); status != http.StatusBadRequest {
			t.Errorf("%d %v", status, got)
		}
		status, got := env.REST(t, admin, http.MethodGet, entities+"&readMask=name,colour", nil)
		if text := fmt.Sprint(got); status != http.StatusBadRequest || !strings.Contains(text, "READ_MASK_INVALID") || !strings.Contains(text, "readMask") {
			t.Errorf("%d %v", status, got)
		}
	})
}

// TestSearch: persons are found by the beginnings of the words of their names.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "search", nil, "AUT", "MEX", "EGY")
		expert := func(given, family, latinGiven, latinFamily string) *placardv1.Participant {
			p := person("", given, family, placardv1.Participant_EXPERT)
			p.LatinGivenName, p.LatinFamilyName = latinGiven, latinFamily
			return p
		}
		c.submitAccepted(admin, t, meeting+"/delegations/MEX",
			expert("Ana", "GARCÍA LÓPEZ", "", ""), expert("María-José", "D’ÁVILA", "", ""), expert("", "Sukarnoputri", "", ""),
			expert("Jürgen", "STRAẞER", "", ""), expert("Anastasia", "Gárgamel", "", ""))
		c.submitAccepted(admin, t, meeting+"/delegations/EGY",
			expert("أحمد", "مصطفى", "Ahmed", "MOSTAFA"), expert("فاطمة", "الأنصاري", "Fatima", "AL-ANSARI"),
			expert("Алёна", "КОРОЛЁВА", "Alyona", "KOROLEVA"), expert("Андрей", "Зайцев", "", ""), expert("小明", "王", "Xiaoming", "WANG"))
		all := meeting + "/delegations/-"
		for words, want := range map[string][]string{
			"gar ana":          {"Ana GARCÍA LÓPEZ", "Anastasia Gárgamel"},
			"LOP garcia":       {"Ana GARCÍA LÓPEZ"},
			"arcía":            nil,
			"jose":             {"María-José D’ÁVILA"},
			"maria-jose avila": {"María-José D’ÁVILA"},
			"d'av":             {"María-José D’ÁVILA"},
			"sukarno":          {"Sukarnoputri"},
			"strasser":         {"Jürgen STRAẞER"},
			"احمد":             {"أحمد مصطفى"},
			"مصطفي":            {"أحمد مصطفى"},
			"فاطمه":            {"فاطمة الأنصاري"},
			"الانصار":          {"فاطمة الأنصاري"},
			"mostafa ah":       {"أحمد مصطفى"},
			"ansari":           {"فاطمة الأنصاري"},
			"алена королева":   {"Алёна КОРОЛЁВА"},
			"Alyona королёва":  {"Алёна КОРОЛЁВА"},
			"андреи":           {"Андрей Зайцев"},
			"Зайцев андрей":    {"Андрей Зайцев"},
			"王小明":              {"王小明"},
			"王":                {"王小明"},
			"小明":               {"王小明"},
			"wang x":           {"王小明"},
			"ana gar nobody":   nil,
			"_na":              nil,
		} {
			equal(t, words, c.found(admin, t, all, words, anyView), want)
		}
		equal(t, "one letter in one delegation", c.found(admin, t, meeting+"/delegations/MEX", "a%", anyView),
			[]string{"Ana GARCÍA LÓPEZ", "Anastasia Gárgamel", "María-José D’ÁVILA"})
		mission := c.As(t, c.Key(t, "mission", "EGY"))
		equal(t, "of a mission", c.found(mission, t, all, "al", anyView), []string{"Алёна КОРОЛЁВА", "فاطمة الأنصاري"})
		equal(t, "over all meetings", slices.Compact(c.found(admin, t, "meetings/-/delegations/-", "sukarno", anyView)), []string{"Sukarnoputri"})
		equal(t, "ordered and filtered", c.shown(admin, t, &placardv1.ListParticipantsRequest{
			Parent: all, Filter: `displayName : "a" AND entity = EGY`, OrderBy: "display_name desc", PageSize: 1}),
			[]string{"فاطمة الأنصاري", "أحمد مصطفى", "Алёна КОРОЛЁВА"})
	})
}

// TestSearchFollowsTheComposition: who is withdrawn is not found; who has another
// name is found by the new one in the latest composition, by the old one in that
// in force.
func TestSearchFollowsTheComposition(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin, office := c.As(t, c.Admin), c.As(t, c.Key(t, "pass_office", ""))
		meeting := c.newMeeting(t, "renamed", nil, "AUT")
		delegation := meeting + "/delegations/AUT"
		c.submitAccepted(admin, t, delegation, person("1", "Erika", "MUSTERMANN", placardv1.Participant_HEAD),
			person("2", "Max", "Weggegangen", placardv1.Participant_EXPERT))
		erika, left := c.find(admin, t, delegation, "Erika"), c.find(admin, t, delegation, "Max")
		must(c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: erika.GetName(), FamilyName: "BEISPIEL"}}))(t)
		must(c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: left.GetName()}))(t)
		for _, parent := range []string{meeting + "/delegations/-", delegation} {
			for _, tt := range []struct {
				who  context.Context
				word string
				view placardv1.CompositionView
				want []string
			}{
				{admin, "beispiel", anyView, []string{"Erika BEISPIEL"}},
				{admin, "mustermann", anyView, nil},
				{admin, "mustermann", placardv1.CompositionView_ACCEPTED, []string{"Erika MUSTERMANN"}},
				{admin, "beispiel", placardv1.CompositionView_ACCEPTED, nil},
				{office, "mustermann", anyView, []string{"Erika MUSTERMANN"}},
				{office, "beispiel", anyView, nil},
				{admin, "weggegangen", anyView, nil},
				{admin, "weggegangen", placardv1.CompositionView_ACCEPTED, nil},
				{office, "weggegangen", anyView, nil},
			} {
				equal(t, fmt.Sprint(parent, tt.word, tt.view), c.found(tt.who, t, parent, tt.word, tt.view), tt.want)
			}
		}
		d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: delegation}))(t)
		must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: d.GetLatestRevision()}))(t)
		equal(t, "accepted", c.found(office, t, delegation, "beispiel", anyView), []string{"Erika BEISPIEL"})
		equal(t, "the old name", c.found(office, t, meeting+"/delegations/-", "mustermann", anyView), []string(nil))
	})
}

// TestListsShowNothingForeign: no filter, order, mask or token shows a mission
// what is another's.
func TestListsShowNothingForeign(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "foreign", nil, "AUT", "MEX")
		own, foreign := person("o", "Own", "Osterreich", placardv1.Participant_HEAD), person("f", "Secret", "Guerrero", placardv1.Participant_HEAD)
		foreign.Email = proto.String("secret@example.org")
		c.submitAccepted(admin, t, meeting+"/delegations/AUT", own)
		c.submitAccepted(admin, t, meeting+"/delegations/MEX", foreign)
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		for _, parent := range []string{meeting + "/delegations/-", "meetings/-/delegations/-"} {
			for _, filter := range []string{
				"", `display_name : "secret"`, `display_name : "guerrero secret"`, `NOT display_name : "own"`, `email = "secret@example.org"`,
				`external_id = "f"`, `entity = "MEX"`, `entity = "MEX" OR display_name : "secret"`, `role = HEAD OR entity = MEX`,
				`NOT entity = "AUT" OR NOT role = EXPERT`, `display_name : "secret" OR display_name : "own"`,
			} {
				for _, order := range []string{"", "name desc", "display_name", "create_time desc"} {
					list := must(c.participants.ListParticipants(mission, &placardv1.ListParticipantsRequest{
						Parent: parent, Filter: filter, OrderBy: order, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "email"}}}))(t)
					for _, p := range list.GetParticipants() {
						if !strings.Contains(p.GetName(), "/delegations/AUT/") {
							t.Errorf("%s %s %s shows %s", parent, filter, order, p.GetName())
						}
					}
				}
			}
		}
		_, err := c.participants.ListParticipants(mission, &placardv1.ListParticipantsRequest{Parent: meeting + "/delegations/MEX", Filter: `display_name : "secret"`})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		token := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", OrderBy: "name", PageSize: 1}))(t).GetNextPageToken()
		_, err = c.participants.ListParticipants(mission, &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", OrderBy: "name", PageToken: token})
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		for _, order := range []string{"name", "submit_time desc", "update_time"} {
			for _, d := range must(c.delegations.ListDelegations(mission, &placardv1.ListDelegationsRequest{Parent: "meetings/-", OrderBy: order, Filter: "late = false OR entity = MEX"}))(t).GetDelegations() {
				if d.GetEntity() != "entities/AUT" {
					t.Errorf("%s shows %s", order, d.GetName())
				}
			}
		}
		for _, i := range must(c.invitations.ListInvitations(mission, &placardv1.ListInvitationsRequest{Parent: "meetings/-", OrderBy: "update_time", Filter: "entity = MEX OR state = ISSUED"}))(t).GetInvitations() {
			if i.GetEntity() != "entities/AUT" {
				t.Errorf("shows %s", i.GetName())
			}
		}
		for _, k := range must(c.keys.ListKeys(mission, &placardv1.ListKeysRequest{OrderBy: "create_time", Filter: `role = ADMIN OR role = MISSION OR entity = "MEX"`}))(t).GetKeys() {
			if k.GetEntity() != "entities/AUT" {
				t.Errorf("shows %s", k.GetName())
			}
		}
		changes := must(c.changes.ListChanges(mission, &placardv1.ListChangesRequest{Filter: `verb = "submit" OR resource_type = "placard.un.org/Participant"`, PageSize: 1000}))(t)
		for _, change := range changes.GetChanges() {
			if strings.Contains(change.GetResource(), "/delegations/MEX") {
				t.Errorf("shows the change of %s", change.GetResource())
			}
		}
		office := c.As(t, c.Key(t, "pass_office", ""))
		for _, filter := range []string{`email = "secret@example.org"`, `externalId = "f"`, `role = HEAD OR NOT email = "x"`} {
			_, err := c.participants.ListParticipants(office, &placardv1.ListParticipantsRequest{Parent: meeting + "/delegations/-", Filter: filter})
			wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_READABLE")
		}
	})
}

// TestLongNames: a name that is as long as it may be, in letters that are long
// when folded, stands in every list, is found, and is no end of the pages.
func TestLongNames(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "long", nil, "AUT", "MEX", "FRA")
		hangul, han := make([]rune, 200), make([]rune, 200)
		for i := range hangul {
			hangul[i], han[i] = 0xac00+rune(i*7919%11172), 0x20000+rune(i*7919%42720)
		}
		for e, long := range map[string]string{"AUT": string(hangul), "MEX": string(han), "FRA": strings.Repeat("\ufdfb", 200)} {
			c.submitAccepted(admin, t, meeting+"/delegations/"+e, person("", long, long, placardv1.Participant_HEAD), person("", "Z", "Z", placardv1.Participant_EXPERT))
		}
		for _, order := range []string{"", "display_name", "display_name desc"} {
			if got := c.shown(admin, t, &placardv1.ListParticipantsRequest{Parent: meeting + "/delegations/-", OrderBy: order, PageSize: 1}); len(got) != 6 {
				t.Errorf("%q: %d persons", order, len(got))
			}
		}
		if got := c.found(admin, t, meeting+"/delegations/-", string(hangul[:3]), anyView); len(got) != 1 {
			t.Errorf("found %d persons", len(got))
		}
	})
}

// TestSearchOr: a search stands beside other comparisons, for each view and caller.
func TestSearchOr(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "or", nil, "AUT", "MEX")
		erika, muster := person("", "Erika", "Orlando", placardv1.Participant_HEAD), person("or-"+c.id, "Max", "Muster", placardv1.Participant_EXPERT)
		c.submitAccepted(admin, t, meeting+"/delegations/AUT", erika, muster, person("", "Otto", "Anders", placardv1.Participant_EXPERT))
		c.submitAccepted(admin, t, meeting+"/delegations/MEX", person("", "Ana", "Orlando", placardv1.Participant_HEAD))
		filter := fmt.Sprintf(`display_name : "orlan" OR external_id = %q`, "or-"+c.id)
		everybody := []string{"Ana Orlando", "Erika Orlando", "Max Muster"}
		for _, parent := range []string{meeting + "/delegations/-", "meetings/-/delegations/-"} {
			for _, order := range []string{"", "display_name", "create_time desc"} {
				for _, view := range []placardv1.CompositionView{anyView, placardv1.CompositionView_ACCEPTED} {
					ask := &placardv1.ListParticipantsRequest{Parent: parent, Filter: filter, OrderBy: order, View: view, PageSize: 1}
					if parent != "meetings/-/delegations/-" {
						equal(t, parent+order, slices.Sorted(slices.Values(c.shown(admin, t, ask))), everybody)
					}
					equal(t, "of a mission", slices.Sorted(slices.Values(c.shown(c.As(t, c.Key(t, "mission", "MEX")), t, ask)))[:1], everybody[:1])
				}
			}
		}
		ask := &placardv1.ListParticipantsRequest{Parent: meeting + "/delegations/-", Filter: "NOT (" + filter + ")"}
		equal(t, "the others", c.shown(admin, t, ask), []string{"Otto Anders"})
	})
}

// TestFilterTooWide: what few have is not looked for among all.
func TestFilterTooWide(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "wide", nil, "AUT")
		c.submitAccepted(admin, t, meeting+"/delegations/AUT", person("1", "Erika", "Weit", placardv1.Participant_HEAD))
		list := func(ctx context.Context, parent, filter string) error {
			_, err := c.participants.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: parent, Filter: filter})
			return err
		}
		const all = "meetings/-/delegations/-"
		for _, filter := range []string{"role = HEAD", "modality = ONLINE", `language = "es"`, `role = HEAD OR entity = "AUT"`, `email = ""`,
			`external_id != "1"`, `display_name : "we"`, `NOT display_name : "weit"`} {
			wantFault(t, list(admin, all, filter), codes.InvalidArgument, "FILTER_TOO_WIDE")
			for _, parent := range []string{meeting + "/delegations/-", "meetings/-/delegations/AUT"} {
				if err := list(admin, parent, filter); err != nil {
					t.Errorf("%s %s: %v", parent, filter, err)
				}
			}
			if err := list(c.As(t, c.Key(t, "mission", "AUT")), all, filter); err != nil {
				t.Errorf("mission: %s: %v", filter, err)
			}
			if err := list(c.As(t, c.Key(t, "secretariat", "", meeting)), all, filter); err != nil {
				t.Errorf("bound to a meeting: %s: %v", filter, err)
			}
		}
		for _, filter := range []string{"", `entity = "AUT"`, `role = HEAD AND email = "x@example.org"`, `external_id = "1"`, `role = HEAD AND display_name : "wei"`} {
			if err := list(admin, all, filter); err != nil {
				t.Errorf("%s: %v", filter, err)
			}
		}
	})
}

// TestFeedOfSome: a follower who wants few of the changes gets all of these, and
// knows when there are no more.
func TestFeedOfSome(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "feed", nil, "AUT", "MEX")
		req := &placardv1.ListChangesRequest{Meeting: meeting, Filter: `resource_type = "placard.un.org/Invitation" AND verb = "issue"`, PageSize: 1}
		var resources []string
		for {
			part := must(c.changes.ListChanges(admin, req))(t)
			for _, change := range part.GetChanges() {
				resources = append(resources, strings.TrimPrefix(change.GetResource(), meeting+"/"))
			}
			if req.PageToken = part.GetNextPageToken(); part.GetCaughtUp() {
				break
			}
		}
		equal(t, "issued", resources, []string{"invitations/AUT", "invitations/MEX"})
		req.Filter = `verb = "issue"`
		_, err := c.changes.ListChanges(admin, req)
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		_, err = c.changes.ListChanges(admin, &placardv1.ListChangesRequest{Filter: `principal = "x"`})
		wantFault(t, err, codes.InvalidArgument, "FILTER_INVALID")
	})
}

// TestEntitiesByName: an entity is found by any of its names.
func TestEntitiesByName(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		reader := c.As(t, c.Key(t, "reader", ""))
		for filter, want := range map[string][]string{
			`short_name : "boliv"`:               {"BOL", "VEN"},
			`short_name : "plurinational state"`: {"BOL"},
			`shortName : "cote ivoire"`:          {"CIV"},
			`short_name : "النمسا"`:              {"AUT"},
			`short_name : "австр" AND region = WESTERN_EUROPEAN_AND_OTHERS AND NOT short_name : "Australia"`: {"AUT"},
			`short_name : "nowhere"`: nil,
		} {
			var codes []string
			for _, e := range must(c.entities.ListEntities(reader, &placardv1.ListEntitiesRequest{Filter: filter}))(t).GetEntities() {
				codes = append(codes, e.GetCode())
			}
			equal(t, filter, codes, want)
		}
	})
}
