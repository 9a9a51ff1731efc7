package dashboard

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"huiying"
)

// ChooserConfig is what the page needs on which an installation is given its
// county. Log and Version may be left out.
type ChooserConfig struct {
	Code string // who was told it may choose

	// Find looks counties up by code or name; more says that there are others.
	Find func(query string) (found []huiying.County, more bool)
	// Draft is a county as it would begin.
	Draft func(region huiying.Region) (*huiying.County, error)
	// Choose makes the installation that county's, and returns when its dashboard
	// answers.
	Choose func(ctx context.Context, region huiying.Region) error

	Source  string // where the table of counties comes from, and how old it is
	TLS     bool   // as in Config
	Log     *slog.Logger
	Version string
}

// chooser is what a new installation shows until it has a county.
type chooser struct {
	cfg ChooserConfig
	s   *Server // renders pages, and nothing else
}

// NewChooser makes the page of the first step: which county this is to be.
func NewChooser(cfg ChooserConfig) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := chooser{cfg, &Server{cfg: Config{Version: cfg.Version, TLS: cfg.TLS}, log: cfg.Log, wall: time.Now}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{path...}", c.s.serveAsset)
	mux.HandleFunc("GET /setup/county", c.page)
	mux.HandleFunc("POST /setup/county", c.choose)
	for _, probe := range []string{"GET /healthz", "GET /readyz"} { // a balancer has to let people through to this page
		mux.HandleFunc(probe, func(http.ResponseWriter, *http.Request) {})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/setup/county", http.StatusSeeOther)
	})
	return c.s.secured(http.NewCrossOriginProtection().Handler(mux))
}

// chooseView is the page of the first step.
type chooseView struct {
	Query, Code, Error string
	Asked              bool // something was looked for
	Found              []huiying.County
	More               bool
	County             *huiying.County // the one that is looked at
	Offices            int
	Townships          []huiying.Unit
	Short              string // what the county goes by in short; "": only by its name
	Smaller            int    // villages, former names, sights
	Source             string
}

func (c chooser) page(w http.ResponseWriter, r *http.Request) {
	c.answer(w, http.StatusOK, r.URL.Query().Get("region"), chooseView{Query: strings.TrimSpace(r.URL.Query().Get("q"))})
}

// answer shows what was found, and the county that is chosen or the only one.
func (c chooser) answer(w http.ResponseWriter, status int, region string, v chooseView) {
	v.Source, v.Asked = c.cfg.Source, v.Query != ""
	v.Found, v.More = c.cfg.Find(v.Query)
	if region == "" && len(v.Found) == 1 {
		region = string(v.Found[0].Region)
	}
	if region != "" {
		drafted, err := c.cfg.Draft(huiying.Region(region))
		if e, ok := asDomain(err); ok {
			v.Error = e.Message
		} else if err != nil {
			c.cfg.Log.Error("draft a county", "region", region, "err", err)
			v.Error = textBroken
		} else {
			v.show(drafted)
		}
	}
	c.s.execute(w, status, "setup-choose", page{Site: c.s.site(), Title: "选定县域", V: v})
}

func (v *chooseView) show(county *huiying.County) {
	v.County = county
	for _, u := range county.Units {
		if u.Township == "" {
			v.Offices++
		} else {
			v.Townships = append(v.Townships, u)
		}
	}
	v.Smaller = len(county.Divisions) - len(v.Townships) - 1
	for _, d := range county.Divisions {
		if d.Code == county.Region && !d.Common && d.Bare != d.Name {
			v.Short = d.Bare
		}
	}
}

// setupCookie carries the code from the first step to the second, where the same
// person goes on.
const setupCookie = "huiying_setup"

func (c chooser) choose(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	region, code := r.PostForm.Get("region"), strings.TrimSpace(r.PostForm.Get("code"))
	v := chooseView{Query: strings.TrimSpace(r.PostForm.Get("q")), Code: code}
	if subtle.ConstantTimeCompare([]byte(plainCode(code)), []byte(plainCode(c.cfg.Code))) != 1 {
		v.Error = textWrongCode
		c.answer(w, http.StatusUnprocessableEntity, region, v)
		return
	}
	err := c.cfg.Choose(r.Context(), huiying.Region(region))
	if e, ok := asDomain(err); ok {
		v.Error = e.Message
		c.answer(w, statusOf(err), region, v)
		return
	}
	if err != nil {
		c.cfg.Log.Error("choose a county", "region", region, "err", err)
		v.Error = textBroken
		c.answer(w, http.StatusInternalServerError, region, v)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: setupCookie, Value: plainCode(code), Path: "/setup", MaxAge: 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.cfg.TLS,
	})
	http.Redirect(w, r, "/setup/start", http.StatusSeeOther)
}
