// Package analyzer says what a post is about: tone, risk, class, places, units,
// each with the reasons it was computed from. [Analyzer.Assess] is a pure
// function of the post and the county's data; it needs no network and no GPU.
//
// It decides nothing: levels, cases and deadlines belong to alerting, and every
// score is advice to a person. Start reading at [Analyzer.Assess].
package analyzer

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"huiying"
)

// Config is what an analyzer is made from.
type Config struct {
	County *huiying.County
	Now    func() time.Time
}

// Analyzer assesses posts of one county. It is safe for concurrent use: nothing in
// it changes after it is made but what was learned, which is swapped as a whole.
type Analyzer struct {
	segmenter *segmenter
	county    *huiying.County
	folder    *huiying.Folder
	watch     *watch
	topics    []topic
	duties    []duty
	concern   []int32   // by word of the watch, in concerns; 0 for none
	concerns  []concern // the first is none
	gazetteer *gazetteer
	classes   *classes
	tones     *tones
	units     *huiying.Directory
	bureaus   map[string][]huiying.UnitID // the units that stand for each, the likelier first
	stop      map[string]bool             // words no keyword is made of
	policies  *policies
	model     *model
	learned   atomic.Pointer[Learned] // from people; nil for nothing
	readings  sync.Pool               // of *reading
}

// New makes an analyzer; it takes a fraction of a second, most of it the
// dictionary.
func New(cfg Config) (*Analyzer, error) {
	var m *model
	var s *segmenter
	var tables errgroup.Group
	tables.Go(func() (err error) {
		m, err = decodeModel(modelFile)
		return err
	})
	tables.Go(func() (err error) {
		s, err = newSegmenter(countyWords(cfg.County))
		return err
	})
	if err := tables.Wait(); err != nil {
		return nil, err
	}
	return build(cfg.County, m, s)
}

// For is an analyzer of the same models, and of what was learned, for changed
// data of the county. The receiver goes on as it is.
func (a *Analyzer) For(c *huiying.County) (*Analyzer, error) {
	s, err := newSegmenter(countyWords(c))
	if err != nil {
		return nil, err
	}
	next, err := build(c, a.model, s)
	if err != nil {
		return nil, err
	}
	next.learned.Store(a.learned.Load())
	return next, nil
}

func build(c *huiying.County, m *model, s *segmenter) (*Analyzer, error) {
	classes, err := newClasses()
	if err != nil {
		return nil, fmt.Errorf("taxonomy: %w", err)
	}
	tones, err := newTones()
	if err != nil {
		return nil, err
	}
	a := &Analyzer{
		segmenter: s, county: c,
		gazetteer: newGazetteer(c), classes: classes, tones: tones, units: huiying.NewDirectory(c.Units), model: m,
		bureaus: make(map[string][]huiying.UnitID),
	}
	for _, u := range c.Units {
		for _, b := range u.Bureaus {
			a.bureaus[b] = append(a.bureaus[b], u.ID)
		}
	}
	classes.teach(m)
	a.readings.New = func() any { return new(reading) }
	if a.policies, err = newPolicies(c.Policies, a.segment); err != nil {
		return nil, fmt.Errorf("index policies: %w", err)
	}
	a.watchFor(c)
	if a.stop, err = stopWords(); err != nil {
		return nil, err
	}
	return a, nil
}

// Version names the lexicon and the models.
func (a *Analyzer) Version() string { return a.county.Lexicon.Version + "/" + a.model.version() }

// reading is a post as every feature sees it: segmented once. Its slices are used
// again for other posts after [Analyzer.free].
type reading struct {
	analyzer  *Analyzer
	post      huiying.Post
	text      string  // title, newline, text; bounded, evasions undone
	at        []int32 // where each rune stands in the post, and the end; nil: at the same offset
	runes     []rune
	bytes     []int32 // where each rune stands in text, and the end
	words     []word  // of which the parts of speech are known after [reading.tag]
	tagged    bool
	sentences []span
	title     int // runes of the title, 0 without one
	seen      *sightings
	tonals    []tonal  // words of the tone lexicon
	signals   []signal // of topics, whatever they mean
	duties    []int32  // that are named
	leaves    []int32  // classes of which a leaf is named, one for each
	proposals proposals
	answers   proposals // of the units whose bureaus answer such letters
	ranked    []huiying.Candidate
	scene     scene // as the gazetteer sees it
	hits      []hit
	figure    bool      // a word of disaster is a figure of speech
	denials   []stretch // bytes that say nobody was hurt; nil before anybody asked
	state     huiying.Phase
	stateWhy  string
	counted   []feature // in which features lie
	features  [bags][]feature
	verdicts  verdicts // of the trained model
	learned   *Learned // from people
}

type span struct{ from, to int } // rune offsets

// Assess says what a post is about. Every figure carries its reasons; the same
// post gives the same assessment.
func (a *Analyzer) Assess(p huiying.Post) huiying.Assessment {
	r := a.read(p)
	defer a.free(r)
	if r.learned = a.learned.Load(); r.learned != nil {
		r.tag()
	}
	return a.assess(r)
}

