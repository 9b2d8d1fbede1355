// Package caller tells callers who they are.
package caller

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
)

// Config is what the service needs.
type Config struct {
	// Contract says which methods a role may call.
	Contract *access.Contract
}

// Service implements CallerService.
type Service struct {
	placardv1.UnimplementedCallerServiceServer
	contract *access.Contract
}

// New makes the service.
func New(cfg Config) *Service { return &Service{contract: cfg.Contract} }

// GetCaller implements CallerService.
func (s *Service) GetCaller(ctx context.Context, _ *placardv1.GetCallerRequest) (*placardv1.Caller, error) {
	p := access.From(ctx)
	return callerFromPrincipal(p, s.contract.Methods(p.Role)), nil
}

func callerFromPrincipal(p access.Principal, methods []string) *placardv1.Caller {
	c := &placardv1.Caller{Principal: p.Name(), Role: p.Role, Methods: methods}
	if p.Entity != "" {
		c.Entity = name.Entity(p.Entity)
	}
	for _, m := range slices.Sorted(slices.Values(p.Meetings)) {
		c.Meetings = append(c.Meetings, name.Meeting(m))
	}
	if p.Key != "" {
		c.Key = name.Key(p.Key)
	}
	if !p.Expire.IsZero() {
		c.ExpireTime = timestamppb.New(p.Expire)
	}
	return c
}
