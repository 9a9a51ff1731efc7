package dashboard_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
	"huiying/alerting/notify"
	"huiying/dashboard"
	"huiying/store/attachments"
)

// pressRoom is an installation whose reports are issued and mailed by themselves.
type pressRoom struct {
	*house
	post  *postOffice
	rules *huiying.Rules
	files *attachments.Store
}

func newPressRoom(t *testing.T) *pressRoom {
	o := &pressRoom{house: newHouse(t), post: newPostOffice(t), rules: testRules()}
	o.rules.Reports = huiying.ReportRules{Issuer: "县新闻中心", Rules: []huiying.ReportRule{{
		Kind: huiying.ReportDaily, Title: "交城县政务舆情日报", Code: "交舆日报", At: "18:00", MailTo: []string{"leader", "jkj"}, Attach: true,
	}}}
	o.files = must(attachments.Open(t.TempDir(), nil))
	return o
}

// nodes run on one ledger from a time on, ten minutes a second, until done says
// so; mail goes out through the first.
func (o *pressRoom) nodes(n int, from time.Time, templates fs.FS, done func() bool) {
	o.t.Helper()
	speed := huiying.NewSpeed(from, 600)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	mail := &notify.Mail{
		Host: "127.0.0.1", Port: o.post.port(), TLS: "none", From: "yq@example.invalid",
		Address: func(n huiying.Notification) string {
			return map[huiying.Role]string{huiying.Leader: "leader@example.invalid, second@example.invalid", huiying.Liaison: string(n.Unit) + "@example.invalid"}[n.Role]
		},
		Enclosed: func(context.Context, huiying.Notification) ([]notify.Enclosure, error) {
			return []notify.Enclosure{{Name: "日报.docx", Type: "application/octet-stream", Content: []byte("x")}}, nil
		},
	}
	ways := notify.NewDispatcher(o.ledger, []notify.Channel{mail}, speed, nil, func(string, string) {}, slog.New(slog.NewTextHandler(o.log, nil)))
	var all sync.WaitGroup
	all.Go(func() { check(o.t, ways.Run(ctx)) })
	for range n {
		cfg := o.cfg
		cfg.Speed, cfg.Files, cfg.Channels, cfg.Rules = speed, o.files, ways, func() *huiying.Rules { return o.rules }
		if templates != nil {
			cfg.Templates = templates
		}
		s := must(dashboard.New(cfg))
		s.HurrySchedule(10 * time.Millisecond)
		all.Go(func() { check(o.t, s.Run(ctx)) })
	}
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Errorf("it does not come to an end: %s", o.log)
			break
		}
	}
	cancel()
	all.Wait()
}

func (o *pressRoom) issues() []huiying.Issue {
	return must(o.ledger.Issues(o.t.Context(), jiaocheng, 20))
}

func (o *pressRoom) mailsSent() int {
	n := 0
	for _, m := range must(o.ledger.ReportMail(o.t.Context(), jiaocheng, 99)) {
		if m.Status == huiying.NotifySent {
			n++
		}
	}
	return n
}

func TestReportsAreIssuedAndMailedWhenTheyAreDue(t *testing.T) {
	o := newPressRoom(t)
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, huiying.Beijing)
	six := day.Add(18 * time.Hour)
	o.post.closed.Store(true) // the mail waits for its server
	o.nodes(3, six.Add(-30*time.Minute), nil, func() bool {
		mails := must(o.ledger.ReportMail(t.Context(), jiaocheng, 9))
		if len(mails) == 2 && len(mails[0].Attempts) > 0 && len(mails[1].Attempts) > 0 {
			o.post.closed.Store(false)
		}
		return o.mailsSent() == 2
	})
	list := o.issues()
	if len(list) != 1 || list[0].N != 1 || list[0].Late || !list[0].Due.Equal(six) || list[0].By.Role != huiying.System || list[0].At.Before(six) {
		t.Fatalf("three nodes issued %+v", list)
	}
	if i := list[0]; !i.From.Equal(six.AddDate(0, 0, -1)) || !i.To.Equal(six) || len(i.Files) != 2 {
		t.Errorf("issued: %+v", i)
	}
	got := o.post.mails()
	slices.SortFunc(got, func(a, b mailed) int { return strings.Compare(a.to[0], b.to[0]) })
	if len(got) != 2 || got[0].to[0] != "jkj@example.invalid" || len(got[1].to) != 2 || !strings.Contains(got[0].subject, list[0].Number) || !slices.Equal(got[0].files, []string{"日报.docx"}) {
		t.Fatalf("mailed: %+v", got)
	}
	trail := must(o.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Action: "report.", Limit: 9})).Items
	if len(trail) != 3 { // issued once, mailed twice
		t.Errorf("on the audit: %+v", trail)
	}

	// Down from the evening to the next but one morning: one report is missing, and
	// it is made once, however often the program starts.
	for range 3 {
		o.nodes(2, day.AddDate(0, 0, 2).Add(9*time.Hour), nil, func() bool { return len(o.issues()) == 2 && o.mailsSent() == 4 })
	}
	late := o.issues()[0]
	if !late.Late || !late.Due.Equal(six.AddDate(0, 0, 1)) || !late.From.Equal(list[0].To) || len(o.issues()) != 2 {
		t.Errorf("made up for: %+v", o.issues())
	}
	text := wordText(t, o.kept(late.Files[0]))
	if !strings.Contains(text, late.Number+"（补印）") {
		t.Errorf("the late report says %s", text)
	}
	o.as("leader").page("/reports").says(t, "补印", "已送达")
}

