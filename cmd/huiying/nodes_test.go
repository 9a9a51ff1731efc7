package main_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"

	"huiying"
	"huiying/deploy/dev"
)

// cluster is one installation on several machines: a PostgreSQL, a NATS server, a
// folder of attachments, and processes that share nothing else.
type cluster struct {
	t      *testing.T
	pg     *dev.Postgres
	ledger string
	bus    string
	secure string // more of the bus's configuration
	files  string
	nodes  []*installation
	lines  map[*installation][2]*line // to ledger and bus; nil: direct
}

func installCluster(t *testing.T) *cluster {
	t.Helper()
	k := clusterWithoutBus(t)
	bus, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
	if !bus.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	k.bus = bus.ClientURL()
	return k
}

func clusterWithoutBus(t *testing.T) *cluster {
	t.Helper()
	dir := t.TempDir()
	pg, err := dev.StartPostgres(t.Context(), filepath.Join(dir, "postgres"))
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop() })
	k := &cluster{t: t, pg: pg, files: filepath.Join(dir, "attachments")}
	if k.ledger, err = pg.Database(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

// three nodes of one county, whose red cases are in a hurry.
func (k *cluster) three() *cluster {
	k.t.Helper()
	county := filepath.Join(k.t.TempDir(), "county")
	(&installation{t: k.t}).run("", "init", "--region", "141122", county)
	hurry(k.t, filepath.Join(county, "clocks.yaml"))
	for range 3 {
		k.node("141122", county)
	}
	return k
}

// node starts another process, with arguments it keeps when it is started again.
func (k *cluster) node(region, county string, args ...string) *installation {
	k.t.Helper()
	home := k.t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		k.t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	in := &installation{t: k.t, dir: home, config: filepath.Join(home, "huiying.yaml"), url: "http://" + addr, args: args}
	if roles := strings.Join(args, " "); roles != "" && !strings.Contains(roles, "dashboard") {
		in.args = append(in.args, "--monitor", addr)
	}
	ledger, bus := k.ledger, k.bus
	if k.lines != nil {
		for i, address := range []*string{&ledger, &bus} {
			u, err := url.Parse(*address)
			if err != nil {
				k.t.Fatal(err)
			}
			pair := k.lines[in]
			pair[i] = newLine(k.t, u.Host)
			k.lines[in] = pair
			*address = pair[i].through(*address)
		}
	}
	config := fmt.Sprintf("region: %q\ncounty: %q\ndata: .\nlisten: [%q]\nbase_url: %q\nledger: %q\nbus: {url: %q, max_bytes: 67108864%s}\nattachments: %q\n",
		region, county, addr, in.url, ledger, bus, k.secure, k.files)
	if err := os.WriteFile(in.config, []byte(config), 0o600); err != nil {
		k.t.Fatal(err)
	}
	in.start()
	k.t.Cleanup(func() { in.kill(syscall.SIGTERM) })
	k.nodes = append(k.nodes, in)
	return in
}

// hurry has a red case acknowledged within seconds.
func hurry(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	quick := regexp.MustCompile(`limits: \{red: 10m`).ReplaceAll(text, []byte("limits: {red: 6s"))
	if string(quick) == string(text) {
		t.Fatal("no clock to hurry")
	}
	if err := os.WriteFile(path, quick, 0o600); err != nil {
		t.Fatal(err)
	}
}

// leader is the node that keeps the clocks now.
func (k *cluster) leader() (*installation, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, k.ledger)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var holder string
	if err := conn.QueryRow(ctx, "SELECT holder FROM leases WHERE name = 'alerting 141122'").Scan(&holder); err != nil {
		return nil, err
	}
	for _, in := range k.nodes {
		id, err := os.ReadFile(filepath.Join(in.dir, "node.id"))
		if err != nil {
			return nil, err
		}
		if key, err := hex.DecodeString(strings.TrimSpace(string(id))); err == nil && strings.HasSuffix(holder, hex.EncodeToString(key[:8])) {
			return in, nil
		}
	}
	return nil, fmt.Errorf("%q is none of the nodes", holder)
}

