package county

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying"
)

// loader reads one county folder and keeps what later files are checked against.
type loader struct {
	fsys     fs.FS
	problems Problems
	county   huiying.County
	version  string

	townships map[huiying.Region]bool // present ones
	places    map[huiying.Region]bool // present administrative divisions
	units     map[huiying.UnitID]bool
}

// Load reads a county's files and checks them. The error is of type [Problems]
// and lists everything that is wrong, each with file and line; the county is nil
// then. What only time makes wrong is told by [Outdated].
func Load(fsys fs.FS) (*huiying.County, error) {
	l := &loader{fsys: fsys}
	l.loadCounty()
	l.loadDivisions()
	l.loadUnits()
	l.loadLexicon()
	l.loadClocks()
	l.loadEscalation()
	l.loadLevels()
	l.loadOpening()
	l.loadCalendar()
	l.loadSources()
	l.loadReplies()
	l.loadProfiles()
	l.loadAppraisal()
	l.loadReports()
	l.loadPolicies()
	if len(l.problems) > 0 {
		l.problems.sort()
		return nil, l.problems
	}
	l.county.Rules.Version = l.version + "+" + l.fingerprint()
	return &l.county, nil
}

func (l *loader) open(name string, v any) *document { return open(l.fsys, name, &l.problems, v) }

// fingerprint tells two editions of the rule files apart even when nobody
// raised the version number.
func (l *loader) fingerprint() string {
	h := sha256.New()
	for _, name := range []string{clocksFile, escalationFile, levelsFile, openingFile, calendarFile} {
		raw, _ := fs.ReadFile(l.fsys, name) // it was read before without a problem
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

func (l *loader) loadCounty() {
	var f struct {
		Code       huiying.Region `yaml:"code"`
		Name       string         `yaml:"name"`
		Version    string         `yaml:"version"`
		Author     string         `yaml:"author"`
		Number     string         `yaml:"number"`
		Inherits   string         `yaml:"inherits"` // see Open
		Neighbours []string       `yaml:"neighbours"`
	}
	d := l.open(countyFile, &f)
	l.county.Region, l.county.Name, l.county.Neighbors, l.version = f.Code, f.Name, f.Neighbours, f.Version
	if _, err := huiying.ParseRegion(string(f.Code)); err != nil || len(f.Code) > 6 {
		d.blame("code", "code 应为省（2 位）、市（4 位）或县（6 位）行政区划代码，收到 %q", f.Code)
	}
	d.need("name", f.Name)
	d.need("version", f.Version)
	d.need("author", f.Author)
	if utf8.RuneCountInString(f.Number) > 10 {
		d.blame("number", "文号用字最多 10 个字，收到 %q", f.Number)
	}
	l.county.Rules.NumberWord = f.Number
	d.words("neighbours", f.Neighbours)
}

// need reports an empty value that must be there.
func (d *document) need(path, value string) {
	if strings.TrimSpace(value) == "" {
		d.blame(path, "缺少 %s", path[strings.LastIndexByte(path, '.')+1:])
	}
}

// words reports empty, one-character and repeated entries of a word list.
func (d *document) words(path string, words []string) {
	seen := make(map[string]int)
	for i, w := range words {
		at := index(path, i)
		switch before, twice := seen[w]; {
		case strings.TrimSpace(w) == "":
			d.blame(at, "有空的词，请删去")
		case utf8.RuneCountInString(w) < 2:
			d.blame(at, "%q 只有一个字，会到处误中，请写成词", w)
		case twice:
			d.blame(at, "%q 重复，第 %d 行已写过", w, before)
		default:
			seen[w] = d.line(at)
		}
	}
}

// id matches identifiers that go into addresses and accounts.
var id = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// oneOf reports a value that is not in a list of allowed ones.
func oneOf[T ~string](d *document, path string, value T, allowed []T) {
	if !slices.Contains(allowed, value) {
		d.blame(path, "%q 不在可用范围内：%s", value, join(allowed))
	}
}

func join[T ~string](values []T) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return strings.Join(out, "、")
}
