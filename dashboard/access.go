package dashboard

import (
	"net/http"
	"slices"
	"strings"

	"huiying"
)

// admission says whom a route lets in. The table below is the only place where
// that is decided by role; which case, post or account of those a person may see
// is decided by [huiying.Person.SeesCase] and the region.
type admission struct {
	open    bool           // nobody need be signed in
	roles   []huiying.Role // who may
	scope   huiying.Scope  // what a token must reach as far as
	pace    pace           // how often
	look    string         // the audit action of having been shown it, "" for none
	taken   bool           // a program that reads it takes data out: on record as an export
	session bool           // only a person at a browser, never a token
}

// The audiences.
var (
	offices3  = []huiying.Role{huiying.Monitor, huiying.Analyst, huiying.Leader}
	readers   = append(slices.Clone(offices3), huiying.Supervisor, huiying.Assessor)
	ofUnits   = []huiying.Role{huiying.Liaison, huiying.Handler, huiying.Head}
	withCases = append(slices.Clone(readers), ofUnits...)
	intakers  = append(slices.Clone(offices3), huiying.Liaison)
	operating = append(slices.Clone(readers), huiying.SystemAdmin)
	threeKeys = []huiying.Role{huiying.SystemAdmin, huiying.SecurityAdmin, huiying.AuditAdmin}
	scored    = append(slices.Clone(ofUnits), huiying.Assessor, huiying.Supervisor, huiying.Leader)
)

func anybody() admission                   { return admission{open: true} }
func reads(roles []huiying.Role) admission { return admission{roles: roles, scope: huiying.ScopeRead} }

func acts(roles []huiying.Role) admission { return admission{roles: roles, scope: huiying.ScopeAct} }

func pushes(roles []huiying.Role) admission {
	return admission{roles: roles, scope: huiying.ScopePush}
}

func manages(roles ...huiying.Role) admission {
	return admission{roles: roles, scope: huiying.ScopeManage}
}

// signs is what goes out in the office's name and cannot be taken back: a person
// puts it there, never a program in his name.
func signs(roles ...huiying.Role) admission {
	return admission{roles: roles, scope: huiying.ScopeAct, session: true}
}

func own(roles ...huiying.Role) admission {
	return admission{roles: roles, scope: huiying.ScopeManage, session: true}
}

var (
	sysadmins = []huiying.Role{huiying.SystemAdmin}
	rulers    = []huiying.Role{huiying.Analyst, huiying.Leader} // administrators keep the machine, not what it decides (三员分立)
	rosterers = []huiying.Role{huiying.Leader, huiying.Analyst, huiying.Liaison}
	bringers  = append(slices.Clone(offices3), huiying.SystemAdmin)
	everyone  = huiying.Roles
)

