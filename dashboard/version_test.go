package dashboard_test

import (
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestAPostShowsWhatWasChangedAndThatItIsGone(t *testing.T) {
	h, _ := filled(t)
	at := time.Now()
	edited := huiying.Version{Post: "p1", N: 1, At: at, Title: "学校食堂质疑", Text: "家长说事情已经说清楚了。", Risk: 12}
	check(t, h.archive.SaveVersions(t.Context(), []huiying.Version{edited}))
	h.as("analyst").page("/posts/p1").says(t, "原文后来改过 1 次", "<del>家长说要去县里反映。</del><ins>家长说事情已经说清楚了。</ins>", "风险 64 → 12", "去县里反映</mark>")
	check(t, h.archive.SaveVersions(t.Context(), []huiying.Version{{Post: "p1", N: 2, At: at, Gone: "返回 404，页面不存在"}}))
	h.as("analyst").page("/posts/p1").says(t, "原文已不在：返回 404，页面不存在", "作为依据保存", "去县里反映</mark>")

	var doc struct{ Versions []huiying.Version }
	h.as("analyst").get("/posts/p1").json(t, &doc)
	if len(doc.Versions) != 2 || doc.Versions[0].Text != edited.Text || doc.Versions[1].Gone == "" {
		t.Errorf("the API tells of %+v", doc.Versions)
	}
	if r := h.as("analyst").page("/posts/p2"); strings.Contains(string(r.body), "原文已不在") {
		t.Error("a post nobody changed is called gone")
	}
}

func TestACaseKeepsTheEvidenceOfAPostThatIsGone(t *testing.T) {
	h, _ := filled(t)
	r := h.as("leader").post("/cases", map[string]any{"queue": "online", "title": "食堂", "summary": "学生家长反映食堂问题", "event": "e1"})
	var c caseDoc
	if r.json(t, &c); c.ID == "" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := h.as("leader").page("/cases/" + string(c.ID)); strings.Contains(string(r.body), "原文改过") {
		t.Error("a post nobody changed is called edited")
	}
	check(t, h.archive.SaveVersions(t.Context(), []huiying.Version{{Post: "p1", N: 1, At: time.Now(), Gone: "页面说内容已删除"}}))
	h.as("leader").page("/cases/"+string(c.ID)).says(t, "家长说要去县里反映。", "原文已不在（")
}

func TestCommentsStandUnderTheirPostAndLeadToIt(t *testing.T) {
	h, _ := filled(t)
	at := time.Now()
	reply := huiying.Post{ID: "c1", Region: jiaocheng, Source: "卦山论坛", Channel: huiying.ChannelForum, Text: "我家孩子也吐了，食堂该查查。", Parent: "p1", PublishedAt: at, CollectedAt: at}
	orphan := reply
	orphan.ID, orphan.Parent, orphan.Text = "c2", "elsewhere", "同问"
	var batch []huiying.Assessed
	for _, p := range []huiying.Post{reply, orphan} {
		batch = append(batch, huiying.Assessed{Post: p, Assessment: huiying.Assessment{ID: p.ID, Sentiment: huiying.Sentiment{Label: "negative"}}})
	}
	must(h.archive.Insert(t.Context(), batch))
	h.as("analyst").page("/posts/p1").says(t, "采集到 1 条", "我家孩子也吐了", `href="/posts/c1"`)
	h.as("analyst").page("/posts/c1").says(t, "评论的是", `href="/posts/p1"`)
	h.as("analyst").page("/posts/c2").says(t, "所评论的信息没有采集到")
	h.as("analyst").page("/posts").says(t, "<span>评论</span>")
}
