package dashboard_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"huiying"
	"huiying/dashboard"
)

// page asks for a page the way a browser does.
func (c caller) page(path string) reply {
	c.h.t.Helper()
	return c.do("GET", path, nil, "Accept", "text/html")
}

// submit sends a form the way a browser does.
func (c caller) submit(path string, fields ...string) reply {
	c.h.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	client := *c.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &client
	return c.do("POST", path, form, "Accept", "text/html")
}

func (r reply) says(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(string(r.body), w) {
			t.Errorf("the page (%d) does not say %q", r.status, w)
		}
	}
}

// filled is a house in which something has happened.
func filled(t *testing.T) (*house, caseDoc) {
	t.Helper()
	h := newHouse(t)
	at := time.Now().Add(-2 * time.Hour)
	post := huiying.Post{
		ID: "p1", Region: jiaocheng, Source: "卦山论坛", Channel: huiying.ChannelForum, Title: "学校食堂质疑", Text: "家长说要去县里反映。", URL: "https://example.invalid/1",
		PublishedAt: at, CollectedAt: at.Add(time.Minute), Redactions: map[string]int{"phone": 2},
	}
	event := huiying.Event{
		ID: "e1", Region: jiaocheng, Queue: huiying.Online, Title: "学校食堂质疑", Category: "教育文体", Posts: 2, Duplicates: 1, Negative: 2,
		Sources: map[string]int{"卦山论坛": 2}, Channels: map[huiying.Channel]int{huiying.ChannelForum: 2}, FirstPost: "p1", FirstSource: "卦山论坛",
		FirstAt: at, FirstSeenAt: at, LastAt: at, Hours: map[string]int{at.In(huiying.Beijing).Format("2006-01-02T15"): 2}, Curve: huiying.CurveGrowing,
		Level: huiying.Yellow, Reasons: []huiying.Reason{{Rule: "较大", Text: "多个本地账号"}}, UpdatedAt: at,
	}
	near := post
	near.ID, near.URL, near.PublishedAt = "p2", "https://example.invalid/2", at.Add(time.Minute)
	assess := func(p huiying.Post) huiying.Assessed {
		return huiying.Assessed{Post: p, Assessment: huiying.Assessment{
			ID: p.ID, Sentiment: huiying.Sentiment{Label: "negative", Score: -0.6}, Category: "教育文体", State: huiying.PhaseOccurred,
			Risk:  huiying.Risk{Score: 64, Factors: []huiying.Factor{{Name: "群体聚集", Weight: 30, Evidence: "去县里反映", Start: 11, End: 16}}},
			Units: []huiying.Candidate{{Unit: "jkj", P: 0.8, Why: "主题：学校"}}, Places: []huiying.Place{},
		}}
	}
	must(h.archive.Insert(t.Context(), []huiying.Assessed{assess(post), assess(near)}))
	check(t, h.ledger.SaveEvents(t.Context(), []huiying.Event{event}, []huiying.EventPost{{Event: "e1", Post: "p1"}, {Event: "e1", Post: "p2", Duplicate: true}}))
	check(t, h.ledger.SaveSource(t.Context(), huiying.Source{ID: "s1", Region: jiaocheng, Kind: "feed", Name: "吕梁新闻", URL: "https://example.invalid/rss", Channel: huiying.ChannelNews, Every: huiying.Duration(10 * time.Minute)}))
	check(t, h.ledger.SaveRejections(t.Context(), []huiying.Rejection{{At: at, Region: jiaocheng, Source: "吕梁新闻", Where: "第 3 条", Error: "正文为空", Raw: "机密原文"}}))
	return h, h.assigned("学校食堂质疑", "jkj")
}

