package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"huiying"
)

// placing is how long a registration waits for the event of its post before it
// answers without.
const placing = 5 * time.Second

// wayIn is how something reached the office.
type wayIn struct {
	Channel huiying.Channel
	Label   string
	Hint    string
}

var waysIn = []wayIn{
	{huiying.ChannelHotline, "来电", "12345 热线、值班电话"},
	{huiying.ChannelLetter, "来信来访", "信件、信箱、当面反映"},
	{huiying.ChannelMedia, "媒体问询", "记者采访、核实"},
	{huiying.ChannelManual, "联络员报告", "单位、乡镇报告，上级交办"},
}

var urgencies = []string{"一般", "紧急", "特急"}

// intakeView is the page where people register what no crawler reads.
type intakeView struct {
	Ways      []wayIn
	Urgencies []string
	Units     []unitGroup
	Form      url.Values
	Channel   huiying.Channel
	Error     string
	Field     string
	Similar   []similarMatter // asks before it saves
	Unit      string          // of a liaison, who reports for it and nothing else
	MayOpen   bool
	FileError string
	Profiles  []huiying.Profile
}

// Was is what was typed into a field.
func (v intakeView) Was(name string) string { return v.Form.Get(name) }

// needIntake refuses those who register nothing.
func needIntake(p huiying.Person) error {
	if mayOpen(p) || p.Role == huiying.Liaison && p.Unit != "" {
		return nil
	}
	return huiying.Errorf(huiying.CodeForbidden, "登记由监测员、研判员、值班领导办理，各单位由联络人报告")
}

func (s *Server) intakePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showIntake(w, r, p, http.StatusOK, intakeView{Form: url.Values{"at": {templateInput(s.now())}, "urgency": {urgencies[0]}}})
}

func (s *Server) showIntake(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, v intakeView) error {
	if err := needIntake(p); err != nil {
		return err
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	v.Ways, v.Urgencies, v.MayOpen = waysIn, urgencies, mayOpen(p)
	v.Units = unitGroups(units.All(), s.now())
	if v.Channel = huiying.Channel(v.Was("channel")); v.Channel == "" {
		v.Channel = huiying.ChannelHotline
	}
	if !v.MayOpen {
		v.Unit = units.Name(p.Unit)
	} else if v.Profiles, err = s.cfg.Ledger.Profiles(r.Context(), p.Region); err != nil {
		return fmt.Errorf("read profiles: %w", err)
	}
	return s.show(w, r, p, status, "intake", "登记", v)
}

// register sends what a person wrote down the way of a crawled post. What may be
// known already is shown first; ticked, it becomes a case at once, of the event
// it belongs to.
func (s *Server) register(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := needIntake(p); err != nil {
		return err
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	f := r.PostForm
	again := func(err error) error {
		return s.showIntake(w, r, p, statusOf(err), intakeView{Form: f, Error: errorViewOf(err).Message, Field: fieldOf(err)})
	}
	region, err := (api{Server: s}).countyFor(p, "")
	if err != nil {
		return err
	}
	post, err := s.written(r.Context(), f, p, region)
	if err != nil {
		if huiying.CodeOf(err) == huiying.CodeInvalid {
			return again(err)
		}
		return err
	}
	if mayOpen(p) && f.Get("seen") == "" {
		found, err := s.similar(r.Context(), p.Region, post.Title, post.Text)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return s.showIntake(w, r, p, http.StatusOK, intakeView{Form: f, Similar: found})
		}
	}
	result, err := s.push(r.Context(), region, post)
	if err != nil {
		return err
	}
	if len(result.Rejected) > 0 {
		return again(huiying.Invalid("text", "%s", result.Rejected[0].Error))
	}
	if err := s.cfg.Ledger.Record(r.Context(), huiying.Audit{
		At: s.now(), Region: region, Who: p.User, Role: p.Role, Action: "intake.register", Object: string(post.ID), Detail: post.Channel.Label(),
	}); err != nil {
		return fmt.Errorf("audit a registration: %w", err)
	}
	if f.Get("case") == "yes" && mayOpen(p) {
		return s.registerCase(w, r, p, post, huiying.UnitID(f.Get("unit")))
	}
	back := "/intake/posts/" + url.PathEscape(string(post.ID))
	if result.Duplicate > 0 {
		back += "?again=yes"
	}
	return redirect(w, r, back)
}

// written is the post of the form, with its ID.
func (s *Server) written(ctx context.Context, f url.Values, p huiying.Person, region huiying.Region) (huiying.Post, error) {
	units, err := s.unitsOf(ctx)
	if err != nil {
		return huiying.Post{}, err
	}
	post := huiying.Post{Channel: huiying.Channel(f.Get("channel")), Title: f.Get("title"), Text: strings.TrimSpace(f.Get("text"))}
	if !mayOpen(p) {
		post.Channel = huiying.ChannelManual
	}
	i := slices.IndexFunc(waysIn, func(w wayIn) bool { return w.Channel == post.Channel })
	if i < 0 {
		return post, huiying.Invalid("channel", "请选择来自哪里")
	}
	post.Source = waysIn[i].Label
	if !mayOpen(p) {
		post.Source = units.Name(p.Unit) + "联络人报告"
	}
	if at := f.Get("at"); at != "" {
		if post.PublishedAt, err = huiying.ParseTime(at); err != nil {
			return post, huiying.Invalid("at", "时间不对，请从日历中选择")
		}
	}
	if post.Text == "" {
		return post, huiying.Invalid("text", "请写明反映的内容")
	}
	if place := strings.TrimSpace(f.Get("place")); place != "" {
		post.Text += "\n地点：" + place
	}
	extra := map[string]string{}
	if u := f.Get("urgency"); slices.Contains(urgencies[1:], u) {
		extra["紧急程度"] = u
	}
	if u := huiying.UnitID(f.Get("unit")); u != "" && mayOpen(p) {
		if err := units.Check(u, s.now()); err != nil {
			return post, err
		}
		extra["建议承办单位"] = units.Name(u)
	}
	for name, value := range extra {
		if post.Extra == nil {
			post.Extra = make(map[string]json.RawMessage)
		}
		post.Extra[name], _ = json.Marshal(value) // a string cannot fail
	}
	read, err := s.reading(region).Accept(post)
	post.ID = read.ID
	return post, err
}

// push sends one post the way programs push.
func (s *Server) push(ctx context.Context, region huiying.Region, post huiying.Post) (huiying.PushResult, error) {
	raw, err := json.Marshal(post)
	if err != nil {
		return huiying.PushResult{}, fmt.Errorf("encode a post: %w", err)
	}
	return s.cfg.Inlet.Push(ctx, region, bytes.NewReader(raw))
}

// registerCase opens the case of the event the post joined, or leads to the one
// there is. Without an event yet it opens none: there would be two.
func (s *Server) registerCase(w http.ResponseWriter, r *http.Request, p huiying.Person, post huiying.Post, lead huiying.UnitID) error {
	back := "/intake/posts/" + url.PathEscape(string(post.ID)) + "?case=yes"
	id, err := s.placed(r.Context(), post.ID)
	if err != nil {
		return err
	}
	if id == "" {
		return redirect(w, r, back)
	}
	e, err := s.cfg.Ledger.Event(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read event of a registration: %w", err)
	}
	if e.Case != "" {
		return redirect(w, r, back)
	}
	read, err := s.reading(e.Region).Accept(post)
	if err != nil {
		return err
	}
	c, err := (api{Server: s}).openCase(r.Context(), p, &openInput{Body: huiying.ManualCase{
		Region: e.Region, Queue: post.Channel.Queue(), Title: read.Headline(), Summary: read.Text, Category: e.Category,
		Level: max(e.Level, huiying.Blue), Lead: lead, Event: e.ID, EventAt: e.FirstAt, Emergency: e.IsEmergency(),
	}})
	switch {
	case errors.Is(err, huiying.ErrConflict): // opened in this very moment, by the rules or a colleague
		return redirect(w, r, back)
	case err != nil:
		return err
	}
	return redirect(w, r, "/cases/"+url.PathEscape(string(c.ID))+"?done=open")
}

// placed waits a little for the event of a post, "" when it takes longer.
func (s *Server) placed(ctx context.Context, id huiying.PostID) (huiying.EventID, error) {
	ctx, cancel := context.WithTimeout(ctx, placing)
	defer cancel()
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for {
		events, err := s.cfg.Ledger.Placed(ctx, []huiying.PostID{id})
		switch {
		case ctx.Err() != nil:
			return "", nil
		case err != nil:
			return "", fmt.Errorf("look up event of a post: %w", err)
		case events[id] != "":
			return events[id], nil
		}
		select {
		case <-ctx.Done():
			return "", nil
		case <-every.C:
		}
	}
}

// registeredView says what became of a registration.
type registeredView struct {
	Post      huiying.PostID
	Again     bool // it was registered before, word for word
	WantsCase bool
	Sent      bool // a liaison's: it went to the office, that is all there is to see
	Event     *huiying.Event
	Began     bool // a new event
	Copy      bool // nearly the same as another post of it
	Number    string
	MayOpen   bool
}

func (s *Server) registeredPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v, err := s.registered(r, p)
	if err != nil {
		return err
	}
	return s.show(w, r, p, http.StatusOK, "registered", "已登记", v)
}

