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
)

func TestClusterOfThreeKeepsWhatItTookWhenOneServerStops(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	var routes []*url.URL // every server must know the others before it starts
	var ports []int
	for range 3 {
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
	var servers []*server.Server
	var urls []string
	for i, port := range ports {
		s := startNATS(t, &server.Options{
			ServerName: fmt.Sprintf("n%d", i),
			Cluster:    server.ClusterOpts{Name: "huiying", Host: "127.0.0.1", Port: port},
			Routes:     routes,
		})
		servers = append(servers, s)
		urls = append(urls, s.ClientURL())
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
