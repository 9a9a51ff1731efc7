package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"

	"huiying"
	"huiying/alerting"
	"huiying/alerting/notify"
	"huiying/bus"
	"huiying/collector"
	"huiying/dashboard"
	"huiying/deploy/county"
	"huiying/store/attachments"
	"huiying/store/ledger"
	"huiying/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	jiaocheng = huiying.Region("141122")
	password  = "Guashan-2026-tianning"
)

// passwordHash is made once: all accounts of the tests share it.
var passwordHash = sync.OnceValue(func() string {
	h, err := dashboard.HashPassword(password)
	if err != nil {
		panic(err)
	}
	return h
})

// house is a whole dashboard over real stores, bus and desk.
type house struct {
	t       *testing.T
	cfg     dashboard.Config
	server  *dashboard.Server
	web     *httptest.Server
	ledger  *ledger.Ledger
	archive *sqlite.Archive
	bus     *bus.Bus
	desk    *alerting.Desk
	inlet   *inlet
	class   *classroom
	shelf   *shelf
	log     *syncBuffer
	ways    *notify.Dispatcher // one webhook, to theirs
	theirs  *httptest.Server
	refuse  atomic.Bool // theirs does

	shardDown atomic.Bool // of the archive
	mute      atomic.Bool // the whole archive does not answer

	mu   sync.Mutex
	wall time.Time
	stop func()
}

var testUnits = []huiying.Unit{
	{ID: "jkj", Region: jiaocheng, Name: "县教育科技局", Short: "教科局", Kind: "县政府", Liaison: huiying.Contact{Name: "王联络", Phone: "0358-1", User: "jkj-liaison"}},
	{ID: "zjj", Region: jiaocheng, Name: "县住房和城乡建设局", Short: "住建局", Kind: "县政府", Liaison: huiying.Contact{Name: "李联络", User: "zjj-liaison"}},
	{ID: "sjj", Region: jiaocheng, Name: "县审计局", Short: "审计局", Kind: "县政府"},
}

