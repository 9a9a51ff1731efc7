package report

import (
	_ "embed" // the fonts
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/font/opentype"
)

// The fonts of PDFs and charts: Noto Sans SC Regular and Noto Serif SC Medium
// (OFL 1.1, licences beside them), cut down to GB 2312 and the letters that occur
// in the county's data. What they lack is drawn as an empty box.
var (
	//go:embed fonts/NotoSansSC.ttf.zst
	sansZstd []byte
	//go:embed fonts/NotoSerifSC.ttf.zst
	serifZstd []byte
)

var (
	sansTTF  = sync.OnceValue(func() []byte { return unpack(sansZstd) })
	serifTTF = sync.OnceValue(func() []byte { return unpack(serifZstd) })
)

func unpack(packed []byte) []byte {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err) // no option is wrong
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic(err) // it is built in
	}
	return raw
}

var sansFont = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(sansTTF())
	if err != nil {
		panic(err) // it is built in
	}
	return f
})