// Who may open what: one row a path, the roles that may.
func TestPagesOpenForTheRolesTheyAreFor(t *testing.T) {
	h, c := filled(t)
	office := "monitor analyst leader supervisor assessor"
	units := " jkj-liaison jkj-handler"
	for path, may := range map[string]string{
		"/": "all", "/roster": "all", "/roster/template.xlsx": "all", "/notices": "all", "/notices/unread": "all", "/notices/recent": "all",
		"/guide": "all", "/guide/admin": "all", "/units": "all", "/policies": office + units + " zjj-liaison unitless", "/system": "sysadmin", "/rules": office + " sysadmin", "/rules/levels.yaml": office + " sysadmin", "/rules/units.yaml": "nobody", "/posts": office, "/posts/p1": office, "/posts/match?risk=60": office, "/events": office, "/events/e1": office, "/wall": office,
		"/cases": office + units + " zjj-liaison", "/stats": office + units + " zjj-liaison",
		"/cases/" + string(c.ID): office + units, "/cases/" + string(c.ID) + "/row": office + units,
		"/cases/" + string(c.ID) + "/effect": office + units,
		"/intake":                            "monitor analyst leader jkj-liaison zjj-liaison",
		"/cases/new":                         "monitor analyst leader", "/cases/new?event=e1": "monitor analyst leader",
		"/sources": office + " sysadmin", "/models": office + " sysadmin", "/models/training": office + " sysadmin",
		"/reports": office + units + " zjj-liaison", "/reports/evidence?kind=daily&of=open&from=2026-11-26T00:00:00%2B08:00&to=2026-11-27T00:00:00%2B08:00": office, "/drills": office + units + " zjj-liaison", "/channels": "sysadmin", "/appraisal": "assessor supervisor leader" + units + " zjj-liaison", "/appraisal.xlsx": "assessor supervisor leader" + units + " zjj-liaison",
	} {
		for _, user := range []string{"monitor", "analyst", "leader", "supervisor", "assessor", "jkj-liaison", "jkj-handler", "zjj-liaison", "sysadmin", "secadmin", "auditor"} {
			r := h.as(user).page(path)
			allowed := may == "all" || strings.Contains(" "+may+" ", " "+user+" ")
			switch {
			case allowed && r.status != http.StatusOK:
				t.Errorf("%s opens %s: %d", user, path, r.status)
			case !allowed && r.status != http.StatusForbidden && r.status != http.StatusNotFound:
				t.Errorf("%s must not open %s: %d", user, path, r.status)
			case !allowed && strings.Contains(string(r.body), "学校食堂"):
				t.Errorf("%s is refused %s but reads its content", user, path)
			}
		}
	}
	for _, path := range []string{"/posts/p1", "/events/e1", "/cases/" + string(c.ID)} {
		if r := h.as("wenshui").page(path); r.status != http.StatusNotFound {
			t.Errorf("another county opens %s: %d", path, r.status)
		}
	}
}

var reference = regexp.MustCompile(`[^ ]+`)

// What a screen reader and a keyboard need: one heading, names for all fields,
// references that lead somewhere, ids that are unique.
func TestPagesAreSoundHTML(t *testing.T) {
	h, c := filled(t)
	for user, paths := range map[string][]string{
		"leader":      {"/", "/units", "/policies", "/rules", "/rules/levels.yaml", "/posts", "/posts?q=a%7Cb&risk=40", "/posts/match?risk=60", "/posts/p1", "/events", "/events/e1", "/cases", "/cases/" + string(c.ID), "/cases/new", "/intake", "/stats", "/reports", "/reports/evidence?kind=weekly&of=open&from=2026-01-01T00:00:00%2B08:00&to=2026-02-01T00:00:00%2B08:00", "/appraisal", "/sources", "/models", "/roster", "/notices", "/nothing"},
		"monitor":     {"/sources"},
		"sysadmin":    {"/", "/system", "/sources"},
		"jkj-liaison": {"/", "/cases", "/cases/" + string(c.ID), "/stats", "/reports", "/notices"},
		"":            {"/signin"},
	} {
		who := h.browser()
		if user != "" {
			who = h.as(user)
		}
		for _, path := range paths {
			sound(t, user+" "+path, who.page(path))
		}
	}
	chooser := dashboard.NewChooser(dashboard.ChooserConfig{Find: func(string) ([]huiying.County, bool) {
		return []huiying.County{{Region: "141122", Name: "交城县"}, {Region: "141121", Name: "文水县"}}, true
	}})
	for _, path := range []string{"/setup/county", "/setup/county?q=%E5%8E%BF"} {
		w := httptest.NewRecorder()
		chooser.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		sound(t, "nobody "+path, reply{w.Code, w.Header(), w.Body.Bytes()})
	}
}

