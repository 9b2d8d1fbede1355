package participantlist

// correcting is how a corrigendum says what to do with what stands below, in one
// language. In the place of %s stands a name or a heading.
type correcting struct {
	// add is for persons at the end of a delegation, addBehind for those directly
	// behind another, addFirst for those before all others.
	add, addBehind, addFirst string
	// addEntry and removeEntry are for whole delegations.
	addEntry, removeEntry string
	// insteadOf stands before what is wrong, read before what is right.
	insteadOf, read string
	// placeBehind and placeFirst are for persons who are on the list already.
	placeBehind, placeFirst string
	remove                  string
	// transfer is the sentence for a delegation that stood under another heading:
	// that one, and the one that it belongs under.
	transfer string
}

// corrections has the official languages, in the usage of the corrigenda of the
// United Nations. Names stand in the nominative.
var corrections = map[string]correcting{
	"ar": {
		add: "يُضاف:", addBehind: "يُضاف بعد %s:", addFirst: "يُضاف في البداية:",
		addEntry: "يُضاف المدخل بأكمله:", removeEntry: "يُحذف المدخل بأكمله:",
		insteadOf: "يُستعاض عن:", read: "بما يلي:",
		placeBehind: "يُنقل إلى ما بعد %s:", placeFirst: "يُنقل إلى البداية:",
		remove:   "يُحذف:",
		transfer: "يُنقل هذا المدخل من «%s» إلى «%s».",
	},
	"zh": {
		add: "增加：", addBehind: "在%s之后增加：", addFirst: "在开头增加：",
		addEntry: "增加整个条目：", removeEntry: "删去整个条目：",
		insteadOf: "将下列内容：", read: "改为：",
		placeBehind: "将下列与会者移至%s之后：", placeFirst: "将下列与会者移至开头：",
		remove:   "删去：",
		transfer: "将本条目由“%s”移至“%s”。",
	},
	"en": {
		add: "Add", addBehind: "Add after %s", addFirst: "Add at the beginning",
		addEntry: "Add the entire entry", removeEntry: "Delete the entire entry",
		insteadOf: "For", read: "read",
		placeBehind: "Place after %s", placeFirst: "Place at the beginning",
		remove:   "Delete",
		transfer: "Transfer this entry from “%s” to “%s”.",
	},
	"fr": {
		add: "Ajouter", addBehind: "Ajouter après %s", addFirst: "Ajouter au début",
		addEntry: "Ajouter toute la rubrique", removeEntry: "Supprimer toute la rubrique",
		insteadOf: "Au lieu de", read: "lire",
		placeBehind: "Placer après %s", placeFirst: "Placer au début",
		remove:   "Supprimer",
		transfer: "Transférer cette rubrique de la section «\u00a0%s\u00a0» à la section «\u00a0%s\u00a0».",
	},
	"ru": {
		add: "Добавить", addBehind: "Добавить после записи «%s»", addFirst: "Добавить в начале",
		addEntry: "Добавить рубрику целиком", removeEntry: "Исключить рубрику целиком",
		insteadOf: "Вместо", read: "читать",
		placeBehind: "Поместить после записи «%s»", placeFirst: "Поместить в начале",
		remove:   "Исключить",
		transfer: "Перенести рубрику из раздела «%s» в раздел «%s».",
	},
	"es": {
		add: "Añádase", addBehind: "Añádase después de “%s”", addFirst: "Añádase al principio",
		addEntry: "Añádase la entrada completa", removeEntry: "Suprímase la entrada completa",
		insteadOf: "Donde dice", read: "debe decir",
		placeBehind: "Colóquese después de “%s”", placeFirst: "Colóquese al principio",
		remove:   "Suprímase",
		transfer: "Trasládese esta entrada de la sección “%s” a la sección “%s”.",
	},
}
