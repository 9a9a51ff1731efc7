package analyzer

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

//go:embed matters.txt
var matterWords []byte

// matter is what citizens write about, in their words: a kind of matter of a
// first-level class, and the bureaus that mostly deal with it.
type matter struct {
	class   string
	name    string
	bureaus []string // as letters are labelled, the likelier first; not units of a county
	words   []string
}

// parseMatters reads lines 类别/事项 部门…：词 词 …; # begins a comment.
func parseMatters(text []byte) ([]matter, error) {
	var out []matter
	sc := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		head, words, ok := strings.Cut(line, "：")
		what := strings.Fields(head)
		if !ok || len(what) == 0 {
			return nil, fmt.Errorf("matters.txt:%d: want 类别/事项 部门…：词 词 …", n)
		}
		class, name, ok := strings.Cut(what[0], "/")
		if !ok {
			return nil, fmt.Errorf("matters.txt:%d: %q names no matter", n, what[0])
		}
		out = append(out, matter{class, name, what[1:], strings.Fields(words)})
	}
	return out, sc.Err()
}

// madeLetters are letters made of the words of matters, so that a word is known
// before the first letter on it was labelled: every word three times, four words
// to a letter, labelled with the class or with the first bureau.
func madeLetters(all []matter, bureau bool, seed uint64) []labelled {
	const times, together = 3, 4
	r := rand.New(rand.NewPCG(seed, 5))
	var rows []labelled
	for i, m := range all {
		label := m.class
		if bureau {
			if len(m.bureaus) == 0 {
				continue
			}
			label = m.bureaus[0]
		}
		for range times {
			words := slices.Clone(m.words)
			r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
			for c := range slices.Chunk(words, together) {
				rows = append(rows, labelled{
					ID: "made-" + strconv.Itoa(i) + "-" + strconv.Itoa(len(rows)), Title: c[0], Text: strings.Join(c, "，"), Label: []byte(label),
				})
			}
		}
	}
	return rows
}
