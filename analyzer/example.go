package analyzer

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
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

type labelled struct {
	ID      string          `json:"id"`
	RawID   string          `json:"raw_id"`
	Title   string          `json:"title"`
	Text    string          `json:"text"`
	Label   json.RawMessage `json:"label"`
	Slice   string          `json:"slice"`
	Emotion string          `json:"emotion"`
	Time    json.RawMessage `json:"time"` // seconds, or as Mon Mar 11 13:30:22 +0800 2013; absent when unknown

	untaught bool // only to be asked about
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
	if n := len(sets[primerSet(t.teacher())]); n > 0 {
		sizes = append(sizes, fmt.Sprintf("primer %d", n))
	}
	return append(rows, t.made(sets, rows)...), strings.Join(sizes, ", ")
}

// alike: bits that the fingerprints of near-copies differ in at most. It is wider
// than for events: a copy in the wrong fold flatters, a stranger in the same fold
// costs nothing.
const alike = 12

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
