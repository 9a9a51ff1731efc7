package huiying

import (
	"fmt"
	"slices"
	"time"
)

// UnitID names an office, department or township of a county for ever; renamed
// units keep theirs, merged ones end and a new one begins. Counties may use the
// same: gaj is the police in each.
type UnitID string

// PoliceUnit is where a case that is handed over to the police goes, in a county
// that lists it.
const PoliceUnit UnitID = "gaj"

// Contact is one of the four people every unit names (交政办发〔2020〕78号).
type Contact struct {
	Name  string `json:"name" yaml:"name"`
	Title string `json:"title,omitempty" yaml:"title,omitempty"`
	Phone string `json:"phone,omitempty" yaml:"phone,omitempty"`
	User  UserID `json:"user,omitempty" yaml:"user,omitempty"` // the account notifications reach
}

// Unit is a department, office or township. It is valid from From (inclusive)
// until To (exclusive); zero means unbounded. Units are never deleted.
type Unit struct {
	ID         UnitID    `json:"id"`
	Region     Region    `json:"region"`             // the county it belongs to
	Name       string    `json:"name"`               // 县教育科技局
	Short      string    `json:"short,omitempty"`    // 教科局
	Kind       string    `json:"kind"`               // 县政府, 县委, 乡镇, 垂直管理 …
	Township   Region    `json:"township,omitempty"` // the place a township government answers for
	Tile       [2]int    `json:"tile,omitzero"`      // of a township: column and row from 1 in the schematic of the wall
	Duty       string    `json:"duty,omitempty"`
	Keywords   []string  `json:"keywords,omitempty"`
	PilotAreas []string  `json:"pilot_areas,omitempty"` // of 国办发〔2019〕54号
	Bureaus    []string  `json:"bureaus,omitempty"`     // of [Bureaus] those it stands for; of two units the first listed is the likelier
	Superior   UnitID    `json:"superior,omitempty"`
	From       time.Time `json:"from,omitzero"`
	To         time.Time `json:"to,omitzero"`

	Department string  `json:"department,omitempty"` // 协调部门, the office inside the unit that co-ordinates
	Head       Contact `json:"head,omitzero"`        // 责任人
	Liaison    Contact `json:"liaison,omitzero"`     // 联络人: the one who must pick up
	Handler    Contact `json:"handler,omitzero"`     // 承办人
}

// ValidAt reports whether the unit exists at t.
func (u Unit) ValidAt(t time.Time) bool {
	return !t.Before(u.From) && (u.To.IsZero() || t.Before(u.To))
}

// Label is the short name where there is one.
func (u Unit) Label() string {
	if u.Short != "" {
		return u.Short
	}
	return u.Name
}

// Directory looks units up. It is immutable: a change makes a new one.
type Directory struct {
	units []Unit
	byID  map[UnitID]int
	in    map[Region]*Directory // of several counties each
}

// NewDirectory indexes units; of two with one ID in a county the later wins.
func NewDirectory(units []Unit) *Directory {
	d := &Directory{units: slices.Clone(units), byID: make(map[UnitID]int, len(units))}
	of := make(map[Region][]Unit)
	for i, u := range d.units {
		d.byID[u.ID] = i
		of[u.Region] = append(of[u.Region], u)
	}
	if len(of) > 1 {
		d.in = make(map[Region]*Directory, len(of))
		for region, own := range of {
			d.in[region] = NewDirectory(own)
		}
	}
	return d
}

// In is the directory of the county a region lies in; all of it when there is
// only one county, or none of that code.
func (d *Directory) In(region Region) *Directory {
	if own, ok := d.in[region.County()]; ok {
		return own
	}
	return d
}

// Unit returns the unit called id.
func (d *Directory) Unit(id UnitID) (Unit, bool) {
	i, ok := d.byID[id]
	if !ok {
		return Unit{}, false
	}
	return d.units[i], true
}

// Name is the short name of a unit, or its ID when it is unknown.
func (d *Directory) Name(id UnitID) string {
	if u, ok := d.Unit(id); ok {
		return u.Label()
	}
	return string(id)
}

// All returns the units in file order; the caller must not change them.
func (d *Directory) All() []Unit { return d.units }

// Township returns the township government that answers for a place.
func (d *Directory) Township(place Region) (Unit, bool) {
	if len(place) < 9 {
		return Unit{}, false
	}
	for i := range d.units {
		if u := &d.units[i]; u.Township != "" && u.Township.Covers(place) {
			return *u, true
		}
	}
	return Unit{}, false
}

// Undecided says that the two likeliest departments are nearer to each other than
// gap, so that a person must choose the lead; "" when one of them stands out.
// Townships, which answer for places, and units not in office at t do not count.
func (d *Directory) Undecided(all []Candidate, gap float64, t time.Time) string {
	var first *Candidate
	for i, c := range all {
		u, ok := d.Unit(c.Unit)
		switch {
		case !ok || !u.ValidAt(t) || u.Township != "":
		case first == nil:
			first = &all[i]
		case first.P-c.P < gap:
			return fmt.Sprintf("%s与%s难分主次（相差 %.0f%%），请人工选定牵头单位", d.Name(first.Unit), u.Label(), (first.P-c.P)*100)
		default:
			return ""
		}
	}
	return ""
}

// Check returns an error that says what is wrong with naming id at t.
func (d *Directory) Check(id UnitID, t time.Time) error {
	u, ok := d.Unit(id)
	switch {
	case !ok:
		return Invalid("unit", "没有单位 %q", id)
	case !u.ValidAt(t):
		if !u.From.IsZero() && t.Before(u.From) {
			return Invalid("unit", "%s 自 %s 起才设立，请选现在的单位", u.Name, u.From.In(Beijing).Format(time.DateOnly))
		}
		return Invalid("unit", "%s 自 %s 起已撤并，请选接续的单位", u.Name, u.To.In(Beijing).Format(time.DateOnly))
	}
	return nil
}
