package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// NATS is the servers of a bus as an operator runs them: processes of their own,
// certificates on both sides, an account with credentials.
type NATS struct {
	CA     string // PEM: who signed the servers' certificates
	Client Pair   // a client's certificate
	Creds  string // file with the account's credentials

	dir     string
	servers []*natsServer
}

type natsServer struct {
	config string
	port   int
	cmd    *exec.Cmd
}

// StartNATS starts so many servers below dir, which make one cluster when they
// are several, and waits until they take clients. They listen on loopback only and
// end with [NATS.Stop], or with this process.
func StartNATS(ctx context.Context, dir string, servers int) (*NATS, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "nats-server")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the server: %w\n%s", err, out)
	}
	n := &NATS{dir: dir}
	if err := n.configure(program, servers); err != nil {
		return nil, err
	}
	for i := range n.servers {
		if err := n.start(i); err != nil {
			return nil, errors.Join(err, n.Stop())
		}
	}
	for i := range n.servers {
		if err := n.ready(ctx, i); err != nil {
			return nil, errors.Join(err, n.Stop())
		}
	}
	return n, nil
}

// configure writes what each server is told, and what a client needs.
func (n *NATS) configure(program string, servers int) error {
	ca, err := NewAuthority(n.dir, "ca")
	if err != nil {
		return err
	}
	own, err := ca.Issue(n.dir, "server")
	if err != nil {
		return err
	}
	n.CA = ca.File
	if n.Client, err = ca.Issue(n.dir, "client"); err != nil {
		return err
	}
	accounts, creds, err := natsAccounts(n.dir)
	if err != nil {
		return err
	}
	n.Creds = creds
	var routes, ports []string
	for i := range servers {
		client, err := freePort()
		if err != nil {
			return err
		}
		route, err := freePort()
		if err != nil {
			return err
		}
		n.servers = append(n.servers, &natsServer{config: filepath.Join(n.dir, fmt.Sprintf("n%d.conf", i)), port: client, cmd: exec.Command(program)})
		routes, ports = append(routes, fmt.Sprintf("%q", fmt.Sprintf("tls://127.0.0.1:%d", route))), append(ports, fmt.Sprint(route))
	}
	tls := fmt.Sprintf("cert_file: %q, key_file: %q, ca_file: %q, verify: true, timeout: 5", own.Cert, own.Key, ca.File)
	for i, s := range n.servers {
		config := fmt.Sprintf("server_name: n%d\nlisten: \"127.0.0.1:%d\"\njetstream { store_dir: %q }\ntls { %s }\n%s", i, s.port, filepath.Join(n.dir, fmt.Sprintf("n%d", i)), tls, accounts)
		if servers > 1 {
			config += fmt.Sprintf("cluster { name: huiying, listen: \"127.0.0.1:%s\", tls { %s }, routes: [%s] }\n", ports[i], tls, strings.Join(routes, ", "))
		}
		if err := os.WriteFile(s.config, []byte(config), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// NATSCredentials writes, below dir, the credentials of an account that no server
// here knows.
func NATSCredentials(dir string) (string, error) {
	_, creds, err := natsAccounts(dir)
	return creds, err
}

// natsAccounts makes an operator, the system's account, an account that may use
// JetStream and a user of it: what servers are told, and the user's credentials.
func natsAccounts(dir string) (config, creds string, err error) {
	var keys [4]nkeys.KeyPair
	var names [4]string
	for i, kind := range []func() (nkeys.KeyPair, error){nkeys.CreateOperator, nkeys.CreateAccount, nkeys.CreateAccount, nkeys.CreateUser} {
		if keys[i], err = kind(); err != nil {
			return "", "", err
		}
		if names[i], err = keys[i].PublicKey(); err != nil {
			return "", "", err
		}
	}
	account := jwt.NewAccountClaims(names[2])
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	var texts [4]string
	for i, claims := range []jwt.Claims{jwt.NewOperatorClaims(names[0]), jwt.NewAccountClaims(names[1]), account, jwt.NewUserClaims(names[3])} {
		by := keys[0]
		if i == 3 {
			by = keys[2] // a user is his account's
		}
		if texts[i], err = claims.Encode(by); err != nil {
			return "", "", err
		}
	}
	seed, err := keys[3].Seed()
	if err != nil {
		return "", "", err
	}
	text, err := jwt.FormatUserConfig(texts[3], seed)
	if err != nil {
		return "", "", err
	}
	config = fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %s: %s, %s: %s }\n", texts[0], names[1], names[1], texts[1], names[2], texts[2])
	creds = filepath.Join(dir, "huiying.creds")
	return config, creds, os.WriteFile(creds, text, 0o600)
}

// URL names every server.
func (n *NATS) URL() string {
	urls := make([]string, len(n.servers))
	for i, s := range n.servers {
		urls[i] = fmt.Sprintf("nats://127.0.0.1:%d", s.port)
	}
	return strings.Join(urls, ",")
}

// Kill ends a server as a power cut does.
func (n *NATS) Kill(i int) error {
	cmd := n.servers[i].cmd
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = cmd.Wait() // killed, as was asked
	return nil
}

// Restart starts a server that does not run, with the data it had, and waits until
// it takes clients.
func (n *NATS) Restart(ctx context.Context, i int) error {
	if err := n.start(i); err != nil {
		return err
	}
	return n.ready(ctx, i)
}

// Stop ends every server.
func (n *NATS) Stop() error {
	var errs []error
	for i, s := range n.servers {
		if s.cmd.Process != nil {
			errs = append(errs, n.Kill(i))
		}
	}
	return errors.Join(errs...)
}

func (n *NATS) start(i int) error {
	s := n.servers[i]
	log, err := os.OpenFile(strings.TrimSuffix(s.config, ".conf")+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	s.cmd = exec.Command(s.cmd.Path, "-c", s.config)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting NATS: %w", err)
	}
	return nil
}

// ready waits until a server takes clients and knows its streams.
func (n *NATS) ready(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := n.answers(i)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			said, _ := os.ReadFile(strings.TrimSuffix(n.servers[i].config, ".conf") + ".log")
			return fmt.Errorf("NATS does not answer: %w\n%s", err, said)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (n *NATS) answers(i int) error {
	conn, err := n.connect(fmt.Sprintf("nats://127.0.0.1:%d", n.servers[i].port))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := conn.JetStream(nats.MaxWait(2 * time.Second))
	if err != nil {
		return err
	}
	_, err = js.AccountInfo()
	return err
}

// Leader is the server that leads the stream whose name begins with prefix: the
// hardest to lose.
func (n *NATS) Leader(prefix string) (int, error) {
	conn, err := n.connect(n.URL())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		return 0, err
	}
	for info := range js.Streams() {
		if strings.HasPrefix(info.Config.Name, prefix) && info.Cluster != nil {
			var i int
			_, err := fmt.Sscanf(info.Cluster.Leader, "n%d", &i)
			return i, err
		}
	}
	return 0, fmt.Errorf("no stream %s that somebody leads", prefix)
}

func (n *NATS) connect(url string) (*nats.Conn, error) {
	return nats.Connect(url, nats.UserCredentials(n.Creds), nats.RootCAs(n.CA), nats.ClientCert(n.Client.Cert, n.Client.Key), nats.Timeout(5*time.Second))
}
