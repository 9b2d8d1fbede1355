package delegation

// guide is what a template says by itself, in one language.
type guide struct {
	// table and title are the names of the sheets.
	table, title string
	lines        []string
}

var instructions = map[string]guide{
	"ar": {"الوفد", "تعليمات", []string{
		"صف واحد لكل شخص، بالترتيب البروتوكولي. لا تُغيَّر العناوين في الصف الأول؛ ويجوز حذف أعمدة أو نقلها.",
		"يلزم لكل شخص صفة في الوفد، واسم أول أو اسم عائلة. وتُكتب الأسماء كما هي تمامًا.",
		"اختر الصفة وطريقة الحضور واللغة من القوائم. وللوفد رئيس واحد على الأكثر.",
		"يحوي الملف تشكيل الوفد كاملاً: من لا يرد فيه يُسحب من الوفد.",
		"لا يُغيَّر العمود الأخير: به يُعرف المشاركون المسجلون. ويبقى فارغًا لشخص جديد.",
		"تُكتب القيم لا الصيغ الحسابية. والحد الأقصى 500 شخص.",
	}},
	"zh": {"代表团", "说明", []string{
		"每人一行，按礼宾顺序排列。请勿更改第一行的标题；各栏可以删除或移动。",
		"每人须填写在代表团中的身份，以及姓或名。姓名请按原样填写。",
		"身份、与会方式和语文请从列表中选择。代表团最多一名团长。",
		"本文件为代表团的全部组成：未列入者即退出代表团。",
		"请勿更改最后一栏：系统据此识别已登记的与会者。新人员留空。",
		"请填写数值，不要使用公式。最多500人。",
	}},
	"en": {"Delegation", "Instructions", []string{
		"One row for each person, in protocol order. Leave the headings in the first row as they are; columns may be left out or moved.",
		"A person needs a role, and a given name or a family name. Write names exactly as they are.",
		"Choose role, modality and language from the lists. A delegation has at most one head.",
		"The file is the whole composition: whoever is not in it is withdrawn from the delegation.",
		"Leave the last column as it is: it tells who is registered already. It stays empty for a new person.",
		"Write values, not formulas. 500 persons are the most.",
	}},
	"fr": {"Délégation", "Mode d’emploi", []string{
		"Une ligne par personne, dans l’ordre protocolaire. Ne pas modifier les intitulés de la première ligne ; des colonnes peuvent être supprimées ou déplacées.",
		"Chaque personne doit avoir un rôle, et un prénom ou un nom de famille. Écrire les noms exactement tels qu’ils sont.",
		"Choisir le rôle, la modalité et la langue dans les listes. Une délégation a au plus un chef.",
		"Le fichier est la composition entière : quiconque n’y figure pas est retiré de la délégation.",
		"Ne pas modifier la dernière colonne : elle indique qui est déjà inscrit. Elle reste vide pour une nouvelle personne.",
		"Écrire des valeurs, pas des formules. 500 personnes au plus.",
	}},
	"ru": {"Делегация", "Указания", []string{
		"Одна строка на каждого человека, в протокольном порядке. Заголовки в первой строке не изменять; столбцы можно удалять и перемещать.",
		"Для каждого человека нужны функция и имя или фамилия. Имена писать точно так, как они пишутся.",
		"Функцию, форму участия и язык выбирать из списков. В делегации не более одного главы.",
		"Файл содержит весь состав: кого в нем нет, тот выбывает из делегации.",
		"Последний столбец не изменять: по нему узнаются уже зарегистрированные участники. Для нового человека он остается пустым.",
		"Писать значения, а не формулы. Не более 500 человек.",
	}},
	"es": {"Delegación", "Instrucciones", []string{
		"Una fila por persona, en orden protocolario. No modificar los encabezados de la primera fila; los que no hagan falta se pueden quitar, con todo lo que está debajo.",
		"Cada persona necesita una función, y un nombre de pila o apellidos. Los nombres se escriben exactamente como son.",
		"La función, la modalidad y el idioma se eligen de las listas. Una delegación tiene como máximo un jefe o una jefa.",
		"El archivo es la composición entera: quien no figure en él queda retirado de la delegación.",
		"No modificar la última columna: indica quién está inscrito ya. Queda vacía para una persona nueva.",
		"Escribir valores, no fórmulas. 500 personas como máximo.",
	}},
}
