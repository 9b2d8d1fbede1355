package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// grid is a picture whose colours say where they are: each of 3 by 4 fields has
// its own.
func grid(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			i, j := x*3/w, y*4/h
			m.SetNRGBA(x, y, color.NRGBA{R: uint8(40 + 80*i), G: uint8(40 + 60*j), B: uint8(200 - 50*i), A: 255})
		}
	}
	return m
}

// portrait is a head and shoulders before a wall.
func portrait(w, h int, wall, person color.NRGBA) *image.NRGBA {
	m := plain(w, h, wall)
	for y := range h {
		for x := range w {
			dx, dy := float64(x)/float64(w)-0.5, float64(y)/float64(h)
			head := dx*dx/0.05+(dy-0.4)*(dy-0.4)/0.06 < 1
			if head || dy > 0.7 {
				m.SetNRGBA(x, y, person)
			}
		}
	}
	return m
}

func plain(w, h int, c color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return m
}

// gray is a grey of a lightness.
func gray(v uint8) color.NRGBA { return color.NRGBA{R: v, G: v, B: v, A: 255} }

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lying is a picture as a camera stores it that was held in one of the eight ways
// of Exif: by the words of its specification, which say at which side of the
// picture the first row and the first column lie.
func lying(m *image.NRGBA, orientation int) *image.NRGBA {
	sides := [8][2]string{
		{"top", "left"}, {"top", "right"}, {"bottom", "right"}, {"bottom", "left"},
		{"left", "top"}, {"right", "top"}, {"right", "bottom"}, {"left", "bottom"},
	}[orientation-1]
	w, h := m.Rect.Dx(), m.Rect.Dy()
	from := func(side string, x, y int) int {
		switch side {
		case "top":
			return y
		case "bottom":
			return h - 1 - y
		case "left":
			return x
		default:
			return w - 1 - x
		}
	}
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range h {
		for x := range w {
			out.SetNRGBA(from(sides[1], x, y), from(sides[0], x, y), m.NRGBAAt(x, y))
		}
	}
	return out
}

// tiff is what Exif holds: the name of a camera, an orientation, a place.
func tiff(order binary.AppendByteOrder, orientation int) []byte {
	mark := "II"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		mark = "MM"
	}
	b := order.AppendUint16([]byte(mark), 42)
	b = order.AppendUint32(b, 8)
	entry := func(tag, kind uint16, n, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(b, n)
		if kind == 3 {
			b = append(order.AppendUint16(b, uint16(value)), 0, 0)
			return
		}
		b = order.AppendUint32(b, value)
	}
	const first, second = 8 + 2 + 3*12 + 4, 2 + 12 + 4
	b = order.AppendUint16(b, 3)
	entry(0x010f, 2, 14, first+second)
	entry(0x0112, 3, 1, uint32(orientation))
	entry(0x8825, 4, 1, first)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 1)
	entry(2, 5, 3, first+second+14)
	b = order.AppendUint32(b, 0)
	b = append(b, "SECRET-CAMERA\x00"...)
	for _, n := range []uint32{48, 1, 14, 1, 0x5ec2e7, 1} {
		b = order.AppendUint32(b, n)
	}
	return b
}

// jpegWith is a JPEG with one more segment at its beginning.
func jpegWith(file []byte, marker byte, body string) []byte {
	out := append([]byte{0xff, 0xd8, 0xff, marker}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(out, body...), file[2:]...)
}

// pngWith is a PNG with one more chunk behind its header.
func pngWith(file []byte, kind, body string) []byte {
	const header = 8 + 25
	out := bytes.Clone(file[:header])
	return append(append(out, chunk(kind, []byte(body))...), file[header:]...)
}

