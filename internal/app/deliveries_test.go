package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/mail/mailtest"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// withMail lets a server send through a mail server of the test.
func withMail(address string) apptest.Option {
	return func(cfg *config.Config) {
		cfg.SMTP, cfg.SMTPTLS, cfg.MailFrom = address, "none", "Placard <placard@placard.example>"
	}
}

// mailing is the clients, the one of deliveries, and the mail server that they use.
type mailing struct {
	*clients
	deliveries placardv1.DeliveryServiceClient
	peer       *mailtest.Server
}

// eachMailing runs a test through each door on each engine.
func eachMailing(t *testing.T, test func(t *testing.T, p mailing)) {
	t.Helper()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for name, door := range doors {
				t.Run(name, func(t *testing.T) {
					peer := mailtest.Start(t, nil)
					env := apptest.Start(t, engine, withMail(peer.Addr))
					c := newClients(t, env, door(env), name)
					test(t, mailing{c, placardv1.NewDeliveryServiceClient(c.conn), peer})
				})
			}
		})
	}
}

// reachable makes an invitation of a mission that has an address, in a language.
func (p mailing) reachable(t *testing.T, meeting, entity, language, address string) {
	t.Helper()
	must(p.invitations.UpdateInvitation(p.As(t, p.Admin), &placardv1.UpdateInvitationRequest{
		Invitation: &placardv1.Invitation{Name: meeting + "/invitations/" + entity, Language: language, Emails: []string{address}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"language", "emails"}},
	}))(t)
}

func (p mailing) list(ctx context.Context, t *testing.T, parent, filter string) []*placardv1.Delivery {
	t.Helper()
	return must(p.deliveries.ListDeliveries(ctx, &placardv1.ListDeliveriesRequest{Parent: parent, Filter: filter}))(t).GetDeliveries()
}

// ended waits until so many deliveries of a kind have ended, and answers them.
func (p mailing) ended(t *testing.T, parent string, kind placardv1.Delivery_Kind, n int) []*placardv1.Delivery {
	t.Helper()
	var out []*placardv1.Delivery
	eventually(t, fmt.Sprintf("%d deliveries of %s to end", n, kind), func() bool {
		out = p.list(p.As(t, p.Admin), t, parent, "kind = "+kind.String())
		return len(out) == n && !slices.ContainsFunc(out, func(d *placardv1.Delivery) bool {
			return d.GetState() == placardv1.Delivery_QUEUED || d.GetState() == placardv1.Delivery_DEFERRED
		})
	})
	return out
}

func withEmail(p *placardv1.Participant, address, language string) *placardv1.Participant {
	p.Email, p.Language = proto.String(address), language
	return p
}

// messageTo is the last message that came to an address.
func (p mailing) messageTo(t *testing.T, address string) mailtest.Message {
	t.Helper()
	all := p.peer.Messages()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To == address {
			return all[i]
		}
	}
	t.Fatalf("no message came to %s", address)
	return mailtest.Message{}
}

// bounceOf is the report of a mail server about a message.
func bounceOf(messageID, address, action string) []byte {
	return []byte("From: MAILER-DAEMON@mail.example\r\nTo: placard@placard.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b1\r\n\r\n" +
		"--b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n" +
		"--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\n" +
		"Final-Recipient: rfc822; " + address + "\r\nAction: " + action + "\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n" +
		"--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\nMessage-ID: " + messageID + "\r\n\r\nx\r\n--b1--\r\n")
}

