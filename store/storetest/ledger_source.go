package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiying"
)

func sourcesComeBack(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	s := huiying.Source{
		ID: "portal", Region: county, Kind: "site", Name: "交城县人民政府", URL: "http://127.0.0.1/", Channel: huiying.ChannelGov, Tier: huiying.TierCounty,
		Every: huiying.Duration(5 * time.Minute), Options: map[string]any{"list": "ul.news a", "pages": 2.0},
	}
	must(t, l.SaveSource(ctx, s))
	must(t, l.SaveSource(ctx, huiying.Source{ID: "ws", Region: other, Kind: "feed", Name: "文水"}))
	s.Paused = true
	must(t, l.SaveSource(ctx, s))
	same(t, "the county's", value(l.Sources(ctx, county))(t), []huiying.Source{s})
	is(t, l.SaveSource(ctx, huiying.Source{}), huiying.ErrInvalid)

	h := huiying.SourceHealth{
		Source: "portal", LastAttempt: at(1), LastSuccess: at(1), Visits: 3, Items: 17, LagSeconds: 41.5, NextVisit: at(6), State: []byte(`{"etag":"x"}`),
		Hours: []huiying.SourceHour{{At: at(0), Visits: 2, Failures: 1, Requests: 5, Bytes: 900, Kinds: map[huiying.FailureKind]int{huiying.FailureTimeout: 2, huiying.FailureAway: 1}}},
	}
	must(t, l.SaveHealth(ctx, huiying.SourceHealth{Source: "portal", LastError: "超时"}))
	must(t, l.SaveHealth(ctx, h))
	must(t, l.SaveHealth(ctx, huiying.SourceHealth{Source: "ws"}))
	same(t, "the health", value(l.Health(ctx, county))(t), map[huiying.SourceID]huiying.SourceHealth{"portal": h})
	if all := value(l.Health(ctx, ""))(t); len(all) != 2 {
		t.Errorf("health of %d sources, want 2", len(all))
	}
}

func sourcesAreSown(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	list := func() map[huiying.SourceID]string {
		out := make(map[huiying.SourceID]string)
		for _, s := range value(l.Sources(ctx, county))(t) {
			out[s.ID] = s.URL
		}
		return out
	}
	file := func(urls ...string) (out []huiying.Source) {
		for i, id := range []huiying.SourceID{"a", "b", "c"}[:len(urls)] {
			out = append(out, huiying.Source{ID: id, Region: county, Kind: "site", Name: "源" + string(id), URL: urls[i], Options: map[string]any{"pages": uint64(2)}})
		}
		return out
	}
	must(t, l.SaveSource(ctx, huiying.Source{ID: "page", Region: county, Kind: "feed", Name: "页面上加的", URL: "http://page/"}))
	must(t, l.SowSources(ctx, other, []huiying.Source{{ID: "ws", Region: other, Kind: "feed", Name: "文水"}}))
	must(t, l.SowSources(ctx, county, file("http://a/1", "http://b/1", "http://c/1")))
	edited := file("http://a/1", "http://b/page")[1]
	must(t, l.SaveSource(ctx, edited))

	must(t, l.SowSources(ctx, county, file("http://a/2", "http://b/2", "http://c/1")))
	same(t, "after the file changed", list(), map[huiying.SourceID]string{"a": "http://a/2", "b": "http://b/page", "c": "http://c/1", "page": "http://page/"})
	sown := value(l.SownSources(ctx, county))(t)
	same(t, "what differs of the changed one", edited.Differences(sown["b"]), []string{"url"})
	if len(sown) != 3 || sown["b"].URL != "http://b/2" {
		t.Errorf("the file says %+v", sown)
	}

	must(t, l.SaveSource(ctx, sown["b"])) // somebody takes the file's
	must(t, l.SowSources(ctx, county, file("http://a/3", "http://b/3")))
	same(t, "without one of them", list(), map[huiying.SourceID]string{"a": "http://a/3", "b": "http://b/3", "c": "http://c/1", "page": "http://page/"})
	sown = value(l.SownSources(ctx, county))(t)
	if _, left := sown["c"]; left || len(sown) != 2 || len(value(l.SownSources(ctx, other))(t)) != 1 {
		t.Errorf("the file says %+v", sown)
	}
	must(t, l.SowSources(ctx, county, nil))
	if left := value(l.SownSources(ctx, county))(t); len(left) != 0 || len(list()) != 4 {
		t.Errorf("an empty file leaves %v of %v", left, list())
	}
	is(t, l.SowSources(ctx, county, []huiying.Source{{ID: "ws", Region: county, Kind: "feed", Name: "文水"}}), huiying.ErrConflict)
}

func seenKeys(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	var keys []string
	for i := range 1300 {
		keys = append(keys, fmt.Sprintf("http://127.0.0.1/%d?a='b'", i))
	}
	same(t, "nothing was seen", value(l.Unseen(ctx, "portal", append(keys[:3:3], keys[0])))(t), keys[:3])
	must(t, l.MarkSeen(ctx, "portal", keys[:900], at(1)))
	must(t, l.MarkSeen(ctx, "portal", append(keys[800:1000:1000], keys[999]), at(2)))
	same(t, "what is new", value(l.Unseen(ctx, "portal", keys))(t), keys[1000:])
	same(t, "another source", value(l.Unseen(ctx, "forum", keys[:2]))(t), keys[:2])
	if got := value(l.Unseen(ctx, "portal", nil))(t); len(got) != 0 {
		t.Errorf("of no keys %v are unseen", got)
	}
	must(t, l.MarkSeen(ctx, "portal", nil, at(3)))
}

func rejections(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	var list []huiying.Rejection
	for i := range 25 {
		r := huiying.Rejection{At: at(i), Region: county, Source: "导入", Where: fmt.Sprintf("第 %d 行", i), Error: "text：正文为空", Raw: `{"title":"x'"}`}
		if i%5 == 0 {
			r.Region = other
		}
		list = append(list, r)
	}
	list[24].Raw = strings.Repeat("长", 5000) + "\x00"
	must(t, l.SaveRejections(ctx, list[:20]))
	must(t, l.SaveRejections(ctx, list[20:]))
	got := walk(t, func(c string) (huiying.Page[huiying.Rejection], error) { return l.Rejections(ctx, county, 3, c) }, nil)
	if len(got) != 20 || value(l.CountRejections(ctx, county))(t) != 20 || value(l.CountRejections(ctx, ""))(t) != 25 {
		t.Fatalf("%d rejections of the county, want 20 of 25", len(got))
	}
	ids := names(got, func(r huiying.Rejection) int64 { return r.ID })
	once(t, ids, ids)
	if got[0].Where != "第 24 行" || got[19].Where != "第 1 行" {
		t.Errorf("not newest first: %s … %s", got[0].Where, got[19].Where)
	}
	if n := len([]rune(got[0].Raw)); n > 2000 {
		t.Errorf("%d characters of the raw item were kept, at most 2000 may be", n)
	}
	want := list[1]
	want.ID = got[19].ID
	same(t, "a rejection", got[19], want)
	badCursor(t, func(c string) (huiying.Page[huiying.Rejection], error) { return l.Rejections(ctx, "", 3, c) })
}
