package analyzer

import (
	"bytes"
	_ "embed"
	"encoding/gob"
	"fmt"
	"math"
	"math/bits"
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
	Weights []byte   // + weightZero, a row of Columns for each slot
	Columns int
	At      time.Time // of the newest set it was trained on
	Seed    int64

	// Only for training:
	rows  []int32 // by place, the row + 1 of the slot there
	bagOf []uint8 // by row

	// Made when it is loaded:
	taken   []uint64 // a bit a place: a feature stands there, as in a sixth of them
	before  []uint32 // by word of taken, how many stand before it
	at      []uint32 // of the places taken, the row of the slot there beside its other bits
	packed  []uint64 // rowLong a row, row 0 knows nothing: the weights, a byte each, and the idf
	columns []column
	choice  []bool                     // by column
	loud    [bags][mostColumns]float32 // how loud each hears each bag
	heard   [bags][]uint32             // by bag, the words of a row with a column that hears it
}

// asked is a feature of a text as the model knows it.
type asked struct {
	row   uint32
	value uint32 // how often it occurs; then what it counts, in units of 1/idfScale
}

var askPool = sync.Pool{New: func() any { return new([]asked) }}

// taskModel is one question and how its answers' scores are read.
type taskModel struct {
	Name    string
	Labels  []string // one column each; a yes-or-no task has one
	Columns []column
	Reads   [bags]float32 // how loud each bag is
	Choice  bool          // one of the labels is true: P is shared among them by softmax
	Doubt   float64       // of a choice: the share of P given to all labels alike, for labels are wrong too
	Data    string        // sets and sizes it was trained on
}

// column turns a row sum into a score z = scale·sum + bias, and that into a
// probability: 1/(1+exp(−(a·z+b))), or its share of exp(a·z+b) in a choice.
type column struct {
	Scale, Bias float32
	A, B        float64 // fitted to held-out scores (Platt 1999)
}

const (
	idfScale    = 20
	rowLong     = 8            // words of 8 bytes: a row is a line of the cache
	rowWords    = 6            // of them hold weights
	rowIDF      = rowWords     // this one how rare the feature is
	mostColumns = 8 * rowWords // of all tasks together
	weightZero  = 128
)

// The tasks.
const (
	taskCategory   = "category"   // first-level class of citizen appeals
	taskEmotion    = "emotion"    // what people feel
	taskSentiment  = "sentiment"  // whether they feel bad
	taskHotel      = "hotel"      // whether they find a hotel bad
	taskTakeaway   = "takeaway"   // … a meal brought home
	taskShopping   = "shopping"   // … a thing they bought
	taskKind       = "kind"       // which of these four it is about
	taskComplaint  = "complaint"  // a letter complains; it does not ask or propose
	taskEmergency  = "emergency"  // a real, present emergency
	taskGenuine    = "genuine"    // the same, asked of what sounds like one
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
	if m.Columns > mostColumns || len(m.Slots) >= rowBits {
		return nil, fmt.Errorf("model: %d columns and %d features, at most %d and %d", m.Columns, len(m.Slots), mostColumns, rowBits)
	}
	m.prepare()
	m.Slots, m.IDF, m.Weights = nil, nil, nil // they are in m.packed
	return m, nil
}

