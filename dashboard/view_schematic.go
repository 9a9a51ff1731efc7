package dashboard

import (
	"math"
	"time"

	"huiying"
)

// schematic is the townships as tiles, roughly where they lie if the county says
// so: not a map, for borders are the office's to publish. Each has what is open and
// active there.
type schematic struct {
	Width, Height int
	Placed        bool // the county says where they lie
	Crowded       bool // so many that a tile has room for its name and figures alone
	Tiles         []townTile
	Elsewhere     townCount // of no township: county offices, no place named
}

type townTile struct {
	X, Y int
	Name string
	townCount
}

// townCount is what goes on in one place.
type townCount struct {
	Cases  int           // open
	Late   int           // of these, with a deadline passed
	Events int           // with a post in the last 24 h
	Posts  int           // of these events in the last 24 h
	Level  huiying.Level // the gravest open case
}

// The size of a tile, and its distance from the next, in units of the drawing.
const (
	tileW, tileH = 250, 158
	tileGap      = 14
	crowd        = 5 // more in a row or a column are read from five metres only without words
)

// schematicOf lays out the townships valid now. Those without a tile of their own
// follow below the others, as many in a row; where none has one, they fill a
// rectangle of the shape of the stage.
func schematicOf(units *huiying.Directory, cases []huiying.Case, events []huiying.Event, now time.Time) schematic {
	at := make(map[huiying.UnitID]int)
	var s schematic
	rows, columns, loose := 0, 0, 0
	var homeless []int
	for _, u := range units.All() {
		if u.Township == "" || !u.ValidAt(now) {
			continue
		}
		at[u.ID] = len(s.Tiles)
		if u.Tile == [2]int{} {
			homeless = append(homeless, len(s.Tiles))
		}
		s.Tiles = append(s.Tiles, townTile{X: (u.Tile[0] - 1) * (tileW + tileGap), Y: (u.Tile[1] - 1) * (tileH + tileGap), Name: u.Label()})
		rows, columns = max(rows, u.Tile[1]), max(columns, u.Tile[0])
	}
	if s.Placed = columns > 0; !s.Placed {
		columns = int(math.Ceil(math.Sqrt(float64(len(s.Tiles)))))
	}
	columns = max(columns, 3)
	for _, i := range homeless {
		s.Tiles[i].X, s.Tiles[i].Y = loose%columns*(tileW+tileGap), (rows+loose/columns)*(tileH+tileGap)
		loose++
	}
	for _, t := range s.Tiles {
		s.Width, s.Height = max(s.Width, t.X+tileW), max(s.Height, t.Y+tileH)
	}
	s.Crowded = max(s.Width/tileW, s.Height/tileH) > crowd
	for _, c := range cases {
		n := s.count(at, townshipOf(units, c.Units, c.Places))
		if c.Overdue(now) {
			n.Late++
		}
		if !c.Factual() {
			continue
		}
		n.Cases++
		n.Level = max(n.Level, c.Level)
	}
	for _, e := range events {
		n := s.count(at, townshipOf(units, nil, e.Places))
		n.Events++
		n.Posts += recent(e, now)
	}
	return s
}

func (s *schematic) count(at map[huiying.UnitID]int, id huiying.UnitID) *townCount {
	if i, ok := at[id]; ok {
		return &s.Tiles[i].townCount
	}
	return &s.Elsewhere
}

// townshipOf is the township a matter belongs to: the one that is part of the
// case, else the one the surest place lies in, "" when there is none.
func townshipOf(units *huiying.Directory, part []huiying.CaseUnit, places []huiying.Place) huiying.UnitID {
	for _, cu := range part {
		if u, ok := units.Unit(cu.Unit); ok && u.Township != "" {
			return u.ID
		}
	}
	var best huiying.UnitID
	p := -1.0
	for _, place := range places {
		if u, ok := units.Township(place.Code); ok && place.P > p {
			best, p = u.ID, place.P
		}
	}
	return best
}

// recent is how many posts of an event the last 24 hours brought.
func recent(e huiying.Event, now time.Time) int {
	n := 0
	for at := now.Add(-24 * time.Hour); !at.After(now); at = at.Add(time.Hour) {
		n += e.Hours[at.In(huiying.Beijing).Format("2006-01-02T15")]
	}
	return n
}
