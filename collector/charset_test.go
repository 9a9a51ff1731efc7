package collector

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

func TestDecodeTextFindsTheEncoding(t *testing.T) {
	const s = "交城县天宁镇的居民反映，供暖温度不够；有关部门已经派人到现场处理。"
	encode := func(e encoding.Encoding, s string) []byte {
		b, err := e.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	gb := simplifiedchinese.GB18030
	for name, c := range map[string]struct {
		body        []byte
		contentType string
		want        string
		encoding    string
	}{
		"UTF-8, undeclared":                   {[]byte(s), "", s, "utf-8"},
		"GBK, undeclared":                     {encode(gb, s), "", s, "gb18030"},
		"GBK, a short title only":             {encode(gb, "关于供暖的通知"), "", "关于供暖的通知", "gb18030"},
		"GBK in the header":                   {encode(gb, s), "text/html; charset=GBK", s, "gb18030"},
		"gb2312 declared, GB18030 characters": {encode(gb, "㙦村𠮷家"+s), "text/html; charset=gb2312", "㙦村𠮷家" + s, "gb18030"},
		"GBK in a late meta":                  {encode(gb, `<html><head><!-- `+string(make([]byte, 2000))+` --><meta charset="gbk">`+s), "text/html", `<html><head><!-- ` + string(make([]byte, 2000)) + ` --><meta charset="gbk">` + s, "gb18030"},
		"UTF-8 declared as GBK":               {[]byte(s), "text/html; charset=gb2312", s, "utf-8"},
		"GBK declared as UTF-8":               {encode(gb, s), "text/html; charset=utf-8", s, "gb18030"},
		"GBK declared as Latin-1":             {encode(gb, s), "text/html; charset=ISO-8859-1", s, "gb18030"},
		"GBK declared as nonsense":            {encode(gb, s), "text/html; charset=no-such-thing", s, "gb18030"},
		"Big5, undeclared":                    {encode(traditionalchinese.Big5, "這是一個關於學校經費問題的說明，請大家來看看我們的國家"), "", "這是一個關於學校經費問題的說明，請大家來看看我們的國家", "big5"},
		"UTF-16 with a mark":                  {encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), s), "", s, "utf-16le"},
		"UTF-8 with a mark and a lie":         {append([]byte("\xEF\xBB\xBF"), s...), "text/html; charset=gbk", s, "utf-8"},
		"plain ASCII":                         {[]byte("hello"), "", "hello", "utf-8"},
		"nothing":                             {nil, "", "", "utf-8"},
	} {
		t.Run(name, func(t *testing.T) {
			got, enc, why := decodeText(c.body, c.contentType)
			if string(got) != c.want || enc != c.encoding || why == "" {
				t.Errorf("got %q as %s (%s)", got, enc, why)
			}
		})
	}
}
