package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"huiying"
	"huiying/alerting"
	"huiying/analyzer"
	"huiying/deploy/county"
)

// rulebook keeps the county's data that pages and people change: the folder is
// the truth, what of it is in force is swapped as a whole, and history.jsonl
// remembers every edition with author and reason.
type rulebook struct {
	s      *system
	folder atomic.Pointer[string] // "": the county built into the program, which nobody edits
	live   atomic.Pointer[inForce]

	mu    sync.Mutex // one change at a time
	seen  map[string]string
	names sync.Map               // of regions further below, by code
	wrong atomic.Pointer[string] // why what stands in the folder is not in force; nil: it is
}

// inForce is what the running parts go by.
type inForce struct {
	county *huiying.County
	units  *huiying.Directory
	files  map[string]string    // hash of each
	since  map[string]time.Time // when the present text of each came into force
}

// ruleFiles are those a page may change, the policies besides.
var ruleFiles = []ruleFile{
	{"levels.yaml", "定级规则", true},
	{"opening.yaml", "立单规则", true},
	{"clocks.yaml", "时限", true},
	{"escalation.yaml", "升级催办", true},
	{"calendar.yaml", "节假日与调休", true},
	{"replies.yaml", "回应模板", true},
	{"appraisal.yaml", "考核规则", true},
	{"reports.yaml", "报告规则", true},
	{unitsFile, "机构与人员", false},
	{"lexicon.yaml", "词库", false},
}

const unitsFile = "units.yaml"

// ruleFile is a file of the county folder. One that is no rule tells the analyzer
// what to look for: it speaks of posts to come, and cannot be tried on events.
type ruleFile struct {
	name, label string
	rule        bool
}

var policyTitle = regexp.MustCompile(`(?m)^title: *(.+)$`)

func newRulebook(s *system, data *huiying.County) *rulebook {
	b := &rulebook{s: s}
	b.folder.Store(&s.cfg.County)
	b.seen, _ = b.hashes() // read a moment ago; what cannot be read now is told by follow
	b.live.Store(stateOf(data, b.seen, nil, s.speed.Now()))
	return b
}

func stateOf(data *huiying.County, files map[string]string, before *inForce, at time.Time) *inForce {
	f := &inForce{county: data, units: huiying.NewDirectory(data.Units), files: files, since: make(map[string]time.Time)}
	for name, hash := range files {
		f.since[name] = at
		if before != nil && before.files[name] == hash {
			f.since[name] = before.since[name]
		}
	}
	return f
}

func (b *rulebook) inForce() *inForce { return b.live.Load() }

// dir is the county folder, "" for the built-in county.
func (b *rulebook) dir() string { return *b.folder.Load() }

// County is the county as it is in force.
func (b *rulebook) County() *huiying.County { return b.inForce().county }

// Rules are those in force.
func (b *rulebook) Rules() *huiying.Rules { return &b.inForce().county.Rules }

// Policies are those a misreading is answered with.
func (b *rulebook) Policies() []huiying.Policy { return b.inForce().county.Policies }

// Below are the names of the regions one step below ours; a county has none.
func (b *rulebook) Below() map[huiying.Region]string {
	out := make(map[huiying.Region]string)
	c := b.inForce().county
	for _, d := range c.Divisions {
		if !d.Former && len(d.Code) <= 6 && len(d.Code) == len(c.Region)+2 {
			out[d.Code] = d.Name
		}
	}
	return out
}

// RegionName is the name of a region below ours, however far; "" for none.
func (b *rulebook) RegionName(code huiying.Region) string {
	if name, ok := b.Below()[code]; ok {
		return name
	}
	if known, ok := b.names.Load(code); ok {
		return known.(string)
	}
	name := county.NameOf(code)
	b.names.Store(code, name)
	return name
}

// Trouble says why what stands in the folder is not in force, "" when it is.
func (b *rulebook) Trouble() string {
	if p := b.wrong.Load(); p != nil {
		return *p
	}
	return ""
}

func (b *rulebook) files() (fs.FS, error) {
	if b.dir() == "" {
		return county.Embedded(b.s.cfg.Region)
	}
	return county.Open(b.dir())
}

// Editable reports whether there is a folder to write to.
func (b *rulebook) Editable() bool { return b.dir() != "" }

