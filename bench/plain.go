package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// plain is what somebody writes who needs these four calls and nothing else:
// SQL by hand, prepared, with the same checks, rows and durability as Placard.
type plain struct {
	placardv1.UnimplementedParticipantServiceServer
	placardv1.UnimplementedDelegationServiceServer
	writer, reader *sql.DB
	statements     map[string]*sql.Stmt
	postgres       bool

	mu   sync.Mutex
	keys map[string]mission
}

// participant is the JSON of a participant.
type participant struct {
	Name            string    `json:"name"`
	Honorific       string    `json:"honorific"`
	GivenName       string    `json:"givenName"`
	FamilyName      string    `json:"familyName"`
	LatinGivenName  string    `json:"latinGivenName"`
	LatinFamilyName string    `json:"latinFamilyName"`
	DisplayName     string    `json:"displayName"`
	FunctionalTitle string    `json:"functionalTitle"`
	Organization    string    `json:"organization"`
	Role            string    `json:"role"`
	Order           int32     `json:"order"`
	Email           string    `json:"email"`
	Phone           string    `json:"phone"`
	Language        string    `json:"language"`
	Modality        string    `json:"modality"`
	ExternalID      string    `json:"externalId"`
	State           string    `json:"state"`
	Revision        int32     `json:"revision"`
	CreateTime      time.Time `json:"createTime"`
	UpdateTime      time.Time `json:"updateTime"`
	Etag            string    `json:"etag"`

	id       int64
	accepted int32
}

type list struct {
	Participants  []participant `json:"participants"`
	NextPageToken string        `json:"nextPageToken"`
}

type submission struct {
	Participants []participant `json:"participants"`
}

type submitted struct {
	Delegation delegation `json:"delegation"`
	Difference difference `json:"difference"`
}

type delegation struct {
	Name             string    `json:"name"`
	Entity           string    `json:"entity"`
	State            string    `json:"state"`
	LatestRevision   int32     `json:"latestRevision"`
	AcceptedRevision int32     `json:"acceptedRevision"`
	ParticipantCount int32     `json:"participantCount"`
	Late             bool      `json:"late"`
	SubmitTime       time.Time `json:"submitTime"`
	ReturnReasons    []string  `json:"returnReasons"`
	Channel          string    `json:"channel"`
	ReceiptDate      string    `json:"receiptDate"`
	CreateTime       time.Time `json:"createTime"`
	UpdateTime       time.Time `json:"updateTime"`
	Etag             string    `json:"etag"`
}

type difference struct {
	Items       []differenceItem `json:"items"`
	NeedsReview bool             `json:"needsReview"`
}

type differenceItem struct {
	Kind          string   `json:"kind"`
	Participant   string   `json:"participant"`
	DisplayName   string   `json:"displayName"`
	ChangedFields []string `json:"changedFields"`
	NeedsReview   bool     `json:"needsReview"`
}

