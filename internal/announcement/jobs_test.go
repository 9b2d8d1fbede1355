package announcement

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/announcement"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/prose"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// bundle is a service on a store whose queue does not run.
type bundle struct {
	*Service
	store *store.Store
	ctx   context.Context // of the server itself
	clock *atomic.Int64   // what the clock of the store shows, in microseconds
}

func (b bundle) at(t time.Time) { b.clock.Store(t.UnixMicro()) }

// each runs a test on every engine, at noon of 2 January 2010.
func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	validator, err := access.NewValidator(contract)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			clock := &atomic.Int64{}
			s := storetest.Open(t, engine, storetest.Clock(func() time.Time { return time.UnixMicro(clock.Load()) }))
			pages, err := page.NewCodec(secret.New())
			if err != nil {
				t.Fatal(err)
			}
			queue, err := job.New(s, slog.New(slog.DiscardHandler), job.On(func(context.Context, job.Deliver) error { return nil }))
			if err != nil {
				t.Fatal(err)
			}
			b := bundle{New(Config{
				Store: s, Pages: pages, Validator: validator, Queue: queue, Outbox: outbox.New(queue),
				Compose: func(_ context.Context, d *db.Delivery) (prose.Text, error) {
					return prose.Text{Subject: d.Language, Blocks: []prose.Block{{Text: d.EntityID + " " + d.Address}}}, nil
				},
			}), s, storetest.System(t), clock}
			if err := queue.Add(b.Workers()...); err != nil {
				t.Fatal(err)
			}
			b.at(time.Date(2010, 1, 2, 12, 0, 0, 0, time.UTC))
			fn(t, b)
		})
	}
}

func (b bundle) write(t *testing.T, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := b.store.InTx(b.ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// meeting makes a meeting in a state, and the entities that take part in meetings.
func (b bundle) meeting(t *testing.T, id, state, content string, entities ...string) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		for _, e := range entities {
			err := tx.Client.Entity.Create().SetID(e).SetKind("STATE").SetNames("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return tx.Client.Meeting.Create().SetID(id).SetState(state).SetStartDate("2010-01-27").SetEndDate("2010-01-29").
			SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").SetCompositionDeadline("2010-01-15").
			SetContent(content).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	})
}

func (b bundle) invite(t *testing.T, meeting, entity, status, language, state string, emails ...string) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Invitation.Create().SetMeetingID(meeting).SetEntityID(entity).SetParticipationStatus(status).
			SetLanguage(language).SetChannel("PERMANENT_MISSION").SetState(state).SetEmails(emails).SetIssueTime(tx.Now).
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
	})
}

// member is a person of a delegation. Who waits is not in force.
type member struct {
	id, email, language, role, modality string
	waits                               bool
}

func (b bundle) delegation(t *testing.T, meeting, entity string, members ...member) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		d, err := tx.Client.Delegation.Create().SetMeetingID(meeting).SetEntityID(entity).SetState("ACCEPTED").SetLatestRevision(1).
			SetAcceptedRevision(1).SetParticipantCount(int32(len(members))).SetLate(false).SetSubmitTime(tx.Now).SetChannel("API").
			SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		rows := store.Rows{Table: "participant_versions", Columns: []string{
			"meeting_id", "entity_id", "participant_id", "delegation_id", "revision", "latest_order", "accepted_order", "newest",
			"honorific", "given_name", "family_name", "latin_given_name", "latin_family_name", "functional_title", "organization",
			"role", "email", "phone", "language", "modality", "external_id", "search_key", "latin_key", "replaces",
			"person_create_time", "create_time",
		}}
		for i, m := range members {
			accepted := int32(i + 1)
			if m.waits {
				accepted = 0
			}
			role, modality := "EXPERT", "IN_PERSON"
			if m.role != "" {
				role = m.role
			}
			if m.modality != "" {
				modality = m.modality
			}
			rows.Values = append(rows.Values, []any{
				meeting, entity, m.id, d.ID, int32(1), int32(i + 1), accepted, true,
				"", "Given", "Family", "", "", "", "", role, m.email, "", m.language, modality, "", m.id, "", "", tx.Now, tx.Now,
			})
		}
		_, err = tx.Insert(ctx, rows)
		return err
	})
}

