package analyzer

import (
	"hash/fnv"
	"unicode"

	"huiying"
)

// fingerprint is a 64-bit simhash (Charikar 2002) over pairs of the text's
// letters, so that copies with small edits differ in few bits.
func fingerprint(r *reading) huiying.Fingerprint {
	var sums [64]int
	var last rune
	for _, c := range r.post.Text[:min(len(r.post.Text), longest)] {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			continue
		}
		if last != 0 {
			h := hashPair(last, c)
			for i := range sums {
				if h>>i&1 == 1 {
					sums[i]++
				} else {
					sums[i]--
				}
			}
		}
		last = c
	}
	var out uint64
	for i, s := range sums {
		if s > 0 {
			out |= 1 << i
		}
	}
	return huiying.Fingerprint(out)
}

func hashPair(a, b rune) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{byte(a), byte(a >> 8), byte(a >> 16), byte(b), byte(b >> 8), byte(b >> 16)})
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}
