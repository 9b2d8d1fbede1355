package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
)

const (
	// maxPixels is the most pixels that a photograph may have. Telephones make 12
	// to 24 million unless they are told otherwise.
	maxPixels = 40_000_000
	// maxSide and minSide bound each side. Of a side of 200 pixels a badge shows
	// three dots for each pixel, and no face can be recognized on less.
	maxSide, minSide = 20_000, 200
	// maxMemory is how many bytes one photograph may take to decode.
	maxMemory = 2 * share
	// maxScans is how many passes over its pixels a JPEG may make. Cameras and
	// programs make 1 to 10. Each may cost some bytes of the file and the time of
	// the whole picture.
	maxScans = 100
)

// header is what a file tells of a photograph before it is decoded.
type header struct {
	png bool
	// size is that of the pixels as they are stored.
	size image.Point
	// turn is how they are turned to stand upright.
	turn turn
	// memory is how many bytes it takes to decode them, at the most.
	memory int64
}

// readHeader reads a header, and refuses what shall not be decoded. It takes no
// memory for pixels.
func readHeader(content []byte) (header, error) {
	read, config := readJPEG, jpeg.DecodeConfig
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		read, config = readPNG, png.DecodeConfig
	default:
		return header{}, foreign(content)
	}
	c, err := config(bytes.NewReader(content))
	if err != nil {
		return header{}, unreadable(err)
	}
	switch {
	case c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels:
		return header{}, problem(ErrTooLarge, "the photograph has %d by %d pixels: 40 megapixels and 20,000 pixels at a side are the most", c.Width, c.Height)
	case c.Width < minSide || c.Height < minSide:
		return header{}, problem(ErrTooSmall, "the photograph has %d by %d pixels: 200 at each side are the least", c.Width, c.Height)
	}
	h, err := read(content)
	if err != nil {
		return header{}, err
	}
	// The size is what the decoder reads, and the rest is read here: where the two
	// do not see the same file, the rest is worth nothing.
	if h.size != image.Pt(c.Width, c.Height) {
		return header{}, unreadable(errors.New("two headers"))
	}
	if h.memory > maxMemory {
		return header{}, problem(ErrTooLarge, "the photograph takes too much memory: make it smaller, or save it anew as an ordinary JPEG")
	}
	return h, nil
}

// The markers of JPEG that matter here.
const (
	markerSOF0, markerSOF2  = 0xc0, 0xc2
	markerRST0, markerEOI   = 0xd0, 0xd9
	markerSOS               = 0xda
	markerAPP1, markerAPP14 = 0xe1, 0xee
)

// readJPEG reads the segments of a JPEG, to the end of the picture: what comes
// behind it (a film, a second picture) the decoder does not read either.
func readJPEG(content []byte) (header, error) {
	h := header{}
	var frame []byte
	var progressive, adobe bool
	scans := 0
	for rest := content[2:]; ; {
		kind, body, after, ok := segment(rest)
		if !ok || kind == markerEOI {
			break
		}
		rest = after
		switch {
		case kind >= markerSOF0 && kind <= markerSOF2:
			frame, progressive = body, kind == markerSOF2
		case kind == markerSOS:
			scans++
		case kind == markerAPP1:
			if tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && h.turn == (turn{}) {
				h.turn = orientation(tiff)
			}
		case kind == markerAPP14:
			adobe = true
		}
	}
	if len(frame) < 9 || len(frame) != 6+3*int(frame[5]) {
		return h, unreadable(errors.New("no frame"))
	}
	if scans > maxScans {
		return h, unreadable(errors.New("too many scans"))
	}
	h.size = image.Pt(int(binary.BigEndian.Uint16(frame[3:])), int(binary.BigEndian.Uint16(frame[1:])))
	h.memory = memoryOfJPEG(h.size, frame[6:], progressive, adobe)
	return h, nil
}

// segment takes the first segment off a JPEG, as leniently as the decoder does:
// what it skips, as the data of a scan, is skipped here.
func segment(b []byte) (kind byte, body, after []byte, ok bool) {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 {
			return 0, nil, nil, false
		}
		for b = b[i:]; len(b) > 0 && b[0] == 0xff; {
			b = b[1:]
		}
		switch {
		case len(b) == 0:
			return 0, nil, nil, false
		case b[0] == 0, b[0] >= markerRST0 && b[0] < markerRST0+8:
			b = b[1:]
			continue
		case b[0] == markerEOI:
			return markerEOI, nil, nil, true
		case len(b) < 3:
			return 0, nil, nil, false
		}
		n := int(binary.BigEndian.Uint16(b[1:]))
		if n < 2 || n > len(b)-1 {
			return 0, nil, nil, false
		}
		return b[0], b[3 : 1+n], b[1+n:], true
	}
}

// memoryOfJPEG is what image/jpeg takes: a byte for each sample; four more in a
// progressive one, whose coefficients are kept to the end; four for each pixel
// where the colours are not YCbCr. `components` are those of the frame, three
// bytes each.
func memoryOfJPEG(size image.Point, components []byte, progressive, adobe bool) int64 {
	var ids []byte
	var widest, highest, samples int
	for ; len(components) > 0; components = components[3:] {
		h, v := int(components[1]>>4), int(components[1]&15)
		ids = append(ids, components[0])
		widest, highest, samples = max(widest, h), max(highest, v), samples+h*v
	}
	if len(ids) == 1 {
		widest, highest, samples = 1, 1, 1
	}
	blocks := ((size.X + 8*widest - 1) / max(8*widest, 1)) * ((size.Y + 8*highest - 1) / max(8*highest, 1))
	memory := int64(blocks) * 64 * int64(samples)
	if progressive {
		memory *= 5
	}
	if adobe || len(ids) == 4 || string(ids) == "RGB" {
		memory += 4 * int64(size.X) * int64(size.Y)
	}
	return memory
}

// readPNG reads the chunks of a PNG.
func readPNG(content []byte) (header, error) {
	h := header{png: true}
	for rest := content[8:]; len(rest) >= 12; {
		n := int64(binary.BigEndian.Uint32(rest))
		if n > int64(len(rest)-12) {
			break // not complete: the decoder refuses it
		}
		body := rest[8 : 8+n]
		switch string(rest[4:8]) {
		case "IHDR":
			if n == 13 && h.memory == 0 {
				h.size = image.Pt(int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:])))
				h.memory = memoryOfPNG(h.size, body[8] == 16, body[12] != 0)
			}
		case "acTL":
			return h, problem(ErrAnimated, "this is an animated PNG: send one picture, as JPEG")
		case "eXIf":
			h.turn = orientation(body)
		case "IEND":
			return h, nil
		}
		rest = rest[12+n:]
	}
	return h, nil
}

// memoryOfPNG is what image/png takes at the most: four bytes for each pixel, twice
// that of 16 bits, and all of it again for the passes of an interlaced one.
func memoryOfPNG(size image.Point, deep, interlaced bool) int64 {
	memory := 4 * int64(size.X) * int64(size.Y)
	if deep {
		memory *= 2
	}
	if interlaced {
		memory *= 2
	}
	return memory
}
