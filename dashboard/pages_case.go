package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// casePageView is one 交办单 with all that happened to it and all that p may do.
type casePageView struct {
	Case       huiying.Case
	Row        caseRow
	Steps      []step
	Clocks     []clockView
	Units      []caseUnitView
	Timeline   []entryView
	Evidence   []huiying.Evidence
	Fates      map[huiying.PostID]fate // of the evidence that was edited or taken away since
	Routing    []unitChance
	Places     []placeView
	Misread    *misreadView
	Deliveries []deliveryView
	Feedback   []feedbackView
	Form       *feedbackView // waits for the 责任人 of the reader's unit
	Refusals   []refusalView
	Extensions []extensionView // newest first
	Actions    []actionForm
	Ack        bool // the one big button
	Event      string
	Into       *relatedCase // it was merged into
	From       *relatedCase // it was split off
	Problem    *caseProblem
	CanReadIt  bool // posts and events
}

// relatedCase is another case this one came from or went into; Path is "" for
// those who may not see it.
type relatedCase struct {
	Number, Title, Path string
}

// caseProblem tells why an action was not done, and what changed meanwhile.
type caseProblem struct {
	Heading string
	Message string
	Changed []entryView // what others did since the version the person saw
}

type caseUnitView struct {
	huiying.CaseUnit
	Reminders int
	Name      string
	Contact   huiying.Contact
	Phones    []contactLine // whom to ring, for the offices
	Took      string        // assignment → acknowledgement
	Returns   bool          // it may still say that the case is not its own
}

type entryView struct {
	huiying.Entry
	Unit  string
	Whom  string // who has a part from then on, in words
	Tone  string // late, urge, ours, system, person
	Moved bool
}

type feedbackView struct {
	huiying.Feedback
	Unit string
}

type refusalView struct {
	huiying.Refusal
	Unit, Instead string
}

type extensionView struct {
	huiying.ExtensionRequest
	Unit string
}

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

func (s *Server) casePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	c, err := s.visibleCase(r, p)
	if err != nil {
		return err
	}
	return s.showCase(w, r, p, http.StatusOK, c, "", nil)
}

func (s *Server) visibleCase(r *http.Request, p huiying.Person) (huiying.Case, error) {
	c, err := s.cfg.Ledger.Case(r.Context(), huiying.CaseID(r.PathValue("id")))
	if err != nil {
		return c, err
	}
	if !p.SeesCase(c) {
		return c, huiying.Errorf(huiying.CodeNotFound, "没有这件交办单")
	}
	return c, nil
}

// showCase renders the page; failed and problem tell of an action that was just
// refused, whose form stays open with what was typed.
func (s *Server) showCase(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, c huiying.Case, failed huiying.Action, problem *caseProblem) error {
	ctx, now := r.Context(), s.now()
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	units = units.In(c.Region)
	timeline, err := s.cfg.Ledger.Timeline(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("read timeline: %w", err)
	}
	v := casePageView{
		Case: c, Row: rowOf(c, p, units, now), Steps: stepsOf(c, timeline), Evidence: c.Evidence, Routing: chances(c.Routing, units),
		Places: placesOf(c.Places, units), Problem: problem, CanReadIt: p.SeesPosts(),
		Misread: misreadOf(c.Misreading, units),
	}
	kept := make([]huiying.PostID, len(c.Evidence))
	for i, e := range c.Evidence {
		kept[i] = e.Post
	}
	if v.Fates, err = s.fatesOf(ctx, kept); err != nil {
		return err
	}
	v.Ack = v.Row.CanAck
	for _, k := range c.Clocks {
		if !p.Role.OfUnit() || k.Unit == "" || k.Unit == p.Unit {
			v.Clocks = append(v.Clocks, clockOf(k, units, now))
		}
	}
	slices.SortStableFunc(v.Clocks, openFirst)
	for _, u := range c.Units {
		v.Units = append(v.Units, caseUnitOf(c, u, s.cfg.Rules(), units))
	}
	for _, e := range timeline {
		v.Timeline = append(v.Timeline, entryOf(e, p, units))
	}
	slices.Reverse(v.Timeline)
	for _, f := range c.Feedback {
		v.Feedback = append(v.Feedback, feedbackView{f, units.Name(f.Unit)})
	}
	if f := c.For(p).Form; f != nil {
		v.Form = &feedbackView{*f, units.Name(f.Unit)}
	}
	for _, f := range c.Refusals {
		r := refusalView{Refusal: f, Unit: units.Name(f.Unit)}
		if f.Instead != "" {
			r.Instead = units.Name(f.Instead)
		}
		v.Refusals = append(v.Refusals, r)
	}
	for _, e := range slices.Backward(c.Extensions) {
		v.Extensions = append(v.Extensions, extensionView{e, units.Name(e.Unit)})
	}
	sent, err := (api{Server: s}).noticesOf(ctx, p, c.ID)
	if err != nil {
		return err
	}
	v.Deliveries = deliveriesOf(sent, units)
	if v.Into, err = s.relatedCase(ctx, p, c.MergedInto); err != nil {
		return err
	}
	if v.From, err = s.relatedCase(ctx, p, c.SplitFrom); err != nil {
		return err
	}
	if problem != nil && status == http.StatusConflict {
		problem.Changed = changedSince(v.Timeline, c, r.PostForm.Get("version"))
	}
	if v.Actions, err = s.actions(r, p, c, units, failed); err != nil {
		return err
	}
	if p.SeesPosts() && c.Event != "" {
		e, err := s.cfg.Ledger.Event(ctx, c.Event)
		if err != nil && !errors.Is(err, huiying.ErrNotFound) {
			return fmt.Errorf("read event of case: %w", err)
		}
		v.Event = e.Title
		if v.Misread == nil { // registered by hand
			v.Misread = misreadOf(e.Misreading, units)
		}
	}
	return s.show(w, r, p, status, "case", c.Number, v)
}

