package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"huiying"
	"huiying/collector"
	"huiying/dashboard"
	"huiying/deploy/county"
	"huiying/store/clickhouse"
	"huiying/store/ledger"
)

// Config is huiying.yaml. Paths in it are relative to the file.
type Config struct {
	Region huiying.Region `yaml:"region"`
	County string         `yaml:"county"` // folder of units, places and rules; empty: what the program has for it
	Data   string         `yaml:"data"`   // databases, bus, dictionaries, keys
	Listen []string       `yaml:"listen"` // addresses of the dashboard, IPv4 or [IPv6]
	Base   string         `yaml:"base_url"`
	TLS    bool           `yaml:"behind_tls"` // a proxy ends TLS before us
	Speed  float64        `yaml:"speed"`      // 1; more only for demos and drills

	// Ledger is a PostgreSQL database, postgres://user@host:5432/huiying?sslmode=verify-full;
	// empty: a file of the data folder. The password may come from PGPASSWORD or passfile=.
	Ledger string `yaml:"ledger"`

	// Archive is a ClickHouse database, clickhouse://user@host:9000/huiying?cluster=NAME
	// (see docs/clickhouse.md); empty: a file of the data folder. The password may
	// come from CLICKHOUSE_PASSWORD.
	Archive string `yaml:"archive"`

	// Attachments is a folder that all processes of the installation share; empty:
	// one of the data folder.
	Attachments string `yaml:"attachments"`

	Bus struct {
		URL      string `yaml:"url"`      // nats://a:4222,nats://b:4222; empty: embedded
		Creds    string `yaml:"creds"`    // file with the account's credentials
		CA       string `yaml:"ca"`       // PEM: who signed the servers' certificates, if not a public authority
		Cert     string `yaml:"cert"`     // PEM: our certificate, with key
		Key      string `yaml:"key"`      // PEM
		Replicas int    `yaml:"replicas"` // copies in a cluster of servers; 0: 1
		MaxBytes int64  `yaml:"max_bytes"`
		Sync     bool   `yaml:"sync_always"`
	} `yaml:"bus"`

	Collector struct {
		UserAgent    string  `yaml:"user_agent"`
		Contact      string  `yaml:"contact"`
		PerSecond    float64 `yaml:"requests_per_second"` // to one host
		DailyBudget  int     `yaml:"daily_budget"`        // requests to one host a day; 0: 5000
		AllowPrivate bool    `yaml:"allow_private"`       // demo only: lets the crawler reach this machine

		Browser   string `yaml:"browser"`    // path of a Chromium for pages made by scripts; empty: none
		BrowserMB int    `yaml:"browser_mb"` // memory it may take; 0: 1024

		Mailboxes []mailboxConfig `yaml:"mailboxes"` // that sources of kind imap may read

		Secrets []secretConfig `yaml:"secrets"` // keys of interfaces, that sources name as {$secret.NAME}

		Quiet []collector.Window `yaml:"quiet"` // times of day without visits: 23:00-06:00
		Allow []string           `yaml:"allow"` // approved sites, with all below them; empty: those of the sources
	} `yaml:"collector"`

	Webhook struct {
		URL    string `yaml:"url"`
		Secret string `yaml:"secret_file"` // a 0600 file; or the variable HUIYING_WEBHOOK_SECRET
	} `yaml:"webhook"`

	Access struct {
		// SecondFactor are the roles that must have a second factor (TOTP);
		// absent: leaders and the three administrators, []: none.
		SecondFactor []huiying.Role `yaml:"second_factor"`

		OIDC struct {
			Name     string `yaml:"name"`        // on the button: 市统一身份认证
			Issuer   string `yaml:"issuer"`      // empty: passwords only
			ClientID string `yaml:"client_id"`   // our side is base_url + /signin/oidc/callback
			Secret   string `yaml:"secret_file"` // a 0600 file; or the variable HUIYING_OIDC_SECRET
		} `yaml:"oidc"`
	} `yaml:"access"`

	Channels channelsConfig `yaml:"channels"`

	// Retention is how many days after publication a post is kept; 0: 180.
	Retention int `yaml:"retention_days"`

	// Backup writes one every day; without a folder nobody does.
	Backup struct {
		Dir        string `yaml:"dir"`             // on another disk, better on another machine
		At         string `yaml:"at"`              // time of day, 03:00
		Keep       int    `yaml:"keep"`            // how many; 0: 14
		Passphrase string `yaml:"passphrase_file"` // a 0600 file; or the variable HUIYING_BACKUP_PASSPHRASE

		// ClickHouse has the servers back the archive up themselves; without it this
		// process reads the county's posts out one by one.
		ClickHouse backupDisk `yaml:"clickhouse"`
	} `yaml:"backup"`

	Scan []string `yaml:"attachment_scan"` // a command that gets the path of an uploaded file: 0 clean, 1 refused

	path     string
	code     string                      // the setup code, where one was shown before; "": a new one
	rechoose func(context.Context) error // gives the county up that was just chosen; nil: too late for that
}

