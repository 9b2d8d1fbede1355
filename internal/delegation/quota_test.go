package delegation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

const (
	head     = placardv1.Participant_HEAD
	rep      = placardv1.Participant_REPRESENTATIVE
	adviser  = placardv1.Participant_ADVISER
	observer = placardv1.Participant_OBSERVER
	security = placardv1.Participant_SECURITY

	inPerson = placardv1.Participant_IN_PERSON
	online   = placardv1.Participant_ONLINE
)

// of is a composition of roles, attending in person unless a modality follows.
func of(what ...any) Composition {
	var out Composition
	for _, w := range what {
		switch w := w.(type) {
		case placardv1.Participant_Role:
			out = append(out, Person{Said: Said{Role: w, Modality: inPerson}})
		case placardv1.Participant_Modality:
			out[len(out)-1].Modality = w
		}
	}
	return out
}

func TestCheckQuotas(t *testing.T) {
	type roles = []placardv1.Participant_Role
	// At CND 64 at most three of a delegation were in the room.
	cnd64 := []*placardv1.Meeting_Quota{{Limit: 3, Modality: inPerson}}
	// At a group of UNCAC in 2020 two of a delegation could speak and two observe.
	uncac2020 := []*placardv1.Meeting_Quota{
		{Limit: 2, Roles: roles{head, rep}}, {Limit: 2, Roles: roles{observer}}, {Limit: 0, Roles: roles{adviser}},
	}
	specific := []*placardv1.Meeting_Quota{
		{Limit: 2},
		{Limit: 1, ParticipationStatuses: []placardv1.ParticipationStatus{placardv1.ParticipationStatus_NGO}},
		{Limit: 4, Entities: []string{"entities/AUT"}},
	}
	state := Represented{Entity: "MEX", Status: placardv1.ParticipationStatus_STATE_PARTY}
	host := Represented{Entity: "AUT", Status: placardv1.ParticipationStatus_STATE_PARTY}
	ngo := Represented{Entity: "NGO1", Status: placardv1.ParticipationStatus_NGO}
	for _, c := range []struct {
		name          string
		quotas        []*placardv1.Meeting_Quota
		by            Represented
		before, after Composition
		want          []string
	}{
		{"no quota", nil, state, nil, of(head, rep, rep, rep), nil},
		{"CND 64: three in person", cnd64, state, nil, of(head, rep, rep), nil},
		{"CND 64: three in person, any number online", cnd64, state, nil, of(head, rep, rep, rep, online, adviser, online), nil},
		{"CND 64: four in person", cnd64, state, nil, of(head, rep, rep, adviser), []string{"participants attending IN_PERSON: 4, and the quota is 3"}},
		{"CND 64: one comes to the room", cnd64, state, of(head, rep, rep, rep, online), of(head, rep, rep, rep),
			[]string{"participants attending IN_PERSON: 4, and the quota is 3"}},
		{"CND 64: passes are counted", cnd64, state, nil, of(head, rep, rep, security), []string{"participants attending IN_PERSON: 4, and the quota is 3"}},
		{"UNCAC 2020: two and two", uncac2020, state, nil, of(head, rep, observer, observer), nil},
		{"UNCAC 2020: roles that are not counted are free", uncac2020, state, nil, of(head, rep, security, security), nil},
		{"UNCAC 2020: all that is exceeded", uncac2020, state, nil, of(head, rep, rep, observer, observer, observer, adviser), []string{
			"HEAD and REPRESENTATIVE: 3, and the quota is 2", "OBSERVER: 3, and the quota is 2", "ADVISER: 1, and the quota is 0"}},
		{"UNCAC 2020: an observer becomes a representative", uncac2020, state, of(head, rep, observer, observer), of(head, rep, rep, observer),
			[]string{"HEAD and REPRESENTATIVE: 3, and the quota is 2"}},
		{"for all", specific, state, nil, of(head, rep, rep), []string{"participants: 3, and the quota is 2"}},
		{"for a status", specific, ngo, nil, of(head, rep), []string{"participants: 2, and the quota is 1"}},
		{"for one entity, more than for all", specific, host, nil, of(head, rep, rep, rep), nil},
		{"for one entity too", specific, host, nil, of(head, rep, rep, rep, rep), []string{"participants: 5, and the quota is 4"}},
		{"the exception for an entity is of what it counts only",
			append(specific, &placardv1.Meeting_Quota{Limit: 1, Roles: roles{adviser}}), host, nil, of(head, adviser, adviser),
			[]string{"ADVISER: 2, and the quota is 1"}},
		{"the same roles in another order are the same",
			[]*placardv1.Meeting_Quota{{Limit: 1, Roles: roles{head, rep}}, {Limit: 2, Roles: roles{rep, head}, Entities: []string{"entities/AUT"}}},
			host, nil, of(head, rep), nil},
		{"one that names an entity and another status does not hold",
			[]*placardv1.Meeting_Quota{{Limit: 1, Entities: []string{"entities/AUT"},
				ParticipationStatuses: []placardv1.ParticipationStatus{placardv1.ParticipationStatus_SIGNATORY}}},
			host, nil, of(head, rep), nil},
		{"two that are as specific: the lower holds", []*placardv1.Meeting_Quota{{Limit: 3}, {Limit: 1}, {Limit: 2}}, state, nil, of(head, rep),
			[]string{"participants: 2, and the quota is 1"}},
		{"lowered: who is over it may stay", cnd64, state, of(head, rep, rep, rep, rep), of(rep, head, rep, rep, rep), nil},
		{"lowered: and may be fewer, still over it", cnd64, state, of(head, rep, rep, rep, rep), of(head, rep, rep, rep), nil},
		{"lowered: nobody may be added", cnd64, state, of(head, rep, rep, rep), of(head, rep, rep, rep, rep),
			[]string{"participants attending IN_PERSON: 5, and the quota is 3"}},
		{"lowered: online they may", cnd64, state, of(head, rep, rep, rep), of(head, rep, rep, rep, adviser, online), nil},
		{"nobody", []*placardv1.Meeting_Quota{{}}, state, nil, of(head), []string{"participants: 1, and the quota is 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckQuotas(c.quotas, c.by, c.before, c.after)
			f, _ := fault.As(err)
			var got []string
			if f != nil {
				for _, v := range f.Violations {
					if v.Field != "participants" || v.Reason != "QUOTA_EXCEEDED" || !strings.Contains(f.Message, v.Message) {
						t.Errorf("violation %+v of %q", v, f.Message)
					}
					got = append(got, v.Message)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
