package alerting

import "huiying"

// Court is what one edition of the rules judges and routes with.
type Court struct {
	judge  *Judge
	router *Router
}

// NewCourt compiles the rules; the error is that of [NewJudge].
func NewCourt(rules *huiying.Rules, units *huiying.Directory) (*Court, error) {
	judge, err := NewJudge(rules)
	if err != nil {
		return nil, err
	}
	return &Court{judge, NewRouter(units, rules)}, nil
}

// Judge tells what these rules make of an event as it stood at its latest post:
// the event with their level and reasons, and what they would do with it
// (ignore, open, assign). Nothing is changed.
func (c *Court) Judge(e huiying.Event, baseline float64) (huiying.Event, string) {
	c.judge.Judge(&e, baseline, e.LastAt)
	route := c.router.Route(e, e.LastAt)
	rule := c.judge.Decide(e, route, e.LastAt)
	if rule.Do == doAssign && !route.Clear {
		return e, doOpen // a person must choose the lead
	}
	if rule.Do == "" {
		return e, doIgnore
	}
	return e, rule.Do
}
