package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// crop is what of an upright photograph a badge shows.
type crop struct {
	image.Rectangle
	// step is how many pixels are made one, along each side, before it is scaled.
	step int
	// lost is which part of the photograph it leaves out, from 0 to 1.
	lost float64
}

// cropOf is the largest crop of a badge's proportion. Of one that is too wide both
// sides lose the same. Of one that is too high a quarter of what goes is taken off
// the top and the rest off the bottom: above the head there is less to lose than
// below the shoulders.
func cropOf(size image.Point) crop {
	w, h := size.X, size.Y
	if w*Height > h*Width {
		w = h * Width / Height
	} else {
		h = w * Height / Width
	}
	out := crop{step: max(1, w/Width), lost: 1 - float64(w*h)/float64(size.X*size.Y)}
	// Whole steps, so that each orientation is cut at the same pixels.
	w, h = w-w%out.step, h-h%out.step
	out.Rectangle = image.Rect(0, 0, w, h).Add(image.Pt((size.X-w)/2, (size.Y-h)/4))
	return out
}

// reduce makes the crop of a photograph, upright and on white, with `step` by
// `step` pixels averaged: less than twice the size of a badge. It goes through the
// photograph row by row, and converts no more than these at a time.
func reduce(whole image.Image, cut crop, t turn) *image.RGBA {
	from, n := t.stored(cut.Rectangle, whole.Bounds().Size()), cut.step
	size := from.Size().Div(n)
	out := image.NewRGBA(image.Rectangle{Max: t.size(size)})
	rows := image.NewRGBA(image.Rect(0, 0, from.Dx(), n))
	for y := range size.Y {
		draw.Draw(rows, rows.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(rows, rows.Rect, whole, from.Min.Add(image.Pt(0, y*n)), draw.Over)
		for x := range size.X {
			p := t.upright(image.Pt(x, y), size)
			average(out.Pix[out.PixOffset(p.X, p.Y):][:4], rows, x*n)
		}
	}
	return out
}

// average sets a pixel to the mean of the square that begins at a column of rows.
func average(pixel []byte, rows *image.RGBA, column int) {
	n := rows.Rect.Dy()
	var r, g, b int
	for y := range n {
		line := rows.Pix[y*rows.Stride+4*column:][:4*n]
		for ; len(line) >= 4; line = line[4:] {
			r, g, b = r+int(line[0]), g+int(line[1]), b+int(line[2])
		}
	}
	all, half := n*n, n*n/2
	pixel[0], pixel[1], pixel[2], pixel[3] = byte((r+half)/all), byte((g+half)/all), byte((b+half)/all), 0xff
}
