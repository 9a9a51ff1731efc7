package dashboard

import (
	"net/http"

	"huiying"
)

// modelsView is 模型: what people taught the analyzer, and what may be done with it.
type modelsView struct {
	modelsDoc
	New       int // examples since the last training
	Total     int
	Few       bool // too few to tell whether a training helps
	Candidate *huiying.Model
	History   []huiying.Model // what is or was in use
	Used      *huiying.Model  // in use now
	MayTrain  bool
	SeesPosts bool
	Problem   string
}

// fewExamples is the number below which a training proves nothing.
const fewExamples = 30

func (s *Server) modelsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showModels(w, r, p, nil)
}

func (s *Server) showModels(w http.ResponseWriter, r *http.Request, p huiying.Person, refused error) error {
	doc, err := (api{Server: s}).listModels(r.Context(), p, nil)
	if err != nil {
		return err
	}
	v := modelsView{modelsDoc: doc, MayTrain: p.TrainsModels(s.cfg.Region) == nil && s.cfg.Learning != nil, SeesPosts: p.SeesPosts()}
	for _, e := range doc.Examples {
		v.New += e.New
		v.Total += e.Total
	}
	v.Few = v.Total < fewExamples
	for i := range doc.Items {
		m := &doc.Items[i]
		switch m.State {
		case huiying.ModelCandidate:
			v.Candidate = m
			continue
		case huiying.ModelLive:
			v.Used = m
		case huiying.ModelRetired:
		}
		v.History = append(v.History, *m)
	}
	status := http.StatusOK
	if refused != nil {
		e := errorViewOf(refused)
		status, v.Problem = e.Status, e.Message
	}
	return s.show(w, r, p, status, "models", "模型", v)
}

// trainingFragment is the progress of a training; once it is over the page is
// loaded anew with its result.
func (s *Server) trainingFragment(w http.ResponseWriter, _ *http.Request, p huiying.Person) error {
	if err := s.readsModels(p); err != nil {
		return err
	}
	var t huiying.Training
	if s.cfg.Learning != nil {
		t = s.cfg.Learning.Training()
	}
	if !t.Running {
		w.Header().Set("HX-Refresh", "true")
	}
	return s.fragment(w, "training", t)
}

func (s *Server) startTraining(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	_, err := (api{Server: s}).trainModel(r.Context(), p, &trainInput{asked{r}})
	return s.modelsChanged(w, r, p, err, "")
}

func (s *Server) activateModel(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	in := &activateInput{ID: huiying.ModelID(r.PathValue("id")), asked: asked{r}}
	in.Body.Reason = r.PostForm.Get("reason")
	_, err := (api{Server: s}).activateModel(r.Context(), p, in)
	return s.modelsChanged(w, r, p, err, "?done=model")
}

func (s *Server) discardModel(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	_, err := (api{Server: s}).discardModel(r.Context(), p, &discardInput{ID: huiying.ModelID(r.PathValue("id")), asked: asked{r}})
	return s.modelsChanged(w, r, p, err, "?done=model-discarded")
}

// modelsChanged goes back to the page, which says so when it was refused.
func (s *Server) modelsChanged(w http.ResponseWriter, r *http.Request, p huiying.Person, err error, done string) error {
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid, huiying.CodeConflict, huiying.CodeNotFound:
		s.note(r, err)
		return s.showModels(w, r, p, err)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/models"+done)
}
