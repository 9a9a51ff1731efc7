package collector

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"huiying"
)

var update = flag.Bool("update", false, "write docs made from code anew")

// docs/sources.md is made from the kinds, so it cannot drift.
func TestTheSourcesDocIsMadeFromTheKinds(t *testing.T) {
	const path = "../docs/sources.md"
	want := sourcesDoc()
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
		t.Errorf("%s does not show the kinds; run: go test -run TestTheSourcesDoc ./collector -update", path)
	}
}

const sourcesHead = `# 信源

本页由采集器的信源种类生成（` + "`go test -run TestTheSourcesDoc ./collector -update`" + `）。信源写在县规则目录的 ` + "`sources.yaml`" + `，或在“信源”页添加；添加前先点“测试”，看看会取到什么、什么没有取、为什么。已有的在“信源”页点“修改”，改动记入审计；写在 ` + "`sources.yaml`" + ` 的，文件改了、重新启动就照新的采集；在页面上改过（含暂停）的以页面为准，文件不再覆盖它，列表里注明“与 sources.yaml 不一致”、列出两边的设置，可以一键改回文件里的；从文件里删去的照旧采集，不要了请在页面上暂停。

## 采集的规矩

- 只采集公开页面，遵守 robots.txt（RFC 9309），表明身份和联系方式；不登录，不破解验证码。
- 同一网站同时只开一页，默认每秒不超过一次；对方答得慢，就歇得久；对方要求暂缓（429、503）就照办；每个网站每天有访问上限（` + "`collector.daily_budget`" + `，默认 5000 次；所有采集进程合计，重新启动不重算）。
- ` + "`collector.quiet`" + ` 列出不采集的时段，如 ` + "`[\"23:00-06:00\"]`" + `；` + "`collector.allow`" + ` 列出办公室核准的网站（含其下级），写了就只采集名单内的。
- 采集间隔按更新快慢自动调整：更新勤的最快缩到五分之一，久无新内容的最慢放到六倍；有事件正在办理的信源优先，并按最快的间隔采集。
- 采过的网页会回访，看有没有修改或撤下：采到后 1、2、4、8……小时各看一次，到第 8 天为止；所属交办单没有办结的，至少每 3 小时看一次。改了的存为新版本并重新研判，事件和等级建议随之更新；连续两次打不开（404、410、“页面不存在”、转到首页）才算撤下；首次采集的内容不变。一次采集最多回访 10 页，当天的访问额度用掉五分之四后不再回访。
- 需脚本的网页由无界面的 Chromium 打开，要在配置里写明才启用（` + "`collector.browser: /usr/bin/chromium`" + `，内存上限 ` + "`collector.browser_mb`" + `，默认 1024）。一次只开一页，每页一个新浏览器，45 秒、24 MB 为限；脚本 10 秒不让出浏览器就停下，记为“网页脚本不结束”；20 秒还没有下载完的（如访问计数器没有应答），不等它，按已有的内容读；网页要的一切都经过同一道地址检查，不取图片，不许下载、开新窗口，弹出的对话框一律关掉。请用专用的非 root 用户运行，Chromium 的沙箱才起作用。
- 邮箱写在配置里，密码在只有本用户可读（chmod 600）的文件中：` + "`collector.mailboxes: [{name: liaison, server: \"imap.example.gov.cn:993\", user: yuqing@example.gov.cn, secret_file: mail.secret}]`" + `；143 端口加 ` + "`starttls: true`" + `，单位自签的证书用 ` + "`ca_file`" + ` 指明。总是加密，不加密的连接一律不用。
- 几个采集进程可以共用一套台账分担工作：谁在访问一个网站，谁就持有它的租约（30 秒，访问时续租）；一个进程中断，租约到期后由别的进程接替，不重复采集。访问上限和网站要求的暂缓也记在台账里，大家共同遵守。
- 不连接本机和内部网络的地址（解析域名之后、每次跳转之后都查）；内容有大小、时间、跳转次数、压缩倍数、嵌套层数和条数的上限，压缩包、程序、图片不打开。每次采集最多占用一个采集线程 10 分钟，其余留到下次，一个坏信源拖不住别的。出错按种类计数：“信源”页列出每个信源和全部信源近一天、近 7 天各种原因的次数和建议，重新启动不清零；进程启动以来的总数见指标 huiying_collect_failures_total。

## 健康状况

| 颜色 | 含义 |
|---|---|
| 绿 正常 | 按时采集，有新内容 |
| 黄 有波动 | 最近一次失败；或有新条目却读不出；或比平常久得多没有新内容 |
| 红 中断（通知值班监测员，站内和已配置的渠道都发，附处理建议，同一次中断只发一次） | 连续 3 次失败；或久未采集；或连续 3 次有新条目却一条也读不出，多半是网页改版 |
| 灰 未运行 | 已暂停或尚未采集 |

信源页还列出每个信源近 7 天每小时的新条目、近一天的访问次数和流量、从发布到采集的时差（中位数与 95% 线；开始采集之前发布的、只有日期没有钟点的不算），对每个网站的访问总数、最忙的一小时和今天的额度（各采集进程合计，领用时一次预留若干次），以及各渠道有没有信源在看。
`

