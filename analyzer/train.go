package analyzer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Report is what training prints: scores of rows a model had not seen, for the
// sets a model was trained on are no test of it.
type Report struct {
	Seed   int64        `json:"seed"`
	Folds  int          `json:"folds"`
	Bytes  int          `json:"bytes"` // of the model file
	Slots  int          `json:"features"`
	Tasks  []TaskReport `json:"tasks"`
	ByTime *Metrics     `json:"rumor_by_time,omitempty"` // trained on the older four fifths, asked about the rest
	// Product is what the whole of Assess says of rows its model had not seen, by
	// suite; of several sets also of each, as suite/set, and of what we wrote
	// ourselves, as suite/primer.
	Product map[string]Metrics `json:"product"`
}

// TaskReport tells of one task: the metrics of its held-out rows, together and of
// each set; of sets measured apart only of each.
type TaskReport struct {
	Name string             `json:"name"`
	Data string             `json:"data"`
	Rows int                `json:"rows"`
	Held Metrics            `json:"held_out"`
	Sets map[string]Metrics `json:"sets,omitempty"`
}

const (
	folds = 5
	// rare: a feature of fewer texts is not learned.
	rare = 3
	// slight: a feature that weighs no more anywhere, of 127, is not kept.
	slight = 1
)

// Train learns from the labelled sets under dataDir and writes the model to
// outDir/model.bin. The same seed, data and lexicon give the same file. Progress
// goes to the writer.
func (a *Analyzer) Train(ctx context.Context, dataDir, outDir string, seed int64, progress io.Writer) (report Report, err error) {
	report = Report{Seed: seed, Folds: folds}
	m := &model{Seed: seed}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(progress, format+"\n", args...) }
	say("读取语料 …")
	sets := make(map[string][]*example)
	for _, t := range tasks {
		for _, set := range t.sets {
			if sets[set] != nil {
				continue
			}
			rows, at, err := a.readSet(ctx, dataDir, set)
			if err != nil {
				return report, err
			}
			if sets[set] = rows; at.After(m.At) {
				m.At = at
			}
		}
	}
	m.At = m.At.UTC().Truncate(24 * time.Hour) // copies of the sets may be some minutes younger
	share(sets, uint64(seed))
	for _, t := range tasks {
		rows, err := a.madeFor(ctx, t, uint64(seed))
		if err != nil {
			return report, err
		}
		sets[t.madeSet()] = append(sets[t.madeSet()], rows...)
		if sets[primerSet(t.name)], err = a.primed(ctx, t, uint64(seed)); err != nil {
			return report, err
		}
	}
	m.learnFeatures(sets)
	for _, t := range tasks { // they are no texts of their own and not counted
		rows, err := a.sentencesOf(ctx, t, sets)
		if err != nil {
			return report, err
		}
		for _, e := range rows {
			e.vector = m.vector(&e.features)
		}
		sets[t.madeSet()] = append(sets[t.madeSet()], rows...)
	}
	report.Slots = len(m.Slots)
	var fits [folds + 1][]fitted // of every task, without each fold and without none
	for _, t := range tasks {
		say("训练 %s …", t.name)
		f, r, err := m.learn(ctx, t, sets, uint64(seed))
		if err != nil {
			return report, fmt.Errorf("train %s: %w", t.name, err)
		}
		for k := range fits {
			fits[k] = append(fits[k], f[k])
		}
		report.Tasks = append(report.Tasks, r)
		if t.name == taskRumor {
			byTime := m.byTime(t, sets, uint64(seed))
			report.ByTime = &byTime
		}
	}
	say("检验整个产品 …")
	if report.Product, err = a.product(ctx, m, fits[:folds], sets); err != nil {
		return report, err
	}
	if err := m.assemble(fits[folds]); err != nil {
		return report, err
	}
	raw, err := m.encode()
	if err != nil {
		return report, err
	}
	report.Bytes = len(raw)
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return report, err
	}
	return report, os.WriteFile(filepath.Join(outDir, "model.bin"), raw, 0o644)
}

