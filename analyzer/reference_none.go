//go:build !cgo

package analyzer

import "huiying"

// reference stands where the C++ segmenter is missing: a release has none, so
// that it runs on any machine.
type reference struct{}

func newReference([]string) (*reference, error) {
	return nil, huiying.Errorf(huiying.CodeInvalid, "发布的程序不带用来比较的 C++ 分词：请在有 C++ 编译器的机器上用 make build 编译后再量")
}

func (*reference) Cut(string, bool) []string { return nil }
func (*reference) Free()                     {}
