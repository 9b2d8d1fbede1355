package blob

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for the header of a JPEG
	_ "image/png"  // for the header of a PNG
	"io"
	"strings"

	"github.com/un-placard/placard/internal/fault"
)

// Kind is what a content is, as its media type.
type Kind string

// The kinds that are taken.
const (
	PDF  Kind = "application/pdf"
	JPEG Kind = "image/jpeg"
	PNG  Kind = "image/png"
	DOCX Kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// Endings are how the names of such files end, the usual one first.
func (k Kind) Endings() []string {
	switch k {
	case PDF:
		return []string{".pdf"}
	case JPEG:
		return []string{".jpg", ".jpeg"}
	case PNG:
		return []string{".png"}
	case DOCX:
		return []string{".docx"}
	default:
		return []string{""}
	}
}

// Recognize finds out which of some kinds a content is, by itself: what its
// name or its sender say counts for nothing. It refuses what is none of them,
// or two things at once. `field` is that of the request that holds the content.
func Recognize(field string, content []byte, allowed ...Kind) (Kind, error) {
	if len(content) == 0 {
		return "", fault.Invalid(fault.Violation{Field: field, Reason: "FILE_EMPTY", Message: "is empty: send the file itself"})
	}
	why := errors.New("it is none of them")
	for _, k := range allowed {
		if !bytes.HasPrefix(content, k.magic()) {
			continue
		}
		if why = k.check(content); why == nil {
			return k, nil
		}
	}
	var names []string
	for _, k := range allowed {
		names = append(names, strings.ToUpper(strings.TrimPrefix(k.Endings()[0], ".")))
	}
	return "", fault.Invalid(fault.Violation{
		Field: field, Reason: "FILE_TYPE",
		Message: fmt.Sprintf("must be one of %s, by its content: %v", strings.Join(names, ", "), why),
	})
}

// magic is how every content of a kind begins.
func (k Kind) magic() []byte {
	switch k {
	case PDF:
		return []byte("%PDF-")
	case JPEG:
		return []byte("\xff\xd8\xff")
	case PNG:
		return []byte("\x89PNG\r\n\x1a\n")
	default:
		return []byte("PK\x03\x04")
	}
}

// check answers what keeps a content that begins as its kind from being one.
func (k Kind) check(content []byte) error {
	if k == DOCX {
		return checkDOCX(content)
	}
	if isPage(content) {
		return errors.New("it is a web page as well")
	}
	if endsAsZIP(content) {
		return errors.New("it is a ZIP archive as well")
	}
	if k == PDF {
		return checkPDF(content)
	}
	header, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || "image/"+format != string(k) || header.Width < 1 || header.Height < 1 {
		return errors.New("the header of the picture cannot be read")
	}
	return nil
}

// tail is how much of a PDF may follow its end, in bytes: as much as readers of
// PDF look through.
const tail = 1024

// checkPDF wants the end of a PDF where readers look for it. What was cut off on
// its way has none, and what hides something behind it has it elsewhere.
func checkPDF(content []byte) error {
	end := content[max(0, len(content)-tail):]
	if !bytes.Contains(end, []byte("%%EOF")) || !bytes.Contains(end, []byte("startxref")) {
		return errors.New("the PDF has no end: was it cut off?")
	}
	return nil
}

// sniffed is how far programs look that guess what a file is, in bytes.
const sniffed = 1024

// isPage tells whether a guess could take a content for a page with scripts.
func isPage(content []byte) bool {
	begin := bytes.ToLower(content[:min(len(content), sniffed)])
	for _, tag := range []string{"<html", "<!doctype html", "<head", "<body", "<script", "<iframe", "<svg", "<?php"} {
		if bytes.Contains(begin, []byte(tag)) {
			return true
		}
	}
	return false
}

// endsAsZIP tells whether a content ends with the directory of a ZIP archive,
// and a comment of just the length that it names.
func endsAsZIP(content []byte) bool {
	const record, longest = 22, 1<<16 - 1
	end := content[max(0, len(content)-record-longest):]
	for at := bytes.LastIndex(end, []byte("PK\x05\x06")); at >= 0; at = bytes.LastIndex(end[:at], []byte("PK\x05\x06")) {
		if rest := end[at:]; len(rest) >= record && int(binary.LittleEndian.Uint16(rest[20:])) == len(rest)-record {
			return true
		}
	}
	return false
}

// Bounds of a DOCX: how many parts it has, how many bytes they say that they
// have unpacked, and how many of its list of parts are read.
const (
	maxParts    = 10_000
	maxUnpacked = 1 << 30
	maxTypes    = 1 << 20
)

// checkDOCX wants a document of Word without macros. It unpacks the list of its
// parts and nothing else.
func checkDOCX(content []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return errors.New("the archive that a DOCX is cannot be read")
	}
	if len(archive.File) > maxParts {
		return fmt.Errorf("it has more than %d parts", maxParts)
	}
	var unpacked uint64
	var types *zip.File
	document := false
	for _, f := range archive.File {
		name := strings.ToLower(f.Name)
		unpacked += f.UncompressedSize64
		switch {
		case f.UncompressedSize64 > maxUnpacked || unpacked > maxUnpacked:
			return fmt.Errorf("it unpacks to more than %d bytes", maxUnpacked)
		case strings.HasPrefix(name, "/") || strings.Contains(name, `\`) || strings.Contains("/"+name+"/", "/../"):
			return errors.New("a part of it lies outside of it")
		case strings.HasSuffix(name, "vbaproject.bin"):
			return errors.New("it has macros")
		case f.Name == "[Content_Types].xml":
			types = f
		case name == "word/document.xml":
			document = true
		}
	}
	if types == nil || !document {
		return errors.New("it is another archive than a DOCX")
	}
	r, err := types.Open()
	if err != nil {
		return errors.New("its list of parts cannot be read")
	}
	defer func() { _ = r.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(r, maxTypes+1))
	if err != nil || len(text) > maxTypes {
		return errors.New("its list of parts cannot be read")
	}
	if bytes.Contains(bytes.ToLower(text), []byte("macroenabled")) {
		return errors.New("it has macros")
	}
	return nil
}
