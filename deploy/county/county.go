// Package county holds what is data about one county, not code: its units,
// places, lexicon, clocks, levels and calendar, as YAML files an office can
// read, edit and keep under version control.
//
// It knows no posts and decides nothing: [Load] reads the files, checks
// everything that can be checked without the running system and hands out a
// [huiying.County]. Every file and every word in it is explained in
// docs/rules.md. Start reading at [Load].
package county

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"huiying"
)

// The files of a county folder, in the order they are read.
const (
	countyFile     = "county.yaml"
	divisionsFile  = "divisions.yaml"
	unitsFile      = "units.yaml"
	lexiconFile    = "lexicon.yaml"
	clocksFile     = "clocks.yaml"
	escalationFile = "escalation.yaml"
	levelsFile     = "levels.yaml"
	openingFile    = "opening.yaml"
	calendarFile   = "calendar.yaml"
	sourcesFile    = "sources.yaml"
	repliesFile    = "replies.yaml"
	profilesFile   = "profiles.yaml"
	appraisalFile  = "appraisal.yaml"
	reportsFile    = "reports.yaml"
)

// Files lists the files of a county folder.
var Files = []string{
	countyFile, divisionsFile, unitsFile, lexiconFile, clocksFile,
	escalationFile, levelsFile, openingFile, calendarFile, sourcesFile, repliesFile, profilesFile, appraisalFile, reportsFile,
}

//go:embed 141122/*.yaml 141122/policies/*.yaml 141122/templates/*.docx
var embedded embed.FS

// Embedded returns the files the program has for a county: the model county's as
// they are kept, any other's as [draft] makes them from the table of divisions.
func Embedded(region huiying.Region) (fs.FS, error) {
	if region == model {
		return fs.Sub(embedded, string(region))
	}
	if aboveCounty(region) {
		return draftAbove(region)
	}
	if len(region) != codeLength["county"] {
		_, err := Seek(string(region))
		return nil, cmp.Or(err, error(huiying.Invalid("region", "%q 不是县级行政区划代码（6 位）", region)))
	}
	return draft(region)
}

// WriteTo writes the files of a county ([Embedded]) into dir, making it when it is
// missing. It overwrites nothing: when one of the files is there already, none
// is written.
func WriteTo(region huiying.Region, dir string) error {
	files, err := Embedded(region)
	if err != nil {
		return err
	}
	if err := writeAll(files, dir, slices.Concat(Files, policyFiles(files), templateFiles(files))); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(dir, policyFolder), 0o755) // where the office writes its own
}

// writeAll writes files into a folder, all of them or, when one is there, none.
func writeAll(files fs.FS, dir string, names []string) error {
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return huiying.Errorf(huiying.CodeConflict, "%s 已存在，不会覆盖；请换一个空目录", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look at %s: %w", path, err)
		}
	}
	for _, name := range names {
		if err := writeNew(files, name, dir); err != nil {
			return err
		}
	}
	return nil
}

func writeNew(files fs.FS, name, dir string) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read built-in %s: %w", name, err)
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the county folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
