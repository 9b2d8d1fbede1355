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

// TestPagingUnderWrites: a reader pages through thousands of participants while
// others come, go, move and change, always also in the delegation in which a
// page ended, and gets everyone who was there throughout exactly once.
func TestPagingUnderWrites(t *testing.T) {
	const size = pagingSize
	entities := []string{"AUT", "MEX", "FRA", "EGY", "JPN", "BRA", "CHN", "DEU", "ESP", "GBR"}
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "paging")
		admin := c.As(t, c.Admin)
		var names []string
		for i := range pagingMeetings {
			meeting := c.newMeeting(t, fmt.Sprint("paging-", i), nil, entities...)
			for _, e := range entities {
				names = append(names, meeting+"/delegations/"+e)
			}
		}
		// Every other person stays; the writers only touch the rest, but that
		// moves the places of those who stay.
		stays := map[string]bool{}
		var goes []*placardv1.Participant
		// Some of each delegation are kept for the moments between two pages.
		between := map[string][]string{}
		for _, name := range names {
			must(c.delegations.SubmitDelegation(admin, &placardv1.SubmitDelegationRequest{Name: name, Participants: composition(size - 1)}))(t)
			list := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: name, PageSize: size}))(t)
			for i, p := range list.GetParticipants() {
				switch {
				case i%2 == 0:
					stays[p.GetName()] = true
				case i < 5 || i > size-10:
					between[name] = append(between[name], p.GetName())
				default:
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
				Parent: "meetings/-/delegations/-", PageSize: 2 * size / 5, PageToken: token}))(t)
			for _, p := range page.GetParticipants() {
				seen[p.GetName()]++
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
			// The first of the delegation goes, or its last becomes the first: both
			// move everybody around the place where the page ended.
			last := page.GetParticipants()[len(page.GetParticipants())-1].GetName()
			delegation := last[:len(last)-len("/participants/")-36]
			left := between[delegation]
			if len(left) == 0 {
				continue
			}
			if pages%2 == 0 {
				must(c.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: left[0]}))(t)
				between[delegation] = left[1:]
			} else {
				must(c.participants.UpdateParticipant(admin, &placardv1.UpdateParticipantRequest{
					Participant: &placardv1.Participant{Name: left[len(left)-1], Order: 1}}))(t)
				between[delegation] = left[:len(left)-1]
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
