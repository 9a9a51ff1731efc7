package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// packed is what goes into the package for offline installation beside the
// program, from the sources.
var packed = []string{
	"LICENSE", "CHANGELOG.md",
	"docs/operations.md", "docs/access.md", "docs/channels.md", "docs/rules.md", "docs/sources.md", "docs/clickhouse.md", "docs/performance.md", "docs/scale.md",
	"deploy/systemd", "deploy/cluster", "deploy/nginx", "deploy/caddy", "deploy/prometheus", "deploy/grafana",
}

// epoch is the time of every file in a package: what is in it decides its bytes,
// not when it was made.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// pack writes a package whose files stand below a folder.
func pack(path, folder, program string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if failed := f.Close(); err == nil {
			err = failed
		}
	}()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	if err := add(t, program, folder+"/huiying", 0o755); err != nil {
		return err
	}
	for _, root := range packed { // WalkDir goes in lexical order
		if err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return add(t, file, folder+"/"+filepath.ToSlash(file), 0o644)
		}); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

func add(t *tar.Writer, file, name string, mode int64) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(raw)), ModTime: epoch, Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err = t.Write(raw)
	return err
}

// sums writes SHA256SUMS, as sha256sum --check reads it.
func sums(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var out strings.Builder
	for _, f := range files {
		if f.IsDir() || f.Name() == "SHA256SUMS" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		fmt.Fprintf(&out, "%s  %s\n", hex.EncodeToString(sum[:]), f.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(out.String()), 0o644)
}
