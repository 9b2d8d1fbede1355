// Package api_test checks what the contract promises of itself.
package api_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// files of the contract.
func files() []protoreflect.FileDescriptor {
	var out []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("placard.v1", func(f protoreflect.FileDescriptor) bool {
		out = append(out, f)
		return true
	})
	return out
}

func methods() []protoreflect.MethodDescriptor {
	var out []protoreflect.MethodDescriptor
	for _, f := range files() {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				out = append(out, f.Services().Get(i).Methods().Get(j))
			}
		}
	}
	return out
}

func messages() []protoreflect.MessageDescriptor {
	var out []protoreflect.MessageDescriptor
	var walk func(protoreflect.MessageDescriptors)
	walk = func(list protoreflect.MessageDescriptors) {
		for i := range list.Len() {
			out = append(out, list.Get(i))
			walk(list.Get(i).Messages())
		}
	}
	for _, f := range files() {
		walk(f.Messages())
	}
	return out
}

func option[T any](d protoreflect.Descriptor, ext protoreflect.ExtensionType) T {
	v, _ := proto.GetExtension(d.Options(), ext).(T)
	return v
}

func TestEveryMethod(t *testing.T) {
	if len(methods()) < 40 {
		t.Fatalf("only %d methods found", len(methods()))
	}
	for _, m := range methods() {
		t.Run(string(m.Parent().Name())+"."+string(m.Name()), func(t *testing.T) {
			if len(option[*placardv1.Access](m, placardv1.E_Access).GetRoles()) == 0 {
				t.Error("has no access")
			}
			rule := option[*annotations.HttpRule](m, annotations.E_Http)
			if rule.GetPattern() == nil {
				t.Error("has no REST mapping")
			}
			// A wait is a read that a cache must not answer.
			writes := rule.GetGet() == "" && !strings.HasPrefix(string(m.Name()), "Wait")
			id := m.Input().Fields().ByName("request_id")
			if writes && id == nil {
				t.Error("writes without a request_id (AIP-155)")
			}
			if !writes && id != nil {
				t.Error("reads with a request_id")
			}
			if strings.HasPrefix(string(m.Name()), "List") {
				for _, field := range []protoreflect.Name{"page_size", "page_token"} {
					if m.Input().Fields().ByName(field) == nil {
						t.Errorf("lists without %s (AIP-158)", field)
					}
				}
				if m.Output().Fields().ByName("next_page_token") == nil {
					t.Error("lists without next_page_token (AIP-158)")
				}
				without := listsWithout[m.Name()]
				for _, field := range []protoreflect.Name{"filter", "order_by", "read_mask"} {
					if has := m.Input().Fields().ByName(field) != nil; has == slices.Contains(without, field) {
						t.Errorf("field %s: %v (AIP-132, AIP-157, AIP-160)", field, has)
					}
				}
				if m.Input().Fields().ByName("read_mask") != nil && repeatedMessages(m.Output()) != 1 {
					t.Error("has a read mask and not one list in its answer")
				}
			}
		})
	}
}

// listsWithout are what lists leave out of the usual: the change log has one
// order, and duplicates come in groups.
var listsWithout = map[protoreflect.Name][]protoreflect.Name{
	"ListChanges":            {"order_by"},
	"ListPossibleDuplicates": {"filter", "order_by", "read_mask"},
}

func repeatedMessages(m protoreflect.MessageDescriptor) int {
	n := 0
	for i := range m.Fields().Len() {
		if f := m.Fields().Get(i); f.IsList() && f.Message() != nil {
			n++
		}
	}
	return n
}

