package main

import (
	"context"
	"fmt"
	"time"

	"huiying"
)

// purgeAt is when old posts are removed, each night in Beijing.
const purgeAt = 3*time.Hour + 30*time.Minute

// keepRetention removes what was published longer ago than posts are kept, each
// night, and leaves proof in the audit chain (DOMAIN §7.5). What a case rests on
// was frozen with it and stays.
func (s *system) keepRetention(ctx context.Context) error {
	if s.cfg.Archive != "" { // several counties' posts: the servers do it (retention_days of the address)
		return nil
	}
	return s.ledger.Lead(ctx, "retention "+string(s.cfg.Region), s.node, func(ctx context.Context) error {
		for {
			now := time.Now().In(huiying.Beijing)
			next := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, huiying.Beijing).Add(purgeAt)
			if !next.After(now) {
				next = next.AddDate(0, 0, 1)
			}
			if !sleep(ctx, time.Until(next)) {
				return nil
			}
			if err := s.purge(ctx); err != nil {
				s.log.Error("removing posts past their time", "err", err)
			}
		}
	})
}

func (s *system) purge(ctx context.Context) error {
	now := s.speed.Now()
	cfg, _ := s.settings.now()
	before := now.AddDate(0, 0, -cfg.Retention)
	n, err := s.archive.Purge(ctx, before)
	if err != nil || n == 0 {
		return err
	}
	s.log.Info("posts past their time are removed", "posts", n, "before", before)
	by := huiying.TheSystem(s.cfg.Region)
	return s.ledger.Record(ctx, huiying.Audit{
		At: now, Region: s.cfg.Region, Who: by.User, Role: by.Role, Action: "archive.purge", Object: "信息库",
		Detail: fmt.Sprintf("清理 %s 以前发布的信息 %d 条（保存期 %d 天），交办单固定的证据不动", before.In(huiying.Beijing).Format(time.DateTime), n, cfg.Retention),
	})
}
