package dashboard

import (
	"fmt"
	"net/http"

	"huiying"
)

// channelsView are the ways out and what did not get out.
type channelsView struct {
	Rows   []channelRow
	Failed []noticeView
	More   string // where the list of these goes on
	Error  string
}

type channelRow struct {
	huiying.ChannelHealth
	Label string
}

func (s *Server) channelsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showChannels(w, r, p, http.StatusOK, channelsView{})
}

// failedShown is how many undelivered notifications the page lists.
const failedShown = 20

func (s *Server) showChannels(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, v channelsView) error {
	health := s.channelHealth()
	for _, h := range health {
		v.Rows = append(v.Rows, channelRow{h, huiying.ChannelLabel(h.Channel)})
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	failed, err := s.cfg.Ledger.Notifications(r.Context(), huiying.NotificationQuery{Region: p.Region, Status: huiying.NotifyFailed, Limit: failedShown, Cursor: r.URL.Query().Get("cursor")})
	if err != nil {
		return fmt.Errorf("read failed notifications: %w", err)
	}
	for _, n := range failed.Items {
		v.Failed = append(v.Failed, noticeOf(n, units))
	}
	v.More = moreURL(r, failed.Next)
	return s.show(w, r, p, status, "channels", "通知渠道", v)
}

func (s *Server) testChannel(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	_, err := (api{Server: s}).testChannel(r.Context(), p, &channelInput{Name: r.PathValue("name"), asked: asked{r}})
	return s.channelsChanged(w, r, p, err, "channel-tested")
}

func (s *Server) resendNotification(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	_, err := (api{Server: s}).resend(r.Context(), p, &resendInput{ID: r.PathValue("id"), asked: asked{r}})
	return s.channelsChanged(w, r, p, err, "notification-resent")
}

// channelsChanged goes back to the page, which says so when it was refused.
func (s *Server) channelsChanged(w http.ResponseWriter, r *http.Request, p huiying.Person, err error, done string) error {
	switch huiying.CodeOf(err) {
	case huiying.CodeBusy, huiying.CodeConflict, huiying.CodeNotFound:
		s.note(r, err)
		v := errorViewOf(err)
		return s.showChannels(w, r, p, v.Status, channelsView{Error: v.Message})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/channels?done="+done)
}
