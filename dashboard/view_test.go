package dashboard

import (
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
)

var noon = time.Date(2026, 2, 17, 12, 0, 0, 0, huiying.Beijing)

// The same table is checked in the browser, against assets/js/clock.js.
func TestAClockSaysWhatIsLeftInWords(t *testing.T) {
	tests := map[time.Duration]string{
		-72 * time.Hour:                         "已超 3 天 0 小时",
		-(2*time.Hour + 59*time.Second):         "已超 2 小时 00 分",
		-(3*time.Minute + 59*time.Second):       "已超 3 分",
		-20 * time.Second:                       "已超 20 秒",
		0:                                       "剩 0 秒",
		59 * time.Second:                        "剩 59 秒",
		12*time.Minute + 3*time.Second:          "剩 12 分 03 秒",
		time.Hour:                               "剩 1 小时 00 分",
		71*time.Hour + 59*time.Minute:           "剩 71 小时 59 分",
		100*time.Hour + 30*time.Minute:          "剩 4 天 4 小时",
		48*time.Hour - 500*time.Millisecond:     "剩 47 小时 59 分",
		12*time.Minute + 999*time.Millisecond:   "剩 12 分 00 秒",
		59*time.Minute + 59900*time.Millisecond: "剩 59 分 59 秒",
	}
	for left, want := range tests {
		if got := remaining(noon.Add(left), noon); got != want {
			t.Errorf("%v left: %q, want %q", left, got, want)
		}
	}
}

func TestNumbersAreShortAndReadable(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 9321: "9,321", 99999: "99,999", 123456: "12.3万", 2e8: "2亿"} {
		if got := count(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for s, want := range map[float64]string{0: "—", 8: "8秒", 754: "12分钟", 11100: "3小时5分", 72 * 3600: "3天"} {
		if got := seconds(s); got != want {
			t.Errorf("%v s is %q, want %q", s, got, want)
		}
	}
}

func TestAClockTurnsSoonInItsLastQuarterAndKeepsItsReasons(t *testing.T) {
	k := huiying.Clock{Kind: huiying.ClockAcknowledge, Unit: "jkj", Start: noon, StartWhy: "自交办起算", Limit: huiying.Duration(20 * time.Minute), Due: noon.Add(20 * time.Minute), Rule: "默认"}
	units := huiying.NewDirectory([]huiying.Unit{{ID: "jkj", Name: "县教育科技局", Short: "教科局"}})
	for _, tt := range []struct {
		at   time.Duration
		tone string
		word string
	}{
		{14 * time.Minute, "running", "计时中"}, {15 * time.Minute, "soon", "将到时限"}, {21 * time.Minute, "overdue", "已超时"},
	} {
		v := clockOf(k, units, noon.Add(tt.at))
		if v.Tone() != tt.tone || v.Word() != tt.word || v.Label != "签收 · 教科局" || v.Rule != "默认" || v.Why != "自交办起算" {
			t.Errorf("after %v: %s %s %+v", tt.at, v.Tone(), v.Word(), v)
		}
	}
	k.StoppedAt = noon.Add(8 * time.Minute)
	if v := clockOf(k, units, noon.Add(time.Hour)); v.Text != "用时 8分钟" || v.Word() != "按时完成" || v.Passed != 40 {
		t.Errorf("stopped in time: %+v", v)
	}
}

// Whatever offsets an assessment holds, no letter of the text is lost or doubled.
func TestMarkingNeverChangesTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("城东供暖不热\n，a😀")), 0, 60, -1).Draw(t, "text")
		full := []rune(text)
		var a huiying.Assessment
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			from := rapid.IntRange(-3, 70).Draw(t, "from")
			to := rapid.IntRange(-3, 70).Draw(t, "to")
			if rapid.Bool().Draw(t, "place") {
				a.Places = append(a.Places, huiying.Place{Name: "x", Start: from, End: to})
			} else {
				a.Risk.Factors = append(a.Risk.Factors, huiying.Factor{Name: "y", Start: from, End: to})
			}
		}
		from := rapid.IntRange(0, len(full)).Draw(t, "cut from")
		to := rapid.IntRange(from, len(full)).Draw(t, "cut to")
		if got := plainText(cut(full, from, to, marksOf(full, a))); got != string(full[from:to]) {
			t.Fatalf("%q became %q", string(full[from:to]), got)
		}
	})
}

func TestEvidenceIsMarkedInTitleAndExcerpt(t *testing.T) {
	p := huiying.Post{ID: "p1", Title: "听说要取消高龄补贴", Text: strings.Repeat("前文很长。", 60) + "有人说去县里反映。", Channel: huiying.ChannelForum}
	full := []rune(p.FullText())
	at := func(s string) (int, int) {
		i := strings.Index(string(full), s)
		from := len([]rune(string(full)[:i]))
		return from, from + len([]rune(s))
	}
	a := huiying.Assessment{}
	for _, s := range []string{"取消", "去县里反映"} {
		from, to := at(s)
		a.Risk.Factors = append(a.Risk.Factors, huiying.Factor{Name: s, Evidence: s, Start: from, End: to})
	}
	row := postRowOf(huiying.Assessed{Post: p, Assessment: a}, "")
	if !slices.Contains(row.Headline, piece{"取消", "evidence", "取消"}) {
		t.Errorf("the title's evidence is not marked: %+v", row.Headline)
	}
	if !slices.Contains(row.Excerpt, piece{"去县里反映", "evidence", "去县里反映"}) {
		t.Errorf("the excerpt does not show the evidence far down: %+v", row.Excerpt)
	}
}

