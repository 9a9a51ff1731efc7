package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"huiying"
)

// Colours that stay apart on a black and white printer.
var (
	inkDark  = color.RGBA{0x33, 0x33, 0x33, 0xff}
	inkGrid  = color.RGBA{0xdd, 0xdd, 0xdd, 0xff}
	inkAll   = color.RGBA{0x9d, 0xb8, 0xd6, 0xff}
	inkPart  = color.RGBA{0xb0, 0x2a, 0x30, 0xff}
	inkStill = color.RGBA{0x77, 0x77, 0x77, 0xff}
)

// point is one column of a trend.
type point struct {
	label    string // "" for none
	all, neg int
}

// The size of a chart: the text width of the page, at 220 dots an inch.
const (
	chartWidth  = 156.0 // mm
	chartHeight = 58.0
	chartDPMM   = 220 / 25.4
)

// trendChart draws posts over time: columns, the negative share of each dark, if
// tones are known.
func trendChart(points []point, unit string, tones bool) (Picture, error) {
	total, neg := 0, 0
	for _, p := range points {
		total, neg = total+p.all, neg+p.neg
	}
	p := Picture{
		Width: chartWidth, Height: chartHeight,
		Alt: fmt.Sprintf("逐%s信息量，共%d条", unit, total),
	}
	if tones {
		p.Alt += fmt.Sprintf("，其中负面%d条", neg)
	}
	if total == 0 {
		p.Alt = "本期没有信息，无图"
		return p, nil
	}
	c := newCanvas(chartWidth, chartHeight)
	c.trend(points, unit, tones)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, c.img); err != nil {
		return p, err
	}
	p.PNG = b.Bytes()
	return p, nil
}

// canvas draws in millimetres.
type canvas struct {
	img  *image.RGBA
	face font.Face
}

func newCanvas(w, h float64) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, int(w*chartDPMM), int(h*chartDPMM)))}
	draw.Draw(c.img, c.img.Bounds(), image.White, image.Point{}, draw.Src)
	face, err := opentype.NewFace(sansFont(), &opentype.FaceOptions{Size: 8, DPI: chartDPMM * 25.4, Hinting: font.HintingNone})
	if err != nil {
		panic(err) // the options are ours
	}
	c.face = face
	return c
}

func (c *canvas) trend(points []point, unit string, tones bool) {
	const left, right, top, bottom = 12.0, 154.0, 10.0, 50.0
	most := 1
	for _, p := range points {
		most = max(most, p.all)
	}
	step := niceStep(most)
	high := float64((most + step - 1) / step * step)
	for v := 0; v <= int(high); v += step {
		y := bottom - (bottom-top)*float64(v)/high
		ink := inkGrid
		if v == 0 {
			ink = inkDark
		}
		c.rect(left, y-0.06, right, y+0.06, ink)
		c.text(strconv.Itoa(v), left-1.5, y+1, 1, inkDark)
	}
	slot := (right - left) / float64(len(points))
	wide := min(slot*0.68, 9)
	for i, p := range points {
		x := left + slot*(float64(i)+0.5)
		y := func(n int) float64 { return bottom - (bottom-top)*float64(n)/high }
		if p.all > 0 {
			c.rect(x-wide/2, y(p.all), x+wide/2, bottom, inkAll)
			c.rect(x-wide/2, y(p.neg), x+wide/2, bottom, inkPart)
			if len(points) <= 14 {
				c.text(strconv.Itoa(p.all), x, y(p.all)-0.9, 0.5, inkDark)
			}
		}
		if p.label != "" {
			c.text(p.label, x, bottom+4, 0.5, inkDark)
		}
	}
	c.text("条/"+unit, 1, 4, 0, inkStill)
	if !tones {
		return
	}
	c.rect(right-45, 2, right-41, 4.5, inkAll)
	c.text("全部", right-40, 4.3, 0, inkDark)
	c.rect(right-25, 2, right-21, 4.5, inkPart)
	c.text("其中负面", right-20, 4.3, 0, inkDark)
}

// niceStep parts 0…most into at most five steps of 1, 2 or 5 times a power of ten.
func niceStep(most int) int {
	for unit := 1; ; unit *= 10 {
		for _, m := range []int{1, 2, 5} {
			if unit*m*5 >= most {
				return unit * m
			}
		}
	}
}

func (c *canvas) rect(x0, y0, x1, y1 float64, ink color.Color) {
	if y1-y0 < 1e-6 {
		return
	}
	r := vector.NewRasterizer(c.img.Bounds().Dx(), c.img.Bounds().Dy())
	px := func(v float64) float32 { return float32(v * chartDPMM) }
	r.MoveTo(px(x0), px(y0))
	r.LineTo(px(x1), px(y0))
	r.LineTo(px(x1), px(y1))
	r.LineTo(px(x0), px(y1))
	r.ClosePath()
	r.Draw(c.img, c.img.Bounds(), image.NewUniform(ink), image.Point{})
}

// text writes s with its baseline at y; anchor 0 begins at x, 0.5 centres, 1 ends.
func (c *canvas) text(s string, x, y, anchor float64, ink color.Color) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(ink), Face: c.face}
	width := float64(d.MeasureString(s)) / 64
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(math.Round((x*chartDPMM - width*anchor) * 64)), Y: fixed.Int26_6(math.Round(y * chartDPMM * 64))}
	d.DrawString(s)
}

// hourPoints and dayPoints label a trend.
func hourPoints(buckets []huiying.TrendBucket) []point {
	out := make([]point, len(buckets))
	for i, b := range buckets {
		out[i] = point{all: b.Posts, neg: b.Negative}
		if h := b.At.In(huiying.Beijing).Hour(); h%3 == 0 {
			out[i].label = strconv.Itoa(h) + "时"
		}
	}
	return out
}

func dayPoints(buckets []huiying.TrendBucket) []point {
	out := make([]point, len(buckets))
	for i, b := range buckets {
		out[i] = point{all: b.Posts, neg: b.Negative}
		if len(buckets) <= 10 || i%5 == 0 {
			out[i].label = b.At.In(huiying.Beijing).Format("1月2日")
		}
	}
	return out
}
