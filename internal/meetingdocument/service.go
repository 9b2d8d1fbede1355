// Package meetingdocument holds the documents of meetings in their language
// versions.
package meetingdocument

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/document"
	"github.com/un-placard/placard/ent/db/documentversion"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	// Blobs keeps the files.
	Blobs     *blob.Store
	Pages     *page.Codec
	Validator *access.Validator
	Queue     *job.Queue
	// Runner makes archives; nil where nothing starts one.
	Runner *longrunning.Runner
}

// Service answers the DocumentService of the contract.
type Service struct {
	placardv1.UnimplementedDocumentServiceServer
	store     *store.Store
	blobs     *blob.Store
	pages     *page.Codec
	validator *access.Validator
	queue     *job.Queue
	runner    *longrunning.Runner
}

// New makes the service.
func New(cfg Config) *Service {
	s := &Service{
		store: cfg.Store, blobs: cfg.Blobs, pages: cfg.Pages, validator: cfg.Validator, queue: cfg.Queue, runner: cfg.Runner,
	}
	cfg.Runner.Do(placardv1.DocumentService_GenerateDocumentArchive_FullMethodName, s.generateArchive)
	return s
}

// GetDocument implements the contract.
func (s *Service) GetDocument(ctx context.Context, req *placardv1.GetDocumentRequest) (*placardv1.Document, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Document, error) {
	row, err := one(ctx, s.store.Client(), resource)
	if err != nil {
		return nil, err
	}
	return documentFromRow(row)
}

// again answers a repeated write: the document as it is now.
func (s *Service) again(ctx context.Context, done store.Done) (*placardv1.Document, error) {
	return s.get(ctx, done.Resource)
}

// one reads the document of a name, with its stored files. Those are always
// read through their document: only that is narrowed to the caller's scope.
func one(ctx context.Context, client *db.Client, resource string) (*db.Document, error) {
	row, err := client.Document.Query().Where(
		document.MeetingID(name.MeetingOf(resource)), document.DocumentID(name.Last(resource)),
	).WithVersions().Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// opened is the meeting of a resource that is written, kept to this
// transaction: writes of its documents follow one another.
func opened(ctx context.Context, tx *store.Tx, resource string) (*db.Meeting, error) {
	id := name.MeetingOf(resource)
	if err := tx.LockMeeting(ctx, id); err != nil {
		return nil, err
	}
	row, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name.Meeting(id), err)
	}
	return row, nil
}

// locked reads the document that a request changes and its meeting.
func locked(ctx context.Context, tx *store.Tx, resource, etag string) (*db.Meeting, *db.Document, error) {
	m, err := opened(ctx, tx, resource)
	if err != nil {
		return nil, nil, err
	}
	row, err := one(ctx, tx.Client, resource)
	if err != nil {
		return nil, nil, err
	}
	if err := writable(m); err != nil {
		return nil, nil, err
	}
	if etag != "" && etag != store.Etag(row.Revision) {
		return nil, nil, fault.Stale(resource)
	}
	return m, row, nil
}

// free refuses a symbol that another document of the meeting has.
func free(ctx context.Context, tx *store.Tx, meetingID, documentID, symbol string) error {
	taken, err := tx.Client.Document.Query().Where(
		document.MeetingID(meetingID), document.SymbolKey(symbolKey(symbol)), document.DocumentIDNEQ(documentID),
	).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for documents of %s: %w", name.Meeting(meetingID), err)
	}
	if taken {
		return symbolTaken(symbol)
	}
	return nil
}

