package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// album is the clients and the one of photographs.
type album struct {
	*clients
	photos placardv1.PhotoServiceClient
}

func newAlbum(c *clients) album { return album{c, placardv1.NewPhotoServiceClient(c.conn)} }

// portrait is a JPEG with a head before a light wall.
func portrait(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.NewUniform(color.Gray{Y: 235}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(w/4, h/4, w*3/4, h), image.NewUniform(color.RGBA{R: 150, G: 110, B: 90, A: 255}), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// camera is what a camera writes into a photograph, which nobody is to see.
const camera = "SECRET-CAMERA 48.2355N 16.4167E"

// withCamera is a JPEG with the data of a camera.
func withCamera(content []byte) []byte {
	segment := "Exif\x00\x00" + "II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00" + camera
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), content[2:]...)
}

// photograph sends the photograph of a participant.
func photograph(participant string, content []byte) *placardv1.UploadPhotoRequest {
	return &placardv1.UploadPhotoRequest{Name: participant + "/photo", Content: &httpbody.HttpBody{Data: content}}
}

func (a album) download(ctx context.Context, photo string) ([]byte, error) {
	out, err := a.photos.DownloadPhoto(ctx, &placardv1.DownloadPhotoRequest{Name: photo})
	return out.GetData(), err
}

// queue are the photographs that wait for review at a meeting.
func (a album) queue(ctx context.Context, t *testing.T, meeting string) []*placardv1.Photo {
	t.Helper()
	return must(a.photos.ListPhotos(ctx, &placardv1.ListPhotosRequest{
		Parent: meeting + "/delegations/-", Filter: "state = UPLOADED", OrderBy: "upload_time",
	}))(t).GetPhotos()
}

func (a album) decide(
	ctx context.Context, meeting string, decisions ...*placardv1.BatchDecidePhotosRequest_Decision,
) (*placardv1.BatchDecidePhotosResponse, error) {
	return a.photos.BatchDecidePhotos(ctx, &placardv1.BatchDecidePhotosRequest{Parent: meeting + "/delegations/-", Decisions: decisions})
}

