package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// warning is a call that logs one.
var warning = regexp.MustCompile(`[lL]og(?:ger)?(?:\(\))?\.(?:Warn|Error)(?:Context)?\((?:[\w.()]+, )?"([^"]+)"`)

func TestEveryWarningOfTheLogIsSaidInChineseOnThePage(t *testing.T) {
	t.Parallel()
	found := make(map[string]bool)
	for _, dir := range []string{".", "../../alerting", "../../analyzer", "../../bus", "../../collector", "../../dashboard", "../../store"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range warning.FindAllStringSubmatch(string(raw), -1) {
				found[m[1]] = true
				if logTexts[m[1]] == "" && !regexp.MustCompile(`\p{Han}`).MatchString(m[1]) {
					t.Errorf("%s: %q has no words for the page 系统 (logtext.go)", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for said := range logTexts {
		if !found[said] {
			t.Errorf("nothing logs %q any more", said)
		}
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "visit failed", 0)
	r.Add("source", "portal", "error", errors.New("连接被拒绝"), "stack", "goroutine 1")
	if got := logLine(r, []slog.Attr{slog.String("part", "collector")}); got != "信源采集失败　部分：采集　信源：portal　原因：连接被拒绝" {
		t.Errorf("the page says %q", got)
	}
}
