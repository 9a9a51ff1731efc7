package huiying

import "time"

// Machine is the state of one installation, for who keeps it running.
type Machine struct {
	Version string
	Go      string
	Rules   string // version of the rules in force
	Started time.Time
	Free    int64 // bytes left on its disk; -1 when unknown
	Memory  int64 // bytes the process has from the system
	Stores  []StoreSize
	Queues  []QueueDepth
	Expired []string // what the passing of time has made wrong with the county's files
	Errors  []LogLine
	Backup  BackupMade // the latest; the zero value: none was ever made
}

// BackupMade is a back-up somebody made.
type BackupMade struct {
	At    time.Time `json:"at"`
	File  string    `json:"file"`
	Bytes int64     `json:"bytes"`
	There bool      `json:"-"` // the file is still where it was written, as seen from this process
}

// StoreSize is how much one part of the data takes, in bytes.
type StoreSize struct {
	Label string
	Bytes int64
}

// QueueDepth is what waits before one consumer of the bus.
type QueueDepth struct {
	Stream, Consumer string
	Waiting          int // not handed out yet
	Unfinished       int // handed out, not yet done
}

// Label says what the queue holds, Task what its reader does with it; a name that
// is not ours stays as it is.
func (q QueueDepth) Label() string { return queueWord(q.Stream) }

// Task is explained at Label.
func (q QueueDepth) Task() string { return queueWord(q.Consumer) }

func queueWord(name string) string {
	if word, ok := map[string]string{
		"POSTS": "新采集的信息", "ASSESSED": "研判过的信息", "analyzer": "研判", "archive": "存入信息库", "alerting": "归并事件、定级、立单",
	}[name]; ok {
		return word
	}
	return name
}

// LogLine is a warning or an error of the running program.
type LogLine struct {
	At    time.Time
	Error bool
	Text  string
}
