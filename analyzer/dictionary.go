package analyzer

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"huiying"
)

//go:embed dict/*.zst
var dictionaries embed.FS

// The files jieba wants, in the order it wants them; the third, the county's
// own words, is made here.
var dictionaryFiles = []string{"jieba.dict.utf8", "hmm_model.utf8", "user.dict.utf8", "idf.utf8", "stop_words.utf8"}

// unpack writes the dictionaries under dir once and returns their paths. The
// folder's name is a digest of the county's words, so that a change makes a new
// one and a half-written one is never used.
func unpack(dir string, words []string) ([]string, error) {
	user := strings.Join(words, "\n") + "\n"
	sum := sha256.Sum256([]byte("1.4.6\x00" + user))
	home := filepath.Join(dir, hex.EncodeToString(sum[:8]))
	paths := make([]string, len(dictionaryFiles))
	for i, name := range dictionaryFiles {
		paths[i] = filepath.Join(home, name)
	}
	if complete(paths) {
		return paths, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(dir, "unpack-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	for _, name := range dictionaryFiles {
		raw := []byte(user)
		if name != "user.dict.utf8" {
			if raw, err = readZstd(dictionaries, "dict/"+name+".zst"); err != nil {
				return nil, err
			}
		}
		if err := os.WriteFile(filepath.Join(tmp, name), raw, 0o644); err != nil {
			return nil, err
		}
	}
	err = os.Rename(tmp, home)
	if errors.Is(err, fs.ErrExist) && !complete(paths) { // somebody tidied up and took a file
		if err = os.RemoveAll(home); err == nil {
			err = os.Rename(tmp, home)
		}
	}
	if err != nil && !complete(paths) { // complete: another process was first
		return nil, err
	}
	return paths, nil
}

// stopWords are the words jieba leaves out of its keywords.
func stopWords() (map[string]bool, error) {
	raw, err := readZstd(dictionaries, "dict/stop_words.utf8.zst")
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool)
	for w := range strings.FieldsSeq(string(raw)) {
		out[w] = true
	}
	return out, nil
}

// complete reports whether every file is there: jieba panics when one is not.
func complete(paths []string) bool {
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			return false
		}
	}
	return true
}

func readZstd(files fs.FS, name string) ([]byte, error) {
	packed, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, nil
}

// countyWords are the words the segmenter must know: places, units, signals.
// Short ones that are parts of common words are left out.
func countyWords(c *huiying.County) []string {
	words := make(map[string]bool)
	add := func(w, tag string) {
		if n := len([]rune(w)); n >= 2 && n <= 12 && !strings.ContainsAny(w, " \t") {
			words[w+" "+tag] = true
		}
	}
	for _, d := range c.Divisions {
		add(d.Name, "ns")
		add(d.Bare, "ns")
	}
	for _, u := range c.Units {
		add(u.Name, "nt")
		add(u.Short, "nt")
	}
	for _, t := range c.Lexicon.Terms {
		add(t, "n")
	}
	out := make([]string, 0, len(words))
	for w := range words {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}
