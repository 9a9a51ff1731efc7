package huiying

import (
	"strings"
	"time"
)

// Consultation is the record of a 会商: who met when, and what they concluded.
type Consultation struct {
	At         time.Time `json:"at"`
	People     string    `json:"people"` // who took part, as the minutes name them
	Conclusion string    `json:"conclusion"`
	Level      Level     `json:"level,omitempty"` // the level they advise
	Reasons    string    `json:"reasons,omitempty"`
	By         string    `json:"by"` // who recorded it
}

// consult puts a 会商 on record. It advises: the level is changed by its own
// action.
func (c *Case) consult(cmd Command, now time.Time) (string, error) {
	if cmd.Consult == nil {
		return "", Invalid("consult", "请填写会商记录")
	}
	k := *cmd.Consult
	k.People, k.Conclusion = strings.TrimSpace(k.People), strings.TrimSpace(k.Conclusion)
	if k.At.IsZero() {
		k.At = now
	}
	switch {
	case k.People == "":
		return "", Invalid("consult.people", "请写明参加会商的单位和人员")
	case k.Conclusion == "":
		return "", Invalid("consult.conclusion", "请写明会商结论")
	case k.At.After(now):
		return "", Invalid("consult.at", "会商时间不能晚于现在")
	case k.Level != NoLevel && !k.Level.valid():
		return "", Invalid("consult.level", "没有这个等级")
	}
	k.By = cmd.By.Name
	c.Consultations = append(c.Consultations, k)
	detail := "结论：" + k.Conclusion
	if k.Level != NoLevel && k.Level != c.Level {
		detail += "；建议定为" + k.Level.Label()
	}
	return detail, nil
}
