package collector

import (
	"bytes"
	"encoding/xml"
	"testing"
)

// FuzzOutline compares with what a lenient parser finds: never more.
func FuzzOutline(f *testing.F) {
	for _, s := range []string{
		`<rss><channel><item/><item a="/>">x</item></channel></rss>`, `<a><!--></a>--><b/></a>`, `<a><![CDATA[</a>]]><b></b></a>`,
		`<!DOCTYPE x [<!ENTITY a "<b>">]><a><b x='>'/></a>`, `<a><!X <</b></a>>><b></b></a>`, `<?xml version="1.0"?><a></b><c></a>`,
		`<a><b/ ><c / ><d x=/></a>`, `<!X <!-- " --> ><a><b>`, `<a><?p </a></a> ?><b>`, "<a\n><b\t/></ a>", `<a></></a><b>`, `<r xmlns:x="y"><x:item/><x:entry></x:entry></r>`,
		`<!>"<"><A><A>`, `<!0"><"><A><A>`, `<!X [<!-- > --><!Y>]><a><b>`, "<A000000000000000000000000000000000000000:entry>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		text = withoutControls(text)
		depth, deepest, items := 0, 0, 0
		d := xml.NewDecoder(bytes.NewReader(text))
		d.Strict = false
		for {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case xml.StartElement:
				depth++
				deepest = max(deepest, depth)
				if token.Name.Local == "item" || token.Name.Local == "entry" {
					items++
				}
			case xml.EndElement:
				depth--
			}
		}
		if got, gotItems := outline(text); got < deepest || gotItems < items && got < 1<<30 {
			t.Errorf("outline(%q) tells %d deep and %d items, the parser finds %d and %d", text, got, gotItems, deepest, items)
		}
	})
}

func TestEntitiesOfEntitiesAreToldFromHarmlessOnes(t *testing.T) {
	for _, text := range []string{
		laughs + "<rss/>", outside + "<rss/>",
		" <!-- x --> <!DOCTYPE x [<!ENTITY a 'b'> <!ENTITY c '&a;&a;'> ]><rss/>",
		`<!doctype x [<!entity a public "x" "http://a.example/x">]><rss/>`,
	} {
		if !tricky([]byte(text)) {
			t.Errorf("%.80q passes", text)
		}
	}
	for _, text := range []string{
		`<?xml version="1.0"?><rss version="2.0"><item><description><![CDATA[<!DOCTYPE x [<!ENTITY b "&a;&a;">]>]]></description></item></rss>`,
		`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY nbsp "&#160;">]><rss/>`,
		`<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss/>`,
		"",
	} {
		if tricky([]byte(text)) {
			t.Errorf("%.80q is refused", text)
		}
	}
}
