package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// sourcesView is 信源: what is read, how it is doing, and what could not be taken.
type sourcesView struct {
	Rows       []sourceRow
	Hosts      []hostLoad
	Failed     []failureCount // of all rows
	Coverage   []coverage
	Counts     map[string]int // by status colour
	Rejections []huiying.Rejection
	Rejected   int
	Dead       []huiying.DeadLetter
	DeadCount  int
	MayEdit    bool
	MayReplay  bool
	Form       sourceForm
	Preview    *previewView
	SeesRaw    bool // the rejected texts themselves
}

type sourceRow struct {
	huiying.Source
	Health huiying.SourceHealth
	Colour string
	Why    string
	Advice string // of a red one
	Word   string
	Lag    string
	LagP95 string
	Load   huiying.SourceHour // of the last 24 hours
	Apart  []apart            // where it is not as sources.yaml has it
	Week   plot               // new items an hour
	Failed []failureCount
}

// hostLoad is what all sources of one site together asked of it in the last 24
// hours.
type hostLoad struct {
	Host    string
	Sources int
	huiying.SourceHour
	Busiest int             // requests in one of these hours, at most
	Today   huiying.HostDay // its budget, by the wall clock; zero when it was not asked today
}

// loadOf sums what the sources asked of each site since from, the busiest first.
func loadOf(rows []sourceRow, days map[string]huiying.HostDay, from time.Time) []hostLoad {
	sums := make(map[string]*hostLoad)
	byHour := make(map[string]map[time.Time]int)
	for _, row := range rows {
		host := row.Host()
		if host == "" || row.Load.Requests == 0 {
			continue
		}
		sum := sums[host]
		if sum == nil {
			sum = &hostLoad{Host: host, Today: days[host]}
			sums[host], byHour[host] = sum, make(map[time.Time]int)
		}
		for _, hour := range row.Health.Hours {
			if hour.At.Before(from.Truncate(time.Hour)) {
				continue
			}
			byHour[host][hour.At.UTC()] += hour.Requests
			sum.Busiest = max(sum.Busiest, byHour[host][hour.At.UTC()])
		}
		sum.Sources++
		sum.Requests += row.Load.Requests
		sum.Failures += row.Load.Failures
		sum.Bytes += row.Load.Bytes
	}
	out := make([]hostLoad, 0, len(sums))
	for _, sum := range sums {
		out = append(out, *sum)
	}
	slices.SortFunc(out, func(a, b hostLoad) int {
		return cmp.Or(b.Requests-a.Requests, cmp.Compare(a.Host, b.Host))
	})
	return out
}

// coverage says how well a channel is watched.
type coverage struct {
	Channel         huiying.Channel
	Watched, Broken int
	Since           time.Time // the first hour on record of those that watch
}

// unwatched are the channels nobody watches, in words.
func unwatched(all []coverage) []string {
	var out []string
	for _, c := range all {
		if c.Watched == 0 {
			out = append(out, c.Channel.Label())
		}
	}
	return out
}

// coverageOf lists all channels, those nobody watches too: silence there says
// nothing. What people register is no channel of sources.
func coverageOf(rows []sourceRow) []coverage {
	var out []coverage
	for _, c := range huiying.Channels {
		if c == huiying.ChannelManual || c == huiying.ChannelLetter || c == huiying.ChannelMedia {
			continue
		}
		v := coverage{Channel: c}
		for _, row := range rows {
			switch {
			case row.Channel != c:
			case row.Colour == "green" || row.Colour == "yellow":
				v.Watched++
				if hours := row.Health.Hours; len(hours) > 0 && (v.Since.IsZero() || hours[0].At.Before(v.Since)) {
					v.Since = hours[0].At
				}
			default:
				v.Broken++
			}
		}
		out = append(out, v)
	}
	return out
}

