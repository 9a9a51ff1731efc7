package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"huiying/deploy/dev"
)

func startClickHouse(t *testing.T, shards int) *dev.ClickHouse {
	t.Helper()
	server, err := dev.StartClickHouse(t.Context(), t.TempDir(), dev.ClickHouseOptions{Shards: shards})
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	return server
}

// moved is what migrate prints.
type moved struct {
	Posts, Written int
	Hash           string `json:"posts_xor"`
}

func (in *installation) migrate(from, to string) (m moved) {
	in.t.Helper()
	if err := json.Unmarshal([]byte(in.run("", "migrate", "--from", from, "--to", to)), &m); err != nil {
		in.t.Fatal(err)
	}
	return m
}

// An embedded installation moves to ClickHouse, the copy and the servers killed in
// the middle of it; the servers back it up; the back-up becomes an installation on an empty database;
// and that one moves back into files. The posts are the same all the way.
func TestPostsMoveToClickHouseAndBackThroughKillsAndABackup(t *testing.T) {
	t.Setenv("HUIYING_BACKUP_PASSPHRASE", "一句不会忘记的口令，十二字")
	server := startClickHouse(t, 2)
	in := install(t)
	const letters = 2600
	file := filepath.Join(in.dir, "letters.jsonl")
	writeLetters(t, file, letters)
	if _, err := in.importFile(file); err != nil {
		t.Fatal(err)
	}
	in.eventually("all letters are gathered", 2*time.Minute, func() error { return in.eventsAddUp(letters) })
	posts, err := in.listed("/api/v1/posts")
	if err != nil {
		t.Fatal(err)
	}
	in.kill(syscall.SIGTERM)

	home := t.TempDir()
	next := &installation{t: t, dir: home, config: filepath.Join(home, "huiying.yaml"), token: in.token, url: in.url}
	address := server.Database()
	config := fmt.Sprintf("region: \"141122\"\ndata: .\nlisten: [%q]\narchive: %q\nbackup: {clickhouse: {disk: %s, path: %q}}\n", in.url[len("http://"):], address, dev.ClickHouseBackups, server.Backups())
	if err := os.WriteFile(next.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := 0 // by runs that were killed
	for kills := 0; kills < 2; {
		run := exec.Command(binary, "migrate", "--from", in.config, "--to", next.config)
		run.Stderr = t.Output()
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		in.eventually("the copy has begun", time.Minute, func() error {
			now, err := stored(address)
			if err == nil && now <= kept {
				err = fmt.Errorf("%d posts", now)
			}
			return err
		})
		if err := run.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := run.Wait(); err == nil {
			t.Fatal("it was through before it was killed: too few letters")
		}
		kills++
		for shard := range 2 { // and the servers with it
			if err := errors.Join(server.Kill(shard), server.Restart(t.Context(), shard)); err != nil {
				t.Fatal(err)
			}
		}
		if kept, err = stored(address); err != nil {
			t.Fatal(err)
		}
	}
	there := in.migrate(in.config, next.config)
	if there.Posts != letters || there.Written > letters-500 {
		t.Errorf("after two kills, with %d posts stored, the copy says %+v", kept, there)
	}
	if again := in.migrate(in.config, next.config); again.Written != 0 || again.Hash != there.Hash {
		t.Errorf("copying once more wrote %+v", again)
	}

	next.start()
	same := func(in *installation) {
		t.Helper()
		if got, err := in.listed("/api/v1/posts"); err != nil || !slices.Equal(got, posts) {
			t.Errorf("%d posts, %v; want %d in the same order", len(got), err, len(posts))
		}
	}
	same(next)
	backup := filepath.Join(t.TempDir(), "night.backup")
	next.run("", "backup", "--config", next.config, "-o", backup) // while it works
	if left, err := os.ReadDir(server.Backups()); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".tar") }) {
		t.Errorf("unencrypted files stay on the disk: %v, %v", left, err)
	}
	next.kill(syscall.SIGTERM)

	if out, err := exec.Command(binary, "restore", backup, "--to", filepath.Join(t.TempDir(), "x")).CombinedOutput(); err == nil || !strings.Contains(string(out), "--archive") {
		t.Errorf("restoring without saying where: %v %s", err, out)
	}
	var said struct{ Config string }
	out := next.run("", "restore", backup, "--to", filepath.Join(t.TempDir(), "restored"), "--archive", server.Database(), "--disk", dev.ClickHouseBackups, "--disk-path", server.Backups())
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatal(err)
	}
	restored := &installation{t: t, dir: filepath.Dir(said.Config), config: said.Config, token: in.token}
	restored.listenElsewhere(in.url)
	restored.start()
	same(restored)
	restored.eventually("every post is in one event", time.Minute, func() error { return restored.eventsAddUp(letters) })
	restored.kill(syscall.SIGTERM)

	files := filepath.Join(t.TempDir(), "huiying.yaml")
	if err := os.WriteFile(files, []byte("region: \"141122\"\ndata: .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if back := restored.migrate(restored.config, files); back.Posts != letters || back.Written != letters || back.Hash != there.Hash {
		t.Errorf("back in files: %+v; there: %+v", back, there)
	}
	restored.run("", "verify-audit", "--config", files)
}

// stored is how many posts the archive at an address counts as stored. It connects
// to no database: this ClickHouse ends when it is asked for one that is not there.
func stored(address string) (int, error) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, err
	}
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{u.Host}})
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	var n uint64
	err = conn.QueryRow(context.Background(), "SELECT count() FROM "+strings.TrimPrefix(u.Path, "/")+".docs_all").Scan(&n)
	return int(n), err
}
