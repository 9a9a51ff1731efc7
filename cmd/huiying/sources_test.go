package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"huiying/collector"
	"huiying/deploy/county"
)

// What docs/sources.md shows can be typed as it stands: each example is a
// sources.yaml, and the collector takes its source.
func TestTheExamplesOfTheSourcesDocAreSourcesFiles(t *testing.T) {
	doc, err := os.ReadFile("../../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	all := "sources:\n"
	blocks := regexp.MustCompile("(?s)```yaml\n(sources:\n)(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if n := strings.Count(string(doc), "```yaml"); n != len(blocks) || n < 10 {
		t.Fatalf("%d of %d examples are whole files", len(blocks), n)
	}
	for i, b := range blocks {
		all += strings.Replace(b[2], "id: example", fmt.Sprintf("id: example%d", i), 1)
	}
	dir := filepath.Join(t.TempDir(), "county")
	if err := county.WriteTo(demoRegion, dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sources.yaml"), []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := county.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(data.Sources) != len(blocks) {
		t.Errorf("%d sources were read, want %d", len(data.Sources), len(blocks))
	}
	for _, src := range data.Sources {
		if err := collector.Check(src); err != nil {
			t.Errorf("%s: %v", src.Name, err)
		}
	}
}
