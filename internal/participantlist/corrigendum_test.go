package participantlist_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// maker makes a person with a place in the later edition and one in the base.
type maker func(id string, later, base int32, role string) *db.ParticipantVersionCreate

// listedAs is an entity as an edition has it.
type listedAs struct {
	status    string
	shortName *placardv1.LocalizedText
}

// The statuses and names of the entities of m3.
var (
	austria = &placardv1.LocalizedText{Ar: "النمسا", Zh: "奥地利", En: "Austria", Fr: "Autriche", Ru: "Австрия", Es: "Austria"}
	belgium = &placardv1.LocalizedText{Ar: "بلجيكا", Zh: "比利时", En: "Belgium", Fr: "Belgique", Ru: "Бельгия", Es: "Bélgica"}
	chile   = &placardv1.LocalizedText{Ar: "شيلي", Zh: "智利", En: "Chile", Fr: "Chili", Ru: "Чили", Es: "Chile"}
	czech   = &placardv1.LocalizedText{
		Ar: "الجمهورية التشيكية", Zh: "捷克共和国", En: "Czech Republic", Fr: "République tchèque", Ru: "Чешская Республика", Es: "República Checa",
	}
	czechia = &placardv1.LocalizedText{Ar: "تشيكيا", Zh: "捷克", En: "Czechia", Fr: "Tchéquie", Ru: "Чехия", Es: "Chequia"}
	mexico  = &placardv1.LocalizedText{Ar: "المكسيك", Zh: "墨西哥", En: "Mexico", Fr: "Mexique", Ru: "Мексика", Es: "México"}
	uruguay = &placardv1.LocalizedText{Ar: "أوروغواي", Zh: "乌拉圭", En: "Uruguay", Fr: "Uruguay", Ru: "Уругвай", Es: "Uruguay"}
)

