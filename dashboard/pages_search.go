package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"huiying"
)

// words are the three fields of the form 按词检索; together they say the same as
// the search box.
type words struct {
	All, Any, None string
}

// tokensOf splits a search at its spaces, quoted ones excepted.
func tokensOf(q string) []string {
	var out []string
	var b strings.Builder
	quoted := false
	end := func() {
		if t := b.String(); strings.Trim(t, "|｜-－") != "" {
			out = append(out, t)
		}
		b.Reset()
	}
	for _, r := range q {
		if strings.ContainsRune(`"“”＂`, r) {
			quoted = !quoted
		}
		if unicode.IsSpace(r) && !quoted {
			end()
			continue
		}
		b.WriteRune(r)
	}
	end()
	return out
}

// wordsOf reads a search into the three fields. Of several choices the first
// goes to its field; the others stay as they were written.
func wordsOf(q string) words {
	var w words
	put := func(field *string, t string) {
		if *field != "" {
			*field += " "
		}
		*field += t
	}
	for _, t := range tokensOf(q) {
		switch {
		case strings.HasPrefix(t, "-") || strings.HasPrefix(t, "－"):
			put(&w.None, strings.TrimLeft(t, "-－"))
		case w.Any == "" && strings.ContainsAny(t, "|｜"):
			w.Any = strings.Join(strings.FieldsFunc(t, func(r rune) bool { return r == '|' || r == '｜' }), " ")
		default:
			put(&w.All, t)
		}
	}
	return w
}

// query writes the three fields as one search.
func (w words) query() string {
	list := func(s string) []string {
		return tokensOf(strings.Map(func(r rune) rune {
			if strings.ContainsRune("，、,;；|｜", r) {
				return ' '
			}
			return r
		}, s))
	}
	out := tokensOf(w.All)
	if any := list(w.Any); len(any) > 0 {
		out = append(out, strings.Join(any, "|"))
	}
	for _, t := range list(w.None) {
		out = append(out, "-"+strings.TrimLeft(t, "-－"))
	}
	return strings.Join(out, " ")
}

// postWords answers the form 按词检索: it leads to the search it spells.
func (s *Server) postWords(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	q := r.URL.Query()
	text := words{q.Get("all"), q.Get("any"), q.Get("none")}.query()
	for _, name := range []string{"all", "any", "none", "cursor"} {
		q.Del(name)
	}
	q.Set("q", text)
	return redirect(w, r, "/posts?"+filterQuery(q))
}

// chip is one condition of a list, with the address of the list without it.
type chip struct {
	Label, Without string
}

// chips are the conditions that hold, the words of the search one by one.
func (f postFilter) chips(at url.Values) []chip {
	var out []chip
	add := func(label, name, value string) {
		q := url.Values{}
		for k, v := range at {
			q[k] = v
		}
		q.Set(name, value)
		address := "/posts"
		if rest := filterQuery(q); rest != "" {
			address += "?" + rest
		}
		out = append(out, chip{label, address})
	}
	tokens := tokensOf(f.Text)
	for i, t := range tokens {
		label := "含 " + strings.NewReplacer("|", " 或 ", "｜", " 或 ").Replace(t)
		if strings.HasPrefix(t, "-") || strings.HasPrefix(t, "－") {
			label = "不含 " + strings.TrimLeft(t, "-－")
		}
		add(label, "q", strings.Join(slices.Delete(slices.Clone(tokens), i, i+1), " "))
	}
	for _, c := range []struct{ name, value, label string }{
		{"channel", f.Channel, huiying.Channel(f.Channel).Label()},
		{"category", f.Category, f.Category},
		{"sentiment", f.Sentiment, sentimentLabel(f.Sentiment)},
		{"risk", f.Risk, "风险 " + f.Risk + " 以上"},
		{"source", f.Source, "来源 " + f.Source},
		{"flag", f.Flag, huiying.Flag(f.Flag).Label()},
		{"days", f.Days, "近 " + f.Days + " 天"},
	} {
		if c.value != "" {
			add(c.label, c.name, "")
		}
	}
	return out
}

// savedView is a saved search as the list shows it.
type savedView struct {
	huiying.SavedSearch
	Open    string // address that opens it and notes the look
	Fresh   int    // collected since the last look
	More    bool   // more than Fresh
	Current bool
}

// What counts as new in a saved search is looked for among so many of the latest
// posts, published up to so long before the last look: sources are read late.
const (
	freshMost = 100
	freshBack = 72 * time.Hour
)

