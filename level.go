package huiying

import "fmt"

// Level is the severity of an event or case. A higher number is graver, so
// levels compare with <; [NoLevel] is below all.
type Level int

// The four levels of the national emergency scale with their custom colours.
const (
	NoLevel Level = iota
	Blue          // Ⅳ 一般
	Yellow        // Ⅲ 较大
	Orange        // Ⅱ 重大
	Red           // Ⅰ 特别重大
)

// Levels lists the real levels, gravest first.
var Levels = []Level{Red, Orange, Yellow, Blue}

var levelNames = [...]struct{ key, roman, word, colour string }{
	{"", "", "未定级", ""},
	{"blue", "Ⅳ", "一般", "蓝"},
	{"yellow", "Ⅲ", "较大", "黄"},
	{"orange", "Ⅱ", "重大", "橙"},
	{"red", "Ⅰ", "特别重大", "红"},
}

func (l Level) valid() bool { return l >= NoLevel && l <= Red }

// String is the key used in files and the API: red, orange, yellow, blue or "".
func (l Level) String() string {
	if !l.valid() {
		return fmt.Sprintf("level(%d)", int(l))
	}
	return levelNames[l].key
}

// Label is how a person reads it: "Ⅱ级 重大（橙）". The colour never stands alone.
func (l Level) Label() string {
	if l <= NoLevel || l > Red {
		return levelNames[0].word
	}
	n := levelNames[l]
	return n.roman + "级 " + n.word + "（" + n.colour + "）"
}

// Roman is the numeral of the level, "Ⅱ"; Word its name, "重大".
func (l Level) Roman() string { return levelNames[max(NoLevel, min(l, Red))].roman }

// Word is the name of the level, "重大".
func (l Level) Word() string { return levelNames[max(NoLevel, min(l, Red))].word }

// Up returns the next graver level, at most [Red].
func (l Level) Up() Level { return min(l+1, Red) }

// ParseLevel reads a key ("red"), a numeral ("Ⅰ", "I"), a word ("特别重大") or a colour ("红").
func ParseLevel(s string) (Level, error) {
	for i, n := range levelNames {
		if s == n.key || i > 0 && (s == n.roman || s == n.word || s == n.colour) {
			return Level(i), nil
		}
	}
	return NoLevel, Invalid("level", "等级应为 red、orange、yellow 或 blue，收到 %q", s)
}

// MarshalText writes the key.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what [ParseLevel] reads.
func (l *Level) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLevel(string(b))
	return err
}
