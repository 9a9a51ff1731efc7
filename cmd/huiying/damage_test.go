package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// Pages of the archive's file go bad after a back-up, and letters go on coming in:
// the page says so, nothing is given up, and what the operations guide says to do
// then brings every letter back once, in one event, with one case.
func TestADamagedArchiveIsToldAndRestoredLosingAndDoublingNothing(t *testing.T) {
	longRun(t)
	t.Parallel()
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("一句不会忘记的口令，十二字"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := install(t)
	admin := in.account("s1", huiying.SystemAdmin)
	first, second := filepath.Join(in.dir, "first.jsonl"), filepath.Join(in.dir, "second.jsonl")
	want := writeLettersFrom(t, first, 0, 300)
	for id := range writeLettersFrom(t, second, 300, 200) {
		want[id] = true
	}
	in.importAll(first, time.Minute)
	in.eventually("the first letters are gathered", time.Minute, func() error { return in.eventsAddUp(300) })
	file := filepath.Join(t.TempDir(), "night.backup")
	in.run("", "backup", "--config", in.config, "--passphrase-file", passphrase, "-o", file)

	in.kill(syscall.SIGTERM)
	damage(t, filepath.Join(in.dir, "archive.db"))
	in.launch() // with what is damaged it may never be ready, and says why
	in.answers("/healthz")
	in.importAll(second, time.Minute) // taken by the bus
	in.eventually("the page says that the file is damaged", time.Minute, func() error {
		if page := in.page(admin, "/system"); !strings.Contains(page, "数据库文件已损坏") {
			return errors.New(page)
		}
		return nil
	})
	in.kill(syscall.SIGTERM)

	home := filepath.Join(t.TempDir(), "restored")
	var said struct{ Config string }
	if err := json.Unmarshal([]byte(in.run("", "restore", file, "--passphrase-file", passphrase, "--to", home)), &said); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(home, "bus"), os.DirFS(filepath.Join(in.dir, "bus"))); err != nil {
		t.Fatal(err)
	}
	back := &installation{t: t, dir: home, config: said.Config, token: in.token, log: in.log}
	back.listenElsewhere(in.url)
	back.start()
	t.Cleanup(func() { back.kill(syscall.SIGTERM) })
	back.settled(want, admin)
}

// damage overwrites the pages of a file from the twentieth on: a bad spell of a disk,
// which whoever writes is sure to meet.
func damage(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	bad := 0
	for at := 20 * page; at+page < len(raw); at += page {
		copy(raw[at:], bytes.Repeat([]byte{0xA5}, page))
		bad++
	}
	if bad < 10 {
		t.Fatalf("only %d of %d bytes' pages were damaged", bad, len(raw))
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
