package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestTheFormOfWordsSpellsTheSearch(t *testing.T) {
	h, _ := filled(t)
	for form, want := range map[string]string{
		"?all=%E4%BE%9B%E6%9A%96+%E2%80%9C%E5%A4%A9%E5%AE%81+%E9%95%87%E2%80%9D&any=%E5%81%9C%E6%B0%B4%E3%80%81%E5%81%9C%E7%94%B5&none=-%E6%BC%94%E7%BB%83+%E6%8B%9B%E8%81%98&risk=40": "供暖 “天宁 镇” 停水|停电 -演练 -招聘",
		"?none=a": "-a",
	} {
		r := h.as("monitor").do("GET", "/posts/words"+form, nil, "Accept", "text/html")
		if r.status == http.StatusOK { // followed
			if !strings.Contains(string(r.body), want) {
				t.Errorf("%s does not lead to a search of %q", form, want)
			}
		} else {
			t.Errorf("%s: %d", form, r.status)
		}
	}
	page := h.as("monitor").page("/posts?q=%E9%A3%9F%E5%A0%82%7C%E5%AD%A6%E6%A0%A1+-%E6%BC%94%E7%BB%83&risk=40")
	page.says(t, "含 食堂 或 学校", "不含 演练", "风险 40 以上", `name="any" value="食堂 学校"`, `name="none" value="演练"`)
}

func TestASavedSearchCountsWhatIsNewSinceTheLastLook(t *testing.T) {
	h, _ := filled(t)
	if r := h.as("monitor").submit("/posts/searches", "name", "食堂", "query", "risk=60&cursor=x"); r.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", r.status, r.body)
	}
	page := h.as("monitor").page("/posts")
	page.says(t, "食堂", "/posts/searches/open?name=")
	if strings.Contains(string(page.body), " 新</b>") {
		t.Error("something is new right after saving")
	}
	now := time.Now().Add(time.Minute)
	p := huiying.Post{ID: "late", Region: jiaocheng, Source: "卦山论坛", Channel: huiying.ChannelForum, Title: "昨天的事", Text: "昨天的事今天才采到", PublishedAt: now.Add(-24 * time.Hour), CollectedAt: now}
	must(h.archive.Insert(t.Context(), []huiying.Assessed{{Post: p, Assessment: huiying.Assessment{ID: p.ID, Risk: huiying.Risk{Score: 90}}}}))
	h.as("monitor").page("/posts").says(t, "1 新")
	if strings.Contains(string(h.as("analyst").page("/posts").body), "searches/open") {
		t.Error("another person sees the search")
	}
	check(t, h.ledger.SearchSeen(t.Context(), "monitor", "食堂", now.Add(time.Minute)))
	if strings.Contains(string(h.as("monitor").page("/posts").body), "1 新") {
		t.Error("what was looked at is still new")
	}
	h.as("monitor").page("/posts/searches/open?name=%E9%A3%9F%E5%A0%82").says(t, "昨天的事", "风险 60 以上")
	if r := h.as("monitor").page("/posts/searches/open?name=none"); r.status != http.StatusNotFound {
		t.Errorf("a search nobody saved: %d", r.status)
	}
	h.as("monitor").submit("/posts/searches/drop", "name", "食堂")
	if strings.Contains(string(h.as("monitor").page("/posts").body), "searches/open") {
		t.Error("the search is still there")
	}
	if r := h.as("jkj-liaison").submit("/posts/searches", "name", "x", "query", "risk=60"); r.status != http.StatusForbidden {
		t.Errorf("a liaison saves a search: %d", r.status)
	}
}

func TestADryRunCountsEachDay(t *testing.T) {
	h, _ := filled(t)
	h.as("analyst").page("/posts/match?risk=60&over=7").says(t, "<b>2</b><span>共匹配", "近 7 天", "<b>2</b><span>风险 60 以上")
	h.as("analyst").page("/posts/match?sentiment=positive").says(t, "<b>0</b><span>共匹配", "一条也没有匹配到")
	h.as("analyst").page("/posts?q=a%7Cb&risk=60").says(t, `href="/posts/match?q=a%7Cb&amp;risk=60"`)
	h.as("analyst").page("/posts/match?q=a%7Cb&risk=60").says(t, `href="/posts/match?q=a%7Cb&amp;risk=60&amp;over=30"`, `href="/posts?q=a%7Cb&amp;risk=60"`)
}

func TestNearCopiesFoldInTheList(t *testing.T) {
	h := newHouse(t)
	at := time.Now().Add(-time.Hour)
	var all []huiying.Assessed
	for i, print := range []huiying.Fingerprint{0xff, 0xfe, 0xffff0000, 0, 0} { // the first two are copies; nothing is known of the last two
		p := huiying.Post{ID: huiying.PostID(rune('a' + i)), Region: jiaocheng, Source: "卦山论坛", Channel: huiying.ChannelForum, Text: "正文" + string(rune('a'+i)), PublishedAt: at.Add(time.Duration(i) * time.Minute), CollectedAt: at}
		all = append(all, huiying.Assessed{Post: p, Assessment: huiying.Assessment{ID: p.ID, Print: print}})
	}
	must(h.archive.Insert(t.Context(), all))
	page := h.as("analyst").page("/posts")
	page.says(t, "另有 1 条相近内容", "正文a")
	if n := strings.Count(string(page.body), `data-post="`); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
}

func TestAnEventShowsWhatIsAskedAndWhoSpokeFirst(t *testing.T) {
	h, _ := filled(t)
	at := time.Now().Add(-time.Hour)
	p := huiying.Post{ID: "p3", Region: jiaocheng, Source: "交城身边事", Channel: huiying.ChannelWechat, Text: "食堂什么时候整改？电话已经打了。", PublishedAt: at, CollectedAt: at}
	must(h.archive.Insert(t.Context(), []huiying.Assessed{{Post: p, Assessment: huiying.Assessment{ID: p.ID}}}))
	e := must(h.ledger.Event(t.Context(), "e1"))
	check(t, h.ledger.SaveEvents(t.Context(), []huiying.Event{e}, []huiying.EventPost{{Event: "e1", Post: "p3"}}))
	h.as("analyst").page("/events/e1").says(t, "食堂什么时候整改？", "推断", "最早", "晚 1小时", "交城身边事")
}
