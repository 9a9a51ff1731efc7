package huiying

import "strings"

// DiffKind says what became of a run of text.
type DiffKind string

// The kinds of a [DiffRun].
const (
	DiffSame    DiffKind = ""
	DiffRemoved DiffKind = "removed"
	DiffAdded   DiffKind = "added"
)

// DiffRun is a run of text that two versions share, or only one of them has.
type DiffRun struct {
	Kind DiffKind `json:"kind,omitempty"`
	Text string   `json:"text"`
}

// maxDiffCells bounds the table of a comparison: two texts of 2,000 clauses.
const maxDiffCells = 4 << 20

// Diff says how one text became another, clause by clause: the longest common
// subsequence of clauses is the same, the rest was removed or added. Of texts too
// long to compare, all between their common ends counts as changed.
func Diff(before, after string) []DiffRun {
	a, b := clauses(before), clauses(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var d diffRuns
	d.add(DiffSame, a[:head]...)
	d.between(a[head:len(a)-tail], b[head:len(b)-tail])
	d.add(DiffSame, a[len(a)-tail:]...)
	return d
}

type diffRuns []DiffRun

func (d *diffRuns) add(kind DiffKind, clauses ...string) {
	text := strings.Join(clauses, "")
	if text == "" {
		return
	}
	if n := len(*d); n > 0 && (*d)[n-1].Kind == kind {
		(*d)[n-1].Text += text
		return
	}
	*d = append(*d, DiffRun{kind, text})
}

func (d *diffRuns) between(a, b []string) {
	if len(a) == 0 || len(b) == 0 || len(a)*len(b) > maxDiffCells {
		d.add(DiffRemoved, a...)
		d.add(DiffAdded, b...)
		return
	}
	// longest[i][j] is the length of the longest common subsequence of a[i:] and b[j:]
	width := len(b) + 1
	longest := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			d.add(DiffSame, a[i])
			i, j = i+1, j+1
		case longest[(i+1)*width+j] >= longest[i*width+j+1]:
			d.add(DiffRemoved, a[i])
			i++
		default:
			d.add(DiffAdded, b[j])
			j++
		}
	}
	d.add(DiffRemoved, a[i:]...)
	d.add(DiffAdded, b[j:]...)
}

// clauses splits a text behind its punctuation and line ends, losing nothing.
func clauses(s string) []string {
	var out []string
	start := 0
	for i, r := range s {
		if strings.ContainsRune("，。！？；：、\n,!?;", r) {
			end := i + len(string(r))
			out = append(out, s[start:end])
			start = end
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}
