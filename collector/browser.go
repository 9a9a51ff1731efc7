package collector

import (
	"context"
	"slices"

	"huiying"
)

var browserKind = Kind{
	Name: "browser", Title: "需脚本的网页",
	About: "网页内容由脚本生成、直接打开是空白时用：由无界面的 Chromium 打开后再读，其余与网站栏目相同。要先在配置里写 collector.browser；占用大，能用其他方式就不用",
	Options: slices.Concat([]Option{
		{Name: "wait", Type: SelectorOption, Example: "div.article-content", Meaning: "等这个元素出现再读；不填则等网页安静下来"},
	}, siteKind.Options),
	open: func(opts options, s huiying.Source) (plan, error) {
		p, err := openSite(opts, s)
		if err != nil {
			return plan{}, err
		}
		rendered := &rendering{wait: opts.text("wait")}
		return plan{
			list: func(ctx context.Context, v *visit) ([]candidate, error) {
				v.rendered = rendered
				return p.list(ctx, v)
			},
			page: func(ctx context.Context, v *visit, post huiying.Post) (huiying.Post, []huiying.Post, error) {
				v.rendered = rendered
				return p.page(ctx, v, post)
			},
		}, nil
	},
}

// A rendering asks for pages as scripts make them.
type rendering struct {
	wait string // the element to wait for, "" for a page that has come to rest
}
