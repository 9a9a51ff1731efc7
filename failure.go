package huiying

// FailureKind sorts what a collector could not read, for counting.
type FailureKind string

// The kinds of failures.
const (
	FailureAddress  FailureKind = "address"   // no address of a public, approved page
	FailureRobots   FailureKind = "robots"    // robots.txt says no, or cannot be read
	FailureName     FailureKind = "name"      // the host's name leads nowhere
	FailureConnect  FailureKind = "connect"   // nobody answers, or the line broke
	FailureTLS      FailureKind = "tls"       // the host does not prove who it is
	FailureTimeout  FailureKind = "timeout"   // not done in time
	FailureStatus   FailureKind = "status"    // an answer other than the page
	FailureAway     FailureKind = "away"      // we are to stay away for a while
	FailureRedirect FailureKind = "redirect"  // sent on without end
	FailureTooLarge FailureKind = "too_large" // more than we hold, packed or not
	FailureBroken   FailureKind = "broken"    // damaged on the way, or packed wrongly
	FailureScript   FailureKind = "script"    // a script of the page never ends
	FailureUnread   FailureKind = "unread"    // no page, feed or list we can read
	FailureOurs     FailureKind = "ours"      // no fault of the site: the settings, the ledger, the browser or the program
)

// FailureKinds are all of them, those of the way to a page first.
var FailureKinds = []FailureKind{
	FailureAddress, FailureRobots, FailureName, FailureConnect, FailureTLS, FailureTimeout, FailureStatus, FailureAway,
	FailureRedirect, FailureTooLarge, FailureBroken, FailureScript, FailureUnread, FailureOurs,
}

var failureTexts = map[FailureKind]struct{ label, advice string }{
	FailureAddress:  {"网址不能采集", "核对网址：只采集经核准网站的公开网页；确需采集的，经办公室核准后写入 collector.allow"},
	FailureRobots:   {"网站不许采集", "联系网站，或改用它的订阅源、停用这个信源"},
	FailureName:     {"找不到网站", "核对网址；其他信源也这样时请检查 DNS 和网络"},
	FailureConnect:  {"连不上", "用浏览器打开看网站是否在运行；别的网站也连不上时检查本机网络"},
	FailureTLS:      {"证书或加密有误", "核对是不是网站的正式网址，联系网站更新证书"},
	FailureTimeout:  {"超时", "网站太慢：把采集间隔加大；长期这样时联系网站"},
	FailureStatus:   {"网站拒绝或没有这一页", "用浏览器打开网页：没有了就改网址，要登录的换公开的来源"},
	FailureAway:     {"网站要求放慢", "系统已暂缓访问；常有时把采集间隔加大一倍"},
	FailureRedirect: {"反复跳转", "用浏览器打开，把最后停下的网址填进来"},
	FailureTooLarge: {"内容太大", "改用订阅源或条数少的列表页"},
	FailureBroken:   {"内容传输损坏", "系统会再试；长期这样时联系网站"},
	FailureScript:   {"网页脚本不停", "改用不靠脚本的来源，如订阅源或接口"},
	FailureUnread:   {"读不出内容", "在信源页测试这个信源，核对类型和选择器"},
	FailureOurs:     {"设置或本系统的问题", "按提示改这个信源的设置；不是设置的，请系统管理员看日志和磁盘"},
}

// Label is the kind in a few plain words, in Chinese.
func (k FailureKind) Label() string {
	if t, ok := failureTexts[k]; ok {
		return t.label
	}
	return string(k)
}

// Advice says what a person can do about failures of this kind, in Chinese.
func (k FailureKind) Advice() string { return failureTexts[k].advice }
