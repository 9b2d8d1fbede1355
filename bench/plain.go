package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
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
