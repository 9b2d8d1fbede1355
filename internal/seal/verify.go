package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

// What Verify finds.
var (
	// ErrNotSealed: the file is no list of participants with a seal.
	ErrNotSealed = errors.New("not a sealed list of participants")
	// ErrChanged: the list is another one than what was sealed.
	ErrChanged = errors.New("the list was changed after it was sealed")
	// ErrUnknownKey: the key of the seal is none of those that are given.
	ErrUnknownKey = errors.New("the key of the seal is not published: it was revoked, or is that of another server")
	// ErrSignature: the seal was not made with the key that it names.
	ErrSignature = errors.New("the signature of the seal is wrong")
)

// Verify reads a list of participants as it was exported and answers it
// without its parts, with its seal. The error tells why it is not to be trusted;
// what the file says is then not answered either. Spaces between the values of
// the JSON do not count, nor how its texts are escaped, nor the order of the
// members within a delegation.
func Verify(file io.Reader, keys Keys) (*placardv1.ParticipantList, error) {
	list, hash, err := read(file)
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	if err != nil {
		return nil, err
	}
	seal := list.GetSeal()
	if seal == nil {
		return nil, fmt.Errorf("%w: it has no seal", ErrNotSealed)
	}
	if seal.GetSha256() != hex.EncodeToString(hash) {
		return nil, ErrChanged
	}
	key, ok := keys[name.Last(seal.GetSigningKey())]
	if !ok {
		return nil, ErrUnknownKey
	}
	if !ed25519.Verify(key, signed(seal), seal.GetSignature()) {
		return nil, ErrSignature
	}
	return list, nil
}

// read answers a list without its parts, and the SHA-256 of the canonical form
// of all of it but its seal.
func read(file io.Reader) (*placardv1.ParticipantList, []byte, error) {
	r := newReader(file)
	head := make(map[string]jsontext.Value)
	err := r.container(func(member string) error {
		switch member {
		case "seal":
			value, err := r.value()
			head[member] = value
			return err
		case "parts":
			r.next(member)
			return r.copy(3) // the parts, a part, its delegations
		default:
			r.next(member)
			value, err := r.value()
			head[member] = value
			r.write(value)
			return err
		}
	})
	if errors.Is(err, ErrChanged) && head["createTime"] == nil && head["delegationCount"] == nil {
		err = fmt.Errorf("%w: it does not begin as one", ErrNotSealed)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := r.end(); err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(head)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	list := &placardv1.ParticipantList{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, list); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	if err := plain(list.GetSeal(), head["seal"]); err != nil {
		return nil, nil, err
	}
	return list, r.hash.Sum(nil), nil
}

// plain refuses a seal with anything in it that the server does not write. Its
// signature says nothing of that.
func plain(s *placardv1.ParticipantList_Seal, text []byte) error {
	if s == nil {
		return nil
	}
	written, err := Canonical(s)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	if !bytes.Equal(written, text) {
		return fmt.Errorf("%w: its seal has more in it, or is written otherwise", ErrNotSealed)
	}
	return nil
}
