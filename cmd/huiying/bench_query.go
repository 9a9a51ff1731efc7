package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"huiying"
	"huiying/analyzer"
	"huiying/store/clickhouse"
	"huiying/store/sqlite"
)

type benchQueryCmd struct {
	Posts int    `default:"1000000" help:"Posts in the archive."`
	Data  string `type:"path" help:"Folder that keeps the archive for the next time."`
	Times int    `default:"40" help:"How often each query is asked."`

	Archive  string `placeholder:"URL" help:"An empty ClickHouse database to measure instead of SQLite, clickhouse://…; it is kept for the next time."`
	Counties int    `default:"1" help:"With --archive: copy the posts to so many counties, inside the server."`
}

// measured is an archive that can be measured.
type measured interface {
	archive
	Size(ctx context.Context) (int64, error)
}

// queryTook is one query of the dashboard.
type queryTook struct {
	Rows int     `json:"rows"` // found; of a count, what it says
	P50  float64 `json:"p50_ms"`
	P95  float64 `json:"p95_ms"`
}

// Run fills an archive, unless it is there from the last time, asks it what the
// dashboard asks and prints one JSON object.
func (c *benchQueryCmd) Run(ctx context.Context) error {
	if c.Posts < 1 || c.Times < 1 || c.Counties < 1 || c.Counties > 99 || c.Counties > 1 && c.Archive == "" {
		return usagef("--posts、--times 应为正数；--counties 应在 1 到 99 之间，只用于 --archive")
	}
	began := time.Now()
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "huiying-query-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		c.Data = dir
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	a, err := openAnalyzer("141122")
	if err != nil {
		return err
	}
	archive, err := c.open(ctx, sentenceTokens(a))
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	end, err := c.fill(ctx, a, archive)
	if err != nil {
		return err
	}
	filled := time.Since(began)
	if many, ok := archive.(*clickhouse.Archive); ok {
		bar := newMeter("复制")
		err := many.CopyCounty(ctx, "141122", c.Counties-1, bar.show)
		bar.done()
		if err != nil {
			return err
		}
	}
	size, err := archive.Size(ctx)
	if err != nil {
		return err
	}
	took, worst, err := c.ask(ctx, archive, end)
	if err != nil {
		return err
	}
	return printJSON(struct {
		N        int                  `json:"n"` // posts of each county
		Counties int                  `json:"counties"`
		Seconds  float64              `json:"seconds"`
		Filled   float64              `json:"fill_seconds"`
		MB       int64                `json:"archive_mb"`
		Times    int                  `json:"times"`
		Worst    float64              `json:"p95_ms"` // of the slowest query
		Queries  map[string]queryTook `json:"queries"`
		RSS      float64              `json:"rss_mb"`
		Machine  machine              `json:"machine"`
	}{c.Posts, c.Counties, time.Since(began).Seconds(), filled.Seconds(), size >> 20, c.Times, worst, took, residentMB(), thisMachine()})
}

func (c *benchQueryCmd) open(ctx context.Context, tokens func(string) []sqlite.Token) (measured, error) {
	if c.Archive != "" {
		return clickhouse.OpenArchive(ctx, c.Archive, tokens)
	}
	return sqlite.OpenArchive(ctx, filepath.Join(c.Data, "archive.db"), tokens)
}

// benchEvery is how far apart the posts were published: a million in 174 days.
const benchEvery = 15 * time.Second

// fillBatch is how many are stored at once while filling.
const fillBatch = 2000

func (c *benchQueryCmd) fill(ctx context.Context, a *analyzer.Analyzer, archive measured) (end time.Time, err error) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, huiying.Beijing)
	end = start.Add(time.Duration(c.Posts) * benchEvery)
	have, err := archive.CountPosts(ctx, huiying.PostQuery{Region: "141122"})
	if err != nil || have >= c.Posts {
		return end, err
	}
	made, err := newMill(a, start, benchEvery)
	if err != nil {
		return end, err
	}
	bar := newMeter("入库")
	defer bar.done()
	for n := have; n < c.Posts; n += fillBatch {
		if _, err := archive.Insert(ctx, made.batch(n, min(fillBatch, c.Posts-n))); err != nil {
			return end, err
		}
		bar.show(n+1, c.Posts)
	}
	return end, nil
}

