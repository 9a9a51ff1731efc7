package collector

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"huiying"
)

// A nameServer is a DNS server of our own: each name has its answers, one after
// the other, the last for ever.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][][]netip.Addr // name without its last dot → answers
	asked   map[string]int
	conn    net.PacketConn
}

func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{answers: make(map[string][][]netip.Addr), asked: make(map[string]int), conn: conn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return s
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		if reply, err := s.reply(m); err == nil {
			_, _ = s.conn.WriteTo(reply, from)
		}
	}
}

// reply gives the addresses of the question's family. A question for A moves on to
// the name's next answer, so that both families of one look-up agree.
func (s *nameServer) reply(m dnsmessage.Message) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	out := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}, Questions: m.Questions}
	list := s.answers[name]
	if len(list) == 0 {
		out.RCode = dnsmessage.RCodeNameError
		return out.Pack()
	}
	turn := min(s.asked[name], len(list)-1)
	if q.Type == dnsmessage.TypeA {
		s.asked[name]++
	}
	for _, a := range list[turn] {
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			out.Answers = append(out.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			out.Answers = append(out.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return out.Pack()
}

// name sets the answers of a name, each a list of addresses parted by blanks.
func (s *nameServer) name(host string, answers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list [][]netip.Addr
	for _, a := range answers {
		var addrs []netip.Addr
		for f := range strings.FieldsSeq(a) {
			addrs = append(addrs, netip.MustParseAddr(f))
		}
		list = append(list, addrs)
	}
	s.answers[strings.ToLower(host)] = list
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

// street is a public site and a private one at the same port of different
// addresses, with a DNS server that tells of both. 127.0.0.2 stands for the
// public net; all else of the loopback stays forbidden.
type street struct {
	names           *nameServer
	port            string
	publicN, inside atomic.Int32 // requests
	public          func(w http.ResponseWriter, r *http.Request)
}

func newStreet(t *testing.T) *street {
	s := &street{names: newNameServer(t)}
	front, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(front.Addr().String())
	back, err := net.Listen("tcp", "127.0.0.1:"+s.port)
	if err != nil {
		t.Fatal(err)
	}
	s.start(t, front, func(w http.ResponseWriter, r *http.Request) {
		s.publicN.Add(1)
		if s.public != nil {
			s.public(w, r)
			return
		}
		_, _ = io.WriteString(w, "public")
	})
	s.start(t, back, func(http.ResponseWriter, *http.Request) { s.inside.Add(1) })
	return s
}

func (s *street) start(t *testing.T, l net.Listener, h http.HandlerFunc) {
	server := httptest.NewUnstartedServer(noRobots(h))
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
}

func (s *street) fetcher(t *testing.T) *Fetcher {
	return testFetcher(t, func(c *FetchConfig) {
		c.AllowPrivate, c.resolver = false, s.names.resolver()
		c.allowed = func(ap netip.AddrPort) bool {
			return ap.Addr() == netip.MustParseAddr("127.0.0.2") || publicOnly(ap)
		}
	})
}

func TestANameThatTurnsPrivateIsNotFollowedThere(t *testing.T) {
	s := newStreet(t)
	s.public = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // the next request looks the name up again
		_, _ = io.WriteString(w, "public")
	}
	s.names.name("rebind.example", "127.0.0.2", "127.0.0.2", "127.0.0.1") // robots.txt, the first page, then inside
	f := s.fetcher(t)
	if got, err := f.Get(t.Context(), "http://rebind.example:"+s.port+"/1", Validators{}); err != nil || string(got.Body) != "public" {
		t.Fatalf("the public answer: %q, %v", got.Body, err)
	}
	_, err := f.Get(t.Context(), "http://rebind.example:"+s.port+"/2", Validators{})
	if err == nil || !strings.Contains(err.Error(), "内部网络") || kindOf(err) != huiying.FailureAddress || !permanent(err) {
		t.Errorf("after the name turned private: %v", err)
	}
	if s.inside.Load() != 0 || s.publicN.Load() != 1 {
		t.Errorf("%d requests came inside, %d to the public site", s.inside.Load(), s.publicN.Load())
	}
}

func TestTheAddressThatIsDialedIsTheOneThatWasChecked(t *testing.T) {
	s := newStreet(t)
	f := s.fetcher(t)
	for name, c := range map[string]struct {
		answer string
		ok     bool
	}{
		"one of the addresses is inside":    {"127.0.0.1 127.0.0.2", true}, // the other is dialed
		"all of them are":                   {"127.0.0.1 10.0.0.8", false},
		"the metadata service":              {"169.254.169.254", false},
		"an IPv4 address inside an IPv6":    {"::ffff:127.0.0.1", false},
		"an IPv4 address behind NAT64":      {"64:ff9b::7f00:1", false},
		"the loopback of IPv6":              {"::1", false},
		"nowhere":                           {"0.0.0.0", false},
		"the neighbour on the wire":         {"fe80::1", false},
		"an address of a private net":       {"fd12:3456::1", false},
		"a public address beside the inner": {"127.0.0.2 ::1", true},
	} {
		t.Run(name, func(t *testing.T) {
			host := strings.ReplaceAll(name, " ", "-") + ".example"
			s.names.name(host, c.answer)
			_, err := f.Get(t.Context(), "http://"+host+":"+s.port+"/", Validators{})
			if (err == nil) != c.ok || !c.ok && kindOf(err) != huiying.FailureAddress {
				t.Errorf("got %v, want reached %v", err, c.ok)
			}
		})
	}
	if s.inside.Load() != 0 {
		t.Errorf("the inside was asked %d times", s.inside.Load())
	}
}

func TestHostsWithChineseNamesAndOfIPv6AloneAreRead(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s := &street{names: newNameServer(t)}
	s.start(t, l, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	f := testFetcher(t, func(c *FetchConfig) { c.resolver = s.names.resolver() })
	s.names.name("v6.example", "::1")
	s.names.name("xn--tlq57jb0d.example", "::1")
	for address, want := range map[string]string{
		"http://v6.example:" + port + "/":  "v6.example:" + port,
		"http://[::1]:" + port + "/":       "[::1]:" + port,
		"http://交城县.example:" + port + "/": "xn--tlq57jb0d.example:" + port,
	} {
		if got, err := f.Get(t.Context(), address, Validators{}); err != nil || string(got.Body) != want {
			t.Errorf("%s: %q, %v", address, got.Body, err)
		}
	}
	if f := NewFetcher(FetchConfig{Allow: []string{"交城县.example"}}); !f.approved("xn--tlq57jb0d.example") || !f.approved("www.交城县.example") || f.approved("交城.example") {
		t.Error("the approved list does not know the host by both its names")
	}
	if _, err := f.Get(t.Context(), "http://nobody.example/", Validators{}); kindOf(err) != huiying.FailureName {
		t.Errorf("a name nobody has: %v", err)
	}
}

func TestTheDemoReachesItsOwnMachineAndNoNetworkAroundIt(t *testing.T) {
	for _, to := range []string{"169.254.169.254", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0", "[fe80::1%25lo]", "[fd00::1]", "[::ffff:10.0.0.1]"} {
		s := serve(t, noRobots(forward("http://"+to+"/latest/meta-data/")))
		_, err := testFetcher(t).Get(t.Context(), s.URL+"/x", Validators{})
		if kindOf(err) != huiying.FailureAddress {
			t.Errorf("a redirect to %s: %s, %v", to, kindOf(err), err)
		}
	}
}
