package key

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
)

func reasons(violations []fault.Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, v.Field+" "+v.Reason)
	}
	slices.Sort(out)
	return out
}

func TestCheck(t *testing.T) {
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		key  *placardv1.Key
		want []string
	}{
		{name: "an administrator's", key: &placardv1.Key{Role: placardv1.Access_ADMIN}},
		{name: "a mission's", key: &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/AUT"}},
		{
			name: "a bound gate's that expires",
			key: &placardv1.Key{
				Role: placardv1.Access_GATE, Meetings: []string{"meetings/m1"}, Account: "accounts/gate-1",
				ExpireTime: timestamppb.New(now.Add(time.Second)),
			},
		},
		{
			name: "a mission's without entity", key: &placardv1.Key{Role: placardv1.Access_MISSION},
			want: []string{"key.entity ENTITY_REQUIRED"},
		},
		{
			name: "a reader's with an entity", key: &placardv1.Key{Role: placardv1.Access_READER, Entity: "entities/AUT"},
			want: []string{"key.entity ENTITY_NOT_FOR_ROLE"},
		},
		{
			name: "everything wrong at once",
			key: &placardv1.Key{
				Role: placardv1.Access_MISSION, Meetings: []string{"meetings/m1"}, Account: "accounts/a",
				ExpireTime: timestamppb.New(now),
			},
			want: []string{
				"key.account ACCOUNT_NOT_FOR_ROLE", "key.entity ENTITY_REQUIRED",
				"key.expire_time EXPIRE_TIME_PAST", "key.meetings MEETINGS_NOT_FOR_ROLE",
			},
		},
		{
			name: "an administrator's with meetings and no possible time",
			key: &placardv1.Key{
				Role: placardv1.Access_ADMIN, Meetings: []string{"meetings/m1"},
				ExpireTime: &timestamppb.Timestamp{Seconds: 1 << 60},
			},
			want: []string{"key.expire_time EXPIRE_TIME_INVALID", "key.meetings MEETINGS_NOT_FOR_ROLE"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, reasons(check(test.key, now))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckAccount(t *testing.T) {
	bound := access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/tip", Meetings: []string{"m1"}}
	admin := access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}
	gate := func(meetings ...string) binding {
		return binding{role: placardv1.Access_GATE, meetings: meetings, account: "accounts/door"}
	}
	for _, test := range []struct {
		name   string
		caller access.Principal
		wanted binding
		others []binding
		want   []string
	}{
		{name: "a new account", caller: bound, wanted: gate("m1")},
		{name: "a rotation", caller: bound, wanted: gate("m1"), others: []binding{gate("m1")}},
		{name: "an administrator widens an account", caller: admin, wanted: gate("m1", "m2"), others: []binding{gate("m1")}},
		{
			name: "the account of another role", caller: admin, wanted: gate(),
			others: []binding{{role: placardv1.Access_READER, account: "accounts/door"}},
			want:   []string{"key.account ACCOUNT_ROLE"},
		},
		{
			name: "the default account of another role", caller: admin,
			wanted: binding{role: placardv1.Access_GATE, account: "accounts/pass-office"},
			want:   []string{"key.account ACCOUNT_ROLE"},
		},
		{
			name: "an account that may do more than the caller", caller: bound, wanted: gate("m1"),
			others: []binding{gate("m1"), gate()},
			want:   []string{"key.account ACCOUNT_TAKEN"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, reasons(checkAccount(test.caller, test.wanted, test.others))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDefaultAccount(t *testing.T) {
	if got := defaultAccount(placardv1.Access_PASS_OFFICE); got != "accounts/pass-office" {
		t.Error(got)
	}
}