// weekPlot draws what a source brought in each hour of the last week.
func weekPlot(h huiying.SourceHealth, now time.Time) plot {
	const hours, width, height = 7 * 24, 560, 96
	at := make(map[time.Time]huiying.SourceHour, len(h.Hours))
	for _, hour := range h.Hours {
		at[hour.At.UTC()] = hour
	}
	slots := make([]slot, hours)
	end := now.Truncate(time.Hour)
	for i := range slots {
		t := end.Add(time.Duration(i-hours+1) * time.Hour)
		hour := at[t.UTC()]
		slots[i] = slot{at: t, value: hour.Items + hour.Rejected, part: hour.Rejected}
	}
	return draw("近 7 天每小时的新条目", "其中被拒", width, height, slots)
}

// sourceForm is a source being added or changed, as it was typed.
type sourceForm struct {
	ID                                             huiying.SourceID // "" for a new one
	Kind, Name, URL, Channel, Tier, Every, Options string           // Every in minutes
	Mapping                                        mapping
	Error                                          string
	Kinds, Channels, Tiers                         []option
	Open                                           bool
}

type previewView struct {
	huiying.Preview
	Name  string
	Taken int // posts, those that are not shown too
	Error string
}

const (
	rejectionsShown  = 20
	deadLettersShown = 20
	previewPosts     = 5
)

func newSourceForm() sourceForm {
	return sourceForm{Every: "10", Kind: "feed", Channel: "news", Mapping: mappingOf(nil, nil)}
}

// sourcesPage shows the sources; ?edit=ID with the settings of one in the form.
func (s *Server) sourcesPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	form := newSourceForm()
	if id := r.URL.Query().Get("edit"); id != "" && admits("POST /sources", p) {
		src, err := (api{Server: s}).source(r.Context(), p, huiying.SourceID(id))
		if err != nil {
			return err
		}
		form = formOf(src)
	}
	return s.showSources(w, r, p, http.StatusOK, form, nil)
}

// formOf is the form with a source's settings.
func formOf(src huiying.Source) sourceForm {
	opts := maps.Clone(src.Options)
	if src.Kind == "jsonapi" { // these stand in the mapping
		for _, name := range mapped {
			delete(opts, name)
		}
	}
	return sourceForm{
		ID: src.ID, Kind: src.Kind, Name: src.Name, URL: src.URL, Channel: string(src.Channel), Tier: string(src.Tier),
		Every: strconv.FormatFloat(time.Duration(src.Every).Minutes(), 'f', -1, 64), Options: optionsText(opts), Mapping: mappingOf(nil, src.Options), Open: true,
	}
}

func (s *Server) showSources(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, form sourceForm, preview *previewView) error {
	ctx, now := r.Context(), s.now()
	sources, err := s.cfg.Ledger.Sources(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read source health: %w", err)
	}
	sown, err := s.cfg.Ledger.SownSources(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read the sources of the file: %w", err)
	}
	days, err := s.hostDays(ctx, sources)
	if err != nil {
		return err
	}
	v := sourcesView{Counts: map[string]int{}, MayEdit: admits("POST /sources", p), MayReplay: admits("POST /dead-letters/{id}/replay", p), SeesRaw: p.SeesPosts(), Form: form, Preview: preview}
	for _, src := range sources {
		row := sourceRow{Source: src, Health: health[src.ID], Apart: apartOf(src, sown)}
		row.Colour, row.Why = row.Health.Status(src, now)
		row.Word, row.Failed = sourceStatusLabels[row.Colour], failuresOf(now, row.Health)
		if row.Colour == "red" {
			row.Advice = row.Health.Advice()
		}
		if row.Health.LagP95 > 0 {
			row.Lag = seconds(max(1, row.Health.LagSeconds))
		}
		if row.Health.LagP95 > 0 {
			row.LagP95 = seconds(max(1, row.Health.LagP95))
		}
		row.Load, row.Week = row.Health.Load(now.Add(-24*time.Hour)), weekPlot(row.Health, now)
		v.Counts[row.Colour]++
		v.Rows = append(v.Rows, row)
	}
	order := []string{"red", "yellow", "green", "grey"}
	slices.SortStableFunc(v.Rows, func(a, b sourceRow) int { return slices.Index(order, a.Colour) - slices.Index(order, b.Colour) })
	v.Hosts, v.Coverage = loadOf(v.Rows, days, now.Add(-24*time.Hour)), coverageOf(v.Rows)
	v.Failed = failuresOf(now, slices.Collect(maps.Values(health))...)
	if err := s.troubles(ctx, p, &v); err != nil {
		return err
	}
	v.Form.Kinds, v.Form.Channels, v.Form.Tiers = sourceKindOptions, channelOptions(), tierOptions
	return s.show(w, r, p, status, "sources", "信源", v)
}

