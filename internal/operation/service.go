// Package operation answers how long work stands, and the files that it made.
// What does the work is package longrunning.
package operation

import (
	"context"
	"fmt"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	// Blobs has the files that were made.
	Blobs *blob.Store
	Pages *page.Codec
	// Runner does the work.
	Runner *longrunning.Runner
}

// Service implements OperationService.
type Service struct {
	placardv1.UnimplementedOperationServiceServer
	store  *store.Store
	blobs  *blob.Store
	pages  *page.Codec
	runner *longrunning.Runner
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, blobs: cfg.Blobs, pages: cfg.Pages, runner: cfg.Runner}
}

// GetOperation implements the contract.
func (s *Service) GetOperation(ctx context.Context, req *placardv1.GetOperationRequest) (*longrunningpb.Operation, error) {
	return s.runner.Get(ctx, req.GetName())
}

// CancelOperation implements the contract.
func (s *Service) CancelOperation(
	ctx context.Context, req *placardv1.CancelOperationRequest,
) (*longrunningpb.Operation, error) {
	return s.runner.Cancel(ctx, req.GetName())
}

// DeleteOperation implements the contract.
func (s *Service) DeleteOperation(ctx context.Context, req *placardv1.DeleteOperationRequest) (*emptypb.Empty, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		return &emptypb.Empty{}, s.runner.Delete(ctx, tx, req.GetName())
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// DownloadOperationFile implements the contract.
func (s *Service) DownloadOperationFile(
	req *placardv1.DownloadOperationFileRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	row, err := longrunning.Find(ctx, s.store.Client().Operation.Query(), req.GetName())
	if err != nil {
		return err
	}
	if !row.Done {
		return longrunning.Running(req.GetName())
	}
	file, err := longrunning.FileOf(row)
	if err != nil {
		return err
	}
	if file == nil {
		return fault.NotFound(req.GetName())
	}
	if err := s.blobs.Send(ctx, blob.File{
		Name: file.GetDisplayName(), Kind: file.GetMediaType(), Key: row.Blob, SHA256: file.GetSha256(),
	}, stream); err != nil {
		return fmt.Errorf("send the file of %s: %w", req.GetName(), err)
	}
	return nil
}
