// Package correspondence makes the notes verbales and letters of a meeting from its
// templates.
package correspondence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	Pages *page.Codec
	// Runner makes the letters to all; nil where nothing starts it.
	Runner *longrunning.Runner
	// Office makes PDF.
	Office *document.Office
}

// Service implements the contract's CorrespondenceService.
type Service struct {
	placardv1.UnimplementedCorrespondenceServiceServer

	store  *store.Store
	pages  *page.Codec
	runner *longrunning.Runner
	office *document.Office
}

// New makes the service, before the queue starts.
func New(cfg Config) *Service {
	s := &Service{store: cfg.Store, pages: cfg.Pages, runner: cfg.Runner, office: cfg.Office}
	cfg.Runner.Do(placardv1.CorrespondenceService_GenerateLetters_FullMethodName, s.generate)
	return s
}

// ExportLetter implements the contract. What the caller does not see is not read: a
// mission finds its own invitation only, once it is issued.
func (s *Service) ExportLetter(
	req *placardv1.ExportLetterRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	if err := fault.Invalid(checkExport(req)...); err != nil {
		return err
	}
	var l *letter
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		var err error
		l, err = readLetter(ctx, client, req, s.store.Now())
		return err
	})
	if err != nil {
		return err
	}
	f := formatOf(req.GetFormat())
	out := download.NewWriter(stream, l.fileName(f), f.mediaType)
	if err := s.write(ctx, out, l, f); err != nil {
		return err
	}
	return out.Flush()
}

// format is the form of a file.
type format struct {
	ending, mediaType string
	pdf               bool
}

func formatOf(f placardv1.Letter_Format) format {
	if f == placardv1.Letter_PDF {
		return format{ending: ".pdf", mediaType: "application/pdf", pdf: true}
	}
	return format{ending: ".docx", mediaType: document.ContentType}
}

// write writes a letter as a file.
func (s *Service) write(ctx context.Context, w io.Writer, l *letter, f format) error {
	if !f.pdf {
		return l.write(w)
	}
	return s.pdfs(ctx, []*letter{l}, func(_ *letter, pdf []byte) error {
		_, err := w.Write(pdf)
		return err
	})
}

// pdfs makes PDF of letters. The same letter is the same PDF: its id is that of the
// document.
func (s *Service) pdfs(ctx context.Context, letters []*letter, each func(l *letter, pdf []byte) error) error {
	ids := make([]string, len(letters))
	err := s.office.PDFs(ctx, len(letters), func(i int, w io.Writer) error {
		sum := sha256.New()
		if err := letters[i].write(io.MultiWriter(w, sum)); err != nil {
			return err
		}
		ids[i] = strings.ToUpper(hex.EncodeToString(sum.Sum(nil)[:16]))
		return nil
	}, func(i int, r io.Reader) error {
		pdf, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return each(letters[i], settle(pdf, letters[i].made(), ids[i]))
	})
	if errors.Is(err, document.ErrUnavailable) {
		return unavailable()
	}
	return err
}

func unavailable() error {
	return fault.Precondition("PDF_UNAVAILABLE",
		"this server makes no PDF, because LibreOffice is not installed: take DOCX")
}
