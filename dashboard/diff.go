package dashboard

import (
	"slices"
	"strings"
)

// diffLine is a line of one text or the other; Old and New count from 1, 0 where
// the line is not.
type diffLine struct {
	Sign     string // "+", "-", "" for both
	Old, New int
	Text     string
}

// diffHunk is a run of changed lines with what stands around them.
type diffHunk []diffLine

// diffContext is how many unchanged lines stand around a change.
const diffContext = 3

// mostEdits bounds the work: texts that differ in more lines are shown as one
// replaced by the other.
const mostEdits = 2000

// diffText is what changed from one text to another, by lines; none when they are
// the same.
func diffText(before, after string) []diffHunk {
	return hunksOf(diffLines(linesOf(before), linesOf(after)))
}

func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// diffLines finds the shortest way from a to b (Myers, An O(ND) Difference
// Algorithm, 1986).
func diffLines(a, b []string) []diffLine {
	n, m := len(a), len(b)
	most := min(n+m, mostEdits)
	reach := make([]int, 2*most+3) // by diagonal: how far in a
	mid := most + 1
	var ways [][]int
	for d := 0; d <= most; d++ {
		ways = append(ways, slices.Clone(reach))
		for k := -d; k <= d; k += 2 {
			x := reach[mid+k-1] + 1
			if k == -d || k != d && reach[mid+k-1] < reach[mid+k+1] {
				x = reach[mid+k+1]
			}
			for x < n && x-k < m && a[x] == b[x-k] {
				x++
			}
			if reach[mid+k] = x; x >= n && x-k >= m {
				return wayBack(a, b, ways, mid)
			}
		}
	}
	var out []diffLine
	for i, s := range a {
		out = append(out, diffLine{"-", i + 1, 0, s})
	}
	for i, s := range b {
		out = append(out, diffLine{"+", 0, i + 1, s})
	}
	return out
}

func wayBack(a, b []string, ways [][]int, mid int) []diffLine {
	var out []diffLine
	x, y := len(a), len(b)
	for d := len(ways) - 1; d >= 0; d-- {
		reach, k := ways[d], x-y
		down := k == -d || k != d && reach[mid+k-1] < reach[mid+k+1]
		before := k - 1
		if down {
			before = k + 1
		}
		fromX := reach[mid+before]
		fromY := fromX - before
		for x > 0 && y > 0 && (d == 0 || x > fromX && y > fromY) {
			out = append(out, diffLine{"", x, y, a[x-1]})
			x, y = x-1, y-1
		}
		if d == 0 {
			break
		}
		if down {
			out = append(out, diffLine{"+", 0, y, b[y-1]})
		} else {
			out = append(out, diffLine{"-", x, 0, a[x-1]})
		}
		x, y = fromX, fromY
	}
	slices.Reverse(out)
	return out
}

// hunksOf keeps the changes and what stands around them.
func hunksOf(lines []diffLine) []diffHunk {
	var out []diffHunk
	from, last := -1, -1 // of the present hunk; the latest change
	for i, l := range lines {
		if l.Sign == "" {
			continue
		}
		if from >= 0 && i-last > 2*diffContext {
			out = append(out, diffHunk(lines[from:min(last+diffContext+1, len(lines))]))
			from = -1
		}
		if from < 0 {
			from = max(0, i-diffContext)
		}
		last = i
	}
	if from >= 0 {
		out = append(out, diffHunk(lines[from:min(last+diffContext+1, len(lines))]))
	}
	return out
}
