package dashboard

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"huiying"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(templateFuncs).ParseFS(templateFiles, "templates/*.html"))
})

// page is what every template gets: the frame and, as V, its own view.
type page struct {
	Site  site
	Me    huiying.Person
	Title string
	Nav   nav
	Seq   uint64 // of the live messages the page is as new as
	Note  string // what was just done, in words
	Gaps  []string
	Sent  bool // answers a form: read anew, it would be sent again
	V     any
}

// site is what all pages of this server share.
type site struct {
	County  string
	Version string
	Demo    bool
	Now     int64   // county time when the page was made, unix milliseconds
	Speed   float64 // how many times faster than the wall it runs
}

func (s *Server) site() site {
	speed := s.cfg.Speed.Factor
	if speed == 0 {
		speed = 1
	}
	return site{County: s.cfg.County, Version: s.cfg.Version, Demo: len(s.cfg.Demo) > 0, Now: s.now().UnixMilli(), Speed: speed}
}

// render writes a page that is not about a signed-in person (sign-in, errors
// before it).
func (s *Server) render(w http.ResponseWriter, status int, name string, data any) {
	s.execute(w, status, name, page{Site: s.site(), V: data})
}

// execute renders into memory first, so a failing template is a clean 500 and
// never half a page.
func (s *Server) execute(w http.ResponseWriter, status int, name string, data any) {
	var buf bytes.Buffer
	if err := templates().ExecuteTemplate(&buf, name, data); err != nil {
		s.log.Error("render page", "page", name, "err", err)
		http.Error(w, textBroken, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store") // pages are personal
	}
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // the reader went away: nothing to do
}

// show writes a page of a signed-in person.
func (s *Server) show(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, name, title string, view any) error {
	unread, err := s.cfg.Ledger.Notifications(r.Context(), huiying.NotificationQuery{To: p.User, Unread: true, Limit: unreadShown + 1})
	if err != nil {
		return fmt.Errorf("count notices: %w", err)
	}
	s.execute(w, status, name, page{
		Site: s.site(), Me: p, Title: title, V: view, Seq: visitOf(r.Context()).seq,
		Nav:  navigation(p, r.URL.Path, countInApp(unread.Items)),
		Note: doneNote(r.URL.Query().Get("done")),
		Gaps: huiying.GapsOf(r.Context()).Parts(),
		Sent: r.Method == http.MethodPost,
	})
	return nil
}

// fragment writes one part of a page, for a live update.
func (s *Server) fragment(w http.ResponseWriter, name string, view any) error {
	s.execute(w, http.StatusOK, name, view)
	return nil
}

// unreadShown is the largest count of unread notices shown as a number.
const unreadShown = 99

func countInApp(items []huiying.Notification) int {
	n := 0
	for _, i := range items {
		if i.Channel == "inapp" {
			n++
		}
	}
	return n
}

// navEntries are the pages the navigation leads to, in order; whom it leads there
// the access table says.
var navEntries = []navEntry{
	{Path: "/", Label: "工作台", Icon: "home"},
	{Path: "/posts", Label: "信息流", Icon: "rss"},
	{Path: "/events", Label: "事件", Icon: "timeline-event"},
	{Path: "/intake", Label: "登记", Icon: "writing"},
	{Path: "/cases", Label: "交办单", Icon: "clipboard-list"},
	{Path: "/stats", Label: "响应统计", Icon: "chart-bar"},
	{Path: "/reports", Label: "报告", Icon: "file-text"},
	{Path: "/wall", Label: "态势大屏", Icon: "device-desktop"},
	{Path: "/sources", Label: "信源", Icon: "antenna"},
	{Path: "/models", Label: "模型", Icon: "history"},
	{Path: "/channels", Label: "通知渠道", Icon: "external-link"},
	{Path: "/appraisal", Label: "考核", Icon: "check"},
	{Path: "/roster", Label: "值班表", Icon: "users"},
	{Path: "/units", Label: "机构与人员", Icon: "building-community"},
	{Path: "/policies", Label: "政策库", Icon: "file-text"},
	{Path: "/system", Label: "系统", Icon: "device-desktop"},
	{Path: "/rules", Label: "规则", Icon: "filter"},
	{Path: "/users", Label: "用户与权限", Icon: "lock"},
	{Path: "/audit", Label: "审计", Icon: "history"},
	{Path: "/notices", Label: "通知", Icon: "bell"},
}

// navigation lists what p may open.
func navigation(p huiying.Person, at string, unread int) nav {
	var out nav
	for _, e := range navEntries {
		pattern := "GET " + e.Path
		if e.Path == "/" {
			pattern = "GET /{$}"
		}
		if !admits(pattern, p) {
			continue
		}
		e.Current = at == e.Path || e.Path != "/" && strings.HasPrefix(at, e.Path+"/")
		if e.Path == "/notices" {
			e.Count = unread
		}
		out = append(out, e)
	}
	return out
}

// errorView is the page of a failure: what happened and what to do now.
type errorView struct {
	Status  int
	Heading string
	Message string
	Next    string
}

// errorPage tells a person what went wrong and what to do. Failures that are
// ours carry no detail: that is in the log.
func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, p huiying.Person, err error) {
	v := errorViewOf(err)
	var fast *tooFast
	if errors.As(err, &fast) {
		w.Header().Set("Retry-After", strconv.Itoa(fast.seconds()))
	}
	s.execute(w, v.Status, "error", page{
		Site: s.site(), Me: p, Title: v.Heading, V: v, Nav: navOf(p, r.URL.Path),
		Seq: visitOf(r.Context()).seq, Sent: r.Method == http.MethodPost,
	})
}

func navOf(p huiying.Person, at string) nav {
	if p.User == "" {
		return nil
	}
	return navigation(p, at, 0)
}

