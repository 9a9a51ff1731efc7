package dashboard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"huiying"
	"huiying/dashboard"
	"huiying/store/ledger"
)

// machine is an installation as the program describes it.
func machine(context.Context) (huiying.Machine, error) {
	return huiying.Machine{
		Version: "test", Started: time.Now().Add(-3*time.Hour - 20*time.Minute), Free: 1 << 30, Memory: 200 << 20,
		Stores: []huiying.StoreSize{{Label: "信息库", Bytes: 3 << 30}}, Queues: []huiying.QueueDepth{{Stream: "POSTS", Consumer: "analyzer", Waiting: 12}},
		Nodes: []huiying.Node{
			{Name: "yq1 0123456789", Roles: []string{"collector", "alerting"}, Version: "v2", Started: time.Now().Add(-time.Hour), At: time.Now().Add(-3 * time.Second), Leading: true},
			{Name: "yq2 9876543210", Roles: []string{"dashboard"}, Version: "v1", Started: time.Now().Add(-time.Hour), At: time.Now().Add(-10 * time.Minute), Here: true},
		},
		Plan:    huiying.BackupPlan{Dir: "/mnt/backup", At: "03:00", Keep: 14},
		Expired: []string{"calendar.yaml: 缺少 2027 年的节假日安排"}, Errors: []huiying.LogLine{{At: time.Now(), Error: true, Text: "fetch failed"}},
	}, nil
}

// testGuide has a page for each audience, one of them with everything a page may hold.
var testGuide = fstest.MapFS{
	"admin.md":   {Data: []byte("# 管理员\n\n## 第一次\n\n1. 做 `a<b` 这**一**步\n\n![图](shots/one.png)\n<script>")},
	"monitor.md": {Data: []byte("# 监测员")}, "liaison.md": {Data: []byte("# 联络人")}, "leader.md": {Data: []byte("# 值班领导")}, "supervisor.md": {Data: []byte("# 督办员")},
	"shots/one.png": {Data: []byte("png")},
}

func testPolicies() []huiying.Policy {
	return []huiying.Policy{{
		Title: "老年人优待办法", Number: "测〔2026〕1号", Unit: "jkj", Issued: time.Date(2026, 1, 5, 0, 0, 0, 0, huiying.Beijing), Source: "https://example.invalid/p", Names: []string{"老年卡"},
		Clauses: []huiying.Clause{{Article: "第一条", Text: "年满六十五周岁免费乘车。", Words: []string{"坐公交"}}, {Article: "第二条", Text: "每年审验一次，不收费。"}},
	}}
}

func TestTheSystemPageSaysHowItStandsAndWhatIsToBeSetUp(t *testing.T) {
	h, _ := filled(t)
	page := h.as("sysadmin").page("/system")
	page.says(t, "3小时", "3.0 GB", "不足 2 GB", "analyzer", "缺少 2027 年", "fetch failed", "盲点", "开始使用", "从未备份", "huiying restore", "吕梁新闻")
	page.says(t, "yq1 0123", "采集、入库、预警和通知", "计时和发送", "yq2 9876", "本页", "以后没有报到", "每天 03:00 自动备份到", "/mnt/backup", "保留 14 份")
	page.says(t, "还有 4 步没有完成", "核对单位和地名", "已完成 3/7 步")
}

func TestUnitsShowWhoCanBeReached(t *testing.T) {
	h := newHouse(t)
	ended := huiying.Unit{ID: "old", Region: jiaocheng, Name: "县教育局", Kind: "县政府", To: time.Now().AddDate(-1, 0, 0)}
	check(t, h.ledger.SaveUnits(t.Context(), append([]huiying.Unit{ended}, testUnits...)))
	page := h.as("leader").page("/units")
	page.says(t, "王联络", "0358-1", "没有可用的联络人账号") // 县审计局 has none
	if strings.Contains(string(page.body), "县教育局") {
		t.Error("a unit that ended stands among the present ones")
	}
	h.as("leader").page("/units?show=all&q=%E6%95%99%E8%82%B2").says(t, "县教育局", "已撤并", "县教育科技局")
	if strings.Contains(string(h.as("zjj-liaison").page("/units").body), "0358-1") {
		t.Error("a liaison reads the telephone of another unit")
	}
}

func TestPoliciesAreFoundByWhatPeopleSay(t *testing.T) {
	h := newHouse(t)
	h.as("jkj-liaison").page("/policies").says(t, "老年人优待办法", "教科局", "2 条条款", "还没有发布解读")
	found := h.as("analyst").page("/policies?q=%E5%9D%90%E5%85%AC%E4%BA%A4")
	found.says(t, "第一条", "1/2")
	if strings.Contains(string(found.body), "第二条") {
		t.Error("a clause without the word is shown")
	}
	h.as("analyst").page("/policies?q=%E4%B8%8D%E6%94%B6%E8%B4%B9").says(t, `<mark class="mark-hit" title="搜索：不收费">不收费</mark>`)
	h.as("analyst").page("/policies?q=zzz").says(t, "没有找到条款")
}

func TestTheGuideIsRenderedAndNothingElse(t *testing.T) {
	h := newHouse(t)
	page := h.as("sysadmin").page("/guide")
	page.says(t, "<h2>第一次</h2>", "<li>做 <code>a&lt;b</code> 这<strong>一</strong>步</li>", `<img src="/guide/shots/one.png" alt="图"`, "<p>&lt;script&gt;</p>")
	h.as("monitor").page("/guide").says(t, "监测员")
}

func TestANewInstallationSaysHowToBegin(t *testing.T) {
	h := newHouse(t)
	if strings.Contains(string(h.browser().page("/signin").body), "huiying user") {
		t.Error("the sign-in page of an installation with accounts tells how to make one")
	}
	fresh := must(ledger.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db")))
	defer func() { check(t, fresh.Close()) }()
	rules := testRules()
	s := must(dashboard.New(dashboard.Config{
		Region: jiaocheng, Archive: h.archive, Ledger: fresh, Desk: h.desk, Inlet: h.inlet, Bus: h.bus, Rules: func() *huiying.Rules { return rules },
	}))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/signin", nil))
	if !strings.Contains(w.Body.String(), "huiying user --config huiying.yaml --role sysadmin") {
		t.Errorf("a new installation: %d without a word on how to begin", w.Code)
	}
}
