package participantlist

import placardv1 "github.com/un-placard/placard/api/placard/v1"

// paper is what a document of pages says by itself, in one language.
type paper struct {
	organization          string
	list, provisionalList string
	// kinds are the kinds of documents, by the suffixes of symbols.
	kinds map[string]string
	// notes is the language of the notes of the masthead. In Arabic, Chinese and
	// Russian documents the United Nations has them in English.
	notes            string
	general, limited string
	language         string
	// edition is what the notes say of the number of an edition.
	edition string
	// comma stands between the parts of a line, open and close around a name.
	comma, open, close string
}

// kindCorrigendum is the suffix of the symbol of a corrigendum.
const kindCorrigendum = "Corr"

var papers = map[string]paper{
	"ar": {
		organization: "الأمم المتحدة", list: "قائمة المشاركين", provisionalList: "قائمة المشاركين المؤقتة",
		kinds: map[string]string{"Add": "إضافة", "Rev": "تنقيح", "Corr": "تصويب"},
		notes: "en", general: "Distr.: General", limited: "Distr.: Limited", language: "Arabic", edition: "Edition %d",
		comma: "، ", open: " (", close: ")",
	},
	"zh": {
		organization: "联合国", list: "与会者名单", provisionalList: "临时与会者名单",
		kinds: map[string]string{"Add": "增编", "Rev": "修订本", "Corr": "更正"},
		notes: "en", general: "Distr.: General", limited: "Distr.: Limited", language: "Chinese", edition: "Edition %d",
		comma: "，", open: "（", close: "）",
	},
	"en": {
		organization: "United Nations", list: "List of participants", provisionalList: "Provisional list of participants",
		kinds: map[string]string{"Add": "Addendum", "Rev": "Revision", "Corr": "Corrigendum"},
		notes: "en", general: "Distr.: General", limited: "Distr.: Limited", language: "English", edition: "Edition %d",
		comma: ", ", open: " (", close: ")",
	},
	"fr": {
		organization: "Nations Unies", list: "Liste des participants", provisionalList: "Liste provisoire des participants",
		kinds: map[string]string{"Add": "Additif", "Rev": "Révision", "Corr": "Rectificatif"},
		notes: "fr", general: "Distr. générale", limited: "Distr. limitée", language: "Français", edition: "Édition %d",
		comma: ", ", open: " (", close: ")",
	},
	"ru": {
		organization: "Организация Объединенных Наций", list: "Список участников", provisionalList: "Предварительный список участников",
		kinds: map[string]string{"Add": "Добавление", "Rev": "Пересмотренный вариант", "Corr": "Исправление"},
		notes: "en", general: "Distr.: General", limited: "Distr.: Limited", language: "Russian", edition: "Edition %d",
		comma: ", ", open: " (", close: ")",
	},
	"es": {
		organization: "Naciones Unidas", list: "Lista de participantes", provisionalList: "Lista provisional de participantes",
		kinds: map[string]string{"Add": "Adición", "Rev": "Revisión", "Corr": "Corrección"},
		notes: "es", general: "Distr. general", limited: "Distr. limitada", language: "Español", edition: "Edición %d",
		comma: ", ", open: " (", close: ")",
	},
}

// attendance is how a language says who was represented.
type attendance struct {
	// colon stands before the names, stop ends the sentence.
	colon, stop string
	// comma, semicolon and and part names.
	comma, semicolon, and string
	said                  map[placardv1.ParticipationStatus]represented
}

// represented is the beginning of the sentence for one entity and for two, where
// the language tells them from more, and for more.
type represented struct{ one, two, many string }

