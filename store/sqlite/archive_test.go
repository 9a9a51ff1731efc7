package sqlite

import (
	"path/filepath"
	"testing"

	"huiying/store/storetest"
)

func TestArchive(t *testing.T) {
	storetest.Archive(t, func(t *testing.T, tokens func(string) []Token) storetest.ArchiveUnderTest {
		return openArchive(t, tokens)
	})
}

func openArchive(t testing.TB, tokens func(string) []Token) *Archive {
	t.Helper()
	a, err := OpenArchive(t.Context(), filepath.Join(t.TempDir(), "archive.db"), tokens)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}
