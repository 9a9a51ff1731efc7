package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiying"
	"huiying/dashboard/report"
	"huiying/deploy/county"
	"huiying/store/ledger"
)

type reportCmd struct {
	place
	Kind  string `arg:"" help:"daily, weekly, monthly, special, flash, urgent, case, feedback, ledger or appraisal."`
	Date  string `help:"A day of the period, such as 2026-11-26; default: today."`
	Case  string `help:"ID or number of a case (case, feedback, special, flash, urgent)."`
	Event string `help:"ID of an event (special, flash, urgent)."`
	Out   string `short:"o" required:"" type:"path" help:"FILE.docx, FILE.pdf or FILE.xlsx; the ending tells which."`
}

// Run writes a document from the installation's stores; the installation may be
// running. What is written is not issued: it has no number.
func (c *reportCmd) Run(ctx context.Context) error {
	kind := huiying.ReportKind(c.Kind)
	if kind.Label() == "" {
		names := make([]string, len(huiying.ReportKinds))
		for i, k := range huiying.ReportKinds {
			names[i] = string(k)
		}
		return usagef("没有 %q 这种报告，可用：%s", c.Kind, strings.Join(names, "、"))
	}
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), ".")
	if !slices.Contains(report.Formats(kind), format) {
		return usagef("%s没有 %q 格式，可用：%s", kind.Label(), format, strings.Join(report.Formats(kind), "、"))
	}
	order := report.Order{Kind: kind, Format: format, Event: huiying.EventID(c.Event)}
	if c.Date != "" {
		at, err := huiying.ParseTime(c.Date)
		if err != nil {
			return usagef("--date 应写作 2026-11-26，收到 %q", c.Date)
		}
		order.Date = at
	}
	cfg, l, err := c.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	return c.write(ctx, cfg, l, order)
}

func (c *reportCmd) write(ctx context.Context, cfg *Config, l *ledger.Ledger, o report.Order) error {
	data, err := cfg.loadCounty()
	if err != nil {
		return err
	}
	folder, err := cfg.countyFiles()
	if err != nil {
		return err
	}
	archive, err := cfg.openArchive(ctx, wordless)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	r := report.New(report.Config{
		Region: cfg.Region, County: data.Name, Base: cfg.Base, Archive: archive, Ledger: l,
		Rules: func() *huiying.Rules { return &data.Rules }, Templates: county.Templates(folder),
	})
	o.By = huiying.TheSystem(cfg.Region)
	o.By.User, o.By.Name = "console", "命令行"
	if o.Now, err = cfg.now(); err != nil {
		return err
	}
	if c.Case != "" {
		found, err := r.FindCase(ctx, c.Case, o.Now)
		if err != nil {
			return err
		}
		o.Case = found.ID
	}
	file, err := r.Write(ctx, o)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, file.Bytes, 0o600); err != nil {
		return err
	}
	if err := l.Record(ctx, huiying.Audit{
		At: o.Now, Region: cfg.Region, Who: "console", Role: huiying.System, Action: "export.report", Object: string(o.Kind) + "." + o.Format, Detail: file.Name,
	}); err != nil {
		return err
	}
	_, err = fmt.Println(c.Out)
	return err
}

// now is the time of the installation: that of a demo may be ahead.
func (c *Config) now() (time.Time, error) {
	life, err := readLife(c.Data)
	if err != nil {
		return time.Time{}, err
	}
	return life.Now, nil
}
