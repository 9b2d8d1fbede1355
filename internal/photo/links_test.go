package photo_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/photo"
	"github.com/un-placard/placard/internal/picture"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// linked is a service that sends links, on the meeting of bundle, whose people have
// addresses.
type linked struct {
	bundle
	signer *link.Signer
	door   *photo.Doorkeeper
	now    time.Time
}

// eachLinked runs a test on every engine.
func eachLinked(t *testing.T, fn func(t *testing.T, b *linked)) {
	b := &linked{}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		*b = linked{now: time.Date(2010, 1, 12, 9, 0, 0, 0, time.UTC)}
		seed := secret.New()
		pages, err := page.NewCodec(seed)
		if err != nil {
			t.Fatal(err)
		}
		if b.signer, err = link.New(seed); err != nil {
			t.Fatal(err)
		}
		b.door = photo.NewDoorkeeper(s, b.signer)
		b.store, b.system, b.blobs = s, storetest.System(t), blobtest.Open(t, t.TempDir())
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		workers := append(b.blobs.Workers(s, log), job.On(func(context.Context, job.Deliver) error { return nil }))
		queue, err := job.New(s, log, workers...) // it is not started
		if err != nil {
			t.Fatal(err)
		}
		b.Service = photo.New(photo.Config{
			Store: s, Blobs: b.blobs, Pages: pages, Queue: queue, Outbox: outbox.New(queue), Links: b.signer, Studio: picture.New(1),
		})
		if err := entity.Seed(b.system, s); err != nil {
			t.Fatal(err)
		}
		if err := s.InTx(b.system, fill); err != nil {
			t.Fatal(err)
		}
		for id, address := range map[string]string{
			"attending": "Ana@example.org", "second": "second@example.org", "pending": "ana@example.org",
			"withdrawn": "second@example.org", "mexican": "mexican@example.org",
		} {
			b.says(t, id, "email", address)
		}
		b.says(t, "attending", "language", "es")
		fn(t, b)
	}, storetest.Clock(func() time.Time { return b.now }))
}

