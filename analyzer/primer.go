package analyzer

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// primers are texts we wrote ourselves, for what labelled rows tell too seldom or
// never: the eight classes no letter is labelled with, accidents told in other words
// than a newspaper's. None of the rows was seen in writing them.
//
//go:embed primer
var primers embed.FS

// primer is a file of them: a label, perhaps a title, and a text a line.
type primer struct {
	file  string
	share float32                        // weight of each text; 1 for a row
	label func(row *labelled, as string) // what the label of a line says
}

// primerSet is the name that the texts of a task's primer go by among the sets.
func primerSet(task string) string { return "primer " + task }

// rows are the texts. They teach every model but the one of their fold, which can
// then be asked about them.
func (p *primer) rows() ([]labelled, error) {
	raw, err := primers.ReadFile("primer/" + p.file)
	if err != nil {
		return nil, err
	}
	var out []labelled
	sc := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; sc.Scan(); n++ {
		if sc.Text() == "" || sc.Text()[0] == '#' {
			continue
		}
		part := strings.Split(sc.Text(), "\t")
		if len(part) < 2 || len(part) > 3 {
			return nil, fmt.Errorf("%s:%d: want a label, perhaps a title, and a text, with tabs between them", p.file, n)
		}
		row := labelled{ID: p.file + ":" + strconv.Itoa(n), Text: part[len(part)-1]}
		if len(part) == 3 {
			row.Title = part[1]
		}
		p.label(&row, part[0])
		out = append(out, row)
	}
	return out, sc.Err()
}

// primerStep: each so manieth text is read, fewer where the learner is tried and not
// what it learns.
var primerStep = 1

// primed reads the primer of a task.
func (a *Analyzer) primed(ctx context.Context, t task, seed uint64) ([]*example, error) {
	p := t.knowledge().primer
	if p == nil {
		return nil, nil
	}
	rows, err := p.rows()
	if err != nil {
		return nil, err
	}
	few := rows[:0]
	for i := 0; i < len(rows); i += primerStep {
		few = append(few, rows[i])
	}
	out, err := a.readRows(ctx, primerSet(t.name), few)
	r := rand.New(rand.NewPCG(seed, 11))
	for _, e := range out {
		e.share, e.fold = p.share, r.IntN(folds)
	}
	return out, err
}

func writtenClass(row *labelled, as string) {
	class, _, _ := strings.Cut(as, "/")
	row.Label = []byte(class)
}

// writtenEvent: what only sounds like an emergency is asked about and not taught.
// The labelled rows count a sequel as the emergency itself, these do not; teaching
// both costs a twentieth of the disasters.
func writtenEvent(row *labelled, as string) { row.Label, row.untaught = []byte(as), as == "0" }

func writtenFeeling(row *labelled, as string) {
	row.Emotion, row.Label = as, []byte("neg")
	switch as {
	case "happy":
		row.Label = []byte("pos")
	case "neutral", "surprise":
		row.Label = []byte("neu")
	}
}
