package analyzer

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
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
	// suite; of several sets also of each, as suite/set.
	Product map[string]Metrics `json:"product"`
}

// TaskReport tells of one task: the metrics of its held-out rows, of all sets
// together and of each.
type TaskReport struct {
	Name string             `json:"name"`
	Data string             `json:"data"`
	Rows int                `json:"rows"`
	Held Metrics            `json:"held_out"`
	Sets map[string]Metrics `json:"sets,omitempty"`
}

type labelled struct {
	ID      string          `json:"id"`
	RawID   string          `json:"raw_id"`
	Title   string          `json:"title"`
	Text    string          `json:"text"`
	Label   json.RawMessage `json:"label"`
	Slice   string          `json:"slice"`
	Emotion string          `json:"emotion"`
	Time    json.RawMessage `json:"time"` // seconds, or as Mon Mar 11 13:30:22 +0800 2013; absent when unknown
}

func (l labelled) label() string { return strings.Trim(string(l.Label), `"`) }

func (l labelled) seconds() int64 {
	text := strings.Trim(string(l.Time), `"`)
	if at, err := time.Parse(time.RubyDate, text); err == nil {
		return at.Unix()
	}
	n, _ := strconv.ParseInt(text, 10, 64) // 0 sorts first: unknown
	return n
}

// example is one text of a task's sets. Rows of a group, which are of one source
// or near-copies, are never split between training and test.
type example struct {
	features [bags][]feature
	vector   vector
	print    huiying.Fingerprint
	plea     plea
	row      labelled
	set      string
	label    string
	use      use
	share    float32 // weight of what is taught beside the rows; 0 of a row
	group    int
	fold     int
}