func sound(t *testing.T, name string, r reply) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(string(r.body)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	ids, headings := map[string]bool{}, 0
	var all []*html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		all = append(all, n)
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("%s: id %q occurs twice", name, id)
			}
			ids[id] = true
		}
		if n.Data == "h1" {
			headings++
		}
	}
	if headings != 1 {
		t.Errorf("%s: %d main headings", name, headings)
	}
	for _, n := range all {
		for _, ref := range reference.FindAllString(attr(n, "for")+" "+attr(n, "aria-labelledby"), -1) {
			if !ids[ref] {
				t.Errorf("%s: <%s> refers to %q, which is not there", name, n.Data, ref)
			}
		}
		switch n.Data {
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && !labelled(n, all) {
				t.Errorf("%s: field %q has no label", name, attr(n, "name"))
			}
		case "button":
			if attr(n, "type") == "" {
				t.Errorf("%s: a button without a type", name)
			}
		case "table":
			if !strings.Contains(text(n), "—") && find(n, "th") == nil && attr(n, "class") != "terms" {
				t.Errorf("%s: a table without headings", name)
			}
		}
	}
}

func labelled(n *html.Node, all []*html.Node) bool {
	if attr(n, "aria-label") != "" {
		return true
	}
	for up := n.Parent; up != nil; up = up.Parent {
		if up.Data == "label" {
			return true
		}
	}
	for _, l := range all {
		if l.Data == "label" && attr(l, "for") != "" && attr(l, "for") == attr(n, "id") {
			return true
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func find(n *html.Node, tag string) *html.Node {
	for d := range n.Descendants() {
		if d.Data == tag {
			return d
		}
	}
	return nil
}

func TestAPostShowsItsEvidenceReasonsAndWhatWasHidden(t *testing.T) {
	h, _ := filled(t)
	h.as("analyst").page("/posts/p1").says(t, `<mark class="mark-evidence" title="群体聚集">去县里反映</mark>`, "&#43;30.0", "电话 2 处", "主题：学校", "学校食堂质疑", "教科局")
	h.as("analyst").page("/posts?sentiment=positive").says(t, "没有符合条件的信息")
	h.as("analyst").page("/events/e1").says(t, "另有 1 条相近内容", "多个本地账号", "发酵")
}

func TestTwoUnitsNearEachOtherAreSaidToBeSoWhereTheyAreProposed(t *testing.T) {
	h, _ := filled(t)
	const near = "教科局与住建局难分主次（相差 6%），请人工选定牵头单位"
	for id, second := range map[huiying.PostID]float64{"n1": 0.44, "n2": 0.2} {
		at := time.Now().Add(-time.Hour)
		units := []huiying.Candidate{{Unit: "jkj", P: 0.5}, {Unit: "zjj", P: second}}
		p := huiying.Post{ID: id, Region: jiaocheng, Source: "论坛", Channel: huiying.ChannelForum, Text: "校舍漏雨" + string(id), PublishedAt: at, CollectedAt: at}
		must(h.archive.Insert(t.Context(), []huiying.Assessed{{Post: p, Assessment: huiying.Assessment{ID: id, Units: units}}}))
		e := huiying.Event{ID: huiying.EventID(id), Region: jiaocheng, Title: "校舍漏雨", Posts: 1, Units: units, FirstAt: at, LastAt: at, UpdatedAt: at}
		check(t, h.ledger.SaveEvents(t.Context(), []huiying.Event{e}, []huiying.EventPost{{Event: e.ID, Post: id}}))
		for _, path := range []string{"/posts/" + string(id), "/events/" + string(id)} {
			if said := strings.Contains(string(h.as("analyst").page(path).body), near); said != (id == "n1") {
				t.Errorf("%s of units %.0f%% apart says they are near: %v", path, (0.5-second)*100, said)
			}
		}
	}
}

func TestAdministratorsReadNoContent(t *testing.T) {
	h, _ := filled(t)
	r := h.as("sysadmin").page("/sources")
	r.says(t, "正文为空", "第 3 条")
	if strings.Contains(string(r.body), "机密原文") {
		t.Error("a system administrator reads a rejected text")
	}
	h.as("monitor").page("/sources").says(t, "机密原文")
}

// A unit's whole day through plain forms, as without scripts.
func TestACaseGoesItsWayThroughForms(t *testing.T) {
	h, c := filled(t)
	path := "/cases/" + string(c.ID)
	version := func() string {
		var now caseDoc
		h.as("leader").get("/cases/"+string(c.ID)).json(t, &now)
		return fmt.Sprint(now.Version)
	}
	step := func(user, action string, fields ...string) {
		t.Helper()
		r := h.as(user).submit(path+"/"+action, append(fields, "version", version())...)
		if want := path + "?done=" + action; r.status != http.StatusSeeOther || r.header.Get("Location") != want {
			t.Fatalf("%s by %s: %d to %q, want %q: %.600s", action, user, r.status, r.header.Get("Location"), want, text(must(html.Parse(strings.NewReader(string(r.body))))))
		}
		h.as(user).page(path+"?done="+action).says(t, `class="note"`)
	}
	h.as("jkj-liaison").page("/").says(t, "待签收", "ack-button", "学校食堂质疑")
	step("jkj-liaison", "acknowledge")
	step("jkj-handler", "verify")
	step("jkj-handler", "handle", "text", "已到校核实")
	step("jkj-handler", "submit", "finding", "partly", "facts", "部分食材无票据", "measures", "立即整改", "contacted", "yes", "publicity", "not_public", "publicity_reason", "涉及调查")
	h.as("jkj-head").page("/").says(t, "反馈单待您签字")
	h.as("jkj-head").page(path).says(t, "待责任人王局长签字", "部分食材无票据", `id="do-sign"`, `id="do-decline"`)
	if r := h.as("analyst").page(path); strings.Contains(string(r.body), "部分食材无票据") {
		t.Error("an unsigned form is shown outside the unit")
	}
	step("jkj-head", "sign")
	step("leader", "change-level", "level", "yellow", "reason", "影响扩大")
	step("leader", "approve")
	step("leader", "respond", "text", "已整改", "forms", "release", "forms", "interview", "publicity", "public", "outlet", "县政府门户网站")
	step("leader", "close", "reason", "家长满意")
	step("monitor", "archive")
	h.as("leader").page(path).says(t, "部分属实", "涉及调查", "发布权威信息、接受媒体采访", "家长满意", "已归档", "Ⅲ级 较大（黄）")
}

func TestARefusedFormSaysWhyAndKeepsWhatWasTyped(t *testing.T) {
	h, c := filled(t)
	path := "/cases/" + string(c.ID)
	r := h.as("jkj-liaison").submit(path+"/return", "version", fmt.Sprint(c.Version), "reason", " ")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.status)
	}
	r.says(t, "退单须填写理由", `id="do-return" open`)

	h.act("jkj-handler", c, "acknowledge", nil)
	r = h.as("jkj-liaison").submit(path+"/submit", "version", fmt.Sprint(c.Version), "finding", "true", "facts", "已经写了很长的事实经过", "measures", "整改", "publicity", "public")
	if r.status != http.StatusConflict {
		t.Errorf("a stale version: %d", r.status)
	}
	r.says(t, "刚才有人更新了这件交办单", "王承办", "签收", "已经写了很长的事实经过", `value="true" checked`)

	c.Version++
	r = h.as("jkj-liaison").submit(path+"/submit", "version", fmt.Sprint(c.Version), "finding", "true", "facts", "经过", "measures", "整改", "publicity", "not_public")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("non-public without a reason: %d", r.status)
	}
	r.says(t, "须说明理由，否则不得印发")

	if r := h.as("zjj-liaison").submit(path+"/acknowledge", "version", "1"); r.status != http.StatusNotFound {
		t.Errorf("a foreign unit acknowledges: %d", r.status)
	}
	r = h.as("supervisor").submit(path+"/close", "version", fmt.Sprint(c.Version), "reason", "x")
	if r.status != http.StatusForbidden {
		t.Errorf("a supervisor closes: %d", r.status)
	}
	r.says(t, "这一步不由您办理")
	if r := h.as("leader").submit(path+"/explode", "version", "1"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("an action that does not exist: %d", r.status)
	}
}

