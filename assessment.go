package huiying

// Assessment is what the analyzer says about one post. Every figure carries
// the reasons it was computed from; scores advise, a person decides.
type Assessment struct {
	ID         PostID         `json:"id"`
	Segments   []Segment      `json:"segments,omitempty"` // only when asked for
	Sentiment  Sentiment      `json:"sentiment"`
	Risk       Risk           `json:"risk"`
	Category   string         `json:"category"`   // first-level class of citizen appeals
	Categories []Scored       `json:"categories"` // all 15, most probable first
	Emergency  Emergency      `json:"emergency"`
	Rumor      Rumor          `json:"rumor"`
	Misreading Misreading     `json:"misreading"`
	State      Phase          `json:"state"`
	Flags      []Flag         `json:"flags"`
	Places     []Place        `json:"places"`
	Units      []Candidate    `json:"units"` // lead first
	Keywords   []string       `json:"keywords"`
	Print      Fingerprint    `json:"fingerprint"`
	Redactions map[string]int `json:"redactions"`
}

// Categories are the 15 first-level classes of citizen appeals.
var Categories = []string{
	"城乡建设", "党务政务", "国土资源", "环境保护", "纪检监察", "交通运输", "经济管理", "科技与信息产业", "民政",
	"农村农业", "商贸旅游", "卫生计生", "政法", "教育文体", "劳动和社会保障",
}

// Assessed is a post with its assessment, as it travels to archive and alerting.
type Assessed struct {
	Post       Post       `json:"post"`
	Assessment Assessment `json:"assessment"`
}

// Segment is one word with its part of speech (ICTCLAS tags, as jieba writes them).
type Segment struct {
	W   string `json:"w"`
	POS string `json:"pos"`
}

// Sentiment is the tone of a text. It never raises a level: criticism is not risk.
type Sentiment struct {
	Label string  `json:"label"` // negative, neutral, positive
	Score float64 `json:"score"` // −1 … 1
	P     float64 `json:"p"`     // how probable a negative tone is, 0…1
}

// Risk is a score 0…100 and the terms that add up to it.
type Risk struct {
	Score   float64  `json:"score"`
	Factors []Factor `json:"factors"`
}

// Factor is one term of a score: what it is, how much it counts and why.
// Start and End are rune offsets of the evidence in title+"\n"+text, both 0
// when the evidence is no span of the text.
type Factor struct {
	Name     string  `json:"name"`
	Weight   float64 `json:"weight"`
	Evidence string  `json:"evidence"`
	Start    int     `json:"start,omitempty"`
	End      int     `json:"end,omitempty"`
}

// Scored is a name with its probability, 0…1.
type Scored struct {
	Name string  `json:"name"`
	P    float64 `json:"p"`
}

// Emergency says how probable it is that the post tells of a real, present
// emergency, and of which type (自然灾害, 事故灾难, 公共卫生, 社会安全).
type Emergency struct {
	P    float64 `json:"p"`
	Type string  `json:"type,omitempty"`
}

// Rumor is a hint that the post may be unverified hearsay; never a verdict.
type Rumor struct {
	P float64 `json:"p"`
}

// Misreading says how probable it is that a policy is misread (误解误读). Claim
// and Clause are there together: what is said, and what the county's text says.
type Misreading struct {
	P      float64      `json:"p"`
	Policy string       `json:"policy,omitempty"` // the policy named in the text, if any
	Claim  *Claim       `json:"claim,omitempty"`
	Clause *ClauseFound `json:"clause,omitempty"`
}