// TestMailStory: a composition is received and accepted, everybody is told once, a
// message comes back, and the focal point learns of it.
func TestMailStory(t *testing.T) {
	eachMailing(t, func(t *testing.T, p mailing) {
		meeting := p.newMeeting(t, "mail", func(m *placardv1.Meeting) {
			m.SecretariatContact = &placardv1.Meeting_SecretariatContact{Email: "office@un.example"}
		}, "MEX", "AUT")
		p.reachable(t, meeting, "MEX", "es", "mision@mex.example")
		p.reachable(t, meeting, "AUT", "en", "mission@aut.example")
		admin, mexico, austria := p.As(t, p.Admin), p.As(t, p.Key(t, "mission", "MEX")), p.As(t, p.Key(t, "mission", "AUT"))
		delegation := meeting + "/delegations/MEX"
		must(p.delegations.SubmitDelegation(mexico, &placardv1.SubmitDelegationRequest{
			Name: delegation, FocalPoint: &placardv1.FocalPoint{Name: "Eva Enlace", Email: "eva@mex.example"},
			Participants: []*placardv1.Participant{
				withEmail(person("", "Ana", "<script>Muñoz</script>", placardv1.Participant_HEAD), "ana@mex.example", "ar"),
				person("", "Luis", "Sincorreo", placardv1.Participant_EXPERT),
				withEmail(person("", "Uno", "Juntos", placardv1.Participant_ADVISER), "comun@mex.example", ""),
				withEmail(person("", "Dos", "Juntos", placardv1.Participant_ADVISER), "Comun@mex.example", ""),
			},
		}))(t)
		p.ended(t, delegation, placardv1.Delivery_COMPOSITION_RECEIVED, 2)
		must(p.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 1}))(t)
		p.ended(t, delegation, placardv1.Delivery_COMPOSITION_ACCEPTED, 2)
		links := p.ended(t, delegation, placardv1.Delivery_PHOTO_LINK, 1)
		sent := links[0]
		if sent.GetState() != placardv1.Delivery_SENT || sent.GetAddress() != "ana@mex.example" || sent.GetLanguage() != "ar" ||
			sent.GetAttemptCount() != 1 || sent.GetSendTime() == nil || sent.GetParticipant() == "" {
			t.Errorf("the link was sent as %v", sent)
		}
		if n := len(p.peer.Messages()); n != 5 {
			t.Errorf("%d messages came, want 5", n)
		}
		got := p.messageTo(t, "ana@mex.example")
		if got.ID != sent.GetMessageId() || got.From != "placard@placard.example" || !bytes.Contains(got.Data, []byte("Reply-To: <office@un.example>")) ||
			bytes.Contains(got.Data, []byte("<script>")) || bytes.Contains(got.Data, []byte("List-Unsubscribe")) {
			t.Errorf("the message is\n%s", got.Data)
		}
		if eva := p.messageTo(t, "eva@mex.example"); !bytes.Contains(eva.Data, []byte("Content-Language: es")) {
			t.Errorf("the focal point got\n%s", eva.Data)
		}

		// Nobody else sees them, in any way.
		own := p.list(mexico, t, "meetings/-/delegations/-", "")
		if len(own) != 5 || own[0].GetAddress() == "" {
			t.Errorf("the mission sees %d deliveries: %v", len(own), own)
		}
		for _, parent := range []string{"meetings/-/delegations/-", meeting + "/delegations/-", delegation} {
			for _, filter := range []string{"", "state = SENT", `entity = "MEX"`, "kind = PHOTO_LINK"} {
				res, err := p.deliveries.ListDeliveries(austria, &placardv1.ListDeliveriesRequest{Parent: parent, Filter: filter})
				if code, _ := faultOf(err); len(res.GetDeliveries()) > 0 || err != nil && code != codes.NotFound {
					t.Errorf("%s with filter %q shows another State %v, %v", parent, filter, res.GetDeliveries(), err)
				}
			}
		}
		_, err := p.deliveries.GetDelivery(austria, &placardv1.GetDeliveryRequest{Name: sent.GetName()})
		if code, _ := faultOf(err); code != codes.NotFound {
			t.Errorf("another State gets %v", err)
		}
		page := must(p.deliveries.ListDeliveries(mexico, &placardv1.ListDeliveriesRequest{Parent: meeting + "/delegations/-", PageSize: 2}))(t)
		_, err = p.deliveries.ListDeliveries(austria, &placardv1.ListDeliveriesRequest{Parent: meeting + "/delegations/-", PageSize: 2, PageToken: page.GetNextPageToken()})
		if err == nil || page.GetNextPageToken() == "" {
			t.Errorf("another State goes on with the token %q: %v", page.GetNextPageToken(), err)
		}
		if got := must(p.deliveries.GetDelivery(mexico, &placardv1.GetDeliveryRequest{Name: sent.GetName()}))(t); !proto.Equal(got, sent) {
			t.Errorf("the mission reads %v, the Secretariat %v", got, sent)
		}

		// The message comes back.
		report := func(content []byte) (*placardv1.ReportBounceResponse, error) {
			return p.deliveries.ReportBounce(admin, &placardv1.ReportBounceRequest{Report: &httpbody.HttpBody{ContentType: "message/rfc822", Data: content}})
		}
		_, err = report([]byte("Subject: Hello\r\n\r\nHello"))
		wantFault(t, err, codes.InvalidArgument, "REPORT_UNREADABLE")
		if res := must(report(bounceOf(got.ID, got.To, "delayed")))(t); len(res.GetDeliveries()) != 0 {
			t.Errorf("of a delay: %v", res)
		}
		if res := must(report(bounceOf("<00000000-0000-0000-0000-000000000000@placard.example>", got.To, "failed")))(t); len(res.GetDeliveries()) != 0 {
			t.Errorf("of no message of ours: %v", res)
		}
		before := p.lastChange(t)
		for range 2 {
			res := must(report(bounceOf(got.ID, got.To, "failed")))(t)
			if len(res.GetDeliveries()) != 1 || res.GetDeliveries()[0].GetState() != placardv1.Delivery_BOUNCED ||
				res.GetDeliveries()[0].GetReason() != "550 5.1.1 User unknown" {
				t.Errorf("the report marked %v", res)
			}
		}
		log, _ := p.feed(mexico, t, "")
		bounces := slices.DeleteFunc(log, func(c *placardv1.Change) bool { return c.GetSequence() <= before || c.GetVerb() != "bounce" })
		if len(bounces) != 1 || bounces[0].GetResource() != sent.GetName() || strings.Contains(fmt.Sprint(bounces), "@") {
			t.Errorf("the change log has %v", bounces)
		}
		notices := p.list(mexico, t, delegation, "kind = BOUNCE_NOTICE")
		if len(notices) != 1 || notices[0].GetAddress() != "eva@mex.example" || notices[0].GetState() != placardv1.Delivery_QUEUED || notices[0].GetNextAttemptTime() == nil {
			t.Errorf("the focal point is told by %v", notices)
		}

		// What would go to the same address is not sent.
		must(p.participants.UpdateParticipant(mexico, &placardv1.UpdateParticipantRequest{
			Participant: &placardv1.Participant{Name: sent.GetParticipant(), Phone: proto.String("+52 1")},
			UpdateMask:  &fieldmaskpb.FieldMask{Paths: []string{"phone"}},
		}))(t)
		photos := placardv1.NewPhotoServiceClient(p.conn)
		must(photos.SendPhotoLink(admin, &placardv1.SendPhotoLinkRequest{Name: sent.GetParticipant() + "/photo"}))(t)
		links = p.ended(t, delegation, placardv1.Delivery_PHOTO_LINK, 2)
		if links[1].GetState() != placardv1.Delivery_SUPPRESSED || links[1].GetReason() != "ADDRESS_BOUNCED" || links[1].GetAttemptCount() != 0 {
			t.Errorf("the next one is %v", links[1])
		}

		// A composition is returned.
		other := meeting + "/delegations/AUT"
		must(p.delegations.SubmitDelegation(austria, &placardv1.SubmitDelegationRequest{
			Name: other, Participants: []*placardv1.Participant{person("", "Erika", "Muster", placardv1.Participant_HEAD)}}))(t)
		must(p.delegations.ReturnDelegation(admin, &placardv1.ReturnDelegationRequest{Name: other, Revision: 1, Reasons: []string{"The name is not complete."}}))(t)
		returned := p.ended(t, other, placardv1.Delivery_COMPOSITION_RETURNED, 1)
		if returned[0].GetState() != placardv1.Delivery_SENT {
			t.Errorf("of the return: %v", returned)
		}
		if text := p.messageTo(t, "mission@aut.example"); !bytes.Contains(text.Data, []byte("The name is not complete.")) {
			t.Errorf("of the return:\n%s", text.Data)
		}
	})
}