// The buttons are the state machine's: what the API allows is offered, no more.
func TestThePageOffersExactlyTheAllowedActions(t *testing.T) {
	h, c := filled(t)
	offered := regexp.MustCompile(`id="do-([a-z-]+)"`)
	for _, user := range []string{"monitor", "analyst", "leader", "supervisor", "assessor", "jkj-liaison", "jkj-handler"} {
		var doc caseDoc
		h.as(user).get("/cases/"+string(c.ID)).json(t, &doc)
		want := map[string]bool{}
		for _, a := range doc.Allowed {
			want[string(a.Action)] = true
		}
		body := string(h.as(user).page("/cases/" + string(c.ID)).body)
		got := map[string]bool{}
		for _, m := range offered.FindAllStringSubmatch(body, -1) {
			got[m[1]] = true
		}
		if strings.Contains(body, "ack-bar") {
			got["acknowledge"] = true
		}
		for a := range want {
			if !got[a] {
				t.Errorf("%s may %s, but the page has no form", user, a)
			}
		}
		for a := range got {
			if !want[a] {
				t.Errorf("the page offers %s to %s, who may not", a, user)
			}
		}
	}
}

// A live update asks for a row by the list's own filter: it must answer as the
// list would.
func TestALiveRowBelongsWhereTheListShowsIt(t *testing.T) {
	h, _ := filled(t)
	h.open("公交改线")
	late := h.assigned("路灯不亮", "zjj")
	h.act("zjj-liaison", late, "acknowledge", nil)
	var all struct{ Items []huiying.Case }
	h.as("leader").get("/cases?limit=100").json(t, &all)
	if len(all.Items) != 3 {
		t.Fatalf("%d cases", len(all.Items))
	}
	for _, user := range []string{"leader", "jkj-liaison", "zjj-liaison"} {
		for _, filter := range []string{"", "view=all", "view=triage", "view=unacked", "view=working", "view=ended", "view=late", "view=open&level=blue", "view=open&level=red", "view=all&q=路灯", "view=all&queue=online", "view=all&queue=offline"} {
			list := string(h.as(user).page("/cases?" + filter).body)
			for _, c := range all.Items {
				r := h.as(user).page("/cases/" + string(c.ID) + "/row?in=list&" + filter)
				listed := strings.Contains(list, `id="case-`+string(c.ID)+`"`)
				if listed != (r.status == http.StatusOK) {
					t.Errorf("%s, %q: %s is listed: %v, its row answers %d", user, filter, c.Title, listed, r.status)
				}
			}
		}
	}
}

