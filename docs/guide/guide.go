// Package guide is the user guide (使用手册) the pages show: Markdown in Chinese
// and the pictures in it, which the browser tests take (TestGuidePictures).
package guide

import "embed"

// Files are the pages and, below shots/, their pictures.
//
//go:embed *.md shots/*.png
var Files embed.FS
