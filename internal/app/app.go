package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"

	"google.golang.org/grpc"

	"github.com/un-placard/placard/api/openapi"
	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/announcement"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/caller"
	"github.com/un-placard/placard/internal/change"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/correspondence"
	"github.com/un-placard/placard/internal/credentials"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/delivery"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/file"
	"github.com/un-placard/placard/internal/instrument"
	"github.com/un-placard/placard/internal/invitation"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/mailbox"
	"github.com/un-placard/placard/internal/meeting"
	"github.com/un-placard/placard/internal/meetingdocument"
	"github.com/un-placard/placard/internal/operation"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/photo"
	"github.com/un-placard/placard/internal/picture"
	"github.com/un-placard/placard/internal/reading"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/server"
	"github.com/un-placard/placard/internal/signingkey"
	"github.com/un-placard/placard/internal/statistics"
	"github.com/un-placard/placard/internal/telemetry"
	"github.com/un-placard/placard/internal/web"
)

// maxDecoded is how many photographs are decoded at once at the most. Each takes
// up to 160 MB.
const maxDecoded = 2

// App is a server with everything that it needs.
type App struct {
	*Core

	cfg        config.Config
	log        *slog.Logger
	blobs      *blob.Store
	runner     *longrunning.Runner
	signer     *seal.Signer
	queue      *job.Queue
	links      *link.Signer
	outbox     *outbox.Outbox
	deliveries *delivery.Service
	telemetry  *telemetry.Telemetry
	server     *server.Server
}

// New opens everything, up to the addresses, and serves nothing yet. Whoever
// does not call Run calls Close.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *App, err error) {
	core, err := OpenCore(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &App{Core: core, cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.closeStores())
		}
	}()
	if a.blobs, err = blob.Open(ctx, cfg.BlobStore()); err != nil {
		return nil, err
	}
	if a.signer, err = seal.New(seal.Config{Store: a.Store, Secret: a.secret}); err != nil {
		return nil, err
	}
	if a.queue, err = job.New(a.Store, log, a.blobs.Workers(a.Store, log)...); err != nil {
		return nil, err
	}
	a.runner = longrunning.New(longrunning.Config{Store: a.Store, Blobs: a.blobs, Queue: a.queue, Log: log})
	if a.links, err = link.New(a.secret); err != nil {
		return nil, err
	}
	a.outbox = outbox.New(a.queue)
	services, err := a.services()
	if err != nil {
		return nil, err
	}
	if a.telemetry, err = telemetry.New(ctx, telemetry.Config{Version: version()}); err != nil {
		return nil, err
	}
	a.server, err = server.New(ctx, server.Config{
		HTTPAddr: cfg.HTTP, GRPCAddr: cfg.GRPC,
		TLSCert: cfg.TLSCert, TLSKey: cfg.TLSKey, AllowPlaintext: cfg.AllowPlaintext,
		Log: log, Telemetry: a.telemetry,
		Contract: a.contract, Validator: a.validator, Authenticator: callers{a.Keys, photo.NewDoorkeeper(a.Store, a.links)}, Secret: a.secret,
		Readings:    reading.NewRecorder(a.Store),
		Ready:       a.Store.Ping,
		SigningKeys: func(ctx context.Context) ([]byte, error) { return seal.Published(ctx, a.Store) },
		Calendar:    meeting.NewFeed(a.Store, a.links, a.host).Calendar,
		Register:    services,
		OpenAPI:     openapi.JSON,
		Pages:       a.webPages,
		Limits: server.Limits{
			AddressRate: cfg.AddressRate, AddressBurst: cfg.AddressBurst,
			PrincipalRate: cfg.PrincipalRate, PrincipalBurst: cfg.PrincipalBurst,
			Deadline: cfg.Timeout,
		},
		Grace: cfg.StopTimeout,
	})
	if err != nil {
		return nil, errors.Join(err, a.telemetry.Shutdown(ctx))
	}
	return a, nil
}

