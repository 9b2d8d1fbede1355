package announcement

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

// announcementFromRow makes an announcement without its progress.
func announcementFromRow(row *db.Announcement) (*placardv1.Announcement, error) {
	a := &placardv1.Announcement{}
	if err := lenient.Unmarshal([]byte(row.Content), a); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Announcement(row.MeetingID, row.AnnouncementID), err)
	}
	a.Name = name.Announcement(row.MeetingID, row.AnnouncementID)
	a.State = placardv1.Announcement_State(placardv1.Announcement_State_value[row.State])
	a.SendTime = store.Timestamp(row.SendTime)
	a.Author = row.Author
	a.CreateTime = timestamppb.New(row.CreateTime)
	a.UpdateTime = timestamppb.New(row.UpdateTime)
	a.Etag = store.Etag(row.Revision)
	return a, nil
}

// contentOf is what of an announcement has no column.
func contentOf(a *placardv1.Announcement) (string, error) {
	rest := &placardv1.Announcement{
		Subject: a.GetSubject(), Body: a.GetBody(), Audience: a.GetAudience(), AttachCalendar: a.GetAttachCalendar(),
	}
	text, err := protojson.Marshal(rest)
	if err != nil {
		return "", fmt.Errorf("write content of %s: %w", a.GetName(), err)
	}
	return string(text), nil
}