// TestMessageIsOfThePresent: what is not true any more when a message would be sent is
// not sent.
func TestMessageIsOfThePresent(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address := apptest.FreeAddress(t) // nobody answers yet
			env := apptest.Start(t, engine, withMail(address), func(cfg *config.Config) { cfg.SMTPRetry = 2 * time.Second })
			c := newClients(t, env, env.GRPC, "present")
			p := mailing{clients: c, deliveries: placardv1.NewDeliveryServiceClient(c.conn)}
			admin := p.As(t, p.Admin)
			meeting := p.newMeeting(t, "m", nil, "MEX", "AUT", "FRA", "EGY")
			delegation := func(entity string) string { return meeting + "/delegations/" + entity }
			for i, entity := range []string{"MEX", "AUT", "FRA", "EGY"} {
				p.submitAccepted(admin, t, delegation(entity), withEmail(person("", "Ana", "Muster", placardv1.Participant_HEAD), fmt.Sprintf("a%d@x.example", i), ""))
			}
			links := map[string]*placardv1.Delivery{}
			eventually(t, "four messages to be deferred", func() bool {
				for _, d := range p.list(admin, t, meeting+"/delegations/-", "state = DEFERRED AND kind = PHOTO_LINK") {
					links[strings.Split(d.GetName(), "/")[3]] = d
				}
				return len(links) == 4
			})
			if d := links["MEX"]; d.GetReason() != "the mail server refuses connections" || d.GetNextAttemptTime() == nil || d.GetAttemptCount() < 1 {
				t.Errorf("deferred: %v", d)
			}
			must(p.delegations.WithdrawDelegation(admin, &placardv1.WithdrawDelegationRequest{Name: delegation("MEX")}))(t)
			must(p.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
				Participant: &placardv1.Participant{Name: links["AUT"].GetParticipant(), Email: proto.String("new@x.example")},
				UpdateMask:  &fieldmaskpb.FieldMask{Paths: []string{"email"}},
			}))(t)
			must(newAlbum(c).photos.UploadPhoto(admin, photograph(links["FRA"].GetParticipant(), portrait(t, 600, 800))))(t)
			peer := mailtest.On(t, address, nil)
			for entity, want := range map[string]string{"MEX": "WITHDRAWN", "AUT": "ADDRESS_CHANGED", "FRA": "NOT_NEEDED", "EGY": ""} {
				eventually(t, "the message to "+entity+" to end", func() bool {
					d := must(p.deliveries.GetDelivery(admin, &placardv1.GetDeliveryRequest{Name: links[entity].GetName()}))(t)
					state := placardv1.Delivery_SUPPRESSED
					if want == "" {
						state = placardv1.Delivery_SENT
					}
					return d.GetState() == state && d.GetReason() == want
				})
			}
			for _, m := range peer.Messages() {
				if m.To != "a3@x.example" && m.To != "new@x.example" {
					t.Errorf("a message came to %s", m.To)
				}
			}
		})
	}
}

