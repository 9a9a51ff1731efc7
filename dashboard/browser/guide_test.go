package browser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"huiying"
	"huiying/dashboard/browser"
)

// The pictures of the user guide are taken here, so that they stay true:
// HUIYING_GUIDE=docs/guide/shots go test ./dashboard/browser -run TestGuidePictures
func TestGuidePictures(t *testing.T) {
	b := chromium(t)
	in := running(t)
	dir := os.Getenv("HUIYING_GUIDE")
	if dir == "" {
		dir = t.TempDir()
	}
	liaison := in.account(t, huiying.Liaison)
	c := in.assigned(t, "西营镇夜间异味，居民要求公布检测结果", liaison.Unit)
	first := `location.href = document.querySelector("#rows .case-title").href`
	for _, p := range []struct {
		name, path string
		role       huiying.Role
		screen     browser.Screen
		then       string
	}{
		{"phone-work", "/", huiying.Liaison, browser.Phone, ""},
		{"case", "/cases/" + string(c.ID), huiying.Liaison, browser.Desktop, ""},
		{"posts", "/posts?risk=40", huiying.Monitor, browser.Desktop, ""},
		{"event", "/events?level=yellow", huiying.Analyst, browser.Desktop, first},
		{"rule", "/rules/levels.yaml", huiying.Analyst, browser.Desktop, ""},
		{"workbench", "/", huiying.Leader, browser.Desktop, ""},
		{"stats", "/stats", huiying.Supervisor, browser.Desktop, ""},
		{"system", "/system", huiying.SystemAdmin, browser.Desktop, ""},
	} {
		w := tab(t, b, in, in.account(t, p.role), p.screen)
		must(t, w.Open(p.path))
		must(t, w.Wait("main h1"))
		must(t, w.Until(`!document.querySelector("[data-plot]") || performance.now() > 4000`)) // a plot has grown
		if p.then != "" {
			must(t, w.Until(`document.querySelector("#rows .case-title")`))
			if _, err := browser.Value[string](w, p.then); err != nil {
				t.Fatal(err)
			}
			must(t, w.Wait(".title-case h1"))
		}
		must(t, w.Until(`document.querySelector("#live").dataset.state === "open"`))
		must(t, w.Shot(filepath.Join(dir, p.name+".png"), false))
	}
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "guide", "*.md"))
	must(t, err)
	for _, page := range pages {
		raw, err := os.ReadFile(page)
		must(t, err)
		for _, m := range regexp.MustCompile(`\(shots/([^)]+)\)`).FindAllSubmatch(raw, -1) {
			from := dir
			if strings.HasPrefix(string(m[1]), "setup") { // taken by the test of the first run
				from = filepath.Join("..", "..", "docs", "guide", "shots")
			}
			if _, err := os.Stat(filepath.Join(from, string(m[1]))); err != nil {
				t.Errorf("%s shows %s, which is not taken here", filepath.Base(page), m[1])
			}
		}
	}
}
