package analyzer

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A pattern looks near words only, and yet must find what its expression would
// find in the whole text. Not parallel: it makes patterns, which belong to the package.
func TestAPatternFindsWhatItsExpressionFinds(t *testing.T) {
	for _, expr := range []string{
		`火灾|着火`,
		`致.{0,4}[一二两]+.{0,2}[死伤]`,
		`(?:发生|突发).{0,6}(?:火|爆|撞)`,
		`[0-9]{2,3}(?:多)?[名个]?(?:人|村民)`,
		`[一二两]+(?:人|名.{0,3})?(?:死|伤)|死亡[0-9]+人`,
		`(?:无|没有|没)(?:人员|人)*(?:伤亡|死)`,
		`现将.{0,5}公布|已(?:经)?(?:修好|解决)`,
		`(?:不.)+火`,
	} {
		t.Run(expr, func(t *testing.T) {
			p, whole := look(expr), regexp.MustCompile(expr)
			pieces := strings.FieldsFunc(expr, func(r rune) bool { return strings.ContainsRune(`(?:)|.{},+*[]`, r) })
			pieces = append(pieces, "1", "23", "a", "的", "😀", "\n", "一", "两", "死", "村民")
			w := newWatch(nil)
			rapid.Check(t, func(t *rapid.T) {
				text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 24).Draw(t, "text"), "")
				runes, bytes := placed(text)
				s := w.scan(text, runes, bytes)
				defer w.free(s)
				start, _, ok := p.find(s)
				if want := whole.FindStringIndex(text); (want != nil) != ok || ok && want[0] != start {
					t.Fatalf("in %q found %d (%v), want %v", text, start, ok, want)
				}
			})
		})
	}
}
