package picture

import (
	"image"
	"math"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// The measures, of the picture as the badge shows it. Lightness is from 0 (black)
// to 255 (white). They are described in docs/photos.md. Nobody's face is looked
// at: a measure of a face would not do the same for all faces.
const (
	// maxLost is which part may be cut off: the usual sizes of passport
	// photographs, and 2:3 and 4:5 of cameras, lose less; a square, and 9:16 of a
	// telephone, lose a quarter and more.
	maxLost = 0.15
	// darkest and brightest are the bounds of the mean lightness. Dark skin and
	// dark clothes before a light wall have about 120, light skin and white clothes
	// before a white wall 235.
	darkest, brightest = 60, 240
	// cornerWidth and cornerHeight are the size of each upper corner, in pixels:
	// narrow enough to lie beside a head that fills two thirds of the width.
	cornerWidth, cornerHeight = Width * 15 / 100, Height / 5
	// maxSpread is the most that any of the three colours may deviate (standard
	// deviation) in the two corners together: a shadow on a wall makes up to 25, a
	// window or a bookshelf 40 and more.
	maxSpread = 30
	// minLight is how light the two corners are at the least: the middle grey.
	minLight = 128
)

// findings are what is doubtful about a picture.
func findings(picture *image.RGBA, cut crop) []placardv1.Photo_Finding {
	var out []placardv1.Photo_Finding
	add := func(doubtful bool, f placardv1.Photo_Finding) {
		if doubtful {
			out = append(out, f)
		}
	}
	light, _ := measure(picture, picture.Rect)
	corner := image.Rect(0, 0, cornerWidth, cornerHeight)
	background, spread := measure(picture, corner, corner.Add(image.Pt(Width-cornerWidth, 0)))
	add(cut.Dx() < Width || cut.Dy() < Height, placardv1.Photo_LOW_RESOLUTION)
	add(cut.lost > maxLost, placardv1.Photo_PROPORTION)
	add(light < darkest, placardv1.Photo_DARK)
	add(light > brightest, placardv1.Photo_BRIGHT)
	add(background < minLight || spread > maxSpread, placardv1.Photo_BUSY_BACKGROUND)
	return out
}

// measure is the mean lightness of some parts (luma of ITU-R BT.601), and the
// largest standard deviation of one colour in all of them together.
func measure(picture *image.RGBA, parts ...image.Rectangle) (light, spread float64) {
	var n int
	var sum, squares [3]int
	for _, part := range parts {
		n += part.Dx() * part.Dy()
		for y := part.Min.Y; y < part.Max.Y; y++ {
			line := picture.Pix[picture.PixOffset(part.Min.X, y):][:4*part.Dx()]
			for i, v := range line {
				if c := i % 4; c < 3 {
					sum[c] += int(v)
					squares[c] += int(v) * int(v)
				}
			}
		}
	}
	for c, weight := range [3]float64{0.299, 0.587, 0.114} {
		mean := float64(sum[c]) / float64(n)
		light += weight * mean
		spread = max(spread, math.Sqrt(max(0, float64(squares[c])/float64(n)-mean*mean)))
	}
	return light, spread
}