// Files are the rule files as they stand.
func (b *rulebook) Files() ([]huiying.RuleFile, error) {
	fsys, err := b.files()
	if err != nil {
		return nil, err
	}
	all := slices.Clone(ruleFiles)
	policies, err := fs.Glob(fsys, "policies/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range policies {
		all = append(all, ruleFile{name, "", false})
	}
	from := func(string) string { return "" }
	if b.dir() != "" {
		if from, err = county.Origins(b.dir()); err != nil {
			return nil, err
		}
	}
	live := b.inForce()
	out := make([]huiying.RuleFile, len(all))
	for i, f := range all {
		raw, err := fs.ReadFile(fsys, f.name)
		if err != nil {
			return nil, fmt.Errorf("read rule file: %w", err)
		}
		if f.label == "" {
			f.label = "政策：" + f.name
			if m := policyTitle.FindSubmatch(raw); m != nil {
				f.label = "政策：" + string(m[1])
			}
		}
		out[i] = huiying.RuleFile{Name: f.name, Label: f.label, Text: string(raw), Hash: textHash(string(raw)), Rule: f.rule, From: from(f.name)}
		if live != nil && live.files[f.name] == out[i].Hash {
			out[i].Since = live.since[f.name]
		}
	}
	return out, nil
}

// Check reads the county as it would be with another text of one file. Without
// problems the text may be saved.
func (b *rulebook) Check(file, text string) ([]huiying.RuleProblem, error) {
	_, problems, err := b.with(file, text)
	return problems, err
}

// with is the county with another text of one file.
func (b *rulebook) with(file, text string) (*huiying.County, []huiying.RuleProblem, error) {
	if !huiying.PolicyFile.MatchString(file) && !slices.ContainsFunc(ruleFiles, func(f ruleFile) bool { return f.name == file }) {
		return nil, nil, huiying.Errorf(huiying.CodeNotFound, "没有规则文件 %s", file)
	}
	base, err := b.files()
	if err != nil {
		return nil, nil, err
	}
	data, err := county.Load(overlay{base, file, text})
	var wrong county.Problems
	if errors.As(err, &wrong) {
		out := make([]huiying.RuleProblem, len(wrong))
		for i, p := range wrong {
			out[i] = huiying.RuleProblem(p)
		}
		return nil, out, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := alerting.NewJudge(&data.Rules); err != nil {
		return nil, []huiying.RuleProblem{judgeProblem(err)}, nil
	}
	return data, b.lost(data), nil
}

// lost are the units a text leaves out: cases of former years name them.
func (b *rulebook) lost(data *huiying.County) []huiying.RuleProblem {
	var out []huiying.RuleProblem
	kept := huiying.NewDirectory(data.Units)
	for _, u := range b.inForce().county.Units {
		if _, ok := kept.Unit(u.ID); !ok {
			out = append(out, huiying.RuleProblem{File: unitsFile, Message: fmt.Sprintf("少了单位 %s（%s）：单位从不删除，撤并请写上截止日期 to", u.Label(), u.ID)})
		}
	}
	return out
}

// UnitsText is the file of the units with these written into it.
func (b *rulebook) UnitsText(units []huiying.Unit) (file, text, was string, err error) {
	fsys, err := b.files()
	if err != nil {
		return "", "", "", err
	}
	raw, err := fs.ReadFile(fsys, unitsFile)
	if err != nil {
		return "", "", "", fmt.Errorf("read the units: %w", err)
	}
	out, err := county.WithUnits(raw, units)
	return unitsFile, string(out), textHash(string(raw)), err
}

// judgeProblem tells where a condition does not compile.
func judgeProblem(err error) huiying.RuleProblem {
	p := huiying.RuleProblem{Message: err.Error()}
	var e *huiying.Error
	if errors.As(err, &e) {
		p.Message = e.Message
		if e.Cause != nil {
			p.Message += "：" + e.Cause.Error()
		}
		file, line, _ := strings.Cut(e.Field, ":")
		p.File = file
		_, _ = fmt.Sscan(line, &p.Line) // no line: the file as a whole
	}
	return p
}

// overlay is a folder with another text of one file.
type overlay struct {
	fs.FS
	name, text string
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return []byte(o.text), nil
	}
	return fs.ReadFile(o.FS, name)
}

// Glob finds the file also when it is not there yet.
func (o overlay) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(o.FS, pattern)
	if err != nil || slices.Contains(names, o.name) {
		return names, err
	}
	if ok, err := path.Match(pattern, o.name); err != nil || !ok {
		return names, err
	}
	return append(names, o.name), nil
}

