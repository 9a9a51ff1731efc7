package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// postsView is 信息流.
type postsView struct {
	Filter     postFilter
	Channels   []option
	Sentiments []option
	Categories []option
	Risks      []option
	Rows       []postRow
	More       string
	Total      tally
	Query      string // the filter as an address, for the live tail
	Live       bool   // the first part of the list: new posts belong on top
	Chips      []chip
	Tools      searchTools
	Saved      []savedView
}

// searchTools is what can be done with a search.
type searchTools struct {
	Words  words
	Hidden map[string]string // the other conditions, which the words keep
	Query  string            // "" without any condition
}

// postFilter is what the form of 信息流 holds.
type postFilter struct {
	Text, Channel, Sentiment, Category, Risk, Source, Flag string
	Days                                                   string
	From, To                                               string // published in [From, To): how reports name what they count
}

func readPostFilter(q url.Values) postFilter {
	return postFilter{
		Text: strings.TrimSpace(q.Get("q")), Channel: q.Get("channel"), Sentiment: q.Get("sentiment"), Category: q.Get("category"),
		Risk: q.Get("risk"), Source: q.Get("source"), Flag: q.Get("flag"), Days: q.Get("days"),
		From: q.Get("from"), To: q.Get("to"),
	}
}

func (f postFilter) query(region huiying.Region, now time.Time) huiying.PostQuery {
	q := huiying.PostQuery{
		Region: region, Text: f.Text, Channel: huiying.Channel(f.Channel), Sentiment: f.Sentiment, Category: f.Category,
		Source: f.Source, Flag: huiying.Flag(f.Flag),
	}
	q.MinRisk, _ = strconv.ParseFloat(f.Risk, 64) // what is no number does not filter
	if days, err := strconv.Atoi(f.Days); err == nil && days > 0 && days <= 3650 {
		q.From = now.AddDate(0, 0, -days)
	}
	if at, err := huiying.ParseTime(f.From); err == nil {
		q.From = at
	}
	q.To, _ = huiying.ParseTime(f.To)
	return q
}

// Active reports whether anything is filtered.
func (f postFilter) Active() bool { return f != postFilter{} }

func (s *Server) postList(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	ctx := r.Context()
	f := readPostFilter(r.URL.Query())
	q := f.query(p.Region, s.now())
	total, err := s.tally(ctx, q)
	if err != nil {
		return err
	}
	q.Cursor = r.URL.Query().Get("cursor")
	found, err := s.cfg.Archive.Posts(ctx, q)
	if err != nil {
		return fmt.Errorf("read posts: %w", err)
	}
	rows, err := s.postRows(r, found.Items, searched(f.Text)...)
	if err != nil {
		return err
	}
	at := r.URL.Query()
	v := postsView{
		Filter: f, Channels: channelOptions(), Sentiments: sentimentOptions, Categories: categoryOptions(), Risks: riskOptions,
		Rows: foldCopies(rows), More: moreURL(r, found.Next), Total: total, Query: filterQuery(at), Live: q.Cursor == "", Chips: f.chips(at),
	}
	v.Tools = searchTools{Words: wordsOf(f.Text), Hidden: make(map[string]string), Query: v.Query}
	for name := range at {
		if name != "q" && name != "cursor" && name != "done" && at.Get(name) != "" {
			v.Tools.Hidden[name] = at.Get(name)
		}
	}
	if r.Header.Get("HX-Request") == "" { // who asks for the list alone has them already
		if v.Saved, err = s.savedSearches(ctx, p, v.Query); err != nil {
			return err
		}
	}
	return s.show(w, r, p, http.StatusOK, "posts", "信息流", v)
}

// foldCopies puts near-copies under the first of them, which is the latest.
func foldCopies(rows []postRow) []postRow {
	var out []postRow
	for _, row := range rows {
		i := slices.IndexFunc(out, func(o postRow) bool {
			return row.Print != 0 && o.Print != 0 && o.Print.Distance(row.Print) <= huiying.NearCopy
		})
		if i < 0 {
			out = append(out, row)
			continue
		}
		out[i].Copies = append(out[i].Copies, row)
	}
	return out
}

// postRows adds to posts the event each belongs to.
func (s *Server) postRows(r *http.Request, items []huiying.Assessed, words ...string) ([]postRow, error) {
	ids := make([]huiying.PostID, len(items))
	for i, x := range items {
		ids[i] = x.Post.ID
	}
	placed, err := s.cfg.Ledger.Placed(r.Context(), ids)
	if err != nil {
		return nil, fmt.Errorf("look up events of posts: %w", err)
	}
	rows := make([]postRow, len(items))
	for i, x := range items {
		rows[i] = postRowOf(x, placed[x.Post.ID], words...)
	}
	return rows, nil
}

// postView is one post with everything the analyzer said about it.
type postView struct {
	postRow
	Post       huiying.Post
	A          huiying.Assessment
	Paragraphs [][]piece
	Categories []huiying.Scored
	Units      []unitChance
	Undecided  string // between the first two units
	Places     []placeView
	State      string
	Misread    *misreadView
	Hidden     []hiddenCount
	EventTitle string
	EventPosts int
	CaseID     huiying.CaseID
	MayOpen    bool
	Fate       fate
	Changes    []changeView
	Above      *postRow // the post it answers
	Replies    []postRow
	ReplyCount int
}