func sourcesDoc() string {
	var b strings.Builder
	b.WriteString(sourcesHead)
	for _, k := range Kinds() {
		var example strings.Builder
		fmt.Fprintf(&example, "- id: example\n  kind: %s\n  name: 示例网\n  url: %s\n  channel: news\n  tier: county\n  every: 10m\n", k.Name, exampleURLs[k.Name])
		if len(examples[k.Name]) > 0 {
			example.WriteString("  options:\n")
			for _, o := range k.Options {
				if v, ok := examples[k.Name][o.Name]; ok {
					fmt.Fprintf(&example, "    %s: %v\n", o.Name, v)
				}
			}
		}
		fmt.Fprintf(&b, "\n## %s `%s`\n\n%s。\n\n```yaml\n%s", k.Title, k.Name, k.About, asFile(example.String()))
		b.WriteString("```\n\n| 选项 | 含义 | 例 | 默认 |\n|---|---|---|---|\n")
		for _, o := range k.Options {
			fmt.Fprintf(&b, "| `%s` | %s | `%v` | %s |\n", o.Name, o.Meaning, strings.ReplaceAll(written(o.Example), "|", `\|`), o.Default)
		}
	}
	b.WriteString(broughtDoc())
	b.WriteString("\n## 现成的设置\n\n常见来源的写法，换上自己的网址即可；每一种都在测试里按其真实格式取过。\n")
	for _, p := range presets {
		fmt.Fprintf(&b, "\n### %s\n\n%s。\n\n```yaml\n%s```\n", p.title, p.about, asFile(p.yaml()))
	}
	return b.String()
}

// asFile is a sources.yaml that holds the sources of a list.
func asFile(list string) string {
	return "sources:\n  " + strings.ReplaceAll(strings.TrimSuffix(list, "\n"), "\n", "\n  ") + "\n"
}

