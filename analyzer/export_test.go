package analyzer

import (
	"os"
	"path/filepath"
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
