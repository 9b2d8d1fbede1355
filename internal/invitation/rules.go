package invitation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/instrument"
	"github.com/un-placard/placard/internal/name"
)

// statuses are those in which an entity of a kind can participate.
func statuses(kind placardv1.Entity_Kind) []placardv1.ParticipationStatus {
	switch kind {
	case placardv1.Entity_STATE:
		return []placardv1.ParticipationStatus{
			placardv1.ParticipationStatus_STATE_PARTY,
			placardv1.ParticipationStatus_SIGNATORY,
			placardv1.ParticipationStatus_NON_SIGNATORY,
		}
	case placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION:
		// It may sign and be a Party like a State (Organized Crime Convention,
		// articles 2 (j) and 36); most lists name it apart all the same.
		return []placardv1.ParticipationStatus{
			placardv1.ParticipationStatus_REIO,
			placardv1.ParticipationStatus_STATE_PARTY,
			placardv1.ParticipationStatus_SIGNATORY,
		}
	case placardv1.Entity_UNITED_NATIONS_OFFICE:
		// A related organization may have been outside the United Nations system
		// at the time of the meeting, as IOM was until 2016.
		return []placardv1.ParticipationStatus{
			placardv1.ParticipationStatus_UNITED_NATIONS,
			placardv1.ParticipationStatus_IGO,
		}
	case placardv1.Entity_SPECIALIZED_AGENCY:
		return []placardv1.ParticipationStatus{placardv1.ParticipationStatus_SPECIALIZED_AGENCY}
	case placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION:
		return []placardv1.ParticipationStatus{placardv1.ParticipationStatus_IGO}
	case placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS, placardv1.Entity_OTHER_NGO:
		return []placardv1.ParticipationStatus{placardv1.ParticipationStatus_NGO}
	default:
		return nil
	}
}

// invitee is what the register says of an entity.
type invitee struct {
	kind placardv1.Entity_Kind
	// language in which it wishes to be written to, "" where that is not known.
	language string
}

// basis is what statuses are taken from that are not given.
type basis struct {
	// table is the instrument of the meeting; nil where the meeting names none.
	table *placardv1.Instrument
	// day is the first of the meeting.
	day string
}

// sources are what new invitations are made from.
type sources struct {
	basis
	// register holds the entities that may be meant, by code.
	register map[string]invitee
	// invited are the entities that the meeting invites already, by code.
	invited map[string]bool
}

// status answers the status in which an entity (`entities/AUT`) participates. It
// is unspecified for a State where there is no table.
func (b basis) status(entity string, kind placardv1.Entity_Kind) placardv1.ParticipationStatus {
	if kind == placardv1.Entity_STATE {
		if b.table == nil {
			return placardv1.ParticipationStatus_PARTICIPATION_STATUS_UNSPECIFIED
		}
		return instrument.StatusOn(b.table, entity, b.day)
	}
	if possible := statuses(kind); len(possible) > 0 {
		return possible[0]
	}
	return placardv1.ParticipationStatus_PARTICIPATION_STATUS_UNSPECIFIED
}

// byTable tells whether a status is one that the table of an instrument says.
func byTable(status placardv1.ParticipationStatus) bool {
	switch status {
	case placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_SIGNATORY,
		placardv1.ParticipationStatus_NON_SIGNATORY, placardv1.ParticipationStatus_REIO:
		return true
	default:
		return false
	}
}

// maxBatch is how many invitations are created at once at the most, as the
// contract says.
const maxBatch = 500

