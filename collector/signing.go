package collector

import (
	"cmp"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"huiying"
)

// Secret is a key of an interface. It stands in the configuration, is named by
// sources as {$secret.NAME}, and goes to its own hosts only.
type Secret struct {
	Name  string
	Value string
	Hosts []string // with all below them
}

// A signing says how the requests of a JSON interface are made: what stands in its
// address, headers and signature as {$…} is filled in anew for each.
type signing struct {
	headers map[string]string // name → template
	method  string            // of the signature, "" for none
	key     string            // template, for hmac
	text    string            // template: what is signed
}

var signingOptions = []Option{
	{
		Name: "headers", Type: HeadersOption, Example: map[string]any{"X-Api-Key": "{$secret.jiekou}", "X-Timestamp": "{$now}"},
		Meaning: "请求头。这里和网址、sign_text 里都可以写：{$now} 秒、{$now_ms} 毫秒、{$date} 日期、{$nonce} 随机数、{$secret.名称} 配置 collector.secrets 里的密钥、{$path} 网址的路径、{$query} 排好序的参数（不含签名）、{$sign} 签名。只发给信源自己的网站；不能带 Cookie，不能改名字（User-Agent）",
	},
	{Name: "sign_method", Type: TextOption, Example: "hmac-sha256", Meaning: "签名方法：md5、sha1、sha256、hmac-md5、hmac-sha1、hmac-sha256，十六进制；末尾加 -base64 则用 Base64。算出的签名在 {$sign}"},
	{Name: "sign_key", Type: TextOption, Example: "{$secret.jiekou}", Meaning: "hmac 的密钥"},
	{Name: "sign_text", Type: TextOption, Example: "{$path}?{$query}{$now}", Meaning: "签名的内容"},
}

var (
	variable        = regexp.MustCompile(`\{\$([^{}]*)\}`)
	escapedVariable = regexp.MustCompile(`%7B%24([\w.]*)%7D`)
	variables       = []string{"now", "now_ms", "date", "nonce", "path", "query", "sign"}
	digests         = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New}
)

// ourHeaders are those that are ours to set, or would make us somebody we are not.
var ourHeaders = []string{"Cookie", "User-Agent", "Host", "Connection", "Content-Length", "Transfer-Encoding", "Accept-Encoding", "Range", "If-None-Match", "If-Modified-Since", "X-Forwarded-For", "X-Real-Ip", "Via"}

// signingOf reads the options; nil when the address is asked for as it is.
func signingOf(opts options, address string) (*signing, error) {
	s := &signing{headers: make(map[string]string), method: opts.text("sign_method"), key: opts.text("sign_key"), text: opts.text("sign_text")}
	templates := map[string]string{"url": address, "options.sign_text": s.text, "options.sign_key": s.key, "options.replies_url": opts.text("replies_url")}
	named, _ := opts.values["headers"].(map[string]any)
	for name, value := range named {
		text, _ := value.(string) // checked
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(ourHeaders, name) {
			return nil, huiying.Invalid("options.headers", "不能设置 %s：本系统只采集公开的内容，用自己的名字访问，不带登录信息", name)
		}
		s.headers[name] = text
		templates["options.headers"] += text
	}
	for field, text := range templates {
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(variables, m[1]) && !strings.HasPrefix(m[1], "secret.") {
				return nil, huiying.Invalid(field, "没有 %s，可用：{$%s} {$secret.名称}", huiying.Clip(m[0], 40), strings.Join(variables, "} {$"))
			}
			if m[1] == "sign" && (field == "options.sign_text" || s.method == "") {
				return nil, huiying.Invalid(field, "{$sign} 要先在 sign_method 和 sign_text 里写明怎么签名")
			}
		}
	}
	kind, _ := strings.CutSuffix(s.method, "-base64")
	kind, mac := strings.CutPrefix(kind, "hmac-")
	switch {
	case s.method != "" && digests[kind] == nil:
		return nil, huiying.Invalid("options.sign_method", "应为 %s，可加前缀 hmac- 和后缀 -base64，收到 %q", strings.Join(slices.Sorted(maps.Keys(digests)), "、"), huiying.Clip(s.method, 30))
	case s.method != "" && s.text == "", mac && s.key == "":
		return nil, huiying.Invalid("options.sign_text", "要签名，请填写 sign_text；hmac 还要填写 sign_key")
	}
	if len(s.headers) == 0 && s.method == "" && !variable.MatchString(address+opts.text("replies_url")) {
		return nil, nil
	}
	return s, nil
}

