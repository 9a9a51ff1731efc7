package huiying

import (
	"context"
	"slices"
	"sync"
)

// Gaps collects which parts of a store did not answer while one request was
// served. A store of several machines goes on with those that do, and says so
// here; whoever shows the answer tells people that it is not all (部分数据不可用).
// It is safe for concurrent use.
type Gaps struct {
	mu    sync.Mutex
	parts []string
}

type gapsKey struct{}

// WithGaps is a context whose reads tell the returned Gaps of what is missing.
func WithGaps(ctx context.Context) (context.Context, *Gaps) {
	g := &Gaps{}
	return context.WithValue(ctx, gapsKey{}, g), g
}

// GapsOf is who listens to a context's reads, or nil.
func GapsOf(ctx context.Context) *Gaps {
	g, _ := ctx.Value(gapsKey{}).(*Gaps)
	return g
}

// NoteGap is called by a store that answers without some part. Nobody may be
// listening.
func NoteGap(ctx context.Context, part string) {
	g := GapsOf(ctx)
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.parts, part) {
		g.parts = append(g.parts, part)
	}
}

// Parts are the missing parts, each once, in the order they were missed.
func (g *Gaps) Parts() []string {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.parts)
}
