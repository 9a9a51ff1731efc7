package huiying

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Merit is what an appraisal rule looks at: for every part a unit had in a case,
// whether it was so.
type Merit string

// The merits. All are outcomes and deadlines: log-ins, clicks and numbers of
// posts are none (国办函〔2026〕12号, as reported).
const (
	MeritAcknowledge Merit = "acknowledge" // acknowledged within the limit
	MeritFeedback    Merit = "feedback"    // first feedback within the limit
	MeritRespond     Merit = "respond"     // of the lead: answered within the limit
	MeritFixed       Merit = "fixed"       // of the lead: closed, and not reopened since; not asked of a rumour found untrue
	MeritComplete    Merit = "complete"    // of the lead: the feedback form was not sent back
)

var meritLabels = map[Merit]string{
	MeritAcknowledge: "按时签收", MeritFeedback: "按时首次反馈", MeritRespond: "按时回应", MeritFixed: "办结未反弹", MeritComplete: "反馈一次合格",
}

// Label is the Chinese name of the merit, "" for one that does not exist.
func (m Merit) Label() string { return meritLabels[m] }

// AppraisalRule gives up to Points for the share of a unit's parts that have a merit.
type AppraisalRule struct {
	Name   string  `json:"name" yaml:"name"`
	Merit  Merit   `json:"merit" yaml:"merit"`
	Points float64 `json:"points" yaml:"points"`
	Rule   string  `json:"rule" yaml:"rule"` // where it comes from
}

// AppraisalRules are the county's 考核 rules. A unit with fewer than MinSample
// parts under a rule is not scored by it: one bad day would decide.
type AppraisalRules struct {
	Version   string          `json:"version" yaml:"version"`
	Author    string          `json:"author" yaml:"author"`
	MinSample int             `json:"min_sample" yaml:"min_sample"`
	Rules     []AppraisalRule `json:"rules" yaml:"rules"`
}

// CaseLog is the timeline of a case, all that a score is computed from.
type CaseLog struct {
	Case    CaseID
	Number  string
	Entries []Entry
}

