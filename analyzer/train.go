package analyzer

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
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

// task is a question the models are trained for.
type task struct {
	name   string
	suite  string // of [Analyzer.Eval] that asks the same
	sets   []string
	labels []string // of a yes-or-no task what is looked for, else empty: those of the rows
	other  string   // of a yes-or-no task the rest
	cost   float64  // C of the support vector machine
	prior  float64  // share of the naive-Bayes weighting (Wang and Manning 2012), 0…1
	boost  float32  // weight of the rows that say yes; 1 for none
	label  func(row labelled, set string) (label string, use use)
}

// use says what a row is good for.
type use int

const (
	useNot use = iota
	useTrain
	useScore // train on it and score it when it is held out
)

type labelled struct {
	ID    string          `json:"id"`
	RawID string          `json:"raw_id"`
	Title string          `json:"title"`
	Text  string          `json:"text"`
	Label json.RawMessage `json:"label"`
	Slice string          `json:"slice"`
	Time  json.RawMessage `json:"time"` // seconds, or as Mon Mar 11 13:30:22 +0800 2013; absent when unknown
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

func scored(row labelled, _ string) (string, use) { return row.label(), useScore }

var tasks = []task{
	{
		taskCategory, "routing",
		[]string{"routing_taidi", "routing_taidi_tok"},
		nil, "", 0.5, 0.8, 1,
		func(row labelled, set string) (string, use) {
			if set == "routing_taidi_tok" {
				return row.label(), useTrain
			}
			return row.label(), useScore
		},
	},
	{
		taskSentiment, "sentiment",
		[]string{"senti_ewect", "senti_htl", "senti_waimai", "senti_shopping"},
		nil, "", 0.1, 0.6, 1,
		func(row labelled, _ string) (string, use) {
			return map[string]string{"neg": "negative", "neu": "neutral", "pos": "positive"}[row.label()], useScore
		},
	},
	{
		taskComplaint, "citizen",
		[]string{"risk_citizen", "cluster_taidi3", "routing_taidi", "routing_dept_weak"},
		[]string{"negative"},
		"other", 0.1, 0, 1,
		func(row labelled, set string) (string, use) {
			if set == "risk_citizen" {
				return map[string]string{"neg": "negative", "nonneg": "other"}[row.label()], useScore
			}
			return titleSays(row.Title)
		},
	},
	{taskEmergency, "emergency", []string{"emergency"}, []string{"1"}, "0", 0.4, 0, 1, scored},
	{taskRumor, "rumor", []string{"rumor_ced"}, []string{"rumor"}, "nonrumor", 4, 0, 1, scored},
	{taskDepartment, "department", []string{"routing_dept_weak"}, nil, "", 1, 0.6, 1, scored},
}

var (
	grievance = regexp.MustCompile(`投诉|举报|扰民|违法|违规|违建|违停|污染|无人|没人|拖欠|黑心|乱|噪音|非法|恶意|强制|强迫|严重|不作为|诈骗|传销|占用|侵占|不合理|假|恶臭|欺|猖獗|质量问题|烂尾|遥遥无期|腐败|查处|坑|油烟|毒|凭什么`)
	inquiry   = regexp.MustCompile(`咨询|建议|希望|请问|能不能|可否|能否|是否|如何|怎么|怎样|吗|什么时候|哪|请求(?:政府)?(?:修|建|增|加|恢复|维修|硬化|发展)|加快|盼|提议|期待|想`)
)

// titleSays labels a letter by its title where the title is plain; few letters
// were labelled by hand.
func titleSays(title string) (string, use) {
	g, i := grievance.MatchString(title), inquiry.MatchString(title)
	switch {
	case g == i:
		return "", useNot
	case g:
		return "negative", useTrain
	default:
		return "other", useTrain
	}
}

// example is one text of a task's sets. Rows of a group, which are of one source
// or near-copies, are never split between training and test.
type example struct {
	features [bags][]feature
	vector   vector
	print    huiying.Fingerprint
	row      labelled
	set      string
	label    string
	use      use
	group    int
	fold     int
	weight   float32
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
func (a *Analyzer) Train(ctx context.Context, dataDir, outDir string, seed int64, progress io.Writer) (Report, error) {
	report := Report{Seed: seed, Folds: folds}
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
	m.At = m.At.UTC()
	for _, t := range tasks {
		rows, err := a.madeFor(ctx, t, uint64(seed))
		if err != nil {
			return report, err
		}
		sets[t.madeSet()] = rows
	}
	m.learnFeatures(sets)
	report.Slots = len(m.Slots)
	weights := make([][]float32, 0, mostColumns)
	for _, t := range tasks {
		say("训练 %s …", t.name)
		tm, r, w, err := m.learn(ctx, t, sets, uint64(seed))
		if err != nil {
			return report, fmt.Errorf("train %s: %w", t.name, err)
		}
		m.Tasks = append(m.Tasks, tm)
		weights = append(weights, w...)
		report.Tasks = append(report.Tasks, r)
		if t.name == taskRumor {
			byTime := m.byTime(t, sets, uint64(seed))
			report.ByTime = &byTime
		}
	}
	if len(weights) > mostColumns {
		return report, fmt.Errorf("the tasks have %d labels, at most %d", len(weights), mostColumns)
	}
	m.quantize(weights)
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
			e := &example{print: fingerprint(r), row: row, set: set}
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
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		rows = append(rows, row)
	}
	return rows, sc.Err()
}

// learnFeatures chooses the features and weighs them by how many texts hold them
// (idf), over all sets but the reviews, of which there are too many.
func (m *model) learnFeatures(sets map[string][]*example) {
	texts := 0
	in, bagOf := make([]int32, hashed), make([]uint8, hashed)
	for set, rows := range sets {
		if set == "senti_htl" || set == "senti_waimai" || set == "senti_shopping" {
			continue
		}
		for _, e := range rows {
			texts++
			for b, bag := range e.features {
				for _, f := range bag {
					in[f.slot]++
					if in[f.slot] == 1 || uint8(b) < bagOf[f.slot] { // of two that share a slot the first
						bagOf[f.slot] = uint8(b)
					}
				}
			}
		}
	}
	for slot, n := range in {
		if n >= rare {
			m.Slots = append(m.Slots, uint32(slot))
		}
	}
	slices.SortStableFunc(m.Slots, func(a, b uint32) int { return cmp.Compare(in[b], in[a]) })
	for _, slot := range m.Slots {
		idf := math.Log(float64(1+texts)/float64(1+in[slot])) + 1
		m.IDF = append(m.IDF, uint8(min(255, math.Round(idf*idfScale))))
		m.bagOf = append(m.bagOf, bagOf[slot])
	}
	m.rows = make([]int32, hashed)
	for row, slot := range m.Slots {
		m.rows[slot] = int32(row) + 1
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
			row := m.rows[x.slot] - 1
			if row < 0 {
				continue
			}
			value := float32(signWeight)
			if b < bagSigns {
				value = damped(x.count) * float32(m.IDF[row]) / idfScale
			}
			square += float64(value) * float64(value)
			v.slots, v.values = append(v.slots, uint32(row)), append(v.values, value)
		}
		if b < bagSigns {
			for i := from; i < len(v.values); i++ {
				v.values[i] /= float32(math.Sqrt(square))
			}
		}
	}
	return v
}

