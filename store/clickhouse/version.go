package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// SaveVersions keeps how posts stood when they were read again. The nth version
// of a post is kept once, so that a batch may be delivered again.
func (a *Archive) SaveVersions(ctx context.Context, versions []huiying.Version) error {
	of := make([][]huiying.Version, len(a.shards))
	for _, v := range versions {
		if v.Post == "" || v.N < 1 {
			return huiying.Invalid("version", "版本没有信息编号或次序，不能入库")
		}
		i := a.shardOf(cmp.Or(string(v.Region), string(v.Post)))
		of[i] = append(of[i], v)
	}
	for i, part := range of {
		if err := addVersions(ctx, a.shards[i].conn, part); err != nil {
			return trouble(fmt.Errorf("storing %d versions on shard %d: %w", len(part), i+1, err))
		}
	}
	return nil
}

func addVersions(ctx context.Context, conn driver.Conn, versions []huiying.Version) error {
	if len(versions) == 0 {
		return nil
	}
	b, err := conn.PrepareBatch(ctx, "INSERT INTO versions (post, n, doc)")
	if err != nil {
		return err
	}
	for _, v := range versions {
		doc, err := jsondoc.Encode(v)
		if err != nil {
			return err
		}
		if err := b.Append(string(v.Post), uint32(v.N), doc); err != nil { //nolint:gosec // positive
			return err
		}
	}
	return b.Send()
}

// Versions are the later readings of posts, of each the first change first. Posts
// that never changed are not in it.
func (a *Archive) Versions(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID][]huiying.Version, error) {
	out := make(map[huiying.PostID][]huiying.Version)
	for part := range slices.Chunk(ids, 500) {
		err := a.read(ctx, "SELECT doc FROM "+a.from("versions")+" FINAL WHERE post IN "+list(part)+" ORDER BY post, n", func(rows driver.Rows) error {
			var doc string
			if err := rows.Scan(&doc); err != nil {
				return err
			}
			v, err := jsondoc.Decode[huiying.Version](doc)
			if err != nil {
				return err
			}
			out[v.Post] = append(out[v.Post], v)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("reading versions: %w", err)
		}
	}
	return out, nil
}

// purgeVersions removes the versions of the posts that a condition on docs selects.
func (a *Archive) purgeVersions(ctx context.Context, old string) error {
	var ids []huiying.PostID
	err := a.rows(ctx, "SELECT DISTINCT post FROM "+a.from("versions")+" WHERE post GLOBAL IN (SELECT id FROM "+a.from("docs")+" WHERE "+old+")", func(rows driver.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, huiying.PostID(id))
		return nil
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(ids, 2000) {
		for _, s := range a.shards {
			if err := s.conn.Exec(ctx, "DELETE FROM versions WHERE post IN "+list(part)); err != nil {
				return err
			}
		}
	}
	return nil
}
