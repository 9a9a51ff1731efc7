package dashboard_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"huiying"
)

// wordText is the text of a .docx, without its marks.
func wordText(t *testing.T, raw []byte) string {
	t.Helper()
	var out strings.Builder
	inTag := false
	for _, r := range wordPart(t, raw, "word/document.xml") {
		switch {
		case r == '<':
			inTag = true
		case r == '>':
			inTag = false
		case !inTag:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// wordPart is a part of a Word document as it stands.
func wordPart(t *testing.T, raw []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatalf("no document: %v: %.100q", err, raw)
	}
	f := must(z.Open(name))
	defer func() { _ = f.Close() }()
	return string(must(io.ReadAll(f)))
}

// Who may have which document: by role, and a unit its own cases only.
func TestReportsAreForTheRolesTheyAreFor(t *testing.T) {
	h, c := filled(t)
	office := "monitor analyst leader supervisor assessor"
	for path, may := range reportsByRole(string(c.ID)) {
		for _, user := range []string{"monitor", "analyst", "leader", "supervisor", "assessor", "jkj-liaison", "jkj-handler", "zjj-liaison", "unitless", "sysadmin", "secadmin", "auditor", "wenshui"} {
			h.pass(time.Minute) // nobody exports this fast
			r := h.as(user).get("/reports/" + path)
			allowed := strings.Contains(" "+strings.Replace(may, "office", office, 1)+" ", " "+user+" ")
			switch {
			case allowed && r.status != http.StatusOK:
				t.Errorf("%s has %s: %d %.200s", user, path, r.status, r.body)
			case !allowed && r.status != http.StatusForbidden && r.status != http.StatusNotFound:
				t.Errorf("%s must not have %s: %d", user, path, r.status)
			}
		}
	}
	if r := h.browser().get("/reports/daily.docx"); r.status != http.StatusUnauthorized {
		t.Errorf("nobody has a report: %d", r.status)
	}
}

func reportsByRole(id string) map[string]string {
	return map[string]string{
		"daily.docx": "office", "weekly.pdf": "office", "monthly.docx?date=2026-01-15": "office", "ledger.xlsx": "office", "ledger.docx": "office",
		"special.docx?event=e1": "office", "flash.docx?event=e1": "office", "urgent.docx?event=e1": "office",
		"case.pdf?case=" + id: "office jkj-liaison jkj-handler", "feedback.docx?case=" + id: "office jkj-liaison jkj-handler",
		"appraisal.xlsx": "assessor supervisor leader jkj-liaison jkj-handler zjj-liaison unitless",
	}
}

func TestAReportCountsWhatTheListShows(t *testing.T) {
	h, _ := filled(t)
	r := h.as("monitor").get("/reports/weekly.docx")
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment;") {
		t.Fatalf("%d %v", r.status, r.header)
	}
	text := wordText(t, r.body)
	for _, want := range []string{"学校食堂质疑", "https://yq.example.invalid"} {
		if strings.HasPrefix(want, "http") != !strings.Contains(text, want) {
			t.Errorf("want %q in %s", want, text)
		}
	}
	rels := must(must(zip.NewReader(bytes.NewReader(r.body), int64(len(r.body)))).Open("word/_rels/document.xml.rels"))
	defer func() { _ = rels.Close() }()
	links := string(must(io.ReadAll(rels)))
	_, path, found := strings.Cut(links, "https://yq.example.invalid/posts?")
	if !found {
		t.Fatalf("no figure leads to its posts: %s", links)
	}
	path, _, _ = strings.Cut(path, `"`)
	h.as("monitor").page("/posts?"+strings.ReplaceAll(path, "&amp;", "&")).says(t, "学校食堂质疑")
}

func TestAReportThatCannotBeWrittenSaysWhy(t *testing.T) {
	h, _ := filled(t)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"yearly.docx": {http.StatusNotFound, "没有"}, "daily.doc": {http.StatusUnprocessableEntity, "可用"}, "daily.docx?date=gestern": {http.StatusUnprocessableEntity, "2026-11-26"},
	} {
		h.pass(time.Minute)
		if p := h.as("leader").get("/reports/"+path).problem(t, want.status); !strings.Contains(p.Detail, want.says) {
			t.Errorf("%s: %s", path, p.Detail)
		}
	}
}

// The page offers each role the documents the API gives it, and no other, and
// shows the figures of the 日报.
func TestTheReportsPageOffersWhatMayBeHad(t *testing.T) {
	h, _ := filled(t)
	for user, want := range map[string]int{"monitor": 4, "leader": 5, "jkj-liaison": 1} {
		body := string(h.as(user).page("/reports").body)
		if n := strings.Count(body, `.docx?date=`); n != want {
			t.Errorf("%s is offered %d dated documents, want %d", user, n, want)
		}
		for _, link := range offered.FindAllStringSubmatch(body, -1) {
			h.pass(time.Minute)
			if r := h.as(user).get("/reports/" + link[1]); r.status != http.StatusOK {
				t.Errorf("%s is offered %s, and refused it: %d", user, link[1], r.status)
			}
		}
	}
	leader := h.as("leader")
	of := time.Now().Add(-2 * time.Hour).In(huiying.Beijing).Format(time.DateOnly) // the day of what happened
	leader.page("/reports?date="+of).says(t, "日报预览", "学校食堂质疑", "信息总量", "到“事件”中选择")
	if body := string(h.as("jkj-liaison").page("/reports").body); strings.Contains(body, "日报") {
		t.Error("a unit reads of the daily report")
	}
	leader.page("/reports?date=2026-01-15").says(t, "2026-01-12 至 2026-01-18", "2026-01-01 至 2026-03-31", "回到今天")
	if r := leader.page("/reports?date=9999-01-01"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a report of the future: %d", r.status)
	}
}

