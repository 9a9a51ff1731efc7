package dashboard_test

import (
	"strings"
	"testing"
)

// A case that went into another one leads there, or says so to a unit that has
// no part in the other.
func TestAMergedCaseLeadsToTheOneThatGoesOn(t *testing.T) {
	h := newHouse(t)
	c, into := h.assigned("路灯不亮", "jkj"), h.open("路灯又不亮")
	h.act("leader", c, "merge", map[string]any{"into": into.ID, "reason": "同一件事"})
	h.as("leader").page("/cases/"+string(c.ID)).says(t, `<a href="/cases/`+string(into.ID)+`">`+into.Number+`</a>`, "请在那一件办理")
	unit := h.as("jkj-liaison").page("/cases/" + string(c.ID))
	unit.says(t, into.Number, "贵单位不再单独办理")
	for _, word := range []string{string(into.ID), into.Title} {
		if strings.Contains(string(unit.body), word) {
			t.Errorf("the unit is led to a case it may not see: %q", word)
		}
	}
	h.as("leader").get("/cases/"+string(into.ID)).json(t, &into)
	part := h.act("leader", into, "split", map[string]any{"reason": "两件事", "split": map[string]any{"title": "井盖松动"}})
	var list struct{ Items []caseDoc }
	h.as("leader").get("/cases?q=井盖松动").json(t, &list)
	if len(list.Items) != 1 {
		t.Fatalf("%d cases were split off", len(list.Items))
	}
	h.as("leader").page("/cases/"+string(list.Items[0].ID)).says(t, "拆自", `<a href="/cases/`+string(part.ID)+`">`+part.Number)
}

func TestWhatIsLikestIsOfferedFirstToMergeInto(t *testing.T) {
	h := newHouse(t)
	c, like, other := h.open("瓦窑河水质发黑"), h.open("瓦窑河发黑有异味"), h.open("学校食堂饭菜不新鲜")
	_, list, _ := strings.Cut(string(h.as("leader").page("/cases/"+string(c.ID)).body), `id="merge-into"`)
	if first, second := strings.Index(list, string(like.ID)), strings.Index(list, string(other.ID)); first < 0 || second < first {
		t.Errorf("the like case stands at %d, the other at %d", first, second)
	}
}

// The first word to a unit is no reminder, and what a unit may no longer do is
// not promised.
func TestACasePageSaysOfAUnitWhatIsSo(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("路面塌陷", "jkj")
	path := "/cases/" + string(c.ID)
	page := h.as("leader").page(path)
	page.says(t, "尚未签收", "可退单至")
	if strings.Contains(string(page.body), "已催办") {
		t.Error("a unit that was only told counts as reminded")
	}
	c = h.act("jkj-liaison", c, "acknowledge", nil)
	h.act("jkj-liaison", c, "handle", map[string]any{"text": "已到现场"})
	if strings.Contains(string(h.as("leader").page(path).body), "可退单至") {
		t.Error("a lead that has begun may still return the case, says the page")
	}
}

func TestAMatterGoesToThePoliceOnce(t *testing.T) {
	h := newHouse(t)
	c := h.open("电信诈骗")
	const choice = `name="to" value="police"`
	h.as("leader").page("/cases/"+string(c.ID)).says(t, choice)
	h.act("leader", c, "transfer", map[string]any{"to": "police", "reason": "涉嫌犯罪"})
	page := h.as("leader").page("/cases/" + string(c.ID))
	page.says(t, "已移交公安")
	if strings.Contains(string(page.body), choice) {
		t.Error("the page offers to hand it over again")
	}
}
