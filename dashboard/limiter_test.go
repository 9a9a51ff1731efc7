package dashboard_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestWhoIsTooFastIsToldToWait(t *testing.T) {
	h := newHouse(t)
	push := func(user string) reply {
		return h.as(user).do("POST", "/signin", form("nobody", "x"), "Accept", "application/json")
	}
	var r reply
	n := 0
	for ; n < 1000; n++ {
		if r = push("monitor"); r.status == http.StatusTooManyRequests {
			break
		}
	}
	if n < 15 || n == 1000 {
		t.Fatalf("%d sign-ins with one name before it was too much", n)
	}
	p := r.problem(t, http.StatusTooManyRequests)
	wait, err := strconv.Atoi(r.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 60 || p.Code != "too_fast" {
		t.Errorf("Retry-After %q, %+v", r.header.Get("Retry-After"), p)
	}
	if r := h.browser().signIn("leader", password); r.status != http.StatusSeeOther {
		t.Errorf("another name from the same office: %d", r.status)
	}
	h.pass(time.Duration(wait) * time.Second)
	if r := push("monitor"); r.status == http.StatusTooManyRequests {
		t.Error("still refused after waiting as told")
	}
}
