package dashboard_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"huiying"
)

var png = []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("x", 64))

// attached sends a file with the form of a case's page.
func (c caller) attached(path, version, name string, content []byte) reply {
	c.h.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	check(c.h.t, form.WriteField("version", version))
	part := must(form.CreateFormFile("file", name))
	_ = must(part.Write(content))
	check(c.h.t, form.Close())
	return c.stay().do("POST", path+"/attach", &b, "Content-Type", form.FormDataContentType(), "Accept", "text/html")
}

func TestAFileIsAttachedReadByThoseWhoSeeTheCaseAndRefusedWhenItLies(t *testing.T) {
	h, c := filled(t)
	path, version := "/cases/"+string(c.ID), fmt.Sprint(c.Version)
	r := h.as("jkj-liaison").attached(path, version, "检测报告.pdf", png)
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("a picture that says it is a PDF: %d", r.status)
	}
	r.says(t, "内容却是PNG 图片")
	// a film of a telephone: the browser hears why although it had not sent it all
	h.as("jkj-liaison").attached(path, version, "现场.mp4", make([]byte, 2*huiying.MaxAttachment)).says(t, "文件超过 20 MB", "添加附件")
	if r := h.as("zjj-liaison").attached(path, version, "现场.png", png); r.status != http.StatusNotFound {
		t.Errorf("a foreign unit attaches: %d", r.status)
	}
	if r := h.as("jkj-liaison").attached(path, version, "现场.png", png); r.status != http.StatusSeeOther {
		t.Fatalf("attached: %d %s", r.status, r.body)
	}
	page := h.as("jkj-liaison").page(path)
	page.says(t, "现场.png", "添加附件")
	file := path + "/attachments/" + between(t, string(page.body), `href="`+path+`/attachments/`, `"`)
	got := h.as("leader").page(file)
	if !bytes.Equal(got.body, png) || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d bytes with %v", len(got.body), got.header)
	}
	if r := h.as("zjj-liaison").page(file); r.status != http.StatusNotFound {
		t.Errorf("a foreign unit reads it: %d", r.status)
	}
	var doc caseDoc
	h.as("leader").get(path).json(t, &doc)
	h.as("leader").post(path+"/attach", map[string]any{"version": doc.Version, "file": map[string]any{"name": "再来一次.png", "content": png}}).problem(t, 409)
	h.as("leader").post(path+"/attach", map[string]any{"version": doc.Version, "file": map[string]any{"name": "run.exe", "content": []byte("MZ")}}).problem(t, 422)
	if _, err := h.ledger.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
