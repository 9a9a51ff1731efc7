package ledger

import (
	"context"
	"path/filepath"
	"testing"

	"huiying/store/storetest"
)

func TestLedgerOnSQLite(t *testing.T) {
	storetest.Ledger(t, func(t *testing.T) storetest.LedgerUnderTest { return sqliteUnderTest{openLedger(t)} })
}

func openLedger(t testing.TB) *Ledger {
	t.Helper()
	l, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

type sqliteUnderTest struct{ *Ledger }

func (u sqliteUnderTest) Exec(ctx context.Context, query string) error {
	_, err := u.write.NewRaw(query).Exec(ctx)
	return err
}

// Tamper takes the guards away first, as somebody with the file would.
func (u sqliteUnderTest) Tamper(ctx context.Context, query string) error {
	for _, q := range []string{"DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete", query} {
		if err := u.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
