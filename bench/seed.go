package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/un-placard/placard/internal/locale"
)

const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

const (
	// perDelegation is how many participants a delegation has, and perMeeting
	// how many delegations a meeting.
	perDelegation = 100
	perMeeting    = 100
	// freshMeetings are meetings that invite everybody and have no delegation
	// yet: room for 100 first submissions each.
	freshMeetings = 400
	// copyLimit is up to how many participants the database is copied anew
	// before each run that writes.
	copyLimit = 100_000
)

// database is a seeded database.
type database struct {
	engine       string
	participants int
	// seeded is the URL or the path of what was seeded, and server the URL of
	// the PostgreSQL server.
	seeded, server string
	// written is the database of the last run that wrote.
	written string
	dir     string
	// entities are the codes of those that have delegations, keys the keys of
	// their missions.
	entities, keys []string
	// firstChange is the first free number of the change log.
	firstChange int64
	// next is the next delegation that nobody has submitted yet.
	next atomic.Int64
}

func (d *database) delegations() int { return max(1, d.participants/perDelegation) }

// delegation is the name of a delegation, and which entity's it is.
func (d *database) delegation(i int) (name string, entity int) {
	entity = i % perMeeting
	return "meetings/" + meetingID(i/perMeeting) + "/delegations/" + d.entities[entity], entity
}

// fresh is the name of a delegation that is not there yet; false: none is left.
func (d *database) fresh() (name string, entity int, ok bool) {
	i := int(d.next.Add(1)) - 1
	entity = i % perMeeting
	return "meetings/" + freshID(i/perMeeting) + "/delegations/" + d.entities[entity], entity, i < freshMeetings*perMeeting
}

func meetingID(i int) string { return fmt.Sprintf("meeting-%03d", i) }
func freshID(i int) string   { return fmt.Sprintf("fresh-%03d", i) }

// participantID is random like those that the server gives, and the same each
// time, so that the load knows it without reading.
func participantID(i int) string {
	r := rand.New(rand.NewPCG(uint64(i), 42)) //nolint:gosec // wants to be repeatable
	var id uuid.UUID
	for j := range id {
		id[j] = byte(r.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// missionKey is the key of the mission of an entity: its id and its secret.
func missionKey(i int) (id, secret string) {
	letters := base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
	text := letters.EncodeToString(sum[:])
	return text[:12], text
}

// openDatabase makes a database with the schema and the register of the server,
// for so many participants, and fills it.
func openDatabase(
	ctx context.Context, o options, engine string, participants int, fill func(context.Context, *database) error,
) (*database, error) {
	d := &database{engine: engine, participants: participants, server: o.postgres}
	d.dir = filepath.Join(o.dir, fmt.Sprintf("%s-%d", engine, participants))
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	d.seeded = filepath.Join(d.dir, "seeded.db")
	if engine == postgres {
		if err := d.onServer(ctx, "CREATE DATABASE "+d.name("seeded")); err != nil {
			return nil, err
		}
		d.seeded = d.url("seeded")
	}
	// The first brings the schema, the second the register of entities.
	for _, args := range [][]string{{"migrate"}, {"key", "create", "--role", "admin"}} {
		if err := d.placard(ctx, o, d.seeded, args...); err != nil {
			return nil, err
		}
	}
	if err := fill(ctx, d); err != nil {
		return nil, fmt.Errorf("seed %s: %w", engine, err)
	}
	return d, nil
}

// placard runs a command of Placard on a database.
func (d *database) placard(ctx context.Context, o options, at string, args ...string) error {
	args = append(args, "--dir", d.dir, "--db", at)
	out, err := exec.CommandContext(ctx, o.placard, args...).CombinedOutput() //nolint:gosec // the program under test
	if err != nil {
		return fmt.Errorf("placard %s: %w: %s", strings.Join(args[:1], " "), err, out)
	}
	return nil
}

// name is the name of a database of this size on the PostgreSQL server.
func (d *database) name(which string) string {
	return fmt.Sprintf("bench_%s_%d", which, d.participants)
}

func (d *database) url(which string) string {
	u, err := url.Parse(d.server)
	if err != nil {
		return d.server
	}
	u.Path = "/" + d.name(which)
	return u.String()
}

func (d *database) onServer(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, d.server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// forWrites answers the database of a run that writes: a fresh copy of a small
// one. The writes of all runs together change little of a large one, and
// copying it would disturb them; it is used as it is.
func (d *database) forWrites(ctx context.Context) (at string, err error) {
	defer func() { d.written = at }()
	if d.participants > copyLimit {
		return d.seeded, nil
	}
	d.next.Store(0)
	if d.engine == postgres {
		return d.url("copy"), d.onServer(ctx,
			"DROP DATABASE IF EXISTS "+d.name("copy")+" WITH (FORCE)",
			"CREATE DATABASE "+d.name("copy")+" TEMPLATE "+d.name("seeded"))
	}
	path := filepath.Join(d.dir, "copy.db")
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	text, err := os.ReadFile(d.seeded)
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o600) //nolint:gosec // in our own folder
}

// drop removes the databases from the PostgreSQL server; files go with their
// folder.
func (d *database) drop(ctx context.Context) error {
	if d.engine != postgres {
		return os.RemoveAll(d.dir)
	}
	return d.onServer(ctx,
		"DROP DATABASE IF EXISTS "+d.name("copy")+" WITH (FORCE)",
		"DROP DATABASE IF EXISTS "+d.name("seeded")+" WITH (FORCE)")
}

// bulk writes many rows of a table.
type bulk func(ctx context.Context, table string, columns string, rows iter.Seq[[]any]) error

// fill writes what the server would have written.
func (d *database) fill(ctx context.Context) error {
	db, err := openSQL(d.seeded, false)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if d.entities, err = entityCodes(ctx, db); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT value + 1 FROM change_counters").Scan(&d.firstChange); err != nil {
		return err
	}
	if d.engine == postgres {
		conn, err := pgx.Connect(ctx, d.seeded)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		err = d.rows(ctx, time.Now(), copyInto(conn))
		if err != nil {
			return err
		}
		for _, table := range []string{"invitations", "delegations", "revisions", "participant_versions"} {
			if _, err := conn.Exec(ctx, "SELECT setval(pg_get_serial_sequence('"+table+"', 'id'), (SELECT MAX(id) FROM "+table+"))"); err != nil {
				return err
			}
		}
		if _, err := conn.Exec(ctx, "UPDATE change_counters SET value = (SELECT MAX(id) FROM changes)"); err != nil {
			return err
		}
		// What autovacuum does in time.
		_, err = conn.Exec(ctx, "VACUUM ANALYZE")
		return errors.Join(err, d.onServer(ctx, "CHECKPOINT"))
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to do after a commit
	err = d.rows(ctx, time.Now(), preparedInto(tx))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE change_counters SET value = (SELECT MAX(id) FROM changes)"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func entityCodes(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM entities ORDER BY id LIMIT $1", perMeeting)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return nil, err
		}
		out = append(out, code)
	}
	return out, rows.Err()
}

