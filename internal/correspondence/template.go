package correspondence

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/lettertemplate"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/prose"
	"github.com/un-placard/placard/internal/store"
)

// The kinds of templates, by the last part of their names.
const (
	noteVerbale     = "note-verbale"
	plainLetter     = "letter"
	reminder        = "reminder"
	acknowledgement = "acknowledgement"
	confirmation    = "confirmation"
	photoRejection  = "photo-rejection"
)

// kinds are all of them, in the order of their names.
var kinds = []string{acknowledgement, confirmation, plainLetter, noteVerbale, photoRejection, reminder}

// common are the placeholders of every kind.
var common = []string{
	"addressee", "composition_deadline", "convening_body", "dates", "deadline_passed", "decision_number", "decision_title",
	"documents_uri", "email", "entity_name", "fax", "gate", "instrument_title", "mandate_functions", "meeting_title", "ngo", "note",
	"of_state", "office", "online", "phone", "photo_deadline", "place", "postal_address", "reference", "session", "several_days",
	"subsidiary_body", "topics", "venue",
}

// special are those of one kind besides.
var special = map[string][]string{
	acknowledgement: {"communicated_reference", "late", "participant_count", "receipt_date"},
	confirmation:    {"communicated_reference", "decision_date", "late", "participant_count", "participants", "receipt_date"},
	photoRejection:  {"note_text", "participant", "reason"},
}

// placeholders are those of a kind, in alphabetical order.
func placeholders(kind string) []string {
	return slices.Sorted(slices.Values(slices.Concat(common, special[kind])))
}

//go:embed templates/*.txt
var files embed.FS

// builtIn are the texts that the program brings along, by kind.
var builtIn = sync.OnceValues(func() (map[string]*placardv1.LetterTemplate_Texts, error) {
	out := map[string]*placardv1.LetterTemplate_Texts{}
	for _, kind := range kinds {
		texts := &placardv1.LetterTemplate_Texts{}
		for _, language := range locale.Languages() {
			text, err := files.ReadFile("templates/" + strings.ReplaceAll(kind, "-", "_") + "." + language + ".txt")
			if err != nil {
				return nil, fmt.Errorf("read a template: %w", err)
			}
			*textIn(texts, language) = string(text)
		}
		out[kind] = texts
	}
	return out, nil
})

// textIn is where a text has a language.
func textIn(t *placardv1.LetterTemplate_Texts, language string) *string {
	switch language {
	case "ar":
		return &t.Ar
	case "zh":
		return &t.Zh
	case "fr":
		return &t.Fr
	case "ru":
		return &t.Ru
	case "es":
		return &t.Es
	default:
		return &t.En
	}
}

// check answers all that is wrong with the texts of a template: in each language, with
// the line.
func check(kind string, texts *placardv1.LetterTemplate_Texts) []fault.Violation {
	var out []fault.Violation
	for _, language := range locale.Languages() {
		field, text := "letter_template.texts."+language, *textIn(texts, language)
		if strings.TrimSpace(text) == "" {
			out = append(out, fault.Violation{Field: field, Reason: "TEMPLATE_LANGUAGE", Message: "is needed: a letter goes out in each of the six languages"})
			continue
		}
		var wrong *prose.Error
		if _, err := prose.Parse(text, placeholders(kind)); errors.As(err, &wrong) {
			for _, p := range wrong.Problems {
				out = append(out, violation(field, p))
			}
		}
	}
	return out
}

// violation is a problem of a text, in a field.
func violation(field string, p prose.Problem) fault.Violation {
	switch p.Kind {
	case prose.Placeholder:
		return fault.Violation{Field: field, Reason: "TEMPLATE_PLACEHOLDER", Message: p.String()}
	case prose.Markup:
		return fault.Violation{Field: field, Reason: "TEMPLATE_MARKUP", Message: p.String()}
	default:
		return fault.Violation{Field: field, Reason: "TEMPLATE_SYNTAX", Message: p.String()}
	}
}

