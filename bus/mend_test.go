package bus

import (
	"context"
	"errors"
	"testing"

	"huiying"
)

// A write to the store failed, as on a full disk, while posts come and go: the
// server is started anew below the clients, who lose nothing and go on.
func TestABrokenStoreIsOpenedAnewAndNothingIsLost(t *testing.T) {
	b := open(t, Config{Dir: t.TempDir(), MaxBytes: 64 << 20})
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 16, c.posts) })
	publish(t, b, posts(0, 100))
	first := b.embedded.now.Load()
	b.embedded.broken.Store(true)
	take := func(n int) {
		t.Helper()
		eventually(t, "posts are taken", func() bool {
			_, _, err := b.PublishPosts(t.Context(), posts(n, n+20))
			if err != nil && !errors.Is(err, huiying.ErrBusy) {
				t.Fatal(err)
			}
			return err == nil
		})
	}
	for n := 100; n < 400; n += 20 {
		take(n)
	}
	eventually(t, "another server runs", func() bool { now := b.embedded.now.Load(); return now != nil && now != first })
	take(400) // the client may still be looking for it
	eventually(t, "all posts are seen", func() bool { return c.distinct() == 420 })
}
