// Package delivery sends messages to people by mail, and shows what became of each.
package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/prose"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store  *store.Store
	Pages  *page.Codec
	Queue  *job.Queue
	Outbox *outbox.Outbox
	// Links makes the tokens of links.
	Links *link.Signer
	// PublicURL answers how people reach the pages: `https://placard.example.org`.
	PublicURL func() string
	// Mail says how messages leave.
	Mail mail.Config
	Log  *slog.Logger
}

// Service implements the contract's DeliveryService.
type Service struct {
	placardv1.UnimplementedDeliveryServiceServer

	store     *store.Store
	pages     *page.Codec
	queue     *job.Queue
	outbox    *outbox.Outbox
	links     *link.Signer
	publicURL func() string
	room      *mail.Room
	templates map[string]*prose.Template
	bounces   string
	log       *slog.Logger
	// lease is for how long a message is one server's to send. retry is the time
	// between the first two attempts.
	lease, retry time.Duration
}

// settling is how long a server may take to write what became of a message.
const settling = 10 * time.Second

// New makes the service.
func New(cfg Config) (*Service, error) {
	room, err := mail.Open(cfg.Mail)
	if err != nil {
		return nil, err
	}
	templates, err := readTemplates()
	if err != nil {
		return nil, err
	}
	return &Service{
		store: cfg.Store, pages: cfg.Pages, queue: cfg.Queue, outbox: cfg.Outbox, links: cfg.Links,
		publicURL: cfg.PublicURL, room: room, templates: templates, bounces: cfg.Mail.Bounces, log: cfg.Log,
		// To connect, to send, and to send once more on a new connection.
		lease: 3*cfg.Mail.Timeout + settling, retry: cfg.Mail.Retry,
	}, nil
}

// Workers are the workers of the jobs that send messages and make them.
func (s *Service) Workers() []job.Worker {
	workers := []job.Worker{
		job.OnLong(s.deliver), // its own time is limited by that of the mail server
		job.On(s.notify),
		job.Every(rescueInterval, s.rescue),
	}
	if s.bounces != "" {
		return append(workers, job.Every(bouncesInterval, s.readBounces))
	}
	return workers
}

// Close ends the connections to the mail server.
func (s *Service) Close() { s.room.Close() }

// host is that of the pages.
func (s *Service) host() string {
	u, err := url.Parse(s.publicURL())
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// GetDelivery implements the contract.
func (s *Service) GetDelivery(ctx context.Context, req *placardv1.GetDeliveryRequest) (*placardv1.Delivery, error) {
	row, err := s.row(ctx, s.store.Client(), req.GetName())
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fault.NotFound(req.GetName())
	}
	return s.deliveryFromRow(row), nil
}

// row reads a delivery, nil where there is none.
func (s *Service) row(ctx context.Context, client *db.Client, resource string) (*db.Delivery, error) {
	row, err := client.Delivery.Query().Where(
		delivery.ID(name.Last(resource)), delivery.MeetingID(name.MeetingOf(resource)), delivery.EntityID(name.EntityOf(resource)),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}
