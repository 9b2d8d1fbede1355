package meetingdocument

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/blob"
)

func version(language, uri string) *placardv1.Document_Version {
	return &placardv1.Document_Version{Language: language, Uri: uri}
}

func stored(languages ...string) []*db.DocumentVersion {
	var out []*db.DocumentVersion
	for _, l := range languages {
		out = append(out, &db.DocumentVersion{Language: l, MediaType: "application/pdf", SizeBytes: 1, Sha256: "00", Blob: l})
	}
	return out
}

func TestCheck(t *testing.T) {
	for name, x := range map[string]struct {
		document *placardv1.Document
		want     []string
	}{
		"nothing":           {&placardv1.Document{}, nil},
		"addresses":         {&placardv1.Document{Versions: []*placardv1.Document_Version{version("en", "https://x"), version("ar", "https://x")}}, nil},
		"a stored file":     {&placardv1.Document{Versions: []*placardv1.Document_Version{version("es", "")}}, nil},
		"neither":           {&placardv1.Document{Versions: []*placardv1.Document_Version{version("en", "")}}, []string{"document.versions[0].uri REQUIRED"}},
		"a language twice":  {&placardv1.Document{Versions: []*placardv1.Document_Version{version("es", ""), version("es", "")}}, []string{"document.versions[1].language DUPLICATE_LANGUAGE"}},
		"topics":            {&placardv1.Document{AgendaTopics: []int32{1, 2}}, nil},
		"a topic too far":   {&placardv1.Document{AgendaTopics: []int32{1, 3}}, []string{"document.agenda_topics[1] AGENDA_TOPIC_UNKNOWN"}},
		"all that is wrong": {&placardv1.Document{AgendaTopics: []int32{9}, Versions: []*placardv1.Document_Version{version("fr", "")}}, []string{"document.agenda_topics[0] AGENDA_TOPIC_UNKNOWN", "document.versions[0].uri REQUIRED"}},
	} {
		var got []string
		for _, v := range check(x.document, stored("es"), 2) {
			got = append(got, v.Field+" "+v.Reason)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}

func TestVersionsOf(t *testing.T) {
	versions, missing := versionsOf([]*placardv1.Document_Version{version("fr", "https://fr"), version("en", "https://en")}, stored("en", "ar"))
	want := []*placardv1.Document_Version{
		{Language: "ar", MediaType: "application/pdf", SizeBytes: 1, Sha256: "00"},
		{Language: "en", Uri: "https://en", MediaType: "application/pdf", SizeBytes: 1, Sha256: "00"},
		{Language: "fr", Uri: "https://fr"},
	}
	if diff := cmp.Diff(want, versions, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(missing, []string{"zh", "ru", "es"}) {
		t.Errorf("missing %v", missing)
	}
	kept, dropped := divide(stored("en", "ar"), versions[1:])
	if len(kept) != 1 || kept[0].Language != "en" || len(dropped) != 1 || dropped[0].Language != "ar" {
		t.Errorf("kept %v, dropped %v", kept, dropped)
	}
}

func TestFileName(t *testing.T) {
	for _, x := range []struct {
		symbol, language string
		kind             blob.Kind
		want             string
	}{
		{"CTOC/COP/WG.4/2010/1", "en", blob.PDF, "CTOC_COP_WG.4_2010_1-E.pdf"},
		{"CTOC/COP/WG.4/2010/1/Add.1", "zh", blob.DOCX, "CTOC_COP_WG.4_2010_1_Add.1-C.docx"},
		{"A/..../1 (Part I)", "ar", blob.PDF, "A_...._1 (Part I)-A.pdf"},
		{"CON", "ru", blob.PDF, "CON-R.pdf"},
	} {
		if got := fileName(x.symbol, x.language, x.kind); got != x.want {
			t.Errorf("%s: %s, want %s", x.symbol, got, x.want)
		}
	}
}