// TestBouncesFolder: reports that lie in the folder are read and removed, and what is
// none is put aside.
func TestBouncesFolder(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			peer, folder := mailtest.Start(t, nil), t.TempDir()
			url, dir := storetest.URL(t, engine), t.TempDir()
			same := []apptest.Option{withMail(peer.Addr), func(cfg *config.Config) { cfg.DB, cfg.Dir, cfg.Bounces = url, dir, folder }}
			env := apptest.StartOn(t, same...)
			c := newClients(t, env, env.GRPC, "folder")
			meeting := c.newMeeting(t, "m", nil, "MEX")
			c.submitAccepted(c.As(t, c.Admin), t, meeting+"/delegations/MEX",
				withEmail(person("", "Ana", "Muster", placardv1.Participant_HEAD), "ana@mex.example", ""))
			sent := peer.Wait(t, 1)[0]
			if err := env.Stop(); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(folder, "new"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, content := range map[string][]byte{
				"1": bounceOf(sent.ID, sent.To, "failed"), "2": []byte("Subject: Re: Hello\r\n\r\nThanks"), "3": make([]byte, 2<<20),
			} {
				if err := os.WriteFile(filepath.Join(folder, "new", name), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			env = apptest.StartOn(t, same...)
			c = newClients(t, env, env.GRPC, "folder2")
			p := mailing{clients: c, deliveries: placardv1.NewDeliveryServiceClient(c.conn), peer: peer}
			eventually(t, "the message to be marked", func() bool {
				return len(p.list(p.As(t, p.Admin), t, meeting+"/delegations/-", "state = BOUNCED")) == 1
			})
			files := func(of string) (out []string) {
				entries, err := os.ReadDir(filepath.Join(folder, of))
				if err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				for _, e := range entries {
					out = append(out, e.Name())
				}
				return out
			}
			eventually(t, "the folder to be empty", func() bool { return len(files("new")) == 0 })
			if aside := files("unread"); !slices.Equal(aside, []string{"2", "3"}) {
				t.Errorf("put aside: %v", aside)
			}
		})
	}
}

