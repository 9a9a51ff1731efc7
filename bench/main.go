// Command bench is what `huiying bench` compares with: the same work done by
// well-known libraries. It is a module of its own, so that nothing of Huiying
// depends on them.
//
//	bench live                    a websocket server on github.com/centrifugal/centrifuge
//	bench collect ADDRESS PAGES   a crawl with github.com/gocolly/colly/v2
//
// `huiying bench live` and `collect` build and start it by themselves when this
// folder is there.
package main

import (
	"fmt"
	"os"
)

func main() {
	works := map[string]func(args []string) error{"live": func([]string) error { return live() }, "collect": collect}
	var work func(args []string) error
	if len(os.Args) > 1 {
		work = works[os.Args[1]]
	}
	if work == nil {
		fmt.Fprintln(os.Stderr, "usage: bench live | collect ADDRESS PAGES")
		os.Exit(2)
	}
	if err := work(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
