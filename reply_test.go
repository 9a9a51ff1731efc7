package huiying_test

import (
	"strings"
	"testing"

	"huiying"
)

func TestAReplyIsFilledWithWhatTheCaseKnowsAndLeavesTheRestBlank(t *testing.T) {
	t.Parallel()
	r := huiying.Reply{Text: "关于“{事由}”：{政策}规定“{条款}”。{解读}。{单位}\n"}
	c := huiying.Case{Title: "养老钱要取消吗", Misreading: huiying.Misreading{Clause: &huiying.ClauseFound{Policy: "城乡居民养老办法", Number: "交政发〔2025〕3号", Article: "第五条", Text: "按月发放"}}}
	if got, want := r.Fill(c, "县人社局"), "关于“养老钱要取消吗”：《城乡居民养老办法》（交政发〔2025〕3号）第五条规定“按月发放”。____。县人社局"; got != want {
		t.Errorf("filled %q, want %q", got, want)
	}
	if got := r.Fill(huiying.Case{}, ""); strings.Count(got, "____") != 5 || strings.Contains(got, "{") {
		t.Errorf("of nothing: %q", got)
	}
}

func TestAReplySuitsItsCategoryAndWhatWasFound(t *testing.T) {
	t.Parallel()
	found := func(f huiying.Finding) huiying.Case {
		return huiying.Case{Category: "环境保护", Feedback: []huiying.Feedback{{Finding: huiying.FoundTrue}, {Finding: f}}}
	}
	for name, c := range map[string]struct {
		r    huiying.Reply
		c    huiying.Case
		want bool
	}{
		"any":                           {huiying.Reply{}, huiying.Case{}, true},
		"its category":                  {huiying.Reply{Category: "环境保护"}, found(huiying.FoundTrue), true},
		"another category":              {huiying.Reply{Category: "城乡建设"}, found(huiying.FoundTrue), false},
		"the last finding counts":       {huiying.Reply{When: huiying.FoundFalse}, found(huiying.FoundFalse), true},
		"an earlier finding does not":   {huiying.Reply{When: huiying.FoundTrue}, found(huiying.FoundFalse), false},
		"not verified before a finding": {huiying.Reply{When: huiying.FoundUnverified}, huiying.Case{}, true},
		"true before a finding":         {huiying.Reply{When: huiying.FoundTrue}, huiying.Case{}, false},
	} {
		if got := c.r.Suits(c.c); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
