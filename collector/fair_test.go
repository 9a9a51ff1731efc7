package collector

import (
	"context"
	"io"
	"net/http"
	"testing"

	"huiying"
)

func TestASourceThatHangsDoesNotStarveAnother(t *testing.T) {
	release := make(chan struct{})
	hanging := serve(t, noRobots(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	good := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><item><title>一条</title><guid>1</guid></item></channel></rss>`)
	}))
	feed := func(id, address string) huiying.Source {
		return huiying.Source{ID: huiying.SourceID(id), Kind: "feed", Name: id, URL: address + "/rss", Channel: huiying.ChannelNews}
	}
	ledger, out := newBook(feed("a hanging one", hanging.URL), feed("a good one", good.URL)), &sink{}
	ledger.saved = make(chan huiying.SourceHealth, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	c := testCollector(t, ledger, out)
	go func() { done <- c.Run(ctx) }()
	if h := <-ledger.saved; h.Source != "a good one" || h.Failures != 0 {
		t.Errorf("the first to end is %s with %d failures", h.Source, h.Failures)
	}
	stop()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
