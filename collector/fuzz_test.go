package collector

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"huiying"
)

func testClock() time.Time { return testNow }

// checkCandidates are what every reader of lists owes the rest of the house.
func checkCandidates(t *testing.T, items []candidate) {
	t.Helper()
	in := huiying.Intake{Region: "141122", Key: []byte("k"), Now: testClock}
	for i, c := range items {
		if c.key == "" || len(c.key) > 200 {
			t.Errorf("item %d has the key %q", i, c.key)
		}
		if c.where == "" {
			t.Errorf("item %d stands nowhere", i)
		}
		if c.err != nil && huiying.CodeOf(c.err) == "" {
			t.Errorf("item %d: an error without a code: %v", i, c.err)
		}
		if strings.ContainsAny(c.post.Title, "\n\r") {
			t.Errorf("item %d: the title %q has lines", i, c.post.Title)
		}
		if p, err := in.Accept(c.post); err != nil {
			if huiying.CodeOf(err) != huiying.CodeInvalid {
				t.Errorf("item %d: %v is no refusal", i, err)
			}
		} else if !utf8.ValidString(p.Title + p.Text + p.Author + p.URL) {
			t.Errorf("item %d is accepted with broken UTF-8: %q", i, p.Title+p.Text+p.Author+p.URL)
		}
	}
}

func fuzzVisit() *visit {
	return &visit{
		source: huiying.Source{ID: "s1", Name: "交城论坛", Channel: huiying.ChannelForum, Region: "141122", URL: "https://a.example/list"},
		dry:    true, limit: 50, now: testClock, fresh: make(map[string]Validators),
	}
}

func FuzzFeed(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><item><title>停水</title><link>/1</link><pubDate>2026年3月5日 10:00</pubDate><description><![CDATA[<p>三天了</p>]]></description></item></channel></rss>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">&lt;b&gt;</title><id>x</id><updated>2026-03-05T10:00:00Z</updated><author/></entry></feed>`,
		`{"version":"https://jsonfeed.org/version/1.1","items":[{"id":1,"content_text":"停水","date_published":"昨天"}]}`,
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"><item><dc:date>x</dc:date><dc:creator></dc:creator></item></rdf:RDF>`,
		`<rss><channel><item/></channel></rss>`, `{"items":[null,{}]}`, "\xff\xfe<\x00", "",
	} {
		f.Add([]byte(s), "application/xml")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		items, err := parseFeed(fuzzVisit(), Fetched{URL: "https://a.example/feed/", Body: body, ContentType: contentType})
		if err != nil {
			if huiying.CodeOf(err) == "" {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		checkCandidates(t, items)
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"data":{"list":[{"id":1,"title":"停水","content":"<p>三天</p>","time":1767337445,"views":"3.5万","user":{"name":"李"}}]}}`,
		`cb([{"title":"a","url":"//b.example/{x}","date":"昨天"}]);`, `[[1],null,"x",{"id":{"a":[]}}]`, `{"items":[{"mid":1e400}]}`, `{"a":`, "[]", "\"\"",
	} {
		f.Add([]byte(s), "", "", "")
	}
	f.Add([]byte(`{"d":[{"n":{"t":"x"}}]}`), "d", "n.t", "https://a.example/{n.t}")
	f.Add([]byte(`[[0,[1]]]`), "0.1", "{0}{1}", "{")
	f.Fuzz(func(t *testing.T, body []byte, items, text, link string) {
		r := jsonRules{items: items, pages: 1, fields: make(map[string][]string), ownID: len(items)%2 == 1}
		for _, field := range jsonFields {
			r.fields[field] = usualNames[field]
		}
		if text != "" {
			r.fields["text"] = []string{text}
		}
		if link != "" {
			r.fields["url"] = []string{link}
		}
		got := Fetched{URL: "https://a.example/api", Body: body}
		doc, err := decodeJSON(got)
		var found []candidate
		if err == nil {
			found, err = r.page(fuzzVisit(), got, doc, 0)
		}
		if err != nil {
			if huiying.CodeOf(err) == "" {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		checkCandidates(t, found)
		r.following("https://a.example/api", got.URL, doc, 0)
	})
}
