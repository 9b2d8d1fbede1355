package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/documentversion"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// fill gives a meeting documents with a file each.
func (a archive) fill(ctx context.Context, t *testing.T, meeting string, n, size int) {
	t.Helper()
	for i := range n {
		d := must(a.documents.CreateDocument(ctx, &placardv1.CreateDocumentRequest{
			Parent: meeting, DocumentId: fmt.Sprint("d", i), Document: &placardv1.Document{
				Symbol: fmt.Sprint("A/", i), Title: &placardv1.LocalizedText{En: "Document"},
			},
		}))(t)
		must(a.documents.UploadDocumentVersion(ctx, &placardv1.UploadDocumentVersionRequest{
			Name: d.GetName(), Language: "en", Content: &httpbody.HttpBody{Data: pdf(size, "")},
		}))(t)
	}
}

// burden gives a meeting so many large documents that to pack them takes long.
// They have one content.
func (a archive) burden(ctx context.Context, t *testing.T, meeting string, n int) {
	t.Helper()
	a.fill(ctx, t, meeting, 1, 16<<20)
	err := a.Store.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		first, err := tx.Client.DocumentVersion.Query().Where(documentversion.SizeBytes(16 << 20)).Order(documentversion.ByID()).First(ctx)
		for i := 1; i < n && err == nil; i++ {
			d, err := tx.Client.Document.Create().SetMeetingID(name.MeetingOf(meeting)).SetDocumentID(fmt.Sprint("e", i)).
				SetSymbol(fmt.Sprint("E/", i)).SetSymbolKey(fmt.Sprint("E/", i)).SetContent("{}").
				SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			err = tx.Client.DocumentVersion.Create().SetDocumentRow(d.ID).SetLanguage("en").SetMediaType(first.MediaType).
				SetSizeBytes(first.SizeBytes).SetSha256(first.Sha256).SetBlob(first.Blob).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (a archive) generate(ctx context.Context, t *testing.T, meeting string) *longrunningpb.Operation {
	t.Helper()
	return must(a.documents.GenerateDocumentArchive(ctx, &placardv1.GenerateDocumentArchiveRequest{Parent: meeting, Language: "en"}))(t)
}

// awaited waits until an operation has ended.
func (c *clients) awaited(ctx context.Context, t *testing.T, op *longrunningpb.Operation) *longrunningpb.Operation {
	t.Helper()
	for range 20 {
		if op = must(c.operations.WaitOperation(ctx, &placardv1.WaitOperationRequest{Name: op.GetName()}))(t); op.GetDone() {
			return op
		}
	}
	t.Fatalf("%v goes on", op)
	return nil
}

// listed is an operation as it stands in a list, where it is never large.
func listed(op *longrunningpb.Operation) *longrunningpb.Operation {
	op = proto.CloneOf(op)
	if op.GetResponse() != nil {
		op.Result = nil
	}
	if op.GetError() != nil {
		op.GetError().Details = nil
	}
	return op
}

func metadataOf(t *testing.T, op *longrunningpb.Operation) *placardv1.OperationMetadata {
	t.Helper()
	meta := &placardv1.OperationMetadata{}
	if err := op.GetMetadata().UnmarshalTo(meta); err != nil {
		t.Fatal(err)
	}
	return meta
}

func TestOperations(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		secretariat := a.As(t, a.Key(t, "secretariat", ""))
		meeting := a.newMeeting(t, "operations", nil, "AUT")
		a.fill(secretariat, t, meeting, 3, 100<<10)

		req := &placardv1.GenerateDocumentArchiveRequest{Parent: meeting, Language: "en", RequestId: "once-" + a.id}
		started := must(a.documents.GenerateDocumentArchive(secretariat, req))(t)
		repeated := must(a.documents.GenerateDocumentArchive(secretariat, req))(t)
		if repeated.GetName() != started.GetName() {
			t.Errorf("repeated it is %s, before %s", repeated.GetName(), started.GetName())
		}
		op := a.awaited(secretariat, t, started)
		meta := metadataOf(t, op)
		if meta.GetMethod() != "placard.v1.DocumentService/GenerateDocumentArchive" || meta.GetAuthor() != "accounts/secretariat" ||
			meta.GetDoneCount() != 3 || meta.GetTotalCount() != 3 || meta.GetExpireTime().AsTime().Sub(meta.GetEndTime().AsTime()) != 7*24*time.Hour {
			t.Errorf("ended as %v", op)
		}
		file := &placardv1.OperationFile{}
		if err := op.GetResponse().UnmarshalTo(file); err != nil {
			t.Fatal(err)
		}
		generated, err := received(a.operations.DownloadOperationFile(secretariat, &placardv1.DownloadOperationFileRequest{Name: op.GetName()}))
		if err != nil {
			t.Fatal(err)
		}
		streamed, err := received(a.documents.ExportDocuments(secretariat, &placardv1.ExportDocumentsRequest{Parent: meeting, Language: "en"}))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(generated, streamed) || int(file.GetSizeBytes()) != len(streamed) {
			t.Errorf("%d bytes were made (%v), %d are streamed", len(generated), file, len(streamed))
		}
		if z, err := zip.NewReader(bytes.NewReader(generated), int64(len(generated))); err != nil || len(z.File) != 4 {
			t.Errorf("the archive: %v", err)
		}
		equal(t, "the operation read again", must(a.operations.GetOperation(secretariat, &placardv1.GetOperationRequest{Name: op.GetName()}))(t), op)
		equal(t, "the one that was cancelled after its end",
			must(a.operations.CancelOperation(secretariat, &placardv1.CancelOperationRequest{Name: op.GetName()}))(t), op)
		row := must(a.Store.Client().Operation.Get(storetest.System(t), name.Last(op.GetName())))(t)
		if row.Request != nil || row.Input != "" {
			t.Error("the request is kept after the end")
		}

		second := a.awaited(secretariat, t, a.generate(secretariat, t, meeting))
		list := func(filter, order string, size int32, token string) ([]string, string) {
			t.Helper()
			l := must(a.operations.ListOperations(secretariat, &placardv1.ListOperationsRequest{
				Parent: meeting, Filter: filter, OrderBy: order, PageSize: size, PageToken: token,
			}))(t)
			var names []string
			for _, o := range l.GetOperations() {
				names = append(names, o.GetName())
			}
			return names, l.GetNextPageToken()
		}
		for _, x := range []struct {
			filter, order string
			want          []string
		}{
			{"", "", []string{second.GetName(), op.GetName()}},
			{"", "create_time", []string{op.GetName(), second.GetName()}},
			{"done = true", "create_time desc", []string{second.GetName(), op.GetName()}},
			{"done = false", "", nil},
			{`method = "placard.v1.DocumentService/GenerateDocumentArchive"`, "createTime", []string{op.GetName(), second.GetName()}},
			{`method = "placard.v1.DelegationService/ImportDelegations"`, "", nil},
		} {
			if got, _ := list(x.filter, x.order, 0, ""); !slices.Equal(got, x.want) {
				t.Errorf("list %q by %q: %v, want %v", x.filter, x.order, got, x.want)
			}
		}
		first, token := list("", "", 1, "")
		rest, end := list("", "", 1, token)
		if want := []string{second.GetName(), op.GetName()}; !slices.Equal(append(first, rest...), want) || end != "" {
			t.Errorf("paged: %v %v %q", first, rest, end)
		}
		equal(t, "listed", must(a.operations.ListOperations(secretariat, &placardv1.ListOperationsRequest{Parent: meeting}))(t).GetOperations(),
			[]*longrunningpb.Operation{listed(second), listed(op)})
		masked := must(a.operations.ListOperations(secretariat, &placardv1.ListOperationsRequest{
			Parent: "meetings/-", PageSize: 1, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "done"}},
		}))(t).GetOperations()
		equal(t, "only some fields", masked, []*longrunningpb.Operation{{Name: second.GetName(), Done: true}})
		for _, wrong := range []*placardv1.ListOperationsRequest{
			{Parent: meeting, Filter: "author = 1"}, {Parent: meeting, OrderBy: "name"},
			{Parent: meeting, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"secret"}}},
		} {
			if _, err := a.operations.ListOperations(secretariat, wrong); status.Code(err) != codes.InvalidArgument {
				t.Errorf("list %v: %v", wrong, err)
			}
		}

		deletion := &placardv1.DeleteOperationRequest{Name: op.GetName(), RequestId: "delete-" + a.id}
		for range 2 { // the second time it is a repetition
			must(a.operations.DeleteOperation(secretariat, deletion))(t)
		}
		_, err = a.operations.GetOperation(secretariat, &placardv1.GetOperationRequest{Name: op.GetName()})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = received(a.operations.DownloadOperationFile(secretariat, &placardv1.DownloadOperationFileRequest{Name: op.GetName()}))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		eventually(t, "the file to be removed", func() bool {
			return !slices.ContainsFunc(kept(t, a.Env), func(path string) bool { return strings.HasSuffix(path, row.Blob) })
		})
	})
}

