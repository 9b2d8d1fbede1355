package app_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/secret"
)

// guests are a delegation of AUT whose people have links, and one of MEX.
type guests struct {
	album
	meeting, delegation          string
	admin                        context.Context
	head, expert, other, waiting *placardv1.Participant
}

func newGuests(t *testing.T, c *clients, id string, change func(*placardv1.Meeting)) *guests {
	t.Helper()
	g := &guests{album: newAlbum(c), admin: c.As(t, c.Admin)}
	g.meeting = c.newMeeting(t, id, change, "AUT", "MEX")
	g.delegation = g.meeting + "/delegations/AUT"
	reachable := func(given, family string, role placardv1.Participant_Role) *placardv1.Participant {
		p := person(id+given+family, given, family, role)
		p.Email, p.Phone = proto.String(strings.ToLower(given)+"@example.org"), proto.String("+1 "+given)
		return p
	}
	c.submitAccepted(g.admin, t, g.delegation, reachable("Ana", "Head", placardv1.Participant_HEAD), reachable("Luis", "Expert", placardv1.Participant_EXPERT))
	c.submitAccepted(g.admin, t, g.meeting+"/delegations/MEX", reachable(foreign, "Other", placardv1.Participant_HEAD))
	must(g.participants.CreateParticipant(g.admin, &placardv1.CreateParticipantRequest{
		Parent: g.delegation, Participant: reachable("Eva", "Waiting", placardv1.Participant_ADVISER)}))(t)
	g.head, g.expert = c.find(g.admin, t, g.delegation, "Head"), c.find(g.admin, t, g.delegation, "Expert")
	g.waiting, g.other = c.find(g.admin, t, g.delegation, "Waiting"), c.find(g.admin, t, g.meeting+"/delegations/MEX", "Other")
	for _, p := range []*placardv1.Participant{g.head, g.expert, g.other} {
		g.send(t, p)
	}
	return g
}

// send sends a participant a link.
func (g *guests) send(t *testing.T, p *placardv1.Participant) {
	t.Helper()
	must(g.photos.SendPhotoLink(g.admin, &placardv1.SendPhotoLinkRequest{Name: p.GetName() + "/photo"}))(t)
}

// by is the context of who comes by a participant's link.
func (g *guests) by(t *testing.T, p *placardv1.Participant) context.Context {
	t.Helper()
	return g.As(t, g.Link(t, p.GetName()))
}

// TestPhotoLinkStory: a person comes by the link, sees itself and the meeting, sends
// a photograph, looks at it and takes it back.
func TestPhotoLinkStory(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		g := newGuests(t, c, "guests", func(m *placardv1.Meeting) {
			m.Quotas = []*placardv1.Meeting_Quota{{Limit: 3}, {Limit: 7, Entities: []string{"entities/AUT"}}, {Limit: 9, Entities: []string{"entities/MEX"}}}
		})
		own := g.by(t, g.head)
		who := must(g.caller.GetCaller(own, &placardv1.GetCallerRequest{}))(t)
		if who.GetRole() != placardv1.Access_LINK || who.GetPrincipal() != g.head.GetName() || who.GetEntity() != "entities/AUT" ||
			len(who.GetMeetings()) != 1 || who.GetMeetings()[0] != g.meeting || who.GetKey() != "" || who.GetExpireTime() == nil {
			t.Errorf("who comes by a link is %v", who)
		}
		seen := must(g.participants.GetParticipant(own, &placardv1.GetParticipantRequest{Name: g.head.GetName()}))(t)
		if seen.Email != nil || seen.Phone != nil || seen.ExternalId != nil || seen.GetFamilyName() != "Head" || seen.GetState() != placardv1.Participant_ACCEPTED {
			t.Errorf("a link sees of itself %v", seen)
		}
		if m := must(g.meetings.GetMeeting(own, &placardv1.GetMeetingRequest{Name: g.meeting}))(t); len(m.GetQuotas()) != 1 || m.GetQuotas()[0].GetLimit() != 3 {
			t.Errorf("a link sees the quotas %v", m.GetQuotas())
		}
		photo := g.head.GetName() + "/photo"
		p := must(g.photos.GetPhoto(own, &placardv1.GetPhotoRequest{Name: photo}))(t)
		if p.GetState() != placardv1.Photo_REQUESTED || !p.GetLinkExpireTime().AsTime().Equal(who.GetExpireTime().AsTime()) {
			t.Errorf("before: %v", p)
		}
		req := photograph(g.head.GetName(), portrait(t, 900, 1200))
		req.RequestId = c.id + "-once"
		first := must(g.photos.UploadPhoto(own, req))(t)
		equal(t, "the repeated upload", must(g.photos.UploadPhoto(own, req))(t), first)
		if first.GetState() != placardv1.Photo_UPLOADED || first.GetAuthor() != g.head.GetName() || first.GetEtag() != "1" || first.GetLinkExpireTime() == nil {
			t.Errorf("uploaded: %v", first)
		}
		other := photograph(g.head.GetName(), portrait(t, 600, 800))
		other.RequestId = req.RequestId
		_, err := g.photos.UploadPhoto(own, other)
		wantFault(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED")
		if content, err := g.download(own, photo); err != nil || int64(len(content)) != first.GetSizeBytes() {
			t.Errorf("%d bytes, %v", len(content), err)
		}
		gone := must(g.photos.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: photo, Etag: first.GetEtag()}))(t)
		if gone.GetState() != placardv1.Photo_WITHDRAWN {
			t.Errorf("taken back: %v", gone)
		}
		var log []string
		for _, ch := range must(g.changes.ListChanges(g.admin, &placardv1.ListChangesRequest{
			Meeting: g.meeting, Filter: `resource_type = "placard.un.org/Photo"`, PageSize: 1000}))(t).GetChanges() {
			if ch.GetResource() == photo {
				log = append(log, ch.GetVerb()+" by "+strings.TrimPrefix(ch.GetPrincipal(), g.meeting))
			}
		}
		self := " by " + strings.TrimPrefix(g.head.GetName(), g.meeting)
		if n := len(log); n < 3 || log[n-2] != "upload"+self || log[n-1] != "withdraw"+self || log[n-3] != "sendLink by accounts/admin" {
			t.Errorf("the log is %q", log)
		}
	})
}