func (a *Analyzer) assess(r *reading) huiying.Assessment {
	p, hits := r.post, r.hits
	places := a.gazetteer.find(r)
	out := huiying.Assessment{
		ID: p.ID, State: r.state, Places: places, Print: fingerprint(r), Keywords: a.keywords(r), Redactions: p.Redactions,
		Sentiment: sentiment(r), Rumor: rumor(r), Emergency: emergency(r),
	}
	out.Categories = a.classes.classify(r)
	out.Category = out.Categories[0].Name
	out.Misreading = a.policies.find(r, hits)
	out.Flags = flagsOf(r, hits, out)
	if _, ok := a.gazetteer.crosses(r, places); ok && r.state == huiying.PhaseOccurred && len(hits) > 0 {
		out.Flags = append(out.Flags, huiying.FlagCrossArea)
	}
	elsewhere := a.gazetteer.elsewhere(r, places)
	if elsewhere != "" { // what happens there needs no special care of ours; what people say here does
		out.Flags = slices.DeleteFunc(out.Flags, func(f huiying.Flag) bool { return f != huiying.FlagMisreading && f != huiying.FlagRumor })
	}
	out.Risk = risk(r, hits, out, r.stateWhy, elsewhere)
	out.Units = a.candidates(r, hits, out)
	if out.Redactions == nil {
		out.Redactions = map[string]int{}
	}
	r.unfold(&out)
	return out
}

func (a *Analyzer) read(p huiying.Post) *reading {
	r := a.readings.Get().(*reading)
	r.analyzer, r.post = a, p
	r.text, r.at = a.folder.Fold(bounded(p.FullText()))
	from := 0
	for i, c := range r.text {
		r.runes, r.bytes = append(r.runes, c), append(r.bytes, int32(i))
		switch c {
		case '。', '！', '？', '!', '?', '；', ';', '\n':
			r.sentences = append(r.sentences, span{from, len(r.runes)})
			from = len(r.runes)
		}
	}
	r.bytes = append(r.bytes, int32(len(r.text)))
	if from < len(r.runes) {
		r.sentences = append(r.sentences, span{from, len(r.runes)})
	}
	r.words = a.segmenter.cut(r.words, r.text, r.runes, r.bytes)
	if p.Title != "" && p.Title != p.Text {
		r.title = r.folded(utf8.RuneCountInString(huiying.CleanText(p.Title)))
	}
	r.seen = a.watch.scan(r.text, r.runes, r.bytes)
	r.tonals = a.tones.find(r.seen, r.tonals)
	r.concern()
	r.hits = a.match(r)
	r.state, r.stateWhy = stateOf(r)
	r.features = features(r)
	r.verdicts = a.model.ask(&r.features)
	return r
}

// free gives a reading back when nothing looks at it any more.
func (a *Analyzer) free(r *reading) {
	a.watch.free(r.seen)
	clear(r.words)
	clear(r.hits)
	clear(r.proposals)
	clear(r.answers)
	clear(r.ranked)
	*r = reading{
		runes: r.runes[:0], bytes: r.bytes[:0], words: r.words[:0], sentences: r.sentences[:0], hits: r.hits[:0],
		tonals: r.tonals[:0], counted: r.counted[:0], signals: r.signals[:0], duties: r.duties[:0], leaves: r.leaves[:0], proposals: r.proposals[:0], answers: r.answers[:0], ranked: r.ranked[:0], scene: r.scene.empty(),
	}
	a.readings.Put(r)
}

// piece is the text between two rune offsets.
func (r *reading) piece(from, to int) string { return r.text[r.bytes[from]:r.bytes[to]] }

// runesOf turns byte offsets, each the beginning of a rune, into those of runes.
func (r *reading) runesOf(start, end int) (int, int) {
	a, _ := slices.BinarySearch(r.bytes, int32(start))
	b, _ := slices.BinarySearch(r.bytes[a:], int32(end))
	return a, a + b
}

// folded is the offset in the text of a rune offset in the post.
func (r *reading) folded(at int) int {
	if r.at == nil {
		return min(at, len(r.runes))
	}
	i, _ := slices.BinarySearch(r.at, int32(at))
	return min(i, len(r.runes))
}

// unfold turns the offsets of an assessment into those of the post.
func (r *reading) unfold(as *huiying.Assessment) {
	for i := range as.Places {
		r.back(&as.Places[i].Start, &as.Places[i].End)
	}
	for i := range as.Risk.Factors {
		r.back(&as.Risk.Factors[i].Start, &as.Risk.Factors[i].End)
	}
	if c := as.Misreading.Claim; c != nil {
		r.back(&c.Start, &c.End)
	}
}

func (r *reading) back(start, end *int) {
	if r.at != nil && *start < *end {
		*start, *end = int(r.at[*start]), int(r.at[*end])
	}
}

func (r *reading) titleBytes() int { return int(r.bytes[r.title]) }