// CreateDocument implements the contract.
func (s *Service) CreateDocument(
	ctx context.Context, req *placardv1.CreateDocumentRequest,
) (*placardv1.Document, error) {
	d := proto.CloneOf(req.GetDocument())
	d.Name = name.Document(name.MeetingOf(req.GetParent()), req.GetDocumentId())
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Document, error) {
		m, err := opened(ctx, tx, req.GetParent())
		if err != nil {
			return nil, err
		}
		if err := writable(m); err != nil {
			return nil, err
		}
		topics, err := topicsOf(m)
		if err != nil {
			return nil, err
		}
		if err := fault.Invalid(check(d, nil, topics)...); err != nil {
			return nil, err
		}
		taken, err := tx.Client.Document.Query().
			Where(document.MeetingID(m.ID), document.DocumentID(req.GetDocumentId())).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", d.GetName(), err)
		}
		if taken {
			return nil, fault.AlreadyExists(d.GetName())
		}
		if err := free(ctx, tx, m.ID, req.GetDocumentId(), d.GetSymbol()); err != nil {
			return nil, err
		}
		content, err := contentOf(d)
		if err != nil {
			return nil, err
		}
		row, err := tx.Client.Document.Create().SetMeetingID(m.ID).SetDocumentID(req.GetDocumentId()).
			SetSymbol(d.GetSymbol()).SetSymbolKey(symbolKey(d.GetSymbol())).SetContent(content).
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", d.GetName(), err)
		}
		tx.Record(change("create", m, row, nil))
		return documentFromRow(row)
	}, s.again)
}

// UpdateDocument implements the contract.
func (s *Service) UpdateDocument(
	ctx context.Context, req *placardv1.UpdateDocumentRequest,
) (*placardv1.Document, error) {
	wish := req.GetDocument()
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Document, error) {
		m, row, err := locked(ctx, tx, wish.GetName(), wish.GetEtag())
		if err != nil {
			return nil, err
		}
		before, err := documentFromRow(row)
		if err != nil {
			return nil, err
		}
		after, err := patch.Apply("document", before, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		if err := s.valid(after, row, m); err != nil {
			return nil, err
		}
		if err := free(ctx, tx, m.ID, row.DocumentID, after.GetSymbol()); err != nil {
			return nil, err
		}
		kept, dropped := divide(row.Edges.Versions, after.GetVersions())
		for _, v := range dropped {
			if err := s.drop(ctx, tx, v); err != nil {
				return nil, err
			}
		}
		row.Edges.Versions = kept
		return save(ctx, tx, "update", m, row, before, after)
	}, s.again)
}

// valid answers all that is wrong with a document as it would become.
func (s *Service) valid(after *placardv1.Document, row *db.Document, m *db.Meeting) error {
	topics, err := topicsOf(m)
	if err != nil {
		return err
	}
	var wrong []fault.Violation
	if err := s.validator.Validate(after, "document"); err != nil {
		f, ok := fault.As(err)
		if !ok {
			return err
		}
		wrong = f.Violations
	}
	return fault.Invalid(append(wrong, check(after, row.Edges.Versions, topics)...)...)
}

// drop deletes a stored file.
func (s *Service) drop(ctx context.Context, tx *store.Tx, v *db.DocumentVersion) error {
	if _, err := tx.Client.DocumentVersion.Delete().Where(documentversion.ID(v.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("delete a stored file: %w", err)
	}
	return s.queue.Enqueue(ctx, tx, job.RemoveBlob{Blob: v.Blob})
}

// save writes what became of a document, whose stored files are those of the
// row. What is no different is answered as it is.
func save(
	ctx context.Context, tx *store.Tx, verb string, m *db.Meeting, row *db.Document, before, after *placardv1.Document,
) (*placardv1.Document, error) {
	content, err := contentOf(after)
	if err != nil {
		return nil, err
	}
	next := *row
	next.Symbol, next.SymbolKey, next.Content = after.GetSymbol(), symbolKey(after.GetSymbol()), content
	next.Revision, next.UpdateTime = row.Revision+1, tx.Now
	out, err := documentFromRow(&next)
	if err != nil {
		return nil, err
	}
	paths := patch.Changed(before, out)
	if len(paths) == 0 {
		return before, nil
	}
	n, err := tx.Client.Document.Update().Where(document.ID(row.ID), document.Revision(row.Revision)).
		SetSymbol(next.Symbol).SetSymbolKey(next.SymbolKey).SetContent(next.Content).
		SetUpdateTime(next.UpdateTime).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, out.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(out.GetName())
	}
	tx.Record(change(verb, m, &next, paths))
	return out, nil
}

