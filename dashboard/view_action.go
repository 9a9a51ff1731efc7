package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// actionForm is one thing p may do now, with what its form needs.
type actionForm struct {
	huiying.Transition
	Case    huiying.Case
	Help    string
	Open    bool // shown unfolded: it failed just now
	Main    bool // the next step of the road
	Values  url.Values
	Units   []unitGroup
	Clocks  []option
	Lead    huiying.UnitID
	Helpers []string
	Merge   []caseRow
	Replies []string // templates that suit the case
}

// actions are the forms p may send, made from the state machine.
func (s *Server) actions(r *http.Request, p huiying.Person, c huiying.Case, units *huiying.Directory, failed huiying.Action) ([]actionForm, error) {
	now := s.now()
	groups := unitGroups(units.All(), now)
	var out []actionForm
	for _, t := range s.allowed(p, c) {
		if t.Action == huiying.ActAcknowledge {
			continue // the big button
		}
		f := actionForm{Transition: t, Case: c, Help: actionHelp[t.Action], Open: t.Action == failed, Main: slices.Contains(roadActions, t.Action)}
		if f.Open {
			f.Values = r.PostForm
		}
		switch t.Action {
		case huiying.ActAssign, huiying.ActReassign, huiying.ActAddUnit, huiying.ActReturn:
			f.Units = groups
			f.Lead, f.Helpers = proposed(c, f.Values)
		case huiying.ActExtend, huiying.ActRestart, huiying.ActPause, huiying.ActResume:
			for _, k := range c.Clocks {
				if k.Open() && k.Running() == (t.Action != huiying.ActResume) {
					f.Clocks = append(f.Clocks, option{string(k.Kind) + "|" + string(k.Unit), clockOf(k, units, now).Label})
				}
			}
			if len(f.Clocks) == 0 {
				continue
			}
			if w := c.WaitingExtensions(); t.Action == huiying.ActExtend && len(w) > 0 {
				f.grant(w[0], s.cfg.Rules())
			}
		case huiying.ActAsk:
			f.Clocks = extendable(c, p.Unit, s.cfg.Rules(), now)
		case huiying.ActRefuse:
			f.Main = true
			for _, e := range c.WaitingExtensions() {
				f.Clocks = append(f.Clocks, option{string(e.Clock) + "|" + string(e.Unit), units.Name(e.Unit) + "：" + e.Clock.Label() + "时限"})
			}
		case huiying.ActSubmit:
			if f.Values == nil && c.Form != nil {
				f.Values = formValues(*c.Form)
			}
			for _, o := range extendable(c, p.Unit, s.cfg.Rules(), now) {
				if !huiying.ClockKind(o.Value).PerUnit() { // the unit's own stop with the form
					f.Clocks = append(f.Clocks, o)
				}
			}
		case huiying.ActDraft, huiying.ActRespond:
			if f.Values == nil && c.Draft != nil {
				f.Values = draftValues(*c.Draft)
			}
			if t.Action == huiying.ActDraft {
				f.begin(s.cfg.Rules().Replies, r.URL.Query().Get("reply"), units.Name(c.Lead()))
			}
		case huiying.ActMerge:
			open, err := s.cfg.Ledger.Cases(r.Context(), huiying.CaseQuery{Region: p.Region, Open: new(true), Limit: 100, Now: now})
			if err != nil {
				return nil, fmt.Errorf("read cases to merge into: %w", err)
			}
			for _, o := range open.Items {
				if o.ID != c.ID && o.Drill == c.Drill {
					f.Merge = append(f.Merge, rowOf(o, p, units, now))
				}
			}
			said := pairSet(c.Title)
			slices.SortStableFunc(f.Merge, func(a, b caseRow) int { // what is likest first
				return cmp.Compare(said.cosine(pairSet(b.Title)), said.cosine(pairSet(a.Title)))
			})
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b actionForm) int { return a.rank() - b.rank() })
	return out, nil
}

