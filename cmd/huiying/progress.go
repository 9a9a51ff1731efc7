package main

import (
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// meter shows progress on a terminal and nothing elsewhere.
type meter struct {
	p     *mpb.Progress
	b     *mpb.Bar
	total int
}

func newMeter(name string) *meter {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return &meter{}
	}
	p := mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(60))
	return &meter{p: p, b: p.AddBar(0,
		mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" 剩 "), decor.AverageETA(decor.ET_STYLE_GO)),
		mpb.BarRemoveOnComplete())}
}

func (b *meter) show(done, total int) {
	if b.b == nil {
		return
	}
	if total != b.total { // it may grow while the original works on
		b.b.SetTotal(int64(total), false)
		b.total = total
	}
	b.b.SetCurrent(int64(done))
}

func (b *meter) done() {
	if b.b != nil {
		b.b.Abort(true)
		b.p.Wait()
	}
}
