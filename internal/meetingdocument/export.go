package meetingdocument

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/document"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// ExportDocuments implements the contract. Which documents there are is of one
// moment; their files are read one after another while they are sent. As long
// as nothing changes, an archive has the same bytes.
func (s *Service) ExportDocuments(
	req *placardv1.ExportDocumentsRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	rows, err := s.all(ctx, req.GetParent())
	if err != nil {
		return err
	}
	out := download.NewWriter(stream, archiveName(req), archiveKind)
	if err := s.archive(ctx, out, rows, req.GetLanguage(), func(int) {}); err != nil {
		return err
	}
	return out.Flush()
}

// GenerateDocumentArchive implements the contract.
func (s *Service) GenerateDocumentArchive(
	ctx context.Context, req *placardv1.GenerateDocumentArchiveRequest,
) (*longrunningpb.Operation, error) {
	return s.runner.Start(ctx, req.GetParent(), placardv1.DocumentService_GenerateDocumentArchive_FullMethodName, req, nil)
}

// generateArchive makes the archive that GenerateDocumentArchive asks for.
func (s *Service) generateArchive(ctx context.Context, t *longrunning.Task) (proto.Message, error) {
	req := &placardv1.GenerateDocumentArchiveRequest{}
	if err := t.Request(req); err != nil {
		return nil, err
	}
	rows, err := s.all(ctx, req.GetParent())
	if err != nil {
		return nil, err
	}
	total := filesIn(rows, req.GetLanguage())
	t.Progress(0, int64(total))
	return t.File(ctx, archiveName(req), archiveKind, func(w io.Writer) error {
		return s.archive(ctx, w, rows, req.GetLanguage(), func(packed int) { t.Progress(int64(packed), int64(total)) })
	})
}

// all reads the documents of a meeting as they are at one moment.
func (s *Service) all(ctx context.Context, parent string) ([]*db.Document, error) {
	var rows []*db.Document
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		if err := store.SeesMeeting(ctx, client, parent); err != nil {
			return err
		}
		var err error
		rows, err = client.Document.Query().Where(document.MeetingID(name.MeetingOf(parent))).
			Order(document.BySymbolKey()).WithVersions().All(ctx)
		if err != nil {
			return fmt.Errorf("read documents of %s: %w", parent, err)
		}
		return nil
	})
	return rows, err
}

// archiveKind is the media type of an archive.
const archiveKind = "application/zip"

// archiveName is what the archive is called that a request asks for.
func archiveName(req interface {
	GetParent() string
	GetLanguage() string
}) string {
	return "documents-" + name.MeetingOf(req.GetParent()) + "-" + letters[req.GetLanguage()] + ".zip"
}

// listName is the file that says what the archive lacks.
const listName = "list.txt"

// archive writes the stored files of one language, and then the list of what
// has none. It tells after each how many files it has written.
func (s *Service) archive(
	ctx context.Context, out io.Writer, rows []*db.Document, language string, progress func(packed int),
) error {
	z := zip.NewWriter(out)
	// Most of what is packed is packed already.
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	var list strings.Builder
	packed := 0
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		stored := false
		for _, v := range row.Edges.Versions {
			if v.Language != language {
				continue
			}
			stored = true
			if err := s.pack(ctx, z, row, v); err != nil {
				return fmt.Errorf("pack %s: %w", row.Symbol, err)
			}
			packed++
			progress(packed)
		}
		if !stored {
			line, err := listLine(row, language)
			if err != nil {
				return err
			}
			list.WriteString(line)
		}
	}
	w, err := z.Create(listName)
	if err != nil {
		return fmt.Errorf("pack the list: %w", err)
	}
	if _, err := io.WriteString(w, list.String()); err != nil {
		return fmt.Errorf("pack the list: %w", err)
	}
	return z.Close()
}

// filesIn is how many files a language has.
func filesIn(rows []*db.Document, language string) int {
	n := 0
	for _, row := range rows {
		for _, v := range row.Edges.Versions {
			if v.Language == language {
				n++
			}
		}
	}
	return n
}

// pack writes one stored file.
func (s *Service) pack(ctx context.Context, z *zip.Writer, row *db.Document, v *db.DocumentVersion) error {
	content, err := s.blobs.Read(ctx, v.Blob)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was read
	w, err := z.CreateHeader(&zip.FileHeader{
		Name: fileName(row.Symbol, v.Language, blob.Kind(v.MediaType)), Method: zip.Deflate, Modified: row.UpdateTime.UTC(),
	})
	if err != nil {
		return err
	}
	return blob.Copy(w, content, v.Sha256)
}

// listLine says of a document without a stored file its symbol, its title and
// where it is published, between tabs; `-` for no address.
func listLine(row *db.Document, language string) (string, error) {
	d, err := documentFromRow(row)
	if err != nil {
		return "", err
	}
	address := ""
	for _, v := range d.GetVersions() {
		if v.GetLanguage() == language {
			address = v.GetUri()
		}
	}
	title := locale.Show(d.GetTitle(), language, nil).GetText()
	title = strings.Join(strings.Fields(title), " ")
	return fmt.Sprintf("%s\t%s\t%s\r\n", d.GetSymbol(), title, cmp.Or(address, "-")), nil
}
