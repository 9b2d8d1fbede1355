package delivery

import (
	"strings"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entityrules "github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/prose"
)

// common are the values that every message has.
func common(lang string, m *placardv1.Meeting) prose.Values {
	text := func(t *placardv1.LocalizedText) string { return locale.Show(t, lang, nil).GetText() }
	contact, venue := m.GetSecretariatContact(), m.GetVenue()
	v := prose.Values{
		"meeting_title": text(m.GetTitle()),
		"place":         joined(lang, text(venue.GetName()), text(venue.GetCity())),
		"gate":          text(venue.GetGate()),
		"office":        text(contact.GetOffice()),
		"email":         contact.GetEmail(),
		"phone":         contact.GetPhone(),
		"several_days":  m.GetStartDate() != m.GetEndDate(),
	}
	first, err := time.Parse(time.DateOnly, m.GetStartDate())
	if err != nil {
		return v
	}
	last, err := time.Parse(time.DateOnly, m.GetEndDate())
	if err != nil {
		return v
	}
	v["dates"] = locale.Written(lang, first, last)
	return v
}

// joined puts a comma between what there is, as a language has it.
func joined(lang string, parts ...string) string {
	comma := ", "
	switch lang {
	case "ar":
		comma = "، "
	case "zh":
		comma = "，"
	}
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, comma)
}

// titled is how a person is addressed.
func titled(v *db.ParticipantVersion) string {
	return strings.TrimSpace(v.Honorific + " " + locale.DisplayName(v.GivenName, v.FamilyName))
}

// members are the persons of a composition with what they are in it.
func members(lang string, versions []*db.ParticipantVersion) []string {
	roles := locale.Words(lang).Roles
	out := make([]string, 0, len(versions))
	for _, v := range versions {
		role := roles[placardv1.Participant_Role(placardv1.Participant_Role_value[v.Role])]
		out = append(out, joined(lang, prose.Isolate(lang, titled(v)), role))
	}
	return out
}

// bouncedEntries are the persons whose addresses are to be corrected, each with the
// address. Whoever has another one by now is not among them.
func bouncedEntries(lang string, rows []*db.Delivery, versions []*db.ParticipantVersion) []string {
	persons := make(map[string]*db.ParticipantVersion, len(versions))
	for _, v := range versions {
		if p := persons[v.ParticipantID]; p == nil || v.AcceptedOrder > p.AcceptedOrder {
			persons[v.ParticipantID] = v
		}
	}
	var out []string
	told := map[string]bool{}
	for _, row := range rows {
		v := persons[row.ParticipantID]
		if v == nil || told[row.ParticipantID] || outbox.AddressKey(v.Email) != row.AddressKey {
			continue
		}
		told[row.ParticipantID] = true
		out = append(out, prose.Isolate(lang, titled(v))+colons[lang]+prose.Isolate(lang, row.Address))
	}
	return out
}

var colons = map[string]string{"ar": ": ", "zh": "：", "en": ": ", "fr": "\u00a0: ", "ru": ": ", "es": ": "}

// missionOf is how the Permanent Mission of a State is addressed, "" for whoever has
// none.
func missionOf(lang, code string) string {
	of := entityrules.Of(lang, code)
	if of == "" {
		return ""
	}
	return strings.NewReplacer("{of}", of).Replace(missions[lang])
}

// missions has how a Permanent Mission is addressed, with the State as entity.Of
// writes it.
var missions = map[string]string{
	"ar": "البعثة الدائمة {of}",
	"zh": "{of}常驻代表团",
	"en": "Permanent Mission {of}",
	"fr": "Mission permanente {of}",
	"ru": "Постоянное представительство {of}",
	"es": "Misión Permanente {of}",
}

