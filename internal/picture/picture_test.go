package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/picture"
)

// made is the picture of a photograph, as it was made and as its pixels.
func made(t testing.TB, content []byte) (picture.Picture, image.Image) {
	t.Helper()
	p, err := picture.New(2).Make(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, picture.Width, picture.Height) {
		t.Fatalf("the picture has %v", m.Bounds())
	}
	return p, m
}

// near tells whether two colours look the same.
func near(a, b color.Color, tolerance float64) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	for _, d := range []float64{float64(ar) - float64(br), float64(ag) - float64(bg), float64(ab) - float64(bb)} {
		if math.Abs(d)/257 > tolerance {
			return false
		}
	}
	return true
}

// TestOrientation: a photograph gives the same picture in whichever of the eight
// ways the camera was held, also where sides are cut off and where whole steps of
// pixels do not fit.
func TestOrientation(t *testing.T) {
	for what, upright := range map[string]*image.NRGBA{
		"as the badge": grid(300, 400), "odd": grid(1249, 1671), "wide": grid(1501, 801), "high": grid(307, 809),
	} {
		want, pixels := made(t, asPNG(t, upright))
		for o := 1; o <= 8; o++ {
			var order binary.AppendByteOrder = binary.BigEndian
			if o%2 == 0 {
				order = binary.LittleEndian
			}
			stored, exif := lying(upright, o), string(tiff(order, o))
			if got, _ := made(t, pngWith(asPNG(t, stored), "eXIf", exif)); !bytes.Equal(got.JPEG, want.JPEG) {
				t.Errorf("%s, PNG, orientation %d: another picture", what, o)
			}
			_, got := made(t, jpegWith(asJPEG(t, stored), 0xe1, "Exif\x00\x00"+exif))
			for _, p := range []image.Point{{100, 100}, {300, 300}, {500, 500}, {100, 700}} {
				if !near(got.At(p.X, p.Y), pixels.At(p.X, p.Y), 12) {
					t.Errorf("%s, JPEG, orientation %d: %v at %v, want %v", what, o, got.At(p.X, p.Y), p, pixels.At(p.X, p.Y))
				}
			}
		}
	}
}

// TestOrientationUnreadable: Exif that is no good leaves a photograph as it is.
func TestOrientationUnreadable(t *testing.T) {
	file := asPNG(t, grid(600, 800))
	want, _ := made(t, file)
	good := string(tiff(binary.LittleEndian, 6))
	for what, exif := range map[string]string{
		"empty":                 "",
		"cut off":               good[:9],
		"cut off in its list":   good[:25],
		"a place outside":       "II*\x00\xff\xff\xff\xff" + good[8:],
		"a place at its end":    "II*\x00\x08\x00\x00\x00",
		"a list without an end": "II*\x00\x08\x00\x00\x00\xff\xff",
		"0":                     string(tiff(binary.LittleEndian, 0)),
		"9":                     string(tiff(binary.LittleEndian, 9)),
	} {
		if got, _ := made(t, pngWith(file, "eXIf", exif)); !bytes.Equal(got.JPEG, want.JPEG) {
			t.Errorf("%s: another picture", what)
		}
	}
}

