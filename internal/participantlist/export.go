package participantlist

import (
	"context"
	"errors"
	"io"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
)

const (
	// maxPaged is how many persons a document of pages has: some 1,500 pages.
	maxPaged = 20_000
	// maxRows is how many persons a spreadsheet has: its rows without the header.
	maxRows = 1<<20 - 1
)

// format is a format of the file.
type format struct {
	extension, contentType string
	// limit is how many persons it has at the most, 0 for any number.
	limit int
	write func(context.Context, io.Writer, listing) error
}

func (s *Service) formatOf(f placardv1.ExportParticipantListRequest_Format) format {
	switch f {
	case placardv1.ExportParticipantListRequest_XLSX:
		return format{extension: "xlsx", contentType: spreadsheetType, limit: maxRows, write: writeSpreadsheet}
	case placardv1.ExportParticipantListRequest_JSON:
		return format{extension: "json", contentType: "application/json", write: s.writeJSON}
	case placardv1.ExportParticipantListRequest_DOCX:
		return format{extension: "docx", contentType: document.ContentType, limit: maxPaged, write: writeDocument}
	case placardv1.ExportParticipantListRequest_PDF:
		return format{extension: "pdf", contentType: "application/pdf", limit: maxPaged, write: s.writePDF}
	default:
		return format{extension: "csv", contentType: csvType, write: writeCSV}
	}
}

// exported is a request that says what is to stand in a file.
type exported interface {
	GetName() string
	GetLanguage() string
	GetProvisional() bool
	GetSequence() int64
	GetFormat() placardv1.ExportParticipantListRequest_Format
	GetSymbol() string
	GetDate() string
}

// file is a list as a file that is still to be written.
type file struct {
	listing
	format
	name string
}

// file begins the file that is asked for, and refuses a list that it would not
// hold.
func (s *Service) file(ctx context.Context, req exported) (file, error) {
	a, err := askedBy(ctx, req).which(req)
	if err != nil {
		return file{}, err
	}
	f := file{format: s.formatOf(req.GetFormat())}
	if f.listing, err = s.list(ctx, a); err != nil {
		return file{}, err
	}
	if f.limit > 0 {
		if err := fits(f.persons(), f.limit, "take CSV or JSON, which have no limit"); err != nil {
			return file{}, err
		}
	}
	f.masthead, err = mastheadOf(req, f.outline, s.store.Now())
	if f.issued() {
		f.edition = f.sequence
	}
	f.name = "participants-" + f.meeting + "-" + f.language + "." + f.extension
	return f, err
}

// ExportParticipantList implements ParticipantListService. A caller who reads
// slowly keeps no snapshot open.
func (s *Service) ExportParticipantList(
	req *placardv1.ExportParticipantListRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	f, err := s.file(ctx, req)
	if err != nil {
		return err
	}
	out := download.NewWriter(stream, f.name, f.contentType)
	if err := f.write(ctx, out, f.listing); err != nil {
		return err
	}
	return out.Flush()
}

// GenerateParticipantList implements ParticipantListService. What can be refused
// at once is.
func (s *Service) GenerateParticipantList(
	ctx context.Context, req *placardv1.GenerateParticipantListRequest,
) (*longrunningpb.Operation, error) {
	if _, err := s.file(ctx, req); err != nil {
		return nil, err
	}
	return s.runner.Start(ctx, name.Meeting(name.MeetingOf(req.GetName())),
		placardv1.ParticipantListService_GenerateParticipantList_FullMethodName, req, nil)
}

// generate is the work of GenerateParticipantList.
func (s *Service) generate(ctx context.Context, t *longrunning.Task) (proto.Message, error) {
	req := &placardv1.GenerateParticipantListRequest{}
	if err := t.Request(req); err != nil {
		return nil, err
	}
	f, err := s.file(ctx, req)
	if err != nil {
		return nil, err
	}
	done, total := int64(0), int64(f.persons())
	t.Progress(done, total)
	each := f.each
	f.each = func(visit func(delegation, []*placardv1.ParticipantList_Person) error) error {
		return each(func(d delegation, persons []*placardv1.ParticipantList_Person) error {
			done += int64(len(persons))
			t.Progress(done, total)
			return visit(d, persons)
		})
	}
	made, err := t.File(ctx, f.name, f.contentType, func(w io.Writer) error { return f.write(ctx, w, f.listing) })
	if err != nil {
		return nil, err
	}
	return made, nil
}

// writePDF writes the document as PDF.
func (s *Service) writePDF(ctx context.Context, w io.Writer, l listing) error {
	return s.toPDF(ctx, w, func(w io.Writer) error { return writeDocument(ctx, w, l) })
}

// toPDF writes what is written as a document as PDF.
func (s *Service) toPDF(ctx context.Context, w io.Writer, write func(io.Writer) error) error {
	err := s.office.PDF(ctx, write,
		func(r io.Reader) error {
			_, err := io.Copy(w, r)
			return err
		})
	if errors.Is(err, document.ErrUnavailable) {
		return fault.Precondition("PDF_UNAVAILABLE",
			"this server makes no PDF, because LibreOffice is not installed: take DOCX")
	}
	return err
}
