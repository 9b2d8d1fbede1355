// Package photo holds the photographs of participants: what is sent, what is
// decided on it, and the picture that is made of it.
package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/api/httpbody"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/picture"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	// Blobs keeps the pictures.
	Blobs *blob.Store
	Pages *page.Codec
	Queue *job.Queue
	// Outbox takes the messages with the links.
	Outbox *outbox.Outbox
	// Links makes the tokens of links.
	Links *link.Signer
	// Studio makes the pictures.
	Studio *picture.Studio
}

// Service answers the PhotoService of the contract.
type Service struct {
	placardv1.UnimplementedPhotoServiceServer
	store  *store.Store
	blobs  *blob.Store
	pages  *page.Codec
	queue  *job.Queue
	outbox *outbox.Outbox
	studio *picture.Studio
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, blobs: cfg.Blobs, pages: cfg.Pages, queue: cfg.Queue, outbox: cfg.Outbox, studio: cfg.Studio}
}

// GetPhoto implements the contract.
func (s *Service) GetPhoto(ctx context.Context, req *placardv1.GetPhotoRequest) (*placardv1.Photo, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Photo, error) {
	row, err := one(ctx, s.store.Client().Photo.Query(), resource)
	if err != nil {
		return nil, err
	}
	if row == nil {
		stands, err := standings(ctx, s.store.Client(), resource)
		if err != nil {
			return nil, err
		}
		if stands[resource] == unknown {
			return nil, fault.NotFound(resource)
		}
	}
	p := photoOf(row, resource)
	return p, showLinks(ctx, s.store.Client(), s.store.Now(), p)
}

// again answers a repeated write: the photograph as it is now.
func (s *Service) again(ctx context.Context, done store.Done) (*placardv1.Photo, error) {
	return s.get(ctx, done.Resource)
}

// one reads the photograph of a name, nil where none was sent.
func one(ctx context.Context, q *db.PhotoQuery, resource string) (*db.Photo, error) {
	row, err := q.Where(
		photo.ID(name.ParticipantOf(resource)), photo.MeetingID(name.MeetingOf(resource)), photo.EntityID(name.EntityOf(resource)),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// opened reads the meeting of a photograph that is written, and keeps it from
// being concluded until the transaction ends.
func opened(ctx context.Context, tx *store.Tx, resource string) (*db.Meeting, error) {
	id := name.MeetingOf(resource)
	if err := tx.HoldMeeting(ctx, id); err != nil {
		return nil, err
	}
	row, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read the meeting of %s: %w", resource, err)
	}
	return row, writable(name.Meeting(id), row.State)
}

// UploadPhoto implements the contract.
func (s *Service) UploadPhoto(ctx context.Context, req *placardv1.UploadPhotoRequest) (*placardv1.Photo, error) {
	// A photograph that nobody can send here is not decoded.
	if _, err := s.get(ctx, req.GetName()); err != nil {
		return nil, err
	}
	made, err := s.studio.Make(ctx, req.GetContent().GetData())
	if err != nil {
		return nil, refused(err)
	}
	sum := sha256.Sum256(made.JPEG)
	sent := db.Photo{
		ID: name.ParticipantOf(req.GetName()), MeetingID: name.MeetingOf(req.GetName()), EntityID: name.EntityOf(req.GetName()),
		SizeBytes: int64(len(made.JPEG)), Sha256: hex.EncodeToString(sum[:]), Author: access.From(ctx).Name(),
	}
	for _, f := range made.Findings {
		sent.Findings = append(sent.Findings, f.String())
	}
	return blob.Keep(ctx, s.blobs, s.store, made.JPEG, func(ctx context.Context, tx *store.Tx, key string) (*placardv1.Photo, error) {
		sent := sent
		sent.Blob = key
		return s.upload(ctx, tx, req.GetName(), sent)
	}, s.again)
}

// refused tells what is wrong with a photograph that is not taken.
func refused(err error) error {
	var problem *picture.Problem
	if !errors.As(err, &problem) {
		return err
	}
	reason := "PICTURE_BROKEN"
	switch {
	case errors.Is(err, picture.ErrType):
		reason = "PICTURE_TYPE"
	case errors.Is(err, picture.ErrAnimated):
		reason = "PICTURE_ANIMATED"
	case errors.Is(err, picture.ErrTooLarge):
		reason = "PICTURE_TOO_LARGE"
	case errors.Is(err, picture.ErrTooSmall):
		reason = "PICTURE_TOO_SMALL"
	}
	return fault.Invalid(fault.Violation{Field: "content", Reason: reason, Message: problem.Message})
}

// upload puts a photograph in the place of the one that there is, if any.
func (s *Service) upload(ctx context.Context, tx *store.Tx, resource string, sent db.Photo) (*placardv1.Photo, error) {
	m, err := opened(ctx, tx, resource)
	if err != nil {
		return nil, err
	}
	deadline, err := deadlineOf(m)
	if err != nil {
		return nil, err
	}
	// There may be no photograph yet: the delegation is locked, so that uploads
	// follow one another, and nobody is withdrawn meanwhile.
	if err := lockDelegations(ctx, tx, resource); err != nil {
		return nil, err
	}
	stands, err := standings(ctx, tx.Client, resource)
	if err != nil {
		return nil, err
	}
	if err := stands[resource].takes(resource); err != nil {
		return nil, err
	}
	q := tx.Client.Photo.Query()
	q.Modify(tx.ForUpdate)
	row, err := one(ctx, q, resource)
	if err != nil {
		return nil, err
	}
	sent.UploadTime, sent.Late = tx.Now, isLate(deadline, tx.Now)
	next := uploaded(row, sent)
	if row == nil {
		err := tx.Client.Photo.Create().SetID(next.ID).SetMeetingID(next.MeetingID).SetEntityID(next.EntityID).
			SetState(next.State).SetFindings(next.Findings).SetLate(next.Late).
			SetSizeBytes(next.SizeBytes).SetSha256(next.Sha256).SetBlob(next.Blob).SetAuthor(next.Author).
			SetUploadTime(next.UploadTime).SetCreateTime(next.CreateTime).SetUpdateTime(next.UpdateTime).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", resource, err)
		}
		tx.Record(change(ctx, "upload", missing(resource), next, stands[resource]))
		p := photoFromRow(next)
		return p, showLinks(ctx, tx.Client, tx.Now, p)
	}
	return s.replace(ctx, tx, "upload", row, next, stands[resource])
}

