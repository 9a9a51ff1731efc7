package dashboard

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"huiying"
)

// uploadPageView is a file on its way in: mapped, previewed, imported.
type uploadPageView struct {
	uploadView
	Columns  []mappedColumn
	Fields   []option
	Channels []option
	Profiles []huiying.Profile
	Chosen   string // the profile applied
	Preview  []previewRow
	Bad      int // of the preview
	Error    string
}

// mappedColumn is a column of the file and what it is taken for.
type mappedColumn struct {
	Name, Sample string
	Field        huiying.ProfileField
}

// previewRow is a row as it would be read, or why it would not.
type previewRow struct {
	Number  int
	Post    huiying.Post
	Problem string
}

var uploadChannels = []huiying.Channel{huiying.ChannelHotline, huiying.ChannelLetter, huiying.ChannelMedia, huiying.ChannelGov, huiying.ChannelManual}

func (s *Server) uploadFile(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	region, err := (api{Server: s}).countyFor(p, "")
	if err != nil {
		return err
	}
	u, err := s.uploads.add(p)
	if err != nil {
		return err
	}
	u.change(func(v *uploadView) { v.Region = region })
	if err := s.receive(w, r, u); err != nil {
		s.uploads.drop(u.now().ID)
		if code := huiying.CodeOf(err); code == huiying.CodeInvalid || statusOf(err) == http.StatusRequestEntityTooLarge {
			s.note(r, err)
			v := intakeView{Form: url.Values{}, FileError: errorViewOf(err).Message}
			if code != huiying.CodeInvalid {
				v.FileError = fmt.Sprintf("文件超过 %d MB，请分成几个文件上传", maxUpload>>20)
			}
			return s.showIntake(w, r, p, statusOf(err), v)
		}
		return err
	}
	return redirect(w, r, "/intake/files/"+u.now().ID)
}

// receive reads the form's one file as a stream.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, u *upload) error {
	defer limitFile(w, r, maxUpload+maxForm)()
	parts, err := r.MultipartReader()
	if err != nil {
		return &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: "请选择要导入的文件", Cause: err}
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return huiying.Invalid("file", "请选择要导入的文件")
		}
		if err != nil {
			return &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: "上传中断，请重试", Cause: err}
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return s.take(r.Context(), u, part.FileName(), part)
		}
	}
}

func (s *Server) uploadPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.uploads.get(r.PathValue("id"), p)
	if err != nil {
		return err
	}
	return s.showUpload(w, r, p, u, nil)
}

// showUpload renders the file as it stands; why says what was just refused.
func (s *Server) showUpload(w http.ResponseWriter, r *http.Request, p huiying.Person, u *upload, why error) error {
	v := uploadPageView{uploadView: u.now()}
	status := http.StatusOK
	if why != nil {
		status, v.Error = statusOf(why), errorViewOf(why).Message
	}
	if v.State == uploadDraft {
		header := v.header()
		for _, name := range header.Cells {
			c := mappedColumn{Name: strings.TrimSpace(name)}
			for _, m := range v.Profile.Columns {
				if m.Column != "" && strings.TrimSpace(m.Column) == c.Name {
					c.Field = m.Field
				}
			}
			v.Columns = append(v.Columns, c)
		}
		for _, row := range v.Head {
			if row.Number > header.Number {
				sample(v.Columns, row.Cells)
			}
		}
		for i, c := range v.Columns {
			if serial, err := strconv.ParseFloat(c.Sample, 64); err == nil && c.Field == huiying.FieldAt {
				if t, ok := huiying.SerialTime(serial); ok { // how a spreadsheet keeps a date, not how it shows it
					v.Columns[i].Sample = stamp(t)
				}
			}
		}
		if err := v.Profile.Check(); err != nil && v.Error == "" {
			v.Error = errorViewOf(err).Message
		} else if err := v.Profile.Fits(header.Cells); err != nil && v.Error == "" {
			v.Error = errorViewOf(err).Message
		} else if v.Error == "" {
			v.Preview = s.preview(v.uploadView, header)
		}
		for _, row := range v.Preview {
			if row.Problem != "" {
				v.Bad++
			}
		}
		for _, f := range huiying.ProfileFields {
			v.Fields = append(v.Fields, option{string(f), f.Label()})
		}
		for _, c := range uploadChannels {
			v.Channels = append(v.Channels, option{string(c), c.Label()})
		}
		var err error
		if v.Profiles, err = s.cfg.Ledger.Profiles(r.Context(), p.Region); err != nil {
			return fmt.Errorf("read profiles: %w", err)
		}
	}
	return s.show(w, r, p, status, "upload", "导入"+v.Name, v)
}

