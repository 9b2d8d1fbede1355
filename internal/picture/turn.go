package picture

import (
	"encoding/binary"
	"image"
)

// turn is how stored pixels are turned to stand upright: mirrored first, and then
// rows made columns. The zero value leaves them.
type turn struct{ flipX, flipY, transposed bool }

// turns are the values of Exif's tag Orientation, from 1.
var turns = [8]turn{
	{},
	{flipX: true},
	{flipX: true, flipY: true},
	{flipY: true},
	{transposed: true},
	{transposed: true, flipY: true},
	{transposed: true, flipX: true, flipY: true},
	{transposed: true, flipX: true},
}

// orientation reads one tag of Exif, which is a TIFF file. It is read by hand: a
// module for Exif follows the pointers in it wherever they lead, and all that is
// wanted is one number of the first directory. What cannot be read leaves the
// picture as it is.
func orientation(tiff []byte) turn {
	const tag, short = 0x0112, 3
	if len(tiff) < 8 {
		return turn{}
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	first := int64(order.Uint32(tiff[4:]))
	if first > int64(len(tiff)-2) {
		return turn{}
	}
	entries := int(order.Uint16(tiff[first:]))
	for rest := tiff[first+2:]; entries > 0 && len(rest) >= 12; entries, rest = entries-1, rest[12:] {
		if order.Uint16(rest) != tag || order.Uint16(rest[2:]) != short {
			continue
		}
		if value := order.Uint16(rest[8:]); value >= 1 && value <= 8 {
			return turns[value-1]
		}
		return turn{}
	}
	return turn{}
}

// size is the upright size of pixels that are stored in a size.
func (t turn) size(stored image.Point) image.Point {
	if t.transposed {
		return image.Pt(stored.Y, stored.X)
	}
	return stored
}

// upright is where a stored pixel comes to stand.
func (t turn) upright(p, stored image.Point) image.Point {
	if t.flipX {
		p.X = stored.X - 1 - p.X
	}
	if t.flipY {
		p.Y = stored.Y - 1 - p.Y
	}
	return t.size(p)
}

// stored is where a rectangle of the upright picture lies among stored pixels.
func (t turn) stored(r image.Rectangle, stored image.Point) image.Rectangle {
	r.Min, r.Max = t.size(r.Min), t.size(r.Max)
	if t.flipX {
		r.Min.X, r.Max.X = stored.X-r.Max.X, stored.X-r.Min.X
	}
	if t.flipY {
		r.Min.Y, r.Max.Y = stored.Y-r.Max.Y, stored.Y-r.Min.Y
	}
	return r
}