// openSQL opens a database as Placard does (internal/store).
func openSQL(at string, readOnly bool) (*sql.DB, error) {
	if strings.HasPrefix(at, "postgres") {
		db, err := sql.Open("pgx", at)
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(20)
		db.SetMaxIdleConns(20)
		return db, nil
	}
	q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_timezone": {"UTC"}}
	q["_pragma"] = []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}
	n := 1
	if readOnly {
		q["_pragma"][3] = "query_only(1)"
		n = 2 * max(2, runtime.NumCPU())
	}
	db, err := sql.Open("sqlite", "file:"+at+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

const participantColumns = "id, meeting_id, entity_id, participant_id, honorific, given_name, family_name, latin_given_name, latin_family_name, " +
	"functional_title, organization, role, latest_order, accepted_order, email, phone, language, modality, external_id, revision, " +
	"person_create_time, create_time"

const selectOne = "SELECT " + participantColumns +
	" FROM participant_versions WHERE participant_id = $1 AND meeting_id = $2 AND entity_id = $3 AND newest"

// queries are those that do not depend on how many rows there are. What stands
// in brackets is for PostgreSQL: SQLite has one writer.
var queries = map[string]string{
	"key":  "SELECT hash, role, entity_id FROM keys WHERE id = $1 AND revoke_time IS NULL AND (expire_time IS NULL OR expire_time > $2)",
	"get":  selectOne,
	"list": "SELECT " + participantColumns + " FROM participant_versions WHERE meeting_id = $1 AND entity_id = $2 AND latest_order > 0 ORDER BY latest_order, id LIMIT 101",

	"open": "SELECT m.state, i.state, d.id, d.latest_revision, d.accepted_revision, d.channel, d.receipt_date, d.note_reference, d.note_date, d.submit_time " +
		"FROM delegations d JOIN meetings m ON m.id = d.meeting_id JOIN invitations i ON i.meeting_id = d.meeting_id AND i.entity_id = d.entity_id " +
		"WHERE d.meeting_id = $1 AND d.entity_id = $2 [FOR UPDATE OF d, i FOR SHARE OF m]",
	"person":    selectOne,
	"members":   "SELECT members FROM revisions WHERE delegation_id = $1 AND number = $2",
	"supersede": "UPDATE revisions SET state = 'SUPERSEDED' WHERE delegation_id = $1 AND state = 'SUBMITTED'",
	"leave":     "UPDATE participant_versions SET latest_order = 0, newest = false WHERE id = $1",
	"correct": "INSERT INTO participant_versions (" + versionColumns + ") SELECT meeting_id, entity_id, delegation_id, participant_id, $2, $3, 0, true, " +
		"honorific, given_name, family_name, latin_given_name, latin_family_name, functional_title, organization, role, " +
		"email, $4, language, modality, external_id, search_key, person_create_time, $5 FROM participant_versions WHERE id = $1 RETURNING id",
	"revise": "INSERT INTO revisions (" + revisionColumns + ") VALUES ($1, $2, $3, $4, 'SUBMITTED', false, false, $5, $6, $7, $8, $9, $10, $11, $12)",
	"update": "UPDATE delegations SET latest_revision = $2, revision = revision + 1, state = 'SUBMITTED', return_reasons = 'null', update_time = $3 WHERE id = $1",
	"number": "UPDATE change_counters SET value = value + $1 WHERE id = 1 RETURNING value",

	"intake": "SELECT m.state, i.state, m.deadline_time, m.modality, (SELECT COUNT(*) FROM delegations d WHERE d.meeting_id = m.id AND d.entity_id = i.entity_id) " +
		"FROM meetings m JOIN invitations i ON i.meeting_id = m.id WHERE m.id = $1 AND i.entity_id = $2 [FOR UPDATE OF i FOR SHARE OF m]",
	"begin": "INSERT INTO delegations (create_time, update_time, revision, state, latest_revision, participant_count, late, submit_time, return_reasons, channel, meeting_id, entity_id) " +
		"VALUES ($1, $1, 1, 'SUBMITTED', 1, $2, $3, $1, 'null', 'API', $4, $5) RETURNING id",

	"insert participant_versions": insertInto("participant_versions", versionColumns, 1),
	"insert changes":              insertInto("changes", changeColumns, 1),
}

// reads are the queries outside of transactions.
var reads = []string{"key", "get", "list"}

func newPlain(ctx context.Context, at string) (*plain, error) {
	p := &plain{postgres: strings.HasPrefix(at, "postgres"), statements: map[string]*sql.Stmt{}, keys: map[string]mission{}}
	var err error
	if p.writer, err = openSQL(at, false); err != nil {
		return nil, err
	}
	p.reader = p.writer
	if !p.postgres {
		if p.reader, err = openSQL(at, true); err != nil {
			return nil, err
		}
	}
	for name, text := range queries {
		db := p.writer
		for _, read := range reads {
			if name == read {
				db = p.reader
			}
		}
		before, lock, found := strings.Cut(text, "[")
		if found && p.postgres {
			before += strings.TrimSuffix(lock, "]")
		}
		if p.statements[name], err = db.PrepareContext(ctx, before); err != nil { //nolint:sqlclosecheck // kept for the life of the process
			return nil, fmt.Errorf("prepare %s: %w", name, err)
		}
	}
	return p, nil
}

// mission is whom a key stands for.
type mission struct {
	hash   []byte
	entity string
	read   time.Time
}

var (
	errUnauthenticated = status.Error(codes.Unauthenticated, "a key is needed")
	errNotFound        = status.Error(codes.NotFound, "not found")
)

// keyLife is how long a key is taken as it was read, as in Placard.
const keyLife = 5 * time.Second

// authenticate answers the entity whose mission calls: the key is found by its
// id and compared by SHA-256.
func (p *plain) authenticate(ctx context.Context, header string) (string, error) {
	id, secret, ok := strings.Cut(strings.TrimPrefix(header, "Bearer plc_"), "_")
	if !ok {
		return "", errUnauthenticated
	}
	now := time.Now()
	p.mu.Lock()
	m, held := p.keys[id]
	p.mu.Unlock()
	if !held || now.Sub(m.read) > keyLife {
		var role string
		err := p.statements["key"].QueryRowContext(ctx, id, now.UTC()).Scan(&m.hash, &role, &m.entity)
		if err != nil || role != "MISSION" {
			return "", errUnauthenticated
		}
		m.read = now
		p.mu.Lock()
		p.keys[id] = m
		p.mu.Unlock()
	}
	sum := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(sum[:], m.hash) != 1 {
		return "", errUnauthenticated
	}
	return m.entity, nil
}

// scan reads a row of participantColumns.
func scan(row interface{ Scan(...any) error }) (participant, error) {
	var p participant
	var meeting, entity, id string
	err := row.Scan(&p.id, &meeting, &entity, &id, &p.Honorific, &p.GivenName, &p.FamilyName, &p.LatinGivenName, &p.LatinFamilyName,
		&p.FunctionalTitle, &p.Organization, &p.Role, &p.Order, &p.accepted, &p.Email, &p.Phone, &p.Language, &p.Modality, &p.ExternalID, &p.Revision,
		&p.CreateTime, &p.UpdateTime)
	p.CreateTime, p.UpdateTime = p.CreateTime.UTC(), p.UpdateTime.UTC()
	p.Name = "meetings/" + meeting + "/delegations/" + entity + "/participants/" + id
	p.complete()
	return p, err
}

// complete fills in what follows from the rest.
func (p *participant) complete() {
	p.DisplayName = strings.TrimSpace(p.GivenName + " " + p.FamilyName)
	switch {
	case p.accepted > 0:
		p.State = "ACCEPTED"
	case p.Order > 0:
		p.State = "PENDING"
	default:
		p.State = "WITHDRAWN"
	}
	p.Etag = strconv.FormatInt(p.id, 36) + "-" + strconv.Itoa(int(p.Order)) + "-" + strconv.Itoa(int(p.accepted))
}

// place is what a name names: a delegation, or a participant of it.
type place struct{ meeting, entity, participant string }

// reach takes a name apart, and answers NOT_FOUND for what is another's.
func reach(name, caller string) (place, error) {
	parts := strings.Split(name, "/")
	if len(parts) < 4 || parts[0] != "meetings" || parts[2] != "delegations" || parts[3] != caller {
		return place{}, errNotFound
	}
	at := place{meeting: parts[1], entity: parts[3]}
	if len(parts) == 6 && parts[4] == "participants" {
		at.participant = parts[5]
	}
	return at, nil
}

func (p *plain) get(ctx context.Context, caller, name string) (participant, error) {
	at, err := reach(name, caller)
	if err != nil {
		return participant{}, err
	}
	out, err := scan(p.statements["get"].QueryRowContext(ctx, at.participant, at.meeting, at.entity))
	if errors.Is(err, sql.ErrNoRows) {
		return out, errNotFound
	}
	return out, err
}

func (p *plain) list(ctx context.Context, caller, parent string) ([]participant, error) {
	at, err := reach(parent, caller)
	if err != nil {
		return nil, err
	}
	rows, err := p.statements["list"].QueryContext(ctx, at.meeting, at.entity)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := make([]participant, 0, 101)
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, errNotFound
	}
	return out, rows.Err()
}

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

