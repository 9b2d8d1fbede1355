package participantlist_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

var (
	now         = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	secretariat = access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat"}
	reader      = access.Principal{Role: placardv1.Access_READER, Account: "accounts/reader"}
)

func mission(code string) access.Principal {
	return access.Principal{Role: placardv1.Access_MISSION, Entity: code}
}

// world writes what the tests read.
type world struct {
	ctx context.Context
	tx  *store.Tx
}

func (w world) entity(code string, shortName *placardv1.LocalizedText) error {
	names, err := protojson.Marshal(&placardv1.Entity{ShortName: shortName})
	if err != nil {
		return err
	}
	return w.tx.Client.Entity.Create().SetID(code).SetKind("STATE").SetNames(string(names)).
		SetCreateTime(w.tx.Now).SetUpdateTime(w.tx.Now).Exec(w.ctx)
}

func (w world) meeting(id, state string) error {
	content, err := protojson.Marshal(&placardv1.Meeting{
		Title: &placardv1.LocalizedText{En: "Second meeting", Es: "Segunda reunión"},
	})
	if err != nil {
		return err
	}
	return w.tx.Client.Meeting.Create().SetID(id).SetState(state).SetStartDate("2026-02-01").
		SetEndDate("2026-02-03").SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").
		SetModality("IN_PERSON").SetContent(string(content)).SetCreateTime(w.tx.Now).SetUpdateTime(w.tx.Now).Exec(w.ctx)
}

func (w world) invitation(meeting, entity, status string) error {
	return w.tx.Client.Invitation.Create().SetMeetingID(meeting).SetEntityID(entity).SetState("ISSUED").
		SetParticipationStatus(status).SetLanguage("en").SetChannel("PERMANENT_MISSION").
		SetCreateTime(w.tx.Now).SetUpdateTime(w.tx.Now).Exec(w.ctx)
}

