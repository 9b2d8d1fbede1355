package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// importedPerDelegation is how many participants a delegation of the file has,
	// and imported their meeting, which invites enough entities.
	importedPerDelegation = 200
	imported              = "imported"
)

// bulkResult is one run over many rows.
type bulkResult struct {
	rows int
	took time.Duration
	// cpu is that of the process, without PostgreSQL's.
	cpu time.Duration
	// peak is the most that the process held in memory, in bytes; 0: not measured.
	peak int64
}

func (r bulkResult) rate() float64 { return float64(r.rows) / r.took.Seconds() }

// bulkCell is what was measured: `against` is what the program is compared with,
// "" for the program itself.
type bulkCell struct{ engine, what, against string }

// bulkTable holds the runs of each cell.
type bulkTable map[bulkCell][]bulkResult

// The two raw loads, and the raw read.
const (
	rawVersions = "raw rows"
	rawTables   = "raw, all tables"
	rawRead     = "raw read"
)

// measureBulk measures the import of a file and the list that is made of it.
func measureBulk(ctx context.Context, o options, engine string, t bulkTable) (err error) {
	for _, one := range []struct {
		measure, what string
		rows          int
	}{{"import", "import", o.imported}, {"list", "CSV", o.csv}, {"list", "DOCX", o.docx}} {
		if !slices.Contains(o.measures, one.measure) {
			continue
		}
		if err := measureBulkOf(ctx, o, engine, one.what, one.rows, t); err != nil {
			return fmt.Errorf("%s, %s of %d participants: %w", engine, one.what, one.rows, err)
		}
	}
	return nil
}

func measureBulkOf(ctx context.Context, o options, engine, what string, rows int, t bulkTable) (err error) {
	progress("%s: %s of %d participants", engine, what, rows)
	d, err := openDatabase(ctx, o, engine, rows, func(ctx context.Context, d *database) error { return d.invite(ctx, rows) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.drop(context.WithoutCancel(ctx))) }()
	file := filepath.Join(d.dir, "participants.csv")
	if err := d.writeFile(file); err != nil {
		return err
	}
	note := func(against string, r bulkResult) {
		progress("%s: %s: %s: %.0f rows/s, %.2f s CPU, %d MB", engine, what, cmp.Or(against, placardServer), r.rate(), r.cpu.Seconds(), r.peak>>20)
		c := bulkCell{engine, what, against}
		t[c] = append(t[c], r)
	}
	if what != "import" {
		at := d.seeded
		if _, err := d.importFile(ctx, o, at, file); err != nil {
			return err
		}
		for range o.rounds {
			r, err := d.exportList(ctx, o, at, what)
			if err != nil {
				return err
			}
			note("", r)
			if r, err = d.readRaw(ctx, at); err != nil {
				return err
			}
			note(rawRead, r)
		}
		return nil
	}
	for range o.rounds {
		at, err := d.forWrites(ctx)
		if err != nil {
			return err
		}
		r, err := d.importFile(ctx, o, at, file)
		if err != nil {
			return err
		}
		note("", r)
		if err := d.placard(ctx, o, at, "check"); err != nil {
			return err
		}
		written, err := readTables(ctx, at)
		if err != nil {
			return err
		}
		for _, against := range []string{rawVersions, rawTables} {
			if at, err = d.forWrites(ctx); err != nil {
				return err
			}
			if r, err = loadRaw(ctx, at, written, against, rows); err != nil {
				return fmt.Errorf("%s: %w", against, err)
			}
			note(against, r)
		}
	}
	return nil
}

// invite makes a meeting that takes compositions and has invited as many
// entities as the participants need, and a key of an administrator.
func (d *database) invite(ctx context.Context, participants int) error {
	db, err := openSQL(d.seeded, false)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	now := time.Now().UTC().Truncate(time.Microsecond)
	exec := func(statement string, args ...any) {
		if err == nil {
			_, err = db.ExecContext(ctx, statement, args...)
		}
	}
	id, secret := missionKey(0)
	sum := sha256.Sum256([]byte(secret))
	d.keys = []string{"plc_" + id + "_" + secret}
	exec("INSERT INTO keys (id, create_time, update_time, revision, display_name, role, entity_id, account, hash)"+
		" VALUES ($1, $2, $2, 1, 'bench', 'ADMIN', '', '', $3)", id, now, sum[:])
	exec("INSERT INTO meetings (id, create_time, update_time, revision, state, start_date, end_date, time_zone, late_policy, modality, content)"+
		" VALUES ($1, $2, $2, 2, 'OPEN', $3, $3, 'Europe/Vienna', 'ACCEPT_AS_LATE', 'IN_PERSON', $4)",
		imported, now, now.AddDate(0, 1, 0).Format(time.DateOnly), `{"title":{"en":"Bench"}}`)
	for i := range (participants + importedPerDelegation - 1) / importedPerDelegation {
		code := fmt.Sprintf("BENCH%04d", i)
		d.entities = append(d.entities, code)
		exec("INSERT INTO entities (id, create_time, update_time, revision, kind, names) VALUES ($1, $2, $2, 1, 'OTHER_NGO', $3)",
			code, now, `{"shortName":{"en":"`+code+`"}}`)
		exec("INSERT INTO invitations (create_time, update_time, revision, participation_status, language, reference, channel, emails, state, issue_time, meeting_id, entity_id)"+
			" VALUES ($1, $1, 2, 'OTHER_NGO', 'en', 'CU 2026/1(A)', 'EMAIL', 'null', 'ISSUED', $1, $2, $3)", now, imported, code)
	}
	return err
}

