package patch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/patch"
)

func TestApply(t *testing.T) {
	current := &placardv1.Invitation{
		Name:                "meetings/m1/invitations/AUT",
		Entity:              "entities/AUT",
		ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
		Reference:           "CU 2009/180(A)",
		Emails:              []string{"a@example.org"},
		State:               placardv1.Invitation_ISSUED,
		IssueTime:           timestamppb.Now(),
		Etag:                "3",
	}
	with := func(change func(*placardv1.Invitation)) *placardv1.Invitation {
		out := proto.CloneOf(current)
		change(out)
		return out
	}
	for _, tc := range []struct {
		name   string
		update *placardv1.Invitation
		paths  []string
		want   *placardv1.Invitation
		reject []string
	}{
		{
			name:   "without a mask the set fields change",
			update: &placardv1.Invitation{Reference: "CU 2010/1", Etag: "2"},
			want:   with(func(i *placardv1.Invitation) { i.Reference = "CU 2010/1" }),
		},
		{
			name:   "a field in the mask is cleared",
			update: &placardv1.Invitation{Reference: "ignored"},
			paths:  []string{"emails"},
			want:   with(func(i *placardv1.Invitation) { i.Emails = nil }),
		},
		{
			name:   "what the caller does not write stays",
			update: &placardv1.Invitation{State: placardv1.Invitation_DRAFT, Name: "meetings/m2/invitations/MEX"},
			paths:  []string{"state", "name", "etag", "issue_time"},
			want:   current,
		},
		{
			name:   "everything is replaced but what the caller does not write",
			update: &placardv1.Invitation{Addressee: "Permanent Mission"},
			paths:  []string{"*"},
			want: &placardv1.Invitation{
				Name: current.Name, Entity: current.Entity, State: current.State, IssueTime: current.IssueTime,
				Etag: "3", Addressee: "Permanent Mission",
			},
		},
		{
			name:   "an immutable field may be repeated",
			update: &placardv1.Invitation{Entity: "entities/AUT"},
			want:   current,
		},
		{
			name:   "everything wrong is said",
			update: &placardv1.Invitation{Entity: "entities/MEX"},
			paths:  []string{"entity", "nothing", "emails.first"},
			reject: []string{"update_mask UNKNOWN_FIELD", "update_mask UNKNOWN_FIELD", "invitation.entity IMMUTABLE"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := patch.Apply("invitation", current, tc.update, &fieldmaskpb.FieldMask{Paths: tc.paths})
			if diff := cmp.Diff(tc.reject, violations(err)); diff != "" {
				t.Fatalf("violations (-want +got):\n%s", diff)
			}
			if tc.reject != nil {
				return
			}
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("applied (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyNested(t *testing.T) {
	current := &placardv1.Meeting{Title: &placardv1.LocalizedText{En: "Second meeting", Fr: "Deuxième réunion"}}
	update := &placardv1.Meeting{Title: &placardv1.LocalizedText{En: "Third meeting"}, Venue: &placardv1.Meeting_Venue{Address: "Wagramer Strasse 5"}}
	want := &placardv1.Meeting{Title: &placardv1.LocalizedText{En: "Third meeting", Fr: "Deuxième réunion"}}
	got, err := patch.Apply("meeting", current, update, &fieldmaskpb.FieldMask{Paths: []string{"title.en"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"title"}, patch.Changed(current, got)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

func TestChanged(t *testing.T) {
	before := &placardv1.Meeting{State: placardv1.Meeting_OPEN, Etag: "1", UpdateTime: timestamppb.Now()}
	after := &placardv1.Meeting{State: placardv1.Meeting_CLOSED, Etag: "2", CloseTime: timestamppb.Now()}
	if diff := cmp.Diff([]string{"state", "closeTime"}, patch.Changed(before, after)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

func violations(err error) []string {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	var out []string
	for _, v := range f.Violations {
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}
