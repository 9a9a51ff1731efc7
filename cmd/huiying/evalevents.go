package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"huiying"
	"huiying/alerting"
	"huiying/analyzer"
)

// eventMetrics is how well the tracker's events match labelled matters: B-cubed
// precision and recall over the rows that carry a label (Bagga & Baldwin 1998).
// What the rows without one show is whether an event swallows other matters.
type eventMetrics struct {
	Suite      string     `json:"suite"`
	Rows       int        `json:"rows"` // all of them are clustered
	N          int        `json:"n"`    // rows with a label
	Events     int        `json:"events"`
	Matters    int        `json:"matters"`
	Largest    int        `json:"largest_event"`                 // its rows
	Background int        `json:"background_in_labelled_events"` // rows without a label beside rows with one
	Precision  float64    `json:"b3_precision"`
	Recall     float64    `json:"b3_recall"`
	F1         float64    `json:"b3_f1"`
	F1CI       [2]float64 `json:"b3_f1_ci"` // 95%, resampling matters
}

type eventRow struct {
	post  huiying.Post
	label string
}

func evalEvents(a *analyzer.Analyzer, r io.Reader) (eventMetrics, error) {
	rows, err := readEventRows(r)
	if err != nil {
		return eventMetrics{}, err
	}
	if !slices.ContainsFunc(rows, func(r eventRow) bool { return r.label != "" }) {
		return eventMetrics{}, huiying.Errorf(huiying.CodeInvalid, "文件里没有标注的行，每行应是一个带 label 的 JSON 对象")
	}
	slices.SortStableFunc(rows, func(a, b eventRow) int { return a.post.PublishedAt.Compare(b.post.PublishedAt) })
	tracker := alerting.NewTracker()
	got := make([]huiying.EventID, len(rows))
	for i, row := range rows {
		e, _ := tracker.Place(huiying.Assessed{Post: row.post, Assessment: a.Assess(row.post)})
		got[i] = e.ID
	}
	return scoreEvents(rows, got), nil
}

// scoreEvents compares the rows' labels with the events they got.
func scoreEvents(rows []eventRow, got []huiying.EventID) eventMetrics {
	type pair struct {
		event huiying.EventID
		label string
	}
	both := make(map[pair]float64)
	events := make(map[huiying.EventID]float64) // labelled rows
	labels := make(map[string]float64)
	sizes := make(map[huiying.EventID]int)
	m := eventMetrics{Suite: "events", Rows: len(rows)}
	for i, row := range rows {
		sizes[got[i]]++
		m.Largest = max(m.Largest, sizes[got[i]])
		if row.label == "" {
			continue
		}
		both[pair{got[i], row.label}]++
		events[got[i]]++
		labels[row.label]++
		m.N++
	}
	m.Events, m.Matters = len(sizes), len(labels)
	for event, n := range events {
		m.Background += sizes[event] - int(n)
	}
	matters := make([]matter, 0, len(labels))
	for _, l := range slices.Sorted(maps.Keys(labels)) {
		x := matter{rows: labels[l]}
		for event := range events {
			n := both[pair{event, l}]
			x.precision += n * n / events[event]
			x.recall += n * n / labels[l]
		}
		matters = append(matters, x)
	}
	if m.N == 0 {
		return m
	}
	m.Precision, m.Recall, m.F1 = bCubed(matters)
	m.F1CI = analyzer.Bootstrap(len(matters), func(drawn []int) []float64 {
		sample := make([]matter, len(drawn))
		for i, j := range drawn {
			sample[i] = matters[j]
		}
		_, _, f1 := bCubed(sample)
		return []float64{f1}
	})[0]
	return m
}

// matter is a label with the precision and recall of its rows, summed.
type matter struct{ rows, precision, recall float64 }

func bCubed(matters []matter) (precision, recall, f1 float64) {
	rows := 0.0
	for _, x := range matters {
		rows += x.rows
		precision += x.precision
		recall += x.recall
	}
	precision /= rows
	recall /= rows
	return precision, recall, 2 * precision * recall / (precision + recall)
}

func readEventRows(r io.Reader) ([]eventRow, error) {
	var rows []eventRow
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	intake := huiying.Intake{Region: "141122", Key: []byte("eval"), Now: huiying.Speed{}.Now}
	for n := 1; sc.Scan(); n++ {
		var raw struct {
			ID, Title, Text, Date, Label string
		}
		if err := json.Unmarshal(sc.Bytes(), &raw); err != nil {
			return nil, fmt.Errorf("第 %d 行: %w", n, err)
		}
		at, err := huiying.ParseTime(raw.Date)
		if err != nil {
			return nil, fmt.Errorf("第 %d 行: %w", n, err)
		}
		p, err := intake.Accept(huiying.Post{ID: huiying.PostID(raw.ID), Channel: huiying.ChannelLetter, Title: raw.Title, Text: raw.Text, PublishedAt: at})
		if err != nil {
			return nil, fmt.Errorf("第 %d 行: %w", n, err)
		}
		rows = append(rows, eventRow{p, raw.Label})
	}
	return rows, sc.Err()
}