// rejections say in each language why a photograph was rejected.
var rejections = map[string]map[placardv1.Photo_Rejection]string{
	"ar": {
		placardv1.Photo_NOT_RECOGNIZABLE:  "السبب: لا يمكن التعرّف على الشخص في الصورة، لأنها صغيرة جدا أو مظلمة جدا أو غير واضحة.",
		placardv1.Photo_NOT_A_PORTRAIT:    "السبب: لا تُظهر الصورة الرأس والكتفين لشخص واحد من الأمام.",
		placardv1.Photo_OTHERS_IN_PICTURE: "السبب: يظهر في الصورة شخص آخر أو شيء آخر.",
		placardv1.Photo_BACKGROUND:        "السبب: خلفية الصورة ليست فاتحة وموحّدة اللون.",
		placardv1.Photo_NOT_RECENT:        "السبب: الصورة ليست حديثة.",
		placardv1.Photo_OTHER_PERSON:      "السبب: الصورة لشخص آخر.",
	},
	"zh": {
		placardv1.Photo_NOT_RECOGNIZABLE:  "原因：照片太小、太暗或不清晰，无法辨认本人。",
		placardv1.Photo_NOT_A_PORTRAIT:    "原因：照片不是一人的正面头肩像。",
		placardv1.Photo_OTHERS_IN_PICTURE: "原因：照片中有其他人或其他物品。",
		placardv1.Photo_BACKGROUND:        "原因：照片背景不是纯浅色。",
		placardv1.Photo_NOT_RECENT:        "原因：照片不是近照。",
		placardv1.Photo_OTHER_PERSON:      "原因：照片上是另一人。",
	},
	"en": {
		placardv1.Photo_NOT_RECOGNIZABLE:  "Reason: the person cannot be recognized, because the photograph is too small, too dark or out of focus.",
		placardv1.Photo_NOT_A_PORTRAIT:    "Reason: the photograph does not show the head and shoulders of one person from the front.",
		placardv1.Photo_OTHERS_IN_PICTURE: "Reason: somebody or something else is in the picture.",
		placardv1.Photo_BACKGROUND:        "Reason: the background is not plain and light.",
		placardv1.Photo_NOT_RECENT:        "Reason: the photograph is not recent.",
		placardv1.Photo_OTHER_PERSON:      "Reason: the photograph shows another person.",
	},
	"fr": {
		placardv1.Photo_NOT_RECOGNIZABLE:  "Motif\u00a0: la personne n’est pas reconnaissable, la photographie étant trop petite, trop sombre ou floue.",
		placardv1.Photo_NOT_A_PORTRAIT:    "Motif\u00a0: la photographie ne montre pas une seule personne, de face, tête et épaules.",
		placardv1.Photo_OTHERS_IN_PICTURE: "Motif\u00a0: une autre personne ou un objet figure sur la photographie.",
		placardv1.Photo_BACKGROUND:        "Motif\u00a0: le fond n’est pas clair et uni.",
		placardv1.Photo_NOT_RECENT:        "Motif\u00a0: la photographie n’est pas récente.",
		placardv1.Photo_OTHER_PERSON:      "Motif\u00a0: la photographie montre une autre personne.",
	},
	"ru": {
		placardv1.Photo_NOT_RECOGNIZABLE:  "Причина: человека на фотографии невозможно узнать — она слишком мала, слишком темна или нечетка.",
		placardv1.Photo_NOT_A_PORTRAIT:    "Причина: на фотографии должно быть лицо одного человека анфас, с головой и плечами.",
		placardv1.Photo_OTHERS_IN_PICTURE: "Причина: на фотографии есть другой человек или посторонний предмет.",
		placardv1.Photo_BACKGROUND:        "Причина: фон не является светлым и однотонным.",
		placardv1.Photo_NOT_RECENT:        "Причина: фотография сделана давно.",
		placardv1.Photo_OTHER_PERSON:      "Причина: на фотографии другой человек.",
	},
	"es": {
		placardv1.Photo_NOT_RECOGNIZABLE:  "Motivo: no se reconoce a la persona, porque la fotografía es demasiado pequeña, demasiado oscura o está desenfocada.",
		placardv1.Photo_NOT_A_PORTRAIT:    "Motivo: la fotografía no muestra la cabeza y los hombros de una sola persona, de frente.",
		placardv1.Photo_OTHERS_IN_PICTURE: "Motivo: en la fotografía aparece otra persona u otro objeto.",
		placardv1.Photo_BACKGROUND:        "Motivo: el fondo no es liso y claro.",
		placardv1.Photo_NOT_RECENT:        "Motivo: la fotografía no es reciente.",
		placardv1.Photo_OTHER_PERSON:      "Motivo: la fotografía es de otra persona.",
	},
}
