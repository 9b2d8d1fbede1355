// Package participantlist makes the list of participants of a meeting, as it
// is published: as a message and as a file. It writes nothing.
package participantlist

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	// Store holds meetings and delegations.
	Store *store.Store
	// Contract says what of a list a role reads.
	Contract *access.Contract
	// Office makes PDF.
	Office *document.Office
}

// Service implements ParticipantListService.
type Service struct {
	placardv1.UnimplementedParticipantListServiceServer
	store    *store.Store
	contract *access.Contract
	office   *document.Office
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, contract: cfg.Contract, office: cfg.Office}
}

// edition says which list is asked for, by the name of the resource that is
// made of it.
type edition struct {
	resource    string
	meeting     string
	language    string
	accept      []string
	provisional bool
}

// editionOf reads a request: the language that it names, else the first
// official one that the caller accepts, else English.
func editionOf(ctx context.Context, req interface {
	GetName() string
	GetLanguage() string
}) edition {
	e := edition{
		resource: req.GetName(),
		meeting:  name.MeetingOf(req.GetName()),
		language: req.GetLanguage(),
		accept:   locale.FromContext(ctx),
	}
	if e.language == "" {
		e.language = locale.Best(e.accept)
	}
	return e
}

// maxPersons is how many persons one message holds, so that it stays under what
// gRPC clients receive by default, 4 MB.
const maxPersons = 10_000

// GetParticipantList implements ParticipantListService.
func (s *Service) GetParticipantList(
	ctx context.Context, req *placardv1.GetParticipantListRequest,
) (*placardv1.ParticipantList, error) {
	e := editionOf(ctx, req)
	e.provisional = req.GetProvisional()
	list := &placardv1.ParticipantList{
		Name:        req.GetName(),
		Language:    e.language,
		Provisional: e.provisional,
		CreateTime:  timestamppb.New(s.store.Now()),
	}
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		o, err := readOutline(ctx, client, e)
		if err != nil {
			return err
		}
		if err := fits(o.persons(), maxPersons, "export it instead"); err != nil {
			return err
		}
		persons, err := readPersons(ctx, client, e, nil)
		if err != nil {
			return err
		}
		fill(list, e, o, persons)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
