package collector

import (
	"bytes"
	"errors"
	"math"
	"regexp"
	"slices"
	"unicode/utf8"
)

// mostListed bounds what one list may tell at once, whatever its kind: more is no
// list of news, and each item takes a kilobyte or two.
const mostListed = 20_000

// outline goes over XML once, without parsing it, and tells how deep its elements
// nest and how many are items or entries. It never tells less than encoding/xml
// finds in the same text when it is lenient: what hides an end from that (a
// comment, a quoted value, a declaration) hides it here, and a declaration inside
// an element, which no feed has, counts as endless depth.
func outline(text []byte) (deepest, items int) {
	depth := 0
	for {
		i := bytes.IndexByte(text, '<')
		if i < 0 || i+1 == len(text) {
			return deepest, items
		}
		text = text[i:]
		switch {
		case bytes.HasPrefix(text, []byte("<!--")):
			text = after(text[4:], "-->")
		case bytes.HasPrefix(text, []byte("<![CDATA[")):
			text = after(text[9:], "]]>")
		case text[1] == '?':
			text = after(text[2:], "?>")
		case text[1] == '!':
			if depth > 0 {
				return math.MaxInt, items
			}
			text = declaration(text[2:])
		case text[1] == '/':
			depth = max(0, depth-1)
			text = text[2:]
		default:
			name := text[1:]
			var closed bool
			closed, text = tag(text)
			if begins(name, "item") || begins(name, "entry") {
				items++
			}
			if depth++; depth > deepest {
				deepest = depth
			}
			if closed {
				depth--
			}
		}
	}
}

// declaration steps over the rest of <!DOCTYPE a [<!ENTITY b "c">]> as encoding/xml
// does: its first letter may be any, quotes and nesting count.
func declaration(text []byte) (rest []byte) {
	quote, depth := byte(0), 0
	for i := 1; i < len(text); i++ {
		switch b := text[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '>' && depth == 0:
			return text[i+1:]
		case b == '"' || b == '\'':
			quote = b
		case b == '>':
			depth--
		case b == '<' && bytes.HasPrefix(text[i+1:], []byte("!--")):
			text, i = after(text[i+4:], "-->"), -1
		case b == '<':
			depth++
		}
	}
	return nil
}

// What a feed or sitemap may declare before its first element ends at "]>".
var (
	declarations = regexp.MustCompile(`(?i)^\s*(?:<\?[^>]*>\s*|<!--[^>]*-->\s*)*<!DOCTYPE[^>\[]*\[`)
	trickEntity  = regexp.MustCompile(`(?i)<!ENTITY\s(?:[^>]*\s(?:SYSTEM|PUBLIC)\s|[^>"']*["'][^>"']*&[^#])`)
)

// tricky reports whether XML declares entities made of other entities, or of other
// files. We unfold neither, but whoever sends them means no good.
func tricky(text []byte) bool {
	const head = 64 << 10
	text = text[:min(len(text), head)]
	loc := declarations.FindIndex(text)
	if loc == nil {
		return false
	}
	inside, _, _ := bytes.Cut(text[loc[1]:], []byte("]>"))
	return trickEntity.Match(inside)
}

var errTricky = errors.New("里面的实体套着实体或指向别的文件，像是攻击，没有读")

// tag steps over <name a="b"> and reports whether it closes itself. A > inside
// quotes does not end it.
func tag(text []byte) (closed bool, rest []byte) {
	var quote byte
	for i, b := range text {
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '>':
			return text[i-1] == '/', text[i+1:]
		}
	}
	return false, nil
}

// withoutControls leaves out the control characters XML does not allow.
func withoutControls(text []byte) []byte {
	if !slices.ContainsFunc(text, func(b byte) bool { return b < ' ' && b != '\t' && b != '\n' && b != '\r' }) && utf8.Valid(text) {
		return text
	}
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, text)
}

// begins reports whether an element's name, without its prefix, is word.
func begins(name []byte, word string) bool {
	end := bytes.IndexAny(name, " \t\r\n/>")
	if end < 0 {
		return false
	}
	name = name[:end]
	return string(name[bytes.LastIndexByte(name, ':')+1:]) == word
}

func after(text []byte, end string) []byte {
	if i := bytes.Index(text, []byte(end)); i >= 0 {
		return text[i+len(end):]
	}
	return nil
}