func errorViewOf(err error) errorView {
	v := errorView{Status: statusOf(err)}
	if e, ok := asDomain(err); ok {
		v.Message = e.Message
	}
	var own *statusError
	if errors.As(err, &own) {
		v.Message = own.message
	}
	switch v.Status {
	case http.StatusNotFound:
		v.Heading, v.Next = "没有找到", "可能已被移走，或者不在您的职责范围内。可以回到工作台，或在列表里查找。"
	case http.StatusForbidden:
		v.Heading, v.Next = "不在您的职责范围内", "如确有需要，请联系值班领导。"
	case http.StatusConflict:
		v.Heading, v.Next = "情况已经变化", "请返回核对最新情况后再操作。"
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		v.Heading, v.Next = "内容需要修改", "请返回上一页修改后重试，已填写的内容还在。"
	case http.StatusTooManyRequests:
		v.Heading, v.Message, v.Next = "操作太频繁", "短时间内请求过多。", "请稍等片刻再试；程序请按 Retry-After 等待。"
	case http.StatusServiceUnavailable:
		v.Heading, v.Next = "系统正忙", "请稍等片刻再试。"
	case http.StatusUnauthorized:
		v.Heading, v.Next = "请先登录", "登录后会回到这一页。"
	case http.StatusRequestEntityTooLarge:
		v.Heading, v.Message, v.Next = "内容太长", "提交的内容超过了上限。", "请精简后重试。"
	case http.StatusMethodNotAllowed:
		v.Heading, v.Next = "不能这样访问", "请从页面上的按钮或链接进入。"
	default:
		v.Heading, v.Message, v.Next = "系统出了问题", textBroken, "请稍后重试；如仍不行，请联系系统管理员。"
	}
	return v
}

var templateFuncs = template.FuncMap{
	"asset":     assetURL,
	"icon":      icon,
	"stamp":     stamp,
	"moment":    func(t time.Time) string { return t.In(huiying.Beijing).Format("2006-01-02 15:04:05") },
	"browser":   browserName,
	"day":       func(t time.Time) string { return t.In(huiying.Beijing).Format("2006-01-02") },
	"iso":       func(t time.Time) string { return t.In(huiying.Beijing).Format(time.RFC3339) },
	"ms":        func(t time.Time) int64 { return t.UnixMilli() },
	"limit":     func(d huiying.Duration) string { return huiying.SpanText(time.Duration(d)) },
	"seconds":   seconds,
	"percent":   func(f float64) string { return strconv.Itoa(int(math.Round(f*100))) + "%" },
	"whole":     func(f float64) int { return int(math.Round(f)) },
	"count":     count,
	"args":      args,
	"list":      func(v ...any) []any { return v },
	"join":      strings.Join,
	"clip":      func(n int, s string) string { return huiying.Clip(s, n) },
	"level":     func(l huiying.Level) levelView { return levelView{l, ""} },
	"levels":    func() []huiying.Level { return huiying.Levels },
	"big":       func(l huiying.Level) levelView { return levelView{l, "big"} },
	"has":       slices.Contains[[]string],
	"forms":     func() []huiying.ResponseForm { return huiying.ResponseForms },
	"finding":   func(key string) string { return huiying.Finding(key).Label() },
	"rumor":     func(key string) string { return huiying.RumorState(key).Label() },
	"size":      sizeText,
	"grounds":   func() []string { return huiying.SendBackGrounds },
	"publicity": func(key string) string { return huiying.Publicity(key).Label() },
	"add":       func(a, b int) int { return a + b },
	"sub":       func(a, b int) int { return a - b },
	"mark":      func(p huiying.Person, now int64) string { return huiying.Watermark(p, "", time.UnixMilli(now)) },
	"encoded":   func(query string) template.URL { return template.URL(query) }, // by url.Values: once is enough
	"ext":       path.Ext,
	"text":      func(v any) string { return fmt.Sprint(v) },
}

// levelView is a level and the size its badge is drawn in.
type levelView struct {
	huiying.Level
	Size string
}

// Key names the shape and colour of the badge.
func (l levelView) Key() string {
	if l.Level == huiying.NoLevel {
		return "none"
	}
	return l.String()
}

// Colour is the customary colour of the level, in a word.
func (l levelView) Colour() string {
	return map[huiying.Level]string{huiying.Red: "红", huiying.Orange: "橙", huiying.Yellow: "黄", huiying.Blue: "蓝"}[l.Level]
}

// icon draws a symbol of the sprite. It is decoration: words stand beside it.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + assetURL("icons.svg") + "#" + template.HTMLEscapeString(name) + `"></use></svg>`)
}

// stamp is a time as lists show it: without the year when it is this one.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	t = t.In(huiying.Beijing)
	if t.Year() == time.Now().In(huiying.Beijing).Year() {
		return t.Format("01-02 15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// seconds is a measured duration, "—" when nothing was measured.
func seconds(s float64) string {
	if s <= 0 {
		return "—"
	}
	return huiying.SpanText(time.Duration(s * float64(time.Second)))
}

// count is a number as people read it: 9,321 below ten thousand, then 1.2万.
func count(v any) string {
	var n int64
	switch v := v.(type) {
	case int:
		n = int64(v)
	case int64:
		n = v
	case float64:
		n = int64(v)
	case tally:
		return v.String()
	}
	switch {
	case n >= 1e8:
		return trimZero(float64(n)/1e8) + "亿"
	case n >= 1e5:
		return trimZero(float64(n)/1e4) + "万"
	case n >= 1000:
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return strconv.FormatInt(n, 10)
}

func trimZero(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") }

// args gathers named values for a template that needs several.
func args(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args: odd number of values")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("args: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}
