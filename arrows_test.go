package huiying_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// siblings meet in the root package and in interfaces declared by their users;
// none imports another. ARCHITECTURE.md draws these arrows.
var siblings = []string{"collector", "analyzer", "alerting", "dashboard", "store", "bus", "deploy"}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		from := room(p.ImportPath)
		for _, imp := range p.Imports {
			to := room(imp)
			switch {
			case imp != "huiying" && !strings.HasPrefix(imp, "huiying/"):
			case from == "cmd", to == "": // cmd knows all; everybody knows the root
			case from == "":
				t.Errorf("the root package imports %s: it may import none of ours", imp)
			case from != to:
				t.Errorf("%s imports %s: siblings meet in the root package", p.ImportPath, imp)
			}
		}
	}
	if seen < len(siblings) {
		t.Errorf("go list named %d packages; expected every room of %v", seen, siblings)
	}
}

func TestTheDomainDoesNoIO(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", "{{join .Imports \"\\n\"}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for imp := range strings.FieldsSeq(string(out)) {
		if slices.Contains([]string{"os", "net", "net/http", "database/sql", "io/fs", "os/exec", "log", "log/slog"}, imp) {
			t.Errorf("the root package imports %s", imp)
		}
		if strings.Contains(imp, ".") {
			t.Errorf("the root package imports %s: it needs the standard library only", imp)
		}
	}
}

// room is the first folder of one of our import paths, "" for the root.
func room(path string) string {
	rest, ok := strings.CutPrefix(path, "huiying/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}
