package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"huiying"
)

func TestABackupComesBackAsItWas(t *testing.T) {
	from := t.TempDir()
	noise := make([]byte, 3<<20)
	_, _ = rand.Read(noise)
	for name, text := range map[string][]byte{"ledger.db": noise, "attachments/ab/cd": []byte("附件"), "secret.key": []byte("k")} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	reached := int64(0)
	at := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	parts := map[string]string{"ledger.db": filepath.Join(from, "ledger.db"), "attachments": filepath.Join(from, "attachments"), "secret.key": filepath.Join(from, "secret.key")}
	wrote, err := Write(t.Context(), &file, "一句长口令", Manifest{Program: "test", Region: "141122", At: at}, parts, func(done, total int64) {
		if reached = done; done > total {
			t.Errorf("%d of %d", done, total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(wrote.Parts) != 3 || reached < 3<<20 {
		t.Errorf("wrote %+v, reached %d", wrote, reached)
	}
	if bytes.Contains(file.Bytes(), []byte("ledger.db")) {
		t.Error("the file can be read without the passphrase")
	}

	to := t.TempDir()
	read, err := Read(t.Context(), bytes.NewReader(file.Bytes()), "一句长口令", to)
	if err != nil {
		t.Fatal(err)
	}
	if !read.At.Equal(at) || len(read.Parts) != 3 {
		t.Errorf("read %+v", read)
	}
	for _, p := range wrote.Parts {
		a, err := os.ReadFile(filepath.Join(from, p.Name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(to, p.Name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s came back otherwise (%v)", p.Name, err)
		}
	}

	t.Run("a wrong passphrase", func(t *testing.T) { refused(t, file.Bytes(), "别的口令") })
	t.Run("cut off", func(t *testing.T) { refused(t, file.Bytes()[:file.Len()-100], "一句长口令") })
	t.Run("cut off early", func(t *testing.T) { refused(t, file.Bytes()[:1000], "一句长口令") })
	t.Run("not a back-up", func(t *testing.T) { refused(t, []byte("PK\x03\x04"), "一句长口令") })
	t.Run("one bit changed", func(t *testing.T) {
		bad := bytes.Clone(file.Bytes())
		bad[len(bad)/2] ^= 1
		refused(t, bad, "一句长口令")
	})
}

func refused(t *testing.T, file []byte, passphrase string) {
	t.Helper()
	if m, err := Read(t.Context(), bytes.NewReader(file), passphrase, t.TempDir()); !errors.Is(err, huiying.ErrInvalid) {
		t.Errorf("it was read: %+v, %v", m, err)
	}
}

func TestABackupEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Write(ctx, &bytes.Buffer{}, "x", Manifest{}, map[string]string{"ledger.db": path}, func(int64, int64) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