// announce makes an announcement in English and French and answers its name.
func (b bundle) announce(t *testing.T, meeting, id, audience string) string {
	t.Helper()
	a, err := b.CreateAnnouncement(b.ctx, &placardv1.CreateAnnouncementRequest{
		Parent: "meetings/" + meeting, AnnouncementId: id, Announcement: &placardv1.Announcement{
			Subject:  &placardv1.LocalizedText{En: "Rooms", Fr: "Salles"},
			Body:     &placardv1.LocalizedText{En: "Fourth floor.", Fr: "Quatrième étage."},
			Audience: audience,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a.GetName()
}

func (b bundle) get(t *testing.T, resource string) *placardv1.Announcement {
	t.Helper()
	a, err := b.GetAnnouncement(b.ctx, &placardv1.GetAnnouncementRequest{Name: resource})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sent are the messages of a meeting: "AUT/p1 p1@example.org en".
func (b bundle) sent(t *testing.T, meeting, source string) []string {
	t.Helper()
	rows, err := b.store.Client().Delivery.Query().Where(delivery.MeetingID(meeting), delivery.Source(source)).All(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range rows {
		out = append(out, fmt.Sprintf("%s/%s %s %s", d.EntityID, d.ParticipantID, d.Address, d.Language))
	}
	slices.Sort(out)
	return out
}

// end ends all deliveries of a meeting in a state.
func (b bundle) end(t *testing.T, meeting, state string) {
	t.Helper()
	b.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Delivery.Update().Where(delivery.MeetingID(meeting)).SetState(state).Exec(ctx)
	})
}

func TestAudience(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.meeting(t, "m1", "OPEN", "{}", "AUT", "EGY", "FRA")
		b.meeting(t, "m2", "OPEN", "{}")
		b.invite(t, "m1", "AUT", "STATE_PARTY", "en", "ISSUED")
		b.invite(t, "m1", "EGY", "SIGNATORY", "ar", "ISSUED")
		b.invite(t, "m1", "FRA", "STATE_PARTY", "fr", "ISSUED")
		b.invite(t, "m2", "FRA", "SIGNATORY", "fr", "ISSUED")
		b.delegation(t, "m1", "AUT",
			member{id: "a1", email: "a1@example.org", role: "HEAD", language: "fr"}, member{id: "a2", email: "a2@example.org"},
			member{id: "a3", email: "A2@Example.org"}, member{id: "a4"}, member{id: "a5", email: "a5@example.org", waits: true})
		b.delegation(t, "m1", "EGY", member{id: "e1", email: "e1@example.org", modality: "ONLINE"}, member{id: "e2", email: "a2@example.org"})
		b.delegation(t, "m1", "FRA", member{id: "f1", email: "f1@example.org", role: "HEAD"})
		b.delegation(t, "m2", "FRA", member{id: "g1", email: "g1@example.org", role: "HEAD"})
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			for id, state := range map[string]string{"a1": "ACCEPTED", "a2": "UPLOADED", "f1": "REJECTED", "e1": "WITHDRAWN"} {
				err := tx.Client.Photo.Create().SetID(id).SetMeetingID("m1").SetEntityID("AUT").SetState(state).SetLate(false).SetSizeBytes(1).
					SetSha256("").SetBlob("").SetAuthor("").SetUploadTime(tx.Now).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		})
		const a1, a2, e1, e2, f1 = "AUT/a1 a1@example.org fr", "AUT/a2 a2@example.org en", "EGY/e1 e1@example.org en",
			"EGY/e2 a2@example.org en", "FRA/f1 f1@example.org fr"
		i := 0
		for audience, want := range map[string]struct {
			messages            []string
			persons, recipients int32
			languages           []string
		}{
			"":                                    {[]string{a1, a2, e1, f1}, 7, 4, []string{"en 2", "fr 2"}},
			"role = HEAD":                         {[]string{a1, f1}, 2, 2, []string{"fr 2"}},
			"modality = ONLINE":                   {[]string{e1}, 1, 1, []string{"en 1"}},
			`entity = "entities/EGY"`:             {[]string{e1, e2}, 2, 2, []string{"en 2"}},
			"entity != AUT":                       {[]string{e1, e2, f1}, 3, 3, []string{"en 2", "fr 1"}},
			"photo_missing = true":                {[]string{"AUT/a3 A2@Example.org en", e1, f1}, 5, 3, []string{"en 2", "fr 1"}},
			"photo_missing = false":               {[]string{a1, a2}, 2, 2, []string{"en 1", "fr 1"}},
			"photo_missing != true":               {[]string{a1, a2}, 2, 2, []string{"en 1", "fr 1"}},
			"NOT photo_missing = true":            {[]string{a1, a2}, 2, 2, []string{"en 1", "fr 1"}},
			"participation_status = SIGNATORY":    {[]string{e1, e2}, 2, 2, []string{"en 2"}},
			"participation_status != STATE_PARTY": {[]string{e1, e2}, 2, 2, []string{"en 2"}},
			"participation_status = STATE_PARTY AND role = HEAD":             {[]string{a1, f1}, 2, 2, []string{"fr 2"}},
			"entity = FRA OR NOT entity = FRA OR participation_status = NGO": {[]string{a1, a2, e1, f1}, 7, 4, []string{"en 2", "fr 2"}},
			"role = OBSERVER": {nil, 0, 0, nil},
		} {
			t.Run(audience, func(t *testing.T) {
				i++
				id := fmt.Sprintf("a%d", i)
				resource := b.announce(t, "m1", id, audience)
				p, err := b.PreviewAnnouncement(b.ctx, &placardv1.PreviewAnnouncementRequest{Name: resource})
				if err != nil {
					t.Fatal(err)
				}
				var languages []string
				for _, s := range p.GetSamples() {
					languages = append(languages, fmt.Sprint(s.GetLanguage(), " ", s.GetRecipientCount()))
				}
				if p.GetParticipantCount() != want.persons || p.GetRecipientCount() != want.recipients || !slices.Equal(languages, want.languages) {
					t.Errorf("previewed %v", p)
				}
				if _, err := b.SendAnnouncement(b.ctx, &placardv1.SendAnnouncementRequest{Name: resource}); err != nil {
					t.Fatal(err)
				}
				if _, err := b.send(b.ctx, resource); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.messages, b.sent(t, "m1", id)); diff != "" {
					t.Errorf("sent (-want +got):\n%s", diff)
				}
				if n := len(b.sent(t, "m2", id)); n != 0 {
					t.Errorf("%d messages to another meeting", n)
				}
			})
		}
	})
}

