package entity

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// outdated answers the entities of a register that are not among those that
// are present, or are there with another kind or other names. Those that the
// Secretariat has `edited` are left alone.
func outdated(
	register []*placardv1.Entity, present map[string]*placardv1.Entity, edited map[string]bool,
) []*placardv1.Entity {
	var out []*placardv1.Entity
	for _, e := range register {
		if !edited[e.GetCode()] && !proto.Equal(e, present[e.GetCode()]) {
			out = append(out, e)
		}
	}
	return out
}

// NamesOn answers the names that an entity had on a day (YYYY-MM-DD): an Entity
// with these only.
func NamesOn(e *placardv1.Entity, day string) *placardv1.Entity {
	for _, former := range e.GetFormerNames() { // the oldest first
		if day < former.GetValidUntil() {
			return &placardv1.Entity{ShortName: former.GetShortName(), FormalName: former.GetFormalName()}
		}
	}
	return &placardv1.Entity{ShortName: e.GetShortName(), FormalName: e.GetFormalName()}
}

// searchKey holds the words of all names of an entity, each once, with a space
// between them: what a filter finds by the beginnings of words.
func searchKey(e *placardv1.Entity) string {
	texts := []*placardv1.LocalizedText{e.GetShortName(), e.GetFormalName()}
	for _, former := range e.GetFormerNames() {
		texts = append(texts, former.GetShortName(), former.GetFormalName())
	}
	var words []string
	for _, text := range texts {
		for _, language := range locale.Languages() {
			for _, word := range locale.SearchWords(locale.In(text, language)) {
				if !slices.Contains(words, word) {
					words = append(words, word)
				}
			}
		}
	}
	return strings.Join(words, " ")
}

// unbound refuses who is bound to meetings: the register is everybody's.
func unbound(ctx context.Context) error {
	if p := access.From(ctx); p.Role == placardv1.Access_SECRETARIAT && !p.Unbound() {
		return fault.Denied("MEETING_BOUND", "a key that is bound to meetings cannot change the register")
	}
	return nil
}

// complete answers an entity as it is stored: without texts that are empty in
// all languages.
func complete(e *placardv1.Entity) *placardv1.Entity {
	e = proto.CloneOf(e)
	e.ShortName, e.FormalName = textOrNone(e.GetShortName()), textOrNone(e.GetFormalName())
	for _, former := range e.GetFormerNames() {
		former.ShortName, former.FormalName = textOrNone(former.GetShortName()), textOrNone(former.GetFormalName())
	}
	return e
}

func textOrNone(text *placardv1.LocalizedText) *placardv1.LocalizedText {
	if proto.Size(text) == 0 {
		return nil
	}
	return text
}

// renamed answers an entity after an update whose names hold from a day on (""
// for a correction): the names before become former ones until then.
func renamed(before, after *placardv1.Entity, day string) (*placardv1.Entity, []fault.Violation) {
	if day == "" {
		return after, nil
	}
	if proto.Equal(before.GetShortName(), after.GetShortName()) && proto.Equal(before.GetFormalName(), after.GetFormalName()) {
		return after, []fault.Violation{{
			Field: "names_valid_from", Reason: "NAMES_UNCHANGED",
			Message: "needs a new short name or formal name",
		}}
	}
	former := after.GetFormerNames()
	if n := len(former); n > 0 && day <= former[n-1].GetValidUntil() {
		return after, []fault.Violation{{
			Field: "names_valid_from", Reason: "NAMES_OVERLAP",
			Message: "must be after " + former[n-1].GetValidUntil() + ", from when on the present names hold",
		}}
	}
	after = proto.CloneOf(after)
	after.FormerNames = append(after.FormerNames, &placardv1.Entity_FormerNames{
		ValidUntil: day, ShortName: before.GetShortName(), FormalName: before.GetFormalName(),
	})
	return after, nil
}

var alpha3 = regexp.MustCompile(`^[A-Z]{3}$`)

