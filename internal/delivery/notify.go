package delivery

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/store"
)

// notify puts the messages that tell a mission what became of its composition: to
// the addresses of the invitation and to the focal point, each once.
func (s *Service) notify(ctx context.Context, args job.Notify) error {
	kind := placardv1.Delivery_Kind(placardv1.Delivery_Kind_value[args.About])
	meeting, entity := name.MeetingOf(args.Delegation), name.EntityOf(args.Delegation)
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		q := tx.Client.Delegation.Query().Where(delegation.MeetingID(meeting), delegation.EntityID(entity))
		q.Modify(tx.ForUpdate)
		d, err := q.Only(ctx)
		if db.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		addresses, language := []string{d.FocalEmail}, locale.English
		i, err := tx.Client.Invitation.Query().Where(invitation.MeetingID(meeting), invitation.EntityID(entity)).Only(ctx)
		switch {
		case err == nil:
			addresses, language = append(addresses, i.Emails...), cmp.Or(i.Language, language)
		case !db.IsNotFound(err):
			return err
		}
		var messages []outbox.Message
		for _, a := range addresses {
			if a == "" {
				continue
			}
			messages = append(messages, outbox.Message{
				Kind: kind, Meeting: meeting, Entity: entity, Source: strconv.Itoa(int(args.Number)),
				Language: language, Address: a,
			})
		}
		_, err = s.outbox.Put(ctx, tx, meeting, messages...)
		return err
	})
	if err != nil {
		return fmt.Errorf("tell %s: %w", args.Delegation, err)
	}
	return nil
}