// delegation has two revisions, with the persons that stand in them: the
// accepted one, whose lateness is given, and a later one that is late.
func (w world) delegation(
	meeting, entity, state string, acceptedLate bool, persons func(delegation int64) []*db.ParticipantVersionCreate,
) error {
	row, err := w.tx.Client.Delegation.Create().SetMeetingID(meeting).SetEntityID(entity).SetState(state).
		SetLatestRevision(2).SetAcceptedRevision(1).SetParticipantCount(1).SetLate(true).SetSubmitTime(w.tx.Now).
		SetChannel("API").SetCreateTime(w.tx.Now).SetUpdateTime(w.tx.Now).Save(w.ctx)
	if err != nil {
		return err
	}
	versions, err := w.tx.Client.ParticipantVersion.CreateBulk(persons(row.ID)...).Save(w.ctx)
	if err != nil {
		return err
	}
	for i, revision := range []struct {
		state string
		late  bool
		order func(*db.ParticipantVersion) int32
	}{
		{"ACCEPTED", acceptedLate, func(v *db.ParticipantVersion) int32 { return v.AcceptedOrder }},
		{"SUBMITTED", true, func(v *db.ParticipantVersion) int32 { return v.LatestOrder }},
	} {
		err := w.tx.Client.Revision.Create().SetDelegationID(row.ID).SetMeetingID(meeting).SetEntityID(entity).
			SetNumber(int32(i + 1)).SetState(revision.state).SetSelfAccepted(false).SetLate(revision.late).
			SetAuthor("entities/" + entity).SetChannel("API").SetMembers(members(versions, revision.order)).
			SetReceiveTime(w.tx.Now).SetCreateTime(w.tx.Now).Exec(w.ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// members are the ids of the versions with a place, by their places.
func members(versions []*db.ParticipantVersion, place func(*db.ParticipantVersion) int32) []int64 {
	sorted := slices.SortedFunc(slices.Values(versions), func(a, b *db.ParticipantVersion) int {
		return int(place(a) - place(b))
	})
	out := []int64{}
	for _, v := range sorted {
		if place(v) > 0 {
			out = append(out, v.ID)
		}
	}
	return out
}

// person stands at the places `latest` and `accepted`.
func (w world) person(delegation int64, meeting, entity, id string, latest, accepted int32, role string) *db.ParticipantVersionCreate {
	return w.tx.Client.ParticipantVersion.Create().SetMeetingID(meeting).SetEntityID(entity).SetDelegationID(delegation).
		SetParticipantID(id).SetRevision(1).SetLatestOrder(latest).SetAcceptedOrder(accepted).SetNewest(true).
		SetRole(role).SetModality("IN_PERSON").SetFamilyName(id).SetSearchKey(id).SetEmail(id + "@example.org").
		SetPersonCreateTime(w.tx.Now).SetCreateTime(w.tx.Now)
}

// write makes the meetings m1, with delegations of five States and an
// organization, and m2, a draft.
func write(t *testing.T, s *store.Store) {
	t.Helper()
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		w := world{ctx, tx}
		if err := w.meeting("m1", "OPEN"); err != nil {
			return err
		}
		if err := w.meeting("m2", "DRAFT"); err != nil {
			return err
		}
		for _, e := range []struct {
			code, state, status string
			late                bool
			name                *placardv1.LocalizedText
		}{
			{"AUT", "ACCEPTED", "STATE_PARTY", false, &placardv1.LocalizedText{En: "Austria", Fr: "Autriche", Es: "Austria", Ar: "النمسا"}},
			{"DEU", "SUBMITTED", "STATE_PARTY", true, &placardv1.LocalizedText{En: "Germany", Fr: "Allemagne", Es: "Alemania", Ar: "ألمانيا"}},
			{"EGY", "ACCEPTED", "STATE_PARTY", false, &placardv1.LocalizedText{En: "Egypt", Fr: "Égypte", Es: "Egipto", Ar: "مصر"}},
			{"ESP", "ACCEPTED", "STATE_PARTY", false, &placardv1.LocalizedText{En: "Spain", Fr: "Espagne", Es: "España", Ar: "إسبانيا"}},
			{"MEX", "ACCEPTED", "SIGNATORY", false, &placardv1.LocalizedText{En: "Mexico", Fr: "Mexique", Es: "México", Ar: "المكسيك"}},
			{"WHO", "ACCEPTED", "SPECIALIZED_AGENCY", false, &placardv1.LocalizedText{En: "World Health Organization"}},
			{"COL", "WITHDRAWN", "STATE_PARTY", false, &placardv1.LocalizedText{En: "Colombia"}},
			{"CHL", "ACCEPTED", "STATE_PARTY", false, &placardv1.LocalizedText{En: "Chile"}},
		} {
			if err := w.entity(e.code, e.name); err != nil {
				return err
			}
			if err := w.invitation("m1", e.code, e.status); err != nil {
				return err
			}
			err := w.delegation("m1", e.code, e.state, e.late, func(id int64) []*db.ParticipantVersionCreate {
				person := func(name string, latest, accepted int32, role string) *db.ParticipantVersionCreate {
					return w.person(id, "m1", e.code, strings.ToLower(e.code)+"-"+name, latest, accepted, role)
				}
				switch e.code {
				case "AUT":
					// The head does not come first, a pass stands between, and one
					// person waits for review.
					return []*db.ParticipantVersionCreate{
						person("third", 3, 3, "HEAD").SetHonorific("H.E. Ms.").SetGivenName("Eva").SetFamilyName("=HYPERLINK(1)").
							SetFunctionalTitle("Ambassador, \"Permanent\" Representative").SetOrganization("Ministry"),
						person("first", 1, 1, "ADVISER").SetGivenName("明").SetFamilyName("王").
							SetLatinGivenName("Ming").SetLatinFamilyName("Wang").SetModality("ONLINE"),
						person("second", 2, 2, "SECURITY"),
						person("waits", 4, 0, "EXPERT"),
					}
				case "CHL":
					return []*db.ParticipantVersionCreate{person("pass", 1, 1, "INTERPRETER"), person("other", 2, 2, "TECHNICAL")}
				default:
					return []*db.ParticipantVersionCreate{person("one", 1, 1, "REPRESENTATIVE")}
				}
			})
			if err != nil {
				return err
			}
		}
		tx.Record(store.Change{Verb: "announce", Type: name.TypeMeeting, Resource: "meetings/m1", Revision: 1, Meeting: "m1"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func each(t *testing.T, fn func(t *testing.T, svc *participantlist.Service, s *store.Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s)
		fn(t, newService(t, s, document.NewOffice("no-such-office")), s)
	}, storetest.At(now))
}

func newService(t *testing.T, s *store.Store, office *document.Office) *participantlist.Service {
	t.Helper()
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	sec := secret.New()
	pages, err := page.NewCodec(sec)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.New(seal.Config{Store: s, Secret: sec})
	if err != nil {
		t.Fatal(err)
	}
	// The first key is a change, which others would count.
	if _, err := signer.Active(access.With(t.Context(), secretariat)); err != nil {
		t.Fatal(err)
	}
	return participantlist.New(participantlist.Config{
		Store: s, Contract: contract, Office: office, Pages: pages, Signer: signer,
		Runner: longrunning.New(longrunning.Config{Store: s}),
	})
}

func get(t *testing.T, svc *participantlist.Service, p access.Principal, req *placardv1.GetParticipantListRequest) *placardv1.ParticipantList {
	t.Helper()
	req.Name = "meetings/m1/participantList"
	list, err := svc.GetParticipantList(access.With(t.Context(), p), req)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// codes are the entities of a list, each part after its heading.
func codes(list *placardv1.ParticipantList) string {
	var out []string
	for _, p := range list.GetParts() {
		out = append(out, p.GetHeading()+":")
		for _, d := range p.GetDelegations() {
			out = append(out, strings.TrimPrefix(d.GetEntity(), "entities/"))
		}
	}
	return strings.Join(out, " ")
}

func TestGetParticipantList(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		for language, want := range map[string]string{
			"en": "States parties: AUT EGY DEU ESP Signatories: MEX Specialized agencies: WHO",
			"fr": "États parties: DEU AUT EGY ESP Signataires: MEX Institutions spécialisées: WHO",
			"es": "Estados parte: DEU AUT EGY ESP Signatarios: MEX Organismos especializados: WHO",
			"ar": "الدول الأطراف: ESP DEU EGY AUT الدول الموقِّعة: MEX الوكالات المتخصصة: WHO",
		} {
			t.Run("in "+language, func(t *testing.T) {
				list := get(t, svc, secretariat, &placardv1.GetParticipantListRequest{Language: language})
				if got := codes(list); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if list.GetLanguage() != language || list.GetDelegationCount() != 6 || list.GetPersonCount() != 7 {
					t.Errorf("language %s, %d delegations, %d persons", list.GetLanguage(), list.GetDelegationCount(), list.GetPersonCount())
				}
			})
		}
	})
}

func TestGetParticipantListContent(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		want := &placardv1.ParticipantList{
			Name:     "meetings/m1/participantList",
			Title:    &placardv1.ShownText{Text: "Second meeting", Language: "en", Fallback: true},
			Language: "fr",
			Parts: []*placardv1.ParticipantList_Part{{
				ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
				Heading:             "États parties",
				Delegations: []*placardv1.ParticipantList_Delegation{{
					Entity:     "entities/AUT",
					EntityName: &placardv1.ShownText{Text: "Autriche", Language: "fr"},
					Late:       proto.Bool(false),
					Persons: []*placardv1.ParticipantList_Person{
						{
							Participant: "meetings/m1/delegations/AUT/participants/aut-first",
							DisplayName: "王明", LatinName: "Ming Wang",
							Role: placardv1.Participant_ADVISER, Modality: placardv1.Participant_ONLINE,
						},
						{
							Participant: "meetings/m1/delegations/AUT/participants/aut-third", Honorific: "H.E. Ms.",
							DisplayName: "Eva =HYPERLINK(1)", FunctionalTitle: "Ambassador, \"Permanent\" Representative",
							Organization: "Ministry", Role: placardv1.Participant_HEAD, Modality: placardv1.Participant_IN_PERSON,
						},
					},
				}},
			}},
			DelegationCount: 1,
			PersonCount:     2,
			CreateTime:      timestamppb.New(now),
			Entity:          proto.String("entities/AUT"),
		}
		t.Run("a mission gets its own part", func(t *testing.T) {
			got := get(t, svc, mission("AUT"), &placardv1.GetParticipantListRequest{Language: "fr"})
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("the provisional list has who waits for review", func(t *testing.T) {
			got := get(t, svc, mission("AUT"), &placardv1.GetParticipantListRequest{Provisional: true})
			persons := got.GetParts()[0].GetDelegations()[0].GetPersons()
			if !got.GetProvisional() || len(persons) != 3 || persons[2].GetRole() != placardv1.Participant_EXPERT {
				t.Errorf("unexpected list: %v", got)
			}
		})
		t.Run("late is the composition that is shown", func(t *testing.T) {
			for provisional, want := range map[bool]string{true: "AUT DEU EGY ESP MEX WHO", false: "DEU"} {
				var late []string
				for _, code := range []string{"AUT", "DEU", "EGY", "ESP", "MEX", "WHO"} {
					list := get(t, svc, mission(code), &placardv1.GetParticipantListRequest{Provisional: provisional})
					if list.GetParts()[0].GetDelegations()[0].GetLate() {
						late = append(late, code)
					}
				}
				if got := strings.Join(late, " "); got != want {
					t.Errorf("provisional %t: late are %s, want %s", provisional, got, want)
				}
			}
		})
		t.Run("a reader never gets who waits for review", func(t *testing.T) {
			if list := get(t, svc, reader, &placardv1.GetParticipantListRequest{Provisional: true}); list.GetPersonCount() > 0 {
				t.Errorf("there is one: %v", list)
			}
		})
	})
}

func TestGetParticipantListLanguage(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		for _, test := range []struct {
			accept    []string
			named     string
			want      string
			ofMeeting string
		}{
			{nil, "", "en", "Second meeting"},
			{[]string{"es", "fr"}, "", "es", "Segunda reunión"},
			{[]string{"fr", "es"}, "", "fr", "Segunda reunión"},
			{[]string{"fr"}, "es", "es", "Segunda reunión"},
		} {
			ctx := locale.With(access.With(t.Context(), reader), test.accept)
			list, err := svc.GetParticipantList(ctx, &placardv1.GetParticipantListRequest{
				Name: "meetings/m1/participantList", Language: test.named,
			})
			if err != nil {
				t.Fatal(err)
			}
			if list.GetLanguage() != test.want || list.GetTitle().GetText() != test.ofMeeting {
				t.Errorf("%v, %q: %s, %v", test.accept, test.named, list.GetLanguage(), list.GetTitle())
			}
		}
	})
}

func TestGetParticipantListNotFound(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		for _, test := range []struct {
			name string
			p    access.Principal
			list string
		}{
			{"no such meeting", secretariat, "meetings/m3/participantList"},
			{"a draft, for a reader", reader, "meetings/m2/participantList"},
			{"not invited", mission("FRA"), "meetings/m1/participantList"},
			{
				"another meeting than the bound one",
				access.Principal{Role: placardv1.Access_SECRETARIAT, Account: "accounts/b", Meetings: []string{"m2"}},
				"meetings/m1/participantList",
			},
		} {
			t.Run(test.name, func(t *testing.T) {
				ctx := access.With(t.Context(), test.p)
				_, err := svc.GetParticipantList(ctx, &placardv1.GetParticipantListRequest{Name: test.list})
				if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
					t.Errorf("get: %v", err)
				}
				err = svc.ExportParticipantList(&placardv1.ExportParticipantListRequest{Name: test.list}, &stream{ctx: ctx})
				if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" {
					t.Errorf("export: %v", err)
				}
			})
		}
	})
}

