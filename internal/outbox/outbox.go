// Package outbox is where messages to people are put, in the transaction of the
// write that has them sent. Each becomes a delivery and a job that sends it.
package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Message is a message to one recipient, without its text, which is made when it is
// sent.
type Message struct {
	Kind placardv1.Delivery_Kind
	// Meeting and Entity are the ids of what it is about.
	Meeting, Entity string
	// Participant is the id of whom it goes to; empty: to the mission.
	Participant string
	// Source is what it is about within its kind: the id of an announcement, the
	// revision of a composition, the generation of a link.
	Source   string
	Language string
	Address  string
	// SendTime is when it goes out; zero: now.
	SendTime time.Time
}

// AddressKey is what two ways to write one address have in common.
func AddressKey(address string) string { return locale.Fold(address) }

// once is what two messages have in common of which only one is sent: an
// announcement goes to an address once, whoever shares it.
func (m Message) once() string {
	who := m.Entity + "/" + m.Participant
	if m.Kind == placardv1.Delivery_ANNOUNCEMENT {
		who = ""
	}
	return fmt.Sprintf("%s|%s|%s|%s", m.Kind, m.Source, who, AddressKey(m.Address))
}

// Outbox puts messages into the database.
type Outbox struct{ queue *job.Queue }

// New makes an outbox.
func New(queue *job.Queue) *Outbox { return &Outbox{queue} }

// Put queues messages of one meeting, up to some hundreds, and answers how many of
// them had not been put before. Who puts messages of one Source holds a lock on it,
// so that no two do at once.
func (o *Outbox) Put(ctx context.Context, tx *store.Tx, meeting string, messages ...Message) (int, error) {
	if len(messages) == 0 {
		return 0, nil
	}
	var keys []string
	for _, m := range messages {
		keys = append(keys, m.once())
	}
	there, err := tx.Client.Delivery.Query().Where(delivery.MeetingID(meeting), delivery.OnceIn(keys...)).Select(delivery.FieldOnce).Strings(ctx)
	if err != nil {
		return 0, fmt.Errorf("read deliveries of meetings/%s: %w", meeting, err)
	}
	put := map[string]bool{}
	for _, k := range there {
		put[k] = true
	}
	var rows []*db.DeliveryCreate
	var now []job.Deliver
	later := map[job.Deliver]time.Time{}
	for i, m := range messages {
		if put[keys[i]] {
			continue
		}
		put[keys[i]] = true
		id, err := uuid.NewV7() // in the order of time
		if err != nil {
			return 0, fmt.Errorf("make an id: %w", err)
		}
		row := tx.Client.Delivery.Create().SetID(id.String()).SetMeetingID(meeting).SetEntityID(m.Entity).
			SetKind(m.Kind.String()).SetParticipantID(m.Participant).SetSource(m.Source).SetLanguage(m.Language).
			SetAddress(m.Address).SetAddressKey(AddressKey(m.Address)).SetOnce(keys[i]).
			SetState(placardv1.Delivery_QUEUED.String()).SetCreateTime(tx.Now).SetUpdateTime(tx.Now)
		todo := job.Deliver{Delivery: name.Delivery(meeting, m.Entity, id.String())}
		if m.SendTime.After(tx.Now) {
			row.SetNextAttemptTime(m.SendTime)
			later[todo] = m.SendTime
		} else {
			now = append(now, todo)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if err := tx.Client.Delivery.CreateBulk(rows...).Exec(ctx); err != nil {
		return 0, fmt.Errorf("queue messages of meetings/%s: %w", meeting, err)
	}
	if err := job.EnqueueAll(ctx, o.queue, tx, now); err != nil {
		return 0, err
	}
	for todo, at := range later {
		if err := o.queue.EnqueueAt(ctx, tx, at, todo); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
