package analyzer

import (
	"math/bits"
	"strings"
	"unicode"
)

// The style of a text is what is not words: marks, numbers with their units,
// faces in brackets, repeated signs, links, its length and its first and last
// sign.

const (
	styleMark uint32 = iota + 1
	styleRepeat
	styleFace
	styleUnit
	styleFirst
	styleLast
	styleLength
	styleSteps
	styleOwn
	styleFact
)

// Facts of a style.
const (
	factNumber     rune = iota
	factLongNumber      // a telephone number, an account
	factRepeat
	factFace
	factLink
	factForwards     // passes on others' words
	factOnlyForwards // and says nothing himself
)

const longestFace = 8 // runes between [ and ]

// countStyle counts the signs of a text's style.
func countStyle(b *bag, runes []rune, v *voice) {
	add := func(kind uint32, signs ...rune) { b.add(hashStyle(kind, signs...)) }
	for i := 0; i < len(runes); {
		c, n := runes[i], 1
		switch {
		case '0' <= c && c <= '9':
			for i+n < len(runes) && '0' <= runes[i+n] && runes[i+n] <= '9' {
				n++
			}
			add(styleFact, factNumber)
			if n >= 7 {
				add(styleFact, factLongNumber)
			} else if i+n < len(runes) && !unicode.IsSpace(runes[i+n]) {
				add(styleUnit, runes[i+n])
			}
		case c == '[':
			if end := until(runes[i+1:], longestFace, "]"); end > 0 && i+1+end < len(runes) && runes[i+1+end] == ']' {
				add(styleFact, factFace)
				add(styleFace, runes[i+1:i+1+end]...)
			}
			add(styleMark, c)
		case c == 'h' && i+4 <= len(runes) && string(runes[i:i+4]) == "http":
			add(styleFact, factLink)
			for i+n < len(runes) && ' ' < runes[i+n] && runes[i+n] < 128 {
				n++
			}
		case c > ' ' && !isWordLetter(c):
			add(styleMark, c)
		}
		if n == 1 && c > ' ' {
			for i+n < len(runes) && runes[i+n] == c {
				n++
			}
			if n >= 3 {
				add(styleFact, factRepeat)
				add(styleRepeat, c)
			}
			if n < 3 {
				n = 1
			}
		}
		i += n
	}
	if len(runes) == 0 {
		return
	}
	add(styleFirst, runes[0])
	add(styleLast, runes[len(runes)-1])
	add(styleLength, rune(min(len(runes)/20, 10)))
	add(styleSteps, rune(bits.Len(uint(len(runes)))))
	if v.rest < len(v.text) {
		add(styleFact, factForwards)
		add(styleOwn, rune(bits.Len(uint(len(v.runes)))))
	} else if strings.HasPrefix(v.text, "//@") {
		add(styleFact, factOnlyForwards)
	}
}

func hashStyle(kind uint32, signs ...rune) uint32 {
	h := 0x165667b1 ^ kind*0x9e3779b9
	for _, c := range signs {
		h = hashRune(h, c)
	}
	return finish(h)
}