// written is an example as it is written in sources.yaml.
func written(example any) string {
	fields, ok := example.(map[string]any)
	if !ok {
		return fmt.Sprint(example)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		pairs = append(pairs, fmt.Sprintf("%s: %q", name, fields[name]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// What others bring, as the docs show it and TestTheExamplesOfTheDocsAreTaken takes it.
const (
	pushedArray = `[{"source": "某数据公司", "channel": "video", "url": "https://v.example.com/1001", "title": "滨河路路灯坏了一个月", "text": "从桥头到学校这一段，路灯坏了一个月没人修。", "author": "夜行人", "published_at": "2026-03-05T08:00:00+08:00", "engagement": {"views": 1200, "likes": 31}}]
`
	pushedLines = `{"source": "某数据公司", "channel": "forum", "url": "https://bbs.example.com/1", "text": "小区暖气不热，打电话没人接。", "published_at": "2026-03-05 08:00"}
{"source": "某数据公司", "channel": "forum", "url": "https://bbs.example.com/2", "text": "暖气终于热了。", "published_at": "2026-03-05 09:00"}
`
	crawledLines = `{"note_id": "65f0a1b2", "title": "县城的早市", "desc": "早市搬到体育场北侧，停车难。", "time": 1772672400000, "nickname": "小城生活", "liked_count": "1.2万", "comment_count": "36", "last_modify_ts": 1772676000000, "note_url": "https://www.xiaohongshu.com/explore/65f0a1b2"}
{"comment_id": "c1", "note_id": "65f0a1b2", "content": "早上七点过不去。", "create_time": 1772676000000, "nickname": "路人", "like_count": "12", "parent_comment_id": 0, "last_modify_ts": 1772676000000}
`
	hotlineSheet = `工单编号,诉求标题,诉求内容,来电时间,承办单位
GD2603050001,学校门口减速带,减速带压在斑马线上，老人被绊倒。,2026-03-05 09:12,县交警大队
`
)

func broughtDoc() string {
	var b strings.Builder
	fmt.Fprintf(&b, `
## 推送和导入

别人买来、导出或报来的数据不必采集，用接口或命令送进来；同样检查、脱敏、去重，不合格的退回原因，合格的照收。接口令牌用 %[1]shuiying token 账号 --scopes push%[1]s 生成，放在环境变量 %[1]sHUIYING_TOKEN%[1]s 里。

### 推送接口

一次一个数组，或一行一条（NDJSON，边收边处理，多长都可以）。答复里写明收了几条、重复几条、哪一条为什么没有收；忙时答 503 和 Retry-After，稍后重传即可，重复的不会收两次。字段见 %[1]s/api/v1/openapi.json%[1]s。

%[2]sjson
%[3]s%[2]s

%[2]s
curl -H "Authorization: Bearer $HUIYING_TOKEN" -H "Content-Type: application/json" --data-binary @posts.json https://huiying.example.gov.cn/api/v1/posts
%[2]s

%[2]sjson
%[4]s%[2]s

%[2]s
curl -X POST -T posts.ndjson -H "Authorization: Bearer $HUIYING_TOKEN" -H "Content-Type: application/x-ndjson" https://huiying.example.gov.cn/api/v1/posts
%[2]s

### MediaCrawler 的导出

JSONL、CSV 都认得，平台、网址、作者、时间、互动数自动对上，评论挂在原文之下；除昵称外的个人资料不留。

%[2]sjson
%[5]s%[2]s

%[2]s
huiying import xhs_contents.jsonl --config huiying.yaml
huiying import xhs_comments.jsonl --config huiying.yaml
%[2]s

### 热线工单和信件

12345 等系统导出的 XLSX、CSV（UTF-8、GBK 都可以），第一行是列名，常见的列名认得；不认得的用 %[1]s--map published_at=登记日期%[1]s 指明，或在“登记”页对好列、存为来件模板后用 %[1]s--profile%[1]s。没有收的行连同原因写在 %[1]s文件名.rejected.jsonl%[1]s。

%[2]s
%[6]s%[2]s

%[2]s
huiying import 工单.xlsx --config huiying.yaml --channel hotline --source 12345热线
%[2]s
`, "`", "```", pushedArray, pushedLines, crawledLines, hotlineSheet)
	return b.String()
}

func TestTheExamplesOfTheDocsAreTaken(t *testing.T) {
	for body, n := range map[string]int{pushedArray: 1, pushedLines: 2} {
		res, _, _ := push(t, strings.NewReader(body))
		if res.Accepted != n || len(res.Rejected) > 0 {
			t.Errorf("pushed %s: %+v", body, res)
		}
	}
	rows := func(text, format string) []huiying.Post {
		var posts []huiying.Post
		for row, err := range Rows(strings.NewReader(text), format, Mapping{}) {
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			posts = append(posts, row.Post)
		}
		return posts
	}
	crawled := rows(crawledLines, "jsonl")
	if len(crawled) != 2 || crawled[0].Source != "小红书" || crawled[0].Engagement.Likes != 12_000 || string(crawled[1].Parent) != crawled[0].URL[:strings.LastIndexByte(crawled[0].URL, '/')+1]+"65f0a1b2" {
		t.Errorf("MediaCrawler: %+v", crawled)
	}
	hotline := rows(hotlineSheet, "csv")
	if len(hotline) != 1 || hotline[0].Title != "学校门口减速带" || hotline[0].ID != "GD2603050001" || hotline[0].PublishedAt.Hour() != 9 {
		t.Errorf("hotline: %+v", hotline)
	}
}

var exampleURLs = map[string]string{
	"feed": "http://www.example.gov.cn/rss.xml", "site": "http://www.example.gov.cn/news/",
	"sitemap": "http://www.example.gov.cn/sitemap.xml", "jsonapi": "http://api.example.cn/v1/list", "browser": "https://www.example.cn/channel/news",
	"imap": "imaps://liaison/INBOX",
}

var examples = map[string]map[string]string{
	"feed":    {"full": "true"},
	"site":    {"list": "ul.news-list li", "text": "div.article-content"},
	"sitemap": {"link_pattern": `'/\d{4}/\d+\.html$'`, "days": "3"},
	"jsonapi": {"items": "data.list"},
	"imap":    {"senders": `"@jiaocheng.gov.cn"`},
	"browser": {"wait": "ul.news-list li", "list": "ul.news-list li"},
}
