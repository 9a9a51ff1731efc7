package dashboard_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard"
)

// probe is one request to a route and who gets past its checks. may names those
// who do, hidden those who are told that there is no such thing; everybody else
// is refused (403).
type probe struct {
	path        string
	may, hidden string
}

const (
	desks    = "monitor analyst leader "
	office   = desks + "supervisor assessor "
	wen      = "wenshui " // a monitor of the next county
	unitJKJ  = "jkj-liaison jkj-handler jkj-head "
	unitZJJ  = "zjj-liaison "
	admins   = "sysadmin secadmin auditor "
	all      = office + wen + unitJKJ + unitZJJ + admins
	everyOne = "*" // nobody need be signed in
)

// probes has a row for every route of the mux; CASE stands for a case led by jkj.
var probes = map[string][]probe{
	"GET /assets/{path...}": {{"/assets/nothing.css", everyOne, ""}},
	"GET /favicon.ico":      {{"/favicon.ico", everyOne, ""}},
	"GET /healthz":          {{"/healthz", everyOne, ""}},
	"GET /readyz":           {{"/readyz", everyOne, ""}},
	"GET /metrics":          {{"/metrics", everyOne, ""}},
	"GET /api/openapi.json": {{"/api/openapi.json", everyOne, ""}},
	"GET /signin":           {{"/signin", everyOne, ""}},
	"POST /signin":          {{"/signin", everyOne, ""}},
	"POST /signout":         {{"/signout", everyOne, ""}},

	"GET /me":                     {{"/me", all, ""}},
	"POST /me/password":           {{"/me/password", all, ""}},
	"POST /me/sessions/{id}/end":  {{"/me/sessions/none/end", all, ""}},
	"POST /me/tokens":             {{"/me/tokens", all, ""}},
	"POST /me/tokens/{id}/revoke": {{"/me/tokens/none/revoke", "", all}},
	"POST /me/factor":             {{"/me/factor", all, ""}},
	"POST /me/factor/confirm":     {{"/me/factor/confirm", all, ""}},
	"POST /me/factor/remove":      {{"/me/factor/remove", all, ""}},
	"GET /signin/code":            {{"/signin/code", everyOne, ""}},
	"GET /signin/oidc":            {{"/signin/oidc", everyOne, ""}},
	"GET /signin/oidc/callback":   {{"/signin/oidc/callback", everyOne, ""}},
	"POST /signin/code":           {{"/signin/code", everyOne, ""}},
	"GET /users":                  {{"/users", admins, ""}},
	"POST /users":                 {{"/users", "sysadmin ", ""}},
	"GET /users/{id}":             {{"/users/leader", admins, ""}, {"/users/wenshui", "", admins}},
	"POST /users/{id}/role":       {{"/users/leader/role", "sysadmin ", ""}, {"/users/wenshui/role", "", "sysadmin "}, {"/users/sysadmin/role", "", ""}},
	"POST /users/{id}/{deed}": {
		{"/users/leader/disable", "sysadmin ", ""},
		{"/users/leader/unlock", "secadmin ", ""},
		{"/users/leader/reset-password", "secadmin ", ""},
		{"/users/leader/end-sessions", "secadmin ", ""},
		{"/users/leader/revoke-token", "secadmin ", ""},
		{"/users/leader/reset-second-factor", "secadmin ", ""},
		{"/users/leader/bind-subject", "secadmin ", ""},
		{"/users/secadmin/unlock", "", ""},
		{"/users/sysadmin/disable", "", ""},
		{"/users/wenshui/unlock", "", "secadmin sysadmin "},
	},
	"POST /grants/{id}":  {{"/grants/none", "", "secadmin "}},
	"GET /audit":         {{"/audit", "auditor ", ""}},
	"GET /audit.xlsx":    {{"/audit.xlsx", "auditor ", ""}},
	"GET /audit/verify":  {{"/audit/verify", "auditor ", ""}},
	"POST /audit/verify": {{"/audit/verify", "auditor ", ""}},

	"GET /{$}":                           {{"/", all, ""}},
	"GET /wall":                          {{"/wall", office + wen, ""}},
	"GET /posts":                         {{"/posts", office + wen, ""}},
	"GET /posts/{id}":                    {{"/posts/p1", office, wen}},
	"GET /guide":                         {{"/guide", all, ""}},
	"GET /guide/{page}":                  {{"/guide/admin", all, ""}, {"/guide/none", "", all}},
	"GET /guide/shots/{file}":            {{"/guide/shots/one.png", all, ""}, {"/guide/shots/none.png", "", all}},
	"GET /units":                         {{"/units", all, ""}},
	"GET /units.xlsx":                    {{"/units.xlsx", office + "sysadmin ", wen}},
	"GET /units/template.xlsx":           {{"/units/template.xlsx", "analyst leader ", ""}},
	"POST /units/preview":                {{"/units/preview", "analyst leader ", ""}},
	"POST /units/import":                 {{"/units/import", "analyst leader ", ""}},
	"GET /policies":                      {{"/policies", office + wen + unitJKJ + unitZJJ, ""}},
	"GET /system":                        {{"/system", "sysadmin ", ""}},
	"GET /setup/county":                  {{"/setup/county", everyOne, ""}},
	"GET /setup/start":                   {{"/setup/start", everyOne, ""}},
	"POST /setup/start":                  {{"/setup/start", everyOne, ""}},
	"POST /setup/again":                  {{"/setup/again", everyOne, ""}},
	"GET /setup":                         {{"/setup", "sysadmin ", ""}},
	"POST /setup/{step}":                 {{"/setup/message", "", "sysadmin "}, {"/setup/none", "", "sysadmin "}},
	"GET /rules":                         {{"/rules", office + wen + "sysadmin ", ""}},
	"GET /rules/{file...}":               {{"/rules/levels.yaml", office + wen + "sysadmin ", ""}, {"/rules/units.yaml", "", office + wen + "sysadmin "}},
	"POST /rules/{file...}":              {{"/rules/levels.yaml", office + wen, ""}},
	"GET /posts/words":                   {{"/posts/words?all=a", office + wen, ""}},
	"POST /printed":                      {{"/printed", all, ""}},
	"GET /posts/match":                   {{"/posts/match?risk=60", office + wen, ""}},
	"POST /posts/searches":               {{"/posts/searches", office + wen, ""}},
	"GET /posts/searches/open":           {{"/posts/searches/open?name=none", "", office + wen}},
	"POST /posts/searches/drop":          {{"/posts/searches/drop", office + wen, ""}},
	"GET /events":                        {{"/events", office + wen, ""}},
	"GET /events/{id}":                   {{"/events/e1", office, wen}},
	"GET /cases":                         {{"/cases", office + wen + unitJKJ + unitZJJ, ""}},
	"POST /cases":                        {{"/cases", desks + wen, ""}},
	"GET /cases/new":                     {{"/cases/new", desks + wen, ""}},
	"POST /cases/bulk":                   {{"/cases/bulk", office + wen + unitJKJ + unitZJJ, ""}},
	"GET /cases/{id}":                    {{"/cases/CASE", office + unitJKJ, wen + unitZJJ}},
	"GET /cases/{id}/row":                {{"/cases/CASE/row", office + unitJKJ, wen + unitZJJ}},
	"GET /cases/{id}/effect":             {{"/cases/CASE/effect", office + unitJKJ, wen + unitZJJ}},
	"GET /cases/{id}/attachments/{hash}": {{"/cases/CASE/attachments/none", "", office + wen + unitJKJ + unitZJJ}},
	"POST /cases/{id}/attach":            {{"/cases/CASE/attach", office + unitJKJ, wen + unitZJJ}},
	"POST /cases/{id}/{action}":          {{"/cases/CASE/comment", office + unitJKJ, wen + unitZJJ}},

	"GET /intake":                         {{"/intake", desks + wen + "jkj-liaison zjj-liaison ", ""}},
	"POST /intake":                        {{"/intake", desks + wen + "jkj-liaison zjj-liaison ", ""}},
	"GET /intake/posts/{id}":              {{"/intake/posts/none", desks + wen + "jkj-liaison zjj-liaison ", ""}},
	"GET /intake/posts/{id}/progress":     {{"/intake/posts/none/progress", desks + wen + "jkj-liaison zjj-liaison ", ""}},
	"POST /intake/files":                  {{"/intake/files", desks + wen, ""}},
	"GET /intake/files/{id}":              {{"/intake/files/none", "", desks + wen}},
	"GET /intake/files/{id}/progress":     {{"/intake/files/none/progress", "", desks + wen}},
	"GET /intake/files/{id}/rejected.csv": {{"/intake/files/none/rejected.csv", "", desks + wen}},
	"POST /intake/files/{id}/mapping":     {{"/intake/files/none/mapping", "", desks + wen}},
	"POST /intake/files/{id}/import":      {{"/intake/files/none/import", "", desks + wen}},
	"POST /intake/files/{id}/profile":     {{"/intake/files/none/profile", "", desks + wen}},
	"POST /intake/files/{id}/discard":     {{"/intake/files/none/discard", "", desks + wen}},

	"GET /stats":                      {{"/stats", office + wen + unitJKJ + unitZJJ, ""}},
	"GET /reports":                    {{"/reports", office + unitJKJ + unitZJJ, ""}},
	"GET /reports/evidence":           {{"/reports/evidence?kind=daily&of=open&from=2026-11-26T00:00:00%2B08:00&to=2026-11-27T00:00:00%2B08:00", office, ""}},
	"POST /reports/{kind}/issue":      {{"/reports/daily/issue", "analyst leader ", ""}},
	"POST /reports/issued/{id}/mail":  {{"/reports/issued/daily/mail", "analyst leader ", ""}},
	"GET /reports/issued/{file}":      {{"/reports/issued/daily-2026-1.docx", "", office}},
	"GET /drills":                     {{"/drills", office + wen + unitJKJ + unitZJJ, ""}},
	"GET /sources":                    {{"/sources", office + wen + "sysadmin ", ""}},
	"POST /sources":                   {{"/sources", "monitor sysadmin " + wen, ""}},
	"POST /sources/test":              {{"/sources/test", "monitor sysadmin " + wen, ""}},
	"POST /sources/{id}/test":         {{"/sources/none/test", "", "monitor sysadmin " + wen}},
	"POST /sources/{id}/pause":        {{"/sources/s1/pause", "monitor sysadmin ", wen}},
	"POST /sources/{id}/file":         {{"/sources/s1/file", "", "monitor sysadmin " + wen}},
	"POST /dead-letters/{id}/replay":  {{"/dead-letters/none/replay", "", "sysadmin "}},
	"GET /channels":                   {{"/channels", "sysadmin ", ""}},
	"POST /channels/{name}/test":      {{"/channels/none/test", "", "sysadmin "}},
	"POST /notifications/{id}/resend": {{"/notifications/none/resend", "sysadmin ", ""}},
	"GET /models":                     {{"/models", office + "sysadmin ", ""}},
	"GET /models/training":            {{"/models/training", office + "sysadmin ", ""}},
	"POST /models/train":              {{"/models/train", "analyst leader sysadmin ", ""}},
	"POST /models/{id}/activate":      {{"/models/none/activate", "", "analyst leader sysadmin "}},
	"POST /models/{id}/discard":       {{"/models/none/discard", "", "analyst leader sysadmin "}},

	"GET /appraisal":               {{"/appraisal", "assessor supervisor leader " + unitJKJ + unitZJJ, ""}},
	"GET /appraisal.xlsx":          {{"/appraisal.xlsx", "assessor supervisor leader " + unitJKJ + unitZJJ, ""}},
	"POST /appraisal/try":          {{"/appraisal/try", "assessor supervisor leader ", ""}},
	"POST /appraisal/appeals":      {{"/appraisal/appeals", "", "jkj-liaison jkj-head zjj-liaison "}},
	"POST /appraisal/appeals/{id}": {{"/appraisal/appeals/none", "", "assessor "}},

	"GET /roster":                  {{"/roster", all, ""}},
	"GET /roster/template.xlsx":    {{"/roster/template.xlsx", all, ""}},
	"POST /roster/preview":         {{"/roster/preview", "leader analyst jkj-liaison zjj-liaison ", ""}},
	"POST /roster/import":          {{"/roster/import", "leader analyst jkj-liaison zjj-liaison ", ""}},
	"POST /roster/{id}/substitute": {{"/roster/none/substitute", all, ""}},
	"POST /roster/{id}/swap":       {{"/roster/none/swap", all, ""}},
	"GET /notices":                 {{"/notices", all, ""}},
	"GET /notices/unread":          {{"/notices/unread", all, ""}},
	"GET /notices/recent":          {{"/notices/recent", all, ""}},
	"POST /notices/read":           {{"/notices/read", all, ""}},

	"GET /api/v1/appraisal":                  {{"/api/v1/appraisal", "assessor supervisor leader " + unitJKJ + unitZJJ, ""}},
	"POST /api/v1/appraisal/appeals":         {{"/api/v1/appraisal/appeals", "jkj-liaison jkj-head zjj-liaison ", ""}},
	"POST /api/v1/appraisal/appeals/{id}":    {{"/api/v1/appraisal/appeals/none", "assessor ", ""}},
	"GET /api/v1/cases":                      {{"/api/v1/cases", office + wen + unitJKJ + unitZJJ, ""}, {"/api/v1/cases?unit=zjj", office + wen + unitZJJ, ""}},
	"GET /api/v1/cases/{id}":                 {{"/api/v1/cases/CASE", office + unitJKJ, wen + unitZJJ}},
	"POST /api/v1/cases":                     {{"/api/v1/cases", desks + wen, ""}},
	"POST /api/v1/cases/{id}/{action}":       {{"/api/v1/cases/CASE/comment", desks + "supervisor " + unitJKJ, wen + unitZJJ}},
	"GET /api/v1/channels":                   {{"/api/v1/channels", "sysadmin ", ""}},
	"POST /api/v1/channels/{name}/test":      {{"/api/v1/channels/none/test", "", "sysadmin "}},
	"POST /api/v1/notifications/{id}/resend": {{"/api/v1/notifications/none/resend", "sysadmin ", ""}},
	"GET /api/v1/dead-letters":               {{"/api/v1/dead-letters", "sysadmin ", ""}},
	"POST /api/v1/dead-letters/{id}/replay":  {{"/api/v1/dead-letters/none/replay", "", "sysadmin "}},
	"GET /api/v1/events":                     {{"/api/v1/events", office + wen, ""}},
	"GET /api/v1/events/{id}":                {{"/api/v1/events/e1", office, wen}},
	"GET /api/v1/live":                       {{"/api/v1/live", all, ""}},
	"GET /api/v1/live/poll":                  {{"/api/v1/live/poll", all, ""}},
	"GET /api/v1/models":                     {{"/api/v1/models", office + "sysadmin ", ""}},
	"POST /api/v1/models/train":              {{"/api/v1/models/train", "analyst leader sysadmin ", ""}},
	"POST /api/v1/models/{id}/activate":      {{"/api/v1/models/none/activate", "analyst leader sysadmin ", ""}},
	"DELETE /api/v1/models/{id}":             {{"/api/v1/models/none", "", "analyst leader sysadmin "}},
	"GET /api/v1/notifications":              {{"/api/v1/notifications", all, ""}},
	"GET /api/v1/units":                      {{"/api/v1/units", all, ""}},
	"GET /api/v1/users":                      {{"/api/v1/users", "sysadmin secadmin auditor ", ""}},
	"POST /api/v1/users":                     {{"/api/v1/users", "sysadmin ", ""}},
	"GET /api/v1/users/{id}":                 {{"/api/v1/users/leader", "sysadmin secadmin auditor ", ""}, {"/api/v1/users/wenshui", "", "sysadmin secadmin auditor "}},
	"POST /api/v1/users/{id}/role":           {{"/api/v1/users/leader/role", "sysadmin ", ""}},
	"POST /api/v1/users/{id}/{deed}":         {{"/api/v1/users/leader/disable", "sysadmin secadmin ", ""}},
	"GET /api/v1/grants":                     {{"/api/v1/grants", "sysadmin secadmin auditor ", ""}},
	"POST /api/v1/grants/{id}":               {{"/api/v1/grants/none", "secadmin ", ""}},
	"GET /api/v1/audit":                      {{"/api/v1/audit", "auditor ", ""}},
	"GET /api/v1/audit/verify":               {{"/api/v1/audit/verify", "auditor ", ""}},
	"POST /api/v1/audit/verify":              {{"/api/v1/audit/verify", "auditor ", ""}},
	"GET /api/v1/posts":                      {{"/api/v1/posts", office + wen, ""}},
	"GET /api/v1/posts/{id}":                 {{"/api/v1/posts/p1", office, wen}},
	"POST /api/v1/posts":                     {{"/api/v1/posts", desks + wen + "sysadmin ", ""}},
	"GET /api/v1/profiles":                   {{"/api/v1/profiles", desks + wen + "sysadmin ", ""}},
	"GET /api/v1/roster":                     {{"/api/v1/roster", all, ""}},
	"POST /api/v1/roster":                    {{"/api/v1/roster", "leader analyst jkj-liaison zjj-liaison ", ""}},
	"POST /api/v1/roster/{id}/substitute":    {{"/api/v1/roster/none/substitute", all, ""}},
	"POST /api/v1/roster/{id}/swap":          {{"/api/v1/roster/none/swap", all, ""}},
	"GET /api/v1/sources":                    {{"/api/v1/sources", office + wen + "sysadmin ", ""}},
	"POST /api/v1/sources":                   {{"/api/v1/sources", "monitor sysadmin " + wen, ""}},
	"POST /api/v1/sources/{id}/test":         {{"/api/v1/sources/none/test", "", "monitor sysadmin " + wen}},
	"GET /api/v1/rejections":                 {{"/api/v1/rejections", office + wen + "sysadmin ", ""}},
	"GET /api/v1/reports/{file}":             {{"/api/v1/reports/daily.docx", office, ""}},
	"GET /api/v1/stats/overview":             {{"/api/v1/stats/overview", office + wen, ""}},
	"GET /api/v1/stats/trend":                {{"/api/v1/stats/trend", office + wen, ""}},
	"GET /api/v1/stats/units":                {{"/api/v1/stats/units", office + wen + unitJKJ + unitZJJ, ""}},
}