// TestPhotoStory: a photograph is sent, rejected with a reason, sent again,
// accepted, looked at, and taken back.
func TestPhotoStory(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		a := newAlbum(c)
		meeting := a.newMeeting(t, "photos", nil, "AUT", "MEX")
		delegation := meeting + "/delegations/AUT"
		admin := a.As(t, a.Admin)
		a.submitAccepted(admin, t, delegation, person("", "Ana", "Head", placardv1.Participant_HEAD), person("", "Luis", "Expert", placardv1.Participant_EXPERT))
		must(a.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
			Parent: delegation, Participant: person("", "Eva", "Waiting", placardv1.Participant_ADVISER)}))(t)
		own, office := a.As(t, a.Key(t, "mission", "AUT")), a.As(t, a.Key(t, "pass_office", ""))
		head, expert, waiting := a.find(own, t, delegation, "Head"), a.find(own, t, delegation, "Expert"), a.find(own, t, delegation, "Waiting")

		if p := must(a.photos.GetPhoto(own, &placardv1.GetPhotoRequest{Name: head.GetName() + "/photo"}))(t); p.GetState() != placardv1.Photo_MISSING {
			t.Errorf("nothing was sent, and there is %v", p)
		}
		sent := withCamera(portrait(t, 900, 1200))
		first := must(a.photos.UploadPhoto(own, photograph(head.GetName(), sent)))(t)
		must(a.photos.UploadPhoto(own, photograph(expert.GetName(), portrait(t, 400, 400))))(t)
		must(a.photos.UploadPhoto(own, photograph(waiting.GetName(), portrait(t, 600, 800))))(t)
		queue := a.queue(office, t, meeting)
		if len(queue) != 2 || queue[0].GetName() != first.GetName() || queue[1].GetName() != expert.GetName()+"/photo" ||
			!slices.Contains(queue[1].GetFindings(), placardv1.Photo_LOW_RESOLUTION) || !slices.Contains(queue[1].GetFindings(), placardv1.Photo_PROPORTION) {
			t.Fatalf("the Pass Office reviews %v", queue)
		}
		if all := a.queue(own, t, meeting); len(all) != 3 {
			t.Errorf("the mission sees %v", all)
		}

		// All or none: the second was changed meanwhile.
		must(a.photos.UploadPhoto(own, photograph(expert.GetName(), portrait(t, 600, 800))))(t)
		_, err := a.decide(office, meeting,
			&placardv1.BatchDecidePhotosRequest_Decision{Name: queue[0].GetName(), Etag: queue[0].GetEtag()},
			&placardv1.BatchDecidePhotosRequest_Decision{Name: queue[1].GetName(), Etag: queue[1].GetEtag()})
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")
		if p := must(a.photos.GetPhoto(own, &placardv1.GetPhotoRequest{Name: first.GetName()}))(t); p.GetState() != placardv1.Photo_UPLOADED {
			t.Errorf("one of two was decided on: %v", p)
		}
		queue = a.queue(office, t, meeting)
		const note = "Bitte vor einer weißen Wand."
		decided := must(a.decide(office, meeting,
			&placardv1.BatchDecidePhotosRequest_Decision{
				Name: queue[0].GetName(), Etag: queue[0].GetEtag(), Rejection: placardv1.Photo_BACKGROUND, Note: note},
			&placardv1.BatchDecidePhotosRequest_Decision{Name: queue[1].GetName(), Etag: queue[1].GetEtag()}))(t).GetPhotos()
		if len(decided) != 2 || decided[0].GetState() != placardv1.Photo_REJECTED || decided[1].GetState() != placardv1.Photo_ACCEPTED {
			t.Errorf("decided %v", decided)
		}
		rejected := must(a.photos.GetPhoto(own, &placardv1.GetPhotoRequest{Name: first.GetName()}))(t)
		if rejected.GetState() != placardv1.Photo_REJECTED || rejected.GetRejection() != placardv1.Photo_BACKGROUND || rejected.GetRejectionNote() != note {
			t.Errorf("the mission reads %v", rejected)
		}

		again := must(a.photos.UploadPhoto(own, photograph(head.GetName(), sent)))(t)
		if again.GetState() != placardv1.Photo_UPLOADED || again.GetRejection() != 0 || again.GetRejectionNote() != "" {
			t.Errorf("sent again: %v", again)
		}
		must(a.decide(office, meeting, &placardv1.BatchDecidePhotosRequest_Decision{Name: again.GetName(), Etag: again.GetEtag()}))(t)
		content, err := a.download(office, again.GetName())
		if err != nil {
			t.Fatal(err)
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(content))
		if err != nil || config.Width != 600 || config.Height != 800 || int64(len(content)) != again.GetSizeBytes() {
			t.Errorf("the picture is %dx%d of %d bytes: %v", config.Width, config.Height, len(content), err)
		}
		if !bytes.Contains(sent, []byte(camera)) || bytes.Contains(content, []byte("SECRET")) || bytes.Contains(content, []byte("Exif")) {
			t.Error("the data of the camera is in the picture")
		}
		eventually(t, "pictures that were replaced to be removed", func() bool {
			rows, err := a.photos.ListPhotos(admin, &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-", PageSize: 1000})
			n := 0
			for _, p := range rows.GetPhotos() {
				if p.GetState() != placardv1.Photo_WITHDRAWN {
					n++
				}
			}
			return err == nil && len(kept(t, a.Env)) == n
		})
		must(a.photos.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: again.GetName()}))(t)
		_, err = a.download(office, again.GetName())
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = a.photos.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: again.GetName()})
		wantFault(t, err, codes.FailedPrecondition, "PHOTO_STATE")

		// What the Pass Office is told of it: nothing of who waits.
		var verbs []string
		changes := must(a.changes.ListChanges(office, &placardv1.ListChangesRequest{
			Meeting: meeting, Filter: `resource_type = "placard.un.org/Photo"`, PageSize: 1000}))(t).GetChanges()
		for _, ch := range changes {
			if strings.HasPrefix(ch.GetResource(), waiting.GetName()) {
				t.Errorf("the Pass Office is told of who waits: %v", ch)
			}
			if ch.GetResource() == again.GetName() {
				verbs = append(verbs, ch.GetVerb())
			}
		}
		equal(t, "what was done", verbs, []string{"upload", "reject", "upload", "accept", "withdraw"})
	})
}

