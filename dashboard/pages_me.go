package dashboard

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// meView is 我的账号: what a person keeps of his own account.
type meView struct {
	User     huiying.User
	UnitName string
	Must     string // what has to be done before anything else
	Sessions []sessionRow
	Tokens   []tokenRow
	Scopes   []huiying.Scope
	Recent   []auditRow // sign-ins and failed ones
	Token    *newToken
	Form     tokenForm
	Errors   map[string]string // by section: password, tokens
	Rules    string
	Factor   factorView
}

type sessionRow struct {
	huiying.Session
	Here bool
}

type tokenRow struct {
	huiying.Token
	Reach  string // its scopes, in words
	Word   string // until when it stands
	Stands bool
}

type tokenForm struct {
	Name   string
	Scopes []string
	Days   string
}

// newToken is shown once.
type newToken struct{ Name, Secret string }

const (
	passwordsKept = 5  // the last ones may not be taken again
	tokensKept    = 20 // an account has at a time
	longestToken  = 365
)

const passwordRules = "10–200 个字符，含大写字母、小写字母、数字、符号中的至少三种，不含账号名，不与最近 5 次的密码相同。"

func (s *Server) mePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showMe(w, r, p, http.StatusOK, meView{})
}

func (s *Server) showMe(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, v meView) error {
	ctx := r.Context()
	var err error
	if v.User, err = s.cfg.Ledger.User(ctx, p.User); err != nil {
		return err
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	if p.Unit != "" {
		v.UnitName = units.Name(p.Unit)
	}
	sessions, err := s.cfg.Ledger.Sessions(ctx, p.User)
	if err != nil {
		return err
	}
	for _, z := range sessions {
		v.Sessions = append(v.Sessions, sessionRow{z, z.ID == visitOf(ctx).sess})
	}
	tokens, err := s.cfg.Ledger.Tokens(ctx, p.User)
	if err != nil {
		return err
	}
	v.Tokens = s.tokenRows(tokens)
	trail, err := s.cfg.Ledger.AuditTrail(ctx, huiying.AuditQuery{Who: p.User, Action: "session.", Limit: 8})
	if err != nil {
		return err
	}
	for _, a := range trail.Items {
		v.Recent = append(v.Recent, auditRow{Audit: a, Label: actionLabel(a.Action)})
	}
	shown := v.Factor
	if v.Factor, err = s.factorOf(r, p); err != nil {
		return err
	}
	v.Factor.QR, v.Factor.Secret, v.Factor.Codes, v.Factor.Error = shown.QR, shown.Secret, shown.Codes, shown.Error
	switch {
	case v.User.MustChange:
		v.Must = "当前是临时密码，请先改成只有您自己知道的密码，再使用其他功能。"
	case v.Factor.Needed && !v.Factor.On:
		v.Must = "您的角色须启用二次验证，请先完成设置，再使用其他功能。"
	}
	v.Scopes, v.Rules = huiying.Scopes, passwordRules
	v.Form.Days = cmp.Or(v.Form.Days, "90")
	return s.show(w, r, p, status, "me", "我的账号", v)
}

func (s *Server) tokenRows(tokens []huiying.Token) []tokenRow {
	now := s.wall()
	out := make([]tokenRow, 0, len(tokens))
	for _, t := range tokens {
		row := tokenRow{Token: t, Reach: "账号的全部权限", Stands: t.ValidAt(now)}
		if len(t.Scopes) > 0 {
			words := make([]string, len(t.Scopes))
			for i, scope := range t.Scopes {
				words[i] = scope.Label()
			}
			row.Reach = strings.Join(words, "、")
		}
		switch {
		case !t.RevokedAt.IsZero():
			row.Word = stamp(t.RevokedAt) + " 吊销"
		case t.Expires.IsZero():
			row.Word = "长期有效"
		case !row.Stands:
			row.Word = stamp(t.Expires) + " 到期"
		default:
			row.Word = "有效至 " + stamp(t.Expires)
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b tokenRow) int { // those that stand first
		switch {
		case a.Stands == b.Stands:
			return 0
		case a.Stands:
			return -1
		}
		return 1
	})
	return out
}

// changePassword sets a new password and signs the person out everywhere else.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	err := s.newPassword(r, p, r.PostForm.Get("old"), r.PostForm.Get("new"), r.PostForm.Get("again"))
	if refused(err) {
		return s.showMe(w, r, p, statusOf(err), meView{Errors: map[string]string{"password": errorViewOf(err).Message}})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/me?done=password")
}

func (s *Server) newPassword(r *http.Request, p huiying.Person, old, fresh, again string) error {
	ctx := r.Context()
	u, err := s.cfg.Ledger.User(ctx, p.User)
	if err != nil {
		return err
	}
	if err := s.provePassword(r, u, old); err != nil {
		return err
	}
	if fresh != again {
		return huiying.Invalid("again", "两次输入的新密码不一致")
	}
	if err := CheckNewPassword(p.User, fresh); err != nil {
		return err
	}
	before, err := s.cfg.Ledger.OldPasswords(ctx, p.User, passwordsKept-1)
	if err != nil {
		return err
	}
	for _, hash := range append(before, u.PasswordHash) {
		same, err := s.compare(ctx, hash, fresh)
		if err != nil {
			return err
		}
		if same {
			return huiying.Invalid("new", "不能使用最近 %d 次用过的密码", passwordsKept)
		}
	}
	hash, err := HashPassword(fresh)
	if err != nil {
		return err
	}
	_, err = s.cfg.Ledger.ChangeUser(ctx, p.User, func(u *huiying.User) (huiying.Audit, error) {
		u.PasswordHash, u.PasswordAt, u.MustChange = hash, s.now(), false
		return s.auditRow(r, p, "user.password", string(p.User), ""), nil
	})
	if err != nil {
		return err
	}
	return s.signOutEverywhere(ctx, p.User, visitOf(ctx).sess, huiying.Audit{})
}

// provePassword checks that the person at the screen knows the password. Wrong
// ones count like those of a sign-in; the fifth locks and signs out.
func (s *Server) provePassword(r *http.Request, u huiying.User, password string) error {
	right, err := s.compare(r.Context(), u.PasswordHash, password)
	if err != nil || right {
		return err
	}
	locked := false
	_, err = s.cfg.Ledger.ChangeUser(r.Context(), u.User, func(u *huiying.User) (huiying.Audit, error) {
		detail := s.miss(u)
		locked = u.LockedAt(s.wall())
		return s.auditRow(r, u.Person, "user.password-failed", string(u.User), detail), nil
	})
	if err == nil && locked {
		err = s.signOutEverywhere(r.Context(), u.User, "", huiying.Audit{})
	}
	return errors.Join(err, huiying.Invalid("old", "原密码不正确"))
}

// endSession signs the person out of one of his browsers.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	id := r.PathValue("id")
	ended, err := s.cfg.Ledger.EndSessions(r.Context(), p.User, id, visitOf(r.Context()).sess, s.auditRow(r, p, "session.end", string(p.User), ""))
	if err != nil {
		return err
	}
	for _, z := range ended {
		s.hub.dropSession(z)
	}
	return redirect(w, r, "/me?done=session-ended")
}

