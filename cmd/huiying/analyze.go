package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/alerting"
	"huiying/analyzer"
	"huiying/collector"
)

type analyzeCmd struct {
	File     string `arg:"" default:"-" help:"JSONL of posts, or - for standard input."`
	Region   string `default:"141122" help:"County whose words, places and units are used."`
	Segments bool   `help:"Add the segmented words."`
	Events   bool   `help:"Also gather events, in order of published_at, and add \"event\" to each line."`
}

// analyzed is one line of output: an assessment, or why there is none.
type analyzed struct {
	huiying.Assessment
	Event huiying.EventID `json:"event,omitempty"`
}

type analyzeFailure struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

const (
	analyzeChunk = 256
	maxLine      = 16 << 20 // a longer line is an error of that line
)

// Run writes one line for each line read that is not empty, in the same order; one
// that is no post becomes {"line":N,"error":…}, N as an editor counts. Without --events memory stays constant.
func (c *analyzeCmd) Run(ctx context.Context) (err error) {
	in, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	debug.SetGCPercent(50) // a long file in little memory: most of the heap is the models, which stay
	a, err := openAnalyzer(c.Region)
	if err != nil {
		return err
	}
	intake := huiying.Intake{Region: huiying.Region(c.Region), Key: []byte("analyze"), Now: huiying.Speed{}.Now}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer func() { err = errors.Join(err, out.Flush()) }()

	job := &analyzeJob{cmd: c, analyzer: a, intake: intake, out: json.NewEncoder(out)}
	job.out.SetEscapeHTML(false)
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := readLine(lines)
		job.number++
		if len(line) > 0 || errors.Is(err, errLongLine) {
			job.lines = append(job.lines, numbered{job.number, line})
		}
		if len(job.lines) == analyzeChunk || errors.Is(err, io.EOF) {
			if err := job.flush(); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return job.finish()
		case err != nil && !errors.Is(err, errLongLine):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

type analyzeJob struct {
	cmd      *analyzeCmd
	analyzer *analyzer.Analyzer
	intake   huiying.Intake
	out      *json.Encoder
	lines    []numbered
	number   int // of the line read last
	posts    int // lines that are not empty
	failed   int
	all      []result // kept only for --events
}

// numbered is a line as an editor counts it, from 1; without text one too long.
type numbered struct {
	number int
	text   []byte
}

type result struct {
	line     int
	assessed huiying.Assessed
	event    huiying.EventID
	err      error
}

func (j *analyzeJob) flush() error {
	results := make([]result, len(j.lines))
	g := errgroup.Group{}
	g.SetLimit(runtime.NumCPU())
	for i, line := range j.lines {
		g.Go(func() error {
			results[i] = j.assess(line)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	j.lines, j.posts = j.lines[:0], j.posts+len(results)
	if j.cmd.Events {
		j.all = append(j.all, results...)
		return nil
	}
	return j.write(results)
}

func (j *analyzeJob) assess(line numbered) (r result) {
	r.line = line.number
	var p huiying.Post
	if line.text == nil {
		r.err = huiying.Errorf(huiying.CodeInvalid, "这一行超过 %d MB", maxLine>>20)
	} else if r.err = json.Unmarshal(line.text, &p); r.err == nil {
		p, r.err = j.intake.Accept(p)
	}
	if r.err != nil {
		return r
	}
	r.assessed = huiying.Assessed{Post: p, Assessment: j.analyzer.Assess(p)}
	if j.cmd.Segments {
		r.assessed.Assessment.Segments = j.analyzer.Segment(p.FullText())
	}
	return r
}

func (j *analyzeJob) write(results []result) error {
	for _, r := range results {
		var err error
		if r.err != nil {
			j.failed++
			err = j.out.Encode(analyzeFailure{Line: r.line, Error: told(r.err)})
		} else {
			err = j.out.Encode(analyzed{r.assessed.Assessment, r.event})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *analyzeJob) finish() error {
	if j.cmd.Events {
		order := make([]*result, 0, len(j.all))
		for i := range j.all {
			if j.all[i].err == nil {
				order = append(order, &j.all[i])
			}
		}
		slices.SortStableFunc(order, func(a, b *result) int {
			return a.assessed.Post.PublishedAt.Compare(b.assessed.Post.PublishedAt)
		})
		tracker := alerting.NewTracker()
		for _, r := range order {
			e, _ := tracker.Place(r.assessed)
			r.event = e.ID
		}
		if err := j.write(j.all); err != nil {
			return err
		}
	}
	if j.posts == 0 {
		fmt.Fprintln(os.Stderr, "没有读到信息：每行应是一个 JSON 对象，至少有 text")
	}
	if j.failed > 0 {
		fmt.Fprintf(os.Stderr, "%d 行中有 %d 行不是合格的信息，原因写在输出的对应行\n", j.posts, j.failed)
	}
	return nil
}

var errLongLine = errors.New("line too long")

// readLine returns the next non-empty line without its end; of a line that is
// too long it returns nil and errLongLine, having skipped it.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) <= maxLine {
			line = append(line, part...)
		} else {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = r.ReadSlice('\n')
			}
			return nil, errLongLine
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return []byte(strings.TrimSpace(string(line))), err
	}
}

func openInput(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usageError{err}
	}
	return f, nil
}

// openAnalyzer makes an analyzer outside any installation.
func openAnalyzer(region string) (*analyzer.Analyzer, error) {
	cfg := Config{Region: huiying.Region(region)}
	data, err := cfg.loadCounty()
	if err != nil {
		return nil, err
	}
	return analyzer.New(analyzer.Config{County: data, Now: huiying.Speed{}.Now})
}

type extractCmd struct {
	Page string `arg:"" help:"Address or HTML file."`
}

// Run prints what would be taken from the page, and which rule found each field.
func (c *extractCmd) Run(ctx context.Context) error {
	article, err := c.extract(ctx)
	if err != nil {
		if article.Why != nil { // the page was read, and what it lacks is worth seeing
			err = errors.Join(err, printJSON(article))
		}
		return err
	}
	return printJSON(article)
}

func (c *extractCmd) extract(ctx context.Context) (collector.Article, error) {
	if strings.HasPrefix(c.Page, "http://") || strings.HasPrefix(c.Page, "https://") {
		return collector.FetchArticle(ctx, c.Page, "Huiying/"+version)
	}
	raw, err := os.ReadFile(c.Page)
	if err != nil {
		return collector.Article{}, usageError{err}
	}
	return collector.Explain("", raw, "")
}

type trainCmd struct {
	Data string `arg:"" type:"existingdir" help:"Folder of the labelled sets."`
	Out  string `arg:"" type:"path" help:"Folder the models are written to."`
	Plot string `type:"path" help:"Folder for pictures of the held-out judgements: confusion and reliability, SVG."`
	Seed int64  `default:"1" help:"Seed of folds and shuffles; the same seed gives the same models."`
}

// Run trains every model and prints the cross-validated scores.
func (c *trainCmd) Run(ctx context.Context) error {
	a, err := openAnalyzer("141122")
	if err != nil {
		return err
	}
	report, err := a.Train(ctx, c.Data, c.Out, c.Seed, os.Stderr)
	if err != nil {
		return err
	}
	if c.Plot != "" {
		for name, m := range report.Product {
			if strings.Contains(name, "/") { // one of several sets
				continue
			}
			if err := m.Draw(c.Plot); err != nil {
				return err
			}
		}
	}
	return printJSON(report)
}

func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
