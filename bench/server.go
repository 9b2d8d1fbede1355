package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running server, in a process of its own.
type server struct {
	http, grpc string
	process    *exec.Cmd
	ended      chan error
}

// The two that are compared.
const (
	plainServer   = "plain"
	placardServer = "placard"
)

// start starts a server on a database and waits until it listens. Settings are
// further ones of Placard.
func start(ctx context.Context, o options, which string, d *database, at, profile string, settings ...string) (*server, error) {
	s := &server{ended: make(chan error, 1)}
	for _, address := range []*string{&s.http, &s.grpc} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		*address = l.Addr().String()
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	program, args := os.Args[0], []string{"serve", at, s.http, s.grpc}
	if which == placardServer {
		program = o.placard
		args = []string{"serve", "--dir", d.dir, "--db", at, "--http", s.http, "--grpc", s.grpc, "--address-rate", "0", "--principal-rate", "0"}
		args = append(args, settings...)
	}
	if which == placardServer && profile != "" {
		program, args = o.profiled, append([]string{profile}, args[1:]...)
	}
	s.process = exec.CommandContext(context.WithoutCancel(ctx), program, args...) //nolint:gosec // the programs under test
	if which == plainServer {
		s.process.Stderr = os.Stderr // Placard's has a line for each call
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- s.process.Wait() }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if reachable(ctx, s.http) && reachable(ctx, s.grpc) {
			return s, nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("%s does not listen", which), ctx.Err(), s.stop())
		}
	}
}

func reachable(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	return err == nil && conn.Close() == nil
}

// stop ends the server.
func (s *server) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.ended:
		return err
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the server does not stop"), s.process.Process.Kill())
	}
}

// cpu is what the process has used so far, in user and system mode. The kernel
// counts in hundredths of a second.
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name of the program, in parentheses, may hold spaces.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

// memory is what the process holds in memory, in bytes, and peak the most that it
// has held.
func (s *server) memory() (int64, error) { return ofProcess(s.process.Process.Pid, "VmRSS:") }
func (s *server) peak() (int64, error)   { return ofProcess(s.process.Process.Pid, "VmHWM:") }

// ofProcess reads a size of a process, in bytes.
func ofProcess(pid int, what string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), what)
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kb, err := strconv.ParseInt(number, 10, 64)
	return kb * 1024, err
}
