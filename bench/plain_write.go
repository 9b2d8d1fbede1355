package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// inTx runs a write.
func (p *plain) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := p.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to do after a commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// statement is a prepared statement inside a transaction, which closes it.
type statement interface {
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
}

func (p *plain) in(ctx context.Context, tx *sql.Tx, query string) statement {
	return tx.StmtContext(ctx, p.statements[query])
}

// takes tells whether meeting and invitation allow a change.
func takes(meeting, invitation string) error {
	if meeting != "OPEN" && meeting != "CLOSED" || invitation == "DRAFT" || invitation == "DECLINED" {
		return status.Error(codes.FailedPrecondition, "the meeting takes no change")
	}
	return nil
}

// correct changes the phone number of a participant, which needs no review. It
// knows delegations without an accepted composition, as those of the benchmark.
func (p *plain) correct(ctx context.Context, caller, name, phone string) (participant, error) {
	at, err := reach(name, caller)
	if err != nil {
		return participant{}, err
	}
	if len(phone) > 50 || strings.ContainsAny(phone, "\r\n") {
		return participant{}, status.Error(codes.InvalidArgument, "phone")
	}
	var out participant
	err = p.inTx(ctx, func(tx *sql.Tx) error {
		now := time.Now().UTC().Truncate(time.Microsecond)
		do := func(query string) statement { return p.in(ctx, tx, query) }
		var meeting, invitation, channel, receipt, reference, date, members string
		var id int64
		var latest, accepted int32
		var received time.Time
		err := do("open").QueryRowContext(ctx, at.meeting, at.entity).Scan(&meeting, &invitation, &id, &latest, &accepted,
			&channel, &receipt, &reference, &date, &received)
		if errors.Is(err, sql.ErrNoRows) {
			return errNotFound
		}
		if err != nil {
			return err
		}
		if err := takes(meeting, invitation); err != nil {
			return err
		}
		if out, err = scan(do("person").QueryRowContext(ctx, at.participant, at.meeting, at.entity)); err != nil {
			return err
		}
		if accepted > 0 || out.Order == 0 || out.Phone == phone {
			return status.Error(codes.Unimplemented, "not part of the benchmark")
		}
		if err := do("members").QueryRowContext(ctx, id, latest).Scan(&members); err != nil {
			return err
		}
		old := out.id
		number := latest + 1
		if _, err := do("supersede").ExecContext(ctx, id); err != nil {
			return err
		}
		if _, err := do("leave").ExecContext(ctx, old); err != nil {
			return err
		}
		if err := do("correct").QueryRowContext(ctx, old, number, out.Order, phone, now).Scan(&out.id); err != nil {
			return err
		}
		var ids []int64
		if err := json.Unmarshal([]byte(members), &ids); err != nil {
			return err
		}
		for i := range ids {
			if ids[i] == old {
				ids[i] = out.id
			}
		}
		text, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		if _, err := do("revise").ExecContext(ctx, at.meeting, at.entity, id, number, "entities/"+caller, channel, receipt,
			reference, date, string(text), received.UTC(), now); err != nil {
			return err
		}
		if _, err := do("update").ExecContext(ctx, id, number, now); err != nil {
			return err
		}
		out.Phone, out.Revision, out.UpdateTime = phone, number, now
		out.complete()
		of := change{at: at, now: now, caller: caller, revision: number}
		return p.record(ctx, tx, of.participant("update", at.participant, `["phone"]`), of.delegation())
	})
	return out, err
}

// change is an entry of the change log.
type change struct {
	at       place
	now      time.Time
	caller   string
	revision int32

	verb, kind, resource, paths string
}

func (c change) delegation() change {
	c.verb, c.kind, c.paths = "submit", typeDelegation, `["latestRevision"]`
	c.resource = "meetings/" + c.at.meeting + "/delegations/" + c.at.entity
	return c
}

func (c change) participant(verb, id, paths string) change {
	c.verb, c.kind, c.paths = verb, typeParticipant, paths
	c.resource = "meetings/" + c.at.meeting + "/delegations/" + c.at.entity + "/participants/" + id
	return c
}

// record numbers changes and writes them, as the last act of a transaction.
func (p *plain) record(ctx context.Context, tx *sql.Tx, changes ...change) error {
	var last int64
	if err := p.in(ctx, tx, "number").QueryRowContext(ctx, len(changes)).Scan(&last); err != nil {
		return err
	}
	rows := make([][]any, len(changes))
	for i, c := range changes {
		rows[i] = []any{
			last - int64(len(changes)-1-i), c.now, "entities/" + c.caller, "", c.verb, c.kind, c.resource, c.revision, c.paths,
			c.at.meeting, c.at.entity, false,
		}
	}
	_, err := p.insert(ctx, tx, "changes", changeColumns, rows)
	return err
}

