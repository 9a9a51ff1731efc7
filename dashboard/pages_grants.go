package dashboard

import (
	"context"
	"crypto/rand"
	"net/http"

	"huiying"
)

type grantRow struct {
	huiying.Grant
	Name, ByName, UnitName, Now string // Now: the role the account has
	MayDecide                   bool
	Why                         string // it cannot be decided by the reader
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
