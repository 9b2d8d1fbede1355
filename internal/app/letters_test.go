package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

const (
	asDOCX   = placardv1.Letter_DOCX
	inviting = placardv1.Letter_INVITATION
)

// post is the clients and the one of correspondence.
type post struct {
	*clients
	correspondence placardv1.CorrespondenceServiceClient
}

func newPost(c *clients) post { return post{c, placardv1.NewCorrespondenceServiceClient(c.conn)} }

var languageOfFile = regexp.MustCompile(`-(ar|zh|en|fr|ru|es)\.docx$`)

var markup = regexp.MustCompile(`<[^>]*>`)

// letterText is the text of a letter, a paragraph in a line.
func letterText(t *testing.T, content []byte) string {
	t.Helper()
	body := string(unpacked(t, content)["word/document.xml"])
	body = strings.NewReplacer("</w:p>", "\n", "<w:tab/>", " ").Replace(body)
	body = markup.ReplaceAllString(body, "")
	return strings.NewReplacer("\u200e", "", "\u200f", "", "&amp;", "&", "&#39;", "'").Replace(body)
}

func (p post) letter(ctx context.Context, req *placardv1.ExportLetterRequest) ([]byte, error) {
	if req.GetFormat() == 0 {
		req.Format = asDOCX
	}
	return received(p.correspondence.ExportLetter(ctx, req))
}

func (p post) text(ctx context.Context, t *testing.T, name string, kind placardv1.Letter_Kind, language string) string {
	t.Helper()
	return letterText(t, must(p.letter(ctx, &placardv1.ExportLetterRequest{Name: name, Kind: kind, Language: language}))(t))
}

func wantWords(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s has no %q:\n%s", what, word, text)
		}
	}
}

