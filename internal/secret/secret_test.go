package secret_test

import (
	"bytes"
	"testing"

	"github.com/un-placard/placard/internal/secret"
)

func TestKey(t *testing.T) {
	s := secret.New()
	one, err := s.Key("one")
	if err != nil || len(one) != 32 {
		t.Fatalf("a key of %d bytes, %v", len(one), err)
	}
	if same, err := s.Key("one"); err != nil || !bytes.Equal(same, one) {
		t.Errorf("the key of one purpose is not always the same (%v)", err)
	}
	if other, err := s.Key("other"); err != nil || bytes.Equal(other, one) {
		t.Errorf("two purposes share a key (%v)", err)
	}
	var none secret.Secret
	if k, err := none.Key("one"); err == nil {
		t.Errorf("without a secret there is a key: %d bytes", len(k))
	}
	if f, err := none.Fingerprint(); err == nil {
		t.Errorf("without a secret there is a fingerprint: %q", f)
	}
}
