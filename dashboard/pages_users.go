package dashboard

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"huiying"
)

// usersView is 用户与权限: who may do what, and the roles that wait for an answer.
type usersView struct {
	Rows    []userRow
	Waiting []grantRow
	Filter  userFilter
	Roles   []huiying.Role
	Units   []huiying.Unit
	MayAdd  bool
	Form    userForm
	Error   string // of a request that could not be decided
	Handed  *handedView
}

type userFilter struct{ Q, Role, State string }

type userRow struct {
	huiying.User
	UnitName string
	Standing standing
	Word     string // 正常, 待授权 …
	Tone     string // of the word: a status colour
	Self     bool
}

type grantRow struct {
	huiying.Grant
	Name, ByName, UnitName, Now string // Now: the role the account has
	MayDecide                   bool
	Why                         string // it cannot be decided by the reader
}

// userForm is an account being added, or a role being asked, as it was typed.
type userForm struct {
	User, Name, Role, Unit, Reason string
	Error                          string
}

// handedView shows a temporary password, once.
type handedView struct {
	Role     huiying.Role // in the first-run guide
	User     huiying.UserID
	Name     string
	Password string
}

// userView is one account: its standing, requests, sessions and tokens.
type userView struct {
	userRow
	Form      userForm
	Roles     []huiying.Role
	Units     []huiying.Unit
	Grants    []grantRow
	Sessions  []huiying.Session
	Tokens    []tokenRow
	MayAsk    bool
	Factor    factorView
	Provider  string // the office's identity provider, "" for none
	Subject   string // who the account is there
	MayBind   bool
	MayRevoke bool
	Deeds     []huiying.Deed // what the reader may do to it
	Error     string
	Handed    *handedView
}

func (s *Server) usersPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showUsers(w, r, p, http.StatusOK, usersView{})
}

func (s *Server) showUsers(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, v usersView) error {
	ctx := r.Context()
	users, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return err
	}
	waiting, err := s.cfg.Ledger.Grants(ctx, p.Region, "", huiying.GrantAsked)
	if err != nil {
		return err
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v.Filter = userFilter{strings.TrimSpace(q.Get("q")), q.Get("role"), q.Get("state")}
	asked := make(map[huiying.UserID]bool, len(waiting))
	for _, g := range waiting {
		asked[g.User] = true
	}
	for _, u := range users {
		row := s.userRow(u, p, units, asked[u.User])
		if v.Filter.shows(row) {
			v.Rows = append(v.Rows, row)
		}
	}
	v.Waiting = grantRows(waiting, users, units, p)
	v.Roles, v.Units = huiying.Roles, s.standing(units)
	v.MayAdd = p.Role == huiying.SystemAdmin
	return s.show(w, r, p, status, "users", "用户与权限", v)
}

func (f userFilter) shows(u userRow) bool {
	found := f.Q == "" || strings.Contains(string(u.Person.User), f.Q) || strings.Contains(u.Name, f.Q) || strings.Contains(u.UnitName, f.Q)
	return found && (f.Role == "" || f.Role == string(u.Role)) && (f.State == "" || f.State == u.Tone)
}

func (s *Server) userRow(u huiying.User, p huiying.Person, units *huiying.Directory, asked bool) userRow {
	row := userRow{User: u, Self: p.User == u.User, Standing: standingGood}
	if u.Unit != "" {
		row.UnitName = units.In(u.Region).Name(u.Unit)
	}
	switch {
	case u.Disabled:
		row.Standing = standingDisabled
	case u.LockedAt(s.wall()):
		row.Standing = standingLocked
	case !u.Role.Valid():
		row.Standing = standingNoRole
		if asked {
			row.Standing = standingAsked
		}
	case u.PasswordHash == "":
		row.Standing = standingNoPassword
	case u.MustChange:
		row.Standing = standingMustChange
	}
	row.Word, row.Tone = standings[row.Standing][0], standings[row.Standing][1]
	return row
}

// standing is whether an account can be used, and if not, why.
type standing string

const (
	standingGood       standing = "active"
	standingDisabled   standing = "disabled"
	standingLocked     standing = "locked"
	standingNoRole     standing = "no-role"
	standingAsked      standing = "asked"
	standingNoPassword standing = "no-password"
	standingMustChange standing = "must-change"
)

// standings are their words and colours.
var standings = map[standing][2]string{
	standingGood: {"正常", "green"}, standingDisabled: {"已停用", "grey"}, standingLocked: {"锁定中", "red"},
	standingNoRole: {"未授权", "yellow"}, standingAsked: {"待授权", "yellow"},
	standingNoPassword: {"未设密码", "yellow"}, standingMustChange: {"待改密码", "yellow"},
}

