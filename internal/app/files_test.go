package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/store/storetest"
)

// archive is the clients of files and documents.
type archive struct {
	*clients
	files     placardv1.FileServiceClient
	documents placardv1.DocumentServiceClient
}

func newArchive(c *clients) archive {
	return archive{c, placardv1.NewFileServiceClient(c.conn), placardv1.NewDocumentServiceClient(c.conn)}
}

func eachArchive(t *testing.T, test func(t *testing.T, a archive)) {
	t.Helper()
	each(t, func(t *testing.T, c *clients) { test(t, newArchive(c)) })
}

// pdf is a PDF of a size, as far as anybody looks who does not show it.
func pdf(size int, mark string) []byte {
	begin, end := "%PDF-1.7\n%"+mark+"\n", "\nstartxref\n0\n%%EOF\n"
	return []byte(begin + strings.Repeat("x", max(0, size-len(begin)-len(end))) + end)
}

func picture(t *testing.T, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out, image.NewGray(image.Rect(0, 0, 30, 40))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }

// docx is an archive with some parts.
func docx(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func wordParts() map[string]string {
	return map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}
}

func note(parent string, content []byte) *placardv1.UploadFileRequest {
	return &placardv1.UploadFileRequest{
		Parent: parent, Purpose: placardv1.File_NOTE_VERBALE, DisplayName: "note.pdf", Content: &httpbody.HttpBody{Data: content},
	}
}

// received puts a streamed file together.
func received(stream grpc.ServerStreamingClient[httpbody.HttpBody], err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var content []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
		content = append(content, part.GetData()...)
	}
}

func (a archive) download(ctx context.Context, name string) ([]byte, error) {
	return received(a.files.DownloadFile(ctx, &placardv1.DownloadFileRequest{Name: name}))
}

// kept are the contents in the folder of the server.
func kept(t *testing.T, env *apptest.Env) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(env.Config.BlobStore(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFiles: what is uploaded comes back byte for byte.
func TestFiles(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		meeting := a.newMeeting(t, "files", nil, "AUT", "MEX")
		ctx := a.As(t, a.Key(t, "mission", "AUT"))
		parent := meeting + "/delegations/AUT"
		jpg, pic := picture(t, asJPEG), picture(t, png.Encode)
		for _, x := range []struct {
			given, called, media string
			content              []byte
		}{
			{"CU 2009.180.pdf", "CU 2009.180.pdf", "application/pdf", pdf(1000, "small")},
			{"large.PDF", "large.PDF", "application/pdf", pdf(10<<20, "large")},
			{"", "note-verbale.pdf", "application/pdf", pdf(200, "nameless")},
			{`C:\Users\me\..\note verbale.html`, "note verbale.pdf", "application/pdf", pdf(200, "path")},
			{"../../etc/passwd", "passwd.pdf", "application/pdf", pdf(200, "unix path")},
			{"scan.jpeg", "scan.jpeg", "image/jpeg", jpg},
			{"Nota 5.3", "Nota 5.3.png", "image/png", pic},
			{"ноты «вербальные» 说明.pdf", "ноты «вербальные» 说明.pdf", "application/pdf", pdf(200, "unicode")},
		} {
			req := note(parent, x.content)
			req.DisplayName = x.given
			got, err := a.files.UploadFile(ctx, req)
			if err != nil {
				t.Errorf("%q: %v", x.given, err)
				continue
			}
			sum := sha256.Sum256(x.content)
			want := &placardv1.File{
				Name: got.GetName(), CreateTime: got.GetCreateTime(), Purpose: placardv1.File_NOTE_VERBALE, DisplayName: x.called,
				MediaType: x.media, SizeBytes: int64(len(x.content)), Sha256: hex.EncodeToString(sum[:]), Author: "entities/AUT", Etag: "1",
			}
			equal(t, x.given, got, want)
			equal(t, x.given, must(a.files.GetFile(ctx, &placardv1.GetFileRequest{Name: got.GetName()}))(t), want)
			content, err := a.download(ctx, got.GetName())
			if err != nil || !bytes.Equal(content, x.content) {
				t.Errorf("%q: %d bytes came back, %d were sent: %v", x.given, len(content), len(x.content), err)
			}
		}
		list := must(a.files.ListFiles(ctx, &placardv1.ListFilesRequest{Parent: parent, Filter: "purpose = NOTE_VERBALE", PageSize: 5}))(t)
		rest := must(a.files.ListFiles(ctx, &placardv1.ListFilesRequest{
			Parent: parent, Filter: "purpose = NOTE_VERBALE", PageSize: 5, PageToken: list.GetNextPageToken()}))(t)
		if all := append(list.GetFiles(), rest.GetFiles()...); len(all) != 8 || rest.GetNextPageToken() != "" ||
			!slices.IsSortedFunc(all, func(a, b *placardv1.File) int { return strings.Compare(a.GetName(), b.GetName()) }) {
			t.Errorf("listed %v", all)
		}
		none := must(a.files.ListFiles(ctx, &placardv1.ListFilesRequest{Parent: parent, Filter: "purpose = CREDENTIALS"}))(t)
		if len(none.GetFiles()) != 0 {
			t.Errorf("credentials: %v", none)
		}

		file := list.GetFiles()[0].GetName()
		_, err := a.files.DeleteFile(ctx, &placardv1.DeleteFileRequest{Name: file, Etag: "2"})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		before := len(kept(t, a.Env))
		must(a.files.DeleteFile(ctx, &placardv1.DeleteFileRequest{Name: file, Etag: "1"}))(t)
		_, err = a.download(ctx, file)
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		eventually(t, "the content to be removed", func() bool { return len(kept(t, a.Env)) == before-1 })

		// The Secretariat acts for the delegation, and the log says so.
		must(a.files.UploadFile(a.As(t, a.Admin), note(parent, pdf(200, "secretariat"))))(t)
		changes := must(a.changes.ListChanges(a.As(t, a.Admin), &placardv1.ListChangesRequest{Meeting: meeting, PageSize: 1000}))(t).GetChanges()
		last := changes[len(changes)-1]
		if last.GetVerb() != "upload" || last.GetOnBehalfOf() != "entities/AUT" || !strings.HasPrefix(last.GetResource(), parent+"/files/") {
			t.Errorf("the last change is %v", last)
		}
	})
}

