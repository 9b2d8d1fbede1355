package app_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/store/storetest"
)

// TestKill: the server is killed at a random moment of 1,000 submissions and
// started again. Every acknowledged one is there, whole, with its changes, and
// there is no half of one.
func TestKill(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "placard")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/placard")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			const submissions, writers, size = 1000, 8, 6
			dir, url := t.TempDir(), storetest.URL(t, engine)
			same := func(cfg *config.Config) { cfg.Dir, cfg.DB = dir, url }

			// 200 meetings that invite five States each.
			before := apptest.StartOn(t, same)
			c := newClients(t, before, before.GRPC, "kill")
			key := c.Admin
			var names []string
			for i := range submissions / 5 {
				meeting := c.newMeeting(t, fmt.Sprint(i), nil, "AUT", "MEX", "FRA", "EGY", "JPN")
				for _, e := range []string{"AUT", "MEX", "FRA", "EGY", "JPN"} {
					names = append(names, meeting+"/delegations/"+e)
				}
			}
			if err := before.Stop(); err != nil {
				t.Fatal(err)
			}

			running := serve(t, binary, dir, url)
			kill := 20 + rand.IntN(submissions*8/10)
			t.Logf("kill after %d acknowledged submissions", kill)
			var mu sync.Mutex
			acknowledged := map[string]bool{}
			todo := make(chan string)
			var wg sync.WaitGroup
			client := placardv1.NewDelegationServiceClient(apptest.Dial(t, running.address))
			for range writers {
				wg.Go(func() {
					for name := range todo {
						ctx, cancel := context.WithTimeout(c.As(t, key), 10*time.Second)
						_, err := client.SubmitDelegation(ctx, &placardv1.SubmitDelegationRequest{Name: name, Participants: composition(size)})
						cancel()
						if err != nil {
							continue // killed
						}
						mu.Lock()
						acknowledged[name] = true
						if len(acknowledged) == kill {
							running.kill()
						}
						mu.Unlock()
					}
				})
			}
			for _, name := range names {
				todo <- name
			}
			close(todo)
			wg.Wait()
			if len(acknowledged) < kill || len(acknowledged) == submissions {
				t.Fatalf("%d of %d acknowledged: the server was not killed in between", len(acknowledged), submissions)
			}

			after := apptest.StartOn(t, same)
			c = newClients(t, after, after.GRPC, "killed")
			ctx := c.As(t, key)
			submitted, created := map[string]bool{}, map[string]int{}
			log, _ := c.feed(ctx, t, "")
			for i, change := range log {
				if change.GetSequence() != int64(i+1) {
					t.Fatalf("change %d has the number %d", i+1, change.GetSequence())
				}
				switch {
				case change.GetVerb() == "submit":
					submitted[change.GetResource()] = true
				case change.GetResourceType() == "placard.un.org/Participant":
					created[strings.Split(change.GetResource(), "/participants/")[0]]++
				}
			}
			there := 0
			for _, name := range names {
				d, err := c.delegations.GetDelegation(ctx, &placardv1.GetDelegationRequest{Name: name})
				if code, _ := faultOf(err); code == codes.NotFound {
					if acknowledged[name] {
						t.Errorf("%s was acknowledged and is lost", name)
					}
					if submitted[name] || created[name] > 0 {
						t.Errorf("%s is not there and stands in the change log", name)
					}
					continue
				} else if err != nil {
					t.Fatal(err)
				}
				there++
				list := must(c.participants.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: name}))(t)
				revisions := must(c.delegations.ListDelegationRevisions(ctx, &placardv1.ListDelegationRevisionsRequest{Parent: name}))(t)
				if len(list.GetParticipants()) != size || d.GetParticipantCount() != size || len(revisions.GetRevisions()) != 1 ||
					revisions.GetRevisions()[0].GetParticipantCount() != size || !submitted[name] || created[name] != size {
					t.Errorf("%s is not whole: %d participants, %d revisions, in the log %v with %d participants",
						name, len(list.GetParticipants()), len(revisions.GetRevisions()), submitted[name], created[name])
				}
			}
			t.Logf("%d acknowledged, %d there", len(acknowledged), there)
		})
	}
}

func composition(n int) []*placardv1.Participant {
	out := []*placardv1.Participant{person("H", "Head", "Of Delegation", placardv1.Participant_HEAD)}
	for i := 1; i < n; i++ {
		out = append(out, person(fmt.Sprint(i), "Expert", fmt.Sprint("No. ", i), placardv1.Participant_EXPERT))
	}
	return out
}

// process is `placard serve` in a process of its own.
type process struct {
	address string
	kill    func()
}

// serve starts the program and waits until it listens.
func serve(t *testing.T, binary, dir, url string) process {
	t.Helper()
	return serveWith(t, binary, dir, url)
}

// serveWith is serve with further settings.
func serveWith(t *testing.T, binary, dir, url string, settings ...string) process {
	t.Helper()
	address := apptest.FreeAddress(t)
	cmd := exec.Command(binary, append([]string{"serve", "--dir", dir, "--db", url, "--http", "127.0.0.1:0", "--grpc", address,
		"--address-rate", "0", "--principal-rate", "0"}, settings...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"level":"ERROR"`) {
				t.Log(lines.Text())
			}
		}
	}()
	var once sync.Once
	p := process{address: address, kill: func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed
		})
	}}
	t.Cleanup(p.kill)
	eventually(t, "the server to listen", func() bool { return apptest.Listens(address) })
	return p
}
