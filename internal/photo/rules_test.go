package photo

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
)

const resource = "meetings/m1/delegations/AUT/participants/p1/photo"

var (
	before = time.Date(2010, 1, 10, 9, 0, 0, 0, time.UTC)
	now    = time.Date(2010, 1, 20, 9, 0, 0, 0, time.UTC)
)

// in is a photograph in a state, nil for MISSING.
func in(state string) *db.Photo {
	if state == "MISSING" {
		return nil
	}
	p := &db.Photo{
		ID: "p1", MeetingID: "m1", EntityID: "AUT", State: state, Revision: 7, Late: true, SizeBytes: 9, Sha256: "sum", Blob: "blob",
		Findings: []string{"DARK"}, Author: "entities/AUT", UploadTime: before, CreateTime: before, UpdateTime: before,
	}
	switch state {
	case "ACCEPTED":
		p.DecideTime = &before
	case "REJECTED":
		p.DecideTime, p.Rejection, p.RejectionNote = &before, "BACKGROUND", "too dark"
	case "WITHDRAWN":
		p.SizeBytes, p.Sha256, p.Blob, p.Findings = 0, "", "", nil
	}
	return p
}

func outcome(p *db.Photo, err error) string {
	if err != nil {
		f, ok := fault.As(err)
		if !ok {
			return err.Error()
		}
		if state := f.Meta["state"]; state != "" {
			return f.Reason + " " + state
		}
		return f.Reason
	}
	return fmt.Sprintf("%s %d %q %q blob %q decided %v", p.State, p.Revision, p.Rejection, p.RejectionNote, p.Blob, p.DecideTime != nil)
}

