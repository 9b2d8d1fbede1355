package participantlist

import (
	"context"
	"errors"
	"io"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
)

const (
	// batchSize is about how many persons are in memory at once.
	batchSize = 1000
	// maxPaged is how many persons a document of pages has: some 1,500 pages.
	maxPaged = 20_000
	// maxRows is how many persons a spreadsheet has: its rows without the header.
	maxRows = 1<<20 - 1
)

// listing is a list to write: its outline, and its persons as they are read.
type listing struct {
	edition
	outline
	// each visits the delegations in order, with their persons, of whom there is
	// one at least.
	each func(visit func(d delegation, persons []*placardv1.ParticipantList_Person) error) error
	// redact leaves out of a list what the caller may not read.
	redact func(*placardv1.ParticipantList)
	// masthead is what the request says of the document.
	masthead
}

// format is a format of the file.
type format struct {
	extension, contentType string
	// limit is how many persons it has at the most, 0 for any number.
	limit int
	write func(io.Writer, listing) error
}

func formatOf(f placardv1.ExportParticipantListRequest_Format) format {
	switch f {
	case placardv1.ExportParticipantListRequest_XLSX:
		return format{extension: "xlsx", contentType: spreadsheetType, limit: maxRows, write: writeSpreadsheet}
	case placardv1.ExportParticipantListRequest_JSON:
		return format{extension: "json", contentType: "application/json", write: writeJSON}
	case placardv1.ExportParticipantListRequest_DOCX:
		return format{extension: "docx", contentType: document.ContentType, limit: maxPaged, write: writeDocument}
	case placardv1.ExportParticipantListRequest_PDF:
		return format{extension: "pdf", contentType: "application/pdf", limit: maxPaged, write: writeDocument}
	default:
		return format{extension: "csv", contentType: csvType, write: writeCSV}
	}
}

// ExportParticipantList implements ParticipantListService. A caller who reads
// slowly keeps no snapshot open: the outline is of one moment, and so is each
// delegation.
func (s *Service) ExportParticipantList(
	req *placardv1.ExportParticipantListRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	f := formatOf(req.GetFormat())
	l := listing{edition: editionOf(ctx, req)}
	l.provisional = req.GetProvisional()
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		var err error
		l.outline, err = readOutline(ctx, client, l.edition)
		return err
	})
	if err != nil {
		return err
	}
	if f.limit > 0 {
		if err := fits(l.persons(), f.limit, "take CSV or JSON, which have no limit"); err != nil {
			return err
		}
	}
	if l.masthead, err = mastheadOf(req, l.outline, s.store.Now()); err != nil {
		return err
	}
	l.each = func(visit func(delegation, []*placardv1.ParticipantList_Person) error) error {
		return s.each(ctx, l.edition, l.outline, visit)
	}
	l.redact = func(list *placardv1.ParticipantList) {
		s.contract.Redact(access.From(ctx), placardv1.ParticipantListService_GetParticipantList_FullMethodName, list)
	}
	out := download.NewWriter(stream, "participants-"+l.meeting+"-"+l.language+"."+f.extension, f.contentType)
	if req.GetFormat() == placardv1.ExportParticipantListRequest_PDF {
		err = s.writePDF(ctx, out, l)
	} else {
		err = f.write(out, l)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// each visits the delegations of an outline, in batches of persons.
func (s *Service) each(
	ctx context.Context, e edition, o outline, visit func(delegation, []*placardv1.ParticipantList_Person) error,
) error {
	for _, p := range o.parts {
		next := p.delegations
		for _, codes := range batches(p.delegations, batchSize) {
			rows, err := readPersons(ctx, s.store.Client(), e, codes)
			if err != nil {
				return err
			}
			for _, d := range next[:len(codes)] {
				if len(rows[d.entity]) == 0 {
					continue // withdrawn meanwhile
				}
				if err := visit(d, personsFromVersions(rows[d.entity])); err != nil {
					return err
				}
			}
			next = next[len(codes):]
		}
	}
	return nil
}

// writePDF writes the document as PDF.
func (s *Service) writePDF(ctx context.Context, w io.Writer, l listing) error {
	err := s.office.PDF(ctx,
		func(w io.Writer) error { return writeDocument(w, l) },
		func(r io.Reader) error {
			_, err := io.Copy(w, r)
			return err
		})
	if errors.Is(err, document.ErrUnavailable) {
		return fault.Precondition("PDF_UNAVAILABLE",
			"this server makes no PDF, because LibreOffice is not installed: export the list as DOCX")
	}
	return err
}
