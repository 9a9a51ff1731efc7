package notify_test

import (
	"net/http"
	"testing"
	"time"

	"huiying"
)

// The morning a message waits for comes by the clock of the cases: at 20,000 times
// the speed in a second or two, and never before.
func TestTheMorningComesByTheClockOfTheCases(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 11, 23, 23, 30, 0, 0, huiying.Beijing)
	seven := time.Date(2026, 11, 24, 7, 0, 0, 0, huiying.Beijing)
	p, r := newPost(t, "webhook", 0), newReceiver(t, always(http.StatusOK))
	waits := to("webhook", "n1")
	waits.NextAt = seven
	p.add(t, waits)
	stop := p.serveAt(t, huiying.NewSpeed(night, 20_000), nil, r.webhook())
	until(t, "it is sent", func() bool { return p.message(t, "n1webhook").Status == huiying.NotifySent })
	stop()
	if at := p.message(t, "n1webhook").Attempts[0].At; at.Before(seven) {
		t.Errorf("sent at %v", at)
	}
}
