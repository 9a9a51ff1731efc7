package alerting

import (
	"context"
	"fmt"
	"time"

	"huiying"
)

// Duty is the duty roster: the shifts of a region with a moment in [from, to).
type Duty interface {
	Shifts(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.Shift, error)
}

// roster is the county's duty at a moment, nil when nobody keeps a roster.
func (m *mailing) roster(ctx context.Context, region huiying.Region, at time.Time) (huiying.Roster, error) {
	if m.duty == nil {
		return nil, nil
	}
	shifts, err := m.duty.Shifts(ctx, region.County(), at, at.Add(time.Microsecond))
	if err != nil {
		return nil, fmt.Errorf("the roster of %s: %w", region.County(), err)
	}
	return shifts, nil
}

// onDuty are the accounts on duty for the role, and unit or guiding office, of a
// notice; nil when the roster is silent and all who hold the role are told. Other
// channels than in-app reach a group or a number and do not ask the roster.
func (m *mailing) onDuty(roster huiying.Roster, users []huiying.User, c huiying.Case, n huiying.Notice, channel string, at time.Time) []recipient {
	if channel != InApp {
		return nil
	}
	role, unit := huiying.Role(n.To), n.Unit
	name := "值班 " + role.Label() + " "
	switch {
	case role.OfUnit():
		name = "值班 " + m.units().Name(unit) + " " + role.Label() + " "
	case role == huiying.Analyst || role == huiying.Monitor:
		unit = c.Queue.Office()
	default:
		unit = ""
	}
	var out []recipient
	told := map[huiying.UserID]bool{}
	for _, s := range roster.On(unit, role, at) {
		for _, u := range users {
			if u.User == s.Person.User && !u.Disabled && !told[u.User] && u.MayStandFor(s.Unit, role) {
				told[u.User] = true
				out = append(out, recipient{user: u.User, name: name + s.Person.Name})
			}
		}
	}
	return out
}
