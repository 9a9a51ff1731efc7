package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// A back-up is written while letters come in, and restored into a fresh place:
// what it holds is whole, and every post of it is in an event.
func TestABackupMadeWhileRunningIsRestoredElsewhere(t *testing.T) {
	t.Setenv("HUIYING_BACKUP_PASSPHRASE", "一句不会忘记的口令，十二字")
	in := install(t)
	const before, during = 300, 600
	first, second := filepath.Join(in.dir, "first.jsonl"), filepath.Join(in.dir, "second.jsonl")
	writeLettersFrom(t, first, 0, before)
	writeLettersFrom(t, second, before, during)
	if _, err := in.importFile(first); err != nil {
		t.Fatal(err)
	}
	in.eventually("the first letters are gathered", time.Minute, func() error { return in.eventsAddUp(before) })
	casesBefore, err := in.listed("/api/v1/cases")
	if err != nil {
		t.Fatal(err)
	}

	imported := make(chan error, 1)
	go func() {
		_, err := in.importFile(second)
		imported <- err
	}()
	file := filepath.Join(t.TempDir(), "night.backup")
	in.run("", "backup", "--config", in.config, "-o", file)
	if _, page := in.form(in.account("keeper", huiying.SystemAdmin), "/system", nil); !strings.Contains(page, "最近一次备份") || !strings.Contains(page, file) {
		t.Error("the page does not show the back-up that was made")
	}
	if err := <-imported; err != nil {
		t.Fatal(err)
	}
	in.eventually("all letters are gathered", time.Minute, func() error { return in.eventsAddUp(before + during) })
	postsAfter, err := in.listed("/api/v1/posts")
	if err != nil {
		t.Fatal(err)
	}

	home := filepath.Join(t.TempDir(), "restored")
	var said struct {
		Config string
		Cases  int
	}
	if err := json.Unmarshal([]byte(in.run("", "restore", file, "--to", home)), &said); err != nil {
		t.Fatal(err)
	}
	if said.Cases < len(casesBefore) {
		t.Errorf("%d cases came back, there were %d before", said.Cases, len(casesBefore))
	}
	back := &installation{t: t, dir: home, config: said.Config, token: in.token}
	back.listenElsewhere(in.url)
	back.start()
	t.Cleanup(func() { back.kill(syscall.SIGTERM) })
	posts, err := back.listed("/api/v1/posts") // the account and its token came back too
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool, len(postsAfter))
	for _, id := range postsAfter {
		known[id] = true
	}
	for _, id := range posts {
		if !known[id] {
			t.Errorf("post %s was never there", id)
		}
	}
	if len(posts) < before {
		t.Errorf("%d posts came back, %d were there before the back-up began", len(posts), before)
	}
	t.Logf("of %d letters %d are in the back-up", before+during, len(posts))
	back.eventually("every post that came back is in one event", time.Minute, func() error { return back.eventsAddUp(len(posts)) })
	back.oneCaseAnEvent()
	cases, err := back.listed("/api/v1/cases")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range casesBefore {
		if !slices.Contains(cases, id) {
			t.Errorf("case %s did not come back", id)
		}
	}

	refused := func(what string, env []string, args ...string) {
		t.Helper()
		cmd := exec.Command(binary, args...)
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err == nil {
			t.Errorf("%s was accepted: %s", what, out)
		}
	}
	refused("a folder in use", nil, "restore", file, "--to", home)
	refused("another passphrase", []string{"HUIYING_BACKUP_PASSPHRASE=另外一句也很长的口令哦哦"}, "restore", file, "--to", filepath.Join(t.TempDir(), "x"))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	short, again := filepath.Join(t.TempDir(), "short.backup"), filepath.Join(t.TempDir(), "again")
	if err := os.WriteFile(short, whole[:len(whole)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a file that was cut off", nil, "restore", short, "--to", again)
	in.run("", "restore", file, "--to", again) // the folder is empty as before
	refused("no passphrase", []string{"HUIYING_BACKUP_PASSPHRASE="}, "backup", "--config", in.config, "-o", file+"2")
}

// listenElsewhere gives a restored installation an address of its own.
func (in *installation) listenElsewhere(old string) {
	in.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		in.t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	raw, err := os.ReadFile(in.config)
	if err != nil {
		in.t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), strings.TrimPrefix(old, "http://"), addr)
	if err := os.WriteFile(in.config, []byte(text), 0o600); err != nil {
		in.t.Fatal(err)
	}
	in.url = fmt.Sprintf("http://%s", addr)
}
