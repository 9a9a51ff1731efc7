package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"huiying"
	"huiying/alerting"
	"huiying/deploy/sample"
)

// relive fills a new demo with the weeks before it began: posts go through intake,
// analyzer, tracker and judge as they do live, cases through their own rules, at
// the times of then. Nobody is told: it is over.
func (s *system) relive(ctx context.Context, start time.Time) error {
	matters, err := sample.Past()
	if err != nil {
		return err
	}
	key, err := s.cfg.authorKey()
	if err != nil {
		return err
	}
	rules := s.rules.Rules()
	judge, err := alerting.NewJudge(rules)
	if err != nil {
		return err
	}
	tracker, a := alerting.NewTracker(), s.analyzer.Load()
	events := make(map[huiying.EventID]*huiying.Event)
	var order []huiying.EventID
	var posts []huiying.Assessed
	var members []huiying.EventPost
	var writes []huiying.CaseWrite
	for _, m := range matters {
		var batch []huiying.Assessed
		for _, p := range m.Posts(start) {
			in := huiying.Intake{Region: s.cfg.Region, Key: key, Now: func() time.Time { return p.PublishedAt.Add(3 * time.Minute) }}
			if p, err = in.Accept(p); err != nil {
				return fmt.Errorf("%s: %w", p.Headline(), err)
			}
			batch = append(batch, huiying.Assessed{Post: p, Assessment: a.Assess(p)})
		}
		var ev *huiying.Event
		for _, x := range batch {
			at, duplicate := tracker.Place(x)
			members = append(members, huiying.EventPost{Event: at.ID, Post: x.Post.ID, Duplicate: duplicate})
			if events[at.ID] == nil {
				order = append(order, at.ID)
			}
			events[at.ID] = at
			if ev == nil {
				ev = at
			}
			at.UpdatedAt = x.Post.CollectedAt
			judge.Judge(at, 0, at.UpdatedAt)
		}
		posts = append(posts, batch...)
		if slices.ContainsFunc(writes, func(w huiying.CaseWrite) bool { return w.Case.Event == ev.ID }) {
			return fmt.Errorf("two matters of the past are one event: %s", ev.Title)
		}
		draft := alerting.CaseOf(*ev, batch)
		draft.RoutingNote = "演示往例：演示开始前的经过，自编"
		w, err := m.Play(draft, rules, start)
		if err != nil {
			return err
		}
		writes = append(writes, w)
	}
	past := make([]huiying.Event, len(order))
	for i, id := range order {
		past[i] = *events[id]
	}
	if _, err := s.archive.Insert(ctx, posts); err != nil {
		return err
	}
	if err := s.ledger.SaveEvents(ctx, past, members); err != nil {
		return err
	}
	slices.SortStableFunc(writes, func(a, b huiying.CaseWrite) int { return a.Case.OpenedAt.Compare(b.Case.OpenedAt) })
	_, err = s.ledger.SaveCases(ctx, writes)
	return err
}
