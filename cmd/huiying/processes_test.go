package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"huiying"
)

var shownCode = regexp.MustCompile(`设置码 ([A-Z2-7-]{19})`)

// The processes of an installation are one to whoever sets it up: they show the
// same setup code, say when one was given another key, and any page lists all.
func TestTheProcessesOfAnInstallationKnowEachOther(t *testing.T) {
	t.Setenv("HUIYING_SECRET_KEY", strings.Repeat("a1", 32))
	t.Setenv("HUIYING_AUTHOR_KEY", strings.Repeat("b2", 32))
	k := installCluster(t)
	k.node("141122", "")
	page := k.node("141122", "", "--roles", "dashboard")
	var codes []string
	for _, in := range k.nodes {
		log, err := os.ReadFile(in.logFile())
		if err != nil {
			t.Fatal(err)
		}
		found := shownCode.FindStringSubmatch(string(log))
		if found == nil {
			t.Fatalf("no setup code:\n%s", log)
		}
		codes = append(codes, found[1])
		if err := in.said("a key is not the one"); err == nil {
			t.Error("a process with the same keys says that they differ")
		}
	}
	if codes[0] != codes[1] {
		t.Errorf("two processes show the codes %s and %s", codes[0], codes[1])
	}

	t.Setenv("HUIYING_AUTHOR_KEY", strings.Repeat("c3", 32))
	odd := k.node("141122", "", "--roles", "analyzer")
	if err := odd.said("a key is not the one used before", "author.key"); err != nil {
		t.Error(err)
	}

	admin := page.account("keeper", huiying.SystemAdmin)
	page.eventually("the page lists every process", 30*time.Second, func() error {
		_, text := page.form(admin, "/system", nil)
		for _, want := range []string{"各进程", "计时和发送", "密钥与上一个启动的进程用的不同", "研判"} {
			if !strings.Contains(text, want) {
				return fmt.Errorf("no %q", want)
			}
		}
		if n := strings.Count(text, "运行中"); n != 3 {
			return fmt.Errorf("%d processes", n)
		}
		return nil
	})
}