func (s *Server) troubles(ctx context.Context, p huiying.Person, v *sourcesView) error {
	rejections, err := s.cfg.Ledger.Rejections(ctx, p.Region, rejectionsShown, "")
	if err != nil {
		return fmt.Errorf("read rejections: %w", err)
	}
	v.Rejections = rejections.Items
	if v.Rejected, err = s.cfg.Ledger.CountRejections(ctx, p.Region); err != nil {
		return fmt.Errorf("count rejections: %w", err)
	}
	if v.MayReplay {
		if v.Dead, err = (api{Server: s}).deadLetters(ctx, p); err != nil {
			return err
		}
		v.Dead = v.Dead[:min(len(v.Dead), deadLettersShown)]
	}
	if v.DeadCount, err = s.cfg.Bus.CountDeadLetters(ctx); err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	return nil
}

// readSource makes a source of the form.
func (s *Server) readSource(f url.Values, p huiying.Person) (huiying.Source, sourceForm, error) {
	form := sourceForm{
		ID: huiying.SourceID(f.Get("id")), Kind: f.Get("kind"), Name: strings.TrimSpace(f.Get("name")), URL: strings.TrimSpace(f.Get("url")), Channel: f.Get("channel"),
		Tier: f.Get("tier"), Every: f.Get("every"), Options: f.Get("options"), Open: true,
	}
	form.Mapping = mappingOf(f, nil)
	src := huiying.Source{ID: form.ID, Kind: form.Kind, Name: form.Name, URL: form.URL, Channel: huiying.Channel(form.Channel), Tier: huiying.MediaTier(form.Tier)}
	var err error
	if src.Region, err = (api{Server: s}).countyFor(p, ""); err != nil {
		return src, form, err
	}
	if err := src.Every.UnmarshalText([]byte(form.Every + "m")); err != nil {
		return src, form, huiying.Invalid("every", "采集间隔请填分钟数，如 10")
	}
	src.Options, err = readOptions(form.Options)
	if form.Mapping = mappingOf(f, src.Options); err != nil {
		return src, form, err
	}
	if src.Kind == "jsonapi" {
		if src.Options, err = form.Mapping.into(src.Options); err != nil {
			return src, form, err
		}
	}
	return src, form, checkSource(src)
}

// readOptions reads what a kind of source needs, one "name = value" a line, or
// a JSON object.
func readOptions(text string) (map[string]any, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if strings.HasPrefix(text, "{") {
		var out map[string]any
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			return nil, huiying.Invalid("options", "选项不是合法的 JSON")
		}
		return out, nil
	}
	out := map[string]any{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, huiying.Invalid("options", "选项第 %d 行应写作“名称 = 值”", i+1)
		}
		out[strings.TrimSpace(name)] = optionValue(strings.TrimSpace(value))
	}
	return out, nil
}

// optionsText writes options as [readOptions] reads them: a line each, or a JSON
// object where a line would read back as something else.
func optionsText(opts map[string]any) string {
	lines, plain := []string(nil), true
	for _, name := range slices.Sorted(maps.Keys(opts)) {
		lines = append(lines, fmt.Sprintf("%s = %v", name, opts[name]))
	}
	text := strings.Join(lines, "\n")
	again, err := readOptions(text)
	for name, v := range opts {
		switch v.(type) {
		case string, bool, float64:
			plain = plain && err == nil && fmt.Sprint(again[name]) == fmt.Sprint(v)
		default:
			plain = false
		}
	}
	if raw, err := json.MarshalIndent(opts, "", "  "); err == nil && !plain {
		return string(raw)
	}
	return text
}

