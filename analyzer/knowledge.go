package analyzer

import (
	"context"
)

// knowledge is what a task is taught beside labelled rows.
type knowledge struct {
	made  func(seed uint64) ([]labelled, error) // pseudo-documents; they are never scored
	share float32                               // weight of each of them; 1 for a row
}

func (t task) knowledge() knowledge { return taught[t.name] }

var taught = map[string]knowledge{
	taskCategory:   {made: lettersFor(false), share: 0.1},
	taskDepartment: {made: lettersFor(true), share: 0.1},
	taskEmergency: {
		made:  func(seed uint64) ([]labelled, error) { return madeIncidents(incidents, seed) },
		share: 0.1,
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
			c.label, c.use, c.fold = c.row.label(), useTrain, noFold
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
