package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"huiying"
	"huiying/store/storetest"
)

// crashFile names the archive a child process of TestKill writes to.
const crashFile = "HUIYING_CRASH_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		insertUntilKilled(path)
		return
	}
	goleak.VerifyTestMain(m)
}

const crashBatch = 50

func crashPosts(batch int) []huiying.Assessed {
	out := make([]huiying.Assessed, crashBatch)
	for i := range out {
		n := batch*crashBatch + i
		out[i].Post = huiying.Post{
			ID: huiying.PostID(fmt.Sprintf("p%06d", n)), Region: "141122", Channel: huiying.ChannelForum, Text: "学校食堂",
			PublishedAt: time.Date(2026, 3, 2, 8, n%3600, 0, 0, huiying.Beijing),
		}
	}
	return out
}

// insertUntilKilled is the child: it stores batches and says so after each. It
// begins with the last one that may be stored already, as a bus delivers again.
func insertUntilKilled(path string) {
	a, err := OpenArchive(context.Background(), path, storetest.Bigrams)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	have, err := a.CountPosts(context.Background(), huiying.PostQuery{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for batch := max(0, have/crashBatch-1); ; batch++ {
		if _, err := a.Insert(context.Background(), crashPosts(batch)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(batch)
	}
}

func TestKillLosesAndDoublesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "archive.db")
	acknowledged := -1
	for round := range 6 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashFile+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 3 + round*5 { // then it is in the middle of the next one
			if !lines.Scan() {
				t.Fatal("the child ended by itself")
			}
			if _, err := fmt.Sscan(lines.Text(), &acknowledged); err != nil {
				t.Fatalf("the child failed: %s", lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		checkCrashed(t, path, acknowledged)
	}
}

func checkCrashed(t *testing.T, path string, acknowledged int) {
	t.Helper()
	ctx := context.Background()
	a, err := OpenArchive(ctx, path, storetest.Bigrams)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	rows, err := a.CountPosts(ctx, huiying.PostQuery{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := a.CountPosts(ctx, huiying.PostQuery{Text: "食堂"})
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, huiying.Beijing)
	trend, err := a.Trend(ctx, "", day, day.AddDate(0, 0, 5), 5*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if rows < (acknowledged+1)*crashBatch || rows%crashBatch != 0 || found != rows || trend[0].Posts != rows {
		t.Fatalf("%d batches were acknowledged; %d posts are stored, %d found, %d in the trend", acknowledged+1, rows, found, trend[0].Posts)
	}
	var verdict string
	if err := a.db.Read.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("the file: %s, %v", verdict, err)
	}
}

func TestAFileOfANewerProgramIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "archive.db")
	a, err := OpenArchive(t.Context(), path, storetest.Bigrams)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.db.Write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if a, err = OpenArchive(t.Context(), path, storetest.Bigrams); err == nil {
		_ = a.Close()
		t.Error("an older program opened the file of a newer one")
	}
}

func TestPathsOfEveryKindOpen(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"archive.db", "有 空格?#%.db", filepath.Join(t.TempDir(), "绝对 100%?.db")} {
		a, err := OpenArchive(t.Context(), path, storetest.Bigrams)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: the file has another name: %v", path, err)
		}
	}
	for _, path := range []string{"", filepath.Join("none", "archive.db")} {
		if a, err := OpenArchive(t.Context(), path, storetest.Bigrams); err == nil {
			_ = a.Close()
			t.Errorf("%q opened", path)
		}
	}
}