// services makes all services of the contract, and gives the queue their workers.
func (a *App) services() (func(grpc.ServiceRegistrar), error) {
	delegations := delegation.New(delegation.Config{
		Store: a.Store, Pages: a.pages, Validator: a.validator, Runner: a.runner, Queue: a.queue,
	})
	letters := credentials.New(credentials.Config{Store: a.Store, Pages: a.pages})
	meetings := meeting.New(meeting.Config{Store: a.Store, Pages: a.pages, Validator: a.validator, Queue: a.queue, Host: a.host})
	invitations := invitation.New(invitation.Config{Store: a.Store, Pages: a.pages, Validator: a.validator})
	entities := entity.New(entity.Config{Store: a.Store, Pages: a.pages, Validator: a.validator})
	instruments := instrument.New(instrument.Config{Store: a.Store, Pages: a.pages, Validator: a.validator})
	figures := statistics.New(statistics.Config{Store: a.Store})
	lists := participantlist.New(participantlist.Config{
		Store: a.Store, Contract: a.contract, Office: document.NewOffice(a.cfg.Soffice),
		Pages: a.pages, Signer: a.signer, Runner: a.runner,
	})
	changes := change.New(change.Config{Store: a.Store, Pages: a.pages})
	callers := caller.New(caller.Config{Contract: a.contract})
	files := file.New(file.Config{Store: a.Store, Blobs: a.blobs, Pages: a.pages, Queue: a.queue})
	documents := meetingdocument.New(meetingdocument.Config{
		Store: a.Store, Blobs: a.blobs, Pages: a.pages, Validator: a.validator, Queue: a.queue, Runner: a.runner,
	})
	photos := photo.New(photo.Config{
		Store: a.Store, Blobs: a.blobs, Pages: a.pages, Queue: a.queue, Outbox: a.outbox, Links: a.links, Studio: picture.New(min(runtime.GOMAXPROCS(0), maxDecoded)),
	})
	signingKeys := signingkey.New(signingkey.Config{Store: a.Store, Pages: a.pages, Signer: a.signer})
	operations := operation.New(operation.Config{Store: a.Store, Blobs: a.blobs, Pages: a.pages, Runner: a.runner})
	deliveries, err := delivery.New(delivery.Config{Store: a.Store, Pages: a.pages, Queue: a.queue, Outbox: a.outbox, Links: a.links, PublicURL: a.publicURL, Mail: a.cfg.MailRoom(), Log: a.log})
	if err != nil {
		return nil, err
	}
	a.deliveries = deliveries
	announcements := announcement.New(announcement.Config{Store: a.Store, Pages: a.pages, Validator: a.validator, Queue: a.queue, Outbox: a.outbox, Compose: deliveries.Compose})
	correspondences := correspondence.New(correspondence.Config{Store: a.Store, Pages: a.pages, Runner: a.runner, Office: document.NewOffice(a.cfg.Soffice)})
	readings := reading.New(reading.Config{Store: a.Store, Pages: a.pages})
	workers := []job.Worker{job.On(delegations.MarkLate), job.On(letters.MarkLate), job.On(photo.MarkLate(a.Store)), job.On(photos.RequestPhotos), reading.Forget(a.Store)}
	workers = append(workers, deliveries.Workers()...)
	workers = append(workers, announcements.Workers()...)
	if err := a.queue.Add(append(workers, a.runner.Workers()...)...); err != nil {
		return nil, err
	}
	return func(r grpc.ServiceRegistrar) {
		placardv1.RegisterAnnouncementServiceServer(r, announcements)
		placardv1.RegisterCorrespondenceServiceServer(r, correspondences)
		placardv1.RegisterDeliveryServiceServer(r, deliveries)
		placardv1.RegisterReadingServiceServer(r, readings)
		placardv1.RegisterCallerServiceServer(r, callers)
		placardv1.RegisterEntityServiceServer(r, entities)
		placardv1.RegisterInstrumentServiceServer(r, instruments)
		placardv1.RegisterMeetingServiceServer(r, meetings)
		placardv1.RegisterInvitationServiceServer(r, invitations)
		placardv1.RegisterDelegationServiceServer(r, delegations)
		placardv1.RegisterParticipantServiceServer(r, delegations)
		placardv1.RegisterParticipantListServiceServer(r, lists)
		placardv1.RegisterStatisticsServiceServer(r, figures)
		placardv1.RegisterCredentialsServiceServer(r, letters)
		placardv1.RegisterFileServiceServer(r, files)
		placardv1.RegisterDocumentServiceServer(r, documents)
		placardv1.RegisterPhotoServiceServer(r, photos)
		placardv1.RegisterChangeServiceServer(r, changes)
		placardv1.RegisterKeyServiceServer(r, a.Keys)
		placardv1.RegisterSigningKeyServiceServer(r, signingKeys)
		placardv1.RegisterOperationServiceServer(r, operations)
	}, nil
}

