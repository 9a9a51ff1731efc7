package huiying_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"huiying"
)

var intakeNow = time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing)

func testIntake() huiying.Intake {
	return huiying.Intake{Region: "141122", Key: []byte("secret"), Now: func() time.Time { return intakeNow }}
}

func accept(t *testing.T, p huiying.Post) huiying.Post {
	t.Helper()
	got, err := testIntake().Accept(p)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEveryRefusalNamesItsField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, field string
		post        huiying.Post
	}{
		{"an unknown channel", "channel", huiying.Post{Channel: "telegraph", Text: "停水"}},
		{"no text", "text", huiying.Post{Title: "只有标题"}},
		{"a text of blanks and invisible characters", "text", huiying.Post{Text: " \u200b\u3000\x00\n"}},
		{"a text of 5 MB", "text", huiying.Post{Text: strings.Repeat("水", 5<<20/3)}},
		{"a title of 501 characters", "title", huiying.Post{Title: strings.Repeat("水", 501), Text: "停水"}},
		{"a date in the future", "published_at", huiying.Post{Text: "停水", PublishedAt: intakeNow.Add(11 * time.Minute)}},
		{"a date before there were such sources", "published_at", huiying.Post{Text: "停水", PublishedAt: time.Unix(0, 0)}},
		{"an address without a scheme", "url", huiying.Post{Text: "停水", URL: "example.com/1"}},
		{"an address that runs a script", "url", huiying.Post{Text: "停水", URL: "javascript:alert(1)"}},
		{"an address that does not parse", "url", huiying.Post{Text: "停水", URL: "http://[::1"}},
		{"an address of a file", "url", huiying.Post{Text: "停水", URL: "file:///etc/passwd"}},
		{"an ID with a slash", "id", huiying.Post{ID: "a/b", Text: "停水"}},
		{"an ID with a blank", "id", huiying.Post{ID: "a b", Text: "停水"}},
		{"an ID of broken UTF-8", "id", huiying.Post{ID: "a\xff", Text: "停水"}},
		{"an ID of 129 bytes", "id", huiying.Post{ID: huiying.PostID(strings.Repeat("a", 129)), Text: "停水"}},
		{"too many extra fields", "extra", huiying.Post{Text: "停水", Extra: map[string]json.RawMessage{"k": json.RawMessage(`"` + strings.Repeat("a", 65<<10) + `"`)}}},
		{"a region of letters", "region", huiying.Post{Text: "停水", Region: "14112x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := testIntake().Accept(c.post)
			var e *huiying.Error
			if !errors.As(err, &e) || e.Code != huiying.CodeInvalid || e.Field != c.field {
				t.Fatalf("got %v, want a refusal of %s", err, c.field)
			}
			if len(e.Message) == 0 || len(e.Message) > 500 {
				t.Errorf("the message has %d bytes: %.80s", len(e.Message), e.Message)
			}
		})
	}
}

func TestWhatIsMissingIsFilledIn(t *testing.T) {
	t.Parallel()
	p := accept(t, huiying.Post{Text: " 停水了\r\n "})
	want := huiying.Post{
		ID: p.ID, Region: "141122", Source: "人工登记", Channel: huiying.ChannelManual, Text: "停水了",
		PublishedAt: intakeNow, CollectedAt: intakeNow, Assumed: true,
	}
	if p.ID == "" || !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v\nwant %+v", p, want)
	}
	late := accept(t, huiying.Post{Text: "停水了", PublishedAt: intakeNow.Add(9 * time.Minute)})
	if late.Assumed || !late.PublishedAt.Equal(intakeNow.Add(9*time.Minute)) {
		t.Errorf("a clock that runs nine minutes ahead is forgiven, got %v", late.PublishedAt)
	}
}

