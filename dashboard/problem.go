package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// retryAfter is what a caller is asked to wait, in seconds, when a queue is full.
const retryAfter = 2

// statusClientGone is what the log shows when the caller hung up (nginx's 499).
const statusClientGone = 499

// statusOf maps an error to its HTTP status: the only place that does.
func statusOf(err error) int {
	var own *statusError
	var tooLarge *http.MaxBytesError
	var fast *tooFast
	switch {
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &fast):
		return http.StatusTooManyRequests
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	}
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid:
		return http.StatusUnprocessableEntity
	case huiying.CodeNotFound:
		return http.StatusNotFound
	case huiying.CodeForbidden:
		return http.StatusForbidden
	case huiying.CodeStale, huiying.CodeConflict:
		return http.StatusConflict
	case huiying.CodeBusy:
		return http.StatusServiceUnavailable
	case huiying.CodeSignIn:
		return http.StatusUnauthorized
	}
	switch {
	case errors.Is(err, context.Canceled):
		return statusClientGone
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// statusError is a failure of the HTTP conversation itself, which the domain
// has no code for.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string { return e.message }

// problem is an RFC 9457 document (application/problem+json).
type problem struct {
	Type     string              `json:"type" doc:"urn:huiying:problem:CODE"`
	Title    string              `json:"title"`
	Status   int                 `json:"status"`
	Detail   string              `json:"detail" doc:"说明哪里不对、怎么办"`
	Instance string              `json:"instance,omitempty" doc:"请求编号，日志中可查"`
	Code     string              `json:"code" doc:"invalid、not_found、forbidden、stale、conflict、busy、sign_in、too_large、too_fast、method、media_type、internal"`
	Field    string              `json:"field,omitempty" doc:"有误的字段或操作"`
	Errors   []problemField      `json:"errors,omitempty" doc:"逐个字段的错误"`
	Current  *caseDoc            `json:"current,omitempty" doc:"stale 时：交办单的当前内容"`
	Actions  []allowedAction     `json:"actions,omitempty" doc:"没有这个操作时：可用的操作"`
	Result   *huiying.PushResult `json:"result,omitempty" doc:"推送中断时：此前已接收的部分；重发不会重复"`

	cause error
}

// problemField says what is wrong with one field of a request.
type problemField struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

var problemTitles = map[string]string{
	"invalid": "输入有误", "not_found": "没有找到", "forbidden": "没有权限", "stale": "内容已更新", "conflict": "当前状态不允许",
	"busy": "系统繁忙", "sign_in": "需要登录", "too_large": "内容过大", "too_fast": "操作太频繁", "method": "方法不对", "media_type": "类型不支持",
	"gone": "请求已取消", "internal": "系统出错",
}

// newProblem describes an error to the caller. The cause stays in the log.
func newProblem(err error, id string) *problem {
	var given *problem
	if errors.As(err, &given) {
		return given
	}
	status := statusOf(err)
	p := &problem{Status: status, Code: problemCode(err, status), cause: err}
	var domain *huiying.Error
	var own *statusError
	switch {
	case errors.As(err, &own):
		p.Detail = own.message
	case status == http.StatusTooManyRequests:
		p.Detail = err.Error()
	case errors.As(err, &domain) && domain.Message != "":
		p.Detail, p.Field = domain.Message, domain.Field
		if p.Field != "" {
			p.Detail = p.Field + "：" + p.Detail
		}
	case status == http.StatusRequestEntityTooLarge:
		p.Detail = "请求体超过上限，请分批发送"
	case p.Code == "sign_in":
		p.Detail = "请先登录，或在 Authorization 头中带上有效令牌"
	case p.Code == "busy":
		p.Detail = "系统繁忙，请稍后重试"
	default:
		p.Detail = "系统出错，已记入日志；请稍后重试，或把编号 " + id + " 告诉系统管理员"
	}
	return p.finish(id)
}

func (p *problem) finish(id string) *problem {
	p.Type, p.Title = "urn:huiying:problem:"+p.Code, problemTitles[p.Code]
	if id != "" {
		p.Instance = "urn:huiying:request:" + id
	}
	return p
}

func problemCode(err error, status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusMethodNotAllowed:
		return "method"
	case http.StatusUnsupportedMediaType:
		return "media_type"
	case http.StatusServiceUnavailable:
		return string(huiying.CodeBusy)
	case http.StatusTooManyRequests:
		return "too_fast"
	case statusClientGone:
		return "gone"
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return string(huiying.CodeInvalid)
	}
	if code := huiying.CodeOf(err); code != "" {
		return string(code)
	}
	return "internal"
}

