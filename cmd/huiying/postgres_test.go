package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
)

// clerk opens cases and hands them over, one after another, through pages of one
// node. What is refused he looks up, and does again: a case with the key he used,
// so that it is opened once whatever became of the first try, a step if it was not
// done.
type clerk struct {
	in                     *installation
	analyst, chief, office string // tokens
	name                   string
	opened                 []huiying.Case
	refused                int
	kept                   []error // refused, yet done
}

// try says whether a call was a success.
func (c *clerk) try(token, path, key string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, c.in.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("POST %s: %s %s", path, resp.Status, answer)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// insist does something until it is done; found looks whether it is.
func (c *clerk) insist(do, found func() error) error {
	for end := time.Now().Add(time.Minute); ; {
		err := do()
		if err == nil {
			return nil
		}
		c.refused++
		for { // the ledger may be away for a while
			if time.Now().After(end) {
				return err
			}
			time.Sleep(200 * time.Millisecond)
			missing := found()
			if missing == nil {
				c.kept = append(c.kept, err)
				return nil
			}
			if errors.Is(missing, errDoAgain) {
				c.kept = append(c.kept, err)
				break
			}
			if errors.Is(missing, errNotDone) {
				break
			}
		}
	}
}

var (
	errNotDone = errors.New("not done")
	errDoAgain = errors.New("done, and to be done again")
)

// work opens cases until stop is closed; the unit acknowledges every other one.
func (c *clerk) work(stop <-chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		var one huiying.Case
		title := fmt.Sprintf("%s第 %d 件", c.name, n)
		reread := func(done func() bool) func() error {
			return func() error {
				if err := getJSON(c.in.url+"/api/v1/cases/"+string(one.ID), c.analyst, &one); err != nil {
					return err
				}
				if !done() {
					return errNotDone
				}
				return nil
			}
		}
		if err := c.insist(func() error {
			return c.try(c.analyst, "/cases", title, map[string]any{"queue": "online", "title": title, "level": "red", "lead": "zjj"}, &one)
		}, func() error {
			all, err := casesOf(c.in, c.analyst)
			if err != nil {
				return err
			}
			at := slices.IndexFunc(all, func(x huiying.Case) bool { return x.Title == title })
			if at < 0 {
				return errNotDone
			}
			return errDoAgain
		}); err != nil {
			return err
		}
		c.opened = append(c.opened, one)
		if err := c.insist(func() error {
			return c.try(c.chief, "/cases/"+string(one.ID)+"/assign", "", map[string]any{"version": one.Version, "lead": "zjj"}, &one)
		}, reread(func() bool { return !one.AssignedAt.IsZero() })); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
		if n%2 == 0 {
			continue
		}
		if err := c.insist(func() error {
			return c.try(c.office, "/cases/"+string(one.ID)+"/acknowledge", "", map[string]any{}, &one)
		}, reread(func() bool { return !one.Units[0].AckedAt.IsZero() })); err != nil {
			return err
		}
	}
}

func casesOf(in *installation, token string) (all []huiying.Case, err error) {
	for cursor := ""; ; {
		var page huiying.Page[huiying.Case]
		if err := getJSON(in.url+"/api/v1/cases?limit=100&cursor="+cursor, token, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// PostgreSQL is killed three times, once for longer than a deadline, while clerks
// at three nodes open, hand over and acknowledge cases and clocks run: pages say
// that the ledger is away; what was done stays done, each case is there once, each
// deadline is on record once, each notice is written once, and the audit trail is
// whole.
func TestALedgerThatIsKilledLosesAndDoublesNothing(t *testing.T) {
	longRun(t)
	t.Parallel()
	k := installCluster(t).three()
	first := k.nodes[0]
	analyst, chief, admin := first.account("a1", huiying.Analyst), first.account("l1", huiying.Leader), first.account("s1", huiying.SystemAdmin)
	first.run("a-long-password-1\n", "user", "--config", first.config, "--role", string(huiying.Liaison), "--unit", "zjj", "--full", "z1", "z1")
	office := strings.TrimSpace(first.run("", "token", "--config", first.config, "z1"))

	var clerks []*clerk
	var wait sync.WaitGroup
	stop, failed := make(chan struct{}), make(chan error, len(k.nodes))
	for i, in := range k.nodes {
		c := &clerk{in: in, analyst: analyst, chief: chief, office: office, name: []string{"甲", "乙", "丙"}[i]}
		clerks = append(clerks, c)
		wait.Go(func() {
			if err := c.work(stop); err != nil {
				failed <- err
			}
		})
	}
	for i, away := range []time.Duration{9 * time.Second, 0, 0} { // a red case is acknowledged within six
		time.Sleep(4 * time.Second)
		if err := k.pg.Kill(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if status, text := fetch(t, first.url+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "ledger: not ready") {
				t.Errorf("ready without a ledger: %d %s", status, text)
			}
			if page := first.page(admin, "/system"); !strings.HasPrefix(page, "503 ") || !strings.Contains(page, "台账数据库") {
				t.Errorf("the page without a ledger: %s", page)
			}
		}
		time.Sleep(away)
		if err := k.pg.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(4 * time.Second)
	close(stop)
	wait.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}

	want, refused, kept := map[huiying.CaseID]bool{}, 0, []error(nil)
	for _, c := range clerks {
		refused, kept = refused+c.refused, append(kept, c.kept...)
		for n, one := range c.opened {
			want[one.ID] = n%2 == 1 // acknowledged
		}
	}
	t.Logf("%d cases; refused %d times, of which had been done: %v", len(want), refused, kept)
	for _, err := range kept {
		if strings.Contains(err.Error(), "没有存入") {
			t.Errorf("a clerk was told that nothing was stored, and it was: %v", err)
		}
	}
	if refused == 0 {
		t.Error("nobody was refused anything: this test means nothing")
	}
	all, err := casesOf(first, analyst)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]bool{}
	for _, c := range all {
		if _, ours := want[c.ID]; !ours {
			t.Errorf("%s %s is there, though nobody was told that it is", c.Number, c.Title)
		}
		numbers[c.Number] = true
	}
	if len(all) != len(want) || len(numbers) != len(want) {
		t.Errorf("%d cases with %d numbers, want %d", len(all), len(numbers), len(want))
	}
	for id, acknowledged := range want {
		first.eventually("the deadlines of "+string(id)+" are on record", time.Minute, func() error {
			w := first.whole(analyst, id)
			acks := 0
			for _, e := range w.Timeline {
				if e.Action == huiying.ActAcknowledge {
					acks++
				}
			}
			switch lapses := len(w.lapses(huiying.ClockAcknowledge)); {
			case lapses > 1:
				t.Fatalf("%s lapsed %d times", id, lapses)
			case acknowledged && acks != 1:
				t.Fatalf("%s was acknowledged %d times", id, acks)
			case !acknowledged && lapses == 0:
				return errors.New("it has not lapsed")
			}
			return nil
		})
	}
	if first.token = analyst; first.toldOnce(analyst) == 0 {
		t.Error("nobody was told of anything: this test means nothing")
	}
	if page := first.page(admin, "/system"); !strings.HasPrefix(page, "200 ") || !strings.Contains(page, "台账数据库") {
		t.Errorf("the page does not say that the ledger was away: %s", page)
	}
	var dead huiying.Page[struct{ ID string }]
	if err := getJSON(first.url+"/api/v1/dead-letters", admin, &dead); err != nil || len(dead.Items) > 0 {
		t.Errorf("%d messages were given up, %v", len(dead.Items), err)
	}
	first.run("", "verify-audit", "--config", first.config)
}