// Appeal is a unit's objection to a point it lost, and what became of it.
type Appeal struct {
	ID        string    `json:"id"`
	Region    Region    `json:"region"`
	Unit      UnitID    `json:"unit"`
	Case      CaseID    `json:"case"`
	Merit     Merit     `json:"merit"`
	Reason    string    `json:"reason"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Decision  Decision  `json:"decision,omitempty"`
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	Why       string    `json:"why,omitempty"`
}

// Decision is what became of an appeal; "" while it waits.
type Decision string

// The decisions.
const (
	AppealGranted Decision = "granted" // 采纳
	AppealRefused Decision = "refused" // 不采纳
)

// Label is the Chinese name of the decision.
func (d Decision) Label() string {
	return map[Decision]string{"": "待处理", AppealGranted: "采纳", AppealRefused: "不采纳"}[d]
}

// Appraisal is the score of one unit in a period, out of 100, with every point
// explained. Scored is false when no rule had enough cases.
type Appraisal struct {
	Unit   UnitID          `json:"unit"`
	Parts  int             `json:"parts"`  // cases it had a part in
	Rumors []CaseRef       `json:"rumors"` // of these, rumours nobody has checked yet: counted under no rule
	Scored bool            `json:"scored"`
	Score  float64         `json:"score"` // 0…100, the points got of those that could be got
	Lines  []AppraisalLine `json:"lines"`
}

// AppraisalLine is what one rule gave.
type AppraisalLine struct {
	AppraisalRule
	N       int       `json:"n"` // parts looked at
	Met     int       `json:"met"`
	Thin    bool      `json:"thin"` // too few: not scored
	Got     float64   `json:"got"`
	Missed  []CaseRef `json:"missed"`  // why points were lost
	Excused []CaseRef `json:"excused"` // missed, but an appeal was granted
}

// CaseRef names a case for a reader.
type CaseRef struct {
	ID     CaseID `json:"id"`
	Number string `json:"number"`
}

// part is a unit's part in a case as the timeline tells it; rumor is the case's.
type part struct {
	assigned              time.Time
	lead                  bool
	acked, fedBack        bool
	responded, closed     bool
	sentBack, reopened    bool
	late                  map[ClockKind]bool
	submitted, everClosed bool
	rumor                 RumorState
}

// Appraise replays the timelines and scores every unit that was sent a case in
// [from, to). The order of the logs does not matter: the same timelines always
// give the same scores. What is said to be a rumour counts once somebody has
// checked it; a unit that had to deny it is asked for its deadlines and its form,
// not for a fix.
func Appraise(r AppraisalRules, logs []CaseLog, appeals []Appeal, from, to time.Time) []Appraisal {
	granted := make(map[string]bool)
	for _, a := range appeals {
		if a.Decision == AppealGranted {
			granted[fmt.Sprint(a.Unit, a.Case, a.Merit)] = true
		}
	}
	byUnit := make(map[UnitID]*Appraisal)
	for _, log := range slices.SortedFunc(slices.Values(logs), func(a, b CaseLog) int { return cmp.Compare(a.Case, b.Case) }) {
		for unit, p := range replay(log.Entries) {
			if p.assigned.Before(from) || !p.assigned.Before(to) {
				continue
			}
			a := byUnit[unit]
			if a == nil {
				a = &Appraisal{Unit: unit, Rumors: []CaseRef{}, Lines: make([]AppraisalLine, len(r.Rules))}
				for i, rule := range r.Rules {
					a.Lines[i] = AppraisalLine{AppraisalRule: rule, Missed: []CaseRef{}, Excused: []CaseRef{}}
				}
				byUnit[unit] = a
			}
			a.Parts++
			if p.rumor == RumorUnverified {
				a.Rumors = append(a.Rumors, CaseRef{log.Case, log.Number})
				continue
			}
			for i := range a.Lines {
				a.Lines[i].count(unit, log, *p, granted)
			}
		}
	}
	out := make([]Appraisal, 0, len(byUnit))
	for _, a := range byUnit {
		a.sum(r)
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Appraisal) int { return cmp.Compare(a.Unit, b.Unit) })
	return out
}

func (l *AppraisalLine) count(unit UnitID, log CaseLog, p part, granted map[string]bool) {
	met, counts := p.has(l.Merit)
	if !counts {
		return
	}
	l.N++
	ref := CaseRef{log.Case, log.Number}
	switch {
	case met:
		l.Met++
	case granted[fmt.Sprint(unit, log.Case, l.Merit)]:
		l.Met++
		l.Excused = append(l.Excused, ref)
	default:
		l.Missed = append(l.Missed, ref)
	}
}

// has says whether the part has a merit, and whether it can be asked yet: what
// is neither done nor late is still open.
func (p part) has(m Merit) (met, counts bool) {
	inTime := func(done bool, kind ClockKind) (bool, bool) { return done && !p.late[kind], done || p.late[kind] }
	switch m {
	case MeritAcknowledge:
		return inTime(p.acked, ClockAcknowledge)
	case MeritFeedback:
		return inTime(p.fedBack, ClockFeedback)
	case MeritRespond:
		met, counts = inTime(p.responded, ClockRespond)
		return met, counts && p.lead
	case MeritFixed:
		return p.closed && !p.reopened, p.lead && p.everClosed && p.rumor != RumorRefuted
	case MeritComplete:
		return !p.sentBack, p.lead && p.submitted
	}
	return false, false
}

func (a *Appraisal) sum(r AppraisalRules) {
	got, most := 0.0, 0.0
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Thin = l.N < max(1, r.MinSample); l.Thin {
			continue
		}
		l.Got = l.Points * float64(l.Met) / float64(l.N)
		got, most = got+l.Got, most+l.Points
	}
	if a.Scored = most > 0; a.Scored {
		a.Score = math.Round(1000*got/most) / 10
	}
}

// replay follows a timeline and returns the part of every unit that still has
// one at its end: what was returned or sent elsewhere is held against nobody.
func replay(entries []Entry) map[UnitID]*part {
	parts := make(map[UnitID]*part)
	var rumor RumorState
	lead := func() *part {
		for _, p := range parts {
			if p.lead {
				return p
			}
		}
		return &part{}
	}
	for _, e := range slices.SortedFunc(slices.Values(entries), func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) }) {
		u := parts[e.Unit]
		if u == nil {
			u = &part{}
		}
		switch e.Action {
		case ActAssign, ActReassign, ActAddUnit, ActTransfer:
			if len(e.Units) == 0 { // to another queue: the same units go on
				continue
			}
			kept := make(map[UnitID]*part)
			for i, id := range e.Units { // lead first
				if kept[id] = parts[id]; kept[id] == nil || i == 0 && !kept[id].lead {
					kept[id] = &part{assigned: e.At, late: make(map[ClockKind]bool)}
				}
				kept[id].lead = i == 0
			}
			parts = kept
		case ActReturn, ActMerge: // the case goes on elsewhere
			if e.Action == ActReturn && !u.lead { // without this helper
				delete(parts, e.Unit)
				continue
			}
			parts = make(map[UnitID]*part)
		case ActAcknowledge:
			u.acked = true
		case ActHandle:
			u.fedBack = true
		case ActSubmit, ActSign:
			if e.To != StateReviewing { // it lies with the head
				continue
			}
			u.fedBack, u.submitted = true, true
		case ActSendBack:
			lead().sentBack = true
		case ActRespond:
			lead().responded = true
		case ActClose:
			p := lead()
			p.closed, p.everClosed = true, true
		case ActReopen:
			p := lead()
			p.reopened = p.closed
		case ActOverdue:
			if e.Unit == "" {
				u = lead()
			}
			if u.late != nil && !u.done(e.Clock) {
				u.late[e.Clock] = true
			}
		case ActExtend: // what was late until then is excused
			if e.Unit == "" {
				u = lead()
			}
			delete(u.late, e.Clock)
		case ActOpen, ActRumor:
			rumor = e.Rumor
		}
	}
	for _, p := range parts {
		p.rumor = rumor
	}
	return parts
}

func (p part) done(kind ClockKind) bool {
	return kind == ClockAcknowledge && p.acked || kind == ClockFeedback && p.fedBack || kind == ClockRespond && p.responded
}
