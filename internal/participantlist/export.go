package participantlist

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
)

const (
	contentType   = "text/csv; charset=utf-8"
	byteOrderMark = "\ufeff"
	// chunkSize is about how many bytes go out at once.
	chunkSize = 64 << 10
	// batchSize is about how many persons are in memory at once.
	batchSize = 1000
)

// ExportParticipantList implements ParticipantListService. A caller who reads
// slowly keeps no snapshot open: the outline is of one moment, and so is each
// delegation.
func (s *Service) ExportParticipantList(
	req *placardv1.ExportParticipantListRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	e := editionOf(ctx, req)
	var o outline
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		var err error
		o, err = readOutline(ctx, client, e)
		return err
	})
	if err != nil {
		return err
	}
	disposition := fmt.Sprintf("attachment; filename=%q", "participants-"+e.meeting+"-"+e.language+".csv")
	if err := stream.SetHeader(metadata.Pairs("content-disposition", disposition)); err != nil {
		return fmt.Errorf("name the file: %w", err)
	}
	f := newFile(stream.Send, vocabularies[e.language])
	for _, p := range o.parts {
		if err := s.exportPart(ctx, f, e, p); err != nil {
			return err
		}
	}
	return f.send()
}

func (s *Service) exportPart(ctx context.Context, f *file, e edition, p part) error {
	next := p.delegations
	for _, codes := range batches(p.delegations, batchSize) {
		persons, err := readPersons(ctx, s.store.Client(), e, codes)
		if err != nil {
			return err
		}
		for _, d := range next[:len(codes)] {
			for i, v := range persons[d.entity] {
				if err := f.person(d, i+1, toPerson(v)); err != nil {
					return err
				}
			}
		}
		next = next[len(codes):]
	}
	return nil
}

// file writes rows and sends them in chunks. A chunk ends with a row.
type file struct {
	words  vocabulary
	out    func(*httpbody.HttpBody) error
	buffer bytes.Buffer
	rows   *csv.Writer
	begun  bool
}

func newFile(out func(*httpbody.HttpBody) error, words vocabulary) *file {
	f := &file{words: words, out: out}
	f.buffer.WriteString(byteOrderMark)
	f.rows = csv.NewWriter(&f.buffer)
	f.rows.UseCRLF = true
	_ = f.rows.Write(words.columns[:]) // into memory
	return f
}

// person writes the row of a person, whose place in the delegation counts
// those on the list only.
func (f *file) person(d delegation, place int, p *placardv1.ParticipantList_Person) error {
	cells := []string{
		f.words.headings[d.status], d.entity, d.name.GetText(), strconv.Itoa(place),
		p.GetHonorific(), p.GetDisplayName(), p.GetLatinName(), p.GetFunctionalTitle(), p.GetOrganization(),
		f.words.roles[p.GetRole()], f.words.modalities[p.GetModality()],
	}
	for i, cell := range cells {
		cells[i] = plainCell(cell)
	}
	_ = f.rows.Write(cells) // into memory
	f.rows.Flush()
	if f.buffer.Len() < chunkSize {
		return nil
	}
	return f.send()
}

// send sends what is written. The first chunk says what the file is.
func (f *file) send() error {
	f.rows.Flush()
	if f.begun && f.buffer.Len() == 0 {
		return nil
	}
	chunk := &httpbody.HttpBody{Data: bytes.Clone(f.buffer.Bytes())}
	if !f.begun {
		chunk.ContentType = contentType
	}
	f.begun = true
	f.buffer.Reset()
	if err := f.out(chunk); err != nil {
		return fmt.Errorf("send list: %w", err)
	}
	return nil
}
