package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signintech/gopdf"
)

// What keeps with the next (the advice with 版记 behind it) goes over the page as
// one, and only where it would come apart.
func TestParagraphsThatKeepTogetherStandOnOnePage(t *testing.T) {
	p := &printer{pdf: &gopdf.GoPdf{}, width: 595, height: 842, left: 80, right: 515, top: 100, bottom: 740}
	p.pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: p.width, H: p.height}})
	for name, raw := range map[string][]byte{"sans": sansTTF(), "serif": serifTTF()} {
		if err := p.pdf.AddTTFFontData(name, raw); err != nil {
			t.Fatal(err)
		}
	}
	const line = `<w:p><w:pPr>%s</w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`
	drawn := func(before int, keep string) (first, last int) { // pages, each paragraph having one line
		body := strings.Repeat(fmt.Sprintf(line, "", "正文"), before)
		for _, text := range []string{"建议", "抄送", "印发"} {
			body += fmt.Sprintf(line, keep, text)
		}
		paragraphs := must(parseXML([]byte("<w:body>" + body + fmt.Sprintf(line, "", "页末") + "</w:body>"))).kids
		p.newPage()
		start := p.page
		for i, k := range paragraphs {
			p.paragraph(k, paragraphs[i+1:])
			if i == before {
				first = p.page - start
			}
		}
		return first, p.page - start
	}
	apart := 0
	for before := range 60 {
		first, last := drawn(before, "")
		together, end := drawn(before, "<w:keepNext/>")
		if first != last {
			apart++
			first = last
		}
		if together != first || end != first {
			t.Errorf("behind %d lines the advice is on page %d and 版记 ends on page %d, both want %d", before, together, end, first)
		}
	}
	if p.failed != nil || apart == 0 {
		t.Errorf("nothing came apart without the rule, so nothing was tried (%v)", p.failed)
	}
}
