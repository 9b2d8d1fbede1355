package photo_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/photo"
	"github.com/un-placard/placard/internal/picture"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

const (
	austrians = "meetings/m1/delegations/AUT"
	// attending is in force, pending waits for review, withdrawn was withdrawn.
	attending = austrians + "/participants/attending/photo"
	second    = austrians + "/participants/second/photo"
	pending   = austrians + "/participants/pending/photo"
	withdrawn = austrians + "/participants/withdrawn/photo"
	mexican   = "meetings/m1/delegations/MEX/participants/mexican/photo"
)

// bundle is a service on an open meeting with delegations of AUT and MEX.
type bundle struct {
	*photo.Service
	store  *store.Store
	blobs  *blob.Store
	system context.Context
}

// each runs a test on every engine.
func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pages, err := page.NewCodec(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		system := storetest.System(t)
		if err := entity.Seed(system, s); err != nil {
			t.Fatal(err)
		}
		if err := s.InTx(system, fill); err != nil {
			t.Fatal(err)
		}
		blobs := blobtest.Open(t, t.TempDir())
		fn(t, bundle{photo.New(photo.Config{
			Store: s, Blobs: blobs, Pages: pages, Queue: blobtest.Queue(t, s, blobs), Studio: picture.New(1),
		}), s, blobs, system})
	})
}

