package analyzer

import (
	"context"
)

// knowledge is what a task is taught beside labelled rows, and how loud each bag
// of features speaks in it.
type knowledge struct {
	made  func(seed uint64) ([]labelled, error) // pseudo-documents; they are never scored
	share float32                               // weight of each of them; 1 for a row
	loud  [bags]float32                         // 0 for deaf
}

// evenly hears words, runs, title and signs, and not how something is told.
var evenly = [bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1}

func (t task) knowledge() knowledge {
	if k, ok := taught[t.name]; ok {
		return k
	}
	return knowledge{loud: evenly}
}

var taught = map[string]knowledge{
	taskCategory:   {made: lettersFor(false), share: 0.1, loud: evenly},
	taskDepartment: {made: lettersFor(true), share: 0.1, loud: evenly},
	taskEmergency: {
		made:  func(seed uint64) ([]labelled, error) { return madeIncidents(incidents, seed) },
		share: 0.1,
		loud:  [bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1.5, bagTellings: 1.5},
	},
}

func (t task) madeSet() string { return "made " + t.name }

// madeFor reads the pseudo-documents of a task.
func (a *Analyzer) madeFor(ctx context.Context, t task, seed uint64) ([]*example, error) {
	made := t.knowledge().made
	if made == nil {
		return nil, nil
	}
	rows, err := made(seed)
	if err != nil {
		return nil, err
	}
	return a.readRows(ctx, t.madeSet(), rows)
}

// made are the pseudo-documents of the labels that rows have. They are in no
// fold: every model is taught by them.
func (t task) made(sets map[string][]*example, rows []*example) []*example {
	labels := make(map[string]bool)
	for _, e := range rows {
		labels[e.label] = true
	}
	var out []*example
	for _, e := range sets[t.madeSet()] {
		if c := *e; labels[c.row.label()] {
			c.label, c.use, c.fold, c.weight = c.row.label(), useTrain, noFold, t.knowledge().share
			out = append(out, &c)
		}
	}
	return out
}

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
