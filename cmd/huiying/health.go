package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"huiying"
)

type healthCmd struct {
	URL     string        `arg:"" optional:"" default:"http://127.0.0.1:8080" help:"Where the process listens: its pages or its --monitor address."`
	Timeout time.Duration `default:"5s" help:"How long to wait for the answer."`
}

// Run prints what /readyz says, part by part: what a container without a shell
// asks itself.
func (c *healthCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.URL, "/")+"/readyz", nil)
	if err != nil {
		return usageError{err}
	}
	client := http.Client{Transport: &http.Transport{Proxy: nil}} // this machine, not somebody else's
	answer, err := client.Do(r)
	if err != nil {
		return huiying.Errorf(huiying.CodeBusy, "没有回答：%v", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(os.Stdout, io.LimitReader(answer.Body, 4<<10)); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return huiying.Errorf(huiying.CodeBusy, "尚未就绪（%s）", answer.Status)
	}
	return nil
}
