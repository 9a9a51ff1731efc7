package sample

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiying"
)

func mustPosts(t *testing.T) []Post {
	t.Helper()
	posts, err := Posts()
	if err != nil {
		t.Fatal(err)
	}
	return posts
}

func TestTheContentCoversWhatACountyTalksAbout(t *testing.T) {
	t.Parallel()
	posts := mustPosts(t)
	topics, events, sites := map[string]int{}, map[string]int{}, map[Place]int{}
	quiet, elsewhere, ambiguous, redacted, copies := 0, 0, 0, 0, 0
	for _, p := range posts {
		sites[p.Site]++
		if p.Expect.Event != "" {
			events[p.Expect.Event]++
		}
		if p.Expect.Alarm {
			topics[p.Expect.Topic]++
		} else {
			quiet++
		}
		if p.Expect.Elsewhere {
			elsewhere++
		}
		if len(p.Expect.Maybe) > 1 {
			ambiguous++
		}
		if len(p.Expect.Redacts) > 0 {
			redacted++
		}
		if p.Repeats != "" {
			copies++
		}
	}
	t.Logf("%d posts; topics %v; events %v; sites %v", len(posts), topics, events, sites)
	for _, topic := range Topics {
		if topic != "普通" && topics[topic] < 2 {
			t.Errorf("%d alarming posts on %s, want several", topics[topic], topic)
		}
	}
	for key, least := range map[string]int{"smell": 25, "xinyuan": 7, "blast": 8, "card": 7, "dam": 6, "canteen": 6} {
		if events[key] < least {
			t.Errorf("event %s has %d posts, want at least %d", key, events[key], least)
		}
	}
	for _, key := range order {
		if sites[key] < 8 {
			t.Errorf("%s has %d posts", key, sites[key])
		}
	}
	for _, c := range []struct {
		what       string
		got, least int
	}{
		{"posts", len(posts), 280},
		{"posts that need no answer", quiet, 100},
		{"posts about elsewhere", elsewhere, 8},
		{"ambiguous place names", ambiguous, 1},
		{"posts with personal data", redacted, 8},
		{"copies", copies, 6},
	} {
		if c.got < c.least {
			t.Errorf("%s: %d, want at least %d", c.what, c.got, c.least)
		}
	}
}

func TestTextsAreOfReadableLengthAndFitTheirSite(t *testing.T) {
	t.Parallel()
	past := map[Place]int{}
	for _, p := range mustPosts(t) {
		if n := utf8.RuneCountInString(p.Text); n < 25 || n > 400 {
			t.Errorf("%s %s: %d characters", p.File, p.ID, n)
		}
		if p.At < -48*time.Hour || p.At > 6*time.Hour {
			t.Errorf("%s %s: at %v, outside two days before and six hours after the start", p.File, p.ID, p.At)
		}
		if p.Site == Life && utf8.RuneCountInString(p.Title) < 7 {
			t.Errorf("%s %s: title %q is too short to be found as a headline", p.File, p.ID, p.Title)
		}
		if p.Site == News {
			if _, err := simplifiedchinese.GBK.NewEncoder().String(p.Title + p.Text + p.Author); err != nil {
				t.Errorf("%s %s cannot be written in GBK: %v", p.File, p.ID, err)
			}
		}
		if strings.ContainsAny(withDays(p.Title+p.Text, testStart), "{}") {
			t.Errorf("%s %s: a day in braces is misspelt", p.File, p.ID)
		}
		if p.At < 0 {
			past[p.Site]++
		}
	}
	for site, n := range past {
		if n > perPage {
			t.Errorf("%s starts with %d posts, more than the %d its list shows", site, n, perPage)
		}
	}
}

// Every number that looks like a person's must be an obvious fake: phones hold
// 0000, ID cards are of 1900, plates end in 0000.
var (
	phoneLike    = regexp.MustCompile(`1[3-9]\d{9}`)
	landlineLike = regexp.MustCompile(`0\d{2,3}-\d{7,8}`)
	idLike       = regexp.MustCompile(`[1-9]\d{16}[0-9Xx]`)
	plateLike    = regexp.MustCompile(`晋[A-Z]·?[A-Z0-9]{5}`)
)

func TestNoRealPersonalDataIsInTheContent(t *testing.T) {
	t.Parallel()
	for _, p := range mustPosts(t) {
		text := p.Title + "\n" + p.Text
		ids := idLike.FindAllString(text, -1)
		for _, id := range ids {
			if id[6:10] != "1900" && !strings.Contains(id, "00000000") {
				t.Errorf("%s %s: %s could be somebody's number", p.File, p.ID, id)
			}
		}
		rest := idLike.ReplaceAllString(text, "")
		for _, n := range slices.Concat(phoneLike.FindAllString(rest, -1), landlineLike.FindAllString(rest, -1), plateLike.FindAllString(rest, -1)) {
			if !strings.Contains(n, "0000") {
				t.Errorf("%s %s: %s could be real", p.File, p.ID, n)
			}
		}
	}
}

func TestTheIntakeHidesWhatThePostsExpect(t *testing.T) {
	t.Parallel()
	for _, p := range mustPosts(t) {
		found := map[string]int{}
		huiying.Redact(p.Title, found)
		huiying.Redact(p.Text, found)
		for _, kind := range p.Expect.Redacts {
			if found[kind] == 0 {
				t.Errorf("%s %s: no %s is found in it", p.File, p.ID, kind)
			}
			delete(found, kind)
		}
		delete(found, "phone") // hotlines and office numbers are hidden too
		if len(found) > 0 {
			t.Errorf("%s %s: hides %v, which it does not expect", p.File, p.ID, slices.Collect(maps.Keys(found)))
		}
	}
}