// TestBadFiles: what is not what it should be leaves nothing.
func TestBadFiles(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		meeting := a.newMeeting(t, "bad-files", nil, "AUT")
		concluded := a.newMeeting(t, "bad-concluded", nil, "AUT")
		admin := a.As(t, a.Admin)
		gone := must(a.files.UploadFile(admin, note(concluded+"/delegations/AUT", pdf(200, ""))))(t)
		must(a.meetings.ConcludeMeeting(admin, &placardv1.ConcludeMeetingRequest{Name: concluded}))(t)
		parent := meeting + "/delegations/AUT"
		polyglot := append(pdf(500, ""), docx(t, wordParts())...)
		hidden := bytes.Replace(pdf(2000, "<HTML><script>alert(1)</script>"), []byte("xx"), []byte("  "), 1)
		type x struct {
			req    *placardv1.UploadFileRequest
			code   codes.Code
			reason string
		}
		cases := map[string]x{
			"a page named .pdf":          {note(parent, []byte("<!DOCTYPE html><script>alert(1)</script>")), codes.InvalidArgument, "FILE_TYPE"},
			"a page within a PDF":        {note(parent, hidden), codes.InvalidArgument, "FILE_TYPE"},
			"a PDF behind a page":        {note(parent, append([]byte("<html>"), pdf(500, "")...)), codes.InvalidArgument, "FILE_TYPE"},
			"a PDF that is a ZIP too":    {note(parent, polyglot), codes.InvalidArgument, "FILE_TYPE"},
			"a PDF cut off":              {note(parent, pdf(5000, "")[:3000]), codes.InvalidArgument, "FILE_TYPE"},
			"a picture cut off":          {note(parent, picture(t, png.Encode)[:20]), codes.InvalidArgument, "FILE_TYPE"},
			"a picture that is none":     {note(parent, []byte("\xff\xd8\xff\xe0 no")), codes.InvalidArgument, "FILE_TYPE"},
			"a document":                 {note(parent, docx(t, wordParts())), codes.InvalidArgument, "FILE_TYPE"},
			"empty":                      {note(parent, nil), codes.InvalidArgument, "FILE_EMPTY"},
			"a byte too large":           {note(parent, pdf(10<<20+1, "")), codes.InvalidArgument, "FILE_TOO_LARGE"},
			"much too large":             {note(parent, pdf(60<<20, "")), codes.InvalidArgument, "FILE_TOO_LARGE"},
			"no purpose":                 {note(parent, pdf(200, "")), codes.InvalidArgument, "REQUIRED"},
			"a name that turns round":    {note(parent, pdf(200, "")), codes.InvalidArgument, "STRING_LINE"},
			"a name with a line":         {note(parent, pdf(200, "")), codes.InvalidArgument, "STRING_LINE"},
			"a State that is not asked":  {note(meeting+"/delegations/ZAF", pdf(200, "")), codes.FailedPrecondition, "NOT_INVITED"},
			"a meeting that is none":     {note("meetings/none-such/delegations/AUT", pdf(200, "")), codes.NotFound, "NOT_FOUND"},
			"a meeting that is over":     {note(concluded+"/delegations/AUT", pdf(200, "")), codes.FailedPrecondition, "MEETING_CONCLUDED"},
			"a document instead of both": {note(parent, []byte("PK\x03\x04")), codes.InvalidArgument, "FILE_TYPE"},
		}
		cases["no purpose"].req.Purpose = 0
		cases["a name that turns round"].req.DisplayName = "note\u202Efdp.exe"
		cases["a name with a line"].req.DisplayName = "note\r\nX-Evil: 1.pdf"
		before := kept(t, a.Env)
		for name, x := range cases {
			_, err := a.files.UploadFile(admin, x.req)
			if code, reason := faultOf(err); code != x.code || reason != x.reason {
				t.Errorf("%s: %v, want %s %s", name, err, x.code, x.reason)
			}
		}
		if after := kept(t, a.Env); len(after) != len(before) {
			t.Errorf("contents stay: %v", after)
		}
		_, err := a.files.DeleteFile(admin, &placardv1.DeleteFileRequest{Name: gone.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
		list := must(a.files.ListFiles(admin, &placardv1.ListFilesRequest{Parent: parent}))(t)
		if len(list.GetFiles()) != 0 {
			t.Errorf("files stay: %v", list)
		}
	})
}

