package app_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// fixture is a meeting with delegations of AUT and MEX, both accepted and then
// changed, so that something waits; and a draft besides.
type fixture struct {
	meeting, draft, id string
	// participant of AUT.
	participant *placardv1.Participant
	// other participant, of MEX. Both have links for their photographs.
	other *placardv1.Participant
	// key of AUT.
	key string
	// instrument is in the register.
	instrument string
	// file of AUT, and document of the meeting.
	file, document string
	// photo of the participant of AUT, and the picture that was sent for it.
	photo   *placardv1.Photo
	picture []byte
	// announcement to all of the meeting, a draft.
	announcement string
	// delivery of the link to the participant of AUT.
	delivery *placardv1.Delivery
	// edition of the list, operation that has ended, and signing key.
	edition    *placardv1.ParticipantListEdition
	operation  string
	signingKey string
	// reading is that the administrator read contacts of AUT.
	reading string
	// operate makes another such operation.
	operate func() string
}

// secret words that stand in the data of MEX and in nothing else.
const foreign = "Zzyzx"

func newFixture(t *testing.T, c *clients, id string) *fixture {
	t.Helper()
	ctx := c.As(t, c.Admin)
	f := &fixture{id: c.id + "-" + id}
	f.meeting = c.newMeeting(t, id, nil, "AUT", "MEX", "FRA", "EGY")
	must(c.invitations.CreateInvitation(ctx, &placardv1.CreateInvitationRequest{Parent: f.meeting, Invitation: &placardv1.Invitation{
		Entity: "entities/COL", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
	}}))(t)
	for _, e := range []string{"AUT", "MEX"} {
		name := "Own"
		if e == "MEX" {
			name = foreign
		}
		own := person(name+"-1", name, "Head", placardv1.Participant_HEAD)
		own.Email, own.Phone = proto.String(strings.ToLower(name)+"@example.org"), proto.String("+1 "+name)
		c.submitAccepted(ctx, t, f.meeting+"/delegations/"+e, own, person("", name, "Expert", placardv1.Participant_EXPERT))
		must(c.participants.CreateParticipant(ctx, &placardv1.CreateParticipantRequest{
			Parent: f.meeting + "/delegations/" + e, Participant: person("", name, "Waiting", placardv1.Participant_ADVISER),
		}))(t)
	}
	f.participant, f.other = c.find(ctx, t, f.meeting+"/delegations/AUT", "Head"), c.find(ctx, t, f.meeting+"/delegations/MEX", "Head")
	for _, p := range []*placardv1.Participant{f.participant, f.other} {
		must(placardv1.NewPhotoServiceClient(c.conn).SendPhotoLink(ctx, &placardv1.SendPhotoLinkRequest{Name: p.GetName() + "/photo"}))(t)
	}
	f.delivery = must(placardv1.NewDeliveryServiceClient(c.conn).ListDeliveries(ctx, &placardv1.ListDeliveriesRequest{
		Parent: f.meeting + "/delegations/AUT", Filter: "kind = PHOTO_LINK"}))(t).GetDeliveries()[0]
	f.reading = must(placardv1.NewReadingServiceClient(c.conn).ListReadings(ctx, &placardv1.ListReadingsRequest{
		Parent: f.meeting, Filter: "entity = AUT"}))(t).GetReadings()[0].GetName()
	d := must(c.meetings.CreateMeeting(ctx, &placardv1.CreateMeetingRequest{MeetingId: f.id + "-draft", Meeting: &placardv1.Meeting{
		Title: &placardv1.LocalizedText{En: "Draft"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
	}}))(t)
	f.draft = d.GetName()
	f.instrument = must(c.instruments.CreateInstrument(ctx, &placardv1.CreateInstrumentRequest{
		InstrumentId: f.id, Instrument: &placardv1.Instrument{Title: &placardv1.LocalizedText{En: "Convention"}},
	}))(t).GetName()
	a := newArchive(c)
	f.file = must(a.files.UploadFile(ctx, note(f.meeting+"/delegations/AUT", pdf(300, ""))))(t).GetName()
	f.document = must(a.documents.CreateDocument(ctx, &placardv1.CreateDocumentRequest{
		Parent: f.meeting, DocumentId: "agenda", Document: &placardv1.Document{Symbol: "A/1", Title: &placardv1.LocalizedText{En: "Agenda"}},
	}))(t).GetName()
	must(a.documents.UploadDocumentVersion(ctx, &placardv1.UploadDocumentVersionRequest{
		Name: f.document, Language: "en", Content: &httpbody.HttpBody{Data: pdf(300, "")},
	}))(t)
	f.picture = portrait(t, 300, 400)
	f.photo = must(placardv1.NewPhotoServiceClient(c.conn).UploadPhoto(ctx, photograph(f.participant.GetName(), f.picture)))(t)
	f.announcement = must(placardv1.NewAnnouncementServiceClient(c.conn).CreateAnnouncement(ctx, &placardv1.CreateAnnouncementRequest{
		Parent: f.meeting, AnnouncementId: "rooms", Announcement: &placardv1.Announcement{
			Subject: &placardv1.LocalizedText{En: "Rooms"}, Body: &placardv1.LocalizedText{En: "The rooms are on the fourth floor."},
		},
	}))(t).GetName()
	f.edition = must(c.lists.IssueParticipantList(ctx, &placardv1.IssueParticipantListRequest{Name: f.meeting + "/participantList"}))(t)
	f.operate = func() string {
		op := must(a.documents.GenerateDocumentArchive(ctx, &placardv1.GenerateDocumentArchiveRequest{Parent: f.meeting, Language: "en"}))(t)
		for !op.GetDone() {
			op = must(c.operations.WaitOperation(ctx, &placardv1.WaitOperationRequest{Name: op.GetName()}))(t)
		}
		return op.GetName()
	}
	f.operation = f.operate()
	f.signingKey = must(c.signingKeys.RotateSigningKey(ctx, &placardv1.RotateSigningKeyRequest{}))(t).GetName()
	f.key = must(c.keys.CreateKey(ctx, &placardv1.CreateKeyRequest{Key: &placardv1.Key{
		Role: placardv1.Access_MISSION, Entity: "entities/AUT", ExpireTime: timestamppb.New(time.Now().Add(time.Hour)),
	}}))(t).GetName()
	return f
}

// requests makes, for every method, a request about what belongs to AUT.
var requests = map[string]func(f *fixture) proto.Message{
	"CallerService.GetCaller":    func(*fixture) proto.Message { return &placardv1.GetCallerRequest{} },
	"EntityService.GetEntity":    func(*fixture) proto.Message { return &placardv1.GetEntityRequest{Name: "entities/AUT"} },
	"EntityService.ListEntities": func(*fixture) proto.Message { return &placardv1.ListEntitiesRequest{} },
	"EntityService.CreateEntity": func(f *fixture) proto.Message {
		return &placardv1.CreateEntityRequest{EntityId: "AUT", Entity: &placardv1.Entity{
			Kind: placardv1.Entity_STATE, ShortName: &placardv1.LocalizedText{En: "Another Austria"},
		}}
	},
	"EntityService.UpdateEntity": func(*fixture) proto.Message {
		return &placardv1.UpdateEntityRequest{Entity: &placardv1.Entity{Name: "entities/AUT", Etag: "another"}}
	},
	"InstrumentService.GetInstrument": func(f *fixture) proto.Message {
		return &placardv1.GetInstrumentRequest{Name: f.instrument}
	},
	"InstrumentService.ListInstruments": func(*fixture) proto.Message { return &placardv1.ListInstrumentsRequest{} },
	"InstrumentService.CreateInstrument": func(f *fixture) proto.Message {
		return &placardv1.CreateInstrumentRequest{InstrumentId: f.id, Instrument: &placardv1.Instrument{Title: &placardv1.LocalizedText{En: "Again"}}}
	},
	"InstrumentService.UpdateInstrument": func(f *fixture) proto.Message {
		return &placardv1.UpdateInstrumentRequest{Instrument: &placardv1.Instrument{Name: f.instrument, Etag: "another"}}
	},
	"InstrumentService.DeleteInstrument": func(f *fixture) proto.Message {
		return &placardv1.DeleteInstrumentRequest{Name: f.instrument, Etag: "another"}
	},
	"ParticipantListService.GenerateParticipantList": func(f *fixture) proto.Message {
		return &placardv1.GenerateParticipantListRequest{Name: f.meeting + "/participantList"}
	},
	"ParticipantListService.IssueParticipantList": func(f *fixture) proto.Message {
		return &placardv1.IssueParticipantListRequest{Name: f.meeting + "/participantList"}
	},
	"ParticipantListService.GetParticipantListEdition": func(f *fixture) proto.Message {
		return &placardv1.GetParticipantListEditionRequest{Name: f.edition.GetName()}
	},
	"ParticipantListService.ListParticipantListEditions": func(f *fixture) proto.Message {
		return &placardv1.ListParticipantListEditionsRequest{Parent: f.meeting + "/participantList"}
	},
	"ParticipantListService.CompareParticipantLists": func(f *fixture) proto.Message {
		return &placardv1.CompareParticipantListsRequest{Name: f.meeting + "/participantList", BaseSequence: f.edition.GetSequence()}
	},
	"ParticipantListService.ExportCorrigendum": func(f *fixture) proto.Message {
		return &placardv1.ExportCorrigendumRequest{Name: f.meeting + "/participantList", BaseSequence: f.edition.GetSequence()}
	},
	"DocumentService.GenerateDocumentArchive": func(f *fixture) proto.Message {
		return &placardv1.GenerateDocumentArchiveRequest{Parent: f.meeting, Language: "en"}
	},
	"DelegationService.ImportDelegations": func(f *fixture) proto.Message {
		return &placardv1.ImportDelegationsRequest{
			Parent: f.meeting, ValidateOnly: true,
			Content: &httpbody.HttpBody{ContentType: "text/csv", Data: []byte("entity,family_name,role\nAUT,New,EXPERT\n")},
		}
	},
	"OperationService.GetOperation": func(f *fixture) proto.Message { return &placardv1.GetOperationRequest{Name: f.operation} },
	"OperationService.ListOperations": func(f *fixture) proto.Message {
		return &placardv1.ListOperationsRequest{Parent: f.meeting}
	},
	"OperationService.WaitOperation":   func(f *fixture) proto.Message { return &placardv1.WaitOperationRequest{Name: f.operation} },
	"OperationService.CancelOperation": func(f *fixture) proto.Message { return &placardv1.CancelOperationRequest{Name: f.operation} },
	"OperationService.DeleteOperation": func(f *fixture) proto.Message { return &placardv1.DeleteOperationRequest{Name: f.operate()} },
	"OperationService.DownloadOperationFile": func(f *fixture) proto.Message {
		return &placardv1.DownloadOperationFileRequest{Name: f.operation}
	},
	"SigningKeyService.GetSigningKey": func(f *fixture) proto.Message {
		return &placardv1.GetSigningKeyRequest{Name: f.signingKey}
	},
	"SigningKeyService.ListSigningKeys":  func(*fixture) proto.Message { return &placardv1.ListSigningKeysRequest{} },
	"SigningKeyService.RotateSigningKey": func(*fixture) proto.Message { return &placardv1.RotateSigningKeyRequest{} },
	"SigningKeyService.RevokeSigningKey": func(f *fixture) proto.Message {
		return &placardv1.RevokeSigningKeyRequest{Name: f.signingKey}
	},
	"ParticipantListService.GetAttendance": func(f *fixture) proto.Message {
		return &placardv1.GetAttendanceRequest{Name: f.meeting + "/attendance"}
	},
	"FileService.GetFile": func(f *fixture) proto.Message { return &placardv1.GetFileRequest{Name: f.file} },
	"FileService.ListFiles": func(f *fixture) proto.Message {
		return &placardv1.ListFilesRequest{Parent: f.meeting + "/delegations/AUT"}
	},
	"FileService.UploadFile":   func(f *fixture) proto.Message { return note(f.meeting+"/delegations/AUT", pdf(300, "")) },
	"FileService.DownloadFile": func(f *fixture) proto.Message { return &placardv1.DownloadFileRequest{Name: f.file} },
	"FileService.DeleteFile": func(f *fixture) proto.Message {
		return &placardv1.DeleteFileRequest{Name: f.file, Etag: "another"}
	},
	"PhotoService.GetPhoto": func(f *fixture) proto.Message { return &placardv1.GetPhotoRequest{Name: f.photo.GetName()} },
	"PhotoService.ListPhotos": func(f *fixture) proto.Message {
		return &placardv1.ListPhotosRequest{Parent: f.meeting + "/delegations/AUT"}
	},
	"PhotoService.UploadPhoto": func(f *fixture) proto.Message { return photograph(f.participant.GetName(), f.picture) },
	"PhotoService.DownloadPhoto": func(f *fixture) proto.Message {
		return &placardv1.DownloadPhotoRequest{Name: f.photo.GetName()}
	},
	"PhotoService.BatchDecidePhotos": func(f *fixture) proto.Message {
		return &placardv1.BatchDecidePhotosRequest{
			Parent:    f.meeting + "/delegations/AUT",
			Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: f.photo.GetName(), Etag: f.photo.GetEtag()}},
		}
	},
	"DeliveryService.GetDelivery": func(f *fixture) proto.Message { return &placardv1.GetDeliveryRequest{Name: f.delivery.GetName()} },
	"DeliveryService.ListDeliveries": func(f *fixture) proto.Message {
		return &placardv1.ListDeliveriesRequest{Parent: f.meeting + "/delegations/AUT"}
	},
	"DeliveryService.ReportBounce": func(f *fixture) proto.Message {
		return &placardv1.ReportBounceRequest{Report: &httpbody.HttpBody{Data: bounceOf(f.delivery.GetMessageId(), f.delivery.GetAddress(), "failed")}}
	},
	"PhotoService.SendPhotoLink": func(f *fixture) proto.Message { return &placardv1.SendPhotoLinkRequest{Name: f.photo.GetName()} },
	"PhotoService.WithdrawPhoto": func(f *fixture) proto.Message { return &placardv1.WithdrawPhotoRequest{Name: f.photo.GetName()} },
	"DocumentService.GetDocument": func(f *fixture) proto.Message {
		return &placardv1.GetDocumentRequest{Name: f.document}
	},
	"DocumentService.ListDocuments": func(f *fixture) proto.Message {
		return &placardv1.ListDocumentsRequest{Parent: f.meeting}
	},
	"DocumentService.CreateDocument": func(f *fixture) proto.Message {
		return &placardv1.CreateDocumentRequest{Parent: f.meeting, DocumentId: "agenda", Document: &placardv1.Document{
			Symbol: "A/1", Title: &placardv1.LocalizedText{En: "Again"},
		}}
	},
	"DocumentService.UpdateDocument": func(f *fixture) proto.Message {
		return &placardv1.UpdateDocumentRequest{Document: &placardv1.Document{Name: f.document, Etag: "another"}}
	},
	"DocumentService.DeleteDocument": func(f *fixture) proto.Message {
		return &placardv1.DeleteDocumentRequest{Name: f.document, Etag: "another"}
	},
	"DocumentService.UploadDocumentVersion": func(f *fixture) proto.Message {
		return &placardv1.UploadDocumentVersionRequest{Name: f.document, Language: "fr", Content: &httpbody.HttpBody{Data: pdf(300, "")}}
	},
	"DocumentService.DownloadDocumentVersion": func(f *fixture) proto.Message {
		return &placardv1.DownloadDocumentVersionRequest{Name: f.document, Language: "en"}
	},
	"DocumentService.ExportDocuments": func(f *fixture) proto.Message {
		return &placardv1.ExportDocumentsRequest{Parent: f.meeting, Language: "en"}
	},
	"StatisticsService.GetMeetingStatistics": func(f *fixture) proto.Message {
		return &placardv1.GetMeetingStatisticsRequest{Name: f.meeting + "/statistics"}
	},
	"StatisticsService.DrawMeetingStatistics": func(f *fixture) proto.Message {
		return &placardv1.DrawMeetingStatisticsRequest{
			Name: f.meeting + "/statistics", Chart: placardv1.DrawMeetingStatisticsRequest_REGISTRATIONS,
		}
	},
	"DelegationService.ImportDelegation": func(f *fixture) proto.Message {
		return &placardv1.ImportDelegationRequest{
			Name: f.meeting + "/delegations/AUT", ValidateOnly: true,
			Content: &httpbody.HttpBody{ContentType: "text/csv", Data: []byte("family_name,role\nNew,EXPERT\n")},
		}
	},
	"DelegationService.DownloadDelegationTemplate": func(f *fixture) proto.Message {
		return &placardv1.DownloadDelegationTemplateRequest{Name: f.meeting + "/delegations/AUT"}
	},
	"DelegationService.CopyDelegation": func(f *fixture) proto.Message {
		return &placardv1.CopyDelegationRequest{Name: f.meeting + "/delegations/AUT", Source: f.meeting + "/delegations/AUT"}
	},
	"DelegationService.GetDelegationRevision": func(f *fixture) proto.Message {
		return &placardv1.GetDelegationRevisionRequest{Name: f.meeting + "/delegations/AUT/revisions/1"}
	},
	"DelegationService.DiffDelegationRevision": func(f *fixture) proto.Message {
		return &placardv1.DiffDelegationRevisionRequest{Name: f.meeting + "/delegations/AUT/revisions/2"}
	},
	"ParticipantService.ReplaceParticipant": func(f *fixture) proto.Message {
		return &placardv1.ReplaceParticipantRequest{
			Name: f.participant.GetName(), Etag: "another", Participant: person("", "New", "One", placardv1.Participant_EXPERT),
		}
	},
	"ParticipantService.ListPossibleDuplicates": func(f *fixture) proto.Message {
		return &placardv1.ListPossibleDuplicatesRequest{Parent: f.meeting}
	},
	"MeetingService.GetMeeting":   func(f *fixture) proto.Message { return &placardv1.GetMeetingRequest{Name: f.meeting} },
	"MeetingService.ListMeetings": func(*fixture) proto.Message { return &placardv1.ListMeetingsRequest{PageSize: 1000} },
	"MeetingService.CreateMeeting": func(f *fixture) proto.Message {
		return &placardv1.CreateMeetingRequest{MeetingId: f.id + "-new", ValidateOnly: true, Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "New"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
		}}
	},
	"MeetingService.UpdateMeeting": func(f *fixture) proto.Message {
		return &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: f.meeting, DocumentsUri: "https://example.org/"}}
	},
	"MeetingService.DeleteMeeting":   func(f *fixture) proto.Message { return &placardv1.DeleteMeetingRequest{Name: f.meeting} },
	"MeetingService.AnnounceMeeting": func(f *fixture) proto.Message { return &placardv1.AnnounceMeetingRequest{Name: f.meeting} },
	"MeetingService.OpenMeeting":     func(f *fixture) proto.Message { return &placardv1.OpenMeetingRequest{Name: f.meeting} },
	"MeetingService.CloseMeeting":    func(f *fixture) proto.Message { return &placardv1.CloseMeetingRequest{Name: f.meeting} },
	"MeetingService.ConcludeMeeting": func(f *fixture) proto.Message { return &placardv1.ConcludeMeetingRequest{Name: f.meeting} },
	"InvitationService.GetInvitation": func(f *fixture) proto.Message {
		return &placardv1.GetInvitationRequest{Name: f.meeting + "/invitations/AUT"}
	},
	"InvitationService.ListInvitations": func(f *fixture) proto.Message {
		return &placardv1.ListInvitationsRequest{Parent: f.meeting}
	},
	"InvitationService.CreateInvitation": func(f *fixture) proto.Message {
		return &placardv1.CreateInvitationRequest{Parent: f.meeting, Invitation: &placardv1.Invitation{
			Entity: "entities/BRA", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
		}}
	},
	"InvitationService.BatchCreateInvitations": func(f *fixture) proto.Message {
		return &placardv1.BatchCreateInvitationsRequest{Parent: f.meeting, Requests: []*placardv1.CreateInvitationRequest{{
			Parent: f.meeting, Invitation: &placardv1.Invitation{Entity: "entities/JPN", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY},
		}}}
	},
	"InvitationService.UpdateInvitation": func(f *fixture) proto.Message {
		return &placardv1.UpdateInvitationRequest{Invitation: &placardv1.Invitation{Name: f.meeting + "/invitations/AUT", Reference: "X"}}
	},
	"InvitationService.DeleteInvitation": func(f *fixture) proto.Message {
		return &placardv1.DeleteInvitationRequest{Name: f.meeting + "/invitations/AUT"}
	},
	"InvitationService.IssueInvitation": func(f *fixture) proto.Message {
		return &placardv1.IssueInvitationRequest{Name: f.meeting + "/invitations/AUT"}
	},
	"InvitationService.AcknowledgeInvitation": func(f *fixture) proto.Message {
		return &placardv1.AcknowledgeInvitationRequest{Name: f.meeting + "/invitations/AUT"}
	},
	"InvitationService.AcceptInvitation": func(f *fixture) proto.Message {
		return &placardv1.AcceptInvitationRequest{Name: f.meeting + "/invitations/AUT"}
	},
	"InvitationService.DeclineInvitation": func(f *fixture) proto.Message {
		return &placardv1.DeclineInvitationRequest{Name: f.meeting + "/invitations/AUT"}
	},
	"DelegationService.GetDelegation": func(f *fixture) proto.Message {
		return &placardv1.GetDelegationRequest{Name: f.meeting + "/delegations/AUT"}
	},
	"DelegationService.BatchGetDelegations": func(f *fixture) proto.Message {
		return &placardv1.BatchGetDelegationsRequest{Parent: "meetings/-", Names: []string{f.meeting + "/delegations/AUT"}}
	},
	"ParticipantService.BatchGetParticipants": func(f *fixture) proto.Message {
		return &placardv1.BatchGetParticipantsRequest{Parent: "meetings/-/delegations/-", Names: []string{f.participant.GetName()}}
	},
	"DelegationService.ListDelegations": func(f *fixture) proto.Message {
		return &placardv1.ListDelegationsRequest{Parent: f.meeting}
	},
	"DelegationService.SubmitDelegation": func(f *fixture) proto.Message {
		return &placardv1.SubmitDelegationRequest{Name: f.meeting + "/delegations/AUT", Participants: []*placardv1.Participant{
			{Name: f.participant.GetName(), FamilyName: "Head", Role: placardv1.Participant_HEAD},
		}}
	},
	"DelegationService.AcceptDelegation": func(f *fixture) proto.Message {
		return &placardv1.AcceptDelegationRequest{Name: f.meeting + "/delegations/AUT", Revision: 1}
	},
	"DelegationService.ReturnDelegation": func(f *fixture) proto.Message {
		return &placardv1.ReturnDelegationRequest{Name: f.meeting + "/delegations/AUT", Revision: 1, Reasons: []string{"x"}}
	},
	"DelegationService.WithdrawDelegation": func(f *fixture) proto.Message {
		return &placardv1.WithdrawDelegationRequest{Name: f.meeting + "/delegations/AUT"}
	},
	"DelegationService.ListDelegationRevisions": func(f *fixture) proto.Message {
		return &placardv1.ListDelegationRevisionsRequest{Parent: f.meeting + "/delegations/AUT"}
	},
	"ParticipantService.GetParticipant": func(f *fixture) proto.Message {
		return &placardv1.GetParticipantRequest{Name: f.participant.GetName()}
	},
	"ParticipantService.ListParticipants": func(f *fixture) proto.Message {
		return &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/AUT"}
	},
	"ParticipantService.CreateParticipant": func(f *fixture) proto.Message {
		return &placardv1.CreateParticipantRequest{Parent: f.meeting + "/delegations/AUT", Participant: person("", "New", "One", placardv1.Participant_EXPERT)}
	},
	"ParticipantService.UpdateParticipant": func(f *fixture) proto.Message {
		return &placardv1.UpdateParticipantRequest{Participant: &placardv1.Participant{Name: f.participant.GetName(), Phone: proto.String("1")}}
	},
	"ParticipantService.WithdrawParticipant": func(f *fixture) proto.Message {
		return &placardv1.WithdrawParticipantRequest{Name: f.participant.GetName(), Etag: "another"}
	},
	"ParticipantListService.GetParticipantList": func(f *fixture) proto.Message {
		return &placardv1.GetParticipantListRequest{Name: f.meeting + "/participantList"}
	},
	"ParticipantListService.ExportParticipantList": func(f *fixture) proto.Message {
		return &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList"}
	},
	"CredentialsService.GetCredentials": func(f *fixture) proto.Message {
		return &placardv1.GetCredentialsRequest{Name: f.meeting + "/credentials/AUT"}
	},
	"CredentialsService.ListCredentials": func(f *fixture) proto.Message {
		return &placardv1.ListCredentialsRequest{Parent: f.meeting}
	},
	"CredentialsService.ReceiveCredentials": func(f *fixture) proto.Message {
		return &placardv1.ReceiveCredentialsRequest{
			Name: f.meeting + "/credentials/AUT", Form: placardv1.Credentials_FORM_COPY,
			SignatoryCapacity: placardv1.SignatoryCapacity_HEAD_OF_STATE,
		}
	},
	"CredentialsService.ExamineCredentials": func(f *fixture) proto.Message {
		return &placardv1.ExamineCredentialsRequest{Name: f.meeting + "/credentials/AUT"}
	},
	"CredentialsService.DecideCredentials": func(f *fixture) proto.Message {
		return &placardv1.DecideCredentialsRequest{Name: f.meeting + "/credentials/AUT", Decision: placardv1.Credentials_REJECTED}
	},
	"CredentialsService.ReopenCredentials": func(f *fixture) proto.Message {
		return &placardv1.ReopenCredentialsRequest{Name: f.meeting + "/credentials/AUT"}
	},
	"CredentialsService.GetCredentialsReport": func(f *fixture) proto.Message {
		return &placardv1.GetCredentialsReportRequest{Name: f.meeting + "/credentialsReport"}
	},
	"CredentialsService.GetQuorum": func(f *fixture) proto.Message {
		return &placardv1.GetQuorumRequest{Name: f.meeting + "/quorum"}
	},
	"MeetingService.ExportMeetingCalendar": func(f *fixture) proto.Message { return &placardv1.ExportMeetingCalendarRequest{Name: f.meeting} },
	"AnnouncementService.GetAnnouncement":  func(f *fixture) proto.Message { return &placardv1.GetAnnouncementRequest{Name: f.announcement} },
	"AnnouncementService.ListAnnouncements": func(f *fixture) proto.Message {
		return &placardv1.ListAnnouncementsRequest{Parent: f.meeting}
	},
	"AnnouncementService.CreateAnnouncement": func(f *fixture) proto.Message {
		return &placardv1.CreateAnnouncementRequest{Parent: f.meeting, AnnouncementId: "rooms", Announcement: &placardv1.Announcement{
			Subject: &placardv1.LocalizedText{En: "Again"}, Body: &placardv1.LocalizedText{En: "Again"},
		}}
	},
	"AnnouncementService.UpdateAnnouncement": func(f *fixture) proto.Message {
		return &placardv1.UpdateAnnouncementRequest{Announcement: &placardv1.Announcement{Name: f.announcement, Etag: "another"}}
	},
	"AnnouncementService.DeleteAnnouncement": func(f *fixture) proto.Message {
		return &placardv1.DeleteAnnouncementRequest{Name: f.announcement, Etag: "another"}
	},
	"AnnouncementService.PreviewAnnouncement": func(f *fixture) proto.Message {
		return &placardv1.PreviewAnnouncementRequest{Name: f.announcement}
	},
	"AnnouncementService.SendAnnouncement": func(f *fixture) proto.Message {
		return &placardv1.SendAnnouncementRequest{Name: f.announcement, Etag: "another"}
	},
	"AnnouncementService.CancelAnnouncement": func(f *fixture) proto.Message {
		return &placardv1.CancelAnnouncementRequest{Name: f.announcement}
	},
	"ReadingService.GetReading": func(f *fixture) proto.Message { return &placardv1.GetReadingRequest{Name: f.reading} },
	"ReadingService.ListReadings": func(f *fixture) proto.Message {
		return &placardv1.ListReadingsRequest{Parent: f.meeting}
	},
	"CorrespondenceService.ExportLetter": func(f *fixture) proto.Message {
		return &placardv1.ExportLetterRequest{
			Name: f.meeting + "/invitations/AUT", Kind: placardv1.Letter_INVITATION, Format: placardv1.Letter_DOCX,
		}
	},
	"CorrespondenceService.GenerateLetters": func(f *fixture) proto.Message {
		return &placardv1.GenerateLettersRequest{Parent: f.meeting, Kind: placardv1.Letter_REMINDER, Format: placardv1.Letter_DOCX}
	},
	"CorrespondenceService.GetLetterTemplate": func(f *fixture) proto.Message {
		return &placardv1.GetLetterTemplateRequest{Name: f.meeting + "/letterTemplates/letter"}
	},
	"CorrespondenceService.ListLetterTemplates": func(f *fixture) proto.Message {
		return &placardv1.ListLetterTemplatesRequest{Parent: f.meeting}
	},
	"CorrespondenceService.UpdateLetterTemplate": func(f *fixture) proto.Message {
		return &placardv1.UpdateLetterTemplateRequest{LetterTemplate: &placardv1.LetterTemplate{
			Name: f.meeting + "/letterTemplates/letter", Texts: &placardv1.LetterTemplate_Texts{Ar: "a", Zh: "a", En: "a", Fr: "a", Ru: "a", Es: "a"},
		}}
	},
	"CorrespondenceService.ResetLetterTemplate": func(f *fixture) proto.Message {
		return &placardv1.ResetLetterTemplateRequest{Name: f.meeting + "/letterTemplates/letter"}
	},
	"ChangeService.ListChanges": func(*fixture) proto.Message { return &placardv1.ListChangesRequest{PageSize: 1000} },
	"KeyService.GetKey":         func(f *fixture) proto.Message { return &placardv1.GetKeyRequest{Name: f.key} },
	"KeyService.ListKeys":       func(*fixture) proto.Message { return &placardv1.ListKeysRequest{PageSize: 1000} },
	"KeyService.CreateKey": func(f *fixture) proto.Message {
		return &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/AUT"}}
	},
	"KeyService.RevokeKey": func(f *fixture) proto.Message { return &placardv1.RevokeKeyRequest{Name: f.key} },
}

