package access_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
)

func setup(t *testing.T) (*access.Contract, *access.Validator) {
	t.Helper()
	c, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	v, err := access.NewValidator(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, v
}

var (
	admin       = access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"}
	secretariat = access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat"}
	bound       = access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/m1", Meetings: []string{"m1"}}
	austria     = access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}
	passOffice  = access.Principal{Role: placardv1.Access_PASS_OFFICE, Account: "accounts/pass-office"}
	reader      = access.Principal{Role: placardv1.Access_READER, Account: "accounts/reader"}
	link        = access.Principal{Role: placardv1.Access_LINK, Meetings: []string{"m1"}, Entity: "AUT", Participant: "p1"}
)

func TestCheck(t *testing.T) {
	c, _ := setup(t)
	const aut, mex = "meetings/m1/delegations/AUT", "meetings/m1/delegations/MEX"
	for _, tt := range []struct {
		name   string
		caller access.Principal
		method string
		req    proto.Message
		code   codes.Code
		reason string
		says   string
	}{
		{"own delegation", austria, placardv1.DelegationService_GetDelegation_FullMethodName,
			&placardv1.GetDelegationRequest{Name: aut}, codes.OK, "", ""},
		{"another's delegation", austria, placardv1.DelegationService_GetDelegation_FullMethodName,
			&placardv1.GetDelegationRequest{Name: mex}, codes.NotFound, "NOT_FOUND", mex},
		{"another's delegation as parent", austria, placardv1.ParticipantService_ListParticipants_FullMethodName,
			&placardv1.ListParticipantsRequest{Parent: mex}, codes.NotFound, "NOT_FOUND", mex},
		{"wildcards are narrowed below", austria, placardv1.ParticipantService_ListParticipants_FullMethodName,
			&placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"}, codes.OK, "", ""},
		{"another's revisions", austria, placardv1.DelegationService_ListDelegationRevisions_FullMethodName,
			&placardv1.ListDelegationRevisionsRequest{Parent: mex}, codes.NotFound, "NOT_FOUND", mex},
		{"another's participant in an own submission", austria, placardv1.DelegationService_SubmitDelegation_FullMethodName,
			&placardv1.SubmitDelegationRequest{Name: aut, Participants: []*placardv1.Participant{
				{Name: aut + "/participants/p1"}, {Name: mex + "/participants/p2"},
			}}, codes.NotFound, "NOT_FOUND", mex + "/participants/p2"},
		{"another's participant in an update", austria, placardv1.ParticipantService_UpdateParticipant_FullMethodName,
			&placardv1.UpdateParticipantRequest{Participant: &placardv1.Participant{Name: mex + "/participants/p2"}},
			codes.NotFound, "NOT_FOUND", mex + "/participants/p2"},
		{"secretariat, any delegation", secretariat, placardv1.DelegationService_GetDelegation_FullMethodName,
			&placardv1.GetDelegationRequest{Name: mex}, codes.OK, "", ""},
		{"bound secretariat, its meeting", bound, placardv1.MeetingService_GetMeeting_FullMethodName,
			&placardv1.GetMeetingRequest{Name: "meetings/m1"}, codes.OK, "", ""},
		{"bound secretariat, another meeting", bound, placardv1.MeetingService_GetMeeting_FullMethodName,
			&placardv1.GetMeetingRequest{Name: "meetings/m2"}, codes.NotFound, "NOT_FOUND", "meetings/m2"},
		{"bound secretariat, another meeting in a batch", bound, placardv1.InvitationService_BatchCreateInvitations_FullMethodName,
			&placardv1.BatchCreateInvitationsRequest{Parent: "meetings/m1", Requests: []*placardv1.CreateInvitationRequest{
				{Invitation: &placardv1.Invitation{Entity: "entities/MEX"}},
				{Parent: "meetings/m2", Invitation: &placardv1.Invitation{Entity: "entities/MEX"}},
			}}, codes.NotFound, "NOT_FOUND", "meetings/m2"},
		{"bound secretariat, another meeting in a key", bound, placardv1.KeyService_CreateKey_FullMethodName,
			&placardv1.CreateKeyRequest{Key: &placardv1.Key{Meetings: []string{"meetings/m1", "meetings/m2"}}},
			codes.NotFound, "NOT_FOUND", "meetings/m2"},
		{"the register is everybody's", austria, placardv1.EntityService_GetEntity_FullMethodName,
			&placardv1.GetEntityRequest{Name: "entities/MEX"}, codes.OK, "", ""},
		{"not a name of its type", secretariat, placardv1.MeetingService_GetMeeting_FullMethodName,
			&placardv1.GetMeetingRequest{Name: "entities/MEX"}, codes.InvalidArgument, "RESOURCE_NAME_INVALID", "name"},
		{"a name with an empty part", secretariat, placardv1.MeetingService_GetMeeting_FullMethodName,
			&placardv1.GetMeetingRequest{Name: "meetings/"}, codes.InvalidArgument, "RESOURCE_NAME_INVALID", "name"},
		{"role may not call", austria, placardv1.DelegationService_AcceptDelegation_FullMethodName,
			&placardv1.AcceptDelegationRequest{Name: aut}, codes.PermissionDenied, "ROLE_NOT_ALLOWED", "MISSION"},
		{"nobody may call what the contract has not", admin, "/placard.v1.MeetingService/Nothing",
			&placardv1.GetMeetingRequest{}, codes.PermissionDenied, "ROLE_NOT_ALLOWED", ""},
		{"without a role", access.Principal{}, placardv1.CallerService_GetCaller_FullMethodName,
			&placardv1.GetCallerRequest{}, codes.PermissionDenied, "ROLE_NOT_ALLOWED", ""},
		{"link asks who it is", link, placardv1.CallerService_GetCaller_FullMethodName,
			&placardv1.GetCallerRequest{}, codes.OK, "", ""},
		{"link, its meeting", link, placardv1.MeetingService_GetMeeting_FullMethodName,
			&placardv1.GetMeetingRequest{Name: "meetings/m1"}, codes.OK, "", ""},
		{"link, another meeting", link, placardv1.MeetingService_GetMeeting_FullMethodName,
			&placardv1.GetMeetingRequest{Name: "meetings/m2"}, codes.NotFound, "NOT_FOUND", "meetings/m2"},
		{"link, its participant", link, placardv1.ParticipantService_GetParticipant_FullMethodName,
			&placardv1.GetParticipantRequest{Name: aut + "/participants/p1"}, codes.OK, "", ""},
		{"link, another of its delegation", link, placardv1.ParticipantService_GetParticipant_FullMethodName,
			&placardv1.GetParticipantRequest{Name: aut + "/participants/p2"}, codes.NotFound, "NOT_FOUND", aut + "/participants/p2"},
		{"link, its id in another delegation", link, placardv1.ParticipantService_GetParticipant_FullMethodName,
			&placardv1.GetParticipantRequest{Name: mex + "/participants/p1"}, codes.NotFound, "NOT_FOUND", mex + "/participants/p1"},
		{"link, its photograph", link, placardv1.PhotoService_UploadPhoto_FullMethodName,
			&placardv1.UploadPhotoRequest{Name: aut + "/participants/p1/photo"}, codes.OK, "", ""},
		{"link, another's photograph", link, placardv1.PhotoService_DownloadPhoto_FullMethodName,
			&placardv1.DownloadPhotoRequest{Name: aut + "/participants/p2/photo"}, codes.NotFound, "NOT_FOUND", aut + "/participants/p2/photo"},
		{"link, the photographs of its delegation", link, placardv1.PhotoService_ListPhotos_FullMethodName,
			&placardv1.ListPhotosRequest{Parent: aut}, codes.PermissionDenied, "ROLE_NOT_ALLOWED", "LINK"},
		{"link, a link of its own", link, placardv1.PhotoService_SendPhotoLink_FullMethodName,
			&placardv1.SendPhotoLinkRequest{Name: aut + "/participants/p1/photo"}, codes.PermissionDenied, "ROLE_NOT_ALLOWED", "LINK"},
		{"field of the secretariat", austria, placardv1.DelegationService_SubmitDelegation_FullMethodName,
			&placardv1.SubmitDelegationRequest{Name: aut, ReceiptDate: "2010-01-15"},
			codes.PermissionDenied, "FIELD_NOT_WRITABLE", "receipt_date"},
		{"field of the secretariat, by it", secretariat, placardv1.DelegationService_SubmitDelegation_FullMethodName,
			&placardv1.SubmitDelegationRequest{Name: aut, ReceiptDate: "2010-01-15"}, codes.OK, "", ""},
		{"provisional list for a reader", reader, placardv1.ParticipantListService_GetParticipantList_FullMethodName,
			&placardv1.GetParticipantListRequest{Name: "meetings/m1/participantList", Provisional: true},
			codes.PermissionDenied, "FIELD_NOT_WRITABLE", "provisional"},
		{"final list for a reader", reader, placardv1.ParticipantListService_GetParticipantList_FullMethodName,
			&placardv1.GetParticipantListRequest{Name: "meetings/m1/participantList"}, codes.OK, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Check(tt.caller, tt.method, tt.req)
			f, _ := fault.As(err)
			if tt.code == codes.OK {
				if err != nil {
					t.Fatalf("Check() = %v", err)
				}
				return
			}
			if f == nil || f.Code != tt.code || f.Reason != tt.reason || !strings.Contains(f.Message, tt.says) {
				t.Fatalf("Check() = %v, want %v %s about %q", err, tt.code, tt.reason, tt.says)
			}
		})
	}
}

