package main_test

import (
	"fmt"
	"testing"
	"time"

	"huiying"
	"huiying/deploy/county"
	"huiying/deploy/sample"
)

// What the demo begins with was lived by the rules of the county: in order, before
// the demo, by day, and with what was late on record.
func TestThePastOfTheDemoIsLivedByTheRules(t *testing.T) {
	t.Parallel()
	files, err := county.Embedded("141122")
	if err != nil {
		t.Fatal(err)
	}
	c, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	matters, err := sample.Past()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 26, 3, 0, 0, 0, huiying.Beijing)
	units := huiying.NewDirectory(c.Units)
	late, courses := make(map[sample.Course]int), make(map[sample.Course]int)
	for i, m := range matters {
		posts := m.Posts(start)
		draft := huiying.Case{
			ID: huiying.CaseID(fmt.Sprint("c", i)), Region: "141122", Queue: huiying.Online, Title: posts[0].Headline(), Level: huiying.Yellow,
			EventAt: posts[0].PublishedAt, FirstSeenAt: posts[0].PublishedAt.Add(2 * time.Minute), Flags: []huiying.Flag{huiying.FlagRumor},
		}
		w, err := m.Play(draft, &c.Rules, start)
		if err != nil {
			t.Errorf("day %d: %v", m.Day, err)
			continue
		}
		before, overdue := draft.FirstSeenAt, false
		for _, e := range w.Change.Entries {
			if e.At.Before(before) || e.At.After(start) {
				t.Errorf("%s: %s at %s, after %s", draft.Title, e.Action, e.At, before)
			}
			if h := e.At.Hour(); e.By.Role != huiying.System && (h < 8 || h >= 22) {
				t.Errorf("%s: %s %s at %s", draft.Title, e.By.Role, e.Action, e.At.Format(time.TimeOnly))
			}
			before = e.At
			overdue = overdue || e.Action == huiying.ActOverdue
		}
		if overdue {
			late[m.Course]++
		}
		courses[m.Course]++
		if m.Day > 12 && w.Case.State != huiying.StateArchived {
			t.Errorf("%s of day %d is %s", draft.Title, m.Day, w.Case.State)
		}
		for _, u := range append([]huiying.UnitID{m.Lead}, m.Help...) {
			if err := units.Check(u, start.AddDate(0, 0, -m.Day)); err != nil {
				t.Errorf("%s: %v", draft.Title, err)
			}
		}
	}
	if late["slow"] < courses["slow"]-1 || late["late"] != courses["late"] || late["prompt"] > courses["prompt"]/4 {
		t.Errorf("late: %v of %v", late, courses)
	}
	if len(matters) < 40 || len(courses) != 6 {
		t.Errorf("%d matters of courses %v", len(matters), courses)
	}
}
