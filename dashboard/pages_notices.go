package dashboard

import (
	"fmt"
	"net/http"

	"huiying"
)

// noticeView is one notification, in the inbox or in a case's delivery log.
type noticeView struct {
	huiying.Notification
	KindLabel string
	Via       string
	UnitName  string
}

// Tone draws the status: sent, pending, failed, cancelled.
func (n noticeView) Tone() string { return string(n.Status) }

type noticesView struct {
	Rows   []noticeView
	Unread int
	More   string
}

func noticeOf(n huiying.Notification, units *huiying.Directory) noticeView {
	v := noticeView{Notification: n, KindLabel: noticeLabels[n.Kind], Via: huiying.ChannelLabel(n.Channel)}
	if n.Unit != "" {
		v.UnitName = units.In(n.Region).Name(n.Unit)
	}
	return v
}

// inbox reads p's notices for the screen; next is where the list goes on.
func (s *Server) inbox(r *http.Request, p huiying.Person, units *huiying.Directory, unread bool, limit int) (rows []noticeView, next string, err error) {
	q := huiying.NotificationQuery{To: p.User, Unread: unread, Limit: limit}
	if !unread {
		q.Cursor = r.URL.Query().Get("cursor")
	}
	found, err := s.cfg.Ledger.Notifications(r.Context(), q)
	if err != nil {
		return nil, "", fmt.Errorf("read notices: %w", err)
	}
	for _, n := range found.Items {
		if n.Channel == "inapp" {
			rows = append(rows, noticeOf(n, units))
		}
	}
	return rows, found.Next, nil
}

func (s *Server) noticesPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	rows, next, err := s.inbox(r, p, units, false, 50)
	if err != nil {
		return err
	}
	v := noticesView{Rows: rows, More: moreURL(r, next)}
	for _, n := range rows {
		if n.ReadAt.IsZero() {
			v.Unread++
		}
	}
	return s.show(w, r, p, http.StatusOK, "notices", "通知", v)
}

func (s *Server) readNotices(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := s.cfg.Ledger.MarkRead(r.Context(), p.User, s.now()); err != nil {
		return fmt.Errorf("mark notices read: %w", err)
	}
	return redirect(w, r, "/notices?done=read")
}

// unreadFragment is the number on the bell.
func (s *Server) unreadFragment(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	found, err := s.cfg.Ledger.Notifications(r.Context(), huiying.NotificationQuery{To: p.User, Unread: true, Limit: unreadShown + 1})
	if err != nil {
		return fmt.Errorf("count notices: %w", err)
	}
	return s.fragment(w, "unread", countInApp(found.Items))
}

// recentFragment is the list of unread notices on the workbench.
func (s *Server) recentFragment(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	rows, _, err := s.inbox(r, p, units, true, sideShown)
	if err != nil {
		return err
	}
	return s.fragment(w, "recent", rows)
}
