package huiying

import (
	"slices"
	"strings"
	"time"
)

// CaseID names a case (交办单) for ever. Its Number is what people quote.
type CaseID string

// Case is a matter a person must judge, a unit must acknowledge and answer, and
// the public must hear about. It changes only by [Case.Do] and [Case.Tick].
type Case struct {
	ID       CaseID    `json:"id"`
	Number   string    `json:"number"`  // 交舆〔2026〕0001号
	Version  int       `json:"version"` // counts what people did; actions name the version they saw
	Rev      int       `json:"rev"`     // counts every save, the system's too; the ledger's lock
	Region   Region    `json:"region"`
	Queue    Queue     `json:"queue"`
	State    CaseState `json:"state"`
	Level    Level     `json:"level"`
	Reasons  []Reason  `json:"reasons"` // why this level
	Title    string    `json:"title"`
	Summary  string    `json:"summary"`
	Category string    `json:"category"`
	Flags    []Flag    `json:"flags"`
	Places   []Place   `json:"places"`

	Suggested   Level       `json:"suggested,omitempty"` // a graver level the event has reached since, for a person to confirm
	Event       EventID     `json:"event,omitempty"`
	Evidence    []Evidence  `json:"evidence"` // frozen when the case was made
	Risk        float64     `json:"risk"`
	Factors     []Factor    `json:"factors"`
	Engagement  Engagement  `json:"engagement"` // snapshot of the spread
	Emergency   bool        `json:"emergency"`  // 突发事件: the 5 h and 24 h clocks run
	Routing     []Candidate `json:"routing"`    // whom the router proposed, and why
	RoutingNote string      `json:"routing_note,omitempty"`
	Policy      string      `json:"policy,omitempty"` // the policy misread, if that is the matter
	Misreading  Misreading  `json:"misreading,omitzero"`

	Units      []CaseUnit `json:"units"` // lead first
	Clocks     []Clock    `json:"clocks"`
	Feedback   []Feedback `json:"feedback"`
	Form       *Feedback  `json:"form,omitempty"` // 处置反馈单 that has not left the unit yet: the 责任人 has not signed
	Responses  []Response `json:"responses"`
	Draft      *Response  `json:"draft,omitempty"`  // 拟稿, until it is published
	Police     bool       `json:"police,omitempty"` // 已移交公安
	Rumor      RumorState `json:"rumor,omitempty"`  // of a matter that is said to be a rumour
	MergedInto CaseID     `json:"merged_into,omitempty"`
	SplitFrom  CaseID     `json:"split_from,omitempty"`
	Drill      bool       `json:"drill,omitempty"` // 演练: counts nowhere, leaves the machine nowhere

	Refusals      []Refusal          `json:"refusals,omitempty"`
	Extensions    []ExtensionRequest `json:"extensions,omitempty"` // 延期申请, oldest first
	Attachments   []Attachment       `json:"attachments,omitempty"`
	Consultations []Consultation     `json:"consultations,omitempty"`

	EventAt     time.Time `json:"event_at"`      // 事发（首发）
	FirstSeenAt time.Time `json:"first_seen_at"` // 首次发现
	OpenedAt    time.Time `json:"opened_at"`
	JudgedAt    time.Time `json:"judged_at,omitzero"`
	AssignedAt  time.Time `json:"assigned_at,omitzero"`
	ApprovedAt  time.Time `json:"approved_at,omitzero"`
	ApprovedBy  string    `json:"approved_by,omitempty"`
	RespondedAt time.Time `json:"responded_at,omitzero"` // the first response
	ClosedAt    time.Time `json:"closed_at,omitzero"`
	ReboundAt   time.Time `json:"rebound_at,omitzero"` // the event rose again after the response
	SignedBy    string    `json:"signed_by,omitempty"` // 签发人
}

// CaseUnit is a unit's part in a case.
type CaseUnit struct {
	Unit       UnitID    `json:"unit"`
	Lead       bool      `json:"lead"`
	AssignedAt time.Time `json:"assigned_at"`
	AckedAt    time.Time `json:"acked_at,omitzero"`
	AckedBy    string    `json:"acked_by,omitempty"`
	FeedbackAt time.Time `json:"feedback_at,omitzero"` // the first one
	Step       int       `json:"step"`                 // escalation steps taken so far
	ReturnBy   time.Time `json:"return_by,omitzero"`   // until then it may return the case (退单)
	AcceptedAt time.Time `json:"accepted_at,omitzero"` // it did not: silence is acceptance
	ActiveAt   time.Time `json:"active_at,omitzero"`   // its last action, or ours that asked for more
	QuietStep  int       `json:"quiet_step,omitempty"` // escalation steps its silence since then has led to
	SentBack   int       `json:"sent_back,omitempty"`  // how often its feedback form was
	Reopened   int       `json:"reopened,omitempty"`   // how often it had to take the case up again, as the lead
}

