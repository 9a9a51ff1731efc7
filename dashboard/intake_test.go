package dashboard_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiying"
)

// stay makes a browser show redirects instead of following them.
func (c caller) stay() caller {
	client := *c.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &client
	return c
}

// upload sends a file as a page's form does and returns where it leads.
func (c caller) upload(path, name string, body []byte) reply {
	c.h.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part := must(form.CreateFormFile("file", name))
	_ = must(part.Write(body))
	check(c.h.t, form.Close())
	return c.do("POST", path, &b, "Content-Type", form.FormDataContentType(), "Accept", "text/html")
}

const exported = "交城县12345工单\n工单编号,来电时间,诉求标题,诉求内容,诉求人,联系电话\n" +
	"JC1,2026-03-05 09:05,暖气不热,张小三来电：室温14度,张小三,13812345678\n" +
	"JC2,三月五日,停水,停了两天,李四,\n" +
	"JC3,2026/3/6 8:00,路灯不亮,东关街路灯坏了一周,,\n"

func gb(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	check(t, err)
	return b
}

// imported uploads, confirms and waits until the file is read.
func (h *house) imported(user string, body []byte) (at string, page reply) {
	h.t.Helper()
	r := h.as(user).stay().upload("/intake/files", "三月工单.csv", body)
	at = r.header.Get("Location")
	if r.status != http.StatusSeeOther {
		h.t.Fatalf("upload: %d %s", r.status, r.body)
	}
	if r := h.as(user).submit(at + "/import"); r.status != http.StatusSeeOther {
		h.t.Fatalf("import: %d %s", r.status, r.body)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if page = h.as(user).page(at + "/progress"); page.header.Get("HX-Refresh") != "" {
			return at, page
		}
		time.Sleep(5 * time.Millisecond)
	}
	h.t.Fatalf("the import did not end: %s", page.body)
	return at, page
}

func TestAnExportIsMappedPreviewedImportedAndSavedAsAProfile(t *testing.T) {
	h := newHouse(t)
	monitor := h.as("monitor")
	r := monitor.stay().upload("/intake/files", "三月工单.csv", gb(t, exported))
	at := r.header.Get("Location")
	page := monitor.page(at)
	sound(t, "upload", page)
	page.says(t, "诉求标题", "暖气不热", "张**", "第 4 行“来电时间”", "其中 1 行有问题", `value="2"`)
	if strings.Contains(string(page.body), "13812345678") || strings.Contains(string(page.body), "张小三") {
		t.Error("the preview shows who called")
	}

	// a mapping without a text is shown with what is wrong, and is not imported
	monitor.submit(at+"/mapping", "header", "2", "channel", "hotline", "source", "12345热线", "field-0", "id").says(t, "")
	monitor.page(at).says(t, "请指明哪一列是内容或标题")
	if r := monitor.submit(at + "/import"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("importing without a text: %d", r.status)
	}
	// another header row is guessed anew
	monitor.submit(at+"/mapping", "header", "1", "channel", "hotline", "source", "12345热线")
	monitor.page(at).says(t, "交城县12345工单</th>")

	at, done := h.imported("monitor", gb(t, exported))
	done.says(t, "导入完成", "新收</dt><dd><b>2", "未采用</dt><dd><b class=\"down\">1")
	monitor.page(at+"/rejected.csv").says(t, "第 4 行“来电时间”", "JC2,三月五日,停水", "工作秘密　不得外传")
	sound(t, "result", monitor.page(at))
	_, again := h.imported("monitor", []byte(exported))
	again.says(t, "新收</dt><dd><b>0", "重复</dt><dd><b>2")

	if r := monitor.submit(at+"/profile", "name", "县12345"); r.header.Get("Location") != at+"?done=profile" {
		t.Errorf("saving the profile: %d %s", r.status, r.body)
	}
	var saved []huiying.Profile
	monitor.get("/profiles").json(t, &saved)
	if len(saved) != 1 || saved[0].Name != "县12345" || saved[0].Header != 2 || len(saved[0].Columns) != 6 {
		t.Fatalf("saved %+v", saved)
	}
	monitor.page(monitor.stay().upload("/intake/files", "四月.csv", []byte(exported)).header.Get("Location")).says(t, "<option selected>县12345</option>")
	at = monitor.stay().upload("/intake/files", "四月.csv", []byte(strings.Replace(exported, "工单编号", "单号码", 1))).header.Get("Location")
	monitor.submit(at+"/mapping", "use", "县12345")
	monitor.page(at).says(t, "没有“工单编号”这一列")
}

