package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/un-placard/placard/internal/outbox"
)

// mailTable holds the runs of each engine.
type mailTable map[string][]bulkResult

// measureMail measures how fast messages that are queued leave the server.
func measureMail(ctx context.Context, o options, engine string, t mailTable) (err error) {
	progress("%s: %d messages", engine, o.messages)
	d, err := openDatabase(ctx, o, engine, o.messages, func(ctx context.Context, d *database) error { return d.invite(ctx, o.messages) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.drop(ctx)) }()
	file := filepath.Join(d.dir, "delegations.csv")
	if err := d.writeFile(file); err != nil {
		return err
	}
	if _, err := d.importFile(ctx, o, d.seeded, file); err != nil {
		return err
	}
	if err := d.queueMessages(ctx); err != nil {
		return fmt.Errorf("queue messages: %w", err)
	}
	for range o.rounds {
		at, err := d.forWrites(ctx)
		if err != nil {
			return err
		}
		r, err := d.sendMessages(ctx, o, at)
		if err != nil {
			return err
		}
		progress("%s: mail: %.0f messages/s, %.2f s CPU, %d MB", engine, r.rate(), r.cpu.Seconds(), r.peak>>20)
		t[engine] = append(t[engine], r)
		if err := d.placard(ctx, o, at, "check"); err != nil {
			return err
		}
	}
	return nil
}

// queueMessages puts an announcement to every participant, as the service does: a
// delivery and a job for each.
func (d *database) queueMessages(ctx context.Context) (err error) {
	db, err := openSQL(d.seeded, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to do after a commit
	now := time.Now().UTC().Truncate(time.Microsecond)
	_, err = tx.ExecContext(ctx, "INSERT INTO announcements (create_time, update_time, revision, announcement_id, state, content, author, cursor, meeting_id)"+
		" VALUES ($1, $1, 1, 'news', 'SENDING', $2, 'bench', '', $3)", now,
		`{"subject":{"en":"The rooms of the meeting"},"body":{"en":"`+strings.Repeat("The meeting is held in boardroom D on the fourth floor of the building.\\n\\n", 8)+`"}}`, imported)
	if err != nil {
		return err
	}
	persons, err := readPersons(ctx, tx)
	if err != nil {
		return err
	}
	delivery, err := tx.PrepareContext(ctx, "INSERT INTO deliveries (id, create_time, update_time, revision, kind, participant_id, source, language,"+
		" address, address_key, once, state, attempt_count, reason, meeting_id, entity_id)"+
		" VALUES ($1, $2, $2, 1, 'ANNOUNCEMENT', $1, 'news', 'en', $3, $4, $1, 'QUEUED', 0, '', $5, $6)")
	if err != nil {
		return err
	}
	args := "$1"
	if d.engine == postgres {
		args = "$1::jsonb"
	}
	job, err := tx.PrepareContext(ctx, "INSERT INTO river_job (args, kind, max_attempts, queue) VALUES ("+args+", 'deliver', 25, 'mail')")
	if err != nil {
		return err
	}
	for _, p := range persons {
		if _, err := delivery.ExecContext(ctx, p.id, now, p.address, outbox.AddressKey(p.address), imported, p.entity); err != nil {
			return err
		}
		if _, err := job.ExecContext(ctx, fmt.Sprintf(`{"delivery": "meetings/%s/delegations/%s/deliveries/%s"}`, imported, p.entity, p.id)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

type addressed struct{ id, entity, address string }

func readPersons(ctx context.Context, tx *sql.Tx) (out []addressed, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT participant_id, entity_id, email FROM participant_versions")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p addressed
		if err := rows.Scan(&p.id, &p.entity, &p.address); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// sendMessages starts a server that has the messages to send, and waits until each
// was taken and noted. The time is from the first message to the last note.
func (d *database) sendMessages(ctx context.Context, o options, at string) (r bulkResult, err error) {
	peer, err := receive(ctx)
	if err != nil {
		return r, err
	}
	defer peer.close()
	s, err := start(ctx, o, placardServer, d, at, "",
		"--smtp", peer.listener.Addr().String(), "--smtp-tls", "none", "--mail-from", "placard@placard.example")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	for peer.taken.Load() == 0 {
		if err := pause(ctx, time.Millisecond); err != nil {
			return r, err
		}
	}
	began, cpu := time.Now(), time.Duration(0)
	if cpu, err = s.cpu(); err != nil {
		return r, err
	}
	db, err := openSQL(at, true)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for sent := 0; sent < d.participants; {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return r, err
		}
		if int(peer.taken.Load()) < d.participants && time.Since(began) < 10*time.Minute {
			continue
		}
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM deliveries WHERE state = 'SENT'").Scan(&sent); err != nil {
			return r, err
		}
		if time.Since(began) > 10*time.Minute {
			return r, fmt.Errorf("%d of %d messages were sent in ten minutes", sent, d.participants)
		}
	}
	r.rows, r.took = d.participants, time.Since(began)
	if n := int(peer.taken.Load()); n != d.participants {
		return r, fmt.Errorf("%d messages were taken, want %d", n, d.participants)
	}
	used, err := s.cpu()
	if err != nil {
		return r, err
	}
	r.cpu = used - cpu
	r.peak, err = s.peak()
	return r, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// receiver is a mail server that takes everything and keeps nothing.
type receiver struct {
	listener net.Listener
	taken    atomic.Int64
}

func receive(ctx context.Context) (*receiver, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{listener: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			go r.serve(conn)
		}
	}()
	return r, nil
}

func (r *receiver) close() { _ = r.listener.Close() } // nobody listens any more

func (r *receiver) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the other side is gone
	in := bufio.NewReader(conn)
	answer := func(text string) bool {
		_, err := io.WriteString(conn, text+"\r\n")
		return err == nil
	}
	for open := answer("220 bench"); open; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.ToUpper(verb) {
		case "EHLO":
			open = answer("250-bench\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
		case "DATA":
			open = answer("354 go on")
			for line != ".\r\n" {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
			}
			r.taken.Add(1)
			open = open && answer("250 2.0.0 taken")
		case "QUIT":
			answer("221 2.0.0 bye")
			return
		default:
			open = answer("250 2.0.0 fine")
		}
	}
}

// print prints the table of messages.
func (t mailTable) print(w io.Writer, o options) error {
	if len(t) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	row := func(columns ...string) { _, _ = fmt.Fprintln(out, "\t"+strings.Join(columns, "\t")+"\t") } // Flush tells
	_, _ = fmt.Fprintf(w, "\nmedian of %d runs\n", o.rounds)
	row("engine", "messages", "messages/s", "s", "CPU s", "peak MB")
	row(slices.Repeat([]string{"---:"}, 6)...)
	for _, engine := range o.engines {
		r, ok := bulkTable{{engine, "mail", ""}: t[engine]}.median(bulkCell{engine, "mail", ""})
		if !ok {
			continue
		}
		row(engine, fmt.Sprint(r.rows), fmt.Sprintf("%.0f", r.rate()), fmt.Sprintf("%.2f", r.took.Seconds()),
			fmt.Sprintf("%.2f", r.cpu.Seconds()), fmt.Sprint(r.peak>>20))
	}
	return out.Flush()
}
