package huiying

import (
	"slices"
	"strings"
	"time"
)

// ExampleKind says which question a person's decision answers.
type ExampleKind string

// The kinds of example.
const (
	ExampleUnit     ExampleKind = "unit"     // who leads
	ExampleLevel    ExampleKind = "level"    // how grave
	ExampleRelevant ExampleKind = "relevant" // whether it has to be dealt with at all
)

// ExampleKinds lists the kinds in the order they are shown.
var ExampleKinds = []ExampleKind{ExampleUnit, ExampleLevel, ExampleRelevant}

// Label is the Chinese name of the kind.
func (k ExampleKind) Label() string {
	return map[ExampleKind]string{ExampleUnit: "主办单位", ExampleLevel: "等级", ExampleRelevant: "是否处置"}[k]
}

// What an [ExampleRelevant] proposes and decides.
const (
	Relevant   = "relevant"
	Irrelevant = "irrelevant"
)

// Example is one decision of a person about a case, as something to learn from.
// Proposed and Decided are a unit, the key of a level, or [Relevant] and
// [Irrelevant], by kind; equal ones confirm the system.
type Example struct {
	Case     CaseID      `json:"case"`
	At       time.Time   `json:"at"`
	By       Person      `json:"by"`
	Kind     ExampleKind `json:"kind"`
	Post     Post        `json:"post"`               // what it is about, as it was frozen in the case
	Proposed string      `json:"proposed,omitempty"` // "": the system had no say
	Decided  string      `json:"decided"`
}

// Corrects reports whether the person decided otherwise than the system proposed.
func (e Example) Corrects() bool { return e.Proposed != "" && e.Proposed != e.Decided }

// ExamplesOf reads off a case's timeline what people decided about it. What the
// system did on its own teaches nothing. A decision counts as it stands now: a
// case that was re-routed twice gives one example, that of the unit that leads.
//
//   - The unit: a re-route to another than the proposed lead counts at once; the
//     proposed one counts as confirmed when the case is answered or closed with it.
//   - The level: as the system last proposed it against as people set it; an
//     answered case confirms it. A case made by hand has no proposal.
//   - Relevance: 不处置 against sent out, answered or closed by people. A merged
//     case is the same matter again and teaches nothing.
func ExamplesOf(c Case, timeline []Entry, units *Directory) []Example {
	d := decisionsOf(timeline)
	if d.merged {
		return nil
	}
	var out []Example
	add := func(kind ExampleKind, proposed, decided string, e Entry) {
		out = append(out, Example{Case: c.ID, At: e.At, By: e.By, Kind: kind, Post: c.firstPost(), Proposed: proposed, Decided: decided})
	}
	proposed := UnitID("")
	if d.bySystem {
		proposed = c.proposedLead(units)
	}
	switch lead := c.Lead(); {
	case lead == "":
	case lead != proposed && d.sent.Action != "":
		add(ExampleUnit, string(proposed), string(lead), d.sent)
	case lead == proposed && d.answered.Action != "":
		add(ExampleUnit, string(proposed), string(lead), d.answered)
	}
	if d.bySystem {
		level := c.Level
		if d.levelled.Action != "" {
			level = d.level
		}
		switch level = max(level, c.Suggested); {
		case d.levelled.Action != "":
			add(ExampleLevel, level.String(), c.Level.String(), d.levelled)
		case d.answered.Action != "":
			add(ExampleLevel, level.String(), c.Level.String(), d.answered)
		}
	}
	switch d.worth.Action {
	case "":
	case ActDismiss:
		add(ExampleRelevant, Relevant, Irrelevant, d.worth)
	default:
		add(ExampleRelevant, Relevant, Relevant, d.worth)
	}
	return out
}

// proposedLead is the department the system proposed, as the topic decides the
// lead; a township only when it named no department.
func (c Case) proposedLead(units *Directory) UnitID {
	for _, p := range c.Routing {
		if u, ok := units.Unit(p.Unit); !ok || u.Township == "" {
			return p.Unit
		}
	}
	if len(c.Routing) > 0 {
		return c.Routing[0].Unit
	}
	return ""
}

// decisions are the entries of a timeline that teach something; an entry without
// an action means that nobody decided.
type decisions struct {
	bySystem bool // the system made the case
	merged   bool
	sent     Entry // the lead in charge was chosen
	answered Entry // responded or closed
	levelled Entry
	level    Level // before people changed it first
	worth    Entry // dismissed or dealt with
}

func decisionsOf(timeline []Entry) decisions {
	var d decisions
	for _, e := range timeline {
		if e.By.Role == System {
			d.bySystem = d.bySystem || e.Action == ActOpen
			continue
		}
		switch e.Action {
		case ActAssign, ActReassign:
			d.sent, d.worth = e, e
		case ActReturn:
			d.sent = Entry{}
		case ActRespond, ActClose:
			d.answered, d.worth = e, e
		case ActReopen:
			d.answered, d.worth = Entry{}, Entry{}
		case ActDismiss:
			d.worth = e
		case ActMerge:
			d.merged = true
		case ActChangeLevel:
			if d.levelled.Action == "" {
				d.level = levelBefore(e)
			}
			d.levelled = e
		}
	}
	return d
}

