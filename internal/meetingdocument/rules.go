package meetingdocument

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// writable refuses writes to a concluded meeting.
func writable(m *db.Meeting) error {
	if m.State != placardv1.Meeting_CONCLUDED.String() {
		return nil
	}
	return fault.Concluded(name.Meeting(m.ID))
}

func symbolTaken(symbol string) error {
	return fault.New(codes.AlreadyExists, "SYMBOL_TAKEN",
		fmt.Sprintf("another document of the meeting has the symbol %s", symbol), "symbol", symbol)
}

// symbolKey is by what symbols are compared and sorted: whatever their case.
func symbolKey(symbol string) string { return strings.ToUpper(symbol) }

// check answers what is wrong with a document beyond what the contract's own
// rules say. `stored` are its stored files, and `topics` is how many topics the
// agenda of the meeting has.
func check(d *placardv1.Document, stored []*db.DocumentVersion, topics int) []fault.Violation {
	var out []fault.Violation
	for i, topic := range d.GetAgendaTopics() {
		if int(topic) > topics {
			out = append(out, fault.Violation{
				Field: fmt.Sprintf("document.agenda_topics[%d]", i), Reason: "AGENDA_TOPIC_UNKNOWN",
				Message: fmt.Sprintf("is %d, and the agenda of the meeting has %d topics", topic, topics),
			})
		}
	}
	seen := map[string]int{}
	for i, v := range d.GetVersions() {
		at := fmt.Sprintf("document.versions[%d]", i)
		if first, twice := seen[v.GetLanguage()]; twice {
			out = append(out, fault.Violation{
				Field: at + ".language", Reason: "DUPLICATE_LANGUAGE",
				Message: fmt.Sprintf("is the language of versions[%d] as well", first),
			})
			continue
		}
		seen[v.GetLanguage()] = i
		has := slices.ContainsFunc(stored, func(s *db.DocumentVersion) bool { return s.Language == v.GetLanguage() })
		if v.GetUri() == "" && !has {
			out = append(out, fault.Violation{
				Field: at + ".uri", Reason: "REQUIRED",
				Message: "is needed: no file is stored of this language; to store one, upload it",
			})
		}
	}
	return out
}

// divide tells which stored files a document keeps, and which it loses because
// their language is not among its versions any more.
func divide(stored []*db.DocumentVersion, versions []*placardv1.Document_Version) (kept, dropped []*db.DocumentVersion) {
	for _, s := range stored {
		if slices.ContainsFunc(versions, func(v *placardv1.Document_Version) bool { return v.GetLanguage() == s.Language }) {
			kept = append(kept, s)
		} else {
			dropped = append(dropped, s)
		}
	}
	return kept, dropped
}

// versionsOf puts addresses and stored files together: a version for each
// language that has either, in the order of the contract, and the languages
// that have none.
func versionsOf(
	addresses []*placardv1.Document_Version, stored []*db.DocumentVersion,
) (versions []*placardv1.Document_Version, missing []string) {
	for _, l := range locale.Languages() {
		v := &placardv1.Document_Version{Language: l}
		for _, a := range addresses {
			if a.GetLanguage() == l {
				v.Uri = a.GetUri()
			}
		}
		for _, s := range stored {
			if s.Language == l {
				v.MediaType, v.SizeBytes, v.Sha256 = s.MediaType, s.SizeBytes, s.Sha256
			}
		}
		if v.Uri == "" && v.MediaType == "" {
			missing = append(missing, l)
			continue
		}
		versions = append(versions, v)
	}
	return versions, missing
}

// letters stand for the languages in the names of documents of the United
// Nations.
var letters = map[string]string{"ar": "A", "zh": "C", "en": "E", "fr": "F", "ru": "R", "es": "S"}

// fileName is what a file of a document is called: CTOC_COP_WG.4_2010_1-E.pdf.
// A symbol has only characters that file systems take, but for the slash, and
// no underscore, so two symbols have two names.
func fileName(symbol, language string, kind blob.Kind) string {
	return strings.ReplaceAll(symbol, "/", "_") + "-" + letters[language] + kind.Endings()[0]
}
