package huiying_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"huiying"
)

// Each figure of a report lists as many things as it says, and its path names the
// period and the moment it was true at.
func TestEveryFigureListsWhatItCounts(t *testing.T) {
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, huiying.Beijing)
	at := func(h int) time.Time { return day.Add(time.Duration(h) * time.Hour) }
	late := huiying.Clock{Kind: huiying.ClockRespond, Start: at(-48), Due: at(5)}
	next := huiying.Clock{Kind: huiying.ClockFeedback, Unit: "jkj", Start: at(1), Due: at(30)}
	in := huiying.BriefInput{
		Kind: huiying.ReportDaily, From: day, To: at(24), Now: at(26),
		Events: []huiying.Event{
			{ID: "e1", Title: "学校食堂", Level: huiying.Orange, Flags: []huiying.Flag{huiying.FlagLivelihood}, Curve: huiying.CurveGrowing},
			{ID: "e2", Title: "听说要拆", Level: huiying.Yellow, Flags: []huiying.Flag{huiying.FlagRumor}},
			{ID: "e3", Title: "路灯", Level: huiying.Blue},
		},
		Cases: []huiying.Case{
			{ID: "c1", Number: "1号", Event: "e1", State: huiying.StateAssigned, OpenedAt: at(1), Clocks: []huiying.Clock{late, next}},
			{ID: "c2", Number: "2号", State: huiying.StateTriage, OpenedAt: at(-30)},
			{ID: "c3", Number: "3号", Title: "网传停水", State: huiying.StateTriage, OpenedAt: at(2), Rumor: huiying.RumorUnverified},
			{ID: "c4", Number: "4号", State: huiying.StateClosed, OpenedAt: at(3), ClosedAt: at(25)}, // open at the end of the day, not now
			{ID: "c5", Number: "5号", State: huiying.StateClosed, OpenedAt: at(3), ClosedAt: at(10), ReboundAt: at(12)},
		},
	}
	b := huiying.BriefOf(in)
	for figure, want := range map[huiying.Figure]string{
		huiying.FigureMatters: "学校食堂", huiying.FigureRumors: "网传停水 听说要拆", huiying.FigureRefuted: "", huiying.FigureCare: "学校食堂", huiying.FigureRising: "学校食堂",
		huiying.FigureOpen: "1号 2号 4号", huiying.FigureLate: "1号", huiying.FigureDue: "1号", huiying.FigureUnanswered: "1号", huiying.FigureUnjudged: "2号 3号", huiying.FigureUnacked: "1号", huiying.FigureRebound: "5号",
	} {
		all, got := b.Behind(figure), make(map[string]bool)
		for _, p := range all {
			name := p.Title()
			if name == "" {
				name = p.Case.Number
			}
			got[name] = true
			if p.Case != nil {
				got[p.Case.Number] = true
			}
		}
		if len(all) != len(strings.Fields(want)) {
			t.Errorf("%s lists %d, want %q", figure, len(all), want)
		}
		for _, name := range strings.Fields(want) {
			if !got[name] {
				t.Errorf("%s does not list %s: %v", figure, name, got)
			}
		}
	}
	if all := b.Behind(huiying.FigureDue); len(all) == 1 && all[0].Clock.Kind != huiying.ClockFeedback {
		t.Errorf("the deadline due next is %v", all[0].Clock)
	}
	for _, r := range append(append(b.Risks, b.Advice...), b.Outlook...) {
		_, query, ok := strings.Cut(r.Path, "/reports/evidence?")
		if !ok {
			continue
		}
		q, err := url.ParseQuery(query)
		n := len(b.Behind(huiying.Figure(q.Get("of"))))
		if err != nil || q.Get("to") != "2026-11-27T00:00:00+08:00" || !strings.Contains(r.Text, fmt.Sprint(n)) {
			t.Errorf("%q leads to %s, where %d are listed", r.Text, r.Path, n)
		}
	}
	in.Now = at(20)
	if path := huiying.BriefOf(in).EvidencePath(huiying.FigureOpen); !strings.Contains(path, url.QueryEscape("2026-11-26T20:00:00+08:00")) {
		t.Errorf("before the day is over its figures are those of the moment: %s", path)
	}
}
