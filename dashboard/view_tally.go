package dashboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"huiying"
)

// Pages say how many posts a filter selects as far as that is quickly known:
// nobody waits for an exact count of a million.
const (
	tallyMost = 10_000
	tallyFor  = 150 * time.Millisecond
)

// tally is a number of posts, exact up to tallyMost; above it there are more,
// below zero it took too long to count.
type tally int

const tallyUnknown tally = -1

// String is the number as a page says it: 共 … 条.
func (t tally) String() string {
	switch {
	case t < 0:
		return "很多"
	case t > tallyMost:
		return "1 万以上"
	}
	return count(int(t))
}

func (s *Server) tally(ctx context.Context, q huiying.PostQuery) (tally, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, tallyFor, errTooMany)
	defer cancel()
	n, err := s.cfg.Archive.CountPostsUpTo(ctx, q, tallyMost+1)
	if err != nil && errors.Is(context.Cause(ctx), errTooMany) {
		return tallyUnknown, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count posts: %w", err)
	}
	return tally(n), nil
}

var errTooMany = errors.New("too many to count")