// servePlain runs the hand-written servers until the context ends.
func servePlain(ctx context.Context, at, httpAddr, grpcAddr string) error {
	p, err := newPlain(ctx, at)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", grpcAddr)
	if err != nil {
		return err
	}
	g := grpc.NewServer(grpc.UnaryInterceptor(p.intercept))
	placardv1.RegisterParticipantServiceServer(g, p)
	placardv1.RegisterDelegationServiceServer(g, p)
	web := &http.Server{Addr: httpAddr, Handler: p.routes(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- g.Serve(listener) }()
	go func() { failed <- web.ListenAndServe() }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	g.Stop()
	return errors.Join(err, web.Close())
}

// routes are the calls through REST.
func (p *plain) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(r *http.Request, caller, name string) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			caller, err := p.authenticate(r.Context(), r.Header.Get("Authorization"))
			var out any
			if err == nil {
				out, err = answer(r, caller, strings.TrimPrefix(r.URL.Path, "/v1/"))
			}
			if err != nil {
				code := map[codes.Code]int{codes.Unauthenticated: 401, codes.NotFound: 404, codes.InvalidArgument: 400, codes.FailedPrecondition: 400}[status.Code(err)]
				http.Error(w, err.Error(), max(code, 400))
				return
			}
			text, err := json.Marshal(out)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(text)
		})
	}
	const one = "/v1/meetings/{m}/delegations/{e}/participants/{p}"
	handle("GET "+one, func(r *http.Request, caller, name string) (any, error) { return p.get(r.Context(), caller, name) })
	handle("GET /v1/meetings/{m}/delegations/{e}/participants", func(r *http.Request, caller, name string) (any, error) {
		out, err := p.list(r.Context(), caller, strings.TrimSuffix(name, "/participants"))
		return list{Participants: out}, err
	})
	handle("PATCH "+one, func(r *http.Request, caller, name string) (any, error) {
		var in participant
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		return p.correct(r.Context(), caller, name, in.Phone)
	})
	handle("POST /v1/meetings/{m}/delegations/{submit}", func(r *http.Request, caller, name string) (any, error) {
		var in submission
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		return p.submit(r.Context(), caller, strings.TrimSuffix(name, ":submit"), in.Participants)
	})
	return mux
}

type callerKey struct{}

func (p *plain) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	v := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(v) != 1 {
		return nil, errUnauthenticated
	}
	caller, err := p.authenticate(ctx, v[0])
	if err != nil {
		return nil, err
	}
	return handler(context.WithValue(ctx, callerKey{}, caller), req)
}

func callerOf(ctx context.Context) string {
	c, _ := ctx.Value(callerKey{}).(string)
	return c
}
