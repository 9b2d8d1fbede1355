package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// call is one call, as REST and as gRPC make it.
type call struct {
	// entity is whose mission calls.
	entity       int
	method, path string
	body         []byte
	rpc          string
	message      proto.Message
}

// errEmpty ends a run that has used up what it writes.
var errEmpty = errors.New("nothing is left to write")

// operation is one of the four that are measured.
type operation struct {
	name   string
	writes bool
	next   func(d *database, r *rand.Rand) (call, error)
}

const (
	participants = "/placard.v1.ParticipantService/"
	delegations  = "/placard.v1.DelegationService/"
)

// operations are what is measured. `fifty` is the submission of 50 persons.
func operations() ([]operation, error) {
	fifty := &placardv1.SubmitDelegationRequest{}
	for i := range 50 {
		one := person(i)
		p := one.proto()
		p.Name, p.Etag, p.CreateTime, p.UpdateTime = "", "", nil, nil
		fifty.Participants = append(fifty.Participants, p)
	}
	text, err := protojson.Marshal(fifty)
	if err != nil {
		return nil, err
	}
	anyone := func(d *database, r *rand.Rand) (string, int) {
		i := r.IntN(d.delegations() * perDelegation)
		name, entity := d.delegation(i / perDelegation)
		return name + "/participants/" + participantID(i), entity
	}
	return []operation{
		{"Get", false, func(d *database, r *rand.Rand) (call, error) {
			name, entity := anyone(d, r)
			return call{entity, http.MethodGet, name, nil, participants + "GetParticipant", &placardv1.GetParticipantRequest{Name: name}}, nil
		}},
		{"List 100", false, func(d *database, r *rand.Rand) (call, error) {
			name, entity := d.delegation(r.IntN(d.delegations()))
			return call{entity, http.MethodGet, name + "/participants?pageSize=100", nil, participants + "ListParticipants",
				&placardv1.ListParticipantsRequest{Parent: name, PageSize: 100}}, nil
		}},
		{"Update", true, func(d *database, r *rand.Rand) (call, error) {
			name, entity := anyone(d, r)
			phone := fmt.Sprintf("+43 1 %09d", r.IntN(1e9))
			return call{entity, http.MethodPatch, name + "?updateMask=phone", []byte(`{"phone":"` + phone + `"}`), participants + "UpdateParticipant",
				&placardv1.UpdateParticipantRequest{
					Participant: &placardv1.Participant{Name: name, Phone: &phone},
					UpdateMask:  &fieldmaskpb.FieldMask{Paths: []string{"phone"}},
				}}, nil
		}},
		{"Submit 50", true, func(d *database, _ *rand.Rand) (call, error) {
			name, entity, ok := d.fresh()
			if !ok {
				return call{}, errEmpty
			}
			return call{entity, http.MethodPost, name + ":submit", text, delegations + "SubmitDelegation",
				&placardv1.SubmitDelegationRequest{Name: name, Participants: fifty.GetParticipants()}}, nil
		}},
	}, nil
}

// door is one connection to a server, through REST or gRPC.
type door interface {
	// do makes a call and answers what came, as it came.
	do(ctx context.Context, c call, key string) ([]byte, error)
	close() error
}

// doors are the two ways in.
var doors = []struct {
	name string
	open func(s *server) (door, error)
}{
	{"REST", func(s *server) (door, error) {
		return &restDoor{base: "http://" + s.http + "/v1/", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}, nil
	}},
	{"gRPC", func(s *server) (door, error) {
		conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{})))
		return &grpcDoor{conn}, err
	}},
}

type restDoor struct {
	base   string
	client *http.Client
}

func (d *restDoor) do(ctx context.Context, c call, key string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, c.method, d.base+c.path, bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", c.method, c.path, resp.Status, text)
	}
	return text, err
}

func (d *restDoor) close() error {
	d.client.CloseIdleConnections()
	return nil
}

type grpcDoor struct{ conn *grpc.ClientConn }

func (d *grpcDoor) do(ctx context.Context, c call, key string) ([]byte, error) {
	var out []byte
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
	if err := d.conn.Invoke(ctx, c.rpc, c.message, &out); err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.rpc, c.path, err)
	}
	return out, nil
}

func (d *grpcDoor) close() error { return d.conn.Close() }

// raw does not decode answers: the client is not what is measured.
type raw struct{}

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is not a message", v)
	}
	text, err := proto.Marshal(m)
	return mem.BufferSlice{mem.SliceBuffer(text)}, err
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	out, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("%T does not take bytes", v)
	}
	*out = data.Materialize()
	return nil
}

func (raw) Name() string { return "proto" }

// result is one run.
type result struct {
	// rate is in calls a second.
	rate     float64
	p50, p99 time.Duration
	// cpu is how many seconds the server's process took for 1,000 calls, user
	// and system together.
	cpu float64
	// memory is what the server's process held at the end (VmRSS), in bytes.
	memory int64
}

// measure runs a closed loop: each connection sends its next call when the one
// before is answered. What ends in the warm-up is not counted.
func measure(ctx context.Context, o options, s *server, d *database, way int, op operation) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		times  []time.Duration
		failed error
	)
	start := time.Now().Add(o.warmUp)
	end := start.Add(o.duration)
	for worker := range o.connections {
		wait.Go(func() {
			own, err := work(ctx, s, d, way, op, worker, start, end)
			mu.Lock()
			defer mu.Unlock()
			times = append(times, own...)
			if err != nil && failed == nil {
				failed = err // the others end because of it
				cancel()
			}
		})
	}
	time.Sleep(time.Until(start))
	before, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	time.Sleep(time.Until(end))
	after, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	wait.Wait()
	if failed != nil {
		return result{}, failed
	}
	if len(times) == 0 {
		return result{}, errors.New("no call ended in time")
	}
	memory, err := s.memory()
	slices.Sort(times)
	return result{
		rate: float64(len(times)) / o.duration.Seconds(),
		p50:  times[len(times)/2], p99: times[len(times)*99/100],
		cpu: (after - before).Seconds() / float64(len(times)) * 1000, memory: memory,
	}, err
}

// work is the loop of one connection; it answers how long its calls took.
func work(ctx context.Context, s *server, d *database, way int, op operation, worker int, start, end time.Time) ([]time.Duration, error) {
	r := rand.New(rand.NewPCG(uint64(worker), uint64(start.UnixNano()))) //nolint:gosec // chooses rows, no secrets
	conn, err := doors[way].open(s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.close() }()
	var times []time.Duration
	for {
		c, err := op.next(d, r)
		if err != nil {
			return nil, err
		}
		from := time.Now()
		if from.After(end) {
			return times, nil
		}
		if _, err := conn.do(ctx, c, d.keys[c.entity]); err != nil {
			return nil, err
		}
		if now := time.Now(); now.After(start) && now.Before(end) {
			times = append(times, now.Sub(from))
		}
	}
}
