// Package demo fills an empty server with two meetings and what belongs to
// them, through the same API as everybody, and says what to try there. Its
// persons are fictitious; the meeting is that of the note verbale
// CU 2009/180(A).
package demo

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

// The meetings of the demo.
const (
	// Past is the meeting of the note verbale, concluded, with its true dates.
	Past = "wgtip-2010"
	// Open has the same content and dates that lie ahead.
	Open = "wgtip-demo"
)

// Protocol is the instrument that the meetings refer to.
const Protocol = "trafficking-protocol"

// Newcomer is the code of the entity that has no delegation yet and sends one
// in the commands to try.
const Newcomer = "AUT"

// seeded are the fictitious delegations that are there from the start. Those of
// the others are left to be sent.
var seeded = []struct {
	entity string
	review func(ctx context.Context, d placardv1.DelegationServiceClient, req *placardv1.SubmitDelegationRequest) error
}{
	{"CHN", accept},
	{"EGY", accept},
	{"FRA", giveBack},
	{"RUS", nil},
}

// Keys are the keys of a demo, as `--keys` writes them.
type Keys struct {
	Admin       string `json:"admin"`
	Secretariat string `json:"secretariat"`
	// Missions are the keys of the missions, by entity code.
	Missions   map[string]string `json:"missions"`
	PassOffice string            `json:"passOffice"`
	Reader     string            `json:"reader"`
}

// Seed fills a server that has a register of entities and nothing else.
// `address` is that of its gRPC, without TLS; `admin` is a key of the role
// ADMIN; `now` is the time from which dates are counted.
func Seed(ctx context.Context, address, admin string, now time.Time) (Keys, error) {
	conn, err := grpc.NewClient(reachable(address), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return Keys{}, err
	}
	defer func() { _ = conn.Close() }() // nothing is under way on it
	keys := Keys{Admin: admin, Missions: map[string]string{}}
	asAdmin := as(ctx, admin)
	create := func(k *placardv1.Key) (string, error) {
		k.DisplayName = "demo"
		made, err := placardv1.NewKeyServiceClient(conn).CreateKey(asAdmin, &placardv1.CreateKeyRequest{Key: k})
		if err != nil {
			return "", fmt.Errorf("create key of %s: %w", k.GetRole(), err)
		}
		return made.GetSecret(), nil
	}
	for _, k := range []struct {
		role placardv1.Access_Role
		key  *string
	}{
		{placardv1.Access_SECRETARIAT, &keys.Secretariat},
		{placardv1.Access_PASS_OFFICE, &keys.PassOffice},
		{placardv1.Access_READER, &keys.Reader},
	} {
		if *k.key, err = create(&placardv1.Key{Role: k.role}); err != nil {
			return Keys{}, err
		}
	}

	past, err := meeting()
	if err != nil {
		return Keys{}, err
	}
	open, err := soon(past, now)
	if err != nil {
		return Keys{}, err
	}
	asSecretariat := as(ctx, keys.Secretariat)
	protocol, err := instrument()
	if err != nil {
		return Keys{}, err
	}
	_, err = placardv1.NewInstrumentServiceClient(conn).CreateInstrument(asSecretariat, &placardv1.CreateInstrumentRequest{
		InstrumentId: Protocol, Instrument: protocol,
	})
	if err != nil {
		return Keys{}, fmt.Errorf("seed %s: %w", Protocol, err)
	}
	if _, err := convene(asSecretariat, conn, Past, past, "CU 2009/180(A)", true); err != nil {
		return Keys{}, fmt.Errorf("seed %s: %w", Past, err)
	}
	meetings := placardv1.NewMeetingServiceClient(conn)
	if _, err := meetings.ConcludeMeeting(asSecretariat, &placardv1.ConcludeMeetingRequest{Name: name.Meeting(Past)}); err != nil {
		return Keys{}, fmt.Errorf("seed %s: conclude: %w", Past, err)
	}
	entities, err := convene(asSecretariat, conn, Open, open, "DEMO 1(A)", false)
	if err != nil {
		return Keys{}, fmt.Errorf("seed %s: %w", Open, err)
	}
	if _, err := meetings.OpenMeeting(asSecretariat, &placardv1.OpenMeetingRequest{Name: name.Meeting(Open)}); err != nil {
		return Keys{}, fmt.Errorf("seed %s: open: %w", Open, err)
	}
	for _, e := range entities {
		key, err := create(&placardv1.Key{Role: placardv1.Access_MISSION, Entity: e})
		if err != nil {
			return Keys{}, fmt.Errorf("%s: %w", e, err)
		}
		keys.Missions[name.EntityOf(e)] = key
	}
	if err := submit(ctx, conn, keys, now); err != nil {
		return Keys{}, err
	}
	_, err = placardv1.NewParticipantListServiceClient(conn).IssueParticipantList(asSecretariat, &placardv1.IssueParticipantListRequest{
		Name: name.Meeting(Open) + "/participantList", Provisional: true,
	})
	if err != nil {
		return Keys{}, fmt.Errorf("issue the provisional list of %s: %w", Open, err)
	}
	return keys, nil
}