// rank puts what somebody waits for first, then the road, then the rest.
func (f actionForm) rank() int {
	switch {
	case f.Action == huiying.ActSign || f.Action == huiying.ActDecline, f.Main && (f.Action == huiying.ActExtend || f.Action == huiying.ActRefuse):
		return 0
	case f.Main:
		return 1
	}
	return 2
}

// extendable are the clocks a unit may ask to have put off.
func extendable(c huiying.Case, unit huiying.UnitID, rules *huiying.Rules, now time.Time) []option {
	var out []option
	for _, k := range c.Extendable(unit, rules, now) {
		out = append(out, option{string(k.Kind), k.Kind.Label() + "时限，至 " + stamp(k.Due)})
	}
	return out
}

// grant makes the form of an extension begin with what a unit asked for.
func (f *actionForm) grant(e huiying.ExtensionRequest, rules *huiying.Rules) {
	f.Main = true
	if k, ok := f.Case.Clock(e.Clock, e.Of()); ok && f.Values == nil {
		until := rules.Calendar.Add(k.Due, time.Duration(e.Longer), k.Hours)
		f.Open, f.Values = true, url.Values{"clock": {string(e.Clock) + "|" + string(e.Of())}, "until": {until.In(huiying.Beijing).Format("2006-01-02T15:04")}}
	}
}

// proposed are the lead and helpers a form begins with: what was typed, else
// what the router says.
func proposed(c huiying.Case, typed url.Values) (lead huiying.UnitID, helpers []string) {
	if typed != nil {
		return huiying.UnitID(typed.Get("lead")), typed["helpers"]
	}
	if len(c.Units) > 0 {
		return "", nil
	}
	if c.Police {
		helpers = append(helpers, string(huiying.PoliceUnit))
	}
	if n := len(c.Refusals); n > 0 && c.Refusals[n-1].Instead != "" {
		return c.Refusals[n-1].Instead, helpers
	}
	for i, u := range c.Routing {
		if i == 0 {
			lead = u.Unit
		} else if strings.Contains(u.Why, "属地") || strings.Contains(u.Why, "乡镇") {
			helpers = append(helpers, string(u.Unit))
		}
	}
	return lead, helpers
}

// begin offers the templates that suit the case, and fills in the one chosen.
func (f *actionForm) begin(replies []huiying.Reply, chosen, lead string) {
	for _, r := range replies {
		if !r.Suits(f.Case) {
			continue
		}
		f.Replies = append(f.Replies, r.Name)
		if r.Name == chosen {
			f.Open, f.Values = true, url.Values{"text": {r.Fill(f.Case, lead)}}
		}
	}
}

// formValues are the fields of a 处置反馈单 that is written on.
func formValues(b huiying.Feedback) url.Values {
	v := url.Values{
		"finding": {string(b.Finding)}, "facts": {b.Facts}, "measures": {b.Measures}, "responsibility": {b.Responsibility}, "progress": {b.Progress},
		"advice": {b.Advice}, "outlet": {b.Outlet}, "reviewer": {b.Reviewer}, "publicity": {string(b.Publicity)}, "publicity_reason": {b.PublicityReason},
	}
	if b.Contacted {
		v.Set("contacted", "yes")
	}
	if e := b.Extension; e != nil {
		v.Set("clock", string(e.Clock))
		v.Set("hours", strconv.FormatFloat(time.Duration(e.Longer).Hours(), 'f', -1, 64))
		v.Set("extension_reason", e.Reason)
	}
	return v
}

// draftValues are the fields of a form that begins with the draft.
func draftValues(d huiying.Response) url.Values {
	v := url.Values{
		"text": {d.Text}, "outlet": {d.Outlet}, "url": {d.URL}, "publicity": {string(d.Publicity)}, "publicity_reason": {d.PublicityReason},
	}
	for _, f := range d.Forms {
		v.Add("forms", string(f))
	}
	return v
}

// Was is what was typed into a field of a form that failed.
func (f actionForm) Was(name string) string { return f.Values.Get(name) }

// Chose reports whether a choice of a failed form was ticked.
func (f actionForm) Chose(name, value string) bool { return slices.Contains(f.Values[name], value) }