func grantRows(grants []huiying.Grant, users []huiying.User, units *huiying.Directory, p huiying.Person) []grantRow {
	byID := make(map[huiying.UserID]huiying.User, len(users))
	for _, u := range users {
		byID[u.User] = u
	}
	out := make([]grantRow, len(grants))
	for i, g := range grants {
		row := grantRow{Grant: g, Name: byID[g.User].Name, ByName: byID[g.By].Name, Now: byID[g.User].Role.Label()}
		if g.Unit != "" {
			row.UnitName = units.Name(g.Unit)
		}
		if p.Role == huiying.SecurityAdmin && g.State == huiying.GrantAsked {
			_, err := g.Decide(p, true, "", g.At)
			row.MayDecide = err == nil
			if e, ok := asDomain(err); ok {
				row.Why = e.Message
			}
		}
		out[i] = row
	}
	return out
}

// standing are the units an account can be given now.
func (s *Server) standing(units *huiying.Directory) []huiying.Unit {
	var out []huiying.Unit
	for _, u := range units.All() {
		if u.ValidAt(s.now()) {
			out = append(out, u)
		}
	}
	return out
}

// addUser adds an account that can do nothing until its role is granted.
func (s *Server) addUser(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	f := readUserForm(r)
	_, err := s.newAccount(r, p, f)
	if refused(err) {
		f.Error = errorViewOf(err).Message
		return s.showUsers(w, r, p, statusOf(err), usersView{Form: f})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/users?done=user-added")
}

func readUserForm(r *http.Request) userForm {
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	return userForm{User: get("user"), Name: get("name"), Role: get("role"), Unit: get("unit"), Reason: get("reason")}
}

// refused reports whether an error is for the form to show.
func refused(err error) bool {
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid, huiying.CodeConflict:
		return true
	}
	return false
}

func (s *Server) newAccount(r *http.Request, p huiying.Person, f userForm) (huiying.Grant, error) {
	id, err := huiying.ParseUserID(f.User)
	if err != nil {
		return huiying.Grant{}, err
	}
	if f.Name == "" {
		return huiying.Grant{}, huiying.Invalid("name", "请填写姓名，实名到人")
	}
	u := huiying.User{Person: huiying.Person{User: id, Name: huiying.Clip(f.Name, 40), Region: p.Region}, CreatedAt: s.now()}
	g, err := s.asked(r.Context(), p, u, f)
	if err != nil {
		return g, err
	}
	return g, s.cfg.Ledger.AddUser(r.Context(), u, g, s.auditRow(r, p, "user.add", string(id), "申请"+grantText(g)+"："+g.Reason))
}

// asked makes the request a form is about.
func (s *Server) asked(ctx context.Context, p huiying.Person, u huiying.User, f userForm) (huiying.Grant, error) {
	unit := huiying.UnitID(f.Unit)
	if unit != "" {
		units, err := s.unitsOf(ctx)
		if err != nil {
			return huiying.Grant{}, err
		}
		if err := units.Check(unit, s.now()); err != nil {
			return huiying.Grant{}, err
		}
	}
	return p.Ask(huiying.GrantID(rand.Text()), u, huiying.Role(f.Role), unit, huiying.Clip(f.Reason, 200), s.now())
}

func grantText(g huiying.Grant) string {
	if g.Unit == "" {
		return g.Role.Label()
	}
	return g.Role.Label() + "（" + string(g.Unit) + "）"
}

// askRole asks another role or unit for an account.
func (s *Server) askRole(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	u, err := s.account(r, p)
	if err != nil {
		return err
	}
	f := readUserForm(r)
	_, err = s.anotherRole(r, p, u, f)
	if refused(err) {
		f.Error = errorViewOf(err).Message
		return s.showUser(w, r, p, statusOf(err), u, userView{Form: f})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/users/"+string(u.User)+"?done=role-asked")
}

func (s *Server) anotherRole(r *http.Request, p huiying.Person, u huiying.User, f userForm) (huiying.Grant, error) {
	g, err := s.asked(r.Context(), p, u, f)
	if err != nil {
		return g, err
	}
	return g, s.cfg.Ledger.AskGrant(r.Context(), g, s.auditRow(r, p, "user.ask-role", string(u.User), u.Role.Label()+" → "+grantText(g)+"："+g.Reason))
}

// account is the account an address names, if it is of p's region.
func (s *Server) account(r *http.Request, p huiying.Person) (huiying.User, error) {
	id := huiying.UserID(r.PathValue("id"))
	u, err := s.cfg.Ledger.User(r.Context(), id)
	if err == nil && !p.Region.Covers(u.Region) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有账号 %q", id)
	}
	return u, err
}

