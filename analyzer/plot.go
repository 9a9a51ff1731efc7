package analyzer

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Draw writes SUITE-confusion.svg and SUITE-reliability.svg to a folder, which
// it makes; what the suite does not measure is left out.
func (m Metrics) Draw(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pictures := make(map[string]string)
	if m.Confusion != nil {
		pictures["confusion"] = m.confusionPlot()
	}
	if m.Reliability != nil {
		pictures["reliability"] = m.reliabilityPlot()
	}
	for name, svg := range pictures {
		if err := os.WriteFile(filepath.Join(dir, m.Suite+"-"+name+".svg"), []byte(svg), 0o644); err != nil {
			return err
		}
	}
	return nil
}

var suiteNames = map[string]string{
	"routing": "诉求类别", "department": "承办部门", "sentiment": "微博情感", "citizen": "来信情感",
	"emergency": "突发事件", "rumor": "谣言线索", "segment": "分词",
}

// LabelName is what a label of a suite is called in tables and pictures.
func LabelName(suite, label string) string {
	return cmp.Or(map[string]string{
		"emergency/1": "突发", "emergency/0": "非突发", "rumor/rumor": "谣言", "rumor/nonrumor": "非谣言",
		"sentiment/negative": "负面", "sentiment/other": "非负面", "citizen/negative": "负面", "citizen/other": "非负面",
		"segment/words": "词",
	}[suite+"/"+label], label, "未判")
}

const (
	plotWide = 700
	ink      = "#1f2937"
	faint    = "#6b7280"
	rule     = "#d1d5db"
	strong   = "#1d4ed8"
	pale     = "#93b4f5"
	miss     = "#dc2626"
)

// drawing is an SVG picture 700 wide; lengths are in its pixels.
type drawing struct{ b strings.Builder }

func (d *drawing) rect(x, y, w, h float64, fill string) {
	fmt.Fprintf(&d.b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, w, h, fill)
}

func (d *drawing) line(x1, y1, x2, y2 float64, stroke, more string) {
	fmt.Fprintf(&d.b, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"%s/>\n", x1, y1, x2, y2, stroke, more)
}

// text writes s with its anchor (start, middle, end) at x on the line y.
func (d *drawing) text(x, y, size float64, anchor, fill, s string) {
	d.turned(x, y, 0, size, anchor, fill, s)
}

func (d *drawing) turned(x, y, angle, size float64, anchor, fill, s string) {
	turn := ""
	if angle != 0 {
		turn = fmt.Sprintf(" transform=\"rotate(%.0f %.1f %.1f)\"", angle, x, y)
	}
	fmt.Fprintf(&d.b, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.0f\" text-anchor=\"%s\" fill=\"%s\"%s>%s</text>\n", x, y, size, anchor, fill, turn, html.EscapeString(s))
}

func (d *drawing) svg(height float64, title string) string {
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\" role=\"img\" "+
		"font-family=\"'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif\">\n<title>%s</title>\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n", plotWide, height, plotWide, height, html.EscapeString(title), d.b.String())
}

// confusionPlot shows rows by label and verdict; a cell is the darker the larger
// its share of its row.
func (m Metrics) confusionPlot() string {
	labels, counts := m.Confusion.Labels, m.Confusion.Counts
	names := make([]string, len(labels))
	long := 0
	for i, l := range labels {
		names[i] = LabelName(m.Suite, l)
		long = max(long, utf8.RuneCountInString(names[i]))
	}
	rows := len(m.F1) // the labels that occur stand first
	const size = 13.0
	left := 44 + size*float64(long) + 44
	cell := math.Floor(min(140, (plotWide-left-20)/float64(len(labels))))
	upright := cell >= size*float64(long)+4
	top := 88.0
	if !upright { // the names lean over the right edge and need height
		cell = math.Floor((plotWide - left - 10 - size*float64(long)*0.6) / float64(len(labels)))
		top += size * float64(long) * 0.7
	}
	title := fmt.Sprintf("%s · 混淆矩阵（n = %d，准确率 %.3f，宏平均 F1 %.3f）", cmp.Or(suiteNames[m.Suite], m.Suite), m.N, m.Accuracy, m.MacroF1)
	var d drawing
	d.text(20, 28, 16, "start", ink, title)
	d.text(left+cell*float64(len(labels))/2, 56, size, "middle", faint, "判为")
	bottom := top + cell*float64(rows)
	d.turned(24, (top+bottom)/2, -90, size, "middle", faint, "标注（行数）")
	for j, name := range names {
		x := left + cell*(float64(j)+0.5)
		if upright {
			d.text(x, top-8, size, "middle", ink, name)
		} else {
			d.turned(x+3, top-8, -45, size, "start", ink, name)
		}
	}
	for i := range rows {
		y := top + cell*float64(i)
		sum := 0
		for _, n := range counts[i] {
			sum += n
		}
		d.text(left-8, y+cell/2+5, size, "end", ink, fmt.Sprintf("%s %d", names[i], sum))
		for j, n := range counts[i] {
			x, share := left+cell*float64(j), float64(n)/float64(max(1, sum))
			d.rect(x, y, cell-1, cell-1, shade(share))
			if i == j {
				fmt.Fprintf(&d.b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" stroke=\"%s\"/>\n", x+0.5, y+0.5, cell-2, cell-2, strong)
			}
			if n == 0 {
				continue
			}
			fill := ink
			if share > 0.5 {
				fill = "#ffffff"
			}
			if cell < 56 {
				d.text(x+cell/2, y+cell/2+4, 12, "middle", fill, fmt.Sprint(n))
				continue
			}
			d.text(x+cell/2, y+cell/2, 15, "middle", fill, fmt.Sprint(n))
			d.text(x+cell/2, y+cell/2+16, 11, "middle", fill, fmt.Sprintf("%.1f%%", 100*share))
		}
	}
	d.scale(left, bottom+24)
	return d.svg(bottom+70, title)
}

