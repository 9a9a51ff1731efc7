// Package dev starts real servers for tests, without containers: a PostgreSQL, a
// ClickHouse, a NATS and an OpenID provider of their own, in a folder and on ports
// of their own.
// Nothing of it is part of the product.
package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing is returned when a server's programs are not installed; the message
// says how to get them.
var ErrMissing = errors.New("server not installed")

// Postgres is a running server.
type Postgres struct {
	program string
	dir     string
	as      *syscall.SysProcAttr
	cmd     *exec.Cmd
	port    int
	made    atomic.Int64
}

// StartPostgres makes an empty cluster below dir and starts the newest installed
// server on it. It listens on loopback only and trusts everybody there; it does
// not wait for the disk, as a test may: what it commits outlives the server, not
// the machine. The server ends with [Postgres.Stop], or with this process.
func StartPostgres(ctx context.Context, dir string) (*Postgres, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	as, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	create := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "huiying", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	create.Dir, create.SysProcAttr = dir, as
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	p := &Postgres{program: filepath.Join(bin, "postgres"), dir: dir, as: as}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	return p, p.Start(ctx)
}

// Start starts the server again that was killed or stopped, on the same port, and
// waits until it has recovered.
func (p *Postgres) Start(ctx context.Context) error {
	p.cmd = exec.Command(p.program, "-D", filepath.Join(p.dir, "data"), "-p", strconv.Itoa(p.port), "-k", p.dir, "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	p.cmd.Dir, p.cmd.SysProcAttr = p.dir, p.as
	log, err := os.OpenFile(filepath.Join(p.dir, "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("starting postgres: %w", err)
	}
	if err := p.ready(ctx); err != nil {
		said, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("postgres does not answer: %w\n%s", err, said), p.Stop())
	}
	return nil
}

// Kill ends every process of the server at once with SIGKILL, as when the memory
// of a machine runs out: nothing is flushed, nobody is told. Linux only.
func (p *Postgres) Kill() error {
	pid := p.cmd.Process.Pid
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil { // lest it begets more
		return err
	}
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return err
	}
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	children := strings.Fields(string(list))
	for _, id := range children {
		child, err := strconv.Atoi(id)
		if err != nil {
			return err
		}
		if err := syscall.Kill(child, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	_ = p.cmd.Wait()              // being killed is reported as a failure
	for _, id := range children { // a server does not start beside what is left of another
		for mapped := []byte("?"); len(mapped) > 0; time.Sleep(time.Millisecond) {
			mapped, _ = os.ReadFile(filepath.Join("/proc", id, "maps")) // none: it is gone, or dead
		}
	}
	return nil
}

func (p *Postgres) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, p.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *Postgres) url(database string) string {
	return fmt.Sprintf("postgres://huiying@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

// Database makes an empty database and returns its URL.
func (p *Postgres) Database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	name := fmt.Sprintf("test%d", p.made.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("creating a database: %w", err)
	}
	return p.url(name), nil
}

// Stop ends the server at once, cutting off whoever is connected.
func (p *Postgres) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return err
	}
	_ = p.cmd.Wait() // an immediate shutdown is reported as a failure
	return nil
}

// postgresPrograms is where initdb and postgres are: on PATH, or where Debian
// keeps each version.
func postgresPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL: %w: apt-get install postgresql", ErrMissing)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // a folder that is no number sorts first
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// unprivileged is how a server is started that refuses to run as root: as nobody,
// who is given dir. It ends with this process.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return as, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("finding an account without rights: %w", err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return nil, err
	}
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) { // tests' folders are closed to others
		info, err := os.Stat(at)
		if err != nil {
			return nil, err
		}
		if info.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(at, info.Mode().Perm()|0o011); err != nil {
				return nil, err
			}
		}
	}
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // of the system's own list
	return as, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
