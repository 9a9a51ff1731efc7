package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// form sends a form to a page with a token and returns the status and the page.
func (in *installation) form(token, path string, fields url.Values) (int, string) {
	in.t.Helper()
	method, body := http.MethodPost, fields.Encode()
	if fields == nil {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(in.t.Context(), method, in.url+path, strings.NewReader(body))
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return in.answer(client.Do(req))
}

var wasHash = regexp.MustCompile(`name="was" value="([0-9a-f]+)"`)

// Rules are changed while the system runs: refused with the line when broken,
// tried on what happened, in force at once, remembered with author and reason,
// rolled back; a file changed by hand is heeded too, a broken one is not.
func TestRulesAreChangedWhileTheSystemRuns(t *testing.T) {
	t.Parallel()
	in := install(t)
	analyst := in.account("r1", huiying.Analyst)
	folder := filepath.Join(in.dir, "county")
	if _, page := in.form(analyst, "/rules/opening.yaml", nil); !strings.Contains(page, "内置的样例县不能改动") {
		t.Error("the built-in county can be edited")
	}
	in.run("", "init", "--region", "141122", folder)
	config, err := os.ReadFile(in.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in.config, append([]byte("county: county\n"), config...), 0o600); err != nil {
		t.Fatal(err)
	}
	in.kill(syscall.SIGTERM)
	in.start()
	file := filepath.Join(folder, "opening.yaml")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	version := func() string {
		_, page := in.form(analyst, "/rules", nil)
		return regexp.MustCompile(`现行版本 (\S+?)。`).FindStringSubmatch(page)[1]
	}
	first := version()

	save := func(text, reason string) (int, string) {
		_, page := in.form(analyst, "/rules/opening.yaml", nil)
		return in.form(analyst, "/rules/opening.yaml", url.Values{"text": {text}, "reason": {reason}, "do": {"save"}, "was": {wasHash.FindStringSubmatch(page)[1]}})
	}
	broken := strings.Replace(string(before), "when:", "wenn:", 1)
	if status, page := save(broken, "错的"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "第 ") || !strings.Contains(page, "wenn") {
		t.Errorf("a broken file: %d", status)
	}
	uncompiled := regexp.MustCompile(`when: .*`).ReplaceAllString(string(before), "when: nothing_we_know > 3")
	if status, page := save(uncompiled, "错的"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "nothing_we_know") {
		t.Errorf("a condition about nothing: %d", status)
	}
	now, err := os.ReadFile(file)
	if err != nil || string(now) != string(before) {
		t.Fatalf("the refused texts changed the file (%v)", err)
	}

	none := "rules:\n  - name: 一律只列入事件\n    when: posts >= 0\n    do: ignore\n    why: 试验\n"
	if i := strings.Index(string(before), "rules:"); i > 0 {
		none = string(before)[:i] + none
	}
	if _, page := in.form(analyst, "/rules/opening.yaml", url.Values{"text": {none}, "do": {"try"}, "days": {"30"}}); !strings.Contains(page, "试算结果") {
		t.Errorf("the trial says %.600s", page)
	}
	if status, page := save(none, "演示期间不立单"); status != http.StatusSeeOther {
		t.Fatalf("saving: %d %.2000s", status, page)
	}
	second := version()
	if second == first {
		t.Error("the version did not change")
	}
	if now, _ := os.ReadFile(file); string(now) != none {
		t.Error("the county folder does not hold what was saved")
	}
	if raw, _ := os.ReadFile(filepath.Join(folder, "history.jsonl")); strings.Count(string(raw), "\n") != 2 || !strings.Contains(string(raw), "演示期间不立单") {
		t.Errorf("the history holds %s", raw)
	}

	in.kill(syscall.SIGKILL)
	in.start()
	if version() != second {
		t.Error("after a restart other rules are in force")
	}
	_, page := in.form(analyst, "/rules/opening.yaml", nil)
	old := regexp.MustCompile(`edition=([0-9a-f-]+)`).FindStringSubmatch(page)
	if old == nil {
		t.Fatal("the former edition is not offered")
	}
	if _, page := in.form(analyst, "/rules/opening.yaml?edition="+old[1], nil); !strings.Contains(page, "回退到") {
		t.Error("the former edition is not shown")
	}
	if status, _ := save(string(before), "回退"); status != http.StatusSeeOther {
		t.Errorf("rolling back: %d", status)
	}
	if version() != first {
		t.Error("after the rollback other rules are in force")
	}

	policy := "policies/added.yaml"
	status, page := in.form(analyst, "/rules/"+policy, url.Values{"text": {"title: 只有题目\n"}, "reason": {"新政策"}, "do": {"save"}, "was": {""}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "缺少 number") {
		t.Errorf("half a policy: %d", status)
	}
	sample, err := os.ReadFile(filepath.Join(folder, "policies", "funeral.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	added := regexp.MustCompile(`(?m)^number: .*`).ReplaceAllString(string(sample), "number: 交政办发〔2026〕99号")
	if status, _ := in.form(analyst, "/rules/"+policy, url.Values{"text": {added}, "reason": {"新政策"}, "do": {"save"}, "was": {""}}); status != http.StatusSeeOther {
		t.Errorf("a new policy: %d", status)
	}
	if _, page := in.form(analyst, "/policies", nil); !strings.Contains(page, "交政办发〔2026〕99号") {
		t.Error("the new policy is not there at once")
	}
	in.changesUnitsAndWords(analyst, folder)

	if err := os.WriteFile(file, []byte(none), 0o644); err != nil { // by hand, at the machine
		t.Fatal(err)
	}
	in.eventually("a file changed by hand is in force", 20*time.Second, func() error {
		if v := version(); v != second {
			return fmt.Errorf("version %s", v)
		}
		return nil
	})
	in.run("", "verify-audit", "--config", in.config)
}

// changesUnitsAndWords changes what the analyzer reads: the next post is judged by
// it, the pages show it, and no unit is ever taken away.
func (in *installation) changesUnitsAndWords(analyst, folder string) {
	t := in.t
	t.Helper()
	save := func(file string, change func(string) string) (int, string) {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		_, page := in.form(analyst, "/rules/"+file, nil)
		text := change(string(raw))
		if text == string(raw) {
			t.Fatalf("%s is not changed", file)
		}
		return in.form(analyst, "/rules/"+file, url.Values{"text": {text}, "reason": {"核对名录"}, "do": {"save"}, "was": {wasHash.FindStringSubmatch(page)[1]}})
	}
	if status, page := save("units.yaml", func(s string) string {
		return regexp.MustCompile(`(?s)  # 惯例\n  - id: xcb\n.*?\n\n`).ReplaceAllString(s, "")
	}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "从不删除") {
		t.Errorf("a unit taken away: %d", status)
	}
	if status, page := save("units.yaml", func(s string) string {
		return strings.Replace(strings.Replace(s, "short: 督查室", "short: 督查一室", 1), "keywords: [督查, ", "keywords: [卦山红叶节, 督查, ", 1)
	}); status != http.StatusSeeOther {
		t.Fatalf("changing a unit: %d %.2000s", status, page)
	}
	if _, page := in.form(analyst, "/units", nil); !strings.Contains(page, "督查一室") {
		t.Error("the page does not show the unit's new name")
	}
	if _, page := in.form(analyst, "/rules", nil); strings.Contains(page, "尚未生效") || !strings.Contains(page, "已生效") {
		t.Error("what was saved is not said to be in force")
	}
	n := 0
	in.eventually("the next post goes by the new words", 20*time.Second, func() error {
		n++
		var pushed huiying.PushResult
		in.send(in.token, "/posts", []any{map[string]any{
			"id": fmt.Sprint("leaves-", n), "channel": "forum", "source": "测试", "title": "卦山红叶节停车难", "text": fmt.Sprintf("卦山红叶节第 %d 天，停车场没有人管，投诉没有人理。", n),
		}}, &pushed)
		var found huiying.Page[huiying.Assessed]
		if err := in.get("/api/v1/posts?q="+url.QueryEscape("卦山红叶节"), &found); err != nil {
			return err
		}
		for _, a := range found.Items {
			for _, u := range a.Assessment.Units {
				if u.Unit == "ducha" && strings.Contains(fmt.Sprint(u.Why), "卦山红叶节") {
					return nil
				}
			}
		}
		return fmt.Errorf("%d posts, none for the unit", len(found.Items))
	})
}

// answer is the status and the body of what came back.
func (in *installation) answer(resp *http.Response, err error) (int, string) {
	in.t.Helper()
	if err != nil {
		in.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		in.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}
