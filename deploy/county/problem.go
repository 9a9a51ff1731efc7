package county

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"huiying"
)

// Problem is one thing wrong with a county's files. Line is 0 when it is about
// the file as a whole.
type Problem struct {
	File    string
	Line    int
	Message string // Chinese, says what to do
}

// String is "units.yaml:12: 编号 jkj 重复，第 3 行已用".
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Problems is everything wrong with a county's files, by file and line. As an
// error it is one line a problem.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes the code of the error [huiying.CodeInvalid].
func (p Problems) Unwrap() error { return huiying.ErrInvalid }

// sort puts the problems in the order of [Files], the policies last, then by line.
func (p Problems) sort() {
	place := func(file string) int {
		if i := slices.Index(Files, file); i >= 0 {
			return i
		}
		return len(Files)
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(place(a.File), place(b.File)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
