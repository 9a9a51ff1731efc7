package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"huiying"
	"huiying/collector"
	"huiying/dashboard"
)

type importCmd struct {
	place
	File     string            `arg:"" type:"existingfile" help:"JSONL, CSV or XLSX; the ending tells which."`
	URL      string            `help:"Address of the running instance; default: the installation's own."`
	Token    string            `env:"HUIYING_TOKEN" help:"API token; default for a demo: its monitor's."`
	Map      map[string]string `help:"Field of a post = column of the file, such as published_at=date." mapsep:","`
	Profile  string            `help:"Name of a saved intake profile (来件模板) that says how to read a CSV or XLSX; instead of --map, --source and --channel."`
	Source   string            `help:"Source of rows that name none, such as 12345热线; default: the file's name. A MediaCrawler export names its platform itself, and its channel."`
	Channel  string            `default:"letter" help:"Channel of rows that name none."`
	Rejected string            `type:"path" help:"Where rows that were not taken go, with reasons; default FILE.rejected.jsonl."`
	Restart  bool              `help:"Begin at the first row although an earlier import of this file was cut off."`
}

const (
	importBatch = 200
	importTries = 60 // of one batch while the bus is full, a second or so each
)

// importSummary is what import prints when it is done.
type importSummary struct {
	Rows      int    `json:"rows"`
	Accepted  int    `json:"accepted"`
	Duplicate int    `json:"duplicate"`
	Rejected  int    `json:"rejected"`
	Resumed   int    `json:"resumed_at,omitempty"` // rows an earlier run had done
	Rejects   string `json:"rejected_file,omitempty"`
}

