package delegation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// Represented is who sends a delegation, as quotas tell them apart.
type Represented struct {
	// Entity is the code.
	Entity string
	Status placardv1.ParticipationStatus
}

// Holding are the quotas of a meeting that hold for a delegation: of those that
// count the same roles and the same modality the most specific one, and of two
// that are as specific the lower.
func Holding(quotas []*placardv1.Meeting_Quota, by Represented) []*placardv1.Meeting_Quota {
	var out []*placardv1.Meeting_Quota
	for _, q := range quotas {
		if !limits(q, by) {
			continue
		}
		at := slices.IndexFunc(out, func(o *placardv1.Meeting_Quota) bool { return countsAlike(q, o) })
		switch {
		case at < 0:
			out = append(out, q)
		case specificity(q) > specificity(out[at]),
			specificity(q) == specificity(out[at]) && q.GetLimit() < out[at].GetLimit():
			out[at] = q
		}
	}
	return out
}

func limits(q *placardv1.Meeting_Quota, by Represented) bool {
	return (len(q.GetEntities()) == 0 || slices.Contains(q.GetEntities(), name.Entity(by.Entity))) &&
		(len(q.GetParticipationStatuses()) == 0 || slices.Contains(q.GetParticipationStatuses(), by.Status))
}

// specificity is higher for a quota that goes before another.
func specificity(q *placardv1.Meeting_Quota) int {
	switch {
	case len(q.GetEntities()) > 0:
		return 2
	case len(q.GetParticipationStatuses()) > 0:
		return 1
	default:
		return 0
	}
}

func countsAlike(a, b *placardv1.Meeting_Quota) bool {
	return a.GetModality() == b.GetModality() && slices.Equal(slices.Sorted(slices.Values(a.GetRoles())), slices.Sorted(slices.Values(b.GetRoles())))
}

// count is how many persons of a composition a quota counts.
func count(q *placardv1.Meeting_Quota, c Composition) int {
	n := 0
	for _, p := range c {
		if (len(q.GetRoles()) == 0 || slices.Contains(q.GetRoles(), p.Role)) &&
			(q.GetModality() == placardv1.Participant_MODALITY_UNSPECIFIED || q.GetModality() == p.Modality) {
			n++
		}
	}
	return n
}

// CheckQuotas refuses a composition that is over a quota of the meeting, with
// all that it exceeds. Where a quota was lowered, who is over it may stay, and
// nobody may be added: a count that does not grow is no offence.
func CheckQuotas(quotas []*placardv1.Meeting_Quota, by Represented, before, after Composition) error {
	var exceeded []fault.Violation
	for _, q := range Holding(quotas, by) {
		n, limit := count(q, after), int(q.GetLimit())
		if n > limit && n > count(q, before) {
			exceeded = append(exceeded, fault.Violation{Field: "participants", Reason: "QUOTA_EXCEEDED",
				Message: fmt.Sprintf("%s: %d, and the quota is %d", counted(q), n, limit)})
		}
	}
	if len(exceeded) == 0 {
		return nil
	}
	var each []string
	for _, v := range exceeded {
		each = append(each, v.Message)
	}
	refused := fault.New(codes.FailedPrecondition, "QUOTA_EXCEEDED",
		"the delegation would have more participants than its quotas allow: "+strings.Join(each, "; "),
		"quotas", strconv.Itoa(len(exceeded)))
	refused.Violations = exceeded
	return refused
}

// counted names whom a quota counts: "HEAD, REPRESENTATIVE, IN_PERSON".
func counted(q *placardv1.Meeting_Quota) string {
	who := "participants"
	if len(q.GetRoles()) > 0 {
		var roles []string
		for _, r := range q.GetRoles() {
			roles = append(roles, r.String())
		}
		who = strings.Join(roles, " and ")
	}
	if q.GetModality() != placardv1.Participant_MODALITY_UNSPECIFIED {
		who += " attending " + q.GetModality().String()
	}
	return who
}
