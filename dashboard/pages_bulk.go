package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"huiying"
)

// bulkActions are what may be done to several cases at once: a word and a
// reason say everything, and no case needs words of its own.
var bulkActions = []huiying.Action{huiying.ActAcknowledge, huiying.ActWatch, huiying.ActDismiss, huiying.ActClose, huiying.ActArchive, huiying.ActUrge}

// mostAtOnce bounds one bulk action: a person should have looked at each.
const mostAtOnce = 100

// bulkFor lists the bulk actions p's role has at all.
func bulkFor(p huiying.Person) []huiying.Transition {
	var out []huiying.Transition
	for _, a := range bulkActions {
		if t, ok := huiying.TransitionOf(a); ok && slices.Contains(t.By, p.Role) {
			out = append(out, t)
		}
	}
	return out
}

// bulkOf lists those p may do to c as it stands.
func bulkOf(c huiying.Case, p huiying.Person) []string {
	var out []string
	for _, t := range c.Allowed(p) {
		if slices.Contains(bulkActions, t.Action) && (t.Action != huiying.ActAcknowledge || canAcknowledge(c, p)) {
			out = append(out, string(t.Action))
		}
	}
	return out
}

// bulkView is what became of each case of a bulk action.
type bulkView struct {
	Label   string
	Done    int
	Failed  int
	Results []bulkResult
	Back    string
}

type bulkResult struct {
	ID    huiying.CaseID
	Title string
	Error string // "" when it was done
}

// actOnCases does one thing to each case that was ticked. Each is an action of
// its own, with its own entry on its timeline: one that is refused stops none
// of the others, and the page says which and why.
func (s *Server) actOnCases(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	f := r.PostForm
	action, ticked := huiying.Action(f.Get("action")), f["case"]
	t, known := huiying.TransitionOf(action)
	switch {
	case !known || !slices.Contains(bulkActions, action):
		return huiying.Invalid("action", "请选择要办理的事项")
	case len(ticked) == 0:
		return huiying.Invalid("case", "请先选中交办单")
	case len(ticked) > mostAtOnce:
		return huiying.Invalid("case", "一次最多办理 %d 件，选中了 %d 件", mostAtOnce, len(ticked))
	case t.Reason && strings.TrimSpace(f.Get("reason")) == "":
		return huiying.Invalid("reason", "%s需要写明理由", t.Label)
	}
	v := bulkView{Label: t.Label, Back: localPath(cmp.Or(f.Get("back"), "/cases"))}
	for _, one := range ticked {
		res := s.actOnTicked(r, p, action, one, f.Get("reason"))
		if res.Error == "" {
			v.Done++
		} else {
			v.Failed++
		}
		v.Results = append(v.Results, res)
	}
	if v.Failed == 0 {
		return redirect(w, r, withDone(v.Back, "bulk"))
	}
	slices.SortStableFunc(v.Results, func(a, b bulkResult) int { return strings.Compare(b.Error, a.Error) })
	return s.show(w, r, p, http.StatusConflict, "bulk", fmt.Sprintf("批量%s", t.Label), v)
}

// actOnTicked does it to one, named "version@id".
func (s *Server) actOnTicked(r *http.Request, p huiying.Person, action huiying.Action, one, reason string) bulkResult {
	number, id, _ := strings.Cut(one, "@")
	res := bulkResult{ID: huiying.CaseID(id), Title: id}
	c, err := s.cfg.Ledger.Case(r.Context(), res.ID)
	if err == nil && !p.SeesCase(c) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这件交办单")
	}
	if err == nil {
		res.Title = c.Number + "　" + c.Title
		var version int
		if version, err = strconv.Atoi(number); err != nil {
			err = huiying.Invalid("version", "表单已经过期，请刷新页面后重试")
		} else {
			_, err = s.cfg.Desk.Do(r.Context(), c.ID, huiying.Command{Action: action, By: p, Version: version, Reason: reason})
		}
	}
	if err != nil {
		s.note(r, err)
		res.Error = errorViewOf(err).Message
	}
	return res
}

// withDone adds what was done to an address.
func withDone(path, done string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	q.Set("done", done)
	u.RawQuery = q.Encode()
	return u.String()
}
