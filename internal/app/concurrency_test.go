package app_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// TestOneRequestIDAtOnce: 200 submissions at once with one request id make one
// revision and 200 equal answers.
func TestOneRequestIDAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		meeting := c.newMeeting(t, "once", nil, "AUT")
		req := &placardv1.SubmitDelegationRequest{
			Name: meeting + "/delegations/AUT", RequestId: "the-one-" + c.id,
			Participants: []*placardv1.Participant{
				person("1", "A", "A", placardv1.Participant_HEAD), person("", "B", "B", placardv1.Participant_EXPERT),
			},
		}
		answers := make([]*placardv1.SubmitDelegationResponse, 200)
		var g errgroup.Group
		for i := range answers {
			g.Go(func() (err error) {
				answers[i], err = c.delegations.SubmitDelegation(mission, req)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for i, a := range answers {
			if !proto.Equal(a, answers[0]) {
				equal(t, fmt.Sprintf("answer %d", i), a, answers[0])
				break
			}
		}
		revisions := must(c.delegations.ListDelegationRevisions(mission, &placardv1.ListDelegationRevisionsRequest{Parent: req.GetName()}))(t)
		if n := len(revisions.GetRevisions()); n != 1 {
			t.Errorf("%d revisions", n)
		}
	})
}

// TestFollower: while 16 write, a follower of the change log sees everything,
// nothing twice, in the order of the numbers and without a gap.
func TestFollower(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "follow")
		admin := c.As(t, c.Admin)
		const writers, writes = 16, 15
		meetings := make([]string, writers)
		for i := range meetings {
			meetings[i] = c.newMeeting(t, fmt.Sprint("follow-", i), nil, "AUT")
		}
		_, cursor := c.feed(admin, t, "")
		first := c.lastChange(t)

		var mu sync.Mutex
		var written []string
		var g errgroup.Group
		for i := range writers {
			g.Go(func() error {
				name := meetings[i] + "/delegations/AUT"
				if _, err := c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{
					Name: name, Participants: []*placardv1.Participant{person("", "A", "A", placardv1.Participant_HEAD)},
				}); err != nil {
					return err
				}
				for j := range writes {
					p, err := c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
						Parent: name, Participant: person("", "P", fmt.Sprint(j), placardv1.Participant_EXPERT),
					})
					if err != nil {
						return err
					}
					mu.Lock()
					written = append(written, p.GetName())
					mu.Unlock()
				}
				return nil
			})
		}
		done := make(chan error, 1)
		go func() { done <- g.Wait() }()
		var followed []*placardv1.Change
		for running := true; running; {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			default:
			}
			var more []*placardv1.Change
			more, cursor = c.feed(admin, t, cursor)
			followed = append(followed, more...)
		}
		for i, change := range followed {
			if want := first + int64(i) + 1; change.GetSequence() != want {
				t.Fatalf("follower got change %d where %d was next", change.GetSequence(), want)
			}
		}
		var seen []string
		for _, change := range followed {
			if change.GetResourceType() == "placard.un.org/Participant" && change.GetVerb() == "create" {
				seen = append(seen, change.GetResource())
			}
		}
		for _, name := range written {
			if !slices.Contains(seen, name) {
				t.Errorf("the follower missed %s", name)
			}
		}
		if want := writers * (writes + 1); len(seen) != want {
			t.Errorf("the follower saw %d participants created, want %d", len(seen), want)
		}
	})
}

// TestConcurrentSubmissions: of many at once with the same etag one is taken,
// and the first submission is made once.
func TestConcurrentSubmissions(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "concurrent")
		admin := c.As(t, c.Admin)
		name := c.newMeeting(t, "concurrent", nil, "AUT") + "/delegations/AUT"
		run := func(etag string) int {
			var mu sync.Mutex
			taken := 0
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					_, err := c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Etag: etag,
						Participants: []*placardv1.Participant{person("1", "A", "A", placardv1.Participant_HEAD), person("", "B"+etag, fmt.Sprint(i), placardv1.Participant_EXPERT)},
					})
					if err == nil {
						mu.Lock()
						taken++
						mu.Unlock()
						return
					}
					if _, reason := faultOf(err); reason != "ETAG_MISMATCH" && reason != "ETAG_REQUIRED" {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return taken
		}
		if n := run(""); n != 1 {
			t.Errorf("%d first submissions were taken", n)
		}
		d := must(c.delegations.GetDelegation(admin, &placardv1.GetDelegationRequest{Name: name}))(t)
		if n := run(d.GetEtag()); n != 1 {
			t.Errorf("%d submissions with one etag were taken", n)
		}
	})
}