// decideGrant answers a request. An account that had no password gets its first
// one here, shown once.
func (s *Server) decideGrant(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	_, handed, err := s.decideRole(r, p, r.PostForm.Get("grant") == "yes", r.PostForm.Get("answer"))
	if refused(err) {
		return s.showUsers(w, r, p, statusOf(err), usersView{Error: errorViewOf(err).Message})
	}
	if err != nil {
		return err
	}
	if handed != nil {
		return s.showUsers(w, r, p, http.StatusOK, usersView{Handed: handed})
	}
	return redirect(w, r, "/users?done=role-decided")
}

// decideRole answers the request an address names.
func (s *Server) decideRole(r *http.Request, p huiying.Person, yes bool, answer string) (huiying.Grant, *handedView, error) {
	ctx := r.Context()
	all, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return huiying.Grant{}, nil, err
	}
	var handed *handedView
	g, err := s.cfg.Ledger.DecideGrant(ctx, huiying.GrantID(r.PathValue("id")), func(g *huiying.Grant, u *huiying.User) (huiying.Audit, error) {
		done, err := g.Decide(p, yes, huiying.Clip(answer, 200), s.now())
		if err != nil {
			return huiying.Audit{}, err
		}
		*g = done
		if !yes {
			return s.auditRow(r, p, "user.refuse-role", string(u.User), grantText(done)+"："+done.Answer), nil
		}
		if u.Role != done.Role {
			if err := huiying.KeepsAdministrator(all, *u); err != nil {
				return huiying.Audit{}, err
			}
		}
		before := u.Role.Label()
		u.Role, u.Unit = done.Role, done.Unit
		if u.PasswordHash == "" {
			if handed, err = s.hand(u); err != nil {
				return huiying.Audit{}, err
			}
		}
		return s.auditRow(r, p, "user.grant-role", string(u.User), before+" → "+grantText(done)), nil
	})
	if err == nil && yes { // what was open was opened with the role before
		err = s.signOutEverywhere(ctx, g.User, "", huiying.Audit{})
	}
	return g, handed, err
}

// hand gives an account a temporary password, which its owner must change.
func (s *Server) hand(u *huiying.User) (*handedView, error) {
	raw := rand.Text()
	password := raw[:4] + "-" + strings.ToLower(raw[4:8]) + "-" + raw[8:12] + "-7" // three kinds of signs, whatever came out
	hash, err := HashPassword(password)
	if err != nil {
		return nil, err
	}
	u.PasswordHash, u.PasswordAt, u.MustChange, u.Failures, u.LockedUntil = hash, s.now(), true, 0, 0
	return &handedView{User: u.User, Name: u.Name, Password: password}, nil
}

// signOutEverywhere ends the sessions of an account, but for the one to keep.
func (s *Server) signOutEverywhere(ctx context.Context, id huiying.UserID, keep string, a huiying.Audit) error {
	ended, err := s.cfg.Ledger.EndSessions(ctx, id, "", keep, a)
	for _, session := range ended {
		s.hub.dropSession(session)
	}
	return err
}

func (s *Server) userPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.account(r, p)
	if err != nil {
		return err
	}
	return s.showUser(w, r, p, http.StatusOK, u, userView{Form: userForm{Role: string(u.Role), Unit: string(u.Unit)}})
}

func (s *Server) showUser(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, u huiying.User, v userView) error {
	v, err := s.userView(r, p, u, v)
	if err != nil {
		return err
	}
	return s.show(w, r, p, status, "user", u.Name, v)
}

// userView completes what is shown of an account.
func (s *Server) userView(r *http.Request, p huiying.Person, u huiying.User, v userView) (userView, error) {
	ctx := r.Context()
	units, err := s.unitsOf(ctx)
	if err != nil {
		return v, err
	}
	grants, err := s.cfg.Ledger.Grants(ctx, p.Region, u.User, "")
	if err != nil {
		return v, err
	}
	users, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return v, err
	}
	v.userRow = s.userRow(u, p, units, slices.ContainsFunc(grants, func(g huiying.Grant) bool { return g.State == huiying.GrantAsked }))
	v.Grants = grantRows(grants, users, units, p)
	if v.Sessions, err = s.cfg.Ledger.Sessions(ctx, u.User); err != nil {
		return v, err
	}
	tokens, err := s.cfg.Ledger.Tokens(ctx, u.User)
	if err != nil {
		return v, err
	}
	v.Tokens = s.tokenRows(tokens)
	if v.Factor, err = s.factorOf(r, u.Person); err != nil {
		return v, err
	}
	if s.oidc != nil {
		v.Provider, v.MayBind = s.oidc.Name, p.Manage(huiying.DeedBind, u, "可以") == nil
		if v.Subject, err = s.cfg.Ledger.SubjectOf(ctx, s.oidc.Issuer, u.User); err != nil {
			return v, err
		}
	}
	v.Roles, v.Units = huiying.Roles, s.standing(units)
	v.MayAsk = p.Role == huiying.SystemAdmin && !v.Self
	v.MayRevoke = p.Manage(huiying.DeedRevoke, u, "可以") == nil
	for _, d := range huiying.Deeds {
		if p.Manage(d, u, "可以") == nil && v.fits(d) {
			v.Deeds = append(v.Deeds, d)
		}
	}
	return v, nil
}

