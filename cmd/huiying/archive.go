package main

import (
	"context"
	"path/filepath"
	"time"

	"huiying"
	"huiying/dashboard"
	"huiying/store/clickhouse"
	"huiying/store/sqlite"
)

// archive is where posts are kept, whatever database is behind it.
type archive interface {
	dashboard.Archive
	Insert(ctx context.Context, batch []huiying.Assessed) ([]huiying.PostID, error)
	SaveVersions(ctx context.Context, versions []huiying.Version) error
	Purge(ctx context.Context, before time.Time) (int, error)
	Close() error
}

// openArchive opens the archive where it is kept; tokens cuts texts into the
// words they are found by.
func (c *Config) openArchive(ctx context.Context, tokens func(string) []sqlite.Token) (archive, error) {
	if c.Archive != "" {
		a, err := clickhouse.OpenArchive(ctx, c.Archive, tokens)
		if err != nil {
			return nil, err // a plain nil: whoever closes it asks for that
		}
		return a, nil
	}
	a, err := sqlite.OpenArchive(ctx, filepath.Join(c.Data, "archive.db"), tokens)
	if err != nil {
		return nil, err // likewise
	}
	return a, nil
}

// wordless opens an archive to read without looking for words.
func wordless(string) []sqlite.Token { return nil }