const versionColumns = "meeting_id, entity_id, delegation_id, participant_id, revision, latest_order, accepted_order, newest, " +
	"honorific, given_name, family_name, latin_given_name, latin_family_name, functional_title, organization, role, " +
	"email, phone, language, modality, external_id, search_key, person_create_time, create_time"

const revisionColumns = "meeting_id, entity_id, delegation_id, number, state, self_accepted, late, author, channel, receipt_date, " +
	"note_reference, note_date, members, receive_time, create_time"

const changeColumns = "id, create_time, principal, on_behalf_of, verb, resource_type, resource, revision, paths, meeting_id, entity_id, in_force"

// rows writes what the server writes of announced meetings, issued invitations
// and one submission each.
func (d *database) rows(ctx context.Context, now time.Time, write bulk) error {
	now = now.UTC().Truncate(time.Microsecond)
	meetings := (d.delegations() + perMeeting - 1) / perMeeting
	ids := make([]string, 0, meetings+freshMeetings)
	for i := range meetings {
		ids = append(ids, meetingID(i))
	}
	for i := range freshMeetings {
		ids = append(ids, freshID(i))
	}
	err := write(ctx, "keys", "id, create_time, update_time, revision, display_name, role, entity_id, account, hash", func(yield func([]any) bool) {
		for i, e := range d.entities {
			id, secret := missionKey(i)
			sum := sha256.Sum256([]byte(secret))
			d.keys = append(d.keys, "plc_"+id+"_"+secret)
			if !yield([]any{id, now, now, 1, "bench", "MISSION", e, "", sum[:]}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	err = write(ctx, "meetings", "id, create_time, update_time, revision, state, start_date, end_date, time_zone, late_policy, modality, content", func(yield func([]any) bool) {
		for _, id := range ids {
			if !yield([]any{
				id, now, now, 2, "OPEN", now.AddDate(0, 1, 0).Format(time.DateOnly), now.AddDate(0, 1, 2).Format(time.DateOnly),
				"Europe/Vienna", "ACCEPT_AS_LATE", "IN_PERSON", `{"title":{"en":"` + id + `"}}`,
			}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	err = write(ctx, "invitations", "id, create_time, update_time, revision, participation_status, language, reference, channel, emails, state, issue_time, meeting_id, entity_id", func(yield func([]any) bool) {
		n := 0
		for _, id := range ids {
			for _, e := range d.entities {
				n++
				if !yield([]any{n, now, now, 2, "STATE_PARTY", "en", "CU 2026/1(A)", "PERMANENT_MISSION", "null", "ISSUED", now, id, e}) {
					return
				}
			}
		}
	})
	if err != nil {
		return err
	}
	err = write(ctx, "delegations", "id, create_time, update_time, revision, state, latest_revision, participant_count, late, submit_time, return_reasons, channel, meeting_id, entity_id", func(yield func([]any) bool) {
		for i := range d.delegations() {
			if !yield([]any{i + 1, now, now, 1, "SUBMITTED", 1, perDelegation, false, now, "null", "API", meetingID(i / perMeeting), d.entities[i%perMeeting]}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	err = write(ctx, "participant_versions", "id, "+versionColumns, func(yield func([]any) bool) {
		for i := range d.delegations() * perDelegation {
			of := i / perDelegation
			p := person(i % perDelegation)
			if !yield([]any{
				i + 1, meetingID(of / perMeeting), d.entities[of%perMeeting], of + 1, participantID(i), 1, i%perDelegation + 1, 0, true,
				p.Honorific, p.GivenName, p.FamilyName, p.LatinGivenName, p.LatinFamilyName, p.FunctionalTitle, p.Organization, p.Role,
				p.Email, p.Phone, p.Language, p.Modality, p.ExternalID, locale.Fold(p.GivenName + " " + p.FamilyName), now, now,
			}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	err = write(ctx, "revisions", "id, "+revisionColumns, func(yield func([]any) bool) {
		members := make([]int, perDelegation)
		for i := range d.delegations() {
			for j := range members {
				members[j] = i*perDelegation + j + 1
			}
			text, _ := json.Marshal(members) // numbers only
			e := d.entities[i%perMeeting]
			if !yield([]any{
				i + 1, meetingID(i / perMeeting), e, i + 1, 1, "SUBMITTED", false, false, "entities/" + e, "API", "", "", "", string(text), now, now,
			}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return write(ctx, "changes", changeColumns, func(yield func([]any) bool) {
		// The register and the key took the first numbers.
		n := d.firstChange
		for i := range d.delegations() {
			name, entity := d.delegation(i)
			e := d.entities[entity]
			if !yield([]any{n, now, "entities/" + e, "", "submit", typeDelegation, name, 1, `["latestRevision"]`, meetingID(i / perMeeting), e, false}) {
				return
			}
			n++
			for j := range perDelegation {
				if !yield([]any{n, now, "entities/" + e, "", "create", typeParticipant, name + "/participants/" + participantID(i*perDelegation+j), 1, "null", meetingID(i / perMeeting), e, false}) {
					return
				}
				n++
			}
		}
	})
}

const (
	typeDelegation  = "placard.un.org/Delegation"
	typeParticipant = "placard.un.org/Participant"
)

// person is what a submission says of its person number i. Fictitious.
func person(i int) participant {
	given := []string{"María José", "Jean-Baptiste", "Olga", "Ahmed", "Li", "Amina", "Søren", "Nguyễn Thị", "John", "Chiara"}[i%10]
	family := fmt.Sprintf("%s-%02d", []string{"GARCÍA LÓPEZ", "DUPONT", "PETROVA", "AL-SAYED", "WANG", "DIALLO", "ØSTERGAARD", "LAN", "SMITH", "ROSSI"}[i/10%10], i)
	role := "REPRESENTATIVE"
	if i == 0 {
		role = "HEAD"
	}
	return participant{
		Honorific: "H.E. Ms.", GivenName: given, FamilyName: family,
		FunctionalTitle: "Counsellor, Permanent Mission to the United Nations (Vienna)",
		Organization:    "Ministry of Foreign Affairs", Role: role,
		Email: fmt.Sprintf("person-%d@example.org", i), Phone: fmt.Sprintf("+43 1 00000 %03d", i),
		Language: "en", Modality: "IN_PERSON", ExternalID: fmt.Sprintf("P-%04d", i),
	}
}
