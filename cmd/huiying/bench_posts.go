package main

import (
	"fmt"
	"strings"
	"time"

	"huiying"
	"huiying/analyzer"
	"huiying/deploy/sample"
)

// mill makes any number of posts from the sentences of the sample site: the nth
// is always the same, and no two are.
type mill struct {
	bases     []huiying.Assessed // sample posts with what the analyzer says of them
	sentences []string
	start     time.Time // of publication of the first
	every     time.Duration
}

func newMill(a *analyzer.Analyzer, start time.Time, every time.Duration) (*mill, error) {
	all, err := sample.Posts()
	if err != nil {
		return nil, err
	}
	m := &mill{start: start, every: every}
	in := huiying.Intake{Region: "141122", Key: []byte("bench"), Now: func() time.Time { return start.AddDate(1, 0, 0) }} // all of them lie behind it
	for _, p := range all {
		post, err := in.Accept(p.Render(start, start))
		if err != nil {
			return nil, err
		}
		m.bases = append(m.bases, huiying.Assessed{Post: post, Assessment: a.Assess(post)})
		for s := range strings.FieldsFuncSeq(post.Text, func(r rune) bool { return r == '。' || r == '\n' }) {
			m.sentences = append(m.sentences, s+"。")
		}
	}
	return m, nil
}

// post is the nth: title and assessment of a sample post, six sentences of any.
func (m *mill) post(n int) huiying.Assessed {
	x := m.bases[n%len(m.bases)]
	var text strings.Builder
	for i := range 6 {
		text.WriteString(m.sentences[(n*7919+i*i*104729+n/len(m.sentences))%len(m.sentences)])
	}
	fmt.Fprintf(&text, "编号%d。", n)
	x.Post.ID = huiying.PostID(fmt.Sprintf("bench-%08d", n))
	x.Post.Text, x.Post.URL = text.String(), fmt.Sprintf("http://127.0.0.1/bench/%d", n)
	x.Post.PublishedAt = m.start.Add(time.Duration(n) * m.every)
	x.Post.CollectedAt = x.Post.PublishedAt
	x.Assessment.ID = x.Post.ID
	return x
}

func (m *mill) batch(from, n int) []huiying.Assessed {
	out := make([]huiying.Assessed, n)
	for i := range out {
		out[i] = m.post(from + i)
	}
	return out
}
