package dashboard

import (
	"slices"
	"strings"
	"time"

	"huiying"
)

// caseRow is a case in a list, on a card, or in a live update: one shape, one
// template each.
type caseRow struct {
	ID       huiying.CaseID
	Number   string
	Title    string
	Level    huiying.Level
	State    huiying.CaseState
	Queue    huiying.Queue
	Category string
	Flags    []huiying.Flag
	Version  int
	Lead     string
	Helpers  []string
	OpenedAt time.Time
	Clock    *clockView // the nearest open deadline that concerns the reader
	AckTook  string     // how long the lead took to acknowledge
	Waits    string     // what it waits for from the reader, "" for nothing
	CanAck   bool
	Drill    bool
	Rumor    huiying.RumorState
	In       string // the list it stands in, for live updates
	Bulk     string // what the reader may do to it together with others, by spaces
}

// rowOf is the case as p sees it in a list.
func rowOf(c huiying.Case, p huiying.Person, units *huiying.Directory, now time.Time) caseRow {
	v := caseRow{
		ID: c.ID, Number: c.Number, Title: c.Title, Level: c.Level, State: c.State, Queue: c.Queue, Category: c.Category,
		Flags: c.Flags, Version: c.Version, OpenedAt: c.OpenedAt, Waits: waitsFor(c, p, now), CanAck: canAcknowledge(c, p),
		Drill: c.Drill, Rumor: c.Rumor, Bulk: strings.Join(bulkOf(c, p), " "),
	}
	units = units.In(c.Region)
	for _, u := range c.Units {
		if u.Lead {
			v.Lead = units.Name(u.Unit)
		} else {
			v.Helpers = append(v.Helpers, units.Name(u.Unit))
		}
	}
	if k, ok := dueFor(c, p); ok {
		clock := clockOf(k, units, now)
		if k.Unit == c.Lead() || k.Unit == p.Unit { // named in the row already
			clock.Label = k.Kind.Label()
		}
		v.Clock = &clock
	}
	if k, ok := c.Clock(huiying.ClockAcknowledge, c.Lead()); ok && c.Lead() != "" && k.Took() > 0 {
		v.AckTook = huiying.SpanText(k.Took())
	}
	return v
}

// dueFor is the nearest open deadline that concerns p: a unit's own before the
// case's; the offices see the nearest of all.
func dueFor(c huiying.Case, p huiying.Person) (huiying.Clock, bool) {
	if !p.Role.OfUnit() {
		return c.NextDue()
	}
	own := c
	own.Clocks = slices.DeleteFunc(slices.Clone(c.Clocks), func(k huiying.Clock) bool { return k.Unit != p.Unit })
	if k, ok := own.NextDue(); ok {
		return k, true
	}
	own.Clocks = slices.DeleteFunc(slices.Clone(c.Clocks), func(k huiying.Clock) bool { return k.Unit != "" })
	return own.NextDue()
}

func canAcknowledge(c huiying.Case, p huiying.Person) bool {
	for _, u := range c.Units {
		if u.Unit == p.Unit && p.Role.OfUnit() {
			return u.AckedAt.IsZero() && !c.State.Ended()
		}
	}
	return false
}

// waitsFor says what the case waits for from p, or "".
func waitsFor(c huiying.Case, p huiying.Person, now time.Time) string {
	if p.Role.OfUnit() {
		return unitWaits(c, p)
	}
	grave := c.Level >= huiying.Yellow
	if !c.ReboundAt.IsZero() && (p.Role == huiying.Analyst || p.Role == huiying.Leader) {
		return "回应后反弹，请研判是否重开"
	}
	switch p.Role {
	case huiying.Analyst:
		switch {
		case c.State == huiying.StateTriage && grave:
			return "待研判，领导签发"
		case c.State == huiying.StateTriage:
			return "待研判"
		case c.Suggested > c.Level && !c.State.Ended():
			return "建议升级待确认"
		case c.State == huiying.StateReviewing && c.ApprovedAt.IsZero() && !grave:
			return "待审签"
		case c.State == huiying.StateReviewing && !c.ApprovedAt.IsZero():
			return "待发布回应"
		case c.State == huiying.StateReviewing:
			return "待值班领导审签"
		case c.State == huiying.StateResponded:
			return "待办结"
		}
	case huiying.Leader:
		switch {
		case c.State == huiying.StateTriage && grave:
			return "待签发交办"
		case c.State == huiying.StateReviewing && c.ApprovedAt.IsZero() && grave:
			return "待审签"
		case c.Suggested > c.Level && !c.State.Ended():
			return "建议升级待确认"
		case len(c.WaitingExtensions()) > 0:
			return "延期申请待批复"
		case c.Overdue(now):
			return "有时限已超"
		}
	case huiying.Supervisor:
		if c.Overdue(now) {
			return "超时，可督办"
		}
	case huiying.Monitor:
		switch {
		case c.State == huiying.StateClosed:
			return "待归档"
		case c.State == huiying.StateTriage && c.Overdue(now):
			return "研判超时，请提醒"
		}
	}
	return ""
}

