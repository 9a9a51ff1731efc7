package huiying

// Division is an administrative division a text may name.
type Division struct {
	Code     Region   `json:"code" yaml:"code"` // of a former one: the code it had
	Name     string   `json:"name" yaml:"name"`
	Bare     string   `json:"bare,omitempty" yaml:"bare,omitempty"` // without 村委会, 居委会
	Kind     string   `json:"kind" yaml:"kind"`                     // county, township, village, community, scenic, landmark
	Township Region   `json:"township,omitempty" yaml:"township,omitempty"`
	Former   bool     `json:"former,omitempty" yaml:"former,omitempty"`
	Now      []Region `json:"now,omitempty" yaml:"now,omitempty"`           // where a former one lies today
	National int      `json:"national,omitempty" yaml:"national,omitempty"` // how many of that name in China
	Province int      `json:"province,omitempty" yaml:"province,omitempty"`
	Common   bool     `json:"common,omitempty" yaml:"common,omitempty"` // its bare name is a word like any other (山水, 安定)
}

// Topic is one kind of risk with the words that signal it and who deals with it
// (DOMAIN §6). Weight is 1–5.
type Topic struct {
	Name     string   `json:"name" yaml:"name"`
	Weight   float64  `json:"weight" yaml:"weight"`
	Category string   `json:"category,omitempty" yaml:"category,omitempty"` // first-level class it belongs to
	Flags    []Flag   `json:"flags,omitempty" yaml:"flags,omitempty"`
	Words    []string `json:"words" yaml:"words"`
	Veto     []string `json:"veto,omitempty" yaml:"veto,omitempty"`   // contexts in which the words mean something else
	Units    []UnitID `json:"units,omitempty" yaml:"units,omitempty"` // lead first
}

// Lexicon is the county's own vocabulary for the analyzer.
type Lexicon struct {
	Version string   `json:"version" yaml:"version"`
	Topics  []Topic  `json:"topics" yaml:"topics"`
	Terms   []string `json:"terms,omitempty" yaml:"terms,omitempty"` // for the segmenter
}

// County is everything about one county that is data, not code: the files under
// deploy/county/<region>.
type County struct {
	Region    Region
	Name      string
	Units     []Unit
	Divisions []Division
	Within    []string // the province and the city it lies in
	Neighbors []string // counties and cities not to confuse with ours
	Lexicon   Lexicon
	Rules     Rules
	Sources   []Source
	Profiles  []Profile // how other systems' exports become posts
	Policies  []Policy  // official texts people may misread; may be empty
}
