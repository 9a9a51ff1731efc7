package huiying_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"huiying"
)

var update = flag.Bool("update", false, "write docs made from code anew")

// docs/workflow.md is made from the transition table, so it cannot drift.
func TestWorkflowDocIsTheTable(t *testing.T) {
	t.Parallel()
	const path = "docs/workflow.md"
	want := workflowDoc()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not show the table of transition.go; run: go test -run TestWorkflowDocIsTheTable . -update", path)
	}
}

func workflowDoc() string {
	var b strings.Builder
	b.WriteString("# 交办单流程\n\n本页由 `transition.go` 的状态表生成（`go test -run TestWorkflowDocIsTheTable . -update`），页面按钮与权限检查用的是同一张表。\n\n## 状态\n\n| 状态 | 代码 | 是否终结 |\n|---|---|---|\n")
	for _, s := range huiying.CaseStates {
		ended := ""
		if s.Ended() {
			ended = "是"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", s.Label(), s, ended)
	}
	b.WriteString("\n## 操作\n\n| 操作 | 代码 | 起始状态 | 到达状态 | 办理人 | 须填理由 |\n|---|---|---|---|---|---|\n")
	for _, t := range huiying.Transitions {
		from := make([]string, len(t.From))
		for i, s := range t.From {
			from[i] = s.Label()
		}
		by := make([]string, len(t.By))
		for i, r := range t.By {
			by[i] = r.Label()
		}
		to, reason := "不变", ""
		if t.To != "" {
			to = t.To.Label()
		}
		if t.Reason {
			reason = "是"
		}
		start := strings.Join(from, "、")
		if len(from) == len(huiying.CaseStates) {
			start = "任何状态"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", t.Label, t.Action, start, to, strings.Join(by, "、"), reason)
	}
	b.WriteString("\n协办单位签收、反馈只记录本单位的时间，协办单位退单只退出本单位，都不改变交办单状态；主办单位开始办理后不能退单；公开的文字须与审签的拟稿一致；较大（Ⅲ级）及以上由值班领导签发和审签。本单位有责任人账号的，联络人、承办人报送的反馈单先由责任人签字，签字之前不改变状态、不停时限；没有的直接报送，单上注明无人签字。\n")
	return b.String()
}
