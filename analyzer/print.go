package analyzer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"huiying"
)

// A fingerprint is 64 one-bit minimum hashes (Li and König 2010) of the text's
// letter pairs. Of two copies, a bit differs with half the share of pairs they do
// not have in common: on edited copies of letters and microblogs these are
// fewer bits than of a simhash of the same pairs, and other texts differ in 32
// just the same (docs/evaluation.md).
const (
	printed      = 1200 // letters looked at: copies keep the beginning
	pointsAPair  = 4    // hashes of a pair, so that thirty letters fill 64 places
	farther      = 100  // letters after which a pair counts 1/e: copies lose the tail
	longestName  = 20   // letters of an @name
	longestSmile = 6    // letters of a [smiley]
)

// fingerprint tells copies of a text, also edited ones, from other texts by few
// differing bits. What reposts add (@names, addresses, smileys, 转发微博) does
// not count, nor do punctuation and case. It is 0 for a text without letters.
func fingerprint(r *reading) huiying.Fingerprint {
	var m minima
	for i := range m.least {
		m.least[i] = ^uint64(0)
	}
	text := r.post.Text
	far := uint64(1 << 16) // 2¹⁶ times what a pair here must be smaller than one at the beginning
	var last rune
	for i, n := 0, 0; i < len(text) && n < printed; {
		c, size := rune(text[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(text[i:])
		} else if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if skip := added(text[i:], c); skip > 0 {
			i, last = i+skip, 0
			continue
		}
		i += size
		if !isLetter(c) {
			continue
		}
		if last != 0 {
			m.add(uint64(last)<<32|uint64(c), far)
		}
		last = c
		far += far / farther
		n++
	}
	return m.print()
}

func isLetter(c rune) bool {
	return isWordLetter(c) || unicode.IsDigit(c)
}

// added is the length of what a repost adds at the beginning of s, 0 for none.
func added(s string, first rune) int {
	switch first {
	case '@':
		n := 0
		for i, c := range s[1:] {
			if n++; n > longestName || c != '_' && c != '-' && !isLetter(c) {
				return 1 + i
			}
		}
		return len(s)
	case '[':
		n := 0
		for i, c := range s {
			if c == ']' {
				return i + 1
			}
			if n++; n > longestSmile {
				break
			}
		}
	case 'h':
		if strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
			if i := strings.IndexFunc(s, func(c rune) bool { return c <= ' ' || c >= utf8.RuneSelf }); i > 0 {
				return i
			}
			return len(s)
		}
	case '转':
		for _, w := range []string{"转发微博", "转发"} {
			if strings.HasPrefix(s, w) {
				return len(w)
			}
		}
	}
	return 0
}

// minima are the least points in each of 64 places, and whose they are.
type minima struct {
	least [64]uint64
	point [64]uint32
}

// add throws a pair's points; far makes those of distant pairs larger.
func (m *minima) add(pair, far uint64) {
	h := pair * 0x9E3779B97F4A7C15
	h ^= h >> 32
	for range pointsAPair / 2 {
		h *= 0xD6E8FEB86659FD93
		x := h ^ h>>29
		m.throw(uint32(x), far)
		m.throw(uint32(x>>32), far)
		h += 0x9E3779B97F4A7C15
	}
}

func (m *minima) throw(x uint32, far uint64) {
	place := x >> 26
	if v := uint64(x&(1<<26-1)) * far; v < m.least[place] {
		m.least[place], m.point[place] = v, x
	}
}

// print takes one bit of the point in each place. A place without any, in a
// short text, borrows from the next.
func (m *minima) print() huiying.Fingerprint {
	var out uint64
	for i := range m.point {
		k := i
		for m.least[k&63] == ^uint64(0) {
			if k++; k-i == 64 {
				return 0
			}
		}
		h := (uint64(m.point[k&63]) + uint64(k-i)<<32) * 0xD6E8FEB86659FD93
		out |= h >> 63 << i
	}
	return huiying.Fingerprint(out)
}
