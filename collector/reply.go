package collector

import (
	"context"
	"fmt"

	"github.com/PuerkitoBio/goquery"

	"huiying"
)

// maxReplies bounds the comments taken from one page; the others come when it is
// looked at again.
const maxReplies = 500

// answer publishes those replies to a known post that are new.
func (c *Collector) answer(ctx context.Context, v *visit, parent huiying.PostID, replies []huiying.Post, t *tally) error {
	b := batch{c: c, v: v, tally: t}
	if err := b.reply(ctx, parent, replies); err != nil {
		return err
	}
	return b.flush(ctx)
}

// reply takes in those replies to a post that are new. What has no words (a
// picture, a sticker) is passed over.
func (b *batch) reply(ctx context.Context, parent huiying.PostID, replies []huiying.Post) error {
	byKey := make(map[string]candidate)
	var keys []string
	for _, r := range replies[:min(len(replies), maxReplies)] {
		if r.Text == "" {
			continue
		}
		r.Parent = parent
		key := itemKey("", "", "reply\x00"+string(parent)+"\x00"+string(r.ID)+"\x00"+r.Author+"\x00"+r.Text)
		keys = append(keys, key)
		byKey[key] = candidate{key: key, where: r.URL, raw: r.Text, post: r}
	}
	if len(keys) == 0 {
		return nil
	}
	fresh, err := b.c.cfg.Ledger.Unseen(ctx, b.v.source.ID, keys)
	if err != nil {
		return fmt.Errorf("ask which replies are new: %w", err)
	}
	for _, key := range fresh {
		b.settle(byKey[key])
	}
	return nil
}

// replyOptions are how a page's comments are found.
var replyOptions = []Option{
	{Name: "replies", Type: SelectorOption, Example: "div.comment-item", Meaning: "文章页上每条评论或回帖所在的元素；填了才采集评论，每条评论是一条信息，挂在原文之下"},
	{Name: "reply_text", Type: SelectorOption, Example: "p.content", Meaning: "一条评论里的正文；不填则取整条"},
	{Name: "reply_author", Type: SelectorOption, Example: "span.nick", Meaning: "一条评论里的作者"},
	{Name: "reply_date", Type: SelectorOption, Example: "span.time", Meaning: "一条评论里的时间"},
	{Name: "reply_likes", Type: SelectorOption, Example: "span.up", Meaning: "一条评论里的点赞数"},
}

// replyRules find the comments of a page; the zero value finds none.
type replyRules struct{ item, text, author, date, likes string }

func replyRulesOf(opts options) (replyRules, error) {
	r := replyRules{opts.text("replies"), opts.text("reply_text"), opts.text("reply_author"), opts.text("reply_date"), opts.text("reply_likes")}
	if r.item == "" && r != (replyRules{}) {
		return r, huiying.Invalid("options.replies", "reply_text 等是在每条评论里找的，请先填写 replies")
	}
	return r, nil
}

// take reads the comments and takes them out of the page, so that they are not
// read as the article.
func (r replyRules) take(p *page, v *visit) []huiying.Post {
	if r.item == "" {
		return nil
	}
	css, _ := splitSelector(r.item)
	found := p.doc.Find(css)
	var out []huiying.Post
	found.Each(func(_ int, s *goquery.Selection) {
		one := func(selector string) string {
			if selector == "" {
				return ""
			}
			for text := range selectedValues(s, selector) {
				if text = oneLine(text); text != "" {
					return text
				}
			}
			return ""
		}
		post := v.blank()
		post.URL = p.url.String()
		if r.text == "" {
			post.Text = plainText(s.Nodes[0])
		} else if nodes := s.Find(r.text).Nodes; len(nodes) > 0 {
			post.Text = plainText(nodes[0])
		}
		post.Author = cleanName(one(r.author))
		if when := one(r.date); when != "" {
			post.PublishedAt, _ = ParseDate(when, v.now()) // without one the time of reading counts
		}
		post.Engagement.Likes, _ = parseCount(one(r.likes))
		out = append(out, post)
	})
	found.Remove()
	return out
}
