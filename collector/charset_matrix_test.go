package collector

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// Every encoding × what the header says × what the page says × a byte order mark:
// whatever is declared, the page is read.
func TestAPageIsReadWhateverItDeclares(t *testing.T) {
	const simplified, traditional = "关于调整城区供暖时间的通知", "關於調整城區供暖時間的通知"
	text := map[string]string{
		simplified:  "因近期气温回升，经县供热办研究，现将城区供暖时间调整如下，请各热用户相互转告。如有疑问，请拨打服务电话。",
		traditional: "因近期氣溫回升，經縣供熱辦研究，現將城區供暖時間調整如下，請各熱用戶相互轉告。如有疑問，請撥打服務電話。",
	}
	encodings := map[string]struct {
		encoding encoding.Encoding
		title    string
		marked   bool // a byte order mark is a part of it
	}{
		"UTF-8":    {encoding.Nop, simplified, false},
		"GBK":      {simplifiedchinese.GBK, simplified, false},
		"GB18030":  {simplifiedchinese.GB18030, simplified, false},
		"Big5":     {traditionalchinese.Big5, traditional, false},
		"UTF-16LE": {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), simplified, true},
		"UTF-16BE": {unicode.UTF16(unicode.BigEndian, unicode.UseBOM), simplified, true},
	}
	declared := []string{"", "utf-8", "gb2312", "gbk", "gb18030", "big5", "iso-8859-1", "windows-1252", "x-unknown"}
	read := 0
	for name, e := range encodings {
		for _, header := range declared {
			for _, meta := range declared {
				for _, mark := range []bool{false, true} {
					if mark && name != "UTF-8" {
						continue // only Unicode has marks, and UTF-16 always bears one here
					}
					contentType := "text/html"
					if header != "" {
						contentType += "; charset=" + header
					}
					page := "<html><head>"
					if meta != "" {
						page += fmt.Sprintf(`<meta http-equiv="Content-Type" content="text/html; charset=%s">`, meta)
					}
					page += "<title>" + e.title + "</title></head><body><h1>" + e.title + "</h1><div>" + text[e.title] + "</div></body></html>"
					body, err := e.encoding.NewEncoder().Bytes([]byte(page))
					if err != nil {
						t.Fatal(err)
					}
					if mark {
						body = append([]byte("\xEF\xBB\xBF"), body...)
					}
					a, err := extractAt("http://a.example/1.html", body, contentType, testNow)
					if err != nil || a.Title != e.title || !strings.Contains(a.Text, text[e.title]) {
						t.Errorf("%s, header %q, meta %q, mark %v: %q (%s, %s) %v", name, header, meta, mark, a.Title, a.Encoding, a.Why["encoding"], err)
					}
					read++
				}
			}
		}
	}
	t.Logf("%d combinations", read)
}