// writeFile writes the file to import. No two persons have the same name, e-mail
// address or id.
func (d *database) writeFile(path string) (err error) {
	file, err := os.Create(path) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := csv.NewWriter(file)
	_ = w.Write([]string{ // Error tells
		"entity", "honorific", "given_name", "family_name", "role", "functional_title", "organization", "modality",
		"email", "phone", "language", "external_id",
	})
	for i := range d.participants {
		p := person(i % importedPerDelegation)
		// As scattered as the names of people are.
		mark := participantID(i)[:8]
		_ = w.Write([]string{
			d.entities[i/importedPerDelegation], p.Honorific, p.GivenName, strings.ToUpper(mark[:2]) + p.FamilyName + " " + mark[2:],
			p.Role, p.FunctionalTitle, p.Organization, p.Modality,
			mark + "-" + strconv.Itoa(i) + "@example.org", p.Phone, p.Language, mark,
		})
	}
	w.Flush()
	return w.Error()
}

// importFile imports the file with the program itself.
func (d *database) importFile(ctx context.Context, o options, at, file string) (bulkResult, error) {
	cmd := exec.CommandContext(ctx, o.placard, "import", "delegations", file, "--meeting", imported, "--dir", d.dir, "--db", at) //nolint:gosec // the program under test
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return bulkResult{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var r bulkResult
	for running := true; running; {
		select {
		case err := <-ended:
			if r.took = time.Since(began); err != nil {
				return r, fmt.Errorf("placard import: %w: %s", err, out.Bytes())
			}
			running = false
		case <-time.After(50 * time.Millisecond):
			// What Wait tells counts also this process, from which it was forked.
			if peak, err := ofProcess(cmd.Process.Pid, "VmHWM:"); err == nil {
				r.peak = peak
			}
		}
	}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	db, err := openSQL(at, true)
	if err != nil {
		return r, err
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM participant_versions").Scan(&r.rows); err != nil {
		return r, err
	}
	if r.rows != d.participants {
		return r, fmt.Errorf("placard import wrote %d of %d participants: %s", r.rows, d.participants, out.Bytes())
	}
	return r, nil
}

// exportList reads the list of participants from the server.
func (d *database) exportList(ctx context.Context, o options, at, format string) (r bulkResult, err error) {
	s, err := start(ctx, o, placardServer, d, at, "")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+s.http+"/v1/meetings/"+imported+"/participantList:export?provisional=true&language=en&format="+format, nil)
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+d.keys[0])
	before, err := s.cpu()
	if err != nil {
		return r, err
	}
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	var lines lineCounter
	_, err = io.Copy(&lines, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return r, err
	}
	r = bulkResult{rows: d.participants, took: time.Since(began)}
	after, err := s.cpu()
	if err != nil {
		return r, err
	}
	r.cpu = after - before
	switch {
	case resp.StatusCode != http.StatusOK:
		return r, fmt.Errorf("export the list: %s", resp.Status)
	case format == "CSV" && int(lines) != d.participants+1:
		return r, fmt.Errorf("the list has %d lines for %d participants", lines, d.participants)
	}
	r.peak, err = s.peak()
	return r, err
}

// lineCounter counts the lines that are written to it.
type lineCounter int

func (c *lineCounter) Write(text []byte) (int, error) {
	for _, b := range text {
		if b == '\n' {
			*c++
		}
	}
	return len(text), nil
}

