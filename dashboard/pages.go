package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"huiying"
)

// routesPages registers what people see. Every GET is a whole page; htmx takes
// the part it needs out of it, so nothing is reachable only with scripts.
func (s *Server) routesPages(mux *routes) {
	mux.HandleFunc("GET /assets/{path...}", s.serveAsset)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, assetURL("favicon.svg"), http.StatusFound)
	})
	mux.Handle("GET /{$}", s.page(s.workbench))
	mux.Handle("POST /printed", s.page(s.printed))
	mux.Handle("GET /wall", s.page(s.wallPage))

	mux.Handle("GET /posts", s.page(s.postList))
	mux.Handle("GET /posts/{id}", s.page(s.postPage))
	mux.Handle("GET /posts/words", s.page(s.postWords))
	mux.Handle("GET /posts/match", s.page(s.postMatch))
	mux.Handle("POST /posts/searches", s.page(s.saveSearch))
	mux.Handle("GET /posts/searches/open", s.page(s.openSearch))
	mux.Handle("POST /posts/searches/drop", s.page(s.dropSearch))
	mux.Handle("GET /events", s.page(s.eventList))
	mux.Handle("GET /events/{id}", s.page(s.eventPage))

	mux.Handle("GET /cases", s.page(s.caseList))
	mux.Handle("POST /cases", s.page(s.openCase))
	mux.Handle("GET /cases/new", s.page(s.newCasePage))
	mux.Handle("POST /cases/bulk", s.page(s.actOnCases))
	mux.Handle("GET /cases/{id}", s.page(s.casePage))
	mux.Handle("GET /cases/{id}/row", s.page(s.caseRowFragment))
	mux.Handle("POST /cases/{id}/{action}", s.page(s.actOnCase))

	mux.Handle("GET /intake", s.page(s.intakePage))
	mux.Handle("POST /intake", s.page(s.register))
	mux.Handle("GET /intake/posts/{id}", s.page(s.registeredPage))
	mux.Handle("GET /intake/posts/{id}/progress", s.page(s.registeredFragment))
	mux.Handle("POST /intake/files", s.page(s.uploadFile))
	mux.Handle("GET /intake/files/{id}", s.page(s.uploadPage))
	mux.Handle("GET /intake/files/{id}/progress", s.page(s.uploadFragment))
	mux.Handle("GET /intake/files/{id}/rejected.csv", s.page(s.rejectedRows))
	mux.Handle("POST /intake/files/{id}/mapping", s.page(s.mapUpload))
	mux.Handle("POST /intake/files/{id}/import", s.page(s.startImport))
	mux.Handle("POST /intake/files/{id}/profile", s.page(s.saveProfile))
	mux.Handle("POST /intake/files/{id}/discard", s.page(s.discardUpload))

	mux.Handle("GET /stats", s.page(s.statsPage))
	mux.Handle("GET /reports", s.page(s.reportsPage))
	mux.Handle("GET /reports/evidence", s.page(s.evidencePage))
	mux.Handle("POST /reports/{kind}/issue", s.page(s.issueReport))
	mux.Handle("GET /reports/issued/{file}", s.page(s.issuedReport))
	mux.Handle("POST /reports/issued/{id}/mail", s.page(s.mailReport))
	mux.Handle("GET /sources", s.page(s.sourcesPage))
	mux.Handle("POST /sources", s.page(s.saveSource))
	mux.Handle("POST /sources/test", s.page(s.tryNewSource))
	mux.Handle("POST /sources/{id}/test", s.page(s.trySource))
	mux.Handle("POST /sources/{id}/pause", s.page(s.pauseSource))
	mux.Handle("POST /sources/{id}/file", s.page(s.takeFile))
	mux.Handle("POST /dead-letters/{id}/replay", s.page(s.replayDeadLetter))

	mux.Handle("GET /appraisal", s.page(s.appraisalPage))
	mux.Handle("GET /appraisal.xlsx", s.page(s.appraisalSheet))
	mux.Handle("POST /appraisal/try", s.page(s.tryAppraisal))
	mux.Handle("POST /appraisal/appeals", s.page(s.appeal))
	mux.Handle("POST /appraisal/appeals/{id}", s.page(s.decideAppeal))
	mux.Handle("POST /cases/{id}/attach", s.page(s.attach))
	mux.Handle("GET /cases/{id}/attachments/{hash}", s.page(s.attachment))
	mux.Handle("GET /cases/{id}/effect", s.page(s.effectPage))
	mux.Handle("GET /drills", s.page(s.drillsPage))
	mux.Handle("GET /channels", s.page(s.channelsPage))
	mux.Handle("POST /channels/{name}/test", s.page(s.testChannel))
	mux.Handle("POST /notifications/{id}/resend", s.page(s.resendNotification))
	mux.Handle("GET /models", s.page(s.modelsPage))
	mux.Handle("GET /models/training", s.page(s.trainingFragment))
	mux.Handle("POST /models/train", s.page(s.startTraining))
	mux.Handle("POST /models/{id}/activate", s.page(s.activateModel))
	mux.Handle("POST /models/{id}/discard", s.page(s.discardModel))

	mux.Handle("GET /me", s.page(s.mePage))
	mux.Handle("POST /me/password", s.page(s.changePassword))
	mux.Handle("POST /me/sessions/{id}/end", s.page(s.endSession))
	mux.Handle("POST /me/tokens", s.page(s.makeToken))
	mux.Handle("POST /me/tokens/{id}/revoke", s.page(s.revokeToken))
	mux.Handle("POST /me/factor", s.page(s.beginFactor))
	mux.Handle("POST /me/factor/confirm", s.page(s.confirmFactor))
	mux.Handle("POST /me/factor/remove", s.page(s.removeFactor))
	mux.Handle("GET /users", s.page(s.usersPage))
	mux.Handle("POST /users", s.page(s.addUser))
	mux.Handle("GET /users/{id}", s.page(s.userPage))
	mux.Handle("POST /users/{id}/role", s.page(s.askRole))
	mux.Handle("POST /users/{id}/{deed}", s.page(s.manageUser))
	mux.Handle("POST /grants/{id}", s.page(s.decideGrant))
	mux.Handle("GET /audit", s.page(s.auditPage))
	mux.Handle("GET /audit.xlsx", s.page(s.auditSheet))
	mux.Handle("GET /audit/verify", s.page(s.verifyFragment))
	mux.Handle("POST /audit/verify", s.page(s.startVerify))

	mux.Handle("GET /roster", s.page(s.rosterPage))
	mux.Handle("GET /roster/template.xlsx", s.page(s.rosterTemplate))
	mux.Handle("POST /roster/preview", s.page(s.previewRoster))
	mux.Handle("POST /roster/import", s.page(s.takeRoster))
	mux.Handle("POST /roster/{id}/substitute", s.page(s.substituteForm))
	mux.Handle("POST /roster/{id}/swap", s.page(s.swapForm))

	mux.Handle("GET /guide", s.page(s.guideStart))
	mux.Handle("GET /guide/{page}", s.page(s.guidePage))
	mux.Handle("GET /guide/shots/{file}", s.page(s.guidePicture))
	mux.Handle("GET /units", s.page(s.unitsPage))
	mux.Handle("GET /units.xlsx", s.page(s.unitsSheet))
	mux.Handle("GET /units/template.xlsx", s.page(s.unitsTemplate))
	mux.Handle("POST /units/preview", s.page(s.previewUnits))
	mux.Handle("POST /units/import", s.page(s.takeUnits))
	mux.Handle("GET /policies", s.page(s.policiesPage))
	mux.Handle("GET /system", s.page(s.systemPage))
	mux.HandleFunc("GET /setup/county", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/setup/start", http.StatusSeeOther) }) // has been done
	mux.HandleFunc("GET /setup/start", s.firstPage)
	mux.HandleFunc("POST /setup/start", s.firstAccounts)
	mux.HandleFunc("POST /setup/again", s.chooseAgain)
	mux.Handle("GET /setup", s.page(s.setupPage))
	mux.Handle("POST /setup/{step}", s.page(s.setUp))

	mux.Handle("GET /rules", s.page(s.rulesPage))
	mux.Handle("GET /rules/{file...}", s.page(s.rulePage))
	mux.Handle("POST /rules/{file...}", s.page(s.changeRule))

	mux.Handle("GET /notices", s.page(s.noticesPage))
	mux.Handle("GET /notices/unread", s.page(s.unreadFragment))
	mux.Handle("GET /notices/recent", s.page(s.recentFragment))
	mux.Handle("POST /notices/read", s.page(s.readNotices))
}

// unitsOf are the county's units as they stand now, for names and choices.
func (s *Server) unitsOf(ctx context.Context) (*huiying.Directory, error) {
	units, err := s.cfg.Ledger.Units(ctx, s.cfg.Region)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return huiying.NewDirectory(units), nil
}

// maxForm bounds what a form may send: a response text is a few pages at most.
const maxForm = 512 << 10

func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &huiying.Error{Code: huiying.CodeInvalid, Message: "表单内容过长或不完整，请精简后重试", Cause: err}
	}
	return nil
}

// moreURL is the address of the next part of a list.
func moreURL(r *http.Request, cursor string) string {
	if cursor == "" {
		return ""
	}
	q := r.URL.Query()
	q.Set("cursor", cursor)
	return r.URL.Path + "?" + q.Encode()
}

// filterQuery is the filter part of the address, without the place in the list.
func filterQuery(q url.Values) string {
	c := url.Values{}
	for name, values := range q {
		if name != "cursor" && name != "done" && len(values) > 0 && values[0] != "" {
			c[name] = values
		}
	}
	return c.Encode()
}

func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
