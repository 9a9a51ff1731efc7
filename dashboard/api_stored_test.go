package dashboard_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"huiying"
	"huiying/dashboard"
	"huiying/store/ledger"
)

// forgetful is a ledger that goes away as soon as a change is stored.
type forgetful struct{ *ledger.Ledger }

func (forgetful) Timeline(context.Context, huiying.CaseID) ([]huiying.Entry, error) {
	return nil, huiying.Errorf(huiying.CodeBusy, "连不上台账数据库，没有存入，恢复后请重试")
}

// A change that is stored is never answered as one that failed: what cannot be read
// of it any more is told as missing.
func TestAStoredChangeIsNotToldAsAFailure(t *testing.T) {
	h := newHouse(t)
	cfg := h.cfg
	cfg.Ledger = forgetful{h.ledger}
	web := httptest.NewServer(must(dashboard.New(cfg)))
	t.Cleanup(web.Close)
	post := func(token, path, body string, want int) (one huiying.Case) {
		t.Helper()
		req := must(http.NewRequest(http.MethodPost, web.URL+"/api/v1"+path, strings.NewReader(body)))
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp := must(http.DefaultClient.Do(req))
		defer func() { _ = resp.Body.Close() }()
		raw := must(io.ReadAll(resp.Body))
		if resp.StatusCode != want || resp.Header.Get("Huiying-Partial") != "true" || strings.Contains(string(raw), "没有存入") {
			t.Errorf("%s: %s, partial %q: %s", path, resp.Status, resp.Header.Get("Huiying-Partial"), raw)
		}
		check(t, json.Unmarshal(raw, &one))
		return one
	}
	c := post("token-analyst", "/cases", `{"queue":"online","title":"东坡底村停水三天","level":"yellow","lead":"zjj"}`, http.StatusCreated)
	if stored, err := h.ledger.Case(t.Context(), c.ID); err != nil || stored.Number != c.Number {
		t.Errorf("the case answered is %q, the one stored %q, %v", c.Number, stored.Number, err)
	}
	c = post("token-analyst", "/cases/"+string(c.ID)+"/comment", `{"version":1,"reason":"已电话核实"}`, http.StatusOK)
	if stored, err := h.ledger.Case(t.Context(), c.ID); err != nil || stored.Version != c.Version {
		t.Errorf("version %d is answered, %d stored, %v", c.Version, stored.Version, err)
	}
}