func (s *Server) savedSearches(ctx context.Context, p huiying.Person, at string) ([]savedView, error) {
	saved, err := s.cfg.Ledger.Searches(ctx, p.User)
	if err != nil {
		return nil, err
	}
	out := make([]savedView, len(saved))
	for i, one := range saved {
		v := savedView{SavedSearch: one, Open: "/posts/searches/open?name=" + url.QueryEscape(one.Name), Current: one.Query == at}
		values, err := url.ParseQuery(one.Query)
		if err != nil {
			return nil, fmt.Errorf("saved search %q of %s: %w", one.Name, p.User, err)
		}
		q := readPostFilter(values).query(p.Region, s.now())
		if from := one.SeenAt.Add(-freshBack); q.From.Before(from) {
			q.From = from
		}
		q.Limit = freshMost
		found, err := s.cfg.Archive.Posts(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("count what is new in %q: %w", one.Name, err)
		}
		for _, x := range found.Items {
			if x.Post.CollectedAt.After(one.SeenAt) {
				v.Fresh++
			}
		}
		v.More = v.Fresh == freshMost
		out[i] = v
	}
	return out, nil
}

func (s *Server) saveSearch(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	values, err := url.ParseQuery(r.PostForm.Get("query"))
	if err != nil {
		return huiying.Invalid("query", "检索条件不完整，请重新检索后再保存")
	}
	query := filterQuery(values)
	one := huiying.SavedSearch{User: p.User, Name: strings.TrimSpace(r.PostForm.Get("name")), Query: query, SeenAt: s.now()}
	if err := s.cfg.Ledger.SaveSearch(r.Context(), one); err != nil {
		return err
	}
	return redirect(w, r, withDone("/posts?"+query, "search"))
}

func (s *Server) openSearch(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	saved, err := s.cfg.Ledger.Searches(r.Context(), p.User)
	if err != nil {
		return err
	}
	name := r.URL.Query().Get("name")
	i := slices.IndexFunc(saved, func(one huiying.SavedSearch) bool { return one.Name == name })
	if i < 0 {
		return huiying.Errorf(huiying.CodeNotFound, "没有保存过这个检索")
	}
	if err := s.cfg.Ledger.SearchSeen(r.Context(), p.User, name, s.now()); err != nil {
		return err
	}
	return redirect(w, r, "/posts?"+saved[i].Query)
}

func (s *Server) dropSearch(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	if err := s.cfg.Ledger.DropSearch(r.Context(), p.User, r.PostForm.Get("name")); err != nil {
		return err
	}
	return redirect(w, r, "/posts?done=search-dropped")
}

// matchView says how much a set of conditions would have matched day by day.
type matchView struct {
	Chips    []chip
	Query    string
	Days     int
	Choices  []int
	Plot     plot
	Total    int
	PerDay   float64
	Negative int
	Risky    int
}

var matchDays = []int{7, 30, 90}

// postMatch is the dry run of a search: what it would have brought each day.
func (s *Server) postMatch(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	q := r.URL.Query()
	f := readPostFilter(q)
	days, _ := strconv.Atoi(q.Get("over"))
	if !slices.Contains(matchDays, days) {
		days = 30
	}
	f.Days = "" // the dry run has days of its own
	q.Del("over")
	q.Del("days")
	v := matchView{Chips: f.chips(q), Query: filterQuery(q), Days: days, Choices: matchDays}
	now := s.now().In(huiying.Beijing)
	first := time.Date(now.Year(), now.Month(), now.Day()-days+1, 0, 0, 0, 0, huiying.Beijing)
	base := f.query(p.Region, now)
	count := func(from, to time.Time, change func(*huiying.PostQuery)) (int, error) {
		one := base
		one.From, one.To = from, to
		if change != nil {
			change(&one)
		}
		return s.cfg.Archive.CountPosts(r.Context(), one)
	}
	var slots []slot
	for i := range days {
		at := slot{at: first.AddDate(0, 0, i)}
		var err error
		if at.value, err = count(at.at, at.at.AddDate(0, 0, 1), nil); err != nil {
			return fmt.Errorf("count what would match: %w", err)
		}
		if at.value > 0 && base.Sentiment == "" {
			if at.part, err = count(at.at, at.at.AddDate(0, 0, 1), func(q *huiying.PostQuery) { q.Sentiment = "negative" }); err != nil {
				return fmt.Errorf("count the negative: %w", err)
			}
		}
		v.Total += at.value
		v.Negative += at.part
		slots = append(slots, at)
	}
	var err error
	v.Risky, err = count(first, now, func(q *huiying.PostQuery) { q.MinRisk = max(q.MinRisk, 60) })
	if err != nil {
		return fmt.Errorf("count the risky: %w", err)
	}
	v.PerDay = float64(v.Total) / float64(days)
	v.Plot = draw("每天会匹配的信息，深色为负面", "负面", 1080, 220, slots)
	return s.show(w, r, p, http.StatusOK, "post-match", "试算", v)
}
