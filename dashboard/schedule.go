package dashboard

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"huiying"
	"huiying/dashboard/report"
)

const (
	scheduleNap   = 5 * time.Second // real time: rules may have changed
	scheduleLate  = 5 * time.Minute // real time: an issue made so long after it was due is marked
	scheduleRetry = 5 * time.Second // real time
	scheduleRest  = 5 * time.Minute
)

// schedule issues the reports that are due, by the county's clock. What was issued
// stands in the ledger, so that restarts and other nodes neither miss nor repeat one.
type schedule struct {
	began time.Time     // county time: what was due before is late
	retry time.Duration // real time, doubling
	mu    sync.Mutex
	done  map[huiying.ReportKind]time.Time // issued up to here, as far as this node knows
	fails map[huiying.ReportKind]scheduleFail
}

// scheduleFail is a report that was due and could not be issued yet.
type scheduleFail struct {
	Due     time.Time
	Tries   int
	Message string
	next    time.Time // real time
}

// keepSchedule issues what is due until ctx ends.
func (s *Server) keepSchedule(ctx context.Context) error {
	if s.reports == nil || s.cfg.Files == nil {
		return nil
	}
	s.schedule.began = s.now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		nap := scheduleNap
		for _, rule := range s.cfg.Rules().Reports.Rules {
			if !rule.Scheduled() {
				continue
			}
			s.issueMissed(ctx, rule)
			nap = min(nap, max(0, s.cfg.Speed.Real(rule.Due(s.now()).Sub(s.now()))))
			if fail, failing := s.failing(rule.Kind); failing {
				nap = min(nap, max(0, time.Until(fail.next)))
			}
		}
		timer.Reset(nap)
	}
}

// issueMissed issues what a rule has made due since it was put in force and
// nobody issued, and remembers what stood in the way.
func (s *Server) issueMissed(ctx context.Context, rule huiying.ReportRule) {
	s.schedule.mu.Lock()
	since, fail := s.schedule.done[rule.Kind], s.schedule.fails[rule.Kind]
	s.schedule.mu.Unlock()
	if fail.next.After(time.Now()) {
		return
	}
	anchor, err := s.scheduledSince(ctx, rule)
	if anchor.After(since) {
		since = anchor
	}
	var due time.Time
	if err == nil {
		for _, due = range rule.Missed(since, s.now()) {
			if err = s.issueDue(ctx, rule, due); err != nil {
				break
			}
			since = due
		}
	}
	if ctx.Err() != nil {
		return
	}
	s.schedule.mu.Lock()
	defer s.schedule.mu.Unlock()
	s.schedule.done[rule.Kind] = since
	if err == nil {
		delete(s.schedule.fails, rule.Kind)
		return
	}
	s.log.Error("a scheduled report was not issued", "kind", rule.Kind, "due", due, "tries", fail.Tries+1, "err", err)
	fail.Due, fail.Tries, fail.Message = due, fail.Tries+1, errorViewOf(err).Message
	fail.next = time.Now().Add(min(s.schedule.retry<<min(fail.Tries-1, 10), scheduleRest))
	s.schedule.fails[rule.Kind] = fail
}

// scheduledSince is when the schedule of a rule came into force, as the first node
// that saw it wrote down: what would have been due before is not made up for.
func (s *Server) scheduledSince(ctx context.Context, rule huiying.ReportRule) (time.Time, error) {
	key := "schedule." + string(s.cfg.Region) + "." + string(rule.Kind)
	kept, err := s.cfg.Ledger.Meta(ctx, key)
	if err != nil {
		return time.Time{}, err
	}
	if when, at, ok := strings.Cut(kept, "|"); ok && when == rule.When() {
		return time.Parse(time.RFC3339Nano, at)
	}
	now := s.now()
	return now, s.cfg.Ledger.SetMeta(ctx, key, rule.When()+"|"+now.Format(time.RFC3339Nano))
}

// issueDue issues the report of one moment, unless somebody did.
func (s *Server) issueDue(ctx context.Context, rule huiying.ReportRule, due time.Time) error {
	i := huiying.Issue{Due: due}
	i.From, i.To = rule.Span(due)
	_, err := s.cfg.Ledger.IssueOf(ctx, s.cfg.Region, rule.Kind, i.From)
	if huiying.CodeOf(err) != huiying.CodeNotFound {
		return err // issued, by a person before it was due or by another node
	}
	now := s.now()
	i.Late = due.Before(s.schedule.began) || s.cfg.Speed.Real(now.Sub(due)) > scheduleLate
	o := report.Order{Kind: rule.Kind, By: huiying.TheSystem(s.cfg.Region), Now: now}
	if i.Late {
		o.Due = due
	}
	i, err = s.issue(ctx, i, o, func(i huiying.Issue) huiying.Audit {
		return huiying.Audit{At: now, Region: i.Region, Who: o.By.User, Role: o.By.Role, Action: "report.issue", Object: i.Name(), Detail: i.Number}
	})
	switch {
	case huiying.CodeOf(err) == huiying.CodeConflict:
		return nil // another node was quicker
	case err != nil:
		return fmt.Errorf("issuing the %s of %s: %w", rule.Kind, due, err)
	}
	s.log.Info("report issued by schedule", "number", i.Number, "due", due, "late", i.Late)
	return nil
}

// failing is what stands in the way of the next issue of a kind; false: nothing.
func (s *Server) failing(k huiying.ReportKind) (scheduleFail, bool) {
	s.schedule.mu.Lock()
	defer s.schedule.mu.Unlock()
	f, ok := s.schedule.fails[k]
	return f, ok
}
