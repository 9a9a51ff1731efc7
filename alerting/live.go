package alerting

import (
	"encoding/json"
	"time"

	"huiying"
)

// liveEvent tells the offices that an event changed.
func liveEvent(e huiying.Event) huiying.Live {
	return huiying.Live{Type: huiying.LiveEvent, Region: e.Region, Data: encode(map[string]any{
		"id": e.ID, "title": e.Title, "level": e.Level, "posts": e.Posts, "curve": e.Curve, "case": e.Case,
	})}
}

// liveCase tells the offices and the units concerned that a case changed; by is
// the unit that acted, "" when none did. A unit the change took out of the case
// is told this once more, so that its screen drops it.
func liveCase(before, c huiying.Case, action huiying.Action, by huiying.UnitID, now time.Time) huiying.Live {
	units := make([]huiying.UnitID, len(c.Units), len(c.Units)+len(before.Units))
	for i, u := range c.Units {
		units[i] = u.Unit
	}
	told := units
	for _, u := range before.Units {
		if !c.HasUnit(u.Unit) {
			told = append(told, u.Unit)
		}
	}
	data := map[string]any{
		"id": c.ID, "number": c.Number, "title": c.Title, "level": c.Level, "state": c.State, "version": c.Version,
		"action": action, "units": units, "lead": c.Lead(), "at": now,
	}
	if k, ok := c.NextDue(); ok {
		data["due"] = k.Due
	}
	if action == huiying.ActAcknowledge {
		data["unit"] = by
		if k, ok := c.Clock(huiying.ClockAcknowledge, by); ok && !k.Open() && !k.Void {
			data["ack_seconds"] = k.Took().Seconds()
		}
	}
	return huiying.Live{Type: huiying.LiveCase, Region: c.Region, Units: told, Data: encode(data)}
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own plain types come here
	}
	return b
}