// TestLetterStory: invitation, reminder, acknowledgement, confirmation and a rejected
// photograph, to a Government and to an organization.
func TestLetterStory(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		p, a := newPost(c), newAlbum(c)
		admin, mission, other := c.As(t, c.Admin), c.As(t, c.Key(t, "mission", "AUT")), c.As(t, c.Key(t, "mission", "MEX"))
		ngo := strings.ToUpper(c.id) + "SOC"
		must(c.entities.CreateEntity(admin, &placardv1.CreateEntityRequest{EntityId: ngo, Entity: &placardv1.Entity{
			Kind: placardv1.Entity_OTHER_NGO, ShortName: &placardv1.LocalizedText{En: "Fictitious Society"},
		}}))(t)
		meeting := c.newMeeting(t, "letters", func(m *placardv1.Meeting) {
			m.Title, m.Decision = &placardv1.LocalizedText{En: "Second meeting", Es: "Segunda reunión"}, &placardv1.Meeting_Decision{Number: "4/4"}
			m.CompositionDeadline = m.GetStartDate()
			m.SecretariatContact = &placardv1.Meeting_SecretariatContact{Office: &placardv1.LocalizedText{En: "Secretariat of the Conference"}, Email: "secretariat@example.org"}
		}, "AUT", "MEX", "VAT")
		draft := must(c.invitations.CreateInvitation(admin, &placardv1.CreateInvitationRequest{Parent: meeting, Invitation: &placardv1.Invitation{
			Entity: "entities/COL", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Language: "es", Reference: "CU 1/1",
		}}))(t).GetName()
		must(c.invitations.CreateInvitation(admin, &placardv1.CreateInvitationRequest{Parent: meeting, Invitation: &placardv1.Invitation{
			Entity: "entities/" + ngo, ParticipationStatus: placardv1.ParticipationStatus_NGO,
		}}))(t)
		own, invitations := meeting+"/invitations/AUT", meeting+"/invitations/"

		note := p.text(mission, t, own, inviting, "")
		wantWords(t, "the note verbale", note, "presents", "the Permanent Mission of Austria to the United Nations", "decision 4/4",
			"Second meeting", "Secretariat of the Conference", "secretariat@example.org", "Initials")
		wantWords(t, "in French", p.text(mission, t, own, inviting, "fr"), "présente ses compliments", "de l’Autriche", "Second meeting", "Paraphe")
		wantWords(t, "to the Holy See", p.text(admin, t, invitations+"VAT", inviting, "en"), "the Permanent Observer Mission of the Holy See")
		wantWords(t, "before it is issued", p.text(admin, t, draft, inviting, ""), "de Colombia", "CU 1/1", "Segunda reunión")
		letter := p.text(admin, t, invitations+ngo, inviting, "en")
		wantWords(t, "to an organization", letter, "Fictitious Society", "rules of procedure")
		if strings.Contains(letter, "compliments") || strings.Contains(letter, "Initials") {
			t.Errorf("an organization gets a note verbale:\n%s", letter)
		}

		// Another's letter, and one that is not issued, are not found.
		for _, kind := range []placardv1.Letter_Kind{1, 2, 3, 4} {
			for name, ctx := range map[string]context.Context{own: other, invitations + "MEX": mission, draft: c.As(t, c.Key(t, "mission", "COL"))} {
				_, err := p.letter(ctx, &placardv1.ExportLetterRequest{Name: name, Kind: kind})
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			}
		}

		// Before there is a composition.
		wantWords(t, "the reminder", p.text(admin, t, own, placardv1.Letter_REMINDER, ""), "has not yet been received", "compliments")
		for _, kind := range []placardv1.Letter_Kind{placardv1.Letter_ACKNOWLEDGEMENT, placardv1.Letter_CONFIRMATION} {
			_, err := p.letter(mission, &placardv1.ExportLetterRequest{Name: own, Kind: kind})
			wantFault(t, err, codes.FailedPrecondition, "NO_COMPOSITION")
		}
		ana := person("", "Ana", "EJEMPLO", placardv1.Participant_HEAD)
		ana.FunctionalTitle, ana.Honorific = "Ambassador <script>{{note}}</script>", "H.E. Ms."
		submitted := must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{
			Name: meeting + "/delegations/AUT", Participants: []*placardv1.Participant{ana, person("", "Luis", "Experto", placardv1.Participant_EXPERT)},
			NoteVerbale: &placardv1.NoteVerbale{Reference: "NV/17"},
		}))(t).GetDelegation()
		_, err := p.letter(admin, &placardv1.ExportLetterRequest{Name: own, Kind: placardv1.Letter_REMINDER})
		wantFault(t, err, codes.FailedPrecondition, "COMPOSITION_RECEIVED")
		wantWords(t, "the acknowledgement", p.text(mission, t, own, placardv1.Letter_ACKNOWLEDGEMENT, ""), "NV/17", "communicated: 2")
		_, err = p.letter(mission, &placardv1.ExportLetterRequest{Name: own, Kind: placardv1.Letter_CONFIRMATION})
		wantFault(t, err, codes.FailedPrecondition, "NO_COMPOSITION")

		// What waits stands in no confirmation.
		must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: submitted.GetName(), Revision: submitted.GetLatestRevision()}))(t)
		must(c.participants.CreateParticipant(mission, &placardv1.CreateParticipantRequest{
			Parent: submitted.GetName(), Participant: person("", "Eva", "Waiting", placardv1.Participant_ADVISER),
		}))(t)
		confirmation := p.text(mission, t, own, placardv1.Letter_CONFIRMATION, "")
		wantWords(t, "the confirmation", confirmation, "– H.E. Ms. Ana EJEMPLO, Ambassador &lt;script&gt;{{note}}&lt;/script&gt;\n– Luis Experto\n")
		if strings.Contains(confirmation, "Waiting") {
			t.Errorf("who waits is confirmed:\n%s", confirmation)
		}

		// A photograph.
		head := c.find(mission, t, submitted.GetName(), "EJEMPLO").GetName()
		of := &placardv1.ExportLetterRequest{Name: own, Kind: placardv1.Letter_PHOTO_REJECTION, Participant: head}
		_, err = p.letter(mission, of)
		wantFault(t, err, codes.FailedPrecondition, "PHOTO_STATE")
		photo := must(a.photos.UploadPhoto(mission, photograph(head, portrait(t, 600, 800))))(t)
		must(a.decide(c.As(t, c.Key(t, "pass_office", "")), meeting, &placardv1.BatchDecidePhotosRequest_Decision{
			Name: photo.GetName(), Etag: photo.GetEtag(), Rejection: placardv1.Photo_BACKGROUND, Note: "Vor einer weißen Wand.",
		}))(t)
		wantWords(t, "the rejection", letterText(t, must(p.letter(mission, of))(t)), "Ana EJEMPLO", "The background is not plain and light.", "Vor einer weißen Wand.")
		for _, tt := range []struct {
			participant, reason string
			code                codes.Code
			kind                placardv1.Letter_Kind
		}{
			{"", "REQUIRED", codes.InvalidArgument, placardv1.Letter_PHOTO_REJECTION},
			{head, "PARENT_MISMATCH", codes.InvalidArgument, inviting},
			{meeting + "/delegations/AUT/participants/none", "NOT_FOUND", codes.NotFound, placardv1.Letter_PHOTO_REJECTION},
		} {
			_, err := p.letter(mission, &placardv1.ExportLetterRequest{Name: own, Kind: tt.kind, Participant: tt.participant})
			wantFault(t, err, tt.code, tt.reason)
		}
		_, err = p.letter(other, &placardv1.ExportLetterRequest{Name: invitations + "MEX", Kind: placardv1.Letter_PHOTO_REJECTION, Participant: head})
		if code, _ := faultOf(err); code != codes.NotFound && code != codes.InvalidArgument {
			t.Errorf("another State's participant: %v", err)
		}

		// The same letter is the same file.
		one := must(p.letter(mission, &placardv1.ExportLetterRequest{Name: own, Kind: inviting}))(t)
		two := must(p.letter(admin, &placardv1.ExportLetterRequest{Name: own, Kind: inviting}))(t)
		if !bytes.Equal(one, two) {
			t.Error("the same letter is another file")
		}
	})
}

