package ledger

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"huiying"
)

// Three processes share one ledger: what holds in one must hold between them.
func TestNodesShareALedger(t *testing.T) {
	url := newDatabase(t)
	nodes := []*Ledger{openDatabase(t, url), openDatabase(t, url), openDatabase(t, url)}
	ctx := t.Context()
	const each = 30
	if err := nodes[0].SaveUser(ctx, huiying.User{Person: huiying.Person{User: "li", Name: "李", Role: huiying.Liaison, Region: "141122"}}); err != nil {
		t.Fatal(err)
	}
	var events []huiying.Event
	for n := range each {
		events = append(events, crashEvent(n))
	}
	if err := nodes[0].SaveEvents(ctx, events, nil); err != nil {
		t.Fatal(err)
	}

	var wg sync.WaitGroup
	var mu sync.Mutex
	opened := map[huiying.EventID]int{}
	for i, l := range nodes {
		for n := range each {
			wg.Go(func() { // all nodes open a case of every event
				c, ch := crashCase(n)
				c.ID = huiying.CaseID(fmt.Sprintf("%s-%d", c.ID, i))
				ch.Notify = nil
				switch _, err := l.OpenCase(ctx, c, ch); {
				case err == nil:
					mu.Lock()
					opened[c.Event]++
					mu.Unlock()
				case !errors.Is(err, huiying.ErrConflict):
					t.Error(err)
				}
			})
			wg.Go(func() { // and count one account's wrong passwords
				_, err := l.ChangeUser(ctx, "li", func(u *huiying.User) (huiying.Audit, error) {
					u.Failures++
					return huiying.Audit{At: time.Now(), Action: "signin.fail", Object: "li"}, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()

	for _, e := range events {
		if opened[e.ID] != 1 {
			t.Errorf("event %s got %d cases, want 1", e.ID, opened[e.ID])
		}
	}
	if u, err := nodes[1].User(ctx, "li"); err != nil || u.Failures != len(nodes)*each {
		t.Errorf("%d wrong passwords were counted (%v), want %d", u.Failures, err, len(nodes)*each)
	}
	numbers := map[string]bool{}
	list, err := nodes[2].Cases(ctx, huiying.CaseQuery{Region: "141122", Limit: each})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		numbers[c.Number] = true
	}
	for n := range each {
		if want := fmt.Sprintf("舆〔2026〕%04d号", n+1); !numbers[want] {
			t.Errorf("number %s is missing", want)
		}
	}
	if n, err := nodes[0].VerifyAudit(ctx); err != nil || n != int64(len(nodes)*each+2*each) {
		t.Errorf("the audit chain has %d rows (%v)", n, err)
	}
}