// attendances has the official languages, in the usage of the reports of the
// United Nations. Names stand as in its lists, without an article and in the
// nominative.
var attendances = map[string]attendance{
	"ar": {
		colon: ": ", stop: ".", comma: "، ", semicolon: "؛ ", and: " و",
		said: map[placardv1.ParticipationStatus]represented{
			placardv1.ParticipationStatus_STATE_PARTY: {
				one:  "كانت الدولة الطرف التالية ممثَّلة في الاجتماع",
				two:  "كانت الدولتان الطرفان التاليتان ممثَّلتين في الاجتماع",
				many: "كانت الدول الأطراف التالية ممثَّلة في الاجتماع",
			},
			placardv1.ParticipationStatus_SIGNATORY: {
				one:  "كانت الدولة الموقِّعة التالية ممثَّلة في الاجتماع",
				two:  "كانت الدولتان الموقِّعتان التاليتان ممثَّلتين في الاجتماع",
				many: "كانت الدول الموقِّعة التالية ممثَّلة في الاجتماع",
			},
			placardv1.ParticipationStatus_NON_SIGNATORY: {
				one:  "كانت الدولة التالية ممثَّلة في الاجتماع بمراقب",
				two:  "كانت الدولتان التاليتان ممثَّلتين في الاجتماع بمراقبين",
				many: "كانت الدول التالية ممثَّلة في الاجتماع بمراقبين",
			},
			placardv1.ParticipationStatus_REIO: {
				one:  "كانت منظمة التكامل الاقتصادي الإقليمية التالية ممثَّلة في الاجتماع",
				two:  "كانت منظمتا التكامل الاقتصادي الإقليميتان التاليتان ممثَّلتين في الاجتماع",
				many: "كانت منظمات التكامل الاقتصادي الإقليمية التالية ممثَّلة في الاجتماع",
			},
			placardv1.ParticipationStatus_UNITED_NATIONS: {
				one:  "كان كيان الأمم المتحدة التالي ممثَّلاً في الاجتماع بمراقب",
				two:  "كان كيانا الأمم المتحدة التاليان ممثَّلين في الاجتماع بمراقبين",
				many: "كانت كيانات الأمم المتحدة التالية ممثَّلة في الاجتماع بمراقبين",
			},
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: {
				one:  "كانت الوكالة المتخصصة التالية في منظومة الأمم المتحدة ممثَّلة في الاجتماع بمراقب",
				two:  "كانت الوكالتان المتخصصتان التاليتان في منظومة الأمم المتحدة ممثَّلتين في الاجتماع بمراقبين",
				many: "كانت الوكالات المتخصصة التالية في منظومة الأمم المتحدة ممثَّلة في الاجتماع بمراقبين",
			},
			placardv1.ParticipationStatus_IGO: {
				one:  "كانت المنظمة الحكومية الدولية التالية ممثَّلة في الاجتماع بمراقب",
				two:  "كانت المنظمتان الحكوميتان الدوليتان التاليتان ممثَّلتين في الاجتماع بمراقبين",
				many: "كانت المنظمات الحكومية الدولية التالية ممثَّلة في الاجتماع بمراقبين",
			},
			placardv1.ParticipationStatus_NGO: {
				one:  "كانت المنظمة غير الحكومية التالية ممثَّلة في الاجتماع بمراقب",
				two:  "كانت المنظمتان غير الحكوميتين التاليتان ممثَّلتين في الاجتماع بمراقبين",
				many: "كانت المنظمات غير الحكومية التالية ممثَّلة في الاجتماع بمراقبين",
			},
		},
	},
	"zh": {
		colon: "：", stop: "。", comma: "、", semicolon: "；", and: "和",
		said: map[placardv1.ParticipationStatus]represented{
			placardv1.ParticipationStatus_STATE_PARTY:        {many: "下列缔约国派代表出席了会议"},
			placardv1.ParticipationStatus_SIGNATORY:          {many: "下列签署国派代表出席了会议"},
			placardv1.ParticipationStatus_NON_SIGNATORY:      {many: "下列国家派观察员出席了会议"},
			placardv1.ParticipationStatus_REIO:               {many: "下列区域经济一体化组织派代表出席了会议"},
			placardv1.ParticipationStatus_UNITED_NATIONS:     {many: "下列联合国实体派观察员出席了会议"},
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: {many: "下列联合国系统专门机构派观察员出席了会议"},
			placardv1.ParticipationStatus_IGO:                {many: "下列政府间组织派观察员出席了会议"},
			placardv1.ParticipationStatus_NGO:                {many: "下列非政府组织派观察员出席了会议"},
		},
	},
	"en": {
		colon: ": ", stop: ".", comma: ", ", semicolon: "; ", and: " and ",
		said: map[placardv1.ParticipationStatus]represented{
			placardv1.ParticipationStatus_STATE_PARTY: {
				one:  "The following State party was represented at the meeting",
				many: "The following States parties were represented at the meeting",
			},
			placardv1.ParticipationStatus_SIGNATORY: {
				one:  "The following signatory State was represented at the meeting",
				many: "The following signatory States were represented at the meeting",
			},
			placardv1.ParticipationStatus_NON_SIGNATORY: {
				one:  "The following State was represented by an observer",
				many: "The following States were represented by observers",
			},
			placardv1.ParticipationStatus_REIO: {
				one:  "The following regional economic integration organization was represented at the meeting",
				many: "The following regional economic integration organizations were represented at the meeting",
			},
			placardv1.ParticipationStatus_UNITED_NATIONS: {
				one:  "The following United Nations entity was represented by an observer",
				many: "The following United Nations entities were represented by observers",
			},
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: {
				one:  "The following specialized agency of the United Nations system was represented by an observer",
				many: "The following specialized agencies of the United Nations system were represented by observers",
			},
			placardv1.ParticipationStatus_IGO: {
				one:  "The following intergovernmental organization was represented by an observer",
				many: "The following intergovernmental organizations were represented by observers",
			},
			placardv1.ParticipationStatus_NGO: {
				one:  "The following non-governmental organization was represented by an observer",
				many: "The following non-governmental organizations were represented by observers",
			},
		},
	},
	"fr": {
		colon: "\u00a0: ", stop: ".", comma: ", ", semicolon: "\u00a0; ", and: " et ",
		said: map[placardv1.ParticipationStatus]represented{
			placardv1.ParticipationStatus_STATE_PARTY: {
				one:  "L’État partie ci-après était représenté à la réunion",
				many: "Les États parties ci-après étaient représentés à la réunion",
			},
			placardv1.ParticipationStatus_SIGNATORY: {
				one:  "L’État signataire ci-après était représenté à la réunion",
				many: "Les États signataires ci-après étaient représentés à la réunion",
			},
			placardv1.ParticipationStatus_NON_SIGNATORY: {
				one:  "L’État ci-après était représenté par un observateur",
				many: "Les États ci-après étaient représentés par des observateurs",
			},
			placardv1.ParticipationStatus_REIO: {
				one:  "L’organisation régionale d’intégration économique ci-après était représentée à la réunion",
				many: "Les organisations régionales d’intégration économique ci-après étaient représentées à la réunion",
			},
			placardv1.ParticipationStatus_UNITED_NATIONS: {
				one:  "L’entité des Nations Unies ci-après était représentée par un observateur",
				many: "Les entités des Nations Unies ci-après étaient représentées par des observateurs",
			},
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: {
				one:  "L’institution spécialisée des Nations Unies ci-après était représentée par un observateur",
				many: "Les institutions spécialisées des Nations Unies ci-après étaient représentées par des observateurs",
			},
			placardv1.ParticipationStatus_IGO: {
				one:  "L’organisation intergouvernementale ci-après était représentée par un observateur",
				many: "Les organisations intergouvernementales ci-après étaient représentées par des observateurs",
			},
			placardv1.ParticipationStatus_NGO: {
				one:  "L’organisation non gouvernementale ci-après était représentée par un observateur",
				many: "Les organisations non gouvernementales ci-après étaient représentées par des observateurs",
			},
		},
	},
	"ru": {
		colon: ": ", stop: ".", comma: ", ", semicolon: "; ", and: " и ",
		said: map[placardv1.ParticipationStatus]represented{
			placardv1.ParticipationStatus_STATE_PARTY: {
				one:  "На совещании было представлено следующее государство-участник",
				many: "На совещании были представлены следующие государства-участники",
			},
			placardv1.ParticipationStatus_SIGNATORY: {
				one:  "На совещании было представлено следующее подписавшее государство",
				many: "На совещании были представлены следующие подписавшие государства",
			},
			placardv1.ParticipationStatus_NON_SIGNATORY: {
				one:  "На совещании наблюдателем было представлено следующее государство",
				many: "На совещании наблюдателями были представлены следующие государства",
			},
			placardv1.ParticipationStatus_REIO: {
				one:  "На совещании была представлена следующая региональная организация экономической интеграции",
				many: "На совещании были представлены следующие региональные организации экономической интеграции",
			},
			placardv1.ParticipationStatus_UNITED_NATIONS: {
				one:  "На совещании наблюдателем была представлена следующая структура Организации Объединенных Наций",
				many: "На совещании наблюдателями были представлены следующие структуры Организации Объединенных Наций",
			},
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: {
				one:  "На совещании наблюдателем было представлено следующее специализированное учреждение системы Организации Объединенных Наций",
				many: "На совещании наблюдателями были представлены следующие специализированные учреждения системы Организации Объединенных Наций",
			},
			placardv1.ParticipationStatus_IGO: {
				one:  "На совещании наблюдателем была представлена следующая межправительственная организация",
				many: "На совещании наблюдателями были представлены следующие межправительственные организации",
			},
			placardv1.ParticipationStatus_NGO: {
				one:  "На совещании наблюдателем была представлена следующая неправительственная организация",
				many: "На совещании наблюдателями были представлены следующие неправительственные организации",
			},
		},
	},
	"es": {
		colon: ": ", stop: ".", comma: ", ", semicolon: "; ", and: " y ",
		said: map[placardv1.ParticipationStatus]represented{
			placardv1.ParticipationStatus_STATE_PARTY: {
				one:  "En la reunión estuvo representado el siguiente Estado parte",
				many: "En la reunión estuvieron representados los siguientes Estados parte",
			},
			placardv1.ParticipationStatus_SIGNATORY: {
				one:  "En la reunión estuvo representado el siguiente Estado signatario",
				many: "En la reunión estuvieron representados los siguientes Estados signatarios",
			},
			placardv1.ParticipationStatus_NON_SIGNATORY: {
				one:  "Estuvo representado por un observador el siguiente Estado",
				many: "Estuvieron representados por observadores los siguientes Estados",
			},
			placardv1.ParticipationStatus_REIO: {
				one:  "En la reunión estuvo representada la siguiente organización regional de integración económica",
				many: "En la reunión estuvieron representadas las siguientes organizaciones regionales de integración económica",
			},
			placardv1.ParticipationStatus_UNITED_NATIONS: {
				one:  "Estuvo representada por un observador la siguiente entidad de las Naciones Unidas",
				many: "Estuvieron representadas por observadores las siguientes entidades de las Naciones Unidas",
			},
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: {
				one:  "Estuvo representado por un observador el siguiente organismo especializado del sistema de las Naciones Unidas",
				many: "Estuvieron representados por observadores los siguientes organismos especializados del sistema de las Naciones Unidas",
			},
			placardv1.ParticipationStatus_IGO: {
				one:  "Estuvo representada por un observador la siguiente organización intergubernamental",
				many: "Estuvieron representadas por observadores las siguientes organizaciones intergubernamentales",
			},
			placardv1.ParticipationStatus_NGO: {
				one:  "Estuvo representada por un observador la siguiente organización no gubernamental",
				many: "Estuvieron representadas por observadores las siguientes organizaciones no gubernamentales",
			},
		},
	},
}