// TestGenerateLetters: an archive has a letter to everybody to whom one is due, and is
// the same as long as nothing changes.
func TestGenerateLetters(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		p := newPost(c)
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "all-letters", nil, "AUT", "MEX", "EGY", "FRA")
		must(c.invitations.DeclineInvitation(admin, &placardv1.DeclineInvitationRequest{Name: meeting + "/invitations/FRA"}))(t)
		c.submitAccepted(admin, t, meeting+"/delegations/AUT", person("", "Ana", "Head", placardv1.Participant_HEAD))
		must(c.invitations.CreateInvitation(admin, &placardv1.CreateInvitationRequest{Parent: meeting, Invitation: &placardv1.Invitation{
			Entity: "entities/COL", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Language: "es",
		}}))(t)
		for kind, want := range map[placardv1.Letter_Kind][]string{
			inviting:                      {"AUT-note-verbale", "COL-note-verbale", "EGY-note-verbale", "FRA-note-verbale", "MEX-note-verbale"},
			placardv1.Letter_REMINDER:     {"EGY-reminder", "MEX-reminder"},
			placardv1.Letter_CONFIRMATION: {"AUT-confirmation"},
		} {
			made := func() ([]byte, *placardv1.OperationMetadata) {
				op := c.awaited(admin, t, must(p.correspondence.GenerateLetters(admin, &placardv1.GenerateLettersRequest{Parent: meeting, Kind: kind, Format: asDOCX}))(t))
				if op.GetError() != nil {
					t.Fatal(op.GetError())
				}
				return must(received(c.operations.DownloadOperationFile(admin, &placardv1.DownloadOperationFileRequest{Name: op.GetName()})))(t), metadataOf(t, op)
			}
			one, meta := made()
			two, _ := made()
			if !bytes.Equal(one, two) {
				t.Errorf("%s: the same letters are another archive", kind)
			}
			var names []string
			for name, content := range unpacked(t, one) {
				names = append(names, languageOfFile.ReplaceAllString(name, ""))
				if len(letterText(t, content)) < 200 {
					t.Errorf("%s is short", name)
				}
			}
			slices.Sort(names)
			equal(t, kind.String(), names, want)
			if meta.GetDoneCount() != int64(len(want)) || meta.GetTotalCount() != int64(len(want)) {
				t.Errorf("%s: %d of %d", kind, meta.GetDoneCount(), meta.GetTotalCount())
			}
		}
		if _, err := exec.LookPath("soffice"); err == nil {
			req := &placardv1.GenerateLettersRequest{Parent: meeting, Kind: placardv1.Letter_REMINDER, Format: placardv1.Letter_PDF}
			op := c.awaited(admin, t, must(p.correspondence.GenerateLetters(admin, req))(t))
			packed := unpacked(t, must(received(c.operations.DownloadOperationFile(admin, &placardv1.DownloadOperationFileRequest{Name: op.GetName()})))(t))
			if len(packed) != 2 {
				t.Errorf("%d PDF", len(packed))
			}
			for name, content := range packed {
				if !strings.HasSuffix(name, ".pdf") || !bytes.HasPrefix(content, []byte("%PDF-")) {
					t.Errorf("%s: %.20q", name, content)
				}
			}
		}
		for _, key := range []string{c.Key(t, "mission", "AUT"), c.Key(t, "reader", "")} {
			_, err := p.correspondence.GenerateLetters(c.As(t, key), &placardv1.GenerateLettersRequest{Parent: meeting, Kind: inviting, Format: asDOCX})
			wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		}
		_, err := p.correspondence.GenerateLetters(admin, &placardv1.GenerateLettersRequest{Parent: "meetings/nowhere", Kind: inviting, Format: asDOCX})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = p.correspondence.GenerateLetters(admin, &placardv1.GenerateLettersRequest{Parent: meeting, Kind: placardv1.Letter_ACKNOWLEDGEMENT, Format: asDOCX})
		wantFault(t, err, codes.InvalidArgument, "ENUM_IN")
	})
}