// learnFeatures chooses the features and weighs them by how many texts hold them
// (idf). Of the reviews, of which there are too many, only what is said often is
// heard.
func (m *model) learnFeatures(sets map[string][]*example) {
	type tally struct {
		slot        uint32
		in, reviews int32
		of          [bags]int32
	}
	texts := 0
	known := make(map[uint32]int)
	var all []tally
	for set, rows := range sets {
		review := slices.Contains(reviewSets, set)
		if !review {
			texts += len(rows)
		}
		for _, e := range rows {
			for b, bag := range e.features {
				if b == bagVoice { // its runs are those of the text
					continue
				}
				for _, f := range bag {
					i, ok := known[f.slot]
					if !ok {
						i = len(all)
						known[f.slot], all = i, append(all, tally{slot: f.slot})
					}
					if all[i].of[b]++; review {
						all[i].reviews++
					} else {
						all[i].in++
					}
				}
			}
		}
	}
	all = slices.DeleteFunc(all, func(t tally) bool { return max(t.in, t.reviews) < rare })
	for i := range all {
		if all[i].in < rare {
			all[i].in = all[i].reviews
		}
	}
	slices.SortFunc(all, func(a, b tally) int { return cmp.Or(cmp.Compare(b.in, a.in), cmp.Compare(a.slot, b.slot)) })
	m.rows = make([]int32, places)
	for _, t := range all {
		row := &m.rows[t.slot%places]
		if *row != 0 { // a more frequent feature stands there
			continue
		}
		bag := 0 // of those that share the hash, the one that uses it most
		for b := range t.of {
			if t.of[b] > t.of[bag] {
				bag = b
			}
		}
		idf := math.Log(float64(1+texts)/float64(1+t.in)) + 1
		m.Slots = append(m.Slots, t.slot)
		m.bagOf = append(m.bagOf, uint8(bag))
		m.IDF = append(m.IDF, uint8(min(255, math.Round(idf*idfScale))))
		*row = int32(len(m.Slots))
	}
	for _, rows := range sets {
		for _, e := range rows {
			e.vector = m.vector(&e.features)
		}
	}
}

// vector is what [model.ask] sees of the features, in rows of the model.
func (m *model) vector(f *[bags][]feature) vector {
	var v vector
	for b := range f {
		square, from := 0.0, len(v.slots)
		for _, x := range f[b] {
			row := m.rows[x.slot%places] - 1
			if row < 0 || m.Slots[row] != x.slot {
				continue
			}
			value := float32(signWeight)
			if b < bagSigns {
				value = damped(x.count) * float32(m.IDF[row]) / idfScale
			}
			square += float64(value) * float64(value)
			v.slots, v.values, v.bags = append(v.slots, uint32(row)), append(v.values, value), append(v.bags, uint8(b))
		}
		if b < bagSigns {
			for i := from; i < len(v.values); i++ {
				v.values[i] /= float32(math.Sqrt(square))
			}
		}
	}
	return v
}

// assemble makes the model of its tasks: the weights as bytes, with one scale a
// column, of the features that weigh something anywhere.
func (m *model) assemble(fits []fitted) error {
	m.Tasks, m.Columns = nil, 0
	for _, f := range fits {
		m.Columns += len(f.weights)
	}
	if m.Columns > mostColumns {
		return fmt.Errorf("the tasks have %d labels, at most %d", m.Columns, mostColumns)
	}
	weights := make([]byte, len(m.Slots)*m.Columns)
	at := 0
	for _, f := range fits {
		t := f.task
		t.Columns = slices.Clone(t.Columns)
		for c, column := range f.weights {
			top := float32(1e-6)
			for _, v := range column {
				top = max(top, v, -v)
			}
			t.Columns[c].Scale = top / 127
			for row, v := range column {
				weights[row*m.Columns+at] = byte(weightZero + math.Round(float64(v/t.Columns[c].Scale)))
			}
			at++
		}
		m.Tasks = append(m.Tasks, t)
	}
	slots, idf := m.Slots, m.IDF
	m.Slots, m.IDF, m.Weights = nil, nil, nil
	for row, slot := range slots {
		if w := weights[row*m.Columns : (row+1)*m.Columns]; m.bagOf[row] == bagWords || slices.ContainsFunc(w, func(v byte) bool { return v > weightZero+slight || v < weightZero-slight }) { // words: keywords ask how rare they are
			m.Slots, m.IDF, m.Weights = append(m.Slots, slot), append(m.IDF, idf[row]), append(m.Weights, w...)
		}
	}
	m.prepare()
	return nil
}