// readRaw reads what the list shows with one statement and writes it as CSV.
func (d *database) readRaw(ctx context.Context, at string) (bulkResult, error) {
	db, err := openSQL(at, true)
	if err != nil {
		return bulkResult{}, err
	}
	defer func() { _ = db.Close() }()
	return timed(func() (n int, err error) {
		rows, err := db.QueryContext(ctx, "SELECT entity_id, latest_order, honorific, given_name, family_name, latin_given_name, latin_family_name,"+
			" functional_title, organization, role, modality FROM participant_versions WHERE meeting_id = $1 AND latest_order > 0"+
			" ORDER BY entity_id, latest_order", imported)
		if err != nil {
			return 0, err
		}
		defer func() { _ = rows.Close() }()
		w := csv.NewWriter(io.Discard)
		cells := make([]string, 11)
		into := make([]any, len(cells))
		for i := range cells {
			into[i] = &cells[i]
		}
		for ; rows.Next(); n++ {
			if err := rows.Scan(into...); err != nil {
				return n, err
			}
			if err := w.Write(cells); err != nil {
				return n, err
			}
		}
		w.Flush()
		return n, errors.Join(rows.Err(), w.Error())
	})
}

// timed measures what this process does itself.
func timed(do func() (rows int, err error)) (bulkResult, error) {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		return bulkResult{}, err
	}
	start := time.Now()
	rows, err := do()
	r := bulkResult{rows: rows, took: time.Since(start)}
	if err := errors.Join(err, syscall.Getrusage(syscall.RUSAGE_SELF, &after)); err != nil {
		return bulkResult{}, err
	}
	r.cpu = time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	return r, nil
}

// tableRows are the rows of a table, as they were read.
type tableRows struct {
	name    string
	columns []string
	rows    [][]any
}

// readTables reads what an import writes, in an order in which it can be loaded.
func readTables(ctx context.Context, at string) ([]tableRows, error) {
	db, err := openSQL(at, true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	var out []tableRows
	for _, name := range []string{"delegations", "participant_versions", "participant_names", "revisions", "changes", "requests"} {
		where := ""
		if name == "changes" {
			where = " WHERE meeting_id = '" + imported + "'"
		}
		t, err := readTable(ctx, db, name, where)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func readTable(ctx context.Context, db *sql.DB, name, where string) (t tableRows, err error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+name+where+" ORDER BY id") //nolint:gosec // names of our own
	if err != nil {
		return t, err
	}
	defer func() { _ = rows.Close() }() // Err tells
	t.name = name
	if t.columns, err = rows.Columns(); err != nil {
		return t, err
	}
	for rows.Next() {
		row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		t.rows = append(t.rows, row)
	}
	return t, rows.Err()
}

// loadRaw writes what an import wrote into another database, with all indexes and
// in one transaction: PostgreSQL's COPY, or a prepared INSERT for each table.
// `what` is rawTables, or rawVersions for the rows of the participants only.
func loadRaw(ctx context.Context, at string, tables []tableRows, what string, rows int) (bulkResult, error) {
	load := func(write bulk, measured bool) error {
		for _, t := range tables {
			// The versions refer to their delegations.
			if own := t.name == "participant_versions" || what == rawTables; own != measured || !own && t.name != "delegations" {
				continue
			}
			if err := write(ctx, t.name, strings.Join(t.columns, ", "), slices.Values(t.rows)); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		return nil
	}
	if err := inOne(ctx, at, func(write bulk) error { return load(write, false) }); err != nil {
		return bulkResult{}, err
	}
	return timed(func() (int, error) {
		return rows, inOne(ctx, at, func(write bulk) error { return load(write, true) })
	})
}

// inOne writes in one transaction, as fast as the engine does.
func inOne(ctx context.Context, at string, do func(bulk) error) error {
	if strings.HasPrefix(at, "postgres") {
		conn, err := pgx.Connect(ctx, at)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return do(copyInto(tx)) })
	}
	db, err := openSQL(at, false)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to do after a commit
	if err := do(preparedInto(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// copyInto writes with PostgreSQL's COPY.
func copyInto(to interface {
	CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error)
},
) bulk {
	return func(ctx context.Context, table, columns string, rows iter.Seq[[]any]) error {
		next, stop := iter.Pull(rows)
		defer stop()
		_, err := to.CopyFrom(ctx, pgx.Identifier{table}, strings.Split(columns, ", "),
			pgx.CopyFromFunc(func() ([]any, error) { row, _ := next(); return row, nil }))
		return err
	}
}

// preparedInto writes with a prepared INSERT for each table.
func preparedInto(tx *sql.Tx) bulk {
	return func(ctx context.Context, table, columns string, rows iter.Seq[[]any]) error {
		marks := strings.Repeat(", ?", strings.Count(columns, ",")+1)[2:]
		insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+columns+") VALUES ("+marks+")") //nolint:gosec // names of our own
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		for row := range rows {
			if _, err := insert.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		return nil
	}
}