// accounts: one of each role, a second unit, a second county and the city. The
// token of each is token-NAME.
var accounts = []huiying.Person{
	{User: "monitor", Name: "监测", Role: huiying.Monitor, Region: jiaocheng},
	{User: "analyst", Name: "研判", Role: huiying.Analyst, Region: jiaocheng},
	{User: "leader", Name: "值班", Role: huiying.Leader, Region: jiaocheng},
	{User: "jkj-liaison", Name: "王联络", Role: huiying.Liaison, Unit: "jkj", Region: jiaocheng},
	{User: "jkj-handler", Name: "王承办", Role: huiying.Handler, Unit: "jkj", Region: jiaocheng},
	{User: "jkj-head", Name: "王局长", Role: huiying.Head, Unit: "jkj", Region: jiaocheng},
	{User: "zjj-liaison", Name: "李联络", Role: huiying.Liaison, Unit: "zjj", Region: jiaocheng},
	{User: "unitless", Name: "无单位", Role: huiying.Liaison, Region: jiaocheng},
	{User: "supervisor", Name: "督办", Role: huiying.Supervisor, Region: jiaocheng},
	{User: "assessor", Name: "考核", Role: huiying.Assessor, Region: jiaocheng},
	{User: "sysadmin", Name: "系统", Role: huiying.SystemAdmin, Region: jiaocheng},
	{User: "secadmin", Name: "安全", Role: huiying.SecurityAdmin, Region: jiaocheng},
	{User: "auditor", Name: "审计", Role: huiying.AuditAdmin, Region: jiaocheng},
	{User: "wenshui", Name: "文水监测", Role: huiying.Monitor, Region: "141121"},
	{User: "lvliang", Name: "市值班", Role: huiying.Leader, Region: "1411"},
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ctx := t.Context()
	dir := t.TempDir()
	h := &house{t: t, wall: time.Now(), class: &classroom{}, shelf: &shelf{}, log: &syncBuffer{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.ledger = must(ledger.OpenSQLite(ctx, filepath.Join(dir, "ledger.db")))
	h.archive = must(sqlite.OpenArchive(ctx, filepath.Join(dir, "archive.db"), letters))
	h.bus = must(bus.Open(ctx, bus.Config{Dir: filepath.Join(dir, "bus"), Consumers: map[string][]string{bus.Posts: {"test"}, bus.Assessed: {"test"}}, MaxDeliver: 1}))
	rules := testRules()
	check(t, h.ledger.SaveUnits(ctx, testUnits))
	engine := must(alerting.New(ctx, alerting.Config{
		Region: jiaocheng, Ledger: h.ledger, Archive: h.archive, Rules: rules, Units: huiying.NewDirectory(testUnits), Live: h.bus.PublishLive, Log: log,
	}))
	h.desk = engine.Desk()
	h.inlet = &inlet{Collector: collector.New(collector.Config{
		Region: jiaocheng, Ledger: h.ledger, Publish: h.bus.PublishPosts, Intake: huiying.Intake{Key: []byte("test")}, AllowPrivate: true, Log: log,
	})}
	for _, p := range accounts {
		check(t, h.ledger.SaveUser(ctx, huiying.User{Person: p, PasswordHash: passwordHash()}))
		check(t, h.ledger.SaveToken(ctx, huiying.Token{ID: dashboard.HashToken("token-" + string(p.User)), User: p.User, Name: "test"}, huiying.Audit{}))
	}
	h.theirs = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Idempotency-Key"), "test-sysadmin") && h.refuse.Load() {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(h.theirs.Close)
	h.ways = notify.NewDispatcher(h.ledger, []notify.Channel{&notify.Webhook{URL: h.theirs.URL, Now: time.Now, Client: h.theirs.Client()}},
		huiying.Speed{}, nil, func(string, string) {}, log)
	h.cfg = dashboard.Config{
		Region: jiaocheng, County: "交城县", Archive: sharded{h.archive, &h.shardDown, &h.mute}, Ledger: h.ledger, Desk: h.desk, Inlet: h.inlet, Bus: h.bus, Learning: h.class, Channels: h.ways, ReadAppraisal: county.Appraisal, Files: must(attachments.Open(filepath.Join(dir, "attachments"), nil)),
		Rules: func() *huiying.Rules { return rules }, Rulebook: h.shelf, Machine: machine, Guide: testGuide, Policies: testPolicies, Log: log, Version: "test", Wall: h.now,
		Factor:    dashboard.Factor{Key: bytes.Repeat([]byte{7}, 32)},
		Templates: os.DirFS("../deploy/county/141122/templates"), Base: "https://yq.example.invalid",
	}
	h.server = must(dashboard.New(h.cfg))
	h.server.Hurry(20*time.Millisecond, 100*time.Millisecond)
	h.web = httptest.NewServer(h.server)
	h.run()
	t.Cleanup(func() {
		h.stop()
		h.web.Close()
		h.inlet.Close()
		check(t, h.bus.Close(context.Background()))
		check(t, h.archive.Close())
		check(t, h.ledger.Close())
	})
	return h
}

// run starts what is live; stop ends it and waits.
func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.server.Run(ctx) }()
	// What is live takes nobody before it is open, and hears nothing before it
	// listens: a message of another province is told until it is heard.
	for h.server.Ready() != nil || h.server.Heard() == 0 {
		check(h.t, h.bus.PublishLive(ctx, huiying.Live{Type: huiying.LivePost, Region: "99", Data: []byte(`{}`)}))
		time.Sleep(time.Millisecond)
	}
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				h.t.Errorf("Run: %v", err)
			}
		})
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wall
}

// pass moves the wall clock.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wall = h.wall.Add(d)
}

func testRules() *huiying.Rules {
	all := func(d time.Duration) huiying.ByLevel[huiying.Duration] {
		v := huiying.Duration(d)
		return huiying.ByLevel[huiying.Duration]{Red: v, Orange: v, Yellow: v, Blue: v}
	}
	steps := []huiying.EscalationStep{{At: 0, To: "liaison", Label: "通知联络人"}}
	return &huiying.Rules{
		NumberWord: "交舆", Version: "test", CloseGap: 0.15,
		Clocks: []huiying.ClockRule{
			{Kind: huiying.ClockJudge, Limits: all(30 * time.Minute), Rule: "默认"},
			{Kind: huiying.ClockAcknowledge, Limits: all(10 * time.Minute), Rule: "默认"},
			{Kind: huiying.ClockFeedback, Limits: all(4 * time.Hour), Extend: huiying.Extension{Times: 1, Most: huiying.Duration(24 * time.Hour)}, Rule: "默认"},
			{Kind: huiying.ClockRespond, Limits: all(48 * time.Hour), Rule: "国办发〔2016〕61号"},
			{Kind: huiying.ClockSettle, Limits: all(120 * time.Hour), Queue: huiying.Offline, Extend: huiying.Extension{Times: 1, Most: huiying.Duration(120 * time.Hour)}, Rule: "12345"},
		},
		Escalation: huiying.ByLevel[[]huiying.EscalationStep]{Red: steps, Orange: steps, Yellow: steps, Blue: steps},
		ReturnIn:   huiying.Duration(24 * time.Hour), ReturnHrs: huiying.PlainHours,
		Appraisal: huiying.AppraisalRules{Version: "test", MinSample: 5, Rules: []huiying.AppraisalRule{{Name: "按时签收", Merit: huiying.MeritAcknowledge, Points: 10}}},
	}
}