// TestRequiredFields: field_behavior only tells; the rule is what refuses.
func TestRequiredFields(t *testing.T) {
	n := 0
	for _, m := range messages() {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if !slices.Contains(option[[]annotations.FieldBehavior](f, annotations.E_FieldBehavior), annotations.FieldBehavior_REQUIRED) {
				continue
			}
			n++
			rules := option[*validate.FieldRules](f, validate.E_Field)
			refuses := rules.GetRequired() ||
				rules.GetString().GetMinLen() > 0 ||
				rules.GetString().HasPattern() && !matchesEmpty(t, rules.GetString().GetPattern()) && rules.GetIgnore() == validate.Ignore_IGNORE_UNSPECIFIED ||
				rules.GetRepeated().GetMinItems() > 0 ||
				rules.GetInt32().HasGt()
			// The parent of an item of a batch may be left out (AIP-233).
			if !refuses && f.FullName() != "placard.v1.CreateInvitationRequest.parent" {
				t.Errorf("%s is REQUIRED and has no rule that refuses it when it is missing", f.FullName())
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d required fields found", n)
	}
}

func matchesEmpty(t *testing.T, pattern string) bool {
	t.Helper()
	re, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return re.MatchString("")
}

// TestStringsAreBounded: no field of a request takes text without an end.
func TestStringsAreBounded(t *testing.T) {
	inputs := map[protoreflect.FullName]bool{}
	var mark func(protoreflect.MessageDescriptor)
	mark = func(m protoreflect.MessageDescriptor) {
		if inputs[m.FullName()] || m.ParentFile().Package() != "placard.v1" {
			return
		}
		inputs[m.FullName()] = true
		for i := range m.Fields().Len() {
			if f := m.Fields().Get(i); f.Message() != nil && !outputOnly(f) {
				mark(f.Message())
			}
		}
	}
	for _, m := range methods() {
		mark(m.Input())
	}
	for _, m := range messages() {
		if !inputs[m.FullName()] {
			continue
		}
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if outputOnly(f) {
				continue
			}
			rules := option[*validate.FieldRules](f, validate.E_Field)
			if f.IsList() && !rules.GetRepeated().HasMaxItems() {
				t.Errorf("%s is a list without an end", f.FullName())
			}
			if f.Kind() != protoreflect.StringKind {
				continue
			}
			text := rules.GetString()
			if f.IsList() {
				text = rules.GetRepeated().GetItems().GetString()
			}
			if !text.HasMaxLen() && !text.HasMaxBytes() && !text.HasPattern() && len(text.GetIn()) == 0 && !proto.HasExtension(text, placardv1.E_Day) {
				t.Errorf("%s is text without an end", f.FullName())
			}
		}
	}
}

func outputOnly(f protoreflect.FieldDescriptor) bool {
	return slices.Contains(option[[]annotations.FieldBehavior](f, annotations.E_FieldBehavior), annotations.FieldBehavior_OUTPUT_ONLY)
}

// TestResourceNamesAreMarked: the interceptor checks what is marked, so every
// field that holds a name is.
func TestResourceNamesAreMarked(t *testing.T) {
	for _, m := range methods() {
		for i := range m.Input().Fields().Len() {
			f := m.Input().Fields().Get(i)
			if f.Name() != "name" && f.Name() != "parent" {
				continue
			}
			ref := option[*annotations.ResourceReference](f, annotations.E_ResourceReference)
			if ref.GetType() == "" && ref.GetChildType() == "" {
				t.Errorf("%s names a resource and has no resource_reference", f.FullName())
			}
		}
	}
	looksLikeName := regexp.MustCompile(`\^(\()?(meetings|entities|keys)/`)
	for _, m := range messages() {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			rules := option[*validate.FieldRules](f, validate.E_Field)
			pattern := rules.GetString().GetPattern() + rules.GetRepeated().GetItems().GetString().GetPattern()
			ref := option[*annotations.ResourceReference](f, annotations.E_ResourceReference)
			own := slices.Contains(option[[]annotations.FieldBehavior](f, annotations.E_FieldBehavior), annotations.FieldBehavior_IDENTIFIER)
			if looksLikeName.MatchString(pattern) && ref == nil && !own {
				t.Errorf("%s holds resource names and has no resource_reference", f.FullName())
			}
		}
	}
}

