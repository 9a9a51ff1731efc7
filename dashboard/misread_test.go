package dashboard_test

import (
	"strings"
	"testing"
	"time"

	"huiying"
)

// misread is what the analyzer says of a post that misreads a policy.
func misread() huiying.Misreading {
	return huiying.Misreading{
		P: 0.8, Policy: "低保", Claim: &huiying.Claim{Text: "听说有儿子的就不给办低保", Start: 0, End: 12},
		Clause: &huiying.ClauseFound{
			Policy: "低保办法", Number: "交政办发〔2026〕示例9号", Article: "第八条", Text: "有子女不作为拒绝受理的理由。", Source: "https://www.example.com/9",
			Interpretation: "https://www.example.com/9/jiedu", Explanation: "看的是全家收入。", Unit: "jkj", Score: 0.72, Why: "低保、儿子", Sample: true,
		},
	}
}

var comparison = []string{
	"网民说法", "听说有儿子的就不给办低保", "政策条款", "《低保办法》第八条", "交政办发〔2026〕示例9号", "有子女不作为拒绝受理的理由。", `href="https://www.example.com/9"`,
	"政策解读", "看的是全家收入。", `href="https://www.example.com/9/jiedu"`, "教科局起草", "低保、儿子", "72%", "示例文本",
}

func TestThePostPageSetsTheClaimBesideTheClause(t *testing.T) {
	h := newHouse(t)
	at := time.Now().Add(-time.Hour)
	post := huiying.Post{ID: "p1", Region: jiaocheng, Source: "论坛", Channel: huiying.ChannelForum, Text: "听说有儿子的就不给办低保", PublishedAt: at, CollectedAt: at}
	plain := post
	plain.ID, plain.PublishedAt = "p2", at.Add(time.Minute)
	hostile := misread()
	hostile.Clause.Text, hostile.Clause.Interpretation = "<script>alert(1)</script>", ""
	bad := post
	bad.ID, bad.PublishedAt = "p3", at.Add(2*time.Minute)
	must(h.archive.Insert(t.Context(), []huiying.Assessed{
		{Post: post, Assessment: huiying.Assessment{ID: "p1", Misreading: misread()}},
		{Post: plain, Assessment: huiying.Assessment{ID: "p2", Misreading: huiying.Misreading{P: 0.6, Policy: "低保"}}},
		{Post: bad, Assessment: huiying.Assessment{ID: "p3", Misreading: hostile}},
	}))
	who := h.as("analyst")
	page := who.page("/posts/p1")
	page.says(t, comparison...)
	sound(t, "a misread post", page)
	if body := string(who.page("/posts/p2").body); strings.Contains(body, "政策条款") {
		t.Error("a post without a clause shows one")
	}
	page = who.page("/posts/p3")
	page.says(t, "还没有发布解读，请教科局补上")
	if strings.Contains(string(page.body), "<script>alert") {
		t.Error("a clause is written into the page as it is")
	}
}

func TestTheCasePageShowsTheDrafterTheClause(t *testing.T) {
	h := newHouse(t)
	id := h.assigned("低保听说", "jkj").ID
	c := must(h.ledger.Case(t.Context(), id))
	before := c.Rev
	c.Misreading, c.Rev = misread(), c.Rev+1
	check(t, h.ledger.SaveCase(t.Context(), c, before, huiying.Change{}))
	for _, user := range []string{"analyst", "jkj-liaison"} { // the unit reads neither posts nor events
		page := h.as(user).page("/cases/" + string(id))
		page.says(t, comparison...)
		sound(t, user+" case", page)
	}
}

func TestACaseRegisteredByHandShowsTheClauseOfItsEvent(t *testing.T) {
	h := newHouse(t)
	at := time.Now().Add(-time.Hour)
	check(t, h.ledger.SaveEvents(t.Context(), []huiying.Event{{
		ID: "e1", Region: jiaocheng, Queue: huiying.Online, Title: "低保听说", Category: "民政", Posts: 1, FirstAt: at, FirstSeenAt: at, LastAt: at,
		Level: huiying.Blue, Misreading: misread(), UpdatedAt: at,
	}}, nil))
	var c caseDoc
	r := h.as("monitor").post("/cases", map[string]any{"queue": "online", "title": "低保听说", "summary": "网民询问", "event": "e1"})
	r.json(t, &c)
	h.as("analyst").page("/cases/"+string(c.ID)).says(t, comparison...)
}