// TestLargeAudience sends to many, and is broken off anywhere again and again: each
// address gets one message, with as many queries as there are parts.
func TestLargeAudience(t *testing.T) {
	const delegations, size = largeDelegations, 100
	each(t, func(t *testing.T, b bundle) {
		var entities []string
		for e := range delegations {
			entities = append(entities, fmt.Sprintf("E%03d", e))
		}
		b.meeting(t, "m1", "OPEN", "{}", entities...)
		for e, code := range entities {
			b.invite(t, "m1", code, "STATE_PARTY", []string{"en", "fr", "ar"}[e%3], "ISSUED")
			members := make([]member, size)
			for p := range members {
				members[p] = member{id: fmt.Sprintf("p%05d", e*size+p), email: fmt.Sprintf("p%d@example.org", e*size+p)}
			}
			// Two of each delegation share an address, and one of each with all others.
			members[1].email = strings.ToUpper(members[0].email)
			members[2].email = "office@example.org"
			b.delegation(t, "m1", code, members...)
		}
		resource := b.announce(t, "m1", "a1", "")
		queries := &atomic.Int64{}
		b.store.Client().Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
			return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
				queries.Add(1)
				return next.Query(ctx, q)
			})
		}))
		const recipients = delegations*(size-2) + 1
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		p, err := b.PreviewAnnouncement(b.ctx, &placardv1.PreviewAnnouncementRequest{Name: resource})
		if err != nil || p.GetRecipientCount() != recipients || p.GetParticipantCount() != delegations*size || len(p.GetSamples()) != 2 {
			t.Fatalf("previewed %v: %v", p, err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if n := queries.Load(); n > 2*delegations*size/atOnce+5 {
			t.Errorf("the preview took %d queries", n)
		}
		if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 32<<20 {
			t.Errorf("the preview left %d bytes", kept)
		}

		if _, err := b.SendAnnouncement(b.ctx, &placardv1.SendAnnouncementRequest{Name: resource}); err != nil {
			t.Fatal(err)
		}
		broken, whole := 0, false
		// Each time it may go on a little longer, so that it comes to its end on any machine.
		for limit := 20 * time.Millisecond; !whole && limit < time.Minute; limit += limit / 8 {
			ctx, cancel := context.WithTimeout(b.ctx, rand.N(limit))
			wait, err := b.send(ctx, resource)
			cancel()
			if err != nil {
				broken++
			}
			whole = err == nil && wait > 0
		}
		t.Logf("broken off %d times", broken)
		if !whole || broken == 0 {
			t.Fatalf("broken off %d times, whole %v", broken, whole)
		}
		a := b.get(t, resource)
		if a.GetProgress().GetTotal() != recipients || a.GetProgress().GetQueued() != recipients || a.GetState() != placardv1.Announcement_SENDING {
			t.Errorf("made %v", a)
		}
		addresses := map[string]bool{}
		rows, err := b.store.Client().Delivery.Query().Where(delivery.MeetingID("m1")).Select(delivery.FieldAddressKey).Strings(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range rows {
			if addresses[key] {
				t.Errorf("%s gets it twice", key)
			}
			addresses[key] = true
		}
		// One part of some hundreds does not end; then all have.
		b.end(t, "m1", "DEFERRED")
		if wait, err := b.send(b.ctx, resource); err != nil || wait == 0 {
			t.Errorf("waits %v: %v", wait, err)
		}
		b.end(t, "m1", "SENT")
		if wait, err := b.send(b.ctx, resource); err != nil || wait != 0 {
			t.Errorf("waits %v: %v", wait, err)
		}
		if a := b.get(t, resource); a.GetState() != placardv1.Announcement_SENT || a.GetProgress().GetSent() != recipients {
			t.Errorf("at the end %v", a)
		}
	})
}

