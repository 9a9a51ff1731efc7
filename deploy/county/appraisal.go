package county

import (
	"io/fs"

	"huiying"
)

func (l *loader) loadAppraisal() {
	var f huiying.AppraisalRules
	d := l.open(appraisalFile, &f)
	l.county.Rules.Appraisal = f
	d.need("version", f.Version)
	d.need("author", f.Author)
	if f.MinSample < 1 {
		d.blame("min_sample", "min_sample 应至少为 1，收到 %d", f.MinSample)
	}
	if len(f.Rules) == 0 {
		d.blame("rules", "没有写任何考核规则")
	}
	lines := make(map[huiying.Merit]int)
	for i, r := range f.Rules {
		at := index("rules", i)
		d.need(at+".name", r.Name)
		d.need(at+".rule", r.Rule)
		if r.Merit.Label() == "" {
			d.blame(at+".merit", "没有 %q 这种考核内容，可用：acknowledge、feedback、respond、fixed、complete", r.Merit)
		} else if before, twice := lines[r.Merit]; twice {
			d.blame(at+".merit", "%s 重复，第 %d 行已有", r.Merit, before)
		}
		lines[r.Merit] = d.line(at + ".merit")
		if r.Points <= 0 {
			d.blame(at+".points", "分值应大于 0，收到 %v", r.Points)
		}
	}
}

// Appraisal reads and checks appraisal rules that are not in a county folder
// yet, to try them. The error is of type [Problems].
func Appraisal(raw []byte) (huiying.AppraisalRules, error) {
	l := &loader{fsys: oneFile(raw)}
	l.loadAppraisal()
	if len(l.problems) > 0 {
		l.problems.sort()
		return huiying.AppraisalRules{}, l.problems
	}
	return l.county.Rules.Appraisal, nil
}

// oneFile is a folder that holds the same text under every name.
type oneFile []byte

func (oneFile) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (f oneFile) ReadFile(string) ([]byte, error) { return f, nil }
