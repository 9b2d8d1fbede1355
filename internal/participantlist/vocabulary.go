package participantlist

import placardv1 "github.com/un-placard/placard/api/placard/v1"

// vocabulary is what the list itself says, in one language.
type vocabulary struct {
	// columns are the header of the file, in the order of its cells.
	columns    [11]string
	headings   map[placardv1.ParticipationStatus]string
	roles      map[placardv1.Participant_Role]string
	modalities map[placardv1.Participant_Modality]string
}

// vocabularies has the official languages, in the usage of the United Nations.
var vocabularies = map[string]vocabulary{
	"ar": {
		columns: [...]string{
			"صفة المشاركة", "رمز الكيان", "الكيان", "الترتيب", "اللقب", "الاسم", "الاسم بالحروف اللاتينية",
			"المنصب", "المؤسسة", "الصفة في الوفد", "طريقة الحضور",
		},
		headings: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "الدول الأطراف",
			placardv1.ParticipationStatus_SIGNATORY:          "الدول الموقِّعة",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "دول أخرى (بصفة مراقب)",
			placardv1.ParticipationStatus_REIO:               "منظمات التكامل الاقتصادي الإقليمية",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "كيانات الأمم المتحدة",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "الوكالات المتخصصة",
			placardv1.ParticipationStatus_IGO:                "المنظمات الحكومية الدولية",
			placardv1.ParticipationStatus_NGO:                "المنظمات غير الحكومية",
		},
		roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "رئيس الوفد",
			placardv1.Participant_ALTERNATE_HEAD:           "رئيس الوفد المناوب",
			placardv1.Participant_REPRESENTATIVE:           "ممثل",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "ممثل مناوب",
			placardv1.Participant_ADVISER:                  "مستشار",
			placardv1.Participant_EXPERT:                   "خبير",
			placardv1.Participant_OBSERVER:                 "مراقب",
		},
		modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "حضوريًا",
			placardv1.Participant_ONLINE:    "عبر الإنترنت",
		},
	},
	"zh": {
		columns: [...]string{
			"与会身份", "实体代码", "实体", "次序", "称谓", "姓名", "拉丁字母姓名", "职务", "单位", "在代表团中的身份", "与会方式",
		},
		headings: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "缔约国",
			placardv1.ParticipationStatus_SIGNATORY:          "签署国",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "其他国家（观察员）",
			placardv1.ParticipationStatus_REIO:               "区域经济一体化组织",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "联合国实体",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "专门机构",
			placardv1.ParticipationStatus_IGO:                "政府间组织",
			placardv1.ParticipationStatus_NGO:                "非政府组织",
		},
		roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "代表团团长",
			placardv1.Participant_ALTERNATE_HEAD:           "代表团副团长",
			placardv1.Participant_REPRESENTATIVE:           "代表",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "副代表",
			placardv1.Participant_ADVISER:                  "顾问",
			placardv1.Participant_EXPERT:                   "专家",
			placardv1.Participant_OBSERVER:                 "观察员",
		},
		modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "现场",
			placardv1.Participant_ONLINE:    "在线",
		},
	},
	"en": {
		columns: [...]string{
			"Participation status", "Entity code", "Entity", "Order", "Title or honorific", "Name", "Name in Latin script",
			"Functional title", "Organization", "Role", "Modality",
		},
		headings: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "States parties",
			placardv1.ParticipationStatus_SIGNATORY:          "Signatories",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Other States (observers)",
			placardv1.ParticipationStatus_REIO:               "Regional economic integration organizations",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "United Nations entities",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Specialized agencies",
			placardv1.ParticipationStatus_IGO:                "Intergovernmental organizations",
			placardv1.ParticipationStatus_NGO:                "Non-governmental organizations",
		},
		roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Head of delegation",
			placardv1.Participant_ALTERNATE_HEAD:           "Alternate head of delegation",
			placardv1.Participant_REPRESENTATIVE:           "Representative",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Alternate representative",
			placardv1.Participant_ADVISER:                  "Adviser",
			placardv1.Participant_EXPERT:                   "Expert",
			placardv1.Participant_OBSERVER:                 "Observer",
		},
		modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "In person",
			placardv1.Participant_ONLINE:    "Online",
		},
	},
	"fr": {
		columns: [...]string{
			"Qualité de participation", "Code de l’entité", "Entité", "Ordre", "Titre de civilité", "Nom",
			"Nom en caractères latins", "Fonction", "Organisme", "Rôle", "Modalité",
		},
		headings: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "États parties",
			placardv1.ParticipationStatus_SIGNATORY:          "Signataires",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Autres États (observateurs)",
			placardv1.ParticipationStatus_REIO:               "Organisations régionales d’intégration économique",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "Entités des Nations Unies",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Institutions spécialisées",
			placardv1.ParticipationStatus_IGO:                "Organisations intergouvernementales",
			placardv1.ParticipationStatus_NGO:                "Organisations non gouvernementales",
		},
		roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Chef de délégation",
			placardv1.Participant_ALTERNATE_HEAD:           "Chef de délégation suppléant(e)",
			placardv1.Participant_REPRESENTATIVE:           "Représentant(e)",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Représentant(e) suppléant(e)",
			placardv1.Participant_ADVISER:                  "Conseiller/Conseillère",
			placardv1.Participant_EXPERT:                   "Expert(e)",
			placardv1.Participant_OBSERVER:                 "Observateur/Observatrice",
		},
		modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "En présentiel",
			placardv1.Participant_ONLINE:    "En ligne",
		},
	},
	"ru": {
		columns: [...]string{
			"Статус участия", "Код субъекта", "Субъект", "Порядок", "Обращение", "Имя и фамилия",
			"Имя и фамилия латинскими буквами", "Должность", "Организация", "Функция", "Форма участия",
		},
		headings: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "Государства-участники",
			placardv1.ParticipationStatus_SIGNATORY:          "Подписавшие государства",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Другие государства (наблюдатели)",
			placardv1.ParticipationStatus_REIO:               "Региональные организации экономической интеграции",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "Структуры Организации Объединенных Наций",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Специализированные учреждения",
			placardv1.ParticipationStatus_IGO:                "Межправительственные организации",
			placardv1.ParticipationStatus_NGO:                "Неправительственные организации",
		},
		roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Глава делегации",
			placardv1.Participant_ALTERNATE_HEAD:           "Заместитель главы делегации",
			placardv1.Participant_REPRESENTATIVE:           "Представитель",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Заместитель представителя",
			placardv1.Participant_ADVISER:                  "Советник",
			placardv1.Participant_EXPERT:                   "Эксперт",
			placardv1.Participant_OBSERVER:                 "Наблюдатель",
		},
		modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "Очно",
			placardv1.Participant_ONLINE:    "Онлайн",
		},
	},
	"es": {
		columns: [...]string{
			"Condición de participación", "Código de la entidad", "Entidad", "Orden", "Tratamiento", "Nombre",
			"Nombre en caracteres latinos", "Cargo", "Organismo", "Función", "Modalidad",
		},
		headings: map[placardv1.ParticipationStatus]string{
			placardv1.ParticipationStatus_STATE_PARTY:        "Estados parte",
			placardv1.ParticipationStatus_SIGNATORY:          "Signatarios",
			placardv1.ParticipationStatus_NON_SIGNATORY:      "Otros Estados (observadores)",
			placardv1.ParticipationStatus_REIO:               "Organizaciones regionales de integración económica",
			placardv1.ParticipationStatus_UNITED_NATIONS:     "Entidades de las Naciones Unidas",
			placardv1.ParticipationStatus_SPECIALIZED_AGENCY: "Organismos especializados",
			placardv1.ParticipationStatus_IGO:                "Organizaciones intergubernamentales",
			placardv1.ParticipationStatus_NGO:                "Organizaciones no gubernamentales",
		},
		roles: map[placardv1.Participant_Role]string{
			placardv1.Participant_HEAD:                     "Jefe/a de delegación",
			placardv1.Participant_ALTERNATE_HEAD:           "Jefe/a de delegación suplente",
			placardv1.Participant_REPRESENTATIVE:           "Representante",
			placardv1.Participant_ALTERNATE_REPRESENTATIVE: "Representante suplente",
			placardv1.Participant_ADVISER:                  "Asesor/a",
			placardv1.Participant_EXPERT:                   "Experto/a",
			placardv1.Participant_OBSERVER:                 "Observador/a",
		},
		modalities: map[placardv1.Participant_Modality]string{
			placardv1.Participant_IN_PERSON: "Presencial",
			placardv1.Participant_ONLINE:    "En línea",
		},
	},
}