type unitChance struct {
	Name string
	P    float64
	Why  string
}

type placeView struct {
	Name, Why string
	Code      huiying.Region
	P         float64  // 0 when the record is older than the figure
	Town      string   // the township the place lies in, unless it is that
	Choices   []string // among which a person must choose
}

type hiddenCount struct {
	What string
	N    int
}

func (s *Server) postPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	ctx := r.Context()
	x, err := s.cfg.Archive.Post(ctx, huiying.PostID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !p.Region.Covers(x.Post.Region) {
		return huiying.Errorf(huiying.CodeNotFound, "没有这条信息")
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	units = units.In(x.Post.Region)
	versions, err := s.cfg.Archive.Versions(ctx, []huiying.PostID{x.Post.ID})
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	rows, err := s.postRows(r, []huiying.Assessed{x})
	if err != nil {
		return err
	}
	full := []rune(x.Post.FullText())
	_, body := titleAndBody(x.Post, full)
	v := postView{
		postRow: rows[0], Post: x.Post, A: x.Assessment, State: phaseLabels[x.Assessment.State],
		Paragraphs: paragraphs(cut(full, body, len(full), marksOf(full, x.Assessment))),
		Units:      chances(x.Assessment.Units, units), Places: placesOf(x.Assessment.Places, units), Hidden: hiddenOf(x),
		MayOpen: mayOpen(p), Misread: misreadOf(x.Assessment.Misreading, units),
		Undecided: units.Undecided(x.Assessment.Units, s.cfg.Rules().CloseGap, s.now()),
		Fate:      fateOf(versions[x.Post.ID]), Changes: changesOf(x, versions[x.Post.ID]),
	}
	for _, c := range x.Assessment.Categories {
		if c.P >= 0.01 && len(v.Categories) < 5 {
			v.Categories = append(v.Categories, c)
		}
	}
	if err := s.conversation(r, x.Post, &v); err != nil {
		return err
	}
	if v.Event != "" {
		e, err := s.cfg.Ledger.Event(ctx, v.Event)
		if err != nil && !errors.Is(err, huiying.ErrNotFound) {
			return fmt.Errorf("read event: %w", err)
		}
		v.EventTitle, v.EventPosts, v.CaseID = e.Title, e.Posts, e.Case
	}
	return s.show(w, r, p, http.StatusOK, "post", huiying.Clip(x.Post.Headline(), 30), v)
}

// conversation adds what the post answers and what answers it, the latest first.
func (s *Server) conversation(r *http.Request, p huiying.Post, v *postView) error {
	ctx := r.Context()
	below := huiying.PostQuery{Parent: p.ID}
	replies, err := s.cfg.Archive.Posts(ctx, below)
	if err != nil {
		return fmt.Errorf("read replies: %w", err)
	}
	if v.Replies, err = s.postRows(r, replies.Items); err != nil {
		return err
	}
	if v.ReplyCount = len(v.Replies); replies.Next != "" {
		if v.ReplyCount, err = s.cfg.Archive.CountPosts(ctx, below); err != nil {
			return fmt.Errorf("count replies: %w", err)
		}
	}
	if p.Parent == "" {
		return nil
	}
	above, err := s.cfg.Archive.Post(ctx, p.Parent)
	if errors.Is(err, huiying.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the post above: %w", err)
	}
	row := postRowOf(above, "")
	v.Above = &row
	return nil
}

func mayOpen(p huiying.Person) bool {
	return p.Role == huiying.Monitor || p.Role == huiying.Analyst || p.Role == huiying.Leader
}

// leastChance is the probability below which a unit is not worth a line.
const leastChance = 0.01

func chances(all []huiying.Candidate, units *huiying.Directory) []unitChance {
	var out []unitChance
	for i, c := range all {
		if i == 0 || c.P >= leastChance {
			out = append(out, unitChance{units.Name(c.Unit), c.P, c.Why})
		}
	}
	return out
}

// placesOf lists each place once, with the likeliest reading of it.
func placesOf(all []huiying.Place, units *huiying.Directory) []placeView {
	var out []placeView
	for _, p := range all {
		i := slices.IndexFunc(out, func(o placeView) bool { return o.Name == p.Name && o.Code == p.Code })
		if i >= 0 {
			if p.P > out[i].P {
				out[i].P, out[i].Why = p.P, p.Why
			}
			continue
		}
		v := placeView{Name: p.Name, Code: p.Code, Why: p.Why, P: p.P}
		if u, ok := units.Township(p.Code); ok && u.Label() != p.Name {
			v.Town = u.Label()
		}
		for _, c := range p.Candidates {
			name := string(c)
			if u, ok := units.Township(c); ok {
				name = u.Label()
			}
			v.Choices = append(v.Choices, name)
		}
		out = append(out, v)
	}
	return out
}

func hiddenOf(x huiying.Assessed) []hiddenCount {
	counts := x.Post.Redactions
	if len(counts) == 0 {
		counts = x.Assessment.Redactions
	}
	var out []hiddenCount
	for kind, n := range counts {
		out = append(out, hiddenCount{redactionText(kind), n})
	}
	slices.SortFunc(out, func(a, b hiddenCount) int { return strings.Compare(a.What, b.What) })
	return out
}
