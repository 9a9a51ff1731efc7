package collector

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The lines around an article that are none of it: its title and byline above, what
// a form tells of a letter, credits and small print below.

var (
	endLine  = regexp.MustCompile(`^(?:[【（(\[]?\s*(?:责任编辑|责编|(?:图片|视频|文字|值班|执行|本期)?编辑|编审|审核|[初复终]审|校对|监制|值班主任|纠错)\s*[:：/】)].{0,40}|[^。！？]{0,30}(?:责任编辑|责编)\s*[:：].{0,30}|举报/反馈|[-—\s]*(?:THE )?END[-—\s]*|[（(【\[]?\s*(?:文章来源|来源|记者|通讯员|作者|文字|图片|图文|摄影|素材|文案|策划|统筹|制作|排版|供稿|撰稿)\s*[:：/丨|].{0,40}|.{0,12}(?:点击|长按|扫码|识别).{0,16}(?:关注|名片|二维码|下载).{0,12}|展开(?:剩余|全文|阅读).{0,10}|返回.{2,8}查看更多|.{0,20}(?:未经.{0,8}(?:授权|许可|同意).{0,20}|报料.{0,30})|(?:特别声明|免责声明|版权声明|郑重声明|Notice)[:：].*|主办(?:单位)?[:：].*承办.*|.{0,40}(?:网站标识码|公网安备|ICP备|Powered by|Copyright|All Rights Reserved).*|分享(?:到|至|让|给).{0,20}|(?:下载|打开).{0,20}(?:APP|App|客户端).{0,20}|(?:上|下)一[篇条][:：].*|[【\[]?\s*(?:打印|关闭)\s*(?:本页|窗口)?\s*[】\]]?.{0,20}|扫一扫.{0,20}|以下文章来源于.{0,30}|发[帖贴]时间\s*[:：].{0,60}|[-—─=*·\s]{3,})$`)
	endMarks = "。！？；，、：…”"
)

// bare is a text without the lines of its frame.
func bare(text, title string) string {
	return withoutEnding(withoutHeading(withoutAnswerers(withoutForm(text)), title))
}

// answerLine is who answered a letter, and when.
var answerLine = regexp.MustCompile(`(?m)^(?:(?:官方|部门|单位)(?:回复|答复)|[^，。！？；：\n]{2,24}\s*(?:(?:回复|答复)于?)\s*(?:19|20)\d\d-\d{1,2}-\d{1,2} \d{1,2}:\d\d(?::\d\d)?|[^，。！？；：\n\d]{2,24}(?:19|20)\d\d-\d{1,2}-\d{1,2} \d{1,2}:\d\d:\d\d)\n`)

func withoutAnswerers(text string) string { return answerLine.ReplaceAllString(text, "") }

// sentencesBeside counts the characters of the lines of text that are sentences,
// no byline or small print, and do not stand in own.
func sentencesBeside(text, own string) int {
	own = squeeze(own)
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		if s := squeeze(line); strings.ContainsAny(s, "。！？") && !bylineSign.MatchString(s) && !smallPrint.MatchString(s) && !endLine.MatchString(line) && !strings.Contains(own, s) {
			n += runes(s)
		}
	}
	return n
}

// withoutEnding drops the lines under an article that credit, disclaim or share.
func withoutEnding(text string) string {
	for {
		i := strings.LastIndexByte(text, '\n')
		if i < 0 || !credit(text[i+1:]) {
			return text
		}
		text = text[:i]
	}
}

// credit reports whether a line credits, disclaims or shares; what asks or tells
// something does not, whoever is named before it.
func credit(line string) bool {
	return endLine.MatchString(line) && !strings.Contains(line, "？")
}

