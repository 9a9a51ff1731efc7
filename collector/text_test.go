package collector

import (
	"strings"
	"testing"
)

func FuzzBlanks(f *testing.F) {
	for _, s := range []string{"", " ", "a b", " 天　宁 镇\u00a0\n\u2028x\u3000", "\x85\xa0 \xc2", "一\u1680二\u205f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := squeeze(s), strings.Join(strings.Fields(s), ""); got != want {
			t.Errorf("squeeze(%q) = %q, want %q", s, got, want)
		}
		if got, want := oneLine(s), strings.Join(strings.Fields(s), " "); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", s, got, want)
		}
	})
}
