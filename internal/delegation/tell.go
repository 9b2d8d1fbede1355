package delegation

import (
	"context"
	"slices"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
)

// notify has the mission told what became of the latest revision. Where nobody is
// known who could be told, nobody is.
func (s *Service) notify(ctx context.Context, tx *store.Tx, d *dossier, about placardv1.Delivery_Kind) error {
	if s.queue == nil || d.row.FocalEmail == "" && (d.invitation == nil || len(d.invitation.Emails) == 0) {
		return nil
	}
	return s.queue.Enqueue(ctx, tx, job.Notify{About: about.String(), Delegation: d.name, Number: d.row.LatestRevision})
}

// received has the mission told that its composition was received, where it waits for
// review.
func (s *Service) received(ctx context.Context, tx *store.Tx, d *dossier) error {
	if d.row.State != placardv1.Delegation_SUBMITTED.String() {
		return nil
	}
	return s.notify(ctx, tx, d, placardv1.Delivery_COMPOSITION_RECEIVED)
}

// standing is what is in force of a delegation.
type standing struct {
	revision    int32
	composition Composition
}

func (d *dossier) standing() standing {
	if d.row == nil {
		return standing{}
	}
	return standing{d.row.AcceptedRevision, d.accepted}
}

// request has the participants asked for their photographs, and the links of those
// ended who do not attend any more, where another composition is in force now.
func (s *Service) request(ctx context.Context, tx *store.Tx, d *dossier, before standing) error {
	if s.queue == nil || d.row == nil || d.row.AcceptedRevision == before.revision {
		return nil
	}
	hasAddress := func(p Person) bool { return p.Email != "" }
	if !slices.ContainsFunc(slices.Concat(before.composition, d.accepted, d.latest), hasAddress) {
		return nil
	}
	return s.queue.Enqueue(ctx, tx, job.RequestPhotos{Delegation: d.name, Number: d.row.AcceptedRevision})
}