// sample shows what columns hold by their first cell with something in it, but
// not who it is about.
func sample(columns []mappedColumn, cells []string) {
	author := ""
	for i, c := range columns {
		if c.Field == huiying.FieldAuthor && i < len(cells) {
			author = strings.TrimSpace(cells[i])
		}
	}
	for i := range columns {
		c := &columns[i]
		if c.Sample != "" || i >= len(cells) {
			continue
		}
		shown := strings.TrimSpace(huiying.CleanText(cells[i]))
		if author != "" {
			shown = strings.ReplaceAll(shown, author, huiying.MaskName(author))
		}
		if c.Field == huiying.FieldPhone && shown != "" {
			shown = "〔电话〕"
		}
		c.Sample = huiying.Clip(huiying.Redact(shown, map[string]int{}), 30)
	}
}

// header is the row the profile takes the column names from.
func (v uploadView) header() huiying.TableRow {
	i := slices.IndexFunc(v.Head, func(r huiying.TableRow) bool { return r.Number >= v.Profile.HeaderRow() })
	if i < 0 {
		return huiying.TableRow{Number: v.Profile.HeaderRow()}
	}
	return v.Head[i]
}

// preview reads the first rows as the import would, personal data hidden.
func (s *Server) preview(v uploadView, header huiying.TableRow) []previewRow {
	var out []previewRow
	for _, row := range v.Head {
		if row.Number <= header.Number {
			continue
		}
		if len(out) == previewRows {
			break
		}
		post, err := v.Profile.Apply(header.Cells, row)
		if err == nil {
			if post, err = s.reading(v.Region).Accept(post); err != nil {
				err = v.Profile.Blame(row.Number, err)
			}
		}
		line := previewRow{Number: row.Number, Post: post}
		if err != nil {
			line.Problem = errorViewOf(err).Message
		}
		out = append(out, line)
	}
	return out
}

// draft is an upload that may still be changed.
func (s *Server) draft(w http.ResponseWriter, r *http.Request, p huiying.Person) (*upload, error) {
	u, err := s.uploads.get(r.PathValue("id"), p)
	if err != nil {
		return nil, err
	}
	if u.now().State != uploadDraft {
		return nil, huiying.Errorf(huiying.CodeConflict, "这个文件已经开始导入")
	}
	return u, readForm(w, r)
}

// mapUpload takes the person's mapping, or a saved profile, and shows what the
// rows become with it.
func (s *Server) mapUpload(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.draft(w, r, p)
	if err != nil {
		return err
	}
	next, err := s.mapped(r, p, u.now())
	if err == nil && next.Sheet != u.now().Profile.Sheet {
		err = s.look(u, next.Sheet)
	}
	if err != nil {
		if huiying.CodeOf(err) == huiying.CodeInvalid {
			return s.showUpload(w, r, p, u, err)
		}
		return err
	}
	u.change(func(v *uploadView) { v.Profile = next })
	return redirect(w, r, "/intake/files/"+u.now().ID+"#preview")
}

func (s *Server) mapped(r *http.Request, p huiying.Person, v uploadView) (huiying.Profile, error) {
	f, next := r.PostForm, v.Profile
	if name := f.Get("use"); name != "" {
		list, err := s.cfg.Ledger.Profiles(r.Context(), p.Region)
		if err != nil {
			return next, fmt.Errorf("read profiles: %w", err)
		}
		if i := slices.IndexFunc(list, func(o huiying.Profile) bool { return o.Name == name }); i >= 0 {
			list[i].Region = v.Region
			return list[i], nil
		}
		return next, huiying.Invalid("use", "没有“%s”这个模板", huiying.Clip(name, 20))
	}
	header, err := strconv.Atoi(f.Get("header"))
	if err != nil || header < 1 || header > huiying.MaxHeaderRow {
		return next, huiying.Invalid("header", "表头应在第 1 至 %d 行", huiying.MaxHeaderRow)
	}
	next.Channel, next.Source, next.Sheet = huiying.Channel(f.Get("channel")), strings.TrimSpace(f.Get("source")), strings.TrimSpace(f.Get("sheet"))
	if !next.Channel.Valid() {
		return next, huiying.Invalid("channel", "请选择渠道")
	}
	if header != next.HeaderRow() { // other columns: guess anew
		v.Profile.Header, next.Header = header, header
		next.Columns = huiying.GuessColumns(v.header().Cells)
		return next, nil
	}
	columns := slices.DeleteFunc(slices.Clone(next.Columns), func(c huiying.ProfileColumn) bool { return c.Value == "" })
	for i, name := range v.header().Cells {
		field := huiying.ProfileField(f.Get("field-" + strconv.Itoa(i)))
		if field == "" || strings.TrimSpace(name) == "" {
			continue
		}
		c := huiying.ProfileColumn{Column: strings.TrimSpace(name), Field: field}
		if layout := strings.TrimSpace(f.Get("layout")); layout != "" && field == huiying.FieldAt {
			c.Layouts = []string{layout}
		}
		if err := c.Check(); err != nil {
			return next, err
		}
		columns = append(columns, c)
	}
	next.Columns = columns
	return next, nil
}

