package dashboard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// caseDoc is a case with everything a screen or program needs beside it.
type caseDoc struct {
	huiying.Case
	Clocks        []clockDoc             `json:"clocks"` // instead of the case's own
	Timeline      []huiying.Entry        `json:"timeline"`
	Notifications []huiying.Notification `json:"notifications" doc:"每一次通知及其每一次投递"`
	Allowed       []allowedAction        `json:"allowed" doc:"本账号现在可以做的操作"`
	At            time.Time              `json:"at" doc:"时限状态所依据的时刻"`
}

// clockDoc is a clock and how it stands now.
type clockDoc struct {
	huiying.Clock
	Label string             `json:"label"`
	State huiying.ClockState `json:"state" enum:"running,overdue,paused,met,late,void"`
	Left  float64            `json:"left_seconds" doc:"距时限的秒数，负数为已超；已停止为 0"`
}

// allowedAction is a button.
type allowedAction struct {
	Action huiying.Action `json:"action"`
	Label  string         `json:"label"`
	Reason bool           `json:"needs_reason"`
}

type casesInput struct {
	Listing
	Window
	Query    string   `query:"q" maxLength:"200" doc:"编号或标题中的字"`
	Queue    string   `query:"queue" enum:"online,offline"`
	State    []string `query:"state" doc:"状态，可用逗号列出几个"`
	Level    string   `query:"level" doc:"red、orange、yellow、blue"`
	Unit     string   `query:"unit" maxLength:"100" doc:"主办或协办单位；单位账号只能看本单位"`
	Category string   `query:"category" maxLength:"100"`
	Event    string   `query:"event" maxLength:"128"`
	Rumor    string   `query:"rumor" enum:"unverified,verified,refuted" doc:"传言核查情况"`
	Open     string   `query:"open" enum:"true,false" doc:"是否在办"`
	Overdue  bool     `query:"overdue" doc:"只看有时限已超的"`
	Drill    string   `query:"drill" enum:"true,false" doc:"只看演练，或不看演练"`
	Sort     string   `query:"sort" enum:"opened,due" doc:"opened：新立在前（缺省）；due：最近的时限在前"`
}

// commandBody is what an action needs, each the part that is its own.
type commandBody struct {
	Version  int               `json:"version,omitempty" minimum:"0" doc:"您看到的版本号；交办单已变化时返回 409 与当前内容"`
	Reason   string            `json:"reason,omitempty" maxLength:"2000"`
	Lead     huiying.UnitID    `json:"lead,omitempty" doc:"assign、reassign：主办单位；return：建议改由哪个单位承办"`
	Helpers  []huiying.UnitID  `json:"helpers,omitempty" doc:"assign、add-unit：协办单位"`
	Level    huiying.Level     `json:"level,omitempty" doc:"change-level：red、orange、yellow、blue"`
	Clock    huiying.ClockKind `json:"clock,omitempty" doc:"extend、ask-extension、refuse-extension、restart-clock、pause-clock、resume-clock：哪一个时限"`
	Unit     huiying.UnitID    `json:"unit,omitempty" doc:"同上：哪个单位的，不写为任一个"`
	Until    time.Time         `json:"until,omitzero" doc:"extend：新的时限，单位申请过延期的可以不写，即照所申请的；restart-clock：新的起算时间；assign、add-unit：协办单位的反馈时限"`
	Longer   huiying.Duration  `json:"longer,omitempty" doc:"ask-extension：申请延长多久，如 24h"`
	To       string            `json:"to,omitempty" doc:"transfer：online、offline 或 police；rumor：unverified、verified 或 refuted"`
	Grounds  string            `json:"grounds,omitempty" doc:"send-back：真实性核查不通过、重复提交、要素不健全、跨管辖范围、涉密违规"`
	Consult  *consultBody      `json:"consult,omitempty" doc:"consult：会商记录"`
	Reach    *reachBody        `json:"reach,omitempty" doc:"reach：最近一次回应在一个渠道的传播数据"`
	Split    *huiying.Part     `json:"split,omitempty" doc:"split：拆出的事"`
	Into     huiying.CaseID    `json:"into,omitempty" doc:"merge：并入哪一件"`
	Feedback *feedbackBody     `json:"feedback,omitempty" doc:"submit：处置反馈单"`
	Response *responseBody     `json:"response,omitempty" doc:"draft：拟稿；respond：回应，不写的沿用拟稿"`
	File     *fileBody         `json:"file,omitempty" doc:"attach：附件"`
	Text     string            `json:"text,omitempty" maxLength:"20000" doc:"handle：初步核实情况和处置打算"`
}