// learn trains one task on all its rows, after it has held out each fold in turn
// to score it and to fit the probabilities.
func (m *model) learn(ctx context.Context, t task, sets map[string][]*example, seed uint64) (taskModel, TaskReport, [][]float32, error) {
	rows, data := t.rows(sets, seed)
	tm := taskModel{Name: t.name, Labels: t.labels, Choice: t.labels == nil && t.name != taskSentiment, Data: data}
	if tm.Labels == nil {
		for _, e := range rows {
			if !slices.Contains(tm.Labels, e.label) {
				tm.Labels = append(tm.Labels, e.label)
			}
		}
		slices.Sort(tm.Labels)
	}
	held := make([][]float64, len(rows)) // scores by someone who had not seen the row
	for i := range held {
		held[i] = make([]float64, len(tm.Labels))
	}
	weights := make([][]float32, len(tm.Labels))
	tm.Columns = make([]column, len(tm.Labels))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for c, label := range tm.Labels {
		for k := range folds + 1 {
			g.Go(func() error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				w, bias := t.fit(rows, func(e *example) bool { return e.fold != k }, label, m.bagOf, seed)
				if k == folds { // no row is in this fold
					weights[c], tm.Columns[c].Bias = w, bias
					return nil
				}
				for i, e := range rows {
					if e.fold == k {
						held[i][c] = float64(bias) + e.vector.dot(w)
					}
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return tm, TaskReport{}, nil, err
	}
	return tm, t.calibrate(&tm, rows, held), weights, nil
}

// rows are the labelled rows of a task, each in its group and fold.
func (t task) rows(sets map[string][]*example, seed uint64) (rows []*example, data string) {
	var sizes []string
	for _, set := range t.sets {
		n := 0
		for _, e := range sets[set] {
			c := *e
			c.weight = 1
			if c.label, c.use = t.label(e.row, set); c.use == useNot {
				continue
			}
			n++
			rows = append(rows, &c)
		}
		sizes = append(sizes, fmt.Sprintf("%s %d", set, n))
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
	return append(rows, t.made(sets, rows)...), strings.Join(sizes, ", ")
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
func (t task) fit(rows []*example, choose func(*example) bool, label string, bagOf []uint8, seed uint64) (w []float32, bias float32) {
	var vectors []vector
	var yes []bool
	var weight []float32
	for _, e := range rows {
		if choose(e) {
			vectors, yes, weight = append(vectors, e.vector), append(yes, e.label == label), append(weight, e.weight)
			if e.label == label {
				weight[len(weight)-1] *= t.boost
			}
		}
	}
	ratio := t.ratios(vectors, yes, len(bagOf))
	loud := t.knowledge().loud
	for s, b := range bagOf {
		ratio[s] *= loud[b]
	}
	for i, v := range vectors {
		values := make([]float32, len(v.values))
		for k, s := range v.slots {
			values[k] = v.values[k] * ratio[s]
		}
		vectors[i] = vector{v.slots, values}
	}
	w, bias = svm(vectors, yes, weight, t.cost, len(bagOf), seed)
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
	n, m := 1.0, 1.0
	for i, v := range rows {
		if yes[i] {
			n++
		} else {
			m++
		}
		for _, s := range v.slots {
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
func (t task) calibrate(tm *taskModel, rows []*example, held [][]float64) TaskReport {
	p := make([][]float64, len(rows))
	for i := range p {
		p[i] = make([]float64, len(tm.Labels))
	}
	ranks := make([][]huiying.Scored, len(rows))
	for k := range folds + 1 { // the last is the fit of all
		var seen []int
		for i, e := range rows {
			if e.use == useScore && e.fold != k {
				seen = append(seen, i)
			}
		}
		fitted, doubt := t.probabilities(tm, rows, held, seen)
		tm.Doubt = doubt
		for i, e := range rows {
			if e.fold != k {
				continue
			}
			for c := range tm.Labels {
				p[i][c] = fitted[c].probability(held[i][c], tm.Choice)
			}
			ranks[i] = t.ranked(tm, p[i])
		}
		if k == folds {
			for c := range tm.Columns {
				tm.Columns[c].A, tm.Columns[c].B = fitted[c].A, fitted[c].B
			}
		}
	}
	bySet := make(map[string][]judged)
	var all []judged
	for i, e := range rows {
		if e.use != useScore {
			continue
		}
		j := judged{want: t.wanted(e.label), scores: ranks[i], slice: e.row.Slice}
		all = append(all, j)
		bySet[e.set] = append(bySet[e.set], j)
	}
	r := TaskReport{Name: t.name, Data: tm.Data, Rows: len(rows), Held: measure(t.suite, all), Sets: map[string]Metrics{}}
	if len(bySet) > 1 {
		for set, j := range bySet {
			r.Sets[set] = measure(t.suite, j)
		}
	}
	return r
}

// probabilities fits a and b of every column to the held-out scores of the rows
// given.
func (t task) probabilities(tm *taskModel, rows []*example, held [][]float64, seen []int) (out []column, doubt float64) {
	out = make([]column, len(tm.Labels))
	if tm.Choice {
		var z [][]float64
		var want []int
		for _, i := range seen {
			z, want = append(z, held[i]), append(want, slices.Index(tm.Labels, rows[i].label))
		}
		a, doubt := temperature(z, want)
		for c := range out {
			out[c].A = a
		}
		return out, doubt
	}
	for c, label := range tm.Labels {
		var z []float64
		var yes []bool
		for _, i := range seen {
			z, yes = append(z, held[i][c]), append(yes, rows[i].label == label)
		}
		out[c].A, out[c].B = platt(z, yes)
	}
	return out, 0
}

// ranked are the labels by probability. The tone is scored as negative or not.
func (t task) ranked(tm *taskModel, p []float64) []huiying.Scored {
	s := tm.shared(p)
	if t.name == taskSentiment {
		return either(s[0].Name, "other", s[0].P, s[0].P >= 0.5)
	}
	if len(s) == 1 {
		return either(s[0].Name, t.other, s[0].P, s[0].P >= 0.5)
	}
	slices.SortStableFunc(s, func(a, b huiying.Scored) int { return cmp.Compare(b.P, a.P) })
	return s
}

func (t task) wanted(label string) string {
	if t.name == taskSentiment && label != "negative" {
		return "other"
	}
	return label
}

// byTime trains on the older four fifths of the rows and scores the rest, but for
// copies of what it learned: what is true next year is harder than what is true
// of the same weeks.
func (m *model) byTime(t task, sets map[string][]*example, seed uint64) Metrics {
	rows, _ := t.rows(sets, seed)
	slices.SortStableFunc(rows, func(a, b *example) int { return cmp.Compare(a.row.seconds(), b.row.seconds()) })
	cut := len(rows) * 4 / 5
	known := make(map[int]bool)
	for i, e := range rows {
		known[e.group] = known[e.group] || i < cut
		if e.fold = 0; i >= cut {
			e.fold = 1
		}
	}
	w, bias := t.fit(rows, func(e *example) bool { return e.fold == 0 }, t.labels[0], m.bagOf, seed)
	var all []judged
	for _, e := range rows[cut:] {
		if known[e.group] {
			continue
		}
		all = append(all, judged{want: t.wanted(e.label), scores: t.ranked(&taskModel{Labels: t.labels}, []float64{sigmoid(3 * (float64(bias) + e.vector.dot(w)))})})
	}
	return measure(t.suite, all)
}

func (v vector) dot(w []float32) float64 {
	z := float32(0)
	for k, s := range v.slots {
		z += w[s] * v.values[k]
	}
	return float64(z)
}

// quantize keeps the weights as bytes with one scale a column, and forgets the
// features that weigh nothing anywhere.
func (m *model) quantize(weights [][]float32) {
	m.Columns = len(weights)
	at := 0
	for t := range m.Tasks {
		for c := range m.Tasks[t].Columns {
			top := float32(1e-6)
			for _, v := range weights[at] {
				top = max(top, v, -v)
			}
			m.Tasks[t].Columns[c].Scale = top / 127
			at++
		}
	}
	m.Weights = make([]int8, len(m.Slots)*m.Columns)
	at = 0
	for _, t := range m.Tasks {
		for _, c := range t.Columns {
			for row, v := range weights[at] {
				m.Weights[row*m.Columns+at] = int8(math.Round(float64(v / c.Scale)))
			}
			at++
		}
	}
}
