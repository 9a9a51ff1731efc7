package main

import (
	"log/slog"
	"testing"
	"time"
)

func TestAWarningSaidAgainDoesNotPushOthersOut(t *testing.T) {
	tail := &logTail{most: 3}
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	say := func(minute int, message string) {
		tail.add(slog.NewRecord(at.Add(time.Duration(minute)*time.Minute), slog.LevelWarn, message, 0), nil)
	}
	say(0, "the disk is full")
	for minute := 1; minute <= 500; minute++ {
		say(minute, "the use of a token is not noted")
	}
	lines := tail.lines()
	if len(lines) != 2 {
		t.Fatalf("%d lines are kept, want 2: %v", len(lines), lines)
	}
	if again := lines[0]; again.Times != 500 || !again.At.Equal(at.Add(500*time.Minute)) {
		t.Errorf("what was said 500 times counts %d, last at %v", again.Times, again.At)
	}
	if once := lines[1]; once.Times != 1 || !once.At.Equal(at) {
		t.Errorf("what was said once counts %d, at %v", once.Times, once.At)
	}
}