func TestAnUploadThatIsNoTableIsRefused(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		body   []byte
		status int
		says   string
	}{
		"an old workbook":         {[]byte("\xD0\xCF\x11\xE0\xA1\xB1"), 422, "另存为"},
		"a program":               {[]byte("MZ\x00\x01"), 422, "这不是表格"},
		"a broken workbook":       {[]byte("PK\x03\x04 not really"), 422, "XLSX"},
		"nothing":                 {nil, 422, "空的"},
		"more than may be stored": {bytes.Repeat([]byte("内容,标题\n"), 2<<20), 413, "20 MB"},
	} {
		r := h.as("monitor").stay().upload("/intake/files", "工单.xlsx", c.body)
		if r.status != c.status {
			t.Errorf("%s: %d", name, r.status)
		}
		r.says(t, c.says)
	}
	if r := h.as("jkj-liaison").stay().upload("/intake/files", "a.csv", []byte(exported)); r.status != http.StatusForbidden {
		t.Errorf("a liaison imports: %d", r.status)
	}
	at := h.as("monitor").stay().upload("/intake/files", "a.csv", []byte(exported)).header.Get("Location")
	if r := h.as("analyst").page(at); r.status != http.StatusNotFound {
		t.Errorf("a colleague opens the file: %d", r.status)
	}
	if r := h.as("monitor").submit(at + "/discard"); r.header.Get("Location") != "/intake?done=discarded" {
		t.Errorf("discarding: %d", r.status)
	}
	if r := h.as("monitor").page(at); r.status != http.StatusNotFound {
		t.Errorf("a discarded file is there: %d", r.status)
	}
}

func registration(more ...string) []string {
	return append([]string{
		"channel", "letter", "title", "东关街路灯不亮", "text", "来信反映东关街路灯坏了一周，晚上出行危险。13812345678", "at", "2026-03-05T09:05", "urgency", "紧急",
	}, more...)
}

// posted is the ID of a post a form led to.
func posted(t *testing.T, r reply) huiying.PostID {
	t.Helper()
	u := must(url.Parse(r.header.Get("Location")))
	id, ok := strings.CutPrefix(u.Path, "/intake/posts/")
	if r.status != http.StatusSeeOther || !ok {
		t.Fatalf("%d to %s: %s", r.status, u, r.body)
	}
	return huiying.PostID(id)
}

// gather puts a post of the bus where analyzer and tracker would.
func (h *house) gather(event huiying.EventID, title string, ids ...huiying.PostID) {
	h.t.Helper()
	at := time.Now().Add(-time.Hour)
	e := huiying.Event{ID: event, Region: jiaocheng, Queue: huiying.Offline, Title: title, Posts: len(ids), FirstAt: at, FirstSeenAt: at, LastAt: at, UpdatedAt: at}
	var members []huiying.EventPost
	var posts []huiying.Assessed
	for i, id := range ids {
		members = append(members, huiying.EventPost{Event: event, Post: id, Duplicate: i > 1})
		posts = append(posts, huiying.Assessed{Post: huiying.Post{
			ID: id, Region: jiaocheng, Source: "测试", Channel: huiying.ChannelForum, Title: title, Text: fmt.Sprintf("正文 %d", i), PublishedAt: at, CollectedAt: at,
		}, Assessment: huiying.Assessment{ID: id, Sentiment: huiying.Sentiment{Label: "neutral"}}})
	}
	check(h.t, h.ledger.SaveEvents(h.t.Context(), []huiying.Event{e}, members))
	must(h.archive.Insert(h.t.Context(), posts))
}