// TestFileQuota: a delegation has 50 files, also when 60 come at once; and a
// repeated upload is one file.
func TestFileQuota(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		meeting := a.newMeeting(t, "file-quota", nil, "AUT")
		ctx := a.As(t, a.Key(t, "mission", "AUT"))
		parent := meeting + "/delegations/AUT"
		first := note(parent, pdf(300, ""))
		first.RequestId = a.id + "-first"
		one := must(a.files.UploadFile(ctx, first))(t)
		before := len(kept(t, a.Env))
		equal(t, "the same upload", must(a.files.UploadFile(ctx, first))(t), one)
		other := proto.CloneOf(first)
		other.Content.Data = pdf(300, "another")
		_, err := a.files.UploadFile(ctx, other)
		wantFault(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED")
		if n := len(kept(t, a.Env)); n != before {
			t.Errorf("%d contents, want %d", n, before)
		}
		var wg sync.WaitGroup
		results := make(chan string, 60)
		for range 60 {
			wg.Go(func() {
				_, err := a.files.UploadFile(ctx, note(parent, pdf(300, "")))
				_, reason := faultOf(err)
				if err != nil && reason == "" {
					reason = err.Error()
				}
				results <- reason
			})
		}
		wg.Wait()
		close(results)
		count := map[string]int{}
		for r := range results {
			count[r]++
		}
		if diff := cmp.Diff(map[string]int{"": 49, "TOO_MANY_FILES": 11}, count); diff != "" {
			t.Error(diff)
		}
		// Full, and yet the first is answered again.
		equal(t, "the first upload once more", must(a.files.UploadFile(ctx, first))(t), one)
		if n := len(kept(t, a.Env)); n != before+49 {
			t.Errorf("%d contents, want %d", n, before+49)
		}
	})
}

