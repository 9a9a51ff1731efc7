package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/store/storetest"
)

// troubled is an archive in a file, for tests that spoil it.
func troubled(t *testing.T, path string) *Archive {
	t.Helper()
	a, err := OpenArchive(context.Background(), path, storetest.Bigrams)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() }) // the file may be damaged
	return a
}

func longLetters(from, n int) []huiying.Assessed {
	out := make([]huiying.Assessed, n)
	for i := range out {
		id := huiying.PostID(fmt.Sprintf("p%05d", from+i))
		out[i] = huiying.Assessed{
			Post: huiying.Post{
				ID: id, Region: "141122", Source: "卦山论坛", Channel: huiying.ChannelForum, PublishedAt: time.Date(2026, 3, 2, 8, 0, from+i, 0, huiying.Beijing),
				Text: fmt.Sprintf("第 %d 封：", from+i) + strings.Repeat("学校食堂至今无人过问，", 40),
			},
			Assessment: huiying.Assessment{ID: id},
		}
	}
	return out
}

// The disk fills up in the middle of it: whole batches are in or out, the error
// says that it is the disk's fault, and when there is room again all goes on.
func TestAFullDiskTakesNoHalfBatchesAndSaysSo(t *testing.T) {
	ctx := context.Background()
	a := troubled(t, filepath.Join(t.TempDir(), "archive.db"))
	if _, err := a.db.Write.ExecContext(ctx, "PRAGMA max_page_count = 160"); err != nil { // SQLite's own full disk
		t.Fatal(err)
	}
	const size, all = 20, 400
	stored, failed := 0, error(nil)
	for at := 0; at < all && failed == nil; at += size {
		var fresh []huiying.PostID
		fresh, failed = a.Insert(ctx, longLetters(at, size))
		stored += len(fresh)
	}
	if !errors.Is(failed, huiying.ErrBusy) || !strings.Contains(failed.Error(), "磁盘已满") {
		t.Fatalf("a full disk is told as %v", failed)
	}
	if n, err := a.CountPosts(ctx, huiying.PostQuery{Text: "食堂"}); err != nil || n != stored || n%size != 0 || n == 0 {
		t.Errorf("%d posts are found, %v; stored were %d, in batches of %d", n, err, stored, size)
	}
	if _, err := a.db.Write.ExecContext(ctx, "PRAGMA max_page_count = 100000"); err != nil { // somebody made room
		t.Fatal(err)
	}
	for at := 0; at < all; at += size { // the bus delivers again what was not done
		if _, err := a.Insert(ctx, longLetters(at, size)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.CountPosts(ctx, huiying.PostQuery{Text: "食堂"}); err != nil || n != all {
		t.Errorf("%d posts in the end, %v; want %d", n, err, all)
	}
}

// A damaged page is met at the latest by the nightly copy; what is told is what to
// do. A file that is no database at all is not opened and not overwritten.
func TestADamagedFileIsToldAndLeftAsItIs(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "archive.db")
	a := troubled(t, path)
	if _, err := a.Insert(ctx, longLetters(0, 300)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for at := 20 * page; at+page < len(raw); at += 7 * page { // a bad spell of a disk
		copy(raw[at:], bytes.Repeat([]byte{0xA5}, page))
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	told := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, huiying.ErrBusy) || !strings.Contains(err.Error(), "损坏") || !strings.Contains(err.Error(), "备份恢复") {
			t.Errorf("%s: %v", what, err)
		}
	}
	a = troubled(t, path)
	told("the nightly copy", a.Snapshot(ctx, filepath.Join(t.TempDir(), "copy.db")))
	var refused error
	for at := 300; at < 2000 && refused == nil; at += 50 {
		_, refused = a.Insert(ctx, longLetters(at, 50))
	}
	told("an insert that meets it", refused)

	nothing := bytes.Repeat([]byte("这不是数据库"), 500)
	if err := os.WriteFile(path, nothing, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tail := range []string{"-wal", "-shm"} {
		_ = os.Remove(path + tail) // of the file before
	}
	_, err = OpenArchive(ctx, path, storetest.Bigrams)
	told("no database at all", err)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, nothing) {
		t.Errorf("the damaged file was changed, %v", err)
	}
}