func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// rawPNG is a PNG whose rows are all zero: black of a kind of colour.
func rawPNG(w, h int, depth, kind byte, interlaced bool, unpacked int) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	header = append(header, depth, kind, 0, 0, 0)
	if interlaced {
		header[12] = 1
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(make([]byte, unpacked)) // a buffer takes all
	_ = z.Close()
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header)...)
	out = append(out, chunk("IDAT", packed.Bytes())...)
	return append(out, chunk("IEND", nil)...)
}

// flat is a JPEG of one colour, of a kind that the standard library does not
// write.
type flat struct {
	w, h int
	// samples is the value of each component.
	samples []byte
	// adobe is the transform that Adobe's segment tells; none where negative.
	adobe int
	// progressive makes it a progressive one, with empty scans behind the first.
	progressive bool
	scans       int
}

func (f flat) file() []byte {
	var b bytes.Buffer
	segment := func(marker byte, body ...byte) {
		b.Write([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)})
		b.Write(body)
	}
	b.Write([]byte{0xff, 0xd8})
	if f.adobe >= 0 {
		segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), byte(f.adobe))...)
	}
	table := bytes.Repeat([]byte{1}, 65)
	table[0], table[1] = 0, 8
	segment(0xdb, table...)
	n := byte(len(f.samples))
	frame := []byte{8, byte(f.h >> 8), byte(f.h), byte(f.w >> 8), byte(f.w), n}
	scan := []byte{n}
	for i := range n {
		frame = append(frame, i+1, 0x11, 0)
		scan = append(scan, i+1, 0)
	}
	sof, last := byte(0xc0), byte(63)
	if f.progressive {
		sof, last = 0xc2, 0
	}
	segment(sof, frame...)
	// The codes of the first coefficient: four bits for 0 to 11 bits of a value.
	segment(0xc4, append(append([]byte{0x00}, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)...)
	// Of the others: 0 ends a block, 10 and 14 bits a run of blocks.
	segment(0xc4, append(append([]byte{0x10}, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0x00, 0xe0)...)
	segment(0xda, append(scan, 0, last, 0)...)
	var bits bitWriter
	blocks := ((f.w + 7) / 8) * ((f.h + 7) / 8)
	for i := range blocks {
		for _, v := range f.samples {
			if value := int(v) - 128; i == 0 {
				bits.value(value)
			} else {
				bits.write(0, 4)
			}
			if !f.progressive {
				bits.write(0, 1)
			}
		}
	}
	b.Write(bits.end())
	for range f.scans {
		segment(0xda, 1, 1, 0, 1, 63, 0)
		var bits bitWriter
		for left := blocks; left > 0; left -= 1<<15 - 1 {
			bits.write(0b10, 2)
			bits.write(1<<14-1, 14)
		}
		b.Write(bits.end())
	}
	b.Write([]byte{0xff, 0xd9})
	return b.Bytes()
}

// bitWriter writes the data of a scan.
type bitWriter struct {
	out  []byte
	bits uint32
	n    int
}

// value writes the length of a number and its bits.
func (w *bitWriter) value(v int) {
	size, bits := 0, v
	for m := max(v, -v); m > 0; m >>= 1 {
		size++
	}
	if v < 0 {
		bits = v - 1
	}
	w.write(uint32(size), 4)
	w.write(uint32(bits)&(1<<size-1), size)
}

func (w *bitWriter) write(bits uint32, n int) {
	w.bits, w.n = w.bits<<n|bits, w.n+n
	for ; w.n >= 8; w.n -= 8 {
		c := byte(w.bits >> (w.n - 8))
		if w.out = append(w.out, c); c == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

func (w *bitWriter) end() []byte {
	w.write(0x7f, 7)
	return w.out
}

// interlaced is how many bytes the seven passes of an interlaced PNG have (Adam7),
// of some bytes for each pixel.
func interlaced(w, h, bytes int) int {
	var n int
	for _, pass := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		columns, rows := (w-pass[0]+pass[2]-1)/pass[2], (h-pass[1]+pass[3]-1)/pass[3]
		n += rows * (1 + bytes*columns)
	}
	return n
}
