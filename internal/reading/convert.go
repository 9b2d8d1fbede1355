package reading

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
)

func readingFromRow(row *db.Reading) *placardv1.Reading {
	out := &placardv1.Reading{
		Name:      name.Reading(row.MeetingID, row.ID),
		Kind:      placardv1.Reading_Kind(placardv1.Reading_Kind_value[row.Kind]),
		Resource:  row.Resource,
		Principal: row.Principal, Role: placardv1.Access_Role(placardv1.Access_Role_value[row.Role]),
		Method:     row.Method,
		CreateTime: timestamppb.New(row.CreateTime),
	}
	if row.Key != "" {
		out.Key = name.Key(row.Key)
	}
	return out
}
