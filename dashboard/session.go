package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"huiying"
)

// How long a sign-in lasts (GB/T 22239 level 3 asks for idle logout after 15–30
// minutes), counted in real time.
const (
	sessionIdle     = 30 * time.Minute
	sessionLifetime = 12 * time.Hour
	sessionTouch    = time.Minute // how often use is written down
)

const sessionCookie = "huiying_session"

// sessions keeps who is signed in, in the ledger, so that any node serves any
// browser and a restart signs nobody out. The store holds only a hash of the
// cookie's token.
type sessions struct {
	scs   *scs.SessionManager
	store sessionStore
	wall  func() time.Time
	tls   bool
	log   *slog.Logger
}

type sessionStore interface {
	scs.CtxStore
	DescribeSession(ctx context.Context, s huiying.Session) error
	SessionSeen(ctx context.Context, id string, at time.Time) error
}

func newSessions(store sessionStore, wall func() time.Time, tls bool, log *slog.Logger) *sessions {
	m := &scs.SessionManager{ // not scs.New: that starts a goroutine nobody can end
		Store: store, Codec: scs.GobCodec{}, Lifetime: sessionLifetime, HashTokenInStore: true,
	}
	return &sessions{scs: m, store: store, wall: wall, tls: tls, log: log}
}

// begin signs user in with a new token; whatever session the browser had ends.
func (z *sessions) begin(w http.ResponseWriter, r *http.Request, user huiying.UserID) error {
	if err := z.end(w, r); err != nil {
		return err
	}
	ctx, err := z.scs.Load(r.Context(), "")
	if err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	now := z.wall()
	z.scs.Put(ctx, "user", string(user))
	z.scs.Put(ctx, "begun", now.Unix())
	z.scs.Put(ctx, "seen", now.Unix())
	token, _, err := z.scs.Commit(ctx)
	if err == nil {
		err = z.store.DescribeSession(ctx, huiying.Session{
			ID: sessionID(token), User: user, Begun: now, Seen: now, From: remote(r), Agent: huiying.Clip(r.UserAgent(), 300),
		})
	}
	if err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	http.SetCookie(w, z.cookie(r, token, 0))
	return nil
}

// halfTime is how long a password stands without the code that must follow.
const halfTime = 5 * time.Minute

// note keeps values for a browser nobody is signed in with yet, for halfTime; what
// it had before ends.
func (z *sessions) note(w http.ResponseWriter, r *http.Request, values map[string]string) error {
	if err := z.end(w, r); err != nil {
		return err
	}
	ctx, err := z.scs.Load(r.Context(), "")
	if err != nil {
		return fmt.Errorf("noting a sign-in: %w", err)
	}
	for key, v := range values {
		z.scs.Put(ctx, key, v)
	}
	z.scs.Put(ctx, "begun", z.wall().Unix())
	token, _, err := z.scs.Commit(ctx)
	if err != nil {
		return fmt.Errorf("noting a sign-in: %w", err)
	}
	http.SetCookie(w, z.cookie(r, token, 0))
	return nil
}

// noted are values a browser was given by note, "" when there are none any more.
func (z *sessions) noted(r *http.Request, keys ...string) ([]string, error) {
	out := make([]string, len(keys))
	ctx, err := z.scs.Load(r.Context(), cookieToken(r))
	if err != nil {
		return out, fmt.Errorf("reading a sign-in: %w", err)
	}
	if z.wall().Sub(time.Unix(z.scs.GetInt64(ctx, "begun"), 0)) > halfTime {
		return out, nil
	}
	for i, key := range keys {
		out[i] = z.scs.GetString(ctx, key)
	}
	return out, nil
}

// half is whose password the browser knows while the code is still owed.
func (z *sessions) half(r *http.Request) (huiying.UserID, error) {
	noted, err := z.noted(r, "half")
	return huiying.UserID(noted[0]), err
}

