package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What new counties get is what this program writes: run go generate after a change.
func TestTheBuiltInTemplatesAreWhatIsWrittenHere(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	for name := range documents {
		want, err := os.ReadFile(filepath.Join(dir, name+".docx"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../county/141122/templates", name+".docx"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s.docx is not what is written here (%v)", name, err)
		}
	}
}