const (
	folds = 5
	// rare: a feature of fewer texts is not learned.
	rare = 3
	// alike: bits that the fingerprints of near-copies differ in at most. It is
	// wider than for events: a copy in the wrong fold flatters, a stranger in the
	// same fold costs nothing.
	alike = 12
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

func (a *Analyzer) readSet(ctx context.Context, dataDir, set string) ([]*example, time.Time, error) {
	path := filepath.Join(dataDir, set, "dev.jsonl")
	rows, err := readLabelled(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	out, err := a.readRows(ctx, set, rows)
	return out, info.ModTime(), err
}

func (a *Analyzer) readRows(ctx context.Context, set string, rows []labelled) ([]*example, error) {
	out := make([]*example, len(rows))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, row := range rows {
		g.Go(func() error {
			if set == "routing_taidi_tok" { // segmented by others: we cut it ourselves
				row.Text = strings.ReplaceAll(row.Text, " ", "")
			}
			r := a.read(huiying.Post{Title: row.Title, Text: row.Text})
			e := &example{print: fingerprint(r), plea: pleaOf(r), row: row, set: set}
			for b, f := range r.features {
				e.features[b] = slices.Clone(f)
			}
			out[i] = e
			a.free(r)
			return ctx.Err()
		})
	}
	return out, g.Wait()
}

func readLabelled(path string) ([]labelled, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var rows []labelled
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for n := 1; sc.Scan(); n++ {
		var row labelled
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return nil, &huiying.Error{Code: huiying.CodeInvalid, Message: fmt.Sprintf("%s:%d 不是合格的 JSON，请改正后重新训练", path, n), Cause: err}
		}
		rows = append(rows, row)
	}
	return rows, sc.Err()
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

// fitted is a task as learned from some of its rows, with the weights of each
// label.
type fitted struct {
	task    taskModel
	weights [][]float32
}

// learn trains one task without each fold in turn, to score it and to fit the
// probabilities, and last on all its rows.
func (m *model) learn(ctx context.Context, t task, sets map[string][]*example, seed uint64) (fits [folds + 1]fitted, _ TaskReport, _ error) {
	rows, data := t.rows(sets)
	labels := t.labels
	if labels == nil {
		for _, e := range rows {
			if !slices.Contains(labels, e.label) {
				labels = append(labels, e.label)
			}
		}
		slices.Sort(labels)
	}
	for k := range fits {
		fits[k] = fitted{
			taskModel{Name: t.name, Labels: labels, Reads: t.reads, Choice: t.labels == nil, Data: data, Columns: make([]column, len(labels))},
			make([][]float32, len(labels)),
		}
	}
	held := make([][]float64, len(rows)) // scores by someone who had not seen the row
	for i := range held {
		held[i] = make([]float64, len(labels))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for c, label := range labels {
		for k := range fits {
			g.Go(func() error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				w, bias := m.fit(t, rows, func(e *example) bool { return e.fold != k }, label, seed)
				fits[k].weights[c], fits[k].task.Columns[c].Bias = w, bias
				for i, e := range rows {
					if e.fold == k { // none of them is in the last
						held[i][c] = float64(bias) + e.vector.dot(w, &t.reads)
					}
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return fits, TaskReport{}, err
	}
	return fits, t.calibrate(&fits, rows, held), nil
}

// rows are the labelled rows of a task.
func (t task) rows(sets map[string][]*example) (rows []*example, data string) {
	var sizes []string
	for _, set := range t.sets {
		n := 0
		for _, e := range sets[set] {
			c := *e
			if c.label, c.use = t.label(e); c.use == useNot {
				continue
			}
			n++
			rows = append(rows, &c)
		}
		sizes = append(sizes, fmt.Sprintf("%s %d", set, n))
	}
	return append(rows, t.made(sets, rows)...), strings.Join(sizes, ", ")
}

// share puts every row of every set into its group and its fold.
func share(sets map[string][]*example, seed uint64) {
	var rows []*example
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		rows = append(rows, sets[set]...)
	}
	group(rows)
	fold := make(map[int]int)
	r := rand.New(rand.NewPCG(seed, 7))
	for _, e := range rows {
		if _, ok := fold[e.group]; !ok {
			fold[e.group] = r.IntN(folds)
		}
		e.fold = fold[e.group]
	}
}

// group joins the rows of one source and the near-copies, and those of their
// copies; a group is known by the place of its first row.
func group(rows []*example) {
	first := make(map[string]int, len(rows))
	top := func(i int) int {
		for rows[i].group != i {
			i = rows[i].group
		}
		return i
	}
	for i, e := range rows {
		e.group = i
		join := func(k int) {
			a, b := top(k), top(i)
			rows[max(a, b)].group = min(a, b)
		}
		source := cmp.Or(e.row.RawID, e.row.ID)
		if k, ok := first[source]; ok {
			join(k)
		} else {
			first[source] = i
		}
		if e.print == 0 { // no letters
			continue
		}
		for k, o := range rows[:i] {
			if o.print != 0 && e.print.Distance(o.print) <= alike {
				join(k)
			}
		}
	}
	for i := range rows {
		rows[i].group = top(i)
	}
}

// fit learns one label against the rest from the rows chosen.
func (m *model) fit(t task, rows []*example, choose func(*example) bool, label string, seed uint64) (w []float32, bias float32) {
	var vectors []vector
	var yes []bool
	var weight []float32
	alone := apart(rows, label)
	for _, e := range rows {
		if !choose(e) || e.use == useApart && !alone {
			continue
		}
		row := cmp.Or(e.share, 1)
		if e.share == 0 && t.weigh != nil {
			row = t.weigh(e)
		}
		if e.label == label {
			row *= t.boost
		}
		vectors, yes, weight = append(vectors, e.vector), append(yes, e.label == label), append(weight, row)
	}
	dim := len(m.Slots)
	ratio := t.ratios(vectors, yes, dim)
	for i, v := range vectors {
		heard := vector{slots: make([]uint32, 0, len(v.slots)), values: make([]float32, 0, len(v.values))}
		for k, s := range v.slots {
			if loud := ratio[s] * t.reads[v.bags[k]]; loud != 0 {
				heard.slots, heard.values = append(heard.slots, s), append(heard.values, v.values[k]*loud)
			}
		}
		vectors[i] = heard
	}
	w, bias = svm(vectors, yes, weight, t.cost, dim, seed)
	for s := range w {
		w[s] *= ratio[s]
	}
	return w, bias
}

// ratios weigh the features by how much they tell yes from no: between 1 and the
// absolute log-count ratio of naive Bayes, by the task's prior.
func (t task) ratios(rows []vector, yes []bool, dim int) []float32 {
	out := make([]float32, dim)
	with, without := make([]float64, dim), make([]float64, dim)
	last := make([]int, dim) // row + 1 that was counted: a slot counts once in each
	n, m := 1.0, 1.0
	for i, v := range rows {
		if yes[i] {
			n++
		} else {
			m++
		}
		for _, s := range v.slots {
			if last[s] == i+1 {
				continue
			}
			last[s] = i + 1
			if yes[i] {
				with[s]++
			} else {
				without[s]++
			}
		}
	}
	for s := range out {
		r := math.Abs(math.Log((with[s] + 0.5) / (n + 0.5) * (m + 0.5) / (without[s] + 0.5)))
		out[s] = float32(1 - t.prior + t.prior*r)
	}
	return out
}

// calibrate fits the probabilities to held-out scores and measures them, each
// fold with the fit of the others.
func (t task) calibrate(fits *[folds + 1]fitted, rows []*example, held [][]float64) TaskReport {
	labels := fits[0].task.Labels
	p := make([][]float64, len(rows))
	for i := range p {
		p[i] = make([]float64, len(labels))
	}
	ranks := make([][]huiying.Scored, len(rows))
	for k := range folds + 1 { // the last is the fit of all
		var seen []int
		for i, e := range rows {
			if e.fold != k && (e.use == useScore || t.hint(e) > 0) {
				seen = append(seen, i)
			}
		}
		tm := &fits[k].task
		t.probabilities(tm, rows, held, seen)
		for i, e := range rows {
			if e.fold != k {
				continue
			}
			for c := range labels {
				p[i][c] = tm.Columns[c].probability(held[i][c], tm.Choice)
			}
			ranks[i] = t.ranked(tm, p[i])
		}
	}
	bySet := make(map[string][]judged)
	var all []judged
	for i, e := range rows {
		if e.use != useScore {
			continue
		}
		j := judged{want: e.label, scores: ranks[i], slice: e.row.Slice}
		all = append(all, j)
		bySet[e.set] = append(bySet[e.set], j)
	}
	r := TaskReport{Name: t.name, Data: fits[folds].task.Data, Rows: len(rows), Held: measure(t.suite, all), Sets: map[string]Metrics{}}
	if len(bySet) > 1 {
		for set, j := range bySet {
			r.Sets[set] = measure(t.suite, j)
		}
	}
	return r
}

// probabilities fits a and b of every column, and the doubt, to the held-out
// scores of the rows given.
func (t task) probabilities(tm *taskModel, rows []*example, held [][]float64, seen []int) {
	if tm.Choice {
		var z [][]float64
		var want []int
		for _, i := range seen {
			z, want = append(z, held[i]), append(want, slices.Index(tm.Labels, rows[i].label))
		}
		var a float64
		a, tm.Doubt = temperature(z, want)
		for c, label := range tm.Labels {
			if tm.Columns[c].A = a; apart(rows, label) {
				tm.Columns[c].B = unheard
			}
		}
		return
	}
	weight := t.counts(rows, seen)
	for c, label := range tm.Labels {
		var z []float64
		var yes []bool
		for _, i := range seen {
			z, yes = append(z, held[i][c]), append(yes, rows[i].label == label)
		}
		tm.Columns[c].A, tm.Columns[c].B = platt(z, yes, weight)
	}
}

// ranked are the labels by probability.
func (t task) ranked(tm *taskModel, p []float64) []huiying.Scored {
	s := tm.shared(p)
	if len(s) == 1 {
		return either(s[0].Name, t.other, s[0].P, s[0].P >= 0.5)
	}
	slices.SortStableFunc(s, func(a, b huiying.Scored) int { return cmp.Compare(b.P, a.P) })
	return s
}

// byTime trains on the older four fifths of the rows and scores the rest, but for
// copies of what it learned: what is true next year is harder than what is true
// of the same weeks. The probabilities are fitted to older rows alone, too.
func (m *model) byTime(t task, sets map[string][]*example, seed uint64) Metrics {
	rows, _ := t.rows(sets)
	slices.SortStableFunc(rows, func(a, b *example) int { return cmp.Compare(a.row.seconds(), b.row.seconds()) })
	old, late := rows[:len(rows)*4/5], rows[len(rows)*4/5:]
	known := make(map[int]bool)
	tm := &taskModel{Labels: t.labels, Columns: make([]column, len(t.labels))}
	held := make([][]float64, len(old))
	all := make([]int, len(old))
	for k := range folds {
		w, bias := m.fit(t, old, func(e *example) bool { return e.fold != k }, t.labels[0], seed)
		for i, e := range old {
			if all[i], known[e.group] = i, true; e.fold == k {
				held[i] = []float64{float64(bias) + e.vector.dot(w, &t.reads)}
			}
		}
	}
	t.probabilities(tm, old, held, all)
	w, bias := m.fit(t, old, func(*example) bool { return true }, t.labels[0], seed)
	var verdicts []judged
	for _, e := range late {
		if !known[e.group] {
			p := tm.Columns[0].probability(float64(bias)+e.vector.dot(w, &t.reads), false)
			verdicts = append(verdicts, judged{want: e.label, scores: t.ranked(tm, []float64{p})})
		}
	}
	return measure(t.suite, verdicts)
}

func (v vector) dot(w []float32, reads *[bags]float32) float64 {
	z := float32(0)
	for k, s := range v.slots {
		z += w[s] * v.values[k] * reads[v.bags[k]]
	}
	return float64(z)
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
		if w := weights[row*m.Columns : (row+1)*m.Columns]; m.bagOf[row] == bagWords || slices.ContainsFunc(w, func(v byte) bool { return v != weightZero }) { // words: keywords ask how rare they are
			m.Slots, m.IDF, m.Weights = append(m.Slots, slot), append(m.IDF, idf[row]), append(m.Weights, w...)
		}
	}
	m.prepare()
	return nil
}
