package huiying

// RumorState says how far a matter that is said to be a rumour has been checked.
type RumorState string

// The states of a rumour. An unverified one is never counted as a fact.
const (
	RumorUnverified RumorState = "unverified" // 未核实
	RumorVerified   RumorState = "verified"   // 属实
	RumorRefuted    RumorState = "refuted"    // 不实，已辟谣
)

// Label is the Chinese name of the state, "" for a matter nobody calls a rumour.
func (s RumorState) Label() string {
	return map[RumorState]string{RumorUnverified: "传言未核实", RumorVerified: "传言属实", RumorRefuted: "传言不实"}[s]
}

// Factual reports whether a case may be counted as something that happened: a
// rumour only once it was found true. What units owe because of it counts always.
func (c Case) Factual() bool { return c.Rumor != RumorUnverified && c.Rumor != RumorRefuted }

// Rumor is how far a matter that is said to be a rumour has been checked; without
// a case nobody has.
func (m Matter) Rumor() RumorState {
	switch {
	case m.Case != nil:
		return m.Case.Rumor
	case m.Event.Has(FlagRumor):
		return RumorUnverified
	}
	return ""
}

// Title is that of the event, or of a case registered without one.
func (m Matter) Title() string {
	if m.Event.Title == "" && m.Case != nil {
		return m.Case.Title
	}
	return m.Event.Title
}

func (c *Case) settleRumor(cmd Command) (string, error) {
	to := RumorState(cmd.To)
	switch {
	case to.Label() == "":
		return "", Invalid("to", "应为 unverified（未核实）、verified（属实）或 refuted（不实）")
	case to == c.Rumor:
		return "", Errorf(CodeConflict, "已经是“%s”", to.Label())
	}
	c.Rumor = to
	return to.Label(), nil
}
