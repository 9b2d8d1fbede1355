package instrument

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// StatusOn is the status of an entity (`entities/AUT`) with respect to an
// instrument on a day (YYYY-MM-DD): STATE_PARTY, SIGNATORY or NON_SIGNATORY. A
// Party that has withdrawn is neither a Party nor a signatory any more.
func StatusOn(i *placardv1.Instrument, entity, day string) placardv1.ParticipationStatus {
	since := func(date string) bool { return date != "" && date <= day }
	for _, p := range i.GetParties() {
		switch {
		case p.GetEntity() != entity:
		case since(p.GetWithdrawalDate()):
			return placardv1.ParticipationStatus_NON_SIGNATORY
		case since(p.GetPartyDate()):
			return placardv1.ParticipationStatus_STATE_PARTY
		case since(p.GetSignatureDate()):
			return placardv1.ParticipationStatus_SIGNATORY
		}
	}
	return placardv1.ParticipationStatus_NON_SIGNATORY
}

// complete answers an instrument as it is stored: its table in the order of the
// codes.
func complete(i *placardv1.Instrument) *placardv1.Instrument {
	i = proto.CloneOf(i)
	slices.SortStableFunc(i.Parties, func(a, b *placardv1.Instrument_Party) int {
		return cmp.Compare(a.GetEntity(), b.GetEntity())
	})
	return i
}

// check answers all that is wrong with an instrument beyond what the contract's
// own rules say. `kinds` are the kinds of the entities in the register, by code.
func check(i *placardv1.Instrument, kinds map[string]placardv1.Entity_Kind) []fault.Violation {
	var out []fault.Violation
	add := func(field, reason, message string) {
		out = append(out, fault.Violation{Field: "instrument." + field, Reason: reason, Message: message})
	}
	// notBefore refuses a day that comes before another one.
	notBefore := func(field, day, limit, what string) {
		if day != "" && day < limit {
			add(field, "DATE_BEFORE", "must not be before "+what+", "+limit)
		}
	}
	notBefore("in_force_date", i.GetInForceDate(), i.GetAdoptionDate(), "the adoption")
	seen := map[string]bool{}
	for n, p := range i.GetParties() {
		field := fmt.Sprintf("parties[%d]", n)
		kind, known := kinds[name.EntityOf(p.GetEntity())]
		switch {
		case seen[p.GetEntity()]:
			add(field+".entity", "DUPLICATE_ENTITY", p.GetEntity()+" stands in the table already")
		case !known:
			add(field+".entity", "UNKNOWN_ENTITY", p.GetEntity()+" is not in the register")
		case kind != placardv1.Entity_STATE && kind != placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION:
			add(field+".entity", "KIND_MISMATCH", fmt.Sprintf(
				"%s is of kind %s; only a State or a regional economic integration organization is a Party", p.GetEntity(), kind))
		}
		seen[p.GetEntity()] = true
		notBefore(field+".signature_date", p.GetSignatureDate(), i.GetAdoptionDate(), "the adoption")
		notBefore(field+".party_date", p.GetPartyDate(), cmp.Or(p.GetSignatureDate(), i.GetAdoptionDate()), "the signature or the adoption")
		notBefore(field+".withdrawal_date", p.GetWithdrawalDate(), p.GetPartyDate(), "the day from which it is a Party")
		if p.GetWithdrawalDate() != "" && p.GetPartyDate() == "" {
			add(field+".party_date", "REQUIRED", "is needed: who has not been a Party cannot withdraw")
		}
	}
	return out
}

// deletable refuses to delete what a meeting names.
func deletable(instrument string, named []string) error {
	if len(named) == 0 {
		return nil
	}
	return fault.Precondition("INSTRUMENT_IN_USE",
		fmt.Sprintf("%s is named by %s", instrument, name.Meeting(named[0])), "instrument", instrument, "meeting", name.Meeting(named[0]))
}

// unbound refuses who is bound to meetings: the instruments are everybody's.
func unbound(ctx context.Context) error {
	if p := access.From(ctx); p.Role == placardv1.Access_SECRETARIAT && !p.Unbound() {
		return fault.Denied("MEETING_BOUND", "a key that is bound to meetings cannot change instruments")
	}
	return nil
}
