package huiying_test

import (
	"testing"

	"pgregory.net/rapid"

	"huiying"
)

func TestOnePageHasOneAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://Example.com":                        "https://example.com/",
		"http://example.com:80/a#b":                  "http://example.com/a",
		"http://example.com:8080/a":                  "http://example.com:8080/a",
		"https://user:pass@example.com/a":            "https://example.com/a",
		"https://example.com/a?b=2&a=1":              "https://example.com/a?a=1&b=2",
		"https://example.com/a?UTM_Source=x&id=1":    "https://example.com/a?id=1",
		"https://example.com/a?spm=1":                "https://example.com/a",
		"https://example.com/交城?q=水":                 "https://example.com/%E4%BA%A4%E5%9F%8E?q=%E6%B0%B4",
		"not an address":                             "not an address",
		"https://a.example/#/post/12?x=1":            "https://a.example/#/post/12?x=1",
		"http://[::1]:80/x":                          "http://[::1]/x",
		"https://mp.weixin.qq.com/s?__biz=M&scene=2": "https://mp.weixin.qq.com/s?__biz=M",
	} {
		got := huiying.CanonicalURL(in)
		if got != want {
			t.Errorf("CanonicalURL(%q) = %q, want %q", in, got, want)
		}
		if again := huiying.CanonicalURL(got); again != got {
			t.Errorf("again: %q → %q", got, again)
		}
	}
}

func TestTheEditionsOfAPageHaveOneKey(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"http://www.jiaocheng.gov.cn/xw/1.html", "https://jiaocheng.gov.cn/xw/1.html?from=timeline&isappinstalled=0", "http://m.jiaocheng.gov.cn/xw/1.html#top", "http://wap.jiaocheng.gov.cn:80/xw/1.html"},
		{"https://www.example.cn/news/", "http://example.cn/news", "http://example.cn/news/index.html", "https://m.example.cn/news/index.shtml?share_token=1"},
		{"https://m.weibo.cn/status/4386731509545047", "https://weibo.com/1323527941/HAohwE36n", "https://m.weibo.cn/detail/4386731509545047", "https://weibo.com/1323527941/HAohwE36n?from=page_1&type=comment#_rnd1", "https://m.weibo.cn/status/HAohwE36n?jumpfrom=weibocom", "https://www.weibo.com/detail/4386731509545047"},
		{"https://s.weibo.com/weibo?q=%23%E4%BA%A4%E5%9F%8E%E4%BE%9B%E6%9A%96%23&t=31&band_rank=7&Refer=top", "https://m.weibo.cn/search?containerid=100103type%3D1%26t%3D10%26q%3D%23%E4%BA%A4%E5%9F%8E%E4%BE%9B%E6%9A%96%23&isnewpage=1&extparam=seat%3D1%26pos%3D0", "https://m.weibo.cn/search?containerid=231522type%3D1%26t%3D10%26q%3D%E4%BA%A4%E5%9F%8E%E4%BE%9B%E6%9A%96"},
		{"https://tieba.baidu.com/p/8123456789?pn=2", "http://c.tieba.baidu.com/p/8123456789"},
		{"https://www.toutiao.com/article/7234567890123456789/?wid=1", "https://m.toutiao.com/i7234567890123456789/", "https://www.toutiao.com/a7234567890123456789/"},
		{"https://baijiahao.baidu.com/s?id=1767891234567890123&wfr=spider&for=pc", "https://baijiahao.baidu.com/s?wfr=content&id=1767891234567890123"},
		{"https://www.douyin.com/video/7234567890123456789", "https://www.iesdouyin.com/share/video/7234567890123456789/?region=CN"},
		{"https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=1&sn=ab&chksm=c3&scene=21#wechat_redirect", "https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=1&sn=ab"},
		{"https://new.qq.com/rain/a/20260305A01BCD00", "https://view.inews.qq.com/a/20260305A01BCD00?uid=1"},
		{"https://3g.163.com/dy/article/ABC.html", "https://www.163.com/dy/article/ABC.html?spm=1"},
	} {
		want := huiying.AddressKey(same[0])
		for _, other := range same[1:] {
			if got := huiying.AddressKey(other); got != want {
				t.Errorf("%s is %s, but %s is %s", same[0], want, other, got)
			}
		}
	}
}

func TestOtherPagesHaveOtherKeys(t *testing.T) {
	t.Parallel()
	list := []string{
		"https://www.example.cn/", "https://news.example.cn/", "https://m.cn/", "https://www.example.cn/a?id=1", "https://www.example.cn/a?id=2", "https://www.example.cn/a?key=1",
		"https://www.example.cn/A", "https://www.example.cn/a", "https://www.example.cn:8080/a", "https://www.example.cn/#/post/1", "https://www.example.cn/#/post/2", "https://www.example.cn/%2Fa",
		"https://m.weibo.cn/status/4386731509545047", "https://m.weibo.cn/status/4386731509545048", "https://weibo.com/1323527941/HAohwE36z", "https://weibo.com/u/1323527941", "https://weibo.com/1323527941/",
		"https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=1&sn=ab", "https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=2&sn=cd", "https://mp.weixin.qq.com/s/AbCdEf",
		"https://tieba.baidu.com/p/1", "https://tieba.baidu.com/p/2", "https://s.weibo.com/weibo?q=1", "https://s.weibo.com/weibo?q=2",
	}
	seen := make(map[string]string)
	for _, a := range list {
		k := huiying.AddressKey(a)
		if seen[k] != "" {
			t.Errorf("%s and %s have the key %s", a, seen[k], k)
		}
		seen[k] = a
	}
}

func TestTheKeyOfACanonicalAddressIsItsKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := "http://" + rapid.StringMatching(`(www\.|m\.)?[a-z]{1,5}\.(cn|com)`).Draw(t, "host") + rapid.StringMatching(`(/[a-z%0-9]{0,4}){0,3}(\?[a-z]{1,5}=[a-z0-9&=]{0,6})?(#[a-z/!]{0,4})?`).Draw(t, "rest")
		if a, b := huiying.AddressKey(raw), huiying.AddressKey(huiying.CanonicalURL(raw)); a != b {
			t.Errorf("%q has the key %q, its canonical address %q", raw, a, b)
		}
	})
}
