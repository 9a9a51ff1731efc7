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

// SetMeta keeps a value.
func (l *Ledger) SetMeta(ctx context.Context, key, value string) error {
	_, err := l.write.NewRaw("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value", key, value).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keeping %s: %w", key, err)
	}
	return nil
}
