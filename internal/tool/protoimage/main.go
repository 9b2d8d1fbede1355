// Command protoimage compiles the contract in api/ into a Buf image, from
// which buf lints, compares and generates without a network.
//
// Imports that are not in api/ (google/api, google/rpc, buf/validate, the
// well-known types) are taken from the descriptors that Go modules register,
// so that the contract is checked against exactly the versions in go.mod. In
// the image they are marked as imports, which keeps lint, comparison and
// generation off them.
//
// With -rev the folder is read from a commit instead of the work tree, to
// compare the contract with an earlier state of it.
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/protoutil"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	// Each of these registers the descriptors of .proto files that the
	// contract may import.
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "cloud.google.com/go/longrunning/autogen/longrunningpb"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/api/visibility"
	_ "google.golang.org/genproto/googleapis/rpc/code"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/emptypb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// Field numbers of Buf's image, which is a FileDescriptorSet with one more
// field in each file (buf/alpha/image/v1/image.proto).
const (
	imageExtension       = 8042
	isImport             = 1
	isSyntaxUnspecified  = 3
	unusedDependencyList = 4
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "protoimage:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("protoimage", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", "api", "folder that imports are relative to; with -rev relative to the top of the repository")
	rev := flags.String("rev", "", "commit whose folder is compiled, instead of the work tree's")
	out := flags.String("o", "", "file to write; standard output if empty")
	if err := flags.Parse(args); err != nil {
		return err
	}

	// An empty -rev is a mistake of the caller's, and not the work tree: it
	// would compare the contract with itself.
	fromCommit := false
	flags.Visit(func(f *flag.Flag) { fromCommit = fromCommit || f.Name == "rev" })
	var sources map[string][]byte
	var err error
	if fromCommit {
		sources, err = readCommit(ctx, *rev, *root)
	} else {
		sources, err = readFolder(*root)
	}
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return fmt.Errorf("no .proto file in %s", *root)
	}

	image, err := compile(ctx, sources, stderr)
	if err != nil {
		return err
	}
	if *out == "" {
		_, err = stdout.Write(image)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(*out, image, 0o644)
}

// readFolder returns the .proto files below root, by import path.
func readFolder(root string) (map[string][]byte, error) {
	sources := make(map[string][]byte)
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || path.Ext(name) != ".proto" {
			return nil
		}
		sources[name], err = fs.ReadFile(tree, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", root, err)
	}
	return sources, nil
}

// readCommit returns the .proto files below root of a commit, by import path.
func readCommit(ctx context.Context, rev, root string) (map[string][]byte, error) {
	if rev == "" || strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("%q is not a commit", rev)
	}
	var stderr bytes.Buffer
	git := exec.CommandContext(ctx, "git", "archive", "--format=tar", rev, "--", root)
	git.Stderr = &stderr
	archive, err := git.Output()
	if err != nil {
		return nil, fmt.Errorf("read %s of commit %s: %w: %s", root, rev, err, strings.TrimSpace(stderr.String()))
	}
	sources := make(map[string][]byte)
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return sources, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the archive of commit %s: %w", rev, err)
		}
		name, inside := strings.CutPrefix(path.Clean(header.Name), path.Clean(root)+"/")
		if header.Typeflag != tar.TypeReg || !inside || path.Ext(name) != ".proto" {
			continue
		}
		if sources[name], err = io.ReadAll(reader); err != nil {
			return nil, fmt.Errorf("read %s of commit %s: %w", name, rev, err)
		}
	}
}

// remarks collects, by file, what buf wants to know beside the descriptors.
type remarks struct {
	unusedImports map[string][]string
	noSyntax      map[string]bool
}

// compile links the sources with their imports and returns the image: every
// file after those that it imports, always in the same order.
func compile(ctx context.Context, sources map[string][]byte, stderr io.Writer) ([]byte, error) {
	found := remarks{unusedImports: make(map[string][]string), noSyntax: make(map[string]bool)}
	failed := false
	compiler := protocompile.Compiler{
		Resolver: protocompile.CompositeResolver{
			protocompile.ResolverFunc(func(name string) (protocompile.SearchResult, error) {
				source, ok := sources[name]
				if !ok {
					return protocompile.SearchResult{}, fmt.Errorf("%s is neither in the folder nor registered by a Go module that protoimage imports", name)
				}
				return protocompile.SearchResult{Source: bytes.NewReader(source)}, nil
			}),
			protocompile.ResolverFunc(func(name string) (protocompile.SearchResult, error) {
				file, err := protoregistry.GlobalFiles.FindFileByPath(name)
				return protocompile.SearchResult{Desc: file}, err
			}),
		},
		SourceInfoMode: protocompile.SourceInfoStandard,
		// One file at a time: the reporter is then called by one goroutine.
		MaxParallelism: 1,
		Reporter: reporter.NewReporter(
			func(err reporter.ErrorWithPos) error {
				failed = true
				_, _ = fmt.Fprintln(stderr, err)
				return nil
			},
			func(warning reporter.ErrorWithPos) {
				name := warning.GetPosition().Filename
				var unused linker.ErrorUnusedImport
				switch {
				case errors.As(warning, &unused):
					found.unusedImports[name] = append(found.unusedImports[name], unused.UnusedImport())
				case errors.Is(warning, parser.ErrNoSyntax):
					found.noSyntax[name] = true
				default:
					_, _ = fmt.Fprintln(stderr, "warning:", warning)
				}
			},
		),
	}

	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	slices.Sort(names)
	files, err := compiler.Compile(ctx, names...)
	if failed {
		return nil, errors.New("the contract does not compile")
	}
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
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
		_, ours := sources[file.Path()]
		set.File = append(set.File, imageFile(file, !ours, found))
	}
	for _, file := range files {
		add(file)
	}
	image, err := proto.MarshalOptions{Deterministic: true}.Marshal(&set)
	if err != nil {
		return nil, fmt.Errorf("encode the image: %w", err)
	}
	return image, nil
}

// imageFile returns the descriptor of a file with Buf's extension. Buf reads
// the absence of the extension as "made by protoc" and then treats every file
// as one of ours.
func imageFile(file protoreflect.FileDescriptor, imported bool, found remarks) *descriptorpb.FileDescriptorProto {
	// A copy: for files of Go modules the descriptor may be shared.
	described := proto.CloneOf(protoutil.ProtoFromFileDescriptor(file))

	var extension []byte
	extension = protowire.AppendTag(extension, isImport, protowire.VarintType)
	extension = protowire.AppendVarint(extension, protowire.EncodeBool(imported))
	extension = protowire.AppendTag(extension, isSyntaxUnspecified, protowire.VarintType)
	extension = protowire.AppendVarint(extension, protowire.EncodeBool(found.noSyntax[file.Path()]))
	for i, dependency := range described.GetDependency() {
		if slices.Contains(found.unusedImports[file.Path()], dependency) {
			extension = protowire.AppendTag(extension, unusedDependencyList, protowire.VarintType)
			extension = protowire.AppendVarint(extension, uint64(i))
		}
	}

	var field []byte
	field = protowire.AppendTag(field, imageExtension, protowire.BytesType)
	field = protowire.AppendBytes(field, extension)
	described.ProtoReflect().SetUnknown(append(described.ProtoReflect().GetUnknown(), field...))
	return described
}
