package huiying

import "time"

// Machine is the state of one installation, for who keeps it running.
type Machine struct {
	Version string
	Go      string
	Rules   string // version of the rules in force
	Started time.Time
	Free    int64         // bytes left on its disk; -1 when unknown
	Sync    time.Duration // what its disk takes to make one small write durable; 0 when unknown
	Steps   []ClockStep   // how its clock was set since the program began, the latest first
	Memory  int64         // bytes the process has from the system
	Stores  []StoreSize
	Queues  []QueueDepth
	Mute    string   // why the bus does not tell its queues; empty when it does
	Expired []string // what the passing of time has made wrong with the county's files
	Errors  []LogLine
	Nodes   []Node     // the processes, where there are several
	Backup  BackupMade // the latest; the zero value: none was ever made
	Plan    BackupPlan // of the process that was asked
}

// SlowSync is how long a disk may take to make a small write durable.
const SlowSync = 500 * time.Millisecond

// ClockStep is a machine's clock set anew: by an operator or a time service, or
// because the machine was suspended.
type ClockStep struct {
	At time.Time     // by the new time
	By time.Duration // forward; back is negative
}

// Text says it in words.
func (s ClockStep) Text() string {
	if s.By < 0 {
		return "时钟被拨慢 " + SpanText(-s.By)
	}
	return "时钟被拨快 " + SpanText(s.By) + "（或机器停顿过）"
}

// BackupMade is a back-up somebody made.
type BackupMade struct {
	At    time.Time `json:"at"`
	File  string    `json:"file"`
	Bytes int64     `json:"bytes"`
	There bool      `json:"-"` // the file is still where it was written, as seen from this process
}

// BackupPlan is when back-ups are made; the zero value: never by itself.
type BackupPlan struct {
	Dir  string
	At   string // time of day
	Keep int    // how many
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
	At    time.Time `json:"at"`
	Error bool      `json:"error"`
	Text  string    `json:"text"`
	Times int       `json:"times"` // it was said; At is the latest
	Node  string    `json:"-"`     // which process; empty: the one that was asked
}
