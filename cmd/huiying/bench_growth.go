package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strings"
)

// benchGrowthCmd draws how the queries of a county's pages grow with the rows of
// the archive, from what `bench query` printed at several sizes.
type benchGrowthCmd struct {
	Results []string `arg:"" type:"existingfile" help:"What bench query printed, a file a size."`
	Plot    string   `required:"" type:"path" help:"The picture to write, as SVG."`
}

// sizeTook is one run of bench query.
type sizeTook struct {
	N        int                  `json:"n"`
	Counties int                  `json:"counties"`
	Queries  map[string]queryTook `json:"queries"`
}

func (s sizeTook) rows() float64 { return float64(s.N * s.Counties) }

// grown are the queries that are drawn, by name, with what the page calls them.
var grown = []struct{ name, label, colour string }{
	{"list_newest", "最新 50 条", "#1d4ed8"},
	{"list_category_and_unit", "按类别和单位", "#0f766e"},
	{"list_word", "一个词", "#b45309"},
	{"list_common_word", "常见词", "#be123c"},
	{"list_phrase", "短语", "#6d28d9"},
	{"count_common_word", "计数（数到一万）", "#4b5563"},
	{"trend_180_days", "趋势 180 天", "#65a30d"},
}

// Run writes the picture.
func (c *benchGrowthCmd) Run() error {
	sizes := make([]sizeTook, len(c.Results))
	for i, path := range c.Results {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &sizes[i]); err != nil || sizes[i].rows() < 1 {
			return usagef("%s 不是 bench query 打印的结果", path)
		}
	}
	slices.SortFunc(sizes, func(a, b sizeTook) int { return int(a.rows() - b.rows()) })
	return os.WriteFile(c.Plot, []byte(growthPlot(sizes)), 0o644) //nolint:gosec // a picture for the documentation
}

// growthPlot has rows from left to right and p95 upwards, a decade each as long.
func growthPlot(sizes []sizeTook) string {
	const (
		wide, high               = 700.0, 420.0
		left, right, top, bottom = 64.0, 150.0, 44.0, 48.0
		least, most              = 0.0, 3.3 // 1 ms to 2 s, as powers of ten
	)
	from, to := math.Log10(sizes[0].rows()), math.Log10(sizes[len(sizes)-1].rows())
	x := func(rows float64) float64 {
		return left + (wide-left-right)*(math.Log10(rows)-from)/math.Max(to-from, 1e-9)
	}
	y := func(ms float64) float64 {
		return high - bottom - (high-top-bottom)*(math.Log10(math.Max(ms, 1))-least)/(most-least)
	}
	var b strings.Builder
	text := func(x, y float64, anchor, fill, s string) {
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor, fill, html.EscapeString(s))
	}
	line := func(x1, y1, x2, y2 float64, stroke string) {
		fmt.Fprintf(&b, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, stroke)
	}
	text(left, 24, "start", "#1f2937", "一个县的页面所问的查询，p95（毫秒），随信息总行数")
	for _, ms := range []float64{1, 10, 100, 1000} {
		line(left, y(ms), wide-right, y(ms), "#d1d5db")
		text(left-8, y(ms)+4, "end", "#6b7280", fmt.Sprint(ms))
	}
	for _, s := range sizes {
		line(x(s.rows()), top, x(s.rows()), high-bottom, "#e5e7eb")
		text(x(s.rows()), high-bottom+20, "middle", "#6b7280", countWords(s.rows()))
	}
	type label struct {
		y            float64
		text, colour string
	}
	var labels []label
	for _, q := range grown {
		var points []string
		last := 0.0
		for _, s := range sizes {
			took, ok := s.Queries[q.name]
			if !ok {
				continue
			}
			last = y(took.P95)
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(s.rows()), last))
			fmt.Fprintf(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(s.rows()), last, q.colour)
		}
		fmt.Fprintf(&b, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", strings.Join(points, " "), q.colour)
		labels = append(labels, label{last, q.label, q.colour})
	}
	slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	free := top
	for _, l := range labels { // beside the ends of their lines, or as near as there is room
		at := math.Max(l.y, free)
		free = at + 15
		text(wide-right+10, at+4, "start", l.colour, l.text)
	}
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\" "+
		"font-family=\"'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif\">\n<title>查询用时随信息行数</title>\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n", wide, high, wide, high, b.String())
}

// countWords is a number as the axis says it.
func countWords(n float64) string {
	if n < 1e4 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.0f 万", n/1e4)
}
