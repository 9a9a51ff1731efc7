package analyzer

import (
	"bytes"
	_ "embed"
	"encoding/gob"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"huiying"
)

// model is everything that was learned: linear weights over hashed features, all
// tasks side by side, so that a text's features are looked up once.
type model struct {
	Tasks   []taskModel
	Slots   []uint32 // the features known, the frequent first: side by side they stay in the cache
	IDF     []uint8  // of each, in units of 1/idfScale
	Weights []int8   // a row of Columns for each slot
	Columns int
	At      time.Time // of the newest set it was trained on
	Seed    int64

	// Only for training:
	rows  []int32 // by place, the row + 1 of the slot there
	bagOf []uint8 // by row

	// Made when it is loaded:
	at      []uint32 // slot → where in packed it begins; 0 of one that is not known
	packed  []uint16 // of each feature its idf and how many weights follow, then a column and a weight each
	columns []column
	choice  []bool // by column
}

// asked is a feature of a text as the model knows it.
type asked struct {
	at    uint32 // in packed
	n     uint32 // how many weights
	value float32
}

var askPool = sync.Pool{New: func() any { return new([]asked) }}

// taskModel is one question and how its answers' scores are read.
type taskModel struct {
	Name    string
	Labels  []string // one column each; a yes-or-no task has one
	Columns []column
	Choice  bool    // one of the labels is true: P is shared among them by softmax
	Doubt   float64 // of a choice: the share of P given to all labels alike, for labels are wrong too
	Data    string  // sets and sizes it was trained on
}

// column turns a row sum into a score z = scale·sum + bias, and that into a
// probability: 1/(1+exp(−(a·z+b))), or its share of exp(a·z) in a choice.
type column struct {
	Scale, Bias float32
	A, B        float64 // fitted to held-out scores (Platt 1999)
}

const (
	idfScale    = 20
	mostColumns = 32 // of all tasks together
)

// The tasks.
const (
	taskCategory   = "category"   // first-level class of citizen appeals
	taskSentiment  = "sentiment"  // what people feel: negative, neutral, positive
	taskReview     = "review"     // what they find: a thing or a service is bad
	taskKind       = "kind"       // whether it reviews a thing or a service
	taskComplaint  = "complaint"  // a letter complains; it does not ask or propose
	taskEmergency  = "emergency"  // a real, present emergency
	taskRumor      = "rumor"      // worded like posts that proved false
	taskDepartment = "department" // bureau that answers such letters
)

// verdicts are the answers of a model about one text.
type verdicts struct {
	model *model
	p     [mostColumns]float64 // by column
}

//go:embed models/model.bin
var modelFile []byte

func decodeModel(packed []byte) (*model, error) {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	m := &model{}
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(m); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if m.Columns > mostColumns {
		return nil, fmt.Errorf("model: %d columns, at most %d", m.Columns, mostColumns)
	}
	m.prepare()
	m.Slots, m.IDF, m.Weights = nil, nil, nil // they are in m.packed
	return m, nil
}

// prepare packs what [model.ask] reads of a feature side by side: looking it up
// waits twice for memory, at most. About three weights of a row are not 0.
func (m *model) prepare() {
	m.at = make([]uint32, places)
	m.packed = make([]uint16, 1, 4*len(m.Slots)+1) // at 0 what is not known: it has no idf and no weight
	for i, slot := range m.Slots {
		head := len(m.packed)
		m.packed = append(m.packed, uint16(m.IDF[i]))
		for c, w := range m.Weights[i*m.Columns : (i+1)*m.Columns] {
			if w != 0 {
				m.packed = append(m.packed, uint16(c)|uint16(uint8(w))<<8)
			}
		}
		m.packed[head] |= uint16(len(m.packed)-head-1) << 8
		m.at[slot%places] = slot&checked | uint32(head)
	}
	m.packed = slices.Clip(m.packed)
	for _, t := range m.Tasks {
		for _, c := range t.Columns {
			m.columns, m.choice = append(m.columns, c), append(m.choice, t.Choice)
		}
	}
}

