package dashboard_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"huiying"
)

// at is a browser somebody has signed in with.
func (h *house) at(user string) caller {
	h.t.Helper()
	b := h.browser()
	if r := b.signIn(user, password); r.status != http.StatusSeeOther {
		h.t.Fatalf("%s does not sign in: %d", user, r.status)
	}
	return b
}

// spoken is what a page says, without its markup.
func (r reply) spoken() string {
	doc, err := html.Parse(bytes.NewReader(r.body))
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(text(doc)), " ")
}

var (
	once  = regexp.MustCompile(`class="once"><code>([^<]+)</code>`)
	grant = regexp.MustCompile(`action="/grants/([^"]+)"`)
)

// One account from the day it is asked for to the day it is closed, each step by
// the administrator whose it is.
func TestAnAccountIsAskedGrantedUsedAndClosed(t *testing.T) {
	h := newHouse(t)
	sys, sec := h.at("sysadmin"), h.at("secadmin")
	fields := []string{"user", "zhang.san", "name", "张三", "role", "liaison", "unit", "jkj", "reason", "接替王联络"}
	if r := sys.submit("/users", fields...); r.status != http.StatusSeeOther {
		t.Fatalf("adding: %d %s", r.status, r.spoken())
	}
	if r := sys.submit("/users", fields...); r.status != http.StatusConflict || !strings.Contains(r.spoken(), "已经存在") || !strings.Contains(string(r.body), `value="张三"`) {
		t.Errorf("adding twice: %d %s", r.status, r.spoken())
	}
	for name, bad := range map[string][]string{
		"小写字母":  {"user", "张三", "name", "张三", "role", "liaison", "unit", "jkj", "reason", "x"},
		"实名到人":  {"user", "li.si", "name", "", "role", "liaison", "unit", "jkj", "reason", "x"},
		"须选择所属": {"user", "li.si", "name", "李四", "role", "liaison", "unit", "", "reason", "x"},
		"申请理由":  {"user", "li.si", "name", "李四", "role", "leader", "unit", "", "reason", " "},
	} {
		if r := sys.submit("/users", bad...); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.spoken(), name) {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := h.browser().signIn("zhang.san", ""); r.status != http.StatusUnauthorized {
		t.Errorf("an account nobody granted signs in: %d", r.status)
	}
	page := sec.page("/users")
	page.says(t, "待核准的授权", "接替王联络", "待授权")
	id := grant.FindStringSubmatch(string(page.body))[1]
	if r := sec.submit("/grants/"+id, "grant", "no", "answer", " "); r.status != http.StatusUnprocessableEntity {
		t.Errorf("refusing without a word: %d", r.status)
	}
	r := sec.submit("/grants/"+id, "grant", "yes")
	r.says(t, "只显示这一次")
	first := once.FindStringSubmatch(string(r.body))[1]
	if strings.Contains(string(sec.page("/users").body), first) {
		t.Error("the password is shown again")
	}
	if r := sec.submit("/grants/"+id, "grant", "yes"); r.status != http.StatusConflict {
		t.Errorf("granting twice: %d", r.status)
	}

	zhang := h.browser()
	if r := zhang.signIn("zhang.san", first); r.status != http.StatusSeeOther {
		t.Fatalf("the first sign-in: %d", r.status)
	}
	if r := zhang.page("/cases"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/me" {
		t.Errorf("with a temporary password one goes to %d %q", r.status, r.header.Get("Location"))
	}
	if r := zhang.get("/cases"); r.status != http.StatusForbidden {
		t.Errorf("the API with a temporary password: %d", r.status)
	}
	zhang.page("/me").says(t, "临时密码")
	const mine = "Wenyu-he-2026"
	for old, tt := range map[string][2]string{
		"x":          {mine, mine},
		first:        {"short", "short"},
		first + "":   {mine, mine + "x"},
		first + "\t": {first, first},
	} {
		if r := zhang.submit("/me/password", "old", strings.TrimSpace(old), "new", tt[0], "again", tt[1]); r.status != http.StatusUnprocessableEntity {
			t.Errorf("password %q → %q, %q: %d", old, tt[0], tt[1], r.status)
		}
	}
	if r := zhang.submit("/me/password", "old", first, "new", mine, "again", mine); r.header.Get("Location") != "/me?done=password" {
		t.Fatalf("changing the password: %d %s", r.status, r.spoken())
	}
	if r := zhang.page("/cases"); r.status != http.StatusOK {
		t.Errorf("afterwards: %d", r.status)
	}
	if r := zhang.submit("/me/password", "old", mine, "new", first, "again", first); !strings.Contains(r.spoken(), "最近 5 次") {
		t.Errorf("the password before is taken again: %d", r.status)
	}

	// Another unit: asked by one, granted by the other, and the session of before ends.
	sys.submit("/users/zhang.san/role", "role", "head", "unit", "zjj", "reason", "调任")
	id = grant.FindStringSubmatch(string(sec.page("/users/zhang.san").body))[1]
	if r := sys.submit("/grants/"+id, "grant", "yes"); r.status != http.StatusForbidden {
		t.Errorf("who asks grants: %d", r.status)
	}
	if r := sec.submit("/grants/"+id, "grant", "yes"); r.status != http.StatusSeeOther {
		t.Errorf("granting: %d", r.status)
	}
	if zhang.signedIn() {
		t.Error("the session with the role before goes on")
	}
	if u := must(h.ledger.User(t.Context(), "zhang.san")); u.Role != huiying.Head || u.Unit != "zjj" {
		t.Errorf("after the grant: %+v", u.Person)
	}
	if r := sys.submit("/users/zhang.san/disable", "reason", "退休"); r.status != http.StatusSeeOther {
		t.Errorf("disabling: %d", r.status)
	}
	if r := h.browser().signIn("zhang.san", mine); r.status != http.StatusUnauthorized {
		t.Errorf("a disabled account signs in: %d", r.status)
	}
	h.audited(t, "user.add", "user.grant-role", "user.password", "user.password-failed", "user.ask-role", "user.disable")
}

func TestTheLastAdministratorCannotBeClosed(t *testing.T) {
	h := newHouse(t)
	r := h.at("sysadmin").submit("/users/auditor/disable", "reason", "不想被审计")
	if r.status != http.StatusConflict || !strings.Contains(r.spoken(), "最后一名") {
		t.Errorf("the only auditor is disabled: %d %s", r.status, r.spoken())
	}
	if u := must(h.ledger.User(t.Context(), "auditor")); u.Disabled {
		t.Error("disabled")
	}
}

func TestASecurityAdministratorResetsUnlocksAndSignsOut(t *testing.T) {
	h := newHouse(t)
	sec, leader := h.at("secadmin"), h.at("leader")
	for range 5 {
		h.browser().signIn("monitor", "wrong")
	}
	sec.page("/users").says(t, "锁定中")
	if r := sec.submit("/users/monitor/unlock", "reason", " "); r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.status)
	}
	sec.submit("/users/monitor/unlock", "reason", "本人来电核实")
	h.at("monitor")

	sec.page("/users/leader").says(t, "强制下线")
	sec.submit("/users/leader/end-sessions", "reason", "手机丢失")
	if leader.signedIn() {
		t.Error("the session goes on")
	}
	r := sec.submit("/users/leader/reset-password", "reason", "忘记密码")
	temporary := once.FindStringSubmatch(string(r.body))[1]
	if r := h.browser().signIn("leader", password); r.status != http.StatusUnauthorized {
		t.Error("the password before still works")
	}
	b := h.browser()
	b.signIn("leader", temporary)
	if r := b.page("/"); r.header.Get("Location") != "/me" {
		t.Errorf("after a reset one goes to %q", r.header.Get("Location"))
	}
	h.audited(t, "user.unlock", "user.end-sessions", "user.reset-password")
}

