package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"huiying"
)

func TestErrorsBecomeProblems(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		code   string
		detail string
	}{
		{"wrong input names the field", fmt.Errorf("x: %w", huiying.Invalid("lead", "请选择主办单位")), 422, "invalid", "lead：请选择主办单位"},
		{"missing", huiying.Errorf(huiying.CodeNotFound, "没有"), 404, "not_found", "没有"},
		{"not allowed", huiying.Errorf(huiying.CodeForbidden, "不能"), 403, "forbidden", "不能"},
		{"stale", huiying.Errorf(huiying.CodeStale, "旧"), 409, "stale", "旧"},
		{"wrong state", huiying.Errorf(huiying.CodeConflict, "不行"), 409, "conflict", "不行"},
		{"busy", huiying.ErrBusy, 503, "busy", "系统繁忙，请稍后重试"},
		{"nobody", huiying.ErrSignIn, 401, "sign_in", "请先登录，或在 Authorization 头中带上有效令牌"},
		{"too large", fmt.Errorf("reading: %w", &http.MaxBytesError{Limit: 1}), 413, "too_large", "请求体超过上限，请分批发送"},
		{"too slow", fmt.Errorf("reading: %w", context.DeadlineExceeded), 503, "busy", "系统繁忙，请稍后重试"},
		{"ours", errors.New("disk on fire at /var/lib"), 500, "internal", "系统出错，已记入日志；请稍后重试，或把编号 r1 告诉系统管理员"},
		{"ours, below a domain error", &huiying.Error{Code: huiying.CodeConflict, Message: "不行", Cause: errors.New("secret")}, 409, "conflict", "不行"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProblem(tt.err, "r1")
			if p.Status != tt.status || p.Code != tt.code || p.Detail != tt.detail {
				t.Errorf("got %d %s %q", p.Status, p.Code, p.Detail)
			}
			if p.Title == "" || p.Type != "urn:huiying:problem:"+tt.code || p.Instance != "urn:huiying:request:r1" {
				t.Errorf("incomplete: %+v", p)
			}
			if (p.GetHeaders().Get("Retry-After") != "") != (tt.status == 503) || (p.GetHeaders().Get("WWW-Authenticate") != "") != (tt.status == 401) {
				t.Errorf("headers %v", p.GetHeaders())
			}
		})
	}
}

func TestComingBackStaysOnThisHost(t *testing.T) {
	for given, want := range map[string]string{
		"/cases/c1?x=1#t": "/cases/c1?x=1#t", "": "/", "cases": "/", "//evil.example/x": "/", "https://evil.example/": "/",
		"/\\evil.example": "/", "/%2f/evil": "/%2f/evil", "/a\r\nSet-Cookie: x": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/",
	} {
		if got := localPath(given); got != want {
			t.Errorf("localPath(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestSchemaMessagesAreChinese(t *testing.T) {
	for _, english := range []string{
		"expected required property title to be present", "unexpected property", "expected integer", "invalid integer", `expected value to be one of "a, b"`,
		"expected number <= 500", "expected string", "request body is required", "invalid character 'x' looking for beginning of value",
		"unexpected end of JSON input", "unknown query parameter", "invalid value: published_at：认不出时间",
		"expected string to be base64 encoded", "expected array length >= 1", "expected array length <= 500",
	} {
		if got := translate(english); got == english || strings.ContainsFunc(got, func(r rune) bool { return r == '_' }) {
			t.Errorf("%q stays %q", english, got)
		}
	}
}