// templateFromRow is the template of a kind: that of the row, where it has texts, else
// the one that is built in. There may be no row.
func templateFromRow(meeting, kind string, row *db.LetterTemplate) (*placardv1.LetterTemplate, error) {
	t := &placardv1.LetterTemplate{
		Name: name.LetterTemplate(meeting, kind), Placeholders: placeholders(kind), BuiltIn: row == nil || row.Texts == "",
		Etag: store.Etag(0),
	}
	if row != nil {
		// A row stays when the place is given back, so that an etag of before is not
		// taken for one of after.
		t.Etag = store.Etag(row.Revision)
	}
	if t.BuiltIn {
		texts, err := builtIn()
		if err != nil {
			return nil, err
		}
		t.Texts = proto.CloneOf(texts[kind])
		return t, nil
	}
	t.Texts, t.UpdateTime = &placardv1.LetterTemplate_Texts{}, timestamppb.New(row.UpdateTime)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Texts), t.Texts); err != nil {
		return nil, fmt.Errorf("read %s: %w", t.GetName(), err)
	}
	return t, nil
}

// readTemplate reads the template of a kind, in the scope of the caller.
func readTemplate(ctx context.Context, client *db.Client, meetingID, kind string) (*placardv1.LetterTemplate, error) {
	row, err := templateRow(ctx, client, meetingID, kind)
	if err != nil {
		return nil, err
	}
	return templateFromRow(meetingID, kind, row)
}

// templateRow reads the row of a template, nil for none.
func templateRow(ctx context.Context, client *db.Client, meetingID, kind string) (*db.LetterTemplate, error) {
	row, err := client.LetterTemplate.Query().Where(lettertemplate.MeetingID(meetingID), lettertemplate.Kind(kind)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil //nolint:nilnil // the one that is built in
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name.LetterTemplate(meetingID, kind), err)
	}
	return row, nil
}

// GetLetterTemplate implements the contract.
func (s *Service) GetLetterTemplate(
	ctx context.Context, req *placardv1.GetLetterTemplateRequest,
) (*placardv1.LetterTemplate, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.LetterTemplate, error) {
	kind := name.Last(resource)
	if !slices.Contains(kinds, kind) {
		return nil, fault.NotFound(resource)
	}
	if err := store.SeesMeeting(ctx, s.store.Client(), resource); err != nil {
		return nil, err
	}
	return readTemplate(ctx, s.store.Client(), name.MeetingOf(resource), kind)
}

func (s *Service) again(ctx context.Context, done store.Done) (*placardv1.LetterTemplate, error) {
	return s.get(ctx, done.Resource)
}

// UpdateLetterTemplate implements the contract.
func (s *Service) UpdateLetterTemplate(
	ctx context.Context, req *placardv1.UpdateLetterTemplateRequest,
) (*placardv1.LetterTemplate, error) {
	wish := req.GetLetterTemplate()
	return s.change(ctx, "update", wish.GetName(), wish.GetEtag(), func(before *placardv1.LetterTemplate) (*placardv1.LetterTemplate, error) {
		after, err := patch.Apply("letter_template", before, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		if after.GetTexts() == nil {
			after.Texts = &placardv1.LetterTemplate_Texts{}
		}
		// What is built in, sent as it was read, is no text of the meeting's own.
		if before.GetBuiltIn() && !proto.Equal(before.GetTexts(), after.GetTexts()) {
			after.BuiltIn = false
		}
		return after, fault.Invalid(check(name.Last(wish.GetName()), after.GetTexts())...)
	})
}

// ResetLetterTemplate implements the contract.
func (s *Service) ResetLetterTemplate(
	ctx context.Context, req *placardv1.ResetLetterTemplateRequest,
) (*placardv1.LetterTemplate, error) {
	return s.change(ctx, "reset", req.GetName(), req.GetEtag(), func(before *placardv1.LetterTemplate) (*placardv1.LetterTemplate, error) {
		after := proto.CloneOf(before)
		after.BuiltIn = true
		return after, nil
	})
}

// change writes what becomes of a template. What is no different is answered as it is.
func (s *Service) change(
	ctx context.Context, verb, resource, etag string,
	to func(before *placardv1.LetterTemplate) (*placardv1.LetterTemplate, error),
) (*placardv1.LetterTemplate, error) {
	id, kind := name.MeetingOf(resource), name.Last(resource)
	if !slices.Contains(kinds, kind) {
		return nil, fault.NotFound(resource)
	}
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.LetterTemplate, error) {
		m, err := writable(ctx, tx, resource)
		if err != nil {
			return nil, err
		}
		row, err := templateRow(ctx, tx.Client, id, kind)
		if err != nil {
			return nil, err
		}
		before, err := templateFromRow(id, kind, row)
		if err != nil {
			return nil, err
		}
		if etag != "" && etag != before.GetEtag() {
			return nil, fault.Stale(resource)
		}
		after, err := to(before)
		if err != nil {
			return nil, err
		}
		if before.GetBuiltIn() && after.GetBuiltIn() || !after.GetBuiltIn() && proto.Equal(before, after) {
			return before, nil
		}
		texts := ""
		if !after.GetBuiltIn() {
			text, err := protojson.Marshal(after.GetTexts())
			if err != nil {
				return nil, fmt.Errorf("write %s: %w", resource, err)
			}
			texts = string(text)
		}
		if row, err = save(ctx, tx, id, kind, row, texts); err != nil {
			return nil, err
		}
		out, err := templateFromRow(id, kind, row)
		if err != nil {
			return nil, err
		}
		tx.Record(store.Change{
			Verb: verb, Type: name.TypeLetterTemplate, Resource: resource, Revision: row.Revision,
			Paths: patch.Changed(before, out), Meeting: m.ID,
		})
		return out, nil
	}, s.again)
}

