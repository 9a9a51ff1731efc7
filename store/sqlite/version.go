package sqlite

import (
	"context"
	"fmt"
	"slices"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/sqlitedb"
)

// SaveVersions keeps how posts stood when they were read again. The nth version
// of a post is kept once, so that a batch may be delivered again.
func (a *Archive) SaveVersions(ctx context.Context, versions []huiying.Version) error {
	tx, err := a.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return sqlitedb.Trouble(fmt.Errorf("beginning to store %d versions: %w", len(versions), err))
	}
	defer func() { _ = tx.Rollback() }()
	for _, v := range versions {
		if v.Post == "" || v.N < 1 {
			return huiying.Invalid("version", "版本没有信息编号或次序，不能入库")
		}
		doc, err := jsondoc.Encode(v)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO versions (post, n, doc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", string(v.Post), v.N, doc); err != nil {
			return sqlitedb.Trouble(fmt.Errorf("version %d of post %s: %w", v.N, v.Post, err))
		}
	}
	if err := tx.Commit(); err != nil {
		return sqlitedb.Trouble(fmt.Errorf("storing %d versions: %w", len(versions), err))
	}
	return nil
}

// Versions are the later readings of posts, of each the first change first. Posts
// that never changed are not in it.
func (a *Archive) Versions(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID][]huiying.Version, error) {
	out := make(map[huiying.PostID][]huiying.Version)
	for part := range slices.Chunk(ids, 500) {
		if err := a.addVersions(ctx, part, out); err != nil {
			return nil, fmt.Errorf("reading versions: %w", err)
		}
	}
	return out, nil
}

func (a *Archive) addVersions(ctx context.Context, ids []huiying.PostID, out map[huiying.PostID][]huiying.Version) error {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	rows, err := a.db.Read.QueryContext(ctx, "SELECT doc FROM versions WHERE post IN ("+marks(len(ids))+") ORDER BY post, n", args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var doc string
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		v, err := jsondoc.Decode[huiying.Version](doc)
		if err != nil {
			return err
		}
		out[v.Post] = append(out[v.Post], v)
	}
	return rows.Err()
}
