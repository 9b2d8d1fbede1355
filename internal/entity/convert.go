package entity

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Names reads the names of an entity from its row: an Entity with its names,
// the former ones included, and nothing else.
func Names(text string) (*placardv1.Entity, error) {
	e := &placardv1.Entity{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(text), e); err != nil {
		return nil, fmt.Errorf("read names of an entity: %w", err)
	}
	return e, nil
}

// namesFromEntity is what Names reads.
func namesFromEntity(e *placardv1.Entity) (string, error) {
	text, err := protojson.Marshal(&placardv1.Entity{
		ShortName: e.GetShortName(), FormalName: e.GetFormalName(), FormerNames: e.GetFormerNames(),
	})
	if err != nil {
		return "", fmt.Errorf("write names of %s: %w", e.GetCode(), err)
	}
	return string(text), nil
}

func entityFromRow(row *db.Entity) (*placardv1.Entity, error) {
	e, err := Names(row.Names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", row.ID, err)
	}
	e.Name = name.Entity(row.ID)
	e.Code = row.ID
	e.Kind = placardv1.Entity_Kind(placardv1.Entity_Kind_value[row.Kind])
	e.Alpha2Code, e.M49Code = row.Alpha2Code, row.M49Code
	e.Region = placardv1.Entity_Region(placardv1.Entity_Region_value[row.Region])
	e.ConsultativeStatus = placardv1.Entity_ConsultativeStatus(
		placardv1.Entity_ConsultativeStatus_value[row.ConsultativeStatus])
	e.Language = row.Language
	e.CreateTime = timestamppb.New(row.CreateTime)
	e.UpdateTime = timestamppb.New(row.UpdateTime)
	e.Etag = store.Etag(row.Revision)
	return e, nil
}

// rowFromEntity makes the row without its revision, its times, and who wrote it.
func rowFromEntity(e *placardv1.Entity) (*db.Entity, error) {
	names, err := namesFromEntity(e)
	if err != nil {
		return nil, err
	}
	return &db.Entity{
		ID:                 e.GetCode(),
		Kind:               e.GetKind().String(),
		Alpha2Code:         e.GetAlpha2Code(),
		M49Code:            e.GetM49Code(),
		Region:             e.GetRegion().String(),
		ConsultativeStatus: e.GetConsultativeStatus().String(),
		Language:           e.GetLanguage(),
		SearchKey:          searchKey(e),
		Names:              names,
	}, nil
}

// said answers an entity without what only the database says of it.
func said(e *placardv1.Entity) *placardv1.Entity {
	e = proto.CloneOf(e)
	e.CreateTime, e.UpdateTime, e.Etag = nil, nil, ""
	return e
}