// fill writes the meeting and who comes to it. Photographs are due by 2010-01-20.
func fill(ctx context.Context, tx *store.Tx) error {
	err := tx.Client.Meeting.Create().SetID("m1").SetState("OPEN").SetStartDate("2010-01-27").SetEndDate("2010-01-29").
		SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").SetCompositionDeadline("").
		SetContent(`{"photoDeadlineTime": "2010-01-20T23:00:00Z"}`).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	if err != nil {
		return err
	}
	for _, code := range []string{"AUT", "MEX"} {
		err := tx.Client.Invitation.Create().SetMeetingID("m1").SetEntityID(code).SetState("ISSUED").
			SetParticipationStatus("STATE_PARTY").SetLanguage("en").SetChannel("PERMANENT_MISSION").
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		if err != nil {
			return err
		}
		d, err := tx.Client.Delegation.Create().SetMeetingID("m1").SetEntityID(code).SetState("ACCEPTED").SetLatestRevision(2).
			SetAcceptedRevision(1).SetParticipantCount(3).SetLate(false).SetSubmitTime(tx.Now).SetChannel("API").
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		persons := map[string][2]int32{"attending": {1, 1}, "second": {0, 2}, "pending": {2, 0}, "withdrawn": {0, 0}}
		if code == "MEX" {
			persons = map[string][2]int32{"mexican": {1, 1}}
		}
		for id, orders := range persons {
			err := tx.Client.ParticipantVersion.Create().SetParticipantID(id).SetMeetingID("m1").SetEntityID(code).SetDelegationID(d.ID).
				SetRevision(1).SetLatestOrder(orders[0]).SetAcceptedOrder(orders[1]).SetNewest(true).SetRole("EXPERT").
				SetModality("IN_PERSON").SetSearchKey(id).SetPersonCreateTime(tx.Now).SetCreateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func mission(t *testing.T, code string) context.Context {
	return access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: code})
}

func account(t *testing.T, role placardv1.Access_Role) context.Context {
	return access.With(t.Context(), access.Principal{Role: role, Account: "accounts/" + strings.ToLower(role.String())})
}

// portrait is a JPEG with a head before a wall.
func portrait(t testing.TB, wall uint8) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 300, 400))
	draw.Draw(m, m.Rect, image.NewUniform(color.Gray{Y: wall}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(80, 90, 220, 400), image.NewUniform(color.RGBA{R: 150, G: 110, B: 90, A: 255}), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func upload(photo string, content []byte) *placardv1.UploadPhotoRequest {
	return &placardv1.UploadPhotoRequest{Name: photo, Content: &httpbody.HttpBody{Data: content}}
}

func reason(err error) string {
	f, _ := fault.As(err)
	if f == nil {
		return fmt.Sprint(err)
	}
	return f.Reason
}

// kept is how many contents there are.
func (b bundle) kept(t *testing.T) (n int) {
	t.Helper()
	err := b.blobs.Each(t.Context(), time.Now().Add(time.Hour), func(keys []string) error { n += len(keys); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// removals is how many jobs wait to remove a content.
func (b bundle) removals(t *testing.T) (n int) {
	t.Helper()
	if err := b.store.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = 'remove_blob'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// log is what the change log says of photographs.
func (b bundle) log(t *testing.T) (out []string) {
	t.Helper()
	rows, err := b.store.Client().Change.Query().Where(change.ResourceType(name.TypePhoto)).Order(db.Asc(change.FieldID)).All(b.system)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range rows {
		out = append(out, fmt.Sprintf("%s %s %s %d by %s for %q in force %v %v", c.Verb, name.ParticipantOf(c.Resource), c.EntityID, c.Revision,
			c.Principal, c.OnBehalfOf, c.InForce, c.Paths))
	}
	return out
}

// headers is the server's end of a call: what it says beside its answer.
type headers struct {
	grpc.ServerTransportStream
	md metadata.MD
}

func (h *headers) SetHeader(md metadata.MD) error {
	h.md = metadata.Join(h.md, md)
	return nil
}

func (b bundle) download(ctx context.Context, photo string) (*httpbody.HttpBody, metadata.MD, error) {
	h := &headers{}
	out, err := b.DownloadPhoto(grpc.NewContextWithServerTransportStream(ctx, h), &placardv1.DownloadPhotoRequest{Name: photo})
	return out, h.md, err
}

func TestLife(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		own, office, secretariat := mission(t, "AUT"), account(t, placardv1.Access_PASS_OFFICE), account(t, placardv1.Access_SECRETARIAT)
		get := func() *placardv1.Photo {
			t.Helper()
			p, err := b.GetPhoto(own, &placardv1.GetPhotoRequest{Name: attending})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		want := &placardv1.Photo{Name: attending, State: placardv1.Photo_MISSING, Etag: "0"}
		if diff := cmp.Diff(want, get(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		if _, err := b.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: attending}); reason(err) != "PHOTO_STATE" {
			t.Errorf("nothing withdrawn: %v", err)
		}
		if _, _, err := b.download(own, attending); reason(err) != "NOT_FOUND" {
			t.Errorf("nothing downloaded: %v", err)
		}

		once := store.WithRequest(own, store.Request{ID: "once", Method: "UploadPhoto", Hash: []byte{1}})
		first, err := b.UploadPhoto(once, upload(attending, portrait(t, 20)))
		if err != nil {
			t.Fatal(err)
		}
		if first.GetState() != placardv1.Photo_UPLOADED || !first.GetLate() || first.GetAuthor() != "entities/AUT" || first.GetEtag() != "1" ||
			len(first.GetFindings()) == 0 || first.GetUploadTime() == nil {
			t.Errorf("uploaded %v", first)
		}
		again, err := b.UploadPhoto(once, upload(attending, portrait(t, 20)))
		if err != nil || again.GetEtag() != "1" || b.kept(t) != 1 {
			t.Errorf("repeated: %v, %v, %d contents", again, err, b.kept(t))
		}
		out, md, err := b.download(office, attending)
		if err != nil {
			t.Fatal(err)
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(out.GetData()))
		if err != nil || config.Width != 600 || config.Height != 800 || int64(len(out.GetData())) != first.GetSizeBytes() || out.GetContentType() != "image/jpeg" {
			t.Errorf("downloaded %v, %v", config, err)
		}
		wantHeaders := metadata.Pairs("content-disposition", `inline; filename="attending.jpg"`, "etag", `"`+first.GetSha256()+`"`,
			"cache-control", "private, max-age=0, must-revalidate")
		if diff := cmp.Diff(wantHeaders, md); diff != "" {
			t.Error(diff)
		}

		decide := func(ctx context.Context, d *placardv1.BatchDecidePhotosRequest_Decision) (*placardv1.Photo, error) {
			out, err := b.BatchDecidePhotos(ctx, &placardv1.BatchDecidePhotosRequest{
				Parent: austrians, Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{d},
			})
			if err != nil {
				return nil, err
			}
			return out.GetPhotos()[0], nil
		}
		reject := &placardv1.BatchDecidePhotosRequest_Decision{Name: attending, Etag: "1", Rejection: placardv1.Photo_BACKGROUND, Note: "Too dark."}
		rejected, err := decide(office, reject)
		if err != nil || rejected.GetState() != placardv1.Photo_REJECTED || rejected.GetRejectionNote() != "Too dark." || rejected.GetDecideTime() == nil {
			t.Fatalf("rejected %v, %v", rejected, err)
		}
		if diff := cmp.Diff(rejected, get(), protocmp.Transform()); diff != "" {
			t.Errorf("as it is kept: %s", diff)
		}
		if _, err := decide(office, reject); reason(err) != "ETAG_MISMATCH" {
			t.Errorf("decided on what was not looked at: %v", err)
		}
		if repeated, err := decide(office, &placardv1.BatchDecidePhotosRequest_Decision{
			Name: attending, Etag: "2", Rejection: placardv1.Photo_BACKGROUND, Note: "Too dark."}); err != nil || repeated.GetEtag() != "2" {
			t.Errorf("decided the same: %v, %v", repeated, err)
		}
		anew, err := b.UploadPhoto(secretariat, upload(attending, portrait(t, 240)))
		if err != nil || anew.GetState() != placardv1.Photo_UPLOADED || anew.GetRejection() != 0 || anew.GetRejectionNote() != "" || anew.GetDecideTime() != nil ||
			anew.GetEtag() != "3" || anew.GetAuthor() != "accounts/secretariat" {
			t.Errorf("uploaded anew: %v, %v", anew, err)
		}
		if diff := cmp.Diff(anew, get(), protocmp.Transform()); diff != "" {
			t.Errorf("as it is kept: %s", diff)
		}
		if accepted, err := decide(secretariat, &placardv1.BatchDecidePhotosRequest_Decision{Name: attending, Etag: "3"}); err != nil ||
			accepted.GetState() != placardv1.Photo_ACCEPTED {
			t.Errorf("accepted %v, %v", accepted, err)
		}
		if _, err := b.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: attending, Etag: "3"}); reason(err) != "ETAG_MISMATCH" {
			t.Errorf("withdrawn with an old etag: %v", err)
		}
		gone, err := b.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: attending, Etag: "4"})
		if err != nil || gone.GetState() != placardv1.Photo_WITHDRAWN || gone.GetSizeBytes() != 0 || gone.GetSha256() != "" {
			t.Errorf("withdrawn %v, %v", gone, err)
		}
		if diff := cmp.Diff(gone, get(), protocmp.Transform()); diff != "" {
			t.Errorf("as it is kept: %s", diff)
		}
		if _, err := decide(office, &placardv1.BatchDecidePhotosRequest_Decision{Name: attending, Etag: "5"}); reason(err) != "PHOTO_STATE" {
			t.Errorf("decided on what was withdrawn: %v", err)
		}
		if _, _, err := b.download(own, attending); reason(err) != "NOT_FOUND" {
			t.Errorf("downloaded what was withdrawn: %v", err)
		}
		if n := b.removals(t); n != 2 {
			t.Errorf("%d contents are to be removed, want 2", n)
		}
		log := []string{
			`upload attending AUT 1 by entities/AUT for "" in force true [state findings late sizeBytes sha256 author uploadTime]`,
			`reject attending AUT 2 by accounts/pass_office for "" in force true [state rejection rejectionNote decideTime]`,
			`upload attending AUT 3 by accounts/secretariat for "AUT" in force true ` +
				`[state rejection rejectionNote findings sizeBytes sha256 author uploadTime decideTime]`,
			`accept attending AUT 4 by accounts/secretariat for "AUT" in force true [state decideTime]`,
			`withdraw attending AUT 5 by entities/AUT for "" in force true [state findings sizeBytes sha256 decideTime]`,
		}
		if diff := cmp.Diff(log, b.log(t)); diff != "" {
			t.Errorf("the log (-want +got):\n%s", diff)
		}
	})
}

// TestWhoseTheyAre: a mission reaches its own, the Pass Office what is in force.
func TestWhoseTheyAre(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		own, theirs, office := mission(t, "AUT"), mission(t, "MEX"), account(t, placardv1.Access_PASS_OFFICE)
		for _, n := range []string{attending, second, pending} {
			if _, err := b.UploadPhoto(own, upload(n, portrait(t, 240))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.UploadPhoto(own, upload(withdrawn, portrait(t, 240))); reason(err) != "PARTICIPANT_WITHDRAWN" {
			t.Errorf("of a person who was withdrawn: %v", err)
		}
		for who, ctx := range map[string]context.Context{"Mexico": theirs, "the Pass Office": office} {
			for _, n := range []string{pending, withdrawn, strings.Replace(mexican, "/MEX/", "/AUT/", 1), strings.Replace(attending, "attending", "nobody", 1)} {
				_, err := b.GetPhoto(ctx, &placardv1.GetPhotoRequest{Name: n})
				_, _, downloaded := b.download(ctx, n)
				_, uploaded := b.UploadPhoto(ctx, upload(n, portrait(t, 240)))
				_, taken := b.WithdrawPhoto(ctx, &placardv1.WithdrawPhotoRequest{Name: n})
				_, decided := b.BatchDecidePhotos(ctx, &placardv1.BatchDecidePhotosRequest{
					Parent:    "meetings/m1/delegations/-",
					Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: mexican, Etag: "0"}, {Name: n, Etag: "1"}},
				})
				if reason(decided) == "PHOTO_STATE" { // of the first, which is theirs
					decided = nil
					_, decided = b.BatchDecidePhotos(ctx, &placardv1.BatchDecidePhotosRequest{
						Parent: "meetings/m1/delegations/-", Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: n, Etag: "1"}},
					})
				}
				for call, err := range map[string]error{"get": err, "download": downloaded, "upload": uploaded, "withdraw": taken, "decide": decided} {
					if reason(err) != "NOT_FOUND" {
						t.Errorf("%s: %s of %s: %v", who, call, n, err)
					}
				}
			}
		}
		for who, x := range map[string]struct {
			ctx  context.Context
			want []string
		}{
			"Austria":         {own, []string{attending, pending, second}},
			"Mexico":          {theirs, nil},
			"the Pass Office": {office, []string{attending, second}},
		} {
			for _, f := range []string{"", "state = UPLOADED", `entity = "AUT" OR late = true`} {
				for _, order := range []string{"", "upload_time", "upload_time desc"} {
					var got []string
					token := ""
					for {
						list, err := b.ListPhotos(x.ctx, &placardv1.ListPhotosRequest{
							Parent: "meetings/-/delegations/-", Filter: f, OrderBy: order, PageSize: 1, PageToken: token})
						if err != nil {
							t.Fatal(err)
						}
						for _, p := range list.GetPhotos() {
							got = append(got, p.GetName())
						}
						if token = list.GetNextPageToken(); token == "" {
							break
						}
					}
					slices.Sort(got)
					if diff := cmp.Diff(x.want, got); diff != "" {
						t.Errorf("%s, %q in order %q (-want +got):\n%s", who, f, order, diff)
					}
				}
			}
		}
		// The Pass Office takes a photograph on arrival, and takes it back.
		if p, err := b.UploadPhoto(office, upload(mexican, portrait(t, 240))); err != nil || p.GetAuthor() != "accounts/pass_office" {
			t.Errorf("%v, %v", p, err)
		}
		if _, err := b.WithdrawPhoto(office, &placardv1.WithdrawPhotoRequest{Name: mexican}); err != nil {
			t.Error(err)
		}

		// Who leaves the composition takes the photograph out of the Pass Office's sight.
		err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ParticipantVersion.Update().Where(participantversion.ParticipantID("second")).SetAcceptedOrder(0).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.download(office, second); reason(err) != "NOT_FOUND" {
			t.Errorf("of a person who is not in force any more: %v", err)
		}
		if _, _, err := b.download(own, second); err != nil {
			t.Errorf("its own: %v", err)
		}
		if log := b.log(t); !slices.ContainsFunc(log, func(s string) bool {
			return strings.HasPrefix(s, `upload pending AUT 1 by entities/AUT for "" in force false`)
		}) {
			t.Errorf("the log is %q", log)
		}
	})
}

