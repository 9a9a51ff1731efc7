package report

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"huiying"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with what was looked at and found right.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (look, then run with -update):\n%s", name, got)
	}
}

// documents are one order of every kind that is ready.
func documents() []Order {
	return []Order{
		{Kind: huiying.ReportDaily, Number: "交舆日报〔2026〕第12期"},
		{Kind: huiying.ReportWeekly, Number: "交舆周报〔2026〕第3期"},
		{Kind: huiying.ReportMonthly},
		{Kind: huiying.ReportSpecial, Event: "e1", Number: "交舆专报〔2026〕第2期"},
		{Kind: huiying.ReportFlash, Event: "e2"},
		{Kind: huiying.ReportUrgent, Case: "c1"},
		{Kind: huiying.ReportCase, Case: "c1"},
		{Kind: huiying.ReportFeedback, Case: "c1"},
		{Kind: huiying.ReportLedger},
		{Kind: huiying.ReportAppraisal},
	}
}

func TestDocumentsSayWhatHappened(t *testing.T) {
	h := filled(t)
	for _, o := range documents() {
		t.Run(string(o.Kind), func(t *testing.T) {
			o.Format = "docx"
			golden(t, string(o.Kind)+".txt", must(must(openWord(h.write(t, o).Bytes)).text()))
		})
	}
}

func TestDocumentsOfAQuietPeriodAreHonest(t *testing.T) {
	h := empty(t)
	for _, o := range documents() {
		if !o.Kind.Periodic() {
			continue
		}
		o.Format = "docx"
		w := must(openWord(h.write(t, o).Bytes))
		sound(t, w)
		text := must(w.text())
		for _, want := range []string{"信息0条", "没有配置信源", "没有达到重点标准的舆情", "没有在办的交办单"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", o.Kind, want, text)
			}
		}
		if strings.Contains(text, "总体平稳") || strings.Contains(text, "NaN") {
			t.Errorf("%s speaks of calm that nobody watched for:\n%s", o.Kind, text)
		}
	}
}

func TestDocumentsAreSoundWord(t *testing.T) {
	h := filled(t)
	for _, o := range documents() {
		o.Format = "docx"
		f := h.write(t, o)
		if f.MIME != mimeWord || !strings.HasSuffix(f.Name, ".docx") {
			t.Errorf("%s: %s, %s", o.Kind, f.Name, f.MIME)
		}
		sound(t, must(openWord(f.Bytes)))
	}
}

func TestDocumentsArePDF(t *testing.T) {
	h := filled(t)
	for _, o := range documents() {
		o.Format = "pdf"
		f := h.write(t, o)
		if f.MIME != mimePDF || !bytes.HasPrefix(f.Bytes, []byte("%PDF-")) || !bytes.Contains(f.Bytes[len(f.Bytes)-32:], []byte("%%EOF")) {
			t.Errorf("%s: %s, %s, %d bytes", o.Kind, f.Name, f.MIME, len(f.Bytes))
		}
	}
	for _, o := range []Order{{Kind: huiying.ReportDaily}, {Kind: huiying.ReportLedger}} { // and of nothing
		o.Format = "pdf"
		empty(t).write(t, o)
	}
}

// A row that is higher than a page goes on on the next one.
func TestALongFormGoesOverPages(t *testing.T) {
	h := filled(t)
	c := must(h.ledger.Case(context.Background(), "c1"))
	c.Feedback[0].Facts = strings.Repeat("经查，情况较为复杂，涉及多个环节。", 400)
	c.Rev++
	if err := h.ledger.SaveCase(context.Background(), c, c.Rev-1, huiying.Change{}); err != nil {
		t.Fatal(err)
	}
	f := h.write(t, Order{Kind: huiying.ReportFeedback, Format: "pdf", Case: "c1"})
	if n := bytes.Count(f.Bytes, []byte("/Type /Page\n")); n < 4 {
		t.Errorf("6800 letters on %d pages", n)
	}
}

// sound checks that every part is well-formed, that every relationship leads to
// a part, that every reference has its relationship, and that who took the
// document out stands on every page, and that the schema is kept to.
func sound(t *testing.T, w *word) {
	t.Helper()
	marked := 0
	for name, raw := range w.parts {
		switch path.Ext(name) {
		case ".xml", ".rels":
		case ".png":
			if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		default:
			t.Errorf("%s: what is it?", name)
		}
		d := xml.NewDecoder(bytes.NewReader(raw)) // strict, and it resolves prefixes
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if s, ok := tok.(xml.StartElement); ok && s.Name.Space != "" && !strings.Contains(s.Name.Space, ":") {
				t.Errorf("%s: the prefix of %s means nothing", name, s.Name.Local)
			}
		}
		if strings.Contains(string(raw), "{{") {
			t.Errorf("%s still has a name in braces", name)
		}
		if strings.Contains(string(raw), "2026-11-26 18:00") && strings.Contains(name, "header") {
			marked++
		}
		if path.Ext(name) != ".xml" || path.Dir(name) != "word" {
			continue
		}
		ids := make(map[string]bool)
		if rels := w.parts[relsOf(name)]; rels != nil {
			for _, r := range must(parseXML(rels)).kids {
				ids[r.attr("Id")] = true
				if r.attr("TargetMode") != "External" && w.parts[path.Join("word", r.attr("Target"))] == nil {
					t.Errorf("%s: %s leads nowhere", name, r.attr("Target"))
				}
			}
		}
		must(parseXML(raw)).all(func(n *node) bool {
			for _, a := range []string{"r:id", "r:embed"} {
				if id := n.attr(a); id != "" && !ids[id] {
					t.Errorf("%s: <%s %s=%q> has no relationship", name, n.name, a, id)
				}
			}
			return true
		})
	}
	if marked == 0 {
		t.Error("no watermark")
	}
	ordered(t, w)
}

func TestTheTemplatesOfTheCountyAreSound(t *testing.T) {
	if err := Check(templates()); err != nil {
		t.Error(err)
	}
}

func TestAWrongTemplateIsNamedWithItsPlaceholder(t *testing.T) {
	h := filled(t)
	raw := must(os.ReadFile("../../deploy/county/141122/templates/日报.docx"))
	w := must(openWord(raw))
	w.put(mainPart, bytes.ReplaceAll(w.parts[mainPart], []byte("{{信息总量}}"), []byte("{{信息总数}}")))
	broken := must(w.bytes())
	h.cfg.Templates = fstest.MapFS{"日报.docx": {Data: broken}, "周报.docx": {Data: []byte("no zip")}}
	_, err := h.Write(context.Background(), Order{Kind: huiying.ReportDaily, Format: "docx", Now: now})
	if err == nil || !strings.Contains(err.Error(), "templates/日报.docx") || !strings.Contains(err.Error(), "{{信息总数}}") {
		t.Errorf("writing with it: %v", err)
	}
	err = Check(h.cfg.Templates)
	for _, want := range []string{"{{信息总数}}", "周报.docx：不是 .docx 文件", "月报.docx：缺少这个文件"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check: %v, want %q in it", err, want)
		}
	}
}

func TestEditedRemarksAreTaken(t *testing.T) {
	h := filled(t)
	f := h.write(t, Order{Kind: huiying.ReportDaily, Format: "docx", Edits: Edits{Advice: []string{"请教科局今日内公布送检进展。"}, Risks: []string{}}})
	text := must(must(openWord(f.Bytes)).text())
	if !strings.Contains(text, "1．请教科局今日内公布送检进展。") || strings.Contains(text, "请督促签收") || strings.Contains(text, "吕梁日报），") {
		t.Error(text)
	}
}
