package caller_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/caller"
)

func TestGetCaller(t *testing.T) {
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	svc := caller.New(caller.Config{Contract: contract})
	expire := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		name string
		p    access.Principal
		want *placardv1.Caller
		may  []string
		not  []string
	}{
		{
			name: "a mission acts as its entity",
			p:    access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT", Key: "k1", Expire: expire},
			want: &placardv1.Caller{
				Principal: "entities/AUT", Role: placardv1.Access_MISSION, Entity: "entities/AUT",
				Key: "keys/k1", ExpireTime: timestamppb.New(expire),
			},
			may: []string{"placard.v1.CallerService.GetCaller", "placard.v1.DelegationService.SubmitDelegation"},
			not: []string{"placard.v1.DelegationService.AcceptDelegation", "placard.v1.MeetingService.CreateMeeting"},
		},
		{
			name: "a bound secretariat acts as its account",
			p: access.Principal{
				Role: placardv1.Access_SECRETARIAT, Account: "accounts/tip", Meetings: []string{"m2", "m1"}, Key: "k2",
			},
			want: &placardv1.Caller{
				Principal: "accounts/tip", Role: placardv1.Access_SECRETARIAT,
				Meetings: []string{"meetings/m1", "meetings/m2"}, Key: "keys/k2",
			},
			may: []string{"placard.v1.DelegationService.AcceptDelegation"},
		},
		{
			name: "a reader may do little",
			p:    access.Principal{Role: placardv1.Access_READER, Account: "accounts/reader", Key: "k3"},
			want: &placardv1.Caller{Principal: "accounts/reader", Role: placardv1.Access_READER, Key: "keys/k3"},
			may:  []string{"placard.v1.ParticipantListService.GetParticipantList"},
			not:  []string{"placard.v1.ChangeService.ListChanges", "placard.v1.KeyService.ListKeys"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := svc.GetCaller(access.With(t.Context(), test.p), &placardv1.GetCallerRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSorted(got.GetMethods()) {
				t.Error("the methods are not in alphabetical order")
			}
			for _, m := range test.may {
				if !slices.Contains(got.GetMethods(), m) {
					t.Errorf("%s is missing", m)
				}
			}
			for _, m := range test.not {
				if slices.Contains(got.GetMethods(), m) {
					t.Errorf("%s is there", m)
				}
			}
			without := proto.CloneOf(got)
			without.Methods = nil
			if diff := cmp.Diff(test.want, without, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
