package invitation

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

func invitationFromRow(row *db.Invitation) *placardv1.Invitation {
	return &placardv1.Invitation{
		Name:   name.Invitation(row.MeetingID, row.EntityID),
		Entity: name.Entity(row.EntityID),
		ParticipationStatus: placardv1.ParticipationStatus(
			placardv1.ParticipationStatus_value[row.ParticipationStatus]),
		Language:     row.Language,
		Reference:    row.Reference,
		Channel:      placardv1.Invitation_Channel(placardv1.Invitation_Channel_value[row.Channel]),
		Addressee:    row.Addressee,
		Emails:       row.Emails,
		State:        placardv1.Invitation_State(placardv1.Invitation_State_value[row.State]),
		IssueTime:    store.Timestamp(row.IssueTime),
		ResponseTime: store.Timestamp(row.ResponseTime),
		CreateTime:   timestamppb.New(row.CreateTime),
		UpdateTime:   timestamppb.New(row.UpdateTime),
		Etag:         store.Etag(row.Revision),
	}
}

// rowFromInvitation makes the row without its id, its revision and its times.
func rowFromInvitation(inv *placardv1.Invitation) *db.Invitation {
	return &db.Invitation{
		MeetingID:           name.MeetingOf(inv.GetName()),
		EntityID:            name.EntityOf(inv.GetName()),
		ParticipationStatus: inv.GetParticipationStatus().String(),
		Language:            inv.GetLanguage(),
		Reference:           inv.GetReference(),
		Channel:             inv.GetChannel().String(),
		Addressee:           inv.GetAddressee(),
		Emails:              inv.GetEmails(),
		State:               inv.GetState().String(),
		IssueTime:           store.Instant(inv.GetIssueTime()),
		ResponseTime:        store.Instant(inv.GetResponseTime()),
	}
}
