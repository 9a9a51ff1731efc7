package analyzer

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"huiying"
)

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
		j := judged{want: e.label, scores: ranks[i], slice: e.row.Slice}
		switch e.use {
		case useScore:
			all = append(all, j)
			fallthrough
		case useAside:
			bySet[e.set] = append(bySet[e.set], j)
		}
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
