package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
	"huiying/deploy/county"
)

// rulebook keeps the rule files of the county folder: the folder is the truth,
// history.jsonl beside it remembers every edition with author and reason.
type rulebook struct {
	dir  string // "": the county built into the program, which nobody edits
	s    *system
	live atomic.Pointer[huiying.Rules]

	mu   sync.Mutex // one change at a time
	seen string     // hash of the files last read
}

// historyFile has a line an edition, with the whole text.
const historyFile = "history.jsonl"

// ruleFiles are those a page may change, the policies besides.
var ruleFiles = []ruleFile{
	{"levels.yaml", "定级规则", false},
	{"opening.yaml", "立单规则", false},
	{"clocks.yaml", "时限", false},
	{"escalation.yaml", "升级催办", false},
	{"calendar.yaml", "节假日与调休", false},
	{"replies.yaml", "回应模板", false},
	{"appraisal.yaml", "考核规则", false},
	{"units.yaml", "机构与人员", true},
	{"lexicon.yaml", "词库", true},
}

// ruleFile is a file of the county folder; one that is read at start only is
// in force after the next start.
type ruleFile struct {
	name, label string
	atStart     bool
}

var policyTitle = regexp.MustCompile(`(?m)^title: *(.+)$`)

func newRulebook(s *system) *rulebook {
	b := &rulebook{dir: s.cfg.County, s: s}
	b.live.Store(&s.county.Rules)
	b.seen, _ = b.hash() // read a moment ago; what cannot be read now is told by follow
	return b
}

func (b *rulebook) files() (fs.FS, error) {
	if b.dir == "" {
		return county.Embedded(b.s.cfg.Region)
	}
	return os.DirFS(b.dir), nil
}

// Editable reports whether there is a folder to write to.
func (b *rulebook) Editable() bool { return b.dir != "" }

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
		all = append(all, ruleFile{name, "", true})
	}
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
		out[i] = huiying.RuleFile{Name: f.name, Label: f.label, Text: string(raw), Hash: textHash(string(raw)), AtStart: f.atStart}
	}
	return out, nil
}

// Check reads the county as it would be with another text of one file. Without
// problems the text may be saved.
func (b *rulebook) Check(file, text string) ([]huiying.RuleProblem, error) {
	_, problems, err := b.with(file, text)
	return problems, err
}

// with are the rules with another text of one file.
func (b *rulebook) with(file, text string) (*huiying.Rules, []huiying.RuleProblem, error) {
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
	return &data.Rules, nil, nil
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
		return huiying.Errorf(huiying.CodeForbidden, "现在用的是内置的样例县，不能改动。请先用 huiying init 生成县域目录，并在 huiying.yaml 的 county 写上它")
	}
	if strings.TrimSpace(reason) == "" {
		return huiying.Invalid("reason", "请写明为什么改：会记入历史和审计")
	}
	rules, problems, err := b.with(file, text)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return huiying.Invalid("text", "%s 第 %d 行：%s", problems[0].File, problems[0].Line, problems[0].Message)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	raw, err := os.ReadFile(filepath.Join(b.dir, file))
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
	if err := appendLines(filepath.Join(b.dir, historyFile), lines); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(b.dir, file)), 0o755); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(b.dir, file), text); err != nil {
		return err
	}
	if err := b.s.ledger.Record(ctx, huiying.Audit{
		At: at, Region: b.s.cfg.Region, Who: by.User, Role: by.Role, Action: "rules.save", Object: file, Detail: reason + "（" + textHash(text) + "）",
	}); err != nil {
		return err
	}
	b.seen, _ = b.hash()
	return b.use(rules)
}

func (b *rulebook) use(rules *huiying.Rules) error {
	if err := b.s.engine.Use(rules); err != nil {
		return err
	}
	b.live.Store(rules)
	b.s.log.Info("rules in force", "version", rules.Version)
	return nil
}

// Editions lists the saved editions of a file, the latest first.
func (b *rulebook) Editions(file string) ([]huiying.RuleEdition, error) {
	f, err := os.Open(filepath.Join(b.dir, historyFile))
	if b.dir == "" || errors.Is(err, fs.ErrNotExist) {
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

// follow puts rules in force that another process, or somebody at the machine,
// wrote into the folder.
func (b *rulebook) follow(ctx context.Context) error {
	if b.dir == "" {
		return nil
	}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := b.reread(); err != nil {
			b.s.log.Error("the rule files are not in order; the former rules stay in force", "err", err)
		}
	}
}

func (b *rulebook) reread() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	hash, err := b.hash()
	if err != nil || hash == b.seen {
		return err
	}
	b.seen = hash // said once, until it changes again
	data, err := county.Load(os.DirFS(b.dir))
	if err != nil {
		return err
	}
	return b.use(&data.Rules)
}

func (b *rulebook) hash() (string, error) {
	files, err := b.Files()
	if err != nil {
		return "", err
	}
	all := ""
	for _, f := range files {
		if !f.AtStart {
			all += f.Hash
		}
	}
	return all, nil
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

// mostTried bounds a trial; the latest events are looked at.
const mostTried = 5000

// trialRows is how many events of a trial are named.
const trialRows = 100

// Try compares what the rules in force and those with another text make of the
// events since from, each as it stood at its latest post.
func (b *rulebook) Try(ctx context.Context, file, text string, from time.Time) (huiying.RuleTrial, []huiying.RuleProblem, error) {
	out := huiying.RuleTrial{From: from}
	rules, problems, err := b.with(file, text)
	if err != nil || len(problems) > 0 {
		return out, problems, err
	}
	before, err := alerting.NewCourt(b.live.Load(), b.s.units)
	if err != nil {
		return out, nil, err
	}
	after, err := alerting.NewCourt(rules, b.s.units)
	if err != nil {
		return out, nil, err
	}
	base := b.s.baseline()(ctx)
	q := huiying.EventQuery{Region: b.s.cfg.Region, From: from, Limit: huiying.MaxLimit}
	for out.Events < mostTried {
		page, err := b.s.ledger.Events(ctx, q)
		if err != nil {
			return out, nil, fmt.Errorf("read events to try rules on: %w", err)
		}
		for _, e := range page.Items {
			out.Events++
			was, did := before.Judge(e, base)
			is, does := after.Judge(e, base)
			if was.Level == is.Level && did == does {
				continue
			}
			count(&out, was.Level != is.Level, did, does)
			if len(out.Rows) < trialRows {
				out.Rows = append(out.Rows, huiying.RuleTrialRow{
					Event: e.ID, Title: e.Title, At: e.LastAt, Level: was.Level, Judged: is.Level, Before: did, After: does, Reasons: is.Reasons,
				})
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return out, nil, nil
}

func count(t *huiying.RuleTrial, level bool, before, after string) {
	const ignore, assign = "ignore", "assign"
	if level {
		t.Levels++
	}
	switch {
	case before == ignore && after != ignore:
		t.Opened++
	case before != ignore && after == ignore:
		t.Spared++
	}
	switch {
	case before != assign && after == assign:
		t.Sent++
	case before == assign && after != assign:
		t.Unsent++
	}
}
