package meetingdocument

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

var lenient = protojson.UnmarshalOptions{DiscardUnknown: true}

// documentFromRow makes a document of a row that was read with its stored files.
func documentFromRow(row *db.Document) (*placardv1.Document, error) {
	d := &placardv1.Document{}
	if err := lenient.Unmarshal([]byte(row.Content), d); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Document(row.MeetingID, row.DocumentID), err)
	}
	d.Name = name.Document(row.MeetingID, row.DocumentID)
	d.Symbol = row.Symbol
	d.Versions, d.MissingLanguages = versionsOf(d.GetVersions(), row.Edges.Versions)
	d.CreateTime = timestamppb.New(row.CreateTime)
	d.UpdateTime = timestamppb.New(row.UpdateTime)
	d.Etag = store.Etag(row.Revision)
	return d, nil
}

// contentOf is what of a document has no column: its title, its topics and the
// addresses of its versions.
func contentOf(d *placardv1.Document) (string, error) {
	rest := &placardv1.Document{Title: d.GetTitle(), AgendaTopics: d.GetAgendaTopics()}
	for _, v := range d.GetVersions() {
		if v.GetUri() != "" {
			rest.Versions = append(rest.Versions, &placardv1.Document_Version{Language: v.GetLanguage(), Uri: v.GetUri()})
		}
	}
	text, err := protojson.Marshal(rest)
	if err != nil {
		return "", fmt.Errorf("write content of %s: %w", d.GetName(), err)
	}
	return string(text), nil
}

// topicsOf is how many topics the agenda of a meeting has.
func topicsOf(row *db.Meeting) (int, error) {
	m := &placardv1.Meeting{}
	if err := lenient.Unmarshal([]byte(row.Content), m); err != nil {
		return 0, fmt.Errorf("read content of %s: %w", name.Meeting(row.ID), err)
	}
	return len(m.GetAgendaTopics()), nil
}
