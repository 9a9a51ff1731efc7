package main_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestEveryLineIsAnsweredInOrderAndABadOneByItsNumber(t *testing.T) {
	t.Parallel()
	lines := []string{
		`{"text":"义望村化工厂偷排污水"}`, "", `{"text":""}`, `{"text":"` + strings.Repeat("水", 200_000) + `"}`, "  ", "\xff\xfe",
		"[]", `{"text":5}`, `{"text":"😡😡😡"}`, strings.Repeat("a", 17<<20), `{"text":"` + "\xff" + `义望村停水三天"}`,
	}
	for _, flag := range []string{"", "--events"} {
		args := []string{"analyze", "-"}
		if flag != "" {
			args = append(args, flag)
		}
		cmd := exec.Command(binary, args...)
		cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("analyze %s: %v\n%s", flag, err, errs.String())
		}
		var bad []int
		var categories []string
		for dec := json.NewDecoder(&out); dec.More(); {
			var row struct {
				Line     int
				Error    string
				Category string
			}
			if err := dec.Decode(&row); err != nil {
				t.Fatal(err)
			}
			if row.Error != "" {
				bad = append(bad, row.Line)
			} else {
				categories = append(categories, row.Category)
			}
		}
		if want := []int{3, 4, 6, 7, 8, 10}; !slices.Equal(bad, want) {
			t.Errorf("%s: lines %v are called bad, want %v", flag, bad, want)
		}
		if len(categories) != 3 || categories[0] != "环境保护" {
			t.Errorf("%s: categories %v", flag, categories)
		}
		if !strings.Contains(errs.String(), "9 行中有 6 行不是合格的信息") {
			t.Errorf("%s: said %q", flag, errs.String())
		}
	}
}
