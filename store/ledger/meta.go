package ledger

import (
	"context"
	"fmt"
)

// Meta returns a value the program keeps for itself, "" when there is none.
func (l *Ledger) Meta(ctx context.Context, key string) (string, error) {
	var value string
	err := l.read.NewRaw("SELECT value FROM meta WHERE key = ?", key).Scan(ctx, &value)
	if err != nil && !none(err) {
		return "", fmt.Errorf("reading %s: %w", key, err)
	}
	return value, nil
}

// Metas returns all values kept under keys that begin with prefix, in order of the keys.
func (l *Ledger) Metas(ctx context.Context, prefix string) ([]string, error) {
	var values []string
	err := l.read.NewRaw("SELECT value FROM meta WHERE substr(key, 1, length(?)) = ? ORDER BY key", prefix, prefix).Scan(ctx, &values)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", prefix, err)
	}
	return values, nil
}

// SetMeta keeps a value.
func (l *Ledger) SetMeta(ctx context.Context, key, value string) error {
	_, err := l.write.NewRaw("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value", key, value).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keeping %s: %w", key, err)
	}
	return nil
}
