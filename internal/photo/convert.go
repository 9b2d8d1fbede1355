package photo

import (
	"cmp"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func photoFromRow(row *db.Photo) *placardv1.Photo {
	p := &placardv1.Photo{
		Name:          nameOf(row),
		State:         placardv1.Photo_State(placardv1.Photo_State_value[row.State]),
		Rejection:     placardv1.Photo_Rejection(placardv1.Photo_Rejection_value[row.Rejection]),
		RejectionNote: row.RejectionNote,
		Late:          row.Late,
		SizeBytes:     row.SizeBytes,
		Sha256:        row.Sha256,
		Author:        row.Author,
		UploadTime:    timestamppb.New(row.UploadTime),
		DecideTime:    store.Timestamp(row.DecideTime),
		Etag:          etagOf(row),
	}
	for _, f := range row.Findings {
		p.Findings = append(p.Findings, placardv1.Photo_Finding(placardv1.Photo_Finding_value[f]))
	}
	return p
}

// photoOf is the photograph of a row, or of nil where none was sent.
func photoOf(row *db.Photo, photo string) *placardv1.Photo {
	if row == nil {
		return missing(photo)
	}
	return photoFromRow(row)
}

// showLink tells of a photograph that its participant has a link which works.
func showLink(p *placardv1.Photo, expire time.Time) {
	p.LinkExpireTime = timestamppb.New(expire)
	if p.GetState() == placardv1.Photo_MISSING {
		p.State = placardv1.Photo_REQUESTED
	}
}

// recipientFromVersion is whom a link is sent to; `language` is that of the
// delegation's invitation, which counts where the person has none.
func recipientFromVersion(v *db.ParticipantVersion, language string) recipient {
	return recipient{
		id: v.ParticipantID, entity: v.EntityID, address: v.Email,
		language: cmp.Or(v.Language, language, locale.English),
		online:   v.Modality == placardv1.Participant_ONLINE.String(),
	}
}

// missing is the photograph of a participant of whom none was sent.
func missing(photo string) *placardv1.Photo {
	return &placardv1.Photo{Name: photo, State: placardv1.Photo_MISSING, Etag: etagOf(nil)}
}

func nameOf(row *db.Photo) string { return name.Photo(row.MeetingID, row.EntityID, row.ID) }

func etagOf(row *db.Photo) string {
	if row == nil {
		return store.Etag(0)
	}
	return store.Etag(row.Revision)
}

// deadlineOf reads until when photographs are in time, nil for no deadline.
func deadlineOf(row *db.Meeting) (*timestamppb.Timestamp, error) {
	m := &placardv1.Meeting{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Content), m); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Meeting(row.ID), err)
	}
	return m.GetPhotoDeadlineTime(), nil
}
