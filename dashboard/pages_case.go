package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

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