// callers of the test, and the role of ACCESS.md that each has. `outside` says
// that what belongs to AUT in the fixture is not the caller's.
var callers = []struct {
	name, role, entity string
	bound              func(f *fixture) []string
	// link is whose link the caller comes by.
	link    func(f *fixture) *placardv1.Participant
	outside bool
}{
	// Links come first: what the others do ends them.
	{name: "link", role: "link", link: func(f *fixture) *placardv1.Participant { return f.participant }},
	{name: "link of another State", role: "link", entity: "MEX", link: func(f *fixture) *placardv1.Participant { return f.other }, outside: true},
	{name: "admin", role: "admin"},
	{name: "secretariat", role: "secretariat"},
	{name: "secretariat of the meeting", role: "secretariat", bound: func(f *fixture) []string { return []string{f.meeting} }},
	{name: "secretariat of another meeting", role: "secretariat", bound: func(f *fixture) []string { return []string{f.draft} }, outside: true},
	{name: "mission", role: "mission", entity: "AUT"},
	{name: "mission of another State", role: "mission", entity: "MEX", outside: true},
	{name: "mission of a State that is not invited", role: "mission", entity: "ZAF", outside: true},
	{name: "mission of a State whose invitation is a draft", role: "mission", entity: "COL", outside: true},
	{name: "pass office", role: "pass_office"},
	{name: "pass office of another meeting", role: "pass_office", bound: func(f *fixture) []string { return []string{f.draft} }, outside: true},
	{name: "gate", role: "gate"},
	{name: "reader", role: "reader"},
	{name: "reader of another meeting", role: "reader", bound: func(f *fixture) []string { return []string{f.draft} }, outside: true},
}

