package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"huiying"
)

// urgentFresh is how long after its last post an event with a case makes its
// sources urgent, in the county's time.
const urgentFresh = 48 * time.Hour

// urgentSources are those that recent events with a case came from.
func (s *system) urgentSources(ctx context.Context) (map[string]bool, error) {
	with := true
	events, err := s.ledger.Events(ctx, huiying.EventQuery{Region: s.cfg.Region, HasCase: &with, From: s.speed.Now().Add(-urgentFresh), Limit: huiying.DefaultLimit})
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool)
	for _, e := range events.Items {
		for name := range e.Sources {
			out[name] = true
		}
	}
	return out, nil
}

// watchedPosts are those whose event has a case that is not ended.
func (s *system) watchedPosts(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
	placed, err := s.ledger.Placed(ctx, ids)
	if err != nil {
		return nil, err
	}
	open := make(map[huiying.EventID]bool)
	out := make(map[huiying.PostID]bool)
	for post, event := range placed {
		watched, asked := open[event]
		if !asked {
			if watched, err = s.caseOpen(ctx, event); err != nil {
				return nil, err
			}
			open[event] = watched
		}
		out[post] = watched
	}
	return out, nil
}

func (s *system) caseOpen(ctx context.Context, event huiying.EventID) (bool, error) {
	e, err := s.ledger.Event(ctx, event)
	if errors.Is(err, huiying.ErrNotFound) || err == nil && e.Case == "" {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read event %s: %w", event, err)
	}
	c, err := s.ledger.Case(ctx, e.Case)
	if err != nil {
		return false, fmt.Errorf("read case %s: %w", e.Case, err)
	}
	return !c.State.Ended(), nil
}

// alarm tells the duty monitors that a source went red, and what to do, once for
// each trouble.
func (s *system) alarm(ctx context.Context, src huiying.Source, h huiying.SourceHealth, why string) error {
	since := h.TroubleSince()
	if at, told := s.alarmed.Load(src.ID); told && at.(time.Time).Equal(since) {
		return nil
	}
	if err := s.engine.Desk().SourceDown(ctx, s.ledger, src, h, why); err != nil {
		return err
	}
	s.alarmed.Store(src.ID, since)
	return nil
}