// TestPhotoLinkSeesItself: whoever comes by a link finds nobody else, whichever way,
// and nothing of the own delegation.
func TestPhotoLinkSeesItself(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		g := newGuests(t, c, "itself", nil)
		own := g.by(t, g.head)
		elsewhere := newGuests(t, c, "itself-2", nil)
		for _, p := range []*placardv1.Participant{g.expert, g.waiting, g.other, elsewhere.head} {
			must(g.photos.UploadPhoto(g.admin, photograph(p.GetName(), portrait(t, 300, 400))))(t)
		}
		for who, name := range map[string]string{
			"another of the delegation":        g.expert.GetName(),
			"one who waits":                    g.waiting.GetName(),
			"one of another State":             g.other.GetName(),
			"one of another meeting":           elsewhere.head.GetName(),
			"its id with another State":        strings.Replace(g.head.GetName(), "/AUT/", "/MEX/", 1),
			"its id at another meeting":        strings.Replace(g.head.GetName(), g.meeting, elsewhere.meeting, 1),
			"another's id with its State":      strings.Replace(g.other.GetName(), "/MEX/", "/AUT/", 1),
			"an id that is not one":            g.delegation + "/participants/nobody",
			"its id at a meeting that is none": "meetings/nothing/delegations/AUT/participants/" + strings.TrimPrefix(g.head.GetName(), g.delegation+"/participants/"),
		} {
			photo := name + "/photo"
			_, person := g.participants.GetParticipant(own, &placardv1.GetParticipantRequest{Name: name})
			_, get := g.photos.GetPhoto(own, &placardv1.GetPhotoRequest{Name: photo})
			_, picture := g.download(own, photo)
			_, upload := g.photos.UploadPhoto(own, photograph(name, portrait(t, 300, 400)))
			_, withdraw := g.photos.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: photo})
			for call, err := range map[string]error{"participant": person, "get": get, "download": picture, "upload": upload, "withdraw": withdraw} {
				if code, _ := faultOf(err); code != codes.NotFound || strings.Contains(err.Error(), foreign) {
					t.Errorf("%s: %s: %v", who, call, err)
				}
			}
		}
		_, err := g.meetings.GetMeeting(own, &placardv1.GetMeetingRequest{Name: elsewhere.meeting})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = g.participants.GetParticipant(own, &placardv1.GetParticipantRequest{Name: g.delegation + "/participants/-"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = g.participants.GetParticipant(own, &placardv1.GetParticipantRequest{Name: g.head.GetName(), View: placardv1.CompositionView_LATEST})
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
		_, err = g.participants.BatchGetParticipants(own, &placardv1.BatchGetParticipantsRequest{
			Parent: g.delegation, Names: []string{g.head.GetName(), g.expert.GetName()}})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		_, err = g.photos.ListPhotos(own, &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-"})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		_, err = g.decide(own, g.meeting, &placardv1.BatchDecidePhotosRequest_Decision{Name: g.head.GetName() + "/photo", Etag: "0"})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")

		// Who replaced somebody is not told whom.
		comes := must(g.participants.ReplaceParticipant(g.admin, &placardv1.ReplaceParticipantRequest{
			Name: g.expert.GetName(), Participant: &placardv1.Participant{GivenName: "New", FamilyName: "One", Role: placardv1.Participant_EXPERT, Email: proto.String("new@example.org")}}))(t)
		d := must(g.delegations.GetDelegation(g.admin, &placardv1.GetDelegationRequest{Name: g.delegation}))(t)
		must(g.delegations.AcceptDelegation(g.admin, &placardv1.AcceptDelegationRequest{Name: g.delegation, Revision: d.GetLatestRevision()}))(t)
		g.send(t, comes)
		seen := must(g.participants.GetParticipant(g.by(t, comes), &placardv1.GetParticipantRequest{Name: comes.GetName()}))(t)
		if seen.GetFamilyName() != "One" || seen.GetReplaces() != "" {
			t.Errorf("who replaced another one sees %v", seen)
		}
	})
}

