package dashboard_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"huiying"
)

// What is said to be a rumour is no fact until somebody has checked it: through
// overview, trend, response times, wall, workbench, list and reports.
func TestARumourIsCountedApartUntilItIsFoundTrue(t *testing.T) {
	h := newHouse(t)
	fact := h.assigned("路灯不亮", "jkj")
	rumor := h.assigned("水库要垮", "jkj")
	at := time.Now().Add(-time.Minute)
	posts := []huiying.Assessed{
		{Post: huiying.Post{ID: "p1", Region: jiaocheng, Source: "卦山论坛", Channel: huiying.ChannelForum, Title: "听说水库要垮", Text: "听说水库要垮", PublishedAt: at}, Assessment: huiying.Assessment{ID: "p1", Flags: []huiying.Flag{huiying.FlagRumor}}},
		{Post: huiying.Post{ID: "p2", Region: jiaocheng, Source: "卦山论坛", Channel: huiying.ChannelForum, Title: "路灯不亮", Text: "路灯不亮", PublishedAt: at}, Assessment: huiying.Assessment{ID: "p2"}},
	}
	_, err := h.archive.Insert(t.Context(), posts)
	check(t, err)

	type figures struct {
		open, blue, total, today, apart, refuted, unacked, parts, unverified int
	}
	read := func() figures {
		t.Helper()
		h.pass(2 * time.Second) // an overview is good for a second
		var o huiying.Overview
		h.as("leader").get("/stats/overview").json(t, &o)
		if o.RumorPosts != 1 || o.PostsToday != 2 {
			t.Errorf("of %d posts today %d read like hearsay, want 1 of 2", o.PostsToday, o.RumorPosts)
		}
		var u struct{ Items []huiying.UnitStats }
		h.as("leader").get("/stats/units").json(t, &u)
		return figures{o.CasesOpen, o.ByLevel["blue"], o.CasesTotal, o.CasesToday, o.Rumors, o.Refuted, o.Unacked, u.Items[0].N, u.Items[0].Unverified}
	}
	if got, want := read(), (figures{2, 2, 2, 2, 0, 0, 2, 2, 0}); got != want {
		t.Errorf("before anybody speaks of a rumour: %+v, want %+v", got, want)
	}
	rumor = h.act("analyst", rumor, "rumor", map[string]any{"to": "unverified", "reason": "网传，无出处"})
	if got, want := read(), (figures{1, 1, 1, 1, 1, 0, 2, 1, 1}); got != want {
		t.Errorf("not checked: %+v, want %+v", got, want)
	}
	var trend struct {
		RumorPosts int `json:"rumor_posts"`
	}
	h.as("leader").get("/stats/trend").json(t, &trend)
	if trend.RumorPosts != 1 {
		t.Errorf("the trend tells of %d posts that read like hearsay, want 1", trend.RumorPosts)
	}
	h.as("leader").page("/").says(t, "未核实传闻 1 件", "今日疑似谣言 1 条")
	h.as("leader").page("/wall").says(t, "另有未核实传闻 1 件", "传言未核实", "疑似谣言")
	h.as("leader").page("/stats").says(t, "另有未核实传闻 1 件次")
	list := string(h.as("leader").page("/cases?view=rumors").body)
	if !strings.Contains(list, rumor.Number) || strings.Contains(list, fact.Number) {
		t.Error("the list of rumours nobody has checked is not that")
	}
	daily := func() string {
		t.Helper()
		h.pass(time.Minute)
		return wordText(t, h.as("leader").get("/reports/daily.docx").body)
	}
	says := func(text string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("the report does not say %q: %.900s", w, text)
			}
		}
	}
	says(daily(), "新开交办单1件", "目前在办1件", "另有未核实传闻1条", "“水库要垮”，Ⅳ级 一般（蓝）", "水库要垮（传言未核实）")
	h.as("leader").page("/reports").says(t, "未核实传闻 1 条")
	figuresLeadToTheirCases(t, h, map[string]string{"新增交办": "1", "已回应": "0", "重点舆情": "0", "在办": "1"})

	rumor = h.act("analyst", rumor, "rumor", map[string]any{"to": "refuted", "reason": "水利局实地查看"})
	if got, want := read(), (figures{1, 1, 1, 1, 0, 1, 2, 2, 0}); got != want {
		t.Errorf("found untrue: %+v, want %+v", got, want)
	}
	h.as("leader").page("/wall").says(t, "已查明不实 1 件")
	says(daily(), "新开交办单1件", "已查明不实、不计入的：“水库要垮”")
	h.as("leader").page("/cases/"+string(rumor.ID)).says(t, "传言不实")

	h.act("analyst", rumor, "rumor", map[string]any{"to": "verified", "reason": "复查属实"})
	if got, want := read(), (figures{2, 2, 2, 2, 0, 0, 2, 2, 0}); got != want {
		t.Errorf("found true: %+v, want %+v", got, want)
	}
	if text := daily(); strings.Contains(text, "未核实传闻") || !strings.Contains(text, fmt.Sprintf("新开交办单%d件", 2)) {
		t.Errorf("found true, and the report says %.900s", text)
	}
}

// figuresLeadToTheirCases follows the figures of the report on 报告: each list
// shows as many cases as the report counts.
func figuresLeadToTheirCases(t *testing.T, h *house, want map[string]string) {
	t.Helper()
	for _, f := range caseFigure.FindAllStringSubmatch(string(h.as("leader").page("/reports").body), -1) {
		path, n, name := strings.ReplaceAll(f[1], "&amp;", "&"), f[2], f[3]
		if n != want[name] {
			t.Errorf("%s is %s, want %s", name, n, want[name])
		}
		list := h.as("leader").page(path)
		if strings.HasPrefix(path, "/reports/evidence") {
			list.says(t, `<span class="count-soft">`+n+`</span>`)
		} else {
			list.says(t, "共 <b>"+n+"</b> 件")
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("these figures lead nowhere: %v", want)
	}
}

var caseFigure = regexp.MustCompile(`<a href="(/(?:cases|reports/evidence)\?[^"]+)"[^>]*><b>(\d+)</b><span>([^<]+)</span>`)
