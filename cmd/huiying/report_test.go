package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Documents can be written beside a running installation, and each leaves a line
// in the audit.
func TestReportsFromTheCommandLine(t *testing.T) {
	in := install(t)
	for _, args := range reportCalls {
		out := filepath.Join(t.TempDir(), "out"+args[len(args)-1])
		if got := in.run("", append(append([]string{"report", "--config", in.config}, args[:len(args)-1]...), "-o", out)...); strings.TrimSpace(got) != out {
			t.Errorf("%v prints %q", args, got)
		}
		raw, err := os.ReadFile(out)
		if err != nil || len(raw) < 1000 || !strings.HasPrefix(string(raw), "PK") && !strings.HasPrefix(string(raw), "%PDF-") {
			t.Errorf("%v: %d bytes, %v", args, len(raw), err)
		}
	}
	if got := in.run("", "verify-audit", "--config", in.config); !strings.Contains(got, "完整") {
		t.Error(got)
	}
	err := exec.Command(binary, "report", "yearly", "--config", in.config, "-o", filepath.Join(t.TempDir(), "x.docx")).Run()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 { //nolint:errorlint // Run gives it as it is
		t.Errorf("an unknown kind: %v, want exit status 2", err)
	}
}

// reportCalls are arguments and, last, the ending of the file.
var reportCalls = [][]string{{"daily", ".docx"}, {"weekly", ".pdf"}, {"monthly", "--date", "2026-10-05", ".docx"}, {"ledger", ".xlsx"}, {"ledger", ".pdf"}, {"appraisal", ".xlsx"}}
