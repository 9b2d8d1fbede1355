package file_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/file"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

const delegation = "meetings/m1/delegations/AUT"

// bundle is a service on an open meeting that invites AUT and MEX.
type bundle struct {
	*file.Service
	store *store.Store
	blobs *blob.Store
}

// each runs a test with every store of contents on every engine.
func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	blobtest.Each(t, func(t *testing.T, blobs *blob.Store) {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			pages, err := page.NewCodec(secret.New())
			if err != nil {
				t.Fatal(err)
			}
			system := storetest.System(t)
			if err := entity.Seed(system, s); err != nil {
				t.Fatal(err)
			}
			err = s.InTx(system, func(ctx context.Context, tx *store.Tx) error {
				err := tx.Client.Meeting.Create().SetID("m1").SetState("OPEN").SetStartDate("2010-01-27").SetEndDate("2010-01-29").
					SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").SetCompositionDeadline("").
					SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				for _, code := range []string{"AUT", "MEX"} {
					if err == nil {
						err = tx.Client.Invitation.Create().SetMeetingID("m1").SetEntityID(code).SetState("ISSUED").
							SetParticipationStatus("STATE_PARTY").SetLanguage("en").SetChannel("PERMANENT_MISSION").
							SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			queue := blobtest.Queue(t, s, blobs)
			fn(t, bundle{file.New(file.Config{Store: s, Blobs: blobs, Pages: pages, Queue: queue}), s, blobs})
		})
	})
}

func mission(t *testing.T, code string) context.Context {
	return access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: code})
}

func content(mark string) []byte { return []byte("%PDF-1.4\n%" + mark + "\nstartxref\n0\n%%EOF\n") }

func upload(content []byte) *placardv1.UploadFileRequest {
	return &placardv1.UploadFileRequest{
		Parent: delegation, Purpose: placardv1.File_CREDENTIALS, DisplayName: "credentials.pdf", Content: &httpbody.HttpBody{Data: content},
	}
}

func reason(err error) string {
	f, _ := fault.As(err)
	if f == nil {
		return fmt.Sprint(err)
	}
	return f.Reason
}

func TestLife(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		ctx := mission(t, "AUT")
		once := store.WithRequest(ctx, store.Request{ID: "once", Method: "UploadFile", Hash: []byte{1}})
		f, err := b.UploadFile(once, upload(content("one")))
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.UploadFile(once, upload(content("one")))
		if err != nil || again.GetName() != f.GetName() {
			t.Errorf("repeated: %v, %v", again, err)
		}
		out := &blobtest.Stream{Ctx: ctx}
		if err := b.DownloadFile(&placardv1.DownloadFileRequest{Name: f.GetName()}, out); err != nil ||
			!bytes.Equal(out.Content, content("one")) || out.Kind != "application/pdf" ||
			out.Disposition != `attachment; filename="credentials.pdf"` {
			t.Errorf("downloaded %+v: %v", out, err)
		}
		theirs := mission(t, "MEX")
		if err := b.DownloadFile(&placardv1.DownloadFileRequest{Name: f.GetName()}, &blobtest.Stream{Ctx: theirs}); reason(err) != "NOT_FOUND" {
			t.Errorf("Mexico downloads: %v", err)
		}
		if _, err := b.DeleteFile(theirs, &placardv1.DeleteFileRequest{Name: f.GetName()}); reason(err) != "NOT_FOUND" {
			t.Errorf("Mexico deletes: %v", err)
		}
		if list, err := b.ListFiles(theirs, &placardv1.ListFilesRequest{Parent: "meetings/-/delegations/-"}); err != nil || len(list.GetFiles()) != 0 {
			t.Errorf("Mexico lists %v: %v", list, err)
		}
		if _, err := b.UploadFile(theirs, upload(content("theirs"))); err == nil {
			t.Error("Mexico uploads for Austria")
		}
		if _, err := b.DeleteFile(ctx, &placardv1.DeleteFileRequest{Name: f.GetName(), Etag: f.GetEtag()}); err != nil {
			t.Error(err)
		}
		var jobs int
		if err := b.store.Writer().QueryRowContext(ctx, "SELECT COUNT(*) FROM river_job WHERE kind = 'remove_blob'").Scan(&jobs); err != nil || jobs != 1 {
			t.Errorf("%d jobs to remove contents: %v", jobs, err)
		}
		rows, err := b.store.Client().Change.Query().Order(db.Asc(change.FieldID)).All(storetest.System(t))
		if err != nil {
			t.Fatal(err)
		}
		var log []string
		for _, c := range rows {
			if c.ResourceType == "placard.un.org/File" {
				log = append(log, fmt.Sprintf("%s %s %s %s %v %q", c.Verb, c.Principal, c.MeetingID, c.EntityID, c.InForce, c.OnBehalfOf))
			}
		}
		want := []string{`upload entities/AUT m1 AUT false ""`, `delete entities/AUT m1 AUT false ""`}
		if !slices.Equal(log, want) {
			t.Errorf("the log is %q", log)
		}
	})
}
