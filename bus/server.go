package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"huiying"
)

// embedded is the server of this process, and the next one after its store broke.
type embedded struct {
	now    atomic.Pointer[server.Server]
	broken atomic.Bool // a write to its store failed: what is stored is whole, but it takes no more
	done   chan struct{}
}

// InProcessConn connects to the server there is now; the client asks again when
// it was replaced.
func (e *embedded) InProcessConn() (net.Conn, error) {
	s := e.now.Load()
	if s == nil {
		return nil, errors.New("the embedded server is being started anew")
	}
	return s.InProcessConn()
}

func (e *embedded) stop() {
	if s := e.now.Swap(nil); s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// startServer runs the embedded server. It listens nowhere: only this process
// reaches it.
func (b *Bus) startServer(ctx context.Context) (err error) {
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("bus directory: %w", err)
	}
	if b.lock, err = lockDir(b.cfg.Dir); err != nil {
		return err
	}
	b.embedded = &embedded{done: make(chan struct{})}
	if err := b.serve(ctx); err != nil {
		close(b.embedded.done)
		return err
	}
	go b.mend()
	return nil
}

// serve starts a server on the directory.
func (b *Bus) serve(ctx context.Context) error {
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
	s.SetLoggerV2(serverLog{b.log, &b.embedded.broken}, false, false, false)
	b.embedded.now.Store(s)
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

// How a broken store is mended. The room is what recovery itself may write.
const (
	mendEvery = 2 * time.Second
	mendRoom  = 16 << 20
)

// mend starts the server anew when its store broke and there is room again, until
// the bus is closed: a store whose disk was full for a moment takes nothing more,
// however much room there is. To clients it is a server that was away.
func (b *Bus) mend() {
	defer close(b.embedded.done)
	each := time.NewTicker(mendEvery)
	defer each.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-each.C:
		}
		if !b.embedded.broken.Load() || room(b.cfg.Dir) < mendRoom {
			continue
		}
		b.log.Warn("the store of the bus is opened anew: a write to it had failed")
		b.embedded.stop()
		b.embedded.broken.Store(false)
		if err := b.serve(b.ctx); err != nil && b.ctx.Err() == nil {
			b.log.Error("the store of the bus cannot be opened", "err", err)
			b.embedded.stop()
			b.embedded.broken.Store(true)
		}
	}
}

// room is what is left on the disk of a directory, in bytes; without an answer
// there is enough.
func room(dir string) uint64 {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return math.MaxUint64
	}
	return disk.Bavail * uint64(disk.Bsize) //nolint:gosec // a size
}

// serverLog passes the embedded server's messages on. Its notices are routine.
type serverLog struct {
	log    *slog.Logger
	broken *atomic.Bool
}

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Fatalf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }

// Errorf also notes that a store takes no more: this is the only way the server
// tells.
func (l serverLog) Errorf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	if strings.Contains(text, "Critical write error") {
		l.broken.Store(true)
	}
	l.log.Error(text)
}

func (l serverLog) Debugf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Tracef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

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
