package huiying

import "slices"

// CaseState is where a case stands (DOMAIN §4).
type CaseState string

// The states.
const (
	StateClue         CaseState = "clue"
	StateTriage       CaseState = "triage"
	StateDismissed    CaseState = "dismissed"
	StateMerged       CaseState = "merged"
	StateWatching     CaseState = "watching"
	StateAssigned     CaseState = "assigned"
	StateAcknowledged CaseState = "acknowledged"
	StateVerifying    CaseState = "verifying"
	StateHandling     CaseState = "handling"
	StateReviewing    CaseState = "reviewing"
	StateReturned     CaseState = "returned"
	StateResponded    CaseState = "responded"
	StateClosed       CaseState = "closed"
	StateArchived     CaseState = "archived"
)

// CaseStates lists the states in the order of the workflow.
var CaseStates = []CaseState{
	StateClue, StateTriage, StateDismissed, StateMerged, StateWatching, StateAssigned, StateAcknowledged,
	StateVerifying, StateHandling, StateReviewing, StateReturned, StateResponded, StateClosed, StateArchived,
}

var stateLabels = map[CaseState]string{
	StateClue: "线索", StateTriage: "待研判", StateDismissed: "不处置", StateMerged: "合并", StateWatching: "持续关注",
	StateAssigned: "已交办", StateAcknowledged: "已签收", StateVerifying: "核实中", StateHandling: "处置中",
	StateReviewing: "待审核", StateReturned: "退回补充", StateResponded: "已回应", StateClosed: "已办结", StateArchived: "已归档",
}

// Label is the Chinese name of the state.
func (s CaseState) Label() string { return stateLabels[s] }

// Ended reports whether nothing more is awaited: no clock runs in these states.
func (s CaseState) Ended() bool {
	return s == StateDismissed || s == StateMerged || s == StateClosed || s == StateArchived
}

// Action is something a person or the system does to a case. The names are the
// last path element of POST /api/v1/cases/{id}/{action}.
type Action string

// The actions.
const (
	ActOpen        Action = "open" // only on the timeline: the case was made
	ActAssign      Action = "assign"
	ActDismiss     Action = "dismiss"
	ActMerge       Action = "merge"
	ActWatch       Action = "watch"
	ActAcknowledge Action = "acknowledge"
	ActReturn      Action = "return"
	ActReassign    Action = "reassign"
	ActAddUnit     Action = "add-unit"
	ActVerify      Action = "verify"
	ActHandle      Action = "handle"
	ActSubmit      Action = "submit"
	ActSign        Action = "sign"    // by the 责任人: the form leaves the unit
	ActDecline     Action = "decline" // by the 责任人: the form is written anew
	ActApprove     Action = "approve"
	ActSendBack    Action = "send-back"
	ActRespond     Action = "respond"
	ActClose       Action = "close"
	ActReopen      Action = "reopen"
	ActArchive     Action = "archive"
	ActChangeLevel Action = "change-level"
	ActExtend      Action = "extend"
	ActAsk         Action = "ask-extension"    // 延期申请, by a unit
	ActRefuse      Action = "refuse-extension" // the answer no; yes is ActExtend
	ActTransfer    Action = "transfer"
	ActComment     Action = "comment"
	ActUrge        Action = "urge"
	ActRestart     Action = "restart-clock"
	ActPause       Action = "pause-clock"
	ActResume      Action = "resume-clock"
	ActDraft       Action = "draft"
	ActConsult     Action = "consult"
	ActRumor       Action = "rumor"
	ActEmergency   Action = "emergency"
	ActSplit       Action = "split"
	ActAttach      Action = "attach"
	ActReach       Action = "reach"
	ActAbsorb      Action = "absorb"   // only on the timeline: another case was merged into this one
	ActQuiet       Action = "quiet"    // only on the timeline: the unit acknowledged, then fell silent
	ActAccept      Action = "accept"   // only on the timeline: the time to return the case passed
	ActNotify      Action = "notify"   // only on the timeline: the unit was told of its case
	ActEscalate    Action = "escalate" // only on the timeline: the system told the next person
	ActOverdue     Action = "overdue"  // only on the timeline: a clock lapsed
)

// Transition is one row of the state machine: who may do what, in which
// states, and where it leads. An empty To keeps the state.
type Transition struct {
	Action Action
	Label  string
	From   []CaseState
	To     CaseState
	By     []Role
	Reason bool // a reason must be given
}

