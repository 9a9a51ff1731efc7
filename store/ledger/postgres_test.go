package ledger

import (
	"context"
	"errors"
	"os"
	"testing"

	"huiying/deploy/dev"
	"huiying/store/storetest"
)

// server is the PostgreSQL of this run; nil when none is installed.
var server *dev.Postgres

// startServer is called by TestMain.
func startServer() (stop func() error, err error) {
	dir, err := os.MkdirTemp("", "huiying-postgres-")
	if err != nil {
		return nil, err
	}
	server, err = dev.StartPostgres(context.Background(), dir)
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		return func() error { return os.RemoveAll(dir) }, nil
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return func() error { return errors.Join(server.Stop(), os.RemoveAll(dir)) }, nil
}

func openPostgres(t testing.TB) *Ledger {
	t.Helper()
	return openDatabase(t, newDatabase(t))
}

func newDatabase(t testing.TB) string {
	t.Helper()
	if server == nil {
		t.Skip("no PostgreSQL is installed: apt-get install postgresql")
	}
	url, err := server.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func openDatabase(t testing.TB, url string) *Ledger {
	t.Helper()
	l, err := OpenPostgres(t.Context(), url)
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

func TestLedgerOnPostgres(t *testing.T) {
	storetest.Ledger(t, func(t *testing.T) storetest.LedgerUnderTest { return postgresUnderTest{openPostgres(t)} })
}

type postgresUnderTest struct{ *Ledger }

func (u postgresUnderTest) Exec(ctx context.Context, query string) error {
	_, err := u.write.NewRaw(query).Exec(ctx)
	return err
}

// Tamper takes the guards away first, as the database's owner would.
func (u postgresUnderTest) Tamper(ctx context.Context, query string) error {
	for _, q := range []string{"DROP TRIGGER IF EXISTS audit_no_update ON audit", "DROP TRIGGER IF EXISTS audit_no_delete ON audit", query} {
		if err := u.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
