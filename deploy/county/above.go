package county

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying"
)

// aboveCounty reports whether a code is a prefecture's or a province's.
func aboveCounty(region huiying.Region) bool {
	return len(region) == codeLength["prefecture"] || len(region) == provinceLength
}

const provinceLength = 2

// draftAbove makes the folder of a prefecture or a province, whose counties may
// inherit its rules: what lies right below it as its places, the usual offices under
// their names there, the model county's rules.
func draftAbove(region huiying.Region) (fs.FS, error) {
	c, below := neighbourhood{}, []listed(nil)
	under := codeLength["county"]
	if len(region) == provinceLength && !slices.Contains(municipalities, region) {
		under = codeLength["prefecture"]
	}
	for line := range strings.Lines(chinese()) {
		at := listedIn(strings.TrimSuffix(line, "\n"))
		switch {
		case at.code == region:
			c.listed = at
		case len(at.code) < len(region) && at.code.Covers(region):
			c.above = append(c.above, at)
		case len(at.code) == under && region.Covers(at.code) && len(withinOf([]listed{at})) == 1:
			below = append(below, at)
		}
	}
	if c.code == "" || len(withinOf([]listed{c.listed})) == 0 {
		return nil, huiying.Errorf(huiying.CodeNotFound, "没有代码为 %q 的市或省", region)
	}
	own := map[string]string{
		countyFile: c.countyText(), divisionsFile: c.belowText(below), unitsFile: c.unitsText(modelCounty()),
	}
	return c.folder(own)
}

// belowText lists what lies right below a prefecture or a province.
func (c *neighbourhood) belowText(below []listed) string {
	var out strings.Builder
	fmt.Fprintf(&out, `# 地名：本地和下一级的 %d 处。依据：%s。
# 乡镇和村由各县自己的目录列出。

within: %s

divisions:
`, len(below), ChinaSource, flow(append(withinOf(c.above), map[bool][]string{true: {c.name}}[len(c.code) == provinceLength]...)))
	if len(c.code) != provinceLength {
		below = slices.Insert(below, 0, c.listed)
	}
	for _, d := range below {
		kind := "county"
		if len(d.code) == codeLength["prefecture"] {
			kind = "prefecture"
		}
		fmt.Fprintf(&out, "  - {code: %q, name: %s, bare: %s, kind: %s, national: 1, province: 1%s}\n", d.code, scalar(d.name), scalar(ShortName(d.name)), kind, common(d.common))
	}
	return out.String()
}

// folder is the region's own files before those of the model county, in its words.
func (c *neighbourhood) folder(own map[string]string) (fs.FS, error) {
	base, err := fs.Sub(embedded, string(model))
	if err != nil {
		return nil, err
	}
	for name, turn := range map[string]func(string) string{reportsFile: c.turned, repliesFile: c.turned, profilesFile: c.turned, lexiconFile: withoutLocal} {
		raw, err := fs.ReadFile(base, name)
		if err != nil {
			return nil, err
		}
		own[name] = turn(string(raw))
	}
	return drafted{base, own}, nil
}

// turned is a text of the model county as it reads here.
func (c *neighbourhood) turned(text string) string {
	first, _ := utf8.DecodeRuneInString(c.name)
	place := c.name
	if len(c.townships) > 0 {
		place = c.townships[0].Name
	}
	return c.wording().Replace(strings.NewReplacer(modelCounty().Name, c.name, "交舆", string(first)+"舆", "天宁镇", place).Replace(text))
}

// firstLine is the first of county.yaml that is no comment.
var firstLine = regexp.MustCompile(`(?m)^code:`)

// WriteBelow writes the folder of a region that inherits the rules of another: its
// own files ([Files] that each region has to have) and the name of the folder above.
func WriteBelow(region huiying.Region, above, dir string) error {
	if _, err := os.Stat(filepath.Join(above, countyFile)); err != nil {
		return huiying.Invalid("above", "%s 里没有 %s：请给出上一级的县域目录", above, countyFile)
	}
	files, err := Embedded(region)
	if err != nil {
		return err
	}
	up, err := filepath.Rel(dir, above)
	if err != nil {
		up = above
	}
	text, err := fs.ReadFile(files, countyFile)
	if err != nil {
		return err
	}
	own := map[string]string{countyFile: firstLine.ReplaceAllLiteralString(string(text), "# 规则文件用上一级的；这里写了哪个，就用这里的（docs/rules.md）。\ninherits: "+scalar(filepath.ToSlash(up))+"\n\ncode:")}
	return writeAll(drafted{files, own}, dir, ownFiles)
}
