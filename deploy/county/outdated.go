package county

import (
	"time"

	"huiying"
)

// nextYearIsKnown is the month by which the State Council has usually published
// the next year's holidays; working-day clocks may then reach into it.
const nextYearIsKnown = time.November

// Outdated lists what the passing of time has made wrong with a county that
// loaded well: a calendar that ends, topics and policies of a unit that no longer exists.
// These do not keep the system from running, but a person must see them.
func Outdated(c *huiying.County, now time.Time) Problems {
	var out Problems
	now = now.In(huiying.Beijing)
	tell := func(file, message string) { out = append(out, Problem{File: file, Message: message}) }
	this := now.Year()
	if !c.Rules.Calendar.Years[this] {
		tell(calendarFile, now.Format("缺少 2006 年的节假日安排，按工作日计的时限会把节假日算作工作日，请按国务院办公厅通知补上"))
	}
	if now.Month() >= nextYearIsKnown && !c.Rules.Calendar.Years[this+1] {
		tell(calendarFile, now.AddDate(1, 0, 0).Format("缺少 2006 年的节假日安排，跨年的工作日时限会算错，请按国务院办公厅通知补上"))
	}
	units := huiying.NewDirectory(c.Units)
	for _, t := range c.Lexicon.Topics {
		for _, id := range t.Units {
			if err := units.Check(id, now); err != nil {
				tell(lexiconFile, "主题 "+t.Name+" 的单位已失效，请改为接续单位（"+err.Error()+"）")
			}
		}
	}
	for _, p := range c.Policies {
		if err := units.Check(p.Unit, now); err != nil {
			tell(policyFolder, "《"+p.Title+"》的起草单位已失效，请改为接续单位（"+err.Error()+"）")
		}
	}
	return out
}