// TestFormats: what cameras, telephones and programs write gives a picture of the
// right colours.
func TestFormats(t *testing.T) {
	c := color.NRGBA{R: 200, G: 120, B: 40, A: 255}
	opaque := plain(300, 400, c)
	deep := image.NewNRGBA64(opaque.Rect)
	thin := image.NewPaletted(opaque.Rect, color.Palette{color.Transparent, c})
	grey, grey16, rgba := image.NewGray(opaque.Rect), image.NewGray16(opaque.Rect), image.NewRGBA(opaque.Rect)
	for y := range 400 {
		for x := range 300 {
			deep.Set(x, y, color.NRGBA64{R: 200 * 257, G: 120 * 257, B: 40 * 257, A: 0xffff})
			grey.Set(x, y, gray(77))
			grey16.Set(x, y, gray(77))
			rgba.Set(x, y, c)
		}
	}
	y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	// Adobe stores inks turned around: of CMYK each, of YCCK only the black one.
	ink := []byte{c.R, c.G, c.B, 255}
	iy, icb, icr := color.RGBToYCbCr(255-c.R, 255-c.G, 255-c.B)
	for what, f := range map[string]struct {
		content []byte
		want    color.Color
	}{
		"JPEG":                          {asJPEG(t, opaque), c},
		"JPEG, grey":                    {asJPEG(t, grey), gray(77)},
		"JPEG, 4:4:4":                   {flat{w: 300, h: 400, samples: []byte{y, cb, cr}, adobe: -1}.file(), c},
		"JPEG, progressive":             {flat{w: 300, h: 400, samples: []byte{y, cb, cr}, adobe: -1, progressive: true, scans: 9}.file(), c},
		"JPEG, RGB":                     {flat{w: 300, h: 400, samples: []byte{c.R, c.G, c.B}}.file(), c},
		"JPEG, CMYK":                    {flat{w: 300, h: 400, samples: ink}.file(), c},
		"JPEG, YCCK":                    {flat{w: 300, h: 400, samples: []byte{iy, icb, icr, 255}, adobe: 2}.file(), c},
		"JPEG, with a film behind it":   {append(asJPEG(t, opaque), strings.Repeat("\xff\xda\x00\x02film", 1000)...), c},
		"PNG":                           {asPNG(t, opaque), c},
		"PNG, RGBA":                     {asPNG(t, rgba), c},
		"PNG, grey":                     {asPNG(t, grey), gray(77)},
		"PNG, grey of 16 bits":          {asPNG(t, grey16), gray(77)},
		"PNG, 16 bits":                  {asPNG(t, deep), c},
		"PNG, interlaced":               {rawPNG(300, 400, 8, 2, true, interlaced(300, 400, 3)), color.Black},
		"PNG, one bit":                  {rawPNG(304, 400, 1, 0, false, 39*400), color.Black},
		"PNG, transparent":              {asPNG(t, plain(300, 400, color.NRGBA{R: 255})), color.White},
		"PNG, half transparent":         {asPNG(t, plain(300, 400, color.NRGBA{A: 128})), gray(127)},
		"PNG, paletted and transparent": {asPNG(t, thin), color.White},
	} {
		t.Run(what, func(t *testing.T) {
			if _, got := made(t, f.content); !near(got.At(300, 400), f.want, 4) || !near(got.At(2, 797), f.want, 4) {
				t.Errorf("is %v and %v, want %v", got.At(300, 400), got.At(2, 797), f.want)
			}
		})
	}
}

// TestCrop: the sides of a wide photograph lose the same; a high one loses a
// quarter of what goes at the top, and the rest at the bottom.
func TestCrop(t *testing.T) {
	red, white, blue := color.NRGBA{R: 255, A: 255}, gray(255), color.NRGBA{B: 255, A: 255}
	for what, c := range map[string]struct{ w, h, from, to int }{
		"wide": {w: 1600, h: 800, from: 500, to: 1100},
		"high": {w: 600, h: 1600, from: 200, to: 1000},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
		for y := range c.h {
			for x := range c.w {
				at := y
				if what == "wide" {
					at = x
				}
				switch {
				case at < c.from:
					m.SetNRGBA(x, y, red)
				case at < c.to:
					m.SetNRGBA(x, y, white)
				default:
					m.SetNRGBA(x, y, blue)
				}
			}
		}
		_, got := made(t, asPNG(t, m))
		for _, p := range []image.Point{{0, 0}, {599, 0}, {0, 799}, {599, 799}} {
			if !near(got.At(p.X, p.Y), white, 4) {
				t.Errorf("%s: %v at %v", what, got.At(p.X, p.Y), p)
			}
		}
	}
}

