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

// account is the account an address names, if it is of p's region.
func (s *Server) account(r *http.Request, p huiying.Person) (huiying.User, error) {
	id := huiying.UserID(r.PathValue("id"))
	u, err := s.cfg.Ledger.User(r.Context(), id)
	if err == nil && !p.Region.Covers(u.Region) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有账号 %q", id)
	}
	return u, err
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
