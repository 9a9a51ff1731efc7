package huiying

import "encoding/json"

// Live is a message for open screens. It is advisory: what it says is already
// in the ledger or archive, so a lost one costs a refresh and nothing else.
type Live struct {
	Type   LiveType        `json:"type"`
	Seq    uint64          `json:"seq"`  // set by the bus; a reader resumes from it
	Sent   int64           `json:"sent"` // unix nanoseconds
	Data   json.RawMessage `json:"data"`
	Region Region          `json:"-"`
	Units  []UnitID        `json:"-"` // units that may see it; the offices see all of their region
}

// LiveType says what a live message is about.
type LiveType string

// The types of GET /api/v1/live.
const (
	LiveHello  LiveType = "hello"
	LivePost   LiveType = "post"
	LiveEvent  LiveType = "event"
	LiveCase   LiveType = "case"
	LiveStats  LiveType = "stats"
	LiveSource LiveType = "source"
)

// VisibleTo reports whether p may receive the message: units get the cases they
// are part of, the offices everything of their region.
func (l Live) VisibleTo(p Person) bool {
	if l.Type == LiveHello {
		return true
	}
	if !p.Region.Covers(l.Region) {
		return false
	}
	if p.Role.OfUnit() {
		if l.Type != LiveCase {
			return false
		}
		for _, u := range l.Units {
			if u == p.Unit {
				return true
			}
		}
		return false
	}
	return p.SeesPosts() || l.Type == LiveSource && p.Role == SystemAdmin
}
