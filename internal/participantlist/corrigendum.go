package participantlist

import (
	"io"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

// ExportCorrigendum implements ParticipantListService. What differs is known
// before the document begins, and is in memory while it is sent.
func (s *Service) ExportCorrigendum(
	req *placardv1.ExportCorrigendumRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	base, l, err := s.both(ctx, req)
	if err != nil {
		return err
	}
	if l.masthead, err = mastheadOf(req, l.outline, s.store.Now()); err != nil {
		return err
	}
	if !slices.Contains(l.kinds, kindCorrigendum) {
		l.kinds = append(l.kinds, kindCorrigendum)
	}
	// It is the base that is corrected.
	l.outline.provisional = base.outline.provisional
	differences, err := s.differences(ctx, base, l, printed, maxPaged)
	if err != nil {
		return err
	}
	if len(differences) == 0 {
		return fault.Precondition("LISTS_EQUAL", "nothing of what a document shows differs between the two lists")
	}
	write := func(w io.Writer) error { return writeCorrigendum(w, l, differences) }
	name := "corrigendum-" + l.meeting + "-" + l.language
	if req.GetFormat() != placardv1.ExportCorrigendumRequest_PDF {
		out := download.NewWriter(stream, name+".docx", document.ContentType)
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	}
	out := download.NewWriter(stream, name+".pdf", "application/pdf")
	if err := s.toPDF(ctx, out, write); err != nil {
		return err
	}
	return out.Flush()
}

// corrigendum is the document that corrects a list.
type corrigendum struct {
	// listing is the later list, under the heading of the one that is corrected.
	listing
	words correcting
	entry personWriter
	doc   *document.Writer
}

// writeCorrigendum writes what has to be done with the one list, so that it is
// the other.
func writeCorrigendum(w io.Writer, l listing, differences []difference) error {
	doc, err := l.begin(w)
	if err != nil {
		return err
	}
	c := corrigendum{listing: l, words: corrections[l.language], entry: l.personWriter(), doc: doc}
	headings := locale.Words(l.language).Statuses
	var status placardv1.ParticipationStatus
	for _, d := range differences {
		if shown := d.shown(); shown.status != status {
			status = shown.status
			if err := doc.Paragraph(document.Heading1, l.own(headings[status])); err != nil {
				return err
			}
		}
		if err := c.delegation(d); err != nil {
			return err
		}
	}
	return doc.Close()
}

// delegation writes what has to be done with one delegation.
func (c corrigendum) delegation(d difference) error {
	if err := c.doc.Paragraph(document.Heading2, entityRun(d.shown())); err != nil {
		return err
	}
	switch {
	case d.before == nil:
		return c.persons(c.words.addEntry, addedPersons(d.added)...)
	case d.after == nil:
		return c.persons(c.words.removeEntry, d.removed...)
	}
	if err := c.heading(d.pair); err != nil {
		return err
	}
	if err := c.additions(d.added); err != nil {
		return err
	}
	for _, p := range d.corrected {
		if err := c.correction(p); err != nil {
			return err
		}
	}
	if len(d.removed) == 0 {
		return nil
	}
	return c.persons(c.words.remove, d.removed...)
}

// heading writes where a delegation belongs, and what its name is, where it stood
// elsewhere or under another.
func (c corrigendum) heading(p pair) error {
	if p.transferred() {
		headings := locale.Words(c.language).Statuses
		sentence := c.runs(c.words.transfer, c.own(headings[p.before.status]), c.own(headings[p.after.status]))
		// Not as an instruction, which stays with what follows: nothing may.
		if err := c.doc.Paragraph(document.Entry, sentence...); err != nil {
			return err
		}
	}
	if !p.renamed() {
		return nil
	}
	return c.replace(
		func() error { return c.doc.Paragraph(document.EntryName, entityRun(*p.before)) }, // it stays with what follows
		func() error { return c.doc.Paragraph(document.Entry, entityRun(*p.after)) })
}

// additions writes persons to be added: those who stand behind one another as
// one.
func (c corrigendum) additions(added []addition) error {
	for len(added) > 0 {
		n := 1
		for n < len(added) && added[n].behind == added[n-1].person {
			n++
		}
		var err error
		switch first := added[0]; {
		case first.atEnd:
			err = c.instruct(c.words.add)
		case first.behind == nil:
			err = c.instruct(c.words.addFirst)
		default:
			err = c.instruct(c.words.addBehind, nameRun(first.behind))
		}
		if err != nil {
			return err
		}
		if err := c.entries(addedPersons(added[:n])); err != nil {
			return err
		}
		added = added[n:]
	}
	return nil
}

// correction writes what has to be read of a person, and behind whom.
func (c corrigendum) correction(p correction) error {
	if p.reworded() {
		err := c.replace(
			func() error { return c.entry.write(c.doc, p.before) },
			func() error { return c.entry.write(c.doc, p.after) })
		if err != nil {
			return err
		}
	}
	switch {
	case !p.moved():
		return nil
	case p.behind == nil:
		return c.persons(c.words.placeFirst, p.after)
	}
	if err := c.instruct(c.words.placeBehind, nameRun(p.behind)); err != nil {
		return err
	}
	return c.entry.write(c.doc, p.after)
}

// replace writes that in the place of one thing another has to be read.
func (c corrigendum) replace(wrong, right func() error) error {
	if err := c.instruct(c.words.insteadOf); err != nil {
		return err
	}
	if err := wrong(); err != nil {
		return err
	}
	if err := c.instruct(c.words.read); err != nil {
		return err
	}
	return right()
}

// persons writes what has to be done with persons.
func (c corrigendum) persons(instruction string, persons ...*placardv1.ParticipantList_Person) error {
	if err := c.instruct(instruction); err != nil {
		return err
	}
	return c.entries(persons)
}

// entries writes persons as they stand on the list.
func (c corrigendum) entries(persons []*placardv1.ParticipantList_Person) error {
	for _, p := range persons {
		if err := c.entry.write(c.doc, p); err != nil {
			return err
		}
	}
	return nil
}

// instruct writes an instruction, with what stands in the places of its %s.
func (c corrigendum) instruct(text string, values ...document.Run) error {
	return c.doc.Paragraph(document.Instruction, c.runs(text, values...)...)
}

// runs are a text with what stands in the places of its %s.
func (c corrigendum) runs(text string, values ...document.Run) []document.Run {
	var runs []document.Run
	for _, value := range values {
		before, after, _ := strings.Cut(text, "%s")
		runs, text = append(runs, c.own(before), value), after
	}
	if text != "" {
		runs = append(runs, c.own(text))
	}
	return runs
}

func addedPersons(added []addition) []*placardv1.ParticipantList_Person {
	out := make([]*placardv1.ParticipantList_Person, len(added))
	for i, a := range added {
		out[i] = a.person
	}
	return out
}
