package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiying"
)

// A matter read on a forum became a case; a hotline export with the same matter,
// and a letter registered by hand, join that event and that case.
func TestAHotlineOrderJoinsTheCaseOfACrawledPost(t *testing.T) {
	t.Parallel()
	in := install(t)
	now := time.Now().In(huiying.Beijing)
	crawled, err := json.Marshal(huiying.Post{
		ID: "crawled", Source: "卦山论坛", Channel: huiying.ChannelForum, Title: "西营镇化工厂夜里偷排刺鼻气体", URL: "https://example.invalid/1",
		Text: "交城县西营镇化工厂夜里偷排刺鼻气体，多名村民头晕呕吐，三十多人到镇政府门口聚集要说法。", PublishedAt: now.Add(-3 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	in.request("/api/v1/posts", "application/json", string(crawled), http.StatusAccepted)
	var first huiying.Case
	in.eventually("the crawled post becomes a case", time.Minute, func() error {
		var page huiying.Page[huiying.Case]
		if err := in.get("/api/v1/cases", &page); err != nil {
			return err
		}
		if len(page.Items) != 1 {
			return fmt.Errorf("%d cases", len(page.Items))
		}
		first = page.Items[0]
		return nil
	})

	file := filepath.Join(in.dir, "工单.csv")
	table := "工单编号,来电时间,诉求标题,诉求内容,诉求人,联系电话,诉求地点,诉求类别,承办单位\n" +
		"JC001," + now.Add(-2*time.Hour).Format("2006/1/2 15:04") + ",西营镇化工厂偷排刺鼻气体,来电反映西营镇化工厂夜里偷排刺鼻气体，村民头晕呕吐，请尽快处理。,张小三,13812345678,西营镇,环境保护,生态环境局\n" +
		"JC002,昨天夜里,停水,停水两天,,,,,\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(gb), 0o600); err != nil {
		t.Fatal(err)
	}
	imported := func() (s summary) {
		t.Helper()
		out := in.run("", "import", file, "--config", in.config, "--token", in.token, "--profile", "12345热线工单", "--restart")
		if err := json.Unmarshal([]byte(out), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := imported(); s.Accepted != 1 || s.Rejected != 1 || !strings.Contains(fileText(t, s.RejectedFile), "第 3 行“来电时间”") {
		t.Fatalf("imported %+v", s)
	}
	if s := imported(); s.Accepted != 0 || s.Duplicate != 1 {
		t.Errorf("imported again %+v", s)
	}
	in.joins(first, 2)

	// a letter by hand, ticked to become a case: led to the one there is
	form := url.Values{
		"channel": {"letter"}, "title": {"西营镇化工厂偷排气体"}, "text": {"村民来信：西营镇化工厂夜里偷排刺鼻气体，多名村民头晕。"},
		"at": {now.Format("2006-01-02T15:04")}, "seen": {"yes"}, "case": {"yes"},
	}
	resp := in.request("/intake", "application/x-www-form-urlencoded", form.Encode(), http.StatusSeeOther)
	if at := resp.Header.Get("Location"); !strings.HasPrefix(at, "/intake/posts/") || !strings.HasSuffix(at, "case=yes") {
		t.Errorf("the letter leads to %s", at)
	}
	in.joins(first, 3)
}

// joins waits until the event of the one case has so many posts.
func (in *installation) joins(c huiying.Case, posts int) {
	in.t.Helper()
	in.eventually(fmt.Sprintf("post %d joins the event", posts), time.Minute, func() error {
		var e huiying.Event
		if err := in.get("/api/v1/events/"+string(c.Event), &e); err != nil {
			return err
		}
		var cases huiying.Page[huiying.Case]
		if err := in.get("/api/v1/cases", &cases); err != nil {
			return err
		}
		if e.Posts != posts || e.Case != c.ID || len(cases.Items) != 1 {
			return fmt.Errorf("%d posts, case %s, %d cases", e.Posts, e.Case, len(cases.Items))
		}
		return nil
	})
}

func (in *installation) request(path, kind, body string, want int) *http.Response {
	in.t.Helper()
	req, err := http.NewRequestWithContext(in.t.Context(), http.MethodPost, in.url+path, strings.NewReader(body))
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+in.token)
	req.Header.Set("Content-Type", kind)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		in.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != want {
		in.t.Fatalf("POST %s: %s", path, resp.Status)
	}
	return resp
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