// DeleteDocument implements the contract.
func (s *Service) DeleteDocument(ctx context.Context, req *placardv1.DeleteDocumentRequest) (*emptypb.Empty, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*emptypb.Empty, error) {
		m, row, err := locked(ctx, tx, req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		for _, v := range row.Edges.Versions {
			if err := s.drop(ctx, tx, v); err != nil {
				return nil, err
			}
		}
		if _, err := tx.Client.Document.Delete().Where(document.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete %s: %w", req.GetName(), err)
		}
		tx.Record(change("delete", m, row, nil))
		return &emptypb.Empty{}, nil
	}, func(context.Context, store.Done) (*emptypb.Empty, error) { return &emptypb.Empty{}, nil })
}

// UploadDocumentVersion implements the contract. A file that the language has
// already is replaced.
func (s *Service) UploadDocumentVersion(
	ctx context.Context, req *placardv1.UploadDocumentVersionRequest,
) (*placardv1.Document, error) {
	content := req.GetContent().GetData()
	kind, err := blob.Recognize("content", content, blob.PDF, blob.DOCX)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	checksum := hex.EncodeToString(sum[:])
	return blob.Keep(ctx, s.blobs, s.store, content, func(ctx context.Context, tx *store.Tx, key string) (*placardv1.Document, error) {
		m, row, err := locked(ctx, tx, req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		before, err := documentFromRow(row)
		if err != nil {
			return nil, err
		}
		versions := row.Edges.Versions
		row.Edges.Versions = nil
		for _, v := range versions {
			if v.Language != req.GetLanguage() {
				row.Edges.Versions = append(row.Edges.Versions, v)
			} else if err := s.drop(ctx, tx, v); err != nil {
				return nil, err
			}
		}
		stored, err := tx.Client.DocumentVersion.Create().SetDocumentRow(row.ID).SetLanguage(req.GetLanguage()).
			SetMediaType(string(kind)).SetSizeBytes(int64(len(content))).SetSha256(checksum).SetBlob(key).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("keep the file of %s: %w", req.GetName(), err)
		}
		row.Edges.Versions = append(row.Edges.Versions, stored)
		return s.uploaded(ctx, tx, m, row, before)
	}, s.again)
}

// uploaded writes that a document has another file. The same file once more is
// a change too: its content lies elsewhere.
func (s *Service) uploaded(
	ctx context.Context, tx *store.Tx, m *db.Meeting, row *db.Document, before *placardv1.Document,
) (*placardv1.Document, error) {
	n, err := tx.Client.Document.Update().Where(document.ID(row.ID), document.Revision(row.Revision)).
		SetUpdateTime(tx.Now).AddRevision(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("upload to %s: %w", before.GetName(), err)
	}
	if n == 0 {
		return nil, fault.Stale(before.GetName())
	}
	row.Revision, row.UpdateTime = row.Revision+1, tx.Now
	after, err := documentFromRow(row)
	if err != nil {
		return nil, err
	}
	tx.Record(change("upload", m, row, patch.Changed(before, after)))
	return after, nil
}

// DownloadDocumentVersion implements the contract.
func (s *Service) DownloadDocumentVersion(
	req *placardv1.DownloadDocumentVersionRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	row, err := one(ctx, s.store.Client(), req.GetName())
	if err != nil {
		return err
	}
	for _, v := range row.Edges.Versions {
		if v.Language == req.GetLanguage() {
			return s.blobs.Send(ctx, blob.File{
				Name: fileName(row.Symbol, v.Language, blob.Kind(v.MediaType)), Kind: v.MediaType, Key: v.Blob, SHA256: v.Sha256,
			}, stream)
		}
	}
	return fault.NotFound(req.GetName())
}

// change is the entry in the change log for a written row.
func change(verb string, m *db.Meeting, row *db.Document, paths []string) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeDocument, Resource: name.Document(row.MeetingID, row.DocumentID),
		Revision: row.Revision, Paths: paths, Meeting: row.MeetingID,
		InForce: m.State != placardv1.Meeting_DRAFT.String(),
	}
}
