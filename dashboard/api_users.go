package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// accountDoc is an account without anything it is proved by.
type accountDoc struct {
	huiying.User
	State standing `json:"state" enum:"active,disabled,locked,no-role,asked,no-password,must-change"`
}

// accountFull is an account with what was asked for it and what it has open.
type accountFull struct {
	accountDoc
	SecondFactor bool            `json:"second_factor" doc:"已启用二次验证"`
	Grants       []huiying.Grant `json:"grants"`
	Sessions     []sessionDoc    `json:"sessions"`
	Tokens       []tokenDoc      `json:"tokens" doc:"令牌本身不保存，也不显示"`
}

type sessionDoc struct {
	Begun time.Time `json:"begun"`
	Seen  time.Time `json:"seen"`
	From  string    `json:"from"`
	Agent string    `json:"agent"`
}

type tokenDoc struct {
	huiying.Token
	Valid bool `json:"valid"`
}

// handedDoc is what became of a change: a temporary password is shown here and
// never again.
type handedDoc struct {
	User     huiying.UserID `json:"user"`
	Grant    *huiying.Grant `json:"grant,omitempty"`
	Password string         `json:"password,omitempty" doc:"临时密码，只出现这一次，登录后必须先改"`
}

func handed(id huiying.UserID, g *huiying.Grant, h *handedView) handedDoc {
	doc := handedDoc{User: id, Grant: g}
	if h != nil {
		doc.Password = h.Password
	}
	return doc
}

type usersInput struct {
	Q     string `query:"q" maxLength:"64" doc:"账号、姓名或单位所含"`
	Role  string `query:"role" maxLength:"32"`
	State string `query:"state" enum:"active,disabled,locked,no-role,asked,no-password,must-change"`
}

// AccountInput names an account. (Exported like [Listing].)
type AccountInput struct {
	asked
	ID huiying.UserID `path:"id" maxLength:"64"`
}

// Wish is a role asked for an account. (Exported like [Listing].)
type Wish struct {
	Role   string `json:"role" maxLength:"32"`
	Unit   string `json:"unit,omitempty" maxLength:"64" doc:"单位编号；联络人、承办人、责任人必填"`
	Reason string `json:"reason" maxLength:"200"`
}

type newUserInput struct {
	asked
	Body struct {
		User string `json:"user" maxLength:"64"`
		Name string `json:"name" maxLength:"40" doc:"实名"`
		Wish
	}
}

type askInput struct {
	AccountInput
	Body Wish
}

type deedInput struct {
	AccountInput
	Deed string `path:"deed" enum:"disable,enable,unlock,reset-password,reset-second-factor,end-sessions,revoke-token,bind-subject"`
	Body struct {
		Reason  string `json:"reason" maxLength:"200"`
		Token   string `json:"token,omitempty" maxLength:"128" doc:"revoke-token：令牌的 id"`
		Subject string `json:"subject,omitempty" maxLength:"255" doc:"bind-subject：统一身份中的编号，空为解除"`
	}
}

type grantsInput struct {
	State string `query:"state" enum:"asked,granted,refused"`
	User  string `query:"user" maxLength:"64"`
}

type grantInput struct {
	asked
	ID   huiying.GrantID `path:"id" maxLength:"64"`
	Body struct {
		Grant  bool   `json:"grant" doc:"true 核准，false 不同意"`
		Answer string `json:"answer,omitempty" maxLength:"200" doc:"不同意时必填"`
	}
}

func (a api) routesUsers() {
	tags := []string{"账号与授权"}
	op := func(method, path, id, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Tags: tags}
	}
	handle(a, op(http.MethodGet, "/users", "list-users", "账号（三员）"), a.listUsers)
	handle(a, op(http.MethodGet, "/users/{id}", "get-user", "一个账号的授权、会话和令牌（三员）"), a.getUser)
	handle(a, op(http.MethodGet, "/grants", "list-grants", "授权申请（三员）"), a.listGrants)
	add := op(http.MethodPost, "/users", "add-user", "添加账号并申请角色（系统管理员）；安全管理员核准后才能登录")
	add.DefaultStatus = http.StatusCreated
	handle(a, add, a.addAccount)
	handle(a, op(http.MethodPost, "/users/{id}/role", "ask-role", "为账号申请另一个角色或单位（系统管理员）"), a.askAnother)
	handle(a, op(http.MethodPost, "/users/{id}/{deed}", "manage-user", "停用、启用（系统管理员），解锁、重置、强制下线、吊销令牌、绑定（安全管理员）"), a.manageAccount)
	handle(a, op(http.MethodPost, "/grants/{id}", "decide-grant", "核准或不同意授权申请（安全管理员）"), a.answerGrant)
}