func TestRedact(t *testing.T) {
	c, _ := setup(t)
	person := func() *placardv1.Participant {
		return &placardv1.Participant{FamilyName: "Haddad", Email: proto.String("h@example.org"), Phone: proto.String("1"), ExternalId: proto.String("7")}
	}
	t.Run("the pass office gets no contact details, in a list neither", func(t *testing.T) {
		got := &placardv1.ListParticipantsResponse{Participants: []*placardv1.Participant{person(), person()}}
		c.Redact(passOffice, placardv1.ParticipantService_ListParticipants_FullMethodName, got)
		want := &placardv1.ListParticipantsResponse{Participants: []*placardv1.Participant{{FamilyName: "Haddad"}, {FamilyName: "Haddad"}}}
		if !proto.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("neither does a link, of itself", func(t *testing.T) {
		got := person()
		c.Redact(link, placardv1.ParticipantService_GetParticipant_FullMethodName, got)
		if !proto.Equal(got, &placardv1.Participant{FamilyName: "Haddad"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a mission gets them", func(t *testing.T) {
		got := person()
		c.Redact(austria, placardv1.ParticipantService_GetParticipant_FullMethodName, got)
		if !proto.Equal(got, person()) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a reader does not see who was late", func(t *testing.T) {
		got := &placardv1.ParticipantList{Parts: []*placardv1.ParticipantList_Part{
			{Delegations: []*placardv1.ParticipantList_Delegation{{Entity: "entities/AUT", Late: proto.Bool(true)}}},
		}}
		c.Redact(reader, placardv1.ParticipantListService_GetParticipantList_FullMethodName, got)
		if got.GetParts()[0].GetDelegations()[0].Late != nil {
			t.Error("late was not left out")
		}
	})
}

func TestMethods(t *testing.T) {
	c, _ := setup(t)
	may := []string{
		"placard.v1.CallerService.GetCaller", "placard.v1.EntityService.GetEntity", "placard.v1.MeetingService.ExportMeetingCalendar", "placard.v1.MeetingService.GetMeeting",
		"placard.v1.ParticipantService.GetParticipant", "placard.v1.PhotoService.DownloadPhoto", "placard.v1.PhotoService.GetPhoto",
		"placard.v1.PhotoService.UploadPhoto", "placard.v1.PhotoService.WithdrawPhoto",
	}
	if diff := cmp.Diff(may, c.Methods(placardv1.Access_LINK)); diff != "" {
		t.Errorf("a link may call (-want +got):\n%s", diff)
	}
	if got := len(c.Methods(placardv1.Access_ADMIN)); got != len(c.Descriptors()) {
		t.Errorf("admin may call %d methods of %d", got, len(c.Descriptors()))
	}
}

func TestValidateRequest(t *testing.T) {
	_, v := setup(t)
	name := strings.Repeat("名", 201)
	for _, tt := range []struct {
		name string
		req  proto.Message
		want []string // field reason
	}{
		{"all violations at once, with their index", &placardv1.SubmitDelegationRequest{
			Name: "meetings/m1/delegations/AUT",
			Participants: []*placardv1.Participant{
				{FamilyName: "Haddad", Role: placardv1.Participant_HEAD},
				{FamilyName: name, Email: proto.String("nobody"), Role: placardv1.Participant_EXPERT},
				{GivenName: "A\nB"},
				{Role: 77, FamilyName: "X", Language: "de"},
				{Role: placardv1.Participant_EXPERT},
			},
		}, []string{
			"participants[1].family_name STRING_MAX_LEN",
			"participants[1].email STRING_MAILBOX",
			"participants[2].given_name STRING_LINE",
			"participants[2].role REQUIRED",
			"participants[3].role ENUM_DEFINED_ONLY",
			"participants[3].language STRING_IN",
			"participants[4] PARTICIPANT_NAME",
		}},
		{"nobody", &placardv1.SubmitDelegationRequest{Name: "meetings/m1/delegations/AUT"},
			[]string{"participants REPEATED_MIN_ITEMS"}},
		{"501 participants", &placardv1.SubmitDelegationRequest{
			Name: "meetings/m1/delegations/AUT", Participants: crowd(501),
		}, []string{"participants REPEATED_MAX_ITEMS"}},
		{"500 participants", &placardv1.SubmitDelegationRequest{
			Name: "meetings/m1/delegations/AUT", Participants: crowd(500),
		}, nil},
		{"a partial update may leave out what is required", &placardv1.UpdateMeetingRequest{
			Meeting:    &placardv1.Meeting{Name: "meetings/m1", EndDate: "2010-01-29"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"end_date"}},
		}, nil},
		{"an update needs a name and a meeting", &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{}},
			[]string{"meeting.name REQUIRED"}},
		{"an update needs a meeting", &placardv1.UpdateMeetingRequest{}, []string{"meeting REQUIRED"}},
		{"an update has no wildcard", &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{Name: "meetings/-"}},
			[]string{"meeting.name STRING_PATTERN"}},
		{"what is nested deeper in an update is checked", &placardv1.UpdateMeetingRequest{Meeting: &placardv1.Meeting{
			Name:               "meetings/m1",
			SecretariatContact: &placardv1.Meeting_SecretariatContact{Email: "nobody"},
			AgendaTopics:       []*placardv1.LocalizedText{{En: "a"}, {En: "\u202e"}},
		}}, []string{"meeting.agenda_topics[1].en STRING_TEXT", "meeting.secretariat_contact.email STRING_MAILBOX"}},
		{"a create needs everything", &placardv1.CreateMeetingRequest{MeetingId: "m1", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{}, StartDate: "2010-02-30", EndDate: "2010-01-29", TimeZone: "Europe/Vienna",
		}}, []string{"meeting.title MEETING_TITLE", "meeting.start_date STRING_DAY"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := v.ValidateRequest(tt.req)
			var got []string
			if f, ok := fault.As(err); ok {
				for _, v := range f.Violations {
					got = append(got, v.Field+" "+v.Reason)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a prefix stands before the path", func(t *testing.T) {
		err := v.Validate(&placardv1.Participant{Role: placardv1.Participant_HEAD, Phone: proto.String("\x00")}, "participant")
		f, ok := fault.As(err)
		if !ok || len(f.Violations) != 2 || f.Violations[0].Field != "participant" || f.Violations[1].Field != "participant.phone" {
			t.Errorf("Validate() = %v", f)
		}
	})
}

func crowd(n int) []*placardv1.Participant {
	all := make([]*placardv1.Participant, n)
	for i := range all {
		all[i] = &placardv1.Participant{FamilyName: "Muster", GivenName: "Maria", Email: proto.String("maria@example.org"), Role: placardv1.Participant_EXPERT}
	}
	return all
}

func TestRules(t *testing.T) {
	_, v := setup(t)
	line := func(s string) proto.Message { return &placardv1.FocalPoint{Name: s} }
	text := func(s string) proto.Message { return &placardv1.LocalizedText{En: s} }
	mailbox := func(s string) proto.Message { return &placardv1.FocalPoint{Email: s} }
	day := func(s string) proto.Message { return &placardv1.NoteVerbale{Date: s} }
	for _, tt := range []struct {
		rule    string
		message func(string) proto.Message
		good    []string
		bad     []string
	}{
		{"line", line, []string{
			"", "HADDAD", "van der Berg", "O'Neill-Smith", "用户", "مريم الحداد", "می\u200cخواهم", "ක්\u200dෂ", "Ünal", "e\u0301", "👩", `a\b"c`,
		}, []string{
			"a\nb", "a\rb", "a\tb", "a\x00b", "a\x1fb", "a\x7fb", "a\u0080b", "a\u009fb", "a\u061cb", "a\u200eb", "a\u200fb",
			"a\u2028b", "a\u2029b", "a\u202ab", "a\u202eb", "a\u2066b", "a\u2069b", "a\ufeffb", "\n", "a\n",
		}},
		{"text", text, []string{"", "a\nb", "a\tb", "первый\n\nвторой"}, []string{
			"a\rb", "a\x00b", "a\x0bb", "a\x7fb", "a\u0085b", "a\u202eb", "a\u2066b", "a\u2028b",
		}},
		{"mailbox", mailbox, []string{
			"", "name@example.org", "first.last+tag@sub.example.org", "用户@例子.公司", "o'neill@example.org", "مريم@مثال.إختبار",
			"x@xn--fsqu00a.xn--55qx5d", strings.Repeat("a", 64) + "@example.org",
		}, []string{
			"nobody", "a@b", "@example.org", "a@", "a@.org", "a@b..org", "a@example.org.", "a b@example.org", "a@exa mple.org",
			"a@b@example.org", "Name <a@example.org>", "a@example.org,b@example.org", "a@example.org\n", "a\u202e@example.org",
			"a@exam\u200bple.org", "a\x00@example.org", strings.Repeat("a", 65) + "@example.org", `"a b"@example.org`,
		}},
		{"day", day, []string{"", "2010-01-15", "2000-02-29", "2024-02-29", "2023-02-28", "2023-12-31", "1999-04-30"}, []string{
			"2023-02-29", "1900-02-29", "2100-02-29", "2023-02-30", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00", "2023-1-1",
			"15.01.2010", "2010-01-15T00:00:00Z", "2010-01-32", " 2010-01-15", "2010-01-15\n", "٢٠١٠-٠١-١٥",
		}},
	} {
		for _, s := range tt.good {
			if err := v.Validate(tt.message(s), ""); err != nil {
				t.Errorf("%s: %q is refused: %v", tt.rule, s, err)
			}
		}
		for _, s := range tt.bad {
			f, ok := fault.As(v.Validate(tt.message(s), ""))
			if !ok || f.Violations[0].Reason != "STRING_"+strings.ToUpper(tt.rule) {
				t.Errorf("%s: %q is not refused: %v", tt.rule, s, f)
			}
		}
	}
}

func BenchmarkValidateRequest(b *testing.B) {
	c, err := access.ReadContract()
	if err != nil {
		b.Fatal(err)
	}
	v, err := access.NewValidator(c)
	if err != nil {
		b.Fatal(err)
	}
	req := &placardv1.SubmitDelegationRequest{Name: "meetings/m1/delegations/AUT", Participants: crowd(100)}
	for b.Loop() {
		if err := v.ValidateRequest(req); err != nil {
			b.Fatal(err)
		}
	}
}
