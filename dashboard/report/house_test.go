package report

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"huiying"
	"huiying/store/ledger"
	"huiying/store/sqlite"
)

const county = huiying.Region("141122")

// now is the evening of a working day.
var now = time.Date(2026, 11, 26, 18, 0, 0, 0, huiying.Beijing)

func templates() fs.FS { return os.DirFS("../../deploy/county/141122/templates") }

// house is a reporter over real stores with a small county in them.
type house struct {
	*Reporter
	ledger  *ledger.Ledger
	archive *sqlite.Archive
	rules   huiying.Rules
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func empty(t *testing.T) *house {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	h := &house{
		ledger:  must(ledger.OpenSQLite(ctx, filepath.Join(dir, "ledger.db"))),
		archive: must(sqlite.OpenArchive(ctx, filepath.Join(dir, "archive.db"), func(string) []sqlite.Token { return nil })),
	}
	t.Cleanup(func() { _, _ = h.ledger.Close(), h.archive.Close() })
	h.rules.Appraisal = huiying.AppraisalRules{Version: "试行", MinSample: 2, Rules: []huiying.AppraisalRule{
		{Name: "按时签收", Merit: huiying.MeritAcknowledge, Points: 20, Rule: "本县内部时限"}, {Name: "真正解决", Merit: huiying.MeritFixed, Points: 30, Rule: "交政办发〔2020〕78号"},
	}}
	h.rules.Reports = huiying.ReportRules{Version: "1", Issuer: "交城县新闻中心", Rules: []huiying.ReportRule{
		{Kind: huiying.ReportDaily, Title: "交城县政务舆情日报", Code: "交舆日报", CopyTo: []string{"县委办公室", "县政府办公室"}, At: "18:00"},
		{Kind: huiying.ReportWeekly, Title: "交城县政务舆情周报", Code: "交舆周报", At: "17:00", On: 5},
		{Kind: huiying.ReportCase, Title: "交城县政务舆情交办单", Code: "交舆"},
		{Kind: huiying.ReportFeedback, Title: "交城县政务舆情处置反馈单", Code: "交舆反馈"},
	}}
	h.Reporter = New(Config{
		Region: county, County: "交城县", Base: "https://yq.example.invalid", Archive: h.archive, Ledger: h.ledger,
		Rules: func() *huiying.Rules { return &h.rules }, Templates: templates(),
	})
	return h
}

// filled is a county in which a few things happened.
func filled(t *testing.T) *house {
	t.Helper()
	h, ctx := empty(t), context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(h.ledger.SaveUnits(ctx, []huiying.Unit{
		{ID: "jkj", Region: county, Name: "县教育科技局", Short: "教科局", Kind: "县政府", Head: huiying.Contact{Name: "张局长", Phone: "0358-3521001"}, Liaison: huiying.Contact{Name: "王联络", Phone: "0358-3521002"}, Handler: huiying.Contact{Name: "刘承办"}},
		{ID: "zjj", Region: county, Name: "县住房和城乡建设局", Short: "住建局", Kind: "县政府", Liaison: huiying.Contact{Name: "李联络", Phone: "0358-3522002"}},
		{ID: "t100", Region: county, Name: "天宁镇人民政府", Short: "天宁镇", Kind: "乡镇"},
	}))
	var posts []huiying.Assessed
	post := func(id, title, text, source string, channel huiying.Channel, tone, category string, at time.Time, interactions int64) {
		posts = append(posts, huiying.Assessed{
			Post:       huiying.Post{ID: huiying.PostID(id), Region: county, Source: source, Channel: channel, URL: "https://bbs.example.invalid/" + id, Title: title, Text: text, PublishedAt: at, CollectedAt: at.Add(time.Minute), Engagement: huiying.Engagement{Views: interactions * 20, Likes: interactions / 2, Comments: interactions / 2}},
			Assessment: huiying.Assessment{ID: huiying.PostID(id), Category: category, Sentiment: huiying.Sentiment{Label: tone}, Keywords: []string{"食堂", "家长"}, State: huiying.PhaseOccurred},
		})
	}
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, huiying.Beijing)
	post("p1", "天宁镇某小学食堂用料遭质疑", "家长反映天宁镇某小学食堂使用临期食材，已有多名学生腹泻，希望有关部门尽快调查并公布结果。", "卦山论坛", huiying.ChannelForum, "negative", "教育文体", day.Add(8*time.Hour+20*time.Minute), 320)
	post("p2", "小学食堂的事，什么时候给说法", "问了学校说还在了解，家长群里都在等，检测报告能不能公开？", "吕梁民声", huiying.ChannelForum, "negative", "教育文体", day.Add(9*time.Hour+10*time.Minute), 150)
	post("p3", "县教科局回应小学食堂问题：已成立联合检查组", "县教科局表示，已会同市场监管局成立检查组，对食材留样送检，结果将及时公布。", "交城县政府网", huiying.ChannelNews, "neutral", "教育文体", day.Add(13*time.Hour), 80)
	post("p4", "支持公开透明处理", "检查组很快到了学校，家长代表参加了现场检查，这样处理是对的。", "卦山论坛", huiying.ChannelForum, "positive", "教育文体", day.Add(14*time.Hour+30*time.Minute), 40)
	post("p5", "集中供热管网改造完工", "今冬首批供热管网改造完成。", "吕梁日报", huiying.ChannelNews, "positive", "城乡建设", day.Add(10*time.Hour), 12)
	post("p6", "小区暖气不热", "怡和苑小区暖气一直不热。", "12345热线", huiying.ChannelHotline, "negative", "城乡建设", day.Add(11*time.Hour+5*time.Minute), 3)
	post("p7", "咨询医保缴费", "问城乡居民医保缴费截止时间。", "12345热线", huiying.ChannelHotline, "neutral", "劳动和社会保障", day.Add(15*time.Hour), 1)
	post("p8", "暖气还是不热", "昨天反映的暖气问题没人来。", "卦山论坛", huiying.ChannelForum, "negative", "城乡建设", day.Add(-7*time.Hour), 9)
	post("p9", "骏枣丰收", "今年骏枣丰收。", "吕梁日报", huiying.ChannelNews, "positive", "农村农业", day.Add(-5*time.Hour), 6)
	_, err := h.archive.Insert(ctx, posts)
	check(err)
	events := []huiying.Event{
		{
			ID: "e1", Region: county, Queue: huiying.Online, Title: "天宁镇某小学食堂用料遭质疑", Category: "教育文体", Posts: 4, Negative: 2, Level: huiying.Orange, Risk: 78, Case: "c1",
			Channels: map[huiying.Channel]int{huiying.ChannelForum: 3, huiying.ChannelNews: 1}, Sources: map[string]int{"卦山论坛": 2, "吕梁民声": 1, "交城县政府网": 1}, Tier: huiying.TierCounty,
			Engagement: huiying.Engagement{Views: 11800, Likes: 295, Comments: 295}, Flags: []huiying.Flag{huiying.FlagMinor, huiying.FlagLivelihood}, Places: []huiying.Place{{Name: "天宁镇", Code: "141122100", P: 0.97}},
			Units: []huiying.Candidate{{Unit: "jkj", P: 0.9}}, FirstPost: "p1", FirstURL: "https://bbs.example.invalid/p1", FirstSource: "卦山论坛", FirstAt: day.Add(8*time.Hour + 20*time.Minute), FirstSeenAt: day.Add(8*time.Hour + 22*time.Minute),
			LastAt: day.Add(14*time.Hour + 30*time.Minute), Hours: map[string]int{"2026-11-26T08": 1, "2026-11-26T09": 1, "2026-11-26T13": 1, "2026-11-26T14": 1}, Curve: huiying.CurveGrowing, Reasons: []huiying.Reason{{Rule: "涉未成年人", Text: "涉及未成年人，上调一级"}}, UpdatedAt: now,
			Factors: []huiying.Factor{{Name: "食品药品", Weight: 24, Evidence: "临期食材"}, {Name: "涉未成年人", Weight: 20, Evidence: "多名学生腹泻"}}, Keywords: []string{"食堂", "家长", "临期食材"},
		},
		{
			ID: "e2", Region: county, Queue: huiying.Offline, Title: "怡和苑小区暖气不热", Category: "城乡建设", Posts: 2, Negative: 2, Level: huiying.Blue, Risk: 41, Channels: map[huiying.Channel]int{huiying.ChannelHotline: 1, huiying.ChannelForum: 1},
			Sources: map[string]int{"12345热线": 1, "卦山论坛": 1}, FirstPost: "p8", FirstSource: "卦山论坛", FirstAt: day.Add(-7 * time.Hour), FirstSeenAt: day.Add(-7 * time.Hour), LastAt: day.Add(11*time.Hour + 5*time.Minute), Curve: huiying.CurveLatent, UpdatedAt: now, Case: "c2",
		},
	}
	var members []huiying.EventPost
	for event, ids := range map[huiying.EventID][]huiying.PostID{"e1": {"p1", "p2", "p3", "p4"}, "e2": {"p8", "p6"}} {
		for _, id := range ids {
			members = append(members, huiying.EventPost{Event: event, Post: id})
		}
	}
	check(h.ledger.SaveEvents(ctx, events, members))
	clock := func(kind huiying.ClockKind, unit huiying.UnitID, start time.Time, limit time.Duration, stopped time.Time, rule string) huiying.Clock {
		return huiying.Clock{Kind: kind, Unit: unit, Start: start, StartWhy: "自交办起算", Limit: huiying.Duration(limit), Hours: huiying.PlainHours, Due: start.Add(limit), StoppedAt: stopped, Rule: rule}
	}
	at := func(h, m int) time.Time { return day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute) }
	for _, c := range []huiying.Case{
		{
			ID: "c1", Version: 6, Rev: 6, Region: county, Queue: huiying.Online, State: huiying.StateResponded, Level: huiying.Orange, Title: "天宁镇某小学食堂用料遭质疑", Category: "教育文体", Event: "e1",
			Summary: "家长反映天宁镇某小学食堂使用临期食材，多名学生腹泻，要求调查并公布结果。", Places: events[0].Places, Flags: events[0].Flags, Risk: 78, Engagement: events[0].Engagement, Reasons: events[0].Reasons,
			Evidence: huiying.EvidenceOf(posts[:2]), EventAt: at(8, 20), FirstSeenAt: at(8, 22), OpenedAt: at(8, 30), JudgedAt: at(8, 45), AssignedAt: at(8, 50), SignedBy: "赵值班", RespondedAt: at(13, 0), ApprovedAt: at(12, 40), ApprovedBy: "赵值班",
			Units: []huiying.CaseUnit{
				{Unit: "jkj", Lead: true, AssignedAt: at(8, 50), AckedAt: at(8, 58), AckedBy: "王联络", FeedbackAt: at(10, 30)}, {Unit: "t100", AssignedAt: at(8, 50)},
			},
			Clocks: []huiying.Clock{
				clock(huiying.ClockAcknowledge, "jkj", at(8, 50), 15*time.Minute, at(8, 58), "本县内部时限（默认）"), clock(huiying.ClockFeedback, "jkj", at(8, 50), 4*time.Hour, at(10, 30), "本县内部时限（默认）"),
				clock(huiying.ClockAcknowledge, "t100", at(8, 50), 15*time.Minute, time.Time{}, "本县内部时限（默认）"), clock(huiying.ClockRespond, "", at(8, 20), 48*time.Hour, at(13, 0), "国办发〔2016〕61号"),
			},
			Feedback: []huiying.Feedback{{
				Unit: "jkj", Finding: huiying.FoundPartly, Facts: "经查，该校食堂11月24日购进的一批面制品距保质期届满不足7日，尚未超期；3名学生腹泻，已就诊，暂无证据表明与食堂饮食有关，留样已送检。", Measures: "当日封存该批食材，责令食堂停供整改；会同市场监管局对全县学校食堂开展排查。",
				Progress: "检测结果预计11月28日出具。", Contacted: true, Advice: "公布检查经过、封存情况和检测时间；不对原因下结论。", Publicity: huiying.Public, At: at(12, 10), By: "jkj-handler",
				Responsibility: "学校采购验收把关不严。", Outlet: "县政府门户网站", Handler: "刘承办", Reviewer: "周股长", Head: "张局长", SignedAt: at(12, 10),
			}},
			Responses:     []huiying.Response{{Text: "县教科局会同市场监管局已成立联合检查组……", Forms: []huiying.ResponseForm{huiying.FormRelease}, Outlet: "县政府门户网站", URL: "https://www.jiaocheng.example.invalid/n/1", Publicity: huiying.Public, At: at(13, 0), By: "jkj-handler"}},
			Consultations: []huiying.Consultation{{At: at(9, 30), People: "县委宣传部、县教科局、县市场监管局", Conclusion: "先公布检查组成立和送检情况，结果出来后再公布；校方不单独对外发声", Level: huiying.Orange, Reasons: "涉及未成年人，家长情绪集中", By: "赵值班"}},
			Attachments:   []huiying.Attachment{{Hash: huiying.AttachmentHash("0000000000000000000000000000000000000000000000000000000000000001"), Name: "现场检查记录.pdf", Type: "application/pdf", Size: 12345, At: at(12, 5)}},
		},
		{
			ID: "c2", Version: 3, Rev: 3, Region: county, Queue: huiying.Offline, State: huiying.StateAssigned, Level: huiying.Blue, Title: "怡和苑小区暖气不热", Category: "城乡建设", Event: "e2", Summary: "群众来电反映暖气不热。",
			EventAt: at(-7, 0), FirstSeenAt: at(-7, 0), OpenedAt: at(11, 20), AssignedAt: at(11, 30), SignedBy: "赵值班", Units: []huiying.CaseUnit{{Unit: "zjj", Lead: true, AssignedAt: at(11, 30)}},
			Clocks: []huiying.Clock{clock(huiying.ClockAcknowledge, "zjj", at(11, 30), time.Hour, time.Time{}, "本县内部时限（默认）"), clock(huiying.ClockRespond, "", at(-7, 0), 48*time.Hour, time.Time{}, "国办发〔2016〕61号")},
		},
		{
			ID: "c3", Version: 3, Rev: 3, Region: county, Queue: huiying.Online, State: huiying.StateTriage, Level: huiying.Yellow, Title: "演练：水库险情", Drill: true,
			FirstSeenAt: at(9, 0), OpenedAt: at(9, 0), Units: []huiying.CaseUnit{}, Clocks: []huiying.Clock{clock(huiying.ClockJudge, "", at(9, 0), 30*time.Minute, time.Time{}, "")},
		},
	} {
		_, err := h.ledger.OpenCase(ctx, c, huiying.Change{Word: "交舆", Entries: []huiying.Entry{{At: c.OpenedAt, Action: huiying.ActOpen, By: huiying.TheSystem(county), To: c.State}}})
		check(err)
	}
	for _, s := range []struct {
		id   huiying.SourceID
		name string
		ok   time.Time
	}{{"s1", "卦山论坛", now.Add(-5 * time.Minute)}, {"s2", "吕梁日报", now.Add(-30 * time.Hour)}} {
		check(h.ledger.SaveSource(ctx, huiying.Source{ID: s.id, Region: county, Kind: "feed", Name: s.name, URL: "https://example.invalid/" + string(s.id), Channel: huiying.ChannelForum, Every: huiying.Duration(10 * time.Minute)}))
		check(h.ledger.SaveHealth(ctx, huiying.SourceHealth{Source: s.id, LastAttempt: now.Add(-5 * time.Minute), LastSuccess: s.ok}))
	}
	return h
}

func (h *house) write(t *testing.T, o Order) File {
	t.Helper()
	o.Now = now
	if o.By.User == "" {
		o.By = huiying.Person{User: "leader", Name: "赵值班", Role: huiying.Leader, Region: county}
	}
	f, err := h.Write(context.Background(), o)
	if err != nil {
		t.Fatalf("writing %s.%s: %v", o.Kind, o.Format, err)
	}
	if dir := os.Getenv("REPORTS_OUT"); dir != "" { // to be looked at
		if err := os.WriteFile(filepath.Join(dir, string(o.Kind)+"."+o.Format), f.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}