// Error, GetStatus, GetHeaders and ContentType make a problem what huma answers
// with.
func (p *problem) Error() string { return p.Detail }

func (p *problem) Unwrap() error { return p.cause }

// GetStatus is the HTTP status of the answer.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the status.
func (p *problem) GetHeaders() http.Header {
	h := make(http.Header)
	switch p.Status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	case http.StatusTooManyRequests:
		var fast *tooFast
		if errors.As(p.cause, &fast) {
			h.Set("Retry-After", strconv.Itoa(fast.seconds()))
		}
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="huiying"`)
	}
	return h
}

// ContentType is application/problem+json.
func (p *problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

func writeProblem(w http.ResponseWriter, p *problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller may have hung up
}

// fromHuma makes a problem of what huma found wrong with a request: a parameter
// or body that does not fit its schema.
func fromHuma(m *huma.ErrorModel, id string) *problem {
	p := &problem{Status: m.Status, Detail: translate(m.Detail)}
	for _, e := range m.Errors {
		if e == nil {
			continue
		}
		at, message := e.Location, translate(e.Message)
		if field, own, ok := strings.Cut(message, "："); ok && at == "body" && domainField.MatchString(field) { // a type of ours that reads itself says which field
			at, message = "body."+field, own
		}
		p.Errors = append(p.Errors, problemField{Location: at, Message: message})
	}
	if len(p.Errors) > 0 {
		first := p.Errors[0]
		p.Field = strings.TrimPrefix(strings.TrimPrefix(first.Location, "query."), "body.")
		p.Detail = p.Field + "：" + first.Message
	}
	p.Code = problemCode(nil, m.Status)
	return p.finish(id)
}

// domainField is how the domain names a field in front of what is wrong with it.
var domainField = regexp.MustCompile(`^[a-z][a-z_.]*$`)

// phrases puts huma's messages into Chinese; what is not here stays as it is.
var phrases = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`^expected required property (\S+) to be present$`), "缺少 $1"},
	{regexp.MustCompile(`^required \w+ parameter is missing$`), "缺少这个参数"},
	{regexp.MustCompile(`^unexpected property$`), "没有这个字段"},
	{regexp.MustCompile(`^unknown query parameter$`), "没有这个参数"},
	{regexp.MustCompile(`^(?:expected|invalid) integer$`), "应为整数"},
	{regexp.MustCompile(`^(?:expected number|invalid float)$`), "应为数字"},
	{regexp.MustCompile(`^expected string$`), "应为字符串"},
	{regexp.MustCompile(`^(?:expected|invalid) boolean$`), "应为 true 或 false"},
	{regexp.MustCompile(`^expected array$`), "应为数组"},
	{regexp.MustCompile(`^expected object$`), "应为对象"},
	{regexp.MustCompile(`^expected value to be one of "(.*)"$`), "只能是 $1"},
	{regexp.MustCompile(`^expected number >= (\S+)$`), "不能小于 $1"},
	{regexp.MustCompile(`^expected number <= (\S+)$`), "不能大于 $1"},
	{regexp.MustCompile(`^expected length >= (\d+)$`), "至少 $1 个字"},
	{regexp.MustCompile(`^expected length <= (\d+)$`), "最多 $1 个字"},
	{regexp.MustCompile(`^expected array length >= (\d+)$`), "至少 $1 项"},
	{regexp.MustCompile(`^expected array length <= (\d+)$`), "最多 $1 项"},
	{regexp.MustCompile(`^expected string to be RFC 3339 date-time$`), "应为 2026-01-02T15:04:05+08:00 这样的时间"},
	{regexp.MustCompile(`^expected string to be base64 encoded$`), "应为 base64 编码的文件内容，不能是空的"},
	{regexp.MustCompile(`^request body is required$`), "缺少请求体"},
	{regexp.MustCompile(`^request body is too large limit=(\d+) bytes$`), "请求体超过上限 $1 字节"},
	{regexp.MustCompile(`^request body read timeout$`), "请求体没有按时传完"},
	{regexp.MustCompile(`^unknown content type: (.*)$`), "不支持 $1，请用 application/json"},
	{regexp.MustCompile(`^(?:invalid character|unexpected end of JSON).*$`), "不是合法的 JSON"},
	{regexp.MustCompile(`^json: cannot unmarshal (\S+) into .*$`), "类型不对，不应为 $1"},
	{regexp.MustCompile(`^invalid value: (?:\w+：)?(.*)$`), "$1"},
	{regexp.MustCompile(`^validation failed$`), "请求不合格式"},
}

func translate(message string) string {
	for _, p := range phrases {
		if p.from.MatchString(message) {
			return p.from.ReplaceAllString(message, p.to)
		}
	}
	return message
}