// matching answers the codes of the entities in the register, in their order,
// that have one of some statuses and are not invited. A regional economic
// integration organization is among them if it has signed or is a Party.
func matching(wanted []placardv1.ParticipationStatus, from sources) ([]string, error) {
	for i, status := range wanted {
		if byTable(status) && from.table == nil {
			return nil, fault.Invalid(fault.Violation{
				Field: fmt.Sprintf("participation_statuses[%d]", i), Reason: "STATUS_NEEDED",
				Message: "the meeting names no instrument whose table says who has this status",
			})
		}
	}
	var out []string
	for code, e := range from.register {
		resource := name.Entity(code)
		status := from.status(resource, e.kind)
		outside := status == placardv1.ParticipationStatus_REIO &&
			instrument.StatusOn(from.table, resource, from.day) == placardv1.ParticipationStatus_NON_SIGNATORY
		if slices.Contains(wanted, status) && !outside && !from.invited[code] {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	if len(out) > maxBatch {
		return nil, fault.Invalid(fault.Violation{
			Field: "participation_statuses", Reason: "TOO_MANY_ENTITIES",
			Message: fmt.Sprintf("would invite %d entities at once, and may invite %d: name fewer statuses, or the entities",
				len(out), maxBatch),
		})
	}
	return out, nil
}

// check answers what in an invitation does not fit the kind of its entity;
// `prefix` is the invitation's field in the request.
func check(prefix string, inv *placardv1.Invitation, kind placardv1.Entity_Kind) []fault.Violation {
	var out []fault.Violation
	possible := statuses(kind)
	if inv.GetParticipationStatus() == placardv1.ParticipationStatus_PARTICIPATION_STATUS_UNSPECIFIED {
		out = append(out, fault.Violation{
			Field: prefix + ".participation_status", Reason: "STATUS_NEEDED",
			Message: "is needed: the meeting names no instrument with a table to take it from",
		})
	} else if !slices.Contains(possible, inv.GetParticipationStatus()) {
		words := make([]string, len(possible))
		for i, s := range possible {
			words[i] = s.String()
		}
		out = append(out, fault.Violation{
			Field: prefix + ".participation_status", Reason: "STATUS_MISMATCH",
			Message: fmt.Sprintf("%s is of kind %s, which participates as %s",
				inv.GetEntity(), kind, strings.Join(words, " or ")),
		})
	}
	if ngo(kind) && inv.GetChannel() == placardv1.Invitation_PERMANENT_MISSION {
		out = append(out, fault.Violation{
			Field: prefix + ".channel", Reason: "CHANNEL_MISMATCH",
			Message: "a non-governmental organization is invited by letter, never by note verbale",
		})
	}
	return out
}

func ngo(kind placardv1.Entity_Kind) bool {
	return kind == placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS || kind == placardv1.Entity_OTHER_NGO
}

// complete answers an invitation with values for what was left unspecified, as
// far as they can be said.
func complete(inv *placardv1.Invitation, of invitee, from basis) *placardv1.Invitation {
	inv = proto.CloneOf(inv)
	if inv.ParticipationStatus == placardv1.ParticipationStatus_PARTICIPATION_STATUS_UNSPECIFIED {
		inv.ParticipationStatus = from.status(inv.GetEntity(), of.kind)
	}
	inv.Language = cmp.Or(inv.Language, of.language, "en")
	if inv.Channel == placardv1.Invitation_CHANNEL_UNSPECIFIED {
		switch of.kind {
		case placardv1.Entity_STATE, placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION:
			inv.Channel = placardv1.Invitation_PERMANENT_MISSION
		default:
			inv.Channel = placardv1.Invitation_LETTER
		}
	}
	return inv
}

// writable refuses writes to the invitations of a concluded meeting.
func writable(meeting string, state placardv1.Meeting_State) error {
	if state != placardv1.Meeting_CONCLUDED {
		return nil
	}
	return fault.Concluded(meeting)
}

// issue answers an invitation after it was sent out at a time. An issued one
// is answered as it is.
func issue(
	inv *placardv1.Invitation, meeting string, state placardv1.Meeting_State, now time.Time,
) (*placardv1.Invitation, error) {
	if state == placardv1.Meeting_DRAFT {
		return nil, fault.Precondition("MEETING_NOT_ANNOUNCED",
			meeting+" is a draft: announce it before its invitations are issued", "meeting", meeting)
	}
	if inv.GetState() != placardv1.Invitation_DRAFT {
		return inv, nil
	}
	inv = proto.CloneOf(inv)
	inv.State = placardv1.Invitation_ISSUED
	inv.IssueTime = timestamppb.New(now)
	return inv, nil
}

// answer answers an invitation after its entity acknowledged, accepted or
// declined it. What was done already, and a receipt that an answer implied, is
// answered as it is.
func answer(
	inv *placardv1.Invitation, to placardv1.Invitation_State, attending bool, now time.Time,
) (*placardv1.Invitation, error) {
	acknowledge := to == placardv1.Invitation_ACKNOWLEDGED
	switch {
	case inv.GetState() == placardv1.Invitation_DRAFT:
		return nil, fault.Precondition("INVITATION_NOT_ISSUED",
			inv.GetName()+" is a draft: it has to be issued first", "invitation", inv.GetName())
	case inv.GetState() == to, acknowledge && inv.GetState() != placardv1.Invitation_ISSUED:
		return inv, nil
	case to == placardv1.Invitation_DECLINED && attending:
		return nil, fault.Precondition("DELEGATION_PRESENT",
			inv.GetEntity()+" has a delegation: withdraw it before the invitation is declined",
			"invitation", inv.GetName())
	}
	inv = proto.CloneOf(inv)
	inv.State = to
	if !acknowledge {
		inv.ResponseTime = timestamppb.New(now)
	}
	return inv, nil
}

// deletable refuses to delete what was sent.
func deletable(inv *placardv1.Invitation) error {
	if inv.GetState() == placardv1.Invitation_DRAFT {
		return nil
	}
	return fault.Precondition("INVITATION_NOT_DRAFT",
		inv.GetName()+" was issued and cannot be deleted", "invitation", inv.GetName())
}

// item is one invitation to be created, with its place in the request.
type item struct {
	// prefix is the field of the invitation in the request.
	prefix     string
	invitation *placardv1.Invitation
}

// codesOf answers the codes of the entities to be invited, in their order.
func codesOf(items []item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = name.EntityOf(it.invitation.GetEntity())
	}
	return out
}

// wish is what is to be created: some invitations, or those of all entities with
// one of some statuses.
type wish struct {
	items     []item
	statuses  []placardv1.ParticipationStatus
	reference string // of those by statuses
}

// wishOf is what a batch asks for.
func wishOf(req *placardv1.BatchCreateInvitationsRequest) wish {
	w := wish{statuses: req.GetParticipationStatuses(), reference: req.GetReference()}
	for i, r := range req.GetRequests() {
		w.items = append(w.items, item{fmt.Sprintf("requests[%d].invitation", i), r.GetInvitation()})
	}
	return w
}

// resolve answers the invitations that are to be created.
func (w wish) resolve(from sources) ([]item, error) {
	if len(w.items) > 0 {
		return w.items, nil
	}
	codes, err := matching(w.statuses, from)
	items := make([]item, len(codes))
	for i, code := range codes {
		items[i] = item{"participation_statuses", &placardv1.Invitation{Entity: name.Entity(code), Reference: w.reference}}
	}
	return items, err
}

// batchItems answers the requests of a batch that name another meeting than it, or
// would be done once by themselves: the batch is done once as a whole. A reference
// of the batch is for entities that are not requested one by one.
func batchItems(req *placardv1.BatchCreateInvitationsRequest) []fault.Violation {
	var out []fault.Violation
	if req.GetReference() != "" && len(req.GetRequests()) > 0 {
		out = append(out, fault.Violation{
			Field: "reference", Reason: "REFERENCE_IN_BATCH",
			Message: "is for participation_statuses: each of the requests has its own",
		})
	}
	for i, r := range req.GetRequests() {
		if r.GetParent() != "" && r.GetParent() != req.GetParent() {
			out = append(out, fault.Violation{
				Field: fmt.Sprintf("requests[%d].parent", i), Reason: "PARENT_MISMATCH",
				Message: "must be empty or the parent of the batch",
			})
		}
		if r.GetRequestId() != "" {
			out = append(out, fault.Violation{
				Field: fmt.Sprintf("requests[%d].request_id", i), Reason: "REQUEST_ID_IN_BATCH",
				Message: "must be empty: the request id of the batch is for all of it",
			})
		}
	}
	return out
}

// plan answers the invitations to be created in a meeting, or everything that
// is wrong with them.
func plan(meeting string, items []item, from sources) ([]*placardv1.Invitation, error) {
	var out []*placardv1.Invitation
	var wrong, taken []fault.Violation
	var first string // the name of the first that is taken
	fields := map[string]string{}
	for _, it := range items {
		code := name.EntityOf(it.invitation.GetEntity())
		field := it.prefix + ".entity"
		of, known := from.register[code]
		if !known {
			wrong = append(wrong, fault.Violation{
				Field: field, Reason: "UNKNOWN_ENTITY", Message: it.invitation.GetEntity() + " is not in the register",
			})
			continue
		}
		inv := complete(it.invitation, of, from.basis)
		inv.Name = name.Invitation(meeting, code)
		inv.State = placardv1.Invitation_DRAFT
		inv.IssueTime, inv.ResponseTime = nil, nil
		if other, twice := fields[code]; twice {
			wrong = append(wrong, fault.Violation{
				Field: field, Reason: "DUPLICATE_ENTITY", Message: "is the same as " + other,
			})
		} else if fields[code] = field; from.invited[code] {
			first = cmp.Or(first, inv.Name)
			taken = append(taken, fault.Violation{
				Field: field, Reason: "ALREADY_EXISTS", Message: inv.Entity + " is invited already",
			})
		}
		wrong = append(wrong, check(it.prefix, inv, of.kind)...)
		out = append(out, inv)
	}
	if len(wrong) > 0 {
		return nil, fault.Invalid(append(wrong, taken...)...)
	}
	if len(taken) > 0 {
		exists := fault.AlreadyExists(first)
		exists.Violations = taken
		return nil, exists
	}
	return out, nil
}
