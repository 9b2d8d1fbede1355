// Package docs_test holds the documents to what the program does, where a list
// in them could be forgotten.
package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/un-placard/placard/api/placard/v1" // the contract
	"github.com/un-placard/placard/internal/config"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReasons: errors.md has every reason that the server answers, and no
// other.
func TestReasons(t *testing.T) {
	used := reasonsOfCode(t)
	if len(used) < 50 {
		t.Fatalf("only %d reasons found in the code", len(used))
	}
	maps.Copy(used, reasonsOfContract())
	documented := map[string]bool{}
	for line := range strings.Lines(read(t, "errors.md")) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, reason := range regexp.MustCompile("`([A-Z][A-Z0-9_]+)`").FindAllStringSubmatch(cell, -1) {
			documented[reason[1]] = true
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(used)) {
		if !documented[reason] {
			t.Errorf("%s is not in errors.md (%s)", reason, used[reason])
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(documented)) {
		if _, ok := used[reason]; !ok {
			t.Errorf("errors.md has %s, which nothing answers", reason)
		}
	}
}

// reasonsOfCode are the reasons in the code, each with a place: the texts that
// stand for a parameter, a field or a variable that is called a reason.
func reasonsOfCode(t *testing.T) map[string]string {
	t.Helper()
	const root = "../internal"
	folders := map[string][]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	shared := map[string]int{} // the functions of package fault, by their names elsewhere
	for name, at := range takers(folders[filepath.Join(root, "fault")]) {
		shared["fault."+name] = at
	}
	found := map[string]string{}
	for _, files := range folders {
		taken := takers(files)
		maps.Copy(taken, shared)
		for _, file := range files {
			// Variables that stand for a reason, in this file.
			variables := map[string]bool{"reason": true}
			add := func(e ast.Expr) {
				switch e := e.(type) {
				case *ast.Ident:
					variables[e.Name] = true
				case *ast.BasicLit:
					if reason, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING && reason != "" {
						found[reason] = set.Position(e.Pos()).String()
					}
				}
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if at, ok := taken[nameOf(n.Fun)]; ok && at < len(n.Args) {
						add(n.Args[at])
					}
				case *ast.KeyValueExpr:
					if nameOf(n.Key) == "Reason" {
						add(n.Value)
					}
				}
				return true
			})
			ast.Inspect(file, func(n ast.Node) bool {
				if n, ok := n.(*ast.AssignStmt); ok && len(n.Rhs) == len(n.Lhs) {
					for i, left := range n.Lhs {
						if variables[nameOf(left)] {
							add(n.Rhs[i])
						}
					}
				}
				return true
			})
		}
	}
	return found
}

// takers are the functions with a parameter `reason`, and its place.
func takers(files []*ast.File) map[string]int {
	found := map[string]int{}
	note := func(name string, kind *ast.FuncType) {
		at := 0
		for _, field := range kind.Params.List {
			for _, param := range field.Names {
				if param.Name == "reason" {
					found[name] = at
				}
				at++
			}
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				note(n.Name.Name, n.Type)
			case *ast.AssignStmt:
				for i, right := range n.Rhs {
					if f, ok := right.(*ast.FuncLit); ok && len(n.Lhs) == len(n.Rhs) {
						note(nameOf(n.Lhs[i]), f.Type)
					}
				}
			}
			return true
		})
	}
	return found
}

// nameOf is `f` or `pkg.f`.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	default:
		return ""
	}
}

// reasonsOfContract are the ids of the rules that stand in the contract, each
// with a field, as a violation names them.
func reasonsOfContract() map[string]string {
	found := map[string]string{}
	add := func(id string, of protoreflect.Descriptor) {
		found[strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(id))] = string(of.FullName())
	}
	var messages func(protoreflect.MessageDescriptors)
	messages = func(list protoreflect.MessageDescriptors) {
		for i := range list.Len() {
			m := list.Get(i)
			own, _ := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules)
			for _, rule := range own.GetCel() {
				add(rule.GetId(), m)
			}
			for j := range m.Fields().Len() {
				f := m.Fields().Get(j)
				if rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules); rules != nil {
					ofField(rules, func(id string) { add(id, f) })
				}
			}
			messages(m.Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("placard.v1", func(f protoreflect.FileDescriptor) bool {
		messages(f.Messages())
		return true
	})
	return found
}

// ofField names the rules of a field.
func ofField(rules *validate.FieldRules, add func(string)) {
	if rules.GetRequired() {
		add("required")
	}
	for _, rule := range rules.GetCel() {
		add(rule.GetId())
	}
	if items := rules.GetRepeated().GetItems(); items != nil {
		ofField(items, add)
	}
	kind := rules.ProtoReflect().WhichOneof(rules.ProtoReflect().Descriptor().Oneofs().ByName("type"))
	if kind == nil {
		return
	}
	var bounds []string
	rules.ProtoReflect().Get(kind).Message().Range(func(rule protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch name := string(rule.Name()); {
		case name == "items":
		case slices.Contains([]string{"gt", "gte", "lt", "lte"}, name):
			bounds = append(bounds, name)
		default:
			add(fmt.Sprintf("%s.%s", kind.Name(), name))
		}
		return true
	})
	if slices.Sort(bounds); len(bounds) > 0 { // gte before lte: both are one rule
		add(fmt.Sprintf("%s.%s", kind.Name(), strings.Join(bounds, "_")))
	}
}

// TestSettings: operations.md has every setting with its default, and no other.
func TestSettings(t *testing.T) {
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| (?:`([^`]*)`|-) \\|").FindAllStringSubmatch(read(t, "operations.md"), -1) {
		documented[row[1]] = row[2]
	}
	config.Flags().VisitAll(func(f *pflag.Flag) {
		value, ok := documented[f.Name]
		delete(documented, f.Name)
		if f.DefValue == "false" {
			f.DefValue = ""
		}
		if !ok || value != f.DefValue && f.DefValue != "" && f.DefValue != "0" {
			t.Errorf("operations.md has --%s (%v) with default %q, the program %q", f.Name, ok, value, f.DefValue)
		}
	})
	for name := range documented {
		t.Errorf("operations.md has --%s, which is no setting", name)
	}
}

// TestLinks: what the documents refer to is there.
func TestLinks(t *testing.T) {
	documents, err := filepath.Glob("*.md")
	if err != nil || len(documents) == 0 {
		t.Fatal("no documents", err)
	}
	documents = append(documents, "../README.md", "../examples/README.md")
	for _, document := range documents {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(read(t, document), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), link[1])); err != nil {
				t.Errorf("%s refers to %s: %v", document, link[1], err)
			}
		}
	}
}
