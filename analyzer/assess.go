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
	"strings"
	"time"

	"github.com/yanyiwu/gojieba"

	"huiying"
)

// Config is what an analyzer is made from.
type Config struct {
	County  *huiying.County
	DataDir string // the segmenter's dictionaries are unpacked here once
	Now     func() time.Time
}

// Analyzer assesses posts of one county. It is safe for concurrent use: the
// segmenter is only read after it is made (adding words while cutting crashes it,
// so the county's words are in its dictionary file from the start).
type Analyzer struct {
	jieba     *gojieba.Jieba
	county    *huiying.County
	topics    []topic
	gazetteer *gazetteer
	classes   *classes
	units     *huiying.Directory
	models    *models
}

// New makes an analyzer; it takes about a second, most of it the dictionary.
func New(cfg Config) (*Analyzer, error) {
	paths, err := unpack(cfg.DataDir, countyWords(cfg.County))
	if err != nil {
		return nil, fmt.Errorf("unpack dictionaries: %w", err)
	}
	m, err := loadModels()
	if err != nil {
		return nil, fmt.Errorf("load models: %w", err)
	}
	classes, err := newClasses()
	if err != nil {
		return nil, fmt.Errorf("taxonomy: %w", err)
	}
	return &Analyzer{
		jieba: gojieba.NewJieba(paths...), county: cfg.County, topics: newTopics(cfg.County.Lexicon),
		gazetteer: newGazetteer(cfg.County), classes: classes, units: huiying.NewDirectory(cfg.County.Units), models: m,
	}, nil
}

// Version names the lexicon and the models.
func (a *Analyzer) Version() string { return a.county.Lexicon.Version + "/" + a.models.version() }

// Close frees the segmenter.
func (a *Analyzer) Close() { a.jieba.Free() }

// reading is a post as every feature sees it: segmented once.
type reading struct {
	post      huiying.Post
	text      string // title, newline, text; bounded
	runes     []rune
	words     []word
	sentences []span
	features  []feature // for the learned models
}

type span struct{ from, to int } // rune offsets

// Assess says what a post is about. Every figure carries its reasons; the same
// post gives the same assessment.
func (a *Analyzer) Assess(p huiying.Post) huiying.Assessment {
	r := a.read(p)
	hits := a.match(r)
	state, stateWhy := stateOf(r)
	places := a.gazetteer.find(r)
	out := huiying.Assessment{
		ID: p.ID, State: state, Places: places, Print: fingerprint(r), Keywords: a.keywords(r), Redactions: p.Redactions,
		Sentiment: a.sentiment(r), Segments: segments(r),
	}
	out.Categories = a.classes.classify(r, hits, a.models)
	out.Category = out.Categories[0].Name
	out.Rumor = a.rumor(r, hits)
	out.Misreading = misreading(r, hits)
	out.Emergency = a.emergency(r, hits, state)
	out.Flags = flagsOf(r, hits, out)
	out.Risk = risk(r, hits, out, stateWhy, a.gazetteer.elsewhere(r, places))
	out.Units = a.candidates(r, hits, out)
	if out.Redactions == nil {
		out.Redactions = map[string]int{}
	}
	return out
}

func (a *Analyzer) read(p huiying.Post) *reading {
	r := &reading{post: p, text: bounded(p.FullText())}
	r.runes = []rune(r.text)
	r.words = a.segment(r.text)
	from := 0
	for i, c := range r.runes {
		if strings.ContainsRune("。！？!?；;\n", c) {
			r.sentences = append(r.sentences, span{from, i + 1})
			from = i + 1
		}
	}
	if from < len(r.runes) {
		r.sentences = append(r.sentences, span{from, len(r.runes)})
	}
	r.features = features(r)
	return r
}

// sentence returns the text of the sentence the rune offset lies in.
func (r *reading) sentence(at int) string {
	for _, s := range r.sentences {
		if at >= s.from && at < s.to {
			return string(r.runes[s.from:s.to])
		}
	}
	return r.text
}

func segments(r *reading) []huiying.Segment {
	out := make([]huiying.Segment, len(r.words))
	for i, w := range r.words {
		out[i] = huiying.Segment{W: w.text, POS: w.pos}
	}
	return out
}

// sentiment is the tone by the learned model; without words there is none.
func (a *Analyzer) sentiment(r *reading) huiying.Sentiment {
	if len(r.features) == 0 {
		return huiying.Sentiment{Label: "neutral"}
	}
	p := a.models.Sentiment.probabilities(r.features)
	score := p["positive"] - p["negative"]
	best := "neutral"
	for _, label := range []string{"negative", "positive"} {
		if p[label] > p[best] {
			best = label
		}
	}
	return huiying.Sentiment{Label: best, Score: round(score)}
}

// rumor is a hint: words of hearsay count, the learned model a little.
func (a *Analyzer) rumor(r *reading, hits []hit) huiying.Rumor {
	p := 0.0
	if len(r.features) > 0 {
		p = 0.25 * a.models.Rumor.probabilities(r.features)["rumor"]
	}
	n := 0
	for _, h := range hits {
		if slices.Contains(h.topic.Flags, huiying.FlagRumor) {
			n++
		}
	}
	if n > 0 {
		p += 0.35 + 0.1*math.Min(3, float64(n-1))
	}
	if refutes(r.text) {
		p *= 0.2 // a refutation tells of the rumour and is none
	}
	return huiying.Rumor{P: round(p)}
}

// emergency combines the learned model with the topics found; what did not
// happen here and now (drills, history, plans) is none.
func (a *Analyzer) emergency(r *reading, hits []hit, state huiying.Phase) huiying.Emergency {
	kind, weight := "", 0.0
	for _, h := range hits {
		if k := emergencyTypes[h.topic.Name]; k != "" && h.topic.Weight > weight {
			kind, weight = k, h.topic.Weight
		}
	}
	if len(r.features) == 0 {
		return huiying.Emergency{}
	}
	p := a.models.Emergency.probabilities(r.features)["1"]
	if kind == "" {
		p *= 0.4 // no sign of which kind: the words only sound like one
	} else {
		p = 0.6*p + 0.3
	}
	switch state {
	case huiying.PhasePrevent, huiying.PhaseDeploy:
		p *= 0.15
	case huiying.PhaseNotice:
		p *= 0.4
	case huiying.PhaseResolved:
		p *= 0.6
	}
	if isHistory(r.text) {
		p *= 0.2
	}
	out := huiying.Emergency{P: round(p)}
	if out.P >= 0.3 {
		out.Type = kind
	}
	return out
}

// emergencyTypes are the four kinds of the Emergency Response Law (突发事件应对法).
var emergencyTypes = map[string]string{
	"安全事故": "事故灾难", "环境污染": "事故灾难", "自然灾害": "自然灾害", "公共卫生": "公共卫生", "食品药品": "公共卫生",
	"群体聚集": "社会安全", "涉警涉法": "社会安全",
}

func (a *Analyzer) keywords(r *reading) []string {
	if strings.TrimSpace(r.text) == "" {
		return []string{}
	}
	out := []string{}
	for _, w := range a.jieba.Extract(r.text, 20) {
		if len([]rune(w)) >= 2 && len(out) < 12 && !strings.HasPrefix(w, "〔") {
			out = append(out, w)
		}
	}
	return out
}

// round keeps three decimals: more would pretend a precision there is not.
func round(p float64) float64 { return math.Round(math.Max(-1, math.Min(1, p))*1000) / 1000 }
