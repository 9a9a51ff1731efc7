package notify_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting/notify"
)

func notification() huiying.Notification {
	return huiying.Notification{
		ID: "n1", Case: "c1", Number: "交舆〔2026〕0001号", Region: "141122", Kind: huiying.NoticeAssigned, Level: huiying.Orange,
		Unit: "sthj", Channel: "webhook", ToName: "生态环境分局 联络人", Text: "张某某在西营镇反映异味", Due: time.Date(2026, 11, 23, 9, 15, 0, 0, huiying.Beijing),
	}
}

func one() []huiying.Notification { return []huiying.Notification{notification()} }

func webhook(t *testing.T, h http.HandlerFunc) *notify.Webhook {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &notify.Webhook{
		URL: srv.URL, Secret: "s3cret", Writer: notify.Writer{Base: "https://yq.example.gov.cn"}, Client: srv.Client(),
		Now: func() time.Time { return time.Unix(1700000000, 0) },
	}
}

func TestAWebhookTellsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	var body []byte
	var header http.Header
	w := webhook(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		header = r.Header
		w.WriteHeader(http.StatusNoContent)
	})
	if err := w.Send(t.Context(), one()); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"due", "id", "kind", "level", "level_label", "link", "number", "to", "unit"}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("the message holds %v, want %v", keys, want)
	}
	if text := string(body); containsAny(text, "张某某", "异味", "西营") {
		t.Errorf("the message tells of the matter: %s", text)
	}
	if got["link"] != "https://yq.example.gov.cn/cases/c1" {
		t.Errorf("link %v", got["link"])
	}
	if header.Get("Idempotency-Key") != "n1" {
		t.Errorf("idempotency key %q", header.Get("Idempotency-Key"))
	}
	test := notification()
	test.Case = ""
	if err := w.Send(t.Context(), []huiying.Notification{test}); err != nil || !strings.Contains(string(body), `"link":"https://yq.example.gov.cn"`) {
		t.Errorf("a test message leads to no case: %v %s", err, body)
	}
	if want := "sha256=" + notify.Sign("s3cret", "1700000000", body); header.Get("X-Huiying-Signature") != want {
		t.Errorf("signature %q, want %q", header.Get("X-Huiying-Signature"), want)
	}
}

func TestARefusalIsFinalAndAFaultIsNot(t *testing.T) {
	t.Parallel()
	for status, final := range map[int]bool{400: true, 403: true, 404: true, 408: false, 429: false, 500: false, 503: false} {
		err := webhook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }).Send(t.Context(), one())
		if err == nil {
			t.Errorf("%d counts as delivered", status)
		}
		if errors.As(err, new(notify.Permanent)) != final {
			t.Errorf("%d: final %v, want %v", status, !final, final)
		}
	}
}

// A POST that a sign-in page turns into a GET would look delivered, and the
// message must not go to a host nobody configured.
func TestARedirectIsNoDelivery(t *testing.T) {
	t.Parallel()
	followed := false
	w := webhook(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sign-in" {
			followed = true
			return
		}
		http.Redirect(w, r, "/sign-in", http.StatusFound)
	})
	if err := w.Send(t.Context(), one()); err == nil || followed {
		t.Errorf("error %v, followed %v", err, followed)
	}
}

func TestAnUnreachableReceiverIsNamedWithoutItsKey(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://127.0.0.1:1/hook?key=geheim", "http://127.0.0.1:1/hook?key=geheim\x7f"} {
		w := &notify.Webhook{URL: address, Client: &http.Client{}, Now: time.Now}
		err := w.Send(t.Context(), one())
		if err == nil || containsAny(err.Error(), "geheim") {
			t.Errorf("error %v", err)
		}
	}
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}
