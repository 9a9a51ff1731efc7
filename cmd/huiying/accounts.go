package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"huiying"
	"huiying/dashboard"
	"huiying/store/ledger"
)

type userCmd struct {
	place
	Name    string `arg:"" help:"Sign-in name."`
	Role    string `help:"Role of a new account: monitor, analyst, leader, liaison, handler, head, supervisor, assessor, sysadmin, secadmin, auditor."`
	Unit    string `help:"Unit of a liaison, handler or head; guiding office of a monitor or analyst."`
	Full    string `help:"Name shown to others."`
	Enable  bool   `help:"Unlock or enable the account."`
	Disable bool   `help:"Disable the account; it is never deleted."`
}

// Run adds an account or changes one; the password is read from the terminal,
// or from standard input.
func (c *userCmd) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil { // the first account may come before the first start
		return err
	}
	l, err := cfg.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	u, err := l.User(ctx, huiying.UserID(c.Name))
	fresh, now := errors.Is(err, huiying.ErrNotFound), huiying.Speed{}.Now()
	if err != nil && !fresh {
		return err
	}
	if fresh {
		u = huiying.User{Person: huiying.Person{User: huiying.UserID(c.Name), Region: cfg.Region}}
	}
	if c.Role != "" {
		u.Role = huiying.Role(c.Role)
	}
	if c.Unit != "" {
		u.Unit = huiying.UnitID(c.Unit)
	}
	if c.Full != "" {
		u.Name = c.Full
	}
	if err := checkAccount(ctx, l, cfg, u); err != nil {
		return usageError{err}
	}
	if c.Enable {
		u.Disabled, u.Failures, u.LockedUntil = false, 0, 0
	}
	u.Disabled = u.Disabled || c.Disable
	if !c.Enable && !c.Disable {
		password, err := readPassword()
		if err != nil {
			return err
		}
		if err := dashboard.CheckNewPassword(u.User, password); err != nil {
			return usageError{err}
		}
		if u.PasswordHash, err = dashboard.HashPassword(password); err != nil {
			return err
		}
		u.PasswordAt, u.MustChange = now, false
	}
	if fresh {
		u.CreatedAt = now
		if err := l.SaveUser(ctx, huiying.User{Person: u.Person}); err != nil {
			return err
		}
	}
	_, err = l.ChangeUser(ctx, u.User, func(was *huiying.User) (huiying.Audit, error) {
		*was = u
		return huiying.Audit{
			At: now, Region: cfg.Region, Who: "console", Role: huiying.System,
			Action: "user.save", Object: c.Name, Detail: u.Role.Label() + " " + string(u.Unit),
		}, nil
	})
	return err
}

func checkAccount(ctx context.Context, l *ledger.Ledger, cfg *Config, u huiying.User) error {
	if !u.Role.Valid() {
		return huiying.Invalid("role", "新账号须用 --role 指定角色，收到 %q", u.Role)
	}
	if u.Role.OfUnit() && u.Unit == "" {
		return huiying.Invalid("unit", "%s须用 --unit 指定单位", u.Role.Label())
	}
	if u.Unit == "" {
		return nil
	}
	units, err := l.Units(ctx, cfg.Region)
	if err != nil {
		return err
	}
	if len(units) == 0 { // nobody has served it yet: the ledger is filled when somebody does
		data, err := cfg.loadCounty()
		if err != nil {
			return err
		}
		units = data.Units
	}
	return huiying.NewDirectory(units).Check(u.Unit, huiying.Speed{}.Now())
}

func readPassword() (string, error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Fprint(os.Stderr, "口令：")
		raw, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(raw), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if line == "" && err != nil {
		return "", usagef("请从标准输入给出口令")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type tokenCmd struct {
	place
	User   string        `arg:"" help:"Account the token acts for."`
	Name   string        `default:"cli" help:"What the token is for."`
	For    time.Duration `default:"8760h" help:"How long it is valid."`
	Scopes string        `placeholder:"read,push,act,manage" help:"What it is limited to; without it, everything the account may do."`
}

// Run prints the token once; only its hash is kept.
func (c *tokenCmd) Run(ctx context.Context) error {
	cfg, l, err := c.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	scopes, err := huiying.ParseScopes(c.Scopes)
	if err != nil {
		return usageError{err}
	}
	token := "hy_" + random(32)
	now := huiying.Speed{}.Now()
	t := huiying.Token{ID: dashboard.HashToken(token), User: huiying.UserID(c.User), Name: c.Name, Scopes: scopes, CreatedAt: now, Expires: now.Add(c.For)}
	if err := l.SaveToken(ctx, t, huiying.Audit{
		At: now, Region: cfg.Region, Who: "console", Role: huiying.System, Action: "token.make", Object: c.User, Detail: c.Name,
	}); err != nil {
		return err
	}
	_, err = fmt.Println(token)
	return err
}

type verifyAuditCmd struct {
	place
	Known string `placeholder:"N:HASH" help:"What an earlier run printed as the last row: it must still be there."`
}

// Run walks the audit chain and fails at the first broken link, or when the row
// noted from an earlier run is no longer what it was.
func (c *verifyAuditCmd) Run(ctx context.Context) error {
	seq, known, err := c.noted()
	if err != nil {
		return err
	}
	_, l, err := c.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	bar := newMeter("核验")
	n, err := l.WalkAudit(ctx, func(done, total int64) { bar.show(int(done), int(total)) })
	bar.done()
	if err != nil {
		return err
	}
	found, err := l.AuditHash(ctx, seq)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(found, known) {
		return huiying.Errorf(huiying.CodeConflict, "审计链与记下的末条不符：第 %d 条不在或已不同，其后的记录可能被截去。请立即保全数据库文件并报告安全管理员", seq)
	}
	last, err := l.AuditHash(ctx, n)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("审计链完整：%d 条。请在别处记下末条，下次核验时用 --known 对照：%d:%.16s\n", n, n, last)
	return err
}

func (c *verifyAuditCmd) noted() (seq int64, hash string, err error) {
	if c.Known == "" {
		return 0, "", nil
	}
	n, hash, ok := strings.Cut(c.Known, ":")
	seq, err = strconv.ParseInt(n, 10, 64)
	if !ok || err != nil || seq < 1 || len(hash) < 16 {
		return 0, "", usagef("--known 应写作上次核验打印的末条，如 1415:0123456789abcdef")
	}
	return seq, hash, nil
}

func (p place) openLedger(ctx context.Context) (*Config, *ledger.Ledger, error) {
	cfg, err := p.load()
	if err != nil {
		return nil, nil, err
	}
	l, err := cfg.openLedger(ctx)
	return cfg, l, err
}
