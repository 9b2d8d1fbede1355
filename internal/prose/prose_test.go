package prose_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/internal/prose"
)

var known = []string{"name", "place", "topics", "online", "address"}

func TestFill(t *testing.T) {
	for _, test := range []struct {
		what, text string
		values     prose.Values
		subject    string
		want       string
	}{
		{what: "paragraphs", text: "One.\n\nTwo.\n", want: "One.\n\nTwo.\n"},
		{what: "a line is a paragraph", text: "One.\r\nTwo.", want: "One.\n\nTwo.\n"},
		{what: "nothing", text: " \n\n", want: ""},
		{what: "a subject", text: "Subject: To {{name}}\n\nOne.", values: prose.Values{"name": "all"}, subject: "To all", want: "One.\n"},
		{what: "a subject only", text: "\nSubject:  A  {{place}} ", subject: "A", want: ""},
		{what: "a subject further down is text", text: "One.\nSubject: two", want: "One.\n\nSubject: two\n"},
		{what: "a value", text: "In {{ place }}.", values: prose.Values{"place": "Vienna"}, want: "In Vienna.\n"},
		{what: "a value that is missing", text: "In {{place}}.", want: "In .\n"},
		{
			what: "inline", text: "Held{{if place}} in {{place}}{{else}} somewhere{{end}}{{if online}} and online{{end}}.",
			values: prose.Values{"online": true}, want: "Held somewhere and online.\n",
		},
		{
			what: "nested", text: "{{if place}}{{if name}}{{name}}, {{end}}{{place}}{{else}}{{if name}}{{name}}{{else}}nobody{{end}}{{end}}",
			values: prose.Values{"name": "N"}, want: "N\n",
		},
		{
			what: "around paragraphs", text: "One.\n{{if place}}\nTwo {{place}}.\n\nThree.\n{{else}}\nNone.\n{{end}}\nFour.",
			values: prose.Values{"place": "P"}, want: "One.\n\nTwo P.\n\nThree.\n\nFour.\n",
		},
		{what: "the other branch around paragraphs", text: "{{if place}}\nTwo.\n{{else}}\nNone.\n{{end}}\nFour.", want: "None.\n\nFour.\n"},
		{what: "an empty paragraph vanishes", text: "One.\n\n{{place}} {{if name}}x{{end}}\n\nTwo.", want: "One.\n\nTwo.\n"},
		{what: "items", text: "These:\n\n- one\n- {{place}}\n\nThat is all.", values: prose.Values{"place": "P"}, want: "These:\n\n- one\n- P\n\nThat is all.\n"},
		{what: "an empty item vanishes", text: "- one\n- {{place}}", want: "- one\n"},
		{what: "an optional item", text: "- one\n{{if place}}- {{place}}{{end}}", values: prose.Values{"place": "P"}, want: "- one\n- P\n"},
		{
			what: "a list", text: "{{if topics}}\nTopics:\n\n{{topics}}\n{{end}}\nEnd.",
			values: prose.Values{"topics": []string{"a", " ", "b\nc"}}, want: "Topics:\n\n- a\n- b c\n\nEnd.\n",
		},
		{what: "an empty list", text: "{{if topics}}\nTopics:\n\n{{topics}}\n{{end}}\nEnd.", values: prose.Values{"topics": []string{" "}}, want: "End.\n"},
		{what: "a list in a sentence", text: "On {{topics}}.", values: prose.Values{"topics": []string{"a", "b"}}, want: "On a; b.\n"},
		{what: "a value is not structure", text: "{{name}}", values: prose.Values{"name": "- one\n\n{{place}} {{if x}}"}, want: "- one {{place}} {{if x}}\n"},
		{what: "white space is empty", text: "{{if name}}x{{else}}y{{end}}", values: prose.Values{"name": " \n\t"}, want: "y\n"},
		{what: "a mark of direction that is open", text: "{{name}}.", values: prose.Values{"name": "a\u202eb\x00"}, want: "ab.\n"},
		{what: "marks that close in the wrong order", text: "{{name}}.", values: prose.Values{"name": "\u2067a\u202a\u2069\u202c"}, want: "a.\n"},
		{what: "marks that are closed", text: "{{name}}.", values: prose.Values{"name": "\u2067a\u2069\u200f"}, want: "\u2067a\u2069\u200f.\n"},
	} {
		t.Run(test.what, func(t *testing.T) {
			template, err := prose.Parse(test.text, known)
			if err != nil {
				t.Fatal(err)
			}
			got := template.Fill(test.values)
			if got.Subject != test.subject {
				t.Errorf("the subject is %q, want %q", got.Subject, test.subject)
			}
			if diff := cmp.Diff(test.want, got.Plain()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestItemOfAValueIsAParagraph(t *testing.T) {
	template, err := prose.Parse("{{name}}", known)
	if err != nil {
		t.Fatal(err)
	}
	want := []prose.Block{{Kind: prose.Paragraph, Text: "- one"}}
	if diff := cmp.Diff(want, template.Fill(prose.Values{"name": "- one"}).Blocks); diff != "" {
		t.Error(diff)
	}
}

func TestHTML(t *testing.T) {
	template, err := prose.Parse("For {{name}} & all:\n\n{{topics}}\n\n- last\n\n{{address}}\n\nSee {{address}}.", known)
	if err != nil {
		t.Fatal(err)
	}
	got := template.Fill(prose.Values{
		"name": `<b onclick="x">`, "topics": []string{"a", "<i>"}, "address": `https://example.org/?a=1&b='2'`,
	}).HTML()
	want := `<p>For &lt;b onclick=&#34;x&#34;&gt; &amp; all:</p>
<ul>
<li>a</li>
<li>&lt;i&gt;</li>
<li>last</li>
</ul>
<p><a href="https://example.org/?a=1&amp;b=&#39;2&#39;">https://example.org/?a=1&amp;b=&#39;2&#39;</a></p>
<p>See https://example.org/?a=1&amp;b=&#39;2&#39;.</p>
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, address := range []string{"javascript:alert(1)", "https://", `https://x"onclick=`, "https://a b", "https://a\u202e"} {
		text := prose.Text{Blocks: []prose.Block{{Text: address}}}
		if strings.Contains(text.HTML(), "<a ") {
			t.Errorf("%q is a link", address)
		}
	}
}

func TestParseSaysEverythingThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		what, text string
		want       []prose.Problem
	}{
		{"a name that is not known", "a\n{{nam}} {{nam}}\n{{if plac}}{{end}}", []prose.Problem{{2, prose.Placeholder, "{{nam}}"}, {3, prose.Placeholder, "{{plac}}"}}},
		{"behind a subject", "\nSubject: x\n{{nam}}", []prose.Problem{{3, prose.Placeholder, "{{nam}}"}}},
		{"in a subject", "Subject: {{nam}}\n", []prose.Problem{{1, prose.Placeholder, "{{nam}}"}}},
		{"what is not closed", "a {{name\nb {{place}}", []prose.Problem{{1, prose.Syntax, "{{name"}}},
		{"at the end", "a {{", []prose.Problem{{1, prose.Syntax, "{{"}}},
		{"braces in braces", "{{name{{place}}", []prose.Problem{{1, prose.Syntax, "{{name{{place}}"}}},
		{"what is not opened", "a }} b", []prose.Problem{{1, prose.Syntax, "}}"}}},
		{"an if without its end", "{{if name}}\n{{if place}}\n{{end}}", []prose.Problem{{1, prose.Syntax, "{{if name}}"}}},
		{"an end too many", "{{if name}}{{end}}\n{{end}}", []prose.Problem{{2, prose.Syntax, "{{end}}"}}},
		{"an else too many", "{{else}}\n{{if name}}{{else}}\n{{else}}{{end}}", []prose.Problem{{1, prose.Syntax, "{{else}}"}, {3, prose.Syntax, "{{else}}"}}},
		{"an if of nothing", "{{if}}{{if end}}{{end}}", []prose.Problem{{1, prose.Syntax, "{{if}}"}, {1, prose.Syntax, "{{if end}}"}}},
		{"other programs' actions", "{{.Name}}\n{{range topics}}\n{{name | upper}}\n{{}}", []prose.Problem{
			{1, prose.Syntax, "{{.Name}}"}, {2, prose.Syntax, "{{range topics}}"}, {3, prose.Syntax, "{{name | upper}}"}, {4, prose.Syntax, "{{}}"},
		}},
		{"markup", "a <b>c</b>\x00\nd > e", []prose.Problem{{1, prose.Markup, "<"}, {1, prose.Markup, ">"}, {1, prose.Markup, `\x00`}, {2, prose.Markup, ">"}}},
		{"all of it", "<\n{{nam}}\n{{if name}}", []prose.Problem{{1, prose.Markup, "<"}, {2, prose.Placeholder, "{{nam}}"}, {3, prose.Syntax, "{{if name}}"}}},
		{"what is very long", strings.Repeat("x", 10) + "{{" + strings.Repeat("y", 100) + " z}}", []prose.Problem{{1, prose.Syntax, "{{" + strings.Repeat("y", 38) + "…"}}},
		{"too deep", strings.Repeat("{{if name}}", 17) + strings.Repeat("{{end}}", 17), []prose.Problem{{1, prose.Syntax, "{{if name}}"}}},
	} {
		t.Run(test.what, func(t *testing.T) {
			_, err := prose.Parse(test.text, known)
			var problems *prose.Error
			if !errors.As(err, &problems) {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(test.want, problems.Problems); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Subject: {{name}}\n{{if place}}- a{{else}}{{topics}}{{end}}", "b")
	f.Add("{{if name}}{{end", "{{name}}")
	f.Fuzz(func(t *testing.T, text, value string) {
		template, err := prose.Parse(text, known)
		if err != nil {
			return
		}
		filled := template.Fill(prose.Values{"name": value, "topics": []string{value, value}})
		for _, block := range filled.Blocks {
			if block.Text == "" || strings.ContainsAny(block.Text, "\n\r") {
				t.Errorf("a block is %q", block.Text)
			}
		}
		_, _ = filled.HTML(), filled.Plain()
	})
}
