package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"huiying"
)

// liveGreeting tells the client program how to speak to a server under test:
// ours, or the one in the folder bench.
type liveGreeting struct {
	URL    string   `json:"url"`
	Office string   `json:"office"` // bearer tokens, one an audience
	Units  []string `json:"units"`
	First  string   `json:"first"` // what a client says first; nothing when empty
	Ping   string   `json:"ping"`  // a message that is answered with itself
}

// serveForBench is our side of `huiying bench live`: the whole system in a
// process of its own, with messages sent over its bus as the desk does. It takes
// the same orders on stdin as the peer: "settle", "publish HZ SECONDS DATA".
func serveForBench(ctx context.Context, dir string) error {
	b, err := startBenchSystem(ctx, dir)
	if err != nil {
		return err
	}
	err = b.obey(ctx)
	if closed := b.close(); err == nil {
		err = closed
	}
	return err
}

func (b *benchSystem) obey(ctx context.Context) error {
	hello := liveGreeting{URL: strings.Replace(b.url, "http", "ws", 1) + "/api/v1/live"}
	var units []huiying.UnitID
	for _, u := range b.rules.inForce().county.Units {
		token, err := b.token(ctx, huiying.Liaison, u.ID)
		if err != nil {
			return err
		}
		units, hello.Units = append(units, u.ID), append(hello.Units, token)
	}
	var err error
	if hello.Office, err = b.token(ctx, huiying.Monitor, "wxb"); err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(hello); err != nil {
		return err
	}
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		verb, rest, _ := strings.Cut(orders.Text(), " ")
		sent := 0
		switch verb {
		case "settle":
			debug.FreeOSMemory()
		case "publish":
			if sent, err = b.publishCases(ctx, units, rest); err != nil {
				return err
			}
		default:
			return fmt.Errorf("no such order: %q", orders.Text())
		}
		if err := say.Encode(sent); err != nil {
			return err
		}
	}
	return orders.Err()
}

func (b *benchSystem) publishCases(ctx context.Context, units []huiying.UnitID, order string) (int, error) {
	var hz, seconds int
	var data string
	if _, err := fmt.Sscan(order, &hz, &seconds, &data); err != nil {
		return 0, fmt.Errorf("%q: %w", order, err)
	}
	every := time.NewTicker(time.Second / time.Duration(hz))
	defer every.Stop()
	n := hz * seconds
	for i := range n {
		<-every.C
		if err := b.bus.PublishLive(ctx, huiying.Live{Type: huiying.LiveCase, Region: b.cfg.Region, Units: units, Data: json.RawMessage(data)}); err != nil {
			return i, err
		}
	}
	return n, nil
}
