package app_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/mail/mailtest"
	"github.com/un-placard/placard/internal/store/storetest"
)

// unsteady is a mail server on one bad day: it greylists, refuses, hangs, and closes
// connections, each for some recipients, and takes the message at a later attempt,
// or never.
type unsteady struct {
	mu    sync.Mutex
	tries map[string]int
}

func (u *unsteady) conduct(to string) mailtest.Conduct {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tries[to]++
	first := u.tries[to] == 1
	var n int
	if _, err := fmt.Sscanf(to, "p%d@", &n); err != nil {
		return mailtest.Conduct{}
	}
	switch {
	case n%10 == 1 && first: // greylisted
		return mailtest.Conduct{Rcpt: &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}}
	case n%10 == 2 && first: // later, then never
		return mailtest.Conduct{Data: &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "no space"}}
	case n%10 == 2, n%50 == 3:
		return mailtest.Conduct{Rcpt: &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: user unknown"}}
	case n%50 == 4 && first:
		return mailtest.Conduct{Hang: true}
	case n%50 == 5 && first:
		return mailtest.Conduct{Close: true}
	case n%100 == 6 && first: // taken, and the answer is lost
		return mailtest.Conduct{Late: true}
	default:
		return mailtest.Conduct{}
	}
}

// TestMailFaults sends messages to a thousand participants, through a mail server that
// is down at first, then behaves badly, and is gone for a moment, while the server is
// killed twice. At the end each has exactly one message that was taken, or one bounce.
// What came twice has the same Message-ID.
func TestMailFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute")
	}
	binary := filepath.Join(t.TempDir(), "placard")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/placard")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			testMailFaults(t, engine, binary)
		})
	}
}

func testMailFaults(t *testing.T, engine, binary string) {
	const recipients, each = 1000, 100
	dir, url, address := t.TempDir(), storetest.URL(t, engine), apptest.FreeAddress(t)
	same := func(cfg *config.Config) { cfg.Dir, cfg.DB = dir, url }
	settings := []string{"--smtp", address, "--smtp-tls", "none", "--mail-from", "placard@placard.example", "--smtp-timeout", "1s", "--smtp-retry", "50ms"}

	// The messages are put by a server whose mail server is down.
	before := apptest.StartOn(t, same, withMail(address), func(cfg *config.Config) { cfg.SMTPRetry = 50 * time.Millisecond })
	c := newClients(t, before, before.GRPC, "faults")
	admin := c.As(t, c.Admin)
	states := []string{"AUT", "MEX", "FRA", "EGY", "JPN", "BRA", "IND", "KEN", "CAN", "ITA"}
	meeting := c.newMeeting(t, "m", nil, states...)
	want := map[string]bool{}
	for i, state := range states {
		persons := composition(each)
		for j, p := range persons {
			a := fmt.Sprintf("p%d@x.example", i*each+j)
			want[a] = true
			withEmail(p, a, "")
		}
		c.submitAccepted(admin, t, meeting+"/delegations/"+state, persons...)
	}
	eventually(t, "the messages to be put", func() bool {
		n, err := before.Store.Client().Delivery.Query().Count(storetest.System(t))
		return err == nil && n == recipients
	})
	if err := before.Stop(); err != nil {
		t.Fatal(err)
	}

	bad := &unsteady{tries: map[string]int{}}
	taken := map[string]map[string]int{} // address > Message-ID > how often
	collect := func(s *mailtest.Server) (n int) {
		for _, m := range s.Messages() {
			if taken[m.To] == nil {
				taken[m.To] = map[string]int{}
			}
			taken[m.To][m.ID]++
			n++
		}
		return n
	}
	// It is up, and the server is killed in the middle; then both again.
	for round, until := range []int{150, 250} {
		running := serveWith(t, binary, dir, url, settings...)
		peer := mailtest.On(t, address, bad.conduct)
		peer.Wait(t, until)
		running.kill()
		peer.Stop()
		t.Logf("killed for the %d. time after %d messages", round+1, collect(peer))
	}
	peer := mailtest.On(t, address, bad.conduct)
	last := serveWith(t, binary, dir, url, settings...)
	deliveries := placardv1.NewDeliveryServiceClient(apptest.Dial(t, last.address))
	count := func(state placardv1.Delivery_State) (out []*placardv1.Delivery) {
		return must(deliveries.ListDeliveries(c.As(t, c.Admin), &placardv1.ListDeliveriesRequest{
			Parent: meeting + "/delegations/-", PageSize: 1000, Filter: "kind = PHOTO_LINK AND state = " + state.String(),
		}))(t).GetDeliveries()
	}
	began := time.Now()
	for len(count(placardv1.Delivery_SENT))+len(count(placardv1.Delivery_BOUNCED)) < recipients {
		if time.Since(began) > 90*time.Second {
			t.Fatalf("after %v: %d queued, %d deferred", time.Since(began), len(count(placardv1.Delivery_QUEUED)), len(count(placardv1.Delivery_DEFERRED)))
		}
		time.Sleep(200 * time.Millisecond)
	}
	collect(peer)

	twice := 0
	for _, d := range count(placardv1.Delivery_SENT) {
		ids := taken[d.GetAddress()]
		if len(ids) != 1 || ids[d.GetMessageId()] == 0 {
			t.Errorf("%s was sent, and the mail server has %v", d.GetName(), ids)
		}
		twice += max(ids[d.GetMessageId()]-1, 0)
		delete(want, d.GetAddress())
	}
	bounced := count(placardv1.Delivery_BOUNCED)
	for _, d := range bounced {
		if len(taken[d.GetAddress()]) != 0 || d.GetReason() == "" {
			t.Errorf("%s is a bounce (%s), and the mail server took it", d.GetName(), d.GetReason())
		}
		delete(want, d.GetAddress())
	}
	if len(want) != 0 || len(bounced) != 120 {
		t.Errorf("%d have neither a message nor a bounce; %d bounces, want 120", len(want), len(bounced))
	}
	// Ten whose answer was lost, and at each kill no more than were on their way.
	if twice > 10+2*16 {
		t.Errorf("%d messages came twice", twice)
	}
	t.Logf("%d sent, %d bounced; %d came twice, with the same Message-ID; %v after the last start", recipients-len(bounced), len(bounced), twice, time.Since(began).Round(time.Second))
}
