// Command openapi finishes the OpenAPI descriptions that protoc-gen-openapiv3
// makes, one for each .proto file, into the one that Placard serves.
//
// The plugin works from google.api.http alone. This step adds what else the
// contract says (the names of the parts of a resource name, the rules of
// protovalidate, the roles that may call) and what is true of every method
// (server, authentication, errors, the idempotency key). It fails where two
// files disagree instead of choosing one.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("openapi", flag.ContinueOnError)
	flags.SetOutput(stderr)
	in := flags.String("in", "build/.contract/openapi", "folder of the plugin's *.openapi.json")
	image := flags.String("image", "build/.contract/image.binpb", "the compiled contract, as protoimage writes it")
	out := flags.String("o", "api/openapi/openapi.json", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}

	encoded, err := os.ReadFile(*image)
	if err != nil {
		return err
	}
	known, err := readContract(encoded)
	if err != nil {
		return fmt.Errorf("read %s: %w", *image, err)
	}
	parts, err := readParts(*in)
	if err != nil {
		return err
	}
	doc, err := finish(known, parts)
	if err != nil {
		return err
	}

	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(doc); err != nil {
		return fmt.Errorf("encode the description: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(*out, text.Bytes(), 0o644)
}

// readParts reads the plugin's files in the order of their names.
func readParts(folder string) ([]part, error) {
	var parts []part
	tree := os.DirFS(folder)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".openapi.json") {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		// Numbers stay as they are written.
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		read := part{file: name}
		if err := decoder.Decode(&read); err != nil {
			return fmt.Errorf("decode %s: %w", name, err)
		}
		parts = append(parts, read)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", folder, err)
	}
	if len(parts) == 0 {
		return nil, errors.New("the contract has no method with a google.api.http rule")
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.file, b.file) })
	return parts, nil
}