// TestOperationGoesOn: while it does, it can be watched, neither deleted nor
// downloaded, and cancelled.
func TestOperationGoesOn(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		secretariat := a.As(t, a.Key(t, "secretariat", ""))
		meeting := a.newMeeting(t, "goes-on", nil)
		a.burden(secretariat, t, meeting, 5000)
		op := a.generate(secretariat, t, meeting)
		get := &placardv1.GetOperationRequest{Name: op.GetName()}
		eventually(t, "progress", func() bool {
			meta := metadataOf(t, must(a.operations.GetOperation(secretariat, get))(t))
			return meta.GetDoneCount() > 0 && meta.GetTotalCount() == 5000
		})
		before := metadataOf(t, must(a.operations.GetOperation(secretariat, get))(t)).GetDoneCount()
		wait := time.Now()
		op = must(a.operations.WaitOperation(secretariat, &placardv1.WaitOperationRequest{Name: op.GetName(), Timeout: durationpb.New(2 * time.Second)}))(t)
		if took := time.Since(wait); op.GetDone() || took < 1900*time.Millisecond || took > 5*time.Second {
			t.Errorf("waited %v for %v", took, op)
		}
		if a.conn == a.GRPC { // on REST the server does not know the deadline of the client
			short, cancel := context.WithTimeout(secretariat, 3*time.Second)
			op = must(a.operations.WaitOperation(short, &placardv1.WaitOperationRequest{Name: op.GetName(), Timeout: durationpb.New(time.Minute)}))(t)
			cancel()
			if op.GetDone() {
				t.Errorf("waited until shortly before the deadline for %v", op)
			}
		}
		op = must(a.operations.GetOperation(secretariat, get))(t)
		if after := metadataOf(t, op).GetDoneCount(); after <= before {
			t.Errorf("%d files, after a while %d", before, after)
		}
		_, err := a.operations.DeleteOperation(secretariat, &placardv1.DeleteOperationRequest{Name: op.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "OPERATION_RUNNING")
		_, err = received(a.operations.DownloadOperationFile(secretariat, &placardv1.DownloadOperationFileRequest{Name: op.GetName()}))
		wantFault(t, err, codes.FailedPrecondition, "OPERATION_RUNNING")
		going := must(a.operations.ListOperations(secretariat, &placardv1.ListOperationsRequest{Parent: meeting, Filter: "done = false"}))(t)
		if len(going.GetOperations()) != 1 {
			t.Errorf("going on: %v", going)
		}

		cancelled := time.Now()
		op = must(a.operations.CancelOperation(secretariat, &placardv1.CancelOperationRequest{Name: op.GetName()}))(t)
		if !metadataOf(t, op).GetCancelRequested() {
			t.Errorf("cancelled: %v", op)
		}
		op = a.awaited(secretariat, t, op)
		if took := time.Since(cancelled); took > 5*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		code, reason := faultOf(status.ErrorProto(op.GetError()))
		if meta := metadataOf(t, op); code != codes.Canceled || reason != "OPERATION_CANCELLED" || meta.GetDoneCount() <= before || meta.GetEndTime() == nil {
			t.Errorf("ended as %v", op)
		}
		_, err = received(a.operations.DownloadOperationFile(secretariat, &placardv1.DownloadOperationFileRequest{Name: op.GetName()}))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
	})
}

