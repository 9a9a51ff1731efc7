// Package dev starts real servers for tests, without containers: a PostgreSQL,
// a ClickHouse and a NATS of their own, in a folder and on ports of their own.
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
	cmd  *exec.Cmd
	port int
	made atomic.Int64
}

// StartPostgres makes an empty cluster below dir and starts the newest installed
// server on it. It listens on loopback only and trusts everybody there; it does
// not wait for the disk, as a test may. The server ends with [Postgres.Stop], or
// with this process.
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
	p := &Postgres{}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	p.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(p.port), "-k", dir, "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	p.cmd.Dir, p.cmd.SysProcAttr = dir, as
	log, err := os.Create(filepath.Join(dir, "postgres.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting postgres: %w", err)
	}
	if err := p.ready(ctx); err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("postgres does not answer: %w\n%s", err, said), p.Stop())
	}
	return p, nil
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
