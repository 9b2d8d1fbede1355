package meetingdocument_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/meetingdocument"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// bundle is a service on the announced meeting m1 and the draft m2.
type bundle struct {
	*meetingdocument.Service
	store *store.Store
	blobs *blob.Store
}

// each runs a test with every store of contents on every engine.
func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	validator, err := access.NewValidator(contract)
	if err != nil {
		t.Fatal(err)
	}
	blobtest.Each(t, func(t *testing.T, blobs *blob.Store) {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			pages, err := page.NewCodec(secret.New())
			if err != nil {
				t.Fatal(err)
			}
			err = s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
				for id, state := range map[string]string{"m1": "ANNOUNCED", "m2": "DRAFT"} {
					err := tx.Client.Meeting.Create().SetID(id).SetState(state).SetStartDate("2010-01-27").SetEndDate("2010-01-29").
						SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").SetCompositionDeadline("").
						SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			fn(t, bundle{meetingdocument.New(meetingdocument.Config{
				Store: s, Blobs: blobs, Pages: pages, Validator: validator, Queue: blobtest.Queue(t, s, blobs),
				Runner: longrunning.New(longrunning.Config{Store: s, Blobs: blobs}),
			}), s, blobs})
		})
	})
}

func as(t *testing.T, role placardv1.Access_Role) context.Context {
	return access.With(t.Context(), access.Principal{Role: role, Account: "accounts/a"})
}

func content(mark string) []byte { return []byte("%PDF-1.4\n%" + mark + "\nstartxref\n0\n%%EOF\n") }

func reason(err error) string {
	f, _ := fault.As(err)
	if f == nil {
		return fmt.Sprint(err)
	}
	return f.Reason
}

func TestLife(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		ctx, reader := as(t, placardv1.Access_SECRETARIAT), as(t, placardv1.Access_READER)
		for _, m := range []string{"meetings/m1", "meetings/m2"} {
			d, err := b.CreateDocument(ctx, &placardv1.CreateDocumentRequest{Parent: m, DocumentId: "d1", Document: &placardv1.Document{
				Symbol: "A/1", Title: &placardv1.LocalizedText{En: "One"}, Versions: []*placardv1.Document_Version{{Language: "fr", Uri: "https://x"}},
			}})
			if err != nil || d.GetEtag() != "1" {
				t.Fatalf("created %v: %v", d, err)
			}
		}
		upload := func(ctx context.Context, mark, etag string) (*placardv1.Document, error) {
			return b.UploadDocumentVersion(ctx, &placardv1.UploadDocumentVersionRequest{
				Name: "meetings/m1/documents/d1", Language: "en", Etag: etag, Content: &httpbody.HttpBody{Data: content(mark)}})
		}
		once := store.WithRequest(ctx, store.Request{ID: "once", Method: "Upload", Hash: []byte{1}})
		for range 2 { // the second one is done already
			if d, err := upload(once, "first", "1"); err != nil || d.GetEtag() != "2" {
				t.Errorf("uploaded %v: %v", d, err)
			}
		}
		if _, err := upload(ctx, "second", "1"); reason(err) != "ETAG_MISMATCH" {
			t.Errorf("an old etag: %v", err)
		}
		if d, err := upload(ctx, "second", "2"); err != nil || len(d.GetVersions()) != 2 || d.GetEtag() != "3" {
			t.Errorf("replaced %v: %v", d, err)
		}
		download := func(ctx context.Context, name string) ([]byte, error) {
			out := &blobtest.Stream{Ctx: ctx}
			err := b.DownloadDocumentVersion(&placardv1.DownloadDocumentVersionRequest{Name: name, Language: "en"}, out)
			return out.Content, err
		}
		if got, err := download(reader, "meetings/m1/documents/d1"); err != nil || !bytes.Equal(got, content("second")) {
			t.Errorf("downloaded %q: %v", got, err)
		}
		if _, err := download(reader, "meetings/m2/documents/d1"); reason(err) != "NOT_FOUND" {
			t.Errorf("of a draft: %v", err)
		}
		if _, err := b.GetDocument(reader, &placardv1.GetDocumentRequest{Name: "meetings/m2/documents/d1"}); reason(err) != "NOT_FOUND" {
			t.Errorf("of a draft: %v", err)
		}
		for parent, want := range map[string]string{"meetings/m1": "<nil>", "meetings/m2": "NOT_FOUND"} {
			out := &blobtest.Stream{Ctx: reader}
			err := b.ExportDocuments(&placardv1.ExportDocumentsRequest{Parent: parent, Language: "en"}, out)
			if reason(err) != want {
				t.Errorf("export of %s: %v", parent, err)
			}
			if err != nil {
				continue
			}
			z, err := zip.NewReader(bytes.NewReader(out.Content), int64(len(out.Content)))
			if err != nil || len(z.File) != 2 || z.File[0].Name != "A_1-E.pdf" || z.File[1].Name != "list.txt" {
				t.Errorf("the archive: %v", err)
			}
		}
		// What is said again is no change.
		same := &placardv1.UpdateDocumentRequest{Document: &placardv1.Document{Name: "meetings/m1/documents/d1", Symbol: "A/1"}}
		if d, err := b.UpdateDocument(ctx, same); err != nil || d.GetEtag() != "3" {
			t.Errorf("updated %v: %v", d, err)
		}
		drop := &placardv1.UpdateDocumentRequest{
			Document:   &placardv1.Document{Name: "meetings/m1/documents/d1", Symbol: "a/1"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"symbol", "versions"}},
		}
		if d, err := b.UpdateDocument(ctx, drop); err != nil || len(d.GetVersions()) != 0 || d.GetSymbol() != "a/1" {
			t.Errorf("updated %v: %v", d, err)
		}
		if _, err := b.DeleteDocument(ctx, &placardv1.DeleteDocumentRequest{Name: "meetings/m1/documents/d1", Etag: "4"}); err != nil {
			t.Error(err)
		}
		if n, err := b.store.Client().DocumentVersion.Query().Count(ctx); err != nil || n != 0 {
			t.Errorf("%d stored files stay: %v", n, err)
		}
		rows, err := b.store.Client().Change.Query().Where(change.MeetingID("m1")).Order(db.Asc(change.FieldID)).All(storetest.System(t))
		if err != nil {
			t.Fatal(err)
		}
		var log []string
		for _, c := range rows {
			log = append(log, fmt.Sprintf("%s %d %v %v", c.Verb, c.Revision, c.InForce, c.Paths))
		}
		want := []string{
			"create 1 true []", "upload 2 true [versions missingLanguages]", "upload 3 true [versions]",
			"update 4 true [symbol versions missingLanguages]", "delete 4 true []",
		}
		if !slices.Equal(log, want) {
			t.Errorf("the log is %q", log)
		}
	})
}