// TestScheduled is of an announcement that goes out later, is cancelled in between, or
// whose meeting is over by then.
func TestScheduled(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		b.meeting(t, "m1", "OPEN", "{}", "AUT")
		b.invite(t, "m1", "AUT", "STATE_PARTY", "en", "ISSUED")
		b.delegation(t, "m1", "AUT", member{id: "a1", email: "a1@example.org"})
		due := b.store.Now().Add(time.Hour)
		var names []string
		for _, id := range []string{"now", "later", "never", "over"} {
			names = append(names, b.announce(t, "m1", id, ""))
		}
		for _, n := range names[1:] {
			a, err := b.SendAnnouncement(b.ctx, &placardv1.SendAnnouncementRequest{Name: n, SendTime: timestamppb.New(due)})
			if err != nil || a.GetState() != placardv1.Announcement_SCHEDULED || !a.GetSendTime().AsTime().Equal(due) {
				t.Fatalf("scheduled %v: %v", a, err)
			}
			if wait, err := b.send(b.ctx, n); err != nil || wait != time.Hour {
				t.Errorf("%s waits %v: %v", n, wait, err)
			}
		}
		if _, err := b.CancelAnnouncement(b.ctx, &placardv1.CancelAnnouncementRequest{Name: names[2]}); err != nil {
			t.Fatal(err)
		}
		b.at(due.Add(-time.Second))
		if err := b.Resume(b.ctx, job.ResumeAnnouncements{}); err != nil {
			t.Fatal(err)
		}
		if n := len(b.sent(t, "m1", "later")); n != 0 {
			t.Errorf("%d messages too early", n)
		}
		b.at(due)
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Announcement.Update().SetSendTime(due.Add(time.Hour)).SetState(stateScheduled).
				Where(announcement.AnnouncementID("over")).Exec(ctx)
		})
		for range 2 {
			if err := b.Resume(b.ctx, job.ResumeAnnouncements{}); err != nil { // as after a crash
				t.Fatal(err)
			}
		}
		for id, want := range map[string]int{"now": 0, "later": 1, "never": 0, "over": 0} {
			if got := b.sent(t, "m1", id); len(got) != want {
				t.Errorf("%s: %v", id, got)
			}
		}
		b.at(due.Add(3 * time.Hour))
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Meeting.UpdateOneID("m1").SetState("CONCLUDED").Exec(ctx)
		})
		if _, err := b.send(b.ctx, names[3]); err != nil {
			t.Fatal(err)
		}
		if a := b.get(t, names[3]); a.GetState() != placardv1.Announcement_CANCELLED {
			t.Errorf("after the meeting: %v", a)
		}
	})
}