// Every role × every route of the mux × own and foreign unit and county.
func TestEveryRouteAdmitsExactlyWhomItIsFor(t *testing.T) {
	h, c := filled(t)
	patterns := h.server.Patterns()
	for pattern := range probes {
		if !slices.Contains(patterns, pattern) {
			t.Errorf("%s is tried, but there is no such route", pattern)
		}
	}
	users := strings.Fields(all)
	callers := map[string]caller{"": h.browser()}
	for _, u := range users {
		b := h.browser()
		b.signIn(u, password)
		callers[u] = b
	}
	for _, pattern := range patterns {
		rows, known := probes[pattern]
		if !known {
			t.Errorf("%s has no row in probes: add one that says whom it is for", pattern)
		}
		method, _, _ := strings.Cut(pattern, " ")
		for _, row := range rows {
			path := strings.Replace(row.path, "CASE", string(c.ID), 1)
			stranger := callers[""].do(method, path, nil, "Accept", "text/html")
			signIn := stranger.status == http.StatusUnauthorized || strings.HasPrefix(stranger.header.Get("Location"), "/signin?") || stranger.header.Get("Location") == "/signin"
			if row.may == everyOne {
				if !strings.HasPrefix(pattern, "POST /signin") && (stranger.status == http.StatusUnauthorized || stranger.status == http.StatusForbidden) {
					t.Errorf("%s %s refuses a stranger: %d", method, path, stranger.status)
				}
				continue
			}
			if !signIn {
				t.Errorf("%s %s lets a stranger in: %d", method, path, stranger.status)
			}
			for _, u := range users {
				want := "refused"
				switch {
				case slices.Contains(strings.Fields(row.may), u):
					want = "admitted"
				case slices.Contains(strings.Fields(row.hidden), u):
					want = "hidden"
				}
				r := callers[u].do(method, path, nil, "Accept", "text/html")
				got := "admitted"
				switch r.status {
				case http.StatusForbidden:
					got = "refused"
				case http.StatusNotFound:
					got = "hidden"
				case http.StatusUnauthorized, http.StatusInternalServerError:
					t.Errorf("%s %s %s: %d %.300s", u, method, path, r.status, r.body)
				}
				if got != want {
					t.Errorf("%s %s %s: %s (%d), want %s", u, method, path, got, r.status, want)
				}
				if want != "admitted" && strings.Contains(string(r.body), "学校食堂") {
					t.Errorf("%s %s %s is %s but shows the content", u, method, path, got)
				}
			}
		}
	}
}