// writeEditions makes the meeting m3 with two editions of its list: number 1 of
// the first revisions of its delegations, 2 of the second ones.
func writeEditions(t *testing.T, s *store.Store) {
	t.Helper()
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		w := world{ctx, tx}
		if err := w.meeting("m3", "OPEN"); err != nil {
			return err
		}
		content, err := protojson.Marshal(&placardv1.Meeting{
			Title: &placardv1.LocalizedText{
				Ar: "اجتماع الفريق العامل الثاني", Zh: "工作组第二次会议", En: "Second meeting of the Working Group",
				Fr: "Deuxième réunion du Groupe de travail", Ru: "Второе совещание Рабочей группы", Es: "Segunda reunión del Grupo de Trabajo",
			},
			ConveningBody: &placardv1.LocalizedText{
				Ar: "مؤتمر الأطراف", Zh: "缔约方会议", En: "Conference of the Parties", Fr: "Conférence des Parties",
				Ru: "Конференция участников", Es: "Conferencia de las Partes",
			},
			Venue: &placardv1.Meeting_Venue{City: &placardv1.LocalizedText{
				Ar: "فيينا", Zh: "维也纳", En: "Vienna", Fr: "Vienne", Ru: "Вена", Es: "Viena",
			}},
			StartDate: "2026-02-01", EndDate: "2026-02-03", TimeZone: "Europe/Vienna",
			Modality: placardv1.Meeting_IN_PERSON,
		})
		if err != nil {
			return err
		}
		editions := map[int32]int64{}
		for number := range int32(2) {
			row, err := tx.Client.ListEdition.Create().SetMeetingID("m3").SetSequence(int64(number + 1)).SetChangeTime(tx.Now).
				SetProvisional(false).SetContent(string(content)).SetSigningKey("k1").SetAuthor("accounts/secretariat").
				SetCreateTime(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			editions[number+1] = row.ID
		}
		for _, e := range []struct {
			code          string
			before, after listedAs
			persons       func(maker) []*db.ParticipantVersionCreate
		}{
			{
				"AUT", listedAs{"STATE_PARTY", austria}, listedAs{"STATE_PARTY", austria},
				func(person maker) []*db.ParticipantVersionCreate {
					head := func(latest, accepted int32) *db.ParticipantVersionCreate {
						return person("head", latest, accepted, "HEAD").SetHonorific("H.E. Ms.").SetGivenName("Eva").SetFamilyName("BEISPIEL")
					}
					return []*db.ParticipantVersionCreate{
						head(0, 1).SetNewest(false).SetFunctionalTitle("Ambasador"),
						head(1, 0).SetFunctionalTitle("Ambassador").SetOrganization("Permanent Mission"),
						person("first", 3, 2, "ADVISER").SetHonorific("Mr.").SetGivenName("Max").SetFamilyName("MUSTERMANN").SetFunctionalTitle("Counsellor"),
						person("guard", 5, 5, "SECURITY"),
						person("left", 0, 3, "EXPERT").SetHonorific("Ms.").SetGivenName("Gerda").SetFamilyName("GEGANGEN").SetFunctionalTitle("Attaché"),
						person("new", 2, 0, "ADVISER").SetHonorific("先生").SetGivenName("明").SetFamilyName("王").
							SetLatinGivenName("Ming").SetLatinFamilyName("Wang").SetFunctionalTitle("Deputy head"),
						person("last", 4, 0, "EXPERT").SetHonorific("السيد").SetGivenName("كريم").SetFamilyName("المثال").
							SetLatinGivenName("Karim").SetLatinFamilyName("Al-Mithal").SetFunctionalTitle("Expert (drafting)"),
					}
				},
			},
			{"BEL", listedAs{"STATE_PARTY", belgium}, listedAs{}, nil},
			{"CHL", listedAs{"STATE_PARTY", chile}, listedAs{"STATE_PARTY", chile},
				func(person maker) []*db.ParticipantVersionCreate {
					mover := person("mover", 3, 1, "ADVISER").SetHonorific("Sra.").SetGivenName("Ana").SetFamilyName("MOVIDA")
					other := person("other", 1, 2, "ADVISER").SetHonorific("Sr.").SetGivenName("Luis").SetFamilyName("QUIETO")
					third := person("third", 2, 3, "ADVISER").SetHonorific("Sr.").SetGivenName("Iván").SetFamilyName("TERCERO")
					fourth := person("fourth", 4, 4, "ADVISER").SetFamilyName("Quatro")
					return []*db.ParticipantVersionCreate{mover, other, third, fourth}
				}},
			{"CZE", listedAs{"STATE_PARTY", czech}, listedAs{"STATE_PARTY", czechia}, nil},
			{"MEX", listedAs{"SIGNATORY", mexico}, listedAs{"STATE_PARTY", mexico}, nil},
			{"URY", listedAs{}, listedAs{"SIGNATORY", uruguay}, nil},
			{"ZAF", listedAs{"SIGNATORY", uruguay}, listedAs{"SIGNATORY", uruguay},
				func(person maker) []*db.ParticipantVersionCreate {
					return []*db.ParticipantVersionCreate{
						person("one", 0, 1, "EXPERT").SetNewest(false), person("one", 1, 0, "ADVISER").SetModality("ONLINE"),
					}
				}},
		} {
			if err := w.entity(e.code, nil); err != nil {
				return err
			}
			if err := w.invitation("m3", e.code, "STATE_PARTY"); err != nil {
				return err
			}
			err := w.delegation("m3", e.code, "ACCEPTED", false, func(id int64) []*db.ParticipantVersionCreate {
				person := func(name string, latest, accepted int32, role string) *db.ParticipantVersionCreate {
					return w.person(id, "m3", e.code, "m3-"+strings.ToLower(e.code)+"-"+name, latest, accepted, role)
				}
				if e.persons != nil {
					return e.persons(person)
				}
				return []*db.ParticipantVersionCreate{
					person("one", 1, 1, "HEAD").SetHonorific("Mr.").SetGivenName("Head of").SetFamilyName(e.code),
					person("two", 2, 2, "ADVISER").SetHonorific("Ms.").SetGivenName("Second of").SetFamilyName(e.code).SetFunctionalTitle("Adviser"),
				}
			})
			if err != nil {
				return err
			}
			for number, as := range map[int32]listedAs{1: e.before, 2: e.after} {
				if as.status == "" {
					continue
				}
				shown, err := tx.Client.Revision.Query().
					Where(revision.MeetingID("m3"), revision.EntityID(e.code), revision.Number(number)).Only(ctx)
				if err != nil {
					return err
				}
				// Where nothing is said of persons, both editions show the same revision.
				of := shown.ID
				if e.persons == nil {
					if of, err = tx.Client.Revision.Query().Where(
						revision.MeetingID("m3"), revision.EntityID(e.code), revision.Number(1)).OnlyID(ctx); err != nil {
						return err
					}
				}
				shortName, err := protojson.Marshal(as.shortName)
				if err != nil {
					return err
				}
				err = tx.Client.ListedDelegation.Create().SetMeetingID("m3").SetEntityID(e.code).SetEditionID(editions[number]).
					SetParticipationStatus(as.status).SetShortName(string(shortName)).SetLate(false).SetRevisionID(of).
					SetPersons(int32(len(shown.Members))).Exec(ctx)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachWithEditions runs a test with the editions of m3 on both engines.
func eachWithEditions(t *testing.T, fn func(t *testing.T, svc *participantlist.Service)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		writeEditions(t, s)
		fn(t, participantlist.New(participantlist.Config{Store: s, Office: document.NewOffice("no-such-office")}))
	}, storetest.At(now))
}

func TestCompareParticipantLists(t *testing.T) {
	eachWithEditions(t, func(t *testing.T, svc *participantlist.Service) {
		ctx := access.With(t.Context(), secretariat)
		got, err := svc.CompareParticipantLists(ctx, &placardv1.CompareParticipantListsRequest{
			Name: "meetings/m3/participantList", BaseSequence: 1, Sequence: 2, Language: "es",
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.GetName() != "meetings/m3/participantList" || got.GetBaseSequence() != 1 || got.GetSequence() != 2 || got.GetLanguage() != "es" {
			t.Errorf("%s %d %d %s", got.GetName(), got.GetBaseSequence(), got.GetSequence(), got.GetLanguage())
		}
		want := []string{
			"AUT Austria STATE_PARTY",
			"+new +last", "~head functionalTitle,organization", "-left",
			"BEL Bélgica STATE_PARTY", "-one -two",
			"CZE Chequia STATE_PARTY, was República Checa",
			"CHL Chile STATE_PARTY", "~mover order",
			"MEX México STATE_PARTY, was SIGNATORY",
			"URY Uruguay SIGNATORY", "+one +two",
			"ZAF Uruguay SIGNATORY", "~one role,modality",
		}
		if diff := cmp.Diff(want, summary(got)); diff != "" {
			t.Error(diff)
		}
		austria := got.GetDelegations()[0]
		head := &placardv1.ParticipantListDifference_Correction{
			Before: &placardv1.ParticipantList_Person{
				Participant: "meetings/m3/delegations/AUT/participants/m3-aut-head", Honorific: "H.E. Ms.", DisplayName: "Eva BEISPIEL",
				FunctionalTitle: "Ambasador", Role: placardv1.Participant_HEAD, Modality: placardv1.Participant_IN_PERSON,
			},
			After: &placardv1.ParticipantList_Person{
				Participant: "meetings/m3/delegations/AUT/participants/m3-aut-head", Honorific: "H.E. Ms.", DisplayName: "Eva BEISPIEL",
				FunctionalTitle: "Ambassador", Organization: "Permanent Mission",
				Role: placardv1.Participant_HEAD, Modality: placardv1.Participant_IN_PERSON,
			},
			Fields: []string{"functionalTitle", "organization"},
		}
		if diff := cmp.Diff(head, austria.GetCorrected()[0], protocmp.Transform()); diff != "" {
			t.Error(diff)
		}

		t.Run("nothing differs from itself", func(t *testing.T) {
			got, err := svc.CompareParticipantLists(ctx, &placardv1.CompareParticipantListsRequest{
				Name: "meetings/m3/participantList", BaseSequence: 2, Sequence: 2,
			})
			if err != nil || len(got.GetDelegations()) > 0 {
				t.Errorf("%v, %v", got, err)
			}
		})
		t.Run("the base is an edition", func(t *testing.T) {
			for _, sequence := range []int64{0, 1} {
				_, err := svc.CompareParticipantLists(ctx, &placardv1.CompareParticipantListsRequest{
					Name: "meetings/m3/participantList", BaseSequence: 3, Sequence: sequence,
				})
				wantReason(t, err, grpccodes.NotFound, "NOT_FOUND")
			}
		})
	})
}

// TestCompareLarge has an edition with nobody on it, and then 12,000 persons come.
func TestCompareLarge(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite, storetest.At(now))
	write(t, s)
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.ListEdition.Create().SetMeetingID("m1").SetSequence(1).SetChangeTime(tx.Now).SetProvisional(false).
			SetContent("{}").SetSigningKey("k1").SetAuthor("accounts/secretariat").SetCreateTime(tx.Now).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	crowd(t, s, 40, 300)
	svc := participantlist.New(participantlist.Config{Store: s})
	ctx := access.With(t.Context(), secretariat)
	_, err = svc.CompareParticipantLists(ctx, &placardv1.CompareParticipantListsRequest{
		Name: "meetings/m1/participantList", BaseSequence: 1,
	})
	wantReason(t, err, grpccodes.FailedPrecondition, "DIFFERENCE_TOO_LARGE")
	out := &stream{ctx: ctx}
	if err := svc.ExportCorrigendum(&placardv1.ExportCorrigendumRequest{Name: "meetings/m1/participantList", BaseSequence: 1}, out); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(strings.Join(paragraphs(t, out.content()), "\n"), "EntryDetail: Counsellor"); got != 12_000 {
		t.Errorf("%d persons are to be added", got)
	}
}

// summary is a difference in words.
func summary(d *placardv1.ParticipantListDifference) []string {
	short := func(participant string) string { return participant[strings.LastIndexByte(participant, '-')+1:] }
	var out []string
	for _, d := range d.GetDelegations() {
		line := strings.TrimPrefix(d.GetEntity(), "entities/") + " " + d.GetEntityName().GetText() + " " + d.GetParticipationStatus().String()
		if before := d.GetEntityNameBefore().GetText(); before != "" {
			line += ", was " + before
		}
		if before := d.GetParticipationStatusBefore(); before != 0 {
			line += ", was " + before.String()
		}
		var persons []string
		for _, p := range d.GetAdded() {
			persons = append(persons, "+"+short(p.GetParticipant()))
		}
		if len(persons) > 0 {
			out, line = append(out, line), strings.Join(persons, " ")
		}
		for _, p := range d.GetCorrected() {
			out, line = append(out, line), "~"+short(p.GetAfter().GetParticipant())+" "+strings.Join(p.GetFields(), ",")
		}
		persons = nil
		for _, p := range d.GetRemoved() {
			persons = append(persons, "-"+short(p.GetParticipant()))
		}
		if len(persons) > 0 {
			out, line = append(out, line), strings.Join(persons, " ")
		}
		out = append(out, line)
	}
	return out
}

func wantReason(t *testing.T, err error, code grpccodes.Code, reason string) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Code != code || f.Reason != reason {
		t.Errorf("got %v, want %s", err, reason)
	}
}

// correct reads a corrigendum of m3 from the first edition to the second.
func correct(t *testing.T, svc *participantlist.Service, req *placardv1.ExportCorrigendumRequest) *stream {
	t.Helper()
	req.Name, req.BaseSequence, req.Sequence = "meetings/m3/participantList", 1, 2
	out := &stream{ctx: access.With(t.Context(), secretariat)}
	if err := svc.ExportCorrigendum(req, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExportCorrigendum(t *testing.T) {
	eachWithEditions(t, func(t *testing.T, svc *participantlist.Service) {
		out := correct(t, svc, &placardv1.ExportCorrigendumRequest{
			Language: "en", Symbol: "CTOC/COP/WG.4/2026/INF/1/Corr.1", Date: "2026-01-15",
		})
		want := []string{
			"MastheadOrganization: United Nations", "MastheadSymbol: CTOC/COP/WG.4/2026/INF/1/Corr.1",
			"MastheadBody: Conference of the Parties", "MastheadNote: Distr.: General", "MastheadNote: 15 January 2026", "MastheadNote: English",
			"Subtitle: Second meeting of the Working Group", "Subtitle: Vienna, 1–3 February 2026",
			"Title: List of participants", "Subtitle: Corrigendum",
			"Heading1: States parties",
			"Heading2: AUSTRIA",
			"Instruction: Add after H.E. Ms. Eva BEISPIEL",
			"EntryName: 先生 王明 (Ming Wang)", "EntryDetail: Deputy head",
			"Instruction: Add",
			"EntryName: السيد كريم المثال\u200e (Karim Al-Mithal)", "EntryDetail: Expert (drafting)",
			"Instruction: For",
			"EntryName: H.E. Ms. Eva BEISPIEL, Head of delegation", "EntryDetail: Ambasador",
			"Instruction: read",
			"EntryName: H.E. Ms. Eva BEISPIEL, Head of delegation", "EntryDetail: Ambassador, Permanent Mission",
			"Instruction: Delete",
			"EntryName: Ms. Gerda GEGANGEN", "EntryDetail: Attaché",
			"Heading2: BELGIUM",
			"Instruction: Delete the entire entry",
			"Entry: Mr. Head of BEL, Head of delegation",
			"EntryName: Ms. Second of BEL", "EntryDetail: Adviser",
			"Heading2: CHILE",
			"Instruction: Place after Sr. Iván TERCERO", "Entry: Sra. Ana MOVIDA",
			"Heading2: CZECHIA",
			"Instruction: For", "EntryName: CZECH REPUBLIC", "Instruction: read", "Entry: CZECHIA",
			"Heading2: MEXICO",
			"Entry: Transfer this entry from “Signatories” to “States parties”.",
			"Heading1: Signatories",
			"Heading2: URUGUAY",
			"Instruction: Add the entire entry",
			"Entry: Mr. Head of URY, Head of delegation",
			"EntryName: Ms. Second of URY", "EntryDetail: Adviser",
		}
		if diff := cmp.Diff(want, paragraphs(t, out.content())); diff != "" {
			t.Error(diff)
		}
		if got := out.header.Get("content-disposition"); len(got) != 1 || got[0] != `attachment; filename="corrigendum-m3-en.docx"` {
			t.Errorf("content disposition %q", got)
		}

		t.Run("without a symbol it says that it is a corrigendum", func(t *testing.T) {
			got := strings.Join(paragraphs(t, correct(t, svc, &placardv1.ExportCorrigendumRequest{Language: "fr"}).content()), "\n")
			for _, want := range []string{
				"Title: Liste des participants\nSubtitle: Rectificatif\n", "MastheadNote: 10 janvier 2026", "MastheadSymbol: \n",
				"Entry: Transférer cette rubrique de la section «\u00a0Signataires\u00a0» à la section «\u00a0États parties\u00a0».",
			} {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
		})
		t.Run("nothing to correct", func(t *testing.T) {
			for _, format := range []placardv1.ExportCorrigendumRequest_Format{placardv1.ExportCorrigendumRequest_DOCX, placardv1.ExportCorrigendumRequest_PDF} {
				out := &stream{ctx: access.With(t.Context(), secretariat)}
				err := svc.ExportCorrigendum(&placardv1.ExportCorrigendumRequest{
					Name: "meetings/m3/participantList", BaseSequence: 2, Sequence: 2, Format: format,
				}, out)
				wantReason(t, err, grpccodes.FailedPrecondition, "LISTS_EQUAL")
				if len(out.chunks) > 0 || len(out.header) > 0 {
					t.Error("a file has begun")
				}
			}
		})
		t.Run("PDF where there is no LibreOffice", func(t *testing.T) {
			out := &stream{ctx: access.With(t.Context(), secretariat)}
			err := svc.ExportCorrigendum(&placardv1.ExportCorrigendumRequest{
				Name: "meetings/m3/participantList", BaseSequence: 1, Sequence: 2, Format: placardv1.ExportCorrigendumRequest_PDF,
			}, out)
			wantReason(t, err, grpccodes.FailedPrecondition, "PDF_UNAVAILABLE")
			if len(out.chunks) > 0 || len(out.header) > 0 {
				t.Error("a file has begun")
			}
		})
	})
}

// TestCorrigendumPages looks at the pages that LibreOffice makes. It is left out
// as TestPages is.
func TestCorrigendumPages(t *testing.T) {
	needPages(t)
	s := storetest.Open(t, storetest.SQLite, storetest.At(now))
	writeEditions(t, s)
	svc := participantlist.New(participantlist.Config{Store: s, Office: document.NewOffice("")})
	for language, want := range map[string]struct {
		rtl bool
		// head is the first line of the part, words are in this order.
		head  string
		words []string
	}{
		"en": {false, "States parties", []string{
			"United Nations", "INF/1/Corr.1", "Distr.: General", "List of participants", "Corrigendum", "States parties",
			"AUSTRIA", "Add after H.E. Ms. Eva BEISPIEL", "王明 (Ming Wang)", "Deputy head", "Add", "Karim Al-Mithal",
			"For", "Ambasador", "read", "Ambassador, Permanent Mission", "Delete", "GEGANGEN",
			"BELGIUM", "Delete the entire entry", "Head of BEL", "CHILE", "Place after Sr. Iván TERCERO", "Ana MOVIDA",
			"CZECHIA", "For", "CZECH REPUBLIC", "read", "CZECHIA", "MEXICO", "Transfer this entry from “Signatories” to “States parties”.",
			"Signatories", "URUGUAY", "Add the entire entry", "Head of URY",
		}},
		"es": {false, "Estados parte", []string{
			"Naciones Unidas", "INF/1/Corr.1", "Lista de participantes", "Corrección", "Estados parte",
			"AUSTRIA", "Añádase después de “H.E. Ms. Eva BEISPIEL”", "王明", "Añádase", "Karim Al-Mithal",
			"Donde dice", "Ambasador", "debe decir", "Ambassador", "Suprímase", "GEGANGEN",
			"BÉLGICA", "Suprímase la entrada completa", "CHEQUIA", "Donde dice", "REPÚBLICA CHECA", "debe decir", "CHEQUIA",
			"CHILE", "Colóquese después de “Sr. Iván TERCERO”", "MÉXICO", "Signatarios", "URUGUAY", "Añádase la entrada completa",
		}},
		"fr": {false, "États parties", []string{
			"Rectificatif", "AUTRICHE", "Ajouter après", "Ajouter", "Au lieu de", "lire", "Supprimer", "BELGIQUE",
		}},
		"ru": {false, "Государства-участники", []string{
			"Исправление", "АВСТРИЯ", "Добавить после записи «H.E. Ms. Eva BEISPIEL»", "Вместо", "читать", "Исключить", "БЕЛЬГИЯ",
		}},
		// Words without lam-alef, which PDF turns around.
		"ar": {true, "الدول", []string{"المتحدة", "Distr.: General", "قائمة", "BEL", "TERCERO", "BEISPIEL", "Ambasador", "GEGANGEN", "URY"}},
		"zh": {false, "缔约国", []string{
			"联合国", "INF/1/Corr.1", "与会者名单", "更正", "缔约国", "奥地利", "Eva BEISPIEL", "之后增加：", "王明（Ming Wang）", "增加：",
			"将下列内容：", "Ambasador", "改为：", "Ambassador", "删去：", "GEGANGEN", "比利时", "删去整个条目：",
			"将下列内容：", "捷克共和国", "改为：", "捷克", "将本条目由“签署国”移至“缔约国”。", "签署国", "乌拉圭", "增加整个条目：",
		}},
	} {
		t.Run(language, func(t *testing.T) {
			out := correct(t, svc, &placardv1.ExportCorrigendumRequest{
				Language: language, Symbol: "INF/1/Corr.1", Format: placardv1.ExportCorrigendumRequest_PDF,
			})
			if !bytes.HasPrefix(out.content(), []byte("%PDF-")) || out.chunks[0].GetContentType() != "application/pdf" {
				t.Fatalf("%s: %.20q", out.chunks[0].GetContentType(), out.content())
			}
			file := filepath.Join(t.TempDir(), "corrigendum.pdf")
			if err := os.WriteFile(file, out.content(), 0o600); err != nil {
				t.Fatal(err)
			}
			text := pdftotext(t, file)
			rest := text
			for _, word := range want.words {
				_, after, found := strings.Cut(rest, word)
				if !found {
					t.Fatalf("%q is missing, or not behind what was before:\n%s", word, text)
				}
				rest = after
			}
			if left, width := position(t, file, strings.Fields(want.head)[0]); (left > width/2) != want.rtl {
				t.Errorf("%q stands at %.0f of %.0f", want.head, left, width)
			}
		})
	}
}
