package dashboard

import (
	"fmt"
	"net/http"
	"slices"

	"huiying"
)

// effectView is what followed each response to a case.
type effectView struct {
	Case    huiying.Case
	Effects []effectRow
	Posts   int // read of the event
	Rest    int // not read: there are more than can be
}

type effectRow struct {
	huiying.Effect
	Outlet string
	Reach  []huiying.Reach
	Plot   plot
}

const (
	effectHours = 48   // on each side of a response
	effectPosts = 5000 // of an event that are read
)

func (s *Server) effectPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	c, err := s.visibleCase(r, p)
	if err != nil {
		return err
	}
	posts, all, err := s.postsOfEvent(r, c.Event)
	if err != nil {
		return err
	}
	v := effectView{Case: c, Posts: len(posts), Rest: max(0, all-len(posts))}
	for _, resp := range c.Responses {
		e := huiying.EffectOf(posts, resp, effectHours, s.now())
		slots := make([]slot, len(e.Series))
		for i, h := range e.Series {
			slots[i] = slot{h.At, h.Posts, h.Negative}
		}
		v.Effects = append(v.Effects, effectRow{e, resp.Outlet, resp.Reach, draw("回应前后每小时发文，深色为负面", "负面", 720, 160, slots)})
	}
	return s.show(w, r, p, http.StatusOK, "effect", c.Number+" 回应效果", v)
}

// postsOfEvent reads the posts of an event and says how many it has.
func (s *Server) postsOfEvent(r *http.Request, id huiying.EventID) (posts []huiying.Assessed, all int, err error) {
	if id == "" {
		return nil, 0, nil
	}
	links, err := s.cfg.Ledger.EventPosts(r.Context(), id, effectPosts)
	if err != nil {
		return nil, 0, fmt.Errorf("read members of event: %w", err)
	}
	for part := range slices.Chunk(links, huiying.MaxLimit) {
		ids := make([]huiying.PostID, len(part))
		for i, l := range part {
			ids[i] = l.Post
		}
		found, err := s.cfg.Archive.Posts(r.Context(), huiying.PostQuery{IDs: ids, Limit: len(ids)})
		if err != nil {
			return nil, 0, fmt.Errorf("read posts of event: %w", err)
		}
		posts = append(posts, found.Items...)
	}
	e, err := s.cfg.Ledger.Event(r.Context(), id)
	return posts, e.Posts, err
}
