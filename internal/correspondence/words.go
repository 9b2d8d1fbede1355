package correspondence

import placardv1 "github.com/un-placard/placard/api/placard/v1"

// words is what a letter says by itself, in one language.
type words struct {
	organization string
	// reference is the line with the reference, placed that with place and day, and day
	// that with the day alone.
	reference, placed, day string
	// initials stands under the line for them.
	initials string
	// comma stands between the parts of an entry.
	comma string
	// mission, observer, delegation and government are to whom a note is addressed: {of}
	// is the name of the State as entity.Of has it, {name} as a list has it.
	mission, observer, delegation, government string
	// note is what a note verbale is called, for the title of a file.
	note string
	// rejections are the reasons of a rejected photograph, as whole sentences.
	rejections map[placardv1.Photo_Rejection]string
}

var wordsIn = map[string]words{
	"ar": {
		organization: "الأمم المتحدة", reference: "المرجع: {reference}", placed: "{place}، {day}", day: "{day}",
		initials: "الأحرف الأولى", comma: "، ", note: "مذكرة شفوية",
		mission: "البعثة الدائمة {of} لدى الأمم المتحدة", observer: "البعثة المراقبة الدائمة {of} لدى الأمم المتحدة",
		delegation: "وفد {name} لدى الأمم المتحدة", government: "حكومة {name}",
		rejections: map[placardv1.Photo_Rejection]string{
			placardv1.Photo_NOT_RECOGNIZABLE:  "تعذَّر التعرف على الشخص: فالصورة صغيرة جدا أو قاتمة جدا أو غير واضحة.",
			placardv1.Photo_NOT_A_PORTRAIT:    "لا تُظهر الصورة رأس شخص واحد وكتفيه من الأمام.",
			placardv1.Photo_OTHERS_IN_PICTURE: "يظهر في الصورة شخص آخر أو شيء آخر.",
			placardv1.Photo_BACKGROUND:        "خلفية الصورة ليست موحدة وفاتحة اللون.",
			placardv1.Photo_NOT_RECENT:        "مضى على التقاط الصورة أكثر من ستة أشهر، أو أنها لا تشبه الشخص المعني.",
			placardv1.Photo_OTHER_PERSON:      "الصورة لشخص آخر.",
		},
	},
	"zh": {
		organization: "联合国", reference: "文号：{reference}", placed: "{day}，{place}", day: "{day}",
		initials: "简签", comma: "，", note: "普通照会",
		mission: "{of}常驻联合国代表团", observer: "{of}常驻联合国观察员代表团",
		delegation: "{of}驻联合国代表团", government: "{of}政府",
		rejections: map[placardv1.Photo_Rejection]string{
			placardv1.Photo_NOT_RECOGNIZABLE:  "照片过小、过暗或模糊，无法辨认本人。",
			placardv1.Photo_NOT_A_PORTRAIT:    "照片不是单人正面免冠头肩像。",
			placardv1.Photo_OTHERS_IN_PICTURE: "照片中有其他人或物品。",
			placardv1.Photo_BACKGROUND:        "照片背景不是纯浅色。",
			placardv1.Photo_NOT_RECENT:        "照片拍摄已超过六个月，或与本人不符。",
			placardv1.Photo_OTHER_PERSON:      "照片是另一人的。",
		},
	},
	"en": {
		organization: "United Nations", reference: "Reference: {reference}", placed: "{place}, {day}", day: "{day}",
		initials: "Initials", comma: ", ", note: "Note verbale",
		mission: "the Permanent Mission {of} to the United Nations", observer: "the Permanent Observer Mission {of} to the United Nations",
		delegation: "the Delegation {of} to the United Nations", government: "the Government {of}",
		rejections: map[placardv1.Photo_Rejection]string{
			placardv1.Photo_NOT_RECOGNIZABLE:  "The person cannot be recognized: the photograph is too small, too dark or out of focus.",
			placardv1.Photo_NOT_A_PORTRAIT:    "The photograph does not show the head and shoulders of one person, seen from the front.",
			placardv1.Photo_OTHERS_IN_PICTURE: "Another person or an object is in the photograph.",
			placardv1.Photo_BACKGROUND:        "The background is not plain and light.",
			placardv1.Photo_NOT_RECENT:        "The photograph is older than six months, or does not resemble the person.",
			placardv1.Photo_OTHER_PERSON:      "The photograph is of another person.",
		},
	},
	"fr": {
		organization: "Nations Unies", reference: "Référence : {reference}", placed: "{place}, le {day}", day: "Le {day}",
		initials: "Paraphe", comma: ", ", note: "Note verbale",
		mission:    "Mission permanente {of} auprès de l’Organisation des Nations Unies",
		observer:   "Mission permanente d’observation {of} auprès de l’Organisation des Nations Unies",
		delegation: "Délégation {of} auprès de l’Organisation des Nations Unies", government: "Gouvernement {of}",
		rejections: map[placardv1.Photo_Rejection]string{
			placardv1.Photo_NOT_RECOGNIZABLE:  "La personne n’est pas reconnaissable : la photographie est trop petite, trop sombre ou floue.",
			placardv1.Photo_NOT_A_PORTRAIT:    "La photographie ne montre pas la tête et les épaules d’une seule personne, de face.",
			placardv1.Photo_OTHERS_IN_PICTURE: "Une autre personne ou un objet figure sur la photographie.",
			placardv1.Photo_BACKGROUND:        "Le fond n’est pas uni et clair.",
			placardv1.Photo_NOT_RECENT:        "La photographie date de plus de six mois ou n’est pas ressemblante.",
			placardv1.Photo_OTHER_PERSON:      "La photographie est celle d’une autre personne.",
		},
	},
	"ru": {
		organization: "Организация Объединенных Наций", reference: "Ссылка: {reference}", placed: "{place}, {day}", day: "{day}",
		initials: "Парафа", comma: ", ", note: "Вербальная нота",
		mission:    "Постоянное представительство {of} при Организации Объединенных Наций",
		observer:   "Постоянная миссия наблюдателя {of} при Организации Объединенных Наций",
		delegation: "Делегация {of} при Организации Объединенных Наций", government: "Правительство {of}",
		rejections: map[placardv1.Photo_Rejection]string{
			placardv1.Photo_NOT_RECOGNIZABLE:  "Лицо невозможно распознать: фотография слишком мала, слишком темна или нерезка.",
			placardv1.Photo_NOT_A_PORTRAIT:    "На фотографии не изображены анфас голова и плечи одного человека.",
			placardv1.Photo_OTHERS_IN_PICTURE: "На фотографии присутствует другой человек или предмет.",
			placardv1.Photo_BACKGROUND:        "Фон фотографии не является однотонным и светлым.",
			placardv1.Photo_NOT_RECENT:        "Фотография сделана более шести месяцев назад, или сходство с участником недостаточно.",
			placardv1.Photo_OTHER_PERSON:      "На фотографии изображен другой человек.",
		},
	},
	"es": {
		organization: "Naciones Unidas", reference: "Referencia: {reference}", placed: "{place}, {day}", day: "{day}",
		initials: "Rúbrica", comma: ", ", note: "Nota verbal",
		mission:    "Misión Permanente {of} ante las Naciones Unidas",
		observer:   "Misión Permanente de Observación {of} ante las Naciones Unidas",
		delegation: "Delegación {of} ante las Naciones Unidas", government: "Gobierno {of}",
		rejections: map[placardv1.Photo_Rejection]string{
			placardv1.Photo_NOT_RECOGNIZABLE:  "No se reconoce a la persona: la fotografía es demasiado pequeña, demasiado oscura o borrosa.",
			placardv1.Photo_NOT_A_PORTRAIT:    "La fotografía no muestra la cabeza y los hombros de una sola persona, de frente.",
			placardv1.Photo_OTHERS_IN_PICTURE: "Aparece otra persona o un objeto en la fotografía.",
			placardv1.Photo_BACKGROUND:        "El fondo no es liso y claro.",
			placardv1.Photo_NOT_RECENT:        "La fotografía tiene más de seis meses o no se parece a la persona.",
			placardv1.Photo_OTHER_PERSON:      "La fotografía es de otra persona.",
		},
	},
}
