package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"huiying"
)

func TestFailuresAreToldInChinese(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, missing := os.Open(filepath.Join(dir, "no.jsonl"))
	_, folder := os.ReadFile(dir)
	var p huiying.Post
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"a missing file", missing, "找不到 " + dir + "/no.jsonl，请核对路径"},
		{"a missing file, with what was done", fmt.Errorf("<file>: %w", missing), "<file>: 找不到 " + dir + "/no.jsonl，请核对路径"},
		{"a folder in place of a file", folder, dir + " 是文件夹，请给出文件"},
		{"a broken row", json.Unmarshal([]byte(`{"text":`), &p), "不是合格的 JSON"},
		{"a row that is a list", json.Unmarshal([]byte(`[1]`), &p), "类型不对，不应为数组"},
		{"a number in place of text", json.Unmarshal([]byte(`{"text":1}`), &p), "text：类型不对，不应为数字"},
		{"our own words", huiying.Invalid("text", "正文为空"), "text：正文为空"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := told(c.err); got != c.want || strings.Contains(got, "json:") {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}