// TestForeignFiles: another State's mission finds nothing, whichever way it
// tries.
func TestForeignFiles(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		meeting := a.newMeeting(t, "foreign-files", nil, "AUT", "MEX")
		own, theirs := a.As(t, a.Key(t, "mission", "AUT")), a.As(t, a.Key(t, "mission", "MEX"))
		file := must(a.files.UploadFile(own, note(meeting+"/delegations/AUT", pdf(300, ""))))(t).GetName()
		mexican := must(a.files.UploadFile(theirs, note(meeting+"/delegations/MEX", pdf(300, ""))))(t).GetName()
		moved := strings.Replace(file, "/AUT/", "/MEX/", 1)
		for _, name := range []string{file, moved, strings.Replace(file, meeting, "meetings/other", 1)} {
			_, err := a.files.GetFile(theirs, &placardv1.GetFileRequest{Name: name})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			_, err = a.download(theirs, name)
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			_, err = a.files.DeleteFile(theirs, &placardv1.DeleteFileRequest{Name: name})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
		}
		_, err := a.files.UploadFile(theirs, note(meeting+"/delegations/AUT", pdf(300, "")))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = a.files.ListFiles(theirs, &placardv1.ListFilesRequest{Parent: meeting + "/delegations/AUT"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		uninvited := a.As(t, a.Key(t, "mission", "ZAF"))
		_, err = a.files.UploadFile(uninvited, note(meeting+"/delegations/ZAF", pdf(300, "")))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = a.files.ListFiles(uninvited, &placardv1.ListFilesRequest{Parent: meeting + "/delegations/ZAF"})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		for parent, filter := range map[string]string{
			meeting + "/delegations/-":   "",
			"meetings/-/delegations/-":   `entity = "AUT" OR purpose = NOTE_VERBALE`,
			meeting + "/delegations/MEX": `NOT entity = "MEX" OR entity = "entities/MEX"`,
		} {
			list := must(a.files.ListFiles(theirs, &placardv1.ListFilesRequest{Parent: parent, Filter: filter, PageSize: 1000}))(t)
			for _, f := range list.GetFiles() {
				if !strings.Contains(f.GetName(), "/delegations/MEX/") {
					t.Errorf("%s %q answers %s", parent, filter, f.GetName())
				}
			}
			if !slices.ContainsFunc(list.GetFiles(), func(f *placardv1.File) bool { return f.GetName() == mexican }) {
				t.Errorf("%s %q lacks %s", parent, filter, mexican)
			}
		}
		token := must(a.files.ListFiles(a.As(t, a.Admin), &placardv1.ListFilesRequest{Parent: meeting + "/delegations/-", PageSize: 1}))(t).GetNextPageToken()
		_, err = a.files.ListFiles(theirs, &placardv1.ListFilesRequest{Parent: meeting + "/delegations/-", PageSize: 1, PageToken: token})
		wantFault(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
		if _, err := a.download(own, file); err != nil {
			t.Errorf("its own: %v", err)
		}
	})
}

// TestLostFiles: what was kept when the server ended, before a row named it, is
// seen by nobody, and swept.
func TestLostFiles(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		a := newArchive(newClients(t, env, env.GRPC, "lost"))
		admin := a.As(t, a.Admin)
		meeting := a.newMeeting(t, "lost", nil, "AUT")
		file := must(a.files.UploadFile(admin, note(meeting+"/delegations/AUT", pdf(300, "file"))))(t)
		d := must(a.documents.CreateDocument(admin, &placardv1.CreateDocumentRequest{
			Parent: meeting, DocumentId: "d", Document: &placardv1.Document{Symbol: "A/1", Title: &placardv1.LocalizedText{En: "One"}}}))(t)
		must(a.documents.UploadDocumentVersion(admin, &placardv1.UploadDocumentVersionRequest{
			Name: d.GetName(), Language: "en", Content: &httpbody.HttpBody{Data: pdf(300, "document")}}))(t)
		if err := env.Stop(); err != nil {
			t.Fatal(err)
		}
		folder := env.Config.BlobStore()
		old := time.Now().Add(-25 * time.Hour)
		for _, path := range kept(t, env) {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
		for name, at := range map[string]time.Time{"lost": old, "lost.18abc.tmp": old, "young": time.Now()} {
			path := filepath.Join(folder, name)
			if err := os.WriteFile(path, pdf(300, name), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		again := apptest.StartOn(t, func(cfg *config.Config) { *cfg = env.Config })
		a = newArchive(newClients(t, again, again.GRPC, "lost"))
		eventually(t, "the lost contents to be swept", func() bool { return len(kept(t, again)) == 3 })
		if _, err := os.Stat(filepath.Join(folder, "young")); err != nil {
			t.Error(err)
		}
		admin = a.As(t, a.Admin)
		if list := must(a.files.ListFiles(admin, &placardv1.ListFilesRequest{Parent: meeting + "/delegations/-"}))(t); len(list.GetFiles()) != 1 {
			t.Errorf("listed %v", list)
		}
		if content, err := a.download(admin, file.GetName()); err != nil || !bytes.Equal(content, pdf(300, "file")) {
			t.Errorf("the file: %d bytes, %v", len(content), err)
		}
		content, err := received(a.documents.DownloadDocumentVersion(admin, &placardv1.DownloadDocumentVersionRequest{Name: d.GetName(), Language: "en"}))
		if err != nil || !bytes.Equal(content, pdf(300, "document")) {
			t.Errorf("the document: %d bytes, %v", len(content), err)
		}

		// A content that is not what was kept does not come whole.
		for _, path := range kept(t, again) {
			if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.download(admin, file.GetName()); err == nil {
			t.Error("a changed content came as if it were whole")
		}
		resp, err := http.DefaultClient.Do(again.Request(t, a.Admin, http.MethodGet, "/v1/"+file.GetName()+":download", nil))
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil && resp.StatusCode == http.StatusOK {
			t.Error("REST: a changed content came as if it were whole")
		}
	})
}

// TestFilesOnREST: what there is on REST only.
func TestFilesOnREST(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "raw")
		meeting := c.newMeeting(t, "raw", nil, "AUT")
		path := "/v1/" + meeting + "/delegations/AUT/files"
		post := func(key, query string, body io.Reader, headers ...string) (int, map[string]any) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env.HTTP+path+query, body)
			if err != nil {
				t.Fatal(err)
			}
			if key != "" {
				req.Header.Set("Authorization", "Bearer "+key)
			}
			for i := 0; i+1 < len(headers); i += 2 {
				req.Header.Set(headers[i], headers[i+1])
			}
			status, text := apptest.Do(t, req)
			return status, decoded(t, text)
		}
		content := pdf(5000, "raw")
		name := url.QueryEscape(`Note "ü" 说; x=1.pdf`)
		var file string
		for _, kind := range []string{"", "application/pdf", "application/json", "application/x-www-form-urlencoded", "text/html", "nonsense;;;"} {
			for chunked, body := range map[bool]io.Reader{false: bytes.NewReader(content), true: struct{ io.Reader }{bytes.NewReader(content)}} {
				status, answer := post(c.Admin, "?purpose=NOTE_VERBALE&displayName="+name, body, "Content-Type", kind)
				if status != http.StatusOK || answer["sizeBytes"] != fmt.Sprint(len(content)) {
					t.Errorf("Content-Type %q, chunked %v: %d %v", kind, chunked, status, answer)
					continue
				}
				file = answer["name"].(string)
			}
		}
		resp, err := http.DefaultClient.Do(env.Request(t, c.Admin, http.MethodGet, "/v1/"+file+":download", nil))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back: %v", len(got), err)
		}
		for header, want := range map[string]string{
			"Content-Type":            "application/pdf",
			"Content-Disposition":     `attachment; filename="Note ___ _; x=1.pdf"; filename*=UTF-8''Note%20%22%C3%BC%22%20%E8%AF%B4%3B%20x%3D1.pdf`,
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			"Cache-Control":           "no-store",
		} {
			if got := resp.Header.Get(header); got != want {
				t.Errorf("%s: %s, want %s", header, got, want)
			}
		}

		large := make([]byte, 10<<20+1)
		for name, x := range map[string]struct {
			key, query string
			body       io.Reader
			headers    []string
			status     int
			reason     string
		}{
			"too large, said so":   {c.Admin, "?purpose=NOTE_VERBALE", bytes.NewReader(large), nil, 413, "FILE_TOO_LARGE"},
			"too large, in chunks": {c.Admin, "?purpose=NOTE_VERBALE", struct{ io.Reader }{bytes.NewReader(large)}, nil, 413, "FILE_TOO_LARGE"},
			"empty":                {c.Admin, "?purpose=NOTE_VERBALE", nil, nil, 400, "FILE_EMPTY"},
			"empty, in chunks":     {c.Admin, "?purpose=NOTE_VERBALE", struct{ io.Reader }{strings.NewReader("")}, nil, 400, "FILE_EMPTY"},
			"compressed":           {c.Admin, "?purpose=NOTE_VERBALE", bytes.NewReader(content), []string{"Content-Encoding", "gzip"}, 400, "MALFORMED_REQUEST"},
			"without a key":        {"", "?purpose=NOTE_VERBALE", bytes.NewReader(content), nil, 401, "UNAUTHENTICATED"},
			"an unknown parameter": {c.Admin, "?purpose=NOTE_VERBALE&name=x", bytes.NewReader(content), nil, 400, "UNKNOWN_PARAMETER"},
			"a part of the file":   {c.Admin, "?purpose=NOTE_VERBALE&content.data=eA", bytes.NewReader(content), nil, 400, "UNKNOWN_PARAMETER"},
			"an unknown purpose":   {c.Admin, "?purpose=PHOTO", bytes.NewReader(content), nil, 400, "INVALID_VALUE"},
			"no purpose":           {c.Admin, "", bytes.NewReader(content), nil, 400, "REQUIRED"},
			"a form":               {c.Admin, "?purpose=NOTE_VERBALE", strings.NewReader("--x\r\nContent-Disposition: form-data\r\n\r\n" + string(content) + "\r\n--x--"), []string{"Content-Type", "multipart/form-data; boundary=x"}, 400, "FILE_TYPE"},
		} {
			status, answer := post(x.key, x.query, x.body, x.headers...)
			if status != x.status || !strings.Contains(fmt.Sprint(answer), x.reason) {
				t.Errorf("%s: %d %v, want %d %s", name, status, answer, x.status, x.reason)
			}
		}
		status, first := post(c.Admin, "?purpose=CREDENTIALS", bytes.NewReader(content), "Idempotency-Key", "once")
		_, second := post(c.Admin, "?purpose=CREDENTIALS", bytes.NewReader(content), "Idempotency-Key", "once")
		if status != http.StatusOK || first["name"] != second["name"] {
			t.Errorf("the same upload twice: %v, %v", first, second)
		}
	})
}

