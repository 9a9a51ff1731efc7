package main_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnAccountOfAUnitMayComeBeforeTheFirstStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := &installation{t: t, dir: dir, config: filepath.Join(dir, "huiying.yaml")}
	write(t, in.config, "region: \"140105\"\ndata: data\n")
	in.run("Wenyu-he-2026\n", "user", "--config", in.config, "--role", "liaison", "--unit", "t001", "--full", "张三", "zhang.san")

	wrong := exec.Command(binary, "user", "--config", in.config, "--role", "liaison", "--unit", "t999", "--full", "李四", "li.si")
	wrong.Stdin = strings.NewReader("Wenyu-he-2026\n")
	if out, err := wrong.CombinedOutput(); err == nil || !strings.Contains(string(out), "没有单位") {
		t.Errorf("a unit that is none: %v %s", err, out)
	}
}
