package county

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"huiying"
)

// variable is one thing a condition can speak about. alerting computes them;
// docs/rules.md shows this table to the office.
type variable struct {
	name    string
	zero    any    // of the type it has
	meaning string // Chinese, for docs/rules.md
	values  []string
	opening bool // known to opening.yaml only
}

var variables = []variable{
	{name: "posts", zero: 0, meaning: "事件内的信息条数，转载、近似重复也计入"},
	{name: "sources", zero: 0, meaning: "不同信源（账号、网站）的个数"},
	{name: "views", zero: 0, meaning: "各平台阅读（播放）量合计"},
	{name: "likes", zero: 0, meaning: "点赞合计"},
	{name: "comments", zero: 0, meaning: "评论合计"},
	{name: "reposts", zero: 0, meaning: "转发合计"},
	{name: "interactions", zero: 0, meaning: "互动量：点赞、评论、转发之和"},
	{name: "negative", zero: 0, meaning: "情绪为负面的条数；不能单独用来定级"},
	{name: "negative_share", zero: 0.0, meaning: "负面条数占比，0–1；不能单独用来定级"},
	{name: "risk", zero: 0.0, meaning: "风险分，0–100，取事件内最高的一条"},
	{name: "emergency", zero: 0.0, meaning: "是正在发生的突发事件的可能性，0–1，取事件内最高的一条"},
	{name: "rumor", zero: 0.0, meaning: "疑似未经证实传言的可能性，0–1，取事件内最高的一条"},
	{name: "misreading", zero: 0.0, meaning: "误解误读政策的可能性，0–1，取事件内最高的一条"},
	{name: "tier", zero: "", meaning: "发布者中最高的媒体级别，未知时为空", values: values(tiers)},
	{name: "tier_rank", zero: 0, meaning: "媒体级别的序号：1 自媒体（未知也算）、2 县级、3 市级、4 省级、5 中央"},
	{name: "flags", zero: []string{}, meaning: "特别关注标记，可有多个", values: values(flags)},
	{name: "category", zero: "", meaning: "诉求一级类别，15 类之一，取风险分最高的一条", values: categories},
	{name: "state", zero: "", meaning: "所说的事处于什么状态，取风险分最高的一条：occurred 已发生、notice 通知公告、deploy 工作部署、prevent 预防演练、resolved 已解决", values: []string{
		string(huiying.PhaseOccurred), string(huiying.PhaseNotice), string(huiying.PhaseDeploy), string(huiying.PhasePrevent), string(huiying.PhaseResolved),
	}},
	{name: "channels", zero: []string{}, meaning: "出现过的渠道", values: values(huiying.Channels)},
	{name: "queue", zero: "", meaning: "归口：online 网络舆情（网信办）、offline 社会舆情（新闻中心）", values: []string{string(huiying.Online), string(huiying.Offline)}},
	{name: "places", zero: 0, meaning: "已认准的本县地名个数"},
	{name: "townships", zero: 0, meaning: "涉及的乡镇个数"},
	{name: "unit_p", zero: 0.0, meaning: "牵头单位的把握，0–1", opening: true},
	{name: "unit_gap", zero: 0.0, meaning: "牵头单位比第二名主管部门高出多少，0–1", opening: true},
	{name: "last_hour", zero: 0.0, meaning: "最近一小时的条数"},
	{name: "prev_hour", zero: 0.0, meaning: "再往前一小时的条数"},
	{name: "growth", zero: 0.0, meaning: "增速：last_hour ÷ max(1, prev_hour)"},
	{name: "velocity3", zero: false, meaning: "连续两个小时每小时都增至三倍以上时为 true"},
	{name: "baseline_ratio", zero: 0.0, meaning: "最近一小时条数是本县近 30 天小时中位数的几倍；基线未知时为 0，只在定级规则中有值"},
	{name: "level", zero: "", meaning: "已定的等级，未定级为空", values: levelKeys(), opening: true},
	{name: "level_rank", zero: 0, meaning: "等级的序号：0 未定级、1 一般（蓝）、2 较大（黄）、3 重大（橙）、4 特别重大（红）", opening: true},
}