func TestTheSamePostHasTheSameID(t *testing.T) {
	t.Parallel()
	at := intakeNow.Add(-time.Hour)
	base := huiying.Post{Source: "交城论坛", Channel: huiying.ChannelForum, URL: "https://bbs.example.com/t?id=7", Text: "停水", PublishedAt: at}
	id := accept(t, base).ID
	with := func(change func(*huiying.Post)) huiying.Post {
		p := base
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		post huiying.Post
		same bool
	}{
		"read again":                  {base, true},
		"edited at the same address":  {with(func(p *huiying.Post) { p.Text = "来水了" }), true},
		"shared with tracking":        {with(func(p *huiying.Post) { p.URL += "&utm_source=wx&spm=1.2&from=timeline#reply" }), true},
		"host in capitals, with port": {with(func(p *huiying.Post) { p.URL = "HTTPS://BBS.Example.com:443/t?id=7" }), true},
		"another page":                {with(func(p *huiying.Post) { p.URL = "https://bbs.example.com/t?id=8" }), false},
		"no address":                  {with(func(p *huiying.Post) { p.URL = "" }), false},
	} {
		if got := accept(t, c.post).ID; (got == id) != c.same {
			t.Errorf("%s: %s beside %s", name, got, id)
		}
	}
	said := huiying.Post{Source: "来信", Channel: huiying.ChannelLetter, Text: "停水"}
	if first, second := accept(t, said).ID, accept(t, said).ID; first != second {
		t.Error("a letter without a date registered twice has two IDs")
	}
	dated := said
	dated.PublishedAt = at
	if accept(t, said).ID == accept(t, dated).ID {
		t.Error("the same words on another day are another letter")
	}
	if got := accept(t, huiying.Post{ID: "letter-7", Text: "停水"}).ID; got != "letter-7" {
		t.Errorf("a given ID is kept, got %s", got)
	}
}

func TestTheAuthorIsMaskedAndHashedWithTheKey(t *testing.T) {
	t.Parallel()
	p := huiying.Post{Source: "论坛", Text: "停水", Author: "张三丰13812345678"}
	got := accept(t, p)
	if got.Author != "张**" || len(got.AuthorHash) != 24 {
		t.Errorf("author %q, hash %q", got.Author, got.AuthorHash)
	}
	other := testIntake()
	other.Key = []byte("another")
	if o, err := other.Accept(p); err != nil || o.AuthorHash == got.AuthorHash {
		t.Errorf("another key must give another hash: %q (%v)", o.AuthorHash, err)
	}
	elsewhere := p
	elsewhere.Source = "微博"
	if accept(t, elsewhere).AuthorHash == got.AuthorHash {
		t.Error("the same name at another source is another person")
	}
	if raw, _ := json.Marshal(got); strings.Contains(string(raw), "三丰") || strings.Contains(string(raw), "13812345678") {
		t.Errorf("the name is still there: %s", raw)
	}
	if again := accept(t, got); again.Author != got.Author || again.AuthorHash != got.AuthorHash {
		t.Errorf("taken in again: %q %q", again.Author, again.AuthorHash)
	}
	hashed := huiying.Post{Text: "停水", Author: "李四光", AuthorHash: "0123456789abcdef01234567"}
	if got := accept(t, hashed); got.Author != "李**" || got.AuthorHash != hashed.AuthorHash {
		t.Errorf("a name that comes with a hash is masked all the same: %q %q", got.Author, got.AuthorHash)
	}
}

func TestPersonalDataIsHiddenWhereverItStands(t *testing.T) {
	t.Parallel()
	p := accept(t, huiying.Post{
		Title: "晋J12345撞人", Text: "目击者13812345678，138\u200b1234\u200b5679", Source: "来信",
		Extra: map[string]json.RawMessage{
			"remark":      json.RawMessage(`{"电话":"13812345678","列表":["3号楼2单元501室",13912345678,7],"真":true}`),
			"13712345678": json.RawMessage(`{"13612345678":1}`),
			"broken":      json.RawMessage(`{"电话":13812345678`),
		},
	})
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"12345678", "5679", "晋J", "501"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%s is still there: %s", secret, raw)
		}
	}
	if want := map[string]int{"plate": 1, "phone": 6, "address": 1}; !maps.Equal(p.Redactions, want) {
		t.Errorf("counted %v, want %v", p.Redactions, want)
	}
	if want := `{"列表":["〔住址〕","〔电话〕",7],"电话":"〔电话〕","真":true}`; string(p.Extra["remark"]) != want {
		t.Errorf("remark %s, want %s", p.Extra["remark"], want)
	}
}

