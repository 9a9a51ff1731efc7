package dashboard

import (
	"html/template"
	"io/fs"
	"net/http"

	"huiying"
)

// guideView is a page of 使用手册.
type guideView struct {
	Pages []guideLink
	Title string
	Body  template.HTML
}

type guideLink struct {
	Path, Label string
	Current     bool
}

// guidePages are the pages in order, with whom each is written for.
var guidePages = []struct {
	name, label string
	roles       []huiying.Role
}{
	{"liaison", "联络人、承办人、责任人", ofUnits},
	{"monitor", "监测员、研判员", []huiying.Role{huiying.Monitor, huiying.Analyst}},
	{"leader", "值班领导", []huiying.Role{huiying.Leader}},
	{"supervisor", "督办员、考核员", []huiying.Role{huiying.Supervisor, huiying.Assessor}},
	{"admin", "管理员", threeKeys},
}

// guideStart leads to the page for the role of who asks.
func (s *Server) guideStart(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	for _, one := range guidePages {
		for _, role := range one.roles {
			if role == p.Role {
				return redirect(w, r, "/guide/"+one.name)
			}
		}
	}
	return redirect(w, r, "/guide/"+guidePages[0].name)
}

func (s *Server) guidePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	name := r.PathValue("page")
	var v guideView
	for _, one := range guidePages {
		v.Pages = append(v.Pages, guideLink{"/guide/" + one.name, one.label, one.name == name})
	}
	if s.cfg.Guide == nil || !fs.ValidPath(name) {
		return huiying.Errorf(huiying.CodeNotFound, "没有这一页")
	}
	raw, err := fs.ReadFile(s.cfg.Guide, name+".md")
	if err != nil {
		return huiying.Errorf(huiying.CodeNotFound, "没有这一页")
	}
	v.Title, v.Body = markdown(string(raw))
	return s.show(w, r, p, http.StatusOK, "guide", "使用手册", v)
}

func (s *Server) guidePicture(w http.ResponseWriter, r *http.Request, _ huiying.Person) error {
	if s.cfg.Guide == nil {
		return huiying.Errorf(huiying.CodeNotFound, "没有这张图")
	}
	raw, err := fs.ReadFile(s.cfg.Guide, "shots/"+r.PathValue("file"))
	if err != nil {
		return huiying.Errorf(huiying.CodeNotFound, "没有这张图")
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = w.Write(raw) // the reader went away: nothing to do
	return nil
}