// end signs the browser out and forgets its session.
func (z *sessions) end(w http.ResponseWriter, r *http.Request) error {
	token := cookieToken(r)
	if token == "" {
		return nil
	}
	http.SetCookie(w, z.cookie(r, "", -1))
	ctx, err := z.scs.Load(r.Context(), token)
	if err == nil {
		err = z.scs.Destroy(ctx)
	}
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// user is who the token belongs to, "" when it has lapsed. Use by a person
// prolongs it; what a page asks for by itself does not.
func (z *sessions) user(ctx context.Context, token string, used bool) (huiying.UserID, error) {
	ctx, err := z.scs.Load(ctx, token)
	if err != nil {
		return "", fmt.Errorf("reading the session: %w", err)
	}
	id := z.scs.GetString(ctx, "user")
	if id == "" {
		return "", nil
	}
	now := z.wall()
	begun, seen := time.Unix(z.scs.GetInt64(ctx, "begun"), 0), time.Unix(z.scs.GetInt64(ctx, "seen"), 0)
	if now.Sub(seen) > sessionIdle || now.Sub(begun) > sessionLifetime {
		if err := z.scs.Destroy(ctx); err != nil {
			return "", fmt.Errorf("ending a lapsed session: %w", err)
		}
		return "", nil
	}
	if used && now.Sub(seen) >= sessionTouch {
		z.scs.Put(ctx, "seen", now.Unix())
		_, _, err := z.scs.Commit(ctx)
		if err == nil {
			err = z.store.SessionSeen(ctx, sessionID(token), now)
		}
		if err != nil { // a full disk must not hide the page that says so
			z.log.Warn("a session is not prolonged", "user", id, "err", err)
		}
	}
	return huiying.UserID(id), nil
}

// sessionID is what the store knows a session by (scs hashes tokens this way):
// who reads it cannot use it.
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (z *sessions) cookie(r *http.Request, token string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: z.tls || r.TLS != nil,
	}
}

func cookieToken(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

func bearerToken(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// HashToken is what the ledger keeps of an API token: its SHA-256 in hex. The
// tokens themselves are random, so they need no salt.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// person is who makes the request, by bearer token or cookie session.
func (s *Server) person(r *http.Request) (huiying.Person, bool) {
	p, err := s.visitor(r)
	return p, err == nil
}

// visitor is person with the reason why there is none: ErrSignIn, or a ledger
// that does not answer.
func (s *Server) visitor(r *http.Request) (huiying.Person, error) {
	v := visitOf(r.Context())
	v.once.Do(func() {
		v.who, v.caller, v.err = s.identify(r)
		if v.err != nil && !errors.Is(v.err, huiying.ErrSignIn) {
			s.note(r, v.err)
		}
	})
	return v.who, v.err
}

func (s *Server) identify(r *http.Request) (huiying.Person, caller, error) {
	if token, ok := bearerToken(r); ok {
		p, t, err := s.byToken(r.Context(), token)
		return p, caller{token: t}, err
	}
	token := cookieToken(r)
	if token == "" {
		return huiying.Person{}, caller{}, signInFirst()
	}
	u, err := s.bySession(r.Context(), token, !unattended(r))
	must := u.MustChange
	if err == nil && !must && s.needsFactor(u.Person) {
		var d huiying.SecondFactor
		d, err = s.cfg.Ledger.SecondFactor(r.Context(), u.User)
		must = d.Confirmed.IsZero()
	}
	return u.Person, caller{sess: sessionID(token), must: must}, err
}

func (s *Server) byToken(ctx context.Context, token string) (huiying.Person, huiying.Token, error) {
	now := s.wall()
	u, t, err := s.cfg.Ledger.UserByToken(ctx, HashToken(token), now)
	switch {
	case errors.Is(err, huiying.ErrNotFound), err == nil && !u.Active():
		return huiying.Person{}, t, huiying.Errorf(huiying.CodeSignIn, "令牌无效、已吊销或已过期")
	case err != nil:
		return huiying.Person{}, t, fmt.Errorf("looking the token up: %w", err)
	}
	if now.Sub(t.UsedAt) >= sessionTouch {
		if err := s.cfg.Ledger.TokenUsed(ctx, t.ID, now); err != nil {
			s.cfg.Log.Warn("the use of a token is not noted", "user", u.User, "err", err) // a full disk must not hide the page that says so
		}
	}
	return u.Person, t, nil
}

func (s *Server) bySession(ctx context.Context, token string, used bool) (huiying.User, error) {
	id, err := s.sessions.user(ctx, token, used)
	if err != nil {
		return huiying.User{}, err
	}
	if id == "" {
		return huiying.User{}, signInFirst()
	}
	u, err := s.cfg.Ledger.User(ctx, id)
	switch {
	case errors.Is(err, huiying.ErrNotFound), err == nil && !u.Active():
		return huiying.User{}, signInFirst()
	case err != nil:
		return huiying.User{}, fmt.Errorf("looking the account up: %w", err)
	}
	return u, nil
}

func signInFirst() error {
	return huiying.Errorf(huiying.CodeSignIn, "请先登录；登录后 30 分钟没有操作会自动退出")
}

// unattended reports whether the page asked by itself, with nobody at the
// screen: such requests must not keep a session alive.
func unattended(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/v1/live") || r.Header.Get("X-Unattended") != ""
}