// makeToken makes a token and shows it, once.
func (s *Server) makeToken(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	f := tokenForm{Name: strings.TrimSpace(r.PostForm.Get("name")), Scopes: r.PostForm["scopes"], Days: r.PostForm.Get("days")}
	secret, err := s.mint(r.Context(), r, p, f)
	if refused(err) {
		return s.showMe(w, r, p, statusOf(err), meView{Form: f, Errors: map[string]string{"tokens": errorViewOf(err).Message}})
	}
	if err != nil {
		return err
	}
	return s.showMe(w, r, p, http.StatusOK, meView{Token: &newToken{f.Name, secret}})
}

func (s *Server) mint(ctx context.Context, r *http.Request, p huiying.Person, f tokenForm) (string, error) {
	scopes, err := huiying.ParseScopes(strings.Join(f.Scopes, ","))
	if err != nil {
		return "", err
	}
	days, err := strconv.Atoi(f.Days)
	switch {
	case f.Name == "":
		return "", huiying.Invalid("name", "请填写用途，便于以后辨认")
	case len(scopes) == 0:
		return "", huiying.Invalid("scopes", "请至少勾选一个范围，够用即可")
	case err != nil || days < 1 || days > longestToken:
		return "", huiying.Invalid("days", "有效期应为 1–%d 天", longestToken)
	}
	have, err := s.cfg.Ledger.Tokens(ctx, p.User)
	if err != nil {
		return "", err
	}
	now, n := s.wall(), 0
	for _, t := range have {
		if t.ValidAt(now) {
			n++
		}
	}
	if n >= tokensKept {
		return "", huiying.Errorf(huiying.CodeConflict, "有效令牌已有 %d 个，请先吊销不用的", n)
	}
	secret := "hy_" + strings.ToLower(rand.Text())
	t := huiying.Token{
		ID: HashToken(secret), User: p.User, Name: huiying.Clip(f.Name, 40), Scopes: scopes,
		CreatedAt: now, Expires: now.Add(time.Duration(days) * 24 * time.Hour),
	}
	detail := t.Name + "：" + s.tokenRows([]huiying.Token{t})[0].Reach + "，" + f.Days + " 天"
	return secret, s.cfg.Ledger.SaveToken(ctx, t, s.auditRow(r, p, "token.make", string(p.User), detail))
}

// revokeToken ends a token of one's own.
func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	id := r.PathValue("id")
	if err := s.cfg.Ledger.RevokeToken(r.Context(), p.User, id, s.wall(), s.auditRow(r, p, "token.revoke", string(p.User), "")); err != nil {
		return err
	}
	return redirect(w, r, "/me?done=token-revoked")
}
