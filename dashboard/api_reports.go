package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
	"huiying/dashboard/report"
)

func (a api) routesReports(mux *routes) {
	mux.HandleFunc("GET "+apiPrefix+"/reports/{file}", func(w http.ResponseWriter, r *http.Request) {
		p, err := a.visitor(r)
		if err == nil {
			err = a.writeReport(w, r, p)
		}
		if err != nil {
			a.note(r, err)
			writeProblem(w, newProblem(err, visitOf(r.Context()).id))
		}
	})
	param := func(name, in, what string) *huma.Param {
		return &huma.Param{Name: name, In: in, Description: what, Required: in == "path", Schema: &huma.Schema{Type: huma.TypeString}}
	}
	kinds := make([]string, len(huiying.ReportKinds))
	for i, k := range huiying.ReportKinds {
		kinds[i] = string(k) + " " + k.Label()
	}
	a.doc.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/reports/{file}", OperationID: "write-report", Summary: "报告、表单和台账文件", Tags: []string{"报告"},
		Description: "file 为 {kind}.{docx,pdf,xlsx}，如 daily.docx。kind：" + strings.Join(kinds, "、") + "。未印发的文件不编号；每次导出都有水印并记入审计。",
		Parameters: []*huma.Param{
			param("file", "path", "{kind}.{docx,pdf,xlsx}"), param("date", "query", "时段内的一天，缺省今天"),
			param("case", "query", "交办单的 id 或编号（交办单、反馈单、专报、快报、急报）"), param("event", "query", "事件的 id（专报、快报、急报）"),
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "文件", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}, "default": problemResponse(a.doc),
		},
	})
}

// writeReport answers with the document a path such as daily.docx asks for.
func (s *Server) writeReport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	o, err := s.reportOrder(r, p)
	if err != nil {
		return err
	}
	return s.sendReport(w, r, o)
}

// sendReport writes a document, puts that on record and sends it.
func (s *Server) sendReport(w http.ResponseWriter, r *http.Request, o report.Order) error {
	file, err := s.reports.Write(r.Context(), o)
	if err != nil {
		return err
	}
	if err := s.audit(r.Context(), r, o.By, "export.report", string(o.Kind)+"."+o.Format, file.Name); err != nil {
		return err
	}
	sendFile(w, file.Name, file.MIME, file.Bytes)
	return nil
}

// reportOrder reads what is asked for and refuses what the person may not have.
func (s *Server) reportOrder(r *http.Request, p huiying.Person) (report.Order, error) {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	q := r.URL.Query()
	o := report.Order{Kind: huiying.ReportKind(name), Format: format, By: p, Now: s.now(), Event: huiying.EventID(q.Get("event"))}
	if s.reports == nil || o.Kind.Label() == "" {
		return o, huiying.Errorf(huiying.CodeNotFound, "没有 %q 这种报告", name)
	}
	if !p.ReportsOn(o.Kind) || !p.Role.OfUnit() && !p.Region.Covers(s.cfg.Region) {
		return o, huiying.Errorf(huiying.CodeForbidden, "%s不能导出%s", p.Role.Label(), o.Kind.Label())
	}
	if day := q.Get("date"); day != "" {
		at, err := huiying.ParseTime(day)
		if err != nil {
			return o, huiying.Invalid("date", "日期应写作 2026-11-26，收到 %q", day)
		}
		o.Date = at
	}
	if ref := q.Get("case"); ref != "" {
		c, err := s.reports.FindCase(r.Context(), ref, o.Now)
		if err == nil && !p.SeesCase(c) {
			err = huiying.Errorf(huiying.CodeNotFound, "没有交办单 %s", ref)
		}
		if err != nil {
			return o, err
		}
		o.Case = c.ID
	}
	return o, s.mayReadEvent(r, p, o.Event)
}

func (s *Server) mayReadEvent(r *http.Request, p huiying.Person, id huiying.EventID) error {
	if id == "" {
		return nil
	}
	e, err := s.cfg.Ledger.Event(r.Context(), id)
	if err == nil && (!p.SeesPosts() || !p.Region.Covers(e.Region)) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这个事件")
	}
	return err
}

// sendFile answers with a file to be saved.
func sendFile(w http.ResponseWriter, name, mime string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", mime)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", "attachment; filename=\"report"+name[strings.LastIndexByte(name, '.'):]+"\"; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(content) // the reader went away: nothing to do
}
