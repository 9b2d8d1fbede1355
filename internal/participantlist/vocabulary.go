package participantlist

import "github.com/un-placard/placard/internal/locale"

// columns are those of the file, in the order of its cells, as package locale
// calls them.
var columns = [...]string{
	"participation_status", "entity_code", "entity", "order", "honorific", "display_name", "latin_name",
	"functional_title", "organization", "role", "modality",
}

// header is the first row of the file in an official language.
func header(lang string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = locale.Heading(lang, c)
	}
	return out
}