// codes says which entities have a code of ISO 3166-1 alpha-2 or of M49.
type codes struct{ alpha2, m49 map[string][]string }

func newCodes() codes { return codes{alpha2: map[string][]string{}, m49: map[string][]string{}} }

// add notes the codes of an entity.
func (c codes) add(entity, alpha2, m49 string) {
	if alpha2 != "" {
		c.alpha2[alpha2] = append(c.alpha2[alpha2], entity)
	}
	if m49 != "" {
		c.m49[m49] = append(c.m49[m49], entity)
	}
}

// check answers all that is wrong with an entity beyond what the contract's own
// rules say. `prefix` is the entity's field in the request, `id` that by which
// its code is given.
func check(prefix, id string, e *placardv1.Entity, taken codes) []fault.Violation {
	var out []fault.Violation
	add := func(field, reason, message string) {
		out = append(out, fault.Violation{Field: field, Reason: reason, Message: message})
	}
	state := e.GetKind() == placardv1.Entity_STATE
	if state && !alpha3.MatchString(e.GetCode()) {
		add(id, "STATE_CODE", "a State has a code of three capital letters (ISO 3166-1 alpha-3)")
	}
	for _, c := range []struct {
		field, value string
		taken        map[string][]string
	}{
		{"alpha2_code", e.GetAlpha2Code(), taken.alpha2},
		{"m49_code", e.GetM49Code(), taken.m49},
	} {
		other := slices.IndexFunc(c.taken[c.value], func(code string) bool { return code != e.GetCode() })
		switch {
		case c.value == "":
		case !state:
			add(prefix+"."+c.field, "STATES_ONLY", "is for States only")
		case other >= 0:
			add(prefix+"."+c.field, "CODE_TAKEN", c.value+" is that of "+name.Entity(c.taken[c.value][other]))
		}
	}
	if !state && e.GetRegion() != placardv1.Entity_REGION_UNSPECIFIED {
		add(prefix+".region", "STATES_ONLY", "is for States only")
	}
	inStatus := e.GetKind() == placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS
	if inStatus != (e.GetConsultativeStatus() != placardv1.Entity_CONSULTATIVE_STATUS_UNSPECIFIED) {
		add(prefix+".consultative_status", "CONSULTATIVE_STATUS_MISMATCH",
			"is for entities of kind NGO_IN_CONSULTATIVE_STATUS, and each of these has one")
	}
	out = append(out, checkTexts(prefix, e.GetShortName(), e.GetFormalName())...)
	last := ""
	for i, former := range e.GetFormerNames() {
		field := fmt.Sprintf("%s.former_names[%d]", prefix, i)
		out = append(out, checkTexts(field, former.GetShortName(), former.GetFormalName())...)
		if former.GetValidUntil() <= last && former.GetValidUntil() != "" {
			add(field+".valid_until", "FORMER_NAMES_ORDER", "must be after "+last+", that of the names before")
		}
		last = former.GetValidUntil()
		if proto.Size(former.GetShortName()) == 0 {
			add(field+".short_name", "REQUIRED", "needs a name in at least one language")
		}
	}
	return out
}

// checkTexts refuses names that are no line of a list: of several lines, or
// without a letter. `prefix` is the field that they are in.
func checkTexts(prefix string, short, formal *placardv1.LocalizedText) []fault.Violation {
	var out []fault.Violation
	for _, n := range []struct {
		field string
		text  *placardv1.LocalizedText
	}{{"short_name", short}, {"formal_name", formal}} {
		for _, language := range locale.Languages() {
			field, text := prefix+"."+n.field+"."+language, locale.In(n.text, language)
			switch {
			case strings.ContainsAny(text, "\n\t"):
				out = append(out, fault.Violation{Field: field, Reason: "STRING_LINE", Message: "must be one line"})
			case text != "" && !strings.ContainsFunc(text, unicode.IsLetter):
				out = append(out, fault.Violation{Field: field, Reason: "NAME_EMPTY", Message: "a name has at least one letter"})
			}
		}
	}
	return out
}
