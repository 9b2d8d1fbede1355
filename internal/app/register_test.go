package app_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// nameOnList answers how an entity is named on the list of participants.
func (c *clients) nameOnList(t *testing.T, meeting, entity, language string) string {
	t.Helper()
	list := must(c.lists.GetParticipantList(c.As(t, c.Admin), &placardv1.GetParticipantListRequest{
		Name: meeting + "/participantList", Language: language,
	}))(t)
	for _, part := range list.GetParts() {
		for _, d := range part.GetDelegations() {
			if d.GetEntity() == entity {
				return d.GetEntityName().GetText()
			}
		}
	}
	return ""
}

// TestEntityWithALife: an organization comes, sends delegations, and takes
// another name. The list of the meeting before keeps the name of its time.
func TestEntityWithALife(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		code := "ORG" + strings.ToUpper(c.id)
		e := must(c.entities.CreateEntity(secretariat, &placardv1.CreateEntityRequest{EntityId: code, Entity: &placardv1.Entity{
			Kind:      placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION,
			ShortName: &placardv1.LocalizedText{En: "Old Organization", Es: "Organización antigua"}, Language: "es",
		}}))(t)
		equal(t, "code", e.GetCode(), code)

		invite := func(meeting string) {
			t.Helper()
			i := must(c.invitations.CreateInvitation(secretariat, &placardv1.CreateInvitationRequest{
				Parent: meeting, Invitation: &placardv1.Invitation{Entity: e.GetName()},
			}))(t)
			if i.GetParticipationStatus() != placardv1.ParticipationStatus_IGO || i.GetLanguage() != "es" {
				t.Errorf("invited as %s in %s", i.GetParticipationStatus(), i.GetLanguage())
			}
			must(c.invitations.IssueInvitation(secretariat, &placardv1.IssueInvitationRequest{Name: i.GetName()}))(t)
			c.submitAccepted(secretariat, t, meeting+"/delegations/"+code, person("1", "A", "Delegate", placardv1.Participant_HEAD))
		}
		on := func(id, start, end string) string {
			return c.newMeeting(t, id, func(m *placardv1.Meeting) { m.StartDate, m.EndDate = start, end })
		}
		earlier := on("before", "2030-03-01", "2030-03-03")
		invite(earlier)

		renamed := must(c.entities.UpdateEntity(secretariat, &placardv1.UpdateEntityRequest{
			Entity: &placardv1.Entity{
				Name: e.GetName(), Etag: e.GetEtag(), ShortName: &placardv1.LocalizedText{En: "New Organization", Es: "Organización nueva"},
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"short_name"}}, NamesValidFrom: "2030-03-02",
		}))(t)
		equal(t, "former names", renamed.GetFormerNames(), []*placardv1.Entity_FormerNames{{
			ValidUntil: "2030-03-02", ShortName: e.GetShortName(),
		}})
		later := on("after", "2030-03-02", "2030-03-04")
		invite(later)
		equal(t, "name on the earlier list", c.nameOnList(t, earlier, e.GetName(), "en"), "Old Organization")
		equal(t, "name on the later list", c.nameOnList(t, later, e.GetName(), "es"), "Organización nueva")

		// A correction is for all lists that show the present names.
		must(c.entities.UpdateEntity(secretariat, &placardv1.UpdateEntityRequest{
			Entity:     &placardv1.Entity{Name: e.GetName(), ShortName: &placardv1.LocalizedText{En: "Newer Organization"}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"short_name.en"}},
		}))(t)
		equal(t, "earlier list after a correction", c.nameOnList(t, earlier, e.GetName(), "en"), "Old Organization")
		equal(t, "later list after a correction", c.nameOnList(t, later, e.GetName(), "en"), "Newer Organization")

		// The lists of a concluded meeting stay as they are.
		must(c.meetings.ConcludeMeeting(secretariat, &placardv1.ConcludeMeetingRequest{Name: later}))(t)
		must(c.entities.UpdateEntity(secretariat, &placardv1.UpdateEntityRequest{
			Entity:     &placardv1.Entity{Name: e.GetName(), ShortName: &placardv1.LocalizedText{En: "Newest Organization"}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"short_name.en"}},
		}))(t)
		equal(t, "concluded list after a correction", c.nameOnList(t, later, e.GetName(), "en"), "Newer Organization")

		_, err := c.entities.UpdateEntity(secretariat, &placardv1.UpdateEntityRequest{
			Entity: &placardv1.Entity{Name: e.GetName(), Etag: e.GetEtag(), Language: "fr"},
		})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		_, err = c.entities.UpdateEntity(secretariat, &placardv1.UpdateEntityRequest{
			Entity: &placardv1.Entity{Name: e.GetName(), Language: "fr"}, NamesValidFrom: "2031-01-01",
		})
		wantFault(t, err, codes.InvalidArgument, "NAMES_UNCHANGED")
		_, err = c.entities.CreateEntity(secretariat, &placardv1.CreateEntityRequest{EntityId: code, Entity: e})
		wantFault(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	})
}