// webPages makes the pages for people.
func (a *App) webPages(in server.Inside) (http.Handler, error) {
	pages, err := web.New(web.Config{
		Calls: in.Calls, CountRequest: in.CountRequest, CountSignIn: in.CountSignIn, MakeRoom: in.MakeRoom, Stopping: in.Stopping,
		Secret: a.secret, Log: a.log, Now: a.Store.Now,
	})
	if err != nil || !a.cfg.ShowOutbox {
		return pages, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle(mailbox.Path, mailbox.Handler(a.cfg.OutboxFolder(), a.log))
	return mux, nil
}

// publicURL is how people reach the pages: as it is set, or the address of REST.
func (a *App) publicURL() string {
	if a.cfg.PublicURL != "" {
		return strings.TrimSuffix(a.cfg.PublicURL, "/")
	}
	address, _ := a.Addrs()
	if a.cfg.TLSCert != "" {
		return "https://" + address
	}
	return "http://" + address
}

// host is that of the pages.
func (a *App) host() string {
	u, err := url.Parse(a.publicURL())
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// version is that of the module, for metrics and traces.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// Addrs are the addresses that the server listens on.
func (a *App) Addrs() (http, grpc string) {
	h, g := a.server.Addrs()
	return h.String(), g.String()
}

// Run serves until the context ends, or something that it needs fails. It stops
// in the reverse order of the start, and closes everything.
func (a *App) Run(ctx context.Context) (err error) {
	if err := a.queue.Start(ctx); err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	// What takes long and what waits for it end when the server begins to stop.
	defer context.AfterFunc(ctx, a.runner.Stop)()
	// Uses of keys are noted until the last request has ended.
	noted := make(chan error, 1)
	noting, stopNoting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopNoting()
	go func() { noted <- a.Keys.Run(noting) }()

	http, grpc := a.Addrs()
	a.log.InfoContext(ctx, "listening", "settings", a.cfg, "http", http, "grpc", grpc)
	err = a.server.Run(ctx)
	a.log.InfoContext(ctx, "stopping")

	a.runner.Stop()
	stopNoting()
	err = errors.Join(err, <-noted)
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.StopTimeout)
	defer cancel()
	err = errors.Join(err, a.queue.Stop(limited))
	a.deliveries.Close()
	if err = errors.Join(err, a.telemetry.Shutdown(limited), a.closeStores()); err != nil {
		return fmt.Errorf("run server: %w", err)
	}
	return nil
}

// Close closes everything of a server that does not run.
func (a *App) Close(ctx context.Context) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.StopTimeout)
	defer cancel()
	return errors.Join(a.server.Close(), a.telemetry.Shutdown(limited), a.closeStores())
}

// closeStores closes the files and the database.
func (a *App) closeStores() error {
	if a.blobs == nil {
		return a.Core.Close()
	}
	return errors.Join(a.blobs.Close(), a.Core.Close())
}