// A token does what its account may and no more than its scopes.
func TestATokenReachesAsFarAsItsScopes(t *testing.T) {
	h, c := filled(t)
	for _, scope := range huiying.Scopes {
		tok := huiying.Token{ID: dashboard.HashToken("only-" + string(scope)), User: "monitor", Name: "x", Scopes: []huiying.Scope{scope}}
		check(t, h.ledger.SaveToken(t.Context(), tok, huiying.Audit{}))
	}
	for _, tt := range []struct {
		method, path string
		scope        huiying.Scope
	}{
		{"GET", "/api/v1/cases", huiying.ScopeRead},
		{"GET", "/posts", huiying.ScopeRead},
		{"POST", "/api/v1/posts", huiying.ScopePush},
		{"POST", "/api/v1/cases/" + string(c.ID) + "/comment", huiying.ScopeAct},
		{"POST", "/api/v1/sources", huiying.ScopeManage},
		{"GET", "/me", ""},
		{"POST", "/me/tokens", ""},
	} {
		for _, scope := range huiying.Scopes {
			r := caller{h: h, token: "only-" + string(scope), http: h.web.Client()}.do(tt.method, tt.path, nil)
			if allowed := r.status != http.StatusForbidden; allowed != (scope == tt.scope) {
				t.Errorf("a token for %s: %s %s answers %d", scope, tt.method, tt.path, r.status)
			}
		}
	}
	whole := h.as("monitor") // made before there were scopes
	if r := whole.get("/cases"); r.status != http.StatusOK {
		t.Errorf("a token without scopes: %d", r.status)
	}
	used := must(h.ledger.Tokens(t.Context(), "monitor"))
	if i := slices.IndexFunc(used, func(k huiying.Token) bool { return k.ID == dashboard.HashToken("only-read") }); used[i].UsedAt.IsZero() {
		t.Error("the use of a token is not noted")
	}
	check(t, h.ledger.RevokeToken(t.Context(), "monitor", dashboard.HashToken("only-read"), time.Now(), huiying.Audit{Region: jiaocheng, Action: "token.revoke"}))
	caller{h: h, token: "only-read", http: h.web.Client()}.get("/cases").problem(t, http.StatusUnauthorized)
}

