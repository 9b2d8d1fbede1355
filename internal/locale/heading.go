package locale

import "strings"

// Heading is the heading of a column in an official language: of what is said of
// a person, by the field of the contract (`given_name`), and of the columns of a
// list of participants beside them.
func Heading(lang, column string) string { return headings[lang][column] }

// OtherHeadings are headings that people write for a field as well, in any
// language.
func OtherHeadings(field string) []string { return otherHeadings[field] }

// headings has the official languages.
var headings = map[string]map[string]string{
	"ar": {
		"participation_status": "صفة المشاركة", "entity_code": "رمز الكيان", "entity": "الكيان", "order": "الترتيب",
		"display_name": "الاسم", "latin_name": "الاسم بالحروف اللاتينية",
		"name": "المشارك (لا يُغيَّر)", "honorific": "اللقب", "given_name": "الاسم الأول", "family_name": "اسم العائلة",
		"latin_given_name": "الاسم الأول بالحروف اللاتينية", "latin_family_name": "اسم العائلة بالحروف اللاتينية",
		"functional_title": "المنصب", "organization": "المؤسسة", "role": "الصفة في الوفد", "modality": "طريقة الحضور",
		"email": "البريد الإلكتروني", "phone": "الهاتف", "language": "اللغة", "external_id": "المعرّف الخاص",
	},
	"zh": {
		"participation_status": "与会身份", "entity_code": "实体代码", "entity": "实体", "order": "次序",
		"display_name": "姓名", "latin_name": "拉丁字母姓名",
		"name": "与会者（勿改）", "honorific": "称谓", "given_name": "名", "family_name": "姓",
		"latin_given_name": "拉丁字母名", "latin_family_name": "拉丁字母姓",
		"functional_title": "职务", "organization": "单位", "role": "在代表团中的身份", "modality": "与会方式",
		"email": "电子邮件", "phone": "电话", "language": "语文", "external_id": "自有编号",
	},
	"en": {
		"participation_status": "Participation status", "entity_code": "Entity code", "entity": "Entity", "order": "Order",
		"display_name": "Name", "latin_name": "Name in Latin script",
		"name": "Participant (do not change)", "honorific": "Title or honorific", "given_name": "Given name", "family_name": "Family name",
		"latin_given_name": "Given name in Latin script", "latin_family_name": "Family name in Latin script",
		"functional_title": "Functional title", "organization": "Organization", "role": "Role", "modality": "Modality",
		"email": "E-mail", "phone": "Telephone", "language": "Language", "external_id": "Own id",
	},
	"fr": {
		"participation_status": "Qualité de participation", "entity_code": "Code de l’entité", "entity": "Entité", "order": "Ordre",
		"display_name": "Nom", "latin_name": "Nom en caractères latins",
		"name": "Participant (ne pas modifier)", "honorific": "Titre de civilité", "given_name": "Prénom", "family_name": "Nom de famille",
		"latin_given_name": "Prénom en caractères latins", "latin_family_name": "Nom de famille en caractères latins",
		"functional_title": "Fonction", "organization": "Organisme", "role": "Rôle", "modality": "Modalité",
		"email": "Courriel", "phone": "Téléphone", "language": "Langue", "external_id": "Identifiant propre",
	},
	"ru": {
		"participation_status": "Статус участия", "entity_code": "Код субъекта", "entity": "Субъект", "order": "Порядок",
		"display_name": "Имя и фамилия", "latin_name": "Имя и фамилия латинскими буквами",
		"name": "Участник (не изменять)", "honorific": "Обращение", "given_name": "Имя", "family_name": "Фамилия",
		"latin_given_name": "Имя латинскими буквами", "latin_family_name": "Фамилия латинскими буквами",
		"functional_title": "Должность", "organization": "Организация", "role": "Функция", "modality": "Форма участия",
		"email": "Электронная почта", "phone": "Телефон", "language": "Язык", "external_id": "Собственный идентификатор",
	},
	"es": {
		"participation_status": "Condición de participación", "entity_code": "Código de la entidad", "entity": "Entidad", "order": "Orden",
		"display_name": "Nombre", "latin_name": "Nombre en caracteres latinos",
		"name": "Persona inscrita (no modificar)", "honorific": "Tratamiento", "given_name": "Nombre de pila", "family_name": "Apellidos",
		"latin_given_name": "Nombre de pila en caracteres latinos", "latin_family_name": "Apellidos en caracteres latinos",
		"functional_title": "Cargo", "organization": "Organismo", "role": "Función", "modality": "Modalidad",
		"email": "Correo electrónico", "phone": "Teléfono", "language": "Idioma", "external_id": "Identificador propio",
	},
}

