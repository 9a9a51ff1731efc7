package bus

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"huiying"
)

// startServer runs the embedded server. It listens nowhere: only this process
// reaches it.
func (b *Bus) startServer(ctx context.Context) (err error) {
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("bus directory: %w", err)
	}
	if b.lock, err = lockDir(b.cfg.Dir); err != nil {
		return err
	}
	s, err := server.NewServer(&server.Options{
		ServerName:             "huiying",
		DontListen:             true,
		NoSigs:                 true,
		NoLog:                  true, // it gets our logger below
		JetStream:              true,
		DisableJetStreamBanner: true,
		StoreDir:               b.cfg.Dir,
		SyncAlways:             b.cfg.SyncAlways,
		SyncInterval:           syncInterval,
		MaxPayload:             maxPayload,
		JetStreamMaxMemory:     2 * liveMaxBytes,
		// What the streams may reserve, not what the disk has: a small disk must
		// not keep the bus from opening.
		JetStreamMaxStore: 3*b.cfg.MaxBytes + 1<<30,
	})
	if err != nil {
		return fmt.Errorf("bus server: %w", err)
	}
	s.SetLoggerV2(serverLog{b.log}, false, false, false)
	b.server = s
	s.Start()
	for !s.ReadyForConnections(100 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("bus server is not ready: %w", err)
		}
		if !s.Running() {
			return huiying.Errorf(huiying.CodeBusy, "内置消息总线起不来，请看日志并检查目录 %s", b.cfg.Dir)
		}
	}
	if !s.JetStreamEnabled() {
		return huiying.Errorf(huiying.CodeBusy, "消息总线的存储打不开，请检查目录 %s 的权限和剩余空间", b.cfg.Dir)
	}
	return nil
}

// serverLog passes the embedded server's messages on. Its notices are routine.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Fatalf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }

// dirLock keeps a second process from opening the same files, which would
// destroy them. The kernel drops it with the process, however that ends.
type dirLock struct{ f *os.File }

func lockDir(dir string) (*dirLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bus directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, &huiying.Error{
			Code: huiying.CodeConflict, Field: "bus.dir", Cause: err,
			Message: fmt.Sprintf("目录 %s 正被另一个进程使用，请先停止它或换一个目录", dir),
		}
	}
	return &dirLock{f}, nil
}

func (l *dirLock) release() error { return l.f.Close() }
