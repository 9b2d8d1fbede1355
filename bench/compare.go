package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// compare makes sure that both servers do the same work: they answer the same,
// through both doors, and write as many rows; and Placard finds the database
// whole afterwards.
func compare(ctx context.Context, o options, d *database, all []operation) (err error) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // chooses rows, no secrets
	at, err := d.forWrites(ctx)
	if err != nil {
		return err
	}
	servers := map[string]*server{}
	for _, which := range []string{plainServer, placardServer} {
		if servers[which], err = start(ctx, o, which, d, at, ""); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, servers[which].stop()) }()
	}
	for _, op := range all {
		for way := range doors {
			answers, rows := map[string]proto.Message{}, map[string]map[string]int64{}
			c, err := op.next(d, r)
			if err != nil {
				return err
			}
			for which, s := range servers {
				// A write is made of two different things, a read of the same.
				if op.writes && len(answers) > 0 {
					if c, err = op.next(d, r); err != nil {
						return err
					}
				}
				before, err := d.count(ctx)
				if err != nil {
					return err
				}
				if answers[which], err = ask(ctx, s, d, way, c); err != nil {
					return fmt.Errorf("%s: %w", which, err)
				}
				after, err := d.count(ctx)
				if err != nil {
					return err
				}
				for table := range after {
					after[table] -= before[table]
				}
				rows[which] = after
			}
			if op.writes {
				forgetOwn(answers[plainServer].ProtoReflect())
				forgetOwn(answers[placardServer].ProtoReflect())
			}
			if !proto.Equal(answers[plainServer], answers[placardServer]) {
				return fmt.Errorf("%s through %s: the answers differ:\n%v\n%v", op.name, doors[way].name, answers[plainServer], answers[placardServer])
			}
			if !maps.Equal(rows[plainServer], rows[placardServer]) {
				return fmt.Errorf("%s through %s: the rows differ: %v, %v", op.name, doors[way].name, rows[plainServer], rows[placardServer])
			}
		}
	}
	return d.placard(ctx, o, at, "check")
}

// ask makes one call and reads the answer.
func ask(ctx context.Context, s *server, d *database, way int, c call) (proto.Message, error) {
	conn, err := doors[way].open(s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.close() }()
	text, err := conn.do(ctx, c, d.keys[c.entity])
	if err != nil {
		return nil, err
	}
	var out proto.Message
	switch c.message.(type) {
	case *placardv1.ListParticipantsRequest:
		out = &placardv1.ListParticipantsResponse{}
	case *placardv1.SubmitDelegationRequest:
		out = &placardv1.SubmitDelegationResponse{}
	default:
		out = &placardv1.Participant{}
	}
	if doors[way].name == "REST" {
		return out, protojson.Unmarshal(text, out)
	}
	return out, proto.Unmarshal(text, out)
}

// forgetOwn clears what is of one delegation or participant only: names, ids
// and times, and what the persons of the seed differ in.
func forgetOwn(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				forgetOwn(v.List().Get(i).Message())
			}
		case f.Message() != nil && f.Message().FullName() != "google.protobuf.Timestamp":
			forgetOwn(v.Message())
		case f.Name() == "role", f.Name() == "order", f.Kind() == protoreflect.StringKind && !f.IsList(), f.Message() != nil:
			m.Clear(f)
		}
		return true
	})
}

// count counts the rows of the tables that the operations write.
func (d *database) count(ctx context.Context) (map[string]int64, error) {
	db, err := openSQL(d.written, true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	out := map[string]int64{}
	for _, table := range []string{"delegations", "revisions", "participant_versions", "changes"} {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
			return nil, err
		}
		out[table] = n
	}
	return out, nil
}