// fileBody is a file as JSON carries it.
type fileBody struct {
	Name    string `json:"name" maxLength:"400"`
	Content []byte `json:"content" doc:"文件内容，base64"`
}

// reachBody is what a channel says of a response.
type reachBody struct {
	Outlet   string `json:"outlet"`
	Reads    int64  `json:"reads,omitempty"`
	Reprints int    `json:"reprints,omitempty" doc:"转载媒体家数"`
}

// consultBody is the part of a 会商 record a person fills in.
type consultBody struct {
	At         time.Time     `json:"at,omitzero" doc:"会商时间，不写为现在"`
	People     string        `json:"people,omitempty"`
	Conclusion string        `json:"conclusion,omitempty"`
	Level      huiying.Level `json:"level,omitempty" doc:"建议的等级"`
	Reasons    string        `json:"reasons,omitempty"`
}

// feedbackBody is the part of a 处置反馈单 a person fills in.
type feedbackBody struct {
	Finding         huiying.Finding   `json:"finding,omitempty" doc:"核实结论：true、partly、false、unverified"`
	Facts           string            `json:"facts,omitempty"`
	Measures        string            `json:"measures,omitempty"`
	Progress        string            `json:"progress,omitempty"`
	Contacted       bool              `json:"contacted,omitempty"`
	Advice          string            `json:"advice,omitempty"`
	Responsibility  string            `json:"responsibility,omitempty" doc:"责任认定"`
	Outlet          string            `json:"outlet,omitempty" doc:"拟发布渠道"`
	Reviewer        string            `json:"reviewer,omitempty" doc:"审核人"`
	Publicity       huiying.Publicity `json:"publicity,omitempty" doc:"public、on_request、not_public"`
	PublicityReason string            `json:"publicity_reason,omitempty"`

	Extension *huiying.ExtensionWish `json:"extension,omitempty" doc:"延期申请：报送后仍在计时的时限"`
}

// responseBody is the part of a response a person fills in.
type responseBody struct {
	Text            string                 `json:"text,omitempty"`
	Forms           []huiying.ResponseForm `json:"forms,omitempty" doc:"release、press、interview"`
	Outlet          string                 `json:"outlet,omitempty"`
	URL             string                 `json:"url,omitempty"`
	Publicity       huiying.Publicity      `json:"publicity,omitempty" doc:"public、on_request、not_public"`
	PublicityReason string                 `json:"publicity_reason,omitempty"`
}

