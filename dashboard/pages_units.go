package dashboard

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"huiying"
)

// unitsView is 机构与人员: every unit there is or was, with its four contacts.
type unitsView struct {
	Text, Show string
	Groups     []officeGroup
	Shown      int
	Total      int
	Ended      int
	SeesPhones bool
	MayEdit    bool
	MayExport  bool
	Preview    *unitsPreview
	Problem    string
}

type officeGroup struct {
	Kind  string
	Units []officeRow
}

type officeRow struct {
	huiying.Unit
	Ended    bool
	Coming   bool
	Superior string
	Contacts []contactRow
	Missing  []string // what keeps the unit from being reached
}

type contactRow struct {
	Role string
	huiying.Contact
	Account string // what is wrong with the account, or ""
}

func (s *Server) unitsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showUnits(w, r, p, http.StatusOK, func(*unitsView) {})
}

// showUnits shows the units; fill adds what was just done.
func (s *Server) showUnits(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, fill func(v *unitsView)) error {
	ctx, now := r.Context(), s.now()
	units, err := s.cfg.Ledger.Units(ctx, s.cfg.Region)
	if err != nil {
		return fmt.Errorf("read units: %w", err)
	}
	users, err := s.cfg.Ledger.Users(ctx, s.cfg.Region)
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	accounts, liaisons := make(map[huiying.UserID]huiying.User), make(map[huiying.UnitID]bool)
	for _, u := range users {
		accounts[u.User] = u
		liaisons[u.Unit] = liaisons[u.Unit] || u.Role == huiying.Liaison && !u.Disabled
	}
	names := huiying.NewDirectory(units)
	q := r.URL.Query()
	v := unitsView{Text: strings.TrimSpace(q.Get("q")), Show: q.Get("show"), Total: len(units), SeesPhones: p.Region.Covers(s.cfg.Region) && (p.SeesPosts() || p.Role == huiying.SystemAdmin), MayEdit: s.mayWriteRules(p)}
	v.MayExport = v.SeesPhones && admits("GET /units.xlsx", p)
	for _, u := range units {
		row := officeRow{Unit: u, Ended: !u.To.IsZero() && !now.Before(u.To), Coming: now.Before(u.From)}
		if row.Ended {
			v.Ended++
		}
		if u.Superior != "" {
			row.Superior = names.Name(u.Superior)
		}
		if v.Show != "all" && (row.Ended || row.Coming) || !unitMatches(u, v.Text) {
			continue
		}
		for _, c := range []contactRow{{Role: "责任人", Contact: u.Head}, {Role: "联络人", Contact: u.Liaison}, {Role: "承办人", Contact: u.Handler}} {
			if !v.SeesPhones && u.ID != p.Unit {
				c.Phone = ""
			}
			if c.User != "" {
				if a, ok := accounts[c.User]; !ok {
					c.Account = "账号未建立"
				} else if a.Disabled {
					c.Account = "账号已停用"
				}
			}
			row.Contacts = append(row.Contacts, c)
		}
		if !row.Ended && !liaisons[u.ID] {
			row.Missing = append(row.Missing, "没有可用的联络人账号，收不到交办")
		}
		i := slices.IndexFunc(v.Groups, func(g officeGroup) bool { return g.Kind == u.Kind })
		if i < 0 {
			v.Groups = append(v.Groups, officeGroup{Kind: u.Kind})
			i = len(v.Groups) - 1
		}
		v.Groups[i].Units = append(v.Groups[i].Units, row)
		v.Shown++
	}
	fill(&v)
	return s.show(w, r, p, status, "units", "机构与人员", v)
}

// unitMatches looks for a word in what people know a unit by.
func unitMatches(u huiying.Unit, text string) bool {
	if text == "" {
		return true
	}
	for _, field := range append([]string{u.Name, u.Short, u.Duty, u.Department, u.Head.Name, u.Liaison.Name, u.Handler.Name}, u.Keywords...) {
		if strings.Contains(field, text) {
			return true
		}
	}
	return false
}

// policiesView is 政策库.
type policiesView struct {
	Text     string
	Policies []policyRow
	Clauses  int
	NewFile  string // where a policy that is added goes; "" for those who may not
}

type policyRow struct {
	huiying.Policy
	Drafter string
	Ended   bool
	Clauses []clauseRow
	All     int
}

type clauseRow struct {
	Article string
	Text    []piece
	Words   []string
}

func (s *Server) policiesPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	v := policiesView{Text: strings.TrimSpace(r.URL.Query().Get("q"))}
	if s.mayWriteRules(p) {
		v.NewFile = "policies/added-" + s.now().In(huiying.Beijing).Format("20060102-150405") + ".yaml"
	}
	if s.cfg.Policies != nil {
		for _, one := range s.cfg.Policies() {
			if row, ok := policyRowOf(one, v.Text, units, s.now()); ok {
				v.Policies = append(v.Policies, row)
				v.Clauses += len(row.Clauses)
			}
		}
	}
	slices.SortStableFunc(v.Policies, func(a, b policyRow) int { return b.Issued.Compare(a.Issued) })
	return s.show(w, r, p, http.StatusOK, "policies", "政策库", v)
}

// policyRowOf keeps the clauses in which all words occur, counting what people
// say for them; a word in the title or among the names speaks for every clause.
func policyRowOf(p huiying.Policy, text string, units *huiying.Directory, now time.Time) (policyRow, bool) {
	row := policyRow{Policy: p, Drafter: units.Name(p.Unit), Ended: !p.To.IsZero() && !now.Before(p.To), All: len(p.Clauses)}
	words := strings.Fields(text)
	whole := p.Title + " " + p.Number + " " + strings.Join(p.Names, " ")
	for _, c := range p.Clauses {
		in := whole + " " + c.Article + " " + c.Text + " " + strings.Join(c.Words, " ")
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(in, w) }) {
			continue
		}
		full := []rune(c.Text)
		row.Clauses = append(row.Clauses, clauseRow{c.Article, cut(full, 0, len(full), marksOf(full, huiying.Assessment{}, hitsOf(full, words)...)), c.Words})
	}
	return row, len(row.Clauses) > 0
}
