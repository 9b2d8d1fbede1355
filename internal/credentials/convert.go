package credentials

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// credentialsFromRow needs the terms of the meeting, which say when they are due.
func credentialsFromRow(row *db.Credentials, t terms) *placardv1.Credentials {
	return &placardv1.Credentials{
		Name:           name.Credentials(row.MeetingID, row.EntityID),
		Entity:         name.Entity(row.EntityID),
		State:          placardv1.Credentials_State(placardv1.Credentials_State_value[row.State]),
		Form:           placardv1.Credentials_Form(placardv1.Credentials_Form_value[row.Form]),
		ReceiptDate:    row.ReceiptDate,
		SignatoryName:  row.SignatoryName,
		SignatoryTitle: row.SignatoryTitle,
		SignatoryCapacity: placardv1.SignatoryCapacity(
			placardv1.SignatoryCapacity_value[row.SignatoryCapacity]),
		DueTime:    t.due,
		Late:       row.Late,
		Remarks:    row.Remarks,
		DecideTime: store.Timestamp(row.DecideTime),
		CreateTime: timestamppb.New(row.CreateTime),
		UpdateTime: timestamppb.New(row.UpdateTime),
		Etag:       store.Etag(row.Revision),
	}
}

// rowFromCredentials makes the row without its id, its revision and its times.
func rowFromCredentials(c *placardv1.Credentials) *db.Credentials {
	return &db.Credentials{
		MeetingID:         name.MeetingOf(c.GetName()),
		EntityID:          name.EntityOf(c.GetName()),
		State:             c.GetState().String(),
		Form:              c.GetForm().String(),
		ReceiptDate:       c.GetReceiptDate(),
		Late:              c.GetLate(),
		SignatoryName:     c.GetSignatoryName(),
		SignatoryTitle:    c.GetSignatoryTitle(),
		SignatoryCapacity: c.GetSignatoryCapacity().String(),
		Remarks:           c.GetRemarks(),
		DecideTime:        store.Instant(c.GetDecideTime()),
	}
}

// meetingFromRow reads what a meeting asks for, and of the meeting its first day
// and what has no column.
func meetingFromRow(row *db.Meeting) (terms, *placardv1.Meeting, error) {
	m := &placardv1.Meeting{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Content), m); err != nil {
		return terms{}, nil, fmt.Errorf("read content of %s: %w", name.Meeting(row.ID), err)
	}
	m.StartDate = row.StartDate
	zone, err := time.LoadLocation(row.TimeZone)
	if err != nil {
		return terms{}, nil, fmt.Errorf("zone of %s: %w", name.Meeting(row.ID), err)
	}
	return terms{
		meeting: name.Meeting(row.ID),
		state:   placardv1.Meeting_State(placardv1.Meeting_State_value[row.State]),
		rule:    m.GetCredentialsRule(),
		due:     m.GetCredentialsDueTime(),
		zone:    zone,
	}, m, nil
}