func TestExpectationsNameKnownUnitsClassesAndPlaces(t *testing.T) {
	t.Parallel()
	var county struct {
		Units []struct {
			ID huiying.UnitID `json:"id"`
		} `json:"units"`
	}
	var divisions struct {
		Townships []struct {
			Code     huiying.Region `json:"code"`
			Name     string         `json:"name"`
			Villages []struct {
				Code huiying.Region `json:"code"`
				Bare string         `json:"bare_name"`
			} `json:"villages"`
		} `json:"townships"`
	}
	readShared(t, "county_units.json", &county)
	readShared(t, "jiaocheng_divisions.json", &divisions)
	known := make([]huiying.UnitID, 0, len(county.Units))
	for _, u := range county.Units {
		known = append(known, u.ID)
	}
	if !slices.Equal(slices.Sorted(slices.Values(known)), slices.Sorted(slices.Values(Units))) {
		t.Errorf("our units differ from the county's:\n%v\n%v", Units, known)
	}
	names := map[huiying.Region]string{home: ""}
	for _, town := range divisions.Townships {
		names[town.Code] = ""
		for _, v := range town.Villages {
			names[v.Code] = v.Bare
		}
	}
	for _, p := range mustPosts(t) {
		for _, code := range slices.Concat(p.Expect.Places, p.Expect.Maybe) {
			if name, ok := names[code]; !ok || !strings.Contains(p.Title+p.Text, name) {
				t.Errorf("%s %s: expects %s %s, which is unknown or not named", p.File, p.ID, code, name)
			}
		}
	}
	classes := map[string]bool{}
	raw := shared(t, "taxonomy.jsonl")
	for line := range strings.Lines(string(raw)) {
		var row struct {
			L1 string `json:"l1"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		classes[row.L1] = true
	}
	if !slices.Equal(slices.Sorted(maps.Keys(classes)), slices.Sorted(slices.Values(Categories))) {
		t.Errorf("our classes differ from the tree of appeals: %v", slices.Sorted(maps.Keys(classes)))
	}
}

func readShared(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(shared(t, name), into); err != nil {
		t.Fatal(err)
	}
}

// shared reads a file of the county data; without it the test is skipped, but
// never in CI.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if os.IsNotExist(err) && os.Getenv("CI") == "" {
		t.Skipf("%s is not here", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestMistakesInAFileAreNamedWithFileAndPost(t *testing.T) {
	t.Parallel()
	const head = "about: x\nexpect: {topic: 普通, category: 民政, alarm: false}\nposts:\n"
	const good = "  - {id: a-1, site: forum, at: -1h, by: 甲, title: 一个标题, text: 一段正文}\n"
	for _, c := range []struct{ name, body, want string }{
		{"a duplicate id", head + good + good, "x.yaml a-1"},
		{"an unknown class", head + strings.Replace(good, "text: 一段正文", "text: 正文, expect: {category: 外星}", 1), "外星"},
		{"an unknown topic", head + strings.Replace(good, "text: 一段正文", "text: 正文, expect: {topic: 天气}", 1), "天气"},
		{"an unknown unit", head + strings.Replace(good, "text: 一段正文", "text: 正文, expect: {units: [nobody]}", 1), "nobody"},
		{"an alarm nobody answers for", head + strings.Replace(good, "text: 一段正文", "text: 正文, expect: {alarm: true}", 1), "主办单位"},
		{"a missing text", head + strings.Replace(good, ", text: 一段正文", "", 1), "正文为空"},
		{"a missing title", head + strings.Replace(good, ", title: 一个标题", "", 1), "标题"},
		{"an unknown site", head + strings.Replace(good, "forum", "tieba", 1), "tieba"},
		{"a time that is none", head + strings.Replace(good, "-1h", "yesterday", 1), "yesterday"},
		{"an id with capitals", head + strings.Replace(good, "a-1", "A1", 1), "A1"},
		{"a copy of nothing", head + strings.Replace(good, "by: 甲", "by: 甲, repeats: b-9", 1), "b-9"},
		{"a place in another county", head + strings.Replace(good, "text: 一段正文", `text: 正文, expect: {places: ["141121"]}`, 1), "141121"},
		{"a field nobody knows", head + strings.Replace(good, "by: 甲", "by: 甲, colour: red", 1), "colour"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(fstest.MapFS{"posts/x.yaml": {Data: []byte(c.body)}})
			if err == nil || !strings.Contains(err.Error(), "x.yaml") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names x.yaml and %q", err, c.want)
			}
		})
	}
	if posts, err := load(fstest.MapFS{"posts/x.yaml": {Data: []byte(head + good)}}); err != nil || len(posts) != 1 {
		t.Errorf("a good file: %d posts, %v", len(posts), err)
	}
}

func TestDaysAreWrittenOutAsSeenFromThePublication(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 23, 0, 0, 0, huiying.Beijing)
	got := withDays("{昨天}开会，{今天}发文，{明天}起施行；{今年}年报，{明年}计划", at)
	if want := "12月30日开会，12月31日发文，1月1日起施行；2026年报，2027计划"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