// TestLetterTemplates: a template of the meeting's own, all that may be wrong with one,
// and the built-in one again.
func TestLetterTemplates(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		p := newPost(c)
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "templates", nil, "AUT")
		elsewhere := c.As(t, c.Key(t, "secretariat", "", c.newMeeting(t, "templates-other", nil)))
		name := meeting + "/letterTemplates/note-verbale"
		get := func() *placardv1.LetterTemplate {
			return must(p.correspondence.GetLetterTemplate(admin, &placardv1.GetLetterTemplateRequest{Name: name}))(t)
		}
		before := get()
		if !before.GetBuiltIn() || before.GetUpdateTime() != nil || before.GetTexts().GetZh() == "" || !slices.IsSorted(before.GetPlaceholders()) ||
			!slices.Contains(before.GetPlaceholders(), "of_state") || slices.Contains(before.GetPlaceholders(), "reason") {
			t.Errorf("built in: %v", before)
		}
		// As it was read it is no change.
		same := must(p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: before}))(t)
		equal(t, "unchanged", same, before)

		wish := proto.CloneOf(before)
		for _, text := range []*string{&wish.Texts.Ar, &wish.Texts.Zh, &wish.Texts.En, &wish.Texts.Fr, &wish.Texts.Ru, &wish.Texts.Es} {
			*text = "Our own words to {{addressee}}{{if reference}} under {{reference}}{{end}}."
		}
		after := must(p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: wish}))(t)
		if after.GetBuiltIn() || after.GetUpdateTime() == nil || after.GetEtag() == before.GetEtag() || after.GetTexts().GetFr() != wish.GetTexts().GetFr() {
			t.Errorf("changed: %v", after)
		}
		_, err := p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: wish})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		wantWords(t, "the letter", p.text(c.As(t, c.Key(t, "mission", "AUT")), t, meeting+"/invitations/AUT", inviting, "en"),
			"Our own words to the Permanent Mission of Austria to the United Nations.")

		// All that is wrong, at once.
		wrong := proto.CloneOf(after)
		wrong.Texts.Ar, wrong.Texts.Fr, wrong.Texts.Zh = " ", "Un\n\n{{if reference}}deux\n{{reason}}", "<b>一</b>"
		_, err = p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: wrong})
		var got []string
		for _, detail := range status.Convert(err).Details() {
			if bad, ok := detail.(*errdetails.BadRequest); ok {
				for _, v := range bad.GetFieldViolations() {
					got = append(got, strings.TrimPrefix(v.GetField(), "letter_template.")+" "+v.GetReason()+" "+v.GetDescription())
				}
			}
		}
		equal(t, "what is wrong", got, []string{
			"texts.ar TEMPLATE_LANGUAGE is needed: a letter goes out in each of the six languages",
			"texts.zh TEMPLATE_MARKUP line 1: < is not allowed: a template is plain text",
			"texts.zh TEMPLATE_MARKUP line 1: > is not allowed: a template is plain text",
			"texts.fr TEMPLATE_SYNTAX line 3: {{if reference}} cannot be read",
			"texts.fr TEMPLATE_PLACEHOLDER line 4: there is no placeholder {{reason}}",
		})
		_, err = p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: &placardv1.LetterTemplate{
			Name: name, Texts: &placardv1.LetterTemplate_Texts{En: "Only one"},
		}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"texts"}}})
		wantFault(t, err, codes.InvalidArgument, "INVALID_REQUEST")

		// The list has one of each kind, page by page.
		list := func(req *placardv1.ListLetterTemplatesRequest) []string {
			var out []string
			req.Parent = meeting
			for {
				l := must(p.correspondence.ListLetterTemplates(admin, req))(t)
				for _, template := range l.GetLetterTemplates() {
					out = append(out, strings.TrimPrefix(template.GetName(), meeting+"/letterTemplates/"))
				}
				if req.PageToken = l.GetNextPageToken(); req.GetPageToken() == "" {
					return out
				}
			}
		}
		kinds := []string{"acknowledgement", "confirmation", "letter", "note-verbale", "photo-rejection", "reminder"}
		equal(t, "all", list(&placardv1.ListLetterTemplatesRequest{}), kinds)
		equal(t, "in pages", list(&placardv1.ListLetterTemplatesRequest{PageSize: 2}), kinds)
		slices.Reverse(kinds)
		equal(t, "backwards", list(&placardv1.ListLetterTemplatesRequest{PageSize: 4, OrderBy: "name desc"}), kinds)
		equal(t, "own", list(&placardv1.ListLetterTemplatesRequest{Filter: "built_in = false"}), []string{"note-verbale"})
		equal(t, "none", list(&placardv1.ListLetterTemplatesRequest{Filter: "built_in = false AND built_in = true"}), []string(nil))
		equal(t, "not own", len(list(&placardv1.ListLetterTemplatesRequest{Filter: "NOT (built_in = false)", PageSize: 1})), 5)
		_, err = p.correspondence.ListLetterTemplates(admin, &placardv1.ListLetterTemplatesRequest{Parent: meeting, Filter: "kind = 1"})
		wantFault(t, err, codes.InvalidArgument, "FILTER_INVALID")

		// Others do not know it.
		for _, ctx := range []context.Context{elsewhere} {
			_, err := p.correspondence.GetLetterTemplate(ctx, &placardv1.GetLetterTemplateRequest{Name: name})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			_, err = p.correspondence.ListLetterTemplates(ctx, &placardv1.ListLetterTemplatesRequest{Parent: meeting})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			_, err = p.correspondence.UpdateLetterTemplate(ctx, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: after})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			_, err = p.correspondence.ResetLetterTemplate(ctx, &placardv1.ResetLetterTemplateRequest{Name: name})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
		}
		_, err = p.correspondence.GetLetterTemplate(admin, &placardv1.GetLetterTemplateRequest{Name: meeting + "/letterTemplates/telegram"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		_, err = p.correspondence.ResetLetterTemplate(admin, &placardv1.ResetLetterTemplateRequest{Name: name, Etag: before.GetEtag()})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		reset := must(p.correspondence.ResetLetterTemplate(admin, &placardv1.ResetLetterTemplateRequest{Name: name, Etag: after.GetEtag()}))(t)
		if !reset.GetBuiltIn() || !proto.Equal(reset.GetTexts(), before.GetTexts()) || reset.GetEtag() == before.GetEtag() {
			t.Errorf("reset: %v", reset)
		}
		equal(t, "reset again", must(p.correspondence.ResetLetterTemplate(admin, &placardv1.ResetLetterTemplateRequest{Name: name}))(t), reset)
		var verbs []string
		for _, ch := range must(c.changes.ListChanges(admin, &placardv1.ListChangesRequest{
			Meeting: meeting, Filter: `resource_type = "placard.un.org/LetterTemplate"`,
		}))(t).GetChanges() {
			verbs = append(verbs, ch.GetVerb()+" "+ch.GetResource())
		}
		equal(t, "changes", verbs, []string{"update " + name, "reset " + name})
		must(c.meetings.ConcludeMeeting(admin, &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
		wish.Etag = ""
		_, err = p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: wish})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
		// A meeting that is deleted takes its templates along.
		drafted := must(c.meetings.CreateMeeting(admin, &placardv1.CreateMeetingRequest{MeetingId: c.id + "-templates-draft", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "Draft"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
		}}))(t).GetName()
		wish.Name = drafted + "/letterTemplates/note-verbale"
		must(p.correspondence.UpdateLetterTemplate(admin, &placardv1.UpdateLetterTemplateRequest{LetterTemplate: wish}))(t)
		must(c.meetings.DeleteMeeting(admin, &placardv1.DeleteMeetingRequest{Name: drafted}))(t)
	})
}

