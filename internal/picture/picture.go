// Package picture makes the picture of a badge from a photograph that was sent:
// upright, in one size, and without anything that the file held beside it. What
// is sent is hostile until it was decoded: how much memory it takes is known from
// its header, and how much all take together is bounded.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"runtime"

	"golang.org/x/image/draw"
	"golang.org/x/sync/semaphore"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// The size of a picture in pixels: 38 by 51 millimetres at 400 dots per inch.
const (
	// Width is how many pixels a row has.
	Width = 600
	// Height is how many rows there are.
	Height = 800
)

const (
	// quality is that of the JPEG: below 85 skin shows blocks, above it the file
	// grows and nobody sees a difference.
	quality = 85
	// share is the memory that one picture may take to decode, in bytes: 40
	// megapixels of four bytes, as a PNG or an ordinary JPEG takes at the most.
	share = 4 * maxPixels
	// swept is from which size on what was decoded is collected at once. Left to
	// itself the collector lets as much lie as is in use.
	swept = 32 << 20
)

// Picture is what was made of a photograph.
type Picture struct {
	// JPEG is the picture, Width by Height pixels, without any metadata.
	JPEG []byte
	// Findings are what a machine finds doubtful, each once, in their order.
	Findings []placardv1.Photo_Finding
}

// Studio makes pictures, a few at a time.
type Studio struct {
	workers int64
	shares  *semaphore.Weighted
}

// New makes a Studio in which as many photographs are decoded at once; less than
// 1 is taken for 1. Each takes 160 MB at the most. One that takes up to twice as
// much (16 bits for each colour, CMYK, a large progressive one) counts for two, or
// is alone. So one or two workers never decode more than 320 MB. To scale a
// picture takes up to 40 MB more for each worker.
func New(workers int) *Studio {
	n := int64(max(workers, 1))
	return &Studio{workers: n, shares: semaphore.NewWeighted(n)}
}

// Make makes the picture of a JPEG or PNG. It waits for its turn as long as the
// context allows, and gives up when that ends. What is wrong with the photograph
// is answered as a *Problem. The same content gives the same picture.
func (s *Studio) Make(ctx context.Context, content []byte) (Picture, error) {
	h, err := readHeader(content)
	if err != nil {
		return Picture{}, err
	}
	shares := int64(1)
	if h.memory > share {
		shares = min(2, s.workers)
	}
	if err := s.shares.Acquire(ctx, shares); err != nil {
		return Picture{}, fmt.Errorf("wait to decode a photograph: %w", err)
	}
	defer s.shares.Release(shares)

	cut := cropOf(h.turn.size(h.size))
	small, err := h.decode(ctx, content, cut)
	if err != nil {
		return Picture{}, err
	}
	if h.memory > swept {
		runtime.GC()
	}
	out := image.NewRGBA(image.Rect(0, 0, Width, Height))
	draw.CatmullRom.Scale(out, out.Rect, small, small.Rect, draw.Src, nil)
	var file bytes.Buffer
	if err := jpeg.Encode(&file, out, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode a picture: %w", err)
	}
	return Picture{JPEG: file.Bytes(), Findings: findings(out, cut)}, nil
}

// decode is the crop of a photograph, upright and reduced. The photograph itself,
// which is large, nothing holds when it returns.
func (h header) decode(ctx context.Context, content []byte, cut crop) (*image.RGBA, error) {
	decode := jpeg.Decode
	if h.png {
		decode = png.Decode
	}
	whole, err := decode(&reader{ctx: ctx, from: bytes.NewReader(content)})
	if ended := ctx.Err(); ended != nil {
		return nil, fmt.Errorf("decode a photograph: %w", ended)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if whole.Bounds() != (image.Rectangle{Max: h.size}) {
		return nil, unreadable(errors.New("its header tells another size"))
	}
	return reduce(whole, cut, h.turn), nil
}

// reader reads a content until the context ends: a small file may take long to
// decode.
type reader struct {
	ctx  context.Context
	from *bytes.Reader
}

// Read implements io.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(b)
}
