package dashboard

import (
	"cmp"
	"slices"
	"strings"

	"huiying"
)

// deliveryView is one notice of a case in its delivery log: whom it was for, and
// what became of it on each way.
type deliveryView struct {
	noticeView
	Ways []wayView
}

// wayView is one notification of a notice; Who is the account it went to, where
// it went to one.
type wayView struct {
	noticeView
	Who string
}

// Outcome is what became of it, in a word.
func (w wayView) Outcome() string {
	switch {
	case w.rehearsed():
		return "演练未发"
	case !w.ReadAt.IsZero():
		return "已读"
	}
	return w.Status.Label()
}

// Tone draws the outcome.
func (w wayView) Tone() string {
	if w.rehearsed() {
		return string(huiying.NotifyCancelled)
	}
	return w.noticeView.Tone()
}

// rehearsed reports whether it would have left the house, were it no drill.
func (w wayView) rehearsed() bool { return w.Drill && w.Channel != "inapp" }

// deliveriesOf groups the notifications of a case by what they say to whom, the
// newest first, in-app ahead of what left the house.
func deliveriesOf(list []huiying.Notification, units *huiying.Directory) []deliveryView {
	var out []deliveryView
	at := make(map[string]int)
	for _, n := range list {
		key := cmp.Or(n.Notice, string(n.ID))
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, deliveryView{noticeView: noticeOf(n, units)})
		}
		d := &out[i]
		if len(n.ToName) < len(d.ToName) { // without the name of an account
			d.ToName = n.ToName
		}
		d.Ways = append(d.Ways, wayView{noticeView: noticeOf(n, units)})
	}
	for i := range out {
		d := &out[i]
		for k := range d.Ways {
			w := &d.Ways[k]
			if rest, ok := strings.CutPrefix(w.ToName, d.ToName); ok {
				w.Who = strings.TrimSpace(rest)
			}
		}
		slices.SortStableFunc(d.Ways, func(a, b wayView) int {
			return cmp.Or(boolOrder(a.Channel == "inapp", b.Channel == "inapp"), cmp.Compare(a.Via, b.Via))
		})
	}
	slices.SortStableFunc(out, func(a, b deliveryView) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.ToName, b.ToName), cmp.Compare(a.Text, b.Text))
	})
	return out
}

// boolOrder puts what is so ahead of what is not.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
