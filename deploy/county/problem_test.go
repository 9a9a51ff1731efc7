package county_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"huiying/deploy/county"
)

func TestEveryMistakeIsReportedWithItsFileAndLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file    string
		old     string // replaced once
		new     string
		line    string // a part of the line to be named; "" for the file as a whole
		message string
	}{
		"an unknown key": {"units.yaml", "short: 教科局", "shrot: 教科局", "shrot: 教科局", `不认识的名称 "shrot"`},
		"a key written twice": {
			"county.yaml", "name: 交城县\n", "name: 交城县\nname: 交口县 # 又\n", "# 又", "name 重复",
		},
		"broken indentation": {"opening.yaml", "    do: ignore\n", "   do: ignore\n", "   do: ignore", "YAML 写法有误"},
		"a text instead of a list": {
			"units.yaml", "pilot_areas: [义务教育]", "pilot_areas: 义务教育", "pilot_areas: 义务教育", "应为列表",
		},
		"a list instead of a text":     {"county.yaml", "name: 交城县", "name: [交城县]", "name: [", "应为一个值"},
		"an anchor":                    {"county.yaml", "name: 交城县", "name: &a 交城县", "name: &a", "锚点"},
		"a word where a number stands": {"lexicon.yaml", "weight: 5\n    category: 民政", "weight: 很高\n    category: 民政", "weight: 很高", "应为数字"},
		"a code of seven digits":       {"county.yaml", `code: "141122"`, `code: "1411220"`, `"1411220"`, "应为省（2 位）"},
		"no version":                   {"county.yaml", `version: "2026.11.1"`, `version: ""`, `version: ""`, "缺少 version"},
		"an empty neighbour":           {"county.yaml", "  - 古交市\n", "  - \"\"\n", `- ""`, "空的词"},

		"a village of another county":  {"divisions.yaml", `code: "141122100003"`, `code: "141121100003"`, "141121100003", "不属于本县"},
		"a village without a township": {"divisions.yaml", `code: "141122100003"`, `code: "141122999003"`, "141122999003", "不在表中"},
		"a code used twice":            {"divisions.yaml", `code: "141122100003"`, `code: "141122100002"`, "东街居委会", "代码 141122100002 重复"},
		"a code that is too short":     {"divisions.yaml", `code: "141122100003"`, `code: "141122100"`, "东街居委会", "应为 12 位"},
		"an unknown kind of place":     {"divisions.yaml", "name: 卦山, kind: scenic", "name: 卦山, kind: hill", "kind: hill", `"hill" 不在可用范围内`},
		"a former place gone nowhere":  {"divisions.yaml", `name: 横尖镇, kind: township, former: true, now: ["141122105"]`, "name: 横尖镇, kind: township, former: true", "横尖镇", "要写 now"},
		"a former place gone astray":   {"divisions.yaml", `name: 横尖镇, kind: township, former: true, now: ["141122105"]`, `name: 横尖镇, kind: township, former: true, now: ["141122109"]`, "横尖镇", "没有代码为 141122109"},
		"the wrong township":           {"divisions.yaml", `bare: 下关, kind: community, township: "141122100"`, `bare: 下关, kind: community, township: "141122101"`, "bare: 下关", "代码属于乡镇 141122100"},
		"more namesakes than possible": {"divisions.yaml", "bare: 下关, kind: community, township: \"141122100\", national: 10, province: 1", "bare: 下关, kind: community, township: \"141122100\", national: 1, province: 2", "bare: 下关", "同名数不对"},

		"two units of one id":                 {"units.yaml", "id: mzj\n", "id: jkj # 又\n", "# 又", "编号 jkj 重复"},
		"an id with capitals":                 {"units.yaml", "id: mzj\n", "id: MZJ\n", "id: MZJ", "编号应为小写字母"},
		"a unit without a liaison":            {"units.yaml", "liaison: {name: 教科局联络人,", `liaison: {name: "",`, `liaison: {name: "", title: 办公室主任, user: jkj-liaison}`, "缺少 name"},
		"a bureau that does not exist":        {"units.yaml", "bureaus: [城管]", "bureaus: [城关]", "城关", "来信分类所用的部门"},
		"a pilot area that does not exist":    {"units.yaml", "pilot_areas: [义务教育]", "pilot_areas: [义务教导]", "义务教导", "26 个试点领域"},
		"a validity that ends before":         {"units.yaml", "from: 2024-01-01 #", "to: 2023-01-01\n    from: 2024-01-01 #", "to: 2023-01-01", "有效期不对"},
		"a date that is none":                 {"units.yaml", "from: 2024-01-01 #", "from: 2024-13-01 #", "2024-13-01", "日期应写作"},
		"a superior nobody knows":             {"units.yaml", "duty: 义务教育、", "superior: jyt\n    duty: 义务教育、", "superior: jyt", "没有编号为 jyt"},
		"an appraisal of clicks":              {"appraisal.yaml", "merit: fixed", "merit: clicks", "merit: clicks", `没有 "clicks" 这种考核内容`},
		"an appraisal rule twice":             {"appraisal.yaml", "merit: complete", "merit: fixed # 又", "# 又", "fixed 重复"},
		"a rule that gives nothing":           {"appraisal.yaml", "points: 30", "points: 0", "points: 0", "分值应大于 0"},
		"a rule without a source":             {"appraisal.yaml", "    rule: 国办发〔2016〕61号\n", "", "name: 48", "缺少 rule"},
		"a comparison of single cases":        {"appraisal.yaml", "min_sample: 5", "min_sample: 0", "min_sample: 0", "至少为 1"},
		"a reply with a field nobody fills":   {"replies.yaml", "网友反映的“{事由}”", "网友反映的“{地点}”", "text: |", "没有 {地点} 这一项"},
		"a reply for an unknown category":     {"replies.yaml", "category: 环境保护", "category: 环保", "category: 环保", `"环保" 不在可用范围内`},
		"a reply for an unknown finding":      {"replies.yaml", "when: partly", "when: half", "when: half", "核实结论应为"},
		"superiors that go round in a circle": {"units.yaml", "duty: 义务教育、", "superior: jkj\n    duty: 义务教育、", "superior: jkj", "绕成了圈"},
		"an extension without a length":       {"clocks.yaml", "extend: {times: 1, most: 24h}", "extend: {times: 1}", "extend: {times: 1}", "延期须同时写明"},
		"a silence that is due at once":       {"escalation.yaml", "- {at: 1.0, to: liaison, channels: [inapp, sms, mail, webhook], label: 签收后", "- {at: 0, to: liaison, channels: [inapp, sms, mail, webhook], label: 签收后", "at: 0, to: liaison, channels: [inapp, sms, mail, webhook], label: 签收后", "at 应大于 0"},
		"a silence nobody hears of":           {"escalation.yaml", "channels: [inapp, mail, webhook], label: 签收后久无进展，报责任人", "channels: [], label: 签收后久无进展，报责任人", "签收后久无进展，报责任人", "没有写发送渠道"},
		"a township nobody answers for":       {"units.yaml", "    township: \"141122103\"\n", "", "units:", "没有单位对水峪贯镇"},
		"a unit of an unknown township":       {"units.yaml", `township: "141122103"`, `township: "141122113"`, `"141122113"`, "没有代码为 141122113 的乡镇"},
		"a one-letter keyword":                {"units.yaml", "keywords: [税收,", "keywords: [税,", "keywords: [税,", "只有一个字"},
		"a topic of unknown units":            {"lexicon.yaml", "units: [jkj, fgj]", "units: [jkj, jyj]", "jyj", "没有编号为 jyj 的单位"},
		"a weight beyond the scale":           {"lexicon.yaml", "name: 城管\n    weight: 3", "name: 城管\n    weight: 6", "weight: 6", "1 到 5"},
		"an unknown flag":                     {"lexicon.yaml", "flags: [health]", "flags: [healthy]", "healthy", `"healthy" 不在可用范围内`},
		"an unknown category":                 {"lexicon.yaml", "category: 交通运输", "category: 交通", "category: 交通", `"交通" 不在可用范围内`},
		"an empty word":                       {"lexicon.yaml", "欺凌, 霸凌,", `欺凌, "",`, `欺凌, ""`, "空的词"},
		"a word written twice":                {"lexicon.yaml", "欺凌, 霸凌,", "欺凌, 霸凌,\n      霸凌, # 又\n", "# 又", `"霸凌" 重复`},
		"a word that vetoes itself":           {"lexicon.yaml", "演练, 主题班会,", "演练,\n      霸凌, # 排除\n      主题班会,", "# 排除", "既是信号词又是排除语境"},
		"two topics of one name":              {"lexicon.yaml", "- name: 城管\n", "- name: 交通 # 又\n", "# 又", "主题 交通 重复"},
		"a number that is a word":             {"lexicon.yaml", "欺凌, 霸凌,", "欺凌, 5, 霸凌,", "欺凌, 5,", "只有一个字"},
		"an unknown clock":                    {"clocks.yaml", "kind: press", "kind: pres", "kind: pres", `没有 "pres" 这种时限`},
		"a clock written twice":               {"clocks.yaml", "kind: press", "kind: authoritative # 又", "# 又", "时限 authoritative 重复"},
		"a clock without limits":              {"clocks.yaml", "    limits: {red: 24h, orange: 24h}\n", "", "kind: press", "没有写任何时限"},
		"a level without a limit":             {"clocks.yaml", "{red: 10m, orange: 15m, yellow: 30m, blue: 60m}", "{red: 10m, orange: 15m, yellow: 30m}", "yellow: 30m}", "limits.blue"},
		"a night for red cases":               {"escalation.yaml", "night: \"22:00-07:00\"", "night: {red: \"22:00-07:00\"}", "night:", "应为一个值"},
		"a night that begins at 25 o'clock":   {"escalation.yaml", "night: \"22:00-07:00\"", "night: \"25:00-07:00\"", "night:", "夜间时段应写作"},
		"a night with a word behind it":       {"escalation.yaml", "night: \"22:00-07:00\"", "night: \"22:00-07:00整\"", "night:", "夜间时段应写作"},
		"a red case that sleeps at night":     {"clocks.yaml", "limits: {red: 10m, orange: 15m, yellow: 30m, blue: 60m}\n    hours: {red: plain,", "limits: {red: 10m, orange: 15m, yellow: 30m, blue: 60m}\n    hours: {red: duty,", "hours: {red: duty,", "红、橙级不分昼夜"},
		"48 hours of office time":             {"clocks.yaml", "limits: {red: 48h,", "hours: {blue: duty}\n    limits: {red: 48h,", "hours: {blue: duty}", "连续计时"},
		"an orange silence that sleeps":       {"escalation.yaml", "hours: {red: plain, orange: plain,", "hours: {red: plain, orange: duty,", "orange: duty", "红、橙级不分昼夜"},
		"no clock for answering":              {"clocks.yaml", "kind: respond", "kind: press", "clocks:", "缺少回应时限"},
		"a limit that is no time":             {"clocks.yaml", "red: 10m", "red: 10分钟", "10分钟", "时长应写作"},
		"an unknown way to count":             {"clocks.yaml", "hours: working", "hours: work", "hours: work", `"work" 不在可用范围内`},
		"no limit for returning":              {"clocks.yaml", "  limit: 24h\n", "", "return:", "缺少退单时限"},
		"a level the scale does not have":     {"escalation.yaml", "  blue:\n", "  green:\n", "green:", `不认识的名称 "green"`},
		"an escalation that goes back":        {"escalation.yaml", "{at: 1.5, to: head, channels: [inapp, mail, webhook], label: 仍", "{at: 0.4, to: head, channels: [inapp, mail, webhook], label: 仍", "at: 0.4", "由小到大"},
		"an escalation that begins late":      {"escalation.yaml", "{at: 0, to: liaison, channels: [inapp, wecom, dingtalk, feishu, webhook], label: 事项", "{at: 0.3, to: liaison, channels: [inapp, wecom, dingtalk, feishu, webhook], label: 事项", "at: 0.3", "立即通知"},
		"an escalation to nobody":             {"escalation.yaml", "{at: 2.0, to: leader", "{at: 2.0, to: mayor", "to: mayor", `"mayor" 不在可用范围内`},
		"an unknown channel":                  {"escalation.yaml", "{at: 1.0, to: handler, channels: [inapp, mail, webhook],", "{at: 1.0, to: handler, channels: [inapp, pager],", "pager", `"pager" 不在可用范围内`},
		"a step without words":                {"escalation.yaml", "label: 两倍时限仍未签收，报值班领导", `label: ""`, `label: ""`, "缺少 label"},
		"an unknown level":                    {"levels.yaml", "level: orange", "level: purple", "level: purple", "等级应为"},
		"a rule without a level":              {"levels.yaml", "    level: blue\n", "", "name: 本地零星反映", "没有写 level"},
		"a rule that sets and raises":         {"levels.yaml", "    level: blue\n", "    level: blue\n    up: true\n", "up: true", "不能既定级"},
		"an unknown variable":                 {"levels.yaml", "when: views >= 10_000", "when: viewz >= 10_000", "viewz", "没有 viewz 这个变量"},
		"a flag that cannot be":               {"levels.yaml", `when: '"rebound" in flags'`, `when: '"rebounds" in flags'`, "rebounds", `flags 不会是 "rebounds"`},
		"a state that cannot be":              {"levels.yaml", `when: state == "occurred" and "minor" in flags`, `when: state == "happened" and "minor" in flags`, "happened", `state 不会是 "happened"`},
		"a condition cut off":                 {"levels.yaml", "when: interactions >= 200\n", "when: interactions >=\n", "when: interactions >=\n", "条件写法有误"},
		"a condition that is a number":        {"levels.yaml", "when: interactions >= 200\n", "when: interactions + 200\n", "interactions + 200", "条件无法计算"},
		"a condition that compares badly":     {"levels.yaml", "when: interactions >= 200\n", "when: interactions >= tier\n", "interactions >= tier", "条件无法计算"},
		"a level rule that asks its result":   {"levels.yaml", "when: interactions >= 200\n", "when: level_rank >= 2\n", "level_rank >= 2", "只能用在 opening.yaml"},
		"mood alone sets a level":             {"levels.yaml", "when: interactions >= 200\n", "when: negative_share > 0.9 and posts > 3\n", "negative_share > 0.9", "批评不是风险"},
		"two rules of one name":               {"levels.yaml", "name: 人员聚集", "name: 多人到场 # 又", "# 又", "规则名“多人到场”重复"},
		"a precondition that is wrong":        {"levels.yaml", `state in ["occurred", "resolved"]`, `state in ["occured"]`, "only_if", `state 不会是 "occured"`},
		"a rule that does not say why":        {"opening.yaml", "    why: 已达较大（黄）以上，须由人研判\n", "", "name: 较大以上", "缺少 why"},
		"a decision that does not exist":      {"opening.yaml", "    do: assign\n", "    do: send\n", "do: send", `"send" 不在可用范围内`},
		"a gap beyond one":                    {"opening.yaml", "close_gap: 0.15", "close_gap: 15", "close_gap: 15", "0 与 1 之间"},
		"a year that is missing":              {"calendar.yaml", "  - year: 2025\n", "  - year: 2023\n", "year: 2023", "2024 年之后应为 2025 年"},
		"a holiday that is missing":           {"calendar.yaml", "      - {name: 清明节, from: 2025-04-04, to: 2025-04-06}\n", "", "year: 2025", "2025 年缺少清明"},
		"a holiday that ends before":          {"calendar.yaml", "from: 2026-06-19, to: 2026-06-21", "from: 2026-06-19, to: 2026-06-12", "2026-06-12", "起止日期不对"},
		"a holiday of another year":           {"calendar.yaml", "from: 2026-06-19, to: 2026-06-21", "from: 2025-06-19, to: 2025-06-21", "2025-06-21", "不在 2026 年"},
		"a holiday of a whole month":          {"calendar.yaml", "from: 2026-06-19, to: 2026-06-21", "from: 2026-06-19, to: 2026-07-19", "2026-07-19", "起止日期不对"},
		"a worked day in the week":            {"calendar.yaml", "worked: [2026-05-09]", "worked: [2026-05-08]", "2026-05-08", "不是星期六或星期日"},
		"a worked day in a holiday":           {"calendar.yaml", "worked: [2026-05-09]", "worked: [2026-05-03]", "2026-05-03", "已在劳动节假期内"},
		"office hours in words":               {"calendar.yaml", `"14:30-18:00"`, `"下午"`, `"下午"`, "工作时段应写作"},
		"office hours that overlap":           {"calendar.yaml", `"14:30-18:00"`, `"11:30-18:00"`, `"11:30-18:00"`, "重叠"},
		"office hours that run backwards":     {"calendar.yaml", `"14:30-18:00"`, `"18:00-14:30"`, `"18:00-14:30"`, "起止不对"},
		"a source of an unknown kind":         {"sources.yaml", "sources: []", source("kind: rss"), "kind: rss", `"rss" 不在可用范围内`},
		"a source without an address":         {"sources.yaml", "sources: []", source("url: ftp://x.example.com"), "url: ftp", "http://"},
		"a source of an unknown channel":      {"sources.yaml", "sources: []", source("channel: tv"), "channel: tv", `"tv" 不在可用范围内`},
		"a source visited every second":       {"sources.yaml", "sources: []", source("every: 1s"), "every: 1s", "至少 1m"},
		"a source of another county":          {"sources.yaml", "sources: []", source(`region: "140121"`), `region: "140121"`, "不属于本县"},
		"a source of an unknown tier":         {"sources.yaml", "sources: []", source("tier: village"), "tier: village", `"village" 不在可用范围内`},
		"a profile of an unknown channel":     {"profiles.yaml", "channel: hotline\n", "channel: phone\n", "channel: phone", `"phone" 不在可用范围内`},
		"a profile column of no field":        {"profiles.yaml", "field: place}\n      - {column: 诉求类别", "field: plaza}\n      - {column: 诉求类别", "field: plaza", `没有 "plaza" 这个字段`},
		"a profile column and a constant":     {"profiles.yaml", "{column: 诉求地点,", "{column: 诉求地点, value: 天宁镇,", "诉求地点, value", "二者取一"},
		"a profile column written twice":      {"profiles.yaml", "column: 诉求类别", "column: 诉求 地点", "    columns:", "写了两次"},
		"a profile without a text":            {"profiles.yaml", "field: title}\n      - {column: 诉求内容, field: text}", "field: keep}\n      - {column: 诉求内容, field: keep}", "    columns:", "哪一列是内容"},
		"a way to write dates that is none":   {"profiles.yaml", "field: published_at}", "field: published_at, layouts: [某日]}", "某日", "yyyy-MM-dd"},
		"a header far down":                   {"profiles.yaml", "header: 1\n", "header: 99\n", "header: 99", "表头应在"},
		"two profiles of one name":            {"profiles.yaml", "profiles:\n  - name: 12345热线工单\n", "profiles:\n  - {name: 12345热线工单, channel: letter, source: 来信, columns: [{column: 内容, field: text}]}\n  - name: 12345热线工单 # 又\n", "# 又", "重复"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := copyOf(t)
			before := string(files[tt.file].Data)
			after := strings.Replace(before, tt.old, tt.new, 1)
			if after == before {
				t.Fatalf("%q is not in %s", tt.old, tt.file)
			}
			files[tt.file].Data = []byte(after)
			expect(t, problemsOf(t, files), tt.file, lineOf(after, tt.line), tt.message)
		})
	}
}

