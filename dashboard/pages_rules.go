package dashboard

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"huiying"
)

// rulesView is the list of the county's rule files, or one of them.
type rulesView struct {
	Version string
	Files   []ruleFileRow
	MayEdit bool
	Fixed   bool // the built-in county: nothing can be saved
	Trouble string

	File     huiying.RuleFile // the one looked at; Name "" on the list
	Text     string           // what stands in the field
	Edition  *huiying.RuleEdition
	With     string     // the edition it is compared with; "": what stands in the file
	Diff     []diffHunk // from there to the edition
	Editions []editionRow
	Checked  bool // and nothing found
	Problems []ruleProblemView
	Trial    *trialView
	Days     int
	Choices  []int
	Reason   string
	Failed   string
}

type ruleFileRow struct {
	huiying.RuleFile
	Lines int
	Last  *huiying.RuleEdition
}

type editionRow struct {
	huiying.RuleEdition
	Current bool
	Size    int
}

// ruleProblemView is a problem with the line it is about.
type ruleProblemView struct {
	huiying.RuleProblem
	Here   bool // in the file looked at
	Source string
}

type trialView struct {
	huiying.RuleTrial
	Rows []trialRow
	Cut  bool
}

type trialRow struct {
	huiying.RuleTrialRow
	BeforeText, AfterText string
}

// newPolicy is what a new policy is written into.
const newPolicy = `title: 政策全称
number: 文号
unit: 起草单位的编号
issued: 2026-01-01
# to: 2027-01-01            失效日期；没有就不写
source: https://          # 原文网址
interpretation:           # 解读网址；还没有就空着
explanation:              # 一两句话的解读
names: []                 # 群众的叫法
clauses:
  - article: 第一条
    text: 条款原文
    words: []             # 群众说到这一条时的用词
`

var openTexts = map[string]string{"ignore": "只列入事件", "open": "立单待研判", "assign": "立单并先行交办"}

// mayRule reports whether p may change the rules: those who judge and those who
// sign. Administrators keep the machine, not what it decides (三员分立).
func mayRule(p huiying.Person) bool { return p.Role == huiying.Analyst || p.Role == huiying.Leader }

func (s *Server) mayWriteRules(p huiying.Person) bool {
	return s.cfg.Rulebook != nil && s.cfg.Rulebook.Editable() && mayRule(p)
}

func (s *Server) rulesPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v, err := s.rulesView(p)
	if err != nil {
		return err
	}
	for i, f := range v.Files {
		editions, err := s.cfg.Rulebook.Editions(f.Name)
		if err != nil {
			return err
		}
		if len(editions) > 0 {
			v.Files[i].Last = &editions[0]
		}
	}
	return s.show(w, r, p, http.StatusOK, "rules", "规则", v)
}

func (s *Server) rulesView(p huiying.Person) (rulesView, error) {
	if s.cfg.Rulebook == nil {
		return rulesView{}, huiying.Errorf(huiying.CodeNotFound, "这个进程没有规则文件")
	}
	files, err := s.cfg.Rulebook.Files()
	if err != nil {
		return rulesView{}, err
	}
	v := rulesView{
		Version: s.cfg.Rules().Version, MayEdit: s.mayWriteRules(p), Fixed: !s.cfg.Rulebook.Editable(), Trouble: s.cfg.Rulebook.Trouble(),
		Days: matchDays[1], Choices: matchDays,
	}
	for _, f := range files {
		v.Files = append(v.Files, ruleFileRow{RuleFile: f, Lines: strings.Count(f.Text, "\n")})
	}
	return v, nil
}

