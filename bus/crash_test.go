package bus

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"huiying"
)

// The test binary runs itself as the process to be killed.
const (
	childDir  = "HUIYING_BUS_CHILD_DIR"
	childRole = "HUIYING_BUS_CHILD_ROLE" // publish or consume
	childFrom = "HUIYING_BUS_CHILD_FROM" // publish: first number
	childLog  = "HUIYING_BUS_CHILD_LOG"  // consume: file for the IDs handled
)

const crashBatch = 40

// child publishes and says what was accepted, or consumes and writes down what
// it handled, until it is killed.
func child(dir string) int {
	ctx := context.Background()
	b, err := Open(ctx, Config{Dir: dir, AckWait: 500 * time.Millisecond})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if os.Getenv(childRole) == "consume" {
		err = childConsume(ctx, b)
	} else {
		err = childPublish(ctx, b)
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func childPublish(ctx context.Context, b *Bus) error {
	from, err := strconv.Atoi(os.Getenv(childFrom))
	if err != nil {
		return err
	}
	for ; ; from += crashBatch {
		if _, _, err := b.PublishPosts(ctx, posts(from, from+crashBatch)); err != nil {
			return err
		}
		fmt.Println(from + crashBatch) // all below are accepted
	}
}

func childConsume(ctx context.Context, b *Bus) error {
	log, err := os.OpenFile(os.Getenv(childLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return b.ConsumePosts(ctx, "analyzer", 25, func(_ context.Context, ps []huiying.Post) error {
		var lines strings.Builder
		for _, p := range ps {
			fmt.Fprintln(&lines, p.ID)
		}
		if _, err := log.WriteString(lines.String()); err != nil {
			return err
		}
		fmt.Println(len(ps))
		return nil
	})
}

// kill starts a child and kills it hard after it said the given number of
// lines. It returns everything the child said.
func kill(t *testing.T, lines int, env ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer guard.Stop()
	var said []string
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		said = append(said, scan.Text())
		if len(said) == lines {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(said) < lines {
		t.Fatalf("child said %d lines of %d: %v", len(said), lines, err)
	}
	return said
}

func TestKilledPublisherLosesNothingAcceptedAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	dir := t.TempDir()
	accepted := 0
	for round := range 8 {
		// The next life begins with the batch whose fate is unknown, as a
		// collector does.
		said := kill(t, 3+17*round%29, childDir+"="+dir, childRole+"=publish", childFrom+"="+strconv.Itoa(accepted))
		n, err := strconv.Atoi(said[len(said)-1])
		if err != nil || n <= accepted {
			t.Fatalf("round %d: %q after %d", round, said, accepted)
		}
		accepted = n
	}
	b := open(t, Config{Dir: dir})
	waiting := int(depth(t, b, Posts).Messages)
	if waiting < accepted || waiting > accepted+crashBatch {
		t.Fatalf("%d posts are there, %d were accepted and at most %d more sent", waiting, accepted, crashBatch)
	}
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 100, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	for _, p := range posts(0, accepted) {
		if n := c.of(p.ID); n != 1 {
			t.Errorf("%s arrived %d times, want once", p.ID, n)
		}
	}
	if c.total() != c.distinct() {
		t.Errorf("%d arrived, %d of them distinct", c.total(), c.distinct())
	}
	t.Logf("accepted over 8 kills: %d; found: %d", accepted, c.total())
}

func TestKilledConsumerLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	const n = 3000
	dir, log := t.TempDir(), filepath.Join(t.TempDir(), "handled")
	b := open(t, Config{Dir: dir})
	publish(t, b, posts(0, n))
	closeBus(t, b)
	for round := range 5 {
		kill(t, 4+7*round%11, childDir+"="+dir, childRole+"=consume", childLog+"="+log)
	}
	raw, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var c tally
	for _, id := range strings.Fields(string(raw)) {
		c.add(huiying.PostID(id))
	}
	before := c.total()
	b = open(t, Config{Dir: dir, AckWait: 500 * time.Millisecond})
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 100, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	if c.distinct() != n {
		t.Fatalf("handled %d distinct posts, want %d", c.distinct(), n)
	}
	if letters, err := b.CountDeadLetters(t.Context()); letters != 0 || err != nil {
		t.Fatalf("%d dead letters, %v", letters, err)
	}
	t.Logf("handled before the last life: %d; handled twice: %d", before, c.total()-n)
}