// source is a sources.yaml whose one source is right but for one line.
func source(wrong string) string {
	lines := map[string]string{
		"id": "id: a-source", "kind": "kind: feed", "name": "name: 某网站", "url": "url: https://www.example.com/rss.xml",
		"channel": "channel: news", "every": "every: 10m",
	}
	key, _, _ := strings.Cut(wrong, ":")
	lines[key] = wrong
	out := "sources:\n  - {}\n"
	out = strings.Replace(out, "{}", lines["id"], 1)
	for _, key := range []string{"kind", "name", "url", "channel", "every", "region", "tier"} {
		if lines[key] != "" {
			out += "    " + lines[key] + "\n"
		}
	}
	return out
}

func lineOf(text, part string) int {
	at := strings.Index(text, part)
	if at < 0 {
		panic("no line with " + part)
	}
	return 1 + strings.Count(text[:at], "\n")
}

func expect(t *testing.T, problems county.Problems, file string, line int, message string) {
	t.Helper()
	for _, p := range problems {
		if p.File == file && p.Line == line && strings.Contains(p.Message, message) {
			return
		}
	}
	t.Errorf("no problem %s:%d: …%s…, got\n%v", file, line, message, problems)
}

func TestAllProblemsAreListedAtOnceInFileOrder(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	for file, change := range map[string][2]string{
		"calendar.yaml": {"office:", "offices:"},
		"county.yaml":   {"name: 交城县", "name:"},
		"levels.yaml":   {"views >= 10_000", "viewz >= 10_000"},
	} {
		files[file].Data = []byte(strings.Replace(string(files[file].Data), change[0], change[1], 1))
	}
	problems := problemsOf(t, files)
	var order []string
	for _, p := range problems {
		if len(order) == 0 || order[len(order)-1] != p.File {
			order = append(order, p.File)
		}
	}
	if got := strings.Join(order, " "); got != "county.yaml levels.yaml calendar.yaml" {
		t.Errorf("problems in %q:\n%v", got, problems)
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	delete(files, "units.yaml")
	problems := problemsOf(t, files)
	expect(t, problems, "units.yaml", 0, "缺少这个文件")
	if len(problems) != 1 {
		t.Errorf("the topics' units cannot be known without units.yaml:\n%v", problems)
	}
}

func TestAFileInAnotherEncoding(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	files["county.yaml"].Data = []byte("code: \"141122\"\nname: \xbd\xbb\xb3\xc7\xcf\xd8\n") // 交城县 in GBK
	expect(t, problemsOf(t, files), "county.yaml", 2, "不是 UTF-8")
}

func TestAFileWithAByteOrderMarkIsRead(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	files["county.yaml"].Data = append([]byte("\ufeff"), files["county.yaml"].Data...)
	if problems := problemsOf(t, files); problems != nil {
		t.Error(problems)
	}
}

func TestAnEmptyFolderNamesEveryFile(t *testing.T) {
	t.Parallel()
	problems := problemsOf(t, fstest.MapFS{})
	for _, name := range county.Files {
		expect(t, problems, name, 0, "缺少这个文件")
	}
	if len(problems) != len(county.Files) {
		t.Errorf("a missing file is one problem, not also each thing missing in it:\n%v", problems)
	}
}

func TestProblemsPrintFileLineMessage(t *testing.T) {
	t.Parallel()
	err := county.Problems{{File: "units.yaml", Line: 12, Message: "编号重复"}, {File: "levels.yaml", Message: "缺少这个文件"}}
	if got, want := err.Error(), "units.yaml:12: 编号重复\nlevels.yaml: 缺少这个文件"; got != want {
		t.Errorf("prints %q, want %q", got, want)
	}
}

// FuzzLoad reads any bytes as any of the files: the answer is problems that name
// a file, never a crash.
func FuzzLoad(f *testing.F) {
	for i, name := range county.Files {
		raw := copyOf(f)[name].Data
		f.Add(i, raw[:min(len(raw), 3000)])
		f.Add(i, []byte("a: &x [*x, !!int 3]\n? b\n: {c: |\n  d"))
	}
	f.Fuzz(func(t *testing.T, which int, raw []byte) {
		name := county.Files[int(uint(which)%uint(len(county.Files)))]
		for _, p := range problemsOf(t, fstest.MapFS{name: {Data: raw}}) {
			if p.File == "" || p.Message == "" || p.Line < 0 {
				t.Errorf("problem %+v says too little", p)
			}
		}
	})
}
