package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"

	"github.com/un-placard/placard/api/openapi"
	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/caller"
	"github.com/un-placard/placard/internal/change"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/invitation"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/meeting"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/server"
	"github.com/un-placard/placard/internal/telemetry"
)

// App is a server with everything that it needs.
type App struct {
	*Core

	cfg       config.Config
	log       *slog.Logger
	queue     *job.Queue
	telemetry *telemetry.Telemetry
	server    *server.Server
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
			err = errors.Join(err, core.Close())
		}
	}()
	delegations := delegation.New(delegation.Config{Store: a.Store, Pages: a.pages, Validator: a.validator})
	if a.queue, err = job.New(a.Store, log, job.On(delegations.MarkLate)); err != nil {
		return nil, err
	}
	if a.telemetry, err = telemetry.New(ctx, telemetry.Config{Version: version()}); err != nil {
		return nil, err
	}
	a.server, err = server.New(ctx, server.Config{
		HTTPAddr: cfg.HTTP, GRPCAddr: cfg.GRPC,
		TLSCert: cfg.TLSCert, TLSKey: cfg.TLSKey, AllowPlaintext: cfg.AllowPlaintext,
		Log: log, Telemetry: a.telemetry,
		Contract: a.contract, Validator: a.validator, Authenticator: a.Keys, Secret: a.secret,
		Ready:    a.Store.Ping,
		Register: a.register(delegations),
		OpenAPI:  openapi.JSON,
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

// register makes all services of the contract.
func (a *App) register(delegations *delegation.Service) func(grpc.ServiceRegistrar) {
	meetings := meeting.New(meeting.Config{Store: a.Store, Pages: a.pages, Validator: a.validator, Queue: a.queue})
	invitations := invitation.New(invitation.Config{Store: a.Store, Pages: a.pages, Validator: a.validator})
	entities := entity.New(entity.Config{Store: a.Store, Pages: a.pages})
	lists := participantlist.New(participantlist.Config{Store: a.Store})
	changes := change.New(change.Config{Store: a.Store, Pages: a.pages})
	callers := caller.New(caller.Config{Contract: a.contract})
	return func(r grpc.ServiceRegistrar) {
		placardv1.RegisterCallerServiceServer(r, callers)
		placardv1.RegisterEntityServiceServer(r, entities)
		placardv1.RegisterMeetingServiceServer(r, meetings)
		placardv1.RegisterInvitationServiceServer(r, invitations)
		placardv1.RegisterDelegationServiceServer(r, delegations)
		placardv1.RegisterParticipantServiceServer(r, delegations)
		placardv1.RegisterParticipantListServiceServer(r, lists)
		placardv1.RegisterChangeServiceServer(r, changes)
		placardv1.RegisterKeyServiceServer(r, a.Keys)
	}
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
	// Uses of keys are noted until the last request has ended.
	noted := make(chan error, 1)
	noting, stopNoting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopNoting()
	go func() { noted <- a.Keys.Run(noting) }()

	http, grpc := a.Addrs()
	a.log.InfoContext(ctx, "listening", "settings", a.cfg, "http", http, "grpc", grpc)
	err = a.server.Run(ctx)
	a.log.InfoContext(ctx, "stopping")

	stopNoting()
	err = errors.Join(err, <-noted)
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.StopTimeout)
	defer cancel()
	if err = errors.Join(err, a.queue.Stop(limited), a.telemetry.Shutdown(limited), a.Core.Close()); err != nil {
		return fmt.Errorf("run server: %w", err)
	}
	return nil
}

// Close closes everything of a server that does not run.
func (a *App) Close(ctx context.Context) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.StopTimeout)
	defer cancel()
	return errors.Join(a.server.Close(), a.telemetry.Shutdown(limited), a.Core.Close())
}