// says changes what a version says, which otherwise never changes.
func (b *linked) says(t *testing.T, participant, column, value string) {
	t.Helper()
	err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SQL.ExecContext(ctx, fmt.Sprintf(`UPDATE participant_versions SET %s = '%s' WHERE participant_id = '%s'`, column, value, participant))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// places puts a participant into the accepted composition, or takes the person out.
func (b *linked) places(t *testing.T, participant string, latest, accepted int32) {
	t.Helper()
	err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.ParticipantVersion.Update().Where(participantversion.ParticipantID(participant)).
			SetLatestOrder(latest).SetAcceptedOrder(accepted).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// request runs the job of a delegation, as often as it likes.
func (b *linked) request(t *testing.T, times int) {
	t.Helper()
	for range times {
		if err := b.RequestPhotos(b.system, job.RequestPhotos{Delegation: austrians, Number: 1}); err != nil {
			t.Fatal(err)
		}
	}
}

// messages are what was put into the outbox, in order.
func (b *linked) messages(t *testing.T) []string {
	t.Helper()
	rows, err := b.store.Client().Delivery.Query().Order(db.Asc(delivery.FieldID)).All(b.system)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, d := range rows {
		out = append(out, fmt.Sprintf("%s %s %s %s to %s in %s", d.Kind, d.EntityID, d.ParticipantID, d.Source, d.Address, d.Language))
	}
	return out
}

// token is the one of a participant's link as it is now.
func (b *linked) token(t *testing.T, participant string) string {
	t.Helper()
	row, err := b.store.Client().PhotoLink.Query().Where(photolink.ID(participant)).Only(b.system)
	if err != nil {
		t.Fatal(err)
	}
	return b.signer.Token(link.Photo, participant, row.Generation)
}

// as comes by a link.
func (b *linked) as(t *testing.T, token string) (context.Context, error) {
	t.Helper()
	p, err := b.door.Authenticate(t.Context(), token)
	return access.With(t.Context(), p), err
}

func send(participant string) *placardv1.SendPhotoLinkRequest {
	return &placardv1.SendPhotoLinkRequest{Name: participant}
}

// TestRequestPhotos: who is in force and has an own address gets one link, however
// often the job runs; another address gets another one.
func TestRequestPhotos(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		own := mission(t, "AUT")
		get := func(n string) *placardv1.Photo {
			t.Helper()
			p, err := b.GetPhoto(own, &placardv1.GetPhotoRequest{Name: n})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if p := get(attending); p.GetState() != placardv1.Photo_MISSING || p.GetLinkExpireTime() != nil {
			t.Errorf("before: %v", p)
		}
		b.request(t, 2)
		want := []string{
			"PHOTO_LINK AUT attending 1 to Ana@example.org in es",
			"PHOTO_LINK AUT second 1 to second@example.org in en",
		}
		if diff := cmp.Diff(want, b.messages(t)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		end := time.Date(2010, 1, 29, 23, 0, 0, 0, time.UTC)
		if p := get(attending); p.GetState() != placardv1.Photo_REQUESTED || !p.GetLinkExpireTime().AsTime().Equal(end) || p.GetEtag() != "0" {
			t.Errorf("after: %v", p)
		}
		first := b.token(t, "attending")
		if _, err := b.as(t, first); err != nil {
			t.Errorf("the link: %v", err)
		}
		// Whose photograph is there needs no link; the link goes on.
		if p, err := b.UploadPhoto(own, upload(second, portrait(t, 240))); err != nil || p.GetLinkExpireTime() == nil {
			t.Errorf("%v, %v", p, err)
		}
		b.says(t, "second", "email", "moved@example.org")
		b.says(t, "attending", "email", "ana.two@example.org")
		b.request(t, 2)
		want = append(want, "PHOTO_LINK AUT attending 2 to ana.two@example.org in es")
		if diff := cmp.Diff(want, b.messages(t)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if _, err := b.as(t, first); reason(err) != "LINK_REVOKED" {
			t.Errorf("the link to the earlier address: %v", err)
		}
		if p := get(second); p.GetState() != placardv1.Photo_UPLOADED || p.GetLinkExpireTime() != nil {
			t.Errorf("the link to an address that is no more: %v", p)
		}
		// Once the time of a link is over, an acceptance brings another one.
		b.now = end
		b.request(t, 1)
		if n := len(b.messages(t)); n != 3 {
			t.Errorf("%d messages after the last day", n)
		}
		if p := get(attending); p.GetState() != placardv1.Photo_MISSING || p.GetLinkExpireTime() != nil {
			t.Errorf("past the link: %v", p)
		}
		log := b.log(t)
		for i, want := range []string{
			`sendLink attending AUT 0 by system for "AUT" in force true [state linkExpireTime]`,
			`sendLink second AUT 0 by system for "AUT" in force true [state linkExpireTime]`,
			`upload second AUT 1 by`,
			`sendLink attending AUT 0 by system for "AUT" in force true []`,
			`endLink second AUT 1 by system for "AUT" in force true [linkExpireTime]`,
		} {
			if i >= len(log) || !strings.HasPrefix(log[i], want) {
				t.Errorf("the log is %q", log)
				break
			}
		}
		if err := b.RequestPhotos(b.system, job.RequestPhotos{Delegation: "meetings/m9/delegations/AUT"}); err != nil {
			t.Errorf("of a meeting that is gone: %v", err)
		}
	})
}

// TestSendPhotoLink: a link is sent to who may have one; it ends the one before,
// and nobody sends one to another's.
func TestSendPhotoLink(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		own, office := mission(t, "AUT"), account(t, placardv1.Access_PASS_OFFICE)
		once := store.WithRequest(own, store.Request{ID: "once", Method: "SendPhotoLink", Hash: []byte{1}})
		for range 2 {
			p, err := b.SendPhotoLink(once, send(attending))
			if err != nil || p.GetState() != placardv1.Photo_REQUESTED || p.GetLinkExpireTime() == nil {
				t.Fatalf("%v, %v", p, err)
			}
		}
		first := b.token(t, "attending")
		if p, err := b.SendPhotoLink(office, send(attending)); err != nil || p.GetName() != attending {
			t.Errorf("%v, %v", p, err)
		}
		if _, err := b.as(t, first); reason(err) != "LINK_REVOKED" {
			t.Errorf("the first link: %v", err)
		}
		if _, err := b.as(t, b.token(t, "attending")); err != nil {
			t.Errorf("the second link: %v", err)
		}
		want := []string{
			"PHOTO_LINK AUT attending 1 to Ana@example.org in es", "PHOTO_LINK AUT attending 2 to Ana@example.org in es",
		}
		if diff := cmp.Diff(want, b.messages(t)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		b.says(t, "mexican", "email", "")
		for _, tt := range []struct {
			who         string
			ctx         context.Context
			photo, want string
		}{
			{"Austria, who waits", own, pending, "NOT_IN_FORCE"},
			{"Austria, who was withdrawn", own, withdrawn, "PARTICIPANT_WITHDRAWN"},
			{"Austria, of Mexico", own, mexican, "NOT_FOUND"},
			{"Austria, under its own", own, strings.Replace(mexican, "/MEX/", "/AUT/", 1), "NOT_FOUND"},
			{"Mexico, without an address", mission(t, "MEX"), mexican, "NO_OWN_ADDRESS"},
			{"the Pass Office, who waits", office, pending, "NOT_FOUND"},
			{"the Pass Office, who was withdrawn", office, withdrawn, "NOT_FOUND"},
			{"the Pass Office, nobody", office, strings.Replace(attending, "attending", "nobody", 1), "NOT_FOUND"},
		} {
			if _, err := b.SendPhotoLink(tt.ctx, send(tt.photo)); reason(err) != tt.want {
				t.Errorf("%s: %v, want %s", tt.who, err, tt.want)
			}
		}
		b.says(t, "second", "email", "ANA@example.org")
		if _, err := b.SendPhotoLink(own, send(attending)); reason(err) != "NO_OWN_ADDRESS" {
			t.Errorf("a shared address: %v", err)
		}
		b.says(t, "second", "email", "second@example.org")
		b.now = time.Date(2010, 1, 29, 23, 0, 0, 0, time.UTC)
		if _, err := b.SendPhotoLink(own, send(attending)); reason(err) != "MEETING_OVER" {
			t.Errorf("after the last day: %v", err)
		}
		if n := len(b.messages(t)); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
}

// TestRejectionRenewsTheLink: with the rejection goes a link, in one transaction;
// who has no own address is told by the mission.
func TestRejectionRenewsTheLink(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		own, office := mission(t, "AUT"), account(t, placardv1.Access_PASS_OFFICE)
		b.request(t, 1)
		first := b.token(t, "attending")
		b.says(t, "second", "email", "")
		for _, n := range []string{attending, second, mexican} {
			if _, err := b.UploadPhoto(b.system, upload(n, portrait(t, 240))); err != nil {
				t.Fatal(err)
			}
		}
		sent := len(b.messages(t))
		decide := func(decisions ...*placardv1.BatchDecidePhotosRequest_Decision) ([]*placardv1.Photo, error) {
			out, err := b.BatchDecidePhotos(office, &placardv1.BatchDecidePhotosRequest{Parent: "meetings/m1/delegations/-", Decisions: decisions})
			return out.GetPhotos(), err
		}
		no := func(n, etag string) *placardv1.BatchDecidePhotosRequest_Decision {
			return &placardv1.BatchDecidePhotosRequest_Decision{Name: n, Etag: etag, Rejection: placardv1.Photo_BACKGROUND}
		}
		// All or none: no link goes out for a batch that is refused.
		if _, err := decide(no(attending, "1"), no(second, "9")); reason(err) != "ETAG_MISMATCH" {
			t.Errorf("%v", err)
		}
		if _, err := b.as(t, first); err != nil || len(b.messages(t)) != sent {
			t.Errorf("after a batch that was refused: %v, %q", err, b.messages(t))
		}
		photos, err := decide(no(mexican, "1"), no(second, "1"), no(attending, "1"))
		if err != nil || photos[0].GetLinkExpireTime() == nil || photos[2].GetLinkExpireTime() == nil {
			t.Fatalf("%v, %v", photos, err)
		}
		want := []string{
			"PHOTO_REJECTED AUT attending 2 to Ana@example.org in es", "PHOTO_REJECTED MEX mexican 1 to mexican@example.org in en",
		}
		if diff := cmp.Diff(want, b.messages(t)[sent:]); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if _, err := b.as(t, first); reason(err) != "LINK_REVOKED" {
			t.Errorf("the link before: %v", err)
		}
		if log := b.log(t); !slices.Contains(log, `reject attending AUT 2 by accounts/pass_office for "" in force true [state rejection decideTime linkExpireTime]`) {
			t.Errorf("the log is %q", log)
		}
		// The same decision again changes nothing; an acceptance sends nothing.
		if _, err := decide(no(attending, "2")); err != nil {
			t.Error(err)
		}
		if _, err := decide(&placardv1.BatchDecidePhotosRequest_Decision{Name: attending, Etag: "2"}); err != nil {
			t.Error(err)
		}
		if n := len(b.messages(t)); n != sent+2 {
			t.Errorf("%d messages", n)
		}
		// By the new link another one is sent.
		ctx, err := b.as(t, b.token(t, "attending"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.UploadPhoto(ctx, upload(attending, portrait(t, 240)))
		if err != nil || p.GetState() != placardv1.Photo_UPLOADED || p.GetAuthor() != name.Participant("m1", "AUT", "attending") {
			t.Errorf("%v, %v", p, err)
		}
		if _, err := b.GetPhoto(own, &placardv1.GetPhotoRequest{Name: attending}); err != nil {
			t.Error(err)
		}
	})
}

// TestLinks: what ends a link ends it at once, and what is none lets nobody in.
func TestLinks(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		b.request(t, 1)
		works := b.token(t, "attending")
		p, err := b.door.Authenticate(t.Context(), works)
		want := access.Principal{
			Role: placardv1.Access_LINK, Meetings: []string{"m1"}, Entity: "AUT", Participant: "attending",
			Expire: time.Date(2010, 1, 29, 23, 0, 0, 0, time.UTC),
		}
		if err != nil || p.Name() != "meetings/m1/delegations/AUT/participants/attending" || !cmp.Equal(want, p, cmp.AllowUnexported(access.Principal{})) {
			t.Errorf("%+v, %v", p, err)
		}
		flipped := []byte(works)
		flipped[len(flipped)-2] ^= 1
		elsewhere, err := link.New(secret.New())
		if err != nil {
			t.Fatal(err)
		}
		_, _, signature := cut(works)
		for what, token := range map[string]string{
			"nothing":                   link.Prefix,
			"a word":                    "pll_attending",
			"another signature":         string(flipped),
			"a shorter signature":       works[:len(works)-2],
			"a longer signature":        works + "AA",
			"another participant":       "pll_second_1_" + signature,
			"another generation":        "pll_attending_2_" + signature,
			"a negative generation":     "pll_attending_-1_" + signature,
			"a zero before":             "pll_attending_01_" + signature,
			"an empty id":               "pll__1_" + signature,
			"of another purpose":        b.signer.Token(link.Calendar, "attending", 1),
			"of another server":         elsewhere.Token(link.Photo, "attending", 1),
			"of somebody without one":   b.signer.Token(link.Photo, "pending", 1),
			"of nobody":                 b.signer.Token(link.Photo, "nobody", 1),
			"with a space":              works + " ",
			"in capitals":               strings.ToUpper(works),
			"with what is no signature": "pll_attending_1_" + strings.Repeat("!", 43),
		} {
			if _, err := b.as(t, token); reason(err) != "UNAUTHENTICATED" {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, generation := range []int{0, 2, -1} {
			if _, err := b.as(t, b.signer.Token(link.Photo, "attending", generation)); reason(err) != "LINK_REVOKED" {
				t.Errorf("generation %d: %v", generation, err)
			}
		}
		// Withdrawn: gone from both compositions; then back.
		b.places(t, "attending", 0, 0)
		if _, err := b.as(t, works); reason(err) != "LINK_REVOKED" {
			t.Errorf("withdrawn: %v", err)
		}
		b.places(t, "attending", 1, 0)
		if _, err := b.as(t, works); reason(err) != "LINK_REVOKED" {
			t.Errorf("not accepted: %v", err)
		}
		b.places(t, "attending", 1, 1)
		if _, err := b.as(t, works); err != nil {
			t.Errorf("in force again: %v", err)
		}
		// Its time.
		for at, want := range map[time.Time]string{want.Expire.Add(-time.Microsecond): reason(nil), want.Expire: "LINK_EXPIRED"} {
			b.now = at
			if _, err := b.as(t, works); reason(err) != want {
				t.Errorf("at %v: %v", at, err)
			}
		}
		b.now = want.Expire.Add(-time.Hour)
		err = b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Meeting.Update().Where(meeting.ID("m1")).SetState("CONCLUDED").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.as(t, works); reason(err) != "LINK_EXPIRED" {
			t.Errorf("concluded: %v", err)
		}
		p2, err := b.GetPhoto(b.system, &placardv1.GetPhotoRequest{Name: attending})
		if err != nil || p2.GetLinkExpireTime() != nil || p2.GetState() != placardv1.Photo_MISSING {
			t.Errorf("of a concluded meeting: %v, %v", p2, err)
		}
		if err := b.RequestPhotos(b.system, job.RequestPhotos{Delegation: austrians}); err != nil {
			t.Errorf("of a concluded meeting: %v", err)
		}
	})
}

// cut takes a token apart: its id, its generation, its signature.
func cut(token string) (id, generation, signature string) {
	parts := strings.SplitN(strings.TrimPrefix(token, link.Prefix), "_", 3)
	return parts[0], parts[1], parts[2]
}

// TestLinkSeesItself: of its own delegation a link reaches nobody else, whatever is
// asked below the service.
func TestLinkSeesItself(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		b.request(t, 1)
		for _, n := range []string{attending, second, pending} {
			if _, err := b.UploadPhoto(b.system, upload(n, portrait(t, 240))); err != nil {
				t.Fatal(err)
			}
		}
		ctx, err := b.as(t, b.token(t, "attending"))
		if err != nil {
			t.Fatal(err)
		}
		c := b.store.Client()
		count := func(what string, want int, n int, err error) {
			t.Helper()
			if err != nil || n != want {
				t.Errorf("%s: %d, %v, want %d", what, n, err, want)
			}
		}
		for what, x := range map[string]struct {
			count func(context.Context) (int, error)
			want  int
		}{
			"versions":      {c.ParticipantVersion.Query().Count, 1},
			"names":         {c.ParticipantName.Query().Count, 0},
			"photographs":   {c.Photo.Query().Count, 1},
			"links":         {c.PhotoLink.Query().Count, 1},
			"meetings":      {c.Meeting.Query().Count, 1},
			"delegations":   {c.Delegation.Query().Count, 0},
			"revisions":     {c.Revision.Query().Count, 0},
			"invitations":   {c.Invitation.Query().Count, 0},
			"credentials":   {c.Credentials.Query().Count, 0},
			"files":         {c.File.Query().Count, 0},
			"documents":     {c.Document.Query().Count, 0},
			"deliveries":    {c.Delivery.Query().Count, 0},
			"announcements": {c.Announcement.Query().Count, 0},
			"templates":     {c.LetterTemplate.Query().Count, 0},
			"editions":      {c.ListEdition.Query().Count, 0},
			"listed":        {c.ListedDelegation.Query().Count, 0},
			"operations":    {c.Operation.Query().Count, 0},
			"readings":      {c.Reading.Query().Count, 0},
			"keys":          {c.Key.Query().Count, 0},
			"changes":       {c.Change.Query().Count, 0},
		} {
			n, err := x.count(ctx)
			count(what, x.want, n, err)
		}
		for _, n := range []string{second, pending, withdrawn, mexican, strings.Replace(attending, "/AUT/", "/MEX/", 1)} {
			_, get := b.GetPhoto(ctx, &placardv1.GetPhotoRequest{Name: n})
			_, _, picture := b.download(ctx, n)
			_, up := b.UploadPhoto(ctx, upload(n, portrait(t, 200)))
			_, down := b.WithdrawPhoto(ctx, &placardv1.WithdrawPhotoRequest{Name: n})
			for call, err := range map[string]error{"get": get, "download": picture, "upload": up, "withdraw": down} {
				if reason(err) != "NOT_FOUND" {
					t.Errorf("%s of %s: %v", call, n, err)
				}
			}
		}
		// Writes below the service: neither an update nor a new row of another.
		err = b.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Client.Photo.Update().SetState("ACCEPTED").Save(ctx)
			count("updated", 1, n, err)
			n, err = tx.Client.PhotoLink.Delete().Exec(ctx)
			count("deleted", 1, n, err)
			for id, want := range map[string]bool{"second": false, "attending": true} {
				err := tx.Client.PhotoLink.Create().SetID(id).SetMeetingID("m1").SetEntityID("AUT").SetGeneration(9).
					SetExpireTime(tx.Now).SetAddressKey("").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				if (err == nil) != want {
					t.Errorf("a link of %s: %v", id, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestLinksAtOnce: of many who send a link at once each sends another one, and the
// last one works.
func TestLinksAtOnce(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		own, office := mission(t, "AUT"), account(t, placardv1.Access_PASS_OFFICE)
		if _, err := b.UploadPhoto(own, upload(attending, portrait(t, 240))); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := b.SendPhotoLink(own, send(attending)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			_, err := b.BatchDecidePhotos(office, &placardv1.BatchDecidePhotosRequest{
				Parent: austrians, Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: attending, Etag: "1", Rejection: placardv1.Photo_BACKGROUND}},
			})
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := b.RequestPhotos(b.system, job.RequestPhotos{Delegation: austrians}); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		sources := map[string]int{}
		for _, m := range b.messages(t) {
			if f := strings.Fields(m); f[2] == "attending" {
				sources[f[3]]++
			}
		}
		if len(sources) < 5 || len(sources) > 6 {
			t.Errorf("generations %v", sources)
		}
		for g, n := range sources {
			if n != 1 {
				t.Errorf("generation %s was sent %d times", g, n)
			}
		}
		if _, err := b.as(t, b.signer.Token(link.Photo, "attending", len(sources))); err != nil {
			t.Errorf("the last one: %v", err)
		}
	})
}

// TestRejectionWaitsForTheComposition: no link goes to an address that a composition
// takes away at the same time.
func TestRejectionWaitsForTheComposition(t *testing.T) {
	eachLinked(t, func(t *testing.T, b *linked) {
		own, office := mission(t, "AUT"), account(t, placardv1.Access_PASS_OFFICE)
		if _, err := b.UploadPhoto(own, upload(attending, portrait(t, 240))); err != nil {
			t.Fatal(err)
		}
		rejected := make(chan error, 1)
		err := b.store.InTx(b.system, func(ctx context.Context, tx *store.Tx) error {
			q := tx.Client.Delegation.Query()
			q.Modify(tx.ForUpdate)
			if _, err := q.All(ctx); err != nil {
				return err
			}
			go func() {
				_, err := b.BatchDecidePhotos(office, &placardv1.BatchDecidePhotosRequest{
					Parent: austrians, Decisions: []*placardv1.BatchDecidePhotosRequest_Decision{{Name: attending, Etag: "1", Rejection: placardv1.Photo_BACKGROUND}},
				})
				rejected <- err
			}()
			select {
			case err := <-rejected:
				rejected <- err
			case <-time.After(300 * time.Millisecond): // it waits
			}
			_, err := tx.SQL.ExecContext(ctx, `UPDATE participant_versions SET email = 'ana.two@example.org' WHERE participant_id = 'attending'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-rejected; err != nil {
			t.Fatal(err)
		}
		want := []string{"PHOTO_REJECTED AUT attending 1 to ana.two@example.org in es"}
		if diff := cmp.Diff(want, b.messages(t)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}
