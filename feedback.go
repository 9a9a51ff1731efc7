package huiying

import (
	"strings"
	"time"
)

// Finding is the conclusion of a verification (核实结论).
type Finding string

// The findings of the 处置反馈单.
const (
	FoundTrue       Finding = "true"       // 属实
	FoundPartly     Finding = "partly"     // 部分属实
	FoundFalse      Finding = "false"      // 不实
	FoundUnverified Finding = "unverified" // 无法核实
)

var findingLabels = map[Finding]string{FoundTrue: "属实", FoundPartly: "部分属实", FoundFalse: "不实", FoundUnverified: "无法核实"}

// Label is the Chinese name of the finding.
func (f Finding) Label() string { return findingLabels[f] }

// Feedback is the 处置反馈单 a unit hands in.
type Feedback struct {
	Unit            UnitID         `json:"unit"`
	Finding         Finding        `json:"finding"`
	Facts           string         `json:"facts"`
	Measures        string         `json:"measures"`
	Responsibility  string         `json:"responsibility,omitempty"` // 责任认定
	Progress        string         `json:"progress,omitempty"`
	Contacted       bool           `json:"contacted"`        // 是否已联系当事人
	Advice          string         `json:"advice,omitempty"` // 回应建议与口径
	Outlet          string         `json:"outlet,omitempty"` // 拟发布渠道
	Publicity       Publicity      `json:"publicity"`
	PublicityReason string         `json:"publicity_reason,omitempty"`
	Extension       *ExtensionWish `json:"extension,omitempty"` // 延期申请
	At              time.Time      `json:"at"`
	By              UserID         `json:"by"`
	Handler         string         `json:"handler,omitempty"`  // 承办人, who wrote it
	Reviewer        string         `json:"reviewer,omitempty"` // 审核人
	Head            string         `json:"head,omitempty"`     // 责任人, who signed it; "" when the unit has none
	SignedAt        time.Time      `json:"signed_at,omitzero"`
	Awaits          string         `json:"awaits,omitempty"`   // whose signature it waits for
	Declined        string         `json:"declined,omitempty"` // why the 责任人 would not sign
}

// Check returns an error that says what the form lacks.
func (f Feedback) Check() error {
	switch {
	case f.Finding.Label() == "":
		return Invalid("feedback.finding", "请选核实结论：属实、部分属实、不实或无法核实")
	case strings.TrimSpace(f.Facts) == "":
		return Invalid("feedback.facts", "事实经过为空")
	case strings.TrimSpace(f.Measures) == "":
		return Invalid("feedback.measures", "处置措施为空")
	}
	return checkPublicity(f.Publicity, f.PublicityReason)
}

// submit hands the 处置反馈单 in. Where the unit has a 责任人, what others of the
// unit wrote waits for the signature first, and no clock waits with it.
func (c *Case) submit(cmd Command, r *Rules, now time.Time, before Case, out *Outcome) (string, error) {
	if cmd.Feedback == nil {
		return "", Invalid("feedback", "请填写处置反馈单")
	}
	f := *cmd.Feedback
	if err := f.Check(); err != nil {
		return "", err
	}
	f.Unit, f.At, f.By, f.Handler = cmd.By.Unit, now, cmd.By.User, cmd.By.Name
	f.Head, f.SignedAt, f.Awaits, f.Declined = "", time.Time{}, "", ""
	switch {
	case cmd.By.Role == Head: // who answers for it hands it in
		f.Head, f.SignedAt = cmd.By.Name, now
	case cmd.Head != "":
		if f.Extension != nil {
			probe := c.clone()
			if _, err := probe.askExtension(*f.Extension, cmd.By, r, now, &Outcome{}); err != nil {
				return "", err
			}
		}
		f.Awaits = cmd.Head
		c.Form, c.State = &f, before.State
		out.Notices = append(out.Notices, Notice{Kind: NoticeReview, Unit: f.Unit, To: string(Head), Text: "处置反馈单待签字"})
		return "待责任人" + cmd.Head + "签字", nil
	}
	detail := c.handIn(f, now, out)
	if f.Head == "" {
		detail += "；本单位未设责任人，无人签字"
	}
	if f.Extension == nil {
		return detail, nil
	}
	asked, err := c.askExtension(*f.Extension, cmd.By, r, now, out)
	return detail + "；" + asked, err
}

// sign hands in the form that waits for the 责任人. A wish for more time that came
// to nothing meanwhile does not hold it up.
func (c *Case) sign(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	f := *c.Form
	f.Head, f.SignedAt, f.At, f.Awaits = cmd.By.Name, now, now, ""
	detail := "承办人" + f.Handler + "；" + c.handIn(f, now, out)
	if f.Extension == nil {
		return detail, nil
	}
	if asked, err := c.askExtension(*f.Extension, cmd.By, r, now, out); err == nil {
		return detail + "；" + asked, nil
	}
	return detail + "；延期申请已不适用", nil
}

// decline gives the form back to those who wrote it.
func (c *Case) decline(cmd Command, out *Outcome) (string, error) {
	f := *c.Form
	f.Declined = cmd.Reason
	c.Form = &f
	for _, to := range []Role{Liaison, Handler} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, Unit: f.Unit, To: string(to), Text: "处置反馈单被责任人退回修改"})
	}
	return "", nil
}

func (c *Case) handIn(f Feedback, now time.Time, out *Outcome) string {
	c.Feedback = append(c.Feedback, f)
	c.fedBack(c.unit(f.Unit), now)
	c.ApprovedAt, c.ApprovedBy = time.Time{}, ""
	for _, to := range []Role{Analyst, Leader} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeReview, To: string(to), Text: "处置反馈单待审核"})
	}
	return "核实结论：" + f.Finding.Label() + "；" + f.Publicity.Label()
}

// AwaitsSignature reports whether a 处置反馈单 lies with the 责任人.
func (c Case) AwaitsSignature() bool { return c.Form != nil && c.Form.Declined == "" }

// For is the case as p may see it: a form the 责任人 has not signed has not left
// the unit.
func (c Case) For(p Person) Case {
	if c.Form != nil && (!p.Role.OfUnit() || p.Unit != c.Form.Unit) {
		c.Form = nil
	}
	return c
}
