package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"huiying"
	"huiying/alerting"
	"huiying/analyzer"
)

// eventMetrics is how well the tracker's events match labelled matters: B-cubed
// precision and recall over the rows that carry a label (Bagga & Baldwin 1998).
type eventMetrics struct {
	Suite     string  `json:"suite"`
	Rows      int     `json:"rows"` // all of them are clustered
	N         int     `json:"n"`    // rows with a label
	Events    int     `json:"events"`
	Matters   int     `json:"matters"`
	Largest   int     `json:"largest_event"`
	Precision float64 `json:"b3_precision"`
	Recall    float64 `json:"b3_recall"`
	F1        float64 `json:"b3_f1"`
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
	slices.SortStableFunc(rows, func(a, b eventRow) int { return a.post.PublishedAt.Compare(b.post.PublishedAt) })
	tracker := alerting.NewTracker()
	got := make([]huiying.EventID, len(rows))
	sizes := make(map[huiying.EventID]int)
	for i, row := range rows {
		e, _ := tracker.Place(huiying.Assessed{Post: row.post, Assessment: a.Assess(row.post)})
		got[i] = e.ID
		sizes[e.ID]++
	}
	m := eventMetrics{Suite: "events", Rows: len(rows), Events: len(sizes)}
	for _, n := range sizes {
		m.Largest = max(m.Largest, n)
	}
	m.score(rows, got)
	return m, nil
}

func (m *eventMetrics) score(rows []eventRow, got []huiying.EventID) {
	type pair struct {
		event huiying.EventID
		label string
	}
	both := make(map[pair]float64)
	events := make(map[huiying.EventID]float64)
	labels := make(map[string]float64)
	for i, row := range rows {
		if row.label == "" {
			continue
		}
		both[pair{got[i], row.label}]++
		events[got[i]]++
		labels[row.label]++
		m.N++
	}
	m.Matters = len(labels)
	if m.N == 0 {
		return
	}
	for p, n := range both {
		m.Precision += n * n / events[p.event]
		m.Recall += n * n / labels[p.label]
	}
	m.Precision /= float64(m.N)
	m.Recall /= float64(m.N)
	m.F1 = 2 * m.Precision * m.Recall / (m.Precision + m.Recall)
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