// TestPhotoLinkEnds: what ends a link ends it at once, and each is told why in the
// own language; what is none is told nothing.
func TestPhotoLinkEnds(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		g := newGuests(t, c, "ends", nil)
		get := func(token string, p *placardv1.Participant) error {
			ctx := metadata.AppendToOutgoingContext(g.As(t, token), "accept-language", "ar")
			_, err := g.photos.GetPhoto(ctx, &placardv1.GetPhotoRequest{Name: p.GetName() + "/photo"})
			return err
		}
		head, expert, other := g.Link(t, g.head.GetName()), g.Link(t, g.expert.GetName()), g.Link(t, g.other.GetName())
		for token, p := range map[string]*placardv1.Participant{head: g.head, expert: g.expert, other: g.other} {
			if err := get(token, p); err != nil {
				t.Fatal(err)
			}
		}
		seed, err := g.Config.OpenSecret()
		if err != nil {
			t.Fatal(err)
		}
		signer, err := link.New(seed)
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := link.New(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		id := strings.TrimPrefix(g.head.GetName(), g.delegation+"/participants/")
		for what, token := range map[string]string{
			"a word":              "pll_guess",
			"without a signature": "pll_" + id + "_1_",
			"cut short":           head[:len(head)-3],
			"another's signature": "pll_" + id + expert[strings.LastIndex(expert, "_1_"):],
			"of another server":   stranger.Token(link.Photo, id, 1),
			"of another purpose":  signer.Token(link.Calendar, id, 1),
			"very long":           "pll_" + strings.Repeat("A", 4000),
		} {
			if code, reason := faultOf(get(token, g.head)); code != codes.Unauthenticated || reason != "UNAUTHENTICATED" {
				t.Errorf("%s: %v %s", what, code, reason)
			}
		}
		wantEnd := func(what, token string, p *placardv1.Participant, reason string) {
			t.Helper()
			err := get(token, p)
			wantFault(t, err, codes.Unauthenticated, reason)
			for _, d := range status.Convert(err).Details() {
				if m, ok := d.(*errdetails.LocalizedMessage); ok && m.GetLocale() == "ar" && m.GetMessage() != "" {
					return
				}
			}
			t.Errorf("%s: not told in Arabic: %v", what, status.Convert(err).Details())
		}
		g.send(t, g.head)
		wantEnd("renewed", head, g.head, "LINK_REVOKED")
		head = g.Link(t, g.head.GetName())
		if err := get(head, g.head); err != nil {
			t.Error(err)
		}
		must(g.participants.ReplaceParticipant(g.admin, &placardv1.ReplaceParticipantRequest{
			Name: g.expert.GetName(), Participant: &placardv1.Participant{GivenName: "New", FamilyName: "One", Role: placardv1.Participant_EXPERT}}))(t)
		wantEnd("replaced", expert, g.expert, "LINK_REVOKED")
		must(g.participants.WithdrawParticipant(g.admin, &placardv1.WithdrawParticipantRequest{Name: g.head.GetName()}))(t)
		wantEnd("withdrawn", head, g.head, "LINK_REVOKED")
		must(g.meetings.CloseMeeting(g.admin, &placardv1.CloseMeetingRequest{Name: g.meeting}))(t)
		if err := get(other, g.other); err != nil {
			t.Errorf("intake is closed: %v", err)
		}
		must(g.meetings.ConcludeMeeting(g.admin, &placardv1.ConcludeMeetingRequest{Name: g.meeting}))(t)
		wantEnd("concluded", other, g.other, "LINK_EXPIRED")
		_, err = g.photos.SendPhotoLink(g.admin, &placardv1.SendPhotoLinkRequest{Name: g.other.GetName() + "/photo"})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
	})
}

