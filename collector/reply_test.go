package collector

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
)

func TestCommentsOfASiteArePostsBelowTheirArticle(t *testing.T) {
	var more atomic.Bool
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/list" {
			_, _ = io.WriteString(w, `<ul><li class="e"><a href="/t/2026.html">供暖管道漏水什么时候修好</a></li></ul>`)
			return
		}
		late := ""
		if more.Load() {
			late = `<div class="floor"><b class="nick">丙</b><p>修好了，谢谢。</p><i>2026-03-05 18:00</i></div>`
		}
		_, _ = io.WriteString(w, `<h1>供暖管道漏水什么时候修好</h1><div>发表于 2026-03-05 09:30</div><div class="main">`+sentence+`</div>
<div class="floor"><b class="nick">甲</b><p>我家也停暖了，老人受不了。</p><i>2026-03-05 10:00</i><u>赞 12</u></div>
<div class="floor"><b class="nick">乙</b><p>同问</p><i>2小时前</i></div><div class="floor"><b class="nick">丁</b><img src="a.gif"></div>`+late)
	}))
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	src := newsSource(s.URL + "/list")
	src.Options = map[string]any{"list": "li.e", "replies": "div.floor", "reply_text": "p", "reply_author": ".nick", "reply_date": "i", "reply_likes": "u"}
	if err := c.Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 3 {
		t.Fatalf("%d posts: %+v", len(out.posts), out.posts)
	}
	top, first, second := out.posts[0], out.posts[1], out.posts[2]
	if strings.Contains(top.Text, "同问") || top.Parent != "" {
		t.Errorf("the article swallowed its comments: %q", top.Text)
	}
	if first.Parent != top.ID || first.Text != "我家也停暖了，老人受不了。" || first.Author != "甲**" || first.Engagement.Likes != 12 || first.PublishedAt.Hour() != 10 || first.Source != top.Source {
		t.Errorf("%+v", first)
	}
	if second.Parent != top.ID || !second.PublishedAt.Equal(testNow.Add(-2*time.Hour).Truncate(time.Minute)) && second.PublishedAt.Sub(testNow.Add(-2*time.Hour)).Abs() > time.Minute {
		t.Errorf("%+v", second)
	}
	more.Store(true)
	c.cfg.Speed = huiying.NewSpeed(testNow.Add(5*time.Hour), 1)
	c.cfg.Intake.Now = c.cfg.Speed.Now
	if err := c.Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 4 || out.posts[3].Text != "修好了，谢谢。" || out.posts[3].Parent != top.ID {
		t.Errorf("of the second look: %+v", out.posts[3:])
	}
}

func TestCommentsOfAJSONInterface(t *testing.T) {
	asked := make(chan string, 10)
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/list":
			_, _ = io.WriteString(w, `{"data":[{"id":"71","text":"瓦窑小区停暖三天","url":"/p/71","comments":[{"text":"我家也是","user":{"screen_name":"甲"},"like_count":3,"replies":[{"text":"回复甲：已报修"}]}]}]}`)
		case "/hotflow":
			asked <- r.URL.RawQuery
			_, _ = io.WriteString(w, `{"data":{"data":[{"id":9,"text":"问<b>一下</b>","user":{"screen_name":"乙"},"created_at":"2026-03-05 10:00:00"}]}}`)
		}
	}))
	for name, c := range map[string]struct {
		options map[string]any
		texts   string
	}{
		"inside the item":        {map[string]any{"items": "data", "replies": "comments"}, "瓦窑小区停暖三天|我家也是|回复甲：已报修"},
		"in an interface beside": {map[string]any{"items": "data", "replies_url": s.URL + "/hotflow?id={id}", "replies": "data.data", "reply_fields": map[string]any{"id": "id", "text": "text", "author": "user.screen_name"}}, "瓦窑小区停暖三天|问一下"},
	} {
		t.Run(name, func(t *testing.T) {
			out := &sink{}
			col := testCollector(t, newBook(), out)
			src := huiying.Source{ID: "j", Kind: "jsonapi", Name: "接口", URL: s.URL + "/list", Channel: huiying.ChannelWeibo, Options: c.options}
			for range 2 { // the second visit brings nothing new
				if err := col.Visit(t.Context(), src); err != nil {
					t.Fatal(err)
				}
			}
			var texts []string
			for i, p := range out.posts {
				texts = append(texts, p.Text)
				if i > 0 && p.Parent != out.posts[0].ID {
					t.Errorf("%q answers %q", p.Text, p.Parent)
				}
			}
			if got := strings.Join(texts, "|"); got != c.texts {
				t.Errorf("got %s, want %s", got, c.texts)
			}
		})
	}
	if len(asked) != 1 || <-asked != "id=71" {
		t.Error("the comments were not asked for once")
	}
}