var offered = regexp.MustCompile(`href="/api/v1/reports/([^"]+)"`)

func TestAReportIsIssuedOnceWithTheRemarksOfAPerson(t *testing.T) {
	h, _ := filled(t)
	analyst := h.at("analyst")
	today := h.now().In(huiying.Beijing).Format(time.DateOnly)
	path := "/reports?date=" + today
	analyst.page(path).says(t, "印发这一期日报", "还没有印发过报告")
	if body := string(h.as("monitor").page(path).body); strings.Contains(body, "印发这一期日报") {
		t.Error("a monitor is offered to issue")
	}
	if r := h.as("analyst").submit("/reports/daily/issue", "date", today); r.status != http.StatusForbidden || !strings.Contains(r.spoken(), "不能用令牌") {
		t.Errorf("a program issues a report: %d", r.status)
	}
	if r := analyst.submit("/reports/daily/issue", "date", today, "risks", "家长情绪仍在上升\n\n", "advice", "今晚前答复家长"); r.status != http.StatusSeeOther {
		t.Fatalf("issuing: %d %.300s", r.status, r.body)
	}
	h.pass(time.Minute)
	if r := analyst.submit("/reports/daily/issue", "date", today); r.status != http.StatusConflict {
		t.Errorf("issued twice: %d", r.status)
	}
	if r := analyst.submit("/reports/ledger/issue", "date", today); r.status != http.StatusForbidden {
		t.Errorf("a ledger is issued: %d", r.status)
	}
	list := must(h.ledger.Issues(t.Context(), jiaocheng, 9))
	if len(list) != 1 || list[0].N != 1 || len(list[0].Files) != 2 {
		t.Fatalf("issued: %+v", list)
	}
	number := list[0].Number
	analyst.page(path).says(t, "这一期已印发："+number)
	file := "/reports/issued/" + list[0].Name()
	h.pass(time.Minute)
	first := h.as("monitor").page(file + ".docx")
	text := wordText(t, first.body)
	for _, want := range []string{number, "家长情绪仍在上升", "今晚前答复家长"} {
		if !strings.Contains(text, want) {
			t.Errorf("the issue does not say %q: %s", want, text)
		}
	}
	h.pass(48 * time.Hour)
	if later := h.as("leader").page(file + ".docx"); !bytes.Equal(later.body, first.body) {
		t.Error("an issue is not what it was")
	}
	if r := h.as("leader").page(file + ".pdf"); !bytes.HasPrefix(r.body, []byte("%PDF")) {
		t.Errorf("no PDF: %d", r.status)
	}
	for _, none := range []string{"daily-2026-9.docx", "daily.docx", list[0].Name() + ".xlsx"} {
		if r := h.as("leader").page("/reports/issued/" + none); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", none, r.status)
		}
	}
}

func TestReportsOfAnEventAreIssuedInParts(t *testing.T) {
	h, _ := filled(t)
	analyst := h.at("analyst")
	analyst.page("/events/e1").says(t, "印发专报", "趋势研判")
	if body := string(h.as("monitor").page("/events/e1").body); strings.Contains(body, "印发专报") {
		t.Error("a monitor is offered to issue")
	}
	if r := analyst.submit("/reports/special/issue", "event", "e1", "special", "1", "risks", "仍在扩散", "advice", "今晚答复"); r.status != http.StatusSeeOther {
		t.Fatalf("issuing: %d %.300s", r.status, r.body)
	}
	for form, want := range map[string]int{"1": http.StatusConflict, "": http.StatusUnprocessableEntity} { // pressed twice; no form
		h.pass(time.Minute)
		if r := analyst.submit("/reports/special/issue", "event", "e1", "special", form); r.status != want {
			t.Errorf("part %q: %d", form, r.status)
		}
	}
	h.pass(time.Minute)
	if r := analyst.submit("/reports/special/issue", "event", "none", "special", "1"); r.status != http.StatusNotFound {
		t.Errorf("of no event: %d", r.status)
	}
	h.pass(time.Minute)
	if r := analyst.submit("/reports/special/issue", "event", "e1", "special", "2"); r.status != http.StatusSeeOther {
		t.Fatalf("the second: %d %.300s", r.status, r.body)
	}
	analyst.page("/events/e1").says(t, "专报〔2026〕第1期", "专报〔2026〕第2期", "续报之2", "印发专报（续报之3）")
	analyst.page("/reports").says(t, "续报之2")
	first := must(h.ledger.IssuesOf(t.Context(), jiaocheng, "e1"))[1]
	text := wordText(t, h.as("monitor").page("/reports/issued/"+first.Name()+".docx").body)
	for _, want := range []string{first.Number, "今晚答复"} {
		if !strings.Contains(text, want) {
			t.Errorf("the issue does not say %q: %s", want, text)
		}
	}
}
