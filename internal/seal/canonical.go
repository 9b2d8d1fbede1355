package seal

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// Canonical makes the canonical form (RFC 8785) of a message as REST answers
// it. Fields without a value are in it, as in the answers of REST.
func Canonical(m proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	value := jsontext.Value(text)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("bring JSON into canonical form: %w", err)
	}
	return value, nil
}

// signed is what the signature of a seal signs: the seal without it, in
// canonical form. Neither text has anything that JSON escapes.
func signed(s *placardv1.ParticipantList_Seal) []byte {
	return fmt.Appendf(nil, `{"sha256":%q,"signingKey":%q}`, s.GetSha256(), s.GetSigningKey())
}
