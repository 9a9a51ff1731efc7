package report

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// Archive is what reports read of posts.
type Archive interface {
	Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error)
	CountPosts(ctx context.Context, q huiying.PostQuery) (int, error)
	Trend(ctx context.Context, region huiying.Region, from, to time.Time, step time.Duration) ([]huiying.TrendBucket, error)
}

// Ledger is what reports read of everything else.
type Ledger interface {
	Case(ctx context.Context, id huiying.CaseID) (huiying.Case, error)
	Cases(ctx context.Context, q huiying.CaseQuery) (huiying.Page[huiying.Case], error)
	CaseLogs(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.CaseLog, error)
	Appeals(ctx context.Context, region huiying.Region, unit huiying.UnitID) ([]huiying.Appeal, error)
	Event(ctx context.Context, id huiying.EventID) (huiying.Event, error)
	Events(ctx context.Context, q huiying.EventQuery) (huiying.Page[huiying.Event], error)
	EventPosts(ctx context.Context, id huiying.EventID, limit int) ([]huiying.EventPost, error)
	Units(ctx context.Context, region huiying.Region) ([]huiying.Unit, error)
	UnitStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error)
	Sources(ctx context.Context, region huiying.Region) ([]huiying.Source, error)
	Health(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error)
}

// Config is what a [Reporter] needs.
type Config struct {
	Region    huiying.Region
	County    string // 交城县
	Base      string // of links to evidence, such as https://yq.example.gov.cn; "" for none
	Archive   Archive
	Ledger    Ledger
	Rules     func() *huiying.Rules
	Templates fs.FS // the county's Word templates, 日报.docx and so on
}

// Reporter writes documents. It is safe for concurrent use.
type Reporter struct{ cfg Config }

// New makes a reporter. What is wrong with a template is told when it is filled,
// or by [Check].
func New(cfg Config) *Reporter { return &Reporter{cfg} }

// Order says which document is wanted.
type Order struct {
	Kind     huiying.ReportKind
	Format   string          // docx, pdf, xlsx
	Date     time.Time       // of a periodic report, ledger or appraisal: a day of its period; zero: today
	From, To time.Time       // the period itself, instead of Date
	Case     huiying.CaseID  // 交办单, 处置反馈单; a special report may name the case of its event
	Event    huiying.EventID // 专报, 快报, 急报
	Number   string          // 文号; "" for one that is not issued
	Due      time.Time       // when it should have been issued; zero: in time
	Edits    Edits
	By       huiying.Person // who takes it out: written across every page
	Now      time.Time
}

// Edits are the parts of a report a person changed; nil: as the rules made them.
type Edits struct {
	Risks, Advice []string
}

// File is a document.
type File struct {
	Name  string // 交城县政务舆情日报2026-11-26.docx
	MIME  string
	Bytes []byte
}