// TestSendPhotoLinkOf: who sends a link, to whom.
func TestSendPhotoLinkOf(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		g := newGuests(t, c, "send", nil)
		shared := person("", "Second", "Shared", placardv1.Participant_EXPERT)
		shared.Email = proto.String(strings.ToUpper(g.other.GetEmail()))
		none := person("", "Without", "Address", placardv1.Participant_EXPERT)
		first := must(g.participants.CreateParticipant(g.admin, &placardv1.CreateParticipantRequest{Parent: g.meeting + "/delegations/MEX", Participant: shared}))(t)
		second := must(g.participants.CreateParticipant(g.admin, &placardv1.CreateParticipantRequest{Parent: g.meeting + "/delegations/MEX", Participant: none}))(t)
		// What only waits shares nothing yet.
		g.send(t, g.other)
		must(g.delegations.AcceptDelegation(g.admin, &placardv1.AcceptDelegationRequest{Name: g.meeting + "/delegations/MEX", Revision: 3}))(t)
		mexico, austria := g.As(t, g.Key(t, "mission", "MEX")), g.As(t, g.Key(t, "mission", "AUT"))
		office := g.As(t, g.Key(t, "pass_office", ""))
		elsewhere := g.As(t, g.Key(t, "pass_office", "", g.newMeeting(t, "send-elsewhere", nil, "AUT")))
		for _, tt := range []struct {
			what   string
			ctx    context.Context
			to     *placardv1.Participant
			code   codes.Code
			reason string
		}{
			{"a mission", austria, g.head, codes.OK, ""},
			{"the Pass Office", office, g.head, codes.OK, ""},
			{"a mission, who waits", austria, g.waiting, codes.FailedPrecondition, "NOT_IN_FORCE"},
			{"the Pass Office, who waits", office, g.waiting, codes.NotFound, "NOT_FOUND"},
			{"another State", mexico, g.head, codes.NotFound, "NOT_FOUND"},
			{"the Pass Office of another meeting", elsewhere, g.head, codes.NotFound, "NOT_FOUND"},
			{"an address that two share", mexico, g.other, codes.FailedPrecondition, "NO_OWN_ADDRESS"},
			{"the other of the two", office, first, codes.FailedPrecondition, "NO_OWN_ADDRESS"},
			{"no address", mexico, second, codes.FailedPrecondition, "NO_OWN_ADDRESS"},
			{"a reader", g.As(t, g.Key(t, "reader", "")), g.head, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"a link", g.by(t, g.head), g.head, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		} {
			if tt.what == "a link" {
				tt.ctx = g.by(t, g.head) // the two before ended the one of the table
			}
			p, err := g.photos.SendPhotoLink(tt.ctx, &placardv1.SendPhotoLinkRequest{Name: tt.to.GetName() + "/photo"})
			if code, reason := faultOf(err); code != tt.code || reason != tt.reason {
				t.Errorf("%s: %v, want %s", tt.what, err, tt.reason)
			}
			if err == nil && (p.GetState() != placardv1.Photo_REQUESTED || p.GetLinkExpireTime().AsTime().Before(time.Now())) {
				t.Errorf("%s: %v", tt.what, p)
			}
		}
		must(g.participants.WithdrawParticipant(g.admin, &placardv1.WithdrawParticipantRequest{Name: g.expert.GetName()}))(t)
		_, err := g.photos.SendPhotoLink(austria, &placardv1.SendPhotoLinkRequest{Name: g.expert.GetName() + "/photo"})
		wantFault(t, err, codes.FailedPrecondition, "PARTICIPANT_WITHDRAWN")
		over := pastGuest(t, c)
		_, err = g.photos.SendPhotoLink(g.admin, &placardv1.SendPhotoLinkRequest{Name: over + "/photo"})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_OVER")
	})
}