func values[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

func levelKeys() []string {
	var out []string
	for _, l := range huiying.Levels {
		out = append(out, l.String())
	}
	return out
}

func variableNamed(name string) (variable, bool) {
	i := slices.IndexFunc(variables, func(v variable) bool { return v.name == name })
	if i < 0 {
		return variable{}, false
	}
	return variables[i], true
}

// checkCondition reports what is wrong with an expression and returns the
// variables it uses. opening says which file it is for.
func checkCondition(d *document, path, when string, opening bool) []string {
	if when == "" {
		d.blame(path, "缺少条件 when")
		return nil
	}
	tree, err := parser.Parse(when)
	if err != nil {
		d.blame(path, "条件写法有误，%s", place(err))
		return nil
	}
	var local names
	ast.Walk(&tree.Node, &local)
	v := &conditionVisitor{d: d, path: path, opening: opening, local: local}
	ast.Walk(&tree.Node, v)
	env := make(map[string]any)
	for _, known := range variables {
		env[known.name] = known.zero
	}
	if !v.bad {
		if _, err := expr.Compile(when, expr.Env(env), expr.AsBool()); err != nil {
			d.blame(path, "条件无法计算，%s", place(err))
		}
	}
	return v.used
}

// place says where in an expression an error is.
func place(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return fmt.Sprintf("第 %d 行第 %d 个字符附近（%s）", cmp.Or(at.Line, 1), at.Column+1, at.Message)
	}
	return err.Error()
}

// conditionVisitor finds unknown variables and values that can never occur:
// a misspelt flag would silently switch a rule off.
type conditionVisitor struct {
	d       *document
	path    string
	opening bool
	local   names
	used    []string
	bad     bool
}

// names are the variables a condition declares itself: let n = posts + 1; n > 3.
type names []string

// Visit implements [ast.Visitor].
func (n *names) Visit(node *ast.Node) {
	if v, ok := (*node).(*ast.VariableDeclaratorNode); ok {
		*n = append(*n, v.Name)
	}
}

// Visit implements [ast.Visitor].
func (v *conditionVisitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.identifier(n.Value)
	case *ast.BinaryNode:
		v.values(n.Left, n.Right)
		v.values(n.Right, n.Left)
	case *ast.BuiltinNode:
		if len(n.Arguments) == 2 {
			v.values(n.Arguments[0], n.Arguments[1])
		}
	}
}

func (v *conditionVisitor) identifier(name string) {
	known, ok := variableNamed(name)
	switch {
	case slices.Contains(v.local, name):
	case !ok:
		v.bad = true
		v.d.blame(v.path, "没有 %s 这个变量，可用的变量见 docs/rules.md", name)
	case known.opening && !v.opening:
		v.bad = true
		v.d.blame(v.path, "定级时还没有 %s，它只能用在 %s", name, openingFile)
	default:
		v.used = append(v.used, name)
	}
}

// values checks the texts compared with a variable of fixed values.
func (v *conditionVisitor) values(of, with ast.Node) {
	name, ok := of.(*ast.IdentifierNode)
	if !ok {
		return
	}
	known, _ := variableNamed(name.Value)
	if known.values == nil {
		return
	}
	var texts texts
	ast.Walk(&with, &texts)
	for _, text := range texts {
		if !slices.Contains(known.values, text) {
			v.d.blame(v.path, "%s 不会是 %q，可用的有 %s", name.Value, text, join(known.values))
		}
	}
}

// texts collects the texts of a list or of a predicate such as # in ["minor"].
type texts []string

// Visit implements [ast.Visitor].
func (t *texts) Visit(node *ast.Node) {
	if s, ok := (*node).(*ast.StringNode); ok {
		*t = append(*t, s.Value)
	}
}
