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
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// Embedded returns the files built into the program for a county. The error
// names the counties that are.
func Embedded(region huiying.Region) (fs.FS, error) {
	regions := Regions()
	if !slices.Contains(regions, region) {
		names := make([]string, len(regions))
		for i, r := range regions {
			names[i] = string(r)
		}
		return nil, huiying.Errorf(huiying.CodeNotFound,
			"没有内置 %q 的县域数据，可用：%s；其他县请以其中之一为底稿修改", region, strings.Join(names, "、"))
	}
	return fs.Sub(embedded, string(region))
}

// Regions lists the counties that are built in.
func Regions() []huiying.Region {
	entries, err := embedded.ReadDir(".")
	if err != nil {
		panic(err) // the root of an embedded tree can always be read
	}
	out := make([]huiying.Region, 0, len(entries))
	for _, e := range entries {
		out = append(out, huiying.Region(e.Name()))
	}
	return out
}

// WriteTo writes the built-in files of a county into dir, making it when it is
// missing. It overwrites nothing: when one of the files is there already, none
// is written.
func WriteTo(region huiying.Region, dir string) error {
	files, err := Embedded(region)
	if err != nil {
		return err
	}
	names := slices.Concat(Files, policyFiles(files), templateFiles(files))
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return huiying.Errorf(huiying.CodeConflict, "%s 已存在，不会覆盖；请换一个空目录", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look at %s: %w", path, err)
		}
	}
	for _, folder := range []string{policyFolder, templateFolder} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return fmt.Errorf("make the county folder: %w", err)
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
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
