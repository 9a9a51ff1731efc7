package dashboard

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"huiying"
)

// drillsView is the report of the latest drills (演练): who answered, how fast,
// against which limit.
type drillsView struct {
	Rows  []drillRow
	Parts int // parts of units in all drills shown
	Acked int // of these, acknowledged in time
}

type drillRow struct {
	Case  huiying.Case
	Parts []drillPart
	Whole []clockView // the deadlines of the case itself
	Inapp int         // notifications people got here
	Held  []option    // by channel, how many would have left the house
}

type drillPart struct {
	Name     string
	Lead     bool
	Ack      clockView
	Feedback clockView
	Steps    int // reminders it took
}

// drillsShown is how many drills the report covers.
const drillsShown = 50

func (s *Server) drillsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	q, err := scoped(p, huiying.CaseQuery{Region: p.Region, Drill: new(true), Limit: drillsShown, Now: s.now()})
	if err != nil {
		return err
	}
	found, err := s.cfg.Ledger.Cases(r.Context(), q)
	if err != nil {
		return fmt.Errorf("read drills: %w", err)
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	var v drillsView
	for _, c := range found.Items {
		row := drillRow{Case: c}
		for _, u := range c.Units {
			if p.Role.OfUnit() && u.Unit != p.Unit {
				continue
			}
			part := drillPart{Name: units.Name(u.Unit), Lead: u.Lead, Steps: s.cfg.Rules().Reminders(c.Level, u.Step)}
			if k, ok := c.Clock(huiying.ClockAcknowledge, u.Unit); ok {
				part.Ack = clockOf(k, units, s.now())
			}
			if k, ok := c.Clock(huiying.ClockFeedback, u.Unit); ok {
				part.Feedback = clockOf(k, units, s.now())
			}
			if v.Parts++; part.Ack.State == huiying.ClockMet {
				v.Acked++
			}
			row.Parts = append(row.Parts, part)
		}
		for _, k := range c.Clocks {
			if k.Unit == "" && !k.Void && !p.Role.OfUnit() {
				row.Whole = append(row.Whole, clockOf(k, units, s.now()))
			}
		}
		if err := s.countSends(r, p, &row); err != nil {
			return err
		}
		v.Rows = append(v.Rows, row)
	}
	return s.show(w, r, p, http.StatusOK, "drills", "演练报告", v)
}

// countSends says how many notifications the drill made that p may see.
func (s *Server) countSends(r *http.Request, p huiying.Person, row *drillRow) error {
	sent, err := (api{Server: s}).noticesOf(r.Context(), p, row.Case.ID)
	if err != nil {
		return err
	}
	held := make(map[string]int)
	for _, n := range sent {
		if n.Channel == "inapp" {
			row.Inapp++
		} else {
			held[huiying.ChannelLabel(n.Channel)]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		row.Held = append(row.Held, option{name, strconv.Itoa(held[name])})
	}
	return nil
}