// TestOperationFails: what is wrong on our side is told to nobody outside, in
// the language of whoever started it.
func TestOperationFails(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		secretariat := a.As(t, a.Key(t, "secretariat", ""))
		meeting := a.newMeeting(t, "fails", nil)
		a.fill(secretariat, t, meeting, 1, 1000)
		err := a.Store.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.DocumentVersion.Update().SetSha256("another").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		op := a.awaited(secretariat, t, a.generate(metadata.AppendToOutgoingContext(secretariat, "accept-language", "es"), t, meeting))
		st := status.FromProto(op.GetError())
		code, reason := faultOf(st.Err())
		if code != codes.Internal || reason != "INTERNAL" || strings.Contains(op.String(), "checksum") {
			t.Errorf("ended as %v", op)
		}
		languages := map[string]bool{}
		for _, d := range st.Details() {
			if m, ok := d.(*errdetails.LocalizedMessage); ok {
				languages[m.GetLocale()] = true
			}
		}
		if !languages["es"] {
			t.Errorf("no message in Spanish: %v", st.Details())
		}
		equal(t, "listed", must(a.operations.ListOperations(secretariat, &placardv1.ListOperationsRequest{Parent: meeting}))(t).GetOperations(),
			[]*longrunningpb.Operation{listed(op)})
	})
}

