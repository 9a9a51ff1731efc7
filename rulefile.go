package huiying

import (
	"regexp"
	"time"
)

// RuleFile is one file of the county's rules as it stands in the county folder,
// which is the only truth there is.
type RuleFile struct {
	Name  string
	Label string
	Text  string
	Hash  string    // of the text, "" for a file that is not there yet: who saves names the one they started from
	Since time.Time // since when this text is in force; zero: it is not

	Rule bool // a rule: it can be tried on past events

	From string // name of the region above whose file it is; empty: our own
}

// PolicyFile matches the names a policy's file may have.
var PolicyFile = regexp.MustCompile(`^policies/[a-z0-9][a-z0-9-]{0,60}\.yaml$`)

// RuleProblem is one thing wrong with a rule file; Line 0 is the file as a whole.
type RuleProblem struct {
	File    string
	Line    int
	Message string
}

// RuleEdition is a rule file as somebody saved it.
type RuleEdition struct {
	ID     string    `json:"id"`
	File   string    `json:"file"`
	At     time.Time `json:"at"`
	By     UserID    `json:"by"` // "" when the file was changed on the machine itself
	Name   string    `json:"name,omitempty"`
	Role   Role      `json:"role,omitempty"`
	Reason string    `json:"reason"`
	Hash   string    `json:"hash"`
	Text   string    `json:"text"`
}

// RuleTrial is what other rules would have made of the events of a while.
type RuleTrial struct {
	From   time.Time
	Events int // looked at, each as it stood at its latest post
	Levels int // of these, with another level
	Opened int // became a case, and would not have before
	Spared int // the reverse
	Sent   int // sent to a unit at once, and would not have been before
	Unsent int // the reverse
	Rows   []RuleTrialRow
}

// RuleTrialRow is an event other rules treat otherwise. Before and After are
// what is done with it: ignore, open, assign.
type RuleTrialRow struct {
	Event         EventID
	Title         string
	At            time.Time
	Level, Judged Level // before, after
	Before, After string
	Reasons       []Reason // of the level after
}
