package participantlist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// writeJSON writes the ParticipantList as REST answers it, a delegation at a
// time: the list and each part are messages that are cut open where their empty
// list stands.
func writeJSON(w io.Writer, l listing) error {
	headings := locale.Words(l.language).Statuses
	list := &placardv1.ParticipantList{
		Name: l.resource, Title: l.title, Language: l.language, Provisional: l.provisional,
		CreateTime: timestamppb.New(l.now),
	}
	begin, _, err := cutOpen(list, "parts")
	if err != nil {
		return err
	}
	// What stands before the next delegation, and what ends the part that it
	// is in.
	before, after := begin, []byte(nil)
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
		text, err := toJSON(shown)
		if err != nil {
			return err
		}
		list.DelegationCount++
		list.PersonCount += int32(len(persons))
		_, err = w.Write(slices.Concat(before, text))
		before = []byte{','}
		return err
	})
	if err != nil {
		return err
	}
	if status == 0 {
		after = before // of an empty list only the beginning
	}
	// The numbers stand behind the parts.
	_, end, err := cutOpen(list, "parts")
	if err != nil {
		return err
	}
	_, err = w.Write(append(after, end...))
	return err
}

// cutOpen makes the JSON of a message before and behind the items of a list of
// it, which is empty.
func cutOpen(m proto.Message, field string) (before, after []byte, err error) {
	text, err := toJSON(m)
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

// toJSON writes a message as REST does. protojson adds spaces here and there.
func toJSON(m proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return compact.Bytes(), nil
}
