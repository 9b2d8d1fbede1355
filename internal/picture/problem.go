package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
)

// What may be wrong with a photograph, for errors.Is.
var (
	// ErrType is for what is neither a JPEG nor a PNG, or a rare kind of them.
	ErrType = errors.New("the photograph is neither JPEG nor PNG")
	// ErrBroken is for what is damaged or not complete.
	ErrBroken = errors.New("the photograph is damaged")
	// ErrAnimated is for a PNG of several pictures.
	ErrAnimated = errors.New("the photograph is animated")
	// ErrTooLarge is for too many pixels, or too much memory.
	ErrTooLarge = errors.New("the photograph is too large")
	// ErrTooSmall is for too few pixels.
	ErrTooSmall = errors.New("the photograph is too small")
)

// Problem is what is wrong with a photograph. It is one of the errors above.
type Problem struct {
	// Kind is one of the errors above.
	Kind error
	// Message tells in English what it is, and what to do.
	Message string
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

// Unwrap answers the kind.
func (p *Problem) Unwrap() error { return p.Kind }

func problem(kind error, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// unreadable is the problem with a JPEG or PNG that a decoder refuses.
func unreadable(err error) *Problem {
	var rareJPEG jpeg.UnsupportedError
	var rarePNG png.UnsupportedError
	if errors.As(err, &rareJPEG) || errors.As(err, &rarePNG) {
		return problem(ErrType, "this is a rare kind of JPEG or PNG: open it in a program for pictures and save it as an ordinary JPEG")
	}
	return problem(ErrBroken, "the file is damaged or not complete: send it again, or save it anew as JPEG")
}

// foreign is the problem with a content that is neither a JPEG nor a PNG.
func foreign(content []byte) *Problem {
	switch other := formatOf(content); other {
	case "HEIC":
		return problem(ErrType, "this is HEIC: choose JPEG in the camera's settings, or convert it")
	case "":
		return problem(ErrType, "this is neither JPEG nor PNG: send a JPEG")
	default:
		return problem(ErrType, "this is %s: convert it to JPEG", other)
	}
}

// formatOf is the name of another format that photographs come in, by the first
// bytes of the content.
func formatOf(content []byte) string {
	at := func(i int, texts ...string) bool {
		for _, text := range texts {
			if len(content) >= i && bytes.HasPrefix(content[i:], []byte(text)) {
				return true
			}
		}
		return false
	}
	switch {
	case at(4, "ftypavif", "ftypavis"):
		return "AVIF"
	case at(4, "ftyphei", "ftyphev", "ftypmif1", "ftypmsf1"):
		return "HEIC"
	case at(0, "RIFF") && at(8, "WEBP"):
		return "WebP"
	case at(0, "GIF8"):
		return "GIF"
	case at(0, "II*\x00", "MM\x00*"):
		return "TIFF, or a raw file of a camera"
	case at(0, "\xff\x0a", "\x00\x00\x00\x0cJXL "):
		return "JPEG XL"
	case at(0, "%PDF-"):
		return "PDF"
	default:
		return ""
	}
}