// oneRule is the view of the file an address names.
func (s *Server) oneRule(r *http.Request, p huiying.Person) (rulesView, error) {
	v, err := s.rulesView(p)
	if err != nil {
		return v, err
	}
	name := r.PathValue("file")
	i := slices.IndexFunc(v.Files, func(f ruleFileRow) bool { return f.Name == name })
	switch {
	case i >= 0:
		v.File = v.Files[i].RuleFile
	case huiying.PolicyFile.MatchString(name) && (r.Method == http.MethodPost || r.URL.Query().Has("new")):
		v.File = huiying.RuleFile{Name: name, Label: "添加政策", Text: newPolicy}
	default:
		return v, huiying.Errorf(huiying.CodeNotFound, "没有规则文件 %s", name)
	}
	v.Text = v.File.Text
	editions, err := s.cfg.Rulebook.Editions(name)
	if err != nil {
		return v, err
	}
	current := true // the latest edition with the text of the file is the one in force
	for _, e := range editions {
		row := editionRow{RuleEdition: e, Current: current && e.Hash == v.File.Hash, Size: strings.Count(e.Text, "\n")}
		current = current && !row.Current
		v.Editions = append(v.Editions, row)
	}
	return v, nil
}

func (s *Server) rulePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v, err := s.oneRule(r, p)
	if err != nil {
		return err
	}
	if id := r.URL.Query().Get("edition"); id != "" {
		i := slices.IndexFunc(v.Editions, func(e editionRow) bool { return e.ID == id })
		if i < 0 {
			return huiying.Errorf(huiying.CodeNotFound, "没有这个版本")
		}
		v.Edition, v.Text = &v.Editions[i].RuleEdition, v.Editions[i].Text
		from := v.File.Text
		if j := slices.IndexFunc(v.Editions, func(e editionRow) bool { return e.ID == r.URL.Query().Get("with") }); j >= 0 {
			v.With, from = v.Editions[j].ID, v.Editions[j].Text
		}
		v.Diff = diffText(from, v.Text)
		v.Reason = "回退到 " + stamp(v.Edition.At) + " 的版本"
	}
	return s.show(w, r, p, http.StatusOK, "rule", v.File.Label, v)
}

// changeRule checks, tries or saves what the form holds; what was typed stays.
func (s *Server) changeRule(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v, err := s.oneRule(r, p)
	if err != nil {
		return err
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	f := r.PostForm
	v.Text, v.Reason = strings.ReplaceAll(f.Get("text"), "\r\n", "\n"), f.Get("reason")
	if days, err := strconv.Atoi(f.Get("days")); err == nil && slices.Contains(matchDays, days) {
		v.Days = days
	}
	problems, err := s.cfg.Rulebook.Check(v.File.Name, v.Text)
	if err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case len(problems) > 0:
		v.Problems, status = problemsOf(v.File.Name, v.Text, problems), http.StatusUnprocessableEntity
	case f.Get("do") == "try":
		trial, _, err := s.cfg.Rulebook.Try(r.Context(), v.File.Name, v.Text, s.now().AddDate(0, 0, -v.Days))
		if err != nil {
			return err
		}
		v.Trial = trialOf(trial)
	case f.Get("do") == "save":
		if !v.MayEdit {
			return huiying.Errorf(huiying.CodeForbidden, "规则由研判员和值班领导修改")
		}
		err := s.cfg.Rulebook.Save(r.Context(), p, v.File.Name, v.Text, f.Get("was"), v.Reason)
		if err == nil {
			return redirect(w, r, "/rules/"+v.File.Name+"?done=rule")
		}
		known, ok := asDomain(err)
		if !ok {
			return fmt.Errorf("save rules: %w", err)
		}
		v.Failed, status = known.Message, statusOf(err)
	default:
		v.Checked = true
	}
	return s.show(w, r, p, status, "rule", v.File.Label, v)
}

func problemsOf(file, text string, problems []huiying.RuleProblem) []ruleProblemView {
	lines := strings.Split(text, "\n")
	out := make([]ruleProblemView, len(problems))
	for i, p := range problems {
		out[i] = ruleProblemView{RuleProblem: p, Here: p.File == file}
		if out[i].Here && p.Line > 0 && p.Line <= len(lines) {
			out[i].Source = strings.TrimSpace(lines[p.Line-1])
		}
	}
	return out
}

func trialOf(t huiying.RuleTrial) *trialView {
	v := &trialView{RuleTrial: t}
	for _, row := range t.Rows {
		v.Rows = append(v.Rows, trialRow{row, openTexts[row.Before], openTexts[row.After]})
	}
	return v
}
