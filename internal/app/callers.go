package app

import (
	"context"
	"strings"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/key"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/photo"
)

// callers finds out who calls: with a key, or with the link that a participant was
// sent.
type callers struct {
	keys  *key.Service
	links *photo.Doorkeeper
}

// Authenticate implements server.Authenticator.
func (c callers) Authenticate(ctx context.Context, token string) (access.Principal, error) {
	if strings.HasPrefix(token, link.Prefix) {
		return c.links.Authenticate(ctx, token)
	}
	return c.keys.Authenticate(ctx, token)
}
