package participantlist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/seal"
)

// writeJSON writes the ParticipantList in canonical form, with its seal, a
// delegation at a time: the list and each part are messages that are cut open
// where their empty list stands. The seal is over the list without it. What
// stands behind the seal in the file is hashed before it is written.
func (s *Service) writeJSON(ctx context.Context, w io.Writer, l listing) error {
	key := l.signingKey
	if !l.issued() {
		var err error
		if key, err = s.signer.Active(ctx); err != nil {
			return err
		}
	}
	list := l.message()
	list.DelegationCount = int32(l.count())
	before, _, err := cutOpen(list, "parts")
	if err != nil {
		return err
	}
	hash := sha256.New()
	after, err := l.writeParts(io.MultiWriter(w, hash), list, before)
	if err != nil {
		return err
	}
	_, end, err := cutOpen(list, "parts")
	if err != nil {
		return err
	}
	_, _ = hash.Write(slices.Concat(after, end)) // a hash takes everything
	if list.Seal, err = s.signer.Sign(ctx, key, hash.Sum(nil)); err != nil {
		return err
	}
	if _, end, err = cutOpen(list, "parts"); err != nil {
		return err
	}
	_, err = w.Write(slices.Concat(after, end))
	return err
}

// writeParts writes what stands before the parts, and the parts but for their
// end, which it answers. It counts the persons of the list.
func (l listing) writeParts(w io.Writer, list *placardv1.ParticipantList, before []byte) (after []byte, err error) {
	headings := locale.Words(l.language).Statuses
	var status placardv1.ParticipationStatus
	err = l.each(func(d delegation, persons []*placardv1.ParticipantList_Person) error {
		if d.status != status {
			if status != 0 {
				before = append(after, ',')
			}
			status = d.status
			begin, end, err := cutOpen(&placardv1.ParticipantList_Part{ParticipationStatus: status, Heading: headings[status]}, "delegations")
			if err != nil {
				return err
			}
			before, after = slices.Concat(before, begin), end
		}
		shown := delegationFromOutline(d, persons)
		l.redact(&placardv1.ParticipantList{Parts: []*placardv1.ParticipantList_Part{
			{Delegations: []*placardv1.ParticipantList_Delegation{shown}},
		}})
		text, err := seal.Canonical(shown)
		if err != nil {
			return err
		}
		list.PersonCount += int32(len(persons))
		_, err = w.Write(slices.Concat(before, text))
		before = []byte{','}
		return err
	})
	if err != nil {
		return nil, err
	}
	if status == 0 {
		after = before // of an empty list only the beginning
	}
	return after, nil
}

// cutOpen makes the JSON of a message before and behind the items of a list of
// it, which is empty.
func cutOpen(m proto.Message, field string) (before, after []byte, err error) {
	text, err := seal.Canonical(m)
	if err != nil {
		return nil, nil, err
	}
	// A quotation mark within a text is escaped, so that no text has this.
	empty := []byte(`"` + field + `":[]`)
	at := bytes.Index(text, empty)
	if at < 0 {
		return nil, nil, fmt.Errorf("write JSON: no empty %q", field)
	}
	cut := at + len(empty) - 1
	return slices.Clip(text[:cut]), text[cut:], nil
}