func unitWaits(c huiying.Case, p huiying.Person) string {
	i := slices.IndexFunc(c.Units, func(u huiying.CaseUnit) bool { return u.Unit == p.Unit })
	if i < 0 || c.State.Ended() {
		return ""
	}
	u := c.Units[i]
	switch {
	case u.AckedAt.IsZero():
		return "待签收"
	case c.AwaitsSignature() && u.Lead && p.Role == huiying.Head:
		return "反馈单待您签字"
	case c.AwaitsSignature() && u.Lead:
		return "反馈单待责任人签字"
	case c.Form != nil && u.Lead:
		return "责任人退回，待修改"
	case c.State == huiying.StateReturned && u.Lead:
		return "被退回，待补充"
	case u.FeedbackAt.IsZero():
		return "待首次反馈"
	case u.Lead && (c.State == huiying.StateAcknowledged || c.State == huiying.StateVerifying || c.State == huiying.StateHandling):
		return "待报送反馈单"
	}
	return ""
}

// waitingStates are the states a role's work can be in: what the workbench asks
// the ledger for.
func waitingStates(role huiying.Role) []huiying.CaseState {
	switch role {
	case huiying.Monitor:
		return []huiying.CaseState{huiying.StateTriage, huiying.StateClosed}
	}
	return nil // every open one
}

// step is one station of the stepper of a case.
type step struct {
	Label string
	At    time.Time
	State string // done, current, ahead
}

var mainRoad = []huiying.CaseState{
	huiying.StateTriage, huiying.StateAssigned, huiying.StateAcknowledged, huiying.StateHandling,
	huiying.StateReviewing, huiying.StateResponded, huiying.StateClosed, huiying.StateArchived,
}

// stepsOf shows the road of a case: stations passed with their times, where it
// stands, what lies ahead. Ended side ways close the road after the triage.
func stepsOf(c huiying.Case, timeline []huiying.Entry) []step {
	reached := map[huiying.CaseState]time.Time{}
	for _, e := range timeline {
		if e.From != e.To || e.Action == huiying.ActOpen {
			reached[e.To] = e.At // the latest time counts: a reopened case walks again
		}
	}
	at := c.State
	switch at {
	case huiying.StateVerifying, huiying.StateReturned:
		at = huiying.StateHandling
	case huiying.StateClue:
		at = huiying.StateTriage
	case huiying.StateDismissed, huiying.StateMerged, huiying.StateWatching:
		return []step{
			{huiying.StateTriage.Label(), c.OpenedAt, "done"},
			{c.State.Label(), reached[c.State], "current"},
		}
	}
	here := slices.Index(mainRoad, at)
	out := make([]step, len(mainRoad))
	for i, s := range mainRoad {
		out[i] = step{Label: s.Label(), State: "ahead"}
		switch {
		case i < here:
			out[i].State, out[i].At = "done", reached[s]
		case i == here:
			out[i].State, out[i].At = "current", reached[c.State]
			if c.State != s {
				out[i].Label = c.State.Label()
			}
		}
	}
	if out[0].At.IsZero() {
		out[0].At = c.OpenedAt
	}
	return out
}

// matchesCase reports whether a list filtered by q shows c: a live update asks
// this so that rows come and go as the filter says.
func matchesCase(c huiying.Case, q huiying.CaseQuery) bool {
	switch {
	case q.Text != "" && !strings.Contains(c.Title, q.Text) && !strings.Contains(c.Number, q.Text):
		return false
	case q.Queue != "" && c.Queue != q.Queue:
		return false
	case len(q.States) > 0 && !slices.Contains(q.States, c.State):
		return false
	case q.Level != huiying.NoLevel && c.Level != q.Level:
		return false
	case q.Unit != "" && !c.HasUnit(q.Unit):
		return false
	case q.Category != "" && c.Category != q.Category:
		return false
	case q.Open != nil && *q.Open == c.State.Ended():
		return false
	case q.Rumor != "" && q.Rumor != c.Rumor:
		return false
	case q.Drill != nil && *q.Drill != c.Drill:
		return false
	case q.Overdue && !c.Overdue(q.Now):
		return false
	}
	return true
}

// unitChoice groups units for a select.
type unitGroup struct {
	Kind  string
	Units []huiying.Unit
}

func unitGroups(units []huiying.Unit, now time.Time) []unitGroup {
	var out []unitGroup
	for _, u := range units {
		if !u.ValidAt(now) {
			continue
		}
		i := slices.IndexFunc(out, func(g unitGroup) bool { return g.Kind == u.Kind })
		if i < 0 {
			out = append(out, unitGroup{Kind: u.Kind})
			i = len(out) - 1
		}
		out[i].Units = append(out[i].Units, u)
	}
	return out
}
