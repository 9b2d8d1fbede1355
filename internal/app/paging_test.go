package app_test

import (
	"fmt"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// TestPagingUnderWrites: a reader pages through 20,000 participants while
// others come, go, move and change, and gets everyone who was there throughout
// exactly once.
func TestPagingUnderWrites(t *testing.T) {
	const delegations, size = 40, 500
	entities := []string{"AUT", "MEX", "FRA", "EGY", "JPN", "BRA", "CHN", "DEU", "ESP", "GBR"}
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "paging")
		admin := c.As(t, c.Admin)
		var names []string
		for i := range delegations / len(entities) {
			meeting := c.newMeeting(t, fmt.Sprint("paging-", i), nil, entities...)
			for _, e := range entities {
				names = append(names, meeting+"/delegations/"+e)
			}
		}
		// Every other person stays; the writers only touch the rest, but that
		// moves the places of those who stay.
		stays := map[string]bool{}
		var goes []*placardv1.Participant
		for _, name := range names {
			must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Participants: composition(size - 1)}))(t)
			list := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: name, PageSize: 1000}))(t)
			for i, p := range list.GetParticipants() {
				if i%2 == 0 {
					stays[p.GetName()] = true
				} else {
					goes = append(goes, p)
				}
			}
		}

		done := make(chan struct{})
		var stop sync.Once
		var writers errgroup.Group
		for w := range 4 {
			writers.Go(func() error {
				for i := w; i < len(goes); i += 4 {
					select {
					case <-done:
						return nil
					default:
					}
					p := goes[(i*7919)%len(goes)]
					var err error
					switch i % 3 {
					case 0:
						_, err = c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: p.GetName()})
					case 1:
						_, err = c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
							Participant: &placardv1.Participant{Name: p.GetName(), Phone: proto.String(fmt.Sprint(i)), Order: 1}})
					case 2:
						_, err = c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
							Parent: p.GetName()[:len(p.GetName())-len("/participants/")-36], Participant: person("", "New", fmt.Sprint(i), placardv1.Participant_EXPERT)})
					}
					if code, reason := faultOf(err); err != nil && reason != "PARTICIPANT_WITHDRAWN" && reason != "TOO_MANY_PARTICIPANTS" {
						return fmt.Errorf("%s: %w", code, err)
					}
				}
				return nil
			})
		}
		defer stop.Do(func() { close(done) })

		seen := map[string]int{}
		pages := 0
		for token := ""; ; pages++ {
			page := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{
				Parent: "meetings/-/delegations/-", PageSize: 200, PageToken: token}))(t)
			for _, p := range page.GetParticipants() {
				seen[p.GetName()]++
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		stop.Do(func() { close(done) })
		if err := writers.Wait(); err != nil {
			t.Fatal(err)
		}
		for name := range stays {
			if seen[name] != 1 {
				t.Fatalf("%s was there throughout and was seen %d times", name, seen[name])
			}
		}
		for name, n := range seen {
			if n > 1 {
				t.Fatalf("%s was seen %d times", name, n)
			}
		}
		t.Logf("%d pages, %d seen, %d of them there throughout", pages, len(seen), len(stays))
	})
}