func TestTakingInLeavesTheCallersPostAlone(t *testing.T) {
	t.Parallel()
	p := huiying.Post{Text: "停水", Extra: map[string]json.RawMessage{"k": json.RawMessage(`"13812345678"`)}}
	accept(t, p)
	if string(p.Extra["k"]) != `"13812345678"` {
		t.Errorf("the caller keeps the original for the rejected, got %s", p.Extra["k"])
	}
}

func TestTakingInTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	once := accept(t, huiying.Post{
		Source: "论坛", Channel: huiying.ChannelForum, URL: "https://a.example/1?spm=2", Title: "晋J12345", Text: "停水13812345678", Author: "张三",
		PublishedAt: intakeNow.Add(-time.Hour), Extra: map[string]json.RawMessage{"k": json.RawMessage(`{"b":1,"a":"x"}`)},
	})
	if twice := accept(t, once); !reflect.DeepEqual(once, twice) {
		t.Errorf("once  %+v\ntwice %+v", once, twice)
	}
}

func TestCharactersThatHideWordsAreTakenOut(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"停\u200b水": "停水", "停\u00ad水": "停水", "\ufeff停水": "停水", "停\x00水\r\n": "停水\n", "停\u3000水": "停 水", "停\xff水": "停水",
		"\u202e水停": "水停", "停\t水": "停\t水", "👨\u200d👩": "👨👩",
		"停\u2066水\u2069": "停水", "停\u3164水": "停水", "停\u180e水": "停水", "停\U000e0041水": "停水", "❤\ufe0f，汙水": "❤\ufe0f，汙水",
	} {
		if got := huiying.CleanText(in); got != want {
			t.Errorf("CleanText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTimesAsMachinesAndChineseExportsWriteThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, huiying.Beijing)
	minute, day := at.Truncate(time.Minute), time.Date(2026, 1, 2, 0, 0, 0, 0, huiying.Beijing)
	for in, want := range map[string]time.Time{
		`"2026-01-02T15:04:05+08:00"`: at, `"2026-01-02T07:04:05Z"`: at, `"2026-01-02T15:04:05"`: at, `"2026-01-02 15:04:05"`: at,
		`"2026/1/2 15:04"`: minute, `"2026年1月2日 15:04"`: minute, `"2026年1月2日15:04"`: minute, `"2026年1月2日"`: day, `"2026年01月02日 15:04:05"`: at,
		`"2026年1月2日 15时4分"`: minute, `"2026年1月2日15时4分5秒"`: at, `"2026.1.2 15:04"`: minute, `"2026.01.02"`: day, `"20260102"`: day, `"20260102 15:04"`: minute, `"20260102150405"`: at,
		`"2026-1-2"`: day, `" 2026-01-02 "`: day, `"Fri, 02 Jan 2026 07:04:05 +0000"`: at, `"Fri Jan 02 15:04:05 +0800 2026"`: at,
		`1767337445`: at, `1767337445000`: at, `null`: {}, `""`: {},
	} {
		var p huiying.Post
		if err := json.Unmarshal([]byte(`{"text":"停水","published_at":`+in+`}`), &p); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if !p.PublishedAt.Equal(want) {
			t.Errorf("%s is %v, want %v", in, p.PublishedAt, want)
		}
		if _, offset := p.PublishedAt.Zone(); !want.IsZero() && offset != 8*3600 {
			t.Errorf("%s is not told in Beijing's time: %v", in, p.PublishedAt)
		}
	}
	for _, in := range []string{`"昨天"`, `"2026-13-01"`, `"2026年2月30日"`, `"2026年1月2日昨天"`, `"20261301"`, `"26/11/2026"`, `-5`, `true`, `{}`, `1e30`} {
		var p huiying.Post
		err := json.Unmarshal([]byte(`{"text":"停水","published_at":`+in+`}`), &p)
		var e *huiying.Error
		if !errors.As(err, &e) || e.Field != "published_at" {
			t.Errorf("%s: got %v, want a refusal of published_at", in, err)
		}
	}
}

func TestFieldsWeDoNotKnowAreKept(t *testing.T) {
	t.Parallel()
	var p huiying.Post
	if err := json.Unmarshal([]byte(`{"text":"停水","topic":"供水","n":{"a":1},"extra":{"old":2}}`), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Extra) != 3 || string(p.Extra["topic"]) != `"供水"` || string(p.Extra["n"]) != `{"a":1}` || string(p.Extra["old"]) != `2` {
		t.Errorf("extra is %s", p.Extra)
	}
	if err := json.Unmarshal([]byte(`{"Text":"停水","AUTHOR":"张三丰"}`), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Extra) != 0 || p.Author != "张三丰" {
		t.Errorf("a known field in capitals is no extra one: %q %s", p.Author, p.Extra)
	}
}

func TestAFieldOfTheWrongTypeIsNamed(t *testing.T) {
	t.Parallel()
	for in, field := range map[string]string{
		`{"text":7}`: "text", `{"engagement":{"views":"many"}}`: "engagement.views", `{"extra":[]}`: "extra", `[]`: "", `{"text":`: "",
	} {
		var p huiying.Post
		err := json.Unmarshal([]byte(in), &p)
		if field == "" && err != nil {
			continue
		}
		var e *huiying.Error
		if !errors.As(err, &e) || e.Code != huiying.CodeInvalid || e.Field != field {
			t.Errorf("%s: got %v, want a refusal of %q", in, err, field)
		}
	}
}

func TestCleaningDoesTheSameToEveryCharacterOnBothWays(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		text := "水" + string(r) + "a"
		if got, want := huiying.CleanText(text), huiying.CleanText(text+"\xff"); got != want { // broken text is never taken for clean
			t.Fatalf("%U: %q, in broken text %q", r, got, want)
		}
	}
}

func FuzzPostJSON(f *testing.F) {
	for _, seed := range []string{
		`{"text":"停水13812345678","author":"张三","published_at":"2026年1月2日 15:04","x":{"电话":13812345678}}`,
		`{"text":"a","url":"https://A.example:443/?spm=1&b=;c","region":"141122","extra":{"x":1,"":null}}`,
		`{"TEXT":"a","Published_At":1767337445}`, `{"text":"\u0000\ud800","id":"a b"}`, `{"published_at":{}}`, `null`, `[]`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p huiying.Post
		if json.Unmarshal(raw, &p) != nil {
			return
		}
		once, err := testIntake().Accept(p)
		if err != nil {
			if huiying.CodeOf(err) != huiying.CodeInvalid {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		if once.ID == "" || once.Text == "" || !utf8.ValidString(once.Title+once.Text+once.Source) || once.CollectedAt != intakeNow {
			t.Fatalf("accepted %+v", once)
		}
		written, err := json.Marshal(once)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", once, err)
		}
		var read huiying.Post
		if err := json.Unmarshal(written, &read); err != nil {
			t.Fatalf("%s cannot be read: %v", written, err)
		}
		if read.ID != once.ID || read.Text != once.Text || !read.PublishedAt.Equal(once.PublishedAt) {
			t.Fatalf("%s reads as %+v", written, read)
		}
	})
}

func TestAReplyIsKnownByWhoSaysWhatToWhom(t *testing.T) {
	t.Parallel()
	page := "https://m.weibo.cn/status/4386731509545047"
	parent := accept(t, huiying.Post{URL: page, Text: "供暖管道漏水"})
	reply := huiying.Post{Parent: huiying.PostID("https://weibo.com/1323527941/HAohwE36n"), URL: page, Author: "居民甲", Text: "我家也停暖了"}
	first := accept(t, reply)
	if first.Parent != parent.ID || first.ID == parent.ID {
		t.Errorf("the reply %s answers %s, want %s", first.ID, first.Parent, parent.ID)
	}
	if again := accept(t, reply); again.ID != first.ID {
		t.Error("the same reply has two IDs")
	}
	reply.Author = "居民乙"
	if accept(t, reply).ID == first.ID {
		t.Error("two people who say the same are one")
	}
	for _, bad := range []huiying.PostID{"a b", huiying.PostID(strings.Repeat("x", 200))} {
		if _, err := testIntake().Accept(huiying.Post{Text: "x", Parent: bad}); !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("parent %.20q: %v", bad, err)
		}
	}
}
