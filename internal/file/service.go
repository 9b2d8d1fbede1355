// Package file holds the files of delegations: notes verbales and credentials.
package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/file"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	// Blobs keeps the contents.
	Blobs *blob.Store
	Pages *page.Codec
	Queue *job.Queue
}

// Service answers the FileService of the contract.
type Service struct {
	placardv1.UnimplementedFileServiceServer
	store *store.Store
	blobs *blob.Store
	pages *page.Codec
	queue *job.Queue
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, blobs: cfg.Blobs, pages: cfg.Pages, queue: cfg.Queue}
}

// GetFile implements the contract.
func (s *Service) GetFile(ctx context.Context, req *placardv1.GetFileRequest) (*placardv1.File, error) {
	row, err := one(ctx, s.store.Client().File.Query(), req.GetName())
	if err != nil {
		return nil, err
	}
	return fileFromRow(row), nil
}

// one reads the file of a name.
func one(ctx context.Context, q *db.FileQuery, resource string) (*db.File, error) {
	row, err := q.Where(
		file.ID(name.Last(resource)), file.MeetingID(name.MeetingOf(resource)), file.EntityID(name.EntityOf(resource)),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// UploadFile implements the contract.
func (s *Service) UploadFile(ctx context.Context, req *placardv1.UploadFileRequest) (*placardv1.File, error) {
	content := req.GetContent().GetData()
	kind, err := blob.Recognize("content", content, blob.PDF, blob.JPEG, blob.PNG)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	row := &db.File{
		ID: uuid.NewString(), MeetingID: name.MeetingOf(req.GetParent()), EntityID: name.EntityOf(req.GetParent()),
		Purpose: req.GetPurpose().String(), DisplayName: displayName(req.GetDisplayName(), req.GetPurpose(), kind),
		MediaType: string(kind), SizeBytes: int64(len(content)), Sha256: hex.EncodeToString(sum[:]),
		Author: access.From(ctx).Name(), Revision: 1,
	}
	return blob.Keep(ctx, s.blobs, s.store, content, func(ctx context.Context, tx *store.Tx, key string) (*placardv1.File, error) {
		row.Blob = key
		if err := takes(ctx, tx, req.GetParent()); err != nil {
			return nil, err
		}
		if err := create(ctx, tx, row); err != nil {
			return nil, err
		}
		return fileFromRow(row), nil
	}, func(ctx context.Context, done store.Done) (*placardv1.File, error) {
		return s.GetFile(ctx, &placardv1.GetFileRequest{Name: done.Resource})
	})
}

// takes answers why a delegation takes no file, and keeps the answer true until
// the transaction ends: the meeting is not concluded meanwhile, and files of one
// delegation follow one another.
func takes(ctx context.Context, tx *store.Tx, delegation string) error {
	meetingID, entityID := name.MeetingOf(delegation), name.EntityOf(delegation)
	if err := tx.HoldMeeting(ctx, meetingID); err != nil {
		return err
	}
	state, err := stateOf(ctx, tx.Client, delegation)
	if err != nil {
		return err
	}
	q := tx.Client.Invitation.Query().Where(invitation.MeetingID(meetingID), invitation.EntityID(entityID))
	q.Modify(tx.ForUpdate)
	invited, err := q.Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("read invitation of %s: %w", delegation, err)
	}
	n, err := tx.Client.File.Query().Where(file.MeetingID(meetingID), file.EntityID(entityID)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count files of %s: %w", delegation, err)
	}
	var invitationState string
	if invited != nil {
		invitationState = invited.State
	}
	return accepts(delegation, state, invitationState, n)
}

// stateOf reads the state of the meeting that a resource belongs to.
func stateOf(ctx context.Context, client *db.Client, resource string) (string, error) {
	row, err := client.Meeting.Query().Where(meeting.ID(name.MeetingOf(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return "", fault.NotFound(resource)
	}
	if err != nil {
		return "", fmt.Errorf("read the meeting of %s: %w", resource, err)
	}
	return row.State, nil
}

// create writes the row of a file.
func create(ctx context.Context, tx *store.Tx, row *db.File) error {
	row.CreateTime, row.UpdateTime = tx.Now, tx.Now
	err := tx.Client.File.Create().SetID(row.ID).SetMeetingID(row.MeetingID).SetEntityID(row.EntityID).
		SetPurpose(row.Purpose).SetDisplayName(row.DisplayName).SetMediaType(row.MediaType).
		SetSizeBytes(row.SizeBytes).SetSha256(row.Sha256).SetBlob(row.Blob).SetAuthor(row.Author).
		SetCreateTime(row.CreateTime).SetUpdateTime(row.UpdateTime).Exec(ctx)
	if err != nil {
		return fmt.Errorf("create file of %s: %w", name.Delegation(row.MeetingID, row.EntityID), err)
	}
	tx.Record(change(ctx, "upload", row))
	return nil
}

// DownloadFile implements the contract.
func (s *Service) DownloadFile(
	req *placardv1.DownloadFileRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	row, err := one(ctx, s.store.Client().File.Query(), req.GetName())
	if err != nil {
		return err
	}
	return s.blobs.Send(ctx, blob.File{Name: row.DisplayName, Kind: row.MediaType, Key: row.Blob, SHA256: row.Sha256}, stream)
}

// DeleteFile implements the contract.
func (s *Service) DeleteFile(ctx context.Context, req *placardv1.DeleteFileRequest) (*emptypb.Empty, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		if err := tx.HoldMeeting(ctx, name.MeetingOf(req.GetName())); err != nil {
			return nil, err
		}
		q := tx.Client.File.Query()
		q.Modify(tx.ForUpdate)
		row, err := one(ctx, q, req.GetName())
		if err != nil {
			return nil, err
		}
		state, err := stateOf(ctx, tx.Client, req.GetName())
		if err != nil {
			return nil, err
		}
		if err := writable(name.Meeting(row.MeetingID), state); err != nil {
			return nil, err
		}
		if etag := req.GetEtag(); etag != "" && etag != store.Etag(row.Revision) {
			return nil, fault.Stale(req.GetName())
		}
		if _, err := tx.Client.File.Delete().Where(file.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete %s: %w", req.GetName(), err)
		}
		tx.Record(change(ctx, "delete", row))
		return &emptypb.Empty{}, s.queue.Enqueue(ctx, tx, job.RemoveBlob{Blob: row.Blob})
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// change is the entry in the change log for a written row.
func change(ctx context.Context, verb string, row *db.File) store.Change {
	c := store.Change{
		Verb: verb, Type: name.TypeFile, Resource: name.File(row.MeetingID, row.EntityID, row.ID),
		Revision: row.Revision, Meeting: row.MeetingID, Entity: row.EntityID,
	}
	if access.From(ctx).Secretariat() {
		c.OnBehalfOf = row.EntityID
	}
	return c
}
