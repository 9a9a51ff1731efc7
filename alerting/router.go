package alerting

import (
	"time"

	"huiying"
)

// Routing is who should answer, and why.
type Routing struct {
	Lead    huiying.UnitID
	Helpers []huiying.UnitID
	P       float64 // how probable the lead is, 0…1
	Gap     float64 // how far it stands before the second department
	Clear   bool    // false: a person must choose the lead
	Note    string  // why it is not clear, or how it was found
}

// helperShare is how probable a second department must be to be told as well.
const helperShare = 0.25

// Router names units for an event: the topic decides the lead department, the
// place decides the township, both are told; a misread policy goes to the unit
// that drafted it (DOMAIN §1.7, §5). What the analyzer found is in Event.Units.
type Router struct {
	units *huiying.Directory
	rules *huiying.Rules
}

// NewRouter makes a router over a directory.
func NewRouter(units *huiying.Directory, rules *huiying.Rules) *Router {
	return &Router{units: units, rules: rules}
}

// Route proposes the lead and helpers of an event at an instant. Units that do
// not exist then are passed over.
func (r *Router) Route(e huiying.Event, now time.Time) Routing {
	departments, townships := r.split(e.Units, now)
	var out Routing
	switch {
	case len(departments) > 0:
		out.Lead = departments[0].Unit
	case len(townships) > 0:
		out.Lead = townships[0].Unit
		out.Note = "未识别出主管部门，先由属地承接"
		townships = townships[1:]
	default:
		out.Note = "未识别出责任单位，请人工选择"
		return out
	}
	for i, d := range departments {
		if i > 0 && d.P >= helperShare && len(out.Helpers) < 2 {
			out.Helpers = append(out.Helpers, d.Unit)
		}
	}
	for _, t := range townships {
		if len(out.Helpers) < 4 {
			out.Helpers = append(out.Helpers, t.Unit)
		}
	}
	if len(departments) > 0 {
		out.P, out.Gap = departments[0].P, departments[0].P
	}
	if len(departments) > 1 {
		out.Gap -= departments[1].P
	}
	undecided := r.units.Undecided(departments, r.rules.CloseGap, now)
	switch {
	case e.Has(huiying.FlagSensitive):
		out.Note = "涉民族宗教或退役军人事务，须人工派单"
	case undecided != "":
		out.Note = undecided
	default:
		out.Clear = len(departments) > 0
		if c := e.Misreading.Clause; c != nil && c.Unit == out.Lead && e.Has(huiying.FlagMisreading) {
			out.Note = "谁起草、谁解读：" + r.units.Name(c.Unit) + "起草了《" + c.Policy + "》"
		}
	}
	return out
}

func (r *Router) split(candidates []huiying.Candidate, now time.Time) (departments, townships []huiying.Candidate) {
	for _, c := range candidates {
		u, ok := r.units.Unit(c.Unit)
		switch {
		case !ok || !u.ValidAt(now):
		case u.Township != "":
			townships = append(townships, c)
		default:
			departments = append(departments, c)
		}
	}
	return departments, townships
}
