package dashboard

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"huiying"
)

// firstView is the page on which an installation gets its first accounts.
type firstView struct {
	Code, User, Name        string
	Security, Audit         string
	SecurityName, AuditName string
	Error                   string
	Again                   bool // another county can be chosen
}

// noAccounts reports that the installation is as new as it can be. When that
// cannot be read the sign-in page is what it always is.
func (s *Server) noAccounts(r *http.Request) bool {
	users, err := s.cfg.Ledger.Users(r.Context(), s.cfg.Region)
	return err == nil && len(users) == 0
}

// mayBegin reports whether the first accounts can be made on a page.
func (s *Server) mayBegin(r *http.Request) bool { return s.cfg.SetupCode != "" && s.noAccounts(r) }

func (s *Server) firstPage(w http.ResponseWriter, r *http.Request) {
	if !s.mayBegin(r) {
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return
	}
	v := firstView{Security: "secadmin", Audit: "auditor"}
	if c, err := r.Cookie(setupCookie); err == nil && plainCode(c.Value) == plainCode(s.cfg.SetupCode) { // typed a minute ago to choose the county
		v.Code = s.cfg.SetupCode
	}
	s.first(w, http.StatusOK, v)
}

// chooseAgain leads back to the choice of a county, as long as nobody has an account
// and nothing came in.
func (s *Server) chooseAgain(w http.ResponseWriter, r *http.Request) {
	err := readForm(w, r)
	if err == nil {
		err = s.rechoose(r)
	}
	if err != nil && s.mayBegin(r) {
		if e, ok := asDomain(err); ok {
			s.note(r, err)
			s.first(w, statusOf(err), firstView{Code: strings.TrimSpace(r.PostForm.Get("code")), Security: "secadmin", Audit: "auditor", Error: e.Message})
			return
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/setup/county", http.StatusSeeOther)
}

func (s *Server) rechoose(r *http.Request) error {
	const stands = "县域不能再换：%s。要换一个县，请停止服务，另用一个空目录重新安装"
	ctx := r.Context()
	if !s.mayBegin(r) {
		return huiying.Errorf(huiying.CodeConflict, stands, "已经建立了账号")
	}
	if subtle.ConstantTimeCompare([]byte(plainCode(r.PostForm.Get("code"))), []byte(plainCode(s.cfg.SetupCode))) != 1 {
		return huiying.Invalid("code", textWrongCode)
	}
	if s.cfg.Rechoose == nil {
		return huiying.Errorf(huiying.CodeConflict, stands, "选定之后服务重启过，或者数据不在本机目录里")
	}
	posts, err := s.cfg.Archive.Posts(ctx, huiying.PostQuery{Region: s.cfg.Region, Limit: 1})
	if err != nil {
		return fmt.Errorf("look for posts: %w", err)
	}
	cases, err := s.cfg.Ledger.Cases(ctx, huiying.CaseQuery{Region: s.cfg.Region, Limit: 1, Now: s.now()})
	if err != nil {
		return fmt.Errorf("look for cases: %w", err)
	}
	if len(posts.Items)+len(cases.Items) > 0 {
		return huiying.Errorf(huiying.CodeConflict, stands, "已经有信息或交办单")
	}
	return s.cfg.Rechoose(ctx)
}

// first shows the page of the first accounts.
func (s *Server) first(w http.ResponseWriter, status int, v firstView) {
	v.Again = s.cfg.Rechoose != nil
	s.render(w, status, "setup-start", v)
}

// firstAccounts makes the three administrators: the one who sits here chooses a
// password, the others are handed one they must change.
func (s *Server) firstAccounts(w http.ResponseWriter, r *http.Request) {
	if !s.mayBegin(r) {
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return
	}
	if err := readForm(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	v := firstView{Code: get("code"), User: get("user"), Name: get("name"), Security: get("security"), SecurityName: get("security_name"), Audit: get("audit"), AuditName: get("audit_name")}
	me, handed, err := s.begin(r, v)
	if err == nil {
		err = s.sessions.begin(w, r, me.User)
	}
	if e, ok := asDomain(err); ok {
		s.note(r, err)
		v.Error = e.Message
		s.first(w, statusOf(err), v)
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, http.StatusOK, "setup-handed", handed)
}

func (s *Server) begin(r *http.Request, v firstView) (huiying.User, []handedView, error) {
	if subtle.ConstantTimeCompare([]byte(plainCode(v.Code)), []byte(plainCode(s.cfg.SetupCode))) != 1 {
		return huiying.User{}, nil, huiying.Invalid("code", textWrongCode)
	}
	password := r.PostForm.Get("password")
	if password != r.PostForm.Get("again") {
		return huiying.User{}, nil, huiying.Invalid("again", "两次输入的密码不一样")
	}
	var users []huiying.User
	var audits []huiying.Audit
	var handed []handedView
	for _, a := range []struct {
		role       huiying.Role
		user, name string
	}{{huiying.SystemAdmin, v.User, v.Name}, {huiying.SecurityAdmin, v.Security, v.SecurityName}, {huiying.AuditAdmin, v.Audit, v.AuditName}} {
		id, err := huiying.ParseUserID(a.user)
		switch {
		case err != nil:
			return huiying.User{}, nil, err
		case a.name == "":
			return huiying.User{}, nil, huiying.Invalid("name", "请填写%s的姓名，实名到人", a.role.Label())
		case slices.ContainsFunc(users, func(u huiying.User) bool { return u.User == id || u.Name == a.name }):
			return huiying.User{}, nil, huiying.Invalid("user", "三个管理员必须是三个人、三个账号（三员分立）")
		}
		u := huiying.User{Person: huiying.Person{User: id, Name: huiying.Clip(a.name, 40), Role: a.role, Region: s.cfg.Region}, CreatedAt: s.now()}
		if a.role == huiying.SystemAdmin {
			if err := CheckNewPassword(id, password); err != nil {
				return huiying.User{}, nil, err
			}
			if u.PasswordHash, err = HashPassword(password); err != nil {
				return huiying.User{}, nil, err
			}
			u.PasswordAt, u.LastAt, u.LastFrom = s.now(), s.wall(), remote(r)
		} else {
			h, err := s.hand(&u)
			if err != nil {
				return huiying.User{}, nil, err
			}
			h.Role = a.role
			handed = append(handed, *h)
		}
		users = append(users, u)
		audits = append(audits, s.auditRow(r, huiying.Person{User: huiying.UserID(v.User), Role: huiying.SystemAdmin, Region: s.cfg.Region}, "setup.account", string(id), a.role.Label()))
	}
	return users[0], handed, s.cfg.Ledger.FirstUsers(r.Context(), users, audits)
}

// plainCode is a code as it is compared: people leave out its dashes.
func plainCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}
