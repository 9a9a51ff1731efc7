package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"huiying"
	"huiying/analyzer"
	"huiying/deploy/sample"
)

type benchCmd struct {
	Analyze benchAnalyzeCmd `cmd:"" help:"Speed of the analyzer beside the bare segmenter."`
	Query   benchQueryCmd   `cmd:"" help:"What the dashboard asks of a million posts."`
	Desk    benchDeskCmd    `cmd:"" help:"Case actions, lists and clocks with many cases in the ledger."`
	Ingest  benchIngestCmd  `cmd:"" help:"From a push to the screen, and the archive beside the bare driver."`
	Collect benchCollectCmd `cmd:"" help:"A crawl of a local site, beside the colly library."`
	Growth  benchGrowthCmd  `cmd:"" help:"A picture of what queries take at several sizes, from what query printed."`
	Live    benchLiveCmd    `cmd:"" help:"Fan-out to many websockets, beside the centrifuge library."`
}

type benchAnalyzeCmd struct {
	File  string        `arg:"" optional:"" type:"existingfile" help:"JSONL of posts; the sample site's by default."`
	For   time.Duration `default:"20s" help:"How long to measure."`
	Limit int           `default:"2000" help:"Most posts of the file in one round."`
}

// machine is what a measurement was made on.
type machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	CPU   string `json:"cpu,omitempty"`
}

// Run prints one JSON object.
func (c *benchAnalyzeCmd) Run() error {
	posts, err := c.posts()
	if err != nil {
		return err
	}
	a, err := openAnalyzer("141122")
	if err != nil {
		return err
	}
	p, err := a.Pace(posts, c.For)
	if err != nil {
		return err
	}
	return printJSON(struct {
		analyzer.Pace
		RSS     float64 `json:"rss_mb"`
		Machine machine `json:"machine"`
	}{p, residentMB(), thisMachine()})
}

func (c *benchAnalyzeCmd) posts() ([]huiying.Post, error) {
	var out []huiying.Post
	if c.File == "" {
		all, err := sample.Posts()
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for _, p := range all {
			out = append(out, p.Render(now, now))
		}
		return out, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReader(f)
	for n := 1; len(out) < c.Limit; n++ {
		line, err := readLine(r)
		if len(line) > 0 {
			var row struct{ Title, Text string }
			if err := json.Unmarshal(line, &row); err != nil {
				return nil, usagef("%s 第 %d 行不是合格的 JSON：%v", c.File, n, err)
			}
			out = append(out, huiying.Post{Channel: huiying.ChannelWeibo, Title: row.Title, Text: row.Text})
		}
		if err != nil {
			break
		}
	}
	return out, nil
}

func thisMachine() machine {
	m := machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			m.CPU = strings.TrimSpace(strings.TrimLeft(name, "\t :"))
			break
		}
	}
	return m
}

// residentMB is the memory of this process, 0 where the system does not say.
func residentMB() float64 {
	raw, _ := os.ReadFile("/proc/self/statm")
	var size, resident float64
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		return 0
	}
	return float64(int(resident*float64(os.Getpagesize())/1e5)) / 10
}
