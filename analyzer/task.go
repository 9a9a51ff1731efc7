package analyzer

import (
	"cmp"
	"strings"
)

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
	useAside // the same, but its score is told apart
	useApart // train on it the labels that no row has, and no others
)

func scored(e *example) (string, use) { return e.row.label(), useScore }

var (
	aboutMatters = [bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1}
	aboutTone    = [bags]float32{bagWords: 1, bagRuns: 1, bagVoice: 1, bagEnding: 1, bagStyle: 0.3, bagTone: 0.3, bagTurns: 0.3}
	aboutEvents  = [bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1.5, bagTellings: 1.5}
	toneSets     = append([]string{"senti_ewect"}, reviewSets...)
	reviewSets   = []string{"senti_htl", "senti_waimai", "senti_shopping"}
)

// reviewed are the sets of reviews and who judges each.
var reviewed = map[string]string{"senti_htl": taskHotel, "senti_waimai": taskTakeaway, "senti_shopping": taskShopping}

func isReview(e *example) bool { return reviewed[e.set] != "" }

func toneOf(e *example) (string, use) {
	return map[string]string{"neg": "negative", "neu": "other", "pos": "other"}[e.row.label()], useScore
}

// classOf is the class of what most letters that a bureau answers are about; what
// letters to the others are about their answer does not tell.
var classOf = map[string]string{
	"教育": "教育文体", "人社": "劳动和社会保障", "卫健医保": "卫生计生", "生态环境": "环境保护", "市场监管": "商贸旅游",
	"交通运输": "交通运输", "住建房产": "城乡建设", "城管": "城乡建设", "自然资源规划": "城乡建设",
}

// tasks stand in the order of their columns. Those about the tone come first: the
// bags that only they hear are then summed up in few words of a row.
var tasks = []task{
	{ // which feeling a microblog tells of: what annoys is said in other words than what frightens
		taskEmotion, "",
		[]string{"senti_ewect"},
		nil, "", 0.08, 0.3, 1,
		func(e *example) (string, use) {
			if e.row.Emotion == "surprise" { // neither good nor bad
				return "neutral", useScore
			}
			return e.row.Emotion, useScore
		},
		aboutTone, nil,
	},
	{ // whether it is a bad one; reviews say it in other words and may only help
		taskSentiment, "sentiment",
		toneSets,
		[]string{"negative"},
		"other", 0.1, 0.6, 1,
		toneOf,
		aboutTone,
		func(e *example) float32 {
			if isReview(e) {
				return 0.1
			}
			return 1
		},
	},
	howFound(taskHotel, "senti_htl"),
	howFound(taskTakeaway, "senti_waimai"),
	howFound(taskShopping, "senti_shopping"),
	{ // which of these is to be asked
		taskKind, "",
		append([]string{"rumor_ced", "emergency", "routing_taidi", "routing_dept_weak"}, toneSets...),
		nil, "", 0.5, 0, 1,
		func(e *example) (string, use) {
			return cmp.Or(reviewed[e.set], taskSentiment), useScore
		},
		[bags]float32{bagWords: 1, bagRuns: 1, bagStyle: 0.5},
		nil,
	},
	{
		taskRumor, "rumor",
		[]string{"rumor_ced"},
		[]string{"rumor"},
		"nonrumor", 1, 0.2, 1.4, scored,
		[bags]float32{bagWords: 1, bagRuns: 1, bagTitle: 1, bagSigns: 1, bagVoice: 0.5, bagEnding: 0.5, bagStyle: 0.4, bagTone: 0.4},
		nil,
	},
	{
		taskCategory, "routing",
		[]string{"routing_taidi", "routing_taidi_tok", "routing_dept_weak"},
		nil, "", 0.5, 0.8, 1,
		func(e *example) (string, use) {
			switch class := classOf[e.row.label()]; {
			case e.set == "routing_taidi":
				return e.row.label(), useScore
			case e.set != "routing_dept_weak": // known by their words alone
				return e.row.label(), useAside
			case class != "":
				return class, useTrain
			}
			return "", useNot
		},
		aboutMatters,
		func(e *example) float32 {
			if e.set == "routing_dept_weak" {
				return 0.2
			}
			return 1
		},
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
	{taskEmergency, "emergency", []string{"emergency"}, []string{"1"}, "0", 0.4, 0, 1, scored, aboutEvents, nil},
	{ // among all that is told, an emergency is easily known; not beside drills, memories, trials and metaphors
		taskGenuine, "",
		[]string{"emergency"},
		[]string{"1"},
		"0", 0.4, 0, 1,
		func(e *example) (string, use) {
			if e.row.label() == "0" && !strings.HasSuffix(e.row.Slice, "_hardneg") {
				return "", useNot
			}
			return scored(e)
		},
		aboutEvents, nil,
	},
	{taskDepartment, "department", []string{"routing_dept_weak"}, nil, "", 1, 0.6, 1, scored, aboutMatters, nil},
}

// howFound asks whether people find a thing or a service bad. Each kind of review
// has a judge of its own, whom the others may only help: a small room, a late meal
// and a loose thread are told in different words.
func howFound(name, set string) task {
	return task{
		name, "sentiment",
		toneSets,
		[]string{"negative"},
		"other", 0.12, 0.5, 1,
		func(e *example) (string, use) {
			label, use := toneOf(e)
			if e.set != set {
				use = useTrain
			}
			return label, use
		},
		[bags]float32{bagWords: 1, bagRuns: 1, bagVoice: 0.5, bagEnding: 0.5, bagStyle: 0.5, bagTone: 0.4, bagTurns: 0.4},
		func(e *example) float32 {
			switch {
			case e.set == set:
				return 1
			case isReview(e):
				return 0.1
			}
			return 0.03
		},
	}
}