// TestMailAsFiles: without a mail server messages are files, as the demo shows them.
func TestMailAsFiles(t *testing.T) {
	env := apptest.Start(t, storetest.SQLite)
	c := newClients(t, env, env.GRPC, "files")
	meeting := c.newMeeting(t, "m", nil, "MEX")
	c.submitAccepted(c.As(t, c.Admin), t, meeting+"/delegations/MEX",
		withEmail(person("", "Ana", "Muster", placardv1.Participant_HEAD), "ana@mex.example", ""))
	var content []byte
	eventually(t, "the file of a message", func() bool {
		files, err := filepath.Glob(filepath.Join(env.Config.OutboxFolder(), "*.eml"))
		if err != nil || len(files) != 1 {
			return false
		}
		content, err = os.ReadFile(files[0])
		return err == nil
	})
	if !bytes.Contains(content, []byte("ana@mex.example")) || !bytes.Contains(content, []byte("/photo/pll_")) {
		t.Errorf("the file is\n%s", content)
	}
	status, _ := apptest.Do(t, env.Request(t, "", http.MethodGet, "/demo/outbox", nil))
	if status != http.StatusNotFound {
		t.Errorf("a server that is no demo answers /demo/outbox with %d", status)
	}
}

// TestReminderKeepsToTheAddressOfTheLink: a reminder that was put before the person got
// a link at another address does not carry that link to the earlier one.
func TestReminderKeepsToTheAddressOfTheLink(t *testing.T) {
	env := apptest.Start(t, storetest.SQLite)
	c := newClients(t, env, env.GRPC, "astray")
	ctx, system := c.As(t, c.Admin), storetest.System(t)
	meeting := c.newMeeting(t, "m", nil, "MEX")
	parent := meeting + "/delegations/MEX"
	c.submitAccepted(ctx, t, parent, withEmail(person("", "Ana", "Muster", placardv1.Participant_HEAD), "ana@mex.example", ""))
	deliveries := placardv1.NewDeliveryServiceClient(c.conn)
	ended := func(kind placardv1.Delivery_Kind) (d *placardv1.Delivery) {
		eventually(t, kind.String()+" to end", func() bool {
			all := must(deliveries.ListDeliveries(ctx, &placardv1.ListDeliveriesRequest{Parent: parent, Filter: "kind = " + kind.String()}))(t).GetDeliveries()
			if len(all) != 1 || all[0].GetState() == placardv1.Delivery_QUEUED {
				return false
			}
			d = all[0]
			return true
		})
		return d
	}
	id := name.Last(ended(placardv1.Delivery_PHOTO_LINK).GetParticipant())
	queue := must(job.New(env.Store, slog.New(slog.DiscardHandler), job.On(func(context.Context, job.Deliver) error { return nil })))(t) // it is not started
	err := env.Store.InTx(system, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.PhotoLink.Update().Where(photolink.ID(id)).SetAddressKey("other@mex.example").Exec(ctx); err != nil {
			return err
		}
		_, err := outbox.New(queue).Put(ctx, tx, name.Last(meeting), outbox.Message{
			Kind: placardv1.Delivery_PHOTO_REMINDER, Meeting: name.Last(meeting), Entity: "MEX", Participant: id,
			Source: "photo-1", Language: "en", Address: "ana@mex.example",
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := ended(placardv1.Delivery_PHOTO_REMINDER); d.GetState() != placardv1.Delivery_SUPPRESSED || d.GetReason() != "ADDRESS_CHANGED" {
		t.Errorf("the reminder: %v", d)
	}
}
