package seal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// maxValue is how large one value of a list may be, in bytes: a delegation. So
// much memory is taken for a list of any length, some times over.
const maxValue = 64 << 20

// reader reads a list and hashes its canonical form, a delegation at a time.
type reader struct {
	source *rationed
	json   *jsontext.Decoder
	hash   hash.Hash
	// behind says that a value stands before what is written next.
	behind bool
}

func newReader(file io.Reader) *reader {
	source := &rationed{from: file, left: maxValue}
	return &reader{source: source, json: jsontext.NewDecoder(source), hash: sha256.New()}
}

func (r *reader) write(text []byte) { _, _ = r.hash.Write(text) } // a hash takes everything

// next writes what stands before an item of an array, or before the value of a
// member of an object.
func (r *reader) next(member string) {
	if r.behind {
		r.write([]byte{','})
	}
	if member != "" {
		text, _ := jsontext.AppendQuote(nil, member) // it was read, so it is UTF-8
		r.write(append(text, ':'))
	}
	r.behind = true
}

// value reads a value in canonical form.
func (r *reader) value() (jsontext.Value, error) {
	r.source.left = maxValue
	read, err := r.json.ReadValue()
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	value := read.Clone()
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("bring list into canonical form: %w", err)
	}
	return value, nil
}

// copy hashes a value: of so many levels of objects and arrays each item by
// itself.
func (r *reader) copy(levels int) error {
	if kind := r.json.PeekKind(); levels > 0 && (kind == '{' || kind == '[') {
		return r.container(func(member string) error {
			r.next(member)
			return r.copy(levels - 1)
		})
	}
	value, err := r.value()
	r.write(value)
	return err
}

// container hashes the ends of an object or array and visits what is between
// them: its members, which must stand in their order, or its items, as "".
func (r *reader) container(visit func(member string) error) error {
	begin, err := r.token()
	if err != nil {
		return err
	}
	object := begin.Kind() == '{'
	if !object && begin.Kind() != '[' {
		return fmt.Errorf("%w: it is no JSON object", ErrNotSealed)
	}
	r.write([]byte(begin.String()))
	r.behind = false
	last := ""
	for r.json.PeekKind() != ']' && r.json.PeekKind() != '}' {
		member := ""
		if object {
			name, err := r.token()
			if err != nil {
				return err
			}
			if member = name.String(); member <= last {
				return fmt.Errorf("%w: %q stands behind %q", ErrChanged, member, last)
			}
			last = member
		}
		if err := visit(member); err != nil {
			return err
		}
	}
	end, err := r.token()
	if err != nil {
		return err
	}
	r.write([]byte(end.String()))
	r.behind = true
	return nil
}

func (r *reader) token() (jsontext.Token, error) {
	r.source.left = maxValue
	t, err := r.json.ReadToken()
	if err != nil {
		return t, fmt.Errorf("read list: %w", err)
	}
	return t, nil
}

// end answers an error where something stands behind the list.
func (r *reader) end() error {
	_, err := r.json.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return errors.Join(fmt.Errorf("%w: something stands behind the list", ErrNotSealed), err)
}

// rationed reads no more than is left.
type rationed struct {
	from io.Reader
	left int
}

func (r *rationed) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("%w: one value in it has more than %d bytes", ErrNotSealed, maxValue)
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