func TestOnesOwnSessionsAndTokens(t *testing.T) {
	h := newHouse(t)
	here, there := h.at("leader"), h.at("leader")
	page := here.page("/me")
	page.says(t, "在线的浏览器", "本机", "近期登录记录")
	form := regexp.MustCompile(`/me/sessions/[^/]+/end`).FindAllString(string(page.body), -1)
	if len(form) != 1 {
		t.Fatalf("%d sessions can be ended, want the other one", len(form))
	}
	if h.at("monitor").submit(form[0]); !there.signedIn() {
		t.Error("somebody ends the session of another")
	}
	if here.submit(form[0]); there.signedIn() || !here.signedIn() {
		t.Errorf("after ending the other: here %v, there %v", here.signedIn(), there.signedIn())
	}

	r := here.submit("/me/tokens", "name", "大屏", "days", "30", "scopes", "read")
	secret := once.FindStringSubmatch(string(r.body))[1]
	program := caller{h: h, token: secret, http: h.web.Client()}
	if r := program.get("/cases"); r.status != http.StatusOK {
		t.Errorf("reading with the token: %d %s", r.status, r.body)
	}
	program.post("/cases", map[string]any{"title": "x"}).problem(t, http.StatusForbidden)
	for _, bad := range []url.Values{{"name": {""}, "days": {"1"}, "scopes": {"read"}}, {"name": {"x"}, "days": {"1"}}, {"name": {"x"}, "days": {"366"}, "scopes": {"read"}}, {"name": {"x"}, "days": {"1"}, "scopes": {"all"}}} {
		if r := here.do("POST", "/me/tokens", bad, "Accept", "text/html"); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, r.status)
		}
	}
	h.pass(31 * 24 * time.Hour)
	program.get("/cases").problem(t, http.StatusUnauthorized)
	h.pass(-31 * 24 * time.Hour)
	revoke := regexp.MustCompile(`/me/tokens/[^/]+/revoke`).FindAllString(string(here.page("/me").body), -1)
	for _, path := range revoke {
		here.submit(path)
	}
	program.get("/cases").problem(t, http.StatusUnauthorized)
	h.audited(t, "session.end", "token.make", "token.revoke")
}

