package delegation

import (
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func delegationFromRow(row *db.Delegation) *placardv1.Delegation {
	return &placardv1.Delegation{
		Name:             name.Delegation(row.MeetingID, row.EntityID),
		Entity:           name.Entity(row.EntityID),
		State:            placardv1.Delegation_State(placardv1.Delegation_State_value[row.State]),
		LatestRevision:   row.LatestRevision,
		AcceptedRevision: row.AcceptedRevision,
		ParticipantCount: row.ParticipantCount,
		Late:             row.Late,
		SubmitTime:       timestamppb.New(row.SubmitTime),
		AcceptTime:       store.Timestamp(row.AcceptTime),
		ReturnReasons:    row.ReturnReasons,
		NoteVerbale:      noteVerbale(row.NoteReference, row.NoteDate),
		Channel:          placardv1.Channel(placardv1.Channel_value[row.Channel]),
		ReceiptDate:      row.ReceiptDate,
		FocalPoint:       focalPoint(row),
		CreateTime:       timestamppb.New(row.CreateTime),
		UpdateTime:       timestamppb.New(row.UpdateTime),
		Etag:             store.Etag(row.Revision),
		Warnings:         warningsFromRow(row),
	}
}

func warningsFromRow(row *db.Delegation) []placardv1.Delegation_Warning {
	var out []placardv1.Delegation_Warning
	for _, w := range row.Warnings {
		out = append(out, placardv1.Delegation_Warning(placardv1.Delegation_Warning_value[w]))
	}
	return out
}

// rowWarnings are the warnings of a composition as a row has them.
func rowWarnings(c Composition, withheld bool) []string {
	var out []string
	for _, w := range Warnings(c, withheld) {
		out = append(out, w.String())
	}
	return out
}

func revisionFromRow(row *db.Revision) *placardv1.DelegationRevision {
	return &placardv1.DelegationRevision{
		Name:             name.Delegation(row.MeetingID, row.EntityID) + "/revisions/" + strconv.Itoa(int(row.Number)),
		Number:           row.Number,
		State:            placardv1.DelegationRevision_State(placardv1.DelegationRevision_State_value[row.State]),
		SelfAccepted:     row.SelfAccepted,
		Late:             row.Late,
		Author:           row.Author,
		Channel:          placardv1.Channel(placardv1.Channel_value[row.Channel]),
		ReceiptDate:      row.ReceiptDate,
		NoteVerbale:      noteVerbale(row.NoteReference, row.NoteDate),
		ParticipantCount: int32(len(row.Members)),
		ReturnReasons:    row.ReturnReasons,
		CreateTime:       timestamppb.New(row.CreateTime),
		ReviewTime:       store.Timestamp(row.ReviewTime),
	}
}

func noteVerbale(reference, date string) *placardv1.NoteVerbale {
	if reference == "" && date == "" {
		return nil
	}
	return &placardv1.NoteVerbale{Reference: reference, Date: date}
}

func focalPoint(row *db.Delegation) *placardv1.FocalPoint {
	if row.FocalName == "" && row.FocalEmail == "" && row.FocalPhone == "" {
		return nil
	}
	return &placardv1.FocalPoint{Name: row.FocalName, Email: row.FocalEmail, Phone: row.FocalPhone}
}

// participantFromVersion shows a person as a version says it, at its place in
// the latest composition, or in the accepted one.
func participantFromVersion(v *db.ParticipantVersion, view placardv1.CompositionView) *placardv1.Participant {
	said := saidFromVersion(v)
	p := &placardv1.Participant{
		Name:            name.Participant(v.MeetingID, v.EntityID, v.ParticipantID),
		Honorific:       said.Honorific,
		GivenName:       said.GivenName,
		FamilyName:      said.FamilyName,
		LatinGivenName:  said.LatinGivenName,
		LatinFamilyName: said.LatinFamilyName,
		DisplayName:     said.DisplayName(),
		FunctionalTitle: said.FunctionalTitle,
		Organization:    said.Organization,
		Role:            said.Role,
		Order:           v.LatestOrder,
		Email:           &said.Email,
		Phone:           &said.Phone,
		Language:        said.Language,
		Modality:        said.Modality,
		ExternalId:      &said.ExternalID,
		Revision:        v.Revision,
		CreateTime:      timestamppb.New(v.PersonCreateTime),
		UpdateTime:      timestamppb.New(v.CreateTime),
		Etag:            participantEtag(v),
	}
	if v.Replaces != "" {
		p.Replaces = name.Participant(v.MeetingID, v.EntityID, v.Replaces)
	}
	if view == placardv1.CompositionView_ACCEPTED {
		p.Order = v.AcceptedOrder
	}
	p.State = stateOf(v)
	if view == placardv1.CompositionView_ACCEPTED && v.LatestOrder == 0 {
		p.State = placardv1.Participant_SUPERSEDED
	}
	return p
}

// participantFor is participantFromVersion for a caller. Whoever sees only what is
// in force is not told whether something else waits for review.
func participantFor(caller access.Principal, v *db.ParticipantVersion, view placardv1.CompositionView) *placardv1.Participant {
	p := participantFromVersion(v, view)
	if caller.Participant != "" {
		p.Replaces = "" // somebody else
	}
	if !caller.SeesLatest() {
		p.State = placardv1.Participant_ACCEPTED
		p.Etag = strconv.FormatInt(v.ID, 36) + "-" + strconv.Itoa(int(v.AcceptedOrder))
	}
	return p
}

// draftFromVersion shows a person for another delegation: what is said, and
// nothing of what became of it.
func draftFromVersion(v *db.ParticipantVersion) *placardv1.Participant {
	p := participantFromVersion(v, placardv1.CompositionView_LATEST)
	p.Name, p.State, p.Revision, p.Etag = "", placardv1.Participant_STATE_UNSPECIFIED, 0, ""
	p.CreateTime, p.UpdateTime, p.Replaces = nil, nil, ""
	return p
}

// stateOf is where a person stands whose newest version it is.
func stateOf(v *db.ParticipantVersion) placardv1.Participant_State {
	switch {
	case v.AcceptedOrder > 0 && v.LatestOrder == 0: // withdrawn, which waits for review
		return placardv1.Participant_SUPERSEDED
	case v.AcceptedOrder > 0:
		return placardv1.Participant_ACCEPTED
	case v.LatestOrder > 0:
		return placardv1.Participant_PENDING
	default:
		return placardv1.Participant_WITHDRAWN
	}
}

// participantEtag changes with the version, with the place and with what
// became of it.
func participantEtag(v *db.ParticipantVersion) string {
	return strconv.FormatInt(v.ID, 36) + "-" + strconv.Itoa(int(v.LatestOrder)) + "-" + strconv.Itoa(int(v.AcceptedOrder))
}

// saidFromParticipant takes what a submission says of a person. `modality` is
// how one attends where that is not said.
func saidFromParticipant(p *placardv1.Participant, modality placardv1.Participant_Modality) Said {
	s := Said{
		Honorific:       p.GetHonorific(),
		GivenName:       p.GetGivenName(),
		FamilyName:      p.GetFamilyName(),
		LatinGivenName:  p.GetLatinGivenName(),
		LatinFamilyName: p.GetLatinFamilyName(),
		FunctionalTitle: p.GetFunctionalTitle(),
		Organization:    p.GetOrganization(),
		Role:            p.GetRole(),
		Modality:        p.GetModality(),
		Email:           p.GetEmail(),
		Phone:           p.GetPhone(),
		Language:        p.GetLanguage(),
		ExternalID:      p.GetExternalId(),
	}
	if s.Modality == placardv1.Participant_MODALITY_UNSPECIFIED {
		s.Modality = modality
	}
	return s
}

func saidFromVersion(v *db.ParticipantVersion) Said {
	return Said{
		Honorific:       v.Honorific,
		GivenName:       v.GivenName,
		FamilyName:      v.FamilyName,
		LatinGivenName:  v.LatinGivenName,
		LatinFamilyName: v.LatinFamilyName,
		FunctionalTitle: v.FunctionalTitle,
		Organization:    v.Organization,
		Role:            placardv1.Participant_Role(placardv1.Participant_Role_value[v.Role]),
		Modality:        placardv1.Participant_Modality(placardv1.Participant_Modality_value[v.Modality]),
		Email:           v.Email,
		Phone:           v.Phone,
		Language:        v.Language,
		ExternalID:      v.ExternalID,
	}
}

// versionColumns are the columns of a version, in the order of versionFromPerson.
func versionColumns() []string {
	return []string{
		participantversion.FieldMeetingID, participantversion.FieldEntityID, participantversion.FieldDelegationID,
		participantversion.FieldParticipantID, participantversion.FieldRevision,
		participantversion.FieldLatestOrder, participantversion.FieldAcceptedOrder, participantversion.FieldNewest,
		participantversion.FieldHonorific,
		participantversion.FieldGivenName, participantversion.FieldFamilyName,
		participantversion.FieldLatinGivenName, participantversion.FieldLatinFamilyName,
		participantversion.FieldFunctionalTitle, participantversion.FieldOrganization,
		participantversion.FieldRole, participantversion.FieldModality,
		participantversion.FieldEmail, participantversion.FieldPhone, participantversion.FieldLanguage, participantversion.FieldExternalID,
		participantversion.FieldSearchKey, participantversion.FieldLatinKey, participantversion.FieldReplaces,
		participantversion.FieldPersonCreateTime, participantversion.FieldCreateTime,
	}
}

// versionFromPerson is the row of a version; search and latin are the keys of the
// person's name.
func versionFromPerson(d *db.Delegation, p Person, search, latin string, number int32, at place, now time.Time) []any {
	return []any{
		d.MeetingID, d.EntityID, d.ID,
		p.ID, number,
		at.latest, at.accepted, at.newest,
		p.Honorific,
		p.GivenName, p.FamilyName,
		p.LatinGivenName, p.LatinFamilyName,
		p.FunctionalTitle, p.Organization,
		p.Role.String(), p.Modality.String(),
		p.Email, p.Phone, p.Language, p.ExternalID,
		search, latin, p.Replaces,
		p.Created, now,
	}
}

// compositionFromVersions puts versions in the order that one of their two
// places gives, without those that have no place there.
func compositionFromVersions(versions []*db.ParticipantVersion, order func(*db.ParticipantVersion) int32) Composition {
	var placed []*db.ParticipantVersion
	for _, v := range versions {
		if order(v) > 0 {
			placed = append(placed, v)
		}
	}
	slices.SortFunc(placed, func(a, b *db.ParticipantVersion) int { return int(order(a) - order(b)) })
	c := make(Composition, len(placed))
	for i, v := range placed {
		c[i] = personFromVersion(v)
	}
	return c
}

func personFromVersion(v *db.ParticipantVersion) Person {
	return Person{Said: saidFromVersion(v), ID: v.ParticipantID, Version: v.ID, Created: v.PersonCreateTime, Replaces: v.Replaces}
}

// differenceFromCompare shows a difference. Persons who are not written yet
// have no name of a participant.
func differenceFromCompare(delegation string, diff []Difference, review bool) *placardv1.CompositionDifference {
	out := &placardv1.CompositionDifference{NeedsReview: review && len(diff) > 0}
	for _, d := range diff {
		item := &placardv1.CompositionDifference_Item{
			Kind:          d.Kind,
			DisplayName:   d.Person.DisplayName(),
			ChangedFields: d.Fields,
			NeedsReview:   d.Review,
		}
		if d.Person.ID != "" {
			item.Participant = delegation + "/participants/" + d.Person.ID
		}
		out.Items = append(out.Items, item)
	}
	return out
}
