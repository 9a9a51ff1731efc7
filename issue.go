package huiying

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Issue is a report that was issued (印发): numbered, and kept as it was.
type Issue struct {
	Region Region       `json:"region"`
	Kind   ReportKind   `json:"kind"`
	Year   int          `json:"year"` // of issue, in Beijing; numbers begin anew with each
	N      int          `json:"n"`    // from 1, without gaps
	Number string       `json:"number"`
	From   time.Time    `json:"from"` // start of the period
	To     time.Time    `json:"to"`   // its end, or when it was issued if that was earlier
	By     Person       `json:"by"`   // the system, when the schedule issued it
	At     time.Time    `json:"at"`
	Due    time.Time    `json:"due,omitzero"`    // when the schedule wanted it; zero: a person issued it
	Late   bool         `json:"late,omitempty"`  // made after the fact: nothing ran when it was due
	Event  EventID      `json:"event,omitempty"` // of a 专报, 快报 or 急报
	Title  string       `json:"title,omitempty"` // of that event
	Part   int          `json:"part,omitempty"`  // which report of the kind about that event, from 1
	Files  []Attachment `json:"files"`
}

// Name is what the issue is called in addresses: daily-2026-12.
func (i Issue) Name() string { return fmt.Sprintf("%s-%d-%d", i.Kind, i.Year, i.N) }

// ParseIssueName is what [Issue.Name] says.
func ParseIssueName(name string) (kind ReportKind, year, n int, err error) {
	parts := strings.Split(name, "-")
	if len(parts) == 3 {
		year, _ = strconv.Atoi(parts[1])
		n, _ = strconv.Atoi(parts[2])
	}
	if year < 1 || n < 1 {
		return "", 0, 0, Errorf(CodeNotFound, "没有印发过这份报告")
	}
	return ReportKind(parts[0]), year, n, nil
}

// MayIssue reports whether p may issue reports of kind k: an analyst writes them,
// the leader on duty answers for them.
func (p Person) MayIssue(k ReportKind) bool {
	return (k.Periodic() || k.OfEvent()) && (p.Role == Analyst || p.Role == Leader)
}

// Bounds of the remarks of a report.
const (
	maxRemarks = 20
	maxRemark  = 500 // characters
)

// RemarkLines reads remarks as a person typed them, one a line; never nil.
func RemarkLines(field, text string) ([]string, error) {
	out := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len([]rune(line)) > maxRemark {
			return nil, Invalid(field, "每条不超过 %d 字，请精简：%s", maxRemark, Clip(line, 20))
		}
		out = append(out, line)
	}
	if len(out) > maxRemarks {
		return nil, Invalid(field, "最多写 %d 条，现有 %d 条", maxRemarks, len(out))
	}
	return out, nil
}
