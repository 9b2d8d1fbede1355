package delivery

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func (s *Service) deliveryFromRow(row *db.Delivery) *placardv1.Delivery {
	d := &placardv1.Delivery{
		Name:            nameOf(row),
		Kind:            kindOf(row),
		State:           placardv1.Delivery_State(placardv1.Delivery_State_value[row.State]),
		Language:        row.Language,
		Address:         proto.String(row.Address),
		MessageId:       "<" + s.room.MessageID(row.ID) + ">",
		AttemptCount:    int32(row.AttemptCount),
		Reason:          row.Reason,
		NextAttemptTime: store.Timestamp(row.NextAttemptTime),
		SendTime:        store.Timestamp(row.SendTime),
		CreateTime:      timestamppb.New(row.CreateTime),
		UpdateTime:      timestamppb.New(row.UpdateTime),
	}
	if row.ParticipantID != "" {
		d.Participant = name.Participant(row.MeetingID, row.EntityID, row.ParticipantID)
	}
	if d.GetKind() == placardv1.Delivery_ANNOUNCEMENT {
		d.Announcement = name.Announcement(row.MeetingID, row.Source)
	}
	return d
}

func nameOf(row *db.Delivery) string { return name.Delivery(row.MeetingID, row.EntityID, row.ID) }

func kindOf(row *db.Delivery) placardv1.Delivery_Kind {
	return placardv1.Delivery_Kind(placardv1.Delivery_Kind_value[row.Kind])
}