var (
	unitRoles  = []Role{Liaison, Handler, Head}
	judges     = []Role{Analyst, Leader}
	open       = []CaseState{StateTriage, StateWatching, StateAssigned, StateAcknowledged, StateVerifying, StateHandling, StateReviewing, StateReturned, StateResponded}
	withUnit   = []CaseState{StateAssigned, StateAcknowledged, StateVerifying, StateHandling, StateReviewing, StateReturned, StateResponded}
	inWork     = []CaseState{StateAcknowledged, StateVerifying, StateHandling, StateReturned}
	mergeable  = []CaseState{StateClue, StateTriage, StateWatching, StateAssigned, StateAcknowledged, StateVerifying, StateHandling, StateReturned}
	drafting   = []CaseState{StateAcknowledged, StateVerifying, StateHandling, StateReviewing, StateReturned, StateResponded}
	everybody  = []Role{Monitor, Analyst, Leader, Liaison, Handler, Head, Supervisor}
	undecided  = []CaseState{StateClue, StateTriage, StateWatching}
	reopenable = []CaseState{StateResponded, StateClosed, StateArchived, StateDismissed}
)

// Transitions is the whole case state machine. The pages' buttons, the checks
// in [Case.Do] and docs/workflow.md are all made from it.
var Transitions = []Transition{
	{ActAssign, "交办", undecided, StateAssigned, []Role{Analyst, Leader, System}, false},
	{ActDismiss, "不处置", undecided, StateDismissed, judges, true},
	{ActMerge, "合并", mergeable, StateMerged, judges, true},
	{ActSplit, "拆分", open, "", judges, true},
	{ActConsult, "会商", open, "", judges, false},
	{ActWatch, "持续关注", []CaseState{StateClue, StateTriage}, StateWatching, judges, true},
	{ActAcknowledge, "签收", withUnit, StateAcknowledged, unitRoles, false},
	{ActReturn, "退单", withUnit, StateTriage, []Role{Liaison, Head}, true},
	{ActReassign, "改派", []CaseState{StateAssigned, StateAcknowledged, StateVerifying, StateHandling, StateReturned}, StateAssigned, judges, true},
	{ActAddUnit, "加协办", withUnit, "", judges, false},
	{ActVerify, "开始核实", []CaseState{StateAcknowledged, StateReturned}, StateVerifying, unitRoles, false},
	{ActHandle, "首次反馈并处置", withUnit, StateHandling, unitRoles, false},
	{ActSubmit, "报送反馈单", inWork, StateReviewing, unitRoles, false},
	{ActSign, "签字报送", inWork, StateReviewing, []Role{Head}, false},
	{ActDecline, "退回修改", inWork, "", []Role{Head}, true},
	{ActDraft, "拟稿", drafting, "", []Role{Liaison, Handler, Head, Analyst, Leader}, false},
	{ActApprove, "审签", []CaseState{StateReviewing, StateResponded}, "", judges, false},
	{ActSendBack, "退回补充", []CaseState{StateReviewing}, StateReturned, judges, true},
	{ActRespond, "发布回应", withUnit, StateResponded, judges, false},
	{ActClose, "办结", []CaseState{StateResponded}, StateClosed, judges, true},
	{ActReopen, "重开", reopenable, StateAssigned, judges, true},
	{ActArchive, "归档", []CaseState{StateClosed, StateDismissed}, StateArchived, []Role{Monitor, Analyst, Leader}, false},
	{ActChangeLevel, "调整等级", open, "", judges, true},
	{ActAsk, "申请延期", withUnit, "", unitRoles, true},
	{ActExtend, "延期", withUnit, "", []Role{Leader}, true},
	{ActRefuse, "不同意延期", withUnit, "", []Role{Leader}, true},
	{ActPause, "暂停计时", withUnit, "", judges, true},
	{ActResume, "恢复计时", withUnit, "", judges, true},
	{ActRumor, "谣言核查", append(slices.Clone(open), StateClosed), "", judges, true},
	{ActEmergency, "认定突发事件", open, "", judges, true},
	{ActTransfer, "移送", open, "", judges, true},
	{ActUrge, "督办", open, "", []Role{Supervisor, Leader}, true},
	{ActRestart, "更正起算时间", open, "", []Role{Supervisor}, true},
	{ActAttach, "添加附件", open, "", []Role{Monitor, Analyst, Leader, Liaison, Handler, Head}, false},
	{ActReach, "登记传播数据", []CaseState{StateResponded, StateClosed, StateArchived}, "", []Role{Monitor, Analyst, Leader}, false},
	{ActComment, "批注", CaseStates, "", everybody, true},
}

// TransitionOf returns the row of an action.
func TransitionOf(a Action) (Transition, bool) {
	i := slices.IndexFunc(Transitions, func(t Transition) bool { return t.Action == a })
	if i < 0 {
		return Transition{}, false
	}
	return Transitions[i], true
}

