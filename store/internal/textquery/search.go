package textquery

import (
	"slices"
	"unicode/utf8"

	"huiying"
)

// Search is a query whose words are cut into the terms that documents are kept
// by: each choice of Must, and none of Not, must occur.
type Search struct {
	Must, Not []Choice
}

// Choice is met when all phrases of one of its elements occur.
type Choice [][]Phrase

// Phrase is terms side by side, at positions that follow each other.
type Phrase struct {
	Terms  []string
	Prefix bool // of one term: words that begin with it
}

// errNothingToFind tells a person that the query holds no word.
var errNothingToFind = huiying.Invalid("text", "没有可检索的字词，请输入汉字、字母或数字")

// Compile reads a query and cuts its words. Words without a term in them
// (punctuation) do not count; a query of nothing else is [huiying.ErrInvalid].
func Compile(text string, tokens func(string) []Token) (Search, error) {
	q, err := Parse(text)
	if err != nil {
		return Search{}, err
	}
	s := Search{Must: choices(q.Must, tokens), Not: choices(q.MustNot, tokens)}
	if len(s.Must) == 0 && len(s.Not) == 0 {
		return s, errNothingToFind
	}
	return s, nil
}

func choices(clauses []Clause, tokens func(string) []Token) []Choice {
	var out []Choice
	for _, c := range clauses {
		var either Choice
		for _, w := range c {
			if all := phrases(w, inOrder(tokens(w.Text))); len(all) > 0 {
				either = append(either, all)
			}
		}
		if len(either) > 0 {
			out = append(out, either)
		}
	}
	return out
}

// phrases finds one word of a query. A quoted one is a phrase: its terms side by
// side. In an unquoted run of characters every word it is cut into must occur
// (people type Chinese without spaces), unless it falls apart into single
// characters: then only side by side do they mean anything.
func phrases(w Word, tokens []Token) []Phrase {
	if len(tokens) == 0 {
		return nil
	}
	words := outermost(tokens)
	if len(words) == 1 {
		term := words[0].Term
		return []Phrase{{Terms: []string{term}, Prefix: utf8.RuneCountInString(term) == 1}} // a lone character begins a word
	}
	single := !slices.ContainsFunc(words, func(t Token) bool { return utf8.RuneCountInString(t.Term) > 1 })
	if w.Quoted || single {
		var side []string
		last := -1
		for _, t := range tokens {
			if t.Start != last { // the longest at each place
				side = append(side, t.Term)
			}
			last = t.Start
		}
		return []Phrase{{Terms: side}}
	}
	var all []Phrase
	seen := make(map[string]bool)
	for _, t := range words {
		if !seen[t.Term] {
			seen[t.Term] = true
			all = append(all, Phrase{Terms: []string{t.Term}})
		}
	}
	return all
}

// outermost drops tokens that lie within another one.
func outermost(tokens []Token) []Token {
	var out []Token
	reach := -1
	for _, t := range tokens {
		if t.End > reach {
			out = append(out, t)
			reach = t.End
		}
	}
	return out
}