// TestUploadsOnGRPC: what there is on gRPC only. Methods that carry no file
// have the limit that they had.
func TestUploadsOnGRPC(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		a := newArchive(newClients(t, env, env.GRPC, "wire"))
		meeting := a.newMeeting(t, "wire", nil, "AUT")
		req := note(meeting+"/delegations/AUT", pdf(10<<20, ""))
		_, err := a.files.UploadFile(t.Context(), req)
		wantFault(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
		_, err = a.files.UploadFile(a.As(t, a.Key(t, "reader", "")), req)
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		_, err = a.files.UploadFile(a.As(t, a.Admin), req, grpc.UseCompressor(gzip.Name))
		if code, _ := faultOf(err); code != codes.InvalidArgument && code != codes.Unimplemented {
			t.Errorf("compressed: %v", err)
		}
		_, err = a.delegations.AcceptDelegation(a.As(t, a.Admin), &placardv1.AcceptDelegationRequest{
			Name: meeting + "/delegations/AUT", Etag: strings.Repeat("x", 5<<20)})
		if code, _ := faultOf(err); code != codes.ResourceExhausted {
			t.Errorf("5 MB where there is no file: %v", err)
		}
		bad := &placardv1.UploadFileRequest{Parent: "\xff", Content: req.GetContent()}
		if _, err := proto.Marshal(bad); err == nil {
			t.Error("not UTF-8, and marshalled")
		}
		must(a.files.UploadFile(a.As(t, a.Admin), req))(t)
	})
}

