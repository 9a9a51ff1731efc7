package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// actOnCase turns a form into a command for the desk. A refusal shows the case
// as it is now, says why, and keeps what was typed.
func (s *Server) actOnCase(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	c, err := s.visibleCase(r, p)
	if err != nil {
		return err
	}
	action := huiying.Action(r.PathValue("action"))
	cmd, err := commandOf(r.PostForm, action, p)
	if err == nil {
		_, err = s.cfg.Desk.Do(r.Context(), c.ID, cmd)
	}
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid, huiying.CodeStale, huiying.CodeConflict, huiying.CodeForbidden:
		s.note(r, err)
		if c, rereadErr := s.visibleCase(r, p); rereadErr == nil {
			v := errorViewOf(err)
			return s.showCase(w, r, p, v.Status, c, action, &caseProblem{Heading: problemHeading(err), Message: v.Message})
		}
	}
	if err != nil {
		return err
	}
	back := "/cases/" + url.PathEscape(string(c.ID))
	if r.PostForm.Get("back") == "work" {
		back = "/"
	}
	return redirect(w, r, back+"?done="+url.QueryEscape(string(action)))
}

func problemHeading(err error) string {
	switch huiying.CodeOf(err) {
	case huiying.CodeStale:
		return "刚才有人更新了这件交办单，您的操作还没有执行"
	case huiying.CodeConflict:
		return "现在还不能这样办理"
	case huiying.CodeForbidden:
		return "这一步不由您办理"
	case huiying.CodeBusy:
		return "暂时没有办成，交办单没有变化"
	}
	return "请补充后再提交"
}

// commandOf reads the fields an action has; all others are ignored.
func commandOf(f url.Values, a huiying.Action, p huiying.Person) (huiying.Command, error) {
	cmd := huiying.Command{
		Action: a, By: p, Reason: f.Get("reason"), Lead: huiying.UnitID(f.Get("lead")), Clock: huiying.ClockKind(f.Get("clock")),
		To: f.Get("to"), Into: huiying.CaseID(f.Get("into")), Text: f.Get("text"), Grounds: f.Get("grounds"),
	}
	version, err := strconv.Atoi(f.Get("version"))
	if err != nil || version < 1 {
		return cmd, huiying.Invalid("version", "表单已经过期，请刷新页面后重试")
	}
	cmd.Version = version
	if kind, unit, one := strings.Cut(f.Get("clock"), "|"); one {
		cmd.Clock, cmd.Unit = huiying.ClockKind(kind), huiying.UnitID(unit)
	}
	for _, h := range f["helpers"] {
		if h != "" && h != string(cmd.Lead) {
			cmd.Helpers = append(cmd.Helpers, huiying.UnitID(h))
		}
	}
	switch a {
	case huiying.ActChangeLevel:
		cmd.Level, err = huiying.ParseLevel(f.Get("level"))
	case huiying.ActAsk:
		cmd.Longer, err = formHours(f.Get("hours"))
	case huiying.ActExtend, huiying.ActRestart:
		cmd.Until, err = formTime(f.Get("until"))
	case huiying.ActAssign, huiying.ActReassign, huiying.ActAddUnit:
		if f.Get("until") != "" {
			cmd.Until, err = formTime(f.Get("until"))
		}
	case huiying.ActConsult:
		cmd.Consult = &huiying.Consultation{People: f.Get("people"), Conclusion: f.Get("conclusion"), Reasons: f.Get("reasons")}
		if f.Get("at") != "" {
			if cmd.Consult.At, err = formTime(f.Get("at")); err != nil {
				break
			}
		}
		if f.Get("level") != "" {
			cmd.Consult.Level, err = huiying.ParseLevel(f.Get("level"))
		}
	case huiying.ActSplit:
		cmd.Split = &huiying.Part{Title: f.Get("title"), Summary: f.Get("summary")}
		for _, id := range f["posts"] {
			cmd.Split.Posts = append(cmd.Split.Posts, huiying.PostID(id))
		}
	case huiying.ActReach:
		cmd.Reach = &huiying.Reach{Outlet: f.Get("outlet")}
		if cmd.Reach.Reads, err = formCount(f.Get("reads")); err == nil {
			var n int64
			n, err = formCount(f.Get("reprints"))
			cmd.Reach.Reprints = int(n)
		}
	case huiying.ActSubmit:
		cmd.Feedback = &huiying.Feedback{
			Finding: huiying.Finding(f.Get("finding")), Facts: f.Get("facts"), Measures: f.Get("measures"), Progress: f.Get("progress"),
			Contacted: f.Get("contacted") == "yes", Advice: f.Get("advice"),
			Publicity: huiying.Publicity(f.Get("publicity")), PublicityReason: f.Get("publicity_reason"),
			Responsibility: f.Get("responsibility"), Outlet: f.Get("outlet"), Reviewer: f.Get("reviewer"),
		}
		if hours := f.Get("hours"); hours != "" {
			cmd.Feedback.Extension = &huiying.ExtensionWish{Clock: cmd.Clock, Reason: f.Get("extension_reason")}
			cmd.Feedback.Extension.Longer, err = formHours(hours)
		}
	case huiying.ActDraft, huiying.ActRespond:
		resp := &huiying.Response{
			Text: f.Get("text"), Outlet: f.Get("outlet"), URL: f.Get("url"),
			Publicity: huiying.Publicity(f.Get("publicity")), PublicityReason: f.Get("publicity_reason"),
		}
		for _, form := range f["forms"] {
			resp.Forms = append(resp.Forms, huiying.ResponseForm(form))
		}
		cmd.Response = resp
	}
	return cmd, err
}

// formCount reads a number a form may leave empty.
func formCount(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, huiying.Invalid("reach.reads", "应为整数，收到 %q", huiying.Clip(s, 20))
	}
	return n, nil
}

// formHours reads a span a form gives in whole or half hours.
func formHours(s string) (huiying.Duration, error) {
	h, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || h <= 0 || h > 24*365 {
		return 0, huiying.Invalid("hours", "请填写要延长的小时数，如 8，收到 %q", huiying.Clip(s, 20))
	}
	return huiying.Duration(h * float64(time.Hour)), nil
}

func formTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, huiying.Invalid("until", "请填写时间")
	}
	t, err := huiying.ParseTime(s)
	if err != nil {
		return t, huiying.Invalid("until", "时间不对，请从日历中选择")
	}
	return t, nil
}

// fieldOf is the form field an error is about.
func fieldOf(err error) string {
	if e, ok := asDomain(err); ok {
		return e.Field
	}
	return ""
}

func asDomain(err error) (*huiying.Error, bool) {
	var e *huiying.Error
	ok := errors.As(err, &e)
	return e, ok
}