func TestRegisteringACaseByHand(t *testing.T) {
	h, _ := filled(t)
	r := h.as("monitor").submit("/cases", "queue", "offline", "title", "水峪贯路面塌陷", "summary", "群众来电", "level", "yellow", "lead", "zjj", "event_at", "2026-01-02T08:30")
	if to := r.header.Get("Location"); r.status != http.StatusSeeOther || !strings.HasSuffix(to, "?done=open") {
		t.Fatalf("%d to %q: %.300s", r.status, to, r.body)
	}
	h.as("monitor").page(r.header.Get("Location")).says(t, "已登记，等待研判", "水峪贯路面塌陷", "01-02 08:30", "住建局")
	r = h.as("monitor").submit("/cases", "queue", "offline", "title", " ", "summary", "写了很多", "level", "yellow")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a title: %d", r.status)
	}
	r.says(t, "标题为空", "写了很多")
	h.as("analyst").page("/cases/new?event=e1").says(t, `value="学校食堂质疑"`, `value="e1"`)
}

func TestNoticesAreReadAndCounted(t *testing.T) {
	h, _ := filled(t)
	h.as("jkj-liaison").page("/notices/unread").says(t, `<span class="count">1</span>`)
	h.as("jkj-liaison").page("/notices").says(t, "全部标为已读", "交舆")
	h.as("jkj-liaison").page("/notices/recent").says(t, "交舆")
	if r := h.as("jkj-liaison").submit("/notices/read"); r.status != http.StatusSeeOther {
		t.Fatalf("marking read: %d", r.status)
	}
	if r := h.as("jkj-liaison").page("/notices/unread"); strings.Contains(string(r.body), "count") {
		t.Errorf("still unread: %s", r.body)
	}
}

