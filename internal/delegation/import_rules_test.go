package delegation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

func TestHeader(t *testing.T) {
	for name, x := range map[string]struct {
		headings []string
		fields   []string
		unknown  []string
		problems []string
	}{
		"names of the contract": {
			headings: []string{"given_name", "family_name", "role", "external_id", "name"},
			fields:   []string{"given_name", "family_name", "role", "external_id", "name"},
		},
		"names of JSON, and another case": {
			headings: []string{"givenName", "FAMILYNAME", "Role", "externalId", "latinFamilyName"},
			fields:   []string{"given_name", "family_name", "role", "external_id", "latin_family_name"},
		},
		"mixed languages, other accents and signs": {
			headings: []string{"PRENOM", "Фамилия", "Función:", "email", "电话", "البريد الالكتروني"},
			fields:   []string{"given_name", "family_name", "role", "email", "phone", "email"},
			problems: []string{`IMPORT_COLUMN_TWICE email: column 4 ("email") and column 6 ("البريد الالكتروني") both stand for email: leave one out`},
		},
		"a part of the name beside the other": {
			headings: []string{"Nom", "Prénom", "Rôle"},
			fields:   []string{"family_name", "given_name", "role"},
		},
		"the other way round in Spanish": {
			headings: []string{"Apellidos", "Nombre", "Función"},
			fields:   []string{"family_name", "given_name", "role"},
		},
		"the whole name in one column": {
			headings: []string{"Nom", "Rôle"},
			fields:   []string{"", "role"},
			unknown:  []string{"Nom"},
			problems: []string{"IMPORT_COLUMN_MISSING family_name: there is no column for names: name one family_name, and one given_name"},
		},
		"as ministries write": {
			headings: []string{"Función en la delegación", "Nombres", "APELLIDO", "Teléfono móvil", "Ministerio"},
			fields:   []string{"role", "given_name", "family_name", "phone", "organization"},
		},
		"in other scripts": {
			headings: []string{"Роль в делегации", "Имена", "姓氏", "手机", "الوزارة", "لغة العمل"},
			fields:   []string{"role", "given_name", "family_name", "phone", "organization", "language"},
		},
		"a heading of two meanings": {
			headings: []string{"family_name", "role", "Title"},
			fields:   []string{"family_name", "role", ""},
			unknown:  []string{"Title"},
		},
		"unknown columns": {
			headings: []string{"family_name", "role", "Order", "Date of arrival", "", "order"},
			fields:   []string{"family_name", "role", "", "", "", ""},
			unknown:  []string{"Order", "Date of arrival", "order"},
		},
		"nothing that is needed": {
			headings: []string{"email"},
			fields:   []string{"email"},
			problems: []string{
				"IMPORT_COLUMN_MISSING family_name: there is no column for names: name one family_name, and one given_name",
				"IMPORT_COLUMN_MISSING role: there is no column for the role in the delegation: name one role",
			},
		},
		"one field twice": {
			headings: []string{"Family name", "Role", "Surname"},
			fields:   []string{"family_name", "role", "family_name"},
			problems: []string{`IMPORT_COLUMN_TWICE family_name: column 1 ("Family name") and column 3 ("Surname") both stand for family_name: leave one out`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, found := newLexicon(false).headerOf(x.headings, false)
			var problems []string
			for _, p := range found {
				problems = append(problems, p.GetReason()+" "+p.GetField()+": "+p.GetMessage())
			}
			if diff := cmp.Diff([]any{x.fields, x.unknown, x.problems}, []any{h.fields, h.unknown, problems}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, heading := range []string{"entity", "Code de l'entité", "Субъект", "实体", "ENTITY CODE", "País", "Государство-член", "الدولة"} {
		if h, problems := newLexicon(true).headerOf([]string{heading, "family_name", "role"}, true); len(problems) > 0 || h.fields[0] != EntityColumn {
			t.Errorf("%s stands for %q: %v", heading, h.fields[0], problems)
		}
	}
}

// TestWords: the headings and words of all languages are understood, and no two
// mean the same text.
func TestWords(t *testing.T) {
	l := newLexicon(true)
	unique := map[string]string{}
	is := func(kind, text, value string) {
		t.Helper()
		key := kind + locale.SearchKey(text)
		if other, ok := unique[key]; ok && other != value {
			t.Errorf("%s %q stands for %s and %s", kind, text, other, value)
		}
		unique[key] = value
	}
	for _, lang := range locale.Languages() {
		for _, f := range append(importFields(), EntityColumn) {
			heading := locale.Heading(lang, f)
			if heading == "" || l.columns[locale.SearchKey(heading)] != f {
				t.Errorf("%s: the heading %q of %s stands for %q", lang, heading, f, l.columns[locale.SearchKey(heading)])
			}
			is("heading", heading, f)
			for _, other := range locale.OtherHeadings(f) {
				is("heading", other, f)
			}
		}
		words := locale.Words(lang)
		for value, word := range words.Roles {
			for _, w := range locale.Readings(word) {
				is("role", w, value.String())
				if got := l.roles[locale.SearchKey(w)]; got != value {
					t.Errorf("%s: %q is %v", lang, w, got)
				}
			}
		}
		for value, word := range words.Modalities {
			is("modality", word, value.String())
		}
		for code, word := range words.Languages {
			is("language", word, code)
		}
		if len(choices(lang)["role"]) != 10 || len(choices(lang)["modality"]) != 2 || slices.Contains(choices(lang)["role"], "") {
			t.Errorf("%s: choices %v", lang, choices(lang))
		}
		if g := instructions[lang]; len(g.lines) != len(instructions["en"].lines) || g.table == "" || g.title == "" {
			t.Errorf("%s: instructions %v", lang, g)
		}
	}
}

func TestPersonOf(t *testing.T) {
	l := newLexicon(false)
	h, problems := l.headerOf([]string{"Name", "Family name", "Role", "Modality", "Language", "E-mail", "Functional title", "Comment"}, false)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, x := range map[string]struct {
		cells    []string
		want     *placardv1.Participant
		problems []string
	}{
		"names of the contract": {
			cells: []string{"meetings/m1/delegations/AUT/participants/1", "A", "ALTERNATE_HEAD", "in_person", "fr", "a@example.org", "=1+1", "x"},
			want: &placardv1.Participant{
				Name: "meetings/m1/delegations/AUT/participants/1", FamilyName: "A", Role: placardv1.Participant_ALTERNATE_HEAD, Modality: placardv1.Participant_IN_PERSON,
				Language: "fr", Email: proto.String("a@example.org"), FunctionalTitle: "=1+1",
			},
		},
		"words of languages": {
			cells: []string{"", "A", "jefa de delegacion", "En ligne", "Русский", "", "<b>x</b>", ""},
			want:  &placardv1.Participant{FamilyName: "A", Role: placardv1.Participant_HEAD, Modality: placardv1.Participant_ONLINE, Language: "ru", FunctionalTitle: "<b>x</b>"},
		},
		"Representative (woman, French), Chinese": {
			cells: []string{"", "A", "Représentante suppléante", "在线", "法文", "", "", ""},
			want:  &placardv1.Participant{FamilyName: "A", Role: placardv1.Participant_ALTERNATE_REPRESENTATIVE, Modality: placardv1.Participant_ONLINE, Language: "fr"},
		},
		"nothing that is known": {
			cells: []string{"Anna Beispiel", "A", "King", "by telepathy", "de", "", "", ""},
			want:  &placardv1.Participant{FamilyName: "A"},
			problems: []string{
				`Name name: "Anna Beispiel" is not the name of a participant`, `Role role: "King" is no role: write one of HEAD, `,
				`Modality modality: "by telepathy" is no modality: write one of IN_PERSON, ONLINE`, `Language language: "de" is no official language: write one of ar, `,
			},
		},
		"the value that stands for none": {
			cells:    []string{"", "A", "ROLE_UNSPECIFIED", "", "", "", "", ""},
			want:     &placardv1.Participant{FamilyName: "A"},
			problems: []string{`Role role: "ROLE_UNSPECIFIED" is no role`},
		},
		"a long value": {
			cells:    []string{"", "A", strings.Repeat("é", 1000), "", "", "", "", ""},
			want:     &placardv1.Participant{FamilyName: "A"},
			problems: []string{`Role role: "` + strings.Repeat("é", 60) + `…" is no role`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			row := l.personOf(h, 7, x.cells)
			if diff := cmp.Diff(x.want, row.GetParticipant(), protocmp.Transform()); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
			if len(row.GetProblems()) != len(x.problems) {
				t.Fatalf("problems %v, want %v", row.GetProblems(), x.problems)
			}
			for i, p := range row.GetProblems() {
				if got := p.GetColumn() + " " + p.GetField() + ": " + p.GetMessage(); !strings.HasPrefix(got, x.problems[i]) || p.GetReason() != "IMPORT_VALUE" {
					t.Errorf("%s: %s, want %s", p.GetReason(), got, x.problems[i])
				}
			}
		})
	}
}

func TestInLines(t *testing.T) {
	rows := []*placardv1.ImportDelegationResponse_Row{{Line: 2}, {Line: 5}}
	got := inLines(rows, "is that of participants[1] too, and participants[9]")
	if want := "is that of line 5 too, and participants[9]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSurvey(t *testing.T) {
	codes := map[string]string{"AUT": "AUT", "Austria": "AUT", "MEX": "MEX"}
	entityOf := func(cell string) (string, error) {
		if code := codes[cell]; code != "" {
			return code, nil
		}
		return "", errors.New("no such entity")
	}
	for name, x := range map[string]struct {
		text     string
		parts    []Part
		problems []string
	}{
		"two delegations": {
			text:  "entity,family_name,role\nAUT,A,HEAD\nAustria,B,EXPERT\nMEX,C,HEAD\n",
			parts: []Part{{"AUT", 2, 2}, {"MEX", 4, 1}},
		},
		"not together": {
			text:     "entity,family_name,role\nAUT,A,HEAD\nMEX,C,HEAD\nAUT,B,EXPERT\nAUT,D,EXPERT\n",
			problems: []string{"4: AUT stands up to line 2 already: put all persons of a delegation together"},
		},
		"unknown, told once": {
			text:     "entity,family_name,role\nXXX,A,HEAD\nXXX,C,HEAD\n,B,EXPERT\n",
			problems: []string{"2: no such entity", "4: no such entity"},
		},
		"too many persons": {
			text:     "entity,family_name,role\n" + strings.Repeat("AUT,A,EXPERT\n", 502),
			problems: []string{"502: AUT has more than 500 persons"},
		},
		"without the column": {
			text:     "family_name,role\nA,HEAD\n",
			problems: []string{"0: there is no column that says whose each person is: name one entity"},
		},
		"wide and broken rows": {
			text:     "entity,family_name,role\nAUT,A,HEAD,x\nMEX,\"C,HEAD\n",
			problems: []string{"2: has a text in column 4", "3: a quotation mark is not closed"},
		},
		"no table": {text: "%PDF-1.7\n", problems: []string{"0: this is neither CSV nor XLSX"}},
		"nobody":   {text: "entity,family_name,role\n", problems: []string{"0: there is no person below the header"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := survey(t.Context(), strings.NewReader(x.text), entityOf)
			if err != nil {
				t.Fatal(err)
			}
			problems := found.Problems
			if len(problems) != len(x.problems) {
				t.Fatalf("problems %v, want %v", problems, x.problems)
			}
			for i, p := range problems {
				if got := fmt.Sprintf("%d: %s", p.GetLine(), p.GetProblem().GetMessage()); !strings.HasPrefix(got, x.problems[i]) {
					t.Errorf("problem %q, want %q", got, x.problems[i])
				}
			}
			if diff := cmp.Diff(x.parts, found.Parts); len(x.problems) == 0 && diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}
