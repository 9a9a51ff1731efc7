package analyzer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// hiddenMarkov cuts what no dictionary knows, names above all: each character
// begins a word, is in its middle, ends it or is one, and the likeliest sequence
// wins (Viterbi, 1967). The figures are jieba's.
type hiddenMarkov struct {
	start [positions]float64
	next  [positions][positions]float64
	row   []uint16 // by rune below 1<<16; row 0 is that of all others
	emits [][positions]float64
}

// Where a character stands in its word. Those at which a word ends are odd.
const (
	wordBegins = iota
	wordEnds
	wordGoesOn
	wordAlone
	positions
)

// never is jieba's logarithm of 0.
const never = -3.14e100

func newHiddenMarkov() (*hiddenMarkov, error) {
	raw, err := readZstd(dictionaries, "dict/hmm_model.utf8.zst")
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1+2*positions {
		return nil, fmt.Errorf("hidden Markov model: %d lines", len(lines))
	}
	h := &hiddenMarkov{row: make([]uint16, 1<<16), emits: [][positions]float64{{never, never, never, never}}}
	for i, row := range append([]*[positions]float64{&h.start}, &h.next[0], &h.next[1], &h.next[2], &h.next[3]) {
		for k, s := range strings.Fields(lines[i]) {
			if row[k%positions], err = strconv.ParseFloat(s, 64); err != nil {
				return nil, fmt.Errorf("hidden Markov model: %w", err)
			}
		}
	}
	for position, line := range lines[1+positions:] {
		for item := range strings.SplitSeq(line, ",") {
			text, s, _ := strings.Cut(item, ":")
			r, _ := utf8.DecodeRuneInString(text)
			p, err := strconv.ParseFloat(s, 64)
			if err != nil || int(r) >= len(h.row) {
				return nil, fmt.Errorf("hidden Markov model: %q of %q", s, text)
			}
			if h.row[r] == 0 {
				h.row[r] = uint16(len(h.emits))
				h.emits = append(h.emits, h.emits[0])
			}
			h.emits[h.row[r]][position] = p
		}
	}
	return h, nil
}

func (h *hiddenMarkov) emit(r rune) *[positions]float64 {
	if int(r) < len(h.row) {
		return &h.emits[h.row[r]]
	}
	return &h.emits[0]
}

// last marks the runes that end a word. back is a scratch.
func (h *hiddenMarkov) last(runes []rune, back [][positions]uint8, last []bool) {
	p := h.start
	for y, e := range h.emit(runes[0]) {
		p[y] += e
	}
	for x := 1; x < len(runes); x++ {
		e := h.emit(runes[x])
		var now [positions]float64
		for y := range now {
			now[y], back[x][y] = never, wordEnds
			for before := range p {
				if v := p[before] + h.next[before][y] + e[y]; v > now[y] {
					now[y], back[x][y] = v, uint8(before)
				}
			}
		}
		p = now
	}
	at := uint8(wordEnds)
	if p[wordEnds] < p[wordAlone] {
		at = wordAlone
	}
	for x := len(runes) - 1; x >= 0; x-- {
		last[x] = at%2 == 1
		at = back[x][at]
	}
}
