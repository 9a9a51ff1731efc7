package collector

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// How far into a document its declaration is looked for.
const declarationWindow = 8 << 10

var (
	metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:-]+)`)
	xmlCharset  = regexp.MustCompile(`(?i)^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([a-z0-9_:-]+)["']`)
)

// decodeText turns a document into UTF-8. It trusts, in this order, a byte
// order mark, the HTTP header, the document's own declaration, and what the
// bytes look like; a declaration the bytes contradict is set aside. name is
// the encoding used, and why where it was found.
func decodeText(body []byte, contentType string) (text []byte, name, why string) {
	if enc, name, n := byteOrderMark(body); n > 0 {
		return decodeWith(enc, body[n:]), name, "字节序标记"
	}
	declared, why := declaredCharset(body, contentType)
	if declared != "" {
		enc, name := encodingOf(declared)
		switch {
		case name == "utf-8" && utf8.Valid(body):
			return body, name, why
		case enc != nil || name == "utf-8":
			out := decodeWith(enc, body)
			if broken(out) < 0.002 && !reallyUTF8(body, name) && (!western(name) && !gibberish(out) || !looksChinese(body)) {
				return out, name, why
			}
		}
		why = "字节内容（声明的 " + declared + " 不对）"
	} else {
		why = "字节内容"
	}
	name = guessCharset(body)
	enc, _ := encodingOf(name)
	return decodeWith(enc, body), name, why
}

func byteOrderMark(b []byte) (encoding.Encoding, string, int) {
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		return nil, "utf-8", 3
	case bytes.HasPrefix(b, []byte("\xFF\xFE")):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le", 2
	case bytes.HasPrefix(b, []byte("\xFE\xFF")):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be", 2
	case bytes.HasPrefix(b, []byte("\x84\x31\x95\x33")):
		return simplifiedchinese.GB18030, "gb18030", 4
	}
	return nil, "", 0
}

func declaredCharset(body []byte, contentType string) (label, why string) {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		return params["charset"], "HTTP 头"
	}
	head := body[:min(len(body), declarationWindow)]
	if m := xmlCharset.FindSubmatch(head); m != nil {
		return string(m[1]), "XML 声明"
	}
	if m := metaCharset.FindSubmatch(head); m != nil {
		return string(m[1]), "meta 声明"
	}
	return "", ""
}

// encodingOf knows the encodings of the web; every GB* is read as GB18030,
// which contains them all. A nil encoding with the name utf-8 is UTF-8.
func encodingOf(label string) (encoding.Encoding, string) {
	label = strings.ToLower(strings.TrimSpace(label))
	switch {
	case strings.HasPrefix(label, "gb"), label == "cp936", label == "x-gbk", label == "hz-gb-2312":
		return simplifiedchinese.GB18030, "gb18030"
	case strings.HasPrefix(label, "utf8"), label == "utf-8", label == "ascii", label == "us-ascii":
		return nil, "utf-8"
	case label == "utf-16", label == "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le"
	}
	enc, name := charset.Lookup(label)
	if name == "utf-8" {
		return nil, name
	}
	return enc, name
}

func decodeWith(enc encoding.Encoding, body []byte) []byte {
	if enc == nil && utf8.Valid(body) {
		return body
	}
	if enc == nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	out, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return out
}

// broken is the share of characters that could not be decoded, 0…1.
func broken(text []byte) float64 {
	bad := bytes.Count(text, []byte("\uFFFD"))
	if bad == 0 {
		return 0
	}
	return float64(bad) / float64(utf8.RuneCount(text))
}

// reallyUTF8 reports whether body, declared as name, is UTF-8 instead: long
// texts of other encodings are practically never valid UTF-8.
func reallyUTF8(body []byte, name string) bool {
	if name == "utf-8" || strings.HasPrefix(name, "utf-16") || !utf8.Valid(body) {
		return false
	}
	return len(body)-utf8.RuneCount(body) >= 16 && commonShare(body) > commonShare(decodeWith(simplifiedchinese.GB18030, body))
}

// western reports whether name is one of the single-byte encodings servers send
// by default: every byte is valid in them, so they contradict nothing.
func western(name string) bool {
	return strings.HasPrefix(name, "windows-125") || strings.HasPrefix(name, "iso-8859-")
}

// gibberish reports whether a text has characters that are not ASCII and hardly any
// of the common ones: nearly all that is GBK is also valid Big5, and says nothing.
func gibberish(text []byte) bool {
	const (
		most  = 0.15
		least = 48 // bytes that are not ASCII
	)
	sample := trimPartial(text[:min(len(text), 64<<10)])
	return len(sample)-utf8.RuneCount(sample) > least && commonShare(sample) < most
}

func looksChinese(body []byte) bool {
	sample := body[:min(len(body), 256<<10)]
	enc, name := encodingOf(guessCharset(sample))
	return !western(name) && commonShare(decodeWith(enc, sample)) > 0.25
}

// guessCharset names the encoding of undeclared bytes.
func guessCharset(body []byte) string {
	sample := body[:min(len(body), 256<<10)]
	if broken(decodeWith(nil, trimPartial(sample))) < 0.0005 {
		return "utf-8"
	}
	gb := decodeWith(simplifiedchinese.GB18030, sample)
	big5 := decodeWith(traditionalchinese.Big5, sample)
	u8 := decodeWith(nil, sample)
	type candidate struct {
		name  string
		score float64
	}
	best := candidate{"gb18030", commonShare(gb) - 5*broken(gb)}
	for _, c := range []candidate{{"big5", commonShare(big5) - 5*broken(big5)}, {"utf-8", commonShare(u8) - 5*broken(u8)}} {
		if c.score > best.score {
			best = c
		}
	}
	if best.score > 0.25 {
		return best.name
	}
	// no Chinese in it: ask the statistical detector, which knows other scripts
	found := chardet.Detect(sample)
	if enc, name := encodingOf(found.Encoding); found.Confidence > 0.6 && (enc != nil || name == "utf-8") {
		return name
	}
	return best.name
}

// trimPartial drops a character cut in half at the end of a sample.
func trimPartial(b []byte) []byte {
	for i := 1; i <= min(3, len(b)); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// common are the characters that make up over half of written Chinese, in both
// scripts, with its punctuation. A wrong decoding holds few of them.
var common = func() map[rune]bool {
	set := make(map[rune]bool)
	for _, r := range `的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严龙飞，。、：；？！“”《》（）的這個國們來時說會對學經過還開關問應該實業電從動變機樣頭與進長見題點` {
		set[r] = true
	}
	return set
}()

// commonShare is the share of common characters among all that are not ASCII,
// 0…1; 0 when there are none.
func commonShare(text []byte) float64 {
	n, hits := 0, 0
	for _, r := range string(text) {
		if r < 0x80 {
			continue
		}
		n++
		if common[r] {
			hits++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(hits) / float64(n)
}