// withoutHeading drops the title and the lines with date and source from the top
// of a text, and what stands above them.
func withoutHeading(text, title string) string {
	const most = 8 // lines
	title = squeeze(title)
	rest := text
	for range most {
		line, below, more := strings.Cut(rest, "\n")
		if !more {
			break
		}
		heading := title != "" && (squeeze(line) == title || strings.HasPrefix(squeeze(line), title) && !strings.ContainsAny(line, endMarks[:3]) && runes(line) < utf8.RuneCountInString(title)+40)
		switch {
		case heading, byline(line), !tooLong(line, 120) && indexLine.MatchString(line), credit(line):
			text = below
		case strings.ContainsAny(line, endMarks[:9]) || tooLong(line, 60) || strings.HasSuffix(line, "："):
			return text
		}
		rest = below
	}
	return text
}

// bareDate is a line that hardly tells more than a date, and no label that makes it
// one of the article's facts.
var bareDate = regexp.MustCompile(`^([^，。！？；：]{0,14}?)\s*[\[【（(]?\s*(?:(?:(?:19|20)?\d\d[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/月]\d{1,2}日?(?:\s*\d{1,2}:\d\d))(?:[T\s]*\d{1,2}[:：时]\d\d(?:[:：分]\d\d)?[秒分]?)?|(?:[昨前今]天|刚刚)\s*(?:\d{1,2}:\d\d)?|\d{1,3}\s*(?:秒|分钟|小时|天|周|个?月)前|[二一][〇零○一二三四五六七八九]{3}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日)\s*[\])）】]?([^，。！？；]{0,40})$`)

// byline reports whether a line tells when a text was published, by whom, whence.
func byline(line string) bool {
	if tooLong(line, 90) || strings.ContainsAny(line, endMarks[:3]) || strings.Contains(line, "，") {
		return false
	}
	if dateLabel.MatchString(line) && strings.ContainsAny(line, "0123456789") || bylineSign.MatchString(line) || authorLine.MatchString(line) {
		return true
	}
	if stampLine.MatchString(line) {
		return true
	}
	m := bareDate.FindStringSubmatch(line)
	return m != nil && !factLabel.MatchString(m[1]) && !hours.MatchString(line)
}

// stampLine is a name and the second of a post.
var stampLine = regexp.MustCompile(`^.{0,24}(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s+\d{1,2}:\d\d:\d\d$`)

// hours are a stretch of time, which no byline has.
var hours = regexp.MustCompile(`\d{1,2}[:：时]\d{0,2}分?\s*[-－—–~～至到]\s*\d`)

// factLabel ends the name of a day that is no day of publication.
var factLabel = regexp.MustCompile(`(?:日期|时间|期限|期|至|于|自|从)\s*$`)

// indexLine is a row of the table on top of what a government publishes.
var indexLine = regexp.MustCompile(`^(?:(?:索\s*引\s*号|主题分类|组配分类|体裁分类|公开[类方]\S{1,2}|主\s*题\s*词|发布机构|发文机关|发文单位|生成日期|成文日期|发布日期|发文字号|文\s*号|标\s*题|名\s*称|有效性|效力状态|废止日期|信息来源|关键词)\s*[:：]\s*[^，。；]{0,60}){1,4}$`)

// formLine is a line of a letter's form that tells of the letter, not what it says.
var formLine = regexp.MustCompile(`^[问答]?(?:(?:(?:留言|来信|信件|工单|诉求|问政|提问)(?:ID|编号|对象|时间|日期|人|类型|类别|领域|状态)|(?:回复|答复|办理|承办|受理|提交)(?:单位|部门|时间|日期|状态|人)|网友|满意度(?:评价)?)\s*[:：][^，。！？；]{0,40}){1,6}$|^[\p{Han}]{2,20}(?:回复|答复)(?:于|时间)?\s*[:：]?\s*(?:19|20)\d\d[-年/.].{0,20}$|^浏览(?:量|次数)?[:：]?\s*\d+$|^[\p{Han}]{2,20}\s*官方(?:回复|答复)$|^(?:19|20)\d\d-\d{1,2}-\d{1,2}\s+\d{1,2}:\d\d(?::\d\d)?$|^本帖最后由.{2,40}编辑$`)

func withoutForm(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return !tooLong(l, 100) && formLine.MatchString(l) }), "\n")
}
