// Package attachments keeps the files of cases in a folder, each content once
// under its SHA-256. It knows nothing of cases or of who may read: that is for
// the ledger and the desk. Start reading at [Store.Put].
package attachments

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"huiying"
)

// scanTime is how long a scan may take before the file is refused.
const scanTime = time.Minute

// Store is a folder of attachments. It is safe for concurrent use, also by
// several processes on one file system.
type Store struct {
	dir  string
	scan []string
}

// Open opens or creates the folder. scan is the command that looks for viruses,
// run with the path of each new file as its last argument: exit status 0 is clean,
// 1 infected, anything else a scan that failed, and then nothing is accepted. No
// command, no scan.
func Open(dir string, scan []string) (*Store, error) {
	if len(scan) > 0 {
		if _, err := exec.LookPath(scan[0]); err != nil {
			return nil, fmt.Errorf("attachment_scan: 找不到病毒扫描命令 %q: %w", scan[0], err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of attachments: %w", err)
	}
	return &Store{dir: dir, scan: scan}, nil
}

// Put keeps what r gives under its hash and returns what it is; By and At are the
// caller's to fill in. Too much content, a type that may not be attached, a name
// that lies about the type and a virus are [huiying.ErrInvalid]; a scan that fails
// is [huiying.ErrBusy]. What is refused leaves nothing behind.
func (s *Store) Put(ctx context.Context, name string, r io.Reader) (a huiying.Attachment, err error) {
	name, err = huiying.AttachmentName(name)
	if err != nil {
		return a, err
	}
	f, err := os.CreateTemp(s.dir, "new-*")
	if err != nil {
		return a, fmt.Errorf("making a file for %s: %w", name, err)
	}
	defer func() {
		_ = f.Close()           // closed already when all went well
		_ = os.Remove(f.Name()) // gone already when all went well
	}()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, huiying.MaxAttachment+1))
	switch {
	case err != nil:
		return a, fmt.Errorf("receiving %s: %w", name, err)
	case n > huiying.MaxAttachment:
		return a, huiying.Invalid("file", "“%s”超过 %d MB，请压缩后再传，或分成几个文件", name, huiying.MaxAttachment>>20)
	case n == 0:
		return a, huiying.Invalid("file", "“%s”是空文件", name)
	}
	mime, err := typeOf(f, n)
	if err != nil {
		return a, err
	}
	if err := huiying.CheckAttachment(name, mime); err != nil {
		return a, err
	}
	if err := s.scanned(ctx, f.Name(), name); err != nil {
		return a, err
	}
	a = huiying.Attachment{Hash: huiying.AttachmentHash(hex.EncodeToString(sum.Sum(nil))), Name: name, Type: mime, Size: n}
	if err := s.keep(f, a.Hash); err != nil {
		return huiying.Attachment{}, fmt.Errorf("keeping %s: %w", name, err)
	}
	return a, nil
}

// keep makes f the content of hash, so that it is there whole, or not at all, also
// after a power cut.
func (s *Store) keep(f *os.File, hash huiying.AttachmentHash) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	to := s.path(hash)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), to); err != nil { // over the same content, if it was there
		return err
	}
	for _, dir := range []string{filepath.Dir(to), s.dir} {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get opens the content of hash; the caller closes it.
func (s *Store) Get(hash huiying.AttachmentHash) (*os.File, error) {
	if !hash.Valid() {
		return nil, huiying.Errorf(huiying.CodeNotFound, "没有这个附件")
	}
	f, err := os.Open(s.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, huiying.Errorf(huiying.CodeNotFound, "附件的文件不在了，请联系系统管理员从备份恢复")
	}
	if err != nil {
		return nil, fmt.Errorf("opening attachment %s: %w", hash, err)
	}
	return f, nil
}

func (s *Store) path(hash huiying.AttachmentHash) string {
	return filepath.Join(s.dir, string(hash[:2]), string(hash))
}

// typeOf finds the type in the content itself; of a zip, whether it is a Word or
// Excel file.
func typeOf(f *os.File, size int64) (string, error) {
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading what was received: %w", err)
	}
	mime := http.DetectContentType(head[:n])
	if mime == "application/octet-stream" && isMP3(head[:n]) {
		return "audio/mpeg", nil
	}
	if mime != "application/zip" {
		return mime, nil
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return mime, nil //nolint:nilerr // a broken zip is no document
	}
	parts := map[string]bool{}
	for _, part := range z.File {
		parts[part.Name] = true
	}
	switch {
	case !parts["[Content_Types].xml"] || parts["word/vbaProject.bin"] || parts["xl/vbaProject.bin"]: // macros
		return mime, nil
	case parts["word/document.xml"]:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", nil
	case parts["xl/workbook.xml"]:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", nil
	}
	return mime, nil
}

// isMP3 reports whether a recording begins with a frame of MPEG layer III at
// once: telephones write no tag in front of it, and the standard library knows an
// MP3 by its tag.
func isMP3(head []byte) bool {
	return len(head) > 3 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[1]&0x18 != 0x08 && head[2]&0xf0 != 0xf0 && head[2]&0x0c != 0x0c
}

func (s *Store) scanned(ctx context.Context, path, name string) error {
	if len(s.scan) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	args := slices.Concat(s.scan[1:], []string{path})
	out, err := exec.CommandContext(ctx, s.scan[0], args...).CombinedOutput() //nolint:gosec // the installation's own command
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return &huiying.Error{
			Code: huiying.CodeInvalid, Field: "file", Message: fmt.Sprintf("“%s”没有通过病毒扫描，未保存。请用杀毒软件检查您的电脑", name),
			Cause: errors.New(huiying.Clip(string(out), 300)),
		}
	}
	return &huiying.Error{Code: huiying.CodeBusy, Field: "file", Message: "病毒扫描暂时不可用，附件未保存，请稍后再试或联系系统管理员", Cause: fmt.Errorf("%w: %s", err, huiying.Clip(string(out), 300))}
}
