package statistics

import (
	"maps"
	"slices"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// progressOf adds up how far invited entities are: all of them, by
// participation status and, States only, by regional group. `overdue` says
// that the deadline is over.
func progressOf(invited []invitee, groups []group, overdue bool) (
	total *placardv1.MeetingStatistics_Progress,
	byStatus []*placardv1.MeetingStatistics_ByStatus,
	byRegion []*placardv1.MeetingStatistics_ByRegion,
) {
	total = &placardv1.MeetingStatistics_Progress{}
	statuses := map[placardv1.ParticipationStatus]*placardv1.MeetingStatistics_Progress{}
	regions := map[string]*placardv1.MeetingStatistics_Progress{}
	for _, region := range values[placardv1.Entity_Region](placardv1.Entity_Region_name) {
		regions[region.String()] = &placardv1.MeetingStatistics_Progress{}
		byRegion = append(byRegion, &placardv1.MeetingStatistics_ByRegion{
			Region: region, Progress: regions[region.String()],
		})
	}
	persons := tallies(groups, func(g group) string { return g.Entity })
	for _, i := range invited {
		status := placardv1.ParticipationStatus(placardv1.ParticipationStatus_value[i.Status])
		if statuses[status] == nil {
			statuses[status] = &placardv1.MeetingStatistics_Progress{}
		}
		i.add(total, persons[i.Entity], overdue)
		i.add(statuses[status], persons[i.Entity], overdue)
		if i.Kind == placardv1.Entity_STATE.String() {
			i.add(regions[i.Region], persons[i.Entity], overdue)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		byStatus = append(byStatus, &placardv1.MeetingStatistics_ByStatus{
			ParticipationStatus: status, Progress: statuses[status],
		})
	}
	return total, byStatus, byRegion
}

// add counts an entity and its persons. Whoever communicated a composition has
// answered, though nobody recorded an answer to the invitation, and attends
// until it is withdrawn.
func (i invitee) add(to *placardv1.MeetingStatistics_Progress, persons tally, overdue bool) {
	if i.Invitation == placardv1.Invitation_DRAFT.String() {
		to.Drafts++
		return
	}
	to.Invited++
	to.Participants += persons.latest
	to.AcceptedParticipants += persons.accepted
	hasComposition := i.Delegation != ""
	withdrawn := i.Delegation == placardv1.Delegation_WITHDRAWN.String()
	declined := i.Invitation == placardv1.Invitation_DECLINED.String()
	present := hasComposition && !withdrawn
	add := func(figure *int32, counts bool) {
		if counts {
			*figure++
		}
	}
	add(&to.Answered, hasComposition || i.Invitation != placardv1.Invitation_ISSUED.String())
	add(&to.Attending, present || i.Invitation == placardv1.Invitation_ACCEPTED.String())
	add(&to.Declined, declined)
	add(&to.Submitted, present)
	add(&to.AwaitingReview, i.Delegation == placardv1.Delegation_SUBMITTED.String())
	add(&to.Accepted, present && i.Accepted > 0)
	add(&to.Returned, i.Delegation == placardv1.Delegation_RETURNED.String())
	add(&to.Withdrawn, withdrawn)
	add(&to.Late, present && i.Late > 0)
	add(&to.Overdue, overdue && !hasComposition && !declined)
}

// kindsOf adds up persons by role, by modality and by language.
func kindsOf(groups []group) (
	byRole []*placardv1.MeetingStatistics_ByRole,
	byModality []*placardv1.MeetingStatistics_ByModality,
	byLanguage []*placardv1.MeetingStatistics_ByLanguage,
) {
	ofRole := tallies(groups, func(g group) string { return g.Role })
	for _, r := range values[placardv1.Participant_Role](placardv1.Participant_Role_name) {
		if n := ofRole[r.String()]; n != (tally{}) {
			byRole = append(byRole, &placardv1.MeetingStatistics_ByRole{
				Role: r, Participants: n.latest, AcceptedParticipants: n.accepted,
			})
		}
	}
	ofModality := tallies(groups, func(g group) string { return g.Modality })
	for _, m := range values[placardv1.Participant_Modality](placardv1.Participant_Modality_name)[1:] {
		n := ofModality[m.String()]
		byModality = append(byModality, &placardv1.MeetingStatistics_ByModality{
			Modality: m, Participants: n.latest, AcceptedParticipants: n.accepted,
		})
	}
	ofLanguage := tallies(groups, func(g group) string { return g.Language })
	for _, l := range append(locale.Languages(), "") {
		n := ofLanguage[l]
		byLanguage = append(byLanguage, &placardv1.MeetingStatistics_ByLanguage{
			Language: l, Participants: n.latest, AcceptedParticipants: n.accepted,
		})
	}
	return byRole, byModality, byLanguage
}

// tally is how many persons there are in the latest compositions and in those in
// force.
type tally struct{ latest, accepted int32 }

// tallies adds up groups by one property.
func tallies(groups []group, property func(group) string) map[string]tally {
	out := map[string]tally{}
	for _, g := range groups {
		sum := out[property(g)]
		out[property(g)] = tally{sum.latest + g.Latest, sum.accepted + g.Accepted}
	}
	return out
}

// values are the values of an enumeration of the contract, in its order.
func values[E ~int32](names map[int32]string) []E {
	var out []E
	for _, value := range slices.Sorted(maps.Keys(names)) {
		out = append(out, E(value))
	}
	return out
}

// maxEarlierDays is how many days are answered before the last one.
const maxEarlierDays = 400

// daysOf puts quarters of an hour, in their order, into the days of a zone,
// from the first to the last without holes.
func daysOf(quarters []quarter, zone *time.Location) []*placardv1.MeetingStatistics_Day {
	if len(quarters) == 0 {
		return nil
	}
	counts := map[time.Time]int32{}
	for _, q := range quarters {
		counts[q.day(zone)] += q.Count
	}
	first, last := quarters[0].day(zone), quarters[len(quarters)-1].day(zone)
	from := last.AddDate(0, 0, -maxEarlierDays)
	var days []*placardv1.MeetingStatistics_Day
	total := int32(0)
	for day, count := range counts {
		if day.Before(from) {
			total += count
		}
	}
	if from.Before(first) {
		from = first
	}
	for day := from; !day.After(last); day = day.AddDate(0, 0, 1) {
		total += counts[day]
		days = append(days, &placardv1.MeetingStatistics_Day{
			Date: day.Format(time.DateOnly), Registrations: counts[day], Total: total,
		})
	}
	return days
}

// day is the day of a quarter in a zone, as midnight in UTC: days of UTC all
// have 24 hours.
func (q quarter) day(zone *time.Location) time.Time {
	year, month, day := time.Unix(q.Number*900, 0).In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
