package key

import (
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	made := newToken()
	if got, ok := parseToken(made.text()); !ok || got != made {
		t.Errorf("parseToken(%q) = %v, %t", made.text(), got, ok)
	}
	if !made.matches(made.hash()) {
		t.Error("a token does not match its own hash")
	}
	if other := newToken(); other.id == made.id || other.matches(made.hash()) {
		t.Error("two tokens are alike")
	}
	id, secret := strings.Repeat("a", idSize), strings.Repeat("b", secretSize)
	for _, text := range []string{
		"", "plc_", "plc_" + id, "plc_" + id + "_", "plc__" + secret, id + "_" + secret,
		"PLC_" + id + "_" + secret, "plc_" + id + "_" + secret + "b", "plc_" + id + "_" + secret[1:] + "B",
		"plc_" + id + "_" + secret[1:] + "1", "plc_" + id + "_" + secret + " ", "plc_" + id[1:] + "é_" + secret,
	} {
		if got, ok := parseToken(text); ok {
			t.Errorf("parseToken(%q) = %v", text, got)
		}
	}
}