func TestProblems(t *testing.T) {
	good, flatPNG := asJPEG(t, grid(600, 800)), asPNG(t, grid(600, 800))
	for what, c := range map[string]struct {
		content string
		want    error
		says    string
	}{
		"nothing":                  {"", picture.ErrType, "neither JPEG nor PNG"},
		"a text":                   {"hello", picture.ErrType, "neither JPEG nor PNG"},
		"HTML":                     {"<html>" + string(good), picture.ErrType, "neither"},
		"HEIC":                     {"\x00\x00\x00\x18ftypheic", picture.ErrType, "this is HEIC: choose JPEG in the camera's settings, or convert it"},
		"HEIF":                     {"\x00\x00\x00\x18ftypmif1", picture.ErrType, "this is HEIC"},
		"AVIF":                     {"\x00\x00\x00\x1cftypavif", picture.ErrType, "this is AVIF: convert it to JPEG"},
		"WebP":                     {"RIFF\x24\x00\x00\x00WEBPVP8 ", picture.ErrType, "this is WebP"},
		"a sound":                  {"RIFF\x24\x00\x00\x00WAVEfmt ", picture.ErrType, "neither"},
		"GIF":                      {"GIF89a", picture.ErrType, "this is GIF"},
		"TIFF":                     {"II*\x00", picture.ErrType, "this is TIFF"},
		"PDF":                      {"%PDF-1.7", picture.ErrType, "this is PDF"},
		"CMYK without Adobe":       {string(flat{w: 300, h: 400, samples: []byte{1, 2, 3, 4}, adobe: -1}.file()), picture.ErrType, "rare kind"},
		"the mark of JPEG":         {"\xff\xd8\xff", picture.ErrBroken, "damaged"},
		"the mark of PNG":          {string(flatPNG[:8]), picture.ErrBroken, "damaged"},
		"JPEG without its end":     {string(good[:len(good)/2]), picture.ErrBroken, "not complete"},
		"PNG without its end":      {string(flatPNG[:len(flatPNG)/2]), picture.ErrBroken, "not complete"},
		"PNG with a bad checksum":  {strings.Replace(string(flatPNG), "IDAT", "IDAX", 1), picture.ErrBroken, "damaged"},
		"JPEG of 101 scans":        {string(flat{w: 300, h: 400, samples: []byte{1}, adobe: -1, progressive: true, scans: 100}.file()), picture.ErrBroken, "damaged"},
		"JPEG of two frames":       {string(jpegWith(good, 0xc0, string([]byte{8, 0, 250, 0, 250, 1, 1, 0x11, 0}))), picture.ErrBroken, "damaged"},
		"APNG":                     {string(pngWith(flatPNG, "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")), picture.ErrAnimated, "animated"},
		"40,000,001 pixels and so": {string(rawPNG(6400, 6251, 8, 0, false, 10)), picture.ErrTooLarge, "6400 by 6251"},
		"a side of 20,001":         {string(rawPNG(20_001, 300, 8, 0, false, 10)), picture.ErrTooLarge, "20,000"},
		"too much memory":          {string(rawPNG(6000, 6000, 16, 6, true, 10)), picture.ErrTooLarge, "memory"},
		"a side of 199":            {string(asPNG(t, grid(199, 800))), picture.ErrTooSmall, "199 by 800"},
		"a dot":                    {string(rawPNG(1, 1, 8, 0, false, 2)), picture.ErrTooSmall, "1 by 1"},
	} {
		got, err := picture.New(1).Make(t.Context(), []byte(c.content))
		var p *picture.Problem
		if !errors.Is(err, c.want) || !errors.As(err, &p) || !strings.Contains(p.Message, c.says) || got.JPEG != nil {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// TestBombs: what would become too large is refused by its header, at once and
// without memory for it.
func TestBombs(t *testing.T) {
	huge := flat{w: 300, h: 400, samples: []byte{1, 2, 3}, adobe: -1, progressive: true}.file()
	wide := bytes.Replace(huge, []byte{8, 400 >> 8, 400 & 255, 300 >> 8, 300 & 255, 3}, []byte{8, 0xff, 0xff, 0xff, 0xff, 3}, 1)
	coefficients := bytes.Replace(huge, []byte{8, 400 >> 8, 400 & 255, 300 >> 8, 300 & 255, 3}, []byte{8, 6000 >> 8, 6000 & 255, 6000 >> 8, 6000 & 255, 3}, 1)
	for what, content := range map[string][]byte{
		"PNG of 50,000 by 1":                 rawPNG(50_000, 1, 8, 6, false, 200_001),
		"PNG of 30,000 by 30,000":            rawPNG(30_000, 30_000, 8, 6, false, 30<<20),
		"PNG of 2^31-1 by 2^31-1":            rawPNG(math.MaxInt32, math.MaxInt32, 1, 0, false, 10),
		"JPEG of 65,535 by 65,535":           wide,
		"progressive JPEG of 36 Mpx, 4:4:4":  coefficients,
		"PNG of 36 Mpx, 16 bits, interlaced": rawPNG(6000, 6000, 16, 6, true, 30<<20),
	} {
		s := picture.New(1)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := s.Make(t.Context(), content)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		taken := after.TotalAlloc - before.TotalAlloc
		want := picture.ErrTooLarge
		if strings.Contains(what, "2^31") {
			want = picture.ErrType // the decoder itself refuses it
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if taken > 256<<10 || took > time.Second {
			t.Errorf("%s: took %d bytes and %v", what, taken, took)
		}
	}
}

// TestMemory: decoding takes what the header said, or less, and not half of it.
func TestMemory(t *testing.T) {
	const w, h = 1000, 1300
	large, yccs := plain(w, h, gray(100)), []byte{100, 110, 120}
	for what, content := range map[string][]byte{
		"JPEG":                    asJPEG(t, large),
		"JPEG, grey":              flat{w: w, h: h, samples: yccs[:1], adobe: -1}.file(),
		"JPEG, 4:4:4":             flat{w: w, h: h, samples: yccs, adobe: -1}.file(),
		"JPEG, RGB":               flat{w: w, h: h, samples: yccs}.file(),
		"JPEG, CMYK":              flat{w: w, h: h, samples: []byte{1, 2, 3, 4}}.file(),
		"JPEG, progressive":       flat{w: w, h: h, samples: yccs, adobe: -1, progressive: true}.file(),
		"JPEG, progressive, CMYK": flat{w: w, h: h, samples: []byte{1, 2, 3, 4}, progressive: true}.file(),
		"PNG":                     rawPNG(w, h, 8, 2, false, h*(1+3*w)),
		"PNG, transparent":        rawPNG(w, h, 8, 6, false, h*(1+4*w)),
		"PNG, 16 bits":            rawPNG(w, h, 16, 6, false, h*(1+8*w)),
		"PNG, interlaced":         rawPNG(w, h, 8, 6, true, interlaced(w, h, 4)),
	} {
		said, err := picture.MemoryOf(content)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err = image.Decode(bytes.NewReader(content))
		runtime.ReadMemStats(&after)
		took := int64(after.TotalAlloc - before.TotalAlloc)
		if err != nil || took > said+200<<10 || took < said/2 {
			t.Errorf("%s: took %d bytes of %d: %v", what, took, said, err)
		}
	}
}

// TestNothingElse: a picture holds pixels and what is needed to read them, and
// nothing else of what was sent.
func TestNothingElse(t *testing.T) {
	const page = "<html><script>alert('SECRET')</script></html>"
	exif := "Exif\x00\x00" + string(tiff(binary.BigEndian, 1))
	photo := asJPEG(t, grid(600, 800))
	plainly, _ := made(t, photo)
	all := jpegWith(photo, 0xfe, page)
	all = jpegWith(all, 0xe1, "http://ns.adobe.com/xap/1.0/\x00SECRET")
	all = jpegWith(all, 0xe2, "ICC_PROFILE\x00\x01\x01SECRET")
	all = jpegWith(all, 0xed, "Photoshop 3.0\x00SECRET")
	all = append(jpegWith(all, 0xe1, exif), page...)
	flatPNG := asPNG(t, grid(600, 800))
	fromPNG, _ := made(t, flatPNG)
	text := append(pngWith(pngWith(flatPNG, "tEXt", "Comment\x00"+page), "eXIf", exif[6:]), page...)
	for what, c := range map[string]struct{ content, want []byte }{
		"JPEG": {all, plainly.JPEG}, "PNG": {text, fromPNG.JPEG},
	} {
		got, _ := made(t, c.content)
		if !bytes.Equal(got.JPEG, c.want) {
			t.Errorf("%s: what stands beside the pixels changes the picture", what)
		}
		for _, secret := range []string{"SECRET", "script", "Exif", "\x5e\xc2\xe7"} {
			if bytes.Contains(got.JPEG, []byte(secret)) {
				t.Errorf("%s: %q is in the picture", what, secret)
			}
		}
		if kinds := segments(t, got.JPEG); !slices.Equal(kinds, []byte{0xdb, 0xc0, 0xc4, 0xda}) {
			t.Errorf("%s: the picture has the segments %x", what, kinds)
		}
	}
}

// segments are the kinds of segments of a JPEG of one scan; nothing stands behind.
func segments(t testing.TB, file []byte) []byte {
	t.Helper()
	var out []byte
	rest := file[2:]
	for len(rest) > 4 && rest[0] == 0xff {
		out = append(out, rest[1])
		if rest[1] == 0xda {
			break
		}
		rest = rest[2+binary.BigEndian.Uint16(rest[2:]):]
	}
	if end := bytes.Index(rest, []byte{0xff, 0xd9}); end != len(rest)-2 {
		t.Errorf("%d bytes stand behind the end", len(rest)-2-end)
	}
	return out
}

func TestFindings(t *testing.T) {
	const (
		low, proportion = placardv1.Photo_LOW_RESOLUTION, placardv1.Photo_PROPORTION
		dark, bright    = placardv1.Photo_DARK, placardv1.Photo_BRIGHT
		busy            = placardv1.Photo_BUSY_BACKGROUND
	)
	wall, person := gray(225), color.NRGBA{R: 90, G: 60, B: 45, A: 255}
	shelf := portrait(900, 1200, wall, person)
	for y := range 400 {
		for x := range 900 {
			if x/30%2 == 0 && (x < 150 || x > 750) {
				shelf.SetNRGBA(x, y, color.NRGBA{R: 120, G: 20, B: 20, A: 255})
			}
		}
	}
	half := portrait(900, 1200, wall, person)
	for y := range 400 {
		for x := range 200 {
			half.SetNRGBA(x, y, gray(140))
		}
	}
	for what, c := range map[string]struct {
		photo image.Image
		want  []placardv1.Photo_Finding
	}{
		"good":                   {portrait(900, 1200, wall, person), nil},
		"of passport size":       {portrait(1050, 1350, wall, person), nil},
		"2:3":                    {portrait(1000, 1500, wall, person), nil},
		"of the size of a badge": {portrait(600, 800, wall, person), nil},
		"light blue wall":        {portrait(900, 1200, color.NRGBA{R: 170, G: 200, B: 240, A: 255}, person), nil},
		"light skin, white wall": {portrait(900, 1200, gray(250), color.NRGBA{R: 235, G: 205, B: 190, A: 255}), nil},
		"dark skin and clothes":  {portrait(900, 1200, wall, color.NRGBA{R: 45, G: 30, B: 22, A: 255}), nil},
		"one pixel short":        {portrait(599, 799, wall, person), []placardv1.Photo_Finding{low}},
		"square":                 {portrait(1200, 1200, wall, person), []placardv1.Photo_Finding{proportion}},
		"9:16":                   {portrait(1080, 1920, wall, person), []placardv1.Photo_Finding{proportion}},
		"small and wide":         {portrait(800, 400, wall, person), []placardv1.Photo_Finding{low, proportion}},
		"at night":               {portrait(900, 1200, gray(50), gray(20)), []placardv1.Photo_Finding{dark, busy}},
		"white":                  {portrait(900, 1200, gray(255), gray(240)), []placardv1.Photo_Finding{bright}},
		"dark wall":              {portrait(900, 1200, gray(110), person), []placardv1.Photo_Finding{busy}},
		"bookshelf":              {shelf, []placardv1.Photo_Finding{busy}},
		"two walls":              {half, []placardv1.Photo_Finding{busy}},
	} {
		if got, _ := made(t, asJPEG(t, c.photo)); !slices.Equal(got.Findings, c.want) {
			t.Errorf("%s: %v, want %v", what, got.Findings, c.want)
		}
	}
}

// TestAtOnce: fifty photographs at once take the memory of two, not of fifty.
func TestAtOnce(t *testing.T) {
	const senders = 50
	const w, h = 2000, 2600 // 21 MB decoded
	content := rawPNG(w, h, 8, 6, false, h*(1+4*w))
	s := picture.New(2)
	runtime.GC()
	start, peak := heap(), uint64(0)
	done := make(chan struct{})
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			if _, err := s.Make(t.Context(), content); err != nil {
				t.Error(err)
			}
		})
	}
	go func() {
		all.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			if taken := int64(peak) - int64(start); taken > 300<<20 {
				t.Errorf("%d bytes were taken", taken)
			}
			return
		case <-time.After(5 * time.Millisecond):
			peak = max(peak, heap())
		}
	}
}

