package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// chdb is where `make clickhouse` puts the server, below the user's cache: it is
// 566 MB, and every checkout of a machine can share it.
const chdb = "huiying/chdb-26.7.3-stable.1/libchdb.so"

// ClickHouseOptions of a server, or of several.
type ClickHouseOptions struct {
	// Shards is how many servers are started. More than one know each other as the
	// shards of the cluster [ClickHouseCluster]; they are not replicated.
	Shards int
}

// ClickHouseCluster is the name of the cluster that several servers make up.
const ClickHouseCluster = "county"

// ClickHouse is one server, or the shards of a cluster. It is ClickHouse as a
// library, listening: it has tables, mutations and Distributed like a server. Its
// Keeper is one in memory: Replicated tables can be made, and not written.
type ClickHouse struct {
	dir    string
	shards []*shard
	made   atomic.Int64
}

type shard struct {
	dir  string
	args []string
	port int
	cmd  *exec.Cmd
}

// StartClickHouse starts servers below dir. They listen on loopback only, on the
// native port, and trust everybody there. They end with [ClickHouse.Stop], or with
// this process.
func StartClickHouse(ctx context.Context, dir string, o ClickHouseOptions) (*ClickHouse, error) {
	library, err := chdbLibrary()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "clickhouse")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "huiying/deploy/dev/clickhouse").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the server's program: %w\n%s", err, out)
	}
	c := &ClickHouse{dir: dir}
	if err := os.Mkdir(c.Backups(), 0o700); err != nil {
		return nil, err
	}
	for range max(1, o.Shards) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		c.shards = append(c.shards, &shard{port: port})
	}
	for i, s := range c.shards {
		s.dir = filepath.Join(dir, strconv.Itoa(i+1))
		if err := os.Mkdir(s.dir, 0o700); err != nil {
			return nil, err
		}
		config := filepath.Join(s.dir, "config.xml")
		if err := os.WriteFile(config, []byte(c.config()), 0o600); err != nil {
			return nil, err
		}
		s.args = []string{
			library, "--config-file=" + config, "--path=" + filepath.Join(s.dir, "data"), "--listen_host=127.0.0.1", "--tcp_port=" + strconv.Itoa(s.port),
			"--query", "SYSTEM START LISTEN TCP; SELECT max(sleepEachRow(1)) FROM numbers(1000000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0",
		}
		s.cmd = exec.Command(program)
	}
	for i := range c.shards {
		if err := c.Restart(ctx, i); err != nil {
			return nil, errors.Join(err, c.Stop())
		}
	}
	return c, nil
}

// ClickHouseBackups is the name of the disk that the servers may back up to.
const ClickHouseBackups = "backups"

// Backups is the folder of that disk, which all servers share.
func (c *ClickHouse) Backups() string { return filepath.Join(c.dir, ClickHouseBackups) }

// config tells each server of all, of the disk for back-ups, and to keep quiet.
func (c *ClickHouse) config() string {
	var b strings.Builder
	b.WriteString("<clickhouse>\n<logger><level>warning</level><console>1</console></logger>\n<remote_servers><" + ClickHouseCluster + ">\n")
	for _, s := range c.shards {
		fmt.Fprintf(&b, "<shard><replica><host>127.0.0.1</host><port>%d</port></replica></shard>\n", s.port)
	}
	b.WriteString("</" + ClickHouseCluster + "></remote_servers>\n")
	// A Keeper in memory, enough to make Replicated tables: they can be looked at, not
	// written, for this server has no port for replicas to copy from.
	b.WriteString("<zookeeper><implementation>testkeeper</implementation></zookeeper><macros><shard>1</shard><replica>one</replica></macros>\n")
	fmt.Fprintf(&b, "<storage_configuration><disks><%[1]s><type>local</type><path>%[2]s/</path></%[1]s></disks></storage_configuration>\n<backups><allowed_disk>%[1]s</allowed_disk></backups>\n</clickhouse>\n", ClickHouseBackups, c.Backups())
	return b.String()
}

// Restart starts a server that does not run, with the data it had.
func (c *ClickHouse) Restart(ctx context.Context, i int) error {
	s := c.shards[i]
	log, err := os.OpenFile(filepath.Join(s.dir, "clickhouse.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	s.cmd = exec.Command(s.cmd.Path, s.args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting ClickHouse: %w", err)
	}
	if err := s.ready(ctx); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("ClickHouse does not answer: %w\n%s", err, said)
	}
	return nil
}

func (s *shard) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{"127.0.0.1:" + strconv.Itoa(s.port)}})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for {
		err := conn.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Database names a database that does not exist yet and returns its URL at the
// first server, with the cluster if there is one.
func (c *ClickHouse) Database() string {
	url := fmt.Sprintf("clickhouse://127.0.0.1:%d/test%d", c.shards[0].port, c.made.Add(1))
	if len(c.shards) > 1 {
		url += "?cluster=" + ClickHouseCluster
	}
	return url
}

// Kill ends a server as a power cut does.
func (c *ClickHouse) Kill(i int) error {
	if err := c.shards[i].cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = c.shards[i].cmd.Wait() // killed, as was asked
	return nil
}

// Stop ends every server.
func (c *ClickHouse) Stop() error {
	var errs []error
	for i, s := range c.shards {
		if s.cmd.Process != nil {
			errs = append(errs, c.Kill(i))
		}
	}
	return errors.Join(errs...)
}

func chdbLibrary() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, chdb)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("ClickHouse: %w: make clickhouse", ErrMissing)
	} else if err != nil {
		return "", err
	}
	return path, nil
}