// Claim is the sentence a policy is misread in. Start and End are rune offsets
// in title+"\n"+text.
type Claim struct {
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// ClauseFound is the clause of an official policy that speaks to a claim.
type ClauseFound struct {
	Policy         string  `json:"policy"` // title
	Number         string  `json:"number"` // 文号
	Article        string  `json:"article"`
	Text           string  `json:"text"`
	Source         string  `json:"source"`                   // address of the policy
	Interpretation string  `json:"interpretation,omitempty"` // address of its 解读
	Explanation    string  `json:"explanation,omitempty"`    // the 解读 in a few sentences
	Unit           UnitID  `json:"unit"`                     // who drafted the policy
	Score          float64 `json:"score"`                    // likeness, 0…1
	Why            string  `json:"why"`                      // the words claim and clause share
	Sample         bool    `json:"sample,omitempty"`         // a text for demonstration
}

// Join is the surer of two misreadings of one matter; a clause one of them
// found is kept.
func (m Misreading) Join(o Misreading) Misreading {
	if o.P > m.P {
		m, o = o, m
	}
	if m.Clause == nil {
		m.Claim, m.Clause = o.Claim, o.Clause
	}
	return m
}

// Phase says whether the text tells of something that happened, or of a notice,
// a deployment of work, prevention (drills), or a matter already solved.
type Phase string

// The phases of what a text tells.
const (
	PhaseOccurred Phase = "occurred"
	PhaseNotice   Phase = "notice"
	PhaseDeploy   Phase = "deploy"
	PhasePrevent  Phase = "prevent"
	PhaseResolved Phase = "resolved"
)

// Happened reports whether the text tells of something that happened, rather than
// of work, plans or advice.
func (p Phase) Happened() bool { return p == PhaseOccurred || p == PhaseResolved }

// Flag marks a matter that needs special care. The first four are those of
// 交政办发〔2020〕78号: the answer must be fast, accurate, authoritative, apt.
type Flag string

// The flags.
const (
	FlagMisreading Flag = "misreading"   // 政策误解误读: goes to the drafting unit
	FlagHealth     Flag = "health"       // 突发公共卫生事件
	FlagDisaster   Flag = "disaster"     // 自然灾害
	FlagLivelihood Flag = "livelihood"   // 重大民生
	FlagRumor      Flag = "rumor"        // 谣言: unverified until a person says so
	FlagMinor      Flag = "minor"        // 涉未成年人
	FlagGathering  Flag = "gathering"    // 群体聚集
	FlagAccident   Flag = "accident"     // 安全事故
	FlagSensitive  Flag = "sensitive"    // 民族宗教、退役军人: route by hand, restricted view
	FlagCasualty   Flag = "casualty"     // 人员伤亡
	FlagDeath      Flag = "death"        // 有人死亡
	FlagRebound    Flag = "rebound"      // rises again after a response
	FlagCrossArea  Flag = "cross_county" // reaches over the county border
)

var flagLabels = map[Flag]string{
	FlagMisreading: "政策误解误读", FlagHealth: "突发公共卫生事件", FlagDisaster: "自然灾害", FlagLivelihood: "重大民生",
	FlagRumor: "疑似谣言", FlagMinor: "涉未成年人", FlagGathering: "群体聚集", FlagAccident: "安全事故",
	FlagSensitive: "敏感领域", FlagCasualty: "人员伤亡", FlagDeath: "有人死亡", FlagRebound: "舆情反弹", FlagCrossArea: "跨县域",
}

// Label is the Chinese name of the flag.
func (f Flag) Label() string { return flagLabels[f] }

// SpecialCare reports whether f is one of the four of the founding notice.
func (f Flag) SpecialCare() bool {
	return f == FlagMisreading || f == FlagHealth || f == FlagDisaster || f == FlagLivelihood
}

// Place is a name in the text that may be a place of the county. Code is empty
// when a person must choose among Candidates; P is how sure it is that the name
// means it, or one of them (0…1; 0 in records made before it was told). Start and
// End are rune offsets in title+"\n"+text.
type Place struct {
	Name       string   `json:"name"`
	P          float64  `json:"p,omitempty"`
	Code       Region   `json:"code,omitempty"`
	Candidates []Region `json:"candidates,omitempty"`
	Start      int      `json:"start"`
	End        int      `json:"end"`
	Why        string   `json:"why,omitempty"`
}

// Candidate is a unit that may be responsible, how probable, and why.
type Candidate struct {
	Unit UnitID  `json:"id"`
	P    float64 `json:"p"`
	Why  string  `json:"why"`
}

// FullText is what offsets in an assessment count in: the title, a newline and
// the text; the text alone when there is no title or the text repeats it.
func (p Post) FullText() string {
	if p.Title == "" || p.Title == p.Text {
		return p.Text
	}
	return p.Title + "\n" + p.Text
}
