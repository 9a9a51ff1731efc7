package collector

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"huiying"
)

func push(t *testing.T, body io.Reader) (huiying.PushResult, *sink, *book) {
	t.Helper()
	ledger, out := newBook(), &sink{}
	res, err := testCollector(t, ledger, out).Push(t.Context(), "141122", body)
	if err != nil {
		t.Fatal(err)
	}
	return res, out, ledger
}

func TestPushTakesArraysAndLines(t *testing.T) {
	one := `{"source":"12345热线","channel":"hotline","title":"a","text":"第一条"}`
	two := `{"source":"12345热线","channel":"hotline","text":"第二条","published_at":"2026-03-05T10:00:00+08:00","level":"重","engagement":{"views":5}}`
	for name, body := range map[string]string{
		"an array":                  "[" + one + "," + two + "]",
		"an array with air":         " \n[\n" + one + " ,\n\n" + two + "\n]\n",
		"lines":                     one + "\n" + two + "\n",
		"lines without the last":    one + "\r\n\r\n" + two,
		"objects over many lines":   "{\n\"source\":\"12345热线\",\"channel\":\"hotline\",\n\"title\":\"a\",\"text\":\"第一条\"}\n" + two,
		"a byte order mark before":  "\xEF\xBB\xBF[" + one + "," + two + "]",
		"brackets inside the texts": "[" + strings.ReplaceAll(one, "第一条", `第一条]},{\"`) + "," + two + "]",
	} {
		t.Run(name, func(t *testing.T) {
			res, out, _ := push(t, iotest.OneByteReader(strings.NewReader(body)))
			if res.Accepted != 2 || len(res.Rejected) != 0 || len(out.posts) != 2 {
				t.Fatalf("%+v", res)
			}
			if p := out.posts[1]; p.Region != "141122" || p.Engagement.Views != 5 || string(p.Extra["level"]) != `"重"` || p.PublishedAt.Hour() != 10 {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestPushNamesBadItemsAndTakesTheOthers(t *testing.T) {
	huge := `{"channel":"news","text":"` + strings.Repeat("长", maxElement/3+10) + `"}`
	long := `{"channel":"news","text":"` + strings.Repeat("长", huiying.MaxTextBytes/3+1) + `"}`
	items := []struct{ json, says string }{
		{`{"channel":"news","text":"好的"}`, ""},
		{`{"channel":"news"}`, "正文为空"},
		{`{"channel":"telepathy","text":"x"}`, "telepathy"},
		{`{"channel":"news","text":5}`, "text"},
		{`{"channel":"news","text":"x","published_at":"2030-01-01"}`, "在将来"},
		{`{"channel":"news","text":"x","published_at":"昨天"}`, "认不出时间"},
		{`{"channel":"news","text":"x","region":"510100"}`, "不在 141122 之内"},
		{`{"channel":"news","text":"x","url":"javascript:alert(1)"}`, "网址"},
		{`{"channel":"news" "text":"x"}`, "不是合法的 JSON"},
		{`"一句话"`, "JSON 对象"},
		{`null`, "JSON 对象"},
		{huge, "MB"},
		{long, "超过上限"},
		{`{"channel":"news","text":"也是好的"}`, ""},
	}
	var all []string
	for _, it := range items {
		all = append(all, it.json)
	}
	for form, body := range map[string]string{"array": "[" + strings.Join(all, ",") + "]", "lines": strings.Join(all, "\n")} {
		t.Run(form, func(t *testing.T) {
			res, out, ledger := push(t, strings.NewReader(body))
			if res.Accepted != 2 || len(out.posts) != 2 {
				t.Errorf("%d accepted, want 2", res.Accepted)
			}
			errorsAt := map[int]string{}
			for _, r := range res.Rejected {
				errorsAt[r.Index] = r.Error
			}
			for i, it := range items {
				if (it.says != "") != (errorsAt[i] != "") || !strings.Contains(errorsAt[i], it.says) {
					t.Errorf("item %d: %q, want %q", i, errorsAt[i], it.says)
				}
			}
			if len(ledger.rejections) != len(res.Rejected) || ledger.rejections[0].Where != "推送第 2 条" || ledger.rejections[0].Region != "141122" {
				t.Errorf("rejections %+v", ledger.rejections[0])
			}
		})
	}
}

func TestPushSaysWhereABrokenArrayEnds(t *testing.T) {
	good := `{"channel":"news","text":"好的"}`
	for name, c := range map[string]struct {
		body     string
		accepted int
		index    int
		says     string
	}{
		"no closing bracket":   {"[" + good, 0, 0, "没有写完"},
		"cut in the middle":    {"[" + good + `,{"channel":"ne`, 1, 1, "没有写完"},
		"a quote left open":    {"[" + good + `,{"channel":"news,"text":"x"}]`, 1, 1, "没有写完"},
		"more after the array": {"[" + good + "] {}", 1, 1, "已经结束"},
		"a comma at the end":   {"[" + good + ",]", 1, 1, "空的"},
		"text and no JSON":     {"hello", 0, 0, "JSON 对象"},
	} {
		t.Run(name, func(t *testing.T) {
			res, _, _ := push(t, strings.NewReader(c.body))
			if res.Accepted != c.accepted || len(res.Rejected) != 1 || res.Rejected[0].Index != c.index || !strings.Contains(res.Rejected[0].Error, c.says) {
				t.Errorf("%+v", res)
			}
		})
	}
	res, _, _ := push(t, io.MultiReader(strings.NewReader("["+good+","), iotest.ErrReader(errors.New("connection lost"))))
	if res.Accepted != 1 || len(res.Rejected) != 1 || strings.Contains(res.Rejected[0].Error, "connection lost") {
		t.Errorf("a lost connection: %+v", res)
	}
	for _, empty := range []string{"", "  \n", "[]", "[ ]"} {
		if res, _, _ := push(t, strings.NewReader(empty)); res.Accepted+len(res.Rejected) != 0 {
			t.Errorf("%q: %+v", empty, res)
		}
	}
}

func TestPushTrustsNoMarksOfOurOwn(t *testing.T) {
	_, out, _ := push(t, strings.NewReader(`[{"channel":"news","text":"电话 13812345678","author":"张三丰","author_hash":"x","redactions":{},"published_at_assumed":false}]`))
	if p := out.posts[0]; p.Author != "张**" || p.AuthorHash == "x" || strings.Contains(p.Text, "138") || p.Redactions["phone"] != 1 || !p.Assumed {
		t.Errorf("%+v", p)
	}
}

func TestPushTellsWhatWasTakenWhenTheBusFillsUp(t *testing.T) {
	var body strings.Builder
	for i := range 450 {
		_, _ = fmt.Fprintf(&body, `{"channel":"news","text":"第 %d 条"}`+"\n", i)
	}
	out := &sink{fail: []error{nil, huiying.Errorf(huiying.CodeBusy, "队列已满")}}
	c := testCollector(t, newBook(), out)
	res, err := c.Push(t.Context(), "141122", strings.NewReader(body.String()))
	if !errors.Is(err, huiying.ErrBusy) || res.Accepted != pushBatch {
		t.Fatalf("%d accepted, %v", res.Accepted, err)
	}
	res, err = c.Push(t.Context(), "141122", strings.NewReader(body.String()))
	if err != nil || res.Accepted != 250 || res.Duplicate != 200 {
		t.Errorf("sending again: %+v, %v", res, err)
	}
}

func TestPushStopsReadingWhatIsNoPosts(t *testing.T) {
	res, _, ledger := push(t, strings.NewReader(strings.Repeat("x\n", 3*maxRejected)))
	if len(res.Rejected) != maxRejected+1 || len(ledger.rejections) != maxRejected+1 {
		t.Errorf("%d rejected", len(res.Rejected))
	}
}

func FuzzElements(f *testing.F) {
	for _, s := range []string{`[{"a":1},{"b":"]"}]`, "{}\n{}", "{\n}", `["\"`, "[,,]", "]", "\xEF\xBB\xBF[1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := 0
		for raw, err := range elements(strings.NewReader(s)) {
			if n++; n > len(s)+2 {
				t.Fatalf("%q gives more elements than it has bytes", s)
			}
			if err == nil && len(raw) > len(s) {
				t.Errorf("%q gives %q", s, raw)
			}
		}
	})
}
