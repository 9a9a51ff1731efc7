package main

import (
	"context"
	"fmt"
	"time"

	"huiying"
	"huiying/alerting"
)

// mostTried bounds a trial; the latest events are looked at.
const mostTried = 5000

// trialRows is how many events of a trial are named.
const trialRows = 100

// Try compares what the rules in force and those with another text make of the
// events since from, each as it stood at its latest post.
func (b *rulebook) Try(ctx context.Context, file, text string, from time.Time) (huiying.RuleTrial, []huiying.RuleProblem, error) {
	out := huiying.RuleTrial{From: from}
	data, problems, err := b.with(file, text)
	if err != nil || len(problems) > 0 {
		return out, problems, err
	}
	live := b.inForce()
	before, err := alerting.NewCourt(&live.county.Rules, live.units)
	if err != nil {
		return out, nil, err
	}
	after, err := alerting.NewCourt(&data.Rules, huiying.NewDirectory(data.Units))
	if err != nil {
		return out, nil, err
	}
	base := b.s.baseline()(ctx)
	q := huiying.EventQuery{Region: b.s.cfg.Region, From: from, Limit: huiying.MaxLimit}
	for out.Events < mostTried {
		page, err := b.s.ledger.Events(ctx, q)
		if err != nil {
			return out, nil, fmt.Errorf("read events to try rules on: %w", err)
		}
		for _, e := range page.Items {
			out.Events++
			was, did := before.Judge(e, base)
			is, does := after.Judge(e, base)
			if was.Level == is.Level && did == does {
				continue
			}
			count(&out, was.Level != is.Level, did, does)
			if len(out.Rows) < trialRows {
				out.Rows = append(out.Rows, huiying.RuleTrialRow{
					Event: e.ID, Title: e.Title, At: e.LastAt, Level: was.Level, Judged: is.Level, Before: did, After: does, Reasons: is.Reasons,
				})
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return out, nil, nil
}

func count(t *huiying.RuleTrial, level bool, before, after string) {
	const ignore, assign = "ignore", "assign"
	if level {
		t.Levels++
	}
	switch {
	case before == ignore && after != ignore:
		t.Opened++
	case before != ignore && after == ignore:
		t.Spared++
	}
	switch {
	case before != assign && after == assign:
		t.Sent++
	case before == assign && after != assign:
		t.Unsent++
	}
}