func TestStatsGreyOutSmallSamples(t *testing.T) {
	h, c := filled(t)
	h.act("jkj-liaison", c, "acknowledge", nil)
	h.as("supervisor").page("/stats").says(t, "样本不足", `data-thin="true"`, "教科局")
	for range 4 {
		h.act("jkj-liaison", h.assigned("又一件", "jkj"), "acknowledge", nil)
	}
	r := h.as("supervisor").page("/stats?days=7")
	r.says(t, `data-n="5"`, `data-thin="false"`)
	if own := string(h.as("zjj-liaison").page("/stats").body); strings.Contains(own, "教科局") {
		t.Error("a unit sees the figures of another")
	}
}

func TestSourcesAreTriedSavedAndPaused(t *testing.T) {
	h, _ := filled(t)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rss" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>新站</title><item><title>关于供热的通知</title><link>http://`+r.Host+`/1</link><description>今冬供暖期为十一月一日至次年三月三十一日，请各小区做好准备。</description><pubDate>Mon, 05 Jan 2026 08:00:00 +0800</pubDate></item></channel></rss>`)
	}))
	defer feed.Close()
	fields := []string{"kind", "feed", "name", "新站", "url", feed.URL + "/rss", "channel", "gov", "tier", "county", "every", "15", "options", "full = false"}
	r := h.as("monitor").submit("/sources/test", fields...)
	r.says(t, "关于供热的通知", "没有入库", "full = false")
	if all := must(h.ledger.Sources(t.Context(), jiaocheng)); len(all) != 1 {
		t.Fatalf("a test saved something: %d sources", len(all))
	}
	if r := h.as("monitor").submit("/sources", fields...); r.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %.300s", r.status, r.body)
	}
	all := must(h.ledger.Sources(t.Context(), jiaocheng))
	if len(all) != 2 {
		t.Fatalf("%d sources", len(all))
	}
	for _, s := range all {
		if s.Name == "新站" && (s.Options["full"] != false || time.Duration(s.Every) != 15*time.Minute || s.Tier != huiying.TierCounty) {
			t.Errorf("saved as %+v", s)
		}
	}
	if r := h.as("sysadmin").submit("/sources/s1/pause", "pause", "yes"); r.status != http.StatusSeeOther {
		t.Errorf("pausing: %d", r.status)
	}
	h.as("monitor").page("/sources").says(t, "已暂停")
	if r := h.as("monitor").page("/sources"); strings.Contains(string(r.body), "不一致") {
		t.Error("a source that no file has is told apart from it")
	}
	file := huiying.Source{ID: "s1", Region: jiaocheng, Kind: "feed", Name: "文件里的名称", URL: "https://文件.example.gov.cn/rss", Channel: huiying.ChannelNews, Every: huiying.Duration(time.Hour)}
	check(t, h.ledger.SowSources(t.Context(), jiaocheng, []huiying.Source{file}))
	h.as("monitor").page("/sources").says(t, "与 sources.yaml 不一致：名称、", "文件里的名称", "https://文件.example.gov.cn/rss")
	if r := h.as("supervisor").page("/sources"); strings.Contains(string(r.body), "文件.example.gov.cn") {
		t.Error("who may not change a source sees the settings of the file")
	}
	if r := h.as("monitor").submit("/sources/s1/file"); r.status != http.StatusSeeOther {
		t.Errorf("taking the file's: %d %.300s", r.status, r.body)
	}
	h.as("monitor").page("/sources").says(t, "文件里的名称")
	if r := h.as("monitor").page("/sources"); strings.Contains(string(r.body), "不一致") {
		t.Error("it is told apart although it is as the file has it")
	}
	hour := time.Now().Truncate(time.Hour)
	check(t, h.ledger.SaveHealth(t.Context(), huiying.SourceHealth{
		Source: "s1", LastAttempt: hour, LastSuccess: hour, Items: 7, LagSeconds: 90, LagP95: 400, Gap: huiying.Duration(time.Hour),
		Hours:    []huiying.SourceHour{{At: hour, Visits: 3, Items: 7, Requests: 1234, Bytes: 5 << 20, Failures: 3, Kinds: map[huiying.FailureKind]int{huiying.FailureTimeout: 12}}},
		Failures: 3, LastError: "https://文件.example.gov.cn/rss：3 秒内没有传完",
	}))
	_, _, err := h.ledger.SpendHost(t.Context(), "xn--5nqy36c.example.gov.cn", time.Now().Truncate(time.Hour), 250, 5000)
	check(t, err)
	h.as("monitor").page("/sources").says(t, "超时", "近一天 12 次，近 7 天 12 次", huiying.FailureTimeout.Advice(), "建议："+huiying.FailureTimeout.Advice(), "今天的额度 5,000 次，已领用 250 次")
	var listed huiying.Page[struct {
		Advice string
		Failed []struct {
			Kind, Label, Advice string
			Day, Week           int
		}
		Host huiying.HostDay
	}]
	h.as("monitor").get("/sources").json(t, &listed)
	if s := listed.Items[0]; s.Advice == "" || len(s.Failed) != 1 || s.Failed[0].Label != "超时" || s.Failed[0].Day != 12 || s.Failed[0].Week != 12 || s.Host.Asked != 250 || s.Host.Most != 5000 {
		t.Errorf("the API lists %+v", s)
	}
	h.as("monitor").page("/sources").says(t, "1,234 次", "5.0 MB", "95% 不超过", "近 7 天", "覆盖情况", "没有信源在看")
	for name, bad := range map[string][]string{
		"网址应以":  {"kind", "feed", "name", "x", "url", "ftp://x", "channel", "news", "every", "10"},
		"1 分钟":  {"kind", "feed", "name", "x", "url", "https://x.invalid", "channel", "news", "every", "0.5"},
		"第 2 行": {"kind", "feed", "name", "x", "url", "https://x.invalid", "channel", "news", "every", "10", "options", "a = b\nnonsense"},
	} {
		r := h.as("monitor").submit("/sources", bad...)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
		r.says(t, name)
	}
	if r := h.as("analyst").submit("/sources", fields...); r.status != http.StatusForbidden {
		t.Errorf("an analyst adds a source: %d", r.status)
	}
}