// TestRegisterIsOfTheSecretariat: everybody reads the register, and only a
// Secretariat that is bound to no meeting writes it.
func TestRegisterIsOfTheSecretariat(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "register", nil, "AUT")
		bound := c.As(t, c.Key(t, "secretariat", "", meeting))
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		id := c.id + "-convention"
		i := must(c.instruments.CreateInstrument(admin, &placardv1.CreateInstrumentRequest{
			InstrumentId: id, Instrument: &placardv1.Instrument{
				Title:   &placardv1.LocalizedText{En: "Convention"},
				Parties: []*placardv1.Instrument_Party{{Entity: "entities/AUT", PartyDate: "2004-09-23"}},
			},
		}))(t)
		writes := map[string]proto.Message{
			"EntityService.CreateEntity": &placardv1.CreateEntityRequest{EntityId: "NOBODY", Entity: &placardv1.Entity{
				Kind: placardv1.Entity_OTHER_NGO, ShortName: &placardv1.LocalizedText{En: "Nobody"},
			}},
			"EntityService.UpdateEntity": &placardv1.UpdateEntityRequest{Entity: &placardv1.Entity{Name: "entities/AUT", Language: "en"}},
			"InstrumentService.CreateInstrument": &placardv1.CreateInstrumentRequest{
				InstrumentId: id + "-2", Instrument: &placardv1.Instrument{Title: &placardv1.LocalizedText{En: "Another"}},
			},
			"InstrumentService.UpdateInstrument": &placardv1.UpdateInstrumentRequest{
				Instrument: &placardv1.Instrument{Name: i.GetName(), AdoptionDate: "2000-11-15"}, ValidateOnly: true,
			},
			"InstrumentService.DeleteInstrument": &placardv1.DeleteInstrumentRequest{Name: i.GetName()},
		}
		before := c.lastChange(t)
		for method, req := range writes {
			full := "/placard.v1." + strings.Replace(method, ".", "/", 1)
			_, err := call(bound, t, c.conn, full, req)
			wantFault(t, err, codes.PermissionDenied, "MEETING_BOUND")
			_, err = call(mission, t, c.conn, full, req)
			wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		}
		if after := c.lastChange(t); after != before {
			t.Errorf("%d changes", after-before)
		}
		equal(t, "what a mission reads", must(c.instruments.GetInstrument(mission, &placardv1.GetInstrumentRequest{Name: i.GetName()}))(t), i)

		// What belongs to a draft is nobody's else to name, nor told by an
		// instrument that the draft names.
		draft := must(c.meetings.CreateMeeting(admin, &placardv1.CreateMeetingRequest{MeetingId: c.id + "-secret", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "Draft"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
			Instrument: &placardv1.Meeting_Instrument{Name: i.GetName()}, Quotas: []*placardv1.Meeting_Quota{{Limit: 3}},
		}}))(t)
		must(c.invitations.BatchCreateInvitations(admin, &placardv1.BatchCreateInvitationsRequest{
			Parent: draft.GetName(), ParticipationStatuses: []placardv1.ParticipationStatus{placardv1.ParticipationStatus_STATE_PARTY},
		}))(t)
		for method, req := range map[string]proto.Message{
			"MeetingService.GetMeeting":           &placardv1.GetMeetingRequest{Name: draft.GetName()},
			"InvitationService.GetInvitation":     &placardv1.GetInvitationRequest{Name: draft.GetName() + "/invitations/AUT"},
			"InvitationService.ListInvitations":   &placardv1.ListInvitationsRequest{Parent: draft.GetName()},
			"InvitationService.AcceptInvitation":  &placardv1.AcceptInvitationRequest{Name: draft.GetName() + "/invitations/AUT"},
			"InvitationService.DeclineInvitation": &placardv1.DeclineInvitationRequest{Name: draft.GetName() + "/invitations/AUT"},
		} {
			_, err := call(mission, t, c.conn, "/placard.v1."+strings.Replace(method, ".", "/", 1), req)
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
		}
		_, err := c.invitations.BatchCreateInvitations(mission, &placardv1.BatchCreateInvitationsRequest{
			Parent: meeting, ParticipationStatuses: []placardv1.ParticipationStatus{placardv1.ParticipationStatus_STATE_PARTY},
		})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		_, err = c.invitations.BatchCreateInvitations(bound, &placardv1.BatchCreateInvitationsRequest{
			Parent: draft.GetName(), ParticipationStatuses: []placardv1.ParticipationStatus{placardv1.ParticipationStatus_STATE_PARTY},
		})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		_, err = c.instruments.DeleteInstrument(admin, &placardv1.DeleteInstrumentRequest{Name: i.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "INSTRUMENT_IN_USE")
	})
}