// Run reads the file row by row and pushes it in batches. Rows that cannot be
// taken go to the rejected file with their reason; an import that was cut off
// goes on where it was, and sending a batch twice doubles nothing.
func (c *importCmd) Run(ctx context.Context) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	job := &importJob{target: target, rejects: c.rejectsPath(), size: info.Size()}
	defer job.close()
	if err := job.resume(c.Restart); err != nil {
		return err
	}
	bar := newBar(info.Size())
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(c.File)), ".")
	source := c.Source
	if source == "" {
		source = filepath.Base(filepath.Dir(c.File)) + "/" + filepath.Base(c.File)
	}
	mapping := collector.Mapping{Fields: c.Map, Source: source, Channel: huiying.Channel(c.Channel)}
	rows := collector.Rows(&countingReader{r: file, bar: bar}, format, mapping)
	if c.Profile != "" {
		profile, err := target.profile(ctx, c.Profile)
		if err != nil {
			return err
		}
		rows = collector.ProfileRows(&countingReader{r: file, bar: bar}, format, profile)
	}
	var batch []collector.Row
	for row, err := range rows {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && row.Number == 0 { // the file itself cannot be read
			return fmt.Errorf("%s: %w", c.File, err)
		}
		if row.Number <= job.Done {
			continue
		}
		if err != nil {
			if err := job.reject(row, err.Error()); err != nil {
				return err
			}
			job.Rows++
			job.Sum.Rejected++
			continue
		}
		if batch = append(batch, row); len(batch) == importBatch {
			if err := job.send(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := job.send(ctx, batch); err != nil {
		return err
	}
	bar.done()
	return job.finish()
}

// importJob is an import in progress. What it has done is noted in a file
// beside the rejects, so that it can go on after any stop.
type importJob struct {
	target  target
	rejects string
	size    int64
	out     *os.File

	Size int64         `json:"size"`
	Done int           `json:"done"` // rows
	Rows int           `json:"-"`
	Sum  importSummary `json:"sum"`
}

type target struct{ url, token string }

func (c *importCmd) target() (target, error) {
	t := target{url: c.URL, token: c.Token}
	if t.url == "" {
		cfg, err := c.load()
		if err != nil {
			return t, err
		}
		t.url = cfg.Base
		if t.url == "" {
			t.url = "http://" + cfg.Listen[0]
		}
		if t.token == "" {
			t.token = demoToken(filepath.Dir(cfg.path))
		}
	}
	if t.token == "" {
		return t, usagef("请用 --token 或环境变量 HUIYING_TOKEN 给出接口令牌（huiying token 可生成）")
	}
	t.url = strings.TrimSuffix(t.url, "/")
	return t, nil
}

func demoToken(dir string) string {
	raw, err := os.ReadFile(filepath.Join(dir, credentials))
	if err != nil {
		return ""
	}
	var creds []dashboard.Credential
	if json.Unmarshal(raw, &creds) != nil {
		return ""
	}
	for _, c := range creds {
		if c.Role == huiying.Monitor {
			return c.Token
		}
	}
	return ""
}

// rejectsPath stands beside the file, or in this folder when that one cannot be
// written.
func (c *importCmd) rejectsPath() string {
	if c.Rejected != "" {
		return c.Rejected
	}
	beside := c.File + ".rejected.jsonl"
	f, err := os.OpenFile(beside, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return filepath.Base(beside)
	}
	_ = f.Close()
	if info, err := os.Stat(beside); err == nil && info.Size() == 0 {
		_ = os.Remove(beside)
	}
	return beside
}

func (j *importJob) notes() string {
	return strings.TrimSuffix(j.rejects, ".rejected.jsonl") + ".import.json"
}

func (j *importJob) resume(restart bool) error {
	raw, err := os.ReadFile(j.notes())
	switch {
	case errors.Is(err, fs.ErrNotExist) || restart:
		_ = os.Remove(j.rejects)
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(raw, j); err != nil || j.Size != j.size {
			return usagef("%s 记的是另一个文件的进度，请加 --restart 从头导入", j.notes())
		}
		j.Sum.Resumed, j.Rows = j.Done, j.Done
		fmt.Fprintf(os.Stderr, "接着上次的进度，从第 %d 行继续\n", j.Done+1)
	}
	j.Size = j.size
	return nil
}

func (j *importJob) reject(row collector.Row, reason string) error {
	if j.out == nil {
		f, err := os.OpenFile(j.rejects, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		j.out = f
	}
	line, err := json.Marshal(map[string]any{"row": row.Number, "error": reason, "raw": string(row.Raw)})
	if err != nil {
		return err
	}
	_, err = j.out.Write(append(line, '\n'))
	return err
}

// send pushes a batch, waiting while the bus is full, and notes the progress.
func (j *importJob) send(ctx context.Context, batch []collector.Row) error {
	if len(batch) == 0 {
		return nil
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	for _, row := range batch {
		if err := enc.Encode(row.Post); err != nil {
			return err
		}
	}
	result, err := j.target.push(ctx, body.Bytes())
	if err != nil {
		return fmt.Errorf("第 %d 行起的一批没有送达（再次运行会从这里继续）: %w", batch[0].Number, err)
	}
	for _, bad := range result.Rejected {
		if bad.Index < 0 || bad.Index >= len(batch) {
			return fmt.Errorf("服务端拒收了不存在的第 %d 项: %s", bad.Index, bad.Error)
		}
		if err := j.reject(batch[bad.Index], bad.Error); err != nil {
			return err
		}
	}
	j.Rows += len(batch)
	j.Done = batch[len(batch)-1].Number
	j.Sum.Accepted += result.Accepted
	j.Sum.Duplicate += result.Duplicate
	j.Sum.Rejected += len(result.Rejected)
	raw, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return os.WriteFile(j.notes(), raw, 0o600)
}

func (t target) push(ctx context.Context, body []byte) (result huiying.PushResult, err error) {
	for try := 0; ; try++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+"/api/v1/posts", bytes.NewReader(body))
		if err != nil {
			return result, err
		}
		req.Header.Set("Authorization", "Bearer "+t.token)
		req.Header.Set("Content-Type", "application/x-ndjson")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return result, err
		}
		raw, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
		_ = resp.Body.Close()
		if err != nil {
			return result, err
		}
		if resp.StatusCode == http.StatusServiceUnavailable && try < importTries {
			wait, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
			select {
			case <-ctx.Done():
				return result, ctx.Err()
			case <-time.After(time.Duration(max(1, wait)) * time.Second):
			}
			continue
		}
		if resp.StatusCode != http.StatusAccepted {
			return result, fmt.Errorf("%s: %s", resp.Status, problemDetail(raw))
		}
		return result, json.Unmarshal(raw, &result)
	}
}

// profile asks the instance for the intake profile of a name.
func (t target) profile(ctx context.Context, name string) (huiying.Profile, error) {
	none := huiying.Profile{}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+"/api/v1/profiles", nil)
	if err != nil {
		return none, err
	}
	req.Header.Set("Authorization", "Bearer "+t.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return none, err
	}
	defer func() { _ = resp.Body.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return none, err
	}
	if resp.StatusCode != http.StatusOK {
		return none, fmt.Errorf("%s: %s", resp.Status, problemDetail(raw))
	}
	var list []huiying.Profile
	if err := json.Unmarshal(raw, &list); err != nil {
		return none, err
	}
	names := make([]string, len(list))
	for i, p := range list {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	return none, usagef("没有“%s”这个来件模板，有：%s", name, strings.Join(names, "、"))
}

func problemDetail(raw []byte) string {
	var p struct{ Title, Detail string }
	if json.Unmarshal(raw, &p) != nil || p.Detail == "" && p.Title == "" {
		return huiying.Clip(string(raw), 200)
	}
	return strings.TrimSpace(p.Title + " " + p.Detail)
}

func (j *importJob) finish() error {
	j.Sum.Rows = j.Rows
	if j.Sum.Rejected > 0 {
		j.Sum.Rejects = j.rejects
	}
	if err := os.Remove(j.notes()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(j.Sum)
}

func (j *importJob) close() {
	if j.out != nil {
		_ = j.out.Close()
	}
}

// bar shows progress on a terminal and nothing elsewhere.
type bar struct {
	p *mpb.Progress
	b *mpb.Bar
}

func newBar(size int64) *bar {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return &bar{}
	}
	p := mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(60))
	return &bar{p: p, b: p.AddBar(size,
		mpb.PrependDecorators(decor.Name("导入 "), decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" 剩 "), decor.AverageETA(decor.ET_STYLE_GO)))}
}

func (b *bar) add(n int) {
	if b.b != nil {
		b.b.IncrBy(n)
	}
}

func (b *bar) done() {
	if b.b != nil {
		b.b.SetTotal(-1, true)
		b.p.Wait()
	}
}

type countingReader struct {
	r   io.Reader
	bar *bar
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.bar.add(n)
	return n, err
}