// access has a row for every route; one without is refused at start. The order
// is that of the registrations.
var access = map[string]admission{
	"GET /assets/{path...}": anybody(),
	"GET /favicon.ico":      anybody(),
	"GET /healthz":          anybody(),
	"GET /readyz":           anybody(),
	"GET /metrics":          anybody(), // counts only; a proxy keeps it inside
	"GET /api/openapi.json": anybody(),
	"GET /signin":           anybody(),
	"POST /signin":          anybody().at(paceSignIn),
	"POST /signout":         anybody(),

	"GET /me":                     own(everyone...),
	"POST /me/password":           own(everyone...),
	"POST /me/sessions/{id}/end":  own(everyone...),
	"POST /me/tokens":             own(everyone...),
	"POST /me/tokens/{id}/revoke": own(everyone...),
	"POST /me/factor":             own(everyone...),
	"POST /me/factor/confirm":     own(everyone...),
	"POST /me/factor/remove":      own(everyone...),
	"GET /signin/code":            anybody(),
	"GET /signin/oidc":            anybody().at(paceSignIn),
	"GET /signin/oidc/callback":   anybody().at(paceSignIn),
	"POST /signin/code":           anybody().at(paceSignIn),
	"GET /users":                  own(threeKeys...).seen("view.account"),
	"POST /users":                 own(huiying.SystemAdmin),
	"GET /users/{id}":             own(threeKeys...).seen("view.account"),
	"POST /users/{id}/role":       own(huiying.SystemAdmin),
	"POST /users/{id}/{deed}":     own(huiying.SystemAdmin, huiying.SecurityAdmin),
	"POST /grants/{id}":           own(huiying.SecurityAdmin),
	"GET /audit":                  reads([]huiying.Role{huiying.AuditAdmin}).at(paceQuery).seen("view.audit"),
	"GET /audit.xlsx":             reads([]huiying.Role{huiying.AuditAdmin}).at(paceExport),
	"GET /audit/verify":           reads([]huiying.Role{huiying.AuditAdmin}),
	"POST /audit/verify":          reads([]huiying.Role{huiying.AuditAdmin}).at(paceExport),

	"GET /{$}":                           reads(everyone),
	"GET /wall":                          reads(readers),
	"POST /printed":                      reads(everyone).at(paceExport),
	"GET /posts":                         reads(readers).at(paceQuery),
	"GET /posts/{id}":                    reads(readers),
	"GET /posts/words":                   reads(readers),
	"GET /posts/match":                   reads(readers).at(paceQuery),
	"POST /posts/searches":               acts(readers),
	"GET /posts/searches/open":           reads(readers),
	"POST /posts/searches/drop":          acts(readers),
	"GET /events":                        reads(readers).at(paceQuery),
	"GET /events/{id}":                   reads(readers),
	"GET /cases":                         reads(withCases).at(paceQuery),
	"POST /cases":                        acts(offices3),
	"GET /cases/new":                     reads(offices3),
	"POST /cases/bulk":                   acts(withCases), // which action whom: huiying.Transitions
	"GET /cases/{id}":                    reads(withCases).seen("view.case"),
	"GET /cases/{id}/row":                reads(withCases),
	"GET /cases/{id}/effect":             reads(withCases),
	"POST /cases/{id}/attach":            acts(withCases),
	"POST /cases/{id}/{action}":          acts(withCases),
	"GET /cases/{id}/attachments/{hash}": reads(withCases),

	"GET /intake":                         reads(intakers),
	"POST /intake":                        pushes(intakers).at(pacePush),
	"GET /intake/posts/{id}":              reads(intakers),
	"GET /intake/posts/{id}/progress":     reads(intakers),
	"POST /intake/files":                  pushes(offices3).at(pacePush),
	"GET /intake/files/{id}":              reads(offices3).seen("view.upload"),
	"GET /intake/files/{id}/progress":     reads(offices3),
	"GET /intake/files/{id}/rejected.csv": reads(offices3).at(paceExport).seen("export.rejected"),
	"POST /intake/files/{id}/mapping":     pushes(offices3),
	"POST /intake/files/{id}/import":      pushes(offices3),
	"POST /intake/files/{id}/profile":     pushes(offices3),
	"POST /intake/files/{id}/discard":     pushes(offices3),

	"GET /stats":                      reads(withCases).at(paceQuery),
	"GET /reports":                    reads(withCases).at(paceQuery), // which: Person.ReportsOn
	"GET /reports/evidence":           reads(readers).at(paceQuery),
	"POST /reports/{kind}/issue":      signs(huiying.Analyst, huiying.Leader).at(paceExport),
	"GET /reports/issued/{file}":      reads(readers).at(paceExport),
	"POST /reports/issued/{id}/mail":  signs(huiying.Analyst, huiying.Leader).at(paceExport),
	"GET /drills":                     reads(withCases).at(paceQuery),
	"GET /sources":                    reads(operating),
	"POST /sources":                   manages(huiying.Monitor, huiying.SystemAdmin),
	"POST /sources/test":              manages(huiying.Monitor, huiying.SystemAdmin),
	"POST /sources/{id}/test":         manages(huiying.Monitor, huiying.SystemAdmin),
	"POST /sources/{id}/pause":        manages(huiying.Monitor, huiying.SystemAdmin),
	"POST /sources/{id}/file":         manages(huiying.Monitor, huiying.SystemAdmin),
	"POST /dead-letters/{id}/replay":  manages(huiying.SystemAdmin),
	"GET /channels":                   reads(sysadmins),
	"POST /channels/{name}/test":      manages(huiying.SystemAdmin),
	"POST /notifications/{id}/resend": manages(huiying.SystemAdmin),
	"GET /models":                     reads(operating),
	"GET /models/training":            reads(operating),
	"POST /models/train":              manages(huiying.Analyst, huiying.Leader, huiying.SystemAdmin),
	"POST /models/{id}/activate":      manages(huiying.Analyst, huiying.Leader, huiying.SystemAdmin),
	"POST /models/{id}/discard":       manages(huiying.Analyst, huiying.Leader, huiying.SystemAdmin),

	"GET /appraisal":               reads(scored),
	"GET /appraisal.xlsx":          reads(scored).at(paceExport),
	"POST /appraisal/try":          reads([]huiying.Role{huiying.Assessor, huiying.Supervisor, huiying.Leader}).at(paceExport),
	"POST /appraisal/appeals":      acts([]huiying.Role{huiying.Liaison, huiying.Head}),
	"POST /appraisal/appeals/{id}": acts([]huiying.Role{huiying.Assessor}),

	"GET /guide":               reads(everyone),
	"GET /guide/{page}":        reads(everyone),
	"GET /guide/shots/{file}":  reads(everyone),
	"GET /units":               reads(everyone),
	"GET /units.xlsx":          reads(operating).at(paceExport).seen("export.units"),
	"GET /units/template.xlsx": reads(rulers),
	"POST /units/preview":      manages(rulers...),
	"POST /units/import":       manages(rulers...),
	"GET /policies":            reads(withCases),
	"GET /system":              reads(sysadmins),
	"GET /setup/county":        anybody(),
	"GET /setup/start":         anybody(),
	"POST /setup/start":        anybody().at(paceSignIn), // whoever was told the code, once
	"POST /setup/again":        anybody().at(paceSignIn), // likewise
	"GET /setup":               reads(sysadmins),
	"POST /setup/{step}":       manages(huiying.SystemAdmin),
	"GET /rules":               reads(operating),
	"GET /rules/{file...}":     reads(operating),
	"POST /rules/{file...}":    manages(readers...), // to try; saving: mayRule

	"GET /roster":                  reads(everyone),
	"GET /roster/template.xlsx":    reads(everyone),
	"POST /roster/preview":         acts(rosterers),
	"POST /roster/import":          acts(rosterers),
	"POST /roster/{id}/substitute": acts(everyone), // whose shift it is decides
	"POST /roster/{id}/swap":       acts(everyone),
	"GET /notices":                 reads(everyone),
	"GET /notices/unread":          reads(everyone),
	"GET /notices/recent":          reads(everyone),
	"POST /notices/read":           acts(everyone),

	"GET /api/v1/appraisal":                  reads(scored).at(paceQuery),
	"POST /api/v1/appraisal/appeals":         acts([]huiying.Role{huiying.Liaison, huiying.Head}),
	"POST /api/v1/appraisal/appeals/{id}":    acts([]huiying.Role{huiying.Assessor}),
	"GET /api/v1/cases":                      reads(withCases).at(paceQuery).out(),
	"GET /api/v1/cases/{id}":                 reads(withCases).seen("view.case"),
	"POST /api/v1/cases":                     acts(offices3),
	"POST /api/v1/cases/{id}/{action}":       acts(withCases),
	"GET /api/v1/audit":                      reads([]huiying.Role{huiying.AuditAdmin}).at(paceQuery).out(),
	"GET /api/v1/audit/verify":               reads([]huiying.Role{huiying.AuditAdmin}),
	"POST /api/v1/audit/verify":              manages(huiying.AuditAdmin).at(paceExport),
	"GET /api/v1/channels":                   reads(sysadmins),
	"POST /api/v1/channels/{name}/test":      manages(huiying.SystemAdmin),
	"POST /api/v1/notifications/{id}/resend": manages(huiying.SystemAdmin),
	"GET /api/v1/dead-letters":               reads(sysadmins),
	"POST /api/v1/dead-letters/{id}/replay":  manages(huiying.SystemAdmin),
	"GET /api/v1/events":                     reads(readers).at(paceQuery).out(),
	"GET /api/v1/events/{id}":                reads(readers).out(),
	"GET /api/v1/live":                       reads(everyone).out(), // each hears what he may: hub.go
	"GET /api/v1/live/poll":                  reads(everyone).out(),
	"GET /api/v1/models":                     reads(operating),
	"POST /api/v1/models/train":              manages(huiying.Analyst, huiying.Leader, huiying.SystemAdmin),
	"POST /api/v1/models/{id}/activate":      manages(huiying.Analyst, huiying.Leader, huiying.SystemAdmin),
	"DELETE /api/v1/models/{id}":             manages(huiying.Analyst, huiying.Leader, huiying.SystemAdmin),
	"GET /api/v1/notifications":              reads(everyone),
	"GET /api/v1/units":                      reads(everyone),
	"GET /api/v1/users":                      reads(threeKeys).at(paceQuery).out(),
	"POST /api/v1/users":                     manages(huiying.SystemAdmin),
	"GET /api/v1/users/{id}":                 reads(threeKeys).seen("view.account"),
	"POST /api/v1/users/{id}/role":           manages(huiying.SystemAdmin),
	"POST /api/v1/users/{id}/{deed}":         manages(huiying.SystemAdmin, huiying.SecurityAdmin),
	"GET /api/v1/grants":                     reads(threeKeys).at(paceQuery),
	"POST /api/v1/grants/{id}":               manages(huiying.SecurityAdmin),
	"GET /api/v1/posts":                      reads(readers).at(paceQuery).out(),
	"GET /api/v1/posts/{id}":                 reads(readers).out(),
	"POST /api/v1/posts":                     pushes(bringers).at(pacePush),
	"GET /api/v1/profiles":                   reads(bringers),
	"GET /api/v1/roster":                     reads(everyone),
	"POST /api/v1/roster":                    acts(rosterers),
	"POST /api/v1/roster/{id}/substitute":    acts(everyone),
	"POST /api/v1/roster/{id}/swap":          acts(everyone),
	"GET /api/v1/sources":                    reads(operating),
	"POST /api/v1/sources":                   manages(huiying.Monitor, huiying.SystemAdmin),
	"POST /api/v1/sources/{id}/test":         manages(huiying.Monitor, huiying.SystemAdmin),
	"GET /api/v1/rejections":                 reads(operating),
	"GET /api/v1/reports/{file}":             reads(withCases).at(paceExport), // which: Person.ReportsOn
	"GET /api/v1/stats/overview":             reads(readers),
	"GET /api/v1/stats/trend":                reads(readers).at(paceQuery),
	"GET /api/v1/stats/units":                reads(withCases).at(paceQuery),
}

