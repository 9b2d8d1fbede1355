package statistics

import placardv1 "github.com/un-placard/placard/api/placard/v1"

// words are what charts say beside the values of the contract.
type words struct {
	// titles name the charts, heads what they divide persons by.
	titles, heads map[placardv1.DrawMeetingStatisticsRequest_Chart]string
	// weekly is the title of registrations by the week, week the head of the
	// column with the days that weeks begin with.
	weekly, week string
	// latest and accepted are the compositions, total a running sum.
	latest, accepted, total string
	// asAt is followed by a time and a zone.
	asAt string
	// month is a form for a month and its year.
	month string
	// nobody stands where there is nothing to draw, unknown for no language.
	nobody, unknown string
}

const (
	registrations = placardv1.DrawMeetingStatisticsRequest_REGISTRATIONS
	statuses      = placardv1.DrawMeetingStatisticsRequest_PARTICIPATION_STATUSES
	regions       = placardv1.DrawMeetingStatisticsRequest_REGIONS
	roles         = placardv1.DrawMeetingStatisticsRequest_ROLES
	modalities    = placardv1.DrawMeetingStatisticsRequest_MODALITIES
	languages     = placardv1.DrawMeetingStatisticsRequest_LANGUAGES
)

// texts has the official languages.
var texts = map[string]words{
	"ar": {
		titles: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "عدد التسجيلات في اليوم",
			statuses:      "المشاركون حسب صفة المشاركة",
			regions:       "المشاركون حسب المجموعة الإقليمية",
			roles:         "المشاركون حسب الصفة في الوفد",
			modalities:    "المشاركون حسب طريقة الحضور",
			languages:     "المشاركون حسب لغة المراسلة",
		},
		heads: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "اليوم",
			statuses:      "صفة المشاركة",
			regions:       "المجموعة الإقليمية",
			roles:         "الصفة في الوفد",
			modalities:    "طريقة الحضور",
			languages:     "لغة المراسلة",
		},
		weekly: "عدد التسجيلات في الأسبوع", week: "الأسبوع الذي يبدأ في",
		latest: "حسب آخر تشكيل مقدَّم", accepted: "حسب التشكيل المقبول", total: "المجموع التراكمي",
		asAt: "البيانات حتى", month: "%s %d",
		nobody: "لا يوجد مشاركون بعد.", unknown: "غير محددة",
	},
	"zh": {
		titles: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "每日登记人数",
			statuses:      "按与会身份分列的与会者",
			regions:       "按区域组分列的与会者",
			roles:         "按代表团内身份分列的与会者",
			modalities:    "按与会方式分列的与会者",
			languages:     "按通信语文分列的与会者",
		},
		heads: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "日期",
			statuses:      "与会身份",
			regions:       "区域组",
			roles:         "在代表团中的身份",
			modalities:    "与会方式",
			languages:     "通信语文",
		},
		weekly: "每周登记人数", week: "起始日期",
		latest: "最近提交的代表团组成", accepted: "已接受的代表团组成", total: "累计人数",
		asAt: "截至", month: "%[2]d年%[1]s",
		nobody: "尚无与会者。", unknown: "未说明",
	},
	"en": {
		titles: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Registrations a day",
			statuses:      "Participants by participation status",
			regions:       "Participants by regional group",
			roles:         "Participants by role",
			modalities:    "Participants by modality",
			languages:     "Participants by language of correspondence",
		},
		heads: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Day",
			statuses:      "Participation status",
			regions:       "Regional group",
			roles:         "Role",
			modalities:    "Modality",
			languages:     "Language of correspondence",
		},
		weekly: "Registrations a week", week: "Week from",
		latest: "As last submitted", accepted: "As accepted", total: "Running total",
		asAt: "As at", month: "%s %d",
		nobody: "There are no participants yet.", unknown: "Not stated",
	},
	"fr": {
		titles: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Inscriptions par jour",
			statuses:      "Participants par qualité de participation",
			regions:       "Participants par groupe régional",
			roles:         "Participants par rôle",
			modalities:    "Participants par modalité",
			languages:     "Participants par langue de correspondance",
		},
		heads: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Jour",
			statuses:      "Qualité de participation",
			regions:       "Groupe régional",
			roles:         "Rôle",
			modalities:    "Modalité",
			languages:     "Langue de correspondance",
		},
		weekly: "Inscriptions par semaine", week: "Semaine du",
		latest: "Dernière composition communiquée", accepted: "Composition acceptée", total: "Total cumulé",
		asAt: "Situation au", month: "%s %d",
		nobody: "Il n’y a encore aucun participant.", unknown: "Non précisée",
	},
	"ru": {
		titles: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Регистрация по дням",
			statuses:      "Участники по статусу участия",
			regions:       "Участники по региональным группам",
			roles:         "Участники по функциям",
			modalities:    "Участники по форме участия",
			languages:     "Участники по языку переписки",
		},
		heads: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "День",
			statuses:      "Статус участия",
			regions:       "Региональная группа",
			roles:         "Функция",
			modalities:    "Форма участия",
			languages:     "Язык переписки",
		},
		weekly: "Регистрация по неделям", week: "Неделя с",
		latest: "По последнему представленному составу", accepted: "По принятому составу", total: "Нарастающим итогом",
		asAt: "По состоянию на", month: "%s %d",
		nobody: "Участников пока нет.", unknown: "Не указан",
	},
	"es": {
		titles: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Inscripciones por día",
			statuses:      "Participantes por condición de participación",
			regions:       "Participantes por grupo regional",
			roles:         "Participantes por función",
			modalities:    "Participantes por modalidad",
			languages:     "Participantes por idioma de correspondencia",
		},
		heads: map[placardv1.DrawMeetingStatisticsRequest_Chart]string{
			registrations: "Día",
			statuses:      "Condición de participación",
			regions:       "Grupo regional",
			roles:         "Función",
			modalities:    "Modalidad",
			languages:     "Idioma de correspondencia",
		},
		weekly: "Inscripciones por semana", week: "Semana desde el",
		latest: "Última composición comunicada", accepted: "Composición aceptada", total: "Total acumulado",
		asAt: "Datos al", month: "%s de %d",
		nobody: "Todavía no hay participantes.", unknown: "No indicado",
	},
}

// separators stand between groups of three digits.
var separators = map[string]string{"ar": ",", "zh": ",", "en": ",", "fr": "\u202f", "ru": "\u202f", "es": "\u202f"}
