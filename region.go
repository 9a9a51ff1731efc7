package huiying

import (
	"fmt"
	"strings"
)

// Region is an administrative division code (统计用区划代码): 2 digits a
// province, 4 a prefecture, 6 a county, 9 a township, 12 a village. It is the
// tenant and the shard: access and roll-up are prefix matches.
type Region string

// ParseRegion checks that s is 2, 4, 6, 9 or 12 decimal digits.
func ParseRegion(s string) (Region, error) {
	switch len(s) {
	case 2, 4, 6, 9, 12:
	default:
		return "", Invalid("region", "行政区划代码应为 2、4、6、9 或 12 位数字，收到 %q", s)
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return "", Invalid("region", "行政区划代码只能是数字，收到 %q", s)
		}
	}
	return Region(s), nil
}

// Covers reports whether other lies in r: the same division or one below it.
func (r Region) Covers(other Region) bool {
	return r != "" && strings.HasPrefix(string(other), string(r))
}

// County returns the six-digit county code r lies in, or r itself when it is
// a prefecture or province.
func (r Region) County() Region {
	if len(r) > 6 {
		return r[:6]
	}
	return r
}

// Subject is the last token of the bus subjects of this region ("posts.141122").
func (r Region) Subject(stream string) string { return fmt.Sprintf("%s.%s", stream, r) }
