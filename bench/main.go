// Command bench is what `huiying bench` compares with: the same work done by
// well-known libraries. It is a module of its own, so that nothing of Huiying
// depends on them.
//
//	bench live      a websocket server on github.com/centrifugal/centrifuge
//
// `huiying bench live` builds and starts it by itself when this folder is there.
package main

import (
	"fmt"
	"os"
)

func main() {
	works := map[string]func() error{"live": live}
	var work func() error
	if len(os.Args) == 2 {
		work = works[os.Args[1]]
	}
	if work == nil {
		fmt.Fprintln(os.Stderr, "usage: bench live")
		os.Exit(2)
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
