package dashboard

import (
	"fmt"
	"testing"
	"time"
)

func TestAddressesAreCountedByCustomer(t *testing.T) {
	for a, b := range map[string]string{
		"2001:db8:1:2::1": "2001:db8:1:2:ffff::9", "::ffff:192.0.2.7": "192.0.2.7", "fe80::1%eth0": "fe80::2",
	} {
		if neighbour(a) != neighbour(b) {
			t.Errorf("%s and %s are counted apart: %s, %s", a, b, neighbour(a), neighbour(b))
		}
	}
	for a, b := range map[string]string{"2001:db8:1:2::1": "2001:db8:1:3::1", "192.0.2.7": "192.0.2.8"} {
		if neighbour(a) == neighbour(b) {
			t.Errorf("%s and %s are counted together", a, b)
		}
	}
}

func TestTheLimiterForgetsAndRefills(t *testing.T) {
	l, now := newLimiter(), time.Unix(1_800_000_000, 0)
	burst := paces[paceExport].burst
	for i := range burst {
		if w := l.take(paceExport, "a", now); w != 0 {
			t.Fatalf("the %dth is told to wait %v", i+1, w)
		}
	}
	w := l.take(paceExport, "a", now)
	if w != 2*time.Second || l.take(paceExport, "a", now) != w {
		t.Errorf("beyond the burst: wait %v, and refusals must not count", w)
	}
	if l.take(paceExport, "b", now) != 0 || l.take(paceQuery, "a", now) != 0 {
		t.Error("others wait too")
	}
	if l.take(paceExport, "a", now.Add(w)) != 0 {
		t.Error("after the wait: still refused")
	}
	for i := range 3 * mostBuckets {
		l.take(paceSignIn, fmt.Sprint(i), now)
	}
	if len(l.buckets) > mostBuckets {
		t.Errorf("%d buckets are remembered", len(l.buckets))
	}
}