// TestDocuments is the life of the documents of a meeting.
func TestMeetingDocuments(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		topic := &placardv1.LocalizedText{En: "Topic"}
		meeting := a.newMeeting(t, "documents", func(m *placardv1.Meeting) { m.AgendaTopics = []*placardv1.LocalizedText{topic, topic} }, "AUT")
		ctx := a.As(t, a.Key(t, "secretariat", "", meeting))
		create := func(id, symbol string, versions ...*placardv1.Document_Version) (*placardv1.Document, error) {
			return a.documents.CreateDocument(ctx, &placardv1.CreateDocumentRequest{Parent: meeting, DocumentId: id, Document: &placardv1.Document{
				Symbol: symbol, Title: &placardv1.LocalizedText{En: "Title of " + id, Es: "Título"}, AgendaTopics: []int32{2}, Versions: versions,
			}})
		}
		address := func(language string) *placardv1.Document_Version {
			return &placardv1.Document_Version{Language: language, Uri: "https://undocs.org/" + language}
		}
		d := must(create("agenda", "CTOC/COP/WG.4/2010/1", address("es"), address("en")))(t)
		equal(t, "versions", languagesOf(d), []string{"en", "es"})
		equal(t, "missing", d.GetMissingLanguages(), []string{"ar", "zh", "fr", "ru"})
		must(create("second", "CTOC/COP/WG.4/2010/10"))(t)
		must(create("addendum", "CTOC/COP/WG.4/2010/1/Add.1", address("fr")))(t)
		for name, x := range map[string]struct {
			id, symbol string
			versions   []*placardv1.Document_Version
			code       codes.Code
			reason     string
		}{
			"the same id":       {"agenda", "X/1", nil, codes.AlreadyExists, "ALREADY_EXISTS"},
			"the same symbol":   {"third", "ctoc/cop/wg.4/2010/1", nil, codes.AlreadyExists, "SYMBOL_TAKEN"},
			"a language twice":  {"third", "X/1", []*placardv1.Document_Version{address("en"), address("en")}, codes.InvalidArgument, "DUPLICATE_LANGUAGE"},
			"no address":        {"third", "X/1", []*placardv1.Document_Version{{Language: "en"}}, codes.InvalidArgument, "REQUIRED"},
			"a bad address":     {"third", "X/1", []*placardv1.Document_Version{{Language: "en", Uri: "javascript:alert(1)"}}, codes.InvalidArgument, "STRING_PATTERN"},
			"a symbol of paths": {"third", "../etc", nil, codes.InvalidArgument, "STRING_PATTERN"},
		} {
			_, err := create(x.id, x.symbol, x.versions...)
			if code, reason := faultOf(err); code != x.code || reason != x.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := a.documents.UpdateDocument(ctx, &placardv1.UpdateDocumentRequest{Document: &placardv1.Document{Name: d.GetName(), AgendaTopics: []int32{3}}})
		wantFault(t, err, codes.InvalidArgument, "AGENDA_TOPIC_UNKNOWN")

		upload := func(name, language string, content []byte) (*placardv1.Document, error) {
			return a.documents.UploadDocumentVersion(ctx, &placardv1.UploadDocumentVersionRequest{
				Name: name, Language: language, Content: &httpbody.HttpBody{Data: content}})
		}
		macros, evil := wordParts(), wordParts()
		macros["word/vbaProject.bin"], evil["../outside"] = "x", "x"
		for name, content := range map[string][]byte{
			"a page": []byte("<html>"), "macros": docx(t, macros), "a part outside": docx(t, evil),
			"another archive": docx(t, map[string]string{"a.txt": "x"}), "a picture": picture(t, png.Encode),
		} {
			if _, err := upload(d.GetName(), "en", content); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
		_, err = upload(d.GetName(), "en", pdf(50<<20+1, ""))
		wantFault(t, err, codes.InvalidArgument, "FILE_TOO_LARGE")
		_, err = upload(meeting+"/documents/none", "en", pdf(300, ""))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		before := len(kept(t, a.Env))
		must(upload(d.GetName(), "en", docx(t, wordParts())))(t)
		large := pdf(50<<20, "all of it")
		d = must(upload(d.GetName(), "en", large))(t)
		must(upload(meeting+"/documents/second", "ar", pdf(300, "arabic")))(t)
		eventually(t, "the replaced file to be removed", func() bool { return len(kept(t, a.Env)) == before+2 })
		if v := d.GetVersions()[0]; v.GetUri() != "https://undocs.org/en" || v.GetMediaType() != "application/pdf" || v.GetSizeBytes() != 50<<20 {
			t.Errorf("the version is %v", v)
		}
		mission := a.As(t, a.Key(t, "mission", "AUT"))
		content, err := received(a.documents.DownloadDocumentVersion(mission, &placardv1.DownloadDocumentVersionRequest{Name: d.GetName(), Language: "en"}))
		if err != nil || !bytes.Equal(content, large) {
			t.Errorf("%d bytes came back: %v", len(content), err)
		}
		_, err = received(a.documents.DownloadDocumentVersion(mission, &placardv1.DownloadDocumentVersionRequest{Name: d.GetName(), Language: "es"}))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		list := must(a.documents.ListDocuments(mission, &placardv1.ListDocumentsRequest{Parent: meeting, PageSize: 2}))(t)
		rest := must(a.documents.ListDocuments(mission, &placardv1.ListDocumentsRequest{Parent: meeting, PageSize: 2, PageToken: list.GetNextPageToken()}))(t)
		var symbols []string
		for _, x := range append(list.GetDocuments(), rest.GetDocuments()...) {
			symbols = append(symbols, x.GetSymbol())
		}
		equal(t, "the order", symbols, []string{"CTOC/COP/WG.4/2010/1", "CTOC/COP/WG.4/2010/1/Add.1", "CTOC/COP/WG.4/2010/10"})
		found := must(a.documents.ListDocuments(mission, &placardv1.ListDocumentsRequest{Parent: meeting, Filter: `symbol = "CTOC/COP/WG.4/2010/10"`}))(t)
		if len(found.GetDocuments()) != 1 {
			t.Errorf("found %v", found)
		}

		export := func(language string) []byte {
			t.Helper()
			return must(received(a.documents.ExportDocuments(mission, &placardv1.ExportDocumentsRequest{Parent: meeting, Language: language})))(t)
		}
		packed := export("en")
		if !bytes.Equal(packed, export("en")) {
			t.Error("the same archive has other bytes")
		}
		got := unpacked(t, packed)
		if !bytes.Equal(got["CTOC_COP_WG.4_2010_1-E.pdf"], large) || len(got) != 2 {
			t.Errorf("the archive has %d files", len(got))
		}
		equal(t, "the list", string(got["list.txt"]), "CTOC/COP/WG.4/2010/1/Add.1\tTitle of addendum\t-\r\nCTOC/COP/WG.4/2010/10\tTitle of second\t-\r\n")
		equal(t, "the French list", string(unpacked(t, export("fr"))["list.txt"]), "CTOC/COP/WG.4/2010/1\tTitle of agenda\t-\r\n"+
			"CTOC/COP/WG.4/2010/1/Add.1\tTitle of addendum\thttps://undocs.org/fr\r\nCTOC/COP/WG.4/2010/10\tTitle of second\t-\r\n")

		// A version that is taken out loses its file.
		d = must(a.documents.UpdateDocument(ctx, &placardv1.UpdateDocumentRequest{
			Document:   &placardv1.Document{Name: d.GetName(), Etag: d.GetEtag(), Versions: []*placardv1.Document_Version{address("es")}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"versions"}},
		}))(t)
		equal(t, "versions", languagesOf(d), []string{"es"})
		must(a.documents.DeleteDocument(ctx, &placardv1.DeleteDocumentRequest{Name: meeting + "/documents/second"}))(t)
		eventually(t, "the files to be removed", func() bool { return len(kept(t, a.Env)) == before })

		must(a.meetings.ConcludeMeeting(a.As(t, a.Admin), &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
		_, err = create("late", "X/9")
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
		_, err = upload(d.GetName(), "en", pdf(300, ""))
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
		_, err = a.documents.DeleteDocument(ctx, &placardv1.DeleteDocumentRequest{Name: d.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
	})
}

func languagesOf(d *placardv1.Document) []string {
	var out []string
	for _, v := range d.GetVersions() {
		out = append(out, v.GetLanguage())
	}
	return out
}

func unpacked(t *testing.T, packed []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestDocumentsAreOfMeetings: who sees a meeting sees its documents, and nobody
// else.
func TestDocumentsAreOfMeetings(t *testing.T) {
	eachArchive(t, func(t *testing.T, a archive) {
		admin := a.As(t, a.Admin)
		meeting := a.newMeeting(t, "seen", nil, "AUT")
		draft := must(a.meetings.CreateMeeting(admin, &placardv1.CreateMeetingRequest{MeetingId: a.id + "-unseen", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "Draft"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
		}}))(t).GetName()
		for _, m := range []string{meeting, draft} {
			d := must(a.documents.CreateDocument(admin, &placardv1.CreateDocumentRequest{Parent: m, DocumentId: "d", Document: &placardv1.Document{
				Symbol: "A/1", Title: &placardv1.LocalizedText{En: "One"}}}))(t)
			must(a.documents.UploadDocumentVersion(admin, &placardv1.UploadDocumentVersionRequest{
				Name: d.GetName(), Language: "en", Content: &httpbody.HttpBody{Data: pdf(300, "")}}))(t)
		}
		try := func(ctx context.Context, m string) []error {
			_, get := a.documents.GetDocument(ctx, &placardv1.GetDocumentRequest{Name: m + "/documents/d"})
			_, list := a.documents.ListDocuments(ctx, &placardv1.ListDocumentsRequest{Parent: m})
			_, download := received(a.documents.DownloadDocumentVersion(ctx, &placardv1.DownloadDocumentVersionRequest{Name: m + "/documents/d", Language: "en"}))
			_, export := received(a.documents.ExportDocuments(ctx, &placardv1.ExportDocumentsRequest{Parent: m, Language: "en"}))
			return []error{get, list, download, export}
		}
		for _, x := range []struct {
			role, entity string
			bound        []string
			sees         bool
		}{
			{"reader", "", nil, true}, {"gate", "", nil, true}, {"pass_office", "", nil, true}, {"mission", "AUT", nil, true},
			{"reader", "", []string{draft}, false}, {"mission", "MEX", nil, false},
		} {
			ctx := a.As(t, a.Key(t, x.role, x.entity, slices.Clone(x.bound)...))
			for _, err := range try(ctx, draft) {
				wantFault(t, err, codes.NotFound, "NOT_FOUND")
			}
			for _, err := range try(ctx, meeting) {
				if x.sees && err != nil {
					t.Errorf("%s: %v", x.role, err)
				} else if !x.sees {
					wantFault(t, err, codes.NotFound, "NOT_FOUND")
				}
			}
		}
		for _, err := range try(a.As(t, a.Key(t, "secretariat", "", draft)), draft) {
			if err != nil {
				t.Errorf("secretariat: %v", err)
			}
		}
		other := must(a.meetings.CreateMeeting(admin, &placardv1.CreateMeetingRequest{MeetingId: a.id + "-deleted", Meeting: &placardv1.Meeting{
			Title: &placardv1.LocalizedText{En: "Draft"}, StartDate: "2030-01-01", EndDate: "2030-01-02", TimeZone: "Europe/Vienna",
		}}))(t).GetName()
		d := must(a.documents.CreateDocument(admin, &placardv1.CreateDocumentRequest{Parent: other, DocumentId: "d", Document: &placardv1.Document{
			Symbol: "A/1", Title: &placardv1.LocalizedText{En: "One"}}}))(t)
		_, err := a.meetings.DeleteMeeting(admin, &placardv1.DeleteMeetingRequest{Name: other})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_HAS_DOCUMENTS")
		must(a.documents.DeleteDocument(admin, &placardv1.DeleteDocumentRequest{Name: d.GetName()}))(t)
		must(a.meetings.DeleteMeeting(admin, &placardv1.DeleteMeetingRequest{Name: other}))(t)
	})
}

// decoded reads a JSON object.
func decoded(t *testing.T, text []byte) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("no JSON object: %v: %s", err, text)
	}
	return out
}

// TestFilesInBucket: contents lie in a bucket of S3 where the settings say so.
func TestFilesInBucket(t *testing.T) {
	test := func(t *testing.T, engine string) {
		bucket := blobtest.Bucket(t)
		env := apptest.Start(t, engine, func(cfg *config.Config) { cfg.Blobs = bucket })
		a := newArchive(newClients(t, env, env.GRPC, "bucket"))
		meeting := a.newMeeting(t, "bucket", nil, "AUT")
		ctx := a.As(t, a.Key(t, "mission", "AUT"))
		content := pdf(10<<20, "bucket")
		file := must(a.files.UploadFile(ctx, note(meeting+"/delegations/AUT", content)))(t)
		if got, err := a.download(ctx, file.GetName()); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back: %v", len(got), err)
		}
		if _, err := os.Stat(filepath.Join(env.Config.Dir, "blobs")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a folder as well: %v", err)
		}
		must(a.files.DeleteFile(ctx, &placardv1.DeleteFileRequest{Name: file.GetName()}))(t)
		there := blobtest.Open(t, bucket)
		eventually(t, "the content to be removed", func() bool {
			n := 0
			err := there.Each(t.Context(), time.Now().Add(time.Minute), func(keys []string) error { n += len(keys); return nil })
			return err == nil && n == 0
		})
	}
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) { test(t, engine) })
	}
}
