package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"huiying"
)

// After maxFailures wrong passwords in a row an account is locked for lockFor
// of real time (GB/T 22239).
const (
	maxFailures = 5
	lockFor     = 15 * time.Minute
)

// signInView is what the sign-in page shows.
type signInView struct {
	Empty bool // nobody has an account yet
	Next  string
	User  string
	Error string
	Demo  []Credential
	OIDC  string // the name of the office's identity provider
}

// signInView adds what every sign-in page shows.
func (s *Server) signInView(v signInView) signInView {
	v.Demo = s.cfg.Demo
	if s.oidc != nil {
		v.OIDC = s.oidc.Name
	}
	return v
}

// wrongSignIn is the one answer to every failure, so that it tells nobody which
// accounts exist.
const wrongSignIn = "用户名或密码不正确，或账号已停用、锁定。连续 5 次错误将锁定 15 分钟。"

func (s *Server) routesSignIn(mux *routes) {
	mux.HandleFunc("GET /signin", s.signInPage)
	mux.HandleFunc("POST /signin", s.signIn)
	mux.HandleFunc("GET /signin/code", s.codePage)
	mux.HandleFunc("POST /signin/code", s.signInCode)
	mux.HandleFunc("GET /signin/oidc", s.oidcStart)
	mux.HandleFunc("GET /signin/oidc/callback", s.oidcCallback)
	mux.HandleFunc("POST /signout", s.signOut)
}

// toSignIn sends a browser to the sign-in page, from where it comes back.
func (s *Server) toSignIn(w http.ResponseWriter, r *http.Request) {
	if _, err := s.visitor(r); !errors.Is(err, huiying.ErrSignIn) {
		s.answerError(w, r, err) // the ledger does not answer: signing in would not help
		return
	}
	if r.Header.Get("HX-Request") != "" { // a fragment: the whole page must move
		back := "/"
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			back = u.RequestURI()
		}
		w.Header().Set("HX-Redirect", signInURL(back))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	back := "/"
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	} else if page, err := url.Parse(r.Referer()); err == nil && page.Host == r.Host { // a button tapped after the session ended
		back = page.RequestURI()
	}
	http.Redirect(w, r, signInURL(back), http.StatusSeeOther)
}

func signInURL(back string) string {
	back = localPath(back)
	if back == "/" {
		return "/signin"
	}
	return "/signin?next=" + url.QueryEscape(back)
}

