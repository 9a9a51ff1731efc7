package analyzer_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/analyzer"
)

// tally is how the retrieval did on a set of claims.
type tally struct {
	right, otherArticle, otherPolicy, nothing int // of those a policy answers
	quiet, invented                           int // of those none does
}

func score(t *testing.T, set []claim) tally {
	t.Helper()
	var n tally
	for _, c := range set {
		f := shared().FindClause(c.text)
		found := ""
		if f != nil {
			found = f.Article + " of " + f.Policy + " by " + f.Why
		}
		switch {
		case f == nil && c.policy == "":
			n.quiet++
			continue
		case f == nil:
			n.nothing++
		case c.policy == "":
			n.invented++
		case f.Number != "交政办发〔2026〕示例"+c.policy+"号":
			n.otherPolicy++
		case !slices.Contains(strings.Fields(c.articles), f.Article):
			n.otherArticle++
		default:
			n.right++
			continue
		}
		t.Logf("%s: found %q, want %s of 示例%s号", c.text, found, c.articles, c.policy)
	}
	return n
}

// The bounds are a little below what was measured: 38 of 48 right, 4 another
// article of the right policy, 6 nothing, 2 of 25 invented.
func TestClaimsAreAnsweredByTheirClauseOrNotAtAll(t *testing.T) {
	t.Parallel()
	n := score(t, unseen)
	t.Logf("unseen %+v", n)
	if n.right < 36 || n.otherArticle > 5 || n.otherPolicy > 1 || n.invented > 3 {
		t.Errorf("unseen claims: %+v", n)
	}
	if n := score(t, tuned); n.right < 118 || n.otherPolicy > 3 || n.invented > 7 {
		t.Errorf("tuned claims: %+v", n)
	}
	n = score(t, fresh())
	t.Logf("fresh %+v", n)
	if n.right < 41 || n.otherPolicy > 4 || n.invented > 18 || n.right+n.otherArticle+n.otherPolicy+n.nothing != 120 {
		t.Errorf("fresh claims: %+v", n)
	}
}

func TestAMisreadPolicyIsAnsweredAndGoesToItsDrafter(t *testing.T) {
	t.Parallel()
	p := forum("我妈的养老金", "昨天村里开会。听说不刷脸认证养老金就停发，以后再也不补，这也太狠了吧？\n大家怎么办的？")
	as := shared().Assess(p)
	checkAssessment(t, p, as)
	m := as.Misreading
	if m.Clause == nil || m.Claim == nil {
		t.Fatalf("no clause: %+v", m)
	}
	if c := m.Clause; c.Number != "交政办发〔2026〕示例8号" || c.Article != "第八条" || c.Unit != "rsj" || c.Text == "" || c.Source == "" ||
		c.Interpretation == "" || c.Score <= 0 || c.Score > 1 || !strings.Contains(c.Why, "刷脸") || !c.Sample {
		t.Errorf("clause %+v", c)
	}
	runes := []rune(p.FullText())
	if c := m.Claim; c.Start < 0 || c.End > len(runes) || string(runes[c.Start:c.End]) != c.Text || !strings.HasPrefix(c.Text, "听说") || !strings.HasSuffix(c.Text, "？") {
		t.Errorf("claim %+v", c)
	}
	if !slices.Contains(as.Flags, huiying.FlagMisreading) {
		t.Errorf("flags %v", as.Flags)
	}
	if u := as.Units; len(u) == 0 || u[0].Unit != "rsj" || !strings.Contains(u[0].Why, "谁起草、谁解读") {
		t.Errorf("units %v, want the drafter first", u)
	}
	sum := 0.0
	for i, u := range as.Units {
		if dir, ok := huiying.NewDirectory(jiaocheng().Units).Unit(u.Unit); ok && dir.Township == "" {
			sum += u.P
		}
		if i > 0 && as.Units[0].P < u.P {
			t.Errorf("%s is before the drafter: %v", u.Unit, as.Units)
		}
	}
	if sum > 1.01 {
		t.Errorf("the departments' probabilities sum to %.2f", sum)
	}
}

func TestTheTitleMayNameTheMatterTheClaimSpeaksOf(t *testing.T) {
	t.Parallel()
	as := shared().Assess(forum("低保的事", "听说有儿子的就不给办，是真的吗？"))
	if c := as.Misreading.Clause; c == nil || c.Article != "第八条" {
		t.Errorf("clause %+v", c)
	}
}

func TestWhatIsNoMisreadingHasNoClause(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]huiying.Post{
		"a question without hearsay":     forum("低保", "低保是不是看家里有没有儿子、有没有面包车？"),
		"hearsay about what is no text":  forum("", "听说自来水明年要涨价，据说一吨涨五毛，是真的吗？"),
		"before the policy was issued":   {Channel: huiying.ChannelForum, Text: "听说有儿子的就不给办低保", PublishedAt: time.Date(2025, 1, 1, 0, 0, 0, 0, huiying.Beijing)},
		"after the policy has ended":     {Channel: huiying.ChannelForum, Text: "听说要把炉子收走，不让烧煤", PublishedAt: time.Date(2027, 10, 1, 0, 0, 0, 0, huiying.Beijing)},
		"an empty post":                  {},
		"hearsay without anything else":  forum("", "听说要。"),
		"a claim that is only the topic": forum("", "听说要说说宅基地"),
	} {
		as := shared().Assess(p)
		raw, err := json.Marshal(as.Misreading)
		if err != nil {
			t.Fatal(err)
		}
		if as.Misreading.Clause != nil || as.Misreading.Claim != nil || strings.Contains(string(raw), "cla") {
			t.Errorf("%s: %s", name, raw)
		}
	}
}

func TestTheJSONOfAClause(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(shared().Assess(forum("", "听说有儿子的就不给办低保")).Misreading)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		P      *float64
		Policy *string
		Claim  map[string]any
		Clause map[string]any
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"policy", "number", "article", "text", "source", "interpretation", "unit", "score", "why"} {
		if m.Clause[key] == nil || m.Clause[key] == "" {
			t.Errorf("clause lacks %s: %s", key, raw)
		}
	}
	if m.P == nil || m.Policy == nil || m.Claim["text"] != "听说有儿子的就不给办低保" || m.Claim["start"] != 0.0 || m.Claim["end"] != 12.0 {
		t.Errorf("%s", raw)
	}
}

func TestWhoExplainsOrRefutesDoesNotMisread(t *testing.T) {
	t.Parallel()
	text := "听说有儿子的就不给办低保，此为不实信息。"
	for name, p := range map[string]huiying.Post{
		"an office":    office("政策解读", "有人说有儿子的就不给办低保，其实有子女不作为拒绝受理的理由。"),
		"a refutation": forum("辟谣", text),
	} {
		if as := shared().Assess(p); slices.Contains(as.Flags, huiying.FlagMisreading) {
			t.Errorf("%s is flagged: %+v", name, as.Misreading)
		}
	}
}

func TestACountyWithoutPoliciesFindsNone(t *testing.T) {
	t.Parallel()
	c := *jiaocheng()
	c.Policies = nil
	a, err := analyzer.New(analyzer.Config{County: &c, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if m := a.Assess(forum("", "听说要取消低保")).Misreading; m.Clause != nil || m.P < 0.5 {
		t.Errorf("%+v", m)
	}
}

func BenchmarkAMisreadPost(b *testing.B) {
	p := forum("低保的事", strings.Repeat("村里最近事情多。", 20)+"听说有儿子的就不给办低保，是真的吗？")
	for b.Loop() {
		shared().Assess(p)
	}
}
