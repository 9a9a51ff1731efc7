package bus

import (
	"context"
	"fmt"

	"huiying"
)

// Depths tells what waits before each consumer of posts and assessments.
func (b *Bus) Depths(ctx context.Context) ([]huiying.QueueDepth, error) {
	if err := b.begin(); err != nil {
		return nil, err
	}
	defer b.calls.Done()
	var out []huiying.QueueDepth
	for _, name := range []string{Posts, Assessed} {
		s, err := b.js.Stream(ctx, b.named(name))
		if err != nil {
			return nil, fmt.Errorf("depth of %s: %w", name, busy(err))
		}
		list := s.ListConsumers(ctx)
		for info := range list.Info() {
			out = append(out, huiying.QueueDepth{Stream: name, Consumer: info.Name, Waiting: int(info.NumPending), Unfinished: info.NumAckPending})
		}
		if err := list.Err(); err != nil {
			return nil, fmt.Errorf("consumers of %s: %w", name, busy(err))
		}
	}
	return out, nil
}
