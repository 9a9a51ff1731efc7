package analyzer

import (
	"bytes"
	"embed"
	"encoding/gob"
	"fmt"
	"hash/fnv"
	"math"
	"time"
	"unicode"

	"github.com/klauspost/compress/zstd"
)

// dimensions of the hashed feature space of each model.
const dimensions = 1 << 17

// feature is one hashed n-gram with its weight in the text's unit vector.
type feature struct {
	index uint32
	value float32
}

// features are hashed words and character pairs and triples, those of the title
// apart from those of the body, as a vector of length 1.
func features(r *reading) []feature {
	counts := make(map[uint32]float32)
	titleEnd := 0
	if r.post.Title != "" && r.post.Title != r.post.Text {
		titleEnd = len([]rune(r.post.Title))
	}
	for _, w := range r.words {
		if hasLetter(w.text) {
			counts[hashFeature('w', w.text)] += 1
			if w.end <= titleEnd {
				counts[hashFeature('t', w.text)] += 1
			}
		}
	}
	for i := range r.runes {
		for n := 2; n <= 3 && i+n <= len(r.runes); n++ {
			gram := string(r.runes[i : i+n])
			if hasLetter(gram) {
				counts[hashFeature('c', gram)] += 1
			}
		}
	}
	var sum float64
	for k, n := range counts {
		v := 1 + math.Log(float64(n))
		counts[k] = float32(v)
		sum += v * v
	}
	norm := float32(1 / math.Sqrt(max(sum, 1e-9)))
	out := make([]feature, 0, len(counts))
	for k, v := range counts {
		out = append(out, feature{k, v * norm})
	}
	sortFeatures(out) // sums of floats depend on order; the same post must give the same scores
	return out
}

func hasLetter(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || r == '?' || r == '？' || r == '!' || r == '！' {
			return true
		}
	}
	return false
}

func hashFeature(kind byte, s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte{kind})
	_, _ = h.Write([]byte(s))
	x := h.Sum32()
	x ^= x >> 16
	x *= 0x85ebca6b
	return (x ^ x>>13) % dimensions
}

// linear is a multinomial logistic regression over hashed features. Weights are
// kept as bytes with one scale a class.
type linear struct {
	Labels []string
	Bias   []float32
	Scale  []float32
	W      [][]int8 // class × dimension
	Name   string
	Data   string // sets and sizes it was trained on
	Scores string // cross-validated
	At     time.Time
	Seed   int64
}

// probabilities are those of the labels; they sum to 1.
func (m *linear) probabilities(f []feature) map[string]float64 {
	z := make([]float64, len(m.Labels))
	top := math.Inf(-1)
	for c := range z {
		sum := float32(0)
		w := m.W[c]
		for _, x := range f {
			sum += float32(w[x.index]) * x.value
		}
		z[c] = float64(m.Bias[c] + m.Scale[c]*sum)
		top = max(top, z[c])
	}
	total := 0.0
	for c := range z {
		z[c] = math.Exp(z[c] - top)
		total += z[c]
	}
	out := make(map[string]float64, len(z))
	for c, l := range m.Labels {
		out[l] = z[c] / total
	}
	return out
}

// models are the learned parts, embedded in the binary.
type models struct {
	Category, Sentiment, Emergency, Rumor *linear
}

//go:embed models/*.bin
var modelFiles embed.FS

var modelNames = []string{"category", "sentiment", "emergency", "rumor"}

func loadModels() (*models, error) {
	m := &models{}
	for i, dst := range []**linear{&m.Category, &m.Sentiment, &m.Emergency, &m.Rumor} {
		raw, err := readZstd(modelFiles, "models/"+modelNames[i]+".bin")
		if err != nil {
			return nil, err
		}
		*dst = &linear{}
		if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(*dst); err != nil {
			return nil, fmt.Errorf("model %s: %w", modelNames[i], err)
		}
	}
	return m, nil
}

func (m *models) version() string { return m.Category.At.Format("20060102") }

func (m *linear) encode() ([]byte, error) {
	var raw bytes.Buffer
	if err := gob.NewEncoder(&raw).Encode(m); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return nil, err
	}
	return enc.EncodeAll(raw.Bytes(), nil), enc.Close()
}