// rechoosing is how the county just chosen is given up: only where all that was made
// for it lies in the data folder.
func (c *Config) rechoosing() func(context.Context) error {
	if c.Ledger != "" || c.Archive != "" || c.Attachments != "" || c.Bus.URL != "" {
		return nil
	}
	return c.rechoose
}

// place says where a command's installation is: --config FILE or --data DIR.
type place struct {
	Config string `help:"The installation's huiying.yaml." type:"path" xor:"place"`
	Data   string `help:"An embedded installation's data folder (holds huiying.yaml)." type:"path" xor:"place"`
}

func (p place) load() (*Config, error) {
	switch {
	case p.Config != "":
		return loadConfig(p.Config)
	case p.Data != "":
		return loadConfig(filepath.Join(p.Data, configName))
	}
	return nil, usagef("请用 --config 文件 或 --data 目录 指明是哪一处安装")
}

const configName = "huiying.yaml"

// loadConfig reads the configuration of an installation that has a county.
func loadConfig(path string) (*Config, error) {
	c, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	if c.Region == "" {
		return nil, usagef("%s 还没有选定县域：请启动 huiying serve，打开它显示的网址选定；或写上 region: \"六位代码\"", path)
	}
	return c, nil
}

// readConfig reads a configuration, which may name no county yet; errors carry file
// and line.
func readConfig(path string) (*Config, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("找不到配置文件 %s", path)
	}
	if err != nil {
		return nil, err
	}
	c := &Config{Speed: 1, path: path}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(c); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	if _, err := huiying.ParseRegion(string(c.Region)); err != nil && c.Region != "" {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.Region != "" && c.Region < "11" { // 00, 100000: GB/T 2260 begins with 11, Beijing
		return nil, fmt.Errorf("%s: %w", path, huiying.Invalid("region", "region 写不成全国：一省一套，请写省（2 位）、市（4 位）或县（6 位）的代码"))
	}
	if len(c.Listen) == 0 {
		c.Listen = []string{"127.0.0.1:8080"}
	}
	if c.Speed <= 0 {
		return nil, fmt.Errorf("%s: speed 应大于 0", path)
	}
	if c.Archive != "" {
		if _, err := clickhouse.ParseAddress(c.Archive); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := c.checkAccess(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c.Data = c.abs(c.Data)
	c.County = c.abs(c.County)
	if c.Retention = cmp.Or(c.Retention, 180); c.Retention < 1 {
		return nil, fmt.Errorf("%s: retention_days 应为天数，至少 1", path)
	}
	c.Backup.At, c.Backup.Keep = cmp.Or(c.Backup.At, "03:00"), cmp.Or(c.Backup.Keep, 14)
	if _, err := time.Parse("15:04", c.Backup.At); err != nil || c.Backup.Keep < 1 {
		return nil, fmt.Errorf("%s: backup: at 应为时刻，如 03:00；keep 至少为 1", path)
	}
	c.Attachments, c.Backup.Dir, c.Backup.Passphrase = c.abs(c.Attachments), c.abs(c.Backup.Dir), c.abs(c.Backup.Passphrase)
	if d := &c.Backup.ClickHouse; d.Disk != "" || d.Path != "" {
		if d.Disk == "" || d.Path == "" || c.Archive == "" {
			return nil, fmt.Errorf("%s: backup.clickhouse: disk 和 path 要一起给出，且 archive 在 ClickHouse 上", path)
		}
		d.Path = c.abs(d.Path)
	}
	for _, file := range []*string{&c.Bus.Creds, &c.Bus.CA, &c.Bus.Cert, &c.Bus.Key} {
		*file = c.abs(*file)
	}
	if c.Data == "" {
		c.Data = filepath.Dir(path)
	}
	return c, nil
}

func (c *Config) checkAccess() error {
	if c.Access.SecondFactor == nil { // GB/T 22239 level 3 asks for it of those who administer
		c.Access.SecondFactor = []huiying.Role{huiying.Leader, huiying.SystemAdmin, huiying.SecurityAdmin, huiying.AuditAdmin}
	}
	for _, r := range c.Access.SecondFactor {
		if !r.Valid() {
			return huiying.Invalid("access.second_factor", "没有 %q 这个角色", r)
		}
	}
	o := &c.Access.OIDC
	if o.Issuer == "" {
		return nil
	}
	issuer, err := url.Parse(o.Issuer)
	local := err == nil && (issuer.Hostname() == "localhost" || issuer.Hostname() == "127.0.0.1" || issuer.Hostname() == "::1")
	switch {
	case err != nil || issuer.Host == "" || issuer.Scheme != "https" && (issuer.Scheme != "http" || !local):
		return huiying.Invalid("access.oidc.issuer", "应为 https 网址，收到 %q", o.Issuer)
	case o.ClientID == "":
		return huiying.Invalid("access.oidc.client_id", "请填写在统一身份认证处登记的客户端编号")
	case c.Base == "":
		return huiying.Invalid("base_url", "使用统一身份登录时须填写本系统的访问地址")
	case o.Name == "":
		o.Name = "统一身份认证"
	}
	o.Secret = c.abs(o.Secret)
	return nil
}

// oidc is the identity provider with the secret we share with it.
func (c *Config) oidc() (dashboard.OIDC, error) {
	o := c.Access.OIDC
	if o.Issuer == "" {
		return dashboard.OIDC{}, nil
	}
	secret := os.Getenv("HUIYING_OIDC_SECRET")
	if o.Secret != "" {
		var err error
		if secret, err = readSecret("access.oidc.secret_file", o.Secret); err != nil {
			return dashboard.OIDC{}, err
		}
	}
	return dashboard.OIDC{
		Name: o.Name, Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret,
		Redirect: strings.TrimSuffix(c.Base, "/") + "/signin/oidc/callback",
	}, nil
}

// factorKey encrypts the secrets of second factors at rest, authorKey makes
// hashes of authors' names. Processes on several machines are given the same ones
// in the environment.
func (c *Config) factorKey() ([]byte, error) {
	return c.key("HUIYING_SECRET_KEY", "secret.key")
}

func (c *Config) authorKey() ([]byte, error) { return c.key("HUIYING_AUTHOR_KEY", "author.key") }

// key is a secret of 32 bytes: a variable (64 hex digits), or a 0600 file of the
// data folder.
func (c *Config) key(variable, file string) ([]byte, error) {
	if text := os.Getenv(variable); text != "" {
		key, err := hex.DecodeString(strings.TrimSpace(text))
		if err != nil || len(key) != 32 {
			return nil, huiying.Invalid(variable, "应为 64 位十六进制数（32 字节）")
		}
		return key, nil
	}
	return secretFile(filepath.Join(c.Data, file))
}

// openLedger opens the ledger where it is kept.
func (c *Config) openLedger(ctx context.Context) (*ledger.Ledger, error) {
	if c.Ledger != "" {
		return ledger.OpenPostgres(ctx, c.Ledger)
	}
	return ledger.OpenSQLite(ctx, filepath.Join(c.Data, "ledger.db"))
}

// files is the folder of attachments.
func (c *Config) files() string {
	return cmp.Or(c.Attachments, filepath.Join(c.Data, "attachments"))
}

// node is the name of this process among those of the installation: it stays the
// same after a restart, so that nobody waits for a lease that was its own.
func (c *Config) node() (string, error) {
	key, err := secretFile(filepath.Join(c.Data, "node.id"))
	if err != nil {
		return "", fmt.Errorf("node id: %w", err)
	}
	host, _ := os.Hostname() // only for people to read
	return host + " " + hex.EncodeToString(key[:8]), nil
}

func (c *Config) abs(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(c.path), p)
}

func (c *Config) write() error {
	raw, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(c.path, raw, 0o600)
}

// loadCounty reads the county folder, or the built-in one.
func (c *Config) loadCounty() (*huiying.County, error) {
	files, err := c.countyFiles()
	if err != nil {
		return nil, err
	}
	return county.Load(files)
}

// countyFiles is the county folder with what it inherits, or the built-in one.
func (c *Config) countyFiles() (fs.FS, error) {
	if c.County == "" {
		return county.Embedded(c.Region)
	}
	if !fileExists(c.County) {
		return nil, usagef("没有县域目录 %s：请核对 county，或用 huiying init --region %s %s 生成", c.County, c.Region, c.County)
	}
	return county.Open(c.County)
}

// secretFile reads a key that stays on this machine, making it the first time.
func secretFile(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return hex.DecodeString(strings.TrimSpace(string(raw)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return key, os.WriteFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600)
}
