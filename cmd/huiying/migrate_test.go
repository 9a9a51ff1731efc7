package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"huiying/deploy/dev"
)

// An embedded installation grows up while letters come in: copied once while it
// works, once more when it has stopped, and then the new one goes on.
func TestAnInstallationMovesToPostgresWhileItWorks(t *testing.T) {
	t.Parallel()
	pg, err := dev.StartPostgres(t.Context(), filepath.Join(t.TempDir(), "postgres"))
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop() })
	url, err := pg.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := install(t)
	const before, during = 200, 300
	first, second := filepath.Join(in.dir, "first.jsonl"), filepath.Join(in.dir, "second.jsonl")
	writeLettersFrom(t, first, 0, before)
	writeLettersFrom(t, second, before, during)
	if _, err := in.importFile(first); err != nil {
		t.Fatal(err)
	}
	in.eventually("the first letters are gathered", time.Minute, func() error { return in.eventsAddUp(before) })

	home := t.TempDir()
	next := &installation{t: t, dir: home, config: filepath.Join(home, "huiying.yaml"), token: in.token, url: in.url}
	config := fmt.Sprintf("region: \"141122\"\ndata: .\nlisten: [%q]\nledger: %q\n", in.url[len("http://"):], url)
	if err := os.WriteFile(next.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	imported := make(chan error, 1)
	go func() {
		_, err := in.importFile(second)
		imported <- err
	}()
	in.run("", "migrate", "--from", in.config, "--to", next.config) // while it works
	if err := <-imported; err != nil {
		t.Fatal(err)
	}
	in.eventually("all letters are gathered", time.Minute, func() error { return in.eventsAddUp(before + during) })
	var want [3][]string
	lists := []string{"/api/v1/posts", "/api/v1/events", "/api/v1/cases"}
	for i, list := range lists {
		if want[i], err = in.listed(list); err != nil {
			t.Fatal(err)
		}
	}
	in.kill(syscall.SIGTERM)

	var said struct {
		Posts, Written int
		Ledger         []struct {
			Table         string
			Rows, Written int
		}
	}
	if err := json.Unmarshal([]byte(in.run("", "migrate", "--from", in.config, "--to", next.config)), &said); err != nil {
		t.Fatal(err)
	}
	if said.Posts != before+during || said.Written > during {
		t.Errorf("the last copy says %+v", said)
	}
	next.start()
	t.Cleanup(func() { next.kill(syscall.SIGTERM) })
	for i, list := range lists {
		got, err := next.listed(list)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want[i]) {
			t.Errorf("%s: %d items on the new engines, %d on the old, or in another order", list, len(got), len(want[i]))
		}
	}
	third := filepath.Join(home, "third.jsonl")
	writeLettersFrom(t, third, before+during, 50)
	if _, err := next.importFile(third); err != nil {
		t.Fatal(err)
	}
	next.eventually("the new one goes on", time.Minute, func() error { return next.eventsAddUp(before + during + 50) })
	next.run("", "verify-audit", "--config", next.config)

	back := filepath.Join(t.TempDir(), "huiying.yaml")
	if err := os.WriteFile(back, []byte("region: \"141122\"\ndata: .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	next.kill(syscall.SIGTERM)
	next.run("", "migrate", "--from", next.config, "--to", back) // and back
	next.run("", "verify-audit", "--config", back)
	next.start()
}
