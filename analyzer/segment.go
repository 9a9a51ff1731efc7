package analyzer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yanyiwu/gojieba"

	"huiying"
)

// longest is how many bytes of a text are looked at: longer letters repeat
// themselves, and time must stay bounded.
const longest = 32 << 10

// word is a segment with where it stands.
type word struct {
	text, pos  string
	start, end int // rune offsets
}

// cut cuts a text once; every feature reads the result. Parts of speech cost as
// much again and few texts need them: see [reading.tag].
func (a *Analyzer) cut(text string) []word {
	tokens := a.jieba.Tokenize(text, gojieba.DefaultMode, true)
	words := make([]word, len(tokens))
	at := 0
	for i, t := range tokens {
		words[i] = word{text: t.Str, start: at, end: at + utf8.RuneCountInString(t.Str)}
		at = words[i].end
	}
	return words
}

// tag gives the words their parts of speech.
func (r *reading) tag() {
	if r.tagged {
		return
	}
	r.tagged = true
	for i, w := range r.analyzer.segment(r.text) {
		if i < len(r.words) && r.words[i].start == w.start {
			r.words[i].pos = w.pos
		}
	}
}

// segment cuts a text into words with their parts of speech; the words are those
// of [Analyzer.cut].
func (a *Analyzer) segment(text string) []word {
	tags := a.jieba.Tag(text)
	words := make([]word, 0, len(tags))
	at := 0
	for _, t := range tags {
		i := strings.LastIndexByte(t, '/')
		if i <= 0 {
			continue
		}
		w := word{text: t[:i], pos: t[i+1:], start: at}
		at += utf8.RuneCountInString(w.text)
		w.end = at
		words = append(words, w)
	}
	return words
}

// Segment cuts a text into words with their parts of speech.
func (a *Analyzer) Segment(text string) []huiying.Segment {
	words := a.segment(bounded(text))
	out := make([]huiying.Segment, len(words))
	for i, w := range words {
		out[i] = huiying.Segment{W: w.text, POS: w.pos}
	}
	return out
}

// Token is a term for full-text search and the bytes of the text it came from.
type Token struct {
	Term       string
	Start, End int // byte offsets
}

// Tokens cuts a text for full-text search: lower-cased words without
// punctuation, long words also as the words inside them.
func (a *Analyzer) Tokens(text string) []Token {
	clean := huiying.CleanText(text) // stored text is clean already; a query may not be
	words := a.jieba.Tokenize(clean, gojieba.SearchMode, true)
	out := make([]Token, 0, len(words))
	for _, w := range words {
		term := strings.ToLower(strings.TrimFunc(w.Str, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
		if term != "" {
			out = append(out, Token{Term: term, Start: min(w.Start, len(text)), End: min(w.End, len(text))})
		}
	}
	return out
}

// Terms are the terms of [Analyzer.Tokens].
func (a *Analyzer) Terms(text string) []string {
	tokens := a.Tokens(text)
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = t.Term
	}
	return out
}

// bounded cuts a text at a rune boundary so that its length is at most longest.
func bounded(text string) string {
	text = huiying.CleanText(text)
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