// The rows are in the shapes MediaCrawler writes, one platform a line.
func TestMediaCrawlerCommentsFindTheirPosts(t *testing.T) {
	const rows = `{"note_id":"4386731509545047","content":"瓦窑小区停暖三天","create_time":1772676000,"create_date_time":"2026-03-05 10:00:00+08:00","liked_count":"12","comments_count":"3","shared_count":"1","last_modify_ts":1772676100000,"note_url":"https://m.weibo.cn/detail/4386731509545047","ip_location":"山西","user_id":"1001","nickname":"交城居民","gender":"m","profile_url":"https://m.weibo.cn/u/1001","avatar":"x.jpg","source_keyword":"交城 供暖"}
{"comment_id":"51","create_time":1772676600,"create_date_time":"2026-03-05 10:10:00+08:00","note_id":"4386731509545047","content":"我家也停了","sub_comment_count":"1","comment_like_count":"7","last_modify_ts":1772676700000,"ip_location":"山西","parent_comment_id":"51","user_id":"1002","nickname":"路人","gender":"f","profile_url":"u","avatar":"y.jpg"}
{"comment_id":"52","create_time":1772676900,"note_id":"4386731509545047","content":"回复路人：同停","sub_comment_count":"0","comment_like_count":"0","last_modify_ts":1772676700000,"parent_comment_id":"51","user_id":"1003","nickname":"路人乙"}
{"note_id":"65a1b2c3d4e5f60718293a4b","type":"normal","title":"停暖","desc":"家里十二度","time":1772676000000,"user_id":"u","nickname":"小红","liked_count":"1.2万","comment_count":"3","share_count":"1","last_modify_ts":1,"note_url":"https://www.xiaohongshu.com/explore/65a1b2c3d4e5f60718293a4b?xsec_token=AB&xsec_source=pc_search"}
{"comment_id":"65b","create_time":1772676000000,"note_id":"65a1b2c3d4e5f60718293a4b","content":"冷","user_id":"u2","nickname":"小蓝","sub_comment_count":0,"parent_comment_id":0,"last_modify_ts":1,"like_count":2}
{"comment_id":"730","create_time":1772676000,"aweme_id":"7234567890123456789","content":"视频里是哪里","user_id":"u3","nickname":"抖","sub_comment_count":"0","like_count":5,"last_modify_ts":1,"parent_comment_id":"0"}
{"content_id":"3300","content_type":"answer","content_text":"供热公司应当赔偿。","content_url":"https://www.zhihu.com/question/99/answer/3300","title":"停暖怎么办","desc":"","created_time":1772676000,"voteup_count":8,"comment_count":1,"last_modify_ts":1,"user_nickname":"知"}
{"comment_id":"11","parent_comment_id":"","content":"赞同","publish_time":1772676000,"content_id":"3300","content_type":"answer","like_count":1,"last_modify_ts":1,"user_nickname":"乎"}
`
	var posts []huiying.Post
	intake := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return testNow }}
	for row, err := range rowsAt(strings.NewReader(rows), "jsonl", Mapping{Source: "exports/contents.jsonl", Channel: huiying.ChannelLetter}, func() time.Time { return testNow }) {
		if err != nil {
			t.Fatalf("row %d: %v", row.Number, err)
		}
		p, err := intake.Accept(row.Post)
		if err != nil {
			t.Fatalf("row %d: %v", row.Number, err)
		}
		posts = append(posts, p)
		if b, _ := json.Marshal(p); strings.Contains(string(b), "avatar") || strings.Contains(string(b), "100") && strings.Contains(string(b), "user_id") {
			t.Errorf("row %d keeps who wrote it: %s", row.Number, b)
		}
	}
	weibo, xhs, zhihu := posts[0], posts[3], posts[6]
	if weibo.Source != "微博" || weibo.Channel != huiying.ChannelWeibo || weibo.Engagement.Likes != 12 || weibo.Engagement.Reposts != 1 || weibo.PublishedAt.Hour() != 10 || len(weibo.Extra) != 1 {
		t.Errorf("%+v", weibo)
	}
	for i, want := range map[int]huiying.PostID{1: weibo.ID, 2: posts[1].ID, 4: xhs.ID, 5: huiying.PostIDAt(weibo.Region, "https://www.douyin.com/video/7234567890123456789"), 7: zhihu.ID} {
		if posts[i].Parent != want || posts[i].Title != "" {
			t.Errorf("comment %d %q answers %s, want %s", i, posts[i].Text, posts[i].Parent, want)
		}
	}
	if xhs.Title != "停暖" || xhs.Text != "家里十二度" || xhs.Engagement.Likes != 12_000 || posts[1].Engagement.Likes != 7 {
		t.Errorf("%+v", xhs)
	}
}
