package key

import (
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// keyFromRow needs the row's meetings loaded. It never has the secret.
func keyFromRow(row *db.Key) *placardv1.Key {
	k := &placardv1.Key{
		Name:        name.Key(row.ID),
		DisplayName: row.DisplayName,
		Role:        roleOf(row),
		Account:     row.Account,
		ExpireTime:  store.Timestamp(row.ExpireTime),
		RevokeTime:  store.Timestamp(row.RevokeTime),
		LastUseTime: store.Timestamp(row.LastUseTime),
		CreateTime:  timestamppb.New(row.CreateTime),
		Etag:        store.Etag(row.Revision),
	}
	if row.EntityID != "" {
		k.Entity = name.Entity(row.EntityID)
	}
	for _, m := range meetingsOf(row) {
		k.Meetings = append(k.Meetings, name.Meeting(m))
	}
	return k
}

func roleOf(row *db.Key) access.Role { return access.Role(placardv1.Access_Role_value[row.Role]) }

func meetingsOf(row *db.Key) []string {
	var ids []string
	for _, m := range row.Edges.Meetings {
		ids = append(ids, m.MeetingID)
	}
	slices.Sort(ids)
	return ids
}

func bindingFromRow(row *db.Key) binding {
	return binding{role: roleOf(row), entity: row.EntityID, meetings: meetingsOf(row), account: row.Account}
}

func principalFromRow(row *db.Key) access.Principal {
	p := access.Principal{
		Role:     roleOf(row),
		Entity:   row.EntityID,
		Meetings: meetingsOf(row),
		Account:  row.Account,
		Key:      row.ID,
	}
	if row.ExpireTime != nil {
		p.Expire = *row.ExpireTime
	}
	return p
}