// writable is the meeting of a template that is written, kept to this transaction.
func writable(ctx context.Context, tx *store.Tx, resource string) (*db.Meeting, error) {
	id := name.MeetingOf(resource)
	if err := tx.LockMeeting(ctx, id); err != nil {
		return nil, err
	}
	m, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name.Meeting(id), err)
	}
	if m.State == placardv1.Meeting_CONCLUDED.String() {
		return nil, fault.Concluded(name.Meeting(id))
	}
	return m, nil
}

// save writes the texts of a template, of which there may be no row yet.
func save(ctx context.Context, tx *store.Tx, meetingID, kind string, row *db.LetterTemplate, texts string) (*db.LetterTemplate, error) {
	resource := name.LetterTemplate(meetingID, kind)
	if row == nil {
		row, err := tx.Client.LetterTemplate.Create().SetMeetingID(meetingID).SetKind(kind).SetTexts(texts).
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", resource, err)
		}
		return row, nil
	}
	n, err := tx.Client.LetterTemplate.Update().Where(lettertemplate.ID(row.ID), lettertemplate.Revision(row.Revision)).
		SetTexts(texts).SetUpdateTime(tx.Now).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", resource, err)
	}
	if n == 0 {
		return nil, fault.Stale(resource)
	}
	next := *row
	next.Texts, next.UpdateTime, next.Revision = texts, tx.Now, row.Revision+1
	return &next, nil
}

// parsed are the templates of a meeting that letters are made of, read once for all
// letters.
type parsed struct {
	texts map[string]*placardv1.LetterTemplate_Texts
	made  map[string]*prose.Template
}

func readParsed(ctx context.Context, client *db.Client, meetingID string, kinds ...string) (*parsed, error) {
	p := &parsed{texts: map[string]*placardv1.LetterTemplate_Texts{}, made: map[string]*prose.Template{}}
	texts, err := builtIn()
	if err != nil {
		return nil, err
	}
	maps.Copy(p.texts, texts)
	rows, err := client.LetterTemplate.Query().
		Where(lettertemplate.MeetingID(meetingID), lettertemplate.KindIn(kinds...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read templates of %s: %w", name.Meeting(meetingID), err)
	}
	for _, row := range rows {
		t, err := templateFromRow(meetingID, row.Kind, row)
		if err != nil {
			return nil, err
		}
		p.texts[row.Kind] = t.GetTexts()
	}
	return p, nil
}

// in is the template of a kind in a language.
func (p *parsed) in(kind, language string) (*prose.Template, error) {
	key := kind + "." + language
	if t, ok := p.made[key]; ok {
		return t, nil
	}
	t, err := prose.Parse(*textIn(p.texts[kind], language), placeholders(kind))
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", strconv.Quote(key), err)
	}
	p.made[key] = t
	return t, nil
}
