package huiying

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Publicity is the attribute every response document carries (交政办发〔2020〕78号).
type Publicity string

// The three attributes. The last two need a stated reason.
const (
	Public    Publicity = "public"     // 此件公开发布
	OnRequest Publicity = "on_request" // 此件依申请公开
	NotPublic Publicity = "not_public" // 此件不公开
)

// Label is the wording printed on the document.
func (p Publicity) Label() string {
	switch p {
	case Public:
		return "此件公开发布"
	case OnRequest:
		return "此件依申请公开"
	case NotPublic:
		return "此件不公开"
	}
	return ""
}

// checkPublicity refuses a document without an attribute, or a non-public one
// without a reason.
func checkPublicity(p Publicity, reason string) error {
	switch {
	case p.Label() == "":
		return Invalid("publicity", "未选公开属性，不得印发：请在“此件公开发布、此件依申请公开、此件不公开”中选一项")
	case p != Public && strings.TrimSpace(reason) == "":
		return Invalid("publicity_reason", "选择“%s”须说明理由，否则不得印发", p.Label())
	}
	return nil
}

// ResponseForm is a way to answer the public.
type ResponseForm string

// The forms of 交政办发〔2020〕78号.
const (
	FormRelease   ResponseForm = "release"   // 发布权威信息
	FormPress     ResponseForm = "press"     // 新闻发布会或吹风会
	FormInterview ResponseForm = "interview" // 接受媒体采访
)

var formLabels = map[ResponseForm]string{FormRelease: "发布权威信息", FormPress: "新闻发布会或吹风会", FormInterview: "接受媒体采访"}

// Label is the Chinese name of the form.
func (f ResponseForm) Label() string { return formLabels[f] }

// ResponseForms lists the forms in the order of the notice.
var ResponseForms = []ResponseForm{FormRelease, FormPress, FormInterview}

// Response is an answer given to the public.
type Response struct {
	Text            string         `json:"text"`
	Forms           []ResponseForm `json:"forms"`
	Outlet          string         `json:"outlet"` // where it was published: 县政府门户网站 …
	URL             string         `json:"url,omitempty"`
	Publicity       Publicity      `json:"publicity"`
	PublicityReason string         `json:"publicity_reason,omitempty"`
	At              time.Time      `json:"at"`
	By              UserID         `json:"by"`
	ApprovedAt      time.Time      `json:"approved_at,omitzero"` // 审签
	ApprovedBy      string         `json:"approved_by,omitempty"`
	Reach           []Reach        `json:"reach,omitempty"`
}

// orDraft is the response with what it leaves empty taken from a draft.
func (r Response) orDraft(d *Response) Response {
	if d == nil {
		return r
	}
	r.Text, r.Outlet, r.URL = cmp.Or(strings.TrimSpace(r.Text), d.Text), cmp.Or(r.Outlet, d.Outlet), cmp.Or(r.URL, d.URL)
	if r.Publicity == "" {
		r.Publicity, r.PublicityReason = d.Publicity, d.PublicityReason
	}
	if len(r.Forms) == 0 {
		r.Forms = d.Forms
	}
	return r
}

// draft keeps the wording to be signed (拟稿). What was signed before is not what
// is there now: the signature is void.
func (c *Case) draft(cmd Command, now time.Time) (string, error) {
	if cmd.Response == nil || strings.TrimSpace(cmd.Response.Text) == "" {
		return "", Invalid("response.text", "请写拟发布的回应内容")
	}
	d := *cmd.Response
	if err := checkURL("response.url", d.URL); err != nil {
		return "", err
	}
	if d.Publicity != "" {
		if err := checkPublicity(d.Publicity, d.PublicityReason); err != nil {
			return "", err
		}
	}
	d.At, d.By = now, cmd.By.User
	d.ApprovedAt, d.ApprovedBy = time.Time{}, ""
	c.Draft = &d
	if !c.ApprovedAt.IsZero() {
		c.ApprovedAt, c.ApprovedBy = time.Time{}, ""
		return "口径已改，须重新审签", nil
	}
	return "", nil
}

// Check returns an error that says what a response lacks.
func (r Response) Check() error {
	if strings.TrimSpace(r.Text) == "" {
		return Invalid("response.text", "回应内容为空")
	}
	if len(r.Forms) == 0 {
		return Invalid("response.forms", "请至少选一种回应形式")
	}
	for _, f := range r.Forms {
		if f.Label() == "" {
			return Invalid("response.forms", "没有 %q 这种回应形式", f)
		}
	}
	if err := checkURL("response.url", r.URL); err != nil {
		return err
	}
	return checkPublicity(r.Publicity, r.PublicityReason)
}

// Holds reports whether the response used the form.
func (r Response) Holds(f ResponseForm) bool { return slices.Contains(r.Forms, f) }
