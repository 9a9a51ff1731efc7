package alerting_test

import (
	"strings"
	"testing"

	"huiying"
)

func TestACaseMadeByHandFromAnEventFreezesItsPosts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	posts := huiying.EvidenceOf([]huiying.Assessed{
		{Post: huiying.Post{ID: "p1", Source: "卦山论坛", Title: "路灯不亮", Text: strings.Repeat("长", 300)}},
		{Post: huiying.Post{ID: "p1", Source: "卦山论坛"}},
		{Post: huiying.Post{ID: "p2", Source: "来信", Text: "路灯坏了"}},
	})
	c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: huiying.Offline, Title: "路灯不亮", Level: huiying.Blue, Evidence: posts})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Evidence) != 2 || c.Evidence[0].Post != "p1" || len([]rune(c.Evidence[0].Excerpt)) != 200 || c.Evidence[1].Headline != "路灯坏了" {
		t.Errorf("frozen: %+v", c.Evidence)
	}
}