// sentiment is the tone. In a letter the question is another: whether it
// complains, or asks and proposes, however politely.
func sentiment(r *reading) huiying.Sentiment {
	if !slices.ContainsFunc(r.runes, unicode.IsLetter) {
		return huiying.Sentiment{Label: "neutral"} // signs, digits and pictures alone tell nothing
	}
	felt := felt(r)
	var p [3]float64
	for _, kind := range r.verdicts.of(taskKind) { // a mixture of judges
		said := felt
		if kind.Name != taskSentiment {
			bad := r.verdicts.yes(kind.Name)
			said = [3]float64{bad, 0, 1 - bad}
		}
		for i := range p {
			p[i] += kind.P * said[i]
		}
	}
	switch r.post.Channel {
	case huiying.ChannelLetter, huiying.ChannelHotline:
		negative := r.verdicts.yes(taskComplaint)
		rest := (1 - negative) / max(1-p[0], 1e-9)
		p = [3]float64{negative, p[1] * rest, p[2] * rest}
	}
	out := huiying.Sentiment{Label: "neutral", Score: round(p[2] - p[0]), P: round(p[0])}
	switch {
	case p[0] >= 0.5:
		out.Label = "negative"
	case p[2] > p[1]:
		out.Label = "positive"
	}
	return out
}

// felt is how probable it is that a post tells of a bad feeling, of none, of a
// good one. Two judges say it, one who knows the feelings apart and one who does
// not, and neither is better than their mean.
func felt(r *reading) (p [3]float64) {
	for _, s := range r.verdicts.of(taskEmotion) {
		switch s.Name {
		case "happy":
			p[2] += s.P
		case "neutral":
			p[1] += s.P
		default: // anger, fear, sadness
			p[0] += s.P
		}
	}
	negative := (p[0] + r.verdicts.yes(taskSentiment)) / 2
	rest := (1 - negative) / max(1-p[0], 1e-9)
	return [3]float64{negative, p[1] * rest, p[2] * rest}
}

// rumor is a hint: how much the post is worded like those that proved false, and
// whether it passes on hearsay. The model was taught by microblogs and says
// nothing of what offices and the media write or a hotline notes down. A
// refutation tells of the rumour and is none.
func rumor(r *reading) huiying.Rumor {
	p := 0.0
	if c := r.post.Channel; !official(r.post) && c != huiying.ChannelHotline && c != huiying.ChannelLetter && c != huiying.ChannelMedia {
		p = r.verdicts.yes(taskRumor)
	}
	n := 0.0
	for _, h := range r.hits {
		if slices.Contains(h.topic.Flags, huiying.FlagRumor) {
			n++
		}
	}
	if n > 0 {
		p = max(p, 0.25*p+0.35+0.1*min(3, n-1))
	}
	if refutation.in(r.seen) {
		p *= 0.2
	}
	return huiying.Rumor{P: round(p)}
}

// emergency is what the model makes of the text and of what the rules found in
// it; the type is that of the topic, or of what happened.
func emergency(r *reading) huiying.Emergency {
	p := both(r.verdicts.yes(taskEmergency), r.verdicts.yes(taskGenuine))
	if r.state == huiying.PhasePrevent || r.state == huiying.PhaseDeploy {
		p *= 0.15 // a drill or a plan: it did not happen
	}
	if r.figure && len(r.hits) == 0 {
		p *= 0.15 // nothing but figures of speech
	}
	out := huiying.Emergency{P: round(p)}
	kind, weight := "", 0.0
	for _, h := range r.hits {
		if k := emergencyTypes[h.topic.Name]; k != "" && h.topic.Weight > weight {
			kind, weight = k, h.topic.Weight
		}
	}
	if kind != "" && r.state == huiying.PhaseOccurred && !official(r.post) && !history.in(r.seen) {
		out.P = max(out.P, heard) // the model knows news; people tell what they see in other words
	}
	if out.P < heard {
		return out
	}
	out.Type = kind
	for _, h := range happenings {
		if out.Type == "" && h.words.in(r.seen) {
			out.Type = h.kind
		}
	}
	return out
}

// both is how probable it is when two judges who partly hear the same are asked:
// the odds against are more than those of the sterner and less than their sum.
func both(p, q float64) float64 {
	const overlap = 1.2 // 1: the judges have nothing in common, ∞: everything
	against := func(p float64) float64 { return math.Pow((1-p)/p, overlap) }
	return 1 / (1 + math.Pow(against(p)+against(q), 1/overlap))
}

// heard is how probable an emergency is at least that people tell of in words of
// the lexicon, and from where on its type is said.
const heard = 0.3

// emergencyTypes are the four kinds of the Emergency Response Law (突发事件应对法).
var emergencyTypes = map[string]string{
	"安全事故": "事故灾难", "环境污染": "事故灾难", "自然灾害": "自然灾害", "公共卫生": "公共卫生", "食品药品": "公共卫生",
	"群体聚集": "社会安全", "涉警涉法": "社会安全",
}

// round keeps three decimals: more would pretend a precision there is not.
func round(p float64) float64 { return math.Round(math.Max(-1, math.Min(1, p))*1000) / 1000 }
