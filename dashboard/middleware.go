package dashboard

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"huiying"
)

// visit is what one request knows of itself. Who asks is found out on first
// use, so that assets and health checks cost no look-up.
type visit struct {
	id   string // in the log, in the X-Request-Id header and in problems
	once sync.Once
	who  huiying.Person
	seq  uint64 // of the live messages when it began: what a page shows is at least as new
	caller
	err error
}

// caller is how a request says whose it is.
type caller struct {
	sess  string        // the cookie's session, as the ledger knows it; "" for a bearer
	token huiying.Token // the bearer's; the zero value reaches as far as the account
	must  bool          // the account has something to finish first
}

type visitKey struct{}

// visitOf is the request ctx belongs to; an empty one for what nobody asked for.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// logged gives the request its number, and the log one line about it.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		_, _ = rand.Read(raw[:]) // never fails
		v := &visit{id: hex.EncodeToString(raw[:]), seq: s.hub.heard.Load()}
		r.RemoteAddr = s.remoteAddr(r)
		rec := &recorder{ResponseWriter: w}
		ctx, gaps := huiying.WithGaps(huiying.WithRequest(context.WithValue(r.Context(), visitKey{}, v), v.id))
		rec.gaps = gaps
		r = r.WithContext(ctx)
		w.Header().Set("X-Request-Id", v.id)
		began := time.Now()
		defer func() {
			took := time.Since(began)
			s.metrics.answered(r.Pattern, rec.code(), took)
			level := slog.LevelInfo
			if quiet(r.URL.Path) {
				level = slog.LevelDebug
			}
			s.log.Log(r.Context(), level, "request", "request", v.id, "method", r.Method, "path", r.URL.Path,
				"status", rec.code(), "bytes", rec.bytes, "took", took, "from", remote(r), "user", v.who.User)
		}()
		next.ServeHTTP(rec, r)
	})
}

func quiet(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics" || strings.HasPrefix(path, "/assets/")
}

// remoteAddr is who called: behind a proxy of ours, whom the proxy says it serves.
// What callers write into the header stands to the left of that.
func (s *Server) remoteAddr(r *http.Request) string {
	if !s.cfg.TLS {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	a, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
	if err != nil {
		return r.RemoteAddr
	}
	return netip.AddrPortFrom(a, 0).String()
}

// remote is the network address of the caller without its port, IPv4 or IPv6.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// recovered turns a panic into an answer and one log entry.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			why := recover()
			if why == nil {
				return
			}
			if why == http.ErrAbortHandler { //nolint:errorlint // the documented comparison
				panic(why)
			}
			s.log.ErrorContext(r.Context(), "panic", "id", visitOf(r.Context()).id, "path", r.URL.Path, "why", why, "stack", string(debug.Stack()))
			if rec, ok := w.(*recorder); ok && rec.status == 0 {
				s.answerError(w, r, fmt.Errorf("panic: %v", why))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// secured sets the headers every answer carries. Assets may allow caching again.
func (s *Server) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; connect-src 'self'"+socketSources(r.Host)+
			"; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil || s.cfg.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// socketSources allows the websocket of this host to browsers that do not take
// 'self' to mean ws: and wss: too.
func socketSources(host string) string {
	for _, r := range host {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-[]", r) {
			return ""
		}
	}
	if host == "" {
		return ""
	}
	return " ws://" + host + " wss://" + host
}

// sameOrigin refuses requests another site makes a browser send with our
// cookie. A bearer token is never sent by a browser on its own.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, bearer := bearerToken(r); !bearer {
			if err := s.crossOrigin.Check(r); err != nil {
				s.fail(w, r, &huiying.Error{Code: huiying.CodeForbidden, Message: "请求来自其他网站，已拒绝；请从本系统页面操作", Cause: err})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// fail answers with an error page or a problem document, whichever the caller
// reads, and logs the error if it is ours.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.note(r, err)
	s.answerError(w, r, err)
}

func (s *Server) answerError(w http.ResponseWriter, r *http.Request, err error) {
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		writeProblem(w, newProblem(err, visitOf(r.Context()).id))
		return
	}
	p, _ := s.person(r)
	s.errorPage(w, r, p, err)
}

// note logs an error that is our own fault; what the caller did wrong is in the
// request line already.
func (s *Server) note(r *http.Request, err error) { s.noteContext(r.Context(), r.URL.Path, err) }

func (s *Server) noteContext(ctx context.Context, path string, err error) {
	if statusOf(err) >= 500 && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "request failed", "request", visitOf(ctx).id, "path", path, "error", err)
	}
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	gaps   *huiying.Gaps
}

// partialHeader says that a store did not answer in full: what stands in the
// answer is not all there is.
const partialHeader = "Huiying-Partial"

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.tellGaps()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
		w.tellGaps()
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

func (w *recorder) tellGaps() {
	if len(w.gaps.Parts()) > 0 {
		w.Header().Set(partialHeader, "true")
	}
}

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack hands the connection to the websocket.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}