// TestPhotosOfOthers: who may not see a photograph finds none, whichever way.
func TestPhotosOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		a := newAlbum(c)
		meeting := a.newMeeting(t, "others", nil, "AUT", "MEX")
		delegation, admin := meeting+"/delegations/AUT", a.As(t, a.Admin)
		a.submitAccepted(admin, t, delegation, person("", "Ana", "Head", placardv1.Participant_HEAD))
		must(a.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
			Parent: delegation, Participant: person("", "Eva", "Waiting", placardv1.Participant_ADVISER)}))(t)
		picture := portrait(t, 600, 800)
		head := must(a.photos.UploadPhoto(admin, photograph(a.find(admin, t, delegation, "Head").GetName(), picture)))(t)
		waiting := must(a.photos.UploadPhoto(admin, photograph(a.find(admin, t, delegation, "Waiting").GetName(), picture)))(t)

		tries := func(ctx context.Context, photo string) map[string]error {
			_, get := a.photos.GetPhoto(ctx, &placardv1.GetPhotoRequest{Name: photo})
			_, picture := a.download(ctx, photo)
			_, upload := a.photos.UploadPhoto(ctx, photograph(strings.TrimSuffix(photo, "/photo"), portrait(t, 300, 400)))
			_, withdraw := a.photos.WithdrawPhoto(ctx, &placardv1.WithdrawPhotoRequest{Name: photo})
			return map[string]error{"get": get, "download": picture, "upload": upload, "withdraw": withdraw}
		}
		mexico, office := a.As(t, a.Key(t, "mission", "MEX")), a.As(t, a.Key(t, "pass_office", ""))
		elsewhere := a.As(t, a.Key(t, "pass_office", "", a.newMeeting(t, "elsewhere", nil, "AUT")))
		for who, x := range map[string]struct {
			ctx   context.Context
			photo string
		}{
			"Mexico":                              {mexico, head.GetName()},
			"Mexico, under its own":               {mexico, strings.Replace(head.GetName(), "/AUT/", "/MEX/", 1)},
			"a State that is not invited":         {a.As(t, a.Key(t, "mission", "ZAF")), head.GetName()},
			"the Pass Office of another meeting":  {elsewhere, head.GetName()},
			"the Pass Office, of who waits":       {office, waiting.GetName()},
			"the Secretariat of another meeting":  {a.As(t, a.Key(t, "secretariat", "", a.newMeeting(t, "elsewhere-2", nil, "AUT"))), head.GetName()},
			"the Secretariat, of nobody":          {admin, delegation + "/participants/nobody/photo"},
			"the Secretariat, at another meeting": {admin, strings.Replace(head.GetName(), meeting, meeting+"-none", 1)},
		} {
			for call, err := range tries(x.ctx, x.photo) {
				if code, _ := faultOf(err); code != codes.NotFound {
					t.Errorf("%s: %s: %v", who, call, err)
				}
			}
		}
		for call, err := range tries(a.As(t, a.Key(t, "reader", "")), head.GetName()) {
			if code, _ := faultOf(err); code != codes.PermissionDenied {
				t.Errorf("a reader: %s: %v", call, err)
			}
		}
		_, err := a.photos.ListPhotos(a.As(t, a.Key(t, "gate", "")), &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-"})
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")

		// One item of a batch that is not the caller's.
		accept := func(p *placardv1.Photo) *placardv1.BatchDecidePhotosRequest_Decision {
			return &placardv1.BatchDecidePhotosRequest_Decision{Name: p.GetName(), Etag: p.GetEtag()}
		}
		_, err = a.decide(office, meeting, accept(head), accept(waiting))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = a.decide(elsewhere, meeting, accept(head))
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = a.decide(a.As(t, a.Key(t, "mission", "AUT")), meeting, accept(head))
		wantFault(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		_, err = a.photos.BatchDecidePhotos(admin, &placardv1.BatchDecidePhotosRequest{
			Parent: meeting + "/delegations/MEX", Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{accept(head)}})
		wantFault(t, err, codes.InvalidArgument, "PARENT_MISMATCH")

		// Lists, with each way to ask.
		token := must(a.photos.ListPhotos(admin, &placardv1.ListPhotosRequest{Parent: meeting + "/delegations/-", PageSize: 1}))(t).GetNextPageToken()
		for who, x := range map[string]struct {
			ctx  context.Context
			sees []string
		}{"Mexico": {mexico, nil}, "the Pass Office": {office, []string{head.GetName()}}, "the Pass Office of another meeting": {elsewhere, nil}} {
			for _, f := range []string{"", "state = UPLOADED", `entity = "AUT"`, `entity = "AUT" OR NOT entity = "AUT"`, "late = false"} {
				list, err := a.photos.ListPhotos(x.ctx, &placardv1.ListPhotosRequest{Parent: "meetings/-/delegations/-", Filter: f, PageSize: 1000})
				var names []string
				for _, p := range list.GetPhotos() {
					if strings.HasPrefix(p.GetName(), meeting+"/") {
						names = append(names, p.GetName())
					}
				}
				if err != nil || !slices.Equal(names, x.sees) {
					t.Errorf("%s lists %v by %q, want %v: %v", who, names, f, x.sees, err)
				}
			}
			_, err := a.photos.ListPhotos(x.ctx, &placardv1.ListPhotosRequest{Parent: meeting + "/delegations/-", PageSize: 1, PageToken: token})
			if code, reason := faultOf(err); reason != "PAGE_TOKEN_INVALID" && code != codes.NotFound {
				t.Errorf("%s: another's token: %v", who, err)
			}
		}
		masked := must(a.photos.ListPhotos(admin, &placardv1.ListPhotosRequest{
			Parent: delegation, ReadMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "state"}}, OrderBy: "upload_time desc"}))(t).GetPhotos()
		if len(masked) != 2 || masked[0].GetName() != waiting.GetName() || masked[0].GetEtag() != "" || masked[0].GetState() != placardv1.Photo_UPLOADED {
			t.Errorf("with a read mask: %v", masked)
		}
		if p := must(a.photos.GetPhoto(admin, &placardv1.GetPhotoRequest{Name: head.GetName()}))(t); p.GetEtag() != head.GetEtag() {
			t.Errorf("somebody changed it: %v", p)
		}

		// Once accepted, the Pass Office sees it; once withdrawn, no more.
		must(a.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: delegation, Revision: 2}))(t)
		if _, err := a.download(office, waiting.GetName()); err != nil {
			t.Errorf("in force: %v", err)
		}
		must(a.participants.WithdrawParticipant(admin, &placardv1.WithdrawParticipantRequest{Name: strings.TrimSuffix(waiting.GetName(), "/photo")}))(t)
		_, err = a.download(office, waiting.GetName())
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
		_, err = a.photos.UploadPhoto(admin, photograph(strings.TrimSuffix(waiting.GetName(), "/photo"), picture))
		wantFault(t, err, codes.FailedPrecondition, "PARTICIPANT_WITHDRAWN")
	})
}