// insert writes rows of a table and answers their ids: on PostgreSQL in one
// statement, for each costs a round trip; on SQLite one by one, prepared, which
// is faster there than to read a statement with a thousand parameters.
func (p *plain) insert(ctx context.Context, tx *sql.Tx, table, columns string, values [][]any) ([]int64, error) {
	ids := make([]int64, len(values))
	if !p.postgres {
		one := p.in(ctx, tx, "insert "+table)
		for i, row := range values {
			if err := one.QueryRowContext(ctx, row...).Scan(&ids[i]); err != nil {
				return nil, err
			}
		}
		return ids, nil
	}
	args := make([]any, 0, len(values)*len(values[0]))
	for _, row := range values {
		args = append(args, row...)
	}
	rows, err := tx.QueryContext(ctx, insertInto(table, columns, len(values)), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for i := 0; rows.Next(); i++ {
		if err := rows.Scan(&ids[i]); err != nil {
			return nil, err
		}
	}
	return ids, rows.Err()
}

// insertInto is an INSERT of many rows at once.
func insertInto(table, columns string, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + columns + ") VALUES ")
	n := 0
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		for j := range strings.Count(columns, ",") + 1 {
			b.WriteString([]string{"(", ", "}[min(j, 1)])
			n++
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(")")
	}
	return b.String() + " RETURNING id"
}

// check answers what is wrong with a submission.
func check(persons []participant) error {
	heads, external := 0, map[string]bool{}
	for _, p := range persons {
		if p.Role == "HEAD" {
			heads++
		}
		twice := p.ExternalID != "" && external[p.ExternalID]
		external[p.ExternalID] = true
		if twice || p.GivenName+p.FamilyName == "" || placardv1.Participant_Role_value[p.Role] == 0 || heads > 1 ||
			len(p.GivenName) > 800 || len(p.FamilyName) > 800 || len(p.FunctionalTitle) > 1200 || len(p.Organization) > 1200 ||
			len(p.Email) > 254 || len(p.Phone) > 50 || len(p.ExternalID) > 400 || p.Email != "" && !strings.Contains(p.Email, "@") {
			return status.Error(codes.InvalidArgument, "participants")
		}
	}
	if len(persons) == 0 || len(persons) > 500 {
		return status.Error(codes.InvalidArgument, "participants")
	}
	return nil
}

// submit takes the first submission of a delegation.
func (p *plain) submit(ctx context.Context, caller, name string, persons []participant) (submitted, error) {
	at, err := reach(name, caller)
	if err != nil {
		return submitted{}, err
	}
	if err := check(persons); err != nil {
		return submitted{}, err
	}
	var out submitted
	err = p.inTx(ctx, func(tx *sql.Tx) error {
		now := time.Now().UTC().Truncate(time.Microsecond)
		do := func(query string) statement { return p.in(ctx, tx, query) }
		var meeting, invitation, modality string
		var deadline sql.NullTime
		var present int
		if err := do("intake").QueryRowContext(ctx, at.meeting, at.entity).Scan(&meeting, &invitation, &deadline, &modality, &present); err != nil {
			return err
		}
		if err := takes(meeting, invitation); err != nil {
			return err
		}
		if present > 0 {
			return status.Error(codes.Unimplemented, "not part of the benchmark")
		}
		late := deadline.Valid && !now.Before(deadline.Time)
		var id int64
		if err := do("begin").QueryRowContext(ctx, now, len(persons), late, at.meeting, at.entity).Scan(&id); err != nil {
			return err
		}
		of := change{at: at, now: now, caller: caller, revision: 1}
		changes := []change{of.delegation()}
		out.Delegation = delegation{
			Name: name, Entity: "entities/" + at.entity, State: "SUBMITTED", LatestRevision: 1, ParticipantCount: int32(len(persons)),
			Late: late, SubmitTime: now, ReturnReasons: []string{}, Channel: "API", CreateTime: now, UpdateTime: now, Etag: "1",
		}
		out.Difference.NeedsReview = true
		rows := make([][]any, len(persons))
		for i, v := range persons {
			if v.Modality == "" {
				v.Modality = modality
			}
			pid := uuid.NewString()
			v.complete()
			rows[i] = []any{
				at.meeting, at.entity, id, pid, 1, i + 1, 0, true, v.Honorific, v.GivenName, v.FamilyName, v.LatinGivenName, v.LatinFamilyName,
				v.FunctionalTitle, v.Organization, v.Role, v.Email, v.Phone, v.Language, v.Modality, v.ExternalID,
				locale.Fold(v.GivenName + " " + v.FamilyName), now, now,
			}
			out.Difference.Items = append(out.Difference.Items, differenceItem{
				Kind: "ADDED", Participant: name + "/participants/" + pid, DisplayName: v.DisplayName, ChangedFields: []string{}, NeedsReview: true,
			})
			changes = append(changes, of.participant("create", pid, "null"))
		}
		members, err := p.insert(ctx, tx, "participant_versions", versionColumns, rows)
		if err != nil {
			return err
		}
		text, err := json.Marshal(members)
		if err != nil {
			return err
		}
		if _, err := do("revise").ExecContext(ctx, at.meeting, at.entity, id, 1, "entities/"+caller, "API", "", "", "", string(text), now, now); err != nil {
			return err
		}
		return p.record(ctx, tx, changes...)
	})
	return out, err
}
