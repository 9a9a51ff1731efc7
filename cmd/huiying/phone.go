package main

import (
	"context"
	"fmt"
	"time"

	"huiying"
)

// phone is the number a text message goes to: of whoever is on duty for it now,
// else of the unit's contact or, of the offices, the number in the configuration;
// "" when none is on record.
func (s *system) phone(n huiying.Notification) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	phone, err := s.onDutyPhone(ctx, n)
	if err != nil {
		s.log.Warn("no roster for a text message", "err", err) // the numbers of the county folder stand in
	}
	if phone != "" {
		return phone
	}
	unit, known := s.rules.inForce().units.Unit(n.Unit)
	switch {
	case !n.Role.OfUnit():
		return s.cfg.Channels.SMS.Phones[n.Role]
	case !known || !unit.ValidAt(s.speed.Now()):
		return ""
	case n.Role == huiying.Head:
		return unit.Head.Phone
	case n.Role == huiying.Handler:
		return unit.Handler.Phone
	}
	return unit.Liaison.Phone
}

// onDutyPhone is the number of whoever is on duty for the role of a notification,
// "" when the roster names none. A unit's role is looked up in the unit, an
// analyst's or monitor's in the office of the case's queue, all others anywhere.
func (s *system) onDutyPhone(ctx context.Context, n huiying.Notification) (string, error) {
	now, unit := s.speed.Now(), huiying.UnitID("")
	switch {
	case n.Role.OfUnit():
		unit = n.Unit
	case n.Case == "": // of a source: the office it watches for
		unit = n.Unit
	case n.Role == huiying.Analyst || n.Role == huiying.Monitor:
		c, err := s.ledger.Case(ctx, n.Case)
		if err != nil {
			return "", fmt.Errorf("whose analyst is meant: %w", err)
		}
		unit = c.Queue.Office()
	}
	shifts, err := s.ledger.Shifts(ctx, n.Region.County(), now, now.Add(time.Microsecond))
	if err != nil {
		return "", err
	}
	for _, shift := range huiying.Roster(shifts).On(unit, n.Role, now) {
		if shift.Person.Phone != "" {
			return shift.Person.Phone, nil
		}
	}
	return "", nil
}
