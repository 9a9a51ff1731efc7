package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/dashboard"
)

// benchSystem is a whole embedded installation that serves on a free port while
// it is measured.
type benchSystem struct {
	*system
	url  string
	stop context.CancelFunc
	runs errgroup.Group
}

// startBenchSystem starts one in dir, as `huiying serve` does.
func startBenchSystem(ctx context.Context, dir string) (*benchSystem, error) {
	listeners, err := listen([]string{"127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	addr := listeners[0].Addr().(*net.TCPAddr)
	cfg := &Config{Region: "141122", Data: dir, Listen: []string{addr.String()}, Speed: 1, path: filepath.Join(dir, configName)}
	s, err := openSystem(ctx, cfg, huiying.Speed{}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		_ = listeners[0].Close()
		return nil, err
	}
	b := &benchSystem{system: s, url: "http://" + addr.String()}
	ctx, b.stop = context.WithCancel(ctx)
	b.runs.Go(func() error { return s.serve(ctx, listeners, allRoles) })
	return b, nil
}

// token makes an account and a token of it.
func (b *benchSystem) token(ctx context.Context, role huiying.Role, unit huiying.UnitID) (string, error) {
	who := huiying.UserID(fmt.Sprintf("bench-%s-%s", role, unit))
	u := huiying.User{Person: huiying.Person{User: who, Name: role.Label(), Role: role, Unit: unit, Region: b.cfg.Region}, PasswordHash: "-"}
	if err := b.ledger.SaveUser(ctx, u); err != nil {
		return "", err
	}
	token := "hy_" + random(32)
	return token, b.ledger.SaveToken(ctx, huiying.Token{ID: dashboard.HashToken(token), User: who, Name: "bench", CreatedAt: b.speed.Now()}, huiying.Audit{})
}

func (b *benchSystem) close() error {
	b.stop()
	err := b.runs.Wait()
	b.system.close()
	return err
}
