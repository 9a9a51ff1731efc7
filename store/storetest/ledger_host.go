package storetest

import (
	"sync"
	"sync/atomic"
	"testing"

	"huiying"
)

func hostsAreSpared(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	const most = 100
	day := at(0)
	var granted atomic.Int64
	var all sync.WaitGroup
	for range 5 { // five collectors ask until they are refused
		all.Go(func() {
			for {
				n, h, err := l.SpendHost(ctx, "www.example.gov.cn", day, 7, most)
				if err != nil {
					t.Error(err)
					return
				}
				granted.Add(int64(n))
				if n == 0 {
					if h.Asked != most {
						t.Errorf("refused with %d booked", h.Asked)
					}
					return
				}
			}
		})
	}
	all.Wait()
	if granted.Load() != most {
		t.Errorf("%d requests were granted, %d may be", granted.Load(), most)
	}

	if n, h, err := l.SpendHost(ctx, "www.example.gov.cn", day, -3, most); err != nil || n != -3 || h.Asked != most-3 {
		t.Errorf("giving back: %d %+v (%v)", n, h, err)
	}
	must(t, l.KeepAway(ctx, "www.example.gov.cn", at(9)))
	must(t, l.KeepAway(ctx, "www.example.gov.cn", at(5))) // sooner: does not count
	must(t, l.KeepAway(ctx, "new.example.gov.cn", at(5)))
	want := map[string]huiying.HostDay{
		"www.example.gov.cn": {Host: "www.example.gov.cn", Day: day, Asked: most - 3, Most: most, Away: at(9)},
		"new.example.gov.cn": {Host: "new.example.gov.cn", Away: at(5)},
	}
	same(t, "what is booked", value(l.Hosts(ctx, []string{"www.example.gov.cn", "new.example.gov.cn", "other.example"}))(t), want)
	same(t, "of no hosts", value(l.Hosts(ctx, nil))(t), map[string]huiying.HostDay{})

	next := day.AddDate(0, 0, 1)
	if n, h, err := l.SpendHost(ctx, "www.example.gov.cn", next, 7, most); err != nil || n != 7 || h.Asked != 7 || !h.Away.Equal(at(9)) {
		t.Errorf("the next day: %d %+v (%v)", n, h, err)
	}
}