// TestBatch: all or none, in the order of the request, and repeated with the same
// request id.
func TestBatch(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		secretariat := account(t, placardv1.Access_SECRETARIAT)
		for _, n := range []string{attending, second, pending} {
			if _, err := b.UploadPhoto(secretariat, upload(n, portrait(t, 240))); err != nil {
				t.Fatal(err)
			}
		}
		decide := func(ctx context.Context, decisions ...*placardv1.BatchDecidePhotosRequest_Decision) (string, error) {
			out, err := b.BatchDecidePhotos(ctx, &placardv1.BatchDecidePhotosRequest{Parent: "meetings/m1/delegations/-", Decisions: decisions})
			var text []string
			for _, p := range out.GetPhotos() {
				text = append(text, fmt.Sprintf("%s %s %s %q %s", name.ParticipantOf(p.GetName()), p.GetState(), p.GetRejection(), p.GetRejectionNote(), p.GetEtag()))
			}
			return strings.Join(text, "\n"), err
		}
		on := func(photo, etag string, rejection placardv1.Photo_Rejection, note string) *placardv1.BatchDecidePhotosRequest_Decision {
			return &placardv1.BatchDecidePhotosRequest_Decision{Name: photo, Etag: etag, Rejection: rejection, Note: note}
		}
		for want, bad := range map[string]*placardv1.BatchDecidePhotosRequest_Decision{
			"NOT_FOUND":       on(strings.Replace(attending, "attending", "nobody", 1), "1", 0, ""),
			"PHOTO_STATE":     on(mexican, "0", 0, ""),
			"ETAG_MISMATCH":   on(pending, "2", 0, ""),
			"DUPLICATE_PHOTO": on(second, "1", 0, ""),
		} {
			if _, err := decide(secretariat, on(second, "1", 0, ""), bad); reason(err) != want && want != "DUPLICATE_PHOTO" {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if n := len(b.log(t)); n != 3 {
			t.Errorf("%d changes: something was decided", n)
		}
		once := store.WithRequest(secretariat, store.Request{ID: "once", Method: "BatchDecidePhotos", Hash: []byte{1}})
		decisions := []*placardv1.BatchDecidePhotosRequest_Decision{
			on(second, "1", placardv1.Photo_OTHER_PERSON, `It's "hers".`), on(attending, "1", 0, ""), on(pending, "1", placardv1.Photo_NOT_RECENT, ""),
		}
		want := "second REJECTED OTHER_PERSON \"It's \\\"hers\\\".\" 2\nattending ACCEPTED REJECTION_UNSPECIFIED \"\" 2\npending REJECTED NOT_RECENT \"\" 2"
		for range 2 {
			got, err := decide(once, decisions...)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v: %s", err, diff)
			}
		}
		for _, d := range decisions {
			p, err := b.GetPhoto(secretariat, &placardv1.GetPhotoRequest{Name: d.GetName()})
			if err != nil || !strings.Contains(want, fmt.Sprintf("%s %s %s %q %s", name.ParticipantOf(p.GetName()), p.GetState(), p.GetRejection(), p.GetRejectionNote(), p.GetEtag())) {
				t.Errorf("as it is kept: %v, %v", p, err)
			}
		}
		if n := len(b.log(t)); n != 6 {
			t.Errorf("%d changes, want 6", n)
		}
	})
}

