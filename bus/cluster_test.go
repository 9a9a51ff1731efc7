package bus

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func TestClusterOfThreeKeepsWhatItTookWhenOneServerStops(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	servers := make([]*server.Server, 3)
	var urls []string
	for i, start := range clusterOf(t, len(servers)) {
		servers[i] = start()
		urls = append(urls, servers[i].ClientURL())
	}
	eventually(t, "the cluster has a leader and three members", func() bool {
		for _, s := range servers {
			if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == 3 {
				return true
			}
		}
		return false
	})
	b := open(t, Config{URL: strings.Join(urls, ","), Replicas: 3, MaxBytes: 64 << 20, AckWait: time.Second})
	publish(t, b, posts(0, 500))
	stopped := 0 // the one that leads POSTS: the hardest to lose
	for i, s := range servers {
		if s.JetStreamIsStreamLeader("$G", Posts) {
			stopped = i
		}
	}
	servers[stopped].Shutdown()
	servers[stopped].WaitForShutdown()
	eventually(t, "the others take posts and drop repeats", func() bool {
		_, _, err := b.PublishPosts(t.Context(), posts(400, 600))
		return err == nil
	})
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 64, c.posts) })
	eventually(t, "all posts are seen", func() bool { return c.distinct() == 600 })
}

// clusterOf is how each of n servers is started.
func clusterOf(t *testing.T, n int) []func() *server.Server {
	t.Helper()
	var routes []*url.URL // every server must know the others before it starts
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	starts := make([]func() *server.Server, n)
	for i, port := range ports {
		starts[i] = func() *server.Server {
			return startNATS(t, &server.Options{
				ServerName: fmt.Sprintf("n%d", i),
				Cluster:    server.ClusterOpts{Name: "huiying", Host: "127.0.0.1", Port: port},
				Routes:     routes,
			})
		}
	}
	return starts
}

// A process may start before the servers have a leader: what it asked them then
// nobody answers, and it asks again.
func TestABusIsOpenedThatHasNoLeaderYet(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	starts := clusterOf(t, 3)
	first := starts[0]()
	spy, err := nats.Connect(first.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer spy.Close()
	asked, err := spy.SubscribeSync("$JS.API.STREAM.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := spy.Flush(); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		b, err := Open(t.Context(), Config{URL: first.ClientURL(), Replicas: 3, MaxBytes: 64 << 20})
		if err == nil {
			err = b.Close(t.Context())
		}
		opened <- err
	}()
	if _, err := asked.NextMsg(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	for _, start := range starts[1:] {
		start()
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}
