package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

const (
	// followEvery is how often the change log is read for a stream.
	followEvery = 2 * time.Second
	// heartbeat is after how long a stream that has nothing to say says so: what
	// stands between here and the browser would close it.
	heartbeat = 15 * time.Second
	// A browser opens few connections to one host (six, without HTTP/2), and a
	// stream holds one: with more of them nothing else would load.
	maxStreamsOfSession = 4
	// maxStreams is how many streams the server holds.
	maxStreams = 200
	// writeLimit is how long a browser may take to take an event.
	writeLimit = 30 * time.Second
	// maxSought is how many pages of the change log are read to find its end; a
	// page that was made before the end tells once too often that it changed.
	maxSought = 20
)

// follow tells of the changes of a meeting, as server-sent events: that
// something changed, not what. Whoever wants to know reads the page again.
func (s *Site) follow(v *visit) error {
	id, err := meetingOf(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(v.context(), v.session.expires())
	defer cancel()
	leave, ok := s.streams.enter(v.session.ID, cancel)
	if !ok {
		http.Error(v.w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return nil
	}
	defer leave()
	after := v.r.Header.Get("Last-Event-ID")
	if after == "" {
		after = v.r.URL.Query().Get("after")
	}
	if after == "" {
		if after, err = s.position(ctx, v.session.ID, id); err != nil {
			return err
		}
	}
	// Whether it is there and the caller's, before anything is sent.
	first, err := s.changesAfter(ctx, id, after)
	if err != nil || v.r.Method == http.MethodHead {
		return err // HEAD has no events to wait for
	}
	return s.tell(ctx, v, id, first)
}

// tell writes the events of a stream, until the session or the server ends.
func (s *Site) tell(ctx context.Context, v *visit, meeting string, part *placardv1.ListChangesResponse) error {
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to wait for more
	out := http.NewResponseController(v.w)
	if err := out.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("follow changes: %w", err)
	}
	write := func(event string) bool {
		if err := out.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return false
		}
		if _, err := io.WriteString(v.w, event); err != nil { //nolint:gosec // no page: a token of the server, as text/event-stream
			return false
		}
		return out.Flush() == nil
	}
	if !write("retry: 5000\n\n") {
		return nil
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	said, after := s.cfg.Now(), part.GetNextPageToken()
	for {
		if len(part.GetChanges()) > 0 {
			if !write("id: " + after + "\nevent: change\ndata:\n\n") {
				return nil
			}
			said = s.cfg.Now()
			s.positions.keep(v.session.ID, meeting, after)
		} else if s.cfg.Now().Sub(said) >= heartbeat {
			if !write(": nothing\n\n") {
				return nil
			}
			said = s.cfg.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.cfg.Stopping:
			return nil
		case <-tick.C:
		}
		next, err := s.changesAfter(ctx, meeting, after)
		switch code := status.Code(err); {
		case code == codes.Unavailable, code == codes.ResourceExhausted, code == codes.DeadlineExceeded:
			part = nil // for a while
			continue
		case err != nil:
			// The key was revoked, or something is wrong: the browser asks again,
			// and is told.
			return nil
		}
		part, after = next, next.GetNextPageToken()
	}
}

func (s *Site) changesAfter(ctx context.Context, meeting, after string) (*placardv1.ListChangesResponse, error) {
	return s.changes.ListChanges(ctx, &placardv1.ListChangesRequest{Meeting: name.Meeting(meeting), PageToken: after, PageSize: largest})
}

// position is where the change log of a meeting ends, as its token.
func (s *Site) position(ctx context.Context, session, meeting string) (string, error) {
	after := s.positions.of(session, meeting)
	for range maxSought {
		part, err := s.changesAfter(ctx, meeting, after)
		if after != "" && (status.Code(err) == codes.OutOfRange || status.Code(err) == codes.InvalidArgument) {
			after = "" // the log began anew
			continue
		}
		if err != nil {
			return "", err
		}
		if after = part.GetNextPageToken(); part.GetCaughtUp() {
			break
		}
	}
	s.positions.keep(session, meeting, after)
	return after, nil
}

// maxPositions is how many positions are remembered.
const maxPositions = 1000

// positions remembers where sessions have found the ends of change logs, so
// that they are not read from the beginning again.
type positions struct {
	mu     sync.Mutex
	tokens map[[2]string]string
}

func (p *positions) of(session, meeting string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[[2]string{session, meeting}]
}

func (p *positions) keep(session, meeting, token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil || len(p.tokens) >= maxPositions {
		p.tokens = map[[2]string]string{}
	}
	p.tokens[[2]string{session, meeting}] = token
}

// streams are the streams that are open, by session.
type streams struct {
	mu    sync.Mutex
	total int
	// last is the number of the last one.
	last int
	open map[string]map[int]context.CancelFunc
}

// enter takes a place for a stream, which `end` can end. It answers false where
// there is none, else how to give it back.
func (s *streams) enter(session string, cancel context.CancelFunc) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= maxStreams || len(s.open[session]) >= maxStreamsOfSession {
		return nil, false
	}
	if s.open == nil {
		s.open = map[string]map[int]context.CancelFunc{}
	}
	if s.open[session] == nil {
		s.open[session] = map[int]context.CancelFunc{}
	}
	s.last++
	s.total++
	place := s.last
	s.open[session][place] = cancel
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open[session], place)
		if len(s.open[session]) == 0 {
			delete(s.open, session)
		}
		s.total--
	}, true
}

// end ends the streams of a session.
func (s *streams) end(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.open[session] {
		cancel()
	}
}