// Types of the files written.
const (
	mimeExcel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	mimePDF   = "application/pdf"
	mimeWord  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// Formats are the formats a kind of document comes in.
func Formats(k huiying.ReportKind) []string {
	if k == huiying.ReportLedger || k == huiying.ReportAppraisal {
		return []string{"docx", "pdf", "xlsx"}
	}
	return []string{"docx", "pdf"}
}

// Write makes a document. It checks no rights: who may have what is decided by
// whoever asks.
func (r *Reporter) Write(ctx context.Context, o Order) (File, error) {
	switch {
	case o.Kind.Label() == "":
		return File{}, huiying.Errorf(huiying.CodeNotFound, "没有 %q 这种报告", o.Kind)
	case !slices.Contains(Formats(o.Kind), o.Format):
		return File{}, huiying.Invalid("format", "%s没有 %s 格式，可用：%s", o.Kind.Label(), o.Format, strings.Join(Formats(o.Kind), "、"))
	}
	r.settle(&o)
	ctx, gaps := huiying.WithGaps(ctx)
	view, name, err := r.view(ctx, o)
	if err != nil {
		return File{}, err
	}
	if len(gaps.Parts()) > 0 { // a document that is signed and sent must not be short of anything
		return File{}, huiying.Errorf(huiying.CodeBusy, "部分数据暂不可用，写出的%s会不全，请稍后再试", o.Kind.Label())
	}
	mark := o.By.Name + " " + string(o.By.User) + " " + o.Now.In(huiying.Beijing).Format("2006-01-02 15:04")
	if d, ok := view.(interface{ drilled() bool }); ok && d.drilled() {
		mark = "演练　" + mark
	}
	if table, ok := view.(interface {
		sheet(mark string) ([]byte, error)
	}); ok && o.Format == "xlsx" {
		raw, err := table.sheet(huiying.Watermark(o.By, o.Number, o.Now))
		return File{name + ".xlsx", mimeExcel, raw}, err
	}
	w, err := r.fill(o.Kind, view)
	if err != nil {
		return File{}, err
	}
	if o.Format == "pdf" {
		raw, err := w.pdf(mark, name)
		return File{name + ".pdf", mimePDF, raw}, err
	}
	if err := w.watermark(mark); err != nil {
		return File{}, err
	}
	raw, err := w.bytes()
	return File{name + ".docx", mimeWord, raw}, err
}

// settle fills in the period.
func (r *Reporter) settle(o *Order) {
	if o.Date.IsZero() {
		o.Date = o.Now
	}
	if o.From.IsZero() {
		o.From, o.To = o.Kind.Period(o.Date)
	}
	if next := o.Now.Add(time.Hour - 1).Truncate(time.Hour); o.Kind.Periodic() && o.To.After(next) { // what is to come is no part of it
		o.To = next
	}
}

// view is what a document of the order says, by the names of its template.
func (r *Reporter) view(ctx context.Context, o Order) (view any, name string, err error) {
	switch o.Kind {
	case huiying.ReportSpecial, huiying.ReportFlash, huiying.ReportUrgent:
		return r.event(ctx, o)
	case huiying.ReportCase:
		view, c, _, err := r.caseForm(ctx, o)
		return view, fileName(o.Kind, c), err
	case huiying.ReportFeedback:
		return r.feedbackForm(ctx, o)
	case huiying.ReportLedger:
		return r.ledger(ctx, o)
	case huiying.ReportAppraisal:
		return r.appraisal(ctx, o)
	}
	return r.brief(ctx, o)
}

func (r *Reporter) fill(k huiying.ReportKind, view any) (*word, error) {
	file := k.Label() + ".docx"
	raw, err := fs.ReadFile(r.cfg.Templates, file)
	if err != nil {
		return nil, &huiying.Error{Code: huiying.CodeNotFound, Message: "缺少模板 templates/" + file + "，可用 huiying init 生成一份对照补齐", Cause: err}
	}
	w, err := openWord(raw)
	if err == nil {
		err = w.fill(reflect.ValueOf(view), false)
	}
	if err != nil {
		return nil, templateError(file, err)
	}
	return w, nil
}

func templateError(file string, err error) error {
	return huiying.Errorf(huiying.CodeInvalid, "模板 templates/%s：%v", file, err)
}

// Check looks at every template of a county folder and says what is wrong with
// them: a file that is missing or no Word document, a name that does not exist.
func Check(templates fs.FS) error {
	var problems []error
	for _, k := range huiying.ReportKinds {
		view, ok := views[k]
		if !ok {
			continue
		}
		file := k.Label() + ".docx"
		raw, err := fs.ReadFile(templates, file)
		if err != nil {
			problems = append(problems, templateError(file, errors.New("缺少这个文件")))
			continue
		}
		w, err := openWord(raw)
		if err == nil {
			err = w.fill(example(reflect.TypeOf(view)), true)
		}
		if err != nil {
			problems = append(problems, templateError(file, err))
		}
	}
	return errors.Join(problems...)
}

// views are what templates are filled from.
var views = map[huiying.ReportKind]any{
	huiying.ReportDaily: briefView{}, huiying.ReportWeekly: briefView{}, huiying.ReportMonthly: briefView{},
	huiying.ReportSpecial: eventView{}, huiying.ReportFlash: eventView{}, huiying.ReportUrgent: eventView{},
	huiying.ReportCase: caseView{}, huiying.ReportFeedback: feedbackView{}, huiying.ReportLedger: ledgerView{}, huiying.ReportAppraisal: appraisalView{},
}

// Names lists the names a template of a kind may use; those of a list follow it
// in brackets.
func Names(k huiying.ReportKind) []string {
	view, ok := views[k]
	if !ok {
		return nil
	}
	return fieldNames(reflect.TypeOf(view))
}

// link is a value that leads to a page of ours.
func (r *Reporter) link(text, path string) Link {
	if r.cfg.Base == "" || path == "" {
		return Link{Text: text}
	}
	return Link{Text: text, URL: strings.TrimRight(r.cfg.Base, "/") + path}
}

func day(t time.Time) string { return t.In(huiying.Beijing).Format("2006年1月2日") }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(huiying.Beijing).Format("2006-01-02 15:04")
}

// span says a period as people do; a whole day is that day.
func span(from, to time.Time) string {
	from, to = from.In(huiying.Beijing), to.In(huiying.Beijing)
	whole := func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 }
	if whole(from) && whole(to) {
		last := to.AddDate(0, 0, -1)
		if last.Equal(from) {
			return day(from)
		}
		return day(from) + "至" + day(last)
	}
	return huiying.MomentText(from) + "至" + huiying.MomentText(to)
}

// moment is a time in running text; the year is said when it is not this one.
func moment(t, now time.Time) string {
	s := huiying.MomentText(t)
	if year := t.In(huiying.Beijing).Year(); year != now.In(huiying.Beijing).Year() {
		s = strconv.Itoa(year) + "年" + s
	}
	return s
}