// relatedCase is what the page says of another case, nil when there is none.
func (s *Server) relatedCase(ctx context.Context, p huiying.Person, id huiying.CaseID) (*relatedCase, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	c, err := s.cfg.Ledger.Case(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read a related case: %w", err)
	}
	if !p.SeesCase(c) {
		return &relatedCase{Number: c.Number}, nil
	}
	return &relatedCase{Number: c.Number, Title: c.Title, Path: "/cases/" + string(c.ID)}, nil
}

// openFirst puts running clocks first, the nearest deadline on top; void ones last.
func openFirst(a, b clockView) int {
	rank := func(c clockView) int {
		switch {
		case c.Open():
			return 0
		case c.State == huiying.ClockVoid:
			return 2
		}
		return 1
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return a.Due.Compare(b.Due)
}

// contactLine is one of a unit's contacts in the order in which they are rung.
type contactLine struct {
	Role string
	huiying.Contact
}

func phonesOf(u huiying.Unit) []contactLine {
	var out []contactLine
	for _, c := range []contactLine{{"联络人", u.Liaison}, {"承办人", u.Handler}, {"责任人", u.Head}} {
		if c.Phone != "" {
			out = append(out, c)
		}
	}
	return out
}

func caseUnitOf(c huiying.Case, u huiying.CaseUnit, r *huiying.Rules, units *huiying.Directory) caseUnitView {
	v := caseUnitView{CaseUnit: u, Name: units.Name(u.Unit), Reminders: r.Reminders(c.Level, u.Step)}
	v.Returns = !u.ReturnBy.IsZero() && !c.State.Ended() && (!u.Lead || c.State == huiying.StateAssigned || c.State == huiying.StateAcknowledged)
	if full, ok := units.Unit(u.Unit); ok {
		v.Name, v.Contact, v.Phones = full.Name, full.Liaison, phonesOf(full)
	}
	if !u.AckedAt.IsZero() {
		v.Took = huiying.SpanText(u.AckedAt.Sub(u.AssignedAt))
	}
	return v
}

func entryOf(e huiying.Entry, p huiying.Person, units *huiying.Directory) entryView {
	v := entryView{Entry: e, Tone: "person", Moved: e.From != e.To && e.From != ""}
	if e.Unit != "" {
		v.Unit = units.Name(e.Unit)
	}
	for i, id := range e.Units {
		switch i {
		case 0:
			v.Whom = "主办" + units.Name(id)
		case 1:
			v.Whom += "，协办" + units.Name(id)
		default:
			v.Whom += "、" + units.Name(id)
		}
	}
	switch {
	case e.Action == huiying.ActOverdue:
		v.Tone = "late"
	case e.Action == huiying.ActEscalate || e.Action == huiying.ActUrge:
		v.Tone = "urge"
	case e.By.Role == huiying.System:
		v.Tone = "system"
	case e.By.User == p.User:
		v.Tone = "ours"
	}
	return v
}

// changedSince lists what people did after the version a person saw: the
// newest first, as many as versions have passed.
func changedSince(newestFirst []entryView, c huiying.Case, seen string) []entryView {
	var version int
	if _, err := fmt.Sscan(seen, &version); err != nil || version >= c.Version {
		return nil
	}
	var out []entryView
	for _, e := range newestFirst {
		if len(out) == c.Version-version {
			break
		}
		if e.By.Role != huiying.System {
			out = append(out, e)
		}
	}
	return out
}

// roadActions are the next steps of the road; other actions stand below them.
var roadActions = []huiying.Action{
	huiying.ActAssign, huiying.ActVerify, huiying.ActHandle, huiying.ActSign, huiying.ActDecline, huiying.ActSubmit, huiying.ActApprove, huiying.ActRespond, huiying.ActClose, huiying.ActArchive,
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
