package document

import (
	"strings"
	"time"
)

const (
	xmlHeader  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	namespaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	word   = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// section ends the body: A4, another head on the first page, the same foot on
// all.
const section = `<w:sectPr>` +
	`<w:headerReference w:type="default" r:id="rId3"/>` +
	`<w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="first" r:id="rId4"/>` +
	`<w:pgSz w:w="11906" w:h="16838"/>` +
	`<w:pgMar w:top="1418" w:right="1134" w:bottom="1418" w:left="1134" w:header="709" w:footer="709" w:gutter="0"/>` +
	`<w:titlePg/><w:bidi/></w:sectPr>`

// parts of the package, in their order, without those that paragraphs are
// written to. Words in braces are values.
var parts = []struct{ name, content string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="` + word + `document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="` + word + `styles+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="` + word + `settings+xml"/>` +
		`<Override PartName="/word/header1.xml" ContentType="` + word + `header+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="` + word + `footer+xml"/>` +
		`</Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + office + `officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"` +
		` Target="docProps/core.xml"/>` +
		`</Relationships>`},
	{"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>{title}</dc:title><dc:subject>{subject}</dc:subject><dc:creator>{author}</dc:creator>` +
		`<dc:language>{tag}</dc:language>` +
		`<dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created>` +
		`<dcterms:modified xsi:type="dcterms:W3CDTF">{time}</dcterms:modified>` +
		`</cp:coreProperties>`},
	{"word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + office + `styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="` + office + `settings" Target="settings.xml"/>` +
		`<Relationship Id="rId3" Type="` + office + `header" Target="header1.xml"/>` +
		`<Relationship Id="rId4" Type="` + office + `footer" Target="footer1.xml"/>` +
		`</Relationships>`},
	{"word/styles.xml", `<w:styles ` + namespaces + `>` +
		`<w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="SimSun" w:cs="Times New Roman"/>` +
		`<w:sz w:val="{size}"/><w:szCs w:val="24"/>` +
		`<w:lang w:val="{western}" w:eastAsia="zh-CN" w:bidi="ar-SA"/>` +
		`</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>` +
		`<w:pPr><w:widowControl/>{bidi}</w:pPr></w:style>` +
		style(Title, "Title", `<w:spacing w:before="360" w:after="120"/>`, bold("34", "40")) +
		style(Subtitle, "Subtitle", `<w:spacing w:before="120" w:after="0"/>`, bold("{size}", "24")) +
		style(Heading1, "heading 1", `<w:keepNext/><w:keepLines/>`+
			`<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="2" w:color="auto"/></w:pBdr>`+
			`<w:spacing w:before="480" w:after="120"/><w:outlineLvl w:val="0"/>`, bold("28", "32")) +
		style(Heading2, "heading 2", `<w:keepNext/><w:keepLines/>`+
			`<w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="1"/>`, bold("{size}", "26")) +
		style(Instruction, "Instruction", `<w:keepNext/><w:keepLines/><w:spacing w:before="120" w:after="40"/>`, `{slant}`) +
		style(Entry, "Entry", `<w:keepLines/><w:spacing w:before="0" w:after="80"/>`+
			`<w:ind w:left="567" w:hanging="283"/>`, ``) +
		style(EntryName, "Entry name", `<w:keepNext/><w:keepLines/><w:spacing w:before="0" w:after="0"/>`+
			`<w:ind w:left="567" w:hanging="283"/>`, ``) +
		style(EntryDetail, "Entry detail", `<w:keepLines/><w:spacing w:before="0" w:after="80"/><w:ind w:left="567"/>`, ``) +
		style(Text, "Letter text", `<w:spacing w:before="0" w:after="180" w:line="264" w:lineRule="auto"/>`, size("22", "26")) +
		style(TextBefore, "Letter text before", `<w:keepNext/><w:spacing w:before="0" w:after="180" w:line="264" w:lineRule="auto"/>`,
			size("22", "26")) +
		style(Item, "Letter item", `<w:keepLines/><w:tabs><w:tab w:val="left" w:pos="567"/></w:tabs>`+
			`<w:spacing w:before="0" w:after="120" w:line="264" w:lineRule="auto"/><w:ind w:left="567" w:hanging="283"/>`, size("22", "26")) +
		style(Addressee, "Letter addressee", `<w:spacing w:before="360" w:after="240"/>`, size("22", "26")) +
		style(Subject, "Letter subject", `<w:keepNext/><w:spacing w:before="0" w:after="240"/>`, bold("22", "26")) +
		style(Initials, "Letter initials", `<w:keepLines/><w:pBdr><w:top w:val="single" w:sz="4" w:space="2" w:color="auto"/></w:pBdr>`+
			`<w:spacing w:before="960" w:after="0"/><w:ind w:left="0" w:right="7371"/>`, size("16", "18")) +
		style(organization, "Masthead organization", `<w:spacing w:before="0" w:after="40"/>`, size("32", "36")) +
		style(symbol, "Masthead symbol", `<w:spacing w:before="0" w:after="40"/><w:jc w:val="right"/>`, bold("{size}", "24")) +
		style(body, "Masthead body", `<w:spacing w:before="60" w:after="60"/>`, bold("26", "30")) +
		style(note, "Masthead note", `<w:spacing w:before="60" w:after="20"/><w:ind w:left="283"/>`, ``) +
		style(header, "header", `<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" w:color="auto"/></w:pBdr><w:jc w:val="right"/>`,
			bold("18", "20")) +
		style("Footer", "footer", `<w:jc w:val="right"/>`, size("18", "20")) +
		`</w:styles>`},
	// Version 15: what word processors since 2013 make, so that none opens it in
	// a mode for old documents.
	{"word/settings.xml", `<w:settings ` + namespaces + `>` +
		`<w:defaultTabStop w:val="567"/><w:characterSpacingControl w:val="doNotCompress"/>` +
		`<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>` +
		`<w:themeFontLang w:val="{western}" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:settings>`},
	{"word/footer1.xml", `<w:ftr ` + namespaces + `><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>` +
		`<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>`},
}

