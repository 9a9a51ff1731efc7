package dashboard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"huiying"
)

// unitsPreview is a sheet of units before it is applied.
type unitsPreview struct {
	Rows     string // the rows as JSON, for the second step
	Sheet    string
	File     string
	Was      string // hash of the file of units it is made from
	Total    int
	Changes  []unitChange
	New      int
	Problems []sheetProblem
	Wrong    []huiying.RuleProblem // what the county's files would not allow
	Notes    []string
	Others   int // units that the sheet does not name
	Failed   string
}

// unitsSheet is 机构与人员 as a sheet, marked with who took it out.
func (s *Server) unitsSheet(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if !p.Region.Covers(s.cfg.Region) {
		return huiying.Errorf(huiying.CodeNotFound, "只能导出本县的机构与人员")
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	book, err := unitBook(units.All(), huiying.Watermark(p, "", s.now()))
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it has no files open
	return sendBook(w, book, "units.xlsx", "机构与人员.xlsx")
}

func (s *Server) unitsTemplate(w http.ResponseWriter, _ *http.Request, _ huiying.Person) error {
	book, err := unitBook(nil, "")
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it has no files open
	return sendBook(w, book, "units-template.xlsx", "机构与人员模板.xlsx")
}

// previewUnits reads a sheet and shows what it would change; nothing is saved.
func (s *Server) previewUnits(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxUnitFile)
	file, head, err := r.FormFile("file")
	if err != nil {
		return s.unitsRefused(w, r, p, &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: fmt.Sprintf("请选择不超过 %d MB 的 XLSX 文件", maxUnitFile>>20), Cause: err})
	}
	defer func() { _ = file.Close() }() // only read
	v := unitsPreview{File: huiying.Clip(head.Filename, 80)}
	var rows []sheetRow
	if v.Sheet, rows, err = readSheet(file, unitColumnNames(), 1, maxUnitRows); err != nil {
		return s.unitsRefused(w, r, p, err)
	}
	if _, err := s.readUnits(r, p, rows, &v); err != nil {
		return err
	}
	return s.showUnits(w, r, p, http.StatusOK, func(u *unitsView) { u.Preview = &v })
}

func (s *Server) unitsRefused(w http.ResponseWriter, r *http.Request, p huiying.Person, err error) error {
	e, ok := asDomain(err)
	if !ok || e.Code != huiying.CodeInvalid {
		return err
	}
	s.note(r, err)
	return s.showUnits(w, r, p, statusOf(err), func(v *unitsView) { v.Problem = e.Message })
}

// readUnits fills a preview from rows and returns the text of the units' file
// they would make.
func (s *Server) readUnits(r *http.Request, p huiying.Person, rows []sheetRow, v *unitsPreview) (text string, err error) {
	if !s.mayWriteRules(p) {
		return "", huiying.Errorf(huiying.CodeForbidden, "现在用的是内置的样例县，不能改动。请系统管理员先用 huiying init 生成县域目录")
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return "", err
	}
	users, err := s.cfg.Ledger.Users(r.Context(), s.cfg.Region)
	if err != nil {
		return "", fmt.Errorf("read accounts: %w", err)
	}
	accounts := make(map[huiying.UserID]bool)
	for _, u := range users {
		accounts[u.User] = !u.Disabled
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("keeping the rows: %w", err)
	}
	v.Rows, v.Total = string(raw), len(rows)
	v.Changes, v.Problems, v.Notes = unitsOfRows(v.Sheet, rows, s.cfg.Region, units, accounts)
	v.Others = len(units.All())
	changed := make([]huiying.Unit, len(v.Changes))
	for i, c := range v.Changes {
		changed[i] = c.Unit
		if c.New {
			v.New++
		} else {
			v.Others--
		}
	}
	file, text, was, err := s.cfg.Rulebook.UnitsText(changed)
	if err != nil {
		return "", err
	}
	v.Was = was
	if len(changed) > 0 {
		v.Wrong, err = s.cfg.Rulebook.Check(file, text)
	}
	return text, err
}

// takeUnits puts the rows of a preview in force; they are read again.
func (s *Server) takeUnits(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxUnitFile)
	var rows []sheetRow
	if err := json.Unmarshal([]byte(r.PostFormValue("rows")), &rows); err != nil || len(rows) == 0 || len(rows) > maxUnitRows {
		return s.unitsRefused(w, r, p, &huiying.Error{Code: huiying.CodeInvalid, Field: "rows", Message: "预览的内容不完整，请重新选择文件", Cause: err})
	}
	v := unitsPreview{Sheet: huiying.Clip(r.PostFormValue("sheet"), 40), File: huiying.Clip(r.PostFormValue("name"), 80)}
	text, err := s.readUnits(r, p, rows, &v)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	switch {
	case len(v.Changes) == 0 || len(v.Wrong) > 0:
		err = huiying.Invalid("rows", "没有可以导入的内容，请按提示改正后重新选择文件")
	case len(v.Problems) > 0 && r.PostFormValue("only_valid") != "yes":
		err = huiying.Invalid("rows", "还有 %d 处需要改正", len(v.Problems))
	case r.PostFormValue("was") != v.Was:
		err = huiying.Errorf(huiying.CodeConflict, "单位名录刚刚被改过，下面是按现在的内容重新核对的结果，请再看一遍")
	default:
		err = s.cfg.Rulebook.Save(r.Context(), p, "units.yaml", text, v.Was, reason)
	}
	if err == nil {
		return redirect(w, r, "/units?done=units")
	}
	e, ok := asDomain(err)
	if !ok {
		return fmt.Errorf("save units: %w", err)
	}
	s.note(r, err)
	v.Failed = e.Message
	return s.showUnits(w, r, p, statusOf(err), func(u *unitsView) { u.Preview = &v })
}
