package change

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
)

func changeFromRow(row *db.Change, caller access.Principal) *placardv1.Change {
	c := &placardv1.Change{
		Name:         "changes/" + strconv.FormatInt(row.ID, 10),
		Sequence:     row.ID,
		CreateTime:   timestamppb.New(row.CreateTime),
		Principal:    shownPrincipal(row.Principal, caller),
		Verb:         row.Verb,
		ResourceType: row.ResourceType,
		Resource:     row.Resource,
		Revision:     row.Revision,
		Paths:        row.Paths,
	}
	if row.OnBehalfOf != "" {
		c.OnBehalfOf = name.Entity(row.OnBehalfOf)
	}
	return c
}