// as calls with a key.
func as(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
}

// convene makes and announces a meeting, and issues its invitations. It answers
// the names of the invited entities.
func convene(
	ctx context.Context, conn grpc.ClientConnInterface, id string, m *placardv1.Meeting, reference string, in2010 bool,
) ([]string, error) {
	meetings := placardv1.NewMeetingServiceClient(conn)
	if _, err := meetings.CreateMeeting(ctx, &placardv1.CreateMeetingRequest{MeetingId: id, Meeting: m}); err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	if _, err := meetings.AnnounceMeeting(ctx, &placardv1.AnnounceMeetingRequest{Name: name.Meeting(id)}); err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	requests, err := invitations(reference, in2010)
	if err != nil {
		return nil, err
	}
	service := placardv1.NewInvitationServiceClient(conn)
	made, err := service.BatchCreateInvitations(ctx, &placardv1.BatchCreateInvitationsRequest{
		Parent: name.Meeting(id), Requests: requests,
	})
	if err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	var entities []string
	for _, inv := range made.GetInvitations() {
		if _, err := service.IssueInvitation(ctx, &placardv1.IssueInvitationRequest{Name: inv.GetName()}); err != nil {
			return nil, fmt.Errorf("issue %s: %w", inv.GetName(), err)
		}
		entities = append(entities, inv.GetEntity())
	}
	return entities, nil
}

// submit sends the fictitious delegations, each with the key of its mission,
// and has the Secretariat review them.
func submit(ctx context.Context, conn grpc.ClientConnInterface, keys Keys, now time.Time) error {
	all, err := delegations(Open, now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	service := placardv1.NewDelegationServiceClient(conn)
	for _, s := range seeded {
		req := all[s.entity]
		if _, err := service.SubmitDelegation(as(ctx, keys.Missions[s.entity]), req); err != nil {
			return fmt.Errorf("submit delegation of %s: %w", s.entity, err)
		}
		if s.review == nil {
			continue
		}
		if err := s.review(as(ctx, keys.Secretariat), service, req); err != nil {
			return fmt.Errorf("review delegation of %s: %w", s.entity, err)
		}
	}
	return nil
}

func accept(ctx context.Context, d placardv1.DelegationServiceClient, req *placardv1.SubmitDelegationRequest) error {
	_, err := d.AcceptDelegation(ctx, &placardv1.AcceptDelegationRequest{Name: req.GetName(), Revision: 1})
	return err
}

func giveBack(ctx context.Context, d placardv1.DelegationServiceClient, req *placardv1.SubmitDelegationRequest) error {
	_, err := d.ReturnDelegation(ctx, &placardv1.ReturnDelegationRequest{
		Name: req.GetName(), Revision: 1,
		Reasons: []string{"La fonction du troisième participant n'est pas indiquée comme dans la note verbale."},
	})
	return err
}