// kept is the content of a file.
func (o *pressRoom) kept(a huiying.Attachment) []byte {
	f := must(o.files.Get(a.Hash))
	defer func() { _ = f.Close() }()
	out := make([]byte, a.Size)
	_ = must(io.ReadFull(f, out))
	return out
}

// A schedule begins when it is put in force, and a person who issues the report
// before it is due spares the schedule the work.
func TestAScheduleMakesUpForNothingBeforeItsTime(t *testing.T) {
	o := newPressRoom(t)
	noon := time.Date(2026, 11, 26, 12, 0, 0, 0, huiying.Beijing)
	seen := func() bool { return must(o.ledger.Meta(t.Context(), "schedule.141122.daily")) != "" }
	o.nodes(1, noon, nil, seen)
	if got := o.issues(); len(got) != 0 {
		t.Fatalf("a report of before the first start: %+v", got)
	}
	rule := o.rules.Reports.Rules[0]
	from, _, due := rule.Issue(noon)
	early := huiying.Issue{
		Region: jiaocheng, Kind: rule.Kind, Year: 2026, N: 1, Number: rule.Number(2026, 1), From: from, To: noon, At: noon,
		By: huiying.Person{User: "leader", Name: "值班", Role: huiying.Leader, Region: jiaocheng},
	}
	check(t, o.ledger.SaveIssue(t.Context(), early, nil, huiying.Audit{At: noon, Region: jiaocheng, Who: "leader", Action: "report.issue"}))
	o.nodes(2, due.AddDate(0, 0, 1).Add(-30*time.Minute), nil, func() bool { return len(o.issues()) > 1 })
	got := o.issues()
	if len(got) != 2 || !got[0].Due.Equal(due.AddDate(0, 0, 1)) || got[0].Late {
		t.Errorf("issued: %+v", got)
	}
}

// torn are templates that cannot be read the first times.
type torn struct {
	fs.FS
	left atomic.Int32
}

func (f *torn) Open(name string) (fs.File, error) {
	if f.left.Add(-1) >= 0 {
		return nil, fs.ErrPermission
	}
	return f.FS.Open(name)
}

func TestAReportThatCannotBeIssuedIsTriedAgain(t *testing.T) {
	o := newPressRoom(t)
	six := time.Date(2026, 11, 26, 18, 0, 0, 0, huiying.Beijing)
	templates := &torn{FS: o.cfg.Templates}
	templates.left.Store(2)
	o.nodes(1, six.Add(-30*time.Minute), templates, func() bool { return len(o.issues()) == 1 })
	if n := strings.Count(o.log.String(), "a scheduled report was not issued"); n != 2 {
		t.Errorf("it failed %d times: %s", n, o.log)
	}
}

func TestTheMailsOfReportsAreSentOnDemand(t *testing.T) {
	o := newPressRoom(t)
	o.stop()
	o.cfg.Rules = func() *huiying.Rules { return o.rules }
	o.server = must(dashboard.New(o.cfg))
	o.web.Config.Handler = o.server
	o.run()
	leader := o.at("leader")
	if r := leader.submit("/reports/issued/daily/mail"); r.status != http.StatusSeeOther {
		t.Fatalf("a test: %d %.300s", r.status, r.body)
	}
	leader.page("/reports").says(t, "每日 18:00", "值班领导、教科局", "附 Word 和 PDF", "测试邮件", "没有设置邮件渠道")
	o.pass(time.Minute)
	today := time.Now().In(huiying.Beijing).Format(time.DateOnly)
	if r := leader.submit("/reports/daily/issue", "date", today); r.status != http.StatusSeeOther {
		t.Fatalf("issuing: %d %.300s", r.status, r.body)
	}
	name := o.issues()[0].Name()
	o.pass(time.Minute)
	if r := leader.submit("/reports/issued/" + name + "/mail"); r.status != http.StatusSeeOther {
		t.Fatalf("once more: %d %.300s", r.status, r.body)
	}
	n := 0
	for _, m := range must(o.ledger.ReportMail(t.Context(), jiaocheng, 99)) {
		if m.Report == name {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d mails about %s", n, name)
	}
	for path, want := range map[string]int{"weekly/mail": http.StatusConflict, "daily-2026-99/mail": http.StatusNotFound, "ledger/mail": http.StatusForbidden} {
		o.pass(time.Minute)
		if r := leader.submit("/reports/issued/" + path); r.status != want {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}
