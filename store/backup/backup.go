// Package backup writes an installation into one file and reads it back:
// a tar of its parts, compressed with zstd, encrypted with age under a
// passphrase. The last entry is the manifest, so a file that was cut off is seen.
//
// It does not know what the parts are: package main says (cmd/huiying). Start
// reading at [Write].
package backup

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"huiying"
)

// Manifest says what a back-up holds.
type Manifest struct {
	Format  int            `json:"format"` // 1
	Program string         `json:"program"`
	Region  huiying.Region `json:"region"`
	At      time.Time      `json:"at"` // what is in it stood so at this moment, or a little later
	Parts   []Part         `json:"parts"`
}

// Part is one file of a back-up.
type Part struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

const (
	format       = 1
	manifestName = "backup.json"
	// scryptWork makes one guess at a passphrase cost 64 MiB and about 0.3 s.
	scryptWork = 16
)

// Write writes the files and folders of from, given as name in the back-up →
// path on disk. It fills the manifest's parts and returns it. Secrets are in it,
// so there is no way to write one without a passphrase.
func Write(ctx context.Context, w io.Writer, passphrase string, m Manifest, from map[string]string, progress func(done, total int64)) (Manifest, error) {
	files, total, err := list(from)
	if err != nil {
		return m, err
	}
	who, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return m, fmt.Errorf("using the passphrase: %w", err)
	}
	who.SetWorkFactor(scryptWork)
	sealed, err := age.Encrypt(w, who)
	if err != nil {
		return m, fmt.Errorf("encrypting: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return m, err
	}
	t := tar.NewWriter(packed)
	m.Format, m.Parts = format, nil
	done := int64(0)
	for _, f := range files {
		part, err := add(ctx, t, f, func(n int) {
			done += int64(n)
			progress(done, max(done, total)) // a file may have grown
		})
		if err != nil {
			return m, fmt.Errorf("writing %s: %w", f.name, err)
		}
		m.Parts = append(m.Parts, part)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if err := t.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(text)), ModTime: m.At}); err != nil {
		return m, err
	}
	if _, err := t.Write(text); err != nil {
		return m, err
	}
	return m, errors.Join(t.Close(), packed.Close(), sealed.Close())
}

type file struct {
	name, path string
	info       fs.FileInfo
}

func list(from map[string]string) (files []file, total int64, err error) {
	for name, root := range from {
		err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			below, err := filepath.Rel(root, at)
			if err != nil {
				return err
			}
			files = append(files, file{path.Join(name, filepath.ToSlash(below)), at, info})
			total += info.Size()
			return nil
		})
		if err != nil {
			return nil, 0, fmt.Errorf("looking through %s: %w", name, err)
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return files, total, nil
}

func add(ctx context.Context, t *tar.Writer, f file, told func(n int)) (Part, error) {
	part := Part{Name: f.name, Size: f.info.Size()}
	in, err := os.Open(f.path)
	if err != nil {
		return part, err
	}
	defer func() { _ = in.Close() }()
	if err := t.WriteHeader(&tar.Header{Name: f.name, Mode: int64(f.info.Mode().Perm()), Size: part.Size, ModTime: f.info.ModTime()}); err != nil {
		return part, err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(t, sum, counter(told)), watched{ctx, in}, part.Size); err != nil {
		return part, err
	}
	part.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return part, nil
}

type counter func(n int)

func (c counter) Write(p []byte) (int, error) {
	c(len(p))
	return len(p), nil
}

// watched ends when its context does.
type watched struct {
	ctx context.Context
	r   io.Reader
}

func (w watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// Read unpacks a back-up into a folder and checks every part against the
// manifest. A wrong passphrase, a damaged file and one that was cut off are
// [huiying.ErrInvalid]; what is in the folder then is of no use.
func Read(ctx context.Context, r io.Reader, passphrase, dir string) (Manifest, error) {
	var m Manifest
	who, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return m, fmt.Errorf("using the passphrase: %w", err)
	}
	opened, err := age.Decrypt(watched{ctx, r}, who)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return m, huiying.Errorf(huiying.CodeInvalid, "口令不对，打不开这份备份：换过口令的，旧备份要用当时的口令")
	}
	if err != nil {
		return m, huiying.Errorf(huiying.CodeInvalid, "不是本系统的备份文件，或文件开头已损坏")
	}
	unpacked, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return m, err
	}
	defer unpacked.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, err
	}
	defer func() { _ = root.Close() }()
	found := make(map[string]Part)
	for t := tar.NewReader(unpacked); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return m, m.check(found)
		}
		if err != nil {
			return m, broken(ctx, err, "其后")
		}
		if h.Name == manifestName {
			if err := json.NewDecoder(t).Decode(&m); err != nil {
				return m, broken(ctx, err, "清单")
			}
			continue
		}
		if found[h.Name], err = unpack(root, h, t); err != nil {
			return m, broken(ctx, err, h.Name)
		}
	}
}

// broken tells a file that cannot be read from a folder that cannot be written to.
func broken(ctx context.Context, err error, at string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, new(*fs.PathError)) {
		return err
	}
	return huiying.Errorf(huiying.CodeInvalid, "备份文件已损坏或没有拷完（%s读不出来）：请核对文件大小、重新拷贝，或换一份备份", at)
}

func unpack(root *os.Root, h *tar.Header, r io.Reader) (Part, error) {
	part := Part{Name: h.Name, Size: h.Size}
	name := filepath.FromSlash(h.Name)
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return part, err
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(h.Mode).Perm())
	if err != nil {
		return part, err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), r)
	part.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return part, errors.Join(err, out.Close())
}

func (m Manifest) check(found map[string]Part) error {
	switch {
	case m.Format == 0:
		return huiying.Errorf(huiying.CodeInvalid, "备份文件不完整：没有清单")
	case m.Format > format:
		return huiying.Errorf(huiying.CodeInvalid, "这份备份由更新的版本（%s）写成，请用同一版本恢复", m.Program)
	case len(found) != len(m.Parts):
		return huiying.Errorf(huiying.CodeInvalid, "备份文件不完整：清单列有 %d 个文件，实有 %d 个", len(m.Parts), len(found))
	}
	for _, p := range m.Parts {
		if found[p.Name] != p {
			return huiying.Errorf(huiying.CodeInvalid, "备份文件已损坏：%s 与清单不符", p.Name)
		}
	}
	return nil
}