// Whoever guesses the address of a case of another unit or county learns nothing
// of it, by whatever way.
func TestACaseOfAnotherUnitIsNotThere(t *testing.T) {
	h, c := filled(t)
	id := string(c.ID)
	for _, who := range []string{"zjj-liaison", "unitless", "wenshui"} {
		as := h.as(who)
		for _, way := range []struct {
			method, path string
			body         any
		}{
			{"GET", "/cases/" + id, nil},
			{"GET", "/cases/" + id + "/row", nil},
			{"GET", "/cases/" + id + "/effect", nil},
			{"GET", "/cases/" + id + "/attachments/none", nil},
			{"GET", "/api/v1/cases/" + id, nil},
			{"POST", "/api/v1/cases/" + id + "/comment", map[string]any{"version": c.Version, "reason": "x"}},
			{"POST", "/api/v1/cases/" + id + "/acknowledge", map[string]any{"version": c.Version}},
			{"GET", "/api/v1/reports/case.docx?case=" + id, nil},
			{"GET", "/api/v1/reports/feedback.docx?case=" + id, nil},
			{"GET", "/api/v1/events/e1", nil},
			{"GET", "/api/v1/posts/p1", nil},
		} {
			r := as.do(way.method, way.path, way.body, "Accept", "application/json")
			if r.status != http.StatusNotFound && r.status != http.StatusForbidden {
				t.Errorf("%s %s %s: %d", who, way.method, way.path, r.status)
			}
			if strings.Contains(string(r.body), "学校食堂") || strings.Contains(string(r.body), c.Number) && c.Number != "" {
				t.Errorf("%s %s %s tells of it: %.200s", who, way.method, way.path, r.body)
			}
		}
		for _, list := range []string{"/cases?view=all", "/api/v1/cases", "/notices", "/api/v1/notifications", "/api/v1/live/poll?since=0", "/drills"} {
			if r := as.do("GET", list, nil, "Accept", "text/html"); strings.Contains(string(r.body), id) {
				t.Errorf("%s finds the case on %s", who, list)
			}
		}
	}
	if now := must(h.ledger.Case(t.Context(), c.ID)); now.Version != c.Version {
		t.Error("somebody foreign changed the case")
	}
}
