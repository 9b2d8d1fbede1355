package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

const source = `syntax = "proto3";
package test.v1;
import "google/api/annotations.proto";
import "google/protobuf/empty.proto";
// Says hello.
service Greeter {
  // Greets.
  rpc Greet(Greeting) returns (Greeting) {
    option (google.api.http) = {get: "/v1/greeting"};
  }
}
// A greeting.
message Greeting {}
`

func TestCompile(t *testing.T) {
	image, err := compile(t.Context(), map[string][]byte{"test/v1/greeter.proto": []byte(source)}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(image, &set); err != nil {
		t.Fatal(err)
	}

	seen := make(map[string]bool)
	for _, file := range set.GetFile() {
		for _, dependency := range file.GetDependency() {
			if !seen[dependency] {
				t.Errorf("%s stands before %s, which it imports", file.GetName(), dependency)
			}
		}
		seen[file.GetName()] = true
		extension := imageExtensionOf(t, file)
		ours := file.GetName() == "test/v1/greeter.proto"
		if imported := extension[isImport][0] == 1; imported == ours {
			t.Errorf("%s: is_import = %t", file.GetName(), imported)
		}
		if !ours {
			continue
		}
		comments := 0
		for _, location := range file.GetSourceCodeInfo().GetLocation() {
			if location.GetLeadingComments() != "" {
				comments++
			}
		}
		if comments != 3 {
			t.Errorf("%d comments are kept, want 3", comments)
		}
		if unused := extension[unusedDependencyList]; len(unused) != 1 || file.GetDependency()[unused[0]] != "google/protobuf/empty.proto" {
			t.Errorf("unused dependencies are %v of %v", unused, file.GetDependency())
		}
	}
	if !seen["google/api/http.proto"] {
		t.Error("an indirect import is missing")
	}
}

func TestCompileTellsWhatIsMissing(t *testing.T) {
	var said strings.Builder
	_, err := compile(t.Context(), map[string][]byte{"a.proto": []byte(`syntax = "proto3"; import "other/b.proto";`)}, &said)
	if err == nil || !strings.Contains(said.String()+err.Error(), "other/b.proto") {
		t.Errorf("error is %v, messages are %q", err, &said)
	}
}

func TestReadCommit(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	git := func(args ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("api/test/v1/greeter.proto", source)
	write("api/README.md", "not compiled")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	write("api/test/v1/greeter.proto", "changed since")

	sources, err := readCommit(t.Context(), "HEAD", "api")
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) != 1 || string(sources["test/v1/greeter.proto"]) != source {
		t.Errorf("read %d files: %v", len(sources), sources)
	}
	for _, rev := range []string{"", "-x", "0123456789012345678901234567890123456789"} {
		if err := run(t.Context(), []string{"-rev", rev}, io.Discard, io.Discard); err == nil {
			t.Errorf("commit %q is read without an error", rev)
		}
	}
}

// imageExtensionOf returns the varints of Buf's extension by field number.
func imageExtensionOf(t *testing.T, file *descriptorpb.FileDescriptorProto) map[protowire.Number][]uint64 {
	t.Helper()
	unknown := []byte(file.ProtoReflect().GetUnknown())
	for len(unknown) > 0 {
		number, kind, n := protowire.ConsumeTag(unknown)
		unknown = unknown[n:]
		if number != imageExtension || kind != protowire.BytesType {
			unknown = unknown[protowire.ConsumeFieldValue(number, kind, unknown):]
			continue
		}
		extension, _ := protowire.ConsumeBytes(unknown)
		values := make(map[protowire.Number][]uint64)
		for len(extension) > 0 {
			number, _, n := protowire.ConsumeTag(extension)
			value, m := protowire.ConsumeVarint(extension[n:])
			values[number] = append(values[number], value)
			extension = extension[n+m:]
		}
		return values
	}
	t.Fatalf("%s has no image extension", file.GetName())
	return nil
}