// Refusal is a unit's word that a case is not its own (退单).
type Refusal struct {
	Unit    UnitID    `json:"unit"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
	Instead UnitID    `json:"instead,omitempty"` // who should have it
}

// Evidence is a post as it stood when the case was made.
type Evidence struct {
	Post        PostID     `json:"post"`
	Source      string     `json:"source"`
	Channel     Channel    `json:"channel"`
	URL         string     `json:"url,omitempty"`
	Headline    string     `json:"headline"`
	Excerpt     string     `json:"excerpt"`
	PublishedAt time.Time  `json:"published_at"`
	Engagement  Engagement `json:"engagement"`
}

// Entry is one line of a case's timeline: who did what, when, and what changed.
type Entry struct {
	Case   CaseID    `json:"case"`
	Seq    int       `json:"seq"` // 1, 2, 3 … within the case; the ledger numbers them
	At     time.Time `json:"at"`
	Action Action    `json:"action"`
	By     Person    `json:"by"`
	From   CaseState `json:"from,omitempty"`
	To     CaseState `json:"to"`
	Unit   UnitID    `json:"unit,omitempty"`  // who acted, or whom it is about
	Units  []UnitID  `json:"units,omitempty"` // assign, reassign, add-unit: who has a part from now on, lead first
	Clock  ClockKind `json:"clock,omitempty"` // overdue, extend and the like: which clock; Unit says whose
	Reason string    `json:"reason,omitempty"`
	Detail string    `json:"detail,omitempty"` // what changed, in words

	Rumor RumorState `json:"rumor,omitempty"` // open, rumor: how far the matter has been checked from now on; "" when nobody calls it a rumour
}

// NoticeKind says why somebody is told something.
type NoticeKind string

// The kinds of notice.
const (
	NoticeJudge    NoticeKind = "judge"    // a case waits for judgement
	NoticeAssigned NoticeKind = "assigned" // a case was sent to your unit
	NoticeEscalate NoticeKind = "escalate" // nobody acknowledged
	NoticeOverdue  NoticeKind = "overdue"  // a clock lapsed
	NoticeChanged  NoticeKind = "changed"  // something you must know: level, units, return
	NoticeSource   NoticeKind = "source"   // a source does not watch any more; about no case
	NoticeReview   NoticeKind = "review"   // a feedback form waits for review
	NoticeUrge     NoticeKind = "urge"     // 督办
	NoticeReport   NoticeKind = "report"   // a report was issued
)

// Notice is the wish to tell somebody; the desk turns it into notifications, one
// a person and channel. To is liaison, handler or head of Unit, or a role of the
// guiding offices.
type Notice struct {
	Kind     NoticeKind
	Unit     UnitID
	To       string
	Channels []string // nil: the county's default
	Text     string
	Due      time.Time
}

// Outcome is what a change of a case brought about.
type Outcome struct {
	Entries []Entry
	Notices []Notice
	Silence []UnitID // units whose pending reminders are void from now on
}

// tell lets a unit know of something it need not answer.
func (o *Outcome) tell(unit UnitID, text string) {
	o.Notices = append(o.Notices, Notice{Kind: NoticeChanged, Unit: unit, To: string(Liaison), Text: text})
}

func (c *Case) tellUnits(out *Outcome, text string) {
	for _, u := range c.Units {
		out.tell(u.Unit, text)
	}
}

// HasUnit reports whether the unit leads or helps.
func (c Case) HasUnit(id UnitID) bool { return c.unit(id) != nil }

// Lead is the unit in charge, or "".
func (c Case) Lead() UnitID {
	for _, u := range c.Units {
		if u.Lead {
			return u.Unit
		}
	}
	return ""
}

func (c *Case) unit(id UnitID) *CaseUnit {
	for i := range c.Units {
		if c.Units[i].Unit == id {
			return &c.Units[i]
		}
	}
	return nil
}

// Clock returns the clock of a kind (and unit, "" for the case's own) that was
// started last.
func (c Case) Clock(kind ClockKind, unit UnitID) (Clock, bool) {
	for _, k := range slices.Backward(c.Clocks) {
		if k.Kind == kind && k.Unit == unit {
			return k, true
		}
	}
	return Clock{}, false
}

// NextDue is the nearest open deadline: what a work list is sorted by.
func (c Case) NextDue() (Clock, bool) {
	var best Clock
	found := false
	for _, k := range c.Clocks {
		if k.Running() && (!found || k.Due.Before(best.Due)) {
			best, found = k, true
		}
	}
	return best, found
}

// Overdue reports whether an open deadline has passed at now.
func (c Case) Overdue(now time.Time) bool {
	k, ok := c.NextDue()
	return ok && now.After(k.Due)
}

// clone copies the slices a change may write to.
func (c Case) clone() Case {
	c.Units = slices.Clone(c.Units)
	c.Clocks = slices.Clone(c.Clocks)
	c.Feedback = slices.Clone(c.Feedback)
	c.Responses = slices.Clone(c.Responses)
	c.Flags = slices.Clone(c.Flags)
	c.Reasons = slices.Clone(c.Reasons)
	c.Refusals = slices.Clone(c.Refusals)
	c.Extensions = slices.Clone(c.Extensions)
	c.Consultations = slices.Clone(c.Consultations)
	c.Attachments = slices.Clone(c.Attachments)
	c.Evidence = slices.Clone(c.Evidence)
	return c
}

// Open makes a new case that waits for judgement, with its clocks started. The
// caller fills what the event knows (title, evidence, level, routing …).
func Open(c Case, by Person, r *Rules, now time.Time) (Case, Outcome, error) {
	c = c.clone()
	c.Title = strings.TrimSpace(c.Title)
	switch {
	case c.ID == "":
		return c, Outcome{}, Invalid("id", "交办单缺少编号")
	case c.Title == "":
		return c, Outcome{}, Invalid("title", "标题为空")
	case c.Queue != Online && c.Queue != Offline:
		return c, Outcome{}, Invalid("queue", "应为 online（网络舆情）或 offline（社会舆情）")
	}
	if _, err := ParseRegion(string(c.Region)); err != nil {
		return c, Outcome{}, err
	}
	if c.Level == NoLevel {
		c.Level = Blue
	}
	c.State, c.Version, c.Rev, c.OpenedAt = StateTriage, 1, 1, now
	c.Units, c.Clocks, c.Feedback, c.Responses = []CaseUnit{}, nil, []Feedback{}, []Response{}
	if slices.Contains(c.Flags, FlagRumor) {
		c.Rumor = RumorUnverified
	}
	if c.FirstSeenAt.IsZero() {
		c.FirstSeenAt = now
	}
	c.start(r, ClockJudge, "", now, "自登记起算")
	at, why := c.publicStart()
	for _, kind := range []ClockKind{ClockAuthoritative, ClockPress, ClockRespond} {
		c.start(r, kind, "", at, why)
	}
	out := Outcome{Entries: []Entry{{
		Case: c.ID, At: now, Action: ActOpen, By: by, To: c.State, Rumor: c.Rumor,
		Detail: "登记为" + c.Queue.Label() + "，初判" + c.Level.Label(),
	}}}
	due, _ := c.Clock(ClockJudge, "")
	out.Notices = []Notice{{Kind: NoticeJudge, To: string(Analyst), Text: "待研判", Due: due.Due}}
	if c.Level >= Yellow {
		out.Notices = append(out.Notices, Notice{Kind: NoticeJudge, To: string(Leader), Text: "待签发交办", Due: due.Due})
	}
	return c, out, nil
}

// lateNoted is how late a lapse must be put on record for the record to say so:
// more than a busy keeper of the clocks ever is.
const lateNoted = 10 * time.Second

// Suggest puts on record that the event behind the case has reached a graver
// level; a person decides. It does nothing when that was said before.
func (c Case) Suggest(l Level, reasons []Reason, now time.Time) (next Case, out Outcome, changed bool) {
	if l <= c.Level || l <= c.Suggested || c.State.Ended() {
		return c, out, false
	}
	next = c.clone()
	next.Suggested = l
	next.Rev++
	detail := "事件热度上升，建议调整为" + l.Label()
	for _, r := range reasons {
		detail += "；" + r.Text
	}
	out.Entries = []Entry{{At: now, Action: ActComment, By: TheSystem(c.Region), Detail: detail}}
	for _, to := range []Role{Analyst, Leader} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(to), Text: "建议调整为" + l.Label()})
	}
	next.stamp(&out, c)
	return next, out, true
}

// Rebound puts on record that the event rose again after the response (反弹); a
// person decides whether to reopen. It does nothing when that was said since the
// last response, or when nothing was answered yet.
func (c Case) Rebound(now time.Time) (next Case, out Outcome, changed bool) {
	if !slices.Contains([]CaseState{StateResponded, StateClosed, StateArchived}, c.State) || c.RespondedAt.IsZero() || !c.ReboundAt.IsZero() {
		return c, out, false
	}
	next = c.clone()
	next.ReboundAt = now
	next.Rev++
	out.Entries = []Entry{{At: now, Action: ActComment, By: TheSystem(c.Region), Detail: "回应后舆情反弹，建议重开"}}
	for _, to := range []Role{Analyst, Leader} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(to), Text: "回应后舆情反弹，建议重开"})
	}
	next.stamp(&out, c)
	return next, out, true
}

// stamp numbers the entries and fills what they share.
func (c Case) stamp(out *Outcome, before Case) {
	for i := range out.Entries {
		e := &out.Entries[i]
		e.Case = c.ID
		if e.To == "" {
			e.From, e.To = before.State, c.State
		}
	}
}
