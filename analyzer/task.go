package analyzer

import "slices"

// task is a question the models are trained for.
type task struct {
	name   string
	suite  string // of [Analyzer.Eval] that asks the same
	sets   []string
	labels []string // of a yes-or-no task what is looked for, else empty: those of the rows
	other  string   // of a yes-or-no task the rest
	cost   float64  // C of the support vector machine
	prior  float64  // share of the naive-Bayes weighting (Wang and Manning 2012), 0…1
	boost  float32  // weight of the rows that say yes; 1 for none
	label  func(e *example) (label string, use use)
	reads  [bags]float32            // how loud each bag is; 0: not heard
	weigh  func(e *example) float32 // of a row, beside boost; nil for 1
}

// use says what a row is good for.
type use int

const (
	useNot use = iota
	useTrain
	useScore // train on it and score it when it is held out
)

func scored(e *example) (string, use) { return e.row.label(), useScore }

var (
	aboutMatters = [bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1}
	aboutTone    = [bags]float32{bagWords: 1, bagRuns: 1, bagVoice: 1, bagEnding: 1, bagStyle: 0.3, bagTone: 0.3, bagTurns: 0.3}
	toneSets     = append([]string{"senti_ewect"}, reviewSets...)
	reviewSets   = []string{"senti_htl", "senti_waimai", "senti_shopping"}
)

func isReview(e *example) bool { return slices.Contains(reviewSets, e.set) }

var tasks = []task{
	{
		taskCategory, "routing",
		[]string{"routing_taidi", "routing_taidi_tok"},
		nil, "", 0.5, 0.8, 1,
		func(e *example) (string, use) {
			if e.set == "routing_taidi_tok" {
				return e.row.label(), useTrain
			}
			return e.row.label(), useScore
		},
		aboutMatters, nil,
	},
	{ // what people feel; reviews say it in other words and may only help
		taskSentiment, "sentiment",
		toneSets,
		nil, "", 0.1, 0.6, 1,
		func(e *example) (string, use) {
			return map[string]string{"neg": "negative", "neu": "neutral", "pos": "positive"}[e.row.label()], useScore
		},
		aboutTone,
		func(e *example) float32 {
			if isReview(e) {
				return 0.1
			}
			return 1
		},
	},
	{ // how they find a thing
		taskReview, "sentiment",
		toneSets,
		[]string{"negative"},
		"other", 0.15, 0.6, 1,
		func(e *example) (string, use) {
			return map[string]string{"neg": "negative", "neu": "other", "pos": "other"}[e.row.label()], useScore
		},
		[bags]float32{bagWords: 1, bagRuns: 1, bagVoice: 0.5, bagEnding: 0.5, bagStyle: 0.5, bagTone: 0.4, bagTurns: 0.4},
		func(e *example) float32 {
			if isReview(e) {
				return 1
			}
			return 0.1
		},
	},
	{ // which of the two is asked
		taskKind, "sentiment",
		append([]string{"rumor_ced", "emergency", "routing_taidi", "routing_dept_weak"}, toneSets...),
		[]string{"review"},
		"other", 0.5, 0, 1,
		func(e *example) (string, use) {
			if isReview(e) {
				return "review", useScore
			}
			return "other", useScore
		},
		[bags]float32{bagWords: 1, bagRuns: 1, bagStyle: 0.5},
		nil,
	},
	{
		taskComplaint, "citizen",
		[]string{"risk_citizen", "cluster_taidi3", "routing_taidi", "routing_dept_weak"},
		[]string{"negative"},
		"other", 0.1, 0, 1,
		func(e *example) (string, use) {
			if e.set == "risk_citizen" {
				return map[string]string{"neg": "negative", "nonneg": "other"}[e.row.label()], useScore
			}
			return e.plea.says()
		},
		[bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 2},
		func(e *example) float32 {
			if e.set == "risk_citizen" {
				return 3
			}
			return 1
		},
	},
	{taskEmergency, "emergency", []string{"emergency"}, []string{"1"}, "0", 0.4, 0, 1, scored, [bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1.5, bagTellings: 1.5}, nil},
	{
		taskRumor, "rumor",
		[]string{"rumor_ced"},
		[]string{"rumor"},
		"nonrumor", 1, 0.2, 1.4, scored,
		[bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1, bagVoice: 0.5, bagEnding: 0.5, bagStyle: 0.4, bagTone: 0.4},
		nil,
	},
	{taskDepartment, "department", []string{"routing_dept_weak"}, nil, "", 1, 0.6, 1, scored, aboutMatters, nil},
}