// TestLetterOverHTTP: a letter with curl, and as PDF where LibreOffice is there.
func TestLetterOverHTTP(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "rest")
		meeting := c.newMeeting(t, "letter-http", nil, "AUT")
		key := c.Key(t, "mission", "AUT")
		for format, kind := range map[string]string{
			"DOCX": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PDF": "application/pdf",
		} {
			if _, err := exec.LookPath("soffice"); err != nil && format == "PDF" {
				continue
			}
			req := c.Request(t, key, http.MethodGet, "/v1/"+meeting+"/invitations/AUT:exportLetter?kind=INVITATION&language=es&format="+format, nil)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != kind || len(body) < 2000 ||
				!strings.Contains(res.Header.Get("Content-Disposition"), "AUT-note-verbale-es."+strings.ToLower(format)) {
				t.Errorf("%s: %d %v %.100q", format, res.StatusCode, res.Header, body)
			}
		}
		status, answer := c.REST(t, c.Admin, http.MethodPatch, "/v1/"+meeting+"/letterTemplates/letter", map[string]any{"texts": map[string]any{"en": "{{"}})
		if status != http.StatusBadRequest || !strings.Contains(string(must(json.Marshal(answer))(t)), `"field":"texts.en"`) {
			t.Errorf("%d %v", status, answer)
		}
	})
}