// The node that keeps the clocks is killed while deadlines run: another takes
// over, each deadline is put on record once, and each message is written once.
func TestEachDeadlineFiresOnceAlthoughTheLeaderIsKilled(t *testing.T) {
	t.Parallel()
	k := installCluster(t).three()
	first := k.nodes[0]
	analyst := first.account("a1", huiying.Analyst)
	chief := first.account("l1", huiying.Leader)

	var leader *installation
	first.eventually("one node leads", 30*time.Second, func() (err error) {
		leader, err = k.leader()
		return err
	})
	var others []*installation
	for _, in := range k.nodes {
		if in != leader {
			others = append(others, in)
		}
	}
	const cases = 12
	ids := make([]huiying.CaseID, cases)
	for n := range ids { // through every node: an account made at one signs in at all
		in := k.nodes[n%len(k.nodes)]
		var c huiying.Case
		in.send(analyst, "/cases", map[string]any{"queue": "online", "title": fmt.Sprintf("第 %d 件", n), "level": "red", "lead": "zjj"}, &c)
		k.nodes[(n+1)%len(k.nodes)].send(chief, "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "zjj"}, nil)
		ids[n] = c.ID
	}
	time.Sleep(3 * time.Second) // between sending and deadline
	killed := time.Now()
	leader.kill(syscall.SIGKILL)
	others[0].eventually("another node leads", 30*time.Second, func() error {
		next, err := k.leader()
		if err == nil && next == leader {
			err = errors.New("still the dead one")
		}
		return err
	})
	t.Logf("the dead leader was replaced after %v", time.Since(killed).Round(10*time.Millisecond))
	leader.start()

	for _, id := range ids {
		others[1].eventually("the deadline of "+string(id)+" is on record", time.Minute, func() error {
			var whole struct {
				Timeline      []huiying.Entry        `json:"timeline"`
				Notifications []huiying.Notification `json:"notifications"`
			}
			if err := getJSON(others[1].url+"/api/v1/cases/"+string(id), analyst, &whole); err != nil {
				return err
			}
			lapsed := 0
			for _, e := range whole.Timeline {
				if e.Action == huiying.ActOverdue && e.Clock == huiying.ClockAcknowledge {
					lapsed++
				}
			}
			if lapsed > 1 {
				t.Fatalf("%s lapsed %d times", id, lapsed)
			}
			if lapsed == 0 {
				return errors.New("it has not lapsed")
			}
			told := map[string]int{}
			for _, n := range whole.Notifications {
				key := n.Channel + " " + string(n.To) + " " + n.Text
				if told[key]++; told[key] > 1 {
					t.Fatalf("%s: written twice: %s", id, key)
				}
			}
			return nil
		})
	}
	others[0].run("", "verify-audit", "--config", others[0].config)
}

// All nodes are restarted one after another while letters are imported; whoever
// is up takes them, and each is in one event at the end.
func TestARollingRestartLosesNothing(t *testing.T) {
	t.Parallel()
	k := installCluster(t).three()
	first := k.nodes[0]
	first.account("m1", huiying.Monitor)
	const rows, parts = 240, 6
	for part := range parts {
		file := filepath.Join(first.dir, fmt.Sprintf("letters%d.jsonl", part))
		writeLettersFrom(t, file, part*rows/parts, rows/parts)
		going := k.nodes[part%len(k.nodes)]
		taking := k.nodes[(part+1)%len(k.nodes)]
		taking.token = strings.TrimSpace(taking.run("", "token", "--config", taking.config, "m1"))
		done := make(chan error, 1)
		go func() {
			s, err := taking.importFile(file)
			if err == nil && s.Accepted+s.Duplicate != rows/parts {
				err = fmt.Errorf("of %d rows: %+v", rows/parts, s)
			}
			done <- err
		}()
		going.kill(syscall.SIGTERM)
		going.start()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	first.token = strings.TrimSpace(first.run("", "token", "--config", first.config, "m1"))
	first.eventually("every row is in one event", 2*time.Minute, func() error { return first.eventsAddUp(rows) })
	first.oneCaseAnEvent()
	if first.toldOnce(first.token) == 0 {
		t.Error("nobody was told of anything")
	}
}

// Two counties and their prefecture are one installation: the counties have the
// prefecture's rules, each sees itself, the prefecture sees and compares both.
func TestAPrefectureSeesItsCountiesAndTheySeeThemselves(t *testing.T) {
	t.Parallel()
	k := installCluster(t)
	folder := t.TempDir()
	prefecture := filepath.Join(folder, "1411")
	(&installation{t: t}).run("", "init", "--region", "141122", prefecture)
	file := func(dir, name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(folder, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	units := func(place string) string {
		text := "units:\n"
		for id, name := range map[string]string{"wxb": "网信办", "xwzx": "新闻中心", "gaj": "公安局"} {
			text += fmt.Sprintf("  - {id: %s, name: %s, kind: 县政府, duty: 本行业, department: 办公室, head: {name: 责任人}, liaison: {name: 联络人}, handler: {name: 承办人}}\n", id, place+name)
		}
		return text
	}
	var lexicon []string
	raw, err := os.ReadFile(filepath.Join(prefecture, "lexicon.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(raw), "\n") { // these counties have three offices only
		if !strings.HasPrefix(line, "    units: [") {
			lexicon = append(lexicon, line)
		}
	}
	file("1411", "lexicon.yaml", strings.Join(lexicon, "\n"))
	if err := os.RemoveAll(filepath.Join(prefecture, "policies")); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"141121": "文水县", "141122": "交城县"}
	divisions := "within: [山西省]\ndivisions:\n  - {code: \"1411\", name: 吕梁市, bare: 吕梁, kind: prefecture, national: 1, province: 1}\n"
	for _, code := range []string{"141121", "141122"} {
		name := names[code]
		file(code, "county.yaml", fmt.Sprintf("code: %q\nname: %s\ninherits: ../1411\nversion: \"1\"\nauthor: 试\nnumber: %s\nneighbours: []\n", code, name, strings.TrimSuffix(name, "县")))
		file(code, "divisions.yaml", fmt.Sprintf("within: [山西省, 吕梁市]\ndivisions:\n  - {code: %q, name: %s, bare: %s, kind: county, national: 1, province: 1}\n", code, name, strings.TrimSuffix(name, "县")))
		file(code, "units.yaml", units(name))
		file(code, "sources.yaml", "sources: []\n")
		divisions += fmt.Sprintf("  - {code: %q, name: %s, bare: %s, kind: county, national: 1, province: 1}\n", code, name, strings.TrimSuffix(name, "县"))
	}
	file("1411", "county.yaml", "code: \"1411\"\nname: 吕梁市\nversion: \"1\"\nauthor: 试\nnumber: 吕\nneighbours: []\n")
	file("1411", "divisions.yaml", divisions)
	file("1411", "units.yaml", units("吕梁市"))
	file("1411", "sources.yaml", "sources: []\n")

	above := k.node("1411", prefecture)
	above.token = above.account("city", huiying.Supervisor)
	counties := map[string]*installation{}
	for _, code := range []string{"141121", "141122"} {
		in := k.node(code, filepath.Join(folder, code))
		in.token = in.account("l"+code, huiying.Leader)
		counties[code] = in
		for n := range 2 {
			var c huiying.Case
			in.send(in.token, "/cases", map[string]any{"queue": "online", "title": fmt.Sprintf("%s第 %d 件", names[code], n), "level": "yellow", "lead": "gaj"}, &c)
			in.send(in.token, "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "gaj"}, nil)
		}
	}

	list := func(in *installation) (out []string) {
		t.Helper()
		var page huiying.Page[huiying.Case]
		if err := in.get("/api/v1/cases", &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			out = append(out, c.Number)
		}
		slices.Sort(out)
		return out
	}
	year := time.Now().In(huiying.Beijing).Year()
	number := func(word string, n int) string { return fmt.Sprintf("%s〔%d〕%04d号", word, year, n) }
	for code, in := range counties {
		word := strings.TrimSuffix(names[code], "县")
		if got := list(in); !slices.Equal(got, []string{number(word, 1), number(word, 2)}) {
			t.Errorf("%s sees %v", names[code], got)
		}
	}
	if got := list(above); len(got) != 4 {
		t.Errorf("the prefecture sees %v", got)
	}
	var stats struct {
		Items   []huiying.UnitStats `json:"items"`
		Regions []huiying.UnitStats `json:"regions"`
	}
	if err := above.get("/api/v1/stats/units", &stats); err != nil {
		t.Fatal(err)
	}
	if len(stats.Regions) != 2 || stats.Regions[0].N != 2 || stats.Regions[1].N != 2 {
		t.Errorf("the prefecture compares %+v", stats.Regions)
	}
	if stats.Regions[0].Name == "" || stats.Regions[0].Name == stats.Regions[1].Name {
		t.Errorf("the regions are called %q and %q", stats.Regions[0].Name, stats.Regions[1].Name)
	}
	if _, page := counties["141121"].form(counties["141121"].token, "/rules", nil); !strings.Contains(page, "用的是吕梁市的") {
		t.Error("the page does not say whose rules they are")
	}
	if _, page := above.form(above.token, "/rules", nil); strings.Contains(page, "用的是") {
		t.Error("the prefecture's own rules are said to be another's")
	}
	var police []string
	for _, u := range stats.Items {
		if u.Unit == "gaj" {
			police = append(police, u.Name)
		}
	}
	if slices.Sort(police); !slices.Equal(police, []string{"交城县公安局", "文水县公安局"}) {
		t.Errorf("two offices of one name are told apart as %v", police)
	}
}