func TestASourceIsChangedOnThePage(t *testing.T) {
	h, _ := filled(t)
	kept := huiying.Source{
		ID: "mf", Region: jiaocheng, Kind: "jsonapi", Name: "民声", URL: "https://ms.example.cn/api", Channel: "forum", Tier: huiying.TierCounty,
		Every: huiying.Duration(15 * time.Minute), Paused: true,
		Options: map[string]any{"items": "data.list", "fields": map[string]any{"title": "bt"}, "full": true, "hosts": "a.example.cn b.example.cn"},
	}
	check(t, h.ledger.SaveSource(t.Context(), kept))
	h.as("monitor").page("/sources").says(t, `href="/sources?edit=mf"`)
	r := h.as("monitor").page("/sources?edit=mf")
	r.says(t, "修改信源：民声", `name="id" value="mf"`, `value="https://ms.example.cn/api"`, `value="15"`, "full = true\nhosts = a.example.cn b.example.cn</textarea>", `value="data.list"`, `value="bt"`)

	fields := []string{"id", "mf", "kind", "jsonapi", "name", "民声论坛", "url", kept.URL, "channel", "forum", "tier", "county", "every", "30", "options", "hosts = a.example.cn", "map_items", "data.list", "map_title", "subject"}
	if r := h.as("monitor").submit("/sources", fields...); r.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %.300s", r.status, r.body)
	}
	want := kept
	want.Name, want.Every = "民声论坛", huiying.Duration(30*time.Minute)
	want.Options = map[string]any{"items": "data.list", "fields": map[string]any{"title": "subject"}, "hosts": "a.example.cn"}
	all := must(h.ledger.Sources(t.Context(), jiaocheng))
	if !slices.ContainsFunc(all, func(s huiying.Source) bool { return reflect.DeepEqual(s, want) }) || len(all) != 2 {
		t.Errorf("%+v, want %+v among them", all, want)
	}
	h.as("auditor").page("/audit").says(t, "修改信源")

	if r := h.as("monitor").submit("/sources", slices.Replace(slices.Clone(fields), 1, 2, "none")...); r.status != http.StatusNotFound {
		t.Errorf("a source nobody has is changed: %d", r.status)
	}
	if r := h.as("analyst").page("/sources?edit=mf"); strings.Contains(string(r.body), "a.example.cn") {
		t.Error("who may not change a source reads its options")
	}
}