func TestTheAuditPageFiltersVerifiesAndExports(t *testing.T) {
	h := newHouse(t)
	number := h.assigned("校车超载", "jkj").Number
	h.browser().signIn("leader", "wrong")
	aud := h.at("auditor")
	aud.page("/audit?object="+url.QueryEscape(number)).says(t, number, "交办")
	aud.page("/audit?object="+url.QueryEscape("交舆〔1999〕0001号")).says(t, "没有交办单")
	h.as("leader").page("/api/v1/reports/daily.docx")
	aud.page("/audit?action=export.report").says(t, "日报.docx")
	aud.page("/audit").says(t, "登录失败", "交办", "至少保存一年")
	r := aud.page("/audit?who=leader&action=session.")
	r.says(t, "登录失败")
	if strings.Contains(r.spoken(), number) {
		t.Error("the filter lets other actions through")
	}
	if r := aud.page("/audit?from=nonsense"); r.status != http.StatusOK || !strings.Contains(string(r.body), "problem") {
		t.Errorf("a wrong date: %d", r.status)
	}
	aud.submit("/audit/verify")
	for deadline := time.Now().Add(time.Minute); !strings.Contains(aud.page("/audit/verify").spoken(), "完整"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never verified: %s", aud.page("/audit/verify").spoken())
		}
	}
	book := must(excelize.OpenReader(bytes.NewReader(aud.page("/audit.xlsx?action=session.").body)))
	rows := must(book.GetRows("审计"))
	head := must(book.GetHeaderFooter("审计"))
	if !strings.Contains(rows[0][0], "审计（auditor）") || !strings.Contains(head.OddHeader, "工作秘密") {
		t.Errorf("no watermark: %q, %+v", rows[0], head)
	}
	for _, row := range rows[2:] {
		if !strings.HasPrefix(row[5], "session.") {
			t.Errorf("the sheet has %q", row)
		}
	}
	if len(rows) < 4 {
		t.Errorf("%d rows", len(rows))
	}
	h.audited(t, "export.audit", "audit.verify")
}