// TestAccessTable: the options say what ACCESS.md says, no more and no less.
func TestAccessTable(t *testing.T) {
	text, err := os.ReadFile("ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	wantRoles, wantFields := map[string][]string{}, map[string][2][]string{}
	roles := []string{"admin", "secretariat", "mission", "pass_office", "gate", "reader", "link"}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) == len(roles)+3 && strings.Contains(cells[1], "Service."):
			for i, role := range roles {
				if strings.HasPrefix(cells[i+2], "yes") {
					wantRoles[cells[1]] = append(wantRoles[cells[1]], role)
				}
			}
		case len(cells) == 5 && strings.Contains(cells[1], "."):
			wantFields[cells[1]] = [2][]string{words(cells[2]), words(cells[3])}
		}
	}
	gotRoles := map[string][]string{}
	for _, m := range methods() {
		name := string(m.Parent().Name()) + "." + string(m.Name())
		for _, r := range option[*placardv1.Access](m, placardv1.E_Access).GetRoles() {
			gotRoles[name] = append(gotRoles[name], strings.ToLower(r.String()))
		}
	}
	if diff := cmp.Diff(wantRoles, gotRoles); diff != "" {
		t.Errorf("methods (-ACCESS.md +options):\n%s", diff)
	}
	gotFields := map[string][2][]string{}
	for _, m := range messages() {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if a := option[*placardv1.FieldAccess](f, placardv1.E_FieldAccess); a != nil {
				var readers, writers []string
				for _, r := range a.GetReaders() {
					readers = append(readers, strings.ToLower(r.String()))
				}
				for _, r := range a.GetWriters() {
					writers = append(writers, strings.ToLower(r.String()))
				}
				gotFields[strings.TrimPrefix(string(f.FullName()), "placard.v1.")] = [2][]string{readers, writers}
			}
		}
	}
	if diff := cmp.Diff(wantFields, gotFields); diff != "" {
		t.Errorf("fields (-ACCESS.md +options):\n%s", diff)
	}
}

func words(cell string) []string {
	var out []string
	for word := range strings.SplitSeq(cell, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// offices are the messages that say how an office or its focal point is reached, who
// are named for that: reading them is no reading of personal data of participants.
var offices = []protoreflect.FullName{
	"placard.v1.FocalPoint", "placard.v1.Invitation", "placard.v1.Meeting.SecretariatContact", "placard.v1.Meeting.Venue",
}

// withoutPersons are the files in which nobody is.
var withoutPersons = []protoreflect.FullName{
	"placard.v1.DocumentService.DownloadDocumentVersion", "placard.v1.DocumentService.ExportDocuments",
	"placard.v1.MeetingService.ExportMeetingCalendar", "placard.v1.StatisticsService.DrawMeetingStatistics",
}

// TestReads: what shows how a person is reached, a photograph, or a file with
// persons, leaves a reading behind.
func TestReads(t *testing.T) {
	reached := regexp.MustCompile(`email|phone|address`)
	contacts := 0
	for _, m := range messages() {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if f.Kind() != protoreflect.StringKind || !reached.MatchString(string(f.Name())) || slices.Contains(offices, m.FullName()) {
				continue
			}
			contacts++
			if !option[bool](f, placardv1.E_Contact) {
				t.Errorf("%s has no option contact, and is not of an office", f.FullName())
			}
		}
	}
	if contacts < 3 {
		t.Errorf("only %d contacts found", contacts)
	}
	files := 0
	for _, m := range methods() {
		reads := option[placardv1.Reads](m, placardv1.E_Reads)
		holds := holdsContact(m.Output(), map[protoreflect.FullName]bool{})
		if holds != (reads == placardv1.Reads_READS_CONTACTS) {
			t.Errorf("%s: its answer may hold contacts: %v; its option reads is %v", m.FullName(), holds, reads)
		}
		if holds && m.IsStreamingServer() {
			t.Errorf("%s: contacts in a stream are not looked for", m.FullName())
		}
		if m.Output().FullName() != "google.api.HttpBody" {
			continue
		}
		files++
		kept := reads == placardv1.Reads_READS_EXPORT || reads == placardv1.Reads_READS_PHOTOGRAPH
		if kept == slices.Contains(withoutPersons, m.FullName()) {
			t.Errorf("%s answers a file; its option reads is %v", m.FullName(), reads)
		}
	}
	if files < 8 {
		t.Errorf("only %d methods answer files", files)
	}
}

func holdsContact(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if option[bool](f, placardv1.E_Contact) || f.Message() != nil && holdsContact(f.Message(), seen) {
			return true
		}
	}
	return false
}