// pastGuest is a participant of a meeting whose last day is past.
func pastGuest(t *testing.T, c *clients) string {
	t.Helper()
	meeting := c.newMeeting(t, "over", func(m *placardv1.Meeting) { m.StartDate, m.EndDate = "2010-01-27", "2010-01-29" }, "AUT")
	p := person("", "Ana", "Head", placardv1.Participant_HEAD)
	p.Email = proto.String("ana@example.org")
	c.submitAccepted(c.As(t, c.Admin), t, meeting+"/delegations/AUT", p)
	return c.find(c.As(t, c.Admin), t, meeting+"/delegations/AUT", "Head").GetName()
}

// TestPhotoLinkUpload: a link lets a large body in by REST, and what is none does
// not; the answer is not kept by anybody on the way.
func TestPhotoLinkUpload(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		g := newGuests(t, newClients(t, env, env.GRPC, "raw"), "raw", nil)
		picture := append(portrait(t, 3000, 4000), make([]byte, 6<<20)...) // more than other requests may have
		for token, want := range map[string]int{
			env.Link(t, g.head.GetName()):       http.StatusOK,
			env.Link(t, g.head.GetName()) + "A": http.StatusUnauthorized,
			env.Link(t, g.expert.GetName()):     http.StatusNotFound,
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env.HTTP+"/v1/"+g.head.GetName()+"/photo:upload", bytes.NewReader(picture))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			if code, text := apptest.Do(t, req); code != want {
				t.Errorf("%d, want %d: %s", code, want, text)
			}
		}
		if code, _ := env.REST(t, env.Link(t, g.head.GetName()), http.MethodGet, "/v1/"+g.delegation+"/photos", nil); code != http.StatusForbidden {
			t.Errorf("the list: %d", code)
		}
		// For a file that a link may not send nobody keeps room.
		never, end := io.Pipe()
		t.Cleanup(func() { _ = end.Close() })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, env.HTTP+"/v1/"+g.delegation+"/files?purpose=CREDENTIALS", never)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = 10 << 20
		req.Header.Set("Authorization", "Bearer "+env.Link(t, g.head.GetName()))
		if code, text := apptest.Do(t, req); code != http.StatusForbidden {
			t.Errorf("a file: %d %s", code, text)
		}
	})
}

// TestPhotoLinksGoOut: an accepted composition brings those who have an own address
// a link each, and another address another one; who shares an address, attends online
// or waits gets none.
func TestPhotoLinksGoOut(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		a, admin := newAlbum(c), c.As(t, c.Admin)
		delegation := c.newMeeting(t, "go-out", nil, "AUT") + "/delegations/AUT"
		reachable := func(given, address string) *placardv1.Participant {
			p := person(given, given, "Muster", placardv1.Participant_EXPERT)
			p.Email = proto.String(address)
			return p
		}
		online := reachable("Online", "online@example.org")
		online.Modality = placardv1.Participant_ONLINE
		c.submitAccepted(admin, t, delegation, person("h", "No", "Address", placardv1.Participant_HEAD), online,
			reachable("Ana", "ana@example.org"), reachable("Luis", "luis@example.org"), reachable("One", "mission@example.org"), reachable("Two", "Mission@example.org"))
		must(a.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{Parent: delegation, Participant: reachable("Waiting", "waiting@example.org")}))(t)
		names := map[string]string{}
		for _, p := range must(a.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: delegation}))(t).GetParticipants() {
			names[p.GetGivenName()] = p.GetName()
		}
		get := func(given string) *placardv1.Photo {
			return must(a.photos.GetPhoto(admin, &placardv1.GetPhotoRequest{Name: names[given] + "/photo"}))(t)
		}
		eventually(t, "links to be sent", func() bool {
			return get("Ana").GetState() == placardv1.Photo_REQUESTED && get("Luis").GetState() == placardv1.Photo_REQUESTED
		})
		for _, given := range []string{"No", "Online", "One", "Two", "Waiting"} {
			if p := get(given); p.GetState() != placardv1.Photo_MISSING || p.GetLinkExpireTime() != nil {
				t.Errorf("%s: %v", given, p)
			}
		}
		ana, luis := c.Link(t, names["Ana"]), c.Link(t, names["Luis"])
		must(a.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: names["Ana"], Email: proto.String("ana.two@example.org")}}))(t)
		eventually(t, "another link to be sent", func() bool { return c.Link(t, names["Ana"]) != ana })
		_, err := a.caller.GetCaller(c.As(t, ana), &placardv1.GetCallerRequest{})
		wantFault(t, err, codes.Unauthenticated, "LINK_REVOKED")
		for _, token := range []string{c.Link(t, names["Ana"]), luis} {
			must(a.caller.GetCaller(c.As(t, token), &placardv1.GetCallerRequest{}))(t)
		}
	})
}