func TestATestOfASourceCountsAllItTook(t *testing.T) {
	h, _ := filled(t)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var items strings.Builder
		for i := range 7 {
			fmt.Fprintf(&items, `<item><title>第 %d 号通知</title><link>https://n.example.cn/%d</link><description>请各小区做好供暖准备，这是第 %d 次通知。</description><pubDate>Mon, 05 Jan 2026 08:00:00 +0800</pubDate></item>`, i, i, i)
		}
		_, _ = fmt.Fprintf(w, `<rss version="2.0"><channel><title>新站</title>%s</channel></rss>`, &items)
	}))
	defer feed.Close()
	h.as("monitor").submit("/sources/test", "kind", "feed", "name", "新站", "url", feed.URL+"/rss", "channel", "gov", "tier", "county", "every", "15").says(t, "取到 7 条，这里显示前 5 条")
}

func TestOptionsAreWrittenAsTheyAreRead(t *testing.T) {
	h, _ := filled(t)
	check(t, h.ledger.SaveSource(t.Context(), huiying.Source{
		ID: "n", Region: jiaocheng, Kind: "site", Name: "新闻", URL: "https://n.example.cn/", Channel: "news", Every: huiying.Duration(time.Hour),
		Options: map[string]any{"max_items": 30, "list": "ul li"},
	}))
	h.as("monitor").page("/sources?edit=n").says(t, "list = ul li\nmax_items = 30</textarea>")
	check(t, h.ledger.SaveSource(t.Context(), huiying.Source{
		ID: "n", Region: jiaocheng, Kind: "jsonapi", Name: "新闻", URL: "https://n.example.cn/", Channel: "news", Every: huiying.Duration(time.Hour),
		Options: map[string]any{"reply_fields": map[string]any{"text": "nr"}},
	}))
	h.as("monitor").page("/sources?edit=n").says(t, `value="nr"`)
	check(t, h.ledger.SaveSource(t.Context(), huiying.Source{
		ID: "n", Region: jiaocheng, Kind: "site", Name: "新闻", URL: "https://n.example.cn/", Channel: "news", Every: huiying.Duration(time.Hour),
		Options: map[string]any{"list": "ul li\nol li"},
	}))
	h.as("monitor").page("/sources?edit=n").says(t, `&#34;list&#34;: &#34;ul li\nol li&#34;`)
}

// An asset's address changes with its content, so browsers may keep it for ever.
func TestAssetsAreHashedCachedAndSmall(t *testing.T) {
	h := newHouse(t)
	body := string(h.browser().page("/signin").body)
	links := regexp.MustCompile(`(?:href|src)="(/assets/[^"#]+)"`).FindAllStringSubmatch(body, -1)
	if len(links) < 4 {
		t.Fatalf("the page links %d assets", len(links))
	}
	seen, total := map[string]bool{}, 0
	for _, l := range links {
		if seen[l[1]] {
			continue
		}
		seen[l[1]] = true
		r := h.browser().do("GET", l[1], nil, "Accept-Encoding", "gzip")
		if r.status != http.StatusOK || !strings.Contains(r.header.Get("Cache-Control"), "immutable") || !regexp.MustCompile(`\.[0-9a-f]{12}`).MatchString(l[1]) {
			t.Errorf("%s: %d, %q", l[1], r.status, r.header.Get("Cache-Control"))
		}
		total += len(r.body)
		again := h.browser().do("GET", l[1], nil, "If-None-Match", r.header.Get("ETag"))
		if again.status != http.StatusNotModified {
			t.Errorf("%s unchanged: %d", l[1], again.status)
		}
	}
	if total > 300<<10 {
		t.Errorf("the first page needs %d KB", total>>10)
	}
	if r := h.browser().page("/assets/app.000000000000.css"); r.status != http.StatusNotFound {
		t.Errorf("an old address: %d", r.status)
	}
}
