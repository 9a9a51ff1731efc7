package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"huiying"
)

// OIDC is the identity provider of the office (统一身份认证). Who signs in there
// gets the account a security administrator bound to that identity, and nothing
// when none is: accounts and roles are never made from what a provider says.
type OIDC struct {
	Name     string // on the button
	Issuer   string // https://…, as the provider writes it
	ClientID string
	Secret   string
	Redirect string // our address + /signin/oidc/callback, registered there
}

// oidcPatience is how long the provider may take to answer.
const oidcPatience = 10 * time.Second

// federation speaks with the provider; what it publishes is read at first use,
// so that we start without it.
type federation struct {
	OIDC
	client *http.Client
	wall   func() time.Time

	mu       sync.Mutex
	provider *oidc.Provider
}

func newFederation(c OIDC, wall func() time.Time) *federation {
	if c.Issuer == "" {
		return nil
	}
	return &federation{OIDC: c, wall: wall, client: &http.Client{Timeout: oidcPatience}}
}

// ready is the provider's addresses, and our side of the conversation.
func (f *federation) ready() (*oidc.Provider, *oauth2.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.provider == nil {
		// the provider keeps the context to fetch new keys with: it must outlive the request
		p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), f.client), f.Issuer)
		if err != nil {
			return nil, nil, &huiying.Error{Code: huiying.CodeBusy, Message: f.Name + "暂时联系不上，请用账号密码登录，或稍后再试", Cause: err}
		}
		f.provider = p
	}
	return f.provider, &oauth2.Config{
		ClientID: f.ClientID, ClientSecret: f.Secret, RedirectURL: f.Redirect,
		Endpoint: f.provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID},
	}, nil
}

// oidcStart sends the browser to the provider.
func (s *Server) oidcStart(w http.ResponseWriter, r *http.Request) {
	if s.oidc == nil {
		s.fail(w, r, huiying.Errorf(huiying.CodeNotFound, "没有配置统一身份登录"))
		return
	}
	_, config, err := s.oidc.ready()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	err = s.sessions.note(w, r, map[string]string{
		"oidc-state": state, "oidc-nonce": nonce, "oidc-verifier": verifier, "oidc-next": localPath(r.URL.Query().Get("next")),
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
}

// oidcCallback takes the browser back from the provider.
func (s *Server) oidcCallback(w http.ResponseWriter, r *http.Request) {
	if s.oidc == nil {
		s.fail(w, r, huiying.Errorf(huiying.CodeNotFound, "没有配置统一身份登录"))
		return
	}
	u, next, err := s.oidcUser(r)
	if err != nil {
		s.note(r, err)
		if huiying.CodeOf(err) != huiying.CodeSignIn {
			s.answerError(w, r, err)
			return
		}
		row := s.auditRow(r, huiying.Person{Region: s.cfg.Region}, "session.sign-in-failed", "", "统一身份："+huiying.Clip(err.Error(), 200))
		if err := s.cfg.Ledger.Record(r.Context(), row); err != nil {
			s.fail(w, r, err)
			return
		}
		s.render(w, http.StatusUnauthorized, "signin", s.signInView(signInView{Next: next, Error: errorViewOf(err).Message}))
		return
	}
	s.enter(w, r, u, next)
}

// oidcUser is the account bound to the identity the provider vouches for.
func (s *Server) oidcUser(r *http.Request) (u huiying.User, next string, err error) {
	refused := func(message string, cause error) (huiying.User, string, error) {
		return huiying.User{}, next, &huiying.Error{Code: huiying.CodeSignIn, Message: message, Cause: cause}
	}
	noted, err := s.sessions.noted(r, "oidc-state", "oidc-nonce", "oidc-verifier", "oidc-next")
	if err != nil {
		return u, "/", err
	}
	state, nonce, verifier := noted[0], noted[1], noted[2]
	next = localPath(noted[3])
	q := r.URL.Query()
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1 {
		return refused("登录请求已过期或不是从本页发起的，请重新登录", nil)
	}
	if e := q.Get("error"); e != "" {
		return refused(s.oidc.Name+"没有同意登录", errors.New(huiying.Clip(e+" "+q.Get("error_description"), 200)))
	}
	provider, config, err := s.oidc.ready()
	if err != nil {
		return u, next, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(r.Context(), s.oidc.client), oidcPatience)
	defer cancel()
	token, err := config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return refused(s.oidc.Name+"没有认可这次登录，请重新登录", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: s.oidc.ClientID, Now: s.wall}).Verify(ctx, raw)
	if err != nil {
		return refused(s.oidc.Name+"的身份凭证没有通过核验，请重新登录", err)
	}
	if subtle.ConstantTimeCompare([]byte(nonce), []byte(id.Nonce)) != 1 {
		return refused("身份凭证不是为这次登录签发的，请重新登录", nil)
	}
	u, err = s.cfg.Ledger.UserBySubject(ctx, s.oidc.Issuer, id.Subject)
	if errors.Is(err, huiying.ErrNotFound) {
		return refused("统一身份 "+huiying.Clip(id.Subject, 100)+" 还没有绑定本系统的账号，请把这个标识告诉安全管理员", nil)
	}
	if err != nil {
		return u, next, fmt.Errorf("looking the identity up: %w", err)
	}
	owes, err := s.owesCode(ctx, u.User)
	if err != nil {
		return u, next, err
	}
	u, err = s.cfg.Ledger.ChangeUser(ctx, u.User, func(u *huiying.User) (huiying.Audit, error) {
		if !u.Active() || u.LockedAt(s.wall()) {
			return huiying.Audit{}, huiying.Errorf(huiying.CodeSignIn, "账号已停用、锁定或尚未授权，请联系管理员")
		}
		if owes {
			return s.auditRow(r, u.Person, "session.password", string(u.User), s.oidc.Name), nil
		}
		u.LastAt, u.LastFrom = s.wall(), remote(r)
		return s.auditRow(r, u.Person, "session.sign-in", string(u.User), s.oidc.Name), nil
	})
	return u, next, err
}

// bindSubject binds an identity of the provider to an account; an empty one
// removes the binding.
func (s *Server) bindSubject(ctx context.Context, u huiying.User, subject, reason string, audit huiying.Audit) error {
	if s.oidc == nil {
		return huiying.Errorf(huiying.CodeConflict, "没有配置统一身份登录")
	}
	subject = strings.TrimSpace(huiying.Clip(subject, 255))
	audit.Detail = subject + "：" + reason
	if subject == "" {
		audit.Detail = "解除：" + reason
	}
	return s.cfg.Ledger.BindSubject(ctx, s.oidc.Issuer, subject, u.User, audit)
}
