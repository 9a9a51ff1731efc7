package compose_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// file is as much of the Compose Specification as we use: reading is strict, so
// that a key of another spelling is an error here and not a surprise there.
type file struct {
	Name     string             `yaml:"name"`
	Hardened any                `yaml:"x-hardened"`
	Services map[string]service `yaml:"services"`
	Networks map[string]struct {
		Internal bool `yaml:"internal"`
	} `yaml:"networks"`
	Volumes map[string]struct{} `yaml:"volumes"`
}

type service struct {
	Image       string            `yaml:"image"`
	User        string            `yaml:"user"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Ports       []string          `yaml:"ports"`
	Networks    []string          `yaml:"networks"`
	DependsOn   any               `yaml:"depends_on"`
	Health      struct {
		Test        []string `yaml:"test"`
		Interval    string   `yaml:"interval"`
		Timeout     string   `yaml:"timeout"`
		StartPeriod string   `yaml:"start_period"`
		Retries     int      `yaml:"retries"`
	} `yaml:"healthcheck"`
	StopGrace string         `yaml:"stop_grace_period"`
	Memory    string         `yaml:"mem_limit"`
	Shared    string         `yaml:"shm_size"`
	Ulimits   map[string]int `yaml:"ulimits"`
	Restart   string         `yaml:"restart"`
	ReadOnly  bool           `yaml:"read_only"`
	Drop      []string       `yaml:"cap_drop"`
	Security  []string       `yaml:"security_opt"`
	Logging   any            `yaml:"logging"`
}

func TestEveryServiceIsConfinedAndReachesOnlyWhatIsDeclared(t *testing.T) {
	raw, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f file
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&f); err != nil {
		t.Fatal(yaml.FormatError(err, false, true))
	}
	if len(f.Services) != 5 || !f.Networks["inside"].Internal {
		t.Errorf("%d services, networks %v", len(f.Services), f.Networks)
	}
	for name, s := range f.Services {
		if !s.ReadOnly || len(s.Drop) != 1 || s.Drop[0] != "ALL" || len(s.Security) == 0 || len(s.Health.Test) == 0 || s.Memory == "" || s.User == "" || strings.HasPrefix(s.User, "0:") {
			t.Errorf("%s is not confined: %+v", name, s)
		}
		if !strings.Contains(s.Image, ":") {
			t.Errorf("%s: which version of %q?", name, s.Image)
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, declared := f.Volumes[from]; !declared && !strings.HasPrefix(from, ".") {
				t.Errorf("%s: volume %q is not declared", name, from)
			}
			if strings.HasPrefix(from, "../") || strings.HasPrefix(from, "./grafana") || from == "./prometheus.yml" || from == "./huiying.yaml" {
				if _, err := os.Stat(from); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for _, n := range s.Networks {
			if _, declared := f.Networks[n]; !declared {
				t.Errorf("%s: network %q is not declared", name, n)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") && !strings.HasPrefix(p, "[::1]:") {
				t.Errorf("%s: port %s is open to other machines", name, p)
			}
		}
	}
}
