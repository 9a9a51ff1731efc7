package main

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiying"
)

// historyFile of the county folder has a line an edition, with the whole text.
const historyFile = "history.jsonl"

// Editions lists the saved editions of a file, the latest first.
func (b *rulebook) Editions(file string) ([]huiying.RuleEdition, error) {
	f, err := os.Open(filepath.Join(b.dir(), historyFile))
	if b.dir() == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the history of the rules: %w", err)
	}
	defer func() { _ = f.Close() }()
	var out []huiying.RuleEdition
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var e huiying.RuleEdition
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			b.s.log.Warn("a line of the history of the rules cannot be read", "err", err) // cut off by a crash: the file itself was not touched then
			continue
		}
		if e.File == file {
			out = append(out, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the history of the rules: %w", err)
	}
	slices.SortStableFunc(out, func(a, b huiying.RuleEdition) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return out, nil
}

func textHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

func edition(at time.Time, file, text string, by huiying.Person, reason string) huiying.RuleEdition {
	return huiying.RuleEdition{
		ID: fmt.Sprintf("%d-%s", at.UnixMicro(), textHash(text)), File: file, At: at, By: by.User, Name: by.Name, Role: by.Role,
		Reason: strings.TrimSpace(reason), Hash: textHash(text), Text: text,
	}
}

// appendLines is durable when it returns. A line an earlier crash cut off is
// ended first.
func appendLines(path string, editions []huiying.RuleEdition) error {
	var b strings.Builder
	if old, err := os.ReadFile(path); err == nil && len(old) > 0 && old[len(old)-1] != '\n' {
		b.WriteByte('\n')
	}
	for _, e := range editions {
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		b.Write(raw)
		b.WriteByte('\n')
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Sync(), f.Close())
}

// replaceFile leaves the old text or the new one, never half.
func replaceFile(path, text string) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