func TestPagesOfAccountsAreSoundHTML(t *testing.T) {
	h := newHouse(t)
	sys, sec := h.at("sysadmin"), h.at("secadmin")
	sys.submit("/users", "user", "zhang.san", "name", "张三", "role", "liaison", "unit", "jkj", "reason", "接替王联络")
	for name, c := range map[string]caller{"sysadmin": sys, "secadmin": sec} {
		for _, path := range []string{"/users", "/users/leader", "/users/" + name, "/users/zhang.san", "/me"} {
			sound(t, name+" "+path, c.page(path))
		}
	}
	sound(t, "auditor", h.at("auditor").page("/audit"))
}

// The same life of an account by programs: asked, granted, managed, and every step
// refused to whom it is not for.
func TestAnAccountIsAskedAndGrantedThroughTheAPI(t *testing.T) {
	h := newHouse(t)
	sys, sec, aud := h.as("sysadmin"), h.as("secadmin"), h.as("auditor")
	type outcome struct {
		User     huiying.UserID
		Password string
		Grant    *huiying.Grant
	}
	wish := map[string]any{"user": "zhang.san", "name": "张三", "role": "liaison", "unit": "jkj", "reason": "接替王联络"}
	var asked outcome
	r := sys.post("/users", wish)
	if r.json(t, &asked); r.status != http.StatusCreated || asked.Grant == nil || asked.Grant.State != huiying.GrantAsked || asked.Password != "" {
		t.Fatalf("adding: %d %s", r.status, r.body)
	}
	sys.post("/users", wish).problem(t, http.StatusConflict)
	sec.post("/users", wish).problem(t, http.StatusForbidden)
	sys.post("/grants/"+string(asked.Grant.ID), map[string]any{"grant": true}).problem(t, http.StatusForbidden)
	sec.post("/grants/"+string(asked.Grant.ID), map[string]any{"grant": false}).problem(t, http.StatusUnprocessableEntity)
	var granted outcome
	sec.post("/grants/"+string(asked.Grant.ID), map[string]any{"grant": true}).json(t, &granted)
	if granted.Password == "" || granted.Grant.State != huiying.GrantGranted {
		t.Fatalf("granted: %+v", granted)
	}
	if r := h.browser().signIn("zhang.san", granted.Password); r.status != http.StatusSeeOther {
		t.Errorf("the first password does not open: %d", r.status)
	}
	var one struct {
		State    string
		Sessions []struct{ From string }
		Grants   []huiying.Grant
	}
	r = aud.get("/users/zhang.san")
	if r.json(t, &one); one.State != "must-change" || len(one.Sessions) != 1 || len(one.Grants) != 1 {
		t.Errorf("the account: %+v", one)
	}
	if strings.Contains(string(r.body), granted.Password) || strings.Contains(string(r.body), "argon2") {
		t.Errorf("the account shows what proves it: %s", r.body)
	}
	sys.post("/users/zhang.san/disable", map[string]any{"reason": " "}).problem(t, http.StatusUnprocessableEntity)
	sec.post("/users/zhang.san/disable", map[string]any{"reason": "离岗"}).problem(t, http.StatusForbidden)
	sys.post("/users/zhang.san/disable", map[string]any{"reason": "离岗"}).json(t, &outcome{})
	var list struct {
		Items []struct{ User, State string }
	}
	sys.get("/users?state=disabled").json(t, &list)
	if len(list.Items) != 1 || list.Items[0].User != "zhang.san" {
		t.Errorf("the disabled: %+v", list)
	}
	sys.post("/users/wenshui/disable", map[string]any{"reason": "外县"}).problem(t, http.StatusNotFound)
	var trail huiying.Page[huiying.Audit]
	aud.get("/audit?object=zhang.san&action=user.").json(t, &trail)
	var did []string
	for _, a := range trail.Items {
		did = append(did, a.Action)
	}
	if want := "user.disable user.grant-role user.add"; strings.Join(did, " ") != want {
		t.Errorf("on record %v, want %s", did, want)
	}
	sys.get("/audit").problem(t, http.StatusForbidden)
	if r := aud.post("/audit/verify", nil); r.status != http.StatusAccepted {
		t.Errorf("asking for a check: %d %s", r.status, r.body)
	}
}