func TestAMarkInsideAnotherIsSeen(t *testing.T) {
	full := []rune("天宁镇楼下烧起来了")
	marks := marksOf(full, huiying.Assessment{
		Risk:   huiying.Risk{Factors: []huiying.Factor{{Name: "疑似突发事件", Start: 0, End: 9}}},
		Places: []huiying.Place{{Name: "天宁镇", Why: "全称", Start: 0, End: 3}},
	})
	want := []piece{{"天宁镇", "place", "地点：天宁镇，全称"}, {"楼下烧起来了", "evidence", "疑似突发事件"}}
	if got := cut(full, 0, len(full), marks); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestASearchShowsWhereItsWordsStand(t *testing.T) {
	p := huiying.Post{Title: "供暖", Text: strings.Repeat("别的事情。", 60) + "天宁镇的Vip小区停水。", Channel: huiying.ChannelForum}
	row := postRowOf(huiying.Assessed{Post: p}, "", searched(`vip小区|停电 -演练 “停水”`)...)
	got := map[string]bool{}
	for _, x := range row.Excerpt {
		if x.Kind == "hit" {
			got[x.Text] = true
		}
	}
	if !got["Vip小区"] || !got["停水"] || len(got) != 2 {
		t.Errorf("marked %v in %q", got, plainText(row.Excerpt))
	}
}

// Contrast as WCAG 2.1 AA wants it (GB/T 37668-2019): 4.5:1 for text, in both
// colour schemes.
func TestColoursCanBeRead(t *testing.T) {
	css := string(assetsOnce().byName["app.css"].body)
	token := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`)
	blocks := regexp.MustCompile(`(?s):root \{.*?\n *\}`).FindAllString(css, 2)
	if len(blocks) != 2 {
		t.Fatalf("%d colour schemes", len(blocks))
	}
	colours := map[string]string{}
	for i, block := range blocks { // the dark scheme changes what it names
		for _, m := range token.FindAllStringSubmatch(block, -1) {
			colours[m[1]] = m[2]
		}
		for _, pair := range []string{
			"ink paper", "ink card", "ink sunk", "ink-soft card", "ink-soft sunk", "ink-soft grey-soft", "ink-faint paper", "ink-faint card", "ink-faint sunk",
			"brand card", "brand paper", "brand-strong brand-soft", "on-brand brand", "on-brand brand-strong", "red card", "red sunk", "red red-soft", "orange card", "orange orange-soft",
			"yellow-ink card", "yellow-ink yellow-soft", "blue card", "blue blue-soft", "good card", "good good-soft", "card red", "ink mark", "ink mark-place", "ink blue-soft",
		} {
			text, ground, _ := strings.Cut(pair, " ")
			if c := contrast(t, colours[text], colours[ground]); c < 4.5 {
				t.Errorf("scheme %d: %s on %s has a contrast of %.2f", i, text, ground, c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	part := func(shift int, weight float64) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.03928 {
			return weight * c / 12.92
		}
		return weight * math.Pow((c+0.055)/1.055, 2.4)
	}
	return part(16, 0.2126) + part(8, 0.7152) + part(0, 0.0722)
}

func TestTheStepperShowsWhereACaseStands(t *testing.T) {
	at := func(from, to huiying.CaseState, h int) huiying.Entry {
		return huiying.Entry{From: from, To: to, At: noon.Add(time.Duration(h) * time.Hour), Action: huiying.ActVerify}
	}
	timeline := []huiying.Entry{
		{Action: huiying.ActOpen, To: huiying.StateTriage, At: noon},
		at(huiying.StateTriage, huiying.StateAssigned, 1),
		at(huiying.StateAssigned, huiying.StateAcknowledged, 2), at(huiying.StateAcknowledged, huiying.StateVerifying, 3),
	}
	for _, tt := range []struct {
		state   huiying.CaseState
		current string
		n       int
	}{
		{huiying.StateTriage, "待研判", 8},
		{huiying.StateAssigned, "已交办", 8},
		{huiying.StateVerifying, "核实中", 8},
		{huiying.StateReturned, "退回补充", 8},
		{huiying.StateArchived, "已归档", 8},
		{huiying.StateDismissed, "不处置", 2},
		{huiying.StateWatching, "持续关注", 2},
		{huiying.StateMerged, "合并", 2},
	} {
		steps := stepsOf(huiying.Case{State: tt.state, OpenedAt: noon}, timeline)
		var current []string
		for _, s := range steps {
			if s.State == "current" {
				current = append(current, s.Label)
			}
		}
		if len(steps) != tt.n || len(current) != 1 || current[0] != tt.current {
			t.Errorf("%s: %d steps, current %v; want %d, %s", tt.state, len(steps), current, tt.n, tt.current)
		}
	}
}

func TestWorkWaitsForTheRightPeople(t *testing.T) {
	late := huiying.Clock{Kind: huiying.ClockRespond, Start: noon.Add(-50 * time.Hour), Due: noon.Add(-2 * time.Hour)}
	base := huiying.Case{ID: "c", Region: "141122", Level: huiying.Blue, Units: []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: noon}, {Unit: "t100", AssignedAt: noon}}}
	with := func(f func(c *huiying.Case)) huiying.Case {
		c := base
		c.Units = slices.Clone(base.Units)
		f(&c)
		return c
	}
	for _, tt := range []struct {
		name string
		c    huiying.Case
		role huiying.Role
		unit huiying.UnitID
		want string
	}{
		{"a new blue case waits for the analyst", with(func(c *huiying.Case) { c.State = huiying.StateTriage }), huiying.Analyst, "", "待研判"},
		{"and not for the leader", with(func(c *huiying.Case) { c.State = huiying.StateTriage }), huiying.Leader, "", ""},
		{"a yellow one waits for the leader's signature", with(func(c *huiying.Case) { c.State, c.Level = huiying.StateTriage, huiying.Yellow }), huiying.Leader, "", "待签发交办"},
		{"an assigned one waits for the lead", with(func(c *huiying.Case) { c.State = huiying.StateAssigned }), huiying.Liaison, "jkj", "待签收"},
		{"and for the helper", with(func(c *huiying.Case) { c.State = huiying.StateAcknowledged }), huiying.Liaison, "t100", "待签收"},
		{"but not for a unit beside it", with(func(c *huiying.Case) { c.State = huiying.StateAssigned }), huiying.Liaison, "zjj", ""},
		{"who has acknowledged owes a first feedback", with(func(c *huiying.Case) { c.State, c.Units[0].AckedAt = huiying.StateAcknowledged, noon }), huiying.Handler, "jkj", "待首次反馈"},
		{"then the form", with(func(c *huiying.Case) {
			c.State, c.Units[0].AckedAt, c.Units[0].FeedbackAt = huiying.StateHandling, noon, noon
		}), huiying.Handler, "jkj", "待报送反馈单"},
		{"a returned one is to be completed", with(func(c *huiying.Case) {
			c.State, c.Units[0].AckedAt, c.Units[0].FeedbackAt = huiying.StateReturned, noon, noon
		}), huiying.Head, "jkj", "被退回，待补充"},
		{"a late one waits for the supervisor", with(func(c *huiying.Case) { c.State, c.Clocks = huiying.StateHandling, []huiying.Clock{late} }), huiying.Supervisor, "", "超时，可督办"},
		{"a closed one for the archive", with(func(c *huiying.Case) { c.State = huiying.StateClosed }), huiying.Monitor, "", "待归档"},
		{"and no more for its unit", with(func(c *huiying.Case) { c.State = huiying.StateClosed }), huiying.Liaison, "jkj", ""},
	} {
		p := huiying.Person{Role: tt.role, Unit: tt.unit, Region: "141122"}
		if got := waitsFor(tt.c, p, noon); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBarsStayInsideTheirPlot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var slots []slot
		for i := range rapid.IntRange(1, 200).Draw(t, "n") {
			v := rapid.IntRange(0, 5000).Draw(t, "v")
			slots = append(slots, slot{noon.Add(time.Duration(i) * time.Hour), v, rapid.IntRange(0, v).Draw(t, "part")})
		}
		p := draw("x", "负面", 420, 132, slots)
		for _, b := range p.Bars {
			if b.X < 0 || b.X+b.W > float64(p.Width)+0.1 || b.Y < plotTop-0.1 || b.H < 0 || b.Over > b.H+0.1 {
				t.Fatalf("%+v is outside of %dx%d", b, p.Width, p.Height)
			}
		}
	})
}

// A template that named a colour or ran code of its own would be cut off by the
// content security policy, silently.
func TestTemplatesHoldNoInlineScriptOrStyle(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:\s+[^>]*)?>[^<]|javascript:`)
	err := fs.WalkDir(templateFiles, "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(templateFiles, name)
		if found := inline.Find(body); found != nil {
			t.Errorf("%s holds %q", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestModulesImportOnlyWhatIsThere(t *testing.T) {
	imports := regexp.MustCompile(`from "\./([^"]+)"`)
	all := assetsOnce()
	for name, a := range all.byName {
		if !strings.HasPrefix(name, "js/") {
			continue
		}
		for _, m := range imports.FindAllSubmatch(a.body, -1) {
			if all.byName["js/"+string(m[1])] == nil {
				t.Errorf("%s imports %s, which does not exist", name, m[1])
			}
		}
	}
}

// Every action of the state machine has its words, so that no button is bare.
func TestEveryActionHasHelpAndAnAnswer(t *testing.T) {
	for _, row := range huiying.Transitions {
		if actionHelp[row.Action] == "" || doneTexts[row.Action] == "" {
			t.Errorf("%s (%s) has help %q and answer %q", row.Action, row.Label, actionHelp[row.Action], doneTexts[row.Action])
		}
	}
}
