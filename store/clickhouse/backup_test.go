package clickhouse

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"huiying"
	"huiying/deploy/dev"
	"huiying/store/storetest"
)

// sumsOf is what all documents, and everything trends count, come to.
func sumsOf(t *testing.T, a *Archive) string {
	t.Helper()
	var docs, tally, hours uint64
	if err := a.conn.QueryRow(context.Background(), "SELECT (SELECT groupBitXor(cityHash64(id, region, published, doc)) FROM "+a.from("docs")+" FINAL), (SELECT groupBitXor(cityHash64(region, hour, channel, post, negative, risky)) FROM "+
		a.from("tally")+" FINAL), (SELECT groupBitXor(cityHash64(region, hour, channel, posts, negative)) FROM "+a.from("hourly")+" FINAL)").Scan(&docs, &tally, &hours); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("docs %x, tally %x, hourly %x", docs, tally, hours)
}

func TestTheServersBackTheArchiveUpAndRestoreIt(t *testing.T) {
	ctx := context.Background()
	for name, server := range map[string]*dev.ClickHouse{"one server": one, "two shards": two} {
		t.Run(name, func(t *testing.T) {
			a := openArchive(t, server, storetest.Bigrams)
			all := letters(0, 400)
			if _, err := a.Insert(ctx, all); err != nil {
				t.Fatal(err)
			}
			if err := a.SaveVersions(ctx, []huiying.Version{{Post: all[3].Post.ID, N: 1, Text: "改过"}}); err != nil {
				t.Fatal(err)
			}
			want := sumsOf(t, a)
			label := "night-" + strings.ReplaceAll(name, " ", "-")
			files, err := a.Backup(ctx, dev.ClickHouseBackups, label)
			if err != nil || len(files) != 2*len(a.shards) {
				t.Fatalf("%v, %v", files, err)
			}
			if _, err := a.Insert(ctx, letters(400, 80)); err != nil { // after the moment of the back-up
				t.Fatal(err)
			}

			elsewhere := server.Database()
			if err := Restore(ctx, elsewhere, dev.ClickHouseBackups, label, len(files)); err != nil {
				t.Fatal(err)
			}
			back := openAt(t, elsewhere, storetest.Bigrams)
			if got := sumsOf(t, back); got != want {
				t.Errorf("restored: %s; backed up: %s", got, want)
			}
			for _, q := range []huiying.PostQuery{{}, {Text: "食堂"}} {
				if n, err := back.CountPosts(ctx, q); err != nil || n != len(all) {
					t.Errorf("%+v: %d posts came back, %v; want %d", q, n, err, len(all))
				}
			}
			if v, err := back.Versions(ctx, []huiying.PostID{all[3].Post.ID}); err != nil || len(v[all[3].Post.ID]) != 1 {
				t.Errorf("versions: %v, %v", v, err)
			}
			if fresh, err := back.Insert(ctx, letters(380, 100)); err != nil || len(fresh) != 80 {
				t.Errorf("%d posts are fresh, %v; want the 80 that came after the back-up", len(fresh), err)
			}
			if err := Restore(ctx, elsewhere, dev.ClickHouseBackups, label, len(files)); huiying.CodeOf(err) != huiying.CodeInvalid {
				t.Errorf("restoring over an archive: %v", err)
			}
			if err := Restore(ctx, server.Database(), dev.ClickHouseBackups, label, len(files)+2); huiying.CodeOf(err) != huiying.CodeInvalid {
				t.Errorf("restoring another number of shards: %v", err)
			}
			if err := os.Truncate(server.Backups()+"/"+files[0], 2000); err != nil {
				t.Fatal(err)
			}
			if err := Restore(ctx, server.Database(), dev.ClickHouseBackups, label, len(files)); err == nil {
				t.Error("a file that was cut off was restored")
			}
		})
	}
}
