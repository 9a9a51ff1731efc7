package analyzer

import (
	"os"
	"path/filepath"

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