// TestHostilePictures: what is refused leaves nothing.
func TestHostilePictures(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		own := mission(t, "AUT")
		for want, content := range map[string][]byte{
			"PICTURE_TYPE":      []byte("<!DOCTYPE html><script>alert(1)</script>"),
			"PICTURE_BROKEN":    portrait(t, 240)[:2000],
			"PICTURE_TOO_SMALL": small(t),
		} {
			if _, err := b.UploadPhoto(own, upload(attending, content)); reason(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if _, err := b.UploadPhoto(own, upload(attending, nil)); reason(err) != "PICTURE_TYPE" {
			t.Errorf("empty: %v", err)
		}
		if p, err := b.GetPhoto(own, &placardv1.GetPhotoRequest{Name: attending}); err != nil || p.GetState() != placardv1.Photo_MISSING {
			t.Errorf("%v, %v", p, err)
		}
		if n := b.kept(t); n != 0 {
			t.Errorf("%d contents stay", n)
		}
	})
}

func small(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 30, 40)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDeadline: what is late is computed anew when the deadline is moved, and a
// concluded meeting takes nothing.
func TestDeadline(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		own := mission(t, "AUT")
		for _, n := range []string{attending, second} {
			if _, err := b.UploadPhoto(own, upload(n, portrait(t, 240))); err != nil {
				t.Fatal(err)
			}
		}
		late := func(content string) string {
			t.Helper()
			err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Meeting.Update().Where(meeting.ID("m1")).SetContent(content).Exec(ctx)
			})
			for range 2 {
				if err == nil {
					err = photo.MarkLate(b.store)(b.system, job.MarkPhotosLate{Meeting: "meetings/m1"})
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			list, err := b.ListPhotos(own, &placardv1.ListPhotosRequest{Parent: austrians})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, p := range list.GetPhotos() {
				out = append(out, fmt.Sprintf("%v %s", p.GetLate(), p.GetEtag()))
			}
			return strings.Join(out, ", ")
		}
		for _, x := range []struct{ content, want string }{
			{`{"photoDeadlineTime": "2010-01-21T23:00:00Z"}`, "true 1, true 1"},
			{`{"photoDeadlineTime": "2999-01-21T23:00:00Z"}`, "false 2, false 2"},
			{`{"photoDeadlineTime": "2010-01-22T23:00:00Z"}`, "true 3, true 3"},
			{`{}`, "false 4, false 4"},
		} {
			if got := late(x.content); got != x.want {
				t.Errorf("%s: %s, want %s", x.content, got, x.want)
			}
		}
		if log := b.log(t); len(log) != 8 || !strings.HasPrefix(log[2], `update attending AUT 2 by system for "AUT" in force true [late]`) {
			t.Errorf("the log is %q", log)
		}
		if err := photo.MarkLate(b.store)(b.system, job.MarkPhotosLate{Meeting: "meetings/m9"}); err != nil {
			t.Errorf("a meeting that is gone: %v", err)
		}

		err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Meeting.Update().Where(meeting.ID("m1")).SetState("CONCLUDED").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		_, uploaded := b.UploadPhoto(own, upload(attending, portrait(t, 240)))
		_, taken := b.WithdrawPhoto(own, &placardv1.WithdrawPhotoRequest{Name: attending})
		_, decided := b.BatchDecidePhotos(b.system, &placardv1.BatchDecidePhotosRequest{
			Parent: austrians, Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: attending, Etag: "4"}},
		})
		for call, err := range map[string]error{"upload": uploaded, "withdraw": taken, "decide": decided} {
			if reason(err) != "MEETING_CONCLUDED" {
				t.Errorf("%s after the end: %v", call, err)
			}
		}
		if _, _, err := b.download(own, attending); err != nil {
			t.Errorf("reading goes on: %v", err)
		}
		// The pictures that rows name stay, whenever they were kept.
		if n, err := b.blobs.Sweep(b.system, b.store, time.Now().Add(time.Hour)); n != 0 || err != nil || b.kept(t) != 2 {
			t.Errorf("%d contents swept, %d left: %v", n, b.kept(t), err)
		}
	})
}

