package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"huiying"
	"huiying/analyzer"
)

const (
	learnSeed  = 1
	modelCheck = 2 * time.Second // real time: how soon a switched model is in use everywhere
)

// learning trains models of what people decided, and keeps the analyzer on the
// one that is live. Every process that assesses asks the ledger for it: an index
// look-up every two seconds needs no message that could be lost.
type learning struct {
	region   huiying.Region
	ledger   lessonLedger
	archive  postArchive
	analyzer func() *analyzer.Analyzer // the one in use
	now      func() time.Time
	log      *slog.Logger

	using huiying.ModelID
	on    *analyzer.Analyzer // the one that uses it
	asked chan asking

	mu    sync.Mutex
	state huiying.Training
}

type lessonLedger interface {
	Examples(ctx context.Context, region huiying.Region) ([]huiying.Example, error)
	AddModel(ctx context.Context, m huiying.Model, data []byte, a huiying.Audit) error
	LiveModel(ctx context.Context, region huiying.Region) (huiying.ModelID, error)
	ModelData(ctx context.Context, id huiying.ModelID) ([]byte, error)
}

type postArchive interface {
	Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error)
}

// asking is the wish of a person for a training, and the address it came from.
type asking struct {
	by   huiying.Person
	from string
}

func newLearning(s *system) *learning {
	return &learning{
		region: s.cfg.Region, ledger: s.ledger, archive: s.archive, analyzer: s.analyzer.Load, now: s.speed.Now, log: s.log.With("part", "learning"),
		using: huiying.NoModel, asked: make(chan asking, 1),
	}
}

// Train begins a training in the background; [huiying.ErrConflict] while one runs.
func (l *learning) Train(by huiying.Person, from string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.Running {
		return huiying.Errorf(huiying.CodeConflict, "%s发起的训练正在进行，请等它完成", l.state.By)
	}
	l.state = huiying.Training{Running: true, By: by.Name, Since: l.now()}
	l.asked <- asking{by, from} // empty: only one runs at a time
	return nil
}

// Training is how the latest training is getting on.
func (l *learning) Training() huiying.Training {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

func (l *learning) change(f func(*huiying.Training)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.state)
}

// teach trains when asked, until ctx ends.
func (l *learning) teach(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case a := <-l.asked:
			err := l.train(ctx, a)
			if err != nil && ctx.Err() == nil && huiying.CodeOf(err) == "" {
				l.log.Error("train", "err", err)
			}
			l.change(func(t *huiying.Training) { t.Running, t.Error = false, forPeople(err) })
		}
	}
}

func forPeople(err error) string {
	var e *huiying.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Message
	}
	return "训练没有完成，原因已记入日志，请联系系统管理员"
}

func (l *learning) train(ctx context.Context, a asking) error {
	examples, err := l.ledger.Examples(ctx, l.region)
	if err != nil {
		return err
	}
	if err := l.whole(ctx, examples); err != nil {
		return err
	}
	learned, report, err := l.analyzer().Learn(ctx, examples, learnSeed, func(done, total int) {
		l.change(func(t *huiying.Training) { t.Done, t.Total = done, total })
	})
	if err != nil {
		return err
	}
	data, err := learned.Encode()
	if err != nil {
		return err
	}
	now := l.now()
	m := huiying.Model{ID: newModelID(now), Region: l.region, CreatedAt: now, By: a.by, Report: report}
	l.log.Info("trained", "model", m.ID, "examples", report.Examples, "bytes", len(data))
	return l.ledger.AddModel(ctx, m, data, huiying.Audit{
		At: now, Region: l.region, Who: a.by.User, Role: a.by.Role, Action: "model.train", Object: string(m.ID),
		Detail: fmt.Sprintf("人工判定 %d 条", report.Examples), From: a.from,
	})
}

// whole puts the posts as they are archived in place of what was frozen of them;
// those the archive has purged stay as they are.
func (l *learning) whole(ctx context.Context, examples []huiying.Example) error {
	at := make(map[huiying.PostID][]int)
	var ids []huiying.PostID
	for i, e := range examples {
		if e.Post.ID != "" {
			if at[e.Post.ID] == nil {
				ids = append(ids, e.Post.ID)
			}
			at[e.Post.ID] = append(at[e.Post.ID], i)
		}
	}
	for part := range slices.Chunk(ids, huiying.MaxLimit) {
		found, err := l.archive.Posts(ctx, huiying.PostQuery{Region: l.region, IDs: part, Limit: huiying.MaxLimit})
		if err != nil {
			return fmt.Errorf("read posts to learn from: %w", err)
		}
		for _, a := range found.Items {
			for _, i := range at[a.Post.ID] {
				examples[i].Post = a.Post
			}
		}
	}
	return nil
}

func newModelID(at time.Time) huiying.ModelID {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return huiying.ModelID("m" + at.In(huiying.Beijing).Format("20060102-150405-") + hex.EncodeToString(b[:]))
}

// follow keeps the analyzer on the live model until ctx ends.
func (l *learning) follow(ctx context.Context) error {
	tick := time.NewTicker(modelCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := l.refresh(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("follow the live model", "err", err)
		}
	}
}

// refresh takes the live model if it is another than the one in use, or if the
// analyzer is. One that cannot be read is reported once, and the analyzer goes on
// as it is.
func (l *learning) refresh(ctx context.Context) error {
	id, err := l.ledger.LiveModel(ctx, l.region)
	a := l.analyzer()
	if err != nil || id == l.using && a == l.on {
		return err
	}
	l.on = a
	var model *analyzer.Learned
	if id != huiying.NoModel {
		data, err := l.ledger.ModelData(ctx, id)
		if err != nil {
			return err
		}
		l.using = id
		if model, err = analyzer.DecodeLearned(data); err != nil {
			return fmt.Errorf("model %s: %w", id, err)
		}
	}
	l.using = id
	a.Use(model)
	l.log.Info("model in use", "model", id)
	return nil
}