// inlet is the real collector, whose queue can be made to look full.
type inlet struct {
	*collector.Collector

	mu     sync.Mutex
	refuse error
}

func (in *inlet) Push(ctx context.Context, region huiying.Region, body io.Reader) (huiying.PushResult, error) {
	in.mu.Lock()
	refuse := in.refuse
	in.mu.Unlock()
	if refuse != nil {
		return huiying.PushResult{}, refuse
	}
	return in.Collector.Push(ctx, region, body)
}

// letters cuts a text into its letters: enough to find words in these tests.
func letters(text string) []sqlite.Token {
	var out []sqlite.Token
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, sqlite.Token{Term: string(unicode.ToLower(r)), Start: i, End: i + utf8.RuneLen(r)})
		}
	}
	return out
}

// caller is somebody who uses the API or the pages.
type caller struct {
	h     *house
	token string
	http  *http.Client
}

// as is an account with its bearer token.
func (h *house) as(user string) caller {
	return caller{h: h, token: "token-" + user, http: h.web.Client()}
}

// browser is a browser nobody has signed in with yet.
func (h *house) browser() caller {
	c := *h.web.Client()
	c.Jar = must(cookiejar.New(nil))
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return caller{h: h, http: &c}
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) json(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

// problem is the part of a problem document the tests look at.
type problem struct {
	Type, Title, Detail, Instance, Code, Field string
	Status                                     int
	Errors                                     []struct{ Location, Message string }
	Current                                    *caseDoc
	Actions                                    []struct{ Action, Label string }
	Result                                     *huiying.PushResult
}

type caseDoc struct {
	huiying.Case
	Clocks []struct {
		Kind  huiying.ClockKind  `json:"kind"`
		State huiying.ClockState `json:"state"`
		Label string             `json:"label"`
		Left  float64            `json:"left_seconds"`
	} `json:"clocks"`
	Timeline      []huiying.Entry        `json:"timeline"`
	Notifications []huiying.Notification `json:"notifications"`
	Allowed       []struct {
		Action huiying.Action `json:"action"`
		Label  string         `json:"label"`
		Reason bool           `json:"needs_reason"`
	} `json:"allowed"`
}

func (r reply) problem(t *testing.T, status int) problem {
	t.Helper()
	var p problem
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Fatalf("content type %q: %s", kind, r.body)
	}
	r.json(t, &p)
	if p.Status != status || p.Code == "" || p.Detail == "" || p.Title == "" || !strings.HasPrefix(p.Instance, "urn:huiying:request:") {
		t.Fatalf("an incomplete problem: %s", r.body)
	}
	return p
}

func (c caller) do(method, path string, body any, headers ...string) reply {
	c.h.t.Helper()
	var in io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case io.Reader:
		in = b
	case string:
		in = strings.NewReader(b)
	case url.Values:
		in, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		in, kind = bytes.NewReader(must(json.Marshal(b))), "application/json"
	}
	r := must(http.NewRequestWithContext(c.h.t.Context(), method, c.h.web.URL+path, in))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(r)
	if err != nil {
		c.h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.h.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, raw}
}

func (c caller) get(path string) reply { c.h.t.Helper(); return c.do("GET", "/api/v1"+path, nil) }

func (c caller) post(path string, body any) reply {
	c.h.t.Helper()
	return c.do("POST", "/api/v1"+path, body)
}

// open registers a case by hand and returns it.
func (h *house) open(title string) caseDoc {
	h.t.Helper()
	var c caseDoc
	r := h.as("monitor").post("/cases", map[string]any{"queue": "offline", "title": title, "summary": "群众来电"})
	if r.status != http.StatusCreated {
		h.t.Fatalf("opening a case: %d %s", r.status, r.body)
	}
	r.json(h.t, &c)
	return c
}

// assigned is a case sent to a unit.
func (h *house) assigned(title string, lead huiying.UnitID, helpers ...huiying.UnitID) caseDoc {
	h.t.Helper()
	c := h.open(title)
	return h.act("leader", c, "assign", map[string]any{"lead": lead, "helpers": helpers})
}

// act does an action on the version given and must succeed.
func (h *house) act(user string, c caseDoc, action string, body map[string]any) caseDoc {
	h.t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	body["version"] = c.Version
	r := h.as(user).post("/cases/"+string(c.ID)+"/"+action, body)
	if r.status != http.StatusOK {
		h.t.Fatalf("%s: %d %s", action, r.status, r.body)
	}
	var out caseDoc
	r.json(h.t, &out)
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// syncBuffer collects the log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