// heap is the memory of what is in use, and of what was and is not yet collected.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestCancel: who goes away waits no longer, and what is decoded for nobody stops.
func TestCancel(t *testing.T) {
	const w, h = 5000, 7000
	large := rawPNG(w, h, 8, 6, false, h*(1+4*w))
	s := picture.New(1)
	ctx, goAway := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.Make(ctx, large)
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Make(short, large); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waits too long: %v", err)
	}
	goAway()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("who goes away: %v", err)
	}
	if _, err := s.Make(t.Context(), asPNG(t, grid(300, 400))); err != nil {
		t.Errorf("who comes after them: %v", err)
	}
	if _, err := s.Make(ctx, asPNG(t, grid(300, 400))); !errors.Is(err, context.Canceled) {
		t.Errorf("who is gone before: %v", err)
	}
}

// FuzzMake: whatever is sent gives a picture that can be read and holds nothing
// else, or a problem.
func FuzzMake(f *testing.F) {
	small := grid(200, 260)
	f.Add(asJPEG(f, small))
	f.Add(jpegWith(asJPEG(f, small), 0xe1, "Exif\x00\x00"+string(tiff(binary.LittleEndian, 6))))
	f.Add(asPNG(f, small))
	f.Add(pngWith(asPNG(f, small), "eXIf", string(tiff(binary.BigEndian, 8))))
	f.Add(pngWith(asPNG(f, small), "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"))
	f.Add(flat{w: 200, h: 260, samples: []byte{1, 2, 3, 4}, adobe: 2}.file())
	f.Add(flat{w: 200, h: 260, samples: []byte{1, 2, 3}, adobe: -1, progressive: true, scans: 3}.file())
	f.Add(rawPNG(200, 260, 16, 4, true, interlaced(200, 260, 4)))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\xff"))
	f.Add([]byte("\x00\x00\x00\x18ftypheic"))
	s := picture.New(1)
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := s.Make(t.Context(), content)
		var found *picture.Problem
		switch {
		case errors.As(err, &found):
			return
		case err != nil:
			t.Fatalf("no problem: %v", err)
		}
		m, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
		if err != nil || m.Width != picture.Width || m.Height != picture.Height {
			t.Fatalf("%d by %d: %v", m.Width, m.Height, err)
		}
		if kinds := segments(t, p.JPEG); !slices.Equal(kinds, []byte{0xdb, 0xc0, 0xc4, 0xda}) {
			t.Fatalf("the picture has the segments %x", kinds)
		}
	})
}