// TestOperationsOfOthers: nobody reaches an operation of a meeting that is not
// theirs.
func TestOperationsOfOthers(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		admin := a.As(t, a.Admin)
		mine, theirs := a.newMeeting(t, "mine", nil, "AUT"), a.newMeeting(t, "theirs", nil, "AUT")
		for range 2 {
			a.awaited(admin, t, a.generate(admin, t, mine))
		}
		op := a.awaited(admin, t, a.generate(admin, t, mine))
		own := a.awaited(admin, t, a.generate(admin, t, theirs))
		page := must(a.operations.ListOperations(admin, &placardv1.ListOperationsRequest{Parent: "meetings/-", PageSize: 1}))(t)

		calls := func(ctx context.Context) map[string]error {
			out := map[string]error{}
			_, out["get"] = a.operations.GetOperation(ctx, &placardv1.GetOperationRequest{Name: op.GetName()})
			_, out["list"] = a.operations.ListOperations(ctx, &placardv1.ListOperationsRequest{Parent: mine})
			_, out["wait"] = a.operations.WaitOperation(ctx, &placardv1.WaitOperationRequest{Name: op.GetName()})
			_, out["cancel"] = a.operations.CancelOperation(ctx, &placardv1.CancelOperationRequest{Name: op.GetName()})
			_, out["delete"] = a.operations.DeleteOperation(ctx, &placardv1.DeleteOperationRequest{Name: op.GetName()})
			_, out["download"] = received(a.operations.DownloadOperationFile(ctx, &placardv1.DownloadOperationFileRequest{Name: op.GetName()}))
			_, out["generate"] = a.documents.GenerateDocumentArchive(ctx, &placardv1.GenerateDocumentArchiveRequest{Parent: mine, Language: "en"})
			return out
		}
		// A mission, invited or not, a gate and a reader have no long work.
		for _, who := range []struct{ role, entity string }{{"mission", "AUT"}, {"mission", "MEX"}, {"gate", ""}, {"reader", ""}, {"pass_office", ""}} {
			ctx := a.As(t, a.Key(t, who.role, who.entity))
			for what, err := range calls(ctx) {
				if code, reason := faultOf(err); code != codes.PermissionDenied {
					t.Errorf("%s %s may %s: %v %s", who.role, who.entity, what, code, reason)
				}
			}
			_, err := a.operations.ListOperations(ctx, &placardv1.ListOperationsRequest{Parent: "meetings/-"})
			wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		}
		// A secretariat that is bound to another meeting.
		bound := a.As(t, a.Key(t, "secretariat", "", theirs))
		for what, err := range calls(bound) {
			if code, reason := faultOf(err); code != codes.NotFound {
				t.Errorf("bound to another meeting, it may %s: %v %s", what, code, reason)
			}
		}
		for _, filter := range []string{"", "done = true", "done = true OR done = false", `method != "x"`} {
			all := must(a.operations.ListOperations(bound, &placardv1.ListOperationsRequest{Parent: "meetings/-", Filter: filter}))(t)
			if len(all.GetOperations()) != 1 || !proto.Equal(all.GetOperations()[0], listed(own)) {
				t.Errorf("filter %q: %v", filter, all.GetOperations())
			}
		}
		_, err := a.operations.ListOperations(bound, &placardv1.ListOperationsRequest{
			Parent: "meetings/-", PageSize: 1, PageToken: page.GetNextPageToken(),
		})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("the page token of another: %v", err)
		}
		// By its id in the name of the own meeting it is not there either.
		_, err = a.operations.GetOperation(bound, &placardv1.GetOperationRequest{Name: theirs + "/operations/" + name.Last(op.GetName())})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
	})
}

