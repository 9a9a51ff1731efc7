package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"strings"
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
// information, or may hold it (个人信息保护法 art. 51). A look lasts for a while;
// taking it out (export.*) is on record each time.
func (s *Server) looked(w http.ResponseWriter, r *http.Request, p huiying.Person, action string) {
	rec, ok := w.(*recorder)
	if action == "" || ok && rec.code() >= http.StatusBadRequest {
		return
	}
	object := cmp.Or(r.PathValue("id"), r.URL.Path)
	if strings.HasPrefix(action, "export.") {
		s.onRecord(r, p, action, object, r.URL.Path)
		return
	}
	s.put(r, p, action, object, r.URL.Path)
}

// taken puts on record that a program carried data away through the API, once
// for a while: who polls every second is not a row a second. Pages read the same
// for the screen, which is no export.
func (s *Server) taken(w http.ResponseWriter, r *http.Request, p huiying.Person) {
	token := visitOf(r.Context()).token
	if rec, ok := w.(*recorder); token.ID == "" || ok && rec.code() >= http.StatusBadRequest {
		return
	}
	detail := "令牌“" + token.Name + "”"
	if query := filterQuery(r.URL.Query()); query != "" {
		detail += "，条件 " + huiying.Clip(query, 200)
	}
	s.put(r, p, "export.api", r.URL.Path, detail)
}

// printed puts on record that a page was sent to the printer; the page says so
// itself (forms.js), and carries who and when on paper.
func (s *Server) printed(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	page := huiying.Clip(r.PostForm.Get("page"), 200)
	if !strings.HasPrefix(page, "/") {
		return huiying.Invalid("page", "缺少打印的页面")
	}
	if err := s.audit(r.Context(), r, p, "export.print", page, "浏览器打印"); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// put writes a look, unless it is one that lasts.
func (s *Server) put(r *http.Request, p huiying.Person, action, object, detail string) {
	if s.looks.first(look{p.User, action, object}, s.wall()) {
		s.onRecord(r, p, action, object, detail)
	}
}

func (s *Server) onRecord(r *http.Request, p huiying.Person, action, object, detail string) {
	ctx := context.WithoutCancel(r.Context()) // it was shown, whoever hung up since
	if err := s.audit(ctx, r, p, action, object, detail); err != nil {
		s.log.ErrorContext(ctx, "a look is not on record", "id", visitOf(ctx).id, "err", err)
	}
}