func TestALetterJoinsTheEventAndTheCaseThereIs(t *testing.T) {
	h := newHouse(t)
	monitor := h.as("monitor")
	id := posted(t, monitor.submit("/intake", registration()...))
	monitor.page("/intake/posts/"+string(id)).says(t, "正在研判", `hx-trigger="every 1s"`)
	if again := monitor.submit("/intake", registration()...); posted(t, again) != id || !strings.HasSuffix(again.header.Get("Location"), "again=yes") {
		t.Errorf("the same letter again leads to %s", again.header.Get("Location"))
	}

	h.gather("e1", "东关街路灯坏了", "crawled", id)
	page := monitor.page("/intake/posts/" + string(id))
	sound(t, "registered", page)
	page.says(t, "归入已有事件", "东关街路灯坏了", "还没有交办单", "/cases/new?event=e1")

	// what may be the same matter is shown before anything is saved
	r := monitor.submit("/intake", registration("text", "又一封信", "title", "东关街路灯不亮，仍未修好")...)
	if r.status != http.StatusOK {
		t.Fatalf("a similar letter: %d", r.status)
	}
	r.says(t, "可能是同一件事", `href="/events/e1"`, "仍要登记", `name="seen" value="yes"`)
	sound(t, "similar", r)

	neighbour := h.as("wenshui").post("/cases", map[string]any{"queue": "offline", "title": "路灯", "summary": "路灯", "event": "e1"})
	neighbour.problem(t, http.StatusNotFound)

	// ticked: the case of the event, with its evidence frozen
	r = monitor.submit("/intake", registration("case", "yes", "seen", "yes", "unit", "zjj")...)
	path, ok := strings.CutSuffix(r.header.Get("Location"), "?done=open")
	if !ok {
		t.Fatalf("a ticked letter leads to %q: %s", r.header.Get("Location"), r.body)
	}
	var c caseDoc
	monitor.get(path).json(t, &c)
	if c.Event != "e1" || len(c.Evidence) != 2 || c.Evidence[0].Post != "crawled" || len(c.Routing) == 0 || c.Routing[0].Unit != "zjj" || strings.Contains(c.Summary, "138") || c.Queue != huiying.Offline {
		t.Errorf("the case: %+v", c.Case)
	}
	// ticked again: no second case
	r = monitor.submit("/intake", registration("case", "yes", "seen", "yes")...)
	monitor.page(r.header.Get("Location")).says(t, "没有另外登记", c.Number, string(c.ID))
	r = monitor.submit("/cases", "queue", "offline", "title", "路灯", "level", "blue", "event", "e1")
	if at := r.header.Get("Location"); at != path+"?done=exists" {
		t.Errorf("a second case of the event leads to %d %q", r.status, at)
	}
	monitor.page(path+"?done=exists").says(t, "没有另外登记")
	if n := must(h.ledger.CountCases(t.Context(), huiying.CaseQuery{Region: jiaocheng})); n != 1 {
		t.Errorf("%d cases of one event", n)
	}
}

func TestALiaisonReportsForTheUnitAndNothingElse(t *testing.T) {
	h := newHouse(t)
	liaison := h.as("jkj-liaison")
	page := liaison.page("/intake")
	sound(t, "liaison's form", page)
	if body := string(page.body); !strings.Contains(body, "教科局") || strings.Contains(body, `name="case"`) || strings.Contains(body, "导入表格") {
		t.Errorf("the liaison's form: %s", page.body)
	}
	h.gather("e1", "东关街路灯不亮", "crawled")
	r := liaison.submit("/intake", registration("case", "yes", "unit", "zjj")...)
	id := posted(t, r)
	h.gather("e2", "机密的别处事件", id)
	page = liaison.page("/intake/posts/" + string(id))
	page.says(t, "已送县网信办和新闻中心研判")
	if strings.Contains(string(page.body), "机密") {
		t.Error("a liaison reads an event")
	}
	if n := must(h.ledger.CountCases(t.Context(), huiying.CaseQuery{Region: jiaocheng})); n != 0 {
		t.Errorf("a liaison opened %d cases", n)
	}
	for _, user := range []string{"supervisor", "assessor", "jkj-handler", "auditor"} {
		if r := h.as(user).submit("/intake", registration()...); r.status != http.StatusForbidden {
			t.Errorf("%s registers: %d", user, r.status)
		}
	}
}

func TestARegistrationThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct{ field, value, says string }{
		"nothing told":        {"text", " ", "请写明反映的内容"},
		"no way in":           {"channel", "weibo", "请选择来自哪里"},
		"a time to come":      {"at", time.Now().AddDate(1, 0, 0).Format("2006-01-02T15:04"), "在将来"},
		"a time that is none": {"at", "明天", "请从日历中选择"},
		"an unknown unit":     {"unit", "nobody", "没有单位"},
	} {
		form := registration("place", "夏家营镇")
		var fields []string
		for i := 0; i < len(form); i += 2 {
			if form[i] != c.field {
				fields = append(fields, form[i], form[i+1])
			}
		}
		r := h.as("monitor").submit("/intake", append(fields, c.field, c.value)...)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
		r.says(t, c.says, `value="夏家营镇"`)
	}
}
