package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Posts are numbered in the order lists show them: the sixteenth of a second of
// publication, then 12 bits for those of one such tick in order of arrival. When
// a tick is full (a file of letters all dated midnight) the next one takes the
// rest. So the row ID alone sorts every list, also a full-text one, whose
// matches FTS5 finds by row ID.
const (
	ticksPerSecond = 16
	slotBits       = 12
	// spillTicks is how far the posts of one tick may have run over: ten minutes
	// of ticks, 39 million posts of one instant.
	spillTicks = 10 * 60 * ticksPerSecond
)

func tickOf(t time.Time) int64 {
	return t.Unix()*ticksPerSecond + int64(t.Nanosecond())*ticksPerSecond/int64(time.Second)
}

// seqFrom is at most the number of any post published at t or later.
func seqFrom(t time.Time) int64 { return tickOf(t) << slotBits }

// seqAfter is above the number of any post published before t.
func seqAfter(t time.Time) int64 { return (tickOf(t) + 1 + spillTicks) << slotBits }

const lastSeq = `SELECT coalesce(max(seq) + 1, ?1) FROM posts WHERE seq >= ?1 AND seq < ?2`

// numbering hands out numbers within one transaction.
type numbering struct {
	last *sql.Stmt
	next map[int64]int64 // by tick
}

func (n numbering) take(ctx context.Context, published time.Time) (int64, error) {
	for tick := tickOf(published); ; tick++ {
		first, end := tick<<slotBits, (tick+1)<<slotBits
		seq, known := n.next[tick]
		if !known {
			if err := n.last.QueryRowContext(ctx, first, end).Scan(&seq); err != nil {
				return 0, fmt.Errorf("numbering a post: %w", err)
			}
		}
		n.next[tick] = min(seq+1, end)
		if seq < end {
			return seq, nil
		}
	}
}
