package main

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"huiying"
)

// How the processes of an installation that shares a ledger tell of themselves.
const (
	nodeEvery  = 10 * time.Second
	nodeGone   = 24 * time.Hour // a process silent for longer is none any more
	nodeErrors = 20             // lines it shares
	linesShown = 100
)

func nodePrefix(region huiying.Region) string { return "node " + string(region) + " " }

// tellNode keeps on record how this process stands, until ctx ends. One that cannot
// be kept is told again soon: who reads it sees since when nothing was told.
func (s *system) tellNode(ctx context.Context, roles []string) {
	if s.cfg.Ledger == "" {
		return // the only process there is
	}
	tell := func() {
		lines := troubles.lines()
		n := huiying.Node{
			Name: s.node, Roles: roles, Version: version, Rules: s.rules.Rules().Version, Started: s.started, At: time.Now(), Leading: s.leading.Load(),
			Free: diskFree(s.cfg.Data), Errors: lines[:min(len(lines), nodeErrors)],
		}
		raw, err := json.Marshal(n)
		if err == nil {
			err = s.ledger.SetMeta(ctx, nodePrefix(s.cfg.Region)+s.node, string(raw))
		}
		if err != nil && ctx.Err() == nil {
			s.log.Debug("how this process stands is not on record", "err", err)
		}
	}
	tell()
	each(ctx, nodeEvery, tell)
}

// nodes are the processes of the installation, by name.
func (s *system) nodes(ctx context.Context) ([]huiying.Node, error) {
	if s.cfg.Ledger == "" {
		return nil, nil
	}
	told, err := s.ledger.Metas(ctx, nodePrefix(s.cfg.Region))
	if err != nil {
		return nil, err
	}
	var out []huiying.Node
	for _, raw := range told {
		var n huiying.Node
		if err := json.Unmarshal([]byte(raw), &n); err == nil && time.Since(n.At) < nodeGone { // another version's may be none of ours
			n.Here = n.Name == s.node
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b huiying.Node) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// allErrors are the lines of this process and of the others, the latest first.
func allErrors(own []huiying.LogLine, nodes []huiying.Node) []huiying.LogLine {
	for _, n := range nodes {
		if n.Here {
			continue
		}
		for _, l := range n.Errors {
			l.Node = n.Short()
			own = append(own, l)
		}
	}
	slices.SortStableFunc(own, func(a, b huiying.LogLine) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	return own[:min(len(own), linesShown)]
}
