package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

const nextIssue = "SELECT COALESCE(MAX(n), 0) + 1 FROM issues WHERE region = ? AND kind = ? AND year = ?"

// NextIssue is the number the next report of a kind has in a year.
func (l *Ledger) NextIssue(ctx context.Context, region huiying.Region, kind huiying.ReportKind, year int) (int, error) {
	var n int
	if err := l.read.NewRaw(nextIssue, string(region), string(kind), year).Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("looking for the next number: %w", err)
	}
	return n, nil
}

// subjectOf is what no two issues of a kind have in common: the period, or the
// event and the part.
func subjectOf(i huiying.Issue) (subject string, since int64) {
	if i.Kind.OfEvent() {
		return string(i.Event), int64(i.Part)
	}
	return "", jsondoc.Micro(i.From)
}

// SaveIssue records that a report was issued, with the mails that tell it and its
// audit row, in one transaction. When its number is not the next one (any more) it
// returns [huiying.ErrStale], when its period or part was issued before
// [huiying.ErrConflict].
func (l *Ledger) SaveIssue(ctx context.Context, i huiying.Issue, mail []huiying.Notification, audit huiying.Audit) error {
	doc, err := jsondoc.Encode(i)
	if err != nil {
		return err
	}
	subject, since := subjectOf(i)
	return l.change(ctx, "issuing "+i.Number, func(ctx context.Context, tx bun.Tx) error {
		var before int
		err := tx.NewRaw("SELECT count(*) FROM issues WHERE region = ? AND kind = ? AND subject = ? AND since = ?", string(i.Region), string(i.Kind), subject, since).Scan(ctx, &before)
		if err != nil {
			return err
		}
		if before > 0 {
			return huiying.Errorf(huiying.CodeConflict, "这一期%s已经印发，文件在“报告”页的“已印发”中", i.Kind.Label())
		}
		var next int
		if err := tx.NewRaw(nextIssue, string(i.Region), string(i.Kind), i.Year).Scan(ctx, &next); err != nil {
			return err
		}
		if next != i.N {
			return huiying.Errorf(huiying.CodeStale, "文号 %s 刚被使用，请重新印发", i.Number)
		}
		if _, err := tx.NewRaw("INSERT INTO issues (region, kind, year, n, subject, since, at, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			string(i.Region), string(i.Kind), i.Year, i.N, subject, since, jsondoc.Micro(i.At), doc).Exec(ctx); err != nil {
			return err
		}
		if err := writeNotifications(ctx, tx, huiying.Case{Number: i.Number, Region: i.Region}, mail); err != nil {
			return err
		}
		return appendAudit(ctx, tx, []huiying.Audit{audit})
	})
}

// SendReport puts mails about issued reports into the outbox, with an audit row.
func (l *Ledger) SendReport(ctx context.Context, mail []huiying.Notification, audit huiying.Audit) error {
	return l.change(ctx, "mailing a report", func(ctx context.Context, tx bun.Tx) error {
		for _, n := range mail {
			if err := writeNotifications(ctx, tx, huiying.Case{Number: n.Number, Region: n.Region}, []huiying.Notification{n}); err != nil {
				return err
			}
		}
		return appendAudit(ctx, tx, []huiying.Audit{audit})
	})
}

// ReportMail lists the mails about reports of a region, the latest first.
func (l *Ledger) ReportMail(ctx context.Context, region huiying.Region, limit int) ([]huiying.Notification, error) {
	var rows []notificationRow
	err := l.read.NewRaw("SELECT * FROM notifications WHERE report <> '' AND region = ? ORDER BY created_at DESC, id DESC LIMIT ?", string(region), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading the mails about reports: %w", err)
	}
	return notificationsOf(rows)
}

// Issues lists what was issued in a region, the latest first.
func (l *Ledger) Issues(ctx context.Context, region huiying.Region, limit int) ([]huiying.Issue, error) {
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM issues WHERE region = ? ORDER BY at DESC, kind, n DESC LIMIT ?", string(region), limit).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading issued reports: %w", err)
	}
	return decodeAll[huiying.Issue](docs)
}

// Issue is one report that was issued, or [huiying.ErrNotFound].
func (l *Ledger) Issue(ctx context.Context, region huiying.Region, kind huiying.ReportKind, year, n int) (huiying.Issue, error) {
	var doc string
	err := l.read.NewRaw("SELECT doc FROM issues WHERE region = ? AND kind = ? AND year = ? AND n = ?", string(region), string(kind), year, n).Scan(ctx, &doc)
	if none(err) {
		return huiying.Issue{}, huiying.Errorf(huiying.CodeNotFound, "没有印发过这份报告")
	}
	if err != nil {
		return huiying.Issue{}, fmt.Errorf("reading an issued report: %w", err)
	}
	return jsondoc.Decode[huiying.Issue](doc)
}

// IssueOf is the report of a kind issued for the period that begins at from, or
// [huiying.ErrNotFound].
func (l *Ledger) IssueOf(ctx context.Context, region huiying.Region, kind huiying.ReportKind, from time.Time) (huiying.Issue, error) {
	var doc string
	err := l.read.NewRaw("SELECT doc FROM issues WHERE region = ? AND kind = ? AND subject = '' AND since = ?", string(region), string(kind), jsondoc.Micro(from)).Scan(ctx, &doc)
	if none(err) {
		return huiying.Issue{}, huiying.Errorf(huiying.CodeNotFound, "这一期%s还没有印发", kind.Label())
	}
	if err != nil {
		return huiying.Issue{}, fmt.Errorf("reading an issued report: %w", err)
	}
	return jsondoc.Decode[huiying.Issue](doc)
}

// IssuesOf are the reports issued about an event, the latest first.
func (l *Ledger) IssuesOf(ctx context.Context, region huiying.Region, event huiying.EventID) ([]huiying.Issue, error) {
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM issues WHERE subject = ? AND subject <> '' AND region = ? ORDER BY at DESC, kind, n DESC", string(event), string(region)).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the reports of an event: %w", err)
	}
	return decodeAll[huiying.Issue](docs)
}
