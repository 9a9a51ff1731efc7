package dashboard

import (
	"context"
	"net/http"
	"sync"
	"time"

	"huiying"
)

// lookAgain is how long one look lasts: reading on, or coming back within it, is
// one row of the audit and not a hundred.
const lookAgain = 30 * time.Minute

// mostLooks bounds what is remembered; forgetting only makes a row more.
const mostLooks = 50_000

// looks remembers who looked at what lately.
type looks struct {
	mu   sync.Mutex
	last map[look]time.Time
}

type look struct {
	who            huiying.UserID
	action, object string
}

func newLooks() *looks { return &looks{last: map[look]time.Time{}} }

// first reports whether a look is to be put on record.
func (l *looks) first(k look, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.last[k]) < lookAgain {
		return false
	}
	if len(l.last) >= mostLooks {
		clear(l.last)
	}
	l.last[k] = now
	return true
}

// looked puts on record that somebody was shown what the law calls personal
// information, or may hold it (个人信息保护法 art. 51).
func (s *Server) looked(w http.ResponseWriter, r *http.Request, p huiying.Person, action string) {
	rec, ok := w.(*recorder)
	if action == "" || ok && rec.code() >= http.StatusBadRequest {
		return
	}
	object := r.PathValue("id")
	if !s.looks.first(look{p.User, action, object}, s.wall()) {
		return
	}
	ctx := context.WithoutCancel(r.Context()) // it was shown, whoever hung up since
	if err := s.audit(ctx, r, p, action, object, r.URL.Path); err != nil {
		s.log.ErrorContext(ctx, "a look is not on record", "id", visitOf(ctx).id, "err", err)
	}
}
