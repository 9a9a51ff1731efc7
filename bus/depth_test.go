package bus

import (
	"context"
	"testing"

	"huiying"
)

func TestDepthsCountWhatWaits(t *testing.T) {
	b := open(t, Config{})
	publish(t, b, posts(0, 2))
	waiting := func() int {
		t.Helper()
		depths, err := b.Depths(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := -1
		for _, d := range depths {
			if d.Stream == Posts && d.Consumer == "analyzer" {
				n = d.Waiting + d.Unfinished
			}
		}
		return n
	}
	eventually(t, "both posts are counted", func() bool { return waiting() == 2 }) // the server counts a moment after it stores
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := 0
	_ = b.ConsumePosts(ctx, "analyzer", 1, func(context.Context, []huiying.Post) error { // it ends with ctx
		if done++; done == 2 {
			stop()
		}
		return nil
	})
	if n := waiting(); n > 1 { // the last answer may be on its way
		t.Errorf("%d posts wait after both were handled", n)
	}
}