// Save puts a text in force: history first, then the file, then the running
// parts. A text that is not in order, or made from another than the present one
// (was), changes nothing.
func (b *rulebook) Save(ctx context.Context, by huiying.Person, file, text, was, reason string) error {
	if !b.Editable() {
		return huiying.Errorf(huiying.CodeForbidden, "现在用的是程序自带的县域数据，不能改动。请先由系统管理员在“开始使用”生成本县的县域目录")
	}
	if strings.TrimSpace(reason) == "" {
		return huiying.Invalid("reason", "请写明为什么改：会记入历史和审计")
	}
	data, problems, err := b.with(file, text)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return huiying.Invalid("text", "%s 第 %d 行：%s", problems[0].File, problems[0].Line, problems[0].Message)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	folder, err := b.files()
	if err != nil {
		return err
	}
	raw, err := fs.ReadFile(folder, file) // may be inherited until it is saved here
	now := textHash(string(raw))
	switch {
	case errors.Is(err, fs.ErrNotExist) && huiying.PolicyFile.MatchString(file):
		now = ""
	case err != nil:
		return fmt.Errorf("read %s: %w", file, err)
	}
	if now != was {
		return huiying.Errorf(huiying.CodeConflict, "这个文件刚刚被改过，请核对现在的内容后再保存")
	}
	change, err := b.prepare(data, changed(b.inForce().files, file, textHash(text)))
	if err != nil {
		return err
	}
	at := b.s.speed.Now()
	editions, err := b.Editions(file)
	if err != nil {
		return err
	}
	var lines []huiying.RuleEdition
	if now != "" && (len(editions) == 0 || editions[0].Hash != now) {
		lines = append(lines, edition(at, file, string(raw), huiying.Person{}, "保存前文件里的内容"))
	}
	lines = append(lines, edition(at.Add(time.Microsecond), file, text, by, reason))
	if err := appendLines(filepath.Join(b.dir(), historyFile), lines); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(b.dir(), file)), 0o755); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(b.dir(), file), text); err != nil {
		return err
	}
	if err := b.s.ledger.Record(ctx, huiying.Audit{
		At: at, Region: b.s.cfg.Region, Who: by.User, Role: by.Role, Action: "rules.save", Object: file, Detail: reason + "（" + textHash(text) + "）",
	}); err != nil {
		return err
	}
	b.seen, _ = b.hashes()
	return b.use(ctx, change)
}

func changed(files map[string]string, name, hash string) map[string]string {
	out := maps.Clone(files)
	out[name] = hash
	return out
}

// change is other data of the county, with what takes long to make of it made.
type change struct {
	*inForce
	analyzer *analyzer.Analyzer // nil: nothing it reads has changed
}

// prepare does all that can fail or takes long before anything is changed.
func (b *rulebook) prepare(data *huiying.County, files map[string]string) (change, error) {
	before := b.inForce()
	c := change{inForce: stateOf(data, files, before, b.s.speed.Now())}
	var err error
	if !maps.Equal(lore(files), lore(before.files)) {
		if c.analyzer, err = b.s.analyzer.Load().For(data); err != nil {
			err = fmt.Errorf("make an analyzer of the changed county: %w", err)
		}
	}
	return c, err
}

// lore are those of the files the analyzer reads.
func lore(files map[string]string) map[string]string {
	out := maps.Clone(files)
	for _, f := range ruleFiles {
		if f.rule {
			delete(out, f.name)
		}
	}
	return out
}

// use hands a change to the running parts. Each part swaps all it reads at once.
func (b *rulebook) use(ctx context.Context, c change) error {
	if err := b.s.ledger.SaveUnits(ctx, c.county.Units); err != nil {
		return err
	}
	if err := b.s.engine.Use(&c.county.Rules, c.units); err != nil {
		return err
	}
	if c.analyzer != nil {
		b.s.analyzer.Store(c.analyzer)
	}
	b.live.Store(c.inForce)
	b.wrong.Store(nil)
	b.s.log.Info("rules in force", "version", c.county.Rules.Version, "analyzer", c.analyzer != nil)
	return nil
}

// follow puts rules in force that another process, or somebody at the machine,
// wrote into the folder.
func (b *rulebook) follow(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := b.reread(ctx); err != nil && ctx.Err() == nil {
			text := err.Error()
			b.wrong.Store(&text)
			b.s.log.Error("the rule files are not in order; the former rules stay in force", "err", err)
		}
	}
}

func (b *rulebook) reread(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dir() == "" {
		return nil
	}
	files, err := b.hashes()
	if err != nil || maps.Equal(files, b.seen) {
		return err
	}
	b.seen = files // said once, until it changes again
	folder, err := b.files()
	if err != nil {
		return err
	}
	data, err := county.Load(folder)
	if err != nil {
		return err
	}
	c, err := b.prepare(data, files)
	if err != nil {
		return err
	}
	return b.use(ctx, c)
}

// hashes are those of the files as they stand.
func (b *rulebook) hashes() (map[string]string, error) {
	files, err := b.Files()
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(files))
	for _, f := range files {
		out[f.Name] = f.Hash
	}
	return out, nil
}
