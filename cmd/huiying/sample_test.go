package main_test

import (
	"slices"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
	"huiying/analyzer"
	"huiying/deploy/county"
	"huiying/deploy/sample"
)

// The sample site's posts say what a careful reader would make of them. The
// floors here are what we reached, rounded down; they may only go up.
func TestTheSamplePostsAreReadAsACarefulReaderWould(t *testing.T) {
	t.Parallel()
	files, err := county.Embedded("141122")
	if err != nil {
		t.Fatal(err)
	}
	data, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	a, err := analyzer.New(analyzer.Config{County: data, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	judge, err := alerting.NewJudge(&data.Rules)
	if err != nil {
		t.Fatal(err)
	}
	router := alerting.NewRouter(huiying.NewDirectory(data.Units), &data.Rules)
	posts, err := sample.Posts()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing)
	var alarm, quiet, category, unit, place, redact share
	for _, p := range posts {
		now := start.Add(p.At).Add(10 * time.Minute)
		intake := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return now }}
		post, err := intake.Accept(p.Render(start, now))
		if err != nil {
			t.Fatalf("%s: %v", p.ID, err)
		}
		as := a.Assess(post)
		e, _ := alerting.NewTracker().Place(huiying.Assessed{Post: post, Assessment: as})
		judge.Judge(e, 1, now)
		route := router.Route(*e, now)
		opened := judge.Decide(*e, route, now).Do != "ignore"
		if p.Expect.Alarm {
			alarm.count(t, opened, "%s missed: %.0f %s %v %s", p.ID, as.Risk.Score, as.State, as.Flags, post.Headline())
		} else {
			quiet.count(t, !opened, "%s false alarm: %.0f %s %v %s %v", p.ID, as.Risk.Score, as.State, as.Flags, post.Headline(), as.Risk.Factors)
		}
		if p.Expect.Alarm {
			category.count(t, as.Category == p.Expect.Category, "%s category %s, want %s", p.ID, as.Category, p.Expect.Category)
		}
		if p.Expect.Alarm && len(p.Expect.Units) > 0 {
			unit.count(t, slices.Contains(p.Expect.Units, route.Lead), "%s lead %s, want %v: %v", p.ID, route.Lead, p.Expect.Units, as.Units)
		}
		if len(p.Expect.Places) > 0 {
			ok := true
			for _, want := range p.Expect.Places {
				if want == "141122" {
					continue // the county is where the desk is: a post need not name it
				}
				ok = ok && slices.ContainsFunc(as.Places, func(got huiying.Place) bool { return got.Code == want })
			}
			place.count(t, ok, "%s places %v, want %v", p.ID, as.Places, p.Expect.Places)
		}
		for _, kind := range p.Expect.Redacts {
			redact.count(t, post.Redactions[kind] > 0, "%s: no %s hidden", p.ID, kind)
		}
	}
	for _, c := range []struct {
		name  string
		got   share
		floor float64
	}{
		{"alarms raised", alarm, 0.91},
		{"quiet kept", quiet, 0.98},
		{"category", category, 0.72},
		{"lead unit", unit, 0.91},
		{"places", place, 0.95},
		{"redactions", redact, 1},
	} {
		t.Logf("%-14s %d of %d (%.3f)", c.name, c.got.right, c.got.all, c.got.value())
		if c.got.value() < c.floor {
			t.Errorf("%s: %.3f, want at least %.2f", c.name, c.got.value(), c.floor)
		}
	}
}

type share struct{ right, all int }

func (s *share) count(t *testing.T, ok bool, format string, args ...any) {
	s.all++
	if ok {
		s.right++
		return
	}
	t.Logf(format, args...)
}

func (s share) value() float64 { return float64(s.right) / float64(max(1, s.all)) }
