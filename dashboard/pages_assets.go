package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// asset is one embedded file, ready to be sent.
type asset struct {
	kind   string // content type
	body   []byte
	zip    func() []byte // gzip of body, made when first asked for; nil where it gains nothing
	etag   string
	hashed string // its address: a hash of the content is part of it
}

// assets are the embedded files by name ("app.css", "js/main.js") and by the
// last part of their address. Everything in js/ shares one hash, so that
// modules import each other by plain relative names.
type assets struct {
	byName map[string]*asset
	byPath map[string]*asset
}

var assetsOnce = sync.OnceValue(func() assets {
	all, err := loadAssets(assetFiles)
	if err != nil {
		panic(err) // the embedded tree is part of the program
	}
	return all
})

func loadAssets(files fs.FS) (assets, error) {
	out := assets{byName: map[string]*asset{}, byPath: map[string]*asset{}}
	var names []string
	scripts := sha256.New()
	err := fs.WalkDir(files, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "assets/")
		a := &asset{body: body, kind: contentType(name)}
		if strings.HasPrefix(name, "js/") {
			scripts.Write(body)
		}
		sum := sha256.Sum256(body)
		a.etag = hex.EncodeToString(sum[:6])
		if len(body) > 512 {
			a.zip = sync.OnceValue(func() []byte { return gzipped(body) })
		}
		out.byName[name] = a
		names = append(names, name)
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("read assets: %w", err)
	}
	folder := "js." + hex.EncodeToString(scripts.Sum(nil)[:6])
	slices.Sort(names)
	for _, name := range names {
		a := out.byName[name]
		if rest, ok := strings.CutPrefix(name, "js/"); ok {
			a.hashed = folder + "/" + rest
		} else {
			ext := path.Ext(name)
			a.hashed = strings.TrimSuffix(name, ext) + "." + a.etag + ext
		}
		out.byPath[a.hashed] = a
	}
	return out, nil
}

func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".css":
		return "text/css; charset=utf-8"
	case "":
		return "text/plain; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}

func gzipped(b []byte) []byte {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	if _, err := z.Write(b); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// assetURL is the address of an embedded file; it panics on a name that does
// not exist, so a misspelt one fails the first test that renders the page.
func assetURL(name string) string {
	a, ok := assetsOnce().byName[name]
	if !ok {
		panic("no asset " + name)
	}
	return "/assets/" + a.hashed
}

// serveAsset sends an embedded file. Its address changes with its content, so
// browsers may keep it for a year.
func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assetsOnce().byPath[r.PathValue("path")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+a.etag+`"`)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if a.zip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = a.zip()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader went away: nothing to do
	}
}
