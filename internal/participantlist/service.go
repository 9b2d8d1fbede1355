// Package participantlist makes the list of participants of a meeting, as it
// is published: as a message and as a file. What it writes are editions: what
// the list was when it was issued.
package participantlist

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/seal"
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
	// Pages makes the tokens of pages of editions.
	Pages *page.Codec
	// Signer seals lists.
	Signer *seal.Signer
	// Runner makes files that take long; nil where nothing starts one.
	Runner *longrunning.Runner
}

// Service implements ParticipantListService.
type Service struct {
	placardv1.UnimplementedParticipantListServiceServer
	store    *store.Store
	contract *access.Contract
	office   *document.Office
	pages    *page.Codec
	signer   *seal.Signer
	runner   *longrunning.Runner
}

// New makes the service, before the queue starts.
func New(cfg Config) *Service {
	s := &Service{
		store: cfg.Store, contract: cfg.Contract, office: cfg.Office,
		pages: cfg.Pages, signer: cfg.Signer, runner: cfg.Runner,
	}
	cfg.Runner.Do(placardv1.ParticipantListService_GenerateParticipantList_FullMethodName, s.generate)
	return s
}

// asked says which list is asked for, by the name of the resource that is made
// of it.
type asked struct {
	resource string
	meeting  string
	language string
	// accept are the languages that stand in where a text is missing in that one.
	accept []string
	// number is that of an edition, 0 for the list as it is now.
	number int64
	// provisional asks for the provisional list, where the list as it is now is wanted.
	provisional bool
}

// askedBy reads a request: the language that it names, else the first official
// one that the caller accepts, else English.
func askedBy(ctx context.Context, req interface {
	GetName() string
	GetLanguage() string
}) asked {
	a := asked{
		resource: req.GetName(),
		meeting:  name.MeetingOf(req.GetName()),
		language: req.GetLanguage(),
		accept:   locale.FromContext(ctx),
	}
	if a.language == "" {
		a.language = locale.Best(a.accept)
	}
	return a
}

// which says whether a list is the one of now, provisional or not, or the
// edition of a number, which is provisional or not by itself. The other
// languages that a caller accepts do not count for an edition, so that it is
// the same for everybody.
func (a asked) which(req interface {
	GetProvisional() bool
	GetSequence() int64
}) (asked, error) {
	if req.GetSequence() > 0 && req.GetProvisional() {
		return a, fault.Invalid(fault.Violation{
			Field: "provisional", Reason: "SEQUENCE_AND_PROVISIONAL",
			Message: "an edition is provisional or not by itself: leave this out, or the sequence",
		})
	}
	a.provisional, a.number = req.GetProvisional(), req.GetSequence()
	if a.number > 0 {
		a.accept = nil
	}
	return a, nil
}

// listing is a list: its outline, and its persons as they are read.
type listing struct {
	asked
	outline
	// each visits the delegations in order, with their persons.
	each func(visit func(d delegation, persons []*placardv1.ParticipantList_Person) error) error
	// redact leaves out of a list what the caller may not read.
	redact func(*placardv1.ParticipantList)
	// only is the entity whose delegation alone the caller sees, "" for all.
	only string
	// numbered says that the caller may read of which change the list is.
	numbered bool
	// masthead is what the request says of the document.
	masthead
}

// list begins a list, as it is now or as it was issued: its outline is read at
// one moment, and with it the revision of each delegation. Its persons are
// those of these revisions, whatever happens until `each` comes to them, so
// that the whole list is of that moment. What the caller does not see is
// NOT_FOUND or not on it.
func (s *Service) list(ctx context.Context, a asked) (listing, error) {
	l := listing{asked: a}
	now := s.store.Now()
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		var err error
		l.outline, err = readOutline(ctx, client, a)
		return err
	})
	if err != nil {
		return listing{}, err
	}
	l.only = access.From(ctx).Entity
	// The number and the time of the last change, whatever it was, tell how busy
	// others are.
	if l.numbered = l.issued() || access.From(ctx).Secretariat(); !l.numbered {
		l.changed = now
	}
	l.each = func(visit func(delegation, []*placardv1.ParticipantList_Person) error) error {
		return s.each(ctx, l, visit)
	}
	l.redact = func(list *placardv1.ParticipantList) {
		s.contract.Redact(access.From(ctx), placardv1.ParticipantListService_GetParticipantList_FullMethodName, list)
	}
	return l, nil
}

// each visits the delegations of a list, in batches of persons.
func (s *Service) each(ctx context.Context, l listing, visit func(delegation, []*placardv1.ParticipantList_Person) error) error {
	for _, p := range l.parts {
		for batch := range batches(p.delegations, batchSize) {
			persons, err := readPersons(ctx, s.store, l.meeting, batch)
			if err != nil {
				return err
			}
			for i, d := range batch {
				if err := visit(d, persons[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// message is a list as a message, without its parts.
func (l listing) message() *placardv1.ParticipantList {
	m := &placardv1.ParticipantList{
		Name: l.resource, Title: l.title, Language: l.language, Provisional: l.outline.provisional,
		CreateTime: timestamppb.New(l.changed),
	}
	if l.numbered {
		m.Sequence = proto.Int64(l.sequence)
	}
	if l.only != "" {
		m.Entity = proto.String(name.Entity(l.only))
	}
	return m
}

// maxPersons is how many persons one message holds, so that it stays under what
// gRPC clients receive by default, 4 MB.
const maxPersons = 10_000

// GetParticipantList implements ParticipantListService.
func (s *Service) GetParticipantList(
	ctx context.Context, req *placardv1.GetParticipantListRequest,
) (*placardv1.ParticipantList, error) {
	a, err := askedBy(ctx, req).which(req)
	if err != nil {
		return nil, err
	}
	l, err := s.list(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := fits(l.persons(), maxPersons, "export it instead"); err != nil {
		return nil, err
	}
	list := l.message()
	headings := locale.Words(l.language).Statuses
	err = l.each(func(d delegation, persons []*placardv1.ParticipantList_Person) error {
		last := len(list.Parts) - 1
		if last < 0 || list.Parts[last].ParticipationStatus != d.status {
			list.Parts = append(list.Parts, &placardv1.ParticipantList_Part{
				ParticipationStatus: d.status, Heading: headings[d.status],
			})
			last++
		}
		list.Parts[last].Delegations = append(list.Parts[last].Delegations, delegationFromOutline(d, persons))
		list.DelegationCount++
		list.PersonCount += int32(len(persons))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
