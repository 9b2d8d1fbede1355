package signingkey

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// keyFromRow never has the private part.
func keyFromRow(row *db.SigningKey) *placardv1.SigningKey {
	return &placardv1.SigningKey{
		Name:       name.SigningKey(row.ID),
		State:      stateOf(row),
		PublicKey:  row.PublicKey,
		CreateTime: timestamppb.New(row.CreateTime),
		RetireTime: store.Timestamp(row.RetireTime),
		RevokeTime: store.Timestamp(row.RevokeTime),
		Etag:       store.Etag(row.Revision),
	}
}

func stateOf(row *db.SigningKey) placardv1.SigningKey_State {
	return placardv1.SigningKey_State(placardv1.SigningKey_State_value[row.State])
}