// levelBefore is the level a change of it began from: its detail says "from → to".
func levelBefore(e Entry) Level {
	i := slices.IndexFunc(Levels, func(l Level) bool { return strings.HasPrefix(e.Detail, l.Label()+" →") })
	if i < 0 {
		return NoLevel
	}
	return Levels[i]
}

// firstPost is what the case was made from: its first evidence, or the words of
// who registered it.
func (c Case) firstPost() Post {
	if len(c.Evidence) == 0 {
		return Post{Region: c.Region, Channel: ChannelManual, Title: c.Title, Text: c.Summary, PublishedAt: c.EventAt}
	}
	e := c.Evidence[0]
	p := Post{
		ID: e.Post, Region: c.Region, Source: e.Source, Channel: e.Channel, Title: e.Headline, Text: e.Excerpt,
		PublishedAt: e.PublishedAt, Engagement: e.Engagement,
	}
	if strings.HasPrefix(p.Text, strings.TrimSuffix(p.Title, "…")) {
		p.Title = "" // the headline of a post without a title is the beginning of its text
	}
	return p
}

// LearnReport says what a training would change, measured on examples that were
// held back from it.
type LearnReport struct {
	Seed     int64        `json:"seed"`
	Examples int          `json:"examples"`
	Kinds    []KindReport `json:"kinds"`
}

// KindReport compares the analyzer without and with what people taught it, on
// the examples of one kind. Each was predicted by a model that had not seen it.
type KindReport struct {
	Kind        ExampleKind     `json:"kind"`
	N           int             `json:"n"`
	Corrections int             `json:"corrections"` // of these, decided otherwise than proposed
	Measure     string          `json:"measure"`     // what Before and After are, in words
	Measured    bool            `json:"measured"`    // false: too few to hold any back
	Before      float64         `json:"before"`      // 0 … 1
	After       float64         `json:"after"`       // 0 … 1
	Better      int             `json:"better"`      // examples now right
	Worse       int             `json:"worse"`       // examples now wrong
	Changes     []ExampleChange `json:"changes"`     // some of them, the worse ones first
	Warning     string          `json:"warning,omitempty"`
}

// ExampleChange is an example on which the two differ, in words.
type ExampleChange struct {
	Case    CaseID `json:"case"`
	Title   string `json:"title,omitempty"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Decided string `json:"decided"`
	Better  bool   `json:"better"`
}

// ModelID names a trained model for ever.
type ModelID string

// NoModel stands for the analyzer as it was delivered, without experience.
const NoModel ModelID = "base"

// ModelState says whether a model is in use.
type ModelState string

// The states. A region has at most one candidate and at most one live model; a
// candidate that is refused is gone, a live model that is replaced is kept.
const (
	ModelCandidate ModelState = "candidate" // 待确认
	ModelLive      ModelState = "live"      // 使用中
	ModelRetired   ModelState = "retired"   // 已停用
)

// Label is the Chinese name of the state.
func (s ModelState) Label() string {
	return map[ModelState]string{ModelCandidate: "待确认", ModelLive: "使用中", ModelRetired: "已停用"}[s]
}

// Model is what the analyzer of a region learned from its people at one time.
type Model struct {
	ID        ModelID     `json:"id"`
	Region    Region      `json:"region"`
	State     ModelState  `json:"state"`
	CreatedAt time.Time   `json:"created_at"`
	By        Person      `json:"by"` // who asked for the training
	Report    LearnReport `json:"report"`
	Bytes     int         `json:"bytes"`
	LiveAt    time.Time   `json:"live_at,omitzero"` // switched on last
	LiveBy    string      `json:"live_by,omitempty"`
	Reason    string      `json:"reason,omitempty"` // why it was switched on last
}

// Training is how a training that runs, or ran last, is getting on.
type Training struct {
	Running bool      `json:"running"`
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Done    int       `json:"done"` // examples read
	Total   int       `json:"total"`
	Error   string    `json:"error,omitempty"` // why it failed, for people
}

// TrainsModels refuses those who may not train, switch or discard models of a
// region: it is done by who judges posts, and by who runs the system.
func (p Person) TrainsModels(r Region) error {
	switch {
	case p.Region == "" || !p.Region.Covers(r):
		return Errorf(CodeForbidden, "%s 的模型不在您的辖区之内", r)
	case p.Role != Analyst && p.Role != Leader && p.Role != SystemAdmin:
		return Errorf(CodeForbidden, "%s不能训练或切换模型：由研判员、值班领导或系统管理员办理", p.Role.Label())
	}
	return nil
}