// TestAccess: every method with every role of ACCESS.md. What a role may not
// call is PERMISSION_DENIED; what is not the caller's is NOT_FOUND, or absent
// from what is answered.
func TestAccess(t *testing.T) {
	table := accessTable(t)
	// These answer to everybody who may call them, each with its own.
	public := []string{"CallerService.GetCaller", "EntityService.GetEntity", "EntityService.ListEntities",
		"EntityService.CreateEntity", "EntityService.UpdateEntity", "InstrumentService.GetInstrument", "InstrumentService.ListInstruments",
		"InstrumentService.CreateInstrument", "InstrumentService.UpdateInstrument", "InstrumentService.DeleteInstrument",
		"MeetingService.ListMeetings", "MeetingService.CreateMeeting", "ChangeService.ListChanges", "KeyService.ListKeys",
		"SigningKeyService.GetSigningKey", "SigningKeyService.ListSigningKeys", "DeliveryService.ReportBounce"}
	// These are for who is bound to no meeting.
	unbound := []string{"MeetingService.CreateMeeting", "EntityService.CreateEntity", "EntityService.UpdateEntity",
		"InstrumentService.CreateInstrument", "InstrumentService.UpdateInstrument", "InstrumentService.DeleteInstrument"}
	// These are called once the delegation is withdrawn, and its links with it.
	withdrawn := []string{"InvitationService.DeclineInvitation", "KeyService.RevokeKey", "MeetingService.ConcludeMeeting"}
	// The meeting and its list are another State's as well, if it is invited.
	shared := []string{"MeetingService.GetMeeting", "MeetingService.ExportMeetingCalendar", "InvitationService.ListInvitations", "DelegationService.ListDelegations",
		"DocumentService.GetDocument", "DocumentService.ListDocuments", "DocumentService.DownloadDocumentVersion", "DocumentService.ExportDocuments",
		"CredentialsService.ListCredentials", "ParticipantListService.GetParticipantList", "ParticipantListService.ExportParticipantList",
		"ParticipantListService.GetParticipantListEdition", "ParticipantListService.ListParticipantListEditions"}
	each(t, func(t *testing.T, c *clients) {
		f := newFixture(t, c, "access")
		keys := map[string]string{}
		for _, caller := range callers {
			var bound []string
			if caller.bound != nil {
				bound = caller.bound(f)
			}
			if caller.link == nil {
				keys[caller.name] = c.Key(t, caller.role, caller.entity, bound...)
			}
		}
		for _, method := range methods() {
			short := shortName(method)
			request, ok := requests[short]
			if !ok {
				t.Errorf("%s has no request in this test", short)
				continue
			}
			roles, ok := table[short]
			if !ok {
				t.Errorf("%s is not in ACCESS.md", short)
			}
			t.Run(short, func(t *testing.T) {
				_, err := call(t.Context(), t, c.conn, method, request(f))
				wantFault(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
				for _, caller := range callers {
					key := keys[caller.name]
					if caller.link != nil {
						key = c.Link(t, caller.link(f).GetName()) // the one that was sent last
					}
					_, err := call(c.As(t, key), t, c.conn, method, request(f))
					code, reason := faultOf(err)
					invited := caller.entity == "MEX" && slices.Contains(shared, short)
					switch {
					case caller.name == "link" && slices.Contains(withdrawn, short):
						if reason != "LINK_REVOKED" {
							t.Errorf("%s: %v, want LINK_REVOKED", caller.name, err)
						}
					case !slices.Contains(roles, caller.role):
						if code != codes.PermissionDenied {
							t.Errorf("%s: %v, want PERMISSION_DENIED", caller.name, err)
						}
					case slices.Contains(unbound, short) && caller.bound != nil:
						if reason != "MEETING_BOUND" {
							t.Errorf("%s: %v, want MEETING_BOUND", caller.name, err)
						}
					case short == "KeyService.CreateKey" && (caller.outside || caller.bound != nil):
						if reason != "KEY_EXCEEDS_CALLER" {
							t.Errorf("%s: %v, want KEY_EXCEEDS_CALLER", caller.name, err)
						}
					case short == "KeyService.GetKey" || short == "KeyService.RevokeKey":
						if want := caller.outside || caller.bound != nil; want != (code == codes.NotFound) {
							t.Errorf("%s: %v, NOT_FOUND wanted: %v", caller.name, err, want)
						}
					case caller.outside && !invited && !slices.Contains(public, short):
						if code != codes.NotFound {
							t.Errorf("%s: %v, want NOT_FOUND", caller.name, err)
						}
					default:
						if slices.Contains([]codes.Code{codes.PermissionDenied, codes.NotFound, codes.Unauthenticated, codes.Internal, codes.Unimplemented, codes.Unknown}, code) {
							t.Errorf("%s: %v", caller.name, err)
						}
					}
				}
			})
		}
	})
}

// TestNothingForeign: a mission tries every way in to what belongs to another
// State. Whatever it is answered holds nothing of it.
func TestNothingForeign(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		f := newFixture(t, c, "foreign")
		admin := c.As(t, c.Admin)
		mexican := c.find(admin, t, f.meeting+"/delegations/MEX", "Head").GetName()
		own := c.As(t, c.Key(t, "mission", "AUT"))
		foreignToken := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{
			Parent: "meetings/-/delegations/-", PageSize: 1}))(t).GetNextPageToken()
		photos := placardv1.NewPhotoServiceClient(c.conn)
		photo := must(photos.UploadPhoto(admin, photograph(mexican, f.picture)))(t).GetName()
		deliveries := placardv1.NewDeliveryServiceClient(c.conn)
		delivered := must(deliveries.ListDeliveries(admin, &placardv1.ListDeliveriesRequest{
			Parent: f.meeting + "/delegations/MEX", Filter: "kind = PHOTO_LINK"}))(t).GetDeliveries()[0]
		deliveryToken := must(deliveries.ListDeliveries(admin, &placardv1.ListDeliveriesRequest{
			Parent: "meetings/-/delegations/-", PageSize: 1}))(t).GetNextPageToken()
		photoToken := must(photos.ListPhotos(admin, &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-", PageSize: 1}))(t).GetNextPageToken()
		mexicanToken := must(c.participants.ListParticipants(c.As(t, c.Key(t, "mission", "MEX")), &placardv1.ListParticipantsRequest{
			Parent: "meetings/-/delegations/-", PageSize: 1}))(t).GetNextPageToken()

		for name, req := range map[string]struct {
			method string
			req    proto.Message
		}{
			"direct participant":     {"ParticipantService.GetParticipant", &placardv1.GetParticipantRequest{Name: mexican}},
			"their id under our own": {"ParticipantService.GetParticipant", &placardv1.GetParticipantRequest{Name: strings.Replace(mexican, "/MEX/", "/AUT/", 1)}},
			"update under our own": {"ParticipantService.UpdateParticipant", &placardv1.UpdateParticipantRequest{
				Participant: &placardv1.Participant{Name: strings.Replace(mexican, "/MEX/", "/AUT/", 1), Phone: proto.String("1")}}},
			"withdraw under our own": {"ParticipantService.WithdrawParticipant", &placardv1.WithdrawParticipantRequest{Name: strings.Replace(mexican, "/MEX/", "/AUT/", 1)}},
			"one of theirs in a batch": {"ParticipantService.BatchGetParticipants", &placardv1.BatchGetParticipantsRequest{
				Parent: "meetings/-/delegations/-", Names: []string{f.participant.GetName(), mexican}}},
			"their id under our own in a batch": {"ParticipantService.BatchGetParticipants", &placardv1.BatchGetParticipantsRequest{
				Parent: "meetings/-/delegations/-", Names: []string{strings.Replace(mexican, "/MEX/", "/AUT/", 1)}}},
			"one of their delegations in a batch": {"DelegationService.BatchGetDelegations", &placardv1.BatchGetDelegationsRequest{
				Parent: f.meeting, Names: []string{f.meeting + "/delegations/AUT", f.meeting + "/delegations/MEX"}}},
			"direct delegation":        {"DelegationService.GetDelegation", &placardv1.GetDelegationRequest{Name: f.meeting + "/delegations/MEX"}},
			"revisions":                {"DelegationService.ListDelegationRevisions", &placardv1.ListDelegationRevisionsRequest{Parent: f.meeting + "/delegations/MEX"}},
			"list of theirs":           {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/MEX"}},
			"wildcard entity":          {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/-", PageSize: 1000}},
			"wildcard meeting":         {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/MEX"}},
			"wildcard both":            {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", PageSize: 1000}},
			"in force":                 {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", PageSize: 1000, View: placardv1.CompositionView_ACCEPTED}},
			"filter by entity":         {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", Filter: `entity = "MEX"`}},
			"filter by e-mail":         {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", Filter: `email = "zzyzx@example.org" OR role = HEAD`, PageSize: 1000}},
			"filter that is true":      {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/AUT", Filter: `entity = "MEX" OR NOT entity = "MEX"`, PageSize: 1000}},
			"token of the Secretariat": {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", PageSize: 1, PageToken: foreignToken}},
			"token of Mexico":          {"ParticipantService.ListParticipants", &placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-", PageSize: 1, PageToken: mexicanToken}},
			"delegations":              {"DelegationService.ListDelegations", &placardv1.ListDelegationsRequest{Parent: "meetings/-", PageSize: 1000}},
			"delegations by filter":    {"DelegationService.ListDelegations", &placardv1.ListDelegationsRequest{Parent: f.meeting, Filter: `entity = "entities/MEX" OR state = SUBMITTED`}},
			"invitations":              {"InvitationService.ListInvitations", &placardv1.ListInvitationsRequest{Parent: "meetings/-", PageSize: 1000}},
			"invitations by filter":    {"InvitationService.ListInvitations", &placardv1.ListInvitationsRequest{Parent: f.meeting, Filter: `entity = "MEX"`}},
			"list of participants":     {"ParticipantListService.GetParticipantList", &placardv1.GetParticipantListRequest{Name: f.meeting + "/participantList"}},
			"provisional list":         {"ParticipantListService.GetParticipantList", &placardv1.GetParticipantListRequest{Name: f.meeting + "/participantList", Provisional: true}},
			"exported list":            {"ParticipantListService.ExportParticipantList", &placardv1.ExportParticipantListRequest{Name: f.meeting + "/participantList", Provisional: true}},
			"changes":                  {"ChangeService.ListChanges", &placardv1.ListChangesRequest{PageSize: 1000}},
			"changes of the meeting":   {"ChangeService.ListChanges", &placardv1.ListChangesRequest{Meeting: f.meeting, PageSize: 1000}},
			"keys":                     {"KeyService.ListKeys", &placardv1.ListKeysRequest{PageSize: 1000}},
			"their participant in our submission": {"DelegationService.SubmitDelegation", &placardv1.SubmitDelegationRequest{
				Name: f.meeting + "/delegations/AUT", Participants: []*placardv1.Participant{{Name: mexican, FamilyName: "X", Role: placardv1.Participant_HEAD}}}},
			"their id in our submission": {"DelegationService.SubmitDelegation", &placardv1.SubmitDelegationRequest{
				Name: f.meeting + "/delegations/AUT", ValidateOnly: true, MaxWithdrawals: proto.Int32(9), Etag: must(c.delegations.GetDelegation(own, &placardv1.GetDelegationRequest{Name: f.meeting + "/delegations/AUT"}))(t).GetEtag(),
				Participants: []*placardv1.Participant{{ExternalId: proto.String(foreign + "-1"), GivenName: foreign, FamilyName: "Head", Role: placardv1.Participant_HEAD}}}},
			"a key for Mexico":      {"KeyService.CreateKey", &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_MISSION, Entity: "entities/MEX"}}},
			"a key of more":         {"KeyService.CreateKey", &placardv1.CreateKeyRequest{Key: &placardv1.Key{Role: placardv1.Access_SECRETARIAT}}},
			"a draft of a meeting":  {"MeetingService.GetMeeting", &placardv1.GetMeetingRequest{Name: f.draft}},
			"changes of that draft": {"ChangeService.ListChanges", &placardv1.ListChangesRequest{Meeting: f.draft}},
			"their photograph":      {"PhotoService.GetPhoto", &placardv1.GetPhotoRequest{Name: photo}},
			"their picture":         {"PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{Name: photo}},
			"their picture under our own": {"PhotoService.DownloadPhoto", &placardv1.DownloadPhotoRequest{
				Name: strings.Replace(photo, "/MEX/", "/AUT/", 1)}},
			"a photograph for theirs": {"PhotoService.UploadPhoto", photograph(mexican, f.picture)},
			"a photograph for theirs under our own": {"PhotoService.UploadPhoto", photograph(
				strings.Replace(mexican, "/MEX/", "/AUT/", 1), f.picture)},
			"a link for theirs": {"PhotoService.SendPhotoLink", &placardv1.SendPhotoLinkRequest{Name: photo}},
			"a link for theirs under our own": {"PhotoService.SendPhotoLink", &placardv1.SendPhotoLinkRequest{
				Name: strings.Replace(photo, "/MEX/", "/AUT/", 1)}},
			"taking theirs back": {"PhotoService.WithdrawPhoto", &placardv1.WithdrawPhotoRequest{Name: photo}},
			"taking theirs back under our own": {"PhotoService.WithdrawPhoto", &placardv1.WithdrawPhotoRequest{
				Name: strings.Replace(photo, "/MEX/", "/AUT/", 1)}},
			"deciding on theirs": {"PhotoService.BatchDecidePhotos", &placardv1.BatchDecidePhotosRequest{
				Parent:    f.meeting + "/delegations/-",
				Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: f.photo.GetName(), Etag: "1"}, {Name: photo, Etag: "1"}}}},
			"a delivery of theirs": {"DeliveryService.GetDelivery", &placardv1.GetDeliveryRequest{Name: delivered.GetName()}},
			"a delivery of theirs under our own": {"DeliveryService.GetDelivery", &placardv1.GetDeliveryRequest{
				Name: strings.Replace(delivered.GetName(), "/MEX/", "/AUT/", 1)}},
			"deliveries of theirs":   {"DeliveryService.ListDeliveries", &placardv1.ListDeliveriesRequest{Parent: f.meeting + "/delegations/MEX"}},
			"deliveries":             {"DeliveryService.ListDeliveries", &placardv1.ListDeliveriesRequest{Parent: "meetings/-/delegations/-", PageSize: 1000}},
			"deliveries by filter":   {"DeliveryService.ListDeliveries", &placardv1.ListDeliveriesRequest{Parent: f.meeting + "/delegations/-", Filter: `entity = "MEX" OR kind = PHOTO_LINK`}},
			"deliveries by a token":  {"DeliveryService.ListDeliveries", &placardv1.ListDeliveriesRequest{Parent: "meetings/-/delegations/-", PageSize: 1, PageToken: deliveryToken}},
			"a report of theirs":     {"DeliveryService.ReportBounce", &placardv1.ReportBounceRequest{Report: &httpbody.HttpBody{Data: bounceOf(delivered.GetMessageId(), delivered.GetAddress(), "failed")}}},
			"photographs of theirs":  {"PhotoService.ListPhotos", &placardv1.ListPhotosRequest{Parent: f.meeting + "/delegations/MEX"}},
			"photographs of all":     {"PhotoService.ListPhotos", &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-", PageSize: 1000}},
			"photographs of Mexico":  {"PhotoService.ListPhotos", &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/MEX"}},
			"photographs by filter":  {"PhotoService.ListPhotos", &placardv1.ListPhotosRequest{Parent: f.meeting + "/delegations/-", Filter: `entity = "MEX" OR state = UPLOADED`}},
			"photographs by a token": {"PhotoService.ListPhotos", &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-", PageSize: 1, PageToken: photoToken}},
			"declining for Mexico":   {"InvitationService.DeclineInvitation", &placardv1.DeclineInvitationRequest{Name: f.meeting + "/invitations/MEX"}},
		} {
			t.Run(name, func(t *testing.T) {
				before := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/MEX"}))(t)
				answer, err := call(own, t, c.conn, "/placard.v1."+strings.Replace(req.method, ".", "/", 1), req.req)
				if err == nil {
					text := answer
					// What the caller itself sent is not foreign.
					if name == "their id in our submission" {
						if !strings.Contains(text, "ADDED") || strings.Contains(text, "CHANGED") {
							t.Errorf("matched with a person of another State: %s", text)
						}
						text = strings.ReplaceAll(text, foreign, "")
					}
					if strings.Contains(text, foreign) || strings.Contains(strings.ReplaceAll(text, "entities/MEX ", ""), "MEX") || strings.Contains(text, f.draft) {
						t.Errorf("answers what is not the caller's: %s", text)
					}
				} else if code, _ := faultOf(err); code != codes.NotFound && code != codes.InvalidArgument && code != codes.PermissionDenied {
					t.Errorf("%v", err)
				} else if strings.Contains(err.Error(), foreign) {
					t.Errorf("the error tells: %v", err)
				}
				after := must(c.participants.ListParticipants(admin, &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/MEX"}))(t)
				equal(t, "what is Mexico's", after, before)
			})
		}
	})
}

// TestContactsAreHidden: the Pass Office and readers never get a contact
// detail, nor anybody who was not accepted, nor a meeting that is a draft.
func TestContactsAreHidden(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		f := newFixture(t, c, "contacts")
		for _, role := range []string{"pass_office", "reader"} {
			ctx := c.As(t, c.Key(t, role, ""))
			for _, method := range methods() {
				short := shortName(method)
				if !slices.Contains(accessTable(t)[short], role) || short == "EntityService.ListEntities" {
					continue
				}
				answer, err := call(ctx, t, c.conn, method, requests[short](f))
				if err != nil {
					t.Errorf("%s: %v", short, err)
					continue
				}
				for _, hidden := range []string{"@example.org", "+1 ", "Waiting", foreign + "-1", "Own-1"} {
					if strings.Contains(answer, hidden) {
						t.Errorf("%s answers %q to %s: %s", short, hidden, role, answer)
					}
				}
			}
		}
		for _, role := range []string{"pass_office", "gate", "reader"} {
			ctx := c.As(t, c.Key(t, role, ""))
			_, err := c.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: f.draft})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			for _, m := range must(c.meetings.ListMeetings(ctx, &placardv1.ListMeetingsRequest{PageSize: 1000}))(t).GetMeetings() {
				if m.GetState() == placardv1.Meeting_DRAFT {
					t.Errorf("%s sees the draft %s", role, m.GetName())
				}
			}
		}
		pass := c.As(t, c.Key(t, "pass_office", ""))
		_, err := c.participants.ListParticipants(pass, &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/-", View: placardv1.CompositionView_LATEST})
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
		_, err = c.participants.ListParticipants(pass, &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/-", Filter: `email = "own@example.org"`})
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_READABLE")
		_, err = c.lists.GetParticipantList(pass, &placardv1.GetParticipantListRequest{Name: f.meeting + "/participantList", Provisional: true})
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
		list := must(c.participants.ListParticipants(pass, &placardv1.ListParticipantsRequest{Parent: f.meeting + "/delegations/-"}))(t)
		if len(list.GetParticipants()) != 4 {
			t.Errorf("the Pass Office sees %d participants in force, want 4", len(list.GetParticipants()))
		}
	})
}

// methods are all methods of the contract, as gRPC calls them.
func methods() []string {
	var out []string
	protoregistry.GlobalFiles.RangeFilesByPackage("placard.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				out = append(out, "/"+string(s.FullName())+"/"+string(s.Methods().Get(j).Name()))
			}
		}
		return true
	})
	slices.Sort(out)
	// What ends a meeting or a key comes last, so that the others still find it.
	last := func(m string) bool {
		return slices.Contains([]string{"ConcludeMeeting", "WithdrawDelegation", "DeclineInvitation", "RevokeKey"}, m[strings.LastIndexByte(m, '/')+1:])
	}
	slices.SortStableFunc(out, func(a, b string) int {
		switch {
		case last(a) == last(b):
			return 0
		case last(a):
			return 1
		default:
			return -1
		}
	})
	// Nothing is written any more once a meeting is concluded.
	i := slices.IndexFunc(out, func(m string) bool { return strings.HasSuffix(m, "/ConcludeMeeting") })
	return append(append(out[:i:i], out[i+1:]...), out[i])
}

func shortName(method string) string {
	return strings.Replace(strings.TrimPrefix(method, "/placard.v1."), "/", ".", 1)
}

// call calls a method and answers its response as JSON.
func call(ctx context.Context, t *testing.T, conn grpc.ClientConnInterface, method string, req proto.Message) (string, error) {
	t.Helper()
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(method[1:], "/", ".")))
	if err != nil {
		t.Fatal(err)
	}
	m := d.(protoreflect.MethodDescriptor)
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.Output().FullName())
	if err != nil {
		t.Fatal(err)
	}
	reply := kind.New().Interface()
	if !m.IsStreamingServer() {
		if err := conn.Invoke(ctx, method, req, reply); err != nil {
			return "", err
		}
		return protojson.Format(reply), nil
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method)
	if err != nil {
		return "", err
	}
	if err := errors.Join(stream.SendMsg(req), stream.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	var all strings.Builder
	for {
		reply := kind.New().Interface()
		err := stream.RecvMsg(reply)
		if errors.Is(err, io.EOF) {
			return all.String(), nil
		}
		if err != nil {
			return "", err
		}
		// A file is bytes: as text, so that the test finds what stands in it.
		data := reply.ProtoReflect().Descriptor().Fields().ByName("data")
		all.Write(reply.ProtoReflect().Get(data).Bytes())
	}
}

// accessTable reads which roles may call which method from ACCESS.md.
func accessTable(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../api/ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := []string{"admin", "secretariat", "mission", "pass_office", "gate", "reader", "link"}
	table := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != len(roles)+3 || !strings.Contains(cells[1], "Service.") {
			continue
		}
		method := strings.TrimSpace(cells[1])
		table[method] = []string{}
		for i, role := range roles {
			if strings.HasPrefix(strings.TrimSpace(cells[i+2]), "yes") {
				table[method] = append(table[method], role)
			}
		}
	}
	return table
}
