package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the styles, scripts and pictures of the pages. Their addresses
// hold a hash of their content, so that a browser may keep them for good.
type assets struct {
	// Style, Script and Icon are addresses; PhotoStyle and PhotoScript are those of
	// the page of the photograph.
	Style, Script, Icon     string
	PhotoStyle, PhotoScript string
	byName                  map[string][]byte
}

func readAssets() (*assets, error) {
	a := &assets{byName: map[string][]byte{}}
	for file, address := range map[string]*string{
		"placard.css": &a.Style, "placard.js": &a.Script, "placard.svg": &a.Icon,
		"photo.css": &a.PhotoStyle, "photo.js": &a.PhotoScript,
	} {
		content, err := assetFiles.ReadFile("assets/" + file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(file)
		hashed := strings.TrimSuffix(file, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.byName[hashed] = content
		*address = "/assets/" + hashed
	}
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, ok := a.byName[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.URL.Path)))
	_, _ = w.Write(content) // if it fails the reader is gone
}
