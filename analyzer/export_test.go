package analyzer

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/yanyiwu/gojieba"

	"huiying"
)

// Reference is gojieba with the county's words.
func (a *Analyzer) Reference() (*gojieba.Jieba, error) { return newReference(countyWords(a.county)) }

// Term is a word as it is searched for.
func Term(word string) string { return termOf(word) }

// Predict reads the model [Analyzer.Train] wrote and asks it about a text.
func (a *Analyzer) Predict(dir, task, text string) (map[string]float64, error) {
	packed, err := os.ReadFile(filepath.Join(dir, "model.bin"))
	if err != nil {
		return nil, err
	}
	m, err := decodeModel(packed)
	if err != nil {
		return nil, err
	}
	r := a.read(huiying.Post{Text: text})
	defer a.free(r)
	out := make(map[string]float64)
	v := m.ask(&r.features)
	for _, s := range v.of(task) {
		out[s.Name] = s.P
	}
	return out, nil
}

// Matter is what the file of matters says of one.
type Matter struct {
	Class, Name    string
	Bureaus, Words []string
}

// Matters are those the model is taught by.
func Matters(t *testing.T) []Matter {
	t.Helper()
	all, err := parseMatters(matterWords)
	if err != nil {
		t.Fatal(err)
	}
	var out []Matter
	for _, m := range all {
		out = append(out, Matter{m.class, m.name, m.bureaus, m.words})
	}
	return out
}

// ClassNames are the first-level classes of the taxonomy.
func ClassNames(t *testing.T) []string {
	t.Helper()
	c, err := newClasses()
	if err != nil {
		t.Fatal(err)
	}
	return c.names
}

// ParseMatters reads a file of matters and says how many there are.
func ParseMatters(text string) (int, error) {
	all, err := parseMatters([]byte(text))
	return len(all), err
}

// Lesson is a pseudo-document.
type Lesson struct{ Title, Text, Label string }

// MadeLetters are the letters made of matters.
func MadeLetters(text string, bureau bool) ([]Lesson, error) {
	all, err := parseMatters([]byte(text))
	return lessons(madeLetters(all, bureau, 1)), err
}

// MadeIncidents are the sentences made of patterns, those of the package for "".
func MadeIncidents(text string, seed uint64) ([]Lesson, error) {
	if text == "" {
		text = string(incidents)
	}
	rows, err := madeIncidents([]byte(text), seed)
	return lessons(rows), err
}

func lessons(rows []labelled) []Lesson {
	var out []Lesson
	for _, r := range rows {
		out = append(out, Lesson{r.Title, r.Text, string(r.Label)})
	}
	return out
}

// Tones are the classes of the tone words in a text, from left to right; 不 is put
// before those that a denial turns.
func (a *Analyzer) Tones(text string) []string {
	r := a.read(huiying.Post{Text: text})
	defer a.free(r)
	var out []string
	for _, f := range r.tonals {
		for _, c := range a.tones.sets[f.set] {
			name := a.tones.classes[c]
			if denied(r.text[:f.start]) {
				name = "不" + name
			}
			out = append(out, name)
		}
	}
	return out
}

// ToneWords counts the words of the tone lexicon by class.
func ToneWords() (map[string]int, error) {
	t, err := newTones()
	if err != nil {
		return nil, err
	}
	out := make(map[string]int)
	for _, classes := range t.words {
		for _, c := range classes {
			out[t.classes[c]]++
		}
	}
	return out, nil
}

// ReadTones reads a lexicon.
func ReadTones(text string) error { return (&tones{words: make(map[string][]int)}).read(text) }

// OwnWords is what the writer of a text says himself.
func OwnWords(text string) string {
	var v voice
	v.listen(text, []rune(text))
	return string(v.runes)
}

// Style are the features of a text's style, in order of their hashes.
func Style(text string) []uint32 {
	var v voice
	v.listen(text, []rune(text))
	var b bag
	b.size(2*len(text) + 8)
	countStyle(&b, []rune(text), &v)
	var out []uint32
	for _, f := range b.take(nil) {
		out = append(out, f.slot)
	}
	slices.Sort(out)
	return out
}

// Plea is the score of what a title does: above 0 it complains, below it asks.
func (a *Analyzer) Plea(title string) int {
	r := a.read(huiying.Post{Title: title, Text: "详见正文。"})
	defer a.free(r)
	return pleaOf(r).score()
}

// Platt fits a probability to scores of rows that count so much.
func Platt(z []float64, yes []bool, weight []float64) (a, b float64) { return platt(z, yes, weight) }

// Counts is how much rows of these times count when the probabilities of a task are
// fitted.
func Counts(of string, times []string) []float64 {
	t := tasks[slices.IndexFunc(tasks, func(t task) bool { return t.name == of })]
	var rows []*example
	var seen []int
	for i, at := range times {
		rows, seen = append(rows, &example{row: labelled{Time: []byte(at)}, use: useScore}), append(seen, i)
	}
	return t.counts(rows, seen)
}

func init() { primerStep = 40 }

// Primer is a text of a primer and what it is labelled.
type Primer struct{ Label, Emotion, Title, Text string }

// Primers are the texts each task is taught beside its rows.
func Primers(t *testing.T) map[string][]Primer {
	t.Helper()
	out := make(map[string][]Primer)
	for name, k := range taught {
		if k.primer == nil {
			continue
		}
		rows, err := k.primer.rows()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out[name] = append(out[name], Primer{r.label(), r.Emotion, r.Title, r.Text})
		}
	}
	return out
}
