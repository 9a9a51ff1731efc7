package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestTheOpenAPIDocumentListsEveryCall(t *testing.T) {
	h := newHouse(t)
	r := h.browser().do("GET", "/api/openapi.json", nil) // no sign-in: it describes, it tells nothing
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %s", r.status, r.header.Get("Content-Type"))
	}
	var doc struct {
		OpenAPI string `json:"openapi"`
		Info    struct{ Title, Version string }
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			OperationID string                     `json:"operationId"`
			Summary     string                     `json:"summary"`
			Responses   map[string]json.RawMessage `json:"responses"`
			Parameters  []struct {
				Name, In string
				Required bool
			} `json:"parameters"`
			RequestBody *struct {
				Content map[string]json.RawMessage `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}
	r.json(t, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Title == "" || len(doc.Servers) != 1 || doc.Servers[0].URL != "/api/v1" {
		t.Errorf("openapi %q, info %+v, servers %+v", doc.OpenAPI, doc.Info, doc.Servers)
	}
	want := []string{
		"get /posts", "post /posts", "get /posts/{id}", "get /profiles", "get /events", "get /events/{id}", "get /cases", "post /cases", "get /cases/{id}",
		"post /cases/{id}/{action}", "get /stats/overview", "get /stats/trend", "get /stats/units", "get /sources", "post /sources",
		"post /sources/{id}/test", "get /rejections", "get /dead-letters", "post /dead-letters/{id}/replay", "get /notifications",
		"get /models", "post /models/train", "post /models/{id}/activate", "delete /models/{id}",
		"get /units", "get /live", "get /live/poll", "get /reports/{file}", "get /channels", "get /appraisal", "post /appraisal/appeals", "post /appraisal/appeals/{id}",
		"post /channels/{name}/test", "post /notifications/{id}/resend",
		"get /users", "post /users", "get /users/{id}", "post /users/{id}/role", "post /users/{id}/{deed}", "get /grants", "post /grants/{id}",
		"get /audit", "get /audit/verify", "post /audit/verify",
		"get /roster", "post /roster", "post /roster/{id}/substitute", "post /roster/{id}/swap",
	}
	var got []string
	ids := make(map[string]string)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			got = append(got, method+" "+path)
			if op.OperationID == "" || op.Summary == "" || len(op.Responses) < 2 || op.Responses["default"] == nil {
				t.Errorf("%s %s is not described: %+v", method, path, op)
			}
			if before := ids[op.OperationID]; before != "" {
				t.Errorf("%s and %s %s share the id %s", before, method, path, op.OperationID)
			}
			ids[op.OperationID] = method + " " + path
			for _, name := range pathNames(path) {
				if !slices.ContainsFunc(op.Parameters, func(p struct {
					Name, In string
					Required bool
				},
				) bool {
					return p.Name == name && p.In == "path" && p.Required
				}) {
					t.Errorf("%s %s: parameter %s is not described", method, path, name)
				}
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("documented\n%v\nwant\n%v", got, want)
	}
	if push := doc.Paths["/posts"]["post"].RequestBody; push == nil || push.Content["application/x-ndjson"] == nil || push.Content["application/json"] == nil {
		t.Error("the two forms of a push are not described")
	}
	for _, ref := range references(r.body) {
		name, ok := strings.CutPrefix(ref, "#/components/schemas/")
		if !ok || doc.Components.Schemas[name] == nil {
			t.Errorf("reference to %s leads nowhere", ref)
		}
	}
	if strings.Contains(string(r.body), "ErrorModel") {
		t.Error("an error model nobody ever sees is described")
	}
}

func pathNames(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}

// references are all values of "$ref" in a JSON document.
func references(raw []byte) []string {
	var out []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				out = append(out, ref)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	var doc any
	if json.Unmarshal(raw, &doc) == nil {
		walk(doc)
	}
	return out
}

func TestWhoMayAskForWhat(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("校车超载", "jkj")
	everyone := []string{"monitor", "analyst", "leader", "supervisor", "assessor", "jkj-liaison", "zjj-liaison", "unitless", "sysadmin", "secadmin", "auditor", "wenshui", "lvliang"}
	offices := []string{"monitor", "analyst", "leader", "supervisor", "assessor", "wenshui", "lvliang"}
	tests := []struct {
		path   string
		may    []string
		denied int
	}{
		{"/posts", offices, 403},
		{"/events", offices, 403},
		{"/cases", append([]string{"jkj-liaison", "zjj-liaison"}, offices...), 403},
		{"/cases/" + string(c.ID), []string{"monitor", "analyst", "leader", "supervisor", "assessor", "jkj-liaison", "lvliang"}, 404},
		{"/stats/overview", offices, 403},
		{"/stats/trend", offices, 403},
		{"/stats/units", append([]string{"jkj-liaison", "zjj-liaison", "unitless"}, offices...), 403},
		{"/sources", append([]string{"sysadmin"}, offices...), 403},
		{"/rejections", append([]string{"sysadmin"}, offices...), 403},
		{"/dead-letters", []string{"sysadmin"}, 403},
		{"/notifications", everyone, 0},
		{"/notifications?scope=all", append([]string{"sysadmin"}, offices...), 403},
		{"/units", everyone, 0},
		{"/live/poll", everyone, 0},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			for _, user := range everyone {
				r := h.as(user).get(tt.path)
				if slices.Contains(tt.may, user) {
					if r.status != http.StatusOK {
						t.Errorf("%s gets %d: %s", user, r.status, r.body)
					}
					continue
				}
				denied := tt.denied
				if strings.HasSuffix(user, "min") || user == "auditor" {
					denied = http.StatusForbidden // administrators see no content, whatever its region
				}
				if p := r.problem(t, denied); p.Detail == "" {
					t.Errorf("%s is refused without a reason", user)
				}
			}
			if r := (caller{h: h, token: "wrong", http: h.web.Client()}).get(tt.path); r.problem(t, 401).Code != "sign_in" || r.header.Get("WWW-Authenticate") == "" {
				t.Error("a wrong token is not told to sign in")
			}
			(caller{h: h, http: h.web.Client()}).get(tt.path).problem(t, 401)
		})
	}
}

func TestAQueryStaysInTheRegionOfTheAccount(t *testing.T) {
	h := newHouse(t)
	for query, status := range map[string]int{
		"region=141122": 200, "region=141122103": 200, "region=1411": 403, "region=141121": 403, "region=abc": 422, "region=": 200,
	} {
		if r := h.as("monitor").get("/cases?" + query); r.status != status {
			t.Errorf("%s gives %d, want %d: %s", query, r.status, status, r.body)
		}
	}
	if r := h.as("lvliang").get("/cases?region=141122"); r.status != 200 {
		t.Errorf("the city may not look into the county: %d", r.status)
	}
}

func TestAUnitSeesItsOwnCasesOnly(t *testing.T) {
	h := newHouse(t)
	ours := h.assigned("校车超载", "jkj")
	both := h.assigned("学校门口施工", "jkj", "zjj")
	theirs := h.assigned("供暖不热", "zjj")
	var page huiying.Page[huiying.Case]
	h.as("jkj-liaison").get("/cases").json(t, &page)
	var got []huiying.CaseID
	for _, c := range page.Items {
		got = append(got, c.ID)
	}
	if len(got) != 2 || !slices.Contains(got, ours.ID) || !slices.Contains(got, both.ID) {
		t.Errorf("the unit sees %v", got)
	}
	for _, path := range []string{"/cases/" + string(theirs.ID)} {
		missing := h.as("jkj-liaison").get("/cases/none").problem(t, 404)
		if p := h.as("jkj-liaison").get(path).problem(t, 404); p.Code != missing.Code {
			t.Errorf("a case of others (%s) differs from one that is not there (%s)", p.Code, missing.Code)
		}
	}
	h.as("jkj-liaison").get("/cases?unit=zjj").problem(t, 403)
	h.as("unitless").get("/cases").problem(t, 403)
	r := h.as("jkj-liaison").post("/cases/"+string(theirs.ID)+"/acknowledge", map[string]any{"version": theirs.Version})
	if p := r.problem(t, 404); p.Current != nil {
		t.Error("a refused action shows the case of others")
	}
	// A stale version on another unit's case must not show it either.
	if p := h.as("jkj-liaison").post("/cases/"+string(theirs.ID)+"/submit", map[string]any{"version": 1}).problem(t, 404); p.Current != nil {
		t.Error("a stale action shows the case of others")
	}

	var stats struct {
		Items  []huiying.UnitStats            `json:"items"`
		Levels map[string][]huiying.UnitStats `json:"levels"`
	}
	h.as("jkj-liaison").get("/stats/units").json(t, &stats)
	for _, row := range append(stats.Items, stats.Levels["blue"]...) {
		if row.Unit != "jkj" {
			t.Errorf("a unit sees the figures of %q", row.Unit)
		}
	}
}

func TestACaseCarriesItsWholeStory(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("校车超载", "jkj", "zjj")
	c = h.act("jkj-liaison", c, "acknowledge", nil)
	var full caseDoc
	h.as("supervisor").get("/cases/"+string(c.ID)).json(t, &full)
	if full.Number == "" || full.State != huiying.StateAcknowledged || full.Lead() != "jkj" {
		t.Errorf("number %q state %s lead %s", full.Number, full.State, full.Lead())
	}
	var actions []huiying.Action
	for _, e := range full.Timeline {
		actions = append(actions, e.Action)
	}
	for _, want := range []huiying.Action{huiying.ActOpen, huiying.ActAssign, huiying.ActAcknowledge} {
		if !slices.Contains(actions, want) {
			t.Errorf("the timeline %v lacks %s", actions, want)
		}
	}
	states := make(map[huiying.ClockKind]huiying.ClockState)
	for _, k := range full.Clocks {
		if k.Label == "" {
			t.Errorf("clock %s has no name", k.Kind)
		}
		if k.State == huiying.ClockRunning && k.Left <= 0 || k.State == huiying.ClockMet && k.Left != 0 {
			t.Errorf("clock %s is %s with %v s left", k.Kind, k.State, k.Left)
		}
		states[k.Kind] = k.State
	}
	if states[huiying.ClockJudge] != huiying.ClockMet || states[huiying.ClockRespond] != huiying.ClockRunning {
		t.Errorf("clocks %v", states)
	}
	if len(full.Notifications) == 0 {
		t.Error("no notification is shown")
	}
	if len(full.Allowed) == 0 || full.Allowed[0].Label == "" {
		t.Errorf("the supervisor may do %v", full.Allowed)
	}
	for _, a := range full.Allowed {
		if a.Action != huiying.ActUrge && a.Action != huiying.ActRestart && a.Action != huiying.ActComment {
			t.Errorf("the supervisor may %s", a.Action)
		}
	}
	var own caseDoc
	h.as("zjj-liaison").get("/cases/"+string(c.ID)).json(t, &own)
	for _, n := range own.Notifications {
		if n.Unit != "zjj" {
			t.Errorf("a helper sees the notification to %q (%s)", n.Unit, n.ToName)
		}
	}
}

func TestActions(t *testing.T) {
	h := newHouse(t)
	t.Run("a stale version gets the case as it is now", func(t *testing.T) {
		c := h.assigned("校车超载", "jkj")
		h.act("jkj-liaison", c, "acknowledge", nil)
		p := h.as("leader").post("/cases/"+string(c.ID)+"/change-level", map[string]any{"version": c.Version, "level": "red", "reason": "有人员伤亡"}).problem(t, 409)
		if p.Code != "stale" || p.Current == nil || p.Current.Version <= c.Version || p.Current.State != huiying.StateAcknowledged || len(p.Current.Timeline) == 0 {
			t.Errorf("code %s, current %+v", p.Code, p.Current)
		}
	})
	t.Run("acknowledging twice is no error", func(t *testing.T) {
		c := h.assigned("供水", "jkj")
		first := h.act("jkj-liaison", c, "acknowledge", nil)
		again := h.act("jkj-handler", c, "acknowledge", nil)
		if again.Version != first.Version {
			t.Errorf("version %d after the first, %d after the second", first.Version, again.Version)
		}
	})
	t.Run("acknowledging needs no body", func(t *testing.T) {
		c := h.assigned("供电", "jkj")
		if r := h.as("jkj-liaison").post("/cases/"+string(c.ID)+"/acknowledge", nil); r.status != 200 {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
	t.Run("other actions need the version", func(t *testing.T) {
		c := h.open("供气")
		if p := h.as("leader").post("/cases/"+string(c.ID)+"/assign", map[string]any{"lead": "jkj"}).problem(t, 422); p.Field != "version" {
			t.Errorf("field %q", p.Field)
		}
	})
	t.Run("an unknown action lists the known ones", func(t *testing.T) {
		c := h.open("物业")
		p := h.as("leader").post("/cases/"+string(c.ID)+"/delete", map[string]any{"version": 1}).problem(t, 404)
		if len(p.Actions) != len(huiying.Transitions) {
			t.Errorf("%d actions listed, want %d", len(p.Actions), len(huiying.Transitions))
		}
	})
	t.Run("a misspelt field is named", func(t *testing.T) {
		c := h.open("环境")
		p := h.as("leader").post("/cases/"+string(c.ID)+"/dismiss", map[string]any{"version": 1, "raeson": "重复"}).problem(t, 422)
		if !strings.Contains(p.Field, "raeson") {
			t.Errorf("field %q, errors %v", p.Field, p.Errors)
		}
	})
	t.Run("a wrong level is named", func(t *testing.T) {
		c := h.open("食品")
		p := h.as("leader").post("/cases/"+string(c.ID)+"/change-level", map[string]any{"version": 1, "level": "pink", "reason": "x"}).problem(t, 422)
		if !strings.Contains(p.Detail, "red、orange、yellow") {
			t.Errorf("detail %q", p.Detail)
		}
	})
	t.Run("a missing reason is named", func(t *testing.T) {
		c := h.open("交通")
		if p := h.as("leader").post("/cases/"+string(c.ID)+"/dismiss", map[string]any{"version": c.Version}).problem(t, 422); p.Field != "reason" {
			t.Errorf("field %q", p.Field)
		}
		p := h.as("leader").post("/cases/"+string(c.ID)+"/change-level", map[string]any{"version": c.Version, "level": "purple", "reason": "扩大"}).problem(t, 422)
		if p.Field != "level" || strings.Count(p.Detail, "level") != 1 {
			t.Errorf("field %q: %s", p.Field, p.Detail)
		}
	})
	t.Run("broken JSON is said to be so", func(t *testing.T) {
		c := h.open("城管")
		p := h.as("leader").do("POST", "/api/v1/cases/"+string(c.ID)+"/dismiss", `{"version":1,`, "Content-Type", "application/json").problem(t, 400)
		if !strings.Contains(p.Detail, "JSON") {
			t.Errorf("detail %q", p.Detail)
		}
	})
	t.Run("the wrong role is told whose step it is", func(t *testing.T) {
		c := h.open("医疗")
		p := h.as("supervisor").post("/cases/"+string(c.ID)+"/assign", map[string]any{"version": 1, "lead": "jkj"}).problem(t, 403)
		if !strings.Contains(p.Detail, "值班领导") {
			t.Errorf("detail %q", p.Detail)
		}
	})
	t.Run("a response without its attribute is refused", func(t *testing.T) {
		c := h.act("jkj-liaison", h.assigned("取暖", "jkj"), "acknowledge", nil)
		p := h.as("leader").post("/cases/"+string(c.ID)+"/respond", map[string]any{"version": c.Version, "response": map[string]any{"text": "已恢复供暖", "forms": []string{"release"}}}).problem(t, 422)
		if p.Field != "publicity" {
			t.Errorf("field %q", p.Field)
		}
	})
	t.Run("a returned case leaves the unit", func(t *testing.T) {
		c := h.assigned("走错门", "jkj")
		back := h.act("jkj-liaison", c, "return", map[string]any{"reason": "属住建局职责"})
		if back.State != huiying.StateTriage || back.Title != "" || len(back.Timeline) != 0 {
			t.Errorf("the unit still reads the case: %+v", back)
		}
		h.as("jkj-liaison").get("/cases/"+string(c.ID)).problem(t, 404)
	})
	t.Run("the whole way to the end", func(t *testing.T) {
		c := h.assigned("欠薪", "jkj")
		c = h.act("jkj-liaison", c, "acknowledge", nil)
		c = h.act("jkj-handler", c, "handle", map[string]any{"text": "已派人核实"})
		c = h.act("jkj-handler", c, "submit", map[string]any{"feedback": map[string]any{"finding": "true", "facts": "情况属实", "measures": "已补发", "publicity": "public"}})
		c = h.act("jkj-head", c, "sign", nil)
		c = h.act("leader", c, "approve", nil)
		c = h.act("leader", c, "respond", map[string]any{"response": map[string]any{"text": "工资已发放", "forms": []string{"release"}, "outlet": "县政府门户网站", "publicity": "public"}})
		c = h.act("leader", c, "close", map[string]any{"reason": "已解决"})
		c = h.act("monitor", c, "archive", nil)
		if c.State != huiying.StateArchived || len(c.Responses) != 1 || c.Feedback[0].By != "jkj-handler" {
			t.Errorf("state %s, %d responses, feedback %+v", c.State, len(c.Responses), c.Feedback)
		}
	})
}

func TestOpeningACaseByHand(t *testing.T) {
	h := newHouse(t)
	c := h.open("12345 热线：村道塌方")
	if c.Region != jiaocheng || c.State != huiying.StateTriage || c.Version != 1 {
		t.Errorf("region %s state %s version %d", c.Region, c.State, c.Version)
	}
	for user, status := range map[string]int{"jkj-liaison": 403, "supervisor": 403, "sysadmin": 403} {
		h.as(user).post("/cases", map[string]any{"queue": "offline", "title": "x", "summary": ""}).problem(t, status)
	}
	for name, body := range map[string]map[string]any{
		"no title":         {"queue": "offline", "title": " ", "summary": ""},
		"no queue":         {"title": "x", "summary": ""},
		"an unknown queue": {"queue": "sideways", "title": "x", "summary": ""},
		"an unknown unit":  {"queue": "offline", "title": "x", "summary": "", "lead": "nobody"},
		"an unknown level": {"queue": "offline", "title": "x", "summary": "", "level": "pink"},
	} {
		if p := h.as("monitor").post("/cases", body).problem(t, 422); p.Field == "" {
			t.Errorf("%s: no field is named: %s", name, p.Detail)
		}
	}
	h.as("monitor").post("/cases", map[string]any{"queue": "offline", "title": "x", "summary": "", "region": "141121"}).problem(t, 403)
	h.as("lvliang").post("/cases", map[string]any{"queue": "offline", "title": "x", "summary": "", "region": "1411"}).problem(t, 422)
}

func TestListsGoOnFromTheirCursor(t *testing.T) {
	h := newHouse(t)
	want := make(map[huiying.CaseID]bool)
	for i := range 7 {
		want[h.open(fmt.Sprintf("第 %d 件", i)).ID] = true
	}
	cursor, pages := "", 0
	for {
		var page huiying.Page[huiying.Case]
		r := h.as("monitor").get("/cases?limit=3&cursor=" + cursor)
		r.json(t, &page)
		pages++
		for _, c := range page.Items {
			if !want[c.ID] {
				t.Fatalf("%s comes twice, or from nowhere", c.ID)
			}
			delete(want, c.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("%d left after %d pages", len(want), pages)
	}
	h.as("monitor").get("/cases?cursor=broken").problem(t, 422)
	for _, query := range []string{"limit=0", "limit=501", "limit=many", "queue=sideways", "state=unheard", "level=pink", "from=yesterday", "nonsense=1", "open=perhaps"} {
		if p := h.as("monitor").get("/cases?"+query).problem(t, 422); p.Field == "" && p.Code != "invalid" {
			t.Errorf("%s: %+v", query, p)
		}
	}
}

func TestFiltersNarrowTheCases(t *testing.T) {
	h := newHouse(t)
	a := h.assigned("校车超载", "jkj")
	b := h.open("供暖不热")
	for query, want := range map[string][]huiying.CaseID{
		"q=校车": {a.ID}, "state=triage": {b.ID}, "state=triage,assigned": {a.ID, b.ID}, "unit=jkj": {a.ID}, "level=blue": {a.ID, b.ID}, "level=red": {},
		"open=true": {a.ID, b.ID}, "open=false": {}, "overdue=true": {}, "queue=online": {}, "sort=due": {a.ID, b.ID},
		"from=2020-01-01": {a.ID, b.ID}, "to=2020-01-01": {},
	} {
		var page huiying.Page[huiying.Case]
		r := h.as("monitor").get("/cases?" + query)
		r.json(t, &page)
		got := []huiying.CaseID{}
		for _, c := range page.Items {
			got = append(got, c.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s gives %v, want %v: %s", query, got, want, r.body)
		}
		if !strings.Contains(string(r.body), `"items":[`) {
			t.Errorf("%s: an empty list is not []: %s", query, r.body)
		}
	}
}

func TestStatistics(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("校车超载", "jkj")
	h.act("jkj-liaison", c, "acknowledge", nil)
	h.assigned("供暖不热", "zjj")
	h.archived(t, 3)
	h.pass(2 * time.Second) // past what is kept of an overview

	var o huiying.Overview
	h.as("monitor").get("/stats/overview").json(t, &o)
	if o.CasesOpen != 2 || o.CasesTotal != 2 || o.Unacked != 1 || o.PostsTotal != 3 || o.PostsToday != 3 || o.Negative != 3 {
		t.Errorf("overview %+v", o)
	}
	var stats struct {
		Items  []huiying.UnitStats            `json:"items"`
		Levels map[string][]huiying.UnitStats `json:"levels"`
	}
	h.as("supervisor").get("/stats/units").json(t, &stats)
	if len(stats.Items) < 2 || stats.Items[0].Unit != "" || stats.Items[0].N != 2 || stats.Items[0].Acked != 1 {
		t.Errorf("units %+v", stats.Items)
	}
	if len(stats.Levels) != 4 || len(stats.Levels["blue"]) == 0 || stats.Levels["blue"][0].N != 2 {
		t.Errorf("by level %+v", stats.Levels)
	}
	var trend struct {
		Items []huiying.TrendBucket `json:"items"`
		Step  string                `json:"step"`
	}
	h.as("monitor").get("/stats/trend").json(t, &trend)
	sum := 0
	for _, b := range trend.Items {
		sum += b.Posts
	}
	if sum != 3 || trend.Step != "1h" {
		t.Errorf("trend of %d posts, step %s", sum, trend.Step)
	}
	for _, query := range []string{"step=90m", "step=-1h", "step=x", "from=2026-01-02&to=2026-01-01", "from=1990-01-01&step=1h"} {
		h.as("monitor").get("/stats/trend?"+query).problem(t, 422)
	}
}

func TestWrongAddressesAndMethods(t *testing.T) {
	h := newHouse(t)
	h.as("monitor").get("/nothing").problem(t, 404)
	r := h.as("monitor").do("DELETE", "/api/v1/posts", nil)
	if p := r.problem(t, 405); p.Code != "method" || r.header.Get("Allow") != "GET, POST" {
		t.Errorf("%+v, Allow %q", p, r.header.Get("Allow"))
	}
	if r := h.as("monitor").do("GET", "/api/v1/live", nil); r.problem(t, 400).Code != "invalid" {
		t.Errorf("a plain GET of the websocket: %s", r.body)
	}
}
