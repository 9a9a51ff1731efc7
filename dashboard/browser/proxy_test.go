package browser_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard/browser"
)

// refuse is a proxy of the kind that knows no websockets.
func refuse(w http.ResponseWriter, _ *http.Request, _ string) {
	http.Error(w, "no upgrades here", http.StatusBadGateway)
}

// cut is one that lets a websocket open and breaks it soon after.
func cut(w http.ResponseWriter, r *http.Request, server string) {
	there, err := net.Dial("tcp", server)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = there.Close() }()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	if err := r.Write(there); err != nil {
		return
	}
	_ = there.SetDeadline(time.Now().Add(200 * time.Millisecond))
	_, _ = io.Copy(here, there) // ends with the deadline
}

func TestPollingTakesOverBehindAProxyThatKnowsNoWebsockets(t *testing.T) {
	t.Parallel()
	in := running(t)
	there, err := url.Parse(in.url)
	must(t, err)
	b := chromium(t)
	for name, upgrade := range map[string]func(http.ResponseWriter, *http.Request, string){"refuses": refuse, "cuts": cut} {
		t.Run(name, func(t *testing.T) {
			forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(there)
				r.Out.Host = r.In.Host
			}}
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
					upgrade(w, r, there.Host)
					return
				}
				forward.ServeHTTP(w, r)
			}))
			defer proxy.Close()
			leader := in.account(t, huiying.Leader)
			w, err := b.Tab(proxy.URL, browser.Wall)
			must(t, err)
			defer w.Close() // its console may speak: websockets break on purpose
			must(t, w.SignIn(string(leader.User), leader.Password))
			must(t, w.Open("/wall"))
			must(t, w.Wait(`#live[data-state=poll]`))
			title := "经代理" + name + "仍应看到的交办单"
			in.assigned(t, title, "t100")
			must(t, w.Until(`document.querySelector("main").textContent.includes("`+title+`")`))
		})
	}
}