// sentenceTokens cuts as an installation does, but each sentence once: a million
// posts are made of a few thousand.
func sentenceTokens(a *analyzer.Analyzer) func(string) []sqlite.Token {
	cut := tokensOf(func() *analyzer.Analyzer { return a })
	var known sync.Map // sentence → its tokens
	return func(text string) []sqlite.Token {
		var out []sqlite.Token
		at := 0
		for sentence := range strings.SplitAfterSeq(text, "。") {
			tokens, ok := known.Load(sentence)
			if !ok {
				tokens = cut(sentence)
				if !strings.HasPrefix(sentence, "编号") {
					known.Store(sentence, tokens)
				}
			}
			for _, t := range tokens.([]sqlite.Token) {
				out = append(out, sqlite.Token{Term: t.Term, Start: at + t.Start, End: at + t.End})
			}
			at += len(sentence)
		}
		return out
	}
}

func (c *benchQueryCmd) ask(ctx context.Context, archive measured, end time.Time) (map[string]queryTook, float64, error) {
	out, worst := make(map[string]queryTook), 0.0
	clocked := func(name string, f func() (int, error)) error {
		var took []time.Duration
		rows := 0
		for range c.Times {
			began := time.Now()
			n, err := f()
			if err != nil {
				return err
			}
			took, rows = append(took, time.Since(began)), n
		}
		q := queryTook{rows, percentile(took, 50), percentile(took, 95)}
		out[name], worst = q, max(worst, q.P95)
		return nil
	}
	for name, q := range map[string]huiying.PostQuery{
		"newest":               {},
		"channel":              {Channel: huiying.ChannelForum},
		"queue":                {Queue: huiying.Offline},
		"category_and_unit":    {Category: "城乡建设", Unit: "zjj"},
		"risk_and_source":      {MinRisk: 60, Source: "卦山论坛"},
		"negative_last_7_days": {Sentiment: "negative", From: end.AddDate(0, 0, -7)},
		"flag":                 {Flag: huiying.FlagLivelihood},
		"a_day_long_ago":       {From: end.AddDate(0, 0, -90), To: end.AddDate(0, 0, -89)},
		"word":                 {Text: "供暖"},
		"common_word":          {Text: "居民"},
		"two_words":            {Text: "学校 食堂"},
		"word_but_not":         {Text: "学校 -食堂"},
		"either_and_category":  {Text: "供暖|暖气", Category: "城乡建设"},
		"word_and_flag":        {Text: "居民", Flag: huiying.FlagLivelihood},
		"phrase":               {Text: `"有关部门"`},
		"only_excluded":        {Text: "-居民"},
		"nothing_found":        {Text: "量子纠缠"},
		"word_channel_tone":    {Text: "居民", Channel: huiying.ChannelWeibo, Sentiment: "positive"},
	} {
		q.Region = "141122"
		if err := clocked("list_"+name, func() (int, error) {
			page, err := archive.Posts(ctx, q)
			return len(page.Items), err
		}); err != nil {
			return nil, 0, err
		}
		if err := clocked("count_"+name, func() (int, error) { return countAsPages(ctx, archive, q) }); err != nil {
			return nil, 0, err
		}
	}
	if err := clocked("count_all_exactly", func() (int, error) { return archive.CountPosts(ctx, huiying.PostQuery{Region: "141122"}) }); err != nil {
		return nil, 0, err
	}
	midnight := time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, huiying.Beijing)
	for name, t := range map[string]struct {
		from time.Time
		step time.Duration
	}{
		"trend_30_days":               {end.AddDate(0, 0, -30), time.Hour},
		"trend_180_days":              {midnight.AddDate(0, 0, -180), 24 * time.Hour},
		"trend_180_days_not_midnight": {end.AddDate(0, 0, -180), 24 * time.Hour},
	} {
		if err := clocked(name, func() (int, error) {
			b, err := archive.Trend(ctx, "141122", t.from, end, t.step)
			return len(b), err
		}); err != nil {
			return nil, 0, err
		}
	}
	return out, worst, nil
}

// countAsPages counts as a page does: up to ten thousand, and no longer than
// 150 ms; -1 when that was not enough, and the page says 很多.
func countAsPages(ctx context.Context, archive measured, q huiying.PostQuery) (int, error) {
	short, cancel := context.WithTimeout(ctx, 150*time.Millisecond)
	defer cancel()
	n, err := archive.CountPostsUpTo(short, q, 10_001)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return -1, nil
	}
	return n, err
}