func (s *Server) registeredFragment(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v, err := s.registered(r, p)
	if err != nil {
		return err
	}
	return s.fragment(w, "registered-result", v)
}

func (s *Server) registered(r *http.Request, p huiying.Person) (registeredView, error) {
	ctx, id := r.Context(), huiying.PostID(r.PathValue("id"))
	v := registeredView{Post: id, Again: r.URL.Query().Get("again") != "", WantsCase: r.URL.Query().Get("case") != "", MayOpen: mayOpen(p)}
	if err := needIntake(p); err != nil {
		return v, err
	}
	if v.Sent = !v.MayOpen; v.Sent {
		return v, nil
	}
	events, err := s.cfg.Ledger.Placed(ctx, []huiying.PostID{id})
	if err != nil {
		return v, fmt.Errorf("look up event of a post: %w", err)
	}
	if events[id] == "" {
		return v, nil
	}
	e, err := s.cfg.Ledger.Event(ctx, events[id])
	if err != nil {
		return v, fmt.Errorf("read event of a post: %w", err)
	}
	if !p.Region.Covers(e.Region) {
		return v, huiying.Errorf(huiying.CodeNotFound, "没有这条登记")
	}
	members, err := s.cfg.Ledger.EventPosts(ctx, e.ID, huiying.MaxLimit)
	if err != nil {
		return v, fmt.Errorf("read posts of an event: %w", err)
	}
	v.Event, v.Began = &e, len(members) > 0 && members[0].Post == id
	v.Copy = slices.ContainsFunc(members, func(m huiying.EventPost) bool { return m.Post == id && m.Duplicate })
	if e.Case != "" {
		c, err := s.cfg.Ledger.Case(ctx, e.Case)
		if err != nil {
			return v, fmt.Errorf("read case of an event: %w", err)
		}
		v.Number = c.Number
	}
	return v, nil
}
