package access_test

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
)

func TestReading(t *testing.T) {
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	reached := &placardv1.Participant{Name: "meetings/m1/delegations/AUT/participants/p1", Email: proto.String("ana@example.org")}
	called := &placardv1.Participant{Phone: proto.String("+43 1")}
	silent := &placardv1.Participant{FamilyName: "Muster", Email: proto.String(""), ExternalId: proto.String("7")}
	list := func(p ...*placardv1.Participant) proto.Message {
		return &placardv1.ListParticipantsResponse{Participants: p}
	}
	file := &httpbody.HttpBody{Data: []byte("x")}
	const secretariat, mission, office, link = placardv1.Access_SECRETARIAT, placardv1.Access_MISSION, placardv1.Access_PASS_OFFICE, placardv1.Access_LINK
	for name, tt := range map[string]struct {
		role     access.Role
		bound    []string
		method   string
		request  proto.Message
		response proto.Message
		// want is the kind, the meeting and the entity; empty for no reading.
		want, resource string
	}{
		"a participant with an address": {
			secretariat, nil, "ParticipantService/GetParticipant",
			&placardv1.GetParticipantRequest{Name: reached.GetName()}, reached,
			"CONTACTS m1 AUT", reached.GetName(),
		},
		"a participant without": {
			secretariat, nil, "ParticipantService/GetParticipant",
			&placardv1.GetParticipantRequest{Name: reached.GetName()}, silent, "", "",
		},
		"one of many with a telephone": {
			secretariat, nil, "ParticipantService/ListParticipants",
			&placardv1.ListParticipantsRequest{Parent: "meetings/m1/delegations/-"}, list(silent, silent, called),
			"CONTACTS m1 -", "meetings/m1/delegations/-",
		},
		"none of many": {
			secretariat, nil, "ParticipantService/ListParticipants",
			&placardv1.ListParticipantsRequest{Parent: "meetings/m1/delegations/-"}, list(silent, silent), "", "",
		},
		"an empty page": {
			secretariat, nil, "ParticipantService/ListParticipants",
			&placardv1.ListParticipantsRequest{Parent: "meetings/m1/delegations/-"}, list(), "", "",
		},
		"all meetings": {
			secretariat, nil, "ParticipantService/ListParticipants",
			&placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/AUT"}, list(reached),
			"CONTACTS - AUT", "meetings/-/delegations/AUT",
		},
		"all meetings of a key for two": {
			secretariat, []string{"m1", "m2"}, "ParticipantService/ListParticipants",
			&placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"}, list(reached),
			"CONTACTS - -", "meetings/-/delegations/-",
		},
		"all meetings of a key for one": {
			secretariat, []string{"m1"}, "ParticipantService/ListParticipants",
			&placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"}, list(reached),
			"CONTACTS m1 -", "meetings/-/delegations/-",
		},
		"single ones of one delegation": {
			secretariat, nil, "ParticipantService/BatchGetParticipants",
			&placardv1.BatchGetParticipantsRequest{Parent: "meetings/-/delegations/-", Names: []string{reached.GetName(), "meetings/m1/delegations/AUT/participants/p2"}},
			&placardv1.BatchGetParticipantsResponse{Participants: []*placardv1.Participant{reached, silent}},
			"CONTACTS m1 AUT", "meetings/-/delegations/-",
		},
		"single ones of two delegations": {
			secretariat, nil, "ParticipantService/BatchGetParticipants",
			&placardv1.BatchGetParticipantsRequest{Parent: "meetings/-/delegations/-", Names: []string{reached.GetName(), "meetings/m1/delegations/MEX/participants/p2"}},
			&placardv1.BatchGetParticipantsResponse{Participants: []*placardv1.Participant{reached, silent}},
			"CONTACTS m1 -", "meetings/-/delegations/-",
		},
		"single ones of two meetings": {
			secretariat, nil, "ParticipantService/BatchGetParticipants",
			&placardv1.BatchGetParticipantsRequest{Parent: "meetings/-/delegations/AUT", Names: []string{reached.GetName(), "meetings/m2/delegations/AUT/participants/p2"}},
			&placardv1.BatchGetParticipantsResponse{Participants: []*placardv1.Participant{reached, silent}},
			"CONTACTS - AUT", "meetings/-/delegations/AUT",
		},
		"what a write answers": {
			secretariat, nil, "ParticipantService/UpdateParticipant",
			&placardv1.UpdateParticipantRequest{Participant: &placardv1.Participant{Name: reached.GetName()}}, reached,
			"CONTACTS m1 AUT", reached.GetName(),
		},
		"what is copied, not where to": {
			secretariat, nil, "DelegationService/CopyDelegation",
			&placardv1.CopyDelegationRequest{Name: "meetings/m2/delegations/AUT", Source: "meetings/m1/delegations/AUT"},
			&placardv1.CopyDelegationResponse{Participants: []*placardv1.Participant{reached}},
			"CONTACTS m1 AUT", "meetings/m1/delegations/AUT",
		},
		"deep in an answer": {
			secretariat, nil, "ParticipantService/ListPossibleDuplicates",
			&placardv1.ListPossibleDuplicatesRequest{Parent: "meetings/m1"},
			&placardv1.ListPossibleDuplicatesResponse{Groups: []*placardv1.ListPossibleDuplicatesResponse_Group{{}, {Participants: []*placardv1.Participant{silent, called}}}},
			"CONTACTS m1 -", "meetings/m1",
		},
		"what bounced, which has no name": {
			secretariat, nil, "DeliveryService/ReportBounce",
			&placardv1.ReportBounceRequest{Report: file},
			&placardv1.ReportBounceResponse{Deliveries: []*placardv1.Delivery{{Address: proto.String("ana@example.org")}}},
			"CONTACTS - -", "",
		},
		"a photograph": {
			office, nil, "PhotoService/DownloadPhoto",
			&placardv1.DownloadPhotoRequest{Name: reached.GetName() + "/photo"}, file,
			"PHOTOGRAPH m1 AUT", reached.GetName() + "/photo",
		},
		"the list of a meeting": {
			placardv1.Access_READER, nil, "ParticipantListService/ExportParticipantList",
			&placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList"}, file,
			"EXPORT m1 -", "meetings/m1/participantList",
		},
		"a letter": {
			secretariat, nil, "CorrespondenceService/ExportLetter",
			&placardv1.ExportLetterRequest{Name: "meetings/m1/invitations/AUT"}, file,
			"EXPORT m1 AUT", "meetings/m1/invitations/AUT",
		},
		"a mission, its delegation": {
			mission, nil, "ParticipantService/GetParticipant",
			&placardv1.GetParticipantRequest{Name: reached.GetName()}, reached, "", "",
		},
		"a participant, the own photograph": {
			link, []string{"m1"}, "PhotoService/DownloadPhoto",
			&placardv1.DownloadPhotoRequest{Name: reached.GetName() + "/photo"}, file, "", "",
		},
		"documents of a meeting": {
			secretariat, nil, "DocumentService/ExportDocuments",
			&placardv1.ExportDocumentsRequest{Parent: "meetings/m1"}, file, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := access.Principal{Role: tt.role, Meetings: tt.bound}
			r, ok := contract.Reading(p, "/placard.v1."+tt.method, tt.request, tt.response)
			got := ""
			if ok {
				got = strings.Join([]string{r.Kind.String(), r.Meeting, r.Entity}, " ")
				if want := "placard.v1." + strings.ReplaceAll(tt.method, "/", "."); r.Method != want {
					t.Errorf("by %s, want %s", r.Method, want)
				}
			}
			if got != tt.want || r.Resource != tt.resource {
				t.Errorf("a reading %q of %q, want %q of %q", got, r.Resource, tt.want, tt.resource)
			}
		})
	}
	if contract.Reads(access.Principal{Role: secretariat}, "/placard.v1.MeetingService/GetMeeting") ||
		contract.Reads(access.Principal{Role: secretariat}, "/placard.v1.NoService/None") {
		t.Error("what holds no personal data is read")
	}
}