func (a api) listUsers(ctx context.Context, p huiying.Person, in *usersInput) (huiying.Page[accountDoc], error) {
	out := huiying.Page[accountDoc]{Items: []accountDoc{}}
	users, err := a.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return out, fmt.Errorf("listing users: %w", err)
	}
	waiting, err := a.cfg.Ledger.Grants(ctx, p.Region, "", huiying.GrantAsked)
	if err != nil {
		return out, fmt.Errorf("listing grants: %w", err)
	}
	units, err := a.unitsOf(ctx)
	if err != nil {
		return out, err
	}
	asked := make(map[huiying.UserID]bool, len(waiting))
	for _, g := range waiting {
		asked[g.User] = true
	}
	filter := userFilter{Q: in.Q, Role: in.Role}
	for _, u := range users {
		row := a.userRow(u, p, units, asked[u.User])
		if filter.shows(row) && (in.State == "" || in.State == string(row.Standing)) {
			out.Items = append(out.Items, accountDoc{u, row.Standing})
		}
	}
	return out, nil
}

func (a api) getUser(ctx context.Context, p huiying.Person, in *AccountInput) (accountFull, error) {
	u, err := a.account(in.request, p)
	if err != nil {
		return accountFull{}, err
	}
	v, err := a.userView(in.request, p, u, userView{})
	if err != nil {
		return accountFull{}, err
	}
	out := accountFull{accountDoc: accountDoc{u, v.Standing}, SecondFactor: v.Factor.On, Sessions: []sessionDoc{}, Tokens: []tokenDoc{}}
	if out.Grants, err = a.cfg.Ledger.Grants(ctx, p.Region, u.User, ""); err != nil {
		return out, fmt.Errorf("listing grants: %w", err)
	}
	out.Grants = some(out.Grants)
	for _, one := range v.Sessions {
		out.Sessions = append(out.Sessions, sessionDoc{one.Begun, one.Seen, one.From, one.Agent})
	}
	for _, one := range v.Tokens {
		out.Tokens = append(out.Tokens, tokenDoc{one.Token, one.Stands})
	}
	return out, nil
}

func (a api) listGrants(ctx context.Context, p huiying.Person, in *grantsInput) (huiying.Page[huiying.Grant], error) {
	grants, err := a.cfg.Ledger.Grants(ctx, p.Region, huiying.UserID(in.User), huiying.GrantState(in.State))
	if err != nil {
		return huiying.Page[huiying.Grant]{}, fmt.Errorf("listing grants: %w", err)
	}
	return huiying.Page[huiying.Grant]{Items: some(grants)}, nil
}

func (a api) addAccount(_ context.Context, p huiying.Person, in *newUserInput) (handedDoc, error) {
	b := in.Body
	g, err := a.newAccount(in.request, p, userForm{User: b.User, Name: b.Name, Role: b.Role, Unit: b.Unit, Reason: b.Reason})
	return handed(g.User, &g, nil), err
}

func (a api) askAnother(_ context.Context, p huiying.Person, in *askInput) (handedDoc, error) {
	u, err := a.account(in.request, p)
	if err != nil {
		return handedDoc{}, err
	}
	g, err := a.anotherRole(in.request, p, u, userForm{Role: in.Body.Role, Unit: in.Body.Unit, Reason: in.Body.Reason})
	return handed(u.User, &g, nil), err
}

func (a api) manageAccount(_ context.Context, p huiying.Person, in *deedInput) (handedDoc, error) {
	u, err := a.account(in.request, p)
	if err != nil {
		return handedDoc{}, err
	}
	h, err := a.manage(in.request, p, u, deedForm{Reason: in.Body.Reason, Token: in.Body.Token, Name: in.Body.Token, Subject: in.Body.Subject})
	return handed(u.User, nil, h), err
}

func (a api) answerGrant(_ context.Context, p huiying.Person, in *grantInput) (handedDoc, error) {
	g, h, err := a.decideRole(in.request, p, in.Body.Grant, in.Body.Answer)
	return handed(g.User, &g, h), err
}
