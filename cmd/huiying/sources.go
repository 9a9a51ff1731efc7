package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"huiying"
	"huiying/alerting"
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

// alarm tells the duty monitors that a source went red, and what to do, once an
// outage: the notices' IDs are made from when it last watched.
func (s *system) alarm(ctx context.Context, src huiying.Source, h huiying.SourceHealth, why string) error {
	if at, told := s.alarmed.Load(src.ID); told && at.(time.Time).Equal(h.LastSuccess) {
		return nil
	}
	users, err := s.ledger.Users(ctx, src.Region)
	if err != nil {
		return fmt.Errorf("who watches: %w", err)
	}
	now := s.speed.Now()
	var list []huiying.Notification
	for _, u := range users {
		if u.Disabled || u.Role != huiying.Monitor || u.Unit != "" && u.Unit != src.Channel.Queue().Office() {
			continue
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "source|%s|%d|%s", src.ID, h.LastSuccess.UnixMicro(), u.User))
		list = append(list, huiying.Notification{
			ID: huiying.NotificationID("n" + hex.EncodeToString(sum[:10])), Region: src.Region, Kind: huiying.NoticeSource, Channel: alerting.InApp,
			Role: u.Role, To: u.User, ToName: u.Role.Label() + " " + u.Name, CreatedAt: now, NextAt: now, Status: huiying.NotifySent,
			Attempts: []huiying.Attempt{{At: now, OK: true, Attempt: 1}},
			Text:     huiying.Clip(fmt.Sprintf("“%s”：%s。建议：%s", src.Name, strings.TrimSuffix(why, "。"), h.Advice()), 300),
		})
	}
	if err := s.ledger.Tell(ctx, list); err != nil {
		return err
	}
	s.alarmed.Store(src.ID, h.LastSuccess)
	return nil
}
