package analyzer

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// voice is what the writer of a post says himself: without the names, topics and
// links in it, and without others' words that he passes on (//@name:…).
type voice struct {
	text  string // of the post
	runes []rune
	at    []int32 // byte offset of each in the text
	rest  int     // byte offset where others' words begin
	whole bool    // they are all there is
}

var voicePool = sync.Pool{New: func() any { return new(voice) }}

const (
	longestTopic  = 40 // runes between two #
	longestHandle = 24 // runes after an @
)

// listen takes the writer's words from a text, of which the runes are read.
func (v *voice) listen(text string, runes []rune) {
	v.runes, v.at, v.text, v.rest = v.runes[:0], v.at[:0], text, len(text)
	if i := strings.Index(text, "//@"); i > 0 {
		v.rest = i
	} else if i := strings.Index(text, "//"); i > 0 && text[i-1] != ':' {
		v.rest = i
	}
	v.whole = v.rest == len(text)
	at := 0
	keep := func(c rune) { v.runes, v.at = append(v.runes, c), append(v.at, int32(at)) }
	pause := func() { keep(' '); v.whole = false }
	for i := 0; i < len(runes) && at < v.rest; {
		n := 1
		switch c := runes[i]; {
		case c == '#':
			n = 1 + until(runes[i+1:], longestTopic, "#")
			if n < len(runes)-i && runes[i+n] == '#' {
				n++
			} else {
				n = 1
			}
			pause()
		case c == '@':
			n = 1 + until(runes[i+1:], longestHandle, ":： ,，\n#")
			pause()
		case c == 'h' && strings.HasPrefix(text[at:], "http"):
			for n < len(runes)-i && ' ' < runes[i+n] && runes[i+n] < 128 {
				n++
			}
			pause()
		default:
			keep(c)
		}
		for _, c := range runes[i : i+n] {
			at += utf8.RuneLen(c)
		}
		i += n
	}
}

// until is how many runes come before one of the ends, at most most.
func until(runes []rune, most int, ends string) int {
	for i, c := range runes[:min(len(runes), most)] {
		if strings.ContainsRune(ends, c) {
			return i
		}
	}
	return min(len(runes), most)
}