// replace writes what became of a photograph whose picture is another now, or
// none.
func (s *Service) replace(
	ctx context.Context, tx *store.Tx, verb string, row, next *db.Photo, stands standing,
) (*placardv1.Photo, error) {
	n, err := tx.Client.Photo.Update().Where(photo.ID(row.ID), photo.Revision(row.Revision)).
		SetState(next.State).SetRejection(next.Rejection).SetRejectionNote(next.RejectionNote).ClearDecideTime().
		SetFindings(next.Findings).SetLate(next.Late).
		SetSizeBytes(next.SizeBytes).SetSha256(next.Sha256).SetBlob(next.Blob).SetAuthor(next.Author).
		SetUploadTime(next.UploadTime).SetUpdateTime(next.UpdateTime).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, nameOf(row), err)
	}
	if n == 0 {
		return nil, fault.Stale(nameOf(row))
	}
	tx.Record(change(ctx, verb, photoFromRow(row), next, stands))
	p := photoFromRow(next)
	if err := showLinks(ctx, tx.Client, tx.Now, p); err != nil || row.Blob == "" {
		return p, err
	}
	return p, s.queue.Enqueue(ctx, tx, job.RemoveBlob{Blob: row.Blob})
}

// WithdrawPhoto implements the contract.
func (s *Service) WithdrawPhoto(ctx context.Context, req *placardv1.WithdrawPhotoRequest) (*placardv1.Photo, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Photo, error) {
		if _, err := opened(ctx, tx, req.GetName()); err != nil {
			return nil, err
		}
		q := tx.Client.Photo.Query()
		q.Modify(tx.ForUpdate)
		row, err := one(ctx, q, req.GetName())
		if err != nil {
			return nil, err
		}
		stands, err := standings(ctx, tx.Client, req.GetName())
		if err != nil {
			return nil, err
		}
		if row == nil && stands[req.GetName()] == unknown {
			return nil, fault.NotFound(req.GetName())
		}
		next, err := withdraw(row, req.GetName(), tx.Now)
		if err != nil {
			return nil, err
		}
		if etag := req.GetEtag(); etag != "" && etag != etagOf(row) {
			return nil, fault.Stale(req.GetName())
		}
		return s.replace(ctx, tx, "withdraw", row, next, stands[req.GetName()])
	}, s.again)
}

// DownloadPhoto implements the contract. Who keeps the picture asks each time
// whether it is still the same: nobody decides on one that was replaced, and
// nobody sees one that was taken back.
func (s *Service) DownloadPhoto(ctx context.Context, req *placardv1.DownloadPhotoRequest) (*httpbody.HttpBody, error) {
	row, content, err := s.picture(ctx, req.GetName())
	if errors.Is(err, blob.ErrNone) { // it has just been replaced
		row, content, err = s.picture(ctx, req.GetName())
	}
	if err != nil {
		return nil, err
	}
	if err := download.SetName(ctx, download.Inline, row.ID+blob.JPEG.Endings()[0]); err != nil {
		return nil, err
	}
	if err := download.SetKept(ctx, row.Sha256); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: string(blob.JPEG), Data: content}, nil
}

// picture reads the picture of a photograph.
func (s *Service) picture(ctx context.Context, resource string) (*db.Photo, []byte, error) {
	row, err := one(ctx, s.store.Client().Photo.Query(), resource)
	if err != nil {
		return nil, nil, err
	}
	if row == nil || row.Blob == "" {
		return nil, nil, fault.NotFound(resource)
	}
	r, err := s.blobs.Read(ctx, row.Blob)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", resource, err)
	}
	defer func() { _ = r.Close() }() // it was read
	var content bytes.Buffer
	if err := blob.Copy(&content, r, row.Sha256); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, content.Bytes(), nil
}

// change is the entry in the change log for a written row. The Pass Office sees it
// where the person is in force.
func change(ctx context.Context, verb string, before *placardv1.Photo, row *db.Photo, stands standing) store.Change {
	c := store.Change{
		Verb: verb, Type: name.TypePhoto, Resource: nameOf(row), Revision: row.Revision,
		Paths: patch.Changed(before, photoFromRow(row)), Meeting: row.MeetingID, Entity: row.EntityID,
		InForce: stands == attending,
	}
	if access.From(ctx).Secretariat() {
		c.OnBehalfOf = row.EntityID
	}
	return c
}
