package collector

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"huiying"
)

// kindOf is the kind of an error, "" when it is no [Failure].
func kindOf(err error) huiying.FailureKind {
	var f *Failure
	if !errors.As(err, &f) {
		return ""
	}
	return cmp.Or(f.Kind, huiying.FailureUnread)
}

// Failure is why an address could not be read. Its text is Chinese, names the
// address and says what is wrong; it is what a source's health shows.
type Failure struct {
	URL        string
	Kind       huiying.FailureKind // "": of what a page or list says (unread)
	Status     int                 // the HTTP status, 0 when there was none
	Message    string              // Chinese
	RetryAfter time.Duration       // wall-clock time the server asked us to stay away, 0 when it did not
	Permanent  bool                // asking again would give the same
	Gone       bool                // there is no such page, or not any more
	Cause      error               // for the log, may be nil
}

func (f *Failure) Error() string {
	if f.URL == "" {
		return f.Message
	}
	return f.URL + "：" + f.Message
}

// Unwrap gives the kind of error the HTTP layer maps, and the cause.
func (f *Failure) Unwrap() []error {
	kind := huiying.Errorf(huiying.CodeInvalid, "%s", f.Error())
	if f.Cause == nil {
		return []error{kind}
	}
	return []error{kind, f.Cause}
}

// permanent reports whether trying err's work again is of no use. Errors that
// are not about an address (a page that holds no text, a post that is refused)
// are.
func permanent(err error) bool {
	var f *Failure
	if errors.As(err, &f) {
		return f.Permanent
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// printable is an address without a password in it.
func printable(u *url.URL) string { return huiying.Clip(u.Redacted(), 300) }

// statusTexts say what a refusal means for the person who runs the source.
var statusTexts = map[int]string{
	http.StatusUnauthorized:               "需要登录，本系统不采集需登录的页面",
	http.StatusForbidden:                  "网站拒绝访问",
	http.StatusNotFound:                   "页面不存在",
	http.StatusGone:                       "页面已撤下",
	http.StatusTooManyRequests:            "网站要求放慢访问",
	http.StatusInternalServerError:        "网站内部出错，稍后自动再试",
	http.StatusBadGateway:                 "网站内部出错，稍后自动再试",
	http.StatusServiceUnavailable:         "网站暂停服务，稍后自动再试",
	http.StatusGatewayTimeout:             "网站内部超时，稍后自动再试",
	http.StatusUnavailableForLegalReasons: "页面依法不予提供",
}

func statusFailure(u *url.URL, res *http.Response, now time.Time) *Failure {
	text := statusTexts[res.StatusCode]
	if text == "" {
		text = "网站没有给出内容"
	}
	f := &Failure{URL: printable(u), Kind: huiying.FailureStatus, Status: res.StatusCode, Message: fmt.Sprintf("返回 %d，%s", res.StatusCode, text)}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		f.Kind = huiying.FailureAway
		f.RetryAfter = retryAfter(res.Header.Get("Retry-After"), now)
	case http.StatusRequestTimeout, http.StatusTooEarly:
	default:
		f.Permanent = res.StatusCode < 500
		f.Gone = res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone
	}
	return f
}

// Bounds on how long a server may send us away.
const (
	defaultRetryAfter = time.Minute
	maxRetryAfter     = 24 * time.Hour
)

// retryAfter reads seconds or an HTTP date (RFC 9110 §10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	wait := defaultRetryAfter
	if seconds, err := time.ParseDuration(header + "s"); err == nil && seconds >= 0 {
		wait = seconds
	} else if at, err := http.ParseTime(header); err == nil {
		wait = max(0, at.Sub(now))
	}
	return min(wait, maxRetryAfter)
}

// transportFailure puts a network error into words.
func transportFailure(u *url.URL, err error, timeout time.Duration) *Failure {
	f := &Failure{URL: printable(u), Cause: err}
	var (
		refused *forbiddenAddress
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		alert   tls.AlertError
		plain   tls.RecordHeaderError
		netErr  net.Error
	)
	say := func(kind huiying.FailureKind, message string) { f.Kind, f.Message = kind, message }
	switch text := err.Error(); {
	case errors.As(err, &refused):
		say(huiying.FailureAddress, refused.Error())
		f.Permanent = true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &netErr) && netErr.Timeout():
		say(huiying.FailureTimeout, fmt.Sprintf("%s内没有传完，网站可能停住了", huiying.SpanText(max(timeout, time.Second))))
	case errors.As(err, &dns):
		say(huiying.FailureName, "找不到主机 "+huiying.Clip(dns.Name, 80)+"，请核对网址或 DNS")
	case errors.As(err, &cert), errors.As(err, &unknown):
		say(huiying.FailureTLS, "HTTPS 证书不可信，请联系网站或改用其正式网址")
	case errors.As(err, &alert), errors.As(err, &plain), strings.Contains(text, "server gave HTTP response to HTTPS client"), strings.Contains(text, "tls: "):
		say(huiying.FailureTLS, "HTTPS 握手失败，网站可能只支持 http 或加密方式过旧")
	case strings.Contains(text, "server response headers exceeded"), strings.Contains(text, "response header list larger"):
		say(huiying.FailureTooLarge, fmt.Sprintf("响应头超过 %s，没有读完就停下了", sizeText(maxHeader)))
		f.Permanent = true
	case errors.Is(err, syscall.ECONNREFUSED):
		say(huiying.FailureConnect, "连接被拒绝，网站没有在运行")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		say(huiying.FailureConnect, "连接中途断开")
	default:
		say(huiying.FailureConnect, "连接失败（"+huiying.Clip(rootCause(err).Error(), 120)+"）")
	}
	return f
}

func rootCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// failures counts what went wrong since the process began, by kind.
type failures struct {
	mu sync.Mutex
	n  map[huiying.FailureKind]int64
}

func (f *failures) count(kind huiying.FailureKind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == nil {
		f.n = make(map[huiying.FailureKind]int64)
	}
	f.n[kind]++
}

// failed counts what went wrong in a visit by kind, for its source and for the process;
// an error that is no [Failure], as of a post that is refused, is not counted.
func (c *Collector) failed(v *visit, err error) {
	kind := kindOf(err)
	if kind == "" {
		return
	}
	c.failures.count(kind)
	if v.failed == nil {
		v.failed = make(map[huiying.FailureKind]int)
	}
	v.failed[kind]++
}

// Failures counts the pages, lists and sources that could not be read since the
// collector was made, by kind.
func (c *Collector) Failures() map[huiying.FailureKind]int64 {
	c.failures.mu.Lock()
	defer c.failures.mu.Unlock()
	return maps.Clone(c.failures.n)
}
