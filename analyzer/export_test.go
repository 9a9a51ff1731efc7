package analyzer

import (
	"bytes"
	"encoding/gob"
	"os"

	"huiying"
)

// Predict reads a model [Train] wrote and asks it about a text.
func (a *Analyzer) Predict(dir, name, text string) (map[string]float64, error) {
	raw, err := readZstd(os.DirFS(dir), name+".bin")
	if err != nil {
		return nil, err
	}
	var m linear
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&m); err != nil {
		return nil, err
	}
	return m.probabilities(a.read(huiying.Post{Text: text}).features), nil
}
