package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type hostRow struct {
	bun.BaseModel `bun:"table:hosts,alias:hosts"`

	Host  string `bun:"host,pk"`
	Day   int64  `bun:"day"`
	Asked int    `bun:"asked"`
	Most  int    `bun:"most"`
	Away  int64  `bun:"away"`
}

func (r hostRow) value() huiying.HostDay {
	return huiying.HostDay{Host: r.Host, Day: jsondoc.Time(r.Day), Asked: r.Asked, Most: r.Most, Away: jsondoc.Time(r.Away)}
}

// SpendHost books requests to a host as [huiying.HostDay.Spend] does, and returns how
// many may be sent and what is booked then. However many collectors ask, no more than
// most are granted a day.
func (l *Ledger) SpendHost(ctx context.Context, host string, day time.Time, n, most int) (granted int, h huiying.HostDay, err error) {
	err = l.changeHost(ctx, host, func(before huiying.HostDay) huiying.HostDay {
		h, granted = before.Spend(day, n, most)
		return h
	})
	return granted, h, err
}

// KeepAway notes that a host does not want to be asked before a time. A later one
// that is noted already stays.
func (l *Ledger) KeepAway(ctx context.Context, host string, until time.Time) error {
	return l.changeHost(ctx, host, func(h huiying.HostDay) huiying.HostDay {
		if until.After(h.Away) {
			h.Away = until
		}
		return h
	})
}

func (l *Ledger) changeHost(ctx context.Context, host string, f func(huiying.HostDay) huiying.HostDay) error {
	return l.change(ctx, "booking what is asked of "+host, func(ctx context.Context, tx bun.Tx) error {
		row := hostRow{Host: host}
		if err := tx.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil && !none(err) {
			return err
		}
		h := f(row.value())
		row = hostRow{Host: host, Day: jsondoc.Micro(h.Day), Asked: h.Asked, Most: h.Most, Away: jsondoc.Micro(h.Away)}
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (host) DO UPDATE").Set("day = EXCLUDED.day, asked = EXCLUDED.asked, most = EXCLUDED.most, away = EXCLUDED.away").Exec(ctx)
		return err
	})
}

// Hosts returns what is booked of those hosts; of one that was never asked there
// is nothing.
func (l *Ledger) Hosts(ctx context.Context, names []string) (map[string]huiying.HostDay, error) {
	out := make(map[string]huiying.HostDay, len(names))
	if len(names) == 0 {
		return out, nil
	}
	var rows []hostRow
	if err := l.read.NewSelect().Model(&rows).Where("host IN (?)", bun.List(names)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading what was asked of hosts: %w", err)
	}
	for _, r := range rows {
		out[r.Host] = r.value()
	}
	return out, nil
}