// TestInviteByStatus: all Parties to a protocol and all signatories of it, with
// one call, each in its status on the first day of the meeting.
func TestInviteByStatus(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		secretariat := c.As(t, c.Key(t, "secretariat", ""))
		mission := c.As(t, c.Key(t, "mission", "THA"))
		protocol := must(c.instruments.CreateInstrument(secretariat, &placardv1.CreateInstrumentRequest{
			InstrumentId: c.id + "-protocol",
			Instrument: &placardv1.Instrument{Title: &placardv1.LocalizedText{En: "Protocol"}, Parties: []*placardv1.Instrument_Party{
				{Entity: "entities/THA", SignatureDate: "2001-12-18", PartyDate: "2013-10-17"},
				{Entity: "entities/CHN", PartyDate: "2010-02-08"},
				{Entity: "entities/EUE", SignatureDate: "2000-12-12", PartyDate: "2006-09-06"},
				{Entity: "entities/AUT", SignatureDate: "2000-12-12", PartyDate: "2005-09-15"},
				{Entity: "entities/MEX", SignatureDate: "2000-12-13", PartyDate: "2003-03-04"},
			}},
		}))(t)
		m := must(c.meetings.CreateMeeting(secretariat, &placardv1.CreateMeetingRequest{
			MeetingId: c.id + "-by-status", Meeting: &placardv1.Meeting{
				Title: &placardv1.LocalizedText{En: "Meeting"}, StartDate: "2010-01-27", EndDate: "2010-01-29", TimeZone: "Europe/Vienna",
				Instrument: &placardv1.Meeting_Instrument{Name: protocol.GetName()},
			},
		}))(t)
		must(c.meetings.AnnounceMeeting(secretariat, &placardv1.AnnounceMeetingRequest{Name: m.GetName()}))(t)

		request := func(id string) *placardv1.BatchCreateInvitationsRequest {
			return &placardv1.BatchCreateInvitationsRequest{
				Parent: m.GetName(), Reference: "CU 2009/180(A)", RequestId: id,
				ParticipationStatuses: []placardv1.ParticipationStatus{
					placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_SIGNATORY, placardv1.ParticipationStatus_REIO,
				},
			}
		}
		shown := func(list []*placardv1.Invitation) []string {
			var out []string
			for _, i := range list {
				out = append(out, strings.TrimPrefix(i.GetEntity(), "entities/")+" "+i.GetParticipationStatus().String()+" "+i.GetReference())
			}
			return out
		}
		want := []string{"AUT STATE_PARTY CU 2009/180(A)", "EUE REIO CU 2009/180(A)", "MEX STATE_PARTY CU 2009/180(A)", "THA SIGNATORY CU 2009/180(A)"}
		first := must(c.invitations.BatchCreateInvitations(secretariat, request(c.id+"-batch")))(t)
		equal(t, "invited", shown(first.GetInvitations()), want)
		before := c.lastChange(t)
		// Someone invites one more meanwhile: the repeated request answers what
		// it wrote.
		must(c.invitations.CreateInvitation(secretariat, &placardv1.CreateInvitationRequest{
			Parent: m.GetName(), Invitation: &placardv1.Invitation{Entity: "entities/CHN"},
		}))(t)
		again := must(c.invitations.BatchCreateInvitations(secretariat, request(c.id+"-batch")))(t)
		equal(t, "the same request", again, first)
		other := must(c.invitations.BatchCreateInvitations(secretariat, request("")))(t)
		equal(t, "nobody is left", shown(other.GetInvitations()), []string(nil))
		if after := c.lastChange(t); after != before+1 {
			t.Errorf("%d changes, want 1", after-before)
		}
		_, err := c.invitations.GetInvitation(mission, &placardv1.GetInvitationRequest{Name: m.GetName() + "/invitations/THA"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		chn := must(c.invitations.GetInvitation(secretariat, &placardv1.GetInvitationRequest{Name: m.GetName() + "/invitations/CHN"}))(t)
		equal(t, "who became a Party in February", chn.GetParticipationStatus(), placardv1.ParticipationStatus_NON_SIGNATORY)

		// The table is corrected: who has become a Party meanwhile is invited by
		// the next run, and nobody else changes.
		table := &placardv1.UpdateInstrumentRequest{
			Instrument: &placardv1.Instrument{
				Name: protocol.GetName(), Etag: protocol.GetEtag(),
				Parties: append(protocol.GetParties(), &placardv1.Instrument_Party{Entity: "entities/COL", PartyDate: "2004-08-04"}),
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"parties"}}, ValidateOnly: true,
		}
		checked := must(c.instruments.UpdateInstrument(secretariat, table))(t)
		equal(t, "checked only", len(checked.GetParties()), 6)
		equal(t, "still there", must(c.instruments.GetInstrument(secretariat, &placardv1.GetInstrumentRequest{Name: protocol.GetName()}))(t), protocol)
		table.ValidateOnly = false
		must(c.instruments.UpdateInstrument(secretariat, table))(t)
		_, err = c.instruments.UpdateInstrument(secretariat, table)
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		next := must(c.invitations.BatchCreateInvitations(secretariat, request("")))(t)
		equal(t, "invited after the correction", shown(next.GetInvitations()), []string{"COL STATE_PARTY CU 2009/180(A)"})

		_, err = c.invitations.BatchCreateInvitations(secretariat, &placardv1.BatchCreateInvitationsRequest{Parent: m.GetName()})
		wantFault(t, err, codes.InvalidArgument, "BATCH_CREATE_INVITATIONS_WHAT")
	})
}
