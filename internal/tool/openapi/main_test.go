package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
)

// source is a contract as protoimage would compile it.
const source = `syntax = "proto3";
package placard.v1;
import "buf/validate/validate.proto";
import "google/api/resource.proto";
import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions { Access access = 90001; }
message Access {
  enum Role { ROLE_UNSPECIFIED = 0; ADMIN = 1; PASS_OFFICE = 2; }
  repeated Role roles = 1;
}
service BookService {
  rpc GetBook(GetBookRequest) returns (Book) { option (placard.v1.access) = {roles: [ADMIN, PASS_OFFICE]}; }
  rpc UpdateBook(UpdateBookRequest) returns (Book);
}
message Book {
  option (google.api.resource) = {type: "x/Book" pattern: "shelves/{shelf}/books/{book}"};
  string name = 1 [(buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE, (buf.validate.field).string.pattern = "^shelves/"];
  string language = 2 [(buf.validate.field).string.in = "en", (buf.validate.field).string.in = "fr"];
  repeated string authors = 3 [(buf.validate.field).repeated = {max_items: 3, items: {string: {min_len: 1}}}];
}
message GetBookRequest {
  string name = 1;
  int32 page_size = 2 [(buf.validate.field).int32.gte = 0];
}
message UpdateBookRequest {
  Book book = 1;
  string request_id = 2 [(buf.validate.field).string.pattern = "^\\x{20}$"];
}
`

// plugin is what the plugin makes of it, as far as it matters here.
const plugin = `{
  "openapi": "3.1.0",
  "tags": [{"name": "BookService"}],
  "paths": {
    "/v1/shelves/{name}/books/{name_1}": {"get": {
      "operationId": "BookService_GetBook",
      "summary": "Gets one\nbook. NOT_FOUND otherwise.",
      "parameters": [
        {"name": "name", "in": "path", "schema": {"type": "string"}},
        {"name": "name_1", "in": "path", "schema": {"type": "string"}},
        {"name": "pageSize", "in": "query", "schema": {"type": "integer"}}
      ],
      "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/placard.v1.Book"}}}}}
    }},
    "/v1/shelves/{book.name}/books/{book.name_1}": {"patch": {
      "operationId": "BookService_UpdateBook",
      "summary": "Changes one book",
      "parameters": [{"name": "book.name", "in": "path", "schema": {"type": "string"}}],
      "responses": {"200": {}}
    }}
  },
  "components": {"schemas": {
    "google.rpc.Status": {"type": "object"},
    "placard.v1.Unused": {"type": "object"},
    "placard.v1.Book": {"type": "object", "properties": {
      "name": {"type": "string"},
      "language": {"type": "string"},
      "authors": {"type": "array", "items": {"type": "string"}}
    }}
  }}
}`

func TestRun(t *testing.T) {
	folder := t.TempDir()
	image, out := filepath.Join(folder, "image"), filepath.Join(folder, "out.json")
	if err := os.WriteFile(image, compileImage(t), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "book.openapi.json"), []byte(plugin), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-in", folder, "-image", image, "-o", out}, t.Output()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]object
		Components struct{ Schemas object }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}

	item := doc.Paths["/v1/shelves/{shelf}/books/{book}"]
	if len(doc.Paths) != 1 || len(item) != 2 {
		t.Fatalf("the two methods do not share one path: %v", doc.Paths)
	}
	get := item["get"]
	if diff := cmp.Diff("Gets one book", get["summary"]); diff != "" {
		t.Error("summary:", diff)
	}
	if diff := cmp.Diff("NOT_FOUND otherwise.\n\nRoles: admin, pass office.", get["description"]); diff != "" {
		t.Error("description:", diff)
	}
	if diff := cmp.Diff([]any{
		object{
			"name": "shelf", "in": "path", "schema": object{"type": "string"},
			"description": "The last part of the resource name `shelves/{shelf}`.",
		},
		object{
			"name": "book", "in": "path", "schema": object{"type": "string"},
			"description": "The last part of the resource name `shelves/{shelf}/books/{book}`.",
		},
		object{"name": "pageSize", "in": "query", "schema": object{"type": "integer", "minimum": 0.0}},
	}, get["parameters"]); diff != "" {
		t.Error("parameters:", diff)
	}
	parameters, _ := item["patch"]["parameters"].([]any)
	if diff := cmp.Diff(object{"$ref": "#/components/parameters/IdempotencyKey"}, parameters[len(parameters)-1]); diff != "" {
		t.Error("idempotency key:", diff)
	}
	if diff := cmp.Diff(object{
		"google.rpc.Status": object{"type": "object"},
		"placard.v1.Book": object{"type": "object", "properties": object{
			"name":     object{"type": "string", "pattern": "^$|^shelves/"},
			"language": object{"type": "string", "enum": []any{"en", "fr"}},
			"authors":  object{"type": "array", "maxItems": 3.0, "items": object{"type": "string", "minLength": 1.0}},
		}},
	}, doc.Components.Schemas); diff != "" {
		t.Error("schemas:", diff)
	}
}

func TestFinishRefusesTwoMethodsOnOnePath(t *testing.T) {
	known, err := readContract(compileImage(t))
	if err != nil {
		t.Fatal(err)
	}
	var p part
	if err := json.Unmarshal([]byte(plugin), &p); err != nil {
		t.Fatal(err)
	}
	get := p.Paths["/v1/shelves/{name}/books/{name_1}"]["get"]
	p.Paths["/v1/shelves/{book.name}/books/{book.name_1}"] = map[string]object{"get": get}
	if _, err := finish(known, []part{p}); err == nil {
		t.Error("GET is bound twice without an error")
	}
}

func TestSplitFirstSentence(t *testing.T) {
	for comment, want := range map[string][2]string{
		"Gets one.":                  {"Gets one", ""},
		"Gets one":                   {"Gets one", ""},
		"Gets\none. And\nmore.":      {"Gets one", "And\nmore."},
		"Gets e.g. this. And more.":  {"Gets e.g. this", "And more."},
		"Reads v1.2 first.\n\nThen.": {"Reads v1.2 first", "Then."},
	} {
		first, rest := splitFirstSentence(comment)
		if diff := cmp.Diff(want, [2]string{first, rest}); diff != "" {
			t.Errorf("%q: %s", comment, diff)
		}
	}
}

func compileImage(t *testing.T) []byte {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.CompositeResolver{
		&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(map[string]string{"placard.proto": source})},
		protocompile.ResolverFunc(func(name string) (protocompile.SearchResult, error) {
			file, err := protoregistry.GlobalFiles.FindFileByPath(name)
			return protocompile.SearchResult{Desc: file}, err
		}),
	}}
	files, err := compiler.Compile(t.Context(), "placard.proto")
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	seen := make(map[string]bool)
	var add func(file protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		for i := range file.Imports().Len() {
			add(file.Imports().Get(i))
		}
		set.File = append(set.File, protoutil.ProtoFromFileDescriptor(file))
	}
	add(files[0])
	image, err := proto.Marshal(&set)
	if err != nil {
		t.Fatal(err)
	}
	return image
}
