package dashboard

import (
	"slices"
	"strings"
	"time"

	"huiying"
)

// askedView is a question of an event's posts, with one post that asks it.
type askedView struct {
	Text string
	N    int
	Post huiying.PostID
}

// spreadStep is the first post of a source about an event. The order is that of
// publication: an inference, for nobody says who copied whom.
type spreadStep struct {
	Source  string
	Channel huiying.Channel
	At      time.Time
	After   string // since the first of all; "" for that one
	N       int    // of this source among the posts shown
	Post    huiying.PostID
	Assumed bool
}

// What a page shows of each; the posts themselves stand below.
const (
	questionsShown = 6
	stepsShown     = 12
)

func askedOf(posts []huiying.Assessed) []askedView {
	texts := make([]string, len(posts))
	for i, x := range posts {
		texts[i] = x.Post.FullText()
	}
	var out []askedView
	for _, q := range huiying.Questions(texts) {
		if len(out) == questionsShown {
			break
		}
		out = append(out, askedView{q.Text, len(q.Posts), posts[q.Posts[0]].Post.ID})
	}
	return out
}

// spreadOf lists the sources in the order they spoke; posts are in order of publication.
func spreadOf(posts []huiying.Assessed) []spreadStep {
	var out []spreadStep
	for _, x := range posts {
		p := x.Post
		i := slices.IndexFunc(out, func(s spreadStep) bool { return s.Source == p.Source })
		if i >= 0 {
			out[i].N++
			continue
		}
		step := spreadStep{Source: p.Source, Channel: p.Channel, At: p.PublishedAt, N: 1, Post: p.ID, Assumed: p.Assumed}
		if len(out) > 0 {
			step.After = strings.TrimPrefix(huiying.SpanText(p.PublishedAt.Sub(out[0].At)), "-")
		}
		out = append(out, step)
	}
	return out[:min(len(out), stepsShown)]
}
