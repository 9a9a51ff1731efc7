package huiying

import "time"

// Policy is an official text the county keeps so that a misreading of it can be
// answered with what it says: 谁起草、谁解读 (交政办发〔2020〕78号).
type Policy struct {
	Title          string    `json:"title"`
	Number         string    `json:"number"`                   // 文号
	Unit           UnitID    `json:"unit"`                     // who drafted it and explains it
	Issued         time.Time `json:"issued"`                   // 成文日期
	To             time.Time `json:"to,omitzero"`              // 失效日期, exclusive; zero: until it is replaced
	Source         string    `json:"source"`                   // where it is published
	Interpretation string    `json:"interpretation,omitempty"` // where its 解读 is published
	Explanation    string    `json:"explanation,omitempty"`    // the 解读 in a few sentences
	Names          []string  `json:"names,omitempty"`          // what people call its matter: 老年补贴, 合疗
	Sample         bool      `json:"sample,omitempty"`         // a text for demonstration, in force nowhere
	Clauses        []Clause  `json:"clauses"`
}

// Clause is one article of a policy.
type Clause struct {
	Article string   `json:"article"` // 第三条
	Text    string   `json:"text"`
	Words   []string `json:"words,omitempty"` // what people say for what it speaks of: 面包车 for 机动车辆
}

// Stands reports whether the policy can be misread at t: it is issued, though
// perhaps not in force yet, and has not ended. At the zero time every one can.
func (p Policy) Stands(t time.Time) bool {
	return t.IsZero() || !t.Before(p.Issued) && (p.To.IsZero() || t.Before(p.To))
}
