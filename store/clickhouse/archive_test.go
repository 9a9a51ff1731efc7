package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"huiying/deploy/dev"
	"huiying/store/storetest"
)

// one is a single server, two the two shards of a cluster; nil when ClickHouse is
// not installed, which CI does not accept.
var one, two *dev.ClickHouse

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "huiying-clickhouse-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for n, server := range map[int]**dev.ClickHouse{1: &one, 2: &two} {
		at, err := os.MkdirTemp(dir, "")
		if err == nil {
			*server, err = dev.StartClickHouse(context.Background(), at, dev.ClickHouseOptions{Shards: n})
		}
		if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
			continue
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = (*server).Stop() }()
	}
	return m.Run()
}

func openArchive(t testing.TB, server *dev.ClickHouse, tokens func(string) []Token) *Archive {
	t.Helper()
	if server == nil {
		t.Skip("ClickHouse is not installed: make clickhouse")
	}
	return openAt(t, server.Database(), tokens)
}

func openAt(t testing.TB, address string, tokens func(string) []Token) *Archive {
	t.Helper()
	a, err := OpenArchive(context.Background(), address, tokens)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestArchive(t *testing.T) {
	storetest.Archive(t, func(t *testing.T, tokens func(string) []Token) storetest.ArchiveUnderTest {
		return openArchive(t, one, tokens)
	})
}

func TestArchiveOnTwoShards(t *testing.T) {
	storetest.Archive(t, func(t *testing.T, tokens func(string) []Token) storetest.ArchiveUnderTest {
		return openArchive(t, two, tokens)
	})
}
