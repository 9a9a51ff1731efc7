package huiying

import "strings"

// near are words of which a match needs one of each row: looking for them is
// much faster than the pattern.
type near [][]string

// A nearWord is a word and the row, of all redactions', that it satisfies.
type nearWord struct {
	word string
	row  uint64
}

// nearWords are the words of all rows by their first character: a text is read
// once for all of them. nearFirst tells quickly that a character begins none.
var (
	nearWords map[rune][]nearWord
	nearFirst [1 << 13]uint64 // a bit a character of the basic plane, in 64s
)

func init() {
	nearWords = make(map[rune][]nearWord)
	row := uint64(1)
	for i := range redactions {
		r := &redactions[i]
		for _, words := range r.near {
			if row == 0 {
				panic("more rows of near words than bits")
			}
			for _, w := range words {
				first := []rune(w)[0]
				nearWords[first] = append(nearWords[first], nearWord{w, row})
				nearFirst[first>>6] |= 1 << (first & 63)
			}
			r.need |= row
			row <<= 1
		}
	}
}

// nearIn reads the first sentence of s, its full stop included: the rows of which
// it holds a word, and its length.
func nearIn(s string) (rows uint64, length int) {
	for i, c := range s {
		switch c {
		case '\n':
			return rows, i + 1
		case '。', '！', '？':
			return rows, i + len("。")
		}
		if c>>6 >= rune(len(nearFirst)) || nearFirst[c>>6]&(1<<(c&63)) == 0 {
			continue
		}
		for _, w := range nearWords[c] {
			if rows&w.row == 0 && strings.HasPrefix(s[i:], w.word) {
				rows |= w.row
			}
		}
	}
	return rows, len(s)
}
