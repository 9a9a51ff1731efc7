package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huiying"
)

// Whoever may write to the database can cut the trail and set its end back; the last
// row noted elsewhere tells.
func TestATrailCutShortIsToldByTheRowNotedElsewhere(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "huiying.yaml"), []byte("region: \"141122\"\ndata: .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := place{Data: dir}
	_, l, err := at.openLedger(ctx)
	if err != nil {
		t.Fatal(err)
	}
	next, err := l.WalkAudit(ctx, func(int64, int64) {})
	if err != nil || next != 0 {
		t.Fatal(next, err)
	}
	for i := range 3 {
		if err := l.Record(ctx, huiying.Audit{At: time.Unix(int64(1000+i), 0), Region: "141122", Who: "leader", Role: huiying.Leader, Action: "test", Object: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := l.AuditHash(ctx, 3)
	if err != nil || last == "" {
		t.Fatal(last, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for known, want := range map[string]string{
		"": "", "3:" + last: "", "3:" + last[:16]: "", "4:" + last: "不符", "2:" + last: "不符", "3": "--known", "x:" + last: "--known", "3:" + last[:8]: "--known",
	} {
		err := (&verifyAuditCmd{place: at, Known: known}).Run(ctx)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("--known %q: %v, want %q", known, err, want)
		}
	}
}
