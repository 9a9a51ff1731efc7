// Command huiying is the whole product in one binary: it collects, analyzes,
// opens cases, keeps their clocks and shows them. This package is flags and
// wiring; everything else lives in the packages it wires.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"huiying"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

// The exit codes scripts rely on.
const (
	exitFailed = 1 // the work failed
	exitUsage  = 2 // the command line is wrong
)

type cli struct {
	Demo        demoCmd        `cmd:"" help:"Run the whole system with a sample county and a local sample site."`
	Serve       serveCmd       `cmd:"" help:"Run an installation."`
	Health      healthCmd      `cmd:"" help:"Ask a running process whether it is ready; exit code 1 when it is not."`
	Init        initCmd        `cmd:"" help:"Write a ready county folder: units, places, rules, calendar."`
	Calendar    calendarCmd    `cmd:"" help:"Add a year's holidays (holiday-cn JSON) to the county's calendar."`
	Check       checkCmd       `cmd:"" help:"Validate a configuration and its county folder."`
	Analyze     analyzeCmd     `cmd:"" help:"Assess posts: JSONL in, JSONL out, same order."`
	Extract     extractCmd     `cmd:"" help:"Show what the site collector would take from a page."`
	Eval        evalCmd        `cmd:"" help:"Measure the analyzer on labelled JSONL."`
	Bench       benchCmd       `cmd:"" help:"Measure speed, beside the raw limit in the same run."`
	Train       trainCmd       `cmd:"" help:"Train the analyzer's models and print cross-validated scores."`
	Import      importCmd      `cmd:"" help:"Import a JSONL, CSV or XLSX file into a running instance."`
	Report      reportCmd      `cmd:"" help:"Write a report, a form or a table as Word, PDF or Excel."`
	User        userCmd        `cmd:"" help:"Add an account or set its password."`
	Token       tokenCmd       `cmd:"" help:"Make an API token for an account."`
	Backup      backupCmd      `cmd:"" help:"Write a running installation into one encrypted file."`
	Restore     restoreCmd     `cmd:"" help:"Make an installation of a back-up, in a folder of its own."`
	Migrate     migrateCmd     `cmd:"" help:"Copy an installation to other engines while it works, or back; again to catch up."`
	VerifyAudit verifyAuditCmd `cmd:"" help:"Check the audit chain."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println("huiying", version)
	return err
}

func main() {
	var c cli
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser, err := kong.New(&c, kong.Name("huiying"),
		kong.Description("回应：县级政务舆情监测与回应台。From a post on the web to a signed, timed, measured answer."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
	if err != nil {
		panic(err) // the struct tags above are wrong
	}
	kctx, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "huiying:", told(err))
		os.Exit(exitUsage)
	}
	if err := kctx.Run(); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = errors.New("已中断，没有做完；再运行一次即可")
		}
		fmt.Fprintln(os.Stderr, "huiying:", told(err))
		os.Exit(exitCode(err))
	}
}

// usageError marks a mistake in how the command was called.
type usageError struct{ error }

func exitCode(err error) int {
	var u usageError
	if errors.As(err, &u) {
		return exitUsage
	}
	return exitFailed
}

func usagef(format string, args ...any) error {
	return usageError{huiying.Errorf(huiying.CodeInvalid, format, args...)}
}
