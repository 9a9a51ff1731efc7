package huiying

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// trackingParams never change what a page says; a * stands for any ending.
var trackingParams = []string{
	"utm_*", "spm", "spm_id_from", "from", "isappinstalled", "share_*", "sharer_*", "scene", "srcid", "wfr", "bdtoken", "timestamp",
	"clicktime", "enterid", "wxshare_count", "nsukey", "tt_from", "vd_source", "unique_k", "weixin_*", "hmsr", "hmpl", "hmcu", "hmkw", "hmci",
	"gclid", "fbclid", "ncid", "ws_rid", "xsec_source", "xhsshare", "chksm", "pass_ticket", "key", "uin", "ascene", "devicetype",
}

// checkURL refuses what no browser can be sent to; empty is no address at all.
func checkURL(field, raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Invalid(field, "网址应以 http:// 或 https:// 开头，收到 %q", Clip(raw, 80))
	}
	return nil
}

// CanonicalURL drops the fragment, tracking parameters and default ports, and
// lower-cases scheme and host, so that a page read twice has one address that
// still leads to it. A fragment that is a route (#/… or #!/…) stays. What does not
// parse is returned as it is.
func CanonicalURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	u.Scheme = strings.ToLower(u.Scheme)
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	} else {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	if !strings.HasPrefix(u.Fragment, "/") && !strings.HasPrefix(u.Fragment, "!/") {
		u.Fragment, u.RawFragment = "", ""
	}
	u.User = nil
	if u.RawQuery != "" {
		q := u.Query()
		for name := range q {
			if tracks(u.Host, strings.ToLower(name)) {
				q.Del(name)
			}
		}
		u.RawQuery = q.Encode()
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

func tracks(host, param string) bool {
	if (param == "key" || param == "uin" || param == "ascene" || param == "devicetype") && host != "mp.weixin.qq.com" {
		return false // what only WeChat adds may be a search elsewhere
	}
	return slices.ContainsFunc(trackingParams, func(p string) bool {
		prefix, any := strings.CutSuffix(p, "*")
		return param == p || any && strings.HasPrefix(param, prefix)
	})
}

// deviceLabel begins the host of a site's edition for one kind of device.
var deviceLabel = regexp.MustCompile(`^(?:www|m|wap|mobile|3g|touch|h5)\.(.+\..+)$`)

// twins are addresses of platforms under which the same item stands, by host (with
// all below it) and the rest of the address; $1 is the item.
var twins = []struct {
	host string
	rest *regexp.Regexp
	to   string
}{
	{"weibo.cn", regexp.MustCompile(`^/(?:status|detail|\d+)/(\w{8,})`), "weibo:$1"},
	{"weibo.com", regexp.MustCompile(`^/(?:detail|status|\d+)/(\w{8,})`), "weibo:$1"},
	{"weibo.cn", regexp.MustCompile(`^/search\?(?:.*&)?containerid=[^&]*type%3D1%26(?:t%3D\d+%26)?q%3D([^&]*?)(?:%26.*)?(?:&.*)?$`), "weibo?$1"},
	{"weibo.com", regexp.MustCompile(`^/weibo\?(?:.*&)?q=([^&]+)`), "weibo?$1"},
	{"tieba.baidu.com", regexp.MustCompile(`^/p/(\d+)`), "tieba:$1"},
	{"toutiao.com", regexp.MustCompile(`^/(?:article/|i|a|group/|w/)(\d{15,})`), "toutiao:$1"},
	{"baijiahao.baidu.com", regexp.MustCompile(`[?&]id=(\d+)`), "baijiahao:$1"},
	{"douyin.com", regexp.MustCompile(`/(?:video|note)/(\d+)`), "douyin:$1"},
	{"iesdouyin.com", regexp.MustCompile(`/(?:video|note)/(\d+)`), "douyin:$1"},
	{"bilibili.com", regexp.MustCompile(`^/video/(\w+)/?(?:\?p=1)?$`), "bilibili:$1"},
	{"kuaishou.com", regexp.MustCompile(`^/short-video/(\w+)`), "kuaishou:$1"},
	{"xiaohongshu.com", regexp.MustCompile(`^/(?:explore|discovery/item)/(\w+)`), "xhs:$1"},
	{"zhihu.com", regexp.MustCompile(`/answer/(\d+)`), "zhihu-answer:$1"},
	{"qq.com", regexp.MustCompile(`^/(?:rain/a|a|omn/\d+|omn|cmsid)/(\d{8}[A-Z0-9]{8,})`), "qqnews:$1"},
	{"ifeng.com", regexp.MustCompile(`^/c/(?:s/)?(\w{8,})`), "ifeng:$1"},
}

// AddressKey is what all addresses of one page have in common: those of its mobile
// and desktop editions, with http and https, with and without what shows where a
// click came from. It is compared, never opened.
func AddressKey(raw string) string {
	canonical := CanonicalURL(raw)
	u, err := url.Parse(canonical)
	if err != nil || u.Host == "" {
		return raw
	}
	rest := u.EscapedPath()
	if u.RawQuery != "" {
		rest += "?" + u.RawQuery
	}
	for _, t := range twins {
		if u.Host != t.host && !strings.HasSuffix(u.Host, "."+t.host) {
			continue
		}
		if m := t.rest.FindStringSubmatch(rest); m != nil {
			if id, ok := weiboID(m[1]); ok && t.to == "weibo:$1" {
				return "weibo:" + id
			}
			return strings.ReplaceAll(t.to, "$1", strings.TrimPrefix(strings.TrimSuffix(m[1], "%23"), "%23"))
		}
	}
	host := u.Host
	if m := deviceLabel.FindStringSubmatch(host); m != nil {
		host = m[1]
	}
	if base := path.Base(u.Path); base == "index.html" || base == "index.htm" || base == "index.shtml" {
		rest = strings.Replace(rest, base, "", 1)
	}
	if i := strings.IndexByte(rest, '?'); i < 0 {
		rest = strings.TrimSuffix(rest, "/")
	}
	if u.Fragment != "" {
		rest += "#" + u.EscapedFragment()
	}
	return "//" + host + rest
}

const weiboDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// weiboID turns the short form of a microblog's number (HAohwE36n) into the long
// one (4386731509545047): from the end, four digits of base 62 are seven decimal
// ones.
func weiboID(short string) (string, bool) {
	if len(short) > 10 { // the long form
		return short, false
	}
	long := ""
	for end := len(short); end > 0; end -= 4 {
		n := 0
		for _, r := range short[max(0, end-4):end] {
			d := strings.IndexRune(weiboDigits, r)
			if d < 0 {
				return short, false
			}
			n = n*62 + d
		}
		part := strconv.Itoa(n)
		if end > 4 {
			part = strings.Repeat("0", max(0, 7-len(part))) + part
		}
		long = part + long
	}
	return long, true
}
