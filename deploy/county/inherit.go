package county

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"

	"huiying"
)

// ownFiles are those a region has to have itself: who and where it is.
var ownFiles = []string{countyFile, divisionsFile, unitsFile, sourcesFile}

// Open is the folder of a region, and behind it the folder of the region above
// that its county.yaml names (inherits: ../1411), and so on: a rule file that a
// county does not have is the prefecture's, one that it has takes the place of
// the prefecture's. Policies and templates of all of them are there together.
// Units, places and sources are each region's own.
func Open(dir string) (fs.FS, error) {
	dirs, err := chain(dir)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 1 {
		return os.DirFS(dirs[0]), nil
	}
	layers := make(layered, len(dirs))
	for i, d := range dirs {
		layers[i] = os.DirFS(d)
	}
	return layers, nil
}

// Origins says of the files of a folder whose they are: the name of the region above
// that a file is inherited from, "" for one of the folder's own.
func Origins(dir string) (func(name string) string, error) {
	dirs, err := chain(dir)
	if err != nil {
		return nil, err
	}
	return func(name string) string {
		for i, d := range dirs {
			if _, err := os.Stat(filepath.Join(d, filepath.FromSlash(name))); err == nil {
				return map[bool]string{false: nameIn(d)}[i == 0]
			}
		}
		return ""
	}, nil
}

// nameIn is the name of the region a folder is of.
func nameIn(dir string) string {
	var f struct {
		Name string `yaml:"name"`
	}
	if raw, err := os.ReadFile(filepath.Join(dir, countyFile)); err == nil {
		_ = yaml.Unmarshal(raw, &f) // Load tells what is wrong with it
	}
	return cmp.Or(f.Name, filepath.Base(dir))
}

// chain is a folder and those it inherits, the nearest first.
func chain(dir string) (seen []string, err error) {
	for dir != "" {
		at, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		if slices.Contains(seen, at) {
			return nil, huiying.Invalid("inherits", "%s：%s 又承自它自己，请改 %s", seen[0], at, countyFile)
		}
		seen = append(seen, at)
		above, err := inherits(at)
		if err != nil {
			return nil, err
		}
		if dir = above; dir != "" && !filepath.IsAbs(dir) {
			dir = filepath.Join(at, dir)
		}
	}
	return seen, nil
}

func inherits(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, countyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // Load tells
	}
	if err != nil {
		return "", err
	}
	var f struct {
		Inherits string `yaml:"inherits"`
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return "", nil //nolint:nilerr // Load tells with line and caret
	}
	if f.Inherits == "" {
		return "", nil
	}
	above := f.Inherits
	if !filepath.IsAbs(above) {
		above = filepath.Join(dir, above)
	}
	if _, err := os.Stat(filepath.Join(above, countyFile)); err != nil {
		return "", huiying.Invalid("inherits", "%s：inherits 指的目录 %s 里没有 %s", filepath.Join(dir, countyFile), f.Inherits, countyFile)
	}
	return f.Inherits, nil
}

// inheritsLine is where county.yaml names the folder above.
var inheritsLine = regexp.MustCompile(`(?m)^inherits:.*\n`)

// Copy writes a folder, with all that it inherits, into a new one that inherits
// nothing.
func Copy(dir, to string) error {
	files, err := Open(dir)
	if err != nil {
		return err
	}
	if err := os.CopyFS(to, files); err != nil {
		return err
	}
	path := filepath.Join(to, countyFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, inheritsLine.ReplaceAll(text, nil), 0o600)
}

// layered is several folders seen as one: a file is that of the first folder that
// has it.
type layered []fs.FS

func (l layered) Open(name string) (fs.File, error) {
	layers := l
	if slices.Contains(ownFiles, name) {
		layers = l[:1]
	}
	for _, layer := range layers {
		f, err := layer.Open(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists what all the folders have of a directory.
func (l layered) ReadDir(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	found := false
	for i, layer := range l {
		entries, err := fs.ReadDir(layer, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", name, err)
		}
		found = true
		for _, e := range entries {
			same := func(other fs.DirEntry) bool { return other.Name() == e.Name() }
			if !slices.ContainsFunc(out, same) && (i == 0 || !slices.Contains(ownFiles, e.Name())) {
				out = append(out, e)
			}
		}
	}
	if !found {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return out, nil
}