// fill makes the address and headers of one request. hide takes secrets out of what
// is shown to people.
func (s *signing) fill(address string, secrets []Secret, wall time.Time) (filled string, headers http.Header, hide *strings.Replacer, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, nil, &Failure{URL: address, Kind: huiying.FailureAddress, Message: "不是合法的网址", Permanent: true, Cause: err}
	}
	var hidden []string
	values := map[string]string{
		"now": strconv.FormatInt(wall.Unix(), 10), "now_ms": strconv.FormatInt(wall.UnixMilli(), 10),
		"date": wall.In(huiying.Beijing).Format(time.DateOnly), "nonce": strings.ToLower(rand.Text()[:16]), "sign": "{$sign}",
	}
	put := func(template string, escape func(string) string) string {
		return variable.ReplaceAllStringFunc(template, func(m string) string {
			name := m[2 : len(m)-1]
			if name == "sign" && values["sign"] == m {
				return m // not yet
			}
			if name, ok := strings.CutPrefix(name, "secret."); ok {
				value, bad := secretFor(secrets, name, u.Hostname())
				err = cmp.Or(err, bad) // one at a time: the same secret may stand in several places
				hidden = append(hidden, value, "***", url.QueryEscape(value), "***")
				return escape(value)
			}
			return escape(values[name])
		})
	}
	plain := func(v string) string { return v }
	filled = put(address, url.QueryEscape)
	if to, parseErr := url.Parse(filled); parseErr == nil {
		values["path"], values["query"] = to.Path, sortedQuery(to)
	}
	if s.method != "" {
		values["sign"] = s.digest(put(s.key, plain), put(s.text, plain))
	}
	filled = put(filled, url.QueryEscape)
	headers = make(http.Header, len(s.headers))
	for name, template := range s.headers {
		value := put(template, plain)
		if !httpguts.ValidHeaderFieldValue(value) {
			err = cmp.Or[error](err, &Failure{URL: address, Message: "请求头 " + name + " 的内容不合法", Permanent: true})
		}
		headers.Set(name, value)
	}
	if err != nil {
		return "", nil, nil, err
	}
	return filled, headers, strings.NewReplacer(slices.DeleteFunc(hidden, func(v string) bool { return v == "" })...), nil
}

func (s *signing) digest(key, text string) string {
	kind, based := strings.CutSuffix(s.method, "-base64")
	kind, mac := strings.CutPrefix(kind, "hmac-")
	h := digests[kind]()
	if mac {
		h = hmac.New(digests[kind], []byte(key))
	}
	_, _ = h.Write([]byte(text)) // a hash never fails
	if based {
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sortedQuery is a=1&b=2 of an address, by name, not escaped, without the signature.
func sortedQuery(u *url.URL) string {
	var parts []string
	for name, values := range u.Query() {
		for _, v := range values {
			if !strings.Contains(v, "{$sign}") {
				parts = append(parts, name+"="+v)
			}
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func secretFor(secrets []Secret, name, host string) (string, error) {
	i := slices.IndexFunc(secrets, func(s Secret) bool { return s.Name == name })
	switch {
	case i < 0:
		return "", &Failure{Kind: huiying.FailureOurs, Message: "配置里没有密钥 " + huiying.Clip(name, 40) + "，请写在 collector.secrets", Permanent: true}
	case !onSites(host, secrets[i].Hosts):
		return "", &Failure{Kind: huiying.FailureOurs, Message: fmt.Sprintf("密钥 %s 不是给网站 %s 的，见 collector.secrets 的 hosts", huiying.Clip(name, 40), huiying.Clip(host, 80)), Permanent: true}
	}
	return secrets[i].Value, nil
}

var queryText = regexp.MustCompile(`\?[^\s，。；]+`)

// withoutSecrets names the address as the source has it. Other addresses a failure
// speaks of lose their parameters, and its cause, which names them too, goes.
func withoutSecrets(err error, address string, hide *strings.Replacer) error {
	var f *Failure
	if !errors.As(err, &f) {
		return err
	}
	clean := *f
	clean.URL, clean.Message, clean.Cause = address, queryText.ReplaceAllString(hide.Replace(f.Message), "?…"), nil
	return &clean
}
