package analyzer

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

//go:embed incidents.txt
var incidents []byte

// perPattern is how many sentences are made of each pattern of incidents.txt.
const perPattern = 12

var slot = regexp.MustCompile(`\{(\w+)\}`)

// madeIncidents are sentences of emergencies and of what only sounds like one,
// made from the patterns of incidents.txt. They teach, they are never scored.
func madeIncidents(text []byte, seed uint64) ([]labelled, error) {
	var rows []labelled
	lists := make(map[string][]string)
	r := rand.New(rand.NewPCG(seed, 3))
	sc := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '$' {
			name, words, ok := strings.Cut(line[1:], "=")
			if !ok {
				return nil, fmt.Errorf("incidents.txt:%d: want $name = 词|词", n)
			}
			lists[strings.TrimSpace(name)] = strings.Split(strings.TrimSpace(words), "|")
			continue
		}
		label, pattern, ok := strings.Cut(line, " ")
		if !ok || label != "0" && label != "1" {
			return nil, fmt.Errorf("incidents.txt:%d: want 1 or 0 and a sentence", n)
		}
		slice := "made_event"
		if label == "0" {
			slice = "made_hardneg"
		}
		var missing string
		for i := range perPattern {
			said := pattern
			for strings.Contains(said, "{") && missing == "" {
				said = slot.ReplaceAllStringFunc(said, func(s string) string {
					words := lists[s[1:len(s)-1]]
					if len(words) == 0 {
						missing = s
						return s
					}
					return words[r.IntN(len(words))]
				})
			}
			if missing != "" {
				return nil, fmt.Errorf("incidents.txt:%d: no list %s", n, missing)
			}
			rows = append(rows, labelled{ID: "made-" + strconv.Itoa(n) + "-" + strconv.Itoa(i), Text: said, Label: []byte(label), Slice: slice})
		}
	}
	return rows, sc.Err()
}