// TestAtOnce: of many at once each upload follows another, and of two decisions on
// the same picture one holds.
func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		own, office := mission(t, "AUT"), account(t, placardv1.Access_PASS_OFFICE)
		content := portrait(t, 240)
		var wg sync.WaitGroup
		for _, n := range []string{attending, second} {
			for range 4 {
				wg.Go(func() {
					if _, err := b.UploadPhoto(own, upload(n, content)); err != nil {
						t.Errorf("%s: %v", n, err)
					}
				})
			}
		}
		wg.Wait()
		first := &placardv1.BatchDecidePhotosRequest_Decision{Name: attending, Etag: "4"}
		other := &placardv1.BatchDecidePhotosRequest_Decision{Name: second, Etag: "4", Rejection: placardv1.Photo_BACKGROUND}
		results := make(chan string, 6)
		for i := range 6 {
			decisions := []*placardv1.BatchDecidePhotosRequest_Decision{first, other}
			if i%2 == 1 {
				slices.Reverse(decisions)
			}
			wg.Go(func() {
				_, err := b.BatchDecidePhotos(office, &placardv1.BatchDecidePhotosRequest{Parent: austrians, Decisions: decisions})
				if err == nil {
					results <- "decided"
					return
				}
				results <- reason(err)
			})
		}
		wg.Wait()
		close(results)
		count := map[string]int{}
		for r := range results {
			count[r]++
		}
		if diff := cmp.Diff(map[string]int{"decided": 1, "ETAG_MISMATCH": 5}, count); diff != "" {
			t.Error(diff)
		}
		if n, removed := b.kept(t), b.removals(t); n != 8 || removed != 6 {
			t.Errorf("%d contents of which %d are to be removed, want 8 and 6", n, removed)
		}
	})
}