// TestReminders goes through the days before the deadlines of a meeting.
func TestReminders(t *testing.T) {
	each(t, func(t *testing.T, b bundle) {
		rule := &placardv1.Meeting{
			PhotoDeadline: "2010-01-20",
			ReminderRule:  &placardv1.Meeting_ReminderRule{CompositionDays: []int32{14, 7, 2}, PhotoDays: []int32{3}},
		}
		content := func(m *placardv1.Meeting) string {
			text, err := protojson.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		b.at(time.Date(2009, 12, 1, 9, 0, 0, 0, time.UTC))
		b.meeting(t, "m1", "OPEN", content(rule), "AUT", "EGY", "FRA", "DEU", "CHN", "MEX")
		b.meeting(t, "m2", "OPEN", "{}")
		b.meeting(t, "m3", "ANNOUNCED", content(rule))
		b.invite(t, "m1", "AUT", "STATE_PARTY", "en", "ISSUED", "one@example.org", "two@example.org")
		b.invite(t, "m1", "EGY", "STATE_PARTY", "ar", "ACCEPTED", "egy@example.org")
		b.invite(t, "m1", "FRA", "STATE_PARTY", "fr", "DECLINED", "fra@example.org")
		b.invite(t, "m1", "DEU", "STATE_PARTY", "en", "ISSUED", "deu@example.org")
		b.invite(t, "m1", "MEX", "STATE_PARTY", "es", "ISSUED")
		b.invite(t, "m2", "AUT", "STATE_PARTY", "en", "ISSUED", "one@example.org")
		b.invite(t, "m3", "AUT", "STATE_PARTY", "en", "ISSUED", "one@example.org")
		b.delegation(t, "m1", "DEU",
			member{id: "d1", email: "d1@example.org", language: "ru"}, member{id: "d2", email: "d2@example.org"},
			member{id: "d3", email: "d3@example.org"}, member{id: "d4", email: "d4@example.org"}, member{id: "d5", email: "d5@example.org"})
		link := func(id, address string, expires time.Time) {
			b.write(t, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.PhotoLink.Create().SetID(id).SetMeetingID("m1").SetEntityID("DEU").SetGeneration(1).
					SetExpireTime(expires).SetAddressKey(outbox.AddressKey(address)).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			})
		}
		end := time.Date(2010, 1, 29, 23, 0, 0, 0, time.UTC)
		link("d1", "d1@example.org", end)
		link("d2", "d2@example.org", end)
		link("d3", "former@example.org", end)                                     // went to another address
		link("d4", "d4@example.org", time.Date(2010, 1, 2, 0, 0, 0, 0, time.UTC)) // has ended
		b.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Photo.Create().SetID("d2").SetMeetingID("m1").SetEntityID("DEU").SetState("UPLOADED").SetLate(false).SetSizeBytes(1).
				SetSha256("").SetBlob("").SetAuthor("").SetUploadTime(tx.Now).SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		})

		missions := []string{"AUT/ one@example.org en", "AUT/ two@example.org en", "EGY/ egy@example.org ar"}
		all := func() map[string][]string {
			rows, err := b.store.Client().Delivery.Query().All(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string][]string{}
			for _, d := range rows {
				at := d.MeetingID + " " + d.Kind + " " + d.Source
				out[at] = append(out[at], fmt.Sprintf("%s/%s %s %s", d.EntityID, d.ParticipantID, d.Address, d.Language))
			}
			for _, lines := range out {
				slices.Sort(lines)
			}
			return out
		}
		want := map[string][]string{}
		for _, step := range []struct {
			name string
			at   time.Time
			do   func()
			more map[string][]string
		}{
			{"an hour before the first", time.Date(2010, 1, 1, 22, 0, 0, 0, time.UTC), nil, nil},
			{"the first", time.Date(2010, 1, 1, 23, 5, 0, 0, time.UTC), nil, map[string][]string{"m1 COMPOSITION_REMINDER 2010-01-15/14": missions}},
			{"ten minutes later", time.Date(2010, 1, 1, 23, 15, 0, 0, time.UTC), nil, nil},
			{"somebody is invited and was not reminded for nothing", time.Date(2010, 1, 3, 9, 0, 0, 0, time.UTC), func() {
				b.invite(t, "m1", "CHN", "STATE_PARTY", "zh", "ISSUED", "chn@example.org")
			}, nil},
			{"the second, after one has sent its composition", time.Date(2010, 1, 9, 9, 0, 0, 0, time.UTC), func() {
				b.delegation(t, "m1", "EGY", member{id: "e1"})
			}, map[string][]string{"m1 COMPOSITION_REMINDER 2010-01-15/7": {missions[0], missions[1], "CHN/ chn@example.org zh"}}},
			{"the deadline is put off: it is a new one, and fourteen days are past", time.Date(2010, 1, 10, 9, 0, 0, 0, time.UTC), func() {
				b.write(t, func(ctx context.Context, tx *store.Tx) error {
					return tx.Client.Meeting.UpdateOneID("m1").SetCompositionDeadline("2010-01-19").Exec(ctx)
				})
			}, map[string][]string{"m1 COMPOSITION_REMINDER 2010-01-19/14": {missions[0], missions[1], "CHN/ chn@example.org zh"}}},
			{"of those missed only the last, and those without a photograph", time.Date(2010, 1, 18, 9, 0, 0, 0, time.UTC), func() {
				link("d5", "d5@example.org", end) // only now
			}, map[string][]string{
				"m1 COMPOSITION_REMINDER 2010-01-19/2": {missions[0], missions[1], "CHN/ chn@example.org zh"},
				"m1 PHOTO_REMINDER 2010-01-20/3":       {"DEU/d1 d1@example.org ru"},
			}},
			{"an hour later", time.Date(2010, 1, 18, 10, 0, 0, 0, time.UTC), nil, nil},
			{"after the deadlines", time.Date(2010, 1, 21, 9, 0, 0, 0, time.UTC), nil, nil},
		} {
			b.at(step.at)
			if step.do != nil {
				step.do()
			}
			if err := b.Remind(b.ctx, job.Remind{}); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			for source, lines := range step.more {
				want[source] = slices.Sorted(slices.Values(lines))
			}
			if diff := cmp.Diff(want, all()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	})
}