// Label is the Chinese name of the action.
func (a Action) Label() string {
	switch a {
	case ActOpen:
		return "登记"
	case ActNotify:
		return "通知"
	case ActEscalate:
		return "升级催办"
	case ActOverdue:
		return "超时"
	case ActAbsorb:
		return "并入"
	case ActQuiet:
		return "久无进展"
	case ActAccept:
		return "视为接受"
	}
	t, _ := TransitionOf(a)
	return t.Label
}

// Allowed lists what p may do to c now, in table order: the page's buttons.
func (c Case) Allowed(p Person) []Transition {
	var out []Transition
	for _, t := range Transitions {
		if c.permits(t, p) == nil {
			out = append(out, t)
		}
	}
	return out
}

// permits checks role, visibility, state and the few rules a table row cannot say.
func (c Case) permits(t Transition, p Person) error {
	switch {
	case !slices.Contains(t.By, p.Role):
		return Errorf(CodeForbidden, "%s不能%s：这一步由%s办理", p.Role.Label(), t.Label, roleList(t.By))
	case p.Role != System && !p.SeesCase(c):
		return Errorf(CodeNotFound, "没有这件交办单")
	case !slices.Contains(t.From, c.State):
		return Errorf(CodeConflict, "交办单现在是“%s”，不能%s", c.State.Label(), t.Label)
	case t.Action == ActAssign && c.Level >= Yellow && p.Role == Analyst:
		return Errorf(CodeForbidden, "%s须由值班领导签发交办", c.Level.Label())
	case t.Action == ActApprove && !c.ApprovedAt.IsZero():
		return Errorf(CodeConflict, "已经审签过了")
	case t.Action == ActApprove && c.State == StateResponded && c.Draft == nil:
		return Errorf(CodeConflict, "没有待审签的拟稿")
	case t.Action == ActApprove && c.Level >= Yellow && p.Role == Analyst:
		return Errorf(CodeForbidden, "%s的口径须由值班领导审签", c.Level.Label())
	case t.Action == ActRespond && c.State == StateReviewing && c.ApprovedAt.IsZero():
		return Errorf(CodeConflict, "口径还没有审签，请先审签再发布回应")
	case t.Action == ActRespond && c.Level >= Yellow && p.Role == Analyst && !c.signed():
		return Errorf(CodeForbidden, "%s的回应须先拟稿、由值班领导审签，或由值班领导发布", c.Level.Label())
	case (t.Action == ActSign || t.Action == ActDecline) && !c.AwaitsSignature():
		return Errorf(CodeConflict, "没有待签字的处置反馈单")
	case t.Action == ActRefuse && len(c.WaitingExtensions()) == 0:
		return Errorf(CodeConflict, "没有等待批复的延期申请")
	case t.Action == ActPause && !slices.ContainsFunc(c.Clocks, Clock.Running):
		return Errorf(CodeConflict, "没有正在计时的时限")
	case t.Action == ActResume && !slices.ContainsFunc(c.Clocks, func(k Clock) bool { return k.Open() && !k.Running() }):
		return Errorf(CodeConflict, "没有暂停的时限")
	}
	if p.Role.OfUnit() && t.Action != ActComment {
		u := c.unit(p.Unit)
		if t.Action == ActAcknowledge {
			return nil
		}
		if u == nil || !u.Lead && t.Action != ActHandle && t.Action != ActAttach && t.Action != ActReturn && t.Action != ActAsk {
			return Errorf(CodeForbidden, "%s由主办单位办理", t.Label)
		}
		if t.Action == ActHandle && u.AckedAt.IsZero() {
			return Errorf(CodeConflict, "请先签收")
		}
		if t.Action == ActHandle && u.Lead && !slices.Contains(inWork, c.State) { // a helper's word waits for nobody
			return Errorf(CodeConflict, "交办单现在是“%s”，不能%s", c.State.Label(), t.Label)
		}
		if t.Action == ActReturn && u.Lead && c.State != StateAssigned && c.State != StateAcknowledged {
			return Errorf(CodeConflict, "已经开始办理，不能退单；确需改派请与研判员联系")
		}
		if t.Action == ActReturn && !u.AcceptedAt.IsZero() {
			return Errorf(CodeConflict, "退单期限已于 %s 截止，视为接受", u.ReturnBy.In(Beijing).Format("01-02 15:04"))
		}
	}
	return nil
}

func roleList(roles []Role) string {
	s := ""
	for i, r := range roles {
		if i > 0 {
			s += "、"
		}
		s += r.Label()
	}
	return s
}
