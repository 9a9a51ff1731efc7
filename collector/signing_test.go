package collector

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"huiying"
)

// signedSite is an interface of two pages that answers only what is signed as its
// office prescribes: MD5 of path, sorted parameters and key, and a fresh nonce.
func signedSite(t *testing.T, asked *atomic.Int32) *httptest.Server {
	t.Helper()
	nonces := make(map[string]bool)
	return serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		sign, nonce := q.Get("sign"), r.Header.Get("X-Nonce")
		text := "/v1/list" + "?app=hy&page=" + q.Get("page") + "&ts=" + q.Get("ts") + "s3cret/+"
		sum := md5.Sum([]byte(text))
		if r.Header.Get("X-Api-Key") != "s3cret/+" || sign != hex.EncodeToString(sum[:]) || nonce == "" || nonces[nonce] || q.Get("ts") == "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		nonces[nonce] = true
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"list":[{"id":"`+q.Get("page")+`","title":"第 `+q.Get("page")+` 页的一条","text":"`+sentence+`"}]}`)
	}))
}

func signedSource(s *httptest.Server) huiying.Source {
	return huiying.Source{ID: "api", Kind: "jsonapi", Name: "接口", URL: s.URL + "/v1/list?ts={$now}&app=hy&sign={$sign}", Channel: huiying.ChannelNews, Options: map[string]any{
		"items": "list", "pages": 2, "page_param": "page", "sign_method": "md5", "sign_text": "{$path}?{$query}{$secret.jiekou}",
		"headers": map[string]any{"x-api-key": "{$secret.jiekou}", "X-Nonce": "{$nonce}"},
	}}
}

func TestAnInterfaceIsAskedAsItWantsToBeSigned(t *testing.T) {
	var asked atomic.Int32
	s := signedSite(t, &asked)
	out, ledger := &sink{}, newBook()
	c := testCollector(t, ledger, out)
	if err := c.Visit(t.Context(), signedSource(s)); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 2 || len(out.posts) != 2 {
		t.Errorf("%d requests, %d posts", asked.Load(), len(out.posts))
	}
}

func TestASecretIsNotSeenAndGoesNowhereElse(t *testing.T) {
	var leaked atomic.Int32
	elsewhere := serve(t, noRobots(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "" {
			leaked.Add(1)
		}
	}))
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/loop":
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	for _, path := range []string{"/v1/list", "/away", "/loop"} {
		ledger := newBook()
		c := testCollector(t, ledger, &sink{})
		src := signedSource(s)
		src.URL = s.URL + path + "?key={$secret.jiekou}&sign={$sign}"
		preview, tried := c.Try(t.Context(), src)
		if err := c.Visit(t.Context(), src); err == nil || tried == nil {
			t.Errorf("%s: %v, %v", path, err, tried)
		}
		seen := ledger.health["api"].LastError + tried.Error() + strings.Join(preview.Notes, " ") + string(ledger.health["api"].State)
		if strings.Contains(seen, "s3cret") {
			t.Errorf("%s: the secret is told: %s", path, seen)
		}
	}
	if leaked.Load() != 0 {
		t.Error("the key went to another site")
	}
	for says, secrets := range map[string][]Secret{
		"配置里没有密钥 jiekou": nil,
		"不是给网站":          {{Name: "jiekou", Value: "s3cret", Hosts: []string{"api.example.cn"}}},
	} {
		c := testCollector(t, newBook(), &sink{}, func(cfg *Config) { cfg.Secrets = secrets })
		err := c.Visit(t.Context(), signedSource(s))
		var failure *Failure
		if !errors.As(err, &failure) || failure.Kind != huiying.FailureOurs || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want it to say %s", err, says)
		}
	}
}

func TestSignaturesAreTheirs(t *testing.T) {
	mac := hmac.New(sha256.New, []byte("k"))
	_, _ = mac.Write([]byte("t"))
	for method, want := range map[string]string{
		"md5":                "e358efa489f58062f10dd7316b65649e",
		"sha256":             "e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd8",
		"hmac-sha256":        hex.EncodeToString(mac.Sum(nil)),
		"hmac-sha256-base64": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	} {
		if got := (&signing{method: method}).digest("k", "t"); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestASigningThatCannotWorkIsRefused(t *testing.T) {
	for says, change := range map[string]func(*huiying.Source){
		"Cookie":          func(s *huiying.Source) { s.Options["headers"] = map[string]any{"cookie": "a=b"} },
		"User-Agent":      func(s *huiying.Source) { s.Options["headers"] = map[string]any{"user-agent": "Mozilla"} },
		"不是合法的请求头":        func(s *huiying.Source) { s.Options["headers"] = map[string]any{"a b": "c"} },
		"{$tomorrow}":     func(s *huiying.Source) { s.URL += "&t={$tomorrow}" },
		"sign_method":     func(s *huiying.Source) { delete(s.Options, "sign_method") },
		"hmac 还要":         func(s *huiying.Source) { s.Options["sign_method"] = "hmac-md5" },
		"md5、sha1、sha256": func(s *huiying.Source) { s.Options["sign_method"] = "crc32" },
	} {
		src := signedSource(&httptest.Server{URL: "http://api.example.cn"})
		change(&src)
		if err := Check(src); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want it to say %s", err, says)
		}
	}
	if err := Check(signedSource(&httptest.Server{URL: "http://api.example.cn"})); err != nil {
		t.Error(err)
	}
}
