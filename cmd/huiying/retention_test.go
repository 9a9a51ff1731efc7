package main

import (
	"path/filepath"
	"testing"
	"time"

	"huiying"
	"huiying/store/ledger"
)

func TestPostsPastTheirTimeAreRemovedWithProof(t *testing.T) {
	ctx := t.Context()
	cfg := &Config{Region: "141122", Data: t.TempDir(), Retention: 180}
	l, err := ledger.OpenSQLite(ctx, filepath.Join(cfg.Data, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	a, err := cfg.openArchive(ctx, wordless)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	now := time.Now()
	post := func(id huiying.PostID, days int) huiying.Assessed {
		p := huiying.Post{ID: id, Region: "141122", Source: "论坛", Channel: huiying.ChannelForum, Title: "路灯不亮", PublishedAt: now.AddDate(0, 0, -days), CollectedAt: now}
		return huiying.Assessed{Post: p, Assessment: huiying.Assessment{ID: id}}
	}
	if _, err := a.Insert(ctx, []huiying.Assessed{post("old", 181), post("young", 179)}); err != nil {
		t.Fatal(err)
	}
	s := &system{cfg: cfg, settings: newSettings(cfg), ledger: l, archive: a, log: newLog(t.Output())}
	for range 2 { // the second night finds nothing, and says nothing
		if err := s.purge(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Post(ctx, "young"); err != nil {
		t.Error(err)
	}
	if _, err := a.Post(ctx, "old"); huiying.CodeOf(err) != huiying.CodeNotFound {
		t.Errorf("the old post: %v", err)
	}
	trail, err := l.AuditTrail(ctx, huiying.AuditQuery{Region: "141122", Action: "archive.purge"})
	if err != nil || len(trail.Items) != 1 {
		t.Errorf("the proof: %+v, %v", trail.Items, err)
	}
}
