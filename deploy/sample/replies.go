package sample

import (
	"time"

	"huiying"
)

// disclaimer stands on every page and in every feed.
const disclaimer = "演示数据，内容均为虚构"

// maxReplies is how many of a thread's replies its page shows.
const maxReplies = 6

// smallTalk is what people write under anything. It says nothing about the
// matter, so that a page's meaning lies in its first post.
var smallTalk = []string{
	"顶一下", "前排围观", "同问", "坐等后续", "插眼，有消息的说一声", "楼主说得对", "+1", "路过看看", "先收藏",
	"我家也是这么个情况", "有没有知道内情的", "发到群里让大家都看看", "蹲一个结果", "不了解情况，不评论", "理性讨论", "楼主跟进了吗",
	"等官方说法吧", "我去打12345问问", "好像前段时间也有人说过", "帮顶，沉了可惜",
}

var passersBy = []string{
	"瓦窑河边", "吃莜面的猫", "东街老槐树", "骏枣一颗", "夜班司机", "小城旧事", "山里娃", "卦山听松", "北关豆腐脑",
	"一只喜鹊", "风吹麦浪", "老交城人", "二毛他爹", "今天也要加油", "晋阳大道口", "慢半拍",
}

// replies are the first answers a post has had by now. How many there are
// follows its growing count, and one that was there stays.
func (s *Site) replies(p Post, now time.Time) []comment {
	if p.Site != Forum && p.Site != Life && p.Site != Weibo {
		return nil
	}
	var out []comment
	total := s.traffic(p, now).Comments
	gap := 4 * time.Minute
	for i := range min(total, maxReplies) {
		n := string(rune('a' + i))
		at := p.Published(s.start).Add(gap * time.Duration(i+1))
		if at.After(now) {
			break
		}
		out = append(out, comment{
			Author: passersBy[int(s.luck("who", p.ID, n)*float64(len(passersBy)))],
			Text:   smallTalk[int(s.luck("what", p.ID, n)*float64(len(smallTalk)))],
			Date:   at.In(huiying.Beijing).Format(dateStyles[p.Site]),
		})
	}
	return out
}