// TestHostilePhotos: what is no photograph is refused, and nothing of it is kept.
func TestHostilePhotos(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		a := newAlbum(c)
		meeting := a.newMeeting(t, "hostile", nil, "AUT")
		delegation, admin := meeting+"/delegations/AUT", a.As(t, a.Admin)
		a.submitAccepted(admin, t, delegation, person("", "Ana", "Head", placardv1.Participant_HEAD))
		head := a.find(admin, t, delegation, "Head").GetName()
		good := portrait(t, 600, 800)
		still := picture(t, png.Encode) // 30 by 40 pixels
		huge := bytes.Clone(still)
		binary.BigEndian.PutUint32(huge[16:], 100_000) // the width, whose checksum is wrong as well
		before := len(kept(t, a.Env))
		for name, x := range map[string]struct {
			content []byte
			reasons []string
		}{
			"a page":             {[]byte("<!DOCTYPE html><script>alert(1)</script>"), []string{"PICTURE_TYPE"}},
			"a PDF":              {pdf(500, ""), []string{"PICTURE_TYPE"}},
			"a vector picture":   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), []string{"PICTURE_TYPE"}},
			"an animation":       {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), []string{"PICTURE_TYPE"}},
			"cut off":            {good[:len(good)/2], []string{"PICTURE_BROKEN"}},
			"a header alone":     {good[:20], []string{"PICTURE_BROKEN", "PICTURE_TYPE"}},
			"a picture of a dot": {still, []string{"PICTURE_TOO_SMALL"}},
			"a bomb":             {huge, []string{"PICTURE_TOO_LARGE", "PICTURE_BROKEN"}},
			"10 MB and a byte":   {append(bytes.Clone(good), make([]byte, 10<<20)...), []string{"FILE_TOO_LARGE"}},
			"nothing":            {nil, []string{"PICTURE_TYPE", "REQUIRED"}},
		} {
			_, err := a.photos.UploadPhoto(admin, photograph(head, x.content))
			if code, reason := faultOf(err); code != codes.InvalidArgument || !slices.Contains(x.reasons, reason) {
				t.Errorf("%s: %v, want one of %v", name, err, x.reasons)
			}
		}
		if p := must(a.photos.GetPhoto(admin, &placardv1.GetPhotoRequest{Name: head + "/photo"}))(t); p.GetState() != placardv1.Photo_MISSING {
			t.Errorf("there is %v", p)
		}
		if n := len(kept(t, a.Env)); n != before {
			t.Errorf("%d contents stay", n-before)
		}
	})
}

