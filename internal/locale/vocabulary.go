package locale

import placardv1 "github.com/un-placard/placard/api/placard/v1"

// Vocabulary is how the values of the contract are called in one language, in
// the usage of the United Nations.
type Vocabulary struct {
	// Statuses are the headings of the parts of a list: "States parties".
	Statuses   map[placardv1.ParticipationStatus]string
	Regions    map[placardv1.Entity_Region]string
	Roles      map[placardv1.Participant_Role]string
	Modalities map[placardv1.Participant_Modality]string
	// Languages are the names of the official languages, by their codes.
	Languages map[string]string
	// Months are the months as they stand behind a day, January first.
	Months [12]string
	// MonthsAlone are the months where no day stands before them.
	MonthsAlone [12]string
}

// Words is the vocabulary of an official language.
func Words(lang string) Vocabulary { return vocabularies[lang] }

// vocabularies has the official languages.
var vocabularies = map[string]Vocabulary{
	"ar": {
		Statuses: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "الدول الأطراف",
			placardv1.ParticipationStatus_SIGNATORY:          "الدول الموقِّعة",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "دول أخرى (بصفة مراقب)",
			placardv1.ParticipationStatus_REIO:               "منظمات التكامل الاقتصادي الإقليمية",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "كيانات الأمم المتحدة",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "الوكالات المتخصصة",
			placardv1.ParticipationStatus_IGO:                "المنظمات الحكومية الدولية",
			placardv1.ParticipationStatus_NGO:                "المنظمات غير الحكومية",
		},
		Regions: map[placardv1.Entity_Region]string{
			placardv1.Entity_REGION_UNSPECIFIED:           "خارج المجموعات الإقليمية",
			placardv1.Entity_AFRICAN:                      "مجموعة الدول الأفريقية",
			placardv1.Entity_ASIA_PACIFIC:                 "مجموعة دول آسيا والمحيط الهادئ",
			placardv1.Entity_EASTERN_EUROPEAN:             "مجموعة دول أوروبا الشرقية",
			placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: "مجموعة دول أمريكا اللاتينية ومنطقة البحر الكاريبي",
			placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS:  "مجموعة دول أوروبا الغربية ودول أخرى",
		},
		Roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "رئيس الوفد",
			placardv1.Participant_ALTERNATE_HEAD:           "رئيس الوفد المناوب",
			placardv1.Participant_REPRESENTATIVE:           "ممثل",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "ممثل مناوب",
			placardv1.Participant_ADVISER:                  "مستشار",
			placardv1.Participant_EXPERT:                   "خبير",
			placardv1.Participant_OBSERVER:                 "مراقب",
			placardv1.Participant_INTERPRETER:              "مترجم شفوي",
			placardv1.Participant_SECURITY:                 "ضابط أمن",
			placardv1.Participant_TECHNICAL:                "موظف تقني",
		},
		Modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "حضوريًا",
			placardv1.Participant_ONLINE:    "عبر الإنترنت",
		},
		Languages: map[string]string{
			"ar": "العربية", "zh": "الصينية", "en": "الإنكليزية", "fr": "الفرنسية", "ru": "الروسية", "es": "الإسبانية",
		},
		Months: [...]string{
			"كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيه",
			"تموز/يوليه", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
		},
		MonthsAlone: [...]string{
			"كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيه",
			"تموز/يوليه", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
		},
	},
	"zh": {
		Statuses: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "缔约国",
			placardv1.ParticipationStatus_SIGNATORY:          "签署国",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "其他国家（观察员）",
			placardv1.ParticipationStatus_REIO:               "区域经济一体化组织",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "联合国实体",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "专门机构",
			placardv1.ParticipationStatus_IGO:                "政府间组织",
			placardv1.ParticipationStatus_NGO:                "非政府组织",
		},
		Regions: map[placardv1.Entity_Region]string{
			placardv1.Entity_REGION_UNSPECIFIED:           "不属于任何区域组",
			placardv1.Entity_AFRICAN:                      "非洲国家组",
			placardv1.Entity_ASIA_PACIFIC:                 "亚洲及太平洋国家组",
			placardv1.Entity_EASTERN_EUROPEAN:             "东欧国家组",
			placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: "拉丁美洲和加勒比国家组",
			placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS:  "西欧和其他国家组",
		},
		Roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "代表团团长",
			placardv1.Participant_ALTERNATE_HEAD:           "代表团副团长",
			placardv1.Participant_REPRESENTATIVE:           "代表",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "副代表",
			placardv1.Participant_ADVISER:                  "顾问",
			placardv1.Participant_EXPERT:                   "专家",
			placardv1.Participant_OBSERVER:                 "观察员",
			placardv1.Participant_INTERPRETER:              "口译员",
			placardv1.Participant_SECURITY:                 "安保人员",
			placardv1.Participant_TECHNICAL:                "技术人员",
		},
		Modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "现场",
			placardv1.Participant_ONLINE:    "在线",
		},
		Languages: map[string]string{
			"ar": "阿拉伯文", "zh": "中文", "en": "英文", "fr": "法文", "ru": "俄文", "es": "西班牙文",
		},
		Months: [...]string{
			"1月", "2月", "3月", "4月", "5月", "6月",
			"7月", "8月", "9月", "10月", "11月", "12月",
		},
		MonthsAlone: [...]string{
			"1月", "2月", "3月", "4月", "5月", "6月",
			"7月", "8月", "9月", "10月", "11月", "12月",
		},
	},
	"en": {
		Statuses: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "States parties",
			placardv1.ParticipationStatus_SIGNATORY:          "Signatories",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Other States (observers)",
			placardv1.ParticipationStatus_REIO:               "Regional economic integration organizations",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "United Nations entities",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Specialized agencies",
			placardv1.ParticipationStatus_IGO:                "Intergovernmental organizations",
			placardv1.ParticipationStatus_NGO:                "Non-governmental organizations",
		},
		Regions: map[placardv1.Entity_Region]string{
			placardv1.Entity_REGION_UNSPECIFIED:           "In no regional group",
			placardv1.Entity_AFRICAN:                      "Group of African States",
			placardv1.Entity_ASIA_PACIFIC:                 "Group of Asia-Pacific States",
			placardv1.Entity_EASTERN_EUROPEAN:             "Group of Eastern European States",
			placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: "Group of Latin American and Caribbean States",
			placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS:  "Group of Western European and other States",
		},
		Roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Head of delegation",
			placardv1.Participant_ALTERNATE_HEAD:           "Alternate head of delegation",
			placardv1.Participant_REPRESENTATIVE:           "Representative",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Alternate representative",
			placardv1.Participant_ADVISER:                  "Adviser",
			placardv1.Participant_EXPERT:                   "Expert",
			placardv1.Participant_OBSERVER:                 "Observer",
			placardv1.Participant_INTERPRETER:              "Interpreter",
			placardv1.Participant_SECURITY:                 "Security officer",
			placardv1.Participant_TECHNICAL:                "Technical staff",
		},
		Modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "In person",
			placardv1.Participant_ONLINE:    "Online",
		},
		Languages: map[string]string{
			"ar": "Arabic", "zh": "Chinese", "en": "English", "fr": "French", "ru": "Russian", "es": "Spanish",
		},
		Months: [...]string{
			"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December",
		},
		MonthsAlone: [...]string{
			"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December",
		},
	},
	"fr": {
		Statuses: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "États parties",
			placardv1.ParticipationStatus_SIGNATORY:          "Signataires",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Autres États (observateurs)",
			placardv1.ParticipationStatus_REIO:               "Organisations régionales d’intégration économique",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "Entités des Nations Unies",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Institutions spécialisées",
			placardv1.ParticipationStatus_IGO:                "Organisations intergouvernementales",
			placardv1.ParticipationStatus_NGO:                "Organisations non gouvernementales",
		},
		Regions: map[placardv1.Entity_Region]string{
			placardv1.Entity_REGION_UNSPECIFIED:           "Hors groupe régional",
			placardv1.Entity_AFRICAN:                      "Groupe des États d’Afrique",
			placardv1.Entity_ASIA_PACIFIC:                 "Groupe des États d’Asie et du Pacifique",
			placardv1.Entity_EASTERN_EUROPEAN:             "Groupe des États d’Europe orientale",
			placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: "Groupe des États d’Amérique latine et des Caraïbes",
			placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS:  "Groupe des États d’Europe occidentale et autres États",
		},
		Roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Chef de délégation",
			placardv1.Participant_ALTERNATE_HEAD:           "Chef de délégation suppléant(e)",
			placardv1.Participant_REPRESENTATIVE:           "Représentant(e)",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Représentant(e) suppléant(e)",
			placardv1.Participant_ADVISER:                  "Conseiller/Conseillère",
			placardv1.Participant_EXPERT:                   "Expert(e)",
			placardv1.Participant_OBSERVER:                 "Observateur/Observatrice",
			placardv1.Participant_INTERPRETER:              "Interprète",
			placardv1.Participant_SECURITY:                 "Agent(e) de sécurité",
			placardv1.Participant_TECHNICAL:                "Personnel technique",
		},
		Modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "En présentiel",
			placardv1.Participant_ONLINE:    "En ligne",
		},
		Languages: map[string]string{
			"ar": "Arabe", "zh": "Chinois", "en": "Anglais", "fr": "Français", "ru": "Russe", "es": "Espagnol",
		},
		Months: [...]string{
			"janvier", "février", "mars", "avril", "mai", "juin",
			"juillet", "août", "septembre", "octobre", "novembre", "décembre",
		},
		MonthsAlone: [...]string{
			"janvier", "février", "mars", "avril", "mai", "juin",
			"juillet", "août", "septembre", "octobre", "novembre", "décembre",
		},
	},
	"ru": {
		Statuses: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "Государства-участники",
			placardv1.ParticipationStatus_SIGNATORY:          "Подписавшие государства",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Другие государства (наблюдатели)",
			placardv1.ParticipationStatus_REIO:               "Региональные организации экономической интеграции",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "Структуры Организации Объединенных Наций",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Специализированные учреждения",
			placardv1.ParticipationStatus_IGO:                "Межправительственные организации",
			placardv1.ParticipationStatus_NGO:                "Неправительственные организации",
		},
		Regions: map[placardv1.Entity_Region]string{
			placardv1.Entity_REGION_UNSPECIFIED:           "Вне региональных групп",
			placardv1.Entity_AFRICAN:                      "Группа африканских государств",
			placardv1.Entity_ASIA_PACIFIC:                 "Группа государств Азиатско-Тихоокеанского региона",
			placardv1.Entity_EASTERN_EUROPEAN:             "Группа восточноевропейских государств",
			placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: "Группа государств Латинской Америки и Карибского бассейна",
			placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS:  "Группа западноевропейских и других государств",
		},
		Roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Глава делегации",
			placardv1.Participant_ALTERNATE_HEAD:           "Заместитель главы делегации",
			placardv1.Participant_REPRESENTATIVE:           "Представитель",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Заместитель представителя",
			placardv1.Participant_ADVISER:                  "Советник",
			placardv1.Participant_EXPERT:                   "Эксперт",
			placardv1.Participant_OBSERVER:                 "Наблюдатель",
			placardv1.Participant_INTERPRETER:              "Устный переводчик",
			placardv1.Participant_SECURITY:                 "Сотрудник охраны",
			placardv1.Participant_TECHNICAL:                "Технический персонал",
		},
		Modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "Очно",
			placardv1.Participant_ONLINE:    "Онлайн",
		},
		Languages: map[string]string{
			"ar": "Арабский", "zh": "Китайский", "en": "Английский", "fr": "Французский", "ru": "Русский", "es": "Испанский",
		},
		Months: [...]string{
			"января", "февраля", "марта", "апреля", "мая", "июня",
			"июля", "августа", "сентября", "октября", "ноября", "декабря",
		},
		MonthsAlone: [...]string{
			"январь", "февраль", "март", "апрель", "май", "июнь",
			"июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
		},
	},
	"es": {
		Statuses: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "Estados parte",
			placardv1.ParticipationStatus_SIGNATORY:          "Signatarios",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Otros Estados (observadores)",
			placardv1.ParticipationStatus_REIO:               "Organizaciones regionales de integración económica",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "Entidades de las Naciones Unidas",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Organismos especializados",
			placardv1.ParticipationStatus_IGO:                "Organizaciones intergubernamentales",
			placardv1.ParticipationStatus_NGO:                "Organizaciones no gubernamentales",
		},
		Regions: map[placardv1.Entity_Region]string{
			placardv1.Entity_REGION_UNSPECIFIED:           "Sin grupo regional",
			placardv1.Entity_AFRICAN:                      "Grupo de los Estados de África",
			placardv1.Entity_ASIA_PACIFIC:                 "Grupo de los Estados de Asia y el Pacífico",
			placardv1.Entity_EASTERN_EUROPEAN:             "Grupo de los Estados de Europa Oriental",
			placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: "Grupo de los Estados de América Latina y el Caribe",
			placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS:  "Grupo de los Estados de Europa Occidental y otros Estados",
		},
		Roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Jefe/a de delegación",
			placardv1.Participant_ALTERNATE_HEAD:           "Jefe/a de delegación suplente",
			placardv1.Participant_REPRESENTATIVE:           "Representante",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Representante suplente",
			placardv1.Participant_ADVISER:                  "Asesor/a",
			placardv1.Participant_EXPERT:                   "Experto/a",
			placardv1.Participant_OBSERVER:                 "Observador/a",
			placardv1.Participant_INTERPRETER:              "Intérprete",
			placardv1.Participant_SECURITY:                 "Oficial de seguridad",
			placardv1.Participant_TECHNICAL:                "Personal técnico",
		},
		Modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "Presencial",
			placardv1.Participant_ONLINE:    "En línea",
		},
		Languages: map[string]string{
			"ar": "Árabe", "zh": "Chino", "en": "Inglés", "fr": "Francés", "ru": "Ruso", "es": "Español",
		},
		Months: [...]string{
			"enero", "febrero", "marzo", "abril", "mayo", "junio",
			"julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
		},
		MonthsAlone: [...]string{
			"enero", "febrero", "marzo", "abril", "mayo", "junio",
			"julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
		},
	},
}
