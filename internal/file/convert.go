package file

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func fileFromRow(row *db.File) *placardv1.File {
	return &placardv1.File{
		Name:        name.File(row.MeetingID, row.EntityID, row.ID),
		Purpose:     placardv1.File_Purpose(placardv1.File_Purpose_value[row.Purpose]),
		DisplayName: row.DisplayName,
		MediaType:   row.MediaType,
		SizeBytes:   row.SizeBytes,
		Sha256:      row.Sha256,
		Author:      row.Author,
		CreateTime:  timestamppb.New(row.CreateTime),
		Etag:        store.Etag(row.Revision),
	}
}
