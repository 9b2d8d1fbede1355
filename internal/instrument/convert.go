package instrument

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// FromRow reads an instrument with its table.
func FromRow(row *db.Instrument) (*placardv1.Instrument, error) {
	i := &placardv1.Instrument{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Content), i); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Instrument(row.ID), err)
	}
	i.Name = name.Instrument(row.ID)
	i.AdoptionDate, i.InForceDate = row.AdoptionDate, row.InForceDate
	i.CreateTime = timestamppb.New(row.CreateTime)
	i.UpdateTime = timestamppb.New(row.UpdateTime)
	i.Etag = store.Etag(row.Revision)
	return i, nil
}

// rowFromInstrument makes the row without its revision and its times.
func rowFromInstrument(i *placardv1.Instrument) (*db.Instrument, error) {
	content, err := protojson.Marshal(&placardv1.Instrument{Title: i.GetTitle(), Parties: i.GetParties()})
	if err != nil {
		return nil, fmt.Errorf("write content of %s: %w", i.GetName(), err)
	}
	return &db.Instrument{
		ID:           name.Last(i.GetName()),
		AdoptionDate: i.GetAdoptionDate(),
		InForceDate:  i.GetInForceDate(),
		Content:      string(content),
	}, nil
}