// TestPhotosOnREST: what there is on REST only: the body as it is, and what a
// browser may keep.
func TestPhotosOnREST(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "raw-photos")
		meeting := c.newMeeting(t, "raw-photos", nil, "AUT")
		delegation, admin := meeting+"/delegations/AUT", c.As(t, c.Admin)
		c.submitAccepted(admin, t, delegation, person("", "Ana", "Head", placardv1.Participant_HEAD))
		path := "/v1/" + c.find(admin, t, delegation, "Head").GetName() + "/photo"
		upload := func(kind string) (int, map[string]any) {
			t.Helper()
			req := env.Request(t, c.Admin, http.MethodPost, path+":upload", portrait(t, 600, 800))
			req.Header.Set("Content-Type", kind)
			req.Header.Set("Idempotency-Key", "photo-"+kind)
			status, text := apptest.Do(t, req)
			return status, decoded(t, text)
		}
		for _, kind := range []string{"image/jpeg", "image/jpeg", "text/html"} {
			if status, answer := upload(kind); status != http.StatusOK || answer["state"] != "UPLOADED" {
				t.Errorf("%s: %d %v", kind, status, answer)
			}
		}
		get := func(key, tag string) (*http.Response, []byte) {
			t.Helper()
			req := env.Request(t, key, http.MethodGet, path+":download", nil)
			if tag != "" {
				req.Header.Set("If-None-Match", tag)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			return resp, body
		}
		status, photo := env.REST(t, c.Admin, http.MethodGet, path, nil)
		if status != http.StatusOK || photo["etag"] != "2" {
			t.Errorf("%d %v", status, photo)
		}
		tag := fmt.Sprintf("%q", photo["sha256"])
		resp, body := get(c.Admin, "")
		if resp.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%d with %d bytes", resp.StatusCode, len(body))
		}
		for header, want := range map[string]string{
			"Content-Type":            "image/jpeg",
			"Cache-Control":           "private, max-age=0, must-revalidate",
			"Etag":                    tag,
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := resp.Header.Values(header); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		}
		if got := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `inline; filename="`) || !strings.HasSuffix(got, `.jpg"`) {
			t.Errorf("Content-Disposition: %s", got)
		}
		if resp, body := get(c.Admin, tag); resp.StatusCode != http.StatusNotModified || len(body) != 0 {
			t.Errorf("the same picture: %d with %d bytes", resp.StatusCode, len(body))
		}
		if resp, _ := get(c.Key(t, "mission", "MEX"), tag); resp.StatusCode != http.StatusNotFound || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("another State with the right tag: %d %v", resp.StatusCode, resp.Header)
		}
		if status, answer := env.REST(t, c.Admin, http.MethodPost, path+":withdraw", "{}"); status != http.StatusOK || answer["state"] != "WITHDRAWN" {
			t.Errorf("%d %v", status, answer)
		}
		if resp, _ := get(c.Admin, tag); resp.StatusCode != http.StatusNotFound {
			t.Errorf("after it was taken back: %d", resp.StatusCode)
		}
	})
}
