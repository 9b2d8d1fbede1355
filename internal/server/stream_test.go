package server

import (
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// refused is a stream that was refused before its request was read.
type refused struct{ grpc.ClientStream }

func (refused) SendMsg(any) error            { return io.EOF }
func (refused) RecvMsg(any) error            { return status.Error(codes.Unauthenticated, "no key") }
func (refused) Header() (metadata.MD, error) { return nil, nil }

// TestRefusedFile: why a file is refused is answered however early it is.
func TestRefusedFile(t *testing.T) {
	s := &fileStream{ClientStream: refused{}}
	if err := s.SendMsg(nil); err != nil {
		t.Fatalf("sent: %v", err)
	}
	if _, err := s.Header(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("received: %v", err)
	}
}
