package analyzer

import (
	"cmp"
	"context"
	"math"
	"slices"

	"huiying"
)

// knowledge is what a task is taught beside labelled rows.
type knowledge struct {
	of       string                                // another task whose knowledge it is
	made     func(seed uint64) ([]labelled, error) // pseudo-documents; they are never scored
	share    float32                               // weight of each of them; 1 for a row
	primer   *primer                               // texts we wrote
	sentence float32                               // weight of each sentence of a row; 0 to leave it at the row
}

func (t task) knowledge() knowledge { return taught[t.teacher()] }

var taught = map[string]knowledge{
	taskEmotion:    {primer: &primer{"posts.txt", 0.1, writtenFeeling}},
	taskSentiment:  {of: taskEmotion},
	taskCategory:   {made: lettersFor(false), share: 0.1, primer: &primer{"letters.txt", 0.5, writtenClass}},
	taskDepartment: {made: lettersFor(true), share: 0.1},
	taskEmergency: {
		made:     func(seed uint64) ([]labelled, error) { return madeIncidents(incidents, seed) },
		share:    0.1,
		sentence: 0.2,
		primer:   &primer{"events.txt", 0.2, writtenEvent},
	},
	taskGenuine: {of: taskEmergency},
}

// weak are the tasks of which the rows labelled weakly help to fit the
// probabilities, and how much each counts beside one labelled by hand: where those
// are few, a thousand hints hold the fit steady.
var weak = map[string]float64{taskComplaint: 0.02}

// hint is how much a row counts when the probabilities are fitted.
func (t task) hint(e *example) float64 {
	if e.use == useScore {
		return 1
	}
	return weak[t.name]
}

// fading are the tasks of which late rows tell more about the next ones than early
// rows when the probabilities are fitted: the share of the rows, from the latest
// back, at which a row counts for 1/e. Of the rumours of the first weeks there are
// few, of the last many.
var fading = map[string]float64{taskRumor: 0.4}

// counts are how much each of the rows seen counts when the probabilities are
// fitted.
func (t task) counts(rows []*example, seen []int) []float64 {
	out := make([]float64, len(seen))
	for k, i := range seen {
		out[k] = t.hint(rows[i])
	}
	span, ok := fading[t.name]
	if !ok {
		return out
	}
	latest := make([]int, len(seen))
	for k := range latest {
		latest[k] = k
	}
	slices.SortStableFunc(latest, func(a, b int) int { return cmp.Compare(rows[seen[b]].row.seconds(), rows[seen[a]].row.seconds()) })
	for before, k := range latest {
		out[k] *= math.Exp(-float64(before) / (span * float64(len(seen))))
	}
	return out
}

// teacher is the task whose knowledge a task is taught.
func (t task) teacher() string { return cmp.Or(taught[t.name].of, t.name) }

func (t task) madeSet() string { return "made " + t.teacher() }

// madeFor reads the pseudo-documents of a task.
func (a *Analyzer) madeFor(ctx context.Context, t task, seed uint64) ([]*example, error) {
	made := t.knowledge().made
	if made == nil || taught[t.name].of != "" {
		return nil, nil
	}
	rows, err := made(seed)
	if err != nil {
		return nil, err
	}
	out, err := a.readRows(ctx, t.madeSet(), rows)
	for _, e := range out {
		e.share, e.fold = t.knowledge().share, noFold
	}
	return out, err
}

// sentencesOf reads each sentence of the rows of a task as a text of its own, of
// the row's fold: half of what is labelled are articles, most of what is asked
// about is a line. Of an emergency only what says that something happened.
func (a *Analyzer) sentencesOf(ctx context.Context, t task, sets map[string][]*example) ([]*example, error) {
	weight := t.knowledge().sentence
	if weight == 0 || taught[t.name].of != "" {
		return nil, nil
	}
	var rows []labelled
	var folds []int
	for _, set := range t.sets {
		for _, e := range sets[set] {
			r := a.read(huiying.Post{Title: e.row.Title, Text: e.row.Text})
			for _, s := range r.sentences {
				row := e.row
				if row.Title, row.Text = "", string(r.runes[s.from:s.to]); len(r.sentences) > 1 && s.to-s.from >= leastSentence {
					rows, folds = append(rows, row), append(folds, e.fold)
				}
			}
			a.free(r)
		}
	}
	out, err := a.readRows(ctx, t.madeSet(), rows)
	for i, e := range out {
		e.share, e.fold = weight, folds[i]
	}
	happened := hashSign("happened")
	return slices.DeleteFunc(out, func(e *example) bool {
		return e.row.label() == t.labels[0] && !slices.ContainsFunc(e.features[bagSigns], func(f feature) bool { return f.slot == happened })
	}), err
}

// leastSentence is how many runes make a sentence.
const leastSentence = 5

// made is what a task is taught beside its rows: pseudo-documents, the sentences of
// rows, and what we wrote.
func (t task) made(sets map[string][]*example, rows []*example) []*example {
	labels := make(map[string]bool)
	for _, e := range rows {
		labels[e.label] = true
	}
	var out []*example
	for _, e := range slices.Concat(sets[t.madeSet()], sets[primerSet(t.teacher())]) {
		c := *e
		if c.label, c.use = t.label(e); c.use == useNot || e.row.untaught {
			continue
		}
		if c.use = useTrain; !labels[c.label] {
			c.use = useApart
		}
		out = append(out, &c)
	}
	return out
}

// apart reports whether no row has a label.
func apart(rows []*example, label string) bool {
	return slices.ContainsFunc(rows, func(e *example) bool { return e.use == useApart && e.label == label })
}

// unheard are the log-odds that a label no row has is given beside what it was
// taught: what there is of it is short and counts little, so that a whole letter
// seldom sounds like it.
const unheard = 1.7

// noFold is the fold of what every model is taught by.
const noFold = -1

func lettersFor(bureau bool) func(uint64) ([]labelled, error) {
	return func(seed uint64) ([]labelled, error) {
		all, err := parseMatters(matterWords)
		if err != nil {
			return nil, err
		}
		return madeLetters(all, bureau, seed), nil
	}
}
