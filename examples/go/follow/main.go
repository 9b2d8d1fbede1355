// Command follow prints the changes of a Placard server, in the order in which
// they were committed, and goes on where it stopped:
//
//	export PLACARD_KEY=plc_…
//	go run ./examples/go/follow -grpc placard.example.org:9090 -cursor changes.cursor
//
// A line is one change as JSON. A change is printed before the cursor is
// written, so that after a crash some are printed twice, and none is left out.
//
// Exit codes: 1 for what failed, 2 for wrong arguments, 3 where the database of
// the server was restored from a copy: the cursor is gone, and what was read has
// to be read anew.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	address := flag.String("grpc", "127.0.0.1:9090", "address of the server's gRPC")
	cursor := flag.String("cursor", "changes.cursor", "file that keeps where to go on")
	meeting := flag.String("meeting", "", "only changes of this meeting: meetings/wgtip-2026")
	interval := flag.Duration("interval", 5*time.Second, "how long to wait where there is nothing more")
	once := flag.Bool("once", false, "end where there is nothing more")
	plaintext := flag.Bool("plaintext", false, "without TLS, for a server on this machine")
	flag.Parse()
	key := os.Getenv("PLACARD_KEY")
	if key == "" || flag.NArg() > 0 || *plaintext && !local(*address) {
		fmt.Fprintln(os.Stderr, "follow: PLACARD_KEY is needed, no further arguments, and TLS for another machine")
		os.Exit(2)
	}
	secure := credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	if *plaintext {
		secure = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(*address, grpc.WithTransportCredentials(secure))
	if err == nil {
		f := follower{
			changes: placardv1.NewChangeServiceClient(conn), key: key, meeting: *meeting,
			cursor: *cursor, out: bufio.NewWriter(os.Stdout), interval: *interval, once: *once,
		}
		err = errors.Join(f.follow(ctx), conn.Close())
	}
	switch {
	case reason(err) == "FEED_RESTARTED":
		fmt.Fprintln(os.Stderr, "follow:", described(err))
		os.Exit(3)
	case err != nil && ctx.Err() == nil:
		fmt.Fprintln(os.Stderr, "follow:", described(err))
		os.Exit(1)
	}
}

// local tells whether an address is one of this machine, where nobody listens
// on the way.
func local(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" {
		return err == nil
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

type follower struct {
	changes  placardv1.ChangeServiceClient
	key      string
	meeting  string
	cursor   string
	out      *bufio.Writer
	interval time.Duration
	once     bool
}

// follow reads page after page, until the context ends or something fails that
// does not pass by itself.
func (f *follower) follow(ctx context.Context) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+f.key)
	token, err := readCursor(f.cursor)
	if err != nil {
		return err
	}
	for {
		page, err := f.page(ctx, token)
		wait := time.Duration(0)
		switch {
		case reason(err) == "FEED_RESTARTED":
			return errors.Join(err, os.Remove(f.cursor))
		case passes(err):
			fmt.Fprintln(os.Stderr, "follow: again in a moment:", described(err))
			wait = f.interval
		case err != nil:
			return err
		default:
			for _, change := range page.GetChanges() {
				if err := f.handle(change); err != nil {
					return err
				}
			}
			// First what was read, then that it was read.
			if err := f.out.Flush(); err != nil {
				return fmt.Errorf("print changes: %w", err)
			}
			if token = page.GetNextPageToken(); token != "" {
				if err := writeCursor(f.cursor, token); err != nil {
					return err
				}
			}
			if page.GetCaughtUp() {
				if f.once {
					return nil
				}
				wait = f.interval
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (f *follower) page(ctx context.Context, token string) (*placardv1.ListChangesResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return f.changes.ListChanges(ctx, &placardv1.ListChangesRequest{PageSize: 1000, PageToken: token, Meeting: f.meeting})
}

// handle does what a change asks for: here it is printed. A program that keeps
// a copy reads the resource by its name and stores what it finds, or deletes
// its copy where that is NOT_FOUND; done twice, it is the same.
func (f *follower) handle(change *placardv1.Change) error {
	text, err := protojson.Marshal(change)
	if err != nil {
		return fmt.Errorf("print change %d: %w", change.GetSequence(), err)
	}
	if _, err := fmt.Fprintf(f.out, "%s\n", text); err != nil {
		return fmt.Errorf("print change %d: %w", change.GetSequence(), err)
	}
	return nil
}

// passes tells whether an error is one of the moment.
func passes(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Internal:
		return true
	default:
		return false
	}
}

// reason is what the server calls an error, or "".
func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// described is an error for people, with its reason where it has one.
func described(err error) string {
	if r := reason(err); r != "" {
		return fmt.Sprintf("%s (%s)", status.Convert(err).Message(), r)
	}
	return err.Error()
}

// readCursor answers where to go on, "" for the beginning.
func readCursor(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the path is the caller's own
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read cursor: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// writeCursor writes the file whole or not at all, also where the power fails.
func writeCursor(path, token string) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write cursor: %w", err)
	}
	_, err = io.WriteString(file, token+"\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write cursor: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
