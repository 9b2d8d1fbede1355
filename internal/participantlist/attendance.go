package participantlist

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

// GetAttendance implements ParticipantListService. Who is on the final list was
// represented.
func (s *Service) GetAttendance(ctx context.Context, req *placardv1.GetAttendanceRequest) (*placardv1.Attendance, error) {
	l, err := s.list(ctx, askedBy(ctx, req))
	if err != nil {
		return nil, err
	}
	out := &placardv1.Attendance{Name: req.GetName(), Language: l.language}
	for _, p := range l.parts {
		paragraph := &placardv1.Attendance_Paragraph{ParticipationStatus: p.status}
		names := make([]string, len(p.delegations))
		for i, d := range p.delegations {
			names[i] = d.name.GetText()
			paragraph.Entities = append(paragraph.Entities, name.Entity(d.entity))
		}
		paragraph.Text = sentence(l.language, p.status, names)
		out.Paragraphs = append(out.Paragraphs, paragraph)
	}
	return out, nil
}
