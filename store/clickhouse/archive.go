// Package clickhouse is the archive of posts and assessments on ClickHouse, one
// server or a cluster of shards: search, lists and trends for a prefecture, a
// province or the country. It passes the same suite as package sqlite (storetest).
//
// ClickHouse keeps what it is given: it knows no unique keys and no transactions
// over tables. So every table is one where a row that comes again changes nothing,
// a batch is written in an order in which only the last step makes it stored, and
// whoever delivers it repeats it until that step has succeeded. Start reading at
// [Archive.Insert] and [Archive.Posts].
package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/textquery"
)

// Token is one searchable term of a text and where it stands, in bytes. Tokens
// may overlap: a long word and the shorter ones inside it.
type Token = textquery.Token

// Archive keeps posts with their assessments. It is safe for concurrent use.
type Archive struct {
	tokens  func(text string) []Token
	conn    driver.Conn // reads: one server, or any of the cluster, for all shards
	shards  []*shard    // writes: the machines that hold the rows
	cluster string      // "" for one server
	missing atomic.Int64

	newestPost atomic.Pointer[newestPost]
}

// OpenArchive connects to the archive at an address (see [ParseAddress]) and
// brings its tables up to date; it makes the database if need be. tokens cuts a
// text into searchable terms; it must be safe for concurrent use, and the same for
// every opening, or what was stored before is not found any more.
func OpenArchive(ctx context.Context, address string, tokens func(text string) []Token) (*Archive, error) {
	at, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	a := &Archive{tokens: tokens, cluster: at.cluster}
	if err := a.connect(ctx, at); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the archive: %w", err), a.Close())
	}
	return a, nil
}

// Close ends the archive's connections.
func (a *Archive) Close() error {
	var errs []error
	if a.conn != nil {
		errs = append(errs, a.conn.Close())
	}
	for _, s := range a.shards {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(errs...)
}

// from names a table as reads see it: over all shards.
func (a *Archive) from(table string) string {
	if a.cluster != "" {
		return table + "_all"
	}
	return table
}

// Size is how many bytes the archive takes on the shards' disks, one replica each.
func (a *Archive) Size(ctx context.Context) (int64, error) {
	var total int64
	for _, s := range a.shards {
		var n uint64
		if err := s.conn.QueryRow(ctx, "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()").Scan(&n); err != nil {
			return 0, fmt.Errorf("reading the archive's size: %w", err)
		}
		total += int64(n) //nolint:gosec // bytes of a disk
	}
	return total, nil
}

// Post returns one post.
func (a *Archive) Post(ctx context.Context, id huiying.PostID) (huiying.Assessed, error) {
	ctx, gaps := watchGaps(ctx)
	docs, err := a.docs(ctx, []huiying.PostID{id})
	if err != nil {
		return huiying.Assessed{}, fmt.Errorf("reading post %s: %w", id, err)
	}
	if doc, ok := docs[id]; ok {
		return jsondoc.Decode[huiying.Assessed](doc)
	}
	if len(gaps.Parts()) > 0 {
		return huiying.Assessed{}, huiying.Errorf(huiying.CodeBusy, "部分数据暂不可用，没有找到编号为 %q 的信息，请稍后再试", id)
	}
	return huiying.Assessed{}, huiying.Errorf(huiying.CodeNotFound, "没有编号为 %q 的信息，可能已过保存期", id)
}

// docs reads the documents of posts by ID.
func (a *Archive) docs(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]string, error) {
	docs := make(map[huiying.PostID]string, len(ids))
	if len(ids) == 0 {
		return docs, nil
	}
	err := a.read(ctx, "SELECT id, doc FROM "+a.from("docs")+" WHERE id IN "+list(ids)+" ORDER BY version DESC LIMIT 1 BY id", func(rows driver.Rows) error {
		var id, doc string
		if err := rows.Scan(&id, &doc); err != nil {
			return err
		}
		docs[huiying.PostID(id)] = doc
		return nil
	})
	return docs, err
}

// Purge removes the posts published before an instant and says how many there
// were (DOMAIN: raw posts are kept 180 days). The tally and the hourly sums stay.
// It needs every shard; repeating it finishes what was begun.
func (a *Archive) Purge(ctx context.Context, before time.Time) (int, error) {
	var n uint64
	old := "published < " + instant(before)
	if err := a.conn.QueryRow(ctx, "SELECT count() FROM "+a.from("posts")+" FINAL WHERE "+old).Scan(&n); err != nil {
		return 0, fmt.Errorf("purging: %w", err)
	}
	if err := a.purgeVersions(ctx, old); err != nil {
		return 0, fmt.Errorf("purging versions: %w", err)
	}
	for _, s := range a.shards {
		for _, table := range []string{"posts", "docs"} {
			if err := s.conn.Exec(ctx, "DELETE FROM "+table+" WHERE "+old); err != nil {
				return 0, fmt.Errorf("purging %s: %w", table, err)
			}
		}
	}
	return int(n), nil //nolint:gosec // posts
}