// otherHeadings are what ministries write in their own lists. What stands for one
// field in some lists and for another in others is not among them: Title, Nom.
var otherHeadings = map[string][]string{
	"honorific": {
		"Honorific", "Salutation", "Form of address", "Mr/Ms", "Civilité", "Título de cortesía",
		"Титул", "Форма обращения", "لقب التشريف", "صيغة المخاطبة", "尊称", "称呼",
	},
	"given_name": {
		"Given names", "First name", "First names", "Forename", "Forenames", "Prénoms", "Nombres",
		"Личное имя", "Имена", "الاسم الشخصي", "الاسم الأول والأوسط", "名字",
	},
	"family_name": {
		"Family names", "Last name", "Last names", "Surname", "Surnames", "Patronyme", "Noms de famille", "Apellido", "Nombre de familia",
		"Фамилии", "اسم الأسرة", "اللقب العائلي", "姓氏",
	},
	"latin_given_name":  {"Latin given name", "Given name (Latin)", "Имя (латиницей)", "Имя латиницей", "名（拼音）", "名字拼音", "الاسم الأول باللاتينية"},
	"latin_family_name": {"Latin family name", "Family name (Latin)", "Фамилия (латиницей)", "Фамилия латиницей", "姓（拼音）", "姓拼音", "اسم العائلة باللاتينية"},
	"functional_title": {
		"Job title", "Position", "Post title", "Official title", "Designation", "Titre fonctionnel", "Poste", "Fonction officielle",
		"Título funcional", "Puesto", "Cargo oficial", "Занимаемая должность", "المسمى الوظيفي", "الوظيفة", "职位",
	},
	"organization": {
		"Organisation", "Institution", "Ministry", "Ministry or organization", "Affiliation", "Employer", "Organización", "Institución", "Ministerio",
		"Ministère", "Ministère ou organisme", "Учреждение", "Ведомство", "Министерство", "الجهة", "الوزارة", "جهة العمل", "机构", "工作单位", "部门",
	},
	"role": {
		"Role in the delegation", "Role in delegation", "Delegation role", "Function in the delegation", "Status in the delegation",
		"Rôle dans la délégation", "Fonction dans la délégation", "Qualité dans la délégation",
		"Función en la delegación", "Rol", "Rol en la delegación", "Papel en la delegación", "Calidad en la delegación",
		"Роль", "Роль в делегации", "Функция в делегации", "Статус в делегации",
		"الدور", "الدور في الوفد", "角色", "代表团职务", "代表团身份",
	},
	"modality": {
		"Attendance", "Mode of participation", "Mode of attendance", "In person or online", "Mode de participation",
		"Modalité de participation", "Modalidad de participación", "Forma de participación", "Формат участия", "Способ участия",
		"طريقة المشاركة", "شكل المشاركة", "参会方式", "出席方式",
	},
	"email": {
		"Email", "E-mail address", "Email address", "Mail", "Adresse électronique", "Adresse de courriel", "Adresse e-mail", "Correo",
		"Dirección de correo electrónico", "E-mail адрес", "Эл. почта", "Адрес электронной почты", "عنوان البريد الإلكتروني", "البريد", "邮箱", "电子邮箱", "电邮",
	},
	"phone": {
		"Phone", "Phone number", "Telephone number", "Tel", "Tel. no.", "Tél", "Numéro de téléphone", "Mobile", "Mobile phone", "Cell phone",
		"Número de teléfono", "Teléfono móvil", "Móvil", "Номер телефона", "Тел", "Мобильный телефон", "رقم الهاتف", "الهاتف المحمول", "电话号码", "联系电话", "手机",
	},
	"language": {
		"Preferred language", "Working language", "Language of correspondence", "Langue de travail", "Langue de correspondance", "Langue préférée",
		"Lengua", "Idioma de trabajo", "Idioma preferido", "Рабочий язык", "Предпочитаемый язык", "لغة العمل", "اللغة المفضلة", "语言", "工作语言",
	},
	"external_id": {
		"External id", "Id", "Personnel number", "Identifiant", "Matricule",
		"Identificador", "Идентификатор", "Табельный номер", "المعرّف",
	},
	"entity": {
		"Country", "State", "Member State", "Delegation", "Country code", "ISO code", "Pays", "État", "État membre", "Délégation", "Code pays", "Code ISO",
		"País", "Estado", "Estado Miembro", "Delegación", "Código del país", "Código ISO",
		"Страна", "Государство", "Государство-член", "Делегация", "Код страны", "الدولة", "الدولة العضو", "البلد", "الوفد", "رمز البلد",
		"国家", "会员国", "代表团", "国家代码",
	},
}

// Readings are the ways in which people write a word of a vocabulary that has
// two forms in one: `Expert(e)` is Expert or Experte, `Jefe/a` is Jefe or Jefa,
// `Conseiller/Conseillère` either of them. The word itself is the first.
func Readings(word string) []string {
	out := []string{word}
	if strings.Contains(word, "(e)") {
		return append(out, strings.ReplaceAll(word, "(e)", ""), strings.ReplaceAll(word, "(e)", "e"))
	}
	before, after, ok := strings.Cut(word, "/")
	if !ok {
		return out
	}
	// In Spanish the letter a takes the place of the last vowel, or follows a
	// consonant.
	if ending, rest, _ := strings.Cut(after, " "); ending == "a" {
		stem := strings.TrimRight(before, "eo")
		return append(out, strings.TrimSpace(before+" "+rest), strings.TrimSpace(stem+"a "+rest))
	}
	return append(out, before, after)
}
