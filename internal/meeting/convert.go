package meeting

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func meetingFromRow(row *db.Meeting) (*placardv1.Meeting, error) {
	m := &placardv1.Meeting{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(row.Content), m); err != nil {
		return nil, fmt.Errorf("read content of %s: %w", name.Meeting(row.ID), err)
	}
	m.Name = name.Meeting(row.ID)
	m.State = placardv1.Meeting_State(placardv1.Meeting_State_value[row.State])
	m.StartDate = row.StartDate
	m.EndDate = row.EndDate
	m.TimeZone = row.TimeZone
	m.LatePolicy = placardv1.Meeting_LatePolicy(placardv1.Meeting_LatePolicy_value[row.LatePolicy])
	m.Modality = placardv1.Meeting_Modality(placardv1.Meeting_Modality_value[row.Modality])
	m.CompositionDeadline = row.CompositionDeadline
	m.CompositionDeadlineTime = store.Timestamp(row.DeadlineTime)
	m.CloseTime = store.Timestamp(row.CloseTime)
	m.CreateTime = timestamppb.New(row.CreateTime)
	m.UpdateTime = timestamppb.New(row.UpdateTime)
	m.Etag = store.Etag(row.Revision)
	return m, nil
}

// shown is a meeting as a caller sees it: not what is the affair of other
// entities.
func shown(p access.Principal, row *db.Meeting) (*placardv1.Meeting, error) {
	m, err := meetingFromRow(row)
	if err != nil || p.Secretariat() {
		return m, err
	}
	entity := ""
	if p.Entity != "" && p.Participant == "" { // quotas are the affair of missions
		entity = name.Entity(p.Entity)
	}
	m.Quotas = quotasSeenBy(entity, m.GetQuotas())
	return m, nil
}

// rowFromMeeting makes the row without its revision and its times.
func rowFromMeeting(m *placardv1.Meeting) (*db.Meeting, error) {
	rest := proto.CloneOf(m)
	rest.Name, rest.StartDate, rest.EndDate, rest.TimeZone = "", "", "", ""
	rest.State, rest.LatePolicy, rest.Modality = 0, 0, 0
	rest.CompositionDeadline, rest.CompositionDeadlineTime, rest.CloseTime = "", nil, nil
	rest.CreateTime, rest.UpdateTime, rest.Etag = nil, nil, ""
	content, err := protojson.Marshal(rest)
	if err != nil {
		return nil, fmt.Errorf("write content of %s: %w", m.GetName(), err)
	}
	return &db.Meeting{
		ID:                  name.MeetingOf(m.GetName()),
		State:               m.GetState().String(),
		StartDate:           m.GetStartDate(),
		EndDate:             m.GetEndDate(),
		TimeZone:            m.GetTimeZone(),
		LatePolicy:          m.GetLatePolicy().String(),
		Modality:            m.GetModality().String(),
		CompositionDeadline: m.GetCompositionDeadline(),
		DeadlineTime:        store.Instant(m.GetCompositionDeadlineTime()),
		CloseTime:           store.Instant(m.GetCloseTime()),
		InstrumentID:        name.Part(m.GetInstrument().GetName(), "instruments"),
		Content:             string(content),
	}, nil
}