// stream collects what a method streams.
type stream struct {
	grpc.ServerStream
	ctx    context.Context
	header metadata.MD
	chunks []*httpbody.HttpBody
}

func (s *stream) Context() context.Context        { return s.ctx }
func (s *stream) SetHeader(md metadata.MD) error  { s.header = metadata.Join(s.header, md); return nil }
func (s *stream) Send(c *httpbody.HttpBody) error { s.chunks = append(s.chunks, c); return nil }

func (s *stream) content() []byte {
	var all []byte
	for _, c := range s.chunks {
		all = append(all, c.GetData()...)
	}
	return all
}

func export(t *testing.T, svc *participantlist.Service, p access.Principal, req *placardv1.ExportParticipantListRequest) *stream {
	t.Helper()
	out := &stream{ctx: access.With(t.Context(), p)}
	if err := svc.ExportParticipantList(req, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExportParticipantList(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		out := export(t, svc, mission("AUT"), &placardv1.ExportParticipantListRequest{
			Name: "meetings/m1/participantList", Language: "es",
		})
		want := "\ufeff" +
			"Condición de participación,Código de la entidad,Entidad,Orden,Tratamiento,Nombre," +
			"Nombre en caracteres latinos,Cargo,Organismo,Función,Modalidad\r\n" +
			"Estados parte,AUT,Austria,1,,王明,Ming Wang,,,Asesor/a,En línea\r\n" +
			"Estados parte,AUT,Austria,2,H.E. Ms.,Eva =HYPERLINK(1),," +
			"\"Ambassador, \"\"Permanent\"\" Representative\",Ministry,Jefe/a de delegación,Presencial\r\n"
		if diff := cmp.Diff(want, string(out.content())); diff != "" {
			t.Error(diff)
		}
		if got := out.chunks[0].GetContentType(); got != "text/csv; charset=utf-8" {
			t.Errorf("content type %q", got)
		}
		want = `attachment; filename="participants-m1-es.csv"`
		if got := out.header.Get("content-disposition"); len(got) != 1 || got[0] != want {
			t.Errorf("content disposition %q", got)
		}
	})
}

