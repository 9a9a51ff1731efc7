package huiying

import "strings"

// Reply is a template a response is drafted from (回应模板). The drafter fills its
// blanks; nothing is published by itself.
type Reply struct {
	Name     string  `json:"name" yaml:"name"`
	Category string  `json:"category,omitempty" yaml:"category"` // "" for any
	When     Finding `json:"when,omitempty" yaml:"when"`         // "" for any
	Text     string  `json:"text" yaml:"text"`
}

// ReplyFields are the names in braces that [Reply.Fill] knows.
var ReplyFields = []string{"事由", "编号", "单位", "政策", "条款", "解读"}

// Suits reports whether the template fits the case: its category, and what the
// last feedback form found.
func (r Reply) Suits(c Case) bool {
	if r.Category != "" && r.Category != c.Category {
		return false
	}
	n := len(c.Feedback)
	return r.When == "" || n > 0 && c.Feedback[n-1].Finding == r.When || n == 0 && r.When == FoundUnverified
}

// Fill writes what the case knows into the template; what it does not know stays
// a blank. unit is the name of the lead unit.
func (r Reply) Fill(c Case, unit string) string {
	const blank = "____"
	policy, clause, reading := c.Policy, "", ""
	if m := c.Misreading.Clause; m != nil {
		policy, clause, reading = "《"+m.Policy+"》（"+m.Number+"）"+m.Article, m.Text, m.Interpretation
	}
	pairs := make([]string, 0, 2*len(ReplyFields))
	for i, value := range []string{c.Title, c.Number, unit, policy, clause, reading} {
		if value == "" {
			value = blank
		}
		pairs = append(pairs, "{"+ReplyFields[i]+"}", value)
	}
	return strings.TrimSpace(strings.NewReplacer(pairs...).Replace(r.Text))
}
