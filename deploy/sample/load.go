package sample

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"huiying"
)

//go:embed posts/*.yaml
var content embed.FS

// A file holds the posts of one theme. What its head says under site and expect
// holds for every post that does not say otherwise.
type file struct {
	About  string       `yaml:"about"`
	Site   Place        `yaml:"site"`
	Column string       `yaml:"column"`
	Expect expectation  `yaml:"expect"`
	Posts  []postInFile `yaml:"posts"`
}

type postInFile struct {
	ID      string      `yaml:"id"`
	Site    Place       `yaml:"site"`
	At      string      `yaml:"at"` // relative to the start: -3h10m, 45s, 2h
	Title   string      `yaml:"title"`
	By      string      `yaml:"by"`
	Text    string      `yaml:"text"`
	Column  string      `yaml:"column"`
	Mobile  bool        `yaml:"mobile"`
	Repeats string      `yaml:"repeats"` // copies title and text of that post; {原文} in the text stands for its text
	Spread  Spread      `yaml:"spread"`
	Expect  expectation `yaml:"expect"`
}

type expectation struct {
	Topic     string           `yaml:"topic"`
	Category  string           `yaml:"category"`
	Alarm     *bool            `yaml:"alarm"`
	Units     []huiying.UnitID `yaml:"units"`
	Event     *string          `yaml:"event"`
	Places    []huiying.Region `yaml:"places"`
	Maybe     []huiying.Region `yaml:"maybe"`
	Elsewhere bool             `yaml:"elsewhere"`
	Redacts   []string         `yaml:"redacts"`
}

// Posts reads the embedded content, checked. Errors name the file and the post.
// The order is that of the files and of the posts within them.
func Posts() ([]Post, error) { return load(content) }

func load(from fs.FS) ([]Post, error) {
	names, err := fs.Glob(from, "posts/*.yaml")
	if err != nil {
		return nil, err
	}
	var posts []Post
	for _, name := range names {
		raw, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var f file
		if err := yaml.UnmarshalWithOptions(raw, &f, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		for _, in := range f.Posts {
			p, err := f.post(path.Base(name), in)
			if err != nil {
				return nil, faulty(path.Base(name), in.ID, err)
			}
			posts = append(posts, p)
		}
	}
	if err := repeat(posts); err != nil {
		return nil, err
	}
	for _, p := range posts {
		if err := p.check(); err != nil {
			return nil, faulty(p.File, p.ID, err)
		}
	}
	return posts, nil
}

func faulty(file, id string, err error) error {
	return &huiying.Error{Code: huiying.CodeInvalid, Field: file + " " + id, Message: "这一帖写得不对", Cause: err}
}

func (f file) post(name string, in postInFile) (Post, error) {
	at, err := time.ParseDuration(in.At)
	if err != nil {
		return Post{}, huiying.Invalid("at", "应写作 -3h10m、45s 这样的时长，收到 %q", in.At)
	}
	p := Post{
		ID: in.ID, File: name, Site: in.Site, At: at, Title: in.Title, Text: strings.TrimSpace(in.Text), Author: in.By,
		Column: in.Column, Mobile: in.Mobile, Spread: in.Spread, Repeats: in.Repeats, Expect: f.Expect.with(in.Expect),
	}
	if p.Site == "" {
		p.Site = f.Site
	}
	if p.Column == "" {
		p.Column = f.Column
	}
	if p.Column == "" {
		p.Column = places[p.Site].column
	}
	return p, nil
}

// with is what the file expects of all its posts, overruled by what one says.
func (base expectation) with(own expectation) Expect {
	e := Expect{Topic: own.Topic, Category: own.Category, Units: own.Units, Places: own.Places, Maybe: own.Maybe, Elsewhere: own.Elsewhere || base.Elsewhere, Redacts: own.Redacts}
	if e.Topic == "" {
		e.Topic = base.Topic
	}
	if e.Category == "" {
		e.Category = base.Category
	}
	if e.Units == nil {
		e.Units = base.Units
	}
	if e.Places == nil {
		e.Places = base.Places
	}
	if alarm := own.Alarm; alarm != nil {
		e.Alarm = *alarm
	} else if base.Alarm != nil {
		e.Alarm = *base.Alarm
	}
	if own.Event != nil {
		e.Event = *own.Event
	} else if base.Event != nil {
		e.Event = *base.Event
	}
	return e
}

// repeat gives the posts that copy another one its words.
func repeat(posts []Post) error {
	byID := make(map[string]*Post, len(posts))
	for i, p := range posts {
		if byID[p.ID] != nil {
			return faulty(p.File, p.ID, huiying.Invalid("id", "与 %s 里的一帖重复", byID[p.ID].File))
		}
		byID[p.ID] = &posts[i]
	}
	for i := range posts {
		p := &posts[i]
		if p.Repeats == "" {
			continue
		}
		of := byID[p.Repeats]
		if of == nil || of.Repeats != "" || of.At > p.At {
			return faulty(p.File, p.ID, huiying.Invalid("repeats", "%q 不是更早的一篇原帖", p.Repeats))
		}
		if p.Title == "" && p.Site != Weibo {
			p.Title = of.Title
		}
		if p.Text == "" {
			p.Text = of.Text
		}
		p.Text = strings.ReplaceAll(p.Text, "{原文}", of.Text)
	}
	return nil
}

func (p Post) check() error {
	_, known := places[p.Site]
	switch {
	case !known:
		return huiying.Invalid("site", "没有 %q 这个子站", p.Site)
	case !idPattern.MatchString(p.ID):
		return huiying.Invalid("id", "应为小写字母、数字和连字符，收到 %q", p.ID)
	case p.Text == "":
		return huiying.Invalid("text", "正文为空")
	case p.Title == "" && p.Site != Weibo:
		return huiying.Invalid("title", "除微博外都要有标题")
	case p.Author == "":
		return huiying.Invalid("by", "缺少发布者")
	case p.Mobile && p.Site != News:
		return huiying.Invalid("mobile", "只有新闻站有手机版")
	}
	return p.Expect.check()
}

func (e Expect) check() error {
	if !slices.Contains(Topics, e.Topic) {
		return huiying.Invalid("expect.topic", "没有 %q 这个风险主题", e.Topic)
	}
	if !slices.Contains(Categories, e.Category) {
		return huiying.Invalid("expect.category", "没有 %q 这个一级类别", e.Category)
	}
	if e.Alarm && len(e.Units) == 0 {
		return huiying.Invalid("expect.units", "要处置的帖子应有主办单位")
	}
	for _, u := range e.Units {
		if !slices.Contains(Units, u) {
			return huiying.Invalid("expect.units", "没有 %q 这个单位", u)
		}
	}
	for _, r := range slices.Concat(e.Places, e.Maybe) {
		if _, err := huiying.ParseRegion(string(r)); err != nil || !home.Covers(r) {
			return huiying.Invalid("expect.places", "%q 不是交城县的区划代码", r)
		}
	}
	if e.Elsewhere && len(e.Places)+len(e.Maybe) > 0 {
		return huiying.Invalid("expect.elsewhere", "不是本县的事，却写了本县地点")
	}
	for _, kind := range e.Redacts {
		if !slices.Contains(redactions, kind) {
			return huiying.Invalid("expect.redacts", "没有 %q 这类个人信息", kind)
		}
	}
	return nil
}