// TestStates: what each call makes of a photograph in each state.
func TestStates(t *testing.T) {
	decided := func(rejection placardv1.Photo_Rejection, note, etag string) func(*db.Photo) (*db.Photo, error) {
		return func(row *db.Photo) (*db.Photo, error) {
			return decide(row, &placardv1.BatchDecidePhotosRequest_Decision{Name: resource, Etag: etag, Rejection: rejection, Note: note}, now)
		}
	}
	calls := map[string]func(*db.Photo) (*db.Photo, error){
		"upload": func(row *db.Photo) (*db.Photo, error) {
			return uploaded(row, db.Photo{Blob: "new", UploadTime: now}), nil
		},
		"accept": decided(0, "", "7"),
		"reject": decided(placardv1.Photo_OTHER_PERSON, "who is it?", "7"),
		"repeat": decided(placardv1.Photo_BACKGROUND, "too dark", "7"),
		"stale":  decided(0, "", "6"),
		"withdraw": func(row *db.Photo) (*db.Photo, error) {
			return withdraw(row, resource, now)
		},
	}
	const fresh, rejected, gone = ` 8 "" "" blob "new" decided false`, `REJECTED 8 "OTHER_PERSON" "who is it?" blob "blob" decided true`,
		`WITHDRAWN 8 "" "" blob "" decided false`
	const accepted, repeated = `ACCEPTED 8 "" "" blob "blob" decided true`, `REJECTED 8 "BACKGROUND" "too dark" blob "blob" decided true`
	for state, want := range map[string]map[string]string{
		"MISSING": {
			"upload": `UPLOADED 1 "" "" blob "new" decided false`, "accept": "PHOTO_STATE MISSING", "reject": "PHOTO_STATE MISSING",
			"repeat": "PHOTO_STATE MISSING", "stale": "PHOTO_STATE MISSING", "withdraw": "PHOTO_STATE MISSING",
		},
		"UPLOADED": {
			"upload": "UPLOADED" + fresh, "accept": accepted, "reject": rejected, "repeat": repeated, "stale": "ETAG_MISMATCH", "withdraw": gone,
		},
		"ACCEPTED": {
			"upload": "UPLOADED" + fresh, "accept": `ACCEPTED 7 "" "" blob "blob" decided true`, "reject": rejected, "repeat": repeated,
			"stale": "ETAG_MISMATCH", "withdraw": gone,
		},
		"REJECTED": {
			"upload": "UPLOADED" + fresh, "accept": accepted, "reject": rejected,
			"repeat": `REJECTED 7 "BACKGROUND" "too dark" blob "blob" decided true`, "stale": "ETAG_MISMATCH", "withdraw": gone,
		},
		"WITHDRAWN": {
			"upload": "UPLOADED" + fresh, "accept": "PHOTO_STATE WITHDRAWN", "reject": "PHOTO_STATE WITHDRAWN",
			"repeat": "PHOTO_STATE WITHDRAWN", "stale": "PHOTO_STATE WITHDRAWN", "withdraw": "PHOTO_STATE WITHDRAWN",
		},
	} {
		got := map[string]string{}
		for name, call := range calls {
			row := in(state)
			got[name] = outcome(call(row))
			if row != nil && outcome(row, nil) != outcome(in(state), nil) {
				t.Errorf("%s of %s changes the row itself", name, state)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", state, diff)
		}
	}
}

func TestUploadedAnew(t *testing.T) {
	got := uploaded(in("REJECTED"), db.Photo{ID: "p1", Blob: "new", Author: "accounts/office", UploadTime: now})
	want := &db.Photo{
		ID: "p1", State: "UPLOADED", Blob: "new", Author: "accounts/office", Revision: 8, UploadTime: now, CreateTime: before, UpdateTime: now,
	}
	if outcome(got, nil) != outcome(want, nil) || got.Late || got.Findings != nil || !got.CreateTime.Equal(before) ||
		!got.UploadTime.Equal(now) || !got.UpdateTime.Equal(now) || got.Author != want.Author {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWithdrawKeepsNothingOfThePicture(t *testing.T) {
	got, err := withdraw(in("REJECTED"), resource, now)
	if err != nil || got.Blob != "" || got.Sha256 != "" || got.SizeBytes != 0 || got.Findings != nil || !got.UploadTime.Equal(before) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTakes(t *testing.T) {
	for s, want := range map[standing]string{unknown: "NOT_FOUND", gone: "PARTICIPANT_WITHDRAWN", waiting: "", attending: ""} {
		got := ""
		if f, ok := fault.As(s.takes(resource)); ok {
			got = f.Reason
		}
		if got != want {
			t.Errorf("%d: %q, want %q", s, got, want)
		}
	}
	if f, ok := fault.As(writable("meetings/m1", "CONCLUDED")); !ok || f.Reason != "MEETING_CONCLUDED" {
		t.Error("a concluded meeting takes photographs")
	}
	for _, state := range []string{"ANNOUNCED", "OPEN", "CLOSED"} {
		if err := writable("meetings/m1", state); err != nil {
			t.Error(err)
		}
	}
}

func TestIsLate(t *testing.T) {
	for _, x := range []struct {
		deadline *timestamppb.Timestamp
		want     bool
	}{
		{nil, false},
		{timestamppb.New(now.Add(time.Microsecond)), false},
		{timestamppb.New(now), true},
		{timestamppb.New(before), true},
	} {
		if got := isLate(x.deadline, now); got != x.want {
			t.Errorf("by %v: %v", x.deadline, got)
		}
	}
}

func TestCheck(t *testing.T) {
	req := &placardv1.BatchDecidePhotosRequest{
		Parent: "meetings/m1/delegations/AUT",
		Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{
			{Name: resource},
			{Name: "meetings/m1/delegations/MEX/participants/p2/photo"},
			{Name: "meetings/m2/delegations/AUT/participants/p3/photo", Note: "why?"},
			{Name: resource, Rejection: placardv1.Photo_BACKGROUND, Note: "dark"},
		},
	}
	found := func() []string {
		var out []string
		if f, ok := fault.As(check(req)); ok {
			for _, v := range f.Violations {
				out = append(out, v.Field+" "+v.Reason)
			}
		}
		return out
	}
	want := []string{
		"decisions[1].name PARENT_MISMATCH", "decisions[2].name PARENT_MISMATCH", "decisions[2].rejection REQUIRED", "decisions[3].name DUPLICATE_PHOTO",
	}
	if diff := cmp.Diff(want, found()); diff != "" {
		t.Error(diff)
	}
	req.Parent = "meetings/m1/delegations/-"
	if diff := cmp.Diff(want[1:], found()); diff != "" {
		t.Error(diff)
	}
	req.Decisions = req.Decisions[:2]
	if err := check(req); err != nil {
		t.Error(err)
	}
}