// The file has the persons of the message, in the same order, and no others.
func TestExportParticipantListLarge(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, s *store.Store) {
		err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			w := world{ctx, tx}
			for i := range 9 {
				code := fmt.Sprintf("NGO%d", i)
				if err := w.entity(code, &placardv1.LocalizedText{En: fmt.Sprintf("@ Organization %d", 9-i)}); err != nil {
					return err
				}
				if err := w.invitation("m1", code, "NGO"); err != nil {
					return err
				}
				err := w.delegation("m1", code, "ACCEPTED", false, func(id int64) []*db.ParticipantVersionCreate {
					var persons []*db.ParticipantVersionCreate
					for n := range int32(300) {
						persons = append(persons,
							w.person(id, "m1", code, fmt.Sprintf("p%d-%d", i, n), n+1, 300-n, "OBSERVER").SetOrganization("-"))
					}
					return persons
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		list := get(t, svc, reader, &placardv1.GetParticipantListRequest{})
		for _, p := range list.GetParts() {
			for _, d := range p.GetDelegations() {
				for _, person := range d.GetPersons() {
					want = append(want, person.GetDisplayName())
				}
			}
		}
		out := export(t, svc, reader, &placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList"})
		rows, err := csv.NewReader(bytes.NewReader(out.content())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range rows[1:] {
			got = append(got, row[5])
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Fatalf("%q is a formula", cell)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(got) != 2707 {
			t.Errorf("%d rows", len(got))
		}
		for i, c := range out.chunks {
			if n := len(c.GetData()); n > 130<<10 || !bytes.HasSuffix(c.GetData(), []byte("\r\n")) {
				t.Errorf("chunk %d of %d bytes ends with %q", i, n, c.GetData()[n-2:])
			}
		}
		if len(out.chunks) < 2 {
			t.Error("the file is one chunk")
		}
	})
}