// style is the definition of a style, with the properties of its paragraphs and
// of its letters in the order of the schema.
func style(id Style, name, paragraph, letters string) string {
	custom := ` w:customStyle="1"`
	switch id {
	case Title, Subtitle, Heading1, Heading2, header, "Footer":
		custom = ``
	}
	return `<w:style w:type="paragraph"` + custom + ` w:styleId="` + string(id) + `"><w:name w:val="` + name + `"/>` +
		`<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>` + paragraph + `</w:pPr><w:rPr>` + letters + `</w:rPr></w:style>`
}

// size is the size of letters in half points: of others, and of Arabic ones.
func size(points, arabic string) string {
	return `<w:sz w:val="` + points + `"/><w:szCs w:val="` + arabic + `"/>`
}

func bold(points, arabic string) string { return `<w:b/><w:bCs/>` + size(points, arabic) }

// values put the properties into the parts.
func (p Properties) values() *strings.Replacer {
	v := map[string]string{"size": "20", "bidi": "", "slant": "<w:i/>"}
	switch p.Language {
	case "zh":
		v["size"] = "21" // the usual one there, 10.5 points
		v["slant"] = ""  // characters do not slant
	case "ar":
		v["bidi"] = "<w:bidi/>"
		v["slant"] = "" // nor do Arabic letters
	}
	v["western"], v["tag"] = western(p.Language), tags[p.Language]
	v["title"], v["subject"], v["author"] = escape(clean(p.Title)), escape(clean(p.Subject)), escape(clean(p.Author))
	v["time"] = p.Date.UTC().Format(time.RFC3339)
	var pairs []string
	for k, value := range v {
		pairs = append(pairs, "{"+k+"}", value)
	}
	return strings.NewReplacer(pairs...)
}
