package huiying

import (
	"strings"
	"time"
)

// Node is one process of an installation that runs as several, as it told of itself
// last.
type Node struct {
	Name    string    `json:"name"` // machine and a number that a restart does not change
	Roles   []string  `json:"roles"`
	Version string    `json:"version"`
	Rules   string    `json:"rules"` // version of the rules in force there
	Started time.Time `json:"started"`
	At      time.Time `json:"at"`      // when it told
	Leading bool      `json:"leading"` // it keeps the clocks and sends
	Free    int64     `json:"free"`    // bytes left on the disk of its data; -1 when unknown
	Errors  []LogLine `json:"errors"`  // the latest first
	Here    bool      `json:"-"`       // it is the one that was asked
}

// nodeSilent is how long a process that works may have told nothing.
const nodeSilent = time.Minute

// Silent reports that it stopped, or cannot reach the ledger.
func (n Node) Silent(now time.Time) bool { return now.Sub(n.At) > nodeSilent }

// Short is its machine and the beginning of its number.
func (n Node) Short() string {
	host, id, _ := strings.Cut(n.Name, " ")
	return strings.TrimSpace(host + " " + id[:min(len(id), 4)])
}

// RoleText says what it does.
func (n Node) RoleText() string {
	words := make([]string, len(n.Roles))
	for i, r := range n.Roles {
		words[i] = r
		if word, ok := map[string]string{"collector": "采集", "analyzer": "研判", "alerting": "入库、预警和通知", "dashboard": "页面"}[r]; ok {
			words[i] = word
		}
	}
	return strings.Join(words, "、")
}