// localPath is p if it is a path on this host, "/" otherwise: a sign-in must
// not lead to another site.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.URL.Query().Get("next"))
	if _, ok := s.person(r); ok {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	empty := s.noAccounts(r)
	if empty && s.cfg.SetupCode != "" {
		http.Redirect(w, r, "/setup/start", http.StatusSeeOther)
		return
	}
	s.render(w, http.StatusOK, "signin", s.signInView(signInView{Next: next, Empty: empty}))
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, huiying.Invalid("", "登录表单不完整，请重新填写"))
		return
	}
	next := localPath(r.PostForm.Get("next"))
	name := strings.TrimSpace(r.PostForm.Get("user"))
	if wait := s.limits.take(paceAccount, huiying.Clip(name, 64), s.wall()); wait > 0 {
		s.fail(w, r, &tooFast{wait})
		return
	}
	u, ok, err := s.authenticate(r, huiying.UserID(name), r.PostForm.Get("password"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !ok {
		s.render(w, http.StatusUnauthorized, "signin", s.signInView(signInView{Next: next, User: huiying.Clip(name, 64), Error: wrongSignIn}))
		return
	}
	s.enter(w, r, u, next)
}

// enter lets somebody in whose name is proven, or asks for the code of the
// second factor first.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, u huiying.User, next string) {
	owes, err := s.owesCode(r.Context(), u.User)
	to := next
	switch {
	case err != nil:
	case owes:
		err = s.sessions.note(w, r, map[string]string{"half": string(u.User)})
		to = "/signin/code?next=" + url.QueryEscape(next)
	default:
		err = s.sessions.begin(w, r, u.User)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// owesCode reports whether an account has a second factor.
func (s *Server) owesCode(ctx context.Context, id huiying.UserID) (bool, error) {
	d, err := s.cfg.Ledger.SecondFactor(ctx, id)
	return !d.Confirmed.IsZero(), err
}

func (s *Server) codePage(w http.ResponseWriter, r *http.Request) {
	id, err := s.sessions.half(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if id == "" {
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return
	}
	s.render(w, http.StatusOK, "signin-code", signInView{Next: localPath(r.URL.Query().Get("next")), User: string(id)})
}

// signInCode takes the code that follows a password.
func (s *Server) signInCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, huiying.Invalid("", "登录表单不完整，请重新填写"))
		return
	}
	id, err := s.sessions.half(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if id == "" {
		s.render(w, http.StatusUnauthorized, "signin", s.signInView(signInView{Next: localPath(r.PostForm.Get("next")), Error: "验证码须在 5 分钟内输入，请重新登录"}))
		return
	}
	next := localPath(r.PostForm.Get("next"))
	right, err := s.proveFactor(r, id, r.PostForm.Get("code"), false)
	if err == nil && right {
		_, err = s.cfg.Ledger.ChangeUser(r.Context(), id, func(u *huiying.User) (huiying.Audit, error) {
			u.Failures, u.LockedUntil, u.LastAt, u.LastFrom = 0, 0, s.wall(), remote(r)
			return s.auditRow(r, u.Person, "session.sign-in", string(id), "密码和验证码"), nil
		})
		if err == nil {
			err = s.sessions.begin(w, r, id)
		}
	}
	switch {
	case err != nil:
		s.fail(w, r, err)
	case !right:
		s.render(w, http.StatusUnauthorized, "signin-code", signInView{Next: next, User: string(id), Error: "验证码不对、已用过，或账号已锁定。连续 5 次错误将锁定 15 分钟。"})
	default:
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	p, known := s.person(r)
	token := cookieToken(r)
	if err := s.sessions.end(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	s.hub.dropSession(sessionID(token))
	if known {
		if err := s.audit(r.Context(), r, p, "session.sign-out", "", ""); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

// nobodysHash is compared with when there is no such account, so that the
// answer takes as long.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// authenticate checks a name and password, counts failures, locks, and puts
// every try on record.
func (s *Server) authenticate(r *http.Request, name huiying.UserID, password string) (huiying.User, bool, error) {
	ctx := r.Context()
	u, err := s.cfg.Ledger.User(ctx, name)
	known := err == nil
	if err != nil && !errors.Is(err, huiying.ErrNotFound) {
		return u, false, fmt.Errorf("looking the account up: %w", err)
	}
	hash := u.PasswordHash
	if !known || hash == "" {
		hash = nobodysHash
	}
	right, err := s.compare(ctx, hash, password)
	if err != nil {
		return u, false, err
	}
	if !known { // the name is not recorded: people type passwords into that field
		who := huiying.Person{Region: s.cfg.Region}
		return u, false, s.audit(ctx, r, who, "session.sign-in-failed", "", "没有这个账号")
	}
	return s.count(r, name, right && u.Active())
}

func (s *Server) compare(ctx context.Context, hash, password string) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-s.hashing }()
	return CheckPassword(hash, password), nil
}

// count writes down what became of a try, in one transaction with the account,
// so that parallel tries are all counted.
func (s *Server) count(r *http.Request, name huiying.UserID, right bool) (huiying.User, bool, error) {
	owes, err := s.owesCode(r.Context(), name)
	if err != nil {
		return huiying.User{}, false, err
	}
	u, err := s.cfg.Ledger.ChangeUser(r.Context(), name, func(u *huiying.User) (huiying.Audit, error) {
		now := s.wall()
		switch {
		case u.LockedAt(now):
			right = false
			return s.auditRow(r, u.Person, "session.sign-in-failed", string(name), "账号锁定中"), nil
		case right && owes: // failures are forgotten when the code was right too
			return s.auditRow(r, u.Person, "session.password", string(name), ""), nil
		case right:
			u.Failures, u.LockedUntil, u.LastAt, u.LastFrom = 0, 0, now, remote(r)
			return s.auditRow(r, u.Person, "session.sign-in", string(name), ""), nil
		}
		detail := s.miss(u)
		if !u.Active() {
			detail = "账号已停用或未授权，" + detail
		}
		return s.auditRow(r, u.Person, "session.sign-in-failed", string(name), detail), nil
	})
	if err != nil {
		return u, false, fmt.Errorf("counting sign-ins: %w", err)
	}
	return u, right, nil
}

// miss counts a wrong password or code and locks the account at the fifth; it
// says so in words.
func (s *Server) miss(u *huiying.User) string {
	u.Failures++
	detail := fmt.Sprintf("连续第 %d 次", u.Failures)
	if u.Failures >= maxFailures {
		u.Failures, u.LockedUntil = 0, s.wall().Add(lockFor).Unix()
		detail += "，锁定 15 分钟"
	}
	return detail
}

// audit puts an action on the audit chain. What cannot be put on record is not
// done: the caller fails.
func (s *Server) audit(ctx context.Context, r *http.Request, p huiying.Person, action, object, detail string) error {
	if err := s.cfg.Ledger.Record(ctx, s.auditRow(r, p, action, object, detail)); err != nil {
		return fmt.Errorf("recording %s: %w", action, err)
	}
	return nil
}

func (s *Server) auditRow(r *http.Request, p huiying.Person, action, object, detail string) huiying.Audit {
	return huiying.Audit{
		At: s.now(), Region: p.Region, Who: p.User, Role: p.Role, Action: action, Object: object, Detail: detail, From: remote(r),
	}
}
