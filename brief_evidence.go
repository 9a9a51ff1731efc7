package huiying

import (
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Figure is a number a report gives that no filter of a list counts the same: what
// stands behind it is computed again from the report's period.
type Figure string

// The figures whose evidence is listed by [Brief.Behind].
const (
	FigureMatters    Figure = "matters"    // 重点舆情
	FigureRumors     Figure = "rumors"     // 未核实传闻
	FigureRefuted    Figure = "refuted"    // 已查明不实
	FigureCare       Figure = "care"       // 涉及特别关注事项
	FigureRising     Figure = "rising"     // 仍在上升或反弹
	FigureOpen       Figure = "open"       // 在办
	FigureLate       Figure = "late"       // 超时未办的时限
	FigureDue        Figure = "due"        // 下期到期的时限
	FigureUnanswered Figure = "unanswered" // 已过回应时限
	FigureUnjudged   Figure = "unjudged"   // 待研判
	FigureUnacked    Figure = "unacked"    // 已交办未签收
	FigureRebound    Figure = "rebound"    // 回应后反弹
)

var figureLabels = map[Figure]string{
	FigureMatters: "重点舆情", FigureRumors: "未核实传闻", FigureRefuted: "已查明不实的传闻", FigureCare: "涉及特别关注事项的舆情", FigureRising: "热度仍在上升或反弹的舆情",
	FigureOpen: "在办的交办单", FigureLate: "超时未办的时限", FigureDue: "下期到期的时限", FigureUnanswered: "已过回应时限的交办单", FigureUnjudged: "待研判的交办单",
	FigureUnacked: "已交办未签收的交办单", FigureRebound: "回应后反弹的交办单",
}

// Label is the Chinese name of the figure, "" for one there is not.
func (f Figure) Label() string { return figureLabels[f] }

// Proof is one of the things a figure counts: a matter, and the deadline when it is
// deadlines that are counted.
type Proof struct {
	Matter
	Clock *Clock
}

// Behind lists what a figure of the report counts, as many as the figure says.
func (b Brief) Behind(f Figure) Proofs {
	switch f {
	case FigureMatters:
		return proofs(b.Matters, func(m Matter) Matter { return m })
	case FigureRumors:
		return proofs(b.Rumors, func(m Matter) Matter { return m })
	case FigureRefuted:
		return proofs(b.Refuted, func(m Matter) Matter { return m })
	case FigureCare:
		return b.eventsThat(func(e Event) bool { return slices.ContainsFunc(e.Flags, Flag.SpecialCare) })
	case FigureRising:
		return b.eventsThat(func(e Event) bool {
			return e.Curve == CurveGrowing || e.Curve == CurveBurst || e.Curve == CurveRebound
		})
	case FigureOpen:
		return proofs(b.Open, matterOf)
	case FigureLate:
		var out Proofs
		for _, l := range b.Late {
			out = append(out, Proof{matterOf(l.Case), &l.Clock})
		}
		return out
	case FigureDue:
		return b.dueNext()
	case FigureUnanswered:
		return b.casesThat(func(c Case) bool {
			k, ok := c.Clock(ClockRespond, "")
			return ok && k.Open() && k.Due.Before(b.To)
		})
	case FigureUnjudged:
		return b.casesThat(func(c Case) bool { return c.State == StateClue || c.State == StateTriage })
	case FigureUnacked:
		return b.casesThat(func(c Case) bool { return c.State == StateAssigned })
	case FigureRebound:
		return proofs(b.Cases, matterOf).that(func(p Proof) bool {
			at := p.Case.ReboundAt
			return !at.IsZero() && !at.Before(b.From) && at.Before(b.To)
		})
	}
	return nil
}

// dueNext are the deadlines that run out in the time after the period, as long as it.
func (b Brief) dueNext() Proofs {
	var out Proofs
	until := b.To.Add(b.To.Sub(b.From))
	for _, p := range b.casesThat(func(Case) bool { return true }) {
		for _, k := range p.Case.Clocks {
			if k.Running() && !k.Due.Before(b.To) && k.Due.Before(until) {
				out = append(out, Proof{p.Matter, &k})
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Proof) int { return x.Clock.Due.Compare(y.Clock.Due) })
	return out
}

// casesThat are the cases units owe work for at the end of the period.
func (b Brief) casesThat(keep func(Case) bool) Proofs {
	return proofs(slices.Concat(b.Open, b.Checking), matterOf).that(func(p Proof) bool { return keep(*p.Case) })
}

func (b Brief) eventsThat(keep func(Event) bool) Proofs {
	return proofs(b.Events, func(e Event) Matter { return Matter{Event: e} }).that(func(p Proof) bool { return keep(p.Event) })
}

// Proofs are the things a figure counts.
type Proofs []Proof

func proofs[T any](all []T, matter func(T) Matter) Proofs {
	out := make(Proofs, len(all))
	for i, x := range all {
		out[i].Matter = matter(x)
	}
	return out
}

func (all Proofs) that(keep func(Proof) bool) Proofs {
	return slices.DeleteFunc(all, func(p Proof) bool { return !keep(p) })
}

func matterOf(c Case) Matter { return Matter{Case: &c} }

// numbers names the cases, the first few of many.
func (all Proofs) numbers() string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Case.Number
	}
	return named(names)
}

// titles names the matters, the first few of many.
func (all Proofs) titles() string {
	matters := make([]Matter, len(all))
	for i, p := range all {
		matters[i] = p.Matter
	}
	return matterNames(matters)
}

// EvidencePath is the page that lists what a figure of the report counts, as things
// stood at the end of the period, or at the moment of writing before that.
func (b Brief) EvidencePath(f Figure) string {
	return "/reports/evidence?" + url.Values{
		"kind": {string(b.Kind)}, "of": {string(f)}, "from": {b.From.In(Beijing).Format(time.RFC3339)}, "to": {b.end().In(Beijing).Format(time.RFC3339Nano)},
	}.Encode()
}

// PostsPath is the list of posts a figure counts.
func PostsPath(from, to time.Time, more ...string) string {
	q := url.Values{"from": {from.In(Beijing).Format("2006-01-02T15:04")}, "to": {to.In(Beijing).Format("2006-01-02T15:04")}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/posts?" + q.Encode()
}

// CasesPath is the list of the cases a report counts in a period: those opened
// (view all), answered or closed in it, without rumours that are none or unchecked.
func CasesPath(view string, from, to time.Time) string {
	return "/cases?" + url.Values{
		"view": {view}, "facts": {"yes"}, "from": {from.In(Beijing).Format(time.RFC3339)}, "to": {to.In(Beijing).Format(time.RFC3339)},
	}.Encode()
}

// MomentText says a moment as official documents write it: 11月26日9时05分, the hour
// alone when it is full.
func MomentText(t time.Time) string {
	t = t.In(Beijing)
	s := fmt.Sprintf("%d月%d日%d时", t.Month(), t.Day(), t.Hour())
	if t.Minute() != 0 {
		s += fmt.Sprintf("%02d分", t.Minute())
	}
	return s
}