// fits reports whether a deed makes sense for the account as it is.
func (v userView) fits(d huiying.Deed) bool {
	switch d {
	case huiying.DeedDisable:
		return !v.Disabled
	case huiying.DeedEnable:
		return v.Disabled
	case huiying.DeedUnlock:
		return v.Tone == "red" || v.Failures > 0
	case huiying.DeedPassword:
		return v.Role.Valid()
	case huiying.DeedEndSessions:
		return len(v.Sessions) > 0
	case huiying.DeedFactor:
		return v.Factor.On
	}
	return false // they have forms of their own
}

// manageUser does something to the account of another.
func (s *Server) manageUser(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	u, err := s.account(r, p)
	if err != nil {
		return err
	}
	f := r.PostForm
	handed, err := s.manage(r, p, u, deedForm{Reason: f.Get("reason"), Token: f.Get("token"), Name: f.Get("name"), Subject: f.Get("subject")})
	if refused(err) {
		return s.showUser(w, r, p, statusOf(err), u, userView{Error: errorViewOf(err).Message, Form: userForm{Role: string(u.Role), Unit: string(u.Unit)}})
	}
	if err != nil {
		return err
	}
	if handed != nil {
		if u, err = s.cfg.Ledger.User(r.Context(), u.User); err != nil {
			return err
		}
		return s.showUser(w, r, p, http.StatusOK, u, userView{Handed: handed, Form: userForm{Role: string(u.Role), Unit: string(u.Unit)}})
	}
	return redirect(w, r, "/users/"+string(u.User)+"?done=user-managed")
}

// deedForm says why, and of some deeds what.
type deedForm struct {
	Reason  string
	Token   string // the one to revoke, and its name for the record
	Name    string
	Subject string // who the account is at the identity provider; "" unbinds it
}

// manage does the deed an address names.
func (s *Server) manage(r *http.Request, p huiying.Person, u huiying.User, f deedForm) (*handedView, error) {
	d, reason := huiying.Deed(r.PathValue("deed")), strings.TrimSpace(huiying.Clip(f.Reason, 200))
	if err := p.Manage(d, u, reason); err != nil {
		return nil, err
	}
	ctx, audit := r.Context(), s.auditRow(r, p, "user."+string(d), string(u.User), reason)
	switch d {
	case huiying.DeedEndSessions:
		return nil, s.signOutEverywhere(ctx, u.User, "", audit)
	case huiying.DeedBind:
		return nil, s.bindSubject(ctx, u, f.Subject, reason, audit)
	case huiying.DeedFactor:
		err := s.cfg.Ledger.ChangeSecondFactor(ctx, u.User, func(d *huiying.SecondFactor) (huiying.Audit, error) {
			*d = huiying.SecondFactor{}
			return audit, nil
		})
		if err != nil {
			return nil, err
		}
		return nil, s.signOutEverywhere(ctx, u.User, "", huiying.Audit{})
	case huiying.DeedRevoke:
		audit.Detail = huiying.Clip(f.Name, 80) + "：" + reason
		return nil, s.cfg.Ledger.RevokeToken(ctx, u.User, f.Token, s.wall(), audit)
	}
	all, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return nil, err
	}
	var handed *handedView
	_, err = s.cfg.Ledger.ChangeUser(ctx, u.User, func(u *huiying.User) (_ huiying.Audit, err error) {
		switch d {
		case huiying.DeedDisable:
			err = huiying.KeepsAdministrator(all, *u)
			u.Disabled = true
		case huiying.DeedEnable:
			u.Disabled = false
		case huiying.DeedUnlock:
			u.Failures, u.LockedUntil = 0, 0
		case huiying.DeedPassword:
			handed, err = s.hand(u)
		default:
			err = fmt.Errorf("deed %s has no way to be done", d)
		}
		return audit, err
	})
	if err == nil && (d == huiying.DeedDisable || d == huiying.DeedPassword) {
		err = s.signOutEverywhere(ctx, u.User, "", huiying.Audit{})
	}
	return handed, err
}