// TestOperationSurvivesRestart: a server that stops in the middle leaves the work
// to the next one, and whoever waits hears so at once.
func TestOperationSurvivesRestart(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			dir, url := t.TempDir(), storetest.URL(t, engine)
			same := func(cfg *config.Config) { cfg.Dir, cfg.DB = dir, url }
			env := apptest.StartOn(t, same)
			a := newArchive(newClients(t, env, env.GRPC, "before"))
			key := a.Admin
			meeting := a.newMeeting(t, "restart", nil)
			a.burden(a.As(t, key), t, meeting, 100)
			op := a.generate(a.As(t, key), t, meeting)
			get := &placardv1.GetOperationRequest{Name: op.GetName()}
			eventually(t, "progress", func() bool {
				op = must(a.operations.GetOperation(a.As(t, key), get))(t)
				return metadataOf(t, op).GetDoneCount() > 0
			})
			if op.GetDone() {
				t.Fatal("it has ended already")
			}
			answered := make(chan error, 1)
			go func() {
				_, err := a.operations.WaitOperation(a.As(t, key), &placardv1.WaitOperationRequest{Name: op.GetName()})
				answered <- err
			}()
			time.Sleep(100 * time.Millisecond)
			begin := time.Now()
			if err := env.Stop(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("it took %v to stop", took)
			}
			if err := <-answered; err != nil {
				t.Errorf("who waited: %v", err)
			}

			env = apptest.StartOn(t, same)
			a = newArchive(newClients(t, env, env.GRPC, "after"))
			op = a.awaited(a.As(t, key), t, op)
			if meta := metadataOf(t, op); op.GetResponse() == nil || meta.GetDoneCount() != 100 {
				t.Errorf("ended as %v", op)
			}
			file := must(received(a.operations.DownloadOperationFile(a.As(t, key), &placardv1.DownloadOperationFileRequest{Name: op.GetName()})))(t)
			if z, err := zip.NewReader(bytes.NewReader(file), int64(len(file))); err != nil || len(z.File) != 101 {
				t.Errorf("the archive: %v", err)
			}
		})
	}
}