// prepare lays out what [model.ask] reads of a feature side by side: looking it up
// waits twice for memory, at most.
func (m *model) prepare() {
	m.taken, m.before = make([]uint64, places/64), make([]uint32, places/64)
	for _, slot := range m.Slots {
		m.taken[slot%places/64] |= 1 << (slot % 64)
	}
	n := uint32(0)
	for i, word := range m.taken {
		m.before[i] = n
		n += uint32(bits.OnesCount64(word))
	}
	m.at = make([]uint32, n)
	m.packed = make([]uint64, rowLong*(len(m.Slots)+1))
	for i, slot := range m.Slots {
		row := m.packed[rowLong*(i+1):][:rowLong]
		row[rowIDF] = uint64(m.IDF[i])
		for c, w := range m.Weights[i*m.Columns : (i+1)*m.Columns] {
			row[c/8] |= uint64(w) << (c % 8 * 8)
		}
		m.at[m.place(slot)] = slot&^uint32(rowBits) | uint32(i+1)
	}
	for _, t := range m.Tasks {
		for _, c := range t.Columns {
			for b, loud := range t.Reads {
				m.loud[b][len(m.columns)] = loud
			}
			m.columns, m.choice = append(m.columns, c), append(m.choice, t.Choice)
		}
	}
	for b := range m.heard {
		for word := range uint32(rowWords) {
			if slices.ContainsFunc(m.loud[b][8*word:8*word+8], func(loud float32) bool { return loud != 0 }) {
				m.heard[b] = append(m.heard[b], word)
			}
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

// rowBits are those of a row; the other bits of a slot are kept beside it, to tell
// it from others of its place.
const rowBits = 1<<20 - 1

// find is the row of a feature, or 0.
func (m *model) find(slot uint32) uint32 {
	if !m.mayKnow(slot) {
		return 0
	}
	at := m.at[m.place(slot)]
	if (at^slot)&^uint32(rowBits) != 0 {
		return 0
	}
	return at & rowBits
}

// mayKnow reports whether a feature stands where this one would.
func (m *model) mayKnow(slot uint32) bool { return m.taken[slot%places/64]>>(slot%64)&1 == 1 }

// place is the index in at of what stands where this feature would.
func (m *model) place(slot uint32) uint32 {
	word := slot % places / 64
	return m.before[word] + uint32(bits.OnesCount64(m.taken[word]&(1<<(slot%64)-1)))
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

// ask scores a text's features for every task at once.
func (m *model) ask(f *[bags][]feature) verdicts {
	var z, sums [mostColumns]float32
	for b := range f {
		if b == 0 || !same(f[b], f[b-1]) {
			sums = m.sum(f[b], m.heard[b], b >= bagSigns)
		}
		for _, word := range m.heard[b] {
			for c := 8 * word; c < 8*word+8; c++ {
				z[c] += m.loud[b][c] * sums[c]
			}
		}
	}
	v := verdicts{model: m}
	for i, c := range m.columns {
		v.p[i] = c.probability(float64(c.Scale*z[i]+c.Bias), m.choice[i])
	}
	return v
}

// same reports whether two bags are one.
func same(a, b []feature) bool { return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] }

// sum adds up the weights of the features in a bag, of which each counts alike or
// as its share of their length. The model's tables are larger than the cache: it
// walks the features once to see which may be known, once to find them and once to
// read how rare they are, so that no step waits for what another reads. Then it adds
// eight columns at a time, the weights of which are bytes of one word: multiplied by
// a value below 256 they fill 16 bits each, summed up 32.
func (m *model) sum(bag []feature, heard []uint32, alike bool) (sums [mostColumns]float32) {
	pooled := askPool.Get().(*[]asked)
	defer askPool.Put(pooled)
	all := slices.Grow((*pooled)[:0], len(bag)+1)[:len(bag)+1]
	known := 0
	for _, x := range bag {
		all[known] = asked{x.slot, x.count}
		if m.mayKnow(x.slot) {
			known++
		}
	}
	maybe := all[:known]
	known = 0
	for _, x := range maybe {
		row := m.find(x.row)
		all[known] = asked{row, x.value}
		if row != 0 {
			known++
		}
	}
	all = all[:known]
	square, total := uint64(0), uint64(0)
	for i, k := range all {
		value := uint32(1)
		if !alike {
			value = uint32(damped(k.value)*float32(m.packed[rowLong*k.row+rowIDF]) + 0.5)
		}
		square, total = square+uint64(value)*uint64(value), total+uint64(value)
		for ; value > math.MaxUint8; value -= math.MaxUint8 { // what counts for more is there several times
			all = append(all, asked{k.row, math.MaxUint8})
		}
		all[i].value = value
	}
	*pooled = all
	if square == 0 {
		return sums
	}
	scale := float32(signWeight)
	if !alike {
		scale = float32(1 / math.Sqrt(float64(square)))
	}
	const bytes, words = 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF
	for _, word := range heard {
		var even, odd uint64           // sums of bytes two apart, that carry into one another
		var evenUpper, oddUpper uint64 // sums of every second of them, that do not
		for _, k := range all {
			w := m.packed[rowLong*k.row+word]
			e, o := w&bytes*uint64(k.value), w>>8&bytes*uint64(k.value)
			even, evenUpper = even+e, evenUpper+e>>16&words
			odd, oddUpper = odd+o, oddUpper+o>>16&words
		}
		by := [4]uint64{even - evenUpper<<16, odd - oddUpper<<16, evenUpper, oddUpper} // each the sums of two columns four apart
		for i := range 8 {
			sums[int(word)*8+i] = scale * float32(int64(by[i%4]>>(i/4*32)&math.MaxUint32)-weightZero*int64(total))
		}
	}
	return sums
}

func (c column) probability(z float64, choice bool) float64 {
	if choice {
		return math.Exp(c.A*z + c.B)
	}
	return sigmoid(c.A*z + c.B)
}

// rarity is the idf of a feature; one the model does not know is rare.
func (m *model) rarity(slot uint32) float64 {
	const unheard = 11
	if row := m.find(slot); row != 0 {
		return float64(m.packed[rowLong*row+rowIDF]) / idfScale
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
		return t.share(p[0], 1)
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

// share is the part of a label in a total; a doubted model gives every label some.
func (t *taskModel) share(p, total float64) float64 {
	return (1-t.Doubt)*p/total + t.Doubt/float64(len(t.Labels))
}

// shared names the probabilities; those of several labels sum to 1.
func (t *taskModel) shared(p []float64) []huiying.Scored {
	total := 1.0
	if len(p) > 1 {
		total = 0
		for _, x := range p {
			total += x
		}
	}
	out := make([]huiying.Scored, len(p))
	for i, l := range t.Labels {
		out[i] = huiying.Scored{Name: l, P: t.share(p[i], total)}
	}
	return out
}
