package ledger

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"huiying"
)

// crashFile names the ledger a child process of TestKill writes to.
const crashFile = "HUIYING_CRASH_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		openUntilKilled(path)
		return
	}
	stop, err := startServer()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
		os.Exit(code)
	}))
}

func crashEvent(n int) huiying.Event {
	return huiying.Event{ID: huiying.EventID(fmt.Sprintf("e%05d", n)), Region: "141122", Title: "供暖"}
}

func crashCase(n int) (huiying.Case, huiying.Change) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, huiying.Beijing)
	c := huiying.Case{
		ID: huiying.CaseID(fmt.Sprintf("c%05d", n)), Event: crashEvent(n).ID, Region: "141122", Rev: 1, Version: 1, OpenedAt: now,
		State: huiying.StateAssigned, Level: huiying.Yellow, Title: "供暖", Queue: huiying.Online,
		Units: []huiying.CaseUnit{{Unit: "zjj", Lead: true, AssignedAt: now}},
	}
	return c, huiying.Change{
		Entries: []huiying.Entry{{At: now, Action: huiying.ActOpen}, {At: now, Action: huiying.ActAssign}},
		Notify:  []huiying.Notification{{ID: huiying.NotificationID("n" + c.ID), Status: huiying.NotifyPending, CreatedAt: now, NextAt: now}},
		Audit:   []huiying.Audit{{At: now, Region: c.Region, Action: "case.open", Object: string(c.ID)}, {At: now, Region: c.Region, Action: "case.assign", Object: string(c.ID)}},
	}
}

// openUntilKilled is the child: it opens one case after another, acknowledges
// it, and says so.
func openUntilKilled(path string) {
	ctx := context.Background()
	l, err := OpenSQLite(ctx, path)
	for n := 0; err == nil; n++ {
		err = openAndAcknowledge(ctx, l, n)
	}
	fmt.Println(err)
	os.Exit(1)
}

func openAndAcknowledge(ctx context.Context, l *Ledger, n int) error {
	c, done, err := l.CaseOfEvent(ctx, crashEvent(n).ID)
	if err != nil {
		return err
	}
	if !done {
		member := huiying.EventPost{Event: crashEvent(n).ID, Post: huiying.PostID(fmt.Sprint("p", n))}
		if err := l.SaveEvents(ctx, []huiying.Event{crashEvent(n)}, []huiying.EventPost{member}); err != nil {
			return err
		}
		draft, ch := crashCase(n)
		if c, err = l.OpenCase(ctx, draft, ch); err != nil {
			return err
		}
	}
	if c.State == huiying.StateAcknowledged {
		return nil
	}
	now := c.OpenedAt.Add(time.Minute)
	c.Rev, c.State, c.Units[0].AckedAt = 2, huiying.StateAcknowledged, now
	err = l.SaveCase(ctx, c, 1, huiying.Change{
		Entries: []huiying.Entry{{At: now, Action: huiying.ActAcknowledge}}, Silence: []huiying.UnitID{"zjj"},
		Audit: []huiying.Audit{{At: now, Region: c.Region, Action: "case.acknowledge", Object: string(c.ID)}},
	})
	if err == nil {
		fmt.Println(n)
	}
	return err
}

func TestKillLosesAndDoublesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	last := -1
	for round := range 6 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashFile+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 5 + round*7 {
			if !lines.Scan() {
				t.Fatal("the child ended by itself")
			}
			if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
				t.Fatalf("the child failed: %s", lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		checkCrashed(t, path, last)
	}
}

func checkCrashed(t *testing.T, path string, last int) {
	t.Helper()
	ctx := context.Background()
	l, err := OpenSQLite(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	cases, audits := 0, 0
	for n := 0; ; n++ {
		c, ok, err := l.CaseOfEvent(ctx, crashEvent(n).ID)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		cases++
		entries, err := l.Timeline(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		audits += len(entries)
		want := 2
		if c.State == huiying.StateAcknowledged {
			want = 3
		}
		if len(entries) != want || n <= last && want != 3 || !strings.HasSuffix(c.Number, fmt.Sprintf("%04d号", n+1)) {
			t.Fatalf("case %d of %d acknowledged: %s, %s, %d entries", n, last+1, c.Number, c.State, len(entries))
		}
	}
	total, err := l.CountCases(ctx, huiying.CaseQuery{})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := l.VerifyAudit(ctx)
	if err != nil || total != cases || cases <= last || int(verified) != audits {
		t.Fatalf("%d acknowledged; %d cases of events, %d in all; %d entries, %d audit rows, %v", last+1, cases, total, audits, verified, err)
	}
}
