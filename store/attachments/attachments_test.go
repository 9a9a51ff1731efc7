package attachments_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"huiying"
	"huiying/store/attachments"
)

const (
	pdf = "%PDF-1.7\n1 0 obj\n"
	png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	jpg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"
	mp4 = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
	mp3 = "\xff\xfb\x90\x64\x00\x00\x00" // a frame at once, no tag
	exe = "MZ\x90\x00\x03\x00\x00\x00"
)

// zipped is a zip with the parts named.
func zipped(parts ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p)
		if err != nil {
			panic(err)
		}
		if _, err := io.WriteString(w, "<x/>"); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// files are what the folder holds.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t *testing.T, scan ...string) (*attachments.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "attachments")
	s, err := attachments.Open(dir, scan)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestAnAttachmentComesBackAsItWasSentUnderItsPlainName(t *testing.T) {
	t.Parallel()
	docx, xlsx := zipped("[Content_Types].xml", "word/document.xml"), zipped("[Content_Types].xml", "xl/workbook.xml")
	for sent, c := range map[string]struct{ name, mime, content string }{
		"通报.pdf":                     {"通报.pdf", "application/pdf", pdf},
		"现场照片.PNG":                   {"现场照片.PNG", "image/png", png},
		`C:\Users\wang\照片.jpeg`:      {"照片.jpeg", "image/jpeg", jpg},
		"../../etc/视频.mp4":           {"视频.mp4", "video/mp4", mp4},
		"来电.mp3":                     {"来电.mp3", "audio/mpeg", mp3},
		"说明.docx":                    {"说明.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx},
		"台账.xlsx":                    {"台账.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx},
		"a\u202e\"\r\n通报fdp.exe.pdf": {"a通报fdp.exe.pdf", "application/pdf", pdf},
	} {
		s, dir := open(t)
		a, err := s.Put(t.Context(), sent, strings.NewReader(c.content))
		if err != nil || a.Name != c.name || a.Type != c.mime || a.Size != int64(len(c.content)) || !a.Hash.Valid() {
			t.Errorf("%q was kept as %+v, %v", sent, a, err)
			continue
		}
		f, err := s.Get(a.Hash)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil || f.Close() != nil || string(got) != c.content {
			t.Errorf("%q came back as %q, %v", sent, got, err)
		}
		if all := files(t, dir); len(all) != 1 || all[0] != string(a.Hash) {
			t.Errorf("the folder holds %v", all)
		}
	}
}

func TestWhatLiesIsTooLargeOrMayNotBeAttachedIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, content, want string }{
		"text called a recording":         {"来电.mp3", "\xff\xfe来电", "内容却不是MP3 录音"},
		"a program called a picture":      {"照片.jpg", exe, "内容却不是JPEG 图片"},
		"a page called a PDF":             {"通报.pdf", "<html><script>", "内容却不是PDF 文件"},
		"a PNG called a JPEG":             {"照片.jpg", png, "改用扩展名 .png"},
		"a PDF called a Word file":        {"通报.docx", pdf, "内容却是PDF 文件"},
		"a plain zip called a Word file":  {"通报.docx", zipped("a.exe"), "内容却不是Word 文档"},
		"an Excel file called a Word one": {"通报.docx", zipped("[Content_Types].xml", "xl/workbook.xml"), "改用扩展名 .xlsx"},
		"a Word file with macros":         {"通报.docx", zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "内容却不是Word 文档"},
		"a broken zip":                    {"通报.docx", "PK\x03\x04 nothing", "内容却不是Word 文档"},
		"a program":                       {"运行.exe", exe, "不能上传 .exe 文件"},
		"a drawing that may hold scripts": {"图.svg", "<svg/>", "不能上传 .svg 文件"},
		"nothing":                         {"通报.pdf", "", "空文件"},
		"no extension":                    {"通报", pdf, "须有文件名和扩展名"},
		"no name":                         {".pdf", pdf, "须有文件名和扩展名"},
		"a name without end":              {strings.Repeat("长", 120) + ".pdf", pdf, "超过 120 个字"},
		"one byte too many":               {"通报.pdf", pdf + strings.Repeat("x", huiying.MaxAttachment-len(pdf)+1), "超过 20 MB"},
	} {
		s, dir := open(t)
		_, err := s.Put(t.Context(), c.file, strings.NewReader(c.content))
		if !errors.Is(err, huiying.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.want)
		}
		if left := files(t, dir); len(left) != 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
	s, dir := open(t)
	if _, err := s.Put(t.Context(), "通报.pdf", strings.NewReader(pdf+strings.Repeat("x", huiying.MaxAttachment-len(pdf)))); err != nil {
		t.Errorf("exactly the cap: %v", err)
	}
	lost := errors.New("the line broke")
	if _, err := s.Put(t.Context(), "通报.pdf", io.MultiReader(strings.NewReader(pdf), iotest.ErrReader(lost))); !errors.Is(err, lost) {
		t.Errorf("half an upload: %v", err)
	}
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("half an upload left %v", left)
	}
}

func TestTheSameContentFromManyAtOnceIsKeptOnce(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			a, err := s.Put(t.Context(), "通报.pdf", strings.NewReader(pdf))
			if err != nil {
				t.Error(err)
				return
			}
			f, err := s.Get(a.Hash)
			if err != nil {
				t.Error(err)
				return
			}
			got, err := io.ReadAll(f)
			if err != nil || f.Close() != nil || string(got) != pdf {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if all := files(t, dir); len(all) != 1 {
		t.Errorf("the folder holds %v", all)
	}
}

func TestAScanThatFindsSomethingOrFailsKeepsTheFileOut(t *testing.T) {
	t.Parallel()
	// The command of an installation gets the file as its last argument.
	finds := filepath.Join(t.TempDir(), "scan")
	script := "#!/bin/sh\n[ \"$1\" = --quiet ] || exit 3\ngrep -q EICAR \"$2\" && exit 1\n[ -s \"$2\" ]\n"
	if err := os.WriteFile(finds, []byte(script), 0o700); err != nil { //nolint:gosec // must run
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		scan    []string
		content string
		want    error
	}{
		"clean":         {[]string{finds, "--quiet"}, pdf, nil},
		"infected":      {[]string{finds, "--quiet"}, pdf + "EICAR", huiying.ErrInvalid},
		"a failed scan": {[]string{finds}, pdf, huiying.ErrBusy},
	} {
		s, dir := open(t, c.scan...)
		_, err := s.Put(t.Context(), "通报.pdf", strings.NewReader(c.content))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if left := files(t, dir); (len(left) == 1) != (c.want == nil) {
			t.Errorf("%s: the folder holds %v", name, left)
		}
	}
	s, _ := open(t, finds, "--quiet")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, "通报.pdf", strings.NewReader(pdf)); !errors.Is(err, huiying.ErrBusy) {
		t.Errorf("a scan that was given up: %v", err)
	}
	if _, err := attachments.Open(t.TempDir(), []string{"/nowhere/clamdscan"}); err == nil {
		t.Error("a scan command that does not exist was accepted")
	}
}

func TestAHashThatIsNoneOpensNothing(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, h := range []huiying.AttachmentHash{"", "../../etc/passwd", huiying.AttachmentHash(strings.Repeat("A", 64)), huiying.AttachmentHash(strings.Repeat("0", 64))} {
		if _, err := s.Get(h); !errors.Is(err, huiying.ErrNotFound) {
			t.Errorf("%q: %v", h, err)
		}
	}
}
