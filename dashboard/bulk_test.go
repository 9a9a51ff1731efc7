package dashboard_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"huiying"
)

func TestSeveralCasesAreDealtWithAtOnceAndOneRefusalStopsNoOther(t *testing.T) {
	h := newHouse(t)
	first, second, moved := h.open("路灯不亮"), h.open("下水道堵塞"), h.open("公交改线")
	h.act("analyst", moved, "watch", map[string]any{"reason": "看看再说"}) // its version is old now
	ticked := func(cs ...caseDoc) (out []string) {
		for _, c := range cs {
			out = append(out, "case", fmt.Sprintf("%d@%s", c.Version, c.ID))
		}
		return out
	}
	state := func(c caseDoc) huiying.CaseState { return must(h.ledger.Case(t.Context(), c.ID)).State }

	h.as("analyst").page("/cases").says(t, ticked(first)[1], `id="bulk"`)
	if r := h.as("supervisor").page("/cases"); strings.Contains(string(r.body), `value="dismiss"`) {
		t.Error("a supervisor, who edits nothing, is offered to dismiss")
	}

	r := h.as("analyst").submit("/cases/bulk", append(ticked(first), "action", "dismiss")...)
	if r.status != http.StatusUnprocessableEntity || state(first) == huiying.StateDismissed {
		t.Errorf("dismissing without a reason: %d, the case is %s", r.status, state(first))
	}
	r = h.as("analyst").submit("/cases/bulk", append(ticked(first, moved, second), "action", "dismiss", "reason", "非本县事项")...)
	if r.status != http.StatusConflict {
		t.Errorf("one of three was stale: %d", r.status)
	}
	r.says(t, "2 件已办理，1 件没有办理", "公交改线")
	if state(first) != huiying.StateDismissed || state(second) != huiying.StateDismissed || state(moved) != huiying.StateWatching {
		t.Errorf("the cases are %s, %s and %s", state(first), state(second), state(moved))
	}

	mine, theirs := h.assigned("学校食堂", "jkj"), h.assigned("小区停水", "zjj")
	r = h.as("jkj-liaison").submit("/cases/bulk", append(ticked(mine, theirs), "action", "acknowledge", "back", "//elsewhere.invalid")...)
	if r.status != http.StatusConflict || strings.Contains(string(r.body), "小区停水") || strings.Contains(string(r.body), "elsewhere") {
		t.Errorf("a unit takes another's case, or reads of it, or is led elsewhere: %d %s", r.status, r.body)
	}
	if state(mine) != huiying.StateAcknowledged || state(theirs) != huiying.StateAssigned {
		t.Errorf("the cases are %s and %s", state(mine), state(theirs))
	}
}