// optionValue tells switches from texts; numbers the kinds read themselves.
func optionValue(s string) any {
	switch s {
	case "true", "是":
		return true
	case "false", "否":
		return false
	}
	return s
}

// tryNewSource fetches once what the form names and shows what would be taken.
func (s *Server) tryNewSource(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	src, form, err := s.sourceOfForm(w, r, p)
	if huiying.CodeOf(err) == huiying.CodeInvalid {
		return s.showSources(w, r, p, statusOf(err), form, nil)
	}
	if err != nil {
		return err
	}
	preview := s.try(r.Context(), src)
	form.Mapping.learn(preview.Preview)
	return s.showSources(w, r, p, http.StatusOK, form, preview)
}

// sourceOfForm reads the form of a source; what is wrong with it is said there.
func (s *Server) sourceOfForm(w http.ResponseWriter, r *http.Request, p huiying.Person) (huiying.Source, sourceForm, error) {
	if err := readForm(w, r); err != nil {
		return huiying.Source{}, sourceForm{}, err
	}
	src, form, err := s.readSource(r.PostForm, p)
	if err != nil {
		form.Error = errorViewOf(err).Message
	}
	return src, form, err
}

func (s *Server) try(ctx context.Context, src huiying.Source) *previewView {
	got, err := s.cfg.Inlet.Try(ctx, src)
	v := &previewView{Preview: got, Name: src.Name, Taken: len(got.Posts)}
	if err != nil {
		v.Error = "没有取到内容：" + tryMessage(err)
	}
	if len(v.Posts) > previewPosts {
		v.Posts = v.Posts[:previewPosts]
	}
	return v
}

// tryMessage shows why a site did not answer: the person who tests it needs the
// cause, and it is about the site, not about us.
func tryMessage(err error) string {
	if e, ok := asDomain(err); ok && e.Field != "" {
		return strings.TrimPrefix(e.Field, "options.") + "：" + e.Message
	} else if ok {
		return e.Message
	}
	return err.Error()
}

func (s *Server) trySource(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	src, err := (api{Server: s}).source(r.Context(), p, huiying.SourceID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.showSources(w, r, p, http.StatusOK, newSourceForm(), s.try(r.Context(), src))
}

// saveSource adds the source of the form, or changes the one it names.
func (s *Server) saveSource(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	src, form, err := s.sourceOfForm(w, r, p)
	if err == nil && src.ID != "" {
		var before huiying.Source
		before, err = (api{Server: s}).source(r.Context(), p, src.ID)
		src.Paused = before.Paused
	}
	if err == nil {
		err = s.keepSource(r, p, src)
	}
	switch {
	case huiying.CodeOf(err) == huiying.CodeInvalid:
		return s.showSources(w, r, p, statusOf(err), form, nil)
	case err != nil:
		return err
	}
	return redirect(w, r, "/sources?done=source")
}

func (s *Server) pauseSource(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	src, err := (api{Server: s}).source(r.Context(), p, huiying.SourceID(r.PathValue("id")))
	if err != nil {
		return err
	}
	src.Paused = r.PostForm.Get("pause") == "yes"
	if err := s.keepSource(r, p, src); err != nil {
		return err
	}
	if src.Paused {
		return redirect(w, r, "/sources?done=paused")
	}
	return redirect(w, r, "/sources?done=resumed")
}

// keepSource saves a source as the API does: same checks, same audit.
func (s *Server) keepSource(r *http.Request, p huiying.Person, src huiying.Source) error {
	_, err := (api{Server: s}).saveSource(r.Context(), p, &sourceInput{asked: asked{r}, Body: sourceBody{
		ID: src.ID, Region: string(src.Region), Kind: src.Kind, Name: src.Name, URL: src.URL, Channel: src.Channel, Tier: src.Tier,
		Every: src.Every, Paused: src.Paused, Options: src.Options,
	}})
	return err
}

func (s *Server) replayDeadLetter(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if _, err := (api{Server: s}).replayDeadLetter(r.Context(), p, &replayInput{ID: r.PathValue("id"), asked: asked{r}}); err != nil {
		return err
	}
	return redirect(w, r, "/sources?done=replayed")
}
