package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"huiying"
)

// maxFileForm is a form with one attachment.
const maxFileForm = huiying.MaxAttachment + maxForm

// keepFile puts a file where attachments are kept.
func (s *Server) keepFile(ctx context.Context, name string, r io.Reader) (*huiying.Attachment, error) {
	if s.cfg.Files == nil {
		return nil, huiying.Errorf(huiying.CodeConflict, "这里没有设置附件存放的位置，请联系系统管理员")
	}
	a, err := s.cfg.Files.Put(ctx, name, r)
	if err != nil {
		return nil, fmt.Errorf("keeping an attachment: %w", err)
	}
	return &a, nil
}

// attach reads the file of the form and adds it to the case.
func (s *Server) attach(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	c, err := s.visibleCase(r, p)
	if err != nil {
		return err
	}
	finish := limitFile(w, r, maxFileForm)
	cmd, err := s.attachCommand(r, p)
	finish()
	if err == nil {
		_, err = s.cfg.Desk.Do(r.Context(), c.ID, cmd)
	}
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid, huiying.CodeStale, huiying.CodeConflict, huiying.CodeForbidden, huiying.CodeBusy: // busy: the scan does not answer
		s.note(r, err)
		v := errorViewOf(err)
		return s.showCase(w, r, p, v.Status, c, huiying.ActAttach, &caseProblem{Heading: problemHeading(err), Message: v.Message})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/cases/"+url.PathEscape(string(c.ID))+"?done=attach")
}

// mostDrained is how much of a file that is too large is read all the same.
const mostDrained = 256 << 20

// limitFile refuses a body beyond limit. finish reads what is left of it: a
// browser that cannot finish sending shows a broken connection, not our answer.
func limitFile(w http.ResponseWriter, r *http.Request, limit int64) (finish func()) {
	whole := r.Body
	r.Body = http.MaxBytesReader(w, whole, limit)
	return func() { _, _ = io.CopyN(io.Discard, whole, mostDrained) } // the answer is decided already
}

func (s *Server) attachCommand(r *http.Request, p huiying.Person) (huiying.Command, error) {
	cmd := huiying.Command{Action: huiying.ActAttach, By: p}
	file, header, err := r.FormFile("file")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return cmd, huiying.Invalid("file", "文件超过 %d MB，请压缩后再传", huiying.MaxAttachment>>20)
	case err != nil:
		return cmd, huiying.Invalid("file", "请选择文件")
	}
	defer func() { _ = file.Close() }() // only read
	if cmd.Version, err = strconv.Atoi(r.FormValue("version")); err != nil || cmd.Version < 1 {
		return cmd, huiying.Invalid("version", "表单已经过期，请刷新页面后重试")
	}
	cmd.Attach, err = s.keepFile(r.Context(), header.Filename, file)
	return cmd, err
}

// attachment sends a file of a case to somebody who may see the case, as a
// download: the browser opens nothing in our name.
func (s *Server) attachment(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	c, err := s.visibleCase(r, p)
	if err != nil {
		return err
	}
	a, ok := c.Attachment(huiying.AttachmentHash(r.PathValue("hash")))
	if !ok || s.cfg.Files == nil {
		return huiying.Errorf(huiying.CodeNotFound, "这件交办单没有这个附件")
	}
	return s.sendKept(w, r, p, a, "attachment.read", string(c.ID))
}

// sendKept sends a kept file as a download, and puts that on record.
func (s *Server) sendKept(w http.ResponseWriter, r *http.Request, p huiying.Person, a huiying.Attachment, action, object string) error {
	f, err := s.cfg.Files.Get(a.Hash)
	if err != nil {
		return fmt.Errorf("opening an attachment: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	if err := s.audit(r.Context(), r, p, action, object, a.Name); err != nil {
		return err
	}
	w.Header().Set("Content-Type", a.Type)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", a.At, f)
	return nil
}
