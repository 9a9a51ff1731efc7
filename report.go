package huiying

import (
	"fmt"
	"slices"
	"time"
)

// ReportKind names a document the desk can write (DOMAIN §4, "Forms").
type ReportKind string

// The kinds of documents.
const (
	ReportDaily     ReportKind = "daily"     // 日报
	ReportWeekly    ReportKind = "weekly"    // 周报
	ReportMonthly   ReportKind = "monthly"   // 月报
	ReportSpecial   ReportKind = "special"   // 专报, of an event
	ReportFlash     ReportKind = "flash"     // 快报, of an event, one page
	ReportUrgent    ReportKind = "urgent"    // 急报, of an event that is an emergency, one page
	ReportCase      ReportKind = "case"      // 交办单
	ReportFeedback  ReportKind = "feedback"  // 处置反馈单
	ReportLedger    ReportKind = "ledger"    // 台账
	ReportAppraisal ReportKind = "appraisal" // 考核表
)

// ReportKinds lists every kind in the order pages show them.
var ReportKinds = []ReportKind{
	ReportDaily, ReportWeekly, ReportMonthly, ReportSpecial, ReportFlash, ReportUrgent, ReportCase, ReportFeedback, ReportLedger, ReportAppraisal,
}

var reportLabels = map[ReportKind]string{
	ReportDaily: "日报", ReportWeekly: "周报", ReportMonthly: "月报", ReportSpecial: "专报", ReportFlash: "快报", ReportUrgent: "急报",
	ReportCase: "交办单", ReportFeedback: "处置反馈单", ReportLedger: "台账", ReportAppraisal: "考核表",
}

// Label is the Chinese name of the kind, "" for one that does not exist.
func (k ReportKind) Label() string { return reportLabels[k] }

// Periodic reports whether the document is about a period, and issued in numbers.
func (k ReportKind) Periodic() bool {
	return k == ReportDaily || k == ReportWeekly || k == ReportMonthly
}

// OfEvent reports whether the document is about one event.
func (k ReportKind) OfEvent() bool {
	return k == ReportSpecial || k == ReportFlash || k == ReportUrgent
}

// OfCase reports whether the document is about one case.
func (k ReportKind) OfCase() bool { return k == ReportCase || k == ReportFeedback }

// ReportsOn are the kinds p may have written. Units have the forms of their own
// cases and their own lines of the 考核表; what others may see is decided where
// the case is read.
func (p Person) ReportsOn(k ReportKind) bool {
	switch {
	case k.Label() == "":
		return false
	case k.OfCase():
		return p.SeesPosts() || p.Role.OfUnit()
	case k == ReportAppraisal:
		return p.Role.OfUnit() || p.Role == Assessor || p.Role == Supervisor || p.Role == Leader || p.Role == System
	}
	return p.SeesPosts()
}

// Period is the time a periodic report of the day in which at lies is about: the
// day, the week from Monday, the month (also of a 台账), the quarter of a 考核表,
// in Beijing.
func (k ReportKind) Period(at time.Time) (from, to time.Time) {
	at = at.In(Beijing)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, Beijing)
	switch k {
	case ReportWeekly:
		from = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		return from, from.AddDate(0, 0, 7)
	case ReportMonthly, ReportLedger:
		from = day.AddDate(0, 0, 1-day.Day())
		return from, from.AddDate(0, 1, 0)
	case ReportAppraisal:
		from = time.Date(at.Year(), (at.Month()-1)/3*3+1, 1, 0, 0, 0, 0, Beijing)
		return from, from.AddDate(0, 3, 0)
	}
	return day, day.AddDate(0, 0, 1)
}

// Before is the start of the period before the one that begins at from.
func (k ReportKind) Before(from time.Time) time.Time {
	switch k {
	case ReportWeekly:
		return from.AddDate(0, 0, -7)
	case ReportMonthly:
		return from.AddDate(0, -1, 0)
	}
	return from.AddDate(0, 0, -1)
}

// ReportRule is how the county issues one kind of report.
type ReportRule struct {
	Kind   ReportKind `json:"kind" yaml:"kind"`
	Title  string     `json:"title" yaml:"title"`     // 报头: 交城县政务舆情日报
	Code   string     `json:"code" yaml:"code"`       // 代字: 交舆日报
	CopyTo []string   `json:"copy_to" yaml:"copy_to"` // 抄送
	At     string     `json:"at" yaml:"at"`           // issued by itself at this time of day, "18:00"; "" never
	On     int        `json:"on" yaml:"on"`           // weekly: 1 Monday … 7 Sunday; monthly: 1 … 28
	MailTo []string   `json:"mail_to" yaml:"mail_to"` // roles and unit IDs told by mail
	Attach bool       `json:"attach" yaml:"attach"`   // the mail carries the document; else a link
}

// ReportRules are the county's rules of reports (reports.yaml).
type ReportRules struct {
	Version string       `json:"version" yaml:"version"`
	Author  string       `json:"author" yaml:"author"`
	Issuer  string       `json:"issuer" yaml:"issuer"` // 编印单位
	Rules   []ReportRule `json:"rules" yaml:"rules"`
}

// Of is the rule of a kind, or one that gives it its plain name and no schedule.
func (r ReportRules) Of(k ReportKind) ReportRule {
	if i := slices.IndexFunc(r.Rules, func(x ReportRule) bool { return x.Kind == k }); i >= 0 {
		return r.Rules[i]
	}
	return ReportRule{Kind: k, Title: "政务舆情" + k.Label(), Code: k.Label()}
}

// Number is the number a report is quoted by: 交舆日报〔2026〕第12期.
func (r ReportRule) Number(year, n int) string {
	return fmt.Sprintf("%s〔%d〕第%d期", r.Code, year, n)
}

// Check returns an error that says what is wrong with the schedule of a rule.
func (r ReportRule) Check() error {
	if r.At == "" {
		return nil
	}
	_, err := time.Parse("15:04", r.At)
	switch {
	case err != nil:
		return Invalid("at", "时刻应写作 18:00，收到 %q", r.At)
	case !r.Kind.Periodic():
		return Invalid("at", "只有日报、周报、月报能定时印发，%s由人印发", r.Kind.Label())
	case r.Kind == ReportWeekly && (r.On < 1 || r.On > 7):
		return Invalid("on", "周报的 on 应为 1（周一）至 7（周日），收到 %d", r.On)
	case r.Kind == ReportMonthly && (r.On < 1 || r.On > 28):
		return Invalid("on", "月报的 on 应为 1 至 28（日），收到 %d", r.On)
	}
	return nil
}