func (b commandBody) command(a huiying.Action, by huiying.Person) huiying.Command {
	cmd := huiying.Command{
		Action: a, By: by, Version: b.Version, Reason: b.Reason, Lead: b.Lead, Helpers: b.Helpers, Level: b.Level,
		Clock: b.Clock, Unit: b.Unit, Until: b.Until, Longer: b.Longer, To: b.To, Into: b.Into, Text: b.Text, Grounds: b.Grounds, Split: b.Split,
	}
	if k := b.Consult; k != nil {
		cmd.Consult = &huiying.Consultation{At: k.At, People: k.People, Conclusion: k.Conclusion, Level: k.Level, Reasons: k.Reasons}
	}
	if r := b.Reach; r != nil {
		cmd.Reach = &huiying.Reach{Outlet: r.Outlet, Reads: r.Reads, Reprints: r.Reprints}
	}
	if f := b.Feedback; f != nil {
		cmd.Feedback = &huiying.Feedback{
			Finding: f.Finding, Facts: f.Facts, Measures: f.Measures, Progress: f.Progress, Contacted: f.Contacted,
			Advice: f.Advice, Publicity: f.Publicity, PublicityReason: f.PublicityReason,
			Responsibility: f.Responsibility, Outlet: f.Outlet, Reviewer: f.Reviewer, Extension: f.Extension,
		}
	}
	if f := b.Response; f != nil {
		cmd.Response = &huiying.Response{
			Text: f.Text, Forms: f.Forms, Outlet: f.Outlet, URL: f.URL, Publicity: f.Publicity, PublicityReason: f.PublicityReason,
		}
	}
	return cmd
}

type actionInput struct {
	ID     string `path:"id" maxLength:"128"`
	Action string `path:"action" maxLength:"40"`
	Body   *commandBody
}

type openInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"由调用方起的唯一值；用同一个值再登记一次，得到的是第一次登记的那一件"`
	Body huiying.ManualCase
}

func (a api) routesCases() {
	tags := []string{"交办单"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/cases", OperationID: "list-cases", Summary: "交办单列表", Tags: tags,
	}, a.listCases)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/cases/{id}", OperationID: "get-case", Summary: "一件交办单：时间线、时限、通知、可做的操作", Tags: tags,
	}, func(ctx context.Context, p huiying.Person, in *idInput) (*caseDoc, error) {
		return a.caseFor(ctx, p, huiying.CaseID(in.ID))
	})
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/cases", OperationID: "open-case", Summary: "人工登记交办单", Tags: tags, DefaultStatus: http.StatusCreated,
		Description: "没有得到答复或答复 503 时，带同一个 Idempotency-Key 原样再登记一次，不会登记成两件；没有带的请先查。",
	}, a.openCase)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/cases/{id}/{action}", OperationID: "act-on-case", Summary: "办理交办单", Tags: tags,
		MaxBodyBytes: maxFileForm * 4 / 3,
		Description:  "可用的操作：" + actionList() + "。除签收和批注外须带 version；版本已旧返回 409，current 为当前内容。重复签收不算错，以第一次为准。没有得到答复或答复 503 时可以带同一个 version 原样重试：已经办成的返回 409 和办成后的内容，不会办两次（批注不带 version 的会多一条）。",
	}, a.actOnCase)
	for _, p := range a.doc.OpenAPI().Paths["/cases/{id}/{action}"].Post.Parameters {
		if p.Name == "action" { // documented, but checked by us: an unknown one is 404 with the list
			p.Schema = &huma.Schema{Type: huma.TypeString, Enum: actionEnum()}
		}
	}
}

func actionEnum() []any {
	out := make([]any, len(huiying.Transitions))
	for i, t := range huiying.Transitions {
		out[i] = string(t.Action)
	}
	return out
}

func actionList() string {
	parts := make([]string, len(huiying.Transitions))
	for i, t := range huiying.Transitions {
		parts[i] = string(t.Action) + " " + t.Label
	}
	return strings.Join(parts, "、")
}

// scoped narrows a case query to what p may see.
func scoped(p huiying.Person, q huiying.CaseQuery) (huiying.CaseQuery, error) {
	switch {
	case p.Region == "":
		return q, huiying.Errorf(huiying.CodeForbidden, "账号没有设置辖区，请联系系统管理员")
	case p.Role.OfUnit() && p.Unit == "":
		return q, huiying.Errorf(huiying.CodeForbidden, "账号没有设置单位，请联系系统管理员")
	case p.Role.OfUnit() && q.Unit != "" && q.Unit != p.Unit:
		return q, huiying.Errorf(huiying.CodeForbidden, "单位账号只能查看本单位的交办单")
	case p.Role.OfUnit():
		q.Unit = p.Unit
	case !p.SeesPosts():
		return q, huiying.Errorf(huiying.CodeForbidden, "%s不能查看交办单", p.Role.Label())
	}
	return q, nil
}

func (a api) listCases(ctx context.Context, p huiying.Person, in *casesInput) (huiying.Page[huiying.Case], error) {
	none := huiying.Page[huiying.Case]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	level, err := parseLevel(in.Level)
	if err != nil {
		return none, err
	}
	q := huiying.CaseQuery{
		Region: region, Text: in.Query, Queue: huiying.Queue(in.Queue), Level: level, Unit: huiying.UnitID(in.Unit), Category: in.Category,
		Rumor: huiying.RumorState(in.Rumor), Event: huiying.EventID(in.Event), Open: yesNo(in.Open), Drill: yesNo(in.Drill), Overdue: in.Overdue, Now: a.now(), From: in.From.Time, To: in.To.Time,
		ByDue: in.Sort == "due", Limit: in.Limit, Cursor: in.Cursor,
	}
	for _, state := range in.State {
		if !slices.Contains(huiying.CaseStates, huiying.CaseState(state)) {
			return none, huiying.Invalid("state", "没有 %q 这个状态", huiying.Clip(state, 20))
		}
		q.States = append(q.States, huiying.CaseState(state))
	}
	if q, err = scoped(p, q); err != nil {
		return none, err
	}
	page, err := a.cfg.Ledger.Cases(ctx, q)
	if err != nil {
		return none, fmt.Errorf("listing cases: %w", err)
	}
	page.Items = some(page.Items)
	for i, c := range page.Items {
		page.Items[i] = c.For(p)
	}
	return page, nil
}

// caseFor is a case as p may see it; a case of others does not exist for p.
func (a api) caseFor(ctx context.Context, p huiying.Person, id huiying.CaseID) (*caseDoc, error) {
	c, err := a.cfg.Ledger.Case(ctx, id)
	if err == nil && !p.SeesCase(c) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这件交办单")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a case: %w", err)
	}
	return a.viewCase(ctx, p, c)
}

func (a api) viewCase(ctx context.Context, p huiying.Person, c huiying.Case) (*caseDoc, error) {
	now := a.now()
	v := &caseDoc{
		Case: c.For(p), At: now, Clocks: []clockDoc{}, Timeline: []huiying.Entry{}, Notifications: []huiying.Notification{},
		Allowed: actionsOf(a.allowed(p, c)),
	}
	for _, k := range c.Clocks {
		left := 0.0
		if k.Open() {
			left = k.Due.Sub(now).Seconds()
		}
		v.Clocks = append(v.Clocks, clockDoc{Clock: k, Label: k.Kind.Label(), State: k.State(now), Left: left})
	}
	timeline, err := a.cfg.Ledger.Timeline(ctx, c.ID)
	if err != nil {
		return v, fmt.Errorf("reading a case's timeline: %w", err)
	}
	v.Timeline = some(timeline)
	notices, err := a.noticesOf(ctx, p, c.ID)
	if err != nil {
		return v, err
	}
	v.Notifications = notices
	return v, nil
}

// stored is the answer to a change that is stored: what cannot be read of it any
// more is a gap in the answer and no failure of the change.
func (a api) stored(ctx context.Context, p huiying.Person, c huiying.Case) *caseDoc {
	v, err := a.viewCase(ctx, p, c)
	if err != nil {
		a.cfg.Log.Warn("a case was changed and cannot be shown whole", "case", c.ID, "err", err)
		huiying.NoteGap(ctx, "台账")
	}
	return v
}

// allowed is what p may do to c, without asking for more time where no rule
// gives any.
func (s *Server) allowed(p huiying.Person, c huiying.Case) []huiying.Transition {
	return slices.DeleteFunc(c.Allowed(p), func(t huiying.Transition) bool {
		return t.Action == huiying.ActAsk && len(c.Extendable(p.Unit, s.cfg.Rules(), s.now())) == 0
	})
}

func actionsOf(rows []huiying.Transition) []allowedAction {
	out := make([]allowedAction, len(rows))
	for i, t := range rows {
		out[i] = allowedAction{t.Action, t.Label, t.Reason}
	}
	return out
}

// noticesOf are all notifications of a case; a unit sees those to itself.
func (a api) noticesOf(ctx context.Context, p huiying.Person, id huiying.CaseID) ([]huiying.Notification, error) {
	out := []huiying.Notification{}
	q := huiying.NotificationQuery{Region: p.Region, Case: id, Limit: huiying.MaxLimit}
	for {
		page, err := a.cfg.Ledger.Notifications(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("reading a case's notifications: %w", err)
		}
		for _, n := range page.Items {
			if !p.Role.OfUnit() || n.Unit == p.Unit {
				out = append(out, n)
			}
		}
		if page.Next == "" {
			return out, nil
		}
		q.Cursor = page.Next
	}
}

func (a api) openCase(ctx context.Context, p huiying.Person, in *openInput) (*caseDoc, error) {
	m := in.Body
	m.Key = in.Key
	region, err := a.countyFor(p, string(m.Region))
	if err != nil {
		return nil, err
	}
	m.Region = region
	c, err := a.cfg.Desk.Open(ctx, p, m)
	if err != nil {
		return nil, fmt.Errorf("opening a case: %w", err)
	}
	return a.stored(ctx, p, c), nil
}

func (a api) actOnCase(ctx context.Context, p huiying.Person, in *actionInput) (*caseDoc, error) {
	action := huiying.Action(in.Action)
	if _, ok := huiying.TransitionOf(action); !ok {
		out := newProblem(huiying.Errorf(huiying.CodeNotFound, "没有 %q 这个操作，可用的见 actions", huiying.Clip(in.Action, 40)), visitOf(ctx).id)
		out.Actions = actionsOf(huiying.Transitions)
		return nil, out
	}
	id := huiying.CaseID(in.ID)
	before, err := a.cfg.Ledger.Case(ctx, id)
	if err == nil && !p.SeesCase(before) { // whatever p may do: it does not exist for p
		err = huiying.Errorf(huiying.CodeNotFound, "没有这件交办单")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a case: %w", err)
	}
	var body commandBody
	if in.Body != nil {
		body = *in.Body
	}
	if body.Version == 0 && action != huiying.ActAcknowledge && action != huiying.ActComment {
		return nil, huiying.Invalid("version", "请带上您看到的版本号 version，以免覆盖他人的操作")
	}
	cmd := body.command(action, p)
	if f := body.File; f != nil && action == huiying.ActAttach {
		if cmd.Attach, err = a.keepFile(ctx, f.Name, bytes.NewReader(f.Content)); err != nil {
			return nil, err
		}
	}
	c, err := a.cfg.Desk.Do(ctx, id, cmd)
	if errors.Is(err, huiying.ErrStale) || errors.Is(err, huiying.ErrConflict) {
		out := newProblem(err, visitOf(ctx).id)
		if now, readErr := a.caseFor(ctx, p, id); readErr == nil {
			out.Current = now
		}
		return nil, out
	}
	if err != nil {
		return nil, fmt.Errorf("acting on a case: %w", err)
	}
	if !p.SeesCase(c) { // returned: the case has left the unit
		return &caseDoc{
			Case: huiying.Case{ID: c.ID, Number: c.Number, Version: c.Version, Region: c.Region, State: c.State}, At: a.now(),
			Clocks: []clockDoc{}, Timeline: []huiying.Entry{}, Notifications: []huiying.Notification{}, Allowed: []allowedAction{},
		}, nil
	}
	return a.stored(ctx, p, c), nil
}