// admits reports whether the gate lets a person at a browser through a route: what
// is offered on a page is what the table allows.
func admits(pattern string, p huiying.Person) bool {
	a, known := access[pattern]
	return known && (a.open || slices.Contains(a.roles, p.Role))
}

// routes is the mux, with a gate before every route.
type routes struct {
	*http.ServeMux
	s        *Server
	patterns []string
	missing  []string // have no row in the table
}

// Handle registers a route behind its gate.
func (m *routes) Handle(pattern string, h http.Handler) {
	a, known := access[pattern]
	if !known {
		m.missing = append(m.missing, pattern)
		return
	}
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, m.s.gate(a, h))
}

// HandleFunc is Handle for a function.
func (m *routes) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// at is the admission with a limit on how often.
func (a admission) at(p pace) admission {
	a.pace = p
	return a
}

// seen is the admission with an audit row of each look.
func (a admission) seen(action string) admission {
	a.look = action
	return a
}

// out is the admission of a list that programs carry away.
func (a admission) out() admission {
	a.taken = true
	return a
}

// gate lets those through whom a is for.
func (s *Server) gate(a admission, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.open {
			if err := s.slow(r, a.pace); err != nil {
				s.fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		p, err := s.visitor(r)
		switch {
		case err != nil && strings.HasPrefix(r.URL.Path, "/api/"):
			s.fail(w, r, err)
		case err != nil:
			s.toSignIn(w, r)
		case s.unfinished(w, r):
		default:
			err := a.admit(p, visitOf(r.Context()))
			if err == nil {
				err = s.slow(r, a.pace)
			}
			if err != nil {
				s.fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
			s.looked(w, r, p, a.look)
			if a.taken {
				s.taken(w, r, p)
			}
		}
	})
}

// admit checks role and reach.
func (a admission) admit(p huiying.Person, v *visit) error {
	switch {
	case !slices.Contains(a.roles, p.Role):
		return huiying.Errorf(huiying.CodeForbidden, "%s不使用这项功能；确有需要，请系统管理员申请变更角色", p.Role.Label())
	case a.session && v.sess == "":
		return huiying.Errorf(huiying.CodeForbidden, "这一项只能由本人登录后在页面上办理，不能用令牌")
	case !v.token.Allows(a.scope):
		return huiying.Errorf(huiying.CodeForbidden, "这个令牌没有“%s”（%s）范围，请另建令牌", a.scope.Label(), a.scope)
	}
	return nil
}

// unfinished answers those who must do something about their account first:
// every other page leads there.
func (s *Server) unfinished(w http.ResponseWriter, r *http.Request) bool {
	v := visitOf(r.Context())
	if !v.must || v.sess == "" || r.URL.Path == "/me" || strings.HasPrefix(r.URL.Path, "/me/") {
		return false
	}
	if strings.HasPrefix(r.URL.Path, "/api/") || r.Method != http.MethodGet {
		s.fail(w, r, huiying.Errorf(huiying.CodeForbidden, "请先在“我的账号”改掉临时密码、完成二次验证"))
		return true
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return true
}