func (m *model) encode() ([]byte, error) {
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

func (m *model) version() string { return m.At.Format("20060102") }

// checked are the bits of a feature that are kept beside where it begins in
// packed, to tell it from others of its place.
const checked = 0x1FF << 23

// find is where a feature begins in packed, or 0.
func (m *model) find(slot uint32) uint32 {
	at := m.at[slot%places]
	if at&checked != slot&checked {
		return 0
	}
	return at &^ checked
}

// logs are 1+ln n of small counts.
var logs = func() (t [64]float32) {
	for n := 1; n < len(t); n++ {
		t[n] = float32(1 + math.Log(float64(n)))
	}
	return t
}()

func damped(n uint32) float32 {
	if int(n) < len(logs) {
		return logs[n]
	}
	return float32(1 + math.Log(float64(n)))
}

// ask scores a text's features for every task at once. Its tables are larger than
// the cache: it walks the features three times, so that no step waits for what
// another one reads, and asks of none whether it is known.
func (m *model) ask(f *[bags][]feature) verdicts {
	var z [mostColumns]float32
	pooled := askPool.Get().(*[]asked)
	defer askPool.Put(pooled)
	for b := range f {
		*pooled = slices.Grow((*pooled)[:0], len(f[b]))
		all := (*pooled)[:len(f[b])]
		for i, x := range f[b] {
			all[i].at = m.find(x.slot)
		}
		square := float32(0)
		for i, x := range f[b] {
			k := &all[i]
			head := m.packed[k.at]
			k.n, k.value = uint32(head>>8), damped(x.count)*float32(head&0xFF)/idfScale
			square += k.value * k.value
		}
		if square == 0 {
			continue
		}
		var sums [mostColumns]float32
		for i := range all {
			k := &all[i]
			if b >= bagSigns {
				k.value = signWeight
			}
			for _, w := range m.packed[k.at+1 : k.at+1+k.n] {
				sums[w%mostColumns] += k.value * float32(int8(w>>8))
			}
		}
		scale := float32(1)
		if b < bagSigns {
			scale = float32(1 / math.Sqrt(float64(square)))
		}
		for c := range z {
			z[c] += scale * sums[c]
		}
	}
	v := verdicts{model: m}
	for i, c := range m.columns {
		v.p[i] = c.probability(float64(c.Scale*z[i]+c.Bias), m.choice[i])
	}
	return v
}

func (c column) probability(z float64, choice bool) float64 {
	if choice {
		return math.Exp(c.A * z)
	}
	return sigmoid(c.A*z + c.B)
}

// rarity is the idf of a feature; one the model does not know is rare.
func (m *model) rarity(slot uint32) float64 {
	const unheard = 11
	if at := m.find(slot); at != 0 {
		return float64(m.packed[at]&0xFF) / idfScale
	}
	return unheard
}

// of are the probabilities of a task's labels; of several they sum to 1.
func (v *verdicts) of(task string) []huiying.Scored {
	if t, p := v.task(task); t != nil {
		return t.shared(p)
	}
	return nil
}

// yes is the probability of a yes-or-no task.
func (v *verdicts) yes(task string) float64 {
	if t, p := v.task(task); t != nil {
		return t.share(p, 0)
	}
	return 0
}

// labels are those of a task.
func (m *model) labels(task string) []string {
	for i := range m.Tasks {
		if m.Tasks[i].Name == task {
			return m.Tasks[i].Labels
		}
	}
	return nil
}

func (v *verdicts) task(name string) (*taskModel, []float64) {
	at := 0
	for i := range v.model.Tasks {
		t := &v.model.Tasks[i]
		if t.Name == name {
			return t, v.p[at : at+len(t.Labels)]
		}
		at += len(t.Labels)
	}
	return nil, nil
}

// share is the probability of label i; those of several labels sum to 1.
func (t *taskModel) share(p []float64, i int) float64 {
	total := 1.0
	if len(p) > 1 {
		total = 0
		for _, x := range p {
			total += x
		}
	}
	return (1-t.Doubt)*p[i]/total + t.Doubt/float64(len(p))
}

// shared names the probabilities.
func (t *taskModel) shared(p []float64) []huiying.Scored {
	out := make([]huiying.Scored, len(p))
	for i, l := range t.Labels {
		out[i] = huiying.Scored{Name: l, P: t.share(p, i)}
	}
	return out
}