// Layout is how the profile's times are written, "" for the usual ways.
func (v uploadView) Layout() string {
	for _, c := range v.Profile.Columns {
		if c.Field == huiying.FieldAt && len(c.Layouts) > 0 {
			return c.Layouts[0]
		}
	}
	return ""
}

// Total is how many rows stand below the header, about: titles count too.
func (v uploadView) Total() int { return max(0, v.Rows-v.Profile.HeaderRow()) }

func (s *Server) startImport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.draft(w, r, p)
	if err != nil {
		return err
	}
	v := u.now()
	if err := v.Profile.Check(); err != nil {
		return s.showUpload(w, r, p, u, err)
	}
	if err := s.cfg.Ledger.Record(r.Context(), huiying.Audit{
		At: s.now(), Region: v.Region, Who: p.User, Role: p.Role, Action: "intake.import", Object: v.ID, Detail: fmt.Sprintf("%s %d 行", v.Name, v.Rows),
	}); err != nil {
		return fmt.Errorf("audit an import: %w", err)
	}
	if !u.wait() {
		return huiying.Errorf(huiying.CodeConflict, "这个文件已经开始导入")
	}
	s.uploads.queue <- u // as long as the most uploads there may be
	return redirect(w, r, "/intake/files/"+v.ID)
}

// wait marks a draft as waiting for its turn, once.
func (u *upload) wait() (begun bool) {
	u.change(func(v *uploadView) {
		if begun = v.State == uploadDraft; begun {
			v.State = uploadWaiting
		}
	})
	return begun
}

func (s *Server) uploadFragment(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.uploads.get(r.PathValue("id"), p)
	if err != nil {
		return err
	}
	v := u.now()
	if !v.Running() {
		w.Header().Set("HX-Refresh", "true")
	}
	return s.fragment(w, "upload-progress", v)
}

// rejectedRows is what was not taken, with reasons, for the person who sent it.
func (s *Server) rejectedRows(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.uploads.get(r.PathValue("id"), p)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(u.dir, rejectedName))
	if err != nil {
		return huiying.Errorf(huiying.CodeNotFound, "还没有导入，或没有未采用的行")
	}
	defer func() { _ = f.Close() }() // only read
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="rejected.csv"; filename*=UTF-8''`+url.PathEscape("未采用-"+u.now().Name+".csv"))
	return marked(w, f, huiying.Watermark(p, "", s.now()))
}

// marked copies a CSV with a watermark in a column of its own, so that the file can
// be mended and sent in again as it is.
func marked(w io.Writer, r io.Reader, mark string) error {
	in, out := csv.NewReader(r), csv.NewWriter(w)
	in.FieldsPerRecord = -1
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(row[0], "行号") {
			row = append(row, "导出")
		} else {
			row = append(row, mark)
		}
		if err := out.Write(row); err != nil {
			return nil //nolint:nilerr // the reader went away
		}
	}
	out.Flush()
	return nil
}

// saveProfile keeps the mapping as a 来件模板 of the county.
func (s *Server) saveProfile(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.uploads.get(r.PathValue("id"), p)
	if err != nil {
		return err
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	v := u.now()
	v.Profile.Name = strings.TrimSpace(r.PostForm.Get("name"))
	err = s.cfg.Ledger.SaveProfile(r.Context(), v.Profile, huiying.Audit{
		At: s.now(), Region: v.Region, Who: p.User, Role: p.Role, Action: "profile.save", Object: v.Profile.Name,
	})
	if huiying.CodeOf(err) == huiying.CodeInvalid {
		return s.showUpload(w, r, p, u, err)
	}
	if err != nil {
		return err
	}
	u.change(func(now *uploadView) { now.Profile.Name = v.Profile.Name })
	return redirect(w, r, "/intake/files/"+v.ID+"?done=profile")
}

func (s *Server) discardUpload(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	u, err := s.uploads.get(r.PathValue("id"), p)
	if err != nil {
		return err
	}
	v := u.now()
	if v.Running() {
		return huiying.Errorf(huiying.CodeConflict, "正在导入，请等它完成")
	}
	s.uploads.drop(v.ID)
	return redirect(w, r, "/intake?done=discarded")
}