// shade runs from nearly white to dark blue.
func shade(share float64) string {
	mix := func(from, to float64) int { return int(math.Round(from + (to-from)*share)) }
	return fmt.Sprintf("#%02x%02x%02x", mix(0xf3, 0x1e), mix(0xf6, 0x3a), mix(0xfb, 0x8a))
}

// scale explains the colours.
func (d *drawing) scale(x, y float64) {
	const steps, step = 20, 9.0
	d.text(x, y+11, 12, "start", faint, "占该行")
	x += 46
	for i := range steps {
		d.rect(x+step*float64(i), y, step+0.5, 14, shade((float64(i)+0.5)/steps))
	}
	for _, at := range []float64{0, 0.5, 1} {
		d.text(x+step*steps*at, y+30, 11, "middle", faint, fmt.Sprintf("%.0f%%", 100*at))
	}
}

// reliabilityPlot shows how often what was said to be probable came true, and
// below it how many rows each tenth of probability has.
func (m Metrics) reliabilityPlot() string {
	const (
		left, top, side  = 90.0, 60.0, 400.0
		under, underHigh = top + side + 30, 90.0
		base             = under + underHigh
		column, gap      = side / calibrationBins, 4.0
		key              = left + side + 30
	)
	ece := 0.0
	if m.ECE != nil {
		ece = *m.ECE
	}
	title := fmt.Sprintf("%s · 校准图（n = %d，校准误差 ECE %.3f）", cmp.Or(suiteNames[m.Suite], m.Suite), m.N, ece)
	said := "判断的概率"
	if m.Positive != "" {
		said = "判为“" + LabelName(m.Suite, m.Positive) + "”的概率"
	}
	var d drawing
	d.text(20, 28, 16, "start", ink, title)
	most := 1
	for _, b := range m.Reliability {
		most = max(most, b.N)
	}
	for i := range 6 {
		at := float64(i) / 5
		y, x := top+side*(1-at), left+side*at
		d.line(left, y, left+side, y, "#eef0f3", "")
		d.line(x, top, x, top+side, "#eef0f3", "")
		d.text(left-10, y+4, 12, "end", faint, fmt.Sprintf("%.1f", at))
		d.text(x, base+18, 12, "middle", faint, fmt.Sprintf("%.1f", at))
	}
	d.line(left, top+side, left+side, top, faint, " stroke-dasharray=\"5 4\"")
	for _, b := range m.Reliability {
		x, y := left+side*b.Predicted, top+side*(1-b.Observed)
		d.line(x, y, x, top+side*(1-b.Predicted), miss, " stroke-width=\"2\"")
		d.dot(x, y, 4+8*math.Sqrt(float64(b.N)/float64(most)))
		tall := underHigh * float64(b.N) / float64(most)
		d.rect(left+side*b.From+gap/2, base-tall, column-gap, tall, pale)
		d.text(left+side*b.From+column/2, base-tall-4, 11, "middle", ink, fmt.Sprint(b.N))
	}
	d.line(left, base, left+side, base, rule, "")
	d.turned(40, top+side/2, -90, 13, "middle", ink, "实际占比")
	d.turned(40, under+underHigh/2, -90, 13, "middle", ink, "行数")
	d.text(left+side/2, base+42, 13, "middle", ink, said)
	d.dot(key+10, top+14, 7)
	d.text(key+28, top+18, 12, "start", ink, "一段概率的行，")
	d.text(key+28, top+36, 12, "start", ink, "圆越大行越多")
	d.line(key+10, top+52, key+10, top+70, miss, " stroke-width=\"2\"")
	d.text(key+28, top+66, 12, "start", ink, "与实际的差距")
	d.line(key, top+92, key+20, top+92, faint, " stroke-dasharray=\"5 4\"")
	d.text(key+28, top+96, 12, "start", ink, "完全校准")
	return d.svg(base+60, title)
}

func (d *drawing) dot(x, y, r float64) {
	fmt.Fprintf(&d.b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", x, y, r, strong)
}
